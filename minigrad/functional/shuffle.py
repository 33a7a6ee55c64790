"""Moving pixels into channels and back, and dealing channels out.

    N   batch       H, W     picture      r   block of r x r pixels
    C   channels

Sources: Shi et al., "Real-time single image and video super-resolution", 2016; Zhang et al.,
"ShuffleNet", 2018; PyTorch's documentation of PixelShuffle, PixelUnshuffle and ChannelShuffle.
"""

from __future__ import annotations

import math

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.errors import SizeError
from minigrad.functional.checks import check_tensor
from minigrad.kernels.sizes import integer
from minigrad.tensor import Tensor

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


class PixelShuffle(Function):
    """y[..., c, h*r + i, w*r + j] = x[..., (c*r + i)*r + j, h, w]."""

    def forward(self, x, shape):
        y = np.empty(shape, x.dtype)
        kernels.pixel_shuffle(_pictures(y), _pictures(np.ascontiguousarray(x)))
        return y

    def backward(self, gy):
        return PixelUnshuffle.apply(gy, self.shapes[0])


class PixelUnshuffle(Function):
    """y[..., (c*r + i)*r + j, h, w] = x[..., c, h*r + i, w*r + j]: `PixelShuffle` transposed."""

    def forward(self, x, shape):
        y = np.empty(shape, x.dtype)
        kernels.pixel_unshuffle(_pictures(y), _pictures(np.ascontiguousarray(x)))
        return y

    def backward(self, gy):
        return PixelShuffle.apply(gy, self.shapes[0])


def _pictures(x: np.ndarray) -> np.ndarray:
    """All leading axes as one, that of the batch."""
    return x.reshape(math.prod(x.shape[:-3]), *x.shape[-3:])


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Make (..., C*r*r, H, W) into (..., C, H*r, W*r): an r x r block from r*r channels of a pixel.

    Raises
    ------
    ValueError
        If r*r does not divide the channels.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.pixel_shuffle(minigrad.arange(4.0).reshape(4, 1, 1), 2).tolist()
    [[[0.0, 1.0], [2.0, 3.0]]]
    """
    r = _block(input, upscale_factor, "pixel_shuffle", "upscale_factor")
    *lead, C, H, W = input.shape
    if C % (r * r):
        raise SizeError(
            f"pixel_shuffle: the {C} channels must be divisible by upscale_factor squared "
            f"(={r * r})"
        )
    shape = (*lead, C // (r * r), H * r, W * r)
    if input.is_floating_point():
        return PixelShuffle.apply(input, shape)
    x = input.reshape(*lead, C // (r * r), r, r, H, W)  # (..., C, rh, rw, H, W)
    n = len(lead) + 1
    x = x.permute(*range(n), n + 2, n, n + 3, n + 1)  # (..., C, H, rh, W, rw)
    return x.reshape(*shape)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Make (..., C, H*r, W*r) into (..., C*r*r, H, W): the inverse of `pixel_shuffle`.

    Raises
    ------
    ValueError
        If r does not divide the height and the width.
    """
    r = _block(input, downscale_factor, "pixel_unshuffle", "downscale_factor")
    *lead, C, H, W = input.shape
    if H % r or W % r:
        raise SizeError(
            f"pixel_unshuffle: height and width ({H} x {W}) must be divisible by downscale_factor "
            f"(={r})"
        )
    shape = (*lead, C * r * r, H // r, W // r)
    if input.is_floating_point():
        return PixelUnshuffle.apply(input, shape)
    x = input.reshape(*lead, C, H // r, r, W // r, r)  # (..., C, H, rh, W, rw)
    n = len(lead) + 1
    x = x.permute(*range(n), n + 1, n + 3, n, n + 2)  # (..., C, rh, rw, H, W)
    return x.reshape(*shape)


def _block(x: Tensor, r: int, operation: str, name: str) -> int:
    check_tensor(x, "input", operation)
    if x.ndim < 3:
        raise SizeError(
            f"{operation}: input must have at least 3 dimensions (channels, height, width), got "
            "shape "
            f"{tuple(x.shape)}"
        )
    return integer(r, name, operation, 1)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Deal the channels of (N, C, ...) out: the first of each group, the second of each, and so on.

    Source: Zhang et al., "ShuffleNet", 2018.

    Raises
    ------
    ValueError
        If ``groups`` does not divide the channels.
    """
    check_tensor(input, "input", "channel_shuffle")
    if input.ndim < 3:
        raise SizeError(
            "channel_shuffle: input must have at least 3 dimensions, got shape "
            f"{tuple(input.shape)}"
        )
    N, C, *rest = input.shape
    groups = integer(groups, "groups", "channel_shuffle", 1)
    if C % groups:
        raise SizeError(f"channel_shuffle: groups (={groups}) must divide the {C} channels")
    x = input.reshape(N, groups, C // groups, *rest)
    return x.transpose(1, 2).reshape(N, C, *rest)
