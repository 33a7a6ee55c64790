"""Pooling layers: the largest, the mean or a norm of each window."""

from __future__ import annotations

from typing import Any

from minigrad import functional as F
from minigrad.kernels.sizes import pair
from minigrad.nn.modules.module import Module
from minigrad.nn.modules.utils import _pair, _single
from minigrad.tensor import Tensor

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "LPPool2d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxUnpool2d",
]


class _Pool(Module):
    """Windows of ``kernel_size``, a ``stride`` (by default the window's size) apart [pixels]."""

    def _set_window(
        self, kernel_size: Any, stride: Any, padding: Any = 0, dilation: Any = 1
    ) -> None:
        stride = kernel_size if stride is None else stride
        for name, value, minimum in (
            ("kernel_size", kernel_size, 1),
            ("stride", stride, 1),
            ("padding", padding, 0),
            ("dilation", dilation, 1),
        ):
            pair(value, name, self._get_name(), minimum)
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _MaxPool(_Pool):
    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self._set_window(kernel_size, stride, padding, dilation)
        self.dilation, self.return_indices, self.ceil_mode = dilation, return_indices, ceil_mode

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, dilation={self.dilation}, ceil_mode={self.ceil_mode}"


class MaxPool2d(_MaxPool):
    """The largest number of each window: (N, C, H, W) or (C, H, W); see `F.max_pool2d`.

    Parameters
    ----------
    kernel_size, stride : int or pair of int
        The window, and the steps between windows (the window's size if left out) [pixels].
    padding : int or pair of int
        Pixels of -inf added on each side, at most half the window.
    dilation : int or pair of int
        Steps between the taps of one window [pixels].
    return_indices : bool
        Return where each largest number was, too, for `MaxUnpool2d`.
    ceil_mode : bool
        Windows may reach over the end.
    """

    def forward(self, input: Tensor) -> Any:
        return F.max_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )


class MaxPool1d(_MaxPool):
    """The largest number of each window of (N, C, L) or (C, L); arguments as `MaxPool2d`."""

    def forward(self, input: Tensor) -> Any:
        return F.max_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )


class MaxUnpool2d(_Pool):
    """Puts the numbers that `MaxPool2d` found back where they were, with zeros around them."""

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self._set_window(kernel_size, stride, padding)
        self.kernel_size, self.stride = _pair(self.kernel_size), _pair(self.stride)
        self.padding = _pair(self.padding)

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        return F.max_unpool2d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class AvgPool2d(_Pool):
    """The mean of each window: (N, C, H, W) or (C, H, W); see `F.avg_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding : int or pair of int
        As `MaxPool2d`; padding is zeros.
    ceil_mode : bool
        Windows may reach over the end.
    count_include_pad : bool
        Whether the zeros of the padding count in the mean.
    divisor_override : int, optional
        Divide by this instead of the window's size.
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self._set_window(kernel_size, stride, padding)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool1d(_Pool):
    """The mean of each window of (N, C, L) or (C, L); arguments as `AvgPool2d`."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self._set_window(kernel_size, stride, padding)
        self.kernel_size, self.stride = _single(self.kernel_size), _single(self.stride)
        self.padding = _single(self.padding)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )


class LPPool2d(_Pool):
    """The p-norm of each window, p = ``norm_type``."""

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self._set_window(kernel_size, stride)
        self.norm_type, self.stride, self.ceil_mode = norm_type, stride, ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        return F.lp_pool2d(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class _AdaptivePool(Module):
    """Windows as large as it takes to give ``output_size``; None keeps the input's size."""

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveMaxPool(_AdaptivePool):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices


class AdaptiveAvgPool2d(_AdaptivePool):
    """The means of windows that divide (N, C, H, W) or (C, H, W) into ``output_size`` parts."""

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest numbers of windows that divide (N, C, H, W) or (C, H, W) into ``output_size``
    parts.
    """

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveAvgPool1d(_AdaptivePool):
    """The means of windows that divide (N, C, L) or (C, L) into ``output_size`` parts."""

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest numbers of windows that divide (N, C, L) or (C, L) into ``output_size`` parts."""

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)
