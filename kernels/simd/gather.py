"""The gather kernel: conv2d, and all phases of conv_transpose2d, as a packed matrix product.

    for each block of positions                     (a piece of work; blocks share nothing)
        for each phase                              (one, for a convolution)
            for each stretch of channels whose patches fit the cache
                pack the patches: panels of 3 vectors
                for each panel of 8 output channels     packed weights, in the first-level cache
                    for each panel of positions         packed patches, in the second-level cache
                        micro-kernel -> a tile of y

                     patches                                    packed, row by row of a panel
                  p = 0 .. 47   48 .. 95                        [k=0: 48 pixels][k=1: 48] ...
                 +-----------+-----------+
             k   |  panel 0  |  panel 1  |
                 +-----------+-----------+
      weights
       k         +-----------+-----------+
    +-------+    |           |           |
    | panel |  o |   tile    |   tile    |                      a tile is written straight
    +-------+    |           |           |                      into NCHW: pixels of a plane
    | panel |    +-----------+-----------+                      are side by side there
    +-------+

Where the pixels of a tile are not side by side in y (they run over the end of a picture, or belong
to a phase of a transposed convolution) the tile goes through a small buffer.
"""

from typing import NamedTuple

import numpy as np

from .._jit import jit
from .instructions import (
    VECTOR_BYTES,
)
from .micro_kernel import ROWS, VECTORS, multiply
from .patches import (
    COLUMN,
    LANE,
    LENGTH,
    PICTURE,
    ROW,
    VECTOR,
    Walk,
    find_pieces,
    pack_patches,
    piece_tables,
    spread,
)
from .tasks import aligned_empty, launch, take
from .vector import (
    apart,
    from_bits,
    lanes,
    load,
    masked_load,
    masked_store,
)

__all__ = ["Output", "gather", "padded_bias", "write_tile"]

_BLOCK = 4  # most panels of positions in a block
_DEPTH = 384  # most rows k packed at a time (if the taps allow): a quarter of a megabyte
_PIECES = 16  # for less work than this, blocks get smaller, then output channels are divided
_CHANNELS = 64  # but into no fewer than this many


class Output(NamedTuple):
    """Where positions go: in a phase (top, left), q to pixel (qh*UH + top, qw*UW + left).

    The output is (N, G*O, OH, OW); pixels beyond it are dropped.
    """

    G: int
    O: int
    OH: int
    OW: int
    UH: int
    UW: int


def gather(y: np.ndarray, x: np.ndarray, weights: np.ndarray, b: np.ndarray,
           taps: np.ndarray, phases: np.ndarray, walk: Walk, out: Output) -> None:  # fmt: skip
    """Make y, in every phase, b + weights times patches of x.

    Parameters
    ----------
    y : (N, G*O, OH, OW), written
    x : (N, G*C, H, W)
    weights : flat
        From `pack_weights`.
    b : (G*O,)
    taps : (T, 2) int64
        tap_h, tap_w of the taps of all phases.
    phases : (P, 4) int64
        First and end tap of each phase, its top and left.
    """
    L = VECTOR_BYTES // x.itemsize
    vectors = -(-walk.N * walk.QH * walk.QW // L)
    panels = -(-out.O // ROWS)
    most_taps = max(1, *(phases[:, 1] - phases[:, 0]))
    block = min(_BLOCK, -(-vectors // (VECTORS * _PIECES))) * VECTORS
    blocks = -(-vectors // max(1, block))
    divisions = 1
    if 0 < blocks * walk.G < _PIECES:
        divisions = max(1, min(_PIECES // (blocks * walk.G), out.O // _CHANNELS))
    share = -(-panels // divisions)
    channels = min(walk.C, max(1, _DEPTH // most_taps))

    def private():
        return (
            aligned_empty(channels * most_taps * block * L, x.dtype, "convolution"),
            aligned_empty(ROWS * VECTORS * L, x.dtype, "convolution"),
            *piece_tables(block, VECTORS, L, most_taps),
        )

    split = (blocks, block, share, channels)
    launch(
        gather_blocks, blocks * walk.G * -(-panels // share), y.reshape(-1), x.reshape(-1),
        weights, padded_bias(b, x.dtype, walk, out), taps, phases, walk, out, split,
        private=private,
    )  # fmt: skip


def padded_bias(b: np.ndarray, dtype: np.dtype, walk: Walk, out: Output) -> np.ndarray:
    """The bias of each group filled up to whole panels, and a group of zeros."""
    panels = -(-out.O // ROWS)
    bias = np.zeros((walk.G + 1, panels * ROWS), dtype)
    bias[:-1, : out.O] = b.reshape(walk.G, out.O)
    return bias.reshape(-1)


def _write_lanes(y, target, mask, value, add):
    if add:
        value += masked_load(y, target, mask, value)
    masked_store(y, target, mask, value)


write_lanes = jit(_write_lanes)


def _write_tile(y, tile, rows, channel, pieces, first_vector, width, add, phase, L, out):
    """Put the pixels of a tile where they belong in y (or add them), piece by piece."""
    s = 0
    while pieces[s, VECTOR] < first_vector:
        s += 1
    while pieces[s, VECTOR] < first_vector + width:
        lane = pieces[s, LANE]
        oh = pieces[s, ROW] * out.UH + phase[2]
        ow = pieces[s, COLUMN] * out.UW + phase[3]
        length = max(0, min(pieces[s, LENGTH], (out.OW - ow + out.UW - 1) // out.UW))
        mask = from_bits(lane + length) & ~from_bits(lane)
        first_row = (pieces[s, PICTURE] * out.G * out.O + channel) * out.OH + oh
        for i in range(rows if oh < out.OH else 0):
            target = (first_row + i * out.OH) * out.OW + ow - lane * out.UW
            source = (pieces[s, VECTOR] - first_vector) * L + i * VECTORS * L
            if out.UW == 1:
                write_lanes(y, target, mask, load(tile, source), add)
            elif out.UW == 2:
                wide = spread(mask, L)
                low, high = apart(load(tile, source))
                write_lanes(y, target, wide & from_bits(L), low, add)
                write_lanes(y, target + L, wide >> L, high, add)
            else:
                for j in range(lane, lane + length):
                    held = y[target + j * out.UW] if add else 0
                    y[target + j * out.UW] = held + tile[source + j]
        s += 1


write_tile = jit(_write_tile)


def _multiply_panel(y, a, start, packed, depth, tile, pieces, channel, rows, span, phase, add, out):
    """All tiles of one panel of output channels, for the positions span[0]..span[1]-1.

    ``a`` and ``start`` are the micro-kernel's weights and bias, ``depth`` the rows k that are
    packed; with ``add``, the products are added to what is in y.
    """
    first, end = span
    L = lanes(y)
    plane = out.OH * out.OW
    vectors = (end - first + L - 1) // L
    for v in range(0, vectors, VECTORS):
        width = min(VECTORS, vectors - v)
        p = first + v * L
        p_end = min(p + width * L, end)
        picture = p // plane
        direct = out.UH == 1 and out.UW == 1 and (p_end - 1) // plane == picture
        corner = (picture * out.G * out.O + channel) * plane + p % plane
        c = (y, corner, plane) if direct else (tile, 0, VECTORS * L)
        mask = from_bits(p_end - p - (width - 1) * L) if direct else from_bits(L)
        b = (packed, v * L * depth, width * L)
        multiply(width, c, rows if direct else ROWS, mask, a, b, depth, start, add and direct)
        if not direct:
            write_tile(y, tile, rows, channel, pieces, v, width, add, phase, L, out)


multiply_panel = jit(_multiply_panel)


def _gather_blocks(work, y, x, weights, bias, taps, phases, walk, out, split, buffers):
    """Take block after block: some positions, one group, a share of its output channels."""
    blocks, block, share, channels = split
    packed, tile, pieces, aims = buffers
    L = lanes(x)
    panels = (out.O + ROWS - 1) // ROWS
    shares = (panels + share - 1) // share
    piece = take(work)
    while piece < work[1]:
        g, first_panel = piece // blocks // shares, piece // blocks % shares * share
        first = piece % blocks * block * L
        end = min(first + block * L, walk.N * walk.QH * walk.QW)
        count = find_pieces(pieces, first, end, L, walk)
        for phase in phases:
            T = phase[1] - phase[0]
            before = (phase[0] * walk.G + T * g) * panels * walk.C * ROWS
            for c in range(0, walk.C, channels):
                c_end = min(c + channels, walk.C)
                pack_patches(
                    packed, VECTORS, x, pieces, count, aims, taps[phase[0] : phase[1]], g,
                    (c, c_end), walk,
                )  # fmt: skip
                for m in range(first_panel, min(first_panel + share, panels)):
                    a = (weights, before + (m * walk.C + c) * T * ROWS, 1, ROWS)
                    start = (bias, (g if c == 0 else walk.G) * panels * ROWS + m * ROWS)
                    multiply_panel(
                        y, a, start, packed, (c_end - c) * T, tile, pieces,
                        g * out.O + m * ROWS, min(ROWS, out.O - m * ROWS), (first, end), phase,
                        c > 0, out,
                    )  # fmt: skip
        piece = take(work)


gather_blocks = jit(_gather_blocks)
