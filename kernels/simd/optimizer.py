"""One step of each optimizer in one pass over a parameter and its states.

The formulas are those of ``loops.optimizer``, in vectors of the arrays' own dtype, where the
textbook computes in float64 and rounds what it stores.  Memory sets the time, so exactness is free
where it matters: a state forgets by two multiplications,

    v*beta = v*high + v*low,    high + low = beta,    high is a little less than beta

since beta = 0.999 rounded to float32 would forget 1.3e-5 too slowly.  In float32 a state is within
1 unit in the last place (of its largest term) of the textbook's, and the change of a parameter
within 6 of its own.
"""

import math

import numpy as np

from .._jit import jit
from .fork import fork
from .lanes import Lanes, lanewise
from .tasks import launch, take
from .vector import (
    broadcast,
    fma,
    from_bits,
    lanes,
    larger,
    masked_load,
    masked_store,
)

__all__ = ["adam", "rmsprop", "sgd"]

_CHUNK = 1 << 14  # elements in a piece of work


def sgd(
    p: np.ndarray,
    g: np.ndarray,
    buf: np.ndarray,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
    first: bool,
) -> None:
    """See ``loops.sgd``."""
    numbers = (-lr, momentum, 1 - dampening, weight_decay, -1.0 if maximize else 1.0)
    _launch(step_sgd, p, g, buf, numbers, momentum != 0, nesterov, first)


def adam(
    p: np.ndarray,
    g: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    vmax: np.ndarray,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
    amsgrad: bool,
    maximize: bool,
    step: int,
) -> None:
    """See ``loops.adam``."""
    numbers = (
        -1.0 if maximize else 1.0,
        weight_decay,
        *_parts(1 - lr * weight_decay),
        *_parts(beta1),
        1 - beta1,
        *_parts(beta2),
        1 - beta2,
        lr / (1 - beta1**step),
        1 / math.sqrt(1 - beta2**step),
        eps,
    )
    _launch(step_adam, p, g, m, v, vmax, numbers, decoupled, amsgrad)


def rmsprop(
    p: np.ndarray,
    g: np.ndarray,
    v: np.ndarray,
    gmean: np.ndarray,
    buf: np.ndarray,
    lr: float,
    alpha: float,
    eps: float,
    weight_decay: float,
    momentum: float,
    centered: bool,
    maximize: bool,
) -> None:
    """See ``loops.rmsprop``."""
    sign = -1.0 if maximize else 1.0
    numbers = (sign, weight_decay, *_parts(alpha), 1 - alpha, eps, momentum, -lr)
    _launch(step_rmsprop, p, g, v, gmean, buf, numbers, centered, momentum != 0)


def _launch(kernel, p, *arguments):
    launch(kernel, -(-p.size // _CHUNK), p, *arguments)


def _parts(factor):
    """The factor as a sum of two of its sign, the first exact in float32."""
    high = float(np.float32(factor * (1 - 2.0**-12)))
    return high, factor - high


@lanewise
def sqrt(x: Lanes) -> Lanes:
    """The square root of every lane."""
    return x.sqrt()


def _step_sgd(work, p, g, buf, numbers, gathers, nesterov, first):
    fork(work)
    L = lanes(p)
    piece = take(work)
    while piece < work[1]:
        end = min((piece + 1) * _CHUNK, p.size)
        for i in range(piece * _CHUNK, end, L):
            mask = from_bits(min(L, end - i))
            minus_lr, momentum = broadcast(p, numbers[0]), broadcast(p, numbers[1])
            weight = masked_load(p, i, mask, minus_lr)
            step = masked_load(g, i, mask, minus_lr) * broadcast(p, numbers[4])
            step = fma(broadcast(p, numbers[3]), weight, step)
            if gathers:
                gathered = step
                if not first:
                    old = masked_load(buf, i, mask, minus_lr)
                    gathered = fma(momentum, old, broadcast(p, numbers[2]) * step)
                masked_store(buf, i, mask, gathered)
                step = fma(momentum, gathered, step) if nesterov else gathered
            masked_store(p, i, mask, fma(minus_lr, step, weight))
        piece = take(work)


step_sgd = jit(_step_sgd)


def _step_adam(work, p, g, m, v, vmax, numbers, decoupled, amsgrad):
    fork(work)
    L = lanes(p)
    piece = take(work)
    while piece < work[1]:
        end = min((piece + 1) * _CHUNK, p.size)
        for i in range(piece * _CHUNK, end, L):
            mask = from_bits(min(L, end - i))
            one = broadcast(p, 1.0)
            weight, gradient = masked_load(p, i, mask, one), masked_load(g, i, mask, one)
            gradient = gradient * broadcast(p, numbers[0])
            if decoupled:
                weight = fma(weight, broadcast(p, numbers[2]), weight * broadcast(p, numbers[3]))
            else:
                gradient = fma(broadcast(p, numbers[1]), weight, gradient)
            mean, square = masked_load(m, i, mask, one), masked_load(v, i, mask, one)
            news = broadcast(p, numbers[6]) * gradient
            mean = fma(mean, broadcast(p, numbers[4]), fma(mean, broadcast(p, numbers[5]), news))
            news = broadcast(p, numbers[9]) * gradient * gradient
            square = fma(
                square, broadcast(p, numbers[7]), fma(square, broadcast(p, numbers[8]), news)
            )
            masked_store(m, i, mask, mean)
            masked_store(v, i, mask, square)
            if amsgrad:
                square = larger(masked_load(vmax, i, mask, one), square)
                masked_store(vmax, i, mask, square)
            size = fma(sqrt(square), broadcast(p, numbers[11]), broadcast(p, numbers[12]))
            masked_store(p, i, mask, weight - broadcast(p, numbers[10]) * mean / size)
        piece = take(work)


step_adam = jit(_step_adam)


def _step_rmsprop(work, p, g, v, gmean, buf, numbers, centered, gathers):
    fork(work)
    L = lanes(p)
    piece = take(work)
    while piece < work[1]:
        end = min((piece + 1) * _CHUNK, p.size)
        for i in range(piece * _CHUNK, end, L):
            mask = from_bits(min(L, end - i))
            one = broadcast(p, 1.0)
            high, low, news = (
                broadcast(p, numbers[2]),
                broadcast(p, numbers[3]),
                broadcast(p, numbers[4]),
            )
            weight = masked_load(p, i, mask, one)
            gradient = masked_load(g, i, mask, one) * broadcast(p, numbers[0])
            gradient = fma(broadcast(p, numbers[1]), weight, gradient)
            square = masked_load(v, i, mask, one)
            square = fma(square, high, fma(square, low, news * gradient * gradient))
            masked_store(v, i, mask, square)
            if centered:
                mean = masked_load(gmean, i, mask, one)
                mean = fma(mean, high, fma(mean, low, news * gradient))
                masked_store(gmean, i, mask, mean)
                zero = broadcast(p, 0.0)
                square = larger(zero, fma(zero - mean, mean, square))
            step = gradient / (sqrt(square) + broadcast(p, numbers[5]))
            if gathers:
                step = fma(broadcast(p, numbers[6]), masked_load(buf, i, mask, one), step)
                masked_store(buf, i, mask, step)
            masked_store(p, i, mask, fma(broadcast(p, numbers[7]), step, weight))
        piece = take(work)


step_rmsprop = jit(_step_rmsprop)
