"""Losses of pairs, predictions x beside targets t: what each costs, and its slope in x.

``loss_sum(total, x, t, "huber", 1.0)`` adds up the losses of that name, and ``loss_grad`` is the
gradient of x.  A loss is one NumPy expression; its parameters are plain numbers.
"""

from typing import Any

import numpy as np

__all__ = ["LOSSES", "loss_grad", "loss_sum"]


def loss_sum(total, x, t, name, *parameters):
    """``total[0] = sum of f(x, t)``.

    Parameters
    ----------
    total : (1,) float64, written
    x, t : any shape, the same
    name : str
        Which of `LOSSES`.
    parameters : float
        What the loss's own definition below takes after t.
    """
    with np.errstate(all="ignore"):
        total[0] = LOSSES[name][0](x, t, *parameters).sum(dtype=np.float64)


def loss_grad(gx, g, x, t, name, *parameters):
    """``gx = g * df/dx``, where g is a number."""
    with np.errstate(all="ignore"):
        gx[...] = gx.dtype.type(g) * LOSSES[name][1](x, t, *parameters)


def squared(x, t):
    return np.square(x - t)


def squared_slope(x, t):
    return 2 * (x - t)


def absolute(x, t):
    return np.abs(x - t)


def absolute_slope(x, t):
    return np.sign(x - t)


def smooth(x, t, beta):
    """``d**2 / (2*beta)`` below beta, then a straight line; d is ``|x - t|``."""
    d = np.abs(x - t)
    return np.where(d < beta, 0.5 * d * d / beta, d - 0.5 * beta)


def smooth_slope(x, t, beta):
    return np.clip((x - t) / beta, -1, 1)


def huber(x, t, delta):
    """``d**2 / 2`` up to delta, then a straight line."""
    d = np.abs(x - t)
    return np.where(d <= delta, 0.5 * d * d, delta * (d - 0.5 * delta))


def huber_slope(x, t, delta):
    return np.clip(x - t, -delta, delta)


LOWEST = -100.0  # a logarithm counts at least this much, so that no loss is infinite
SMALLEST = 1e-12  # a variance x * (1 - x) counts at least this much in the slope


def binary(x, t):
    """``-t*ln(x) - (1 - t)*ln(1 - x)``, with logarithms of at least -100."""
    return (t - 1) * np.maximum(np.log1p(-x), LOWEST) - t * np.maximum(np.log(x), LOWEST)


def binary_slope(x, t):
    return (x - t) / np.maximum(x * (1 - x), SMALLEST)


def logits(x, t):
    """`binary` of the sigmoid of x: ``(1 - t)*x + ln(1 + e**-x)``."""
    return ((1 - t) * x + np.maximum(-x, 0)) + np.log1p(np.exp(-np.abs(x)))


def logits_slope(x, t):
    """``(1 - t)*s(x) - t*s(-x)``, with all its digits where it is small."""
    small = np.exp(-np.abs(x))
    near, far = small / (1 + small), 1 / (1 + small)
    return np.where(x < 0, (1 - t) * near - t * far, (1 - t) * far - t * near)


LOSSES: dict[str, tuple[Any, Any]] = {
    "absolute": (absolute, absolute_slope),
    "binary": (binary, binary_slope),
    "huber": (huber, huber_slope),
    "logits": (logits, logits_slope),
    "smooth": (smooth, smooth_slope),
    "squared": (squared, squared_slope),
}
"""Every loss and its slope."""
