"""The gather kernel: conv2d and every phase of conv_transpose2d, as one packed matrix product.

    for each block of output pixels                 (a piece of work; blocks share nothing)
        for each stretch of k that fits the cache
            pack the patches: panels of 3 vectors
            for each panel of 8 output channels     packed weights, in the first-level cache
                for each panel of pixels            packed patches, in the second-level cache
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

Weights are packed once per call, as [group][panel of ROWS channels][k][row of the panel], with
zeros for the rows that do not exist; k = c*T + t.

Where a tile's pixels are not side by side in y (they run over the end of a picture, or belong to a
phase of a transposed convolution) the tile goes through a small buffer.
"""

from typing import NamedTuple

import numpy as np

from .._jit import jit
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
)
from .tasks import aligned_empty, launch, take
from .vector import VECTOR_BYTES, from_bits, lanes

__all__ = ["Output", "gather", "pack_weights"]

_BLOCK = 5 * VECTORS  # most vectors of pixels in a block
_DEPTH = 384  # most rows k packed at a time: with a block's pixels, half a second-level cache
_FEW_PIECES = 8  # with fewer blocks than this, the output channels are divided too
_CHANNELS = 64  # but into no fewer than this many


class Output(NamedTuple):
    """Where a walk ends: position q at pixel (qh*UH + top, qw*UW + left) of (N, G*O, OH, OW)."""

    G: int
    O: int
    OH: int
    OW: int
    UH: int
    UW: int
    top: int
    left: int


def gather(y: np.ndarray, x: np.ndarray, weights: np.ndarray, b: np.ndarray,
           taps: np.ndarray, walk: Walk, out: Output) -> None:  # fmt: skip
    """Make y, at the pixels of the walk, b + weights times patches of x.

    Parameters
    ----------
    y : (N, G*O, OH, OW), written at the walk's pixels
    x : (N, G*C, H, W)
    weights : flat
        From `pack_weights`.
    b : (G*O,)
    taps : (T, 2) int64
    """
    L = VECTOR_BYTES // x.itemsize
    vectors = -(-walk.N * walk.QH * walk.QW // L)
    if vectors == 0:
        return
    blocks = -(-vectors // _BLOCK)
    block = -(-vectors // blocks)
    blocks = -(-vectors // block)
    panels = -(-out.O // ROWS)
    divisions = 1
    if blocks * walk.G < _FEW_PIECES:
        divisions = max(1, min(_FEW_PIECES // (blocks * walk.G), out.O // _CHANNELS))
    share = -(-panels // divisions)
    divisions = -(-panels // share)
    channels = min(walk.C, max(1, _DEPTH // max(1, len(taps))))
    bias = np.zeros(walk.G * panels * ROWS + ROWS, x.dtype)
    bias[:-ROWS].reshape(walk.G, -1)[:, : out.O] = b.reshape(walk.G, out.O)

    def private():
        return (
            aligned_empty(channels * len(taps) * block * L, x.dtype, "convolution"),
            aligned_empty(ROWS * VECTORS * L, x.dtype, "convolution"),
            *piece_tables(block, VECTORS, L, len(taps)),
        )

    split = (blocks, block, divisions, share, channels)
    launch(gather_blocks, blocks * walk.G * divisions, y.reshape(-1), x.reshape(-1), weights, bias,
           taps, walk, out, split, private=private)  # fmt: skip


def _write_tile(y, tile, rows, channel, pieces, first_vector, width, add, L, out):
    """Put the pixels of a tile where they belong in y (or add them), piece by piece."""
    s = 0
    while pieces[s, VECTOR] < first_vector:
        s += 1
    while pieces[s, VECTOR] < first_vector + width:
        place = (pieces[s, VECTOR] - first_vector) * L + pieces[s, LANE]
        oh = pieces[s, ROW] * out.UH + out.top
        ow = pieces[s, COLUMN] * out.UW + out.left
        for i in range(rows):
            target = (
                (pieces[s, PICTURE] * out.O * out.G + channel + i) * out.OH + oh
            ) * out.OW + ow
            source = place + i * VECTORS * L
            for j in range(pieces[s, LENGTH]):
                held = y[target + j * out.UW] if add else 0
                y[target + j * out.UW] = held + tile[source + j]
        s += 1


write_tile = jit(_write_tile)


def _multiply_panel(y, weights, bias, packed, tile, pieces, g, m, first, end, k, k_end, K, out, Q):
    """All tiles of one panel of output channels: rows k..k_end-1 times the packed patches."""
    L = lanes(y)
    panels = (out.O + ROWS - 1) // ROWS
    rows = min(ROWS, out.O - m * ROWS)
    channel = g * out.O + m * ROWS
    depth = k_end - k
    a = (weights, ((g * panels + m) * K + k) * ROWS, 1, ROWS)
    start = (bias, (g * panels + m) * ROWS if k == 0 else len(bias) - ROWS)
    dense = out.UH == 1 and out.UW == 1
    vectors = (end - first + L - 1) // L
    for v in range(0, vectors, VECTORS):
        width = min(VECTORS, vectors - v)
        p = first + v * L
        p_end = min(p + width * L, end)
        b = (packed, v * L * depth, width * L)
        picture = p // Q
        if dense and (p_end - 1) // Q == picture:
            plane = (picture * out.G * out.O + channel) * Q
            mask = from_bits(p_end - p - (width - 1) * L)
            multiply(width, (y, plane + p % Q, Q), rows, mask, a, b, depth, start, k > 0)
        else:
            multiply(width, (tile, 0, VECTORS * L), ROWS, from_bits(L), a, b, depth, start, False)
            write_tile(y, tile, rows, channel, pieces, v, width, k > 0, L, out)


multiply_panel = jit(_multiply_panel)


def _gather_blocks(work, y, x, weights, bias, taps, walk, out, split, packed, tile, pieces, aims):
    """Take block after block: some pixels, one group, a share of its output channels."""
    blocks, block, divisions, share, channels = split
    L = lanes(x)
    T = len(taps)
    K = walk.C * T
    Q = walk.QH * walk.QW
    panels = (out.O + ROWS - 1) // ROWS
    piece = take(work)
    while piece < work[1]:
        g = piece // (divisions * blocks)
        first_panel = piece // blocks % divisions * share
        first = piece % blocks * block * L
        end = min(first + block * L, walk.N * Q)
        count = find_pieces(pieces, first, end, L, walk)
        for c in range(0, walk.C, channels):
            c_end = min(c + channels, walk.C)
            k, k_end = c * T, c_end * T
            pack_patches(packed, VECTORS, x, pieces, count, aims, taps, g, (c, c_end), walk)
            for m in range(first_panel, min(first_panel + share, panels)):
                multiply_panel(
                    y, weights, bias, packed, tile, pieces, g, m, first, end, k, k_end, K, out, Q
                )
        piece = take(work)


gather_blocks = jit(_gather_blocks)


def _pack_panels(work, packed, w, places, O, C, strides):
    """Pack w for `gather`: one panel of ROWS output channels of one group per piece of work."""
    g_stride, o_stride, c_stride = strides
    taps = len(places)
    panels = (O + ROWS - 1) // ROWS
    panel = take(work)
    while panel < work[1]:
        g, first = panel // panels, panel % panels * ROWS
        rows = min(ROWS, O - first)
        target = panel * taps * C * ROWS
        for c in range(C):
            for t in range(taps):
                source = g * g_stride + first * o_stride + c * c_stride + places[t]
                for i in range(rows):
                    packed[target + i] = w[source + i * o_stride]
                for i in range(rows, ROWS):
                    packed[target + i] = 0
                target += ROWS
        panel = take(work)


pack_panels = jit(_pack_panels)


def pack_weights(
    w: np.ndarray, places: np.ndarray, out: Output, walk: Walk, transposed: bool
) -> np.ndarray:
    """Weights as [group][panel][k][row of the panel], k = c*T + t, for the taps at ``places``.

    Parameters
    ----------
    w : (G*O, C, KH, KW), or (G*C, O, KH, KW) if transposed
    places : (T,) int64
        Flat kh*KW + kw of each tap.
    """
    T, KK = len(places), w.shape[2] * w.shape[3]
    panels = walk.G * -(-out.O // ROWS)
    packed = aligned_empty(panels * T * walk.C * ROWS, w.dtype, "convolution weights")
    group = out.O * walk.C * KK
    strides = (group, KK, out.O * KK) if transposed else (group, walk.C * KK, KK)
    launch(pack_panels, panels, packed, w.reshape(-1), places, out.O, walk.C, strides)
    return packed
