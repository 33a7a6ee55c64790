"""Activations made of three straight pieces, and those made of one with a gap.

Each is a `Pointwise` operation: ``kernels.loops.curves`` has the formulas of value and gradient.
At a kink the slope is PyTorch's choice, stated with each.  NaN stays NaN.
"""

from __future__ import annotations

from minigrad.errors import RangeError
from minigrad.functional.curve import finished
from minigrad.primitives.pointwise import Pointwise
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


class Threshold(Pointwise):
    """y = x where x > t, else a constant v; at t itself the slope is 0."""

    curve = "threshold"


class Hardtanh(Pointwise):
    """y = min(max(x, low), high); at both bounds the slope is 0."""

    curve = "hardtanh"


class Hardsigmoid(Pointwise):
    """y = min(max(x + 3, 0), 6) / 6; at -3 and 3 the slope is 0."""

    curve = "hardsigmoid"


class Hardswish(Pointwise):
    """y = x min(max(x + 3, 0), 6) / 6; the slope is 0 at -3 and 1 at 3."""

    curve = "hardswish"

    @staticmethod
    def bend(x):
        return x.wrap(((x.array > -3) & (x.array < 3)) / x.array.dtype.type(3))


class Hardshrink(Pointwise):
    """y = x where abs(x) > lambd, else 0; at -lambd and lambd the slope is 0."""

    curve = "hardshrink"


class Softshrink(Pointwise):
    """y = x moved towards 0 by lambd, and 0 within; at -lambd and lambd the slope is 0."""

    curve = "softshrink"


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
