"""Softmax along the channels, a vector of pixels at a time, in float64.

x is (N, C, L); the equations, and what NaN and infinities give, are in ``loops.softmax``.  A piece
of work is one vector of pixels of one picture, with all its channels.
"""

import numpy as np

from .._jit import jit
from .exponential import exp, log
from .instructions import (
    VECTOR_BYTES,
)
from .tasks import launch, take
from .vector import (
    broadcast,
    from_bits,
    larger,
    masked_load_double,
    masked_store_double,
)

__all__ = ["log_softmax", "log_softmax_grad", "softmax", "softmax_grad"]

_LANES = VECTOR_BYTES // 8
_CHUNK = 16  # vectors in a piece of work


def softmax(y: np.ndarray, x: np.ndarray) -> None:
    """Make y exp(x) / sum of exp(x); see ``loops.softmax``."""
    _launch(fill_softmax, y, x, False)


def log_softmax(y: np.ndarray, x: np.ndarray) -> None:
    """Make y x - log of the sum of exp(x); see ``loops.log_softmax``."""
    _launch(fill_softmax, y, x, True)


def softmax_grad(gx: np.ndarray, gy: np.ndarray, y: np.ndarray) -> None:
    """Make gx y * (gy - sum of gy*y); see ``loops.softmax_grad``."""
    _launch(fill_gradient, gx, gy, y, False)


def log_softmax_grad(gx: np.ndarray, gy: np.ndarray, y: np.ndarray) -> None:
    """Make gx gy - exp(y) * sum of gy; see ``loops.log_softmax_grad``."""
    _launch(fill_gradient, gx, gy, y, True)


def _launch(kernel, y, *arguments):
    N, _, L = y.shape
    vectors = -(-L // _LANES)
    launch(kernel, -(-N * vectors // _CHUNK), y, *arguments, vectors, np.zeros(1))


def _place(vector, vectors, C, L):
    """Where channel 0 of a vector begins, and the lanes that exist."""
    n, v = divmod(vector, vectors)
    return n * C * L + v * _LANES, from_bits(min(_LANES, L - v * _LANES))


place = jit(_place)


def _fill_softmax(work, y, x, logarithm, vectors, doubles):
    N, C, L = x.shape
    zero = broadcast(doubles, 0.0)
    one = broadcast(doubles, 1.0)
    piece = take(work)
    while piece < work[1]:
        for vector in range(piece * _CHUNK, min((piece + 1) * _CHUNK, N * vectors)):
            first, mask = place(vector, vectors, C, L)
            end = first + C * L
            largest = masked_load_double(x, first, mask, zero)
            for i in range(first + L, end, L):
                largest = larger(masked_load_double(x, i, mask, zero), largest)
            total = zero
            for i in range(first, end, L):
                power = exp(masked_load_double(x, i, mask, zero) - largest)
                total += power
                if not logarithm:
                    masked_store_double(y, i, mask, power)
            shift = largest + log(total)
            factor = one / total
            for i in range(first, end, L):
                if logarithm:
                    masked_store_double(y, i, mask, masked_load_double(x, i, mask, zero) - shift)
                else:
                    masked_store_double(y, i, mask, masked_load_double(y, i, mask, zero) * factor)
        piece = take(work)


fill_softmax = jit(_fill_softmax)


def _fill_gradient(work, gx, gy, y, logarithm, vectors, doubles):
    N, C, L = y.shape
    zero = broadcast(doubles, 0.0)
    piece = take(work)
    while piece < work[1]:
        for vector in range(piece * _CHUNK, min((piece + 1) * _CHUNK, N * vectors)):
            first, mask = place(vector, vectors, C, L)
            end = first + C * L
            total = zero
            for i in range(first, end, L):
                g = masked_load_double(gy, i, mask, zero)
                total += g if logarithm else g * masked_load_double(y, i, mask, zero)
            for i in range(first, end, L):
                g = masked_load_double(gy, i, mask, zero)
                v = masked_load_double(y, i, mask, zero)
                masked_store_double(
                    gx, i, mask, g - exp(v) * total if logarithm else v * (g - total)
                )
        piece = take(work)


fill_gradient = jit(_fill_gradient)
