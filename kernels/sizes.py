"""Checks of single values and whole shapes that every geometry shares.

PyTorch raises ``RuntimeError`` for almost every bad size. `SizeError` is a ``ValueError``, which is
what a bad value deserves in Python, and a ``RuntimeError`` as well, so that an ``except`` clause
written for PyTorch still catches it. A value of the wrong type is a plain ``TypeError``, and an
array that the computer could never hold is a ``MemoryError``.

All sizes are Python integers, which cannot overflow; range checks come before any arithmetic.
"""

import functools
import math
import operator
import os
from collections.abc import Sequence
from typing import NamedTuple

__all__ = [
    "AXES",
    "Conv2dGeometry",
    "Pair",
    "Shape",
    "SizeError",
    "check_groups",
    "check_memory",
    "effective_kernel",
    "image_shape",
    "integer",
    "kernel_shape",
    "pair",
    "window_count",
    "window_settings",
]

Pair = tuple[int, int]
Shape = Sequence[int]

AXES = ("height", "width")
LARGEST = 2**31 - 1  # keeps every index a kernel computes inside int64
SMALLEST_ITEM = 4  # bytes of a float32


class SizeError(ValueError, RuntimeError):
    """A size or setting that the operation cannot work with."""


class Conv2dGeometry(NamedTuple):
    """Settings of a 2-D convolution, plain or transposed.

    ``padding`` is (top, left); what is padded or cropped at the bottom and on the right follows
    from the shape of the output.
    """

    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int


# Single values


def integer(value: object, name: str, operation: str, minimum: int) -> int:
    """Return `value` as a Python integer between `minimum` and 2**31 - 1."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        kind = type(value).__name__
        raise TypeError(
            f"{operation}: {name} must be an integer or a pair of integers, "
            f"but got {value!r} of type {kind}"
        ) from None
    if number < minimum:
        raise SizeError(f"{operation}: {name} must be at least {minimum}, but got {number}")
    if number > LARGEST:
        raise SizeError(f"{operation}: {name} must be at most {LARGEST}, but got {number}")
    return number


def pair(value: object, name: str, operation: str, minimum: int = 0) -> Pair:
    """Return `value` as a pair (along the height, along the width) of Python integers.

    Parameters
    ----------
    value : int or sequence of one or two ints
        A single number counts for both axes.
    name, operation : str
        The argument and the operation, for the error message.
    minimum : int
        The smallest value allowed on either axis: 1 for sizes, strides and dilations.

    Raises
    ------
    TypeError
        If a value is not an integer (booleans and floats are not).
    SizeError
        If there are not one or two values, or one is out of range.

    Examples
    --------
    >>> pair(3, "stride", "conv2d"), pair((1, 2), "stride", "conv2d")
    ((3, 3), (1, 2))
    """
    values = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if len(values) not in (1, 2):
        raise SizeError(
            f"{operation}: {name} must be one integer or a pair of integers, "
            f"but got {len(values)} values: {value!r}"
        )
    first, last = values[0], values[-1]
    return integer(first, name, operation, minimum), integer(last, name, operation, minimum)


def effective_kernel(kernel: int, dilation: int) -> int:
    """Return the pixels that a dilated kernel spans: ``D*(K - 1) + 1``.

    Examples
    --------
    >>> effective_kernel(3, 2)
    5
    """
    return dilation * (kernel - 1) + 1


# Whole shapes


def image_shape(shape: Shape, name: str, operation: str) -> tuple[int, int, int, int]:
    """Return `shape` as (N, C, H, W); the batch may be empty, channels and pixels may not."""
    if len(shape) != 4:
        raise SizeError(
            f"{operation}: {name} must have 4 axes (batch, channels, height, width), "
            f"but its shape is {tuple(shape)}"
        )
    N, C, H, W = shape
    if min(C, H, W) < 1:
        raise SizeError(
            f"{operation}: {name} of shape {tuple(shape)} has no channels or no pixels; "
            "only the batch may be empty"
        )
    return N, C, H, W


def kernel_shape(shape: Shape, operation: str) -> tuple[int, int, int, int]:
    """Return the shape of a weight, four sizes of at least 1."""
    if len(shape) != 4 or min(shape) < 1:
        raise SizeError(
            f"{operation}: weight must have 4 axes (channels, channels per group, kernel height, "
            f"kernel width), none of them empty, but its shape is {tuple(shape)}"
        )
    first, second, KH, KW = shape
    return first, second, KH, KW


def check_groups(groups: object, in_channels: int, out_channels: int, operation: str) -> int:
    """Return `groups` as an integer that divides both numbers of channels.

    Raises
    ------
    SizeError
        If `groups` is smaller than 1 or does not divide `in_channels` and `out_channels`.
    """
    G = integer(groups, "groups", operation, 1)
    for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if channels % G:
            raise SizeError(
                f"{operation}: {name} (={channels}) must be divisible by groups (={G}); "
                f"choose a divisor of {channels}"
            )
    return G


@functools.cache
def _physical_memory() -> int:
    """Return this computer's memory [bytes], or what 63 bits can address where it is unknown."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 2**63 - 1


def check_memory(
    shape: Shape, operation: str, name: str = "output", itemsize: int = SMALLEST_ITEM
) -> None:
    """Refuse an array that could never be allocated, before anything is computed with its size.

    Raises
    ------
    MemoryError
        If ``itemsize`` times the product of `shape` [bytes] passes the computer's memory.
    """
    size = itemsize * math.prod(shape)
    limit = _physical_memory()
    if size > limit:
        raise MemoryError(
            f"{operation}: the {name} of shape {tuple(shape)} needs {size} bytes "
            f"({itemsize} a value), but this computer has {limit}; use smaller sizes or batches"
        )


def window_settings(
    size: object,
    kernel_size: object,
    stride: object,
    padding: object,
    dilation: object,
    operation: str,
) -> tuple[Pair, Pair, Pair, Pair, Pair]:
    """Return what the size formulas of convolution need as checked pairs, in the same order."""
    return (
        pair(size, "input size", operation, 1),
        pair(kernel_size, "kernel_size", operation, 1),
        pair(stride, "stride", operation, 1),
        pair(padding, "padding", operation),
        pair(dilation, "dilation", operation, 1),
    )


def window_count(
    sizes: Pair,
    kernels: Pair,
    strides: Pair,
    totals: Pair,
    dilations: Pair,
    operation: str,
    ceil_mode: bool = False,
) -> Pair:
    """Return how many windows fit along each axis; `totals` is the padding of both sides together.

    ``(H + total - D*(K - 1) - 1) // S + 1``. With `ceil_mode` the division is rounded up, and a
    last window that would begin beyond the last pixel, in the padding at the end, is dropped.

    Raises
    ------
    SizeError
        If not even one window fits.
    """
    found = []
    for axis, H, K, S, P, D in zip(AXES, sizes, kernels, strides, totals, dilations, strict=True):
        room = H + P - D * (K - 1) - 1
        count = (-(-room // S) if ceil_mode else room // S) + 1
        if ceil_mode and (count - 1) * S >= H + P // 2:
            count -= 1
        if count < 1:
            raise SizeError(
                f"{operation}: the kernel does not fit into the padded input along the {axis}: "
                f"kernel {K} with dilation {D} spans {effective_kernel(K, D)} pixels, input {H} "
                f"with padding {P} in all has {H + P}. Output {axis} = "
                f"(input + padding - dilation*(kernel - 1) - 1) // stride + 1 "
                f"= ({H} + {P} - {D}*({K} - 1) - 1) // {S} + 1 = {count}; "
                "use a larger input, more padding or a smaller kernel"
            )
        found.append(count)
    return found[0], found[1]
