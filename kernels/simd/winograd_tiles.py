"""The tiles of Winograd's convolution: which pixels they are, and how they are transformed.

An output tile is 2 x 2 pixels, and what it looks at through a 3 x 3 kernel is an input tile of
4 x 4.  Output tiles stand side by side, so input tiles overlap by two rows and two columns:

    x   . . . . . .         tile th, tw begins at row 2*th - PH and column 2*tw - PW
        +-------+ .
        |   +---|---+       Tiles are numbered t = (n*QH + qh)*QW + qw through all pictures, and
        |   |   |   |       cut into vectors: lane i has the i-th of L tiles.  Of one row of pixels,
        |   |   |   |       a vector of tiles needs four vectors:
        +---|---+   |
            +-------+

    pixels of a row       p q r s t u v w x y ...       two loads, taken apart    two columns on
    column 0 of tiles     p   r   t   v                 evens  p r t v            evens  r t v x
    column 1                q   s   u   w               odds   q s u w            odds   s u w y
    column 2                  r   t   v   x
    column 3                    s   u   w   y

A vector of tiles may run over the end of a row of tiles: then it has several *pieces* (see
`patches`), and each is loaded into its own lanes.  Where each row of each piece begins in the first
channel, and which of its pixels are in the picture, is a short list, the *aims*; it serves every
channel.

The three transforms (the matrices are in `winograd` and `winograd_grad`):

    transform_block    B' d B      4 x 4 pixels of x   ->  4 x 4 numbers v
    restore_tile       A' m A      4 x 4 numbers m     ->  2 x 2 pixels of y
    spread_tiles       A gy A'     2 x 2 pixels of gy  ->  4 x 4 numbers gm
"""

from .._jit import jit
from ..geometry import Conv2dGeometry
from .patches import COLUMN, LANE, LENGTH, PICTURE, ROW, VECTOR
from .shuffle import interleave, odds
from .transpose import transpose_tile
from .vector import (
    broadcast,
    evens,
    fma,
    from_bits,
    lanes,
    load,
    masked_load,
    masked_store,
    store,
)

__all__ = [
    "aim_tiles",
    "has_tiles",
    "load_pair",
    "restore_tile",
    "spread_tiles",
    "store_row",
    "transform_block",
    "turn_pixels",
]

# Columns of the aims
OFFSET, LOW, HIGH = range(3)


def has_tiles(kernel: tuple[int, ...], geometry: Conv2dGeometry) -> bool:
    """Whether it is a convolution of 3 x 3, stride 1 and dilation 1."""
    stride, _, dilation, _ = geometry
    return (*kernel, *stride, *dilation) == (3, 3, 1, 1, 1, 1)


def _aim_tiles(aims, firsts, pieces, count, window, walk, g, L):
    """Where the pieces of each vector of tiles begin, row by row of the tiles.

    Bit j of LOW and HIGH says that pixel j of the two vectors from OFFSET on is in the picture and
    belongs to the piece.  Pixels 2*i and 2*i + 1 are for lane i.

    Parameters
    ----------
    aims : (A, 3) int64, written
        In the order [vector][row][pair of columns][piece].
    firsts : (vectors + 1,) int64, written
        The first aim of each vector.
    pieces, count
        From `find_pieces`.
    window : (rows, pairs, top, left)
        A tile has so many rows and pairs of columns, and tile 0 begins at pixel (top, left).
    walk : Walk
        Sizes of the picture; group g of its channels is meant.
    """
    rows, pairs, top, left = window
    a = s = vector = 0
    while s < count:
        end = s + 1
        while end < count and pieces[end, VECTOR] == vector:
            end += 1
        firsts[vector] = a
        for row in range(rows):
            for pair in range(pairs):
                for i in range(s, end):
                    lane = pieces[i, LANE]
                    ih = 2 * pieces[i, ROW] + top + row
                    iw = 2 * (pieces[i, COLUMN] - lane + pair) + left  # of lane 0
                    first = max(2 * lane, -iw)
                    beyond = min(2 * (lane + pieces[i, LENGTH]), walk.W - iw)
                    mask = 0
                    if 0 <= ih < walk.H and first < beyond:
                        mask = from_bits(beyond) & ~from_bits(first)
                    channel = (pieces[i, PICTURE] * walk.G + g) * walk.C
                    aims[a, OFFSET] = (channel * walk.H + ih) * walk.W + iw
                    aims[a, LOW] = mask & from_bits(L)
                    aims[a, HIGH] = mask >> L
                    a += 1
        s = end
        vector += 1
    firsts[vector] = a


aim_tiles = jit(_aim_tiles)


def _load_pair(x, aims, first, end, channel):
    """Two neighbouring columns of the tiles, in one row of pixels; zero outside the picture."""
    low = high = broadcast(x, 0)
    for a in range(first, end):
        low = masked_load(x, aims[a, OFFSET] + channel, aims[a, LOW], low)
        high = masked_load(x, aims[a, OFFSET] + channel + lanes(x), aims[a, HIGH], high)
    return evens(low, high), odds(low, high)


load_pair = jit(_load_pair, inline="always")


def _transform_row(x, aims, first, pieces, channel):
    """One row of the tiles times B (see `winograd`)."""
    d0, d1 = load_pair(x, aims, first, first + pieces, channel)
    d2, d3 = load_pair(x, aims, first + pieces, first + 2 * pieces, channel)
    return d0 - d2, d1 + d2, d2 - d1, d3 - d1


transform_row = jit(_transform_row, inline="always")


def _transform_column(v, place, step, d0, d1, d2, d3):
    """B' times one column of the tiles, stored at every fourth position."""
    store(v, place, d0 - d2)
    store(v, place + 4 * step, d1 + d2)
    store(v, place + 8 * step, d2 - d1)
    store(v, place + 12 * step, d3 - d1)


transform_column = jit(_transform_column, inline="always")


def _transform_tile(v, place, step, x, aims, first, end, channel):
    """B' d B of a vector of tiles of one channel: 32 additions for 16 numbers of each."""
    pieces = (end - first) // 8
    a0, a1, a2, a3 = transform_row(x, aims, first, pieces, channel)
    b0, b1, b2, b3 = transform_row(x, aims, first + 2 * pieces, pieces, channel)
    c0, c1, c2, c3 = transform_row(x, aims, first + 4 * pieces, pieces, channel)
    d0, d1, d2, d3 = transform_row(x, aims, first + 6 * pieces, pieces, channel)
    transform_column(v, place, step, a0, b0, c0, d0)
    transform_column(v, place + step, step, a1, b1, c1, d1)
    transform_column(v, place + 2 * step, step, a2, b2, c2, d2)
    transform_column(v, place + 3 * step, step, a3, b3, c3, d3)


transform_tile = jit(_transform_tile)


def _transform_block(v, step, x, aims, firsts, width, first, channels, plane):
    """Make v = B' d B of ``width`` vectors of tiles, channel by channel from ``first`` on.

    Parameters
    ----------
    v : flat, written
        [position][channel][tile], positions ``step`` apart.
    x : flat
        Channels are ``plane`` apart.
    aims, firsts
        From `aim_tiles`.
    """
    L = lanes(x)
    for c in range(channels):
        for k in range(width):
            transform_tile(
                v, (c * width + k) * L, step, x, aims, firsts[k], firsts[k + 1], (first + c) * plane
            )


transform_block = jit(_transform_block)


def _restore_column(m, place, step):
    """A' times one column of the transformed tiles."""
    m0, m1, m2 = load(m, place), load(m, place + 4 * step), load(m, place + 8 * step)
    m3 = load(m, place + 12 * step)
    return m0 + m1 + m2, m1 - m2 + m3


restore_column = jit(_restore_column, inline="always")


def _store_row(y, aims, first, end, channel, left, right):
    """One row of the output tiles, its two columns side by side again."""
    low, high = interleave(left, right)
    for a in range(first, end):
        masked_store(y, aims[a, OFFSET] + channel, aims[a, LOW], low)
        masked_store(y, aims[a, OFFSET] + channel + lanes(y), aims[a, HIGH], high)


store_row = jit(_store_row, inline="always")


def _restore_tile(y, aims, first, end, channel, m, place, step, total):
    """A' m A of a vector of tiles, stored in y: 24 additions for 4 outputs of each.

    Returns ``total + 0*output``, which is NaN as soon as an output is not finite.
    """
    a0, a1 = restore_column(m, place, step)
    b0, b1 = restore_column(m, place + step, step)
    c0, c1 = restore_column(m, place + 2 * step, step)
    d0, d1 = restore_column(m, place + 3 * step, step)
    y00, y01 = a0 + b0 + c0, b0 - c0 + d0
    y10, y11 = a1 + b1 + c1, b1 - c1 + d1
    half = (first + end) // 2
    store_row(y, aims, first, half, channel, y00, y01)
    store_row(y, aims, half, end, channel, y10, y11)
    zero = broadcast(y, 0)
    total = fma(y00, zero, fma(y01, zero, total))
    return fma(y10, zero, fma(y11, zero, total))


restore_tile = jit(_restore_tile)


def _spread_column(g0, g1):
    """A times a column."""
    return g0, g0 + g1, g0 - g1, g1


spread_column = jit(_spread_column, inline="always")


def _spread_row(gm, place, step, g0, g1):
    """One row of A gy A', of four positions."""
    store(gm, place, g0)
    store(gm, place + step, g0 + g1)
    store(gm, place + 2 * step, g0 - g1)
    store(gm, place + 3 * step, g1)


spread_row = jit(_spread_row, inline="always")


def _turn_pixels(gy, aims, span, first, plane, channels, room):
    """The four pixels of a vector of tiles and a vector of channels, turned: lanes are channels.

    Parameters
    ----------
    gy, aims, span
        Flat; from `aim_tiles`, and the first and end aim of the vector of tiles.
    first, plane, channels
        Where the first channel begins, how far they are apart, how many there are.
    room : 8*L*L, written
        The four pixels of each tile: [pixel][channel][tile], then [pixel][tile][channel].
    """
    L = lanes(gy)
    begin, end = span
    half = (begin + end) // 2
    zero = broadcast(gy, 0)
    for i in range(L):
        p00 = p01 = p10 = p11 = zero
        if i < channels:
            p00, p01 = load_pair(gy, aims, begin, half, first + i * plane)
            p10, p11 = load_pair(gy, aims, half, end, first + i * plane)
        store(room, i * L, p00)
        store(room, (L + i) * L, p01)
        store(room, (2 * L + i) * L, p10)
        store(room, (3 * L + i) * L, p11)
    turned = 4 * L * L
    for pixel in range(0, turned, L * L):
        transpose_tile(room, turned + pixel, L, room, pixel, L)


turn_pixels = jit(_turn_pixels)


def _spread_tiles(gm, place, row, step, gy, aims, span, first, plane, channels, room):
    """A gy A' of a vector of tiles and a vector of channels, a row of gm for each tile.

    Parameters
    ----------
    gm : flat, written
        Position k of tile i goes to ``place + i*row + k*step``.
    gy, aims, span, first, plane, channels, room
        As `turn_pixels` takes them.
    """
    L = lanes(gy)
    turn_pixels(gy, aims, span, first, plane, channels, room)
    for i in range(4 * L * L, 5 * L * L, L):
        a0, a1, a2, a3 = spread_column(load(room, i), load(room, i + 2 * L * L))
        b0, b1, b2, b3 = spread_column(load(room, i + L * L), load(room, i + 3 * L * L))
        spread_row(gm, place, step, a0, b0)
        spread_row(gm, place + 4 * step, step, a1, b1)
        spread_row(gm, place + 8 * step, step, a2, b2)
        spread_row(gm, place + 12 * step, step, a3, b3)
        place += row


spread_tiles = jit(_spread_tiles)
