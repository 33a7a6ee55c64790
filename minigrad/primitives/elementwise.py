"""Functions of one element: exponentials, logarithms, trigonometry and their like.

Each backward stands under the line it differentiates; ``g`` letters are gradients.  Those that
networks are made of have kernels for both, see `pointwise`.
"""

from __future__ import annotations

import numpy as np

from minigrad.autograd import Function
from minigrad.primitives.pointwise import Pointwise

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
    "Rsqrt",
    "Sigmoid",
    "Sin",
    "Sqrt",
    "Step",
    "Tanh",
]


class Exp(Pointwise):
    """y = e ** x."""

    curve, from_result = "exp", True

    @staticmethod
    def bend(y):
        return y * 0 + 1


class Expm1(Function):
    """y = e ** x - 1, accurate near 0."""

    def forward(self, x):
        y = np.expm1(x)
        self.save(y)
        return y

    def backward(self, gy):
        (y,) = self.saved
        return gy * (y + 1)


class Log(Pointwise):
    """y = ln x."""

    curve = "log"

    @staticmethod
    def bend(x):
        return -1 / (x * x)


class Log1p(Function):
    """y = ln(1 + x)."""

    def forward(self, x):
        self.save(x)
        return np.log1p(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy / (x + 1)


class Sqrt(Pointwise):
    """y = sqrt(x)."""

    curve, from_result = "sqrt", True

    @staticmethod
    def bend(y):
        return -0.5 / (y * y)


class Rsqrt(Pointwise):
    """y = 1 / sqrt(x)."""

    curve, from_result = "rsqrt", True

    @staticmethod
    def bend(y):
        return y * y * -1.5


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


class Tanh(Pointwise):
    """y = tanh x."""

    curve, from_result = "tanh", True

    @staticmethod
    def bend(y):
        return y * -2


class Sigmoid(Pointwise):
    """y = 1 / (1 + e ** -x)."""

    curve, from_result = "sigmoid", True

    @staticmethod
    def bend(y):
        return 1 - y * 2
