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
from .vector import broadcast, evens, from_bits, lanes, load, masked_load, store

__all__ = ["Band", "copy_planes", "copy_row", "plan_band", "tap_offsets"]


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


def _inside(x, row, first, width):
    """The vector from column ``first`` of a row of x, zero where there is no column."""
    L = lanes(x)
    mask = from_bits(max(0, min(L, width - first))) & ~from_bits(max(0, min(L, -first)))
    return masked_load(x, row + first, mask, broadcast(x, 0))


inside = jit(_inside)


def _copy_row(copy, place, length, x, row, first, width, step):
    """copy[place + i] = column first + i*step of a row of x, zero where there is none.

    Whole vectors are written, and so up to a vector more than ``length``.
    """
    L = lanes(x)
    i = 0
    while i < length:
        column = first + i * step
        if step == 1:
            while column >= 0 and column + L <= width and i < length:
                store(copy, place + i, load(x, row + column))
                i, column = i + L, column + L
            if i < length:
                store(copy, place + i, inside(x, row, column, width))
        elif step == 2:
            while column >= 0 and column + 2 * L <= width and i < length:
                low, high = load(x, row + column), load(x, row + column + L)
                store(copy, place + i, evens(low, high))
                i, column = i + L, column + 2 * L
            if i < length:
                low, high = inside(x, row, column, width), inside(x, row, column + L, width)
                store(copy, place + i, evens(low, high))
        else:
            for lane in range(L):
                iw = column + lane * step
                copy[place + i + lane] = x[row + iw] if 0 <= iw < width else 0
        i += L


copy_row = jit(_copy_row)


def _copy_planes(copy, x, channels, row, remainders, walk, band):
    """Fill the copy for the band whose first row of positions is ``row``.

    Rows are written from the first to the last, each over what the one before wrote too much.

    Parameters
    ----------
    copy : flat, written
        [channel][pair of remainders][height][pitch], and a vector of room at the end.
    channels : (first, end)
        Counted through all pictures and groups.
    """
    height = band.height - band.rows + min(band.rows, walk.QH - row)
    first = 0
    for channel in range(channels[0], channels[1]):
        for r in range(len(remainders)):
            left = band.left * walk.TW + remainders[r, 1]
            for j in range(height):
                ih = (row + band.top + j) * walk.TH + remainders[r, 0]
                width = walk.W if 0 <= ih < walk.H else 0
                source = (channel * walk.H + ih) * walk.W
                place = first + j * band.pitch
                copy_row(copy, place, band.pitch, x, source, left, width, walk.TW)
            first += band.height * band.pitch


copy_planes = jit(_copy_planes)
