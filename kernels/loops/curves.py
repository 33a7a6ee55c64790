"""Elementwise functions and their gradients, one NumPy expression each.

``curve(y, x, "elu", 1.0, 1.0, 1.0)`` fills y with the function of that name, and ``curve_grad`` the
gradient gx from gy.  The gradient is computed from x; for those marked (y) from the result, and v
stands for either.  s is the sigmoid, t the tanh, P the normal distribution and p its density.

A gradient that is 0 on a piece is 0 there whatever gy is, even NaN; elsewhere it is gy times the
slope.  At a kink the slope is PyTorch's choice.  NaN stays NaN, in the smooth ones' gradients too.
"""

import math
from typing import Any

import numpy as np
import scipy

__all__ = ["CURVES", "curve", "curve_grad"]


def curve(y, x, name, *parameters):
    """``y = f(x)``; the parameters are plain numbers.

    Parameters
    ----------
    y, x : any shape
    name : str
        Which of `CURVES`.
    parameters : float
        What the function's own definition below takes after x.
    """
    with np.errstate(all="ignore"):
        y[...] = CURVES[name][0](x, *parameters)


def curve_grad(gx, gy, v, name, *parameters):
    """``gx = gy * f'(x)``; v is x, or y for the curves marked (y)."""
    with np.errstate(all="ignore"):
        gx[...] = CURVES[name][1](gy, v, *parameters)


# Exponentials, logarithms, roots


def exp(x):
    """``e**x`` (y)."""
    return np.exp(x)


def exp_grad(gy, y):
    return gy * y


def log(x):
    """``ln x``."""
    return np.log(x)


def log_grad(gy, x):
    return gy / x


def sqrt(x):
    """The square root (y)."""
    return np.sqrt(x)


def sqrt_grad(gy, y):
    return gy / (2 * y)


def rsqrt(x):
    """``1/sqrt(x)`` (y)."""
    return 1 / np.sqrt(x)


def rsqrt_grad(gy, y):
    return gy * y * y * y * -0.5


def sigmoid(x):
    """``s = 1/(1 + e**-x)`` (y), written so that no exponential overflows."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def sigmoid_grad(gy, y):
    return gy * (y * (1 - y))


def tanh(x):
    """``t = (e**x - e**-x)/(e**x + e**-x)`` (y)."""
    return np.tanh(x)


def tanh_grad(gy, y):
    return gy * (1 - y * y)


# Smooth activations


def elu(x, alpha, scale, rate):
    """``scale*x where x > 0, else scale*alpha*(e**(rate*x) - 1)``."""
    return np.where(x > 0, scale * x, scale * alpha * np.expm1(rate * x))


def elu_grad(gy, x, alpha, scale, rate):
    return np.where(x > 0, gy * scale, gy * (scale * alpha * rate * np.exp(rate * x)))


def silu(x):
    """``x*s(x)``."""
    return x / (1 + np.exp(-x))


def silu_grad(gy, x):
    s = sigmoid(x)
    return gy * (s * (1 + x * (1 - s)))


def gelu(x):
    """``x*P(x)`` with ``P(x) = (1 + erf(x/sqrt(2)))/2``."""
    return x * (0.5 * (1 + scipy.special.erf(x / math.sqrt(2))))


def gelu_grad(gy, x):
    p = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return gy * (0.5 * (1 + scipy.special.erf(x / math.sqrt(2))) + x * p)


K, C = math.sqrt(2 / math.pi), 0.044715


def gelu_tanh(x):
    """``x*(1 + t(u))/2`` with ``u = sqrt(2/pi)*(x + 0.044715*x**3)``."""
    return 0.5 * x * (1 + np.tanh(K * (x + C * x * x * x)))


def gelu_tanh_grad(gy, x):
    t = np.tanh(K * (x + C * x * x * x))
    du = K * (1 + 3 * C * x * x)
    return gy * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * du)


def softplus(x, beta, limit):
    """``ln(1 + e**(beta*x))/beta``, and x itself where ``beta*x > limit``."""
    return np.where(x * beta > limit, x, np.logaddexp(x * beta, 0) / beta)


def softplus_grad(gy, x, beta, limit):
    return np.where(x * beta > limit, gy, gy * sigmoid(x * beta))


def softsign(x):
    """``x/(1 + |x|)``."""
    return x / (1 + np.abs(x))


def softsign_grad(gy, x):
    return gy / np.square(1 + np.abs(x))


def mish(x):
    """``x*t(softplus(x))``."""
    return x * np.tanh(np.logaddexp(x, 0))


def mish_grad(gy, x):
    t = np.tanh(np.logaddexp(x, 0))
    return gy * (t + x * sigmoid(x) * (1 - t * t))


def logsigmoid(x):
    """``ln s(x) = min(x, 0) - ln(1 + e**-|x|)``."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def logsigmoid_grad(gy, x):
    return gy / (1 + np.exp(x))


def tanhshrink(x):
    """``x - t(x)``."""
    return x - np.tanh(x)


def tanhshrink_grad(gy, x):
    return gy * np.square(np.tanh(x))


# Straight pieces


def threshold(x, bound, value):
    """``x where x > bound, else value``; at the bound itself the slope is 0."""
    return np.where(x <= bound, value, x)


def threshold_grad(gy, x, bound, value):
    return np.where(x <= bound, 0, gy)


def hardtanh(x, low, high):
    """``min(max(x, low), high)``; at both bounds the slope is 0."""
    return np.minimum(np.maximum(x, low), high)


def hardtanh_grad(gy, x, low, high):
    return np.where((x > low) & (x < high), gy, 0)


def hardsigmoid(x):
    """``min(max(x + 3, 0), 6)/6``; at -3 and 3 the slope is 0."""
    return np.minimum(np.maximum(x + 3, 0), 6) / 6


def hardsigmoid_grad(gy, x):
    return np.where((x > -3) & (x < 3), gy / 6, 0)


def hardswish(x):
    """``x*hardsigmoid(x)``; the slope is 0 at -3 and 1 at 3."""
    return x * np.minimum(np.maximum(x + 3, 0), 6) / 6


def hardswish_grad(gy, x):
    return np.where(x <= -3, 0, np.where(x >= 3, gy, gy * (x / 3 + 0.5)))


def hardshrink(x, bound):
    """``x where |x| > bound, else 0``; at both kinks the slope is 0."""
    return np.where((x >= -bound) & (x <= bound), 0, x)


def hardshrink_grad(gy, x, bound):
    return np.where((x < -bound) | (x > bound), gy, 0)


def softshrink(x, bound):
    """The rest of x moved towards 0 by the bound, 0 within it; at both kinks the slope is 0."""
    return x - np.minimum(np.maximum(x, -bound), bound)


softshrink_grad = hardshrink_grad

CURVES: dict[str, tuple[Any, Any]] = {
    "elu": (elu, elu_grad),
    "exp": (exp, exp_grad),
    "gelu": (gelu, gelu_grad),
    "gelu_tanh": (gelu_tanh, gelu_tanh_grad),
    "hardshrink": (hardshrink, hardshrink_grad),
    "hardsigmoid": (hardsigmoid, hardsigmoid_grad),
    "hardswish": (hardswish, hardswish_grad),
    "hardtanh": (hardtanh, hardtanh_grad),
    "log": (log, log_grad),
    "logsigmoid": (logsigmoid, logsigmoid_grad),
    "mish": (mish, mish_grad),
    "rsqrt": (rsqrt, rsqrt_grad),
    "sigmoid": (sigmoid, sigmoid_grad),
    "silu": (silu, silu_grad),
    "softplus": (softplus, softplus_grad),
    "softshrink": (softshrink, softshrink_grad),
    "softsign": (softsign, softsign_grad),
    "sqrt": (sqrt, sqrt_grad),
    "tanh": (tanh, tanh_grad),
    "tanhshrink": (tanhshrink, tanhshrink_grad),
    "threshold": (threshold, threshold_grad),
}
"""Every curve: its value, and its gradient."""
