"""Winograd's weight gradient F(3 x 3, 2 x 2): the way of `winograd`, walked back.

There an output tile is Y = A' m A with m = sum over c of u v, u = G g G' of the weights and
v = B' d B of the pixels.  Each step is linear, and so the gradients follow the transposed steps in
the opposite order::

    gm = A gy A'                        2 x 2 pixels of gy  ->  4 x 4 numbers
    gu = sum over tiles of gm v         16 multiplications for each pair of channels
    gw = G' gu G                        4 x 4 numbers       ->  3 x 3 weights

                                             1  0
    g0, g1  ->  g0, g0 + g1, g0 - g1, g1     1  1  = A
                                             1 -1
                                             0  1

By the definition, each of 3 x 3 weights takes a product with each of 2 x 2 pixels, 36 for a tile
and a pair of channels: again 2.25 times as many.  At each of the 16 positions stands a matrix
product, whose sum runs over tiles:

     v[16][c][tile]          gm[16][tile][o]            gu[16][c][o]
      +--------+               +--------+                +--------+       The micro-kernel wants o
     +--------+|              +--------+|               +--------+|       side by side: so the tiles
    +--------+||             +--------+||              +--------+||       of gy are turned in
  c |        |||   times   t |        |||   added to c |        |||       registers, L channels by
    |        ||+             |        ||+              |        ||+       L tiles at a time.
    |        |+              |        |+               |        |+
    +--------+               +--------+                +--------+

    for each slice of the tiles, group, stretch of c, stretch of o       (a piece of work)
        for each block of tiles in the slice
            v and gm of the block
            for each position, 3 vectors of o and 8 of c: micro-kernel, added to gu
        gw = G' gu G

All of a piece stays in the second-level cache.  There are slices only where the channels alone do
not make enough pieces; then gu's of all slices are added at the end, always in the same order.

In float32 the error is that of the direct way (measured: 0.7 to 1.3 times as large), about 1e-6 of
the largest gradient; in float64, below 1e-14.

Where a weight's gradient is not finite, `winograd_grad` says so, as `winograd` does; here NaN does
reach weights that should not see it.

Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016).
"""

from typing import NamedTuple

import numpy as np

from .._jit import jit
from .fork import fork
from .instructions import VECTOR_BYTES
from .micro_kernel import ROWS, VECTORS, multiply
from .patches import Walk, find_pieces, piece_tables
from .tasks import aligned_empty, launch, take
from .vector import from_bits, lanes
from .winograd_threes import spread_threes, transform_threes
from .winograd_tiles import aim_tiles, spread_tiles, transform_block
from .winograd_weights import NINE, restore_kernels, rows_of_tile

__all__ = ["grad_pays", "tile_grad", "winograd_grad"]

_BLOCK = 3  # vectors of tiles in a block
_CHANNELS = 128, 64  # most c and o in a piece of work: the second for 16 positions and few pieces
_PIECES = 16  # pieces of work that are enough


class _Cut(NamedTuple):
    """How the work is cut: a matter of shapes alone."""

    vectors: int  # of tiles
    slices: int
    c_parts: int
    o_parts: int
    channels: int  # of c in a part: a number of ROWS
    outputs: int  # of o in a part: a number of vectors
    step: int  # from one position of gu to the next


def winograd_grad(
    gw: np.ndarray, x: np.ndarray, gy: np.ndarray, padding: tuple[int, int], G: int
) -> bool:
    """Weight gradient of a convolution with a kernel of 3 x 3, stride 1 and dilation 1.

    Parameters
    ----------
    gw : (G*O, C, 3, 3), written
    x : (N, G*C, H, W)
    gy : (N, G*O, OH, OW)
    padding : (PH, PW)
    G : int

    Returns
    -------
    bool
        Whether the result is finite.  If not, it may be wrong.
    """
    return tile_grad(gw, x, gy, (-padding[0], -padding[1]), G, NINE)


def tile_grad(
    gw: np.ndarray, x: np.ndarray, gy: np.ndarray, corner: tuple[int, int], G: int,
    places: np.ndarray,
) -> bool:  # fmt: skip
    """The gradient of `winograd.tile_product`, of kernels whose parts are of input channels.

    Parameters
    ----------
    gw : (G*O, C/Q, KH, KW), written
    x : (N, G*C, H, W)
    gy : (N, G*O, OH, OW)
    corner, places
        As `winograd.tile_product` takes them.

    Returns
    -------
    bool
        As `winograd_grad`.
    """
    GO, C = gw.shape[0], gw.shape[1] * len(places)
    N, _, H, W = x.shape
    _, _, OH, OW = gy.shape
    O, QH, QW = GO // G, -(-OH // 2), -(-OW // 2)
    walk, out = Walk(N, G, C, H, W, QH, QW, 2, 2), Walk(N, G, O, OH, OW, QH, QW, 2, 2)
    L = VECTOR_BYTES // x.itemsize
    tile = rows_of_tile(places)
    positions = len(tile) ** 2
    cut = _cut(walk, O, L, tile)
    parts = G * cut.c_parts * cut.o_parts
    area = positions * cut.step
    what = "conv2d weight gradient"
    sums = aligned_empty(cut.slices * parts * area if cut.slices > 1 else 0, x.dtype, what)

    def private():
        pieces, _ = piece_tables(_BLOCK, _BLOCK, L, 0)
        return (
            aligned_empty(positions * (cut.channels * _BLOCK + 1) * L, x.dtype, what),
            aligned_empty(positions * (cut.outputs * _BLOCK + 1) * L, x.dtype, what),
            aligned_empty(area if cut.slices == 1 else 0, x.dtype, what),
            aligned_empty(8 * L * L, x.dtype, what),
            pieces,
            np.empty((_BLOCK * L * 8, 3), np.int64),
            np.empty((_BLOCK * L * 2, 3), np.int64),
            np.empty((2, _BLOCK + 1), np.int64),
        )

    finite = np.ones(parts * max(cut.slices, cut.channels // ROWS), np.bool_)
    sizes = (gw.shape[1], gw.shape[2] * gw.shape[3])
    zeros = np.zeros(ROWS, x.dtype)
    launch(
        sum_tiles, cut.slices * parts, gw.reshape(-1), finite, sums, x.reshape(-1),
        gy.reshape(-1), zeros, walk, out, corner, cut, sizes, places, tile, private=private,
    )  # fmt: skip
    if cut.slices > 1:
        launch(
            add_slices, parts * cut.channels // ROWS, gw.reshape(-1), finite, sums, walk, out, cut,
            sizes, places, tile, private=private,
        )  # fmt: skip
    return bool(finite.all())


def grad_pays(
    x_shape: tuple[int, ...], gy_shape: tuple[int, ...], padding: tuple[int, int], G: int
) -> bool:
    """Whether Winograd's way is the faster one: by the shapes alone.

    Counted in multiplications for each pair of channels, by measurement: transforming a tile of x
    and one of gy take as long as 200 and 190 of them, once for each stretch of the other's
    channels; the way back as long as 300.  The direct way leaves out what is outside the picture.
    """
    N, C, O = x_shape[0], x_shape[1] // G, gy_shape[1] // G
    if min(C, O) < 1:
        return False
    inside, tiles = N, N
    for size, outputs, P in zip(x_shape[2:], gy_shape[2:], padding, strict=True):
        reached = (min(outputs, size + P - k) - max(0, P - k) for k in range(3))
        inside *= sum(max(0, count) for count in reached)
        tiles *= -(-outputs // 2)
    least = _CHANNELS[1]
    lanes = -(-O // 16) * 16 / O  # with those that are filled up
    tile = 16 * lanes + 190 / min(C, least) + 200 / min(O, least)
    return -(-tiles // 16) * 16 * tile + 300 < 1.25 * inside


def _cut(walk: Walk, O: int, L: int, tile: tuple[int, ...]) -> _Cut:
    vectors = -(-walk.N * walk.QH * walk.QW // L)
    few = _PIECES * _CHANNELS[0] ** 2 > walk.G * walk.C * O
    most = _CHANNELS[few and len(tile) == 4]
    c_parts, o_parts = -(-walk.C // most), -(-O // most)
    channels = -(-walk.C // (c_parts * ROWS)) * ROWS
    outputs = -(-O // (o_parts * L)) * L
    slices = min(-(-vectors // _BLOCK), -(-_PIECES // (walk.G * c_parts * o_parts)))
    return _Cut(
        vectors, slices, -(-walk.C // channels), -(-O // outputs), channels, outputs,
        channels * outputs + L,
    )  # fmt: skip


def _panel_ends(i, vectors):
    """First and end vector of panel i of o, when so many are divided evenly among panels."""
    panels = (vectors + VECTORS - 1) // VECTORS
    return i * vectors // panels, (i + 1) * vectors // panels


panel_ends = jit(_panel_ends)


def _spread_block(gm, step, gy, aims, firsts, width, first, outputs, plane, tile, room):
    """Make gm = A gy A' of ``width`` vectors of tiles, in panels of o from ``first`` on."""
    L = lanes(gy)
    vectors = (outputs + L - 1) // L
    for panel in range((vectors + VECTORS - 1) // VECTORS):
        j, j_end = panel_ends(panel, vectors)
        row = (j_end - j) * L
        for i in range(j, j_end):
            for k in range(width):
                place = (j * width * L + k * row + i - j) * L
                span, channel = (firsts[k], firsts[k + 1]), (first + i * L) * plane
                rest = outputs - i * L
                if len(tile) == 3:
                    spread_threes(gm, place, row, step, gy, aims, span, channel, plane, rest, room)
                else:
                    spread_tiles(gm, place, row, step, gy, aims, span, channel, plane, rest, room)


spread_block = jit(_spread_block)


def _sum_block(
    gu, place, v, v_step, gm, gm_step, tiles, zeros, cut, channels, outputs, positions, more
):
    """Make gu = sum over tiles of gm v, or add to it if there were ``more`` tiles before."""
    L = lanes(gu)
    vectors = (outputs + L - 1) // L
    for position in range(positions):
        for panel in range((vectors + VECTORS - 1) // VECTORS):
            j, j_end = panel_ends(panel, vectors)
            b = (gm, position * gm_step + j * L * tiles, (j_end - j) * L)
            for i in range(0, channels, ROWS):
                a = (v, position * v_step + i * tiles, tiles, 1)
                c = (gu, place + position * cut.step + i * cut.outputs + j * L, cut.outputs)
                multiply(j_end - j, c, ROWS, from_bits(L), a, b, tiles, (zeros, 0), more)


sum_block = jit(_sum_block)


def _sum_tiles(
    work, gw, finite, sums, x, gy, zeros, walk, out, corner, cut, sizes, places, tile, buffers
):
    """Take piece after piece: a slice, a group, a stretch of c and one of o."""
    fork(work)
    v, gm, own, room, pieces, x_aims, y_aims, firsts = buffers
    L = lanes(x)
    side = len(tile)
    positions, plane = side * side, walk.H * walk.W
    parts = walk.G * cut.c_parts * cut.o_parts
    blocks = (cut.vectors + _BLOCK - 1) // _BLOCK
    piece = take(work)
    while piece < work[1]:
        this, part = piece // parts, piece % parts
        g, c, channels, o, outputs = stretches(part, walk, out, cut)
        gu, place = (own, 0) if cut.slices == 1 else (sums, piece * positions * cut.step)
        first_block = this * blocks // cut.slices
        for block in range(first_block, (this + 1) * blocks // cut.slices):
            first, end = block * cut.vectors // blocks, (block + 1) * cut.vectors // blocks
            width = end - first
            end = min(end * L, walk.N * walk.QH * walk.QW)
            count = find_pieces(pieces, first * L, end, L, walk)
            window = (side, 2, corner[0], corner[1])
            aim_tiles(x_aims, firsts[0], pieces, count, window, walk, g, L)
            aim_tiles(y_aims, firsts[1], pieces, count, (2, 1, 0, 0), out, g, L)
            v_step, gm_step = (cut.channels * width + 1) * L, (cut.outputs * width + 1) * L
            if len(tile) == 3:
                transform_threes(v, v_step, x, x_aims, firsts[0], width, c, channels, plane)
            else:
                transform_block(v, v_step, x, x_aims, firsts[0], width, c, channels, plane)
            spread_block(
                gm, gm_step, gy, y_aims, firsts[1], width, o, outputs, out.H * out.W, tile,
                room,
            )  # fmt: skip
            sum_block(
                gu, place, v, v_step, gm, gm_step, width * L, zeros, cut, channels, outputs,
                positions, block > first_block,
            )  # fmt: skip
        if cut.slices == 1:
            C, area = sizes
            finite[piece] = restore_kernels(
                gw, (g * out.C + o) * C * area, (C * area, area), own, 0, (cut.step, cut.outputs),
                (1, 0), (c, c + channels), C, outputs, places, tile, room,
            )  # fmt: skip
        piece = take(work)


sum_tiles = jit(_sum_tiles)


def _stretches(part, walk, out, cut):
    """Group, first c and their number, first o and their number of a part."""
    g = part // (cut.c_parts * cut.o_parts)
    c = part // cut.o_parts % cut.c_parts * cut.channels
    o = part % cut.o_parts * cut.outputs
    return g, c, min(cut.channels, walk.C - c), o, min(cut.outputs, out.C - o)


stretches = jit(_stretches)


def _add_slices(work, gw, finite, sums, walk, out, cut, sizes, places, tile, buffers):
    """Add up the slices' gu, and bring the sums back: ROWS of c in a part per piece of work."""
    fork(work)
    room = buffers[3]
    C, area = sizes
    parts = walk.G * cut.c_parts * cut.o_parts
    apart = len(tile) ** 2 * cut.step
    piece = take(work)
    while piece < work[1]:
        part, row = piece % parts, piece // parts * ROWS
        g, c, channels, o, outputs = stretches(part, walk, out, cut)
        finite[piece] = restore_kernels(
            gw, (g * out.C + o) * C * area, (C * area, area),
            sums, part * apart + row * cut.outputs, (cut.step, cut.outputs),
            (cut.slices, parts * apart), (c + row, c + min(row + ROWS, channels)), C, outputs,
            places, tile, room,
        )  # fmt: skip
        piece = take(work)


add_slices = jit(_add_slices)
