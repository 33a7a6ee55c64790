"""Max pooling: L windows at once, the winners so far and the numbers of their taps in registers.

What is kept for the gradient is not where the winner was (8 bytes) but which tap of the window it
was, kh*KW + kw (1 byte).  The rules for ties, NaN and -inf are those of ``loops.max_pool2d``: of
equal values the first in reading order, and the last NaN of all.

Forward, taps outside the picture load -inf, which never wins: a window starts with -inf and the
number of its first tap inside.  Backward, every pixel asks the windows that it is part of which tap
won, in reading order, so that overlapping windows add up as in the textbook::

    gx[ih, iw] = sum over oh, ow of gy[oh, ow] where taps[oh, ow] == kh*KW + kw
"""

import numpy as np

from .. import loops
from .._jit import jit
from ..geometry import PoolGeometry
from .columns import (
    HIGH,
    LANES,
    LOW,
    OFFSET,
    TAP,
    WINDOW,
    inside,
    pixel_tables,
    window_tables,
)
from .fork import fork
from .shuffle import interleave
from .strided import (
    keep_largest,
    load_every,
    store_every,
    store_integers,
    where_integer,
)
from .tasks import launch, launch_slices, take
from .tiles import are_tiles, largest_of_tiles, largest_of_tiles_grad
from .vector import broadcast, from_bits, lanes, load, masked_load, masked_store

__all__ = ["max_pool2d_taps", "max_pool2d_taps_input_grad"]

_CHUNK = 1 << 13  # outputs in a piece of work, about
_MOST_TAPS = 1 << 24  # that float32 counts


def max_pool2d_taps(y: np.ndarray, taps: np.ndarray, x: np.ndarray, geometry: PoolGeometry) -> None:
    """Largest value of each window, and its tap; see ``loops.max_pool2d_taps``."""
    N, C, OH, OW = y.shape
    if are_tiles(geometry, x.shape, y.shape):
        largest_of_tiles(y, taps, x)
        return
    if geometry.kernel[0] * geometry.kernel[1] > _MOST_TAPS:
        launch_slices(loops.max_pool2d_taps, (y, taps, x), geometry)
        return
    rows = max(1, _CHUNK // max(1, OW))
    y, x = y.reshape(N * C, OH, OW), x.reshape(N * C, *x.shape[2:])
    launch(
        find_largest, -(-N * C * OH // rows), y, taps.reshape(-1), x,
        *window_tables(x, OW, geometry), tuple(map(tuple, geometry)), rows,
    )  # fmt: skip


def max_pool2d_taps_input_grad(
    gx: np.ndarray, gy: np.ndarray, taps: np.ndarray, geometry: PoolGeometry
) -> None:
    """Each window's gradient to the tap that won; see ``loops.max_pool2d_taps_input_grad``."""
    if are_tiles(geometry, gx.shape, gy.shape):
        largest_of_tiles_grad(gx, gy, taps)
        return
    N, C, OH, OW = gy.shape
    H, W = gx.shape[2:]
    rows = max(1, _CHUNK // max(1, W))
    launch(
        ask_windows, -(-N * C * H // rows), gx.reshape(N * C, H, W), gy.reshape(N * C, OH, OW),
        taps.reshape(-1), *pixel_tables(gx, OH, OW, geometry), rows,
    )  # fmt: skip


def _find_largest(work, y, taps, x, aims, first_taps, geometry, rows):
    """Pieces of ``rows`` rows of windows."""
    fork(work)
    (KH, KW), (SH, SW), (PH, _), (DH, _) = geometry
    P, OH, OW = y.shape
    _, H, W = x.shape
    L = lanes(x)
    lowest = broadcast(x, -np.inf)
    piece = take(work)
    while piece < work[1]:
        plane, oh = divmod(piece * rows - 1, OH)
        for row in range(piece * rows, min((piece + 1) * rows, P * OH)):
            oh += 1
            if oh == OH:
                plane, oh = plane + 1, 0
            top = oh * SH - PH
            first = (plane * H + top) * W
            kh_first, kh_end = inside(top, KH, DH, H)
            for v in range(len(aims)):
                best = lowest
                number = load(first_taps, v * L) + broadcast(x, kh_first * KW)
                for kh in range(kh_first, kh_end):
                    for kw in range(KW):
                        source = first + kh * DH * W + aims[v, kw, OFFSET]
                        low, high = aims[v, kw, LOW], aims[v, kw, HIGH]
                        value = load_every(x, source, SW, low, high, lowest)
                        tap = broadcast(x, kh * KW + kw)
                        best, number = keep_largest(best, number, value, tap)
                mask = from_bits(min(L, OW - v * L))
                masked_store(y, row * OW + v * L, mask, best)
                store_integers(taps, row * OW + v * L, mask, number)
        piece = take(work)


find_largest = jit(_find_largest)


def _ask_windows(work, gx, gy, taps, aims, phases, stores, window_rows, rows):
    """Pieces of ``rows`` rows of pixels."""
    fork(work)
    P, H, W = gx.shape
    _, OH, OW = gy.shape
    KW, SW = aims.shape[1], len(phases) - 1
    zero = broadcast(gx, 0)
    piece = take(work)
    while piece < work[1]:
        for row in range(piece * rows, min((piece + 1) * rows, P * H)):
            plane, ih = divmod(row, H)
            count = 0
            while count < window_rows.shape[1] and window_rows[ih, count, 0] >= 0:
                count += 1
            for v in range(len(aims)):
                even = zero
                for r in range(SW):
                    total = zero
                    for k in range(count):
                        source = (plane * OH + window_rows[ih, k, 0]) * OW
                        first_tap = window_rows[ih, k, 1] * KW
                        for a in range(phases[r], phases[r + 1]):
                            window, mask = source + aims[v, a, WINDOW], aims[v, a, LANES]
                            g = masked_load(gy, window, mask, zero)
                            number = first_tap + aims[v, a, TAP]
                            total += where_integer(taps, window, mask, number, g, zero)
                    target = row * W + stores[v, r, OFFSET]
                    if SW != 2:
                        store_every(gx, target, SW, stores[v, r, LOW], total)
                    elif r == 0:
                        even = total
                    else:
                        low, high = interleave(even, total)
                        masked_store(gx, row * W + stores[v, 0, OFFSET], stores[v, 0, LOW], low)
                        masked_store(gx, target, stores[v, 1, LOW], high)
        piece = take(work)


ask_windows = jit(_ask_windows)
