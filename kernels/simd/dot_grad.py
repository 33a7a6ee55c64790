"""Weight gradient of first layers: a dot product, along the pixels, for each weight.

    gw[o, k] = sum over pixels p of patch[k, p] * gy[o, p]

A first layer has few rows of patches k = (c, t), and many large planes of gy.  gy lies along the
pixels, so it is read where it is; only the patches are packed, some rows of the picture at a time::

    for each slice of the pixels and group          (a piece of work)
        for each block of output rows in the slice
            pack the patches: row k has the block's pixels side by side   (`pack_rows`)
            for each 8 rows of gy and 3 of the patches: dot products (`row_dots`)

The slices' sums are added at the end, always in the same order.
"""

import numpy as np

from .._jit import jit
from .fork import fork
from .micro_kernel import ROWS, VECTORS
from .patch_rows import RowPlan, pack_rows
from .patches import Walk
from .row_dots import dot_tile
from .tasks import aligned_empty, launch, take

__all__ = ["weight_grad_by_dots"]

_PIECES = 16  # pieces of work that are enough


def weight_grad_by_dots(
    gw: np.ndarray, x: np.ndarray, gy: np.ndarray, walk: Walk, plan: RowPlan
) -> None:
    """As ``weight_grad.conv2d_weight_grad``, on its walk of x, by plan."""
    G, O = walk.G, gw.shape[0] // walk.G
    K = gw.size // gw.shape[0]
    blocks = walk.N * -(-walk.QH // plan.band.rows)
    slices = min(blocks, -(-_PIECES // G))
    sums = np.zeros((slices, G, -(-O // ROWS), -(-K // VECTORS), VECTORS, ROWS), x.dtype)

    def private():
        return (
            aligned_empty(plan.packed, x.dtype, "conv2d weight gradient"),
            aligned_empty(plan.copied, x.dtype, "conv2d weight gradient"),
        )

    launch(
        sum_dots, slices * G, sums.reshape(-1), x.reshape(-1), gy.reshape(-1), walk, O,
        (slices, plan.room), plan.band, plan.tables, private=private,
    )  # fmt: skip
    with np.errstate(all="ignore"):
        total = np.add.reduce(sums, axis=0)
    total = total.transpose(0, 1, 4, 2, 3).reshape(G, sums.shape[2] * ROWS, -1)
    gw.reshape(G, O, K)[...] = total[:, :O, :K]


def _sum_dots(work, sums, x, gy, walk, O, cut, band, tables, buffers):
    """A slice of the blocks and a group per piece of work."""
    fork(work)
    slices, room = cut
    packed, copy = buffers
    K = walk.C * len(tables[2])
    k_tiles, o_tiles = (K + VECTORS - 1) // VECTORS, (O + ROWS - 1) // ROWS
    stretches = (walk.QH + band.rows - 1) // band.rows
    blocks = walk.N * stretches
    plane = walk.QH * walk.QW
    piece = take(work)
    while piece < work[1]:
        this, g = piece // walk.G, piece % walk.G
        for block in range(this * blocks // slices, (this + 1) * blocks // slices):
            n, first = block // stretches, block % stretches * band.rows
            rows = min(band.rows, walk.QH - first)
            pack_rows(packed, room, copy, x, n * walk.G + g, first, rows, walk, band, tables)
            for i in range(o_tiles):
                o = (n * walk.G + g) * O + i * ROWS
                others = (gy, o * plane + first * walk.QW, plane, min(ROWS, O - i * ROWS))
                for j in range(k_tiles):
                    patches = (packed, j * VECTORS * room, room, min(VECTORS, K - j * VECTORS))
                    place = ((piece * o_tiles + i) * k_tiles + j) * VECTORS * ROWS
                    dot_tile((sums, place), patches, others, rows * walk.QW)
        piece = take(work)


sum_dots = jit(_sum_dots)
