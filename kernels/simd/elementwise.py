"""Elementwise functions: one pass over memory, vector by vector, for every formula of ``curves``.

Arrays are flat and of one size.  A piece of work is a chunk of a fixed number of elements::

    |<---------------------------- a chunk ---------------------------->|
    | v | v | v | v || v | v | v | v || ... || v | v | v || last lanes  |
      four vectors      four vectors           one by one    masked

Four vectors are on their way at once, as the next one does not wait for the last one's result.  An
output may be an input itself.
"""

import functools

import numpy as np

from .._jit import jit
from .curves import CURVES
from .fork import fork
from .formulas import Formula, evaluate
from .tasks import launch, take
from .vector import (
    broadcast,
    from_bits,
    lanes,
    load,
    masked_load,
    masked_store,
    store,
)

__all__ = ["curve", "curve_grad", "leaky_relu", "leaky_relu_grad", "map_pairs", "relu", "relu_grad"]

_CHUNK = 1 << 13  # elements in a piece of work


def curve(y: np.ndarray, x: np.ndarray, name: str, *parameters: float) -> None:
    """Make y f(x); see ``loops.curve``."""
    _launch(map_one, name, 0, y, (x,), parameters)


def curve_grad(
    gx: np.ndarray, gy: np.ndarray, v: np.ndarray, name: str, *parameters: float
) -> None:
    """Make gx gy * f'(x); see ``loops.curve_grad``."""
    _launch(map_two, name, 1, gx, (gy, v), parameters)


def relu(y: np.ndarray, x: np.ndarray) -> None:
    """Make y max(x, 0); see ``loops.relu``."""
    curve(y, x, "relu")


def relu_grad(gx: np.ndarray, gy: np.ndarray, y: np.ndarray) -> None:
    """Make gx gy where y > 0, else 0; see ``loops.relu_grad``."""
    curve_grad(gx, gy, y, "relu")


def leaky_relu(y: np.ndarray, x: np.ndarray, slope: float) -> None:
    """Make y x where x > 0, else x*slope; see ``loops.leaky_relu``."""
    curve(y, x, "leaky_relu", slope)


def leaky_relu_grad(gx: np.ndarray, gy: np.ndarray, x: np.ndarray, slope: float) -> None:
    """Make gx gy where x > 0, else gy*slope; see ``loops.leaky_relu_grad``."""
    curve_grad(gx, gy, x, "leaky_relu", slope)


def map_pairs(
    y: np.ndarray, a: np.ndarray, b: np.ndarray,
    formula: Formula, numbers: tuple[float, ...],
) -> None:  # fmt: skip
    """Make y the formula of a, b and the numbers."""
    flat = y.reshape(-1), a.reshape(-1), b.reshape(-1)
    launch(map_two, -(-y.size // _CHUNK), *flat, formula, numbers)


@functools.cache
def _formula(name, part):
    return Formula(CURVES[name][part])


def _launch(kernel, name, part, y, inputs, parameters):
    flat = [array.reshape(-1) for array in (y, *inputs)]
    numbers = tuple(map(float, parameters))
    launch(kernel, -(-y.size // _CHUNK), *flat, _formula(name, part), numbers)


def _map_one(work, y, x, formula, numbers):
    fork(work)
    L = lanes(x)
    piece = take(work)
    while piece < work[1]:
        i, end = piece * _CHUNK, min((piece + 1) * _CHUNK, y.size)
        while i + 4 * L <= end:
            a, b, c, d = load(x, i), load(x, i + L), load(x, i + 2 * L), load(x, i + 3 * L)
            store(y, i, evaluate(formula, (a,), numbers))
            store(y, i + L, evaluate(formula, (b,), numbers))
            store(y, i + 2 * L, evaluate(formula, (c,), numbers))
            store(y, i + 3 * L, evaluate(formula, (d,), numbers))
            i += 4 * L
        while i < end:
            mask = from_bits(min(L, end - i))
            v = masked_load(x, i, mask, broadcast(x, 1))
            masked_store(y, i, mask, evaluate(formula, (v,), numbers))
            i += L
        piece = take(work)


map_one = jit(_map_one)


def _map_two(work, gx, gy, x, formula, numbers):
    fork(work)
    L = lanes(x)
    piece = take(work)
    while piece < work[1]:
        i, end = piece * _CHUNK, min((piece + 1) * _CHUNK, gx.size)
        while i + 2 * L <= end:
            a, b = (load(gy, i), load(x, i)), (load(gy, i + L), load(x, i + L))
            store(gx, i, evaluate(formula, a, numbers))
            store(gx, i + L, evaluate(formula, b, numbers))
            i += 2 * L
        while i < end:
            mask = from_bits(min(L, end - i))
            one = broadcast(x, 1)
            v = masked_load(gy, i, mask, one), masked_load(x, i, mask, one)
            masked_store(gx, i, mask, evaluate(formula, v, numbers))
            i += L
        piece = take(work)


map_two = jit(_map_two)
