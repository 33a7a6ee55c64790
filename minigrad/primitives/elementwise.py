"""Functions of one element: exponentials, logarithms, trigonometry and their like.

Each backward stands under the line it differentiates; ``g`` letters are gradients.
"""

from __future__ import annotations

import numpy as np

from minigrad.autograd import Function

__all__ = [
    "Abs",
    "Atan",
    "Atan2",
    "Cos",
    "Exp",
    "Expm1",
    "Log",
    "Log1p",
    "Root",
    "Sigmoid",
    "Sin",
    "Sqrt",
    "Step",
    "Tanh",
]


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


class Root(Sqrt):
    """y = sqrt(x), with gradient 0 where y is 0: the way from a variance to its deviation."""

    def backward(self, gy):
        (y,) = self.saved
        return (gy / (y * 2)).masked_fill(y == 0, 0.0)


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
        return gy.new_zeros(gy.shape)


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
        square = x * x + y * y
        gr = (gz / square).masked_fill(square == 0, 0.0)
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
