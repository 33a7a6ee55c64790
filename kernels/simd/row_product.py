"""Convolution of first layers: the micro-kernel on the patches of some whole output rows.

    for each block of output rows and group             (pieces of work are runs of blocks)
        pack the patches: row k has the block's positions side by side   (`pack_rows`)
        for each panel of 8 output channels
            for each 3 vectors of positions: micro-kernel -> y

A block's positions are side by side in y, too, so tiles are written straight there.
"""

import numpy as np

from .._jit import jit
from .fork import fork
from .gather import Output, padded_bias
from .micro_kernel import ROWS, VECTORS, multiply
from .patch_rows import RowPlan, pack_rows
from .patches import Walk
from .tasks import aligned_empty, launch, take
from .vector import from_bits, lanes
from .weights import filters_of, pack_weights

__all__ = ["gather_rows"]

_ENOUGH = 64  # pieces; where there are more, blocks come in runs, as in ``gather``


def gather_rows(
    y: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray, taps: np.ndarray,
    phases: np.ndarray, walk: Walk, out: Output, transposed: bool, plan: RowPlan,
) -> None:  # fmt: skip
    """As ``gather.gather``, of one phase that has all positions, by plan."""
    filters = filters_of(w, walk.G, transposed)
    weights = pack_weights(w, taps, phases, walk.G, walk.C, filters)
    blocks = walk.N * -(-walk.QH // plan.band.rows)
    run = max(1, blocks * walk.G // _ENOUGH)

    def private():
        return (
            aligned_empty(plan.packed, x.dtype, "convolution"),
            aligned_empty(plan.copied, x.dtype, "convolution"),
        )

    launch(
        multiply_rows, -(-blocks // run) * walk.G, y.reshape(-1), x.reshape(-1), weights,
        padded_bias(b, x.dtype, walk, out), walk, out.O, (run, blocks, plan.room), plan.band,
        plan.tables, private=private,
    )  # fmt: skip


def _multiply_rows(work, y, x, weights, bias, walk, O, cut, band, tables, buffers):
    """Take run after run of blocks of one group."""
    fork(work)
    run, blocks, room = cut
    packed, copy = buffers
    L, K = lanes(y), walk.C * len(tables[2])
    panels, plane = (O + ROWS - 1) // ROWS, walk.QH * walk.QW
    stretches = (walk.QH + band.rows - 1) // band.rows
    runs = (blocks + run - 1) // run
    piece = take(work)
    while piece < work[1]:
        g, begin = piece // runs, piece % runs * run
        for block in range(begin, min(begin + run, blocks)):
            first = block % stretches * band.rows
            rows = min(band.rows, walk.QH - first)
            group = block // stretches * walk.G + g
            pack_rows(packed, room, copy, x, group, first, rows, walk, band, tables)
            count = rows * walk.QW
            for m in range(panels):
                panel = (g * panels + m) * ROWS
                corner = (group * O + m * ROWS) * plane + first * walk.QW
                for p in range(0, count, VECTORS * L):
                    width = min(VECTORS, (count - p + L - 1) // L)
                    multiply(
                        width, (y, corner + p, plane), min(ROWS, O - m * ROWS),
                        from_bits(min(L, count - p - (width - 1) * L)),
                        (weights, panel * K, 1, ROWS), (packed, p, room), K, (bias, panel), False,
                    )  # fmt: skip
        piece = take(work)


multiply_rows = jit(_multiply_rows)
