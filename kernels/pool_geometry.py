"""Sizes and settings of windows without weights: pooling, unfold, fold, and of resampling.

Letters as in `geometry`: input ``H``, kernel ``KH``, stride ``SH``, padding ``PH``, dilation
``DH``, output ``OH``; ``L = OH*OW`` is the number of windows.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from .sizes import (
    AXES,
    Pair,
    Shape,
    SizeError,
    check_memory,
    image_shape,
    pair,
    window_count,
)

__all__ = [
    "PoolGeometry",
    "fold_geometry",
    "pool2d_geometry",
    "pool2d_output_size",
    "unfold_geometry",
    "upsample_geometry",
]


class PoolGeometry(NamedTuple):
    """Settings of a sliding window without weights: pooling, unfold and fold."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair


def _geometry(
    kernel_size: object, stride: object, padding: object, dilation: object, operation: str
) -> PoolGeometry:
    """Return the four settings as checked pairs; stride None means the kernel's size."""
    kernels = pair(kernel_size, "kernel_size", operation, 1)
    return PoolGeometry(
        kernels,
        kernels if stride is None else pair(stride, "stride", operation, 1),
        pair(padding, "padding", operation),
        pair(dilation, "dilation", operation, 1),
    )


def _count(sizes: Pair, geometry: PoolGeometry, operation: str, ceil_mode: bool = False) -> Pair:
    """Return (OH, OW)."""
    PH, PW = geometry.padding
    kernels, strides, _, dilations = geometry
    totals = (2 * PH, 2 * PW)
    return window_count(sizes, kernels, strides, totals, dilations, operation, ceil_mode)


def _check_pool(sizes: Pair, counts: Pair, geometry: PoolGeometry, operation: str) -> None:
    """Refuse padding that could leave a window without a single pixel."""
    for axis, H, OH, K, S, P, D in zip(AXES, sizes, counts, *geometry, strict=True):
        if K < 2 * P:
            raise SizeError(
                f"{operation}: padding must be at most half of kernel_size, but along the {axis} "
                f"padding is {P} and kernel_size {K}; use at most {K // 2}"
            )
        if D <= H:
            continue  # steps of D cannot leap over the picture
        for o in range(min(OH, -(-P // S))):
            if not any(0 <= o * S - P + k * D < H for k in range(K)):
                raise SizeError(
                    f"{operation}: window {o} along the {axis} meets no pixel: with dilation {D} "
                    f"and padding {P} its taps leap over the input of {H}; use less dilation or "
                    "no padding"
                )


def pool2d_output_size(
    size: object,
    kernel_size: object,
    stride: object = None,
    padding: object = 0,
    dilation: object = 1,
    ceil_mode: bool = False,
    operation: str = "pool2d",
) -> Pair:
    """Return (OH, OW) of a pooling operation; `stride` None means the kernel's size.

    ``OH = (H + 2*PH - DH*(KH - 1) - 1) // SH + 1``, with the division rounded up if `ceil_mode` is
    set; then a last window that would begin in the padding at the bottom or on the right is
    dropped.

    Raises
    ------
    SizeError
        If a value is out of range, the padding is more than half of the kernel, or no window fits.

    Examples
    --------
    >>> pool2d_output_size((5, 8), 2), pool2d_output_size((5, 8), 2, ceil_mode=True)
    ((2, 4), (3, 4))
    """
    sizes = pair(size, "input size", operation, 1)
    geometry = _geometry(kernel_size, stride, padding, dilation, operation)
    counts = _count(sizes, geometry, operation, ceil_mode)
    _check_pool(sizes, counts, geometry, operation)
    return counts


def pool2d_geometry(
    x_shape: Shape,
    kernel_size: object,
    stride: object = None,
    padding: object = 0,
    dilation: object = 1,
    ceil_mode: bool = False,
    operation: str = "pool2d",
) -> tuple[PoolGeometry, tuple[int, int, int, int]]:
    """Check the settings of a pooling operation; return them with the shape of its output.

    Parameters
    ----------
    x_shape : (N, C, H, W)
        The batch N may be 0.
    kernel_size, padding, dilation : int or pair
    stride : int, pair or None
        None means `kernel_size`.
    ceil_mode : bool
        Keep a last window that reaches beyond the padding but begins before it.

    Returns
    -------
    geometry : PoolGeometry
    y_shape : (N, C, OH, OW)

    Raises
    ------
    SizeError, TypeError, MemoryError
        As `pool2d_output_size`; also for empty channels or pictures.

    Examples
    --------
    >>> pool2d_geometry((2, 3, 5, 8), (2, 3), padding=(0, 1))[1]
    (2, 3, 2, 3)
    """
    N, C, H, W = image_shape(x_shape, "input", operation)
    geometry = _geometry(kernel_size, stride, padding, dilation, operation)
    counts = _count((H, W), geometry, operation, ceil_mode)
    _check_pool((H, W), counts, geometry, operation)
    check_memory((N, C, *counts), operation)
    return geometry, (N, C, *counts)


def unfold_geometry(
    x_shape: Shape,
    kernel_size: object,
    dilation: object = 1,
    padding: object = 0,
    stride: object = 1,
    operation: str = "unfold",
) -> tuple[PoolGeometry, tuple[int, int, int]]:
    """Check the settings of unfold (im2col); return them with the shape of the columns.

    The order of the arguments is PyTorch's. The columns are (N, C*KH*KW, L), KH*KW times the
    picture and more: their bytes are checked before anything is allocated.

    Raises
    ------
    SizeError, TypeError, MemoryError

    Examples
    --------
    >>> unfold_geometry((2, 3, 5, 7), (2, 3))[1]
    (2, 18, 20)
    """
    N, C, H, W = image_shape(x_shape, "input", operation)
    geometry = _geometry(kernel_size, stride, padding, dilation, operation)
    OH, OW = _count((H, W), geometry, operation)
    KH, KW = geometry.kernel
    check_memory((N, C * KH * KW, OH * OW), operation, "matrix of columns")
    return geometry, (N, C * KH * KW, OH * OW)


def fold_geometry(
    columns_shape: Shape,
    output_size: object,
    kernel_size: object,
    dilation: object = 1,
    padding: object = 0,
    stride: object = 1,
    operation: str = "fold",
) -> tuple[PoolGeometry, tuple[int, int, int, int]]:
    """Check the settings of fold (col2im); return them with the shape of the picture.

    Raises
    ------
    SizeError, TypeError, MemoryError
        Also if the columns are not those of a picture of `output_size`.

    Examples
    --------
    >>> fold_geometry((2, 18, 20), (5, 7), (2, 3))[1]
    (2, 3, 5, 7)
    """
    if len(columns_shape) != 3 or columns_shape[1] < 1:
        raise SizeError(
            f"{operation}: input must have 3 axes (batch, channels*kernel, windows) and not be "
            f"empty, but its shape is {tuple(columns_shape)}"
        )
    N, rows, L = columns_shape
    H, W = pair(output_size, "output_size", operation, 1)
    geometry = _geometry(kernel_size, stride, padding, dilation, operation)
    KH, KW = geometry.kernel
    if rows % (KH * KW):
        raise SizeError(
            f"{operation}: axis 1 of the input (={rows}) must be divisible by the kernel's "
            f"{KH}*{KW} = {KH * KW} taps"
        )
    OH, OW = _count((H, W), geometry, operation)
    if OH * OW != L:
        raise SizeError(
            f"{operation}: a picture of {H} x {W} has {OH}*{OW} = {OH * OW} windows with these "
            f"settings, but axis 2 of the input is {L}"
        )
    C = rows // (KH * KW)
    check_memory((N, C, H, W), operation)
    return geometry, (N, C, H, W)


# Resampling


def _factor(value: object, operation: str) -> float:
    """Return a positive, finite scale factor."""
    if isinstance(value, bool | str) or not hasattr(value, "__float__"):
        raise TypeError(
            f"{operation}: scale_factor must be a number or a pair of numbers, "
            f"but got {value!r} of type {type(value).__name__}"
        )
    factor = float(value)
    if not (math.isfinite(factor) and factor > 0):
        raise SizeError(f"{operation}: scale_factor must be positive and finite, but got {factor}")
    return factor


def upsample_geometry(
    x_shape: Shape,
    size: object = None,
    scale_factor: object = None,
    recompute_scale_factor: bool = False,
    operation: str = "interpolate",
) -> tuple[tuple[float, float], tuple[int, int, int, int]]:
    """Return the step in the input for one step in the output, and the shape of the output.

    With `scale_factor`, ``OH = floor(H*scale_factor)`` and the step is ``1/scale_factor``, which is
    not ``H/OH`` unless the product is whole; with `size`, or `recompute_scale_factor`, it is
    ``H/OH``.

    Parameters
    ----------
    x_shape : (N, C, H, W)
        The batch N may be 0.
    size : int or pair, optional
    scale_factor : float or pair, optional
        Exactly one of `size` and `scale_factor` is given.

    Returns
    -------
    scale : (float, float)
    y_shape : (N, C, OH, OW)

    Raises
    ------
    SizeError, TypeError, MemoryError

    Examples
    --------
    >>> upsample_geometry((1, 3, 4, 6), scale_factor=2)
    ((0.5, 0.5), (1, 3, 8, 12))
    """
    N, C, H, W = image_shape(x_shape, "input", operation)
    if (size is None) == (scale_factor is None):
        raise SizeError(
            f"{operation}: give exactly one of size and scale_factor, "
            f"but got size={size!r} and scale_factor={scale_factor!r}"
        )
    if size is not None:
        OH, OW = pair(size, "size", operation, 1)
        scale = (H / OH, W / OW)
    else:
        values = list(scale_factor) if isinstance(scale_factor, Sequence) else [scale_factor] * 2
        if len(values) != 2:
            raise SizeError(
                f"{operation}: scale_factor must be a number or a pair of numbers, "
                f"but got {len(values)} values: {scale_factor!r}"
            )
        high, wide = (_factor(value, operation) for value in values)
        OH, OW = math.floor(H * high), math.floor(W * wide)
        if min(OH, OW) < 1:
            raise SizeError(
                f"{operation}: scale_factor ({high}, {wide}) leaves nothing of an input of "
                f"{H} x {W}: floor({H}*{high}) = {OH}, floor({W}*{wide}) = {OW}; use larger factors"
            )
        scale = (H / OH, W / OW) if recompute_scale_factor else (1 / high, 1 / wide)
    check_memory((N, C, OH, OW), operation)
    return scale, (N, C, OH, OW)
