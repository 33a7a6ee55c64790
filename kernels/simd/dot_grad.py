"""Weight gradient of first layers: a dot product, along the pixels, for each weight.

    gw[o, k] = sum over pixels p of patch[k, p] * gy[o, p]

A first layer has few rows of patches k = (c, t), and many large planes of gy.  gy lies along the
pixels, so it is read where it is; only the patches are packed, some rows of the picture at a time::

    for each slice of the pixels and group          (a piece of work)
        for each block of output rows in the slice
            pack the patches: row k has the block's pixels side by side
            for each 8 rows of gy and 3 of the patches: dot products (`row_dots`)

The slices' sums are added at the end, always in the same order.
"""

import numpy as np

from .._jit import jit
from .instructions import VECTOR_BYTES
from .micro_kernel import ROWS, VECTORS
from .patches import Walk
from .row_dots import dot_tile
from .tasks import aligned_empty, launch, take
from .vector import broadcast, evens, from_bits, lanes, masked_load, store

__all__ = ["dot_rows", "weight_grad_by_dots"]

_PIXELS = 512  # output pixels in a block, about
_PACKED = 2**16  # most numbers of packed patches
_PIECES = 16  # pieces of work that are enough


def dot_rows(rows: int, walk: Walk) -> int:
    """Output rows in a block, for so many rows of patches; 0 if not one fits."""
    most = min(max(_PIXELS, walk.QW), _PACKED // rows) // walk.QW
    return -(-walk.QH // -(-walk.QH // most)) if most else 0


def weight_grad_by_dots(
    gw: np.ndarray, x: np.ndarray, gy: np.ndarray, taps: np.ndarray, walk: Walk
) -> None:
    """As ``weight_grad.conv2d_weight_grad``, on its walk of x, where `dot_rows` is not 0."""
    L = VECTOR_BYTES // x.itemsize
    G, O, K = walk.G, gw.shape[0] // walk.G, walk.C * len(taps)
    rows = dot_rows(K, walk)
    room = -(-rows * walk.QW // L) * L + L
    blocks = walk.N * -(-walk.QH // rows)
    slices = min(blocks, -(-_PIECES // G))
    sums = np.zeros((slices, G, -(-O // ROWS), -(-K // VECTORS), VECTORS, ROWS), x.dtype)
    launch(
        sum_dots, slices * G, sums.reshape(-1), x.reshape(-1), gy.reshape(-1), taps, walk, O,
        (slices, rows, room),
        private=lambda: (aligned_empty(K * room, x.dtype, "conv2d weight gradient"),),
    )  # fmt: skip
    with np.errstate(all="ignore"):
        total = np.add.reduce(sums, axis=0)
    total = total.transpose(0, 1, 4, 2, 3).reshape(G, sums.shape[2] * ROWS, -1)
    gw.reshape(G, O, K)[...] = total[:, :O, :K]


def _fill_zeros(packed, place, count):
    """Zeros, and up to a vector of them beyond."""
    for i in range(0, count, lanes(packed)):
        store(packed, place + i, broadcast(packed, 0))


fill_zeros = jit(_fill_zeros)


def _pack_row(packed, place, x, source, count, stride):
    """Every stride-th pixel of a row, and up to a vector of zeros beyond."""
    L = lanes(x)
    zero = broadcast(x, 0)
    for i in range(0, count, L):
        if stride == 1:
            value = masked_load(x, source + i, from_bits(min(L, count - i)), zero)
        elif stride == 2:
            mask = from_bits(min(2 * L, 2 * (count - i) - 1))
            low = masked_load(x, source + 2 * i, mask & from_bits(L), zero)
            value = evens(low, masked_load(x, source + 2 * i + L, mask >> L, zero))
        else:
            value = zero
        store(packed, place + i, value)
    if stride > 2:
        for i in range(count):
            packed[place + i] = x[source + i * stride]


pack_row = jit(_pack_row)


def _pack_rows(packed, room, x, plane, taps, first, rows, walk):
    """The patches of some output rows: row k = c*T + t at k*room."""
    place = 0
    for c in range(walk.C):
        for t in range(len(taps)):
            tap_h, tap_w = taps[t]
            left = min(max(0, -(tap_w // walk.TW)), walk.QW)
            right = max(left, min(walk.QW, (walk.W - 1 - tap_w) // walk.TW + 1))
            for row in range(rows):
                ih = (first + row) * walk.TH + tap_h
                target = place + row * walk.QW
                if 0 <= ih < walk.H:
                    source = ((plane + c) * walk.H + ih) * walk.W + tap_w + left * walk.TW
                    fill_zeros(packed, target, left)
                    pack_row(packed, target + left, x, source, right - left, walk.TW)
                    fill_zeros(packed, target + right, walk.QW - right)
                else:
                    fill_zeros(packed, target, walk.QW)
            place += room


pack_rows = jit(_pack_rows)


def _sum_dots(work, sums, x, gy, taps, walk, O, cut, buffers):
    """A slice of the blocks and a group per piece of work."""
    slices, most, room = cut
    (packed,) = buffers
    K = walk.C * len(taps)
    k_tiles, o_tiles = (K + VECTORS - 1) // VECTORS, (O + ROWS - 1) // ROWS
    stretches = (walk.QH + most - 1) // most
    blocks = walk.N * stretches
    plane = walk.QH * walk.QW
    piece = take(work)
    while piece < work[1]:
        this, g = piece // walk.G, piece % walk.G
        for block in range(this * blocks // slices, (this + 1) * blocks // slices):
            n, first = block // stretches, block % stretches * most
            rows = min(most, walk.QH - first)
            pack_rows(packed, room, x, (n * walk.G + g) * walk.C, taps, first, rows, walk)
            for i in range(o_tiles):
                o = (n * walk.G + g) * O + i * ROWS
                others = (gy, o * plane + first * walk.QW, plane, min(ROWS, O - i * ROWS))
                for j in range(k_tiles):
                    patches = (packed, j * VECTORS * room, room, min(VECTORS, K - j * VECTORS))
                    place = ((piece * o_tiles + i) * k_tiles + j) * VECTORS * ROWS
                    dot_tile((sums, place), patches, others, rows * walk.QW)
        piece = take(work)


sum_dots = jit(_sum_dots)
