"""Convolution layers, plain and transposed, over 2 axes and over 1.

    N   batch             C   input channels    H, W     picture      SH, SW   stride
    O   output channels   G   groups            KH, KW   kernel       PH, PW   padding
    OH, OW   output                                                   DH, DW   dilation

A 1-D convolution is a 2-D one of pictures one pixel high.
"""

from __future__ import annotations

import math
from typing import Any

from minigrad import functional as F
from minigrad.kernels.geometry import check_groups, output_padding_for
from minigrad.kernels.sizes import integer
from minigrad.nn import init
from minigrad.nn.modules.module import Module
from minigrad.nn.modules.utils import _empty, _ntuple, _reverse_repeat_tuple
from minigrad.tensor import Tensor

__all__ = ["Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d"]

Pair = int | tuple[int, int]


class _ConvNd(Module):
    """What all convolution layers are: checked settings, a weight and a bias."""

    __constants__ = ["stride", "padding", "dilation", "groups", "padding_mode", "in_channels"]
    dims = 2
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        output_padding: Any,
        dilation: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        operation, many = self._get_name(), _ntuple(self.dims)
        self.in_channels = integer(in_channels, "in_channels", operation, 1)
        self.out_channels = integer(out_channels, "out_channels", operation, 1)
        self.groups = check_groups(groups, in_channels, out_channels, operation)
        self.kernel_size = self._sizes(kernel_size, "kernel_size", 1)
        self.stride = self._sizes(stride, "stride", 1)
        self.padding: Any = padding
        if not isinstance(padding, str):
            self.padding = self._sizes(padding, "padding", 0)
        self.dilation = self._sizes(dilation, "dilation", 1)
        self.output_padding = self._sizes(output_padding, "output_padding", 0)
        self.padding_mode = padding_mode
        self._check_padding()
        outer, inner = in_channels, out_channels
        if not self.transposed:
            outer, inner = out_channels, in_channels
        shape = (outer, inner // groups, *many(self.kernel_size))
        self.weight = _empty(*shape, dtype=dtype, device=device)
        self.register_parameter(
            "bias", _empty(out_channels, dtype=dtype, device=device) if bias else None
        )
        self.reset_parameters()

    def _sizes(self, value: Any, name: str, minimum: int) -> Any:
        operation, values = self._get_name(), _ntuple(self.dims)(value)
        values = values * self.dims if len(values) == 1 else values
        if len(values) != self.dims:
            raise ValueError(
                f"{operation}: {name} (={value!r}) must be one integer or {self.dims} of them"
            )
        return tuple(integer(v, name, operation, minimum) for v in values)

    def _check_padding(self) -> None:
        operation, modes = self._get_name(), ("zeros", "reflect", "replicate", "circular")
        if isinstance(self.padding, str):
            if self.padding not in ("same", "valid"):
                raise ValueError(
                    f"{operation}: padding (={self.padding!r}) must be 'same', 'valid' or integers"
                )
            if self.padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError(
                    f"{operation}: padding='same' needs stride 1, got stride {self.stride}; "
                    "give the padding in pixels"
                )
        if self.padding_mode not in modes:
            raise ValueError(
                f"{operation}: padding_mode (={self.padding_mode!r}) must be one of {modes}"
            )
        self._reversed_padding_repeated_twice = self._padding_of_each_side()

    def _padding_of_each_side(self) -> list[int]:
        """The padding in the order of `F.pad`: left, right, top, bottom."""
        if not isinstance(self.padding, str):
            return list(_reverse_repeat_tuple(self.padding, 2))
        sides: list[int] = []
        for d, k in zip(reversed(self.dilation), reversed(self.kernel_size), strict=True):
            total = d * (k - 1) if self.padding == "same" else 0
            sides += [total // 2, total - total // 2]
        return sides

    def reset_parameters(self) -> None:
        """Draw weight and bias evenly from [-b, b), b = 1 / sqrt(fan_in)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(init._calculate_fan_in_and_fan_out(self.weight)[0])
            init.uniform_(self.bias, -bound, bound)

    def _padded(self, input: Tensor) -> tuple[Tensor, Any]:
        """The input, and the zeros that the convolution is still to add."""
        if self.padding_mode == "zeros":
            return input, self.padding
        sides = self._reversed_padding_repeated_twice
        return F.pad(input, sides, mode=self.padding_mode), (0,) * self.dims

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        text += f", stride={self.stride}"
        if self.padding != (0,) * len(self.padding):
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self.dims:
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * self.dims:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _Conv(_ConvNd):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, 0, dilation, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        raise NotImplementedError


class Conv2d(_Conv):
    """Convolution of pictures: (N, C, H, W) or (C, H, W) to (N, O, OH, OW); see `F.conv2d`.

    Parameters
    ----------
    in_channels, out_channels : int
        C and O.
    kernel_size, stride, dilation : int or pair of int
        The window, the steps between windows and between the taps of one window [pixels].
    padding : int, pair of int, "same" or "valid"
        What is added on each side [pixels].
    groups : int
        Divides channels into groups that do not see each other; divides C and O.
    bias : bool
        Whether a number is added to each output channel.
    padding_mode : str
        What is added: "zeros", "reflect", "replicate" or "circular".

    Attributes
    ----------
    weight : Parameter
        (O, C // groups, KH, KW), drawn evenly from [-b, b), b = 1 / sqrt(C // groups * KH * KW).
    bias : Parameter or None
        (O,), drawn alike.

    Raises
    ------
    ValueError, TypeError
        For settings that no picture could be convolved with.

    Examples
    --------
    >>> import minigrad
    >>> layer = minigrad.nn.Conv2d(3, 8, kernel_size=(3, 5), stride=2, padding=(1, 2))
    >>> layer(minigrad.zeros(1, 3, 6, 8)).shape
    minigrad.Size([1, 8, 3, 4])
    """

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        x, padding = self._padded(input)
        return F.conv2d(x, weight, bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """Convolution of sequences: (N, C, L) or (C, L) to (N, O, OL); arguments as `Conv2d`, each
    one number.

    The weight has the shape (O, C // groups, K).
    """

    dims = 1

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        x, padding = self._padded(input)
        padding = padding if isinstance(padding, str) else (0, *padding)
        y = F.conv2d(
            x.unsqueeze(-2), weight.unsqueeze(-2), bias, (1, *self.stride), padding,
            (1, *self.dilation), self.groups,
        )  # fmt: skip
        return y.squeeze(-2)


class _ConvTransposeNd(_ConvNd):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, output_padding, dilation,
            groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _check_padding(self) -> None:
        super()._check_padding()
        operation = self._get_name()
        if self.padding_mode != "zeros":
            raise ValueError(
                f"{operation}: padding_mode (={self.padding_mode!r}) must be 'zeros': the "
                "padding of a "
                "transposed convolution crops its output"
            )
        if isinstance(self.padding, str):
            raise ValueError(f"{operation}: padding (={self.padding!r}) must be integers [pixels]")

    def _output_padding_of(self, input: Tensor, output_size: Any) -> Any:
        if output_size is None:
            return self.output_padding
        wanted = tuple(output_size)
        wanted = wanted[-self.dims :] if len(wanted) == input.ndim else wanted
        if len(wanted) != self.dims:
            raise ValueError(
                f"{self._get_name()}: output_size (={tuple(output_size)}) must have {self.dims} or "
                f"{input.ndim} elements for an input of {input.ndim} dimensions"
            )
        one, zero = (1,) * (2 - self.dims), (0,) * (2 - self.dims)  # a sequence is one pixel high
        found = output_padding_for(
            (*one, *input.shape[-self.dims :]), (*one, *wanted), (*one, *self.kernel_size),
            (*one, *self.stride), (*zero, *self.padding), (*one, *self.dilation), self._get_name(),
        )  # fmt: skip
        return found[-self.dims :]


class ConvTranspose2d(_ConvTransposeNd):
    """Transposed convolution: (N, C, H, W) or (C, H, W) to (N, O, OH, OW); see
    `F.conv_transpose2d`.

    Parameters are those of `Conv2d`, in another order (bias and dilation come last, as in
    PyTorch), without padding modes and with

    output_padding : int or pair of int
        Rows and columns that the size formula leaves open, less than the stride or the dilation
        [pixels].

    ``layer(x, output_size=(OH, OW))`` chooses the output padding that gives this size.

    Attributes
    ----------
    weight : Parameter
        (C, O // groups, KH, KW), drawn evenly from [-b, b), b = 1 / sqrt(O // groups * KH * KW).
    bias : Parameter or None
        (O,), drawn alike.

    Examples
    --------
    >>> import minigrad
    >>> layer = minigrad.nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1)
    >>> x = minigrad.zeros(1, 4, 5, 6)
    >>> layer(x).shape, layer(x, output_size=(10, 11)).shape
    (minigrad.Size([1, 2, 9, 11]), minigrad.Size([1, 2, 10, 11]))
    """

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        return F.conv_transpose2d(
            input, self.weight, self.bias, self.stride, self.padding,
            self._output_padding_of(input, output_size), self.groups, self.dilation,
        )  # fmt: skip


class ConvTranspose1d(_ConvTransposeNd):
    """Transposed convolution of sequences: arguments as `ConvTranspose2d`, each one number."""

    dims = 1

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        y = F.conv_transpose2d(
            input.unsqueeze(-2), self.weight.unsqueeze(-2), self.bias, (1, *self.stride),
            (0, *self.padding), (0, *self._output_padding_of(input, output_size)), self.groups,
            (1, *self.dilation),
        )  # fmt: skip
        return y.squeeze(-2)
