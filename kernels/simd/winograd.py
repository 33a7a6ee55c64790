"""Winograd's convolution F(2 x 2, 3 x 3): 16 multiplications do the work of 36.

**One row.**  Two neighbouring outputs of a convolution with three weights look at four pixels::

    y0 = d0*g0 + d1*g1 + d2*g2              6 multiplications
    y1 = d1*g0 + d2*g1 + d3*g2

Winograd computes both with 4::

    m0 = (d0 - d2) *  g0                    y0 = m0 + m1 + m2
    m1 = (d1 + d2) * (g0 + g1 + g2)/2       y1 = m1 - m2 + m3
    m2 = (d2 - d1) * (g0 - g1 + g2)/2
    m3 = (d3 - d1) *  g2

That is F(2, 3).  Written with three matrices, y = A' [(G g) * (B' d)], where * multiplies number by
number and ' transposes::

         1  0 -1  0             1   0   0
    B' = 0  1  1  0        G = 1/2 1/2 1/2        A' = 1  1  1  0
         0 -1  1  0            1/2-1/2 1/2             0  1 -1  1
         0 -1  0  1             0   0   1

**A picture.**  The same along rows and then along columns gives F(2 x 2, 3 x 3)::

    Y = A' [ (G g G') * (B' d B) ] A        d  4 x 4 pixels   g  3 x 3 weights   Y  2 x 2 outputs

4 x 4 = 16 multiplications where the definition has 2*2 * 3*3 = 36.  All else is additions and
halvings; they are exact on whole numbers, and they are few where there are many channels: a tile of
a channel is transformed once for all output channels, a product of an output channel is transformed
back once for all input channels, and a weight is transformed once for all tiles.

**Three stages.**  The sum over channels may be taken before the way back, as that is linear.  So at
each of the 16 positions of the transformed tiles stands a matrix product of its own, over channels,
and the micro-kernel does what it always does::

      x, tiles of 4 x 4            v[16][c][tile]           m[16][o][tile]           y, 2 x 2
     +---+---+---+---+                +--------+               +--------+
     |   |   |   |   |               +--------+|              +--------+|            +---+---+
     +---+---+---+---+   B' d B     +--------+||    u v      +--------+||   A' m A   |   |   |
     |   |   |   |   |   ------>  c |        |||  ------>  o |        |||  ------->  +---+---+
     +---+---+---+---+              |        ||+             |        ||+            |   |   |
     |   |   |   |   |              |        |+              |        |+             +---+---+
     +---+---+---+---+              +--------+               +--------+
     |   |   |   |   |                 tiles                    tiles
     +---+---+---+---+       u[16][o][c] = G g G', once per call

A piece of work is three vectors of tiles and some output channels; v and m stay in the second-level
cache.  Positions stand one vector further apart than they need: else all 16 numbers of a tile would
fall on one set of the first-level cache, and a transform takes half as long again.  The bias costs
nothing: position (1, 1) of m enters all four outputs once, so its sums start with the bias.

**Accuracy.**  Sums of pixels and of weights are rounded before they are multiplied, but the sums of
products are nine times shorter.  Measured on normally distributed numbers, as the largest error
over the largest output, the float32 result is nearer to the truth than that of the direct way:

    channels          16        64       256       512
    Winograd     1.8e-07   3.3e-07   6.4e-07   9.5e-07
    direct       3.9e-07   7.9e-07   2.9e-06   3.4e-06

In float64 it is 5e-15 at 512 channels.

**Infinity and NaN.**  y0 is made of d0, d1 and d2 alone, and y1 of d1, d2 and d3: so NaN reaches
exactly the outputs that look at it.  But where the direct way gives an infinity, this one may give
NaN (d0 - d2 and d1 + d2 together are inf - inf), and sums of pixels overflow a little earlier.  So
the kernel tells whether all outputs are finite, and if they are not, it is all done again in the
direct way.

**Smaller kernels.**  All of this serves kernels of 2 x 2 as well, whose tiles have 3 x 3 pixels and
9 positions (see `winograd_threes`), and which kernels of 4 x 4 are made of (see `winograd_fours`).

Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016), where m3 has the
other sign; Winograd, "Arithmetic complexity of computations" (1980).
"""

import numpy as np

from .._jit import jit
from .fork import fork
from .gather import Output, padded_bias
from .instructions import VECTOR_BYTES
from .micro_kernel import ROWS, VECTORS, multiply
from .patches import Walk, find_pieces, piece_tables
from .tasks import aligned_empty, launch, take
from .vector import broadcast, from_bits, lanes, sum_lanes
from .winograd_threes import restore_three, transform_threes
from .winograd_tiles import aim_tiles, restore_tile, transform_block
from .winograd_weights import NINE, rows_of_tile, transform_weights

__all__ = ["pays", "tile_product", "winograd"]

_STRETCH = 64  # output channels whose products are in the cache at a time
_PIECES = 16  # for less work than this, output channels are divided


def winograd(
    y: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray,
    padding: tuple[int, int], G: int, transposed: bool,
) -> bool:  # fmt: skip
    """Convolution with a kernel of 3 x 3, stride 1 and dilation 1.

    Parameters
    ----------
    y : (N, G*O, OH, OW), written
    x : (N, G*C, H, W)
    w : (G*O, C, 3, 3), or (G*C, O, 3, 3) if transposed
        Transposed convolution of stride 1 is convolution with the kernel turned by 180 degrees.
    b : (G*O,)
    padding : (PH, PW)
        Of the convolution or transposed convolution.
    G : int

    Returns
    -------
    bool
        Whether the result is finite.  If not, NaN may stand where an infinity should.
    """
    if transposed:
        corner = (padding[0] - 2, padding[1] - 2)
        return tile_product(y, x, w, b, corner, G, True, NINE[:, ::-1].copy())
    return tile_product(y, x, w, b, (-padding[0], -padding[1]), G, False, NINE)


def tile_product(
    y: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray, corner: tuple[int, int],
    G: int, transposed: bool, places: np.ndarray,
) -> bool:  # fmt: skip
    """Convolution of stride 1, of the kernels in w that ``places`` tells of.

    Parameters
    ----------
    y : (N, G*O, OH, OW), written
    x : (N, G*C, H, W)
    w : see `winograd_weights.transform_weights`
    b : (G*O,)
    corner : int, int
        The pixel of x that tap (0, 0) of output (0, 0) looks at.
    places : (Q, R*R) int64
        R is 3 or 2.

    Returns
    -------
    bool
        As `winograd`.
    """
    N, GC, H, W = x.shape
    _, GO, OH, OW = y.shape
    C, O = GC // G, GO // G
    QH, QW = -(-OH // 2), -(-OW // 2)
    walk, out = Walk(N, G, C, H, W, QH, QW, 2, 2), Walk(N, G, O, OH, OW, QH, QW, 2, 2)
    L = VECTOR_BYTES // x.itemsize
    vectors = -(-N * QH * QW // L)
    blocks = -(-vectors // VECTORS)
    tile = rows_of_tile(places)
    positions = len(tile) ** 2
    u = transform_weights(w, O, C, G, transposed, places)
    divisions = 1
    if 0 < blocks * G < _PIECES:
        divisions = min(_PIECES // (blocks * G), -(-O // _STRETCH))
    share = -(-O // (divisions * _STRETCH)) * _STRETCH
    divisions = -(-O // share)

    def private():
        pieces, _ = piece_tables(VECTORS, VECTORS, L, 0)
        return (
            aligned_empty(positions * (C * VECTORS + 1) * L, x.dtype, "convolution"),
            aligned_empty(positions * (_STRETCH * VECTORS + 1) * L, x.dtype, "convolution"),
            pieces,
            np.empty((VECTORS * L * 8, 3), np.int64),
            np.empty((VECTORS * L * 2, 3), np.int64),
            np.empty((2, VECTORS + 1), np.int64),
        )

    finite = np.ones(blocks * G * divisions, np.bool_)
    bias = padded_bias(b, x.dtype, walk, Output(G, O, OH, OW, 1, 1))
    launch(
        multiply_tiles, blocks * G * divisions, y.reshape(-1), finite, x.reshape(-1), u, bias,
        walk, out, corner, (vectors, blocks, share), tile, private=private,
    )  # fmt: skip
    return bool(finite.all())


def pays(C: int, O: int, N: int, OH: int, OW: int) -> bool:
    """Whether Winograd's way is the faster one, C -> O channels a group: by the shape alone.

    Counted in multiplications for each pair of channels, by measurement: transforming a tile of a
    channel and getting one back take as long as 180 and 200 of them, transforming the weights as
    long as 100.  The direct way needs 9 a pixel, but loses time on packing as if there were 11.
    """
    tiles = N * -(-OH // 2) * -(-OW // 2)
    whole = -(-tiles // 16) * 16  # a vector of tiles takes as long if it is not full
    return min(C, O) > 0 and whole * (16 + 180 / O + 200 / C) + 100 < 11 * N * OH * OW


def _multiply_stretch(m, m_step, v, v_step, u, bias, width, walk, g, first_o, end_o, O, positions):
    """Make m = sum over c of u v at all positions, for o from first_o to end_o - 1 of group g."""
    L, C = lanes(m), walk.C
    panel = max(L, ROWS)
    panels, rows = (O + panel - 1) // panel, (O + ROWS - 1) // ROWS * ROWS
    for position in range(positions):
        b = (v, position * v_step, width * L)
        centre = position == (5 if positions == 16 else 4)  # position (1, 1)
        start = (g if centre else walk.G) * rows  # or the zeros after the biases
        for o in range(first_o, end_o, ROWS):
            place = (g * positions + position) * panels + o // panel
            a = (u, place * C * panel + o % panel, 1, panel)
            c = (m, position * m_step + (o - first_o) * width * L, width * L)
            multiply(width, c, ROWS, from_bits(L), a, b, C, (bias, start + o), False)


multiply_stretch = jit(_multiply_stretch)


def _restore_stretch(y, aims, firsts, out, first_o, end_o, m, m_step, width, tile, total):
    """Bring the products of some output channels back; see `restore_tile`."""
    L = lanes(y)
    for o in range(first_o, end_o):
        for k in range(width):
            place, channel = ((o - first_o) * width + k) * L, o * out.H * out.W
            first, end = firsts[k], firsts[k + 1]
            if len(tile) == 3:
                total = restore_three(y, aims, first, end, channel, m, place, m_step, total)
            else:
                total = restore_tile(y, aims, first, end, channel, m, place, m_step, total)
    return total


restore_stretch = jit(_restore_stretch)


def _multiply_tiles(work, y, finite, x, u, bias, walk, out, corner, split, tile, buffers):
    """Take block after block: some tiles, one group, a share of its output channels."""
    fork(work)
    vectors, blocks, share = split
    v, m, pieces, x_aims, y_aims, firsts = buffers
    L = lanes(x)
    shares = (out.C + share - 1) // share
    side = len(tile)
    piece = take(work)
    while piece < work[1]:
        block, g = piece % blocks, piece // blocks // shares
        first_o = piece // blocks % shares * share
        end_o = min(first_o + share, out.C)
        first, end = block * vectors // blocks, (block + 1) * vectors // blocks
        width = end - first
        end = min(end * L, walk.N * walk.QH * walk.QW)
        count = find_pieces(pieces, first * L, end, L, walk)
        aim_tiles(x_aims, firsts[0], pieces, count, (side, 2, corner[0], corner[1]), walk, g, L)
        aim_tiles(y_aims, firsts[1], pieces, count, (2, 1, 0, 0), out, g, L)
        v_step, m_step = (walk.C * width + 1) * L, (_STRETCH * width + 1) * L
        if len(tile) == 3:
            transform_threes(v, v_step, x, x_aims, firsts[0], width, 0, walk.C, walk.H * walk.W)
        else:
            transform_block(v, v_step, x, x_aims, firsts[0], width, 0, walk.C, walk.H * walk.W)
        total = broadcast(x, 0)
        for o in range(first_o, end_o, _STRETCH):
            o_end = min(o + _STRETCH, end_o)
            multiply_stretch(
                m, m_step, v, v_step, u, bias, width, walk, g, o, o_end, out.C, side * side
            )
            total = restore_stretch(
                y, y_aims, firsts[1], out, o, o_end, m, m_step, width, tile, total
            )
        finite[piece] = sum_lanes(total) == 0
        piece = take(work)


multiply_tiles = jit(_multiply_tiles)
