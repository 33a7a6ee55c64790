"""Sums over channels at the speed of memory.

    x (N, C, L), in memory N*C rows of L numbers

        row 0    |---- segment ----|---- segment ----|-- rest --|      every segment: one sum
        row 1    |---- segment ----|---- segment ----|-- rest --|      in float64

A segment is added up in four vectors of partial sums, and the few sums of a channel are added one
after the other at the end.  Where segments begin depends on the shape alone, and so do the bits.
"""

import numpy as np

from .._jit import jit
from .fork import fork
from .tasks import launch, take
from .vector import broadcast, from_bits, lanes, masked_load_double, sum_lanes

__all__ = ["channel_sums", "row_sums"]

_SEGMENT = 1 << 14  # numbers, at most; also about as many in a piece of work


def channel_sums(y: np.ndarray, x: np.ndarray) -> None:
    """Sum of every channel; see ``loops.channel_sums``."""
    N, C, L = x.shape
    y[...] = np.add.reduce(row_sums(x.reshape(N * C, L)).reshape(N, C), 0)


def row_sums(x: np.ndarray) -> np.ndarray:
    """The sum of each row, in float64."""
    R, L = x.shape
    partial = np.empty((R, -(-L // _SEGMENT)))
    rows = max(1, _SEGMENT // max(1, min(L, _SEGMENT)))
    launch(sum_segments, -(-partial.size // rows), partial.reshape(-1), x.reshape(-1), L, rows)
    return np.add.reduce(partial, 1)


def _sum_segment(x, first, end, doubles):
    """Sum of x[first : end]; ``doubles`` is any float64 array: it tells the vectors' width."""
    D = lanes(doubles)
    zero = broadcast(doubles, 0.0)
    sum0 = sum1 = sum2 = sum3 = zero
    whole = from_bits(D)
    last = first + (end - first) // (4 * D) * (4 * D)
    for i in range(first, last, 4 * D):
        sum0 += masked_load_double(x, i, whole, zero)
        sum1 += masked_load_double(x, i + D, whole, zero)
        sum2 += masked_load_double(x, i + 2 * D, whole, zero)
        sum3 += masked_load_double(x, i + 3 * D, whole, zero)
    for i in range(last, end, D):
        sum0 += masked_load_double(x, i, from_bits(min(D, end - i)), zero)
    return sum_lanes((sum0 + sum1) + (sum2 + sum3))


sum_segment = jit(_sum_segment)


def _sum_segments(work, partial, x, L, rows):
    """Pieces of ``rows`` segments each, of rows of L numbers."""
    fork(work)
    S = -(-L // _SEGMENT)
    piece = take(work)
    while piece < work[1]:
        for s in range(piece * rows, min((piece + 1) * rows, partial.size)):
            first = (s // S) * L + (s % S) * _SEGMENT
            partial[s] = sum_segment(x, first, min(first + _SEGMENT, (s // S + 1) * L), partial)
        piece = take(work)


sum_segments = jit(_sum_segments)
