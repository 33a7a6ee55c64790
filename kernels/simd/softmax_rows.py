"""Softmax of rows: where nothing lies between the channels, they fill the vectors themselves.

    x   | v v v v v v v v | v v v v v v v v | v v v - - - - - |       a row of C channels
          larger, lane by lane, then the largest lane: top; the sum of exp(v - top) likewise

x is (N, C, 1).  The lanes past the end of a row hold -inf, whose power is 0.
"""

import numpy as np

from .._jit import jit
from .across import largest_lane
from .exponential import exp
from .fork import fork
from .tasks import take
from .vector import (
    broadcast,
    from_bits,
    lanes,
    larger,
    masked_load,
    masked_store,
    sum_lanes,
)

__all__ = ["fill_row_gradients", "fill_rows", "find_row", "row_chunk", "row_pieces"]

_CHUNK = 1 << 13  # elements in a piece of work, about
_RUN = 64  # vectors added up before they are added to the rest


def row_pieces(x: np.ndarray) -> int:
    """Pieces of work for the rows of x."""
    return -(-x.shape[0] // _row_chunk(x.shape[1]))


def _row_chunk(C):
    """Rows in a piece of work."""
    return max(1, _CHUNK // max(C, 1))


row_chunk = jit(_row_chunk)


def _find_row(x, first):
    """The largest of the row that begins at ``first``, and the sum of its powers."""
    D, end = lanes(x), first + x.shape[1]
    lowest, zero = broadcast(x, -np.inf), broadcast(x, 0)
    top = lowest
    for i in range(first, end, D):
        top = larger(masked_load(x, i, from_bits(min(D, end - i)), lowest), top)
    largest = largest_lane(top)
    shift, total = broadcast(x, largest), zero
    for begin in range(first, end, _RUN * D):
        part = zero
        for i in range(begin, min(begin + _RUN * D, end), D):
            part += exp(masked_load(x, i, from_bits(min(D, end - i)), lowest) - shift)
        total += part
    return largest, sum_lanes(total)


find_row = jit(_find_row)


def _fill_rows(work, y, x, logarithm):
    fork(work)
    N, C, _ = x.shape
    D, chunk = lanes(x), row_chunk(C)
    zero = broadcast(x, 0)
    piece = take(work)
    while piece < work[1]:
        for n in range(piece * chunk, min((piece + 1) * chunk, N)):
            first, end = n * C, (n + 1) * C
            largest, total = find_row(x, first)
            shift, factor = broadcast(x, largest), broadcast(x, 1 / total)
            rest = broadcast(x, np.log(total))
            for i in range(first, end, D):
                mask = from_bits(min(D, end - i))
                value = masked_load(x, i, mask, zero) - shift
                masked_store(y, i, mask, value - rest if logarithm else exp(value) * factor)
        piece = take(work)


fill_rows = jit(_fill_rows)


def _fill_row_gradients(work, gx, gy, y, logarithm):
    fork(work)
    N, C, _ = y.shape
    D, chunk = lanes(y), row_chunk(C)
    zero = broadcast(y, 0)
    piece = take(work)
    while piece < work[1]:
        for n in range(piece * chunk, min((piece + 1) * chunk, N)):
            first, end = n * C, (n + 1) * C
            total = zero
            for begin in range(first, end, _RUN * D):
                part = zero
                for i in range(begin, min(begin + _RUN * D, end), D):
                    mask = from_bits(min(D, end - i))
                    g = masked_load(gy, i, mask, zero)
                    part += g if logarithm else g * masked_load(y, i, mask, zero)
                total += part
            whole = broadcast(y, sum_lanes(total))
            for i in range(first, end, D):
                mask = from_bits(min(D, end - i))
                g, v = masked_load(gy, i, mask, zero), masked_load(y, i, mask, zero)
                masked_store(gx, i, mask, g - exp(v) * whole if logarithm else v * (g - whole))
        piece = take(work)


fill_row_gradients = jit(_fill_row_gradients)
