"""The curves of ``loops.curves`` as formulas of vectors: the same names, the same letters.

They are written so that no exponential overflows and no digits cancel: the textbook's 1 - s(x) is
s(-x) here, and so on.  Mathematics is in ``transcendental``, and ``elementwise`` makes kernels of
these formulas.
"""

import math
from typing import Any

from .lanes import Lanes, Number, fma, where
from .transcendental import exp, expm1, log, log1p, normal, sigmoid, tanh

__all__ = ["CURVES"]


def leaky_relu(x: Lanes, slope: Lanes) -> Lanes:
    return where(x > 0, x, x * slope)


def leaky_relu_grad(gy: Lanes, x: Lanes, slope: Lanes) -> Lanes:
    return where(x > 0, gy, gy * slope)


def relu(x: Lanes) -> Lanes:
    return where(x <= 0, 0, x)


def relu_grad(gy: Lanes, y: Lanes) -> Lanes:
    return where(y <= 0, 0, gy)


def exp_grad(gy: Lanes, y: Lanes) -> Lanes:
    return gy * y


def log_grad(gy: Lanes, x: Lanes) -> Lanes:
    return gy / x


def sqrt(x: Lanes) -> Lanes:
    return x.sqrt()


def sqrt_grad(gy: Lanes, y: Lanes) -> Lanes:
    return gy / (y * 2)


def rsqrt(x: Lanes) -> Lanes:
    return 1 / x.sqrt()


def rsqrt_grad(gy: Lanes, y: Lanes) -> Lanes:
    return gy * y * y * y * -0.5


def sigmoid_grad(gy: Lanes, y: Lanes) -> Lanes:
    return gy * (y * (1 - y))


def tanh_grad(gy: Lanes, y: Lanes) -> Lanes:
    return gy * (1 - y * y)


def elu(x: Lanes, alpha: Lanes, scale: Lanes, rate: Lanes) -> Lanes:
    return where(x > 0, x * scale, expm1(x * rate) * (scale * alpha))


def elu_grad(gy: Lanes, x: Lanes, alpha: Lanes, scale: Lanes, rate: Lanes) -> Lanes:
    return gy * where(x > 0, scale, exp(x * rate) * (scale * alpha * rate))


def _both_sides(x: Lanes) -> tuple[Lanes, Lanes]:
    """s(x) and s(-x)."""
    e = exp(-x.abs())
    larger = 1 / (e + 1)
    smaller = e * larger
    return where(x < 0, smaller, larger), where(x < 0, larger, smaller)


def silu(x: Lanes) -> Lanes:
    return x * sigmoid(x)


def silu_grad(gy: Lanes, x: Lanes) -> Lanes:
    s, other = _both_sides(x)
    return gy * (s * fma(x, other, 1))


def gelu(x: Lanes) -> Lanes:
    return x * normal(x)[0]


def gelu_grad(gy: Lanes, x: Lanes) -> Lanes:
    distribution, density = normal(x)
    return gy * fma(x, density, distribution)


_K, _C = math.sqrt(2 / math.pi), 0.044715


def gelu_tanh(x: Lanes) -> Lanes:
    return x * sigmoid(x * fma(x * x, 2 * _K * _C, 2 * _K))


def gelu_tanh_grad(gy: Lanes, x: Lanes) -> Lanes:
    square = x * x
    s, other = _both_sides(x * fma(square, 2 * _K * _C, 2 * _K))
    return gy * fma(x * s * other, fma(square, 6 * _K * _C, 2 * _K), s)


def softplus(x: Lanes, beta: Lanes, limit: Lanes) -> Lanes:
    z = x * beta
    return where(z > limit, x, (z.at_least(0) + log1p(exp(-z.abs()))) / beta)


def softplus_grad(gy: Lanes, x: Lanes, beta: Lanes, limit: Lanes) -> Lanes:
    z = x * beta
    return where(z > limit, gy, gy * sigmoid(z))


def softsign(x: Lanes) -> Lanes:
    return x / (x.abs() + 1)


def softsign_grad(gy: Lanes, x: Lanes) -> Lanes:
    root = x.abs() + 1
    return gy / (root * root)


def mish(x: Lanes) -> Lanes:
    e = exp(x.at_most(20))  # beyond, the tanh is 1 to the last digit
    n = e * (e + 2)
    return x * (n / (n + 2))


def mish_grad(gy: Lanes, x: Lanes) -> Lanes:
    bounded = x.at_most(20)
    e = exp(bounded)
    n = e * (e + 2)
    share = 1 / (n + 2)
    slope = n * share + bounded * e * (e + 1) * (share * share * 4)
    return gy * where(x < math.inf, slope, math.nan)


def logsigmoid(x: Lanes) -> Lanes:
    return x.at_most(0) - log1p(exp(-x.abs()))


def logsigmoid_grad(gy: Lanes, x: Lanes) -> Lanes:
    return gy * sigmoid(-x)


def tanhshrink(x: Lanes) -> Lanes:
    return x - tanh(x)


def tanhshrink_grad(gy: Lanes, x: Lanes) -> Lanes:
    t = tanh(x)
    return gy * (t * t)


def threshold(x: Lanes, bound: Lanes, value: Lanes) -> Lanes:
    return where(x <= bound, value, x)


def threshold_grad(gy: Lanes, x: Lanes, bound: Lanes, value: Lanes) -> Lanes:
    return where(x <= bound, 0, gy)


def _clipped(x: Lanes, low: Number, high: Number) -> Lanes:
    return x.at_least(low).at_most(high)


def hardtanh(x: Lanes, low: Lanes, high: Lanes) -> Lanes:
    return _clipped(x, low, high)


def hardtanh_grad(gy: Lanes, x: Lanes, low: Lanes, high: Lanes) -> Lanes:
    return where((x > low) & (x < high), gy, 0)


def hardsigmoid(x: Lanes) -> Lanes:
    return _clipped(x + 3, 0, 6) / 6


def hardsigmoid_grad(gy: Lanes, x: Lanes) -> Lanes:
    return where((x > -3) & (x < 3), gy / 6, 0)


def hardswish(x: Lanes) -> Lanes:
    return x * _clipped(x + 3, 0, 6) / 6


def hardswish_grad(gy: Lanes, x: Lanes) -> Lanes:
    return where(x <= -3, 0, where(x >= 3, gy, gy * (x / 3 + 0.5)))


def hardshrink(x: Lanes, bound: Lanes) -> Lanes:
    return where((x >= -bound) & (x <= bound), 0, x)


def hardshrink_grad(gy: Lanes, x: Lanes, bound: Lanes) -> Lanes:
    return where((x < -bound) | (x > bound), gy, 0)


def softshrink(x: Lanes, bound: Lanes) -> Lanes:
    return x - _clipped(x, -bound, bound)


CURVES: dict[str, tuple[Any, Any]] = {
    "elu": (elu, elu_grad),
    "exp": (exp, exp_grad),
    "gelu": (gelu, gelu_grad),
    "gelu_tanh": (gelu_tanh, gelu_tanh_grad),
    "hardshrink": (hardshrink, hardshrink_grad),
    "hardsigmoid": (hardsigmoid, hardsigmoid_grad),
    "hardswish": (hardswish, hardswish_grad),
    "hardtanh": (hardtanh, hardtanh_grad),
    "leaky_relu": (leaky_relu, leaky_relu_grad),
    "log": (log, log_grad),
    "logsigmoid": (logsigmoid, logsigmoid_grad),
    "mish": (mish, mish_grad),
    "relu": (relu, relu_grad),
    "rsqrt": (rsqrt, rsqrt_grad),
    "sigmoid": (sigmoid, sigmoid_grad),
    "silu": (silu, silu_grad),
    "softplus": (softplus, softplus_grad),
    "softshrink": (softshrink, hardshrink_grad),
    "softsign": (softsign, softsign_grad),
    "sqrt": (sqrt, sqrt_grad),
    "tanh": (tanh, tanh_grad),
    "tanhshrink": (tanhshrink, tanhshrink_grad),
    "threshold": (threshold, threshold_grad),
}
"""Every curve: its value of x, and its gradient of gy and x (or y)."""
