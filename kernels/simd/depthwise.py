"""Depthwise convolution of stride 1: down each plane, every input row loaded once.

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
"""

import numpy as np

from .._jit import jit
from .gather import Output
from .instructions import VECTOR_BYTES
from .patches import Walk
from .rows import add_row, load_row, pushed, repeated, store_row
from .tasks import launch, take
from .vector import broadcast, lanes

__all__ = ["MOST_ROWS", "gather_depthwise", "is_depthwise", "lane_masks"]

MOST_ROWS = 7
"""Most rows of a kernel that this is for: their sums fill the registers."""


def is_depthwise(table: np.ndarray, walk: Walk, out: Output) -> bool:
    """Whether `gather_depthwise` is for this walk."""
    steps = (walk.C, out.O, walk.TH, walk.TW, out.UH, out.UW)
    return steps == (1,) * 6 and 0 < len(set(table[:, 0].tolist())) <= MOST_ROWS


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


def gather_depthwise(
    y: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray, table: np.ndarray, walk: Walk
) -> None:
    """As `gather_directly`, for walks of one phase that `is_depthwise` accepts."""
    KH, top, step = _row_step(table)
    table = table[np.lexsort((table[:, 0], table[:, 1]))]
    columns = table[::KH, 1].copy()
    L = VECTOR_BYTES // x.itemsize
    every = lane_masks(np.zeros(1, np.int64), walk._replace(W=walk.QW), L)
    masks = np.concatenate([lane_masks(columns, walk, L), every])
    weights = w.reshape(walk.G, -1)[:, table[:, 2]]
    launch(
        pass_planes, walk.N * walk.G, y.reshape(-1), x.reshape(-1), weights.reshape(-1), b, columns,
        masks, walk, (top, step), (0,) * KH,
    )  # fmt: skip


def _pass_strip(y, x, weights, start, columns, masks, places, walk, rows, like):
    """Follow a strip of len(like) vectors through all rows of one remainder."""
    target, source, w, v, top, step, remainder = places
    vectors, row = masks.shape[1], repeated(like, start)
    sums = repeated(rows, row)
    ahead = step * (len(rows) - 1)
    for oh in range(remainder - ahead, walk.QH, step):
        ih = oh + ahead + top
        if 0 <= ih < walk.H:
            for kw in range(len(columns)):
                place = source + ih * walk.W + columns[kw]
                values = load_row(like, x, place, masks, kw * vectors + v)
                sums = add_row(sums, values, weights, w + kw * len(rows))
        if oh >= 0:
            store_row(y, target + oh * walk.QW, sums[-1], masks, len(columns) * vectors + v)
        sums = pushed(sums, row)


pass_strip = jit(_pass_strip)


def _pass_planes(work, y, x, weights, bias, columns, masks, walk, split, rows):
    """Take plane after plane: its remainders, and of each the strips from left to right."""
    top, step = split
    L = lanes(x)
    vectors = masks.shape[1]
    plane = take(work)
    while plane < work[1]:
        g = plane % walk.G
        start = broadcast(x, bias[g])
        for remainder in range(min(step, walk.QH)):
            v = 0
            while v < vectors:
                places = (
                    plane * walk.QH * walk.QW + v * L, plane * walk.H * walk.W + v * L,
                    g * len(columns) * len(rows), v, top, step, remainder,
                )  # fmt: skip
                if vectors - v >= 4:
                    like = (0, 0, 0, 0)
                    pass_strip(y, x, weights, start, columns, masks, places, walk, rows, like)
                    v += 4
                elif vectors - v >= 2:
                    pass_strip(y, x, weights, start, columns, masks, places, walk, rows, (0, 0))
                    v += 2
                else:
                    pass_strip(y, x, weights, start, columns, masks, places, walk, rows, (0,))
                    v += 1
        plane = take(work)


pass_planes = jit(_pass_planes)
