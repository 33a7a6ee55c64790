"""Convolution and transposed convolution: each is the other's backward.

    N   batch             C   input channels    H, W     picture      SH, SW   stride
    O   output channels   G   groups            KH, KW   kernel       PH, PW   padding
    OH, OW   output                                                   DH, DW   dilation

Both are linear in the picture and in the weight.  The gradient of the picture is the adjoint
operation with the same weight; the gradient of the weight is a third operation, which the two
share.  The three are closed under differentiation, so gradients of any order need nothing more.

Sources: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016; PyTorch's
documentation of Conv2d and ConvTranspose2d.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.errors import SizeError
from minigrad.functional.checks import batched, check_dtypes, unbatched
from minigrad.kernels.geometry import conv2d_geometry, conv_transpose2d_geometry
from minigrad.tensor import Tensor

__all__ = ["conv2d", "conv_transpose2d"]

Pair = int | tuple[int, int]


def _run(
    kernel: Any, shape: tuple[int, ...], x: np.ndarray, w: np.ndarray, b: Any, geometry: Any
) -> np.ndarray:
    y = np.empty(shape, x.dtype)
    b = np.zeros(shape[1], x.dtype) if b is None else np.ascontiguousarray(b)
    kernel(y, np.ascontiguousarray(x), np.ascontiguousarray(w), b, geometry)
    return y


class Conv2d(Function):
    """y = x * w + b, where y may be given any shape that the geometry allows."""

    def forward(self, x, w, b, geometry, shape):
        self.geometry = geometry
        self.save(x if self.needs[1] else None, w if self.needs[0] else None)
        return _run(kernels.conv2d, shape, x, w, b, geometry)

    def backward(self, gy):
        x, w = self.saved
        gy = gy.contiguous()  # once for all three
        gx = gw = gb = None
        if self.needs[0]:
            gx = ConvTranspose2d.apply(gy, w, None, self.geometry, self.shapes[0])
        if self.needs[1]:
            gw = Conv2dWeightGrad.apply(x, gy, self.geometry, self.shapes[1])
        if self.needs[2:] == (True,):
            gb = ChannelSums.apply(gy)
        return (gx, gw, gb)[: len(self.needs)]


class ConvTranspose2d(Function):
    """y = the scatter of x through w, plus b; the transpose of `Conv2d` with the same geometry."""

    def forward(self, x, w, b, geometry, shape):
        self.geometry = geometry
        self.save(x if self.needs[1] else None, w if self.needs[0] else None)
        return _run(kernels.conv_transpose2d, shape, x, w, b, geometry)

    def backward(self, gy):
        x, w = self.saved
        gy = gy.contiguous()  # once for all three
        gx = gw = gb = None
        if self.needs[0]:
            gx = Conv2d.apply(gy, w, None, self.geometry, self.shapes[0])
        if self.needs[1]:
            gw = Conv2dWeightGrad.apply(gy, x, self.geometry, self.shapes[1])
        if self.needs[2:] == (True,):
            gb = ChannelSums.apply(gy)
        return (gx, gw, gb)[: len(self.needs)]


class Conv2dWeightGrad(Function):
    """gw[o, c, kh, kw] = the sum of x times gy over all pairs of pixels that w[o, c, kh, kw]
    joins.
    """

    def forward(self, x, gy, geometry, shape):
        self.geometry = geometry
        self.save(x if self.needs[1] else None, gy if self.needs[0] else None)
        gw = np.empty(shape, x.dtype)
        kernels.conv2d_weight_grad(gw, np.ascontiguousarray(x), np.ascontiguousarray(gy), geometry)
        return gw

    def backward(self, ggw):
        x, gy = self.saved
        gx = ggy = None
        if self.needs[0]:
            gx = ConvTranspose2d.apply(gy, ggw, None, self.geometry, self.shapes[0])
        if self.needs[1]:
            ggy = Conv2d.apply(x, ggw, None, self.geometry, self.shapes[1])
        return gx, ggy


class ChannelSums(Function):
    """gb[o] = the sum of gy[n, o, oh, ow] over all but the channels: the gradient of a bias."""

    def forward(self, gy):
        N, O, OH, OW = gy.shape
        gb = np.empty(O, gy.dtype)
        kernels.channel_sums(gb, np.ascontiguousarray(gy).reshape(N, O, OH * OW))
        return gb

    def backward(self, ggb):
        return ggb.reshape(1, -1, 1, 1).expand(*self.shapes[0])


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve pictures with a weight (cross-correlation, as everywhere in deep learning).

    ``y[n, o, oh, ow] = b[o] + sum over c, kh, kw of x[n, c, oh*SH + kh*DH - PH, ow*SW + kw*DW - PW]
    w[o, c, kh, kw]``

    Parameters
    ----------
    input : Tensor
        Pictures (N, C, H, W), or one picture (C, H, W).
    weight : Tensor
        (O, C // groups, KH, KW).
    bias : Tensor, optional
        (O,).
    stride, dilation : int or pair of int
        Steps between windows, and between the taps of one window [pixels].
    padding : int, pair of int, "same" or "valid"
        Zeros added on each side [pixels]; "same" keeps the size (stride 1 only), "valid" adds none.
    groups : int
        Divides channels into groups that do not see each other.

    Returns
    -------
    Tensor
        (N, O, OH, OW) with OH = (H + 2*PH - DH*(KH - 1) - 1) // SH + 1, and OW alike.

    Raises
    ------
    ValueError
        For settings out of range, channels that do not fit, or a kernel larger than the padded
        picture.
    TypeError
        For dtypes that are not floating or differ.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.conv2d(minigrad.ones(1, 1, 3, 4), minigrad.ones(1, 1, 2, 2)).tolist()
    [[[[4.0, 4.0, 4.0], [4.0, 4.0, 4.0]]]]
    """
    check_dtypes("conv2d", input=input, weight=weight, bias=bias)
    x = batched(input, 4, "conv2d")
    geometry, shape = conv2d_geometry(x.shape, weight.shape, stride, padding, dilation, groups)
    _check_bias(bias, shape[1], "conv2d")
    return unbatched(Conv2d.apply(x, weight, bias, geometry, shape), input)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Tensor:
    """Transposed convolution: every pixel scatters its value times the kernel into the output.

    ``y[n, o, h*SH + kh*DH - PH, w*SW + kw*DW - PW] += x[n, c, h, w] w[c, o, kh, kw]``, then the
    bias is added; what
    falls outside the output is cropped.  It is the gradient of `conv2d` with respect to its input.

    Parameters
    ----------
    input : Tensor
        (N, C, H, W), or (C, H, W).
    weight : Tensor
        (C, O // groups, KH, KW).
    bias : Tensor, optional
        (O,).
    stride, padding, dilation : int or pair of int
        Those of the convolution that this one transposes [pixels]; padding crops the output.
    output_padding : int or pair of int
        Rows and columns that the size formula leaves open, less than the stride or the dilation
        [pixels].  They
        are uncropped at the bottom and right, and hold zeros only where no window reaches them.
    groups : int
        Divides channels into groups that do not see each other.

    Returns
    -------
    Tensor
        (N, O, OH, OW) with OH = (H - 1)*SH - 2*PH + DH*(KH - 1) + output_padding + 1, and OW alike.

    Raises
    ------
    ValueError, TypeError
        As `conv2d`; also for an output padding that is not less than the stride or the dilation.

    Notes
    -----
    The order of the last arguments differs from that of `conv2d`, as in PyTorch: pass them by name.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.conv_transpose2d(minigrad.ones(1, 1, 1, 2), minigrad.ones(1, 1, 2, 3)).tolist()
    [[[[1.0, 2.0, 2.0, 1.0], [1.0, 2.0, 2.0, 1.0]]]]
    """
    check_dtypes("conv_transpose2d", input=input, weight=weight, bias=bias)
    x = batched(input, 4, "conv_transpose2d")
    geometry, shape = conv_transpose2d_geometry(
        x.shape, weight.shape, stride, padding, output_padding, groups, dilation
    )
    _check_bias(bias, shape[1], "conv_transpose2d")
    return unbatched(ConvTranspose2d.apply(x, weight, bias, geometry, shape), input)


def _check_bias(bias: Tensor | None, channels: int, operation: str) -> None:
    if bias is not None and bias.array.shape != (channels,):
        raise SizeError(
            f"{operation}: bias must have one value for each of the {channels} output channels, "
            f"got shape {tuple(bias.shape)}"
        )
