"""Depthwise transposed convolution of column stride 2, also the input gradient of that stride.

An output row holds the positions of two phases by turns (see ``conv``).  Both are summed in
registers, each from its own taps, and woven together on their way to y::

    left = 0:   a b c d ..
    left = 1:   e f g h ..        ->   a e b f c g d h ..

As in ``depthwise``, nothing is copied, and columns outside the picture are masked out.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .._jit import jit
from .depthwise import lane_masks, planes_of_piece, row_ends
from .fork import fork
from .gather import Output
from .instructions import VECTOR_BYTES
from .patches import Walk
from .rows import add_row, load_row, repeated, store_row, woven
from .tasks import launch, take
from .vector import broadcast, lanes

__all__ = ["gather_depthwise_phases", "has_depthwise_phases"]


def has_depthwise_phases(walk: Walk, out: Output) -> bool:
    """Whether `gather_depthwise_phases` is for this walk."""
    return (walk.C, out.O, walk.TH, walk.TW, out.UW) == (1, 1, 1, 1, 2) and out.OW > 1


class _Plan(NamedTuple):
    """The taps of all phases, as `weave_strip` follows them.

    All phases with the same top have the same rows, all with the same left the same columns.
    """

    order: np.ndarray  # where the weights are in the kernel: row by row, left = 0 before left = 1
    rows: np.ndarray  # the offsets of the rows of top = 0, 1, ...
    tops: np.ndarray  # where those of each top begin, and the end
    columns: np.ndarray  # the offsets of the columns of left = 0, then 1
    evens: int  # how many of them are of left = 0
    masks: np.ndarray  # the lanes of their vectors
    ends: np.ndarray  # the lanes of the vectors of a row of y


@lru_cache(maxsize=256)
def _plan(taps: bytes, ranges: bytes, walk: Walk, out: Output, L: int) -> _Plan:
    table = np.frombuffer(taps, np.int64).reshape(-1, 3)
    phases = np.frombuffer(ranges, np.int64).reshape(-1, 4)
    tops, lefts = (np.repeat(phases[:, i], phases[:, 1] - phases[:, 0]) for i in (2, 3))
    rows = np.array(sorted(set(zip(tops, table[:, 0], strict=True))), np.int64).reshape(-1, 2)
    even, odd = (np.unique(table[lefts == left, 1]) for left in (0, 1))
    columns = np.concatenate([even, odd])
    return _Plan(
        table[np.lexsort((table[:, 1], lefts, table[:, 0], tops)), 2], rows[:, 1].copy(),
        np.searchsorted(rows[:, 0], np.arange(min(out.UH, out.OH) + 1)), columns, len(even),
        lane_masks(columns, walk, L).reshape(-1), row_ends(out.OW, 2 * -(-walk.QW // L), L),
    )  # fmt: skip


def gather_depthwise_phases(
    y: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray, table: np.ndarray,
    phases: np.ndarray, walk: Walk, out: Output,
) -> None:  # fmt: skip
    """As `gather_directly`, for walks that `has_depthwise_phases` accepts."""
    plan = _plan(table.tobytes(), phases.tobytes(), walk, out, VECTOR_BYTES // x.itemsize)
    weights, planes = w.reshape(walk.G, -1)[:, plan.order], planes_of_piece(walk)
    launch(
        weave_planes, -(-walk.N * walk.G // planes), y.reshape(-1), x.reshape(-1),
        weights.reshape(-1), b, plan.rows, plan.tops, plan.columns, plan.masks, plan.ends, walk,
        out, (plan.evens, planes),
    )  # fmt: skip


def _weave_strip(y, x, weights, start, rows, tops, columns, masks, ends, places, walk, out, like):
    """Follow a strip of len(like) vectors of positions, from v, through all rows of a plane."""
    target, source, w, v, vectors, evens = places
    row = repeated(like, start)
    for qh in range(walk.QH):
        for top in range(min(len(tops) - 1, out.OH - qh * out.UH)):
            even, odd = (row,), (row,)
            for r in range(tops[top], tops[top + 1]):
                ih = qh + rows[r]
                if 0 <= ih < walk.H:
                    place, these = source + ih * walk.W, w + r * len(columns)
                    for c in range(evens):
                        m = c * vectors + v
                        values = load_row(like, (0,), x, place + columns[c], masks, m)
                        even = add_row(even, values, weights, these + c)
                    for c in range(evens, len(columns)):
                        m = c * vectors + v
                        values = load_row(like, (0,), x, place + columns[c], masks, m)
                        odd = add_row(odd, values, weights, these + c)
            oh = qh * out.UH + top
            store_row(y, target + oh * out.OW, woven(even[0], odd[0]), ends, 2 * v)


weave_strip = jit(_weave_strip)


def _weave_planes(work, y, x, weights, bias, rows, tops, columns, masks, ends, walk, out, split):
    """Take piece after piece: its planes, and of each the strips from left to right."""
    fork(work)
    evens, planes = split
    L, vectors = lanes(x), len(ends) // 2
    piece = take(work)
    while piece < work[1]:
        for plane in range(piece * planes, min((piece + 1) * planes, walk.N * walk.G)):
            g = plane % walk.G
            start, w = broadcast(x, bias[g]), g * len(rows) * len(columns)
            v = 0
            while v < vectors:
                target = plane * out.OH * out.OW + 2 * v * L
                source = plane * walk.H * walk.W + v * L
                places = (target, source, w, v, vectors, evens)
                if vectors - v >= 2:
                    weave_strip(
                        y, x, weights, start, rows, tops, columns, masks, ends, places, walk, out,
                        (0, 0),
                    )  # fmt: skip
                    v += 2
                else:
                    weave_strip(
                        y, x, weights, start, rows, tops, columns, masks, ends, places, walk, out,
                        (0,),
                    )  # fmt: skip
                    v += 1
        piece = take(work)


weave_planes = jit(_weave_planes)
