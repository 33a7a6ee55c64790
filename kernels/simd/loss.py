"""Losses of pairs: one pass that adds them up, and one that writes the gradient.

A loss is a formula of a vector of predictions and one of targets, as in ``elementwise``::

    x  | v | v |...        f(v, w) in x's dtype -> |low|high| as float64, added to four vectors
    t  | w | w |...                                 of partial sums

The sums of pieces of a fixed size are added in their order.  The losses' definitions are in
``loops.loss``.
"""

import functools
from typing import Any

import numpy as np

from .._jit import jit
from .across import kept
from .elementwise import map_pairs
from .fork import fork
from .formulas import Formula, evaluate
from .lanes import Lanes, where
from .tasks import launch, take
from .transcendental import exp, log, log1p
from .vector import (
    broadcast,
    from_bits,
    lanes,
    load,
    masked_load,
    sum_lanes,
    widened,
)

__all__ = ["loss_grad", "loss_sum"]

_CHUNK = 1 << 15  # elements in a piece of work


def loss_sum(
    total: np.ndarray, x: np.ndarray, t: np.ndarray, name: str, *parameters: float
) -> None:
    """The sum of the losses; see ``loops.loss_sum``."""
    pieces = -(-x.size // _CHUNK)
    parts = np.zeros(pieces)
    formula, numbers = _formula(name, 0), tuple(map(float, parameters))
    flat = x.reshape(-1), t.reshape(-1)
    launch(add_losses, pieces, parts, *flat, formula, numbers)
    total[0] = parts.sum()


def loss_grad(
    gx: np.ndarray, g: float, x: np.ndarray, t: np.ndarray, name: str, *parameters: float
) -> None:
    """The gradient of x; see ``loops.loss_grad``."""
    numbers = (float(g), *map(float, parameters))
    map_pairs(gx, x, t, _formula(name, 1), numbers)


@functools.cache
def _formula(name, part):
    return Formula(LOSSES[name][part])


def _add_losses(work, parts, x, t, formula, numbers):
    fork(work)
    L = lanes(x)
    zero, one = broadcast(parts, 0.0), broadcast(x, 1)
    piece = take(work)
    while piece < work[1]:
        sum0 = sum1 = sum2 = sum3 = zero
        i, end = piece * _CHUNK, min((piece + 1) * _CHUNK, x.size)
        while i + 2 * L <= end:
            a = evaluate(formula, (load(x, i), load(t, i)), numbers)
            b = evaluate(formula, (load(x, i + L), load(t, i + L)), numbers)
            low0, high0 = widened(a, zero)
            low1, high1 = widened(b, zero)
            sum0 += low0
            sum1 += high0
            sum2 += low1
            sum3 += high1
            i += 2 * L
        while i < end:
            mask = from_bits(min(L, end - i))
            pair = masked_load(x, i, mask, one), masked_load(t, i, mask, one)
            low0, high0 = widened(kept(evaluate(formula, pair, numbers), mask), zero)
            sum0 += low0
            sum1 += high0
            i += L
        parts[piece] = sum_lanes((sum0 + sum1) + (sum2 + sum3))
        piece = take(work)


add_losses = jit(_add_losses)


# The formulas, and g times their slopes


def squared(x: Lanes, t: Lanes) -> Lanes:
    d = x - t
    return d * d


def squared_grad(x: Lanes, t: Lanes, g: Lanes) -> Lanes:
    return (x - t) * 2 * g


def absolute(x: Lanes, t: Lanes) -> Lanes:
    return (x - t).abs()


def absolute_grad(x: Lanes, t: Lanes, g: Lanes) -> Lanes:
    d = x - t
    return g * where(d > 0, 1, where(d < 0, -1, d))


def smooth(x: Lanes, t: Lanes, beta: Lanes) -> Lanes:
    d = (x - t).abs()
    return where(d < beta, d * d * 0.5 / beta, d - beta * 0.5)


def smooth_grad(x: Lanes, t: Lanes, g: Lanes, beta: Lanes) -> Lanes:
    return g * ((x - t) / beta).at_least(-1).at_most(1)


def huber(x: Lanes, t: Lanes, delta: Lanes) -> Lanes:
    d = (x - t).abs()
    return where(d <= delta, d * d * 0.5, delta * (d - delta * 0.5))


def huber_grad(x: Lanes, t: Lanes, g: Lanes, delta: Lanes) -> Lanes:
    return g * (x - t).at_least(-delta).at_most(delta)


def binary(x: Lanes, t: Lanes) -> Lanes:
    rest = where(x <= 0.5, log1p(-(x.at_most(0.5))), log(1 - x))  # log1p is exact from -0.5 on
    return (t - 1) * rest.at_least(-100) - t * log(x).at_least(-100)


def binary_grad(x: Lanes, t: Lanes, g: Lanes) -> Lanes:
    return g * ((x - t) / (x * (1 - x)).at_least(1e-12))


def logits(x: Lanes, t: Lanes) -> Lanes:
    return ((1 - t) * x + (-x).at_least(0)) + log1p(exp(-x.abs()))


def logits_grad(x: Lanes, t: Lanes, g: Lanes) -> Lanes:
    e = exp(-x.abs())
    far = 1 / (e + 1)
    near = e * far
    u = 1 - t
    return g * where(x < 0, u * near - t * far, u * far - t * near)


LOSSES: dict[str, tuple[Any, Any]] = {
    "absolute": (absolute, absolute_grad),
    "binary": (binary, binary_grad),
    "huber": (huber, huber_grad),
    "logits": (logits, logits_grad),
    "smooth": (smooth, smooth_grad),
    "squared": (squared, squared_grad),
}
"""Every loss: its value, and g times its slope."""
