"""The multiply-adds of an operation, counted two ways.

    MAC      one multiplication and one addition
    dense    weights x positions: those of the output, for a transposed convolution of the input
    exact    without the products that meet padding, or land where the output is cropped

Convolutions, linear layers and matrix products are counted; nothing else has products worth it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.autograd import Function
from minigrad.functional.affine import Linear
from minigrad.functional.conv import Conv2d, ConvTranspose2d
from minigrad.primitives.products import MatMul
from minigrad.summary.reach import window_taps

__all__ = ["macs"]


def macs(function: Function, arguments: list[Any], result: np.ndarray) -> tuple[int, int]:
    """Dense and exact multiply-adds of one application.

    Parameters
    ----------
    function : Function
    arguments : list
        Of its ``forward``.
    result : ndarray
    """
    if isinstance(function, Conv2d | ConvTranspose2d):
        x, w, _, geometry = arguments[:4]
        # The transposed convolution's taps are those of the convolution that it transposes.
        small, large = (result, x) if isinstance(function, Conv2d) else (x, result)
        pairs = small.shape[0] * w.shape[0] * w.shape[1]  # a weight of (small, large / groups)
        settings = w.shape[2:], geometry.stride, geometry.padding, geometry.dilation
        met = (
            int((window_taps(*each) >= 0).sum())
            for each in zip(small.shape[2:], large.shape[2:], *settings, strict=True)
        )
        return pairs * math.prod(small.shape[2:] + w.shape[2:]), pairs * math.prod(met)
    if isinstance(function, Linear):
        count = arguments[0].shape[0] * arguments[1].size
        return count, count
    if isinstance(function, MatMul):
        count = result.size * arguments[0].shape[-1]
        return count, count
    return 0, 0
