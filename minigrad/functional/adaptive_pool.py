"""Adaptive pooling: as many cells as asked for, whatever the size of the picture.

    N   batch       H, W     picture
    C   channels    OH, OW   output

Cell oh holds the rows ``floor(oh*H/OH)`` to ``ceil((oh + 1)*H/OH) - 1``; neighbours share a row
where H is not a multiple of OH.

Source: PyTorch's documentation of AdaptiveAvgPool2d and AdaptiveMaxPool2d.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.functional.checks import unbatched
from minigrad.functional.pool import AddAtIndex
from minigrad.functional.pool_checks import adaptive_shape
from minigrad.tensor import Tensor, method

__all__ = ["adaptive_avg_pool2d", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices"]


class AdaptiveMaxPool2d(Function):
    """y = the largest of each of OH x OW cells, and index = where it was, h*W + w in its plane."""

    def forward(self, x, shape):
        y, index = np.empty(shape, x.dtype), np.empty(shape, np.int64)
        kernels.adaptive_max_pool2d(y, index, np.ascontiguousarray(x))
        self.save(index)
        return y, index

    def backward(self, gy, _):
        (index,) = self.saved
        return AddAtIndex.apply(gy, index, self.shapes[0])


class AdaptiveAvgPool2d(Function):
    """y = the mean of each of OH x OW cells."""

    def forward(self, x, shape):
        y = np.empty(shape, x.dtype)
        kernels.adaptive_avg_pool2d(y, np.ascontiguousarray(x))
        return y

    def backward(self, gy):
        return AdaptiveAvgPool2dInputGrad.apply(gy, self.shapes[0])


class AdaptiveAvgPool2dInputGrad(Function):
    """gx = each cell's gradient, shared evenly by its pixels: `AdaptiveAvgPool2d` transposed."""

    def forward(self, gy, shape):
        gx = np.empty(shape, gy.dtype)
        kernels.adaptive_avg_pool2d_input_grad(gx, np.ascontiguousarray(gy))
        return gx

    def backward(self, ggx):
        return AdaptiveAvgPool2d.apply(ggx, self.shapes[0])


@method("adaptive_avg_pool2d")
def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Take the means of OH x OW cells that cover the picture, whatever its size.

    Cell oh holds the rows ``floor(oh*H/OH)`` to ``ceil((oh + 1)*H/OH) - 1``.

    Parameters
    ----------
    input : Tensor
        (N, C, H, W), or (C, H, W).
    output_size : int or pair
        OH and OW; None keeps the size of the picture.

    Raises
    ------
    ValueError, TypeError
        For a negative size, or a picture without pixels.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.adaptive_avg_pool2d(minigrad.arange(8.0).reshape(1, 2, 4), (1, 2)).tolist()
    [[[2.5, 4.5]]]
    """
    x, shape = adaptive_shape(input, output_size, "adaptive_avg_pool2d")
    return unbatched(AdaptiveAvgPool2d.apply(x, shape), input)


def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = True
) -> tuple[Tensor, Tensor]:
    """`adaptive_max_pool2d` that also tells where each largest value was: h*W + w, int64."""
    x, shape = adaptive_shape(input, output_size, "adaptive_max_pool2d")
    y, index = AdaptiveMaxPool2d.apply(x, shape)
    return unbatched(y, input), unbatched(index, input)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Take the largest values of `adaptive_avg_pool2d`'s cells, with their places if asked for."""
    pooled = adaptive_max_pool2d_with_indices(input, output_size)
    return pooled if return_indices else pooled[0]
