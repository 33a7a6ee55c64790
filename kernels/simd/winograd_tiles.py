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
"""

from .._jit import jit
from ..geometry import Conv2dGeometry
from .patches import COLUMN, LANE, LENGTH, PICTURE, ROW, VECTOR
from .shuffle import odds
from .vector import broadcast, evens, from_bits, lanes, masked_load, store

__all__ = ["POSITIONS", "aim_tiles", "has_tiles", "load_pair", "transform_tile"]

POSITIONS = 16
"""Numbers of a transformed tile, 4 x 4: so many independent matrix products there are."""

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
    """B' d B of a vector of tiles d of one channel: 32 additions for 16 numbers of each.

    Parameters
    ----------
    v : flat, written
        Position 4*i + j of the transformed tiles goes to ``place + (4*i + j)*step``.
    x : flat
    aims, first, end
        From `aim_tiles`: those of this vector.
    channel
        Elements from the first channel to this one.
    """
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
