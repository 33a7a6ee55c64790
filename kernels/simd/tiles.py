"""Windows of 2 x 2 that tile the picture: the commonest pooling, and up-sampling by 2.

A vector of tiles is two vectors in each of two rows; taps are numbered as ever::

    row 2t       0 1 | 0 1 | 0 1 ...      evens(low0, high0) = 0    odds(low0, high0) = 1
    row 2t + 1   2 3 | 2 3 | 2 3 ...      evens(low1, high1) = 2    odds(low1, high1) = 3

As the picture's height is even, row 2t belongs to row t of the tiles in whatever plane, and there
are no planes.  Full vectors need no masks; ``mask`` is that of the last tiles of a row, which may
be fewer, and ``low, high`` are those of their pixels.
"""

import math

import numpy as np

from .._jit import jit
from ..geometry import PoolGeometry
from .fork import fork
from .shuffle import interleave, odds
from .strided import keep_largest, store_integers, where_integer
from .tasks import launch, take
from .vector import broadcast, evens, from_bits, lanes, masked_load, masked_store

__all__ = [
    "are_tiles",
    "is_exact",
    "largest_of_tiles",
    "largest_of_tiles_grad",
    "spread_over_tiles",
    "sum_tiles",
]

_CHUNK = 1 << 13  # tiles in a piece of work, about


def are_tiles(geometry: PoolGeometry, x_shape: tuple[int, ...], y_shape: tuple[int, ...]) -> bool:
    """Whether the windows are tiles of 2 x 2 that cover the picture and nothing else."""
    kernel, stride, padding, dilation = geometry
    OH, OW = y_shape[-2:]
    plain = padding == (0, 0) and dilation == (1, 1)
    return plain and kernel == stride == (2, 2) and x_shape[-2:] == (2 * OH, 2 * OW)


def is_exact(divisor: float) -> bool:
    """Whether ``x * (1/divisor)`` is ``x / divisor``: for powers of two."""
    return math.frexp(divisor)[0] == 0.5


def largest_of_tiles(y: np.ndarray, taps: np.ndarray, x: np.ndarray) -> None:
    """Largest of each tile, and its tap; see ``loops.max_pool2d_taps``."""
    _launch(find_largest, y, taps, x)


def largest_of_tiles_grad(gx: np.ndarray, gy: np.ndarray, taps: np.ndarray) -> None:
    """Each tile's gradient to its tap; see ``loops.max_pool2d_taps_input_grad``."""
    _launch(hand_to_taps, gy, taps, gx)


def sum_tiles(y: np.ndarray, x: np.ndarray, factor: float) -> None:
    """Sum of each tile, times a factor."""
    _launch(add_up, y, x, factor)


def spread_over_tiles(gx: np.ndarray, gy: np.ndarray, factor: float) -> None:
    """Each number, times a factor, on all four pixels of its tile: `sum_tiles` transposed."""
    _launch(spread, gy, gx, factor)


def _launch(kernel, y, *arguments):
    OW = y.shape[-1]
    T = y.size // max(1, OW)
    flat = [a.reshape(-1) if isinstance(a, np.ndarray) else a for a in arguments]
    rows = max(1, _CHUNK // max(1, OW))
    launch(kernel, -(-T // rows), y.reshape(T, OW), *flat, rows)


def _find_largest(work, y, taps, x, rows):
    fork(work)
    T, OW = y.shape
    L = lanes(x)
    zero, one, two, three = broadcast(x, 0), broadcast(x, 1), broadcast(x, 2), broadcast(x, 3)
    piece = take(work)
    while piece < work[1]:
        for t in range(piece * rows, min((piece + 1) * rows, T)):
            for w in range(0, OW, L):
                count = min(L, OW - w)
                low, high = from_bits(min(L, 2 * count)), from_bits(max(0, 2 * count - L))
                upper = 4 * t * OW + 2 * w
                low0, high0 = (
                    masked_load(x, upper, low, zero),
                    masked_load(x, upper + L, high, zero),
                )
                lower = upper + 2 * OW
                low1, high1 = (
                    masked_load(x, lower, low, zero),
                    masked_load(x, lower + L, high, zero),
                )
                best, tap = keep_largest(evens(low0, high0), zero, odds(low0, high0), one)
                best, tap = keep_largest(best, tap, evens(low1, high1), two)
                best, tap = keep_largest(best, tap, odds(low1, high1), three)
                masked_store(y, t * OW + w, from_bits(count), best)
                store_integers(taps, t * OW + w, from_bits(count), tap)
        piece = take(work)


find_largest = jit(_find_largest)


def _hand_to_taps(work, gy, taps, gx, rows):
    fork(work)
    T, OW = gy.shape
    L = lanes(gx)
    zero = broadcast(gx, 0)
    piece = take(work)
    while piece < work[1]:
        for t in range(piece * rows, min((piece + 1) * rows, T)):
            for w in range(0, OW, L):
                count = min(L, OW - w)
                mask = from_bits(count)
                low, high = from_bits(min(L, 2 * count)), from_bits(max(0, 2 * count - L))
                tile = t * OW + w
                g = masked_load(gy, tile, mask, zero)
                even = where_integer(taps, tile, mask, 0, g, zero)
                odd = where_integer(taps, tile, mask, 1, g, zero)
                upper = 4 * t * OW + 2 * w
                low0, high0 = interleave(even, odd)
                masked_store(gx, upper, low, low0)
                masked_store(gx, upper + L, high, high0)
                even = where_integer(taps, tile, mask, 2, g, zero)
                odd = where_integer(taps, tile, mask, 3, g, zero)
                lower = upper + 2 * OW
                low1, high1 = interleave(even, odd)
                masked_store(gx, lower, low, low1)
                masked_store(gx, lower + L, high, high1)
        piece = take(work)


hand_to_taps = jit(_hand_to_taps)


def _add_up(work, y, x, factor, rows):
    fork(work)
    T, OW = y.shape
    L = lanes(x)
    zero, scale = broadcast(x, 0), broadcast(x, factor)
    piece = take(work)
    while piece < work[1]:
        for t in range(piece * rows, min((piece + 1) * rows, T)):
            for w in range(0, OW, L):
                count = min(L, OW - w)
                low, high = from_bits(min(L, 2 * count)), from_bits(max(0, 2 * count - L))
                upper, lower = 4 * t * OW + 2 * w, (4 * t + 2) * OW + 2 * w
                low0, low1 = masked_load(x, upper, low, zero), masked_load(x, lower, low, zero)
                high0 = high1 = zero
                if high:
                    high0 = masked_load(x, upper + L, high, zero)
                    high1 = masked_load(x, lower + L, high, zero)
                total = evens(low0, high0) + odds(low0, high0) + evens(low1, high1)
                total += odds(low1, high1)
                masked_store(y, t * OW + w, from_bits(count), total * scale)
        piece = take(work)


add_up = jit(_add_up)


def _spread(work, gy, gx, factor, rows):
    fork(work)
    T, OW = gy.shape
    L = lanes(gx)
    zero, scale = broadcast(gx, 0), broadcast(gx, factor)
    piece = take(work)
    while piece < work[1]:
        for t in range(piece * rows, min((piece + 1) * rows, T)):
            for w in range(0, OW, L):
                count = min(L, OW - w)
                low, high = from_bits(min(L, 2 * count)), from_bits(max(0, 2 * count - L))
                g = masked_load(gy, t * OW + w, from_bits(count), zero) * scale
                first, second = interleave(g, g)
                upper = 4 * t * OW + 2 * w
                masked_store(gx, upper, low, first)
                masked_store(gx, upper + 2 * OW, low, first)
                if high:
                    masked_store(gx, upper + L, high, second)
                    masked_store(gx, upper + 2 * OW + L, high, second)
        piece = take(work)


spread = jit(_spread)
