"""Elementwise operations and matrix products.

Binary operations take two tensors of one dtype (the tensor's methods promote them first) and
broadcast.
Each backward stands under the line it differentiates; ``g`` letters are gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import Function

__all__ = [
    "Abs",
    "Add",
    "Atan",
    "Atan2",
    "Cast",
    "Clamp",
    "Clone",
    "Cos",
    "Div",
    "Exp",
    "Expm1",
    "Log",
    "Log1p",
    "MatMul",
    "Maximum",
    "Minimum",
    "Mul",
    "Neg",
    "Pow",
    "PowScalar",
    "Remainder",
    "Scale",
    "Shift",
    "Sigmoid",
    "Sin",
    "Sqrt",
    "Step",
    "Sub",
    "Tanh",
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
        self.save(x, y)
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
        self.save(x, y)
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


class Pow(Function):
    """z = x ** y."""

    def forward(self, x, y):
        z = np.power(x, y)
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
            return gy * 0
        return gy * (x * 2 if self.p == 2 else x ** (self.p - 1) * self.p)


class Exp(Function):
    """y = e ** x."""

    def forward(self, x):
        y = np.exp(x)
        self.save(y)
        return y

    def backward(self, gy):
        (y,) = self.saved
        return gy * y


class Expm1(Function):
    """y = e ** x - 1, accurate near 0."""

    def forward(self, x):
        y = np.expm1(x)
        self.save(y)
        return y

    def backward(self, gy):
        (y,) = self.saved
        return gy * (y + 1)


class Log(Function):
    """y = ln x."""

    def forward(self, x):
        self.save(x)
        return np.log(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy / x


class Log1p(Function):
    """y = ln(1 + x)."""

    def forward(self, x):
        self.save(x)
        return np.log1p(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy / (x + 1)


class Sqrt(Function):
    """y = sqrt(x)."""

    def forward(self, x):
        y = np.sqrt(x)
        self.save(y)
        return y

    def backward(self, gy):
        (y,) = self.saved
        return gy / (y * 2)


class Abs(Function):
    """y = |x|; the gradient at 0 is 0."""

    def forward(self, x):
        self.save(x)
        return np.abs(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy * x.sign()


class Step(Function):
    """A piecewise constant function (sign, floor, ceil, round, ...): its gradient is 0."""

    def forward(self, x, function):
        return function(x)

    def backward(self, gy):
        return gy * 0


class Remainder(Function):
    """z = x - y floor(x / y)."""

    def forward(self, x, y):
        self.save(x, y)
        return np.remainder(x, y)

    def backward(self, gz):
        x, y = self.saved
        gy = self.unbroadcast(-gz * (x / y).floor(), 1) if self.needs[1] else None
        return self.unbroadcast(gz, 0), gy


class Sin(Function):
    """y = sin x [radians]."""

    def forward(self, x):
        self.save(x)
        return np.sin(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy * x.cos()


class Cos(Function):
    """y = cos x [radians]."""

    def forward(self, x):
        self.save(x)
        return np.cos(x)

    def backward(self, gy):
        (x,) = self.saved
        return -(gy * x.sin())


class Atan(Function):
    """y = arctan x [radians]."""

    def forward(self, x):
        self.save(x)
        return np.arctan(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy / (x * x + 1)


class Atan2(Function):
    """z = the angle of the point (x, y) [radians]; y is the first argument."""

    def forward(self, y, x):
        self.save(y, x)
        return np.arctan2(y, x)

    def backward(self, gz):
        y, x = self.saved
        gr = gz / (x * x + y * y)
        return self.unbroadcast(gr * x, 0), self.unbroadcast(-gr * y, 1)


class Tanh(Function):
    """y = tanh x."""

    def forward(self, x):
        y = np.tanh(x)
        self.save(y)
        return y

    def backward(self, gy):
        (y,) = self.saved
        return gy * (1 - y * y)


class Sigmoid(Function):
    """y = 1 / (1 + e ** -x), computed so that no exponential overflows."""

    def forward(self, x):
        e = np.exp(-np.abs(x))
        y = np.where(x >= 0, 1 / (1 + e), e / (1 + e)).astype(x.dtype, copy=False)
        self.save(y)
        return y

    def backward(self, gy):
        (y,) = self.saved
        return gy * (y * (1 - y))


class Maximum(Function):
    """z = max(x, y); where they are equal each gets half the gradient.  NaN wins."""

    choose: Any = staticmethod(np.maximum)

    def forward(self, x, y):
        z = self.choose(x, y)
        half = np.where(x == y, x.dtype.type(0.5), x.dtype.type(1.0))
        self.save((x == z) * half, (y == z) * half)
        return z

    def backward(self, gz):
        to_x, to_y = self.saved
        return self.unbroadcast(gz * to_x, 0), self.unbroadcast(gz * to_y, 1)


class Minimum(Maximum):
    """z = min(x, y); where they are equal each gets half the gradient.  NaN wins."""

    choose = staticmethod(np.minimum)


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


class MatMul(Function):
    """z[..., i, j] = sum_k x[..., i, k] y[..., k, j], for stacks of matrices; leading axes
    broadcast.
    """

    def forward(self, x, y):
        self.save(x, y)
        return np.matmul(x, y)

    def backward(self, gz):
        x, y = self.saved
        return (
            self.unbroadcast(MatMul.apply(gz, y.transpose(-1, -2)), 0) if self.needs[0] else None,
            self.unbroadcast(MatMul.apply(x.transpose(-1, -2), gz), 1) if self.needs[1] else None,
        )
