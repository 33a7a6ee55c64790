"""Hyperbolic, inverse and special functions of one element.

Each backward stands under the line it differentiates; ``g`` letters are gradients.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from minigrad.autograd import Function

__all__ = [
    "Acos",
    "Acosh",
    "Asin",
    "Asinh",
    "Atanh",
    "Cosh",
    "Erf",
    "Erfinv",
    "Lgamma",
    "Polygamma",
    "Sinh",
]


class Sinh(Function):
    """y = (e ** x - e ** -x) / 2."""

    def forward(self, x):
        self.save(x)
        return np.sinh(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy * x.cosh()


class Cosh(Function):
    """y = (e ** x + e ** -x) / 2."""

    def forward(self, x):
        self.save(x)
        return np.cosh(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy * x.sinh()


class Asin(Function):
    """y = arcsin x [radians]."""

    def forward(self, x):
        self.save(x)
        return np.arcsin(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy * (1 - x * x).rsqrt()


class Acos(Function):
    """y = arccos x [radians]."""

    def forward(self, x):
        self.save(x)
        return np.arccos(x)

    def backward(self, gy):
        (x,) = self.saved
        return -gy * (1 - x * x).rsqrt()


class Asinh(Function):
    """y = the x' whose sinh is x."""

    def forward(self, x):
        self.save(x)
        return np.arcsinh(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy * (x * x + 1).rsqrt()


class Acosh(Function):
    """y = the x' >= 0 whose cosh is x."""

    def forward(self, x):
        self.save(x)
        return np.arccosh(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy * (x * x - 1).rsqrt()


class Atanh(Function):
    """y = the x' whose tanh is x."""

    def forward(self, x):
        self.save(x)
        return np.arctanh(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy / (1 - x * x)


class Erf(Function):
    """y = 2 / sqrt(pi) times the integral of e ** -t**2 from 0 to x."""

    def forward(self, x):
        self.save(x)
        return special.erf(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy * (-x * x).exp() * (2 / math.sqrt(math.pi))


class Erfinv(Function):
    """y = the x' whose erf is x."""

    def forward(self, x):
        y = special.erfinv(x)
        self.save(y)
        return y

    def backward(self, gy):
        (y,) = self.saved
        return gy * (y * y).exp() * (math.sqrt(math.pi) / 2)


class Lgamma(Function):
    """``y = ln |Gamma(x)|``."""

    def forward(self, x):
        self.save(x)
        return special.gammaln(x)

    def backward(self, gy):
        (x,) = self.saved
        return gy * Polygamma.apply(x, 0)


class Polygamma(Function):
    """y = the n-th derivative of the logarithmic derivative of Gamma at x."""

    def forward(self, x, n):
        self.n = n
        self.save(x)
        y = special.psi(x) if n == 0 else special.polygamma(n, x)
        return np.asarray(y, x.dtype)

    def backward(self, gy):
        (x,) = self.saved
        return gy * Polygamma.apply(x, self.n + 1)
