"""Activations made of three straight pieces, and those made of one with a gap.

Each is a `Curve`: value and slope stand together.  At a kink the slope is PyTorch's choice, stated
with each.  NaN stays NaN.
"""

from __future__ import annotations

import numpy as np

from minigrad.errors import RangeError
from minigrad.functional.curve import Curve, finished
from minigrad.tensor import Tensor, method

__all__ = [
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "relu6",
    "softshrink",
    "threshold",
    "threshold_",
]


class Threshold(Curve):
    """y = x where x > t, else a constant v; at t itself the slope is 0."""

    @staticmethod
    def value(x, t, v):
        return np.where(x <= t, x.dtype.type(v), x)

    @staticmethod
    def slope(x, t, v):
        return ~(x <= t)


class Hardtanh(Curve):
    """y = min(max(x, low), high); at both bounds the slope is 0."""

    @staticmethod
    def value(x, low, high):
        return np.minimum(np.maximum(x, x.dtype.type(low)), x.dtype.type(high))

    @staticmethod
    def slope(x, low, high):
        return (x > low) & (x < high)


class Hardsigmoid(Curve):
    """y = min(max(x + 3, 0), 6) / 6; at -3 and 3 the slope is 0."""

    @staticmethod
    def value(x):
        return np.minimum(np.maximum(x + 3, 0), 6) / 6

    @staticmethod
    def slope(x):
        return ((x > -3) & (x < 3)) / x.dtype.type(6)


class Hardswish(Curve):
    """y = x min(max(x + 3, 0), 6) / 6; the slope is 0 at -3 and 1 at 3."""

    @staticmethod
    def value(x):
        return x * np.minimum(np.maximum(x + 3, 0), 6) / 6

    @staticmethod
    def slope(x):
        return np.where(x <= -3, 0, np.where(x >= 3, 1, x / 3 + 0.5)).astype(x.dtype, copy=False)

    @staticmethod
    def bend(x):
        return x.wrap(((x.array > -3) & (x.array < 3)) / x.array.dtype.type(3))


class Hardshrink(Curve):
    """y = x where abs(x) > lambd, else 0; at -lambd and lambd the slope is 0."""

    @staticmethod
    def value(x, lambd):
        return np.where((x >= -lambd) & (x <= lambd), x.dtype.type(0), x)

    @staticmethod
    def slope(x, lambd):
        return (x < -lambd) | (x > lambd)


class Softshrink(Curve):
    """y = x moved towards 0 by lambd, and 0 within; at -lambd and lambd the slope is 0."""

    @staticmethod
    def value(x, lambd):
        return x - np.minimum(np.maximum(x, x.dtype.type(-lambd)), x.dtype.type(lambd))

    slope = Hardshrink.slope


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """``y = min(max(x, 0), 6)``; the gradient at 0 and at 6 is 0."""
    return finished("relu6", inplace, input, Hardtanh.apply, 0.0, 6.0)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """``y = x where x > threshold, else value``; the gradient at the threshold is 0."""
    numbers = float(threshold), float(value)
    return finished("threshold", inplace, input, Threshold.apply, *numbers)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """`threshold` in place."""
    return finished("threshold", True, input, Threshold.apply, float(threshold), float(value))


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """``y = min(max(x, min_val), max_val)``; the gradient at both bounds is 0.

    Raises
    ------
    ValueError
        If ``min_val`` exceeds ``max_val``.
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val (={min_val}) must not exceed max_val (={max_val})")
    return finished("hardtanh", inplace, input, Hardtanh.apply, float(min_val), float(max_val))


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """`hardtanh` in place."""
    return hardtanh(input, min_val, max_val, inplace=True)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """``y = min(max(x + 3, 0), 6) / 6``, a sigmoid of three pieces; the gradient at +-3 is 0."""
    return finished("hardsigmoid", inplace, input, Hardsigmoid.apply)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """``y = x * hardsigmoid(x)``; the gradient is 0 at -3 and 1 at 3.

    Source: Howard et al., "Searching for MobileNetV3", 2019.
    """
    return finished("hardswish", inplace, input, Hardswish.apply)


@method("hardshrink")
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """``y = x where abs(x) > lambd, else 0``; the gradient at both kinks is 0."""
    return finished("hardshrink", False, input, Hardshrink.apply, float(lambd))


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """``y = sign(x) * max(abs(x) - lambd, 0)``; the gradient at both kinks is 0.

    Raises
    ------
    ValueError
        If ``lambd`` is negative.
    """
    if lambd < 0:
        raise RangeError(f"softshrink: lambd (={lambd}) must not be negative")
    return finished("softshrink", False, input, Softshrink.apply, float(lambd))
