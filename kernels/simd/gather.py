"""The gather kernel: conv2d, and all phases of conv_transpose2d, as a packed matrix product.

    for each block of positions and share of the output channels   (pieces of work are runs of it)
        for each phase, or pair of phases           (one, for a convolution)
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
to a phase of a transposed convolution) the tile goes through a small buffer.  With stride 2, the
two phases of a row are multiplied together, and their tiles meet in y::

    left 0     a b c d ...
    left 1      A B C D ...            ->  aAbBcCdD ...          whole vectors again
"""

from typing import NamedTuple

import numpy as np

from .._jit import jit
from .fork import fork
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
)
from .tasks import aligned_empty, launch, take
from .vector import (
    from_bits,
    interleaved,
    lanes,
    load,
    masked_load,
    masked_store,
)
from .weights import filters_of, pack_stretch, pack_weights, turning_room

__all__ = ["Output", "gather", "padded_bias"]

_BLOCK = 4  # most panels of positions in a block
_PACKED_BYTES = 448 * 2**10  # of a block's patches, about: they stay in the second-level cache
_PIECES = 32  # for less work than this, output channels are divided, then blocks get smaller
_PANELS = 8  # the fewest panels of output channels that are worth packing the patches for
_FEW = 8  # panels of positions are one block, if output channels alone make as many pieces
_ENOUGH = 64  # pieces; where there are more, blocks come in runs

# Columns of the table of parts, one for each phase of a pair
PLACE, DEPTH, FIRST, STEP = range(4)


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


class _Split(NamedTuple):
    """How the work is divided; shapes alone decide.

    A piece is a run of ``run`` of the ``blocks`` blocks of ``block`` vectors of positions, one
    group, and ``share`` panels of output channels.  (Neighbours in y may share cache lines: were
    they written by two threads at once, these would take the lines from each other all the time.)
    Patches are packed ``channels`` channels at a time; ``pair`` phases are multiplied together;
    ``ready`` says that the weights are packed.
    """

    blocks: int
    run: int
    block: int
    share: int
    channels: int
    pair: int
    ready: bool


def _split(walk: Walk, out: Output, phases: np.ndarray, L: int, itemsize: int) -> _Split:
    """Pieces large enough for the packing to pay, and enough of them for all threads."""
    pair = 2 if out.UW == 2 and out.OW > 1 else 1
    taps = max(1, *(phases[:, 1] - phases[:, 0]).reshape(-1, pair).sum(1))
    width, panels = -(-walk.N * walk.QH * walk.QW // (VECTORS * L)), -(-out.O // ROWS)
    divisions = max(1, panels // _PANELS)
    most = min(_BLOCK, max(1, width * walk.G * divisions // _PIECES))
    if width <= _FEW and walk.G * divisions >= _FEW:
        most = max(1, width)
    blocks = -(-width // most)
    block = -(-width // max(1, blocks)) * VECTORS
    wanted = -(-_PIECES // max(1, blocks * walk.G))
    share = -(-panels // min(divisions, wanted))
    room = max(1, _PACKED_BYTES // (max(1, block) * L * itemsize * taps))
    channels = -(-walk.C // max(1, -(-walk.C // room)))
    run = max(1, min(blocks, blocks * walk.G * -(-panels // share) // _ENOUGH))
    return _Split(blocks, run, block, share, channels, pair, blocks > 1)


def gather(
    y: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray, taps: np.ndarray,
    phases: np.ndarray, walk: Walk, out: Output, transposed: bool,
) -> None:  # fmt: skip
    """Make y, in every phase, b + weights times patches of x.

    Parameters
    ----------
    y : (N, G*O, OH, OW), written
    x : (N, G*C, H, W)
    w : (G*O, C, KH, KW), or (G*C, O, KH, KW) if transposed
    b : (G*O,)
    taps : (T, 3) int64
        tap_h, tap_w and kh*KW + kw of the taps of all phases.
    phases : (P, 4) int64
        First and end tap of each phase, its top and left.
    """
    if y.size == 0:
        return
    L = VECTOR_BYTES // x.itemsize
    split, filters = _split(walk, out, phases, L, x.itemsize), filters_of(w, walk.G, transposed)
    most = max(1, *(phases[:, 1] - phases[:, 0]))
    depth = split.channels * most * split.pair
    weights = pack_weights(w, taps, phases, walk.G, walk.C, filters) if split.ready else w

    def private():
        return (
            aligned_empty(depth * split.block * L, x.dtype, "convolution"),
            aligned_empty(split.pair * ROWS * VECTORS * L, x.dtype, "convolution"),
            aligned_empty(0 if split.ready else depth * ROWS, x.dtype, "convolution"),
            turning_room(filters, x.dtype),
            np.empty(split.pair, np.int64),
            np.empty((split.pair, 4), np.int64),
            *piece_tables(split.block, VECTORS, L, most),
        )

    shares = -(-out.O // (split.share * ROWS))
    runs = -(-split.blocks // split.run)
    launch(
        gather_blocks, runs * walk.G * shares, y.reshape(-1), x.reshape(-1), weights.reshape(-1),
        padded_bias(b, x.dtype, walk, out), taps, phases, walk, out, filters, split,
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


def _write_tile(y, tile, rows, channel, pieces, first_vector, width, add, phase, L, out, pair):
    """Put the pixels of a tile where they belong in y (or add them), piece by piece."""
    s = 0
    while pieces[s, VECTOR] < first_vector:
        s += 1
    while pieces[s, VECTOR] < first_vector + width:
        lane = pieces[s, LANE]
        oh = pieces[s, ROW] * out.UH + phase[2]
        ow = pieces[s, COLUMN] * out.UW + phase[3]
        first_row = (pieces[s, PICTURE] * out.G * out.O + channel) * out.OH + oh
        places = max(0, min(pieces[s, LENGTH] * out.UW, out.OW - ow))
        mask = from_bits(lane * pair + places) & ~from_bits(lane * pair)
        for i in range(rows if oh < out.OH else 0):
            target = (first_row + i * out.OH) * out.OW + ow - lane * out.UW
            source = (pieces[s, VECTOR] - first_vector) * L + i * VECTORS * L
            if out.UW == 1:
                write_lanes(y, target, mask, load(tile, source), add)
            elif pair == 2:
                second = source + ROWS * VECTORS * L
                low, high = interleaved(load(tile, source), load(tile, second))
                write_lanes(y, target, mask & from_bits(L), low, add)
                write_lanes(y, target + L, mask >> L, high, add)
            else:
                for j in range((places + out.UW - 1) // out.UW):
                    place = target + (lane + j) * out.UW
                    held = y[place] if add else 0
                    y[place] = held + tile[source + lane + j]
        s += 1


write_tile = jit(_write_tile)


def _multiply_panel(
    y, weights, m, start, packed, parts, tile, pieces, channel, rows, span, phase, add, out
):
    """All tiles of panel m of output channels, for the positions span[0]..span[1]-1.

    ``start`` is the micro-kernel's bias; with ``add``, the products are added to what is in y.
    """
    first, end = span
    L, pair = lanes(y), len(parts)
    plane = out.OH * out.OW
    vectors = (end - first + L - 1) // L
    for v in range(0, vectors, VECTORS):
        width = min(VECTORS, vectors - v)
        p = first + v * L
        p_end = min(p + width * L, end)
        picture = p // plane
        direct = out.UH == 1 and out.UW == 1 and (p_end - 1) // plane == picture
        corner = (picture * out.G * out.O + channel) * plane + p % plane
        mask = from_bits(p_end - p - (width - 1) * L) if direct else from_bits(L)
        for i in range(pair):
            c = (y, corner, plane) if direct else (tile, i * ROWS * VECTORS * L, VECTORS * L)
            a = (weights, parts[i, FIRST] + m * parts[i, STEP], 1, ROWS)
            b = (packed, parts[i, PLACE] + v * L * parts[i, DEPTH], width * L)
            multiply(
                width, c, rows if direct else ROWS, mask, a, b, parts[i, DEPTH], start,
                add and direct,
            )  # fmt: skip
        if not direct:
            write_tile(y, tile, rows, channel, pieces, v, width, add, phase, L, out, pair)


multiply_panel = jit(_multiply_panel)


def _gather_block(
    block, y, x, w, bias, taps, phases, walk, out, filters, split, buffers, g, first_panel
):
    """One block of positions of group g, and a share of the output channels."""
    packed, tile, stretch, turned, starts, parts, pieces, aims = buffers
    L = lanes(x)
    panels = (out.O + ROWS - 1) // ROWS
    end_panel = min(first_panel + split.share, panels)
    first = block * split.block * L
    end = min(first + split.block * L, walk.N * walk.QH * walk.QW)
    count = find_pieces(pieces, first, end, L, walk)
    for f in range(0, len(phases), split.pair):
        for c in range(0, walk.C, split.channels):
            these = (c, min(c + split.channels, walk.C))
            depth = 0
            for i in range(split.pair):
                phase = phases[f + i]
                T = phase[1] - phase[0]
                parts[i, PLACE], parts[i, DEPTH] = depth * split.block * L, (these[1] - c) * T
                starts[i] = depth * ROWS
                parts[i, FIRST], parts[i, STEP] = starts[i], 0
                if split.ready:
                    before = (phase[0] * walk.G + T * g) * panels * walk.C + c * T
                    parts[i, FIRST], parts[i, STEP] = before * ROWS, walk.C * T * ROWS
                pack_patches(
                    packed[parts[i, PLACE] :], VECTORS, x, pieces, count, aims,
                    taps[phase[0] : phase[1]], g, these, walk,
                )  # fmt: skip
                depth += parts[i, DEPTH]
            for m in range(first_panel, end_panel):
                if not split.ready:
                    pack_stretch(
                        stretch, starts, w, taps, phases[f : f + split.pair],
                        g, m, these, filters, turned,
                    )  # fmt: skip
                start = (bias, (g if c == 0 else walk.G) * panels * ROWS + m * ROWS)
                multiply_panel(
                    y, w if split.ready else stretch, m, start, packed, parts, tile, pieces,
                    g * out.O + m * ROWS, min(ROWS, out.O - m * ROWS), (first, end), phases[f],
                    c > 0, out,
                )  # fmt: skip


gather_block = jit(_gather_block)


def _gather_blocks(work, y, x, w, bias, taps, phases, walk, out, filters, split, buffers):
    """Take run after run of blocks, for one group and a share of its output channels."""
    fork(work)
    shares = -(-out.O // (split.share * ROWS))
    runs = -(-split.blocks // split.run)
    piece = take(work)
    while piece < work[1]:
        g, share, first = piece // runs // shares, piece // runs % shares, piece % runs * split.run
        for block in range(first, min(first + split.run, split.blocks)):
            gather_block(
                block, y, x, w, bias, taps, phases, walk, out, filters, split, buffers, g,
                share * split.share,
            )  # fmt: skip
        piece = take(work)


gather_blocks = jit(_gather_blocks)
