"""Arithmetic, choices between elements, and copies.

Binary operations take two tensors of one dtype (the tensor's methods promote them first) and
broadcast.
Each backward stands under the line it differentiates; ``g`` letters are gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import Function

__all__ = [
    "Add",
    "Cast",
    "Clamp",
    "Clone",
    "Div",
    "FloorDivide",
    "Fmod",
    "Maximum",
    "Minimum",
    "Mul",
    "Neg",
    "Pow",
    "PowScalar",
    "Remainder",
    "Rounded",
    "Scale",
    "Shift",
    "Sub",
    "Where",
]


class Add(Function):
    """z = x + y."""

    def forward(self, x, y):
        return x + y

    def backward(self, gz):
        return self.unbroadcast(gz, 0), self.unbroadcast(gz, 1)


class Sub(Function):
    """z = x - y."""

    def forward(self, x, y):
        return x - y

    def backward(self, gz):
        return self.unbroadcast(gz, 0), self.unbroadcast(-gz, 1) if self.needs[1] else None


class Mul(Function):
    """z = x y."""

    def forward(self, x, y):
        self.save(x if self.needs[1] else None, y if self.needs[0] else None)
        return x * y

    def backward(self, gz):
        x, y = self.saved
        return (
            self.unbroadcast(gz * y, 0) if self.needs[0] else None,
            self.unbroadcast(gz * x, 1) if self.needs[1] else None,
        )


class Div(Function):
    """z = x / y."""

    def forward(self, x, y):
        self.save(x if self.needs[1] else None, y)
        return x / y

    def backward(self, gz):
        x, y = self.saved
        gx = gz / y
        return (
            self.unbroadcast(gx, 0) if self.needs[0] else None,
            self.unbroadcast(-gx * x / y, 1) if self.needs[1] else None,
        )


class Shift(Function):
    """y = x + c, with a Python number c."""

    def forward(self, x, c):
        return x + c

    def backward(self, gy):
        return gy


class Scale(Function):
    """y = c x, with a Python number c."""

    def forward(self, x, c):
        self.c = c
        return x * c

    def backward(self, gy):
        return gy * self.c


class Neg(Function):
    """y = -x."""

    def forward(self, x):
        return -x

    def backward(self, gy):
        return -gy


def integer_power(x, y):
    """``x ** y`` of integers: 0 for a negative y, unless x is 1 or -1."""
    z = np.asarray(np.power(x, np.maximum(y, 0)))
    inverse = np.where(np.abs(x) == 1, np.power(x, np.abs(y)), np.zeros((), x.dtype))
    return np.where(y < 0, inverse, z).astype(x.dtype)


class Pow(Function):
    """z = x ** y."""

    def forward(self, x, y):
        z = integer_power(x, y) if x.dtype.kind in "iu" else np.power(x, y)
        self.save(x, y, z)
        return z

    def backward(self, gz):
        x, y, z = self.saved
        gx = (gz * (y * x ** (y - 1))).masked_fill(y == 0, 0.0) if self.needs[0] else None
        gy = (gz * z * x.log()).masked_fill((x == 0) & (y >= 0), 0.0) if self.needs[1] else None
        return (
            self.unbroadcast(gx, 0) if gx is not None else None,
            self.unbroadcast(gy, 1) if gy is not None else None,
        )


class PowScalar(Function):
    """y = x ** p, with a Python number p."""

    def forward(self, x, p):
        self.p = p
        self.save(x)
        return np.power(x, x.dtype.type(p)) if p != 2 else x * x

    def backward(self, gy):
        (x,) = self.saved
        if self.p == 0:
            return gy.new_zeros(gy.shape)
        return gy * (x * 2 if self.p == 2 else x ** (self.p - 1) * self.p)


class Rounded(Function):
    """z = x / y rounded down ("floor") or to 0 ("trunc"): its gradient is 0."""

    def forward(self, x, y, mode):
        if mode == "floor":
            return np.floor_divide(x, y)
        if x.dtype.kind == "f":
            return np.trunc(x / y)
        return np.floor_divide(x, y) + ((x % y != 0) & ((x < 0) != (y < 0)))

    def backward(self, gz):
        return self.unbroadcast(gz * 0, 0), self.unbroadcast(gz * 0, 1)


class FloorDivide(Function):
    """z = x / y rounded down, under the operator that has no derivative."""

    def forward(self, x, y):
        return np.floor_divide(x, y)

    def backward(self, gz):
        raise RuntimeError(
            "floor_divide: // has no derivative; use div(..., rounding_mode='floor'), whose "
            "gradient is 0, or detach()"
        )


class Fmod(Function):
    """z = x - y trunc(x / y)."""

    def forward(self, x, y):
        self.save(x, y)
        return np.fmod(x, y)

    def backward(self, gz):
        x, y = self.saved
        gy = self.unbroadcast(-gz * (x / y).trunc(), 1) if self.needs[1] else None
        return self.unbroadcast(gz, 0), gy


class Remainder(Function):
    """z = x - y floor(x / y)."""

    def forward(self, x, y):
        self.save(x, y)
        return np.remainder(x, y)

    def backward(self, gz):
        x, y = self.saved
        gy = self.unbroadcast(-gz * (x / y).floor(), 1) if self.needs[1] else None
        return self.unbroadcast(gz, 0), gy


class Maximum(Function):
    """z = max(x, y); where they are equal each gets half the gradient.  NaN wins."""

    choose: Any = staticmethod(np.maximum)
    loses: Any = staticmethod(np.less)

    def forward(self, x, y):
        half = np.where(x == y, x.dtype.type(0.5), x.dtype.type(1.0))
        self.save(half * ~self.loses(x, y), half * ~self.loses(y, x))
        return self.choose(x, y)

    def backward(self, gz):
        to_x, to_y = self.saved
        return self.unbroadcast(gz * to_x, 0), self.unbroadcast(gz * to_y, 1)


class Minimum(Maximum):
    """z = min(x, y); where they are equal each gets half the gradient.  NaN wins."""

    choose = staticmethod(np.minimum)
    loses = staticmethod(np.greater)


class Clamp(Function):
    """y = min(max(x, low), high); bounds are numbers, arrays or None, and NaN stays NaN.

    The gradient passes where low <= x <= high.
    """

    def forward(self, x, low, high):
        y = x if low is None else np.maximum(x, low)
        y = y if high is None else np.minimum(y, high)
        inside = np.ones(x.shape, bool)
        if low is not None:
            inside = inside & (x >= low)
        if high is not None:
            inside = inside & (x <= high)
        self.save(inside)
        return np.array(y, dtype=x.dtype)

    def backward(self, gy):
        (inside,) = self.saved
        return self.unbroadcast(gy * inside, 0)


class Where(Function):
    """z = x where the condition holds, else y."""

    def forward(self, condition, x, y):
        self.condition = condition
        return np.where(condition, x, y)

    def backward(self, gz):
        condition = gz.wrap(self.condition)
        zero = gz.wrap(np.zeros((), gz.array.dtype))
        return (
            self.unbroadcast(Where.apply(self.condition, gz, zero), 0) if self.needs[0] else None,
            self.unbroadcast(gz.masked_fill(condition, 0.0), 1) if self.needs[1] else None,
        )


class Cast(Function):
    """y = x as another dtype."""

    def forward(self, x, dtype):
        self.dtype = x.dtype
        return x.astype(dtype)

    def backward(self, gy):
        return gy.to(self.dtype)


class Clone(Function):
    """y = a copy of x, in the order of its memory ("K") or in C order."""

    def forward(self, x, order):
        return x.copy(order=order)

    def backward(self, gy):
        return gy
