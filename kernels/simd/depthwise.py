"""Depthwise convolution: down each plane, every input row loaded once.

One channel in, one channel out: KH*KW multiply-adds a pixel, and so nothing may cost more than
those.  A strip some vectors wide is followed from the top of a plane to its bottom.  Input row ih
belongs to the windows of KH output rows, whose sums are all in registers; when a row has been
multiplied into them, the first is complete, and the others move on:

            sums[0]    sums[1]    sums[2]
    ih = 4  oh 4 += a  oh 3 += b  oh 2 += c  -> y          a b c   the kernel's rows (no padding)
    ih = 5  oh 5 += a  oh 4 += b  oh 3 += c  -> y

Nothing is copied: columns outside the picture are masked out, rows outside are left out.  With
dilation DH, the rows of each remainder by DH are a pass of their own.  The input gradient is the
same with the kernel turned round.

With a row stride, few input rows are shared by two output rows.  Then there is one row of sums, and
the rows of the kernel are followed one after the other.  With a column stride of 2, what two taps
side by side look at is loaded together: the numbers at even places are for one, those at odd places
for the other.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .._jit import jit
from .fork import fork
from .gather import Output
from .instructions import VECTOR_BYTES
from .patches import Walk
from .rows import add_row, load_pairs, load_row, pushed, repeated, store_row
from .tasks import launch, take
from .vector import broadcast, lanes

__all__ = [
    "MOST_ROWS",
    "gather_depthwise",
    "is_depthwise",
    "lane_masks",
    "planes_of_piece",
    "row_ends",
]

MOST_ROWS = 7
"""Most rows of a kernel that this is for: their sums fill the registers."""
_PIECES = 64  # pieces of work, about


def is_depthwise(table: np.ndarray, walk: Walk, out: Output) -> bool:
    """Whether `gather_depthwise` is for this walk."""
    one = (walk.C, out.O, out.UH, out.UW) == (1, 1, 1, 1) and walk.TW <= 2
    return one and 0 < len(set(table[:, 0].tolist())) <= MOST_ROWS


def _row_step(table: np.ndarray) -> tuple[int, int, int]:
    """How many different rows the taps have, the first of them, and how far they are apart."""
    rows = sorted(set(table[:, 0].tolist()))
    return len(rows), rows[0], rows[1] - rows[0] if len(rows) > 1 else 1


def lane_masks(columns: np.ndarray, walk: Walk, L: int) -> np.ndarray:
    """The numbers of a row of x that count, for each tap and vector, (T, vectors, TW) int64.

    Bit j of the masks says so of the element j columns from the one that lane 0 looks at: it is in
    the picture, and so is the position of its lane in the walk.  TW is 1 or 2.
    """
    starts = np.arange(0, walk.QW, L)
    first = starts * walk.TW + columns[:, None]
    begin = np.clip(-first, 0, L * walk.TW)
    end = np.minimum(walk.W - first, (walk.QW - starts) * walk.TW).clip(0, L * walk.TW)
    whole = np.where(begin < end, (1 << end) - (1 << begin), 0)
    return np.stack([whole >> i * L & (1 << L) - 1 for i in range(walk.TW)], axis=-1)


def row_ends(length: int, vectors: int, L: int) -> np.ndarray:
    """The lanes of each of so many vectors that are in a row of so many numbers, (vectors,)."""
    return (1 << np.clip(length - np.arange(vectors) * L, 0, L)) - 1


def planes_of_piece(walk: Walk) -> int:
    """Planes side by side that are one piece of work.

    Of a plane apart from its neighbours, some cache lines are always in another core's hands.
    """
    return max(1, walk.N * walk.G // _PIECES)


class _Plan(NamedTuple):
    """The taps of a depthwise convolution, as `pass_planes` follows them."""

    order: np.ndarray  # where the weight of each tap is in the kernel, as they are needed
    columns: np.ndarray  # of each column of taps, what lane 0 of the first vector looks at
    masks: np.ndarray  # the lanes of its vectors
    ends: np.ndarray  # the lanes of the vectors of a row of y
    rows: tuple[int, ...]  # as many as rows of sums
    steps: tuple[int, ...]  # as many as the column stride
    numbers: tuple[int, ...]  # top, step, downs, hop, pairs, planes: see `pass_strip`


@lru_cache(maxsize=256)
def _plan(taps: bytes, walk: Walk, L: int) -> _Plan:
    table = np.frombuffer(taps, np.int64).reshape(-1, 3)
    KH, top, step = _row_step(table)
    together, hop = (KH, step) if walk.TH == 1 else (1, 1)
    table = table[np.lexsort((table[:, 0], table[:, 1]) if walk.TH == 1 else table.T[1::-1])]
    columns = np.unique(table[:, 1])
    pairs = len(columns) // 2 if walk.TW == 2 and (np.diff(columns) == 1).all() else 0
    return _Plan(
        table[:, 2], columns, lane_masks(columns, walk, L).reshape(-1),
        row_ends(walk.QW, -(-walk.QW // L), L),
        (0,) * together, (0,) * walk.TW,
        (top, step, KH // together, hop, pairs, planes_of_piece(walk)),
    )  # fmt: skip


def gather_depthwise(
    y: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray, table: np.ndarray, walk: Walk
) -> None:
    """As `gather_directly`, for walks of one phase that `is_depthwise` accepts."""
    plan = _plan(table.tobytes(), walk, VECTOR_BYTES // x.itemsize)
    weights = w.reshape(walk.G, -1)[:, plan.order]
    launch(
        pass_planes, -(-walk.N * walk.G // planes_of_piece(walk)), y.reshape(-1), x.reshape(-1),
        weights.reshape(-1), b, plan.columns, plan.masks, plan.ends, walk, plan.numbers, plan.rows,
        plan.steps,
    )  # fmt: skip


def _pass_strip(y, x, weights, start, columns, masks, ends, places, walk, split, rows, steps, like):
    """Follow a strip of len(like) vectors, from v, through all rows of one remainder.

    Input rows ``top`` + ``down`` * ``step`` further, for each of ``downs``, are multiplied into the
    sums of output rows ``hop`` apart.  The first ``pairs`` pairs of columns are loaded together.
    """
    target, source, w, v, remainder = places
    top, step, downs, hop, pairs, _ = split
    vectors, row, R = len(ends), repeated(like, start), len(rows)
    sums = repeated(rows, row)
    ahead = hop * (R - 1)
    for oh in range(remainder - ahead, walk.QH, hop):
        for down in range(downs):
            ih = (oh + ahead) * walk.TH + top + down * step
            if 0 <= ih < walk.H:
                place, these = source + ih * walk.W, w + down * len(columns) * R
                if len(steps) == 2:
                    for kw in range(0, 2 * pairs, 2):
                        m = (kw * vectors + v) * 2
                        values, others = load_pairs(like, x, place + columns[kw], masks, m)
                        sums = add_row(sums, values, weights, these + kw * R)
                        sums = add_row(sums, others, weights, these + (kw + 1) * R)
                for kw in range(2 * pairs, len(columns)):
                    m = (kw * vectors + v) * len(steps)
                    values = load_row(like, steps, x, place + columns[kw], masks, m)
                    sums = add_row(sums, values, weights, these + kw * R)
        if oh >= 0:
            store_row(y, target + oh * walk.QW, sums[-1], ends, v)
        sums = pushed(sums, row)


pass_strip = jit(_pass_strip)


def _pass_planes(work, y, x, weights, bias, columns, masks, ends, walk, split, rows, steps):
    """Take piece after piece: its planes, the remainders of each, and strips from left to right."""
    fork(work)
    downs, hop, planes = split[2], split[3], split[5]
    L = lanes(x)
    piece = take(work)
    while piece < work[1]:
        for plane in range(piece * planes, min((piece + 1) * planes, walk.N * walk.G)):
            g = plane % walk.G
            start, w = broadcast(x, bias[g]), g * downs * len(columns) * len(rows)
            for remainder in range(min(hop, walk.QH)):
                v = 0
                while v < len(ends):
                    target = plane * walk.QH * walk.QW + v * L
                    source = plane * walk.H * walk.W + v * L * walk.TW
                    places = (target, source, w, v, remainder)
                    left = len(ends) - v
                    if left >= 4:
                        pass_strip(
                            y, x, weights, start, columns, masks, ends, places, walk, split, rows,
                            steps, (0, 0, 0, 0),
                        )  # fmt: skip
                        v += 4
                    elif left >= 2:
                        pass_strip(
                            y, x, weights, start, columns, masks, ends, places, walk, split, rows,
                            steps, (0, 0),
                        )  # fmt: skip
                        v += 2
                    else:
                        pass_strip(
                            y, x, weights, start, columns, masks, ends, places, walk, split, rows,
                            steps, (0,),
                        )  # fmt: skip
                        v += 1
        piece = take(work)


pass_planes = jit(_pass_planes)
