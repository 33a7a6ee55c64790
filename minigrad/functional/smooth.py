"""Smooth activations: sigmoids, soft versions of relu, and gates of x by a sigmoid of x.

Each is a `Pointwise` operation: value and gradient are kernels (``kernels.loops.curves`` has the
formulas), the second derivative, ``bend``, is written here.  s and t stand for sigmoid and tanh.
"""

from __future__ import annotations

import math

from minigrad.errors import RangeError
from minigrad.functional.curve import finished
from minigrad.primitives.pointwise import Pointwise
from minigrad.tensor import Tensor

__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gelu",
    "logsigmoid",
    "mish",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "tanh",
    "tanhshrink",
]

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


class Elu(Pointwise):
    """y = scale x where x > 0, else scale alpha (e ** (rate x) - 1); at 0 as on the left."""

    curve = "elu"

    @staticmethod
    def bend(x, alpha, scale, rate):
        # The clamp keeps an overflow on the right from making NaNs of its zeros.
        curved = (x.clamp(max=0.0) * rate).exp() * (scale * alpha * rate * rate)
        return curved.masked_fill(x >= 0, 0.0)


class Silu(Pointwise):
    """y = x s(x)."""

    curve = "silu"

    @staticmethod
    def bend(x):
        s = x.sigmoid()
        return s * (1 - s) * (2 + x * (1 - 2 * s))


class Gelu(Pointwise):
    """y = x P(x), with the normal distribution P(x) = (1 + erf(x / sqrt(2))) / 2."""

    curve = "gelu"

    @staticmethod
    def bend(x):
        density = (x * x * -0.5).exp() / math.sqrt(2 * math.pi)
        return density * (2 - x * x)


class GeluTanh(Pointwise):
    """y = x (1 + t(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x ** 3)."""

    curve = "gelu_tanh"

    K, C = math.sqrt(2 / math.pi), 0.044715

    @staticmethod
    def bend(x):
        t = ((x + x * x * x * GeluTanh.C) * GeluTanh.K).tanh()
        du = (x * x * (3 * GeluTanh.C) + 1) * GeluTanh.K
        ddu = x * (6 * GeluTanh.C * GeluTanh.K)
        return (1 - t * t) * (du + x * (ddu * 0.5 - t * du * du))


class Softplus(Pointwise):
    """y = ln(1 + e ** (beta x)) / beta, and x itself where beta x > limit."""

    curve = "softplus"

    @staticmethod
    def bend(x, beta, limit):
        s = (x * beta).sigmoid()
        return (s * (1 - s) * beta).masked_fill(x * beta > limit, 0.0)


class Softsign(Pointwise):
    """y = x / (1 + abs(x))."""

    curve = "softsign"

    @staticmethod
    def bend(x):
        return x.sign() * -2 / (1 + x.abs()) ** 3


class Mish(Pointwise):
    """y = x t(softplus(x))."""

    curve = "mish"

    @staticmethod
    def bend(x):
        s, t = x.sigmoid(), softplus(x).tanh()
        return s * (1 - t * t) * (2 + x * (1 - s) - x * s * t * 2)


class Logsigmoid(Pointwise):
    """y = ln s(x) = min(x, 0) - ln(1 + e ** -abs(x))."""

    curve = "logsigmoid"

    @staticmethod
    def bend(x):
        s = x.sigmoid()
        return -(s * (1 - s))


class Tanhshrink(Pointwise):
    """y = x - t(x)."""

    curve = "tanhshrink"

    @staticmethod
    def bend(x):
        t = x.tanh()
        return t * 2 * (1 - t * t)


def sigmoid(input: Tensor) -> Tensor:
    """``s(x) = 1 / (1 + e ** -x)``."""
    return input.sigmoid()


def tanh(input: Tensor) -> Tensor:
    """``t(x) = (e ** x - e ** -x) / (e ** x + e ** -x)``."""
    return input.tanh()


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Exponential linear unit, ``y = x where x > 0, else alpha * (e ** x - 1)``.

    Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by
    exponential linear units", 2015.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.elu(minigrad.tensor([-1000.0, 2.0]))
    tensor([-1.,  2.])
    """
    return finished("elu", inplace, input, Elu.apply, float(alpha), 1.0, 1.0)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`elu` in place."""
    return elu(input, alpha, inplace=True)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """`elu` with alpha = 1.6733, times 1.0507: it keeps mean 0 and variance 1.

    Source: Klambauer et al., "Self-normalizing neural networks", 2017.
    """
    return finished("selu", inplace, input, Elu.apply, SELU_ALPHA, SELU_SCALE, 1.0)


def selu_(input: Tensor) -> Tensor:
    """`selu` in place."""
    return selu(input, inplace=True)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``y = x where x > 0, else alpha * (e ** (x / alpha) - 1)``, smooth at 0 for every alpha.

    Raises
    ------
    ValueError
        If ``alpha`` is 0.

    Notes
    -----
    Source: Barron, "Continuously differentiable exponential linear units", 2017.
    """
    if alpha == 0:
        raise RangeError("celu: alpha (=0) must not be 0, the exponent is divided by it")
    return finished("celu", inplace, input, Elu.apply, float(alpha), 1.0, 1.0 / alpha)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`celu` in place."""
    return celu(input, alpha, inplace=True)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """``y = x * sigmoid(x)``, also called swish; NaN at -inf, as in PyTorch.

    Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016.
    """
    return finished("silu", inplace, input, Silu.apply)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """``y = x * P(x)`` with the normal distribution P; NaN at infinities, as in PyTorch.

    Parameters
    ----------
    input : Tensor
        Any shape.
    approximate : str
        "none", or "tanh" for ``y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x ** 3)))``.

    Raises
    ------
    ValueError
        For any other ``approximate``.

    Notes
    -----
    Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016.
    """
    curves = {"none": Gelu, "tanh": GeluTanh}
    if approximate not in curves:
        raise RangeError(f"gelu: approximate (={approximate!r}) must be 'none' or 'tanh'")
    return finished("gelu", False, input, curves[approximate].apply)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """``y = ln(1 + e ** (beta * x)) / beta``, and x itself where ``beta * x > threshold``."""
    return finished("softplus", False, input, Softplus.apply, float(beta), float(threshold))


def softsign(input: Tensor) -> Tensor:
    """``y = x / (1 + abs(x))``."""
    return finished("softsign", False, input, Softsign.apply)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """``y = x * tanh(softplus(x))``; NaN at -inf, as in PyTorch.

    Source: Misra, "Mish: a self regularized non-monotonic activation function", 2019.
    """
    return finished("mish", inplace, input, Mish.apply)


def logsigmoid(input: Tensor) -> Tensor:
    """``y = ln sigmoid(x)``, finite for all finite x."""
    return finished("logsigmoid", False, input, Logsigmoid.apply)


def tanhshrink(input: Tensor) -> Tensor:
    """``y = x - tanh(x)``."""
    return finished("tanhshrink", False, input, Tanhshrink.apply)
