"""conv2d_weight_grad: the same patches as forward, multiplied by the output gradient.

    gw[o, k] = sum over pixels p of patch[k, p] * gy[o, p]

The sum now runs over pixels, of which there are many, and the result is small.  So the pixels are
cut into slices; each slice adds up its own copy of the result, and the copies are added at the end,
always in the same order.  How many slices there are depends on the shapes alone, and so the bits do
not depend on the number of threads.

    for each slice, group and stretch of k          (a piece of work: its own part of `sums`)
        for each block of pixels in the slice
            pack the patches        row k: the block's pixels side by side
            pack gy, transposed     row p: the output channels side by side
            for each 8 rows k and 3 vectors of output channels: micro-kernel, summed over p

The micro-kernel reads its A operand (the patches) one number at a time, in any direction; only its
B operand must have the columns of the result side by side, and so gy is what gets transposed: it is
the smaller of the two by the number of taps.
"""

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
    conv2d_walk,
    find_pieces,
    pack_patches,
    piece_table,
)
from .tasks import aligned_empty, launch, take
from .vector import VECTOR_BYTES, from_bits, lanes

__all__ = ["conv2d_weight_grad"]
_BLOCK = 8  # vectors of pixels in a block
_DEPTH = 512  # most rows k in a piece of work: with a block's pixels, a quarter of a megabyte
_PIECES = 16  # pieces of work that are enough
_SLICE_BYTES = 64 * 2**20  # most memory for the slices' copies of the result


def conv2d_weight_grad(gw: np.ndarray, x: np.ndarray, gy: np.ndarray, geometry) -> None:
    """Gradient of conv2d's weight; with x and gy exchanged, of conv_transpose2d's.

    Parameters
    ----------
    gw : (O, C/G, KH, KW), written
    x : (N, C, H, W)
    gy : (N, O, OH, OW)
    geometry : Conv2dGeometry
    """
    walk, taps = conv2d_walk(x, gw.shape[2:], gy.shape[2:], geometry)
    if gy.size == 0:
        gw[...] = 0
        return
    G, T = walk.G, len(taps)
    O, K = gw.shape[0] // G, T * walk.C
    L = VECTOR_BYTES // x.itemsize
    blocks = -(-walk.N * walk.QH * walk.QW // (_BLOCK * L))
    stretches = -(-K // _DEPTH)
    depth = -(-K // stretches // ROWS) * ROWS
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
            piece_table(_BLOCK, L),
            np.array([np.arange(_BLOCK) * L, np.full(_BLOCK, _BLOCK * L)]),
        )

    zeros = np.zeros(ROWS, x.dtype)
    split = (slices, stretches, blocks, depth, width)
    launch(
        sum_slices, slices * G * stretches, sums, x.reshape(-1), gy.reshape(-1), zeros, taps, O,
        walk, split, private=private,
    )  # fmt: skip
    launch(add_slices, G * O, gw.reshape(-1), sums, O, walk.C, T, split)


def _pack_transposed(packed, gy, pieces, count, g, O, walk, width):
    """The pixels of all pieces as rows of ``width`` output channels, zeros where there are none."""
    packed[:] = 0
    Q = walk.QH * walk.QW
    L = lanes(gy)
    for s in range(count):
        source = (pieces[s, PICTURE] * walk.G + g) * O * Q
        source += pieces[s, ROW] * walk.QW + pieces[s, COLUMN]
        target = (pieces[s, VECTOR] * L + pieces[s, LANE]) * width
        for o in range(O):
            for j in range(pieces[s, LENGTH]):
                packed[target + j * width + o] = gy[source + o * Q + j]


pack_transposed = jit(_pack_transposed)


def _sum_slices(
    work, sums, x, gy, zeros, taps, O, walk, split, patches, transposed, pieces, places
):
    """Take slice after slice: its part of the sums, block by block of its pixels."""
    slices, stretches, blocks, depth, width = split
    L = lanes(x)
    K = len(taps) * walk.C
    pixels = _BLOCK * L
    positions = walk.N * walk.QH * walk.QW
    piece = take(work)
    while piece < work[1]:
        this, g = piece // stretches // walk.G, piece // stretches % walk.G
        k = piece % stretches * depth
        k_end = min(k + depth, K)
        first_sum = piece * depth * width
        first_block, end_block = this * blocks // slices, (this + 1) * blocks // slices
        for block in range(first_block, end_block):
            first = block * pixels
            end = min(first + pixels, positions)
            count = find_pieces(pieces, first, end, L, walk)
            pack_patches(patches, places[0], places[1], x, pieces, count, taps, g, k, k_end, walk)
            pack_transposed(transposed, gy, pieces, count, g, O, walk, width)
            used = (end - first + L - 1) // L * L
            for row in range(0, k_end - k, ROWS):
                a = (patches, row * pixels, pixels, 1)
                for column in range(0, width, VECTORS * L):
                    vectors = min(VECTORS, (width - column) // L)
                    c = (sums, first_sum + row * width + column, width)
                    b = (transposed, column, width)
                    multiply(
                        vectors, c, ROWS, from_bits(L), a, b, used, (zeros, 0), block > first_block
                    )
        piece = take(work)


sum_slices = jit(_sum_slices)


def _add_slices(work, gw, sums, O, C, T, split):
    """gw[g*O + o, c, t] = sum over slices; one output channel per piece of work."""
    slices, stretches, _, depth, width = split
    copy = len(sums) // slices
    channel = take(work)
    while channel < work[1]:
        first = channel // O * stretches * depth * width + channel % O
        for c in range(C):
            for t in range(T):
                total = sums[first + (t * C + c) * width]
                for s in range(1, slices):
                    total += sums[first + s * copy + (t * C + c) * width]
                gw[(channel * C + c) * T + t] = total
        channel = take(work)


add_slices = jit(_add_slices)
