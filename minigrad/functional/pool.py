"""Pooling: the largest or the mean of each window.

    N   batch       H, W     picture      KH, KW   kernel      PH, PW   padding
    C   channels    OH, OW   output       SH, SW   stride      DH, DW   dilation

Taking a mean is linear, so the gradient's gradient is the mean again.  Taking the largest is
reading at a tap of each window (or an index in the plane) that the picture chose: its gradient adds
there, and the gradient of that reads there.

Sources: PyTorch's documentation of MaxPool2d, MaxUnpool2d and AvgPool2d.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.functional.checks import batched, check_dtypes, unbatched
from minigrad.functional.pool_checks import divisor, unpool_shape, window
from minigrad.tensor import Tensor

__all__ = [
    "avg_pool2d",
    "lp_pool2d",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_unpool2d",
]

Pair = int | tuple[int, int]


class MaxPool2d(Function):
    """y = the largest of each window, and if wanted index = where it was, h*W + w in its plane.

    Kept for backward is which tap of its window each is, a byte for all but the largest windows.
    """

    def forward(self, x, geometry, shape, with_index):
        self.geometry = geometry
        KH, KW = geometry.kernel
        y, taps = np.empty(shape, x.dtype), np.empty(shape, np.min_scalar_type(KH * KW - 1))
        kernels.max_pool2d_taps(y, taps, np.ascontiguousarray(x), geometry)
        self.save(taps)
        if not with_index:
            return y
        index = np.empty(shape, np.int64)
        kernels.max_pool2d_index(index, taps, x.shape[3], geometry)
        return y, index

    def backward(self, gy, _=None):
        (taps,) = self.saved
        return AddAtTaps.apply(gy, taps, self.geometry, self.shapes[0])


class AddAtTaps(Function):
    """gx = each window's gradient, added at the tap that won, in a plane of zeros."""

    def forward(self, gy, taps, geometry, shape):
        self.geometry = geometry
        self.save(taps)
        gx = np.empty(shape, gy.dtype)
        kernels.max_pool2d_taps_input_grad(gx, np.ascontiguousarray(gy), taps, geometry)
        return gx

    def backward(self, ggx):
        (taps,) = self.saved
        return ReadAtTaps.apply(ggx, taps, self.geometry), None


class ReadAtTaps(Function):
    """y = x at the tap of each window that won: `AddAtTaps` transposed."""

    def forward(self, x, taps, geometry):
        self.geometry = geometry
        self.save(taps)
        y = np.empty(taps.shape, x.dtype)
        kernels.max_pool2d_taps_gather(y, np.ascontiguousarray(x), taps, geometry)
        return y

    def backward(self, gy):
        (taps,) = self.saved
        return AddAtTaps.apply(gy, taps, self.geometry, self.shapes[0]), None


class AddAtIndex(Function):
    """gx[n, c, index[n, c, oh, ow]] += gy[n, c, oh, ow], in a plane of zeros."""

    def forward(self, gy, index, shape):
        self.save(index)
        gx = np.empty(shape, gy.dtype)
        kernels.max_pool2d_input_grad(gx, np.ascontiguousarray(gy), np.ascontiguousarray(index))
        return gx

    def backward(self, ggx):
        (index,) = self.saved
        return ReadAtIndex.apply(ggx, index), None


class ReadAtIndex(Function):
    """y[n, c, oh, ow] = x[n, c, index[n, c, oh, ow]]."""

    def forward(self, x, index):
        self.save(index)
        y = np.empty(index.shape, x.dtype)
        kernels.max_pool2d_gather(y, np.ascontiguousarray(x), np.ascontiguousarray(index))
        return y

    def backward(self, gy):
        (index,) = self.saved
        return AddAtIndex.apply(gy, index, self.shapes[0]), None


class MaxUnpool2d(Function):
    """y[n, c, index[n, c, h, w]] = x[n, c, h, w], in zeros; of equal indices the last counts.

    Every one of equal indices gets the gradient, as in PyTorch: pooled from one pixel, they hold
    one value.
    """

    def forward(self, x, index, shape):
        self.save(index)
        N, C, H, W = x.shape
        y = np.zeros((N * C, shape[2] * shape[3]), x.dtype)
        y[np.arange(N * C)[:, None], index.reshape(N * C, H * W)] = x.reshape(N * C, H * W)
        return y.reshape(shape)

    def backward(self, gy):
        (index,) = self.saved
        return ReadAtIndex.apply(gy, index), None


class AvgPool2d(Function):
    """y = the mean of each window."""

    def forward(self, x, geometry, shape, *rule):
        self.geometry, self.rule = geometry, rule
        y = np.empty(shape, x.dtype)
        kernels.avg_pool2d(y, np.ascontiguousarray(x), geometry, *rule)
        return y

    def backward(self, gy):
        return AvgPool2dInputGrad.apply(gy, self.geometry, self.shapes[0], *self.rule)


class AvgPool2dInputGrad(Function):
    """gx = each window's gradient, shared evenly by its pixels: `AvgPool2d` transposed."""

    def forward(self, gy, geometry, shape, *rule):
        self.geometry, self.rule = geometry, rule
        gx = np.empty(shape, gy.dtype)
        kernels.avg_pool2d_input_grad(gx, np.ascontiguousarray(gy), geometry, *rule)
        return gx

    def backward(self, ggx):
        return AvgPool2d.apply(ggx, self.geometry, self.shapes[0], *self.rule)


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = True,
) -> tuple[Tensor, Tensor]:
    """`max_pool2d` that also tells where each largest value was: h*W + w, int64."""
    settings = kernel_size, stride, padding, dilation, ceil_mode
    x, geometry, shape = window(input, "max_pool2d", *settings)
    y, index = MaxPool2d.apply(x, geometry, shape, True)
    return unbatched(y, input), unbatched(index, input)


def max_pool2d(
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Take the largest value of each window.

    ``y[n, c, oh, ow] = max over kh, kw of x[n, c, oh*SH + kh*DH - PH, ow*SW + kw*DW - PW]``

    Of equal values the first counts; a NaN beats every number.

    Parameters
    ----------
    input : Tensor
        (N, C, H, W), or (C, H, W).
    kernel_size, stride, padding, dilation : int or pair of int
        Of the window [pixels]; the stride is the kernel's size if left out.  Padding never wins,
        and is at most half of the kernel.
    ceil_mode : bool
        Keep a last window that reaches beyond the padding.
    return_indices : bool
        Return the places of the largest values, too; `max_unpool2d` takes them.

    Returns
    -------
    Tensor or (Tensor, Tensor)
        (N, C, OH, OW) with OH = (H + 2*PH - DH*(KH - 1) - 1) // SH + 1, and OW alike.

    Raises
    ------
    ValueError, TypeError
        For settings out of range, a window that does not fit, or a dtype that is not floating.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.max_pool2d(minigrad.arange(8.0).reshape(1, 2, 4), 2).tolist()
    [[[5.0, 7.0]]]
    """
    settings = kernel_size, stride, padding, dilation, ceil_mode
    if return_indices:
        return max_pool2d_with_indices(input, *settings)
    x, geometry, shape = window(input, "max_pool2d", *settings)
    return unbatched(MaxPool2d.apply(x, geometry, shape, False), input)


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    output_size: Any = None,
) -> Tensor:
    """Put values back to where `max_pool2d` found them, with zeros everywhere else.

    Parameters
    ----------
    input : Tensor
        (N, C, H, W), or (C, H, W).
    indices : Tensor
        int64 of the same shape, from ``max_pool2d(..., return_indices=True)``.
    kernel_size, stride, padding : int or pair of int
        Those of the pooling [pixels].
    output_size : sequence of int, optional
        (OH, OW), or the whole shape; several sizes are pooled to the same one, and without this it
        is (H - 1)*SH - 2*PH + KH.

    Raises
    ------
    ValueError
        For an index outside the output, or an output size that pooling would not give.
    TypeError
        For indices that are not int64.
    """
    check_dtypes("max_unpool2d", input=input)
    x = batched(input, 4, "max_unpool2d")
    shape = unpool_shape(input, indices, kernel_size, stride, padding, output_size)
    y = MaxUnpool2d.apply(x, indices.reshape(x.shape), shape)
    return unbatched(y, input)


def avg_pool2d(
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Take the mean of each window.

    Parameters
    ----------
    input : Tensor
        (N, C, H, W), or (C, H, W).
    kernel_size, stride, padding : int or pair of int
        Of the window [pixels]; the stride is the kernel's size if left out.
    ceil_mode : bool
        Keep a last window that reaches beyond the padding; what lies beyond is not counted.
    count_include_pad : bool
        Whether the zeros of the padding count in the mean.
    divisor_override : int, optional
        Divide the sum by this instead of the number of pixels.

    Returns
    -------
    Tensor
        (N, C, OH, OW) with OH = (H + 2*PH - KH) // SH + 1, and OW alike.

    Raises
    ------
    ValueError, TypeError
        As `max_pool2d`; also for a divisor of 0.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.avg_pool2d(minigrad.arange(8.0).reshape(1, 2, 4), 2).tolist()
    [[[2.5, 4.5]]]
    """
    x, geometry, shape = window(input, "avg_pool2d", kernel_size, stride, padding, 1, ceil_mode)
    rule = bool(count_include_pad), divisor(divisor_override, "avg_pool2d")
    return unbatched(AvgPool2d.apply(x, geometry, shape, *rule), input)


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Pair,
    stride: Pair | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """Take the p-norm of each window ``(sum x**p) ** (1/p)``; where it is 0, so is the gradient."""
    geometry = window(input, "lp_pool2d", kernel_size, stride, 0, 1, ceil_mode)[1]
    KH, KW = geometry.kernel
    sums = avg_pool2d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode) * (KH * KW)
    return sums.pow(1 / norm_type).masked_fill(sums == 0, 0.0)
