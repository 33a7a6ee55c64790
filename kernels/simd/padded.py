"""A padded copy of a few planes, in which every tap is one fixed step away.

With few channels a group, packing patches (see ``patches``) costs as much as multiplying them: each
pixel would be copied once for every tap.  Here it is copied once.  The private copy holds the rows
that a band of positions looks at, of some channels of one group, with the padding written out as
zeros:

    padding 1, 5 columns, 3 x 3 taps           . 0 0 0 0 0 0
                                               . 0 a b c d e 0         pitch 7 = 5 + 2
                                               . 0 f g h i j 0

Position q of row r is number p = r*pitch + q, and all that tap t looks at lies at p + offset[t]: no
mask, no border, and a vector of positions may run over the end of a row.  The pitch - QW numbers
between two rows are *idle*: they belong to no position, and whatever is computed for them is not
used.

A walk in steps of TH x TW becomes one of step 1 by dealing the pixels out: pixels whose row leaves
the same remainder by TH, and whose column leaves the same by TW, make a plane of their own::

    tap_w = TW*aw + rw         iw = qw*TW + tap_w = (qw + aw)*TW + rw        column qw + aw of rw

    a b c d e f g        remainder 0:  a c e g         remainder 1:  b d f
"""

from typing import NamedTuple

import numpy as np

from .._jit import jit
from .patches import Walk
from .vector import broadcast, evens, lanes, masked_load, store

__all__ = ["Band", "column_masks", "copy_planes", "plan_band", "tap_offsets"]


class Band(NamedTuple):
    """The copy of one channel: what a band of positions looks at, for each pair of remainders.

    ``rows`` rows of positions look at ``height`` rows of a plane, each ``pitch`` wide; the first
    pixel is ``top`` rows below and ``left`` columns right of the band's first position.
    """

    rows: int
    height: int
    pitch: int
    top: int
    left: int


def plan_band(walk: Walk, taps: list, rows: int) -> tuple[Band, list]:
    """The band of so many rows, and the pairs of remainders that the taps have.

    Parameters
    ----------
    taps
        (tap_h, tap_w) of each.
    """
    ahs, aws = [h // walk.TH for h, _ in taps] or [0], [w // walk.TW for _, w in taps] or [0]
    top, left = min(ahs), min(aws)
    remainders = sorted({(h % walk.TH, w % walk.TW) for h, w in taps})
    return Band(rows, rows + max(ahs) - top, walk.QW + max(aws) - left, top, left), remainders


def tap_offsets(walk: Walk, taps: list, band: Band, remainders: list) -> np.ndarray:
    """Where each tap of channel 0 is found for position 0, (T,) int64."""
    offsets = []
    for h, w in taps:
        plane = remainders.index((h % walk.TH, w % walk.TW))
        row = plane * band.height + h // walk.TH - band.top
        offsets.append(row * band.pitch + w // walk.TW - band.left)
    return np.array(offsets, np.int64)


def column_masks(walk: Walk, band: Band, remainders: list, L: int) -> np.ndarray:
    """What is in the picture of each vector of a row of the copy, (R, vectors, 2) int64.

    In steps of 1 or 2, bit j of the two masks says that element j of the first and of the second
    vector from column (left + i*L)*TW + rw is in the picture; in longer steps, bit j of the first
    says it of lane j.
    """
    step = walk.TW if walk.TW > 2 else 1

    def mask(first):
        begin, end = max(0, min(L, -(first // step))), max(0, min(L, -(-(walk.W - first) // step)))
        return (1 << end) - (1 << begin) if begin < end else 0

    table = np.zeros((len(remainders), -(-band.pitch // L), 2), np.int64)
    for r, (_, rw) in enumerate(remainders):
        for i in range(table.shape[1]):
            first = (band.left + i * L) * walk.TW + rw
            table[r, i] = mask(first), mask(first + L)
    return table


def _copy_column(copy, place, pitch, rows, x, source, row, step, low, high):
    """For each row j: lane i of the vector at place + j*pitch is x[source + j*row + i*step].

    ``low`` and ``high`` are masks from `column_masks`; what they leave out is zero.
    """
    L = lanes(x)
    zero = broadcast(x, 0)
    if step == 1:
        for j in range(rows):
            store(copy, place + j * pitch, masked_load(x, source + j * row, low, zero))
    elif step == 2:
        for j in range(rows):
            first = masked_load(x, source + j * row, low, zero)
            second = masked_load(x, source + j * row + L, high, zero)
            store(copy, place + j * pitch, evens(first, second))
    else:
        for j in range(rows):
            store(copy, place + j * pitch, zero)
            for i in range(L):
                if (low >> i) & 1:
                    copy[place + j * pitch + i] = x[source + j * row + i * step]


copy_column = jit(_copy_column)


def _copy_planes(copy, x, channels, row, remainders, masks, walk, band):
    """Fill the copy for the band whose first row of positions is ``row``.

    Whole vectors are written, column after column of them from the right to the left, and each from
    the top down: so every number is written last by the vector that it belongs to.

    Parameters
    ----------
    copy : flat, written
        [channel][pair of remainders][height][pitch], and a vector of room at the end.
    channels : (first, end)
        Counted through all pictures and groups.
    masks
        From `column_masks`.
    """
    L = lanes(x)
    zero = broadcast(x, 0)
    height = band.height - band.rows + min(band.rows, walk.QH - row)
    place = 0
    for channel in range(channels[0], channels[1]):
        for r in range(len(remainders)):
            top = (row + band.top) * walk.TH + remainders[r, 0]
            left = band.left * walk.TW + remainders[r, 1]
            begin = min(height, max(0, (walk.TH - 1 - top) // walk.TH))
            end = max(begin, min(height, (walk.H - top + walk.TH - 1) // walk.TH))
            source = (channel * walk.H + top + begin * walk.TH) * walk.W + left
            for v in range(masks.shape[1] - 1, -1, -1):
                target = place + v * L
                for j in range(begin):
                    store(copy, target + j * band.pitch, zero)
                copy_column(
                    copy, target + begin * band.pitch, band.pitch, end - begin,
                    x, source + v * L * walk.TW, walk.TH * walk.W, walk.TW,
                    masks[r, v, 0], masks[r, v, 1],
                )  # fmt: skip
                for j in range(end, height):
                    store(copy, target + j * band.pitch, zero)
            place += band.height * band.pitch


copy_planes = jit(_copy_planes)
