"""Tiles of 3 x 3 for kernels of 2 x 2: Winograd's F(2 x 2, 2 x 2), 9 multiplications for 16.

Two neighbouring outputs of a convolution with two weights look at three pixels::

    y0 = d0*g0 + d1*g1              m0 = (d0 - d1) *  g0              y0 = m0 + m1
    y1 = d1*g0 + d2*g1              m1 =  d1       * (g0 + g1)        y1 =      m1 + m2
                                    m2 = (d2 - d1) *       g1

As in `winograd`, only shorter: tiles begin at every other pixel, too, but are 3 x 3, and there are
9 positions; position (1, 1) again enters all four outputs once.

    transform_threes    B' d B     3 x 3 pixels of x   ->  3 x 3 numbers v
    restore_three       A' m A     3 x 3 numbers m     ->  2 x 2 pixels of y
    spread_threes       A gy A'    2 x 2 pixels of gy  ->  3 x 3 numbers gm

Source: as `winograd`; the one-dimensional rule is Karatsuba's, transposed.
"""

from .._jit import jit
from .vector import broadcast, fma, lanes, load, store
from .winograd_tiles import load_pair, store_row, turn_pixels

__all__ = ["restore_three", "spread_threes", "transform_threes"]


def _transform_row(x, aims, first, pieces, channel):
    """One row of the tiles times B."""
    d0, d1 = load_pair(x, aims, first, first + pieces, channel)
    d2, _ = load_pair(x, aims, first + pieces, first + 2 * pieces, channel)
    return d0 - d1, d1, d2 - d1


transform_row = jit(_transform_row, inline="always")


def _transform_three(v, place, step, x, aims, first, end, channel):
    """B' d B of a vector of tiles of one channel: 12 subtractions for 9 numbers of each."""
    pieces = (end - first) // 6
    a0, a1, a2 = transform_row(x, aims, first, pieces, channel)
    b0, b1, b2 = transform_row(x, aims, first + 2 * pieces, pieces, channel)
    c0, c1, c2 = transform_row(x, aims, first + 4 * pieces, pieces, channel)
    store(v, place, a0 - b0)
    store(v, place + step, a1 - b1)
    store(v, place + 2 * step, a2 - b2)
    store(v, place + 3 * step, b0)
    store(v, place + 4 * step, b1)
    store(v, place + 5 * step, b2)
    store(v, place + 6 * step, c0 - b0)
    store(v, place + 7 * step, c1 - b1)
    store(v, place + 8 * step, c2 - b2)


transform_three = jit(_transform_three)


def _transform_threes(v, step, x, aims, firsts, width, first, channels, plane):
    """As ``winograd_tiles.transform_block``."""
    L = lanes(x)
    for c in range(channels):
        for k in range(width):
            transform_three(
                v, (c * width + k) * L, step, x, aims, firsts[k], firsts[k + 1], (first + c) * plane
            )


transform_threes = jit(_transform_threes)


def _restore_column(m, place, step):
    """A' times one column of the transformed tiles."""
    m1 = load(m, place + 3 * step)
    return load(m, place) + m1, m1 + load(m, place + 6 * step)


restore_column = jit(_restore_column, inline="always")


def _restore_three(y, aims, first, end, channel, m, place, step, total):
    """As ``winograd_tiles.restore_tile``."""
    a0, a1 = restore_column(m, place, step)
    b0, b1 = restore_column(m, place + step, step)
    c0, c1 = restore_column(m, place + 2 * step, step)
    y00, y01, y10, y11 = a0 + b0, b0 + c0, a1 + b1, b1 + c1
    half = (first + end) // 2
    store_row(y, aims, first, half, channel, y00, y01)
    store_row(y, aims, half, end, channel, y10, y11)
    zero = broadcast(y, 0)
    total = fma(y00, zero, fma(y01, zero, total))
    return fma(y10, zero, fma(y11, zero, total))


restore_three = jit(_restore_three)


def _spread_row(gm, place, step, g0, g1):
    """One row of A gy A', of three positions."""
    store(gm, place, g0)
    store(gm, place + step, g0 + g1)
    store(gm, place + 2 * step, g1)


spread_row = jit(_spread_row, inline="always")


def _spread_threes(gm, place, row, step, gy, aims, span, first, plane, channels, room):
    """As ``winograd_tiles.spread_tiles``."""
    L = lanes(gy)
    turn_pixels(gy, aims, span, first, plane, channels, room)
    for i in range(4 * L * L, 5 * L * L, L):
        p00, p01 = load(room, i), load(room, i + L * L)
        p10, p11 = load(room, i + 2 * L * L), load(room, i + 3 * L * L)
        spread_row(gm, place, step, p00, p01)
        spread_row(gm, place + 3 * step, step, p00 + p10, p01 + p11)
        spread_row(gm, place + 6 * step, step, p10, p11)
        place += row


spread_threes = jit(_spread_threes)
