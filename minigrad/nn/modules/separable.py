"""Depthwise-separable convolution: each channel on its own, then the channels with each other."""

from __future__ import annotations

from typing import Any

from minigrad.nn.modules.conv import Conv2d
from minigrad.nn.modules.module import Module
from minigrad.tensor import Tensor

__all__ = ["DepthwiseSeparableConv2d"]


class DepthwiseSeparableConv2d(Module):
    """A depthwise convolution followed by a pointwise (1 x 1) one, in the place of a full `Conv2d`.

    With C input channels, O output channels and a K x K kernel it has C*K*K + C*O weights against
    C*O*K*K: fewer exactly when 1/O + 1/K**2 < 1.

    Parameters
    ----------
    in_channels, out_channels : int
        C and O.
    kernel_size, stride, padding, dilation, padding_mode
        Those of the depthwise convolution; see `Conv2d`.
    bias : bool
        Whether both convolutions have a bias.

    Notes
    -----
    Chollet, "Xception: deep learning with depthwise separable convolutions", 2017.

    Examples
    --------
    >>> from minigrad import nn
    >>> sum(p.numel() for p in nn.DepthwiseSeparableConv2d(8, 16, 3, bias=False).parameters())
    200
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.depthwise = Conv2d(
            in_channels, in_channels, kernel_size, stride, padding, dilation, in_channels, bias,
            padding_mode, device, dtype,
        )  # fmt: skip
        self.pointwise = Conv2d(in_channels, out_channels, 1, bias=bias, device=device, dtype=dtype)

    def forward(self, input: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(input))
