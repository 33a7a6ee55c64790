"""Weight gradient for few channels: the same patches as forward, times the output gradient.

    gw[o, k] = sum over pixels p of patch[k, p] * gy[o, p]

The sum now runs over pixels, of which there are many, and the result is small.  So the pixels are
cut into slices; each slice adds up its own copy of the result, and the copies are added at the end,
always in the same order.  How many slices there are depends on the shapes alone, and so the bits do
not depend on the number of threads.

    for each slice, group and stretch of channels   (a piece of work: its own part of `sums`)
        for each block of pixels in the slice
            pack the patches        row k: the block's pixels side by side
            pack gy, transposed     row p: the output channels side by side, in panels
            for each 3 vectors of output channels and 8 rows k: micro-kernel, summed over p

The micro-kernel reads its A operand (the patches) one number at a time, in any direction; only its
B operand must have the columns of the result side by side, and so gy is what gets transposed: it is
the smaller of the two by the number of taps.
"""

import numpy as np

from .._jit import jit
from .fork import fork
from .instructions import VECTOR_BYTES
from .micro_kernel import ROWS, VECTORS, multiply
from .patches import Walk, find_pieces, pack_patches, piece_tables
from .tasks import aligned_empty, launch, take
from .transpose import transpose_tile
from .vector import (
    from_bits,
    lanes,
)

__all__ = ["weight_grad_by_patches"]
_BLOCK = 8  # vectors of pixels in a block
_DEPTH = 192  # most rows k in a piece of work (if the taps allow): all it needs fits the cache
_PIECES = 16  # pieces of work that are enough
_SLICE_BYTES = 64 * 2**20  # most memory for the slices' copies of the result


def weight_grad_by_patches(
    gw: np.ndarray, x: np.ndarray, gy: np.ndarray, taps: np.ndarray, walk: Walk
) -> None:
    """As ``weight_grad.conv2d_weight_grad``, on its walk of x."""
    G, T = walk.G, len(taps)
    O = gw.shape[0] // G
    Q = walk.QH * walk.QW
    gy_walk = Walk(walk.N, G, O, 1, Q, 1, Q, 1, 1)
    L = VECTOR_BYTES // x.itemsize
    blocks = -(-walk.N * walk.QH * walk.QW // (_BLOCK * L))
    stretches = -(-walk.C // max(1, _DEPTH // T))
    channels = -(-walk.C // stretches)
    depth = -(-channels * T // ROWS) * ROWS
    width = -(-O // L) * L
    copy = G * stretches * depth * width
    slices = min(
        blocks, -(-_PIECES // (G * stretches)), max(1, _SLICE_BYTES // (copy * x.itemsize))
    )
    sums = aligned_empty(slices * copy, x.dtype, "conv2d weight gradient")

    def private():
        return (
            aligned_empty(depth * _BLOCK * L, x.dtype, "conv2d weight gradient"),
            aligned_empty(_BLOCK * L * width, x.dtype, "conv2d weight gradient"),
            aligned_empty(_BLOCK * L * width, x.dtype, "conv2d weight gradient"),
            *piece_tables(_BLOCK, _BLOCK, L, T),
            *piece_tables(_BLOCK, _BLOCK, L, 1),
        )

    zeros, middle = np.zeros(ROWS, x.dtype), np.zeros((1, 2), np.int64)
    split = (slices, stretches, blocks, channels, depth, width)
    launch(
        sum_slices, slices * G * stretches, sums, x.reshape(-1), gy.reshape(-1), zeros, taps,
        middle, walk, gy_walk, split, private=private,
    )  # fmt: skip
    launch(add_slices, G * O, gw.reshape(-1), sums, O, walk.C, T, split)


def _pack_transposed(transposed, rows, gy, tables, taps, g, first, end, walk, width):
    """Panels of VECTORS vectors of output channels; in a panel, row p has those of pixel p.

    A plane of gy is seen as one row of pixels and packed as patches of one tap, then turned.
    """
    pieces, aims = tables
    L = lanes(gy)
    count = find_pieces(pieces, first, end, L, walk)
    pixels = (end - first + L - 1) // L * L
    pack_patches(rows, pixels // L, gy, pieces, count, aims, taps, g, (0, walk.C), walk)
    for o in range(0, width, L):
        panel = o // (VECTORS * L) * VECTORS * L
        step = min(VECTORS * L, width - panel)
        for p in range(0, pixels, L):
            target = panel * pixels + p * step + o - panel
            transpose_tile(transposed, target, step, rows, o * pixels + p, pixels)


pack_transposed = jit(_pack_transposed)


def _sum_slices(work, sums, x, gy, zeros, taps, middle, walk, gy_walk, split, buffers):
    """Take slice after slice: its part of the sums, block by block of its pixels."""
    fork(work)
    slices, stretches, blocks, channels, depth, width = split
    patches, rows, transposed, pieces, aims, gy_pieces, gy_aims = buffers
    L = lanes(x)
    pixels = _BLOCK * L
    positions = walk.N * walk.QH * walk.QW
    piece = take(work)
    while piece < work[1]:
        this, g = piece // stretches // walk.G, piece // stretches % walk.G
        c = piece % stretches * channels
        c_end = min(c + channels, walk.C)
        first_sum = piece * depth * width
        first_block, end_block = this * blocks // slices, (this + 1) * blocks // slices
        for block in range(first_block, end_block):
            first = block * pixels
            end = min(first + pixels, positions)
            count = find_pieces(pieces, first, end, L, walk)
            used = (end - first + L - 1) // L
            pack_patches(patches, used, x, pieces, count, aims, taps, g, (c, c_end), walk)
            pack_transposed(
                transposed, rows, gy, (gy_pieces, gy_aims), middle, g, first, end, gy_walk, width
            )
            for column in range(0, width, VECTORS * L):
                vectors = min(VECTORS, (width - column) // L)
                b = (transposed, column * used * L, vectors * L)
                for row in range(0, (c_end - c) * len(taps), ROWS):
                    a = (patches, row * used * L, used * L, 1)
                    total = (sums, first_sum + row * width + column, width)
                    multiply(
                        vectors, total, ROWS, from_bits(L), a, b, used * L, (zeros, 0),
                        block > first_block,
                    )  # fmt: skip
        piece = take(work)


sum_slices = jit(_sum_slices)


def _add_slices(work, gw, sums, O, C, T, split):
    """gw[g*O + o, c, t] = sum over slices; one output channel per piece of work."""
    fork(work)
    slices, stretches, _, channels, depth, width = split
    copy = len(sums) // slices
    channel = take(work)
    while channel < work[1]:
        group = channel // O * stretches * depth * width + channel % O
        for c in range(C):
            first = group + (c // channels * depth + c % channels * T) * width
            for t in range(T):
                total = sums[first + t * width]
                for s in range(1, slices):
                    total += sums[first + s * copy + t * width]
                gw[(channel * C + c) * T + t] = total
        channel = take(work)


add_slices = jit(_add_slices)
