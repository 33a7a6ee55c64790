"""Implicit im2col: the patches of some output pixels, packed as a matrix just when it is needed.

A convolution is a matrix product with the matrix of patches (im2col), whose column p holds all
that output pixel p looks at.  That matrix is KH*KW times as large as the picture, so it is never
built: a few hundred columns are packed, multiplied while they are still in the cache, and
overwritten by the next.

A *walk* says which pixels are looked at.  Its grid has QH x QW positions q in each picture, and tap
t at position q looks at the input pixel ::

    ih = qh*TH + tap_h[t],      iw = qw*TW + tap_w[t]         (zero where outside the picture)

Positions are numbered through all pictures, p = (n*QH + qh)*QW + qw, and cut into vectors.  A
vector may run over the ends of rows; its stretches within one row are its *pieces*:

    positions   ... 28 29 | 0  1  2  3  4  5  6  7  8  9 ...     QW = 30, 8 lanes
                    [----- a vector -----]
                    piece 1  piece 2

For one tap, a piece is one masked load from each channel, as its pixels lie side by side (TW = 1)
or in every other place (TW = 2: two loads and a shuffle); lanes outside the picture are masked out,
and so are zero.

The packed matrix is made of panels, some vectors wide, that stand one after the other; within a
panel, rows are numbered k = c*T + t, the order of the weights in memory.  So packing writes
straight on, and where it reads is a short list for each panel, the *aims*, made once and used for
each channel.  Channel by channel, the few rows of the picture that a panel needs are in the
first-level cache for all taps but the first.
"""

from typing import NamedTuple

import numpy as np

from .._jit import jit
from ..geometry import Conv2dGeometry
from .vector import (
    broadcast,
    evens,
    from_bits,
    lanes,
    masked_load,
    store,
)

__all__ = [
    "COLUMN",
    "ENDS",
    "HIGH",
    "LANE",
    "LENGTH",
    "LOW",
    "OFFSET",
    "PICTURE",
    "ROW",
    "VECTOR",
    "Walk",
    "aim_pieces",
    "conv2d_walk",
    "find_pieces",
    "pack_patches",
    "piece_tables",
]


class Walk(NamedTuple):
    """Sizes of a walk over pictures of shape (N, G*C, H, W); see above."""

    N: int
    G: int
    C: int
    H: int
    W: int
    QH: int
    QW: int
    TH: int
    TW: int


def conv2d_walk(
    x_shape: tuple[int, ...],
    kernel: tuple[int, ...],
    output: tuple[int, ...],
    geometry: Conv2dGeometry,
) -> tuple[Walk, np.ndarray]:
    """The walk of a convolution over x, and its taps: tap_h, tap_w of each, (KH*KW, 2) int64."""
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    N, C, H, W = x_shape
    KH, KW = kernel
    taps = [(kh * DH - PH, kw * DW - PW) for kh in range(KH) for kw in range(KW)]
    return Walk(N, G, C // G, H, W, output[0], output[1], SH, SW), np.array(taps, np.int64).reshape(
        -1, 2
    )


# Columns of the table of pieces, and of the aims
VECTOR, LANE, LENGTH, PICTURE, ROW, COLUMN = range(6)
OFFSET, LOW, HIGH, ENDS = range(4)


def piece_tables(vectors: int, width: int, lanes: int, taps: int) -> tuple[np.ndarray, np.ndarray]:
    """Room for the pieces of so many vectors, and for the aims of a panel of ``width`` of them.

    Each lane may be a piece of its own; the pieces are followed by an end mark.
    """
    pieces = np.empty((vectors * lanes + 1, 6), np.int64)
    return pieces, np.empty((taps * min(width, vectors) * lanes, 4), np.int64)


def _find_pieces(pieces, first, end, L, walk):
    """Cut positions first..end-1 into pieces; return how many there are.

    The row after the last piece is marked with a vector that does not exist.
    """
    count = 0
    p = first
    while p < end:
        lane = (p - first) % L
        row, column = divmod(p, walk.QW)
        length = min(L - lane, walk.QW - column, end - p)
        pieces[count, VECTOR] = (p - first) // L
        pieces[count, LANE] = lane
        pieces[count, LENGTH] = length
        pieces[count, PICTURE] = row // walk.QH
        pieces[count, ROW] = row % walk.QH
        pieces[count, COLUMN] = column
        count += 1
        p += length
    pieces[count, VECTOR] = len(pieces) // L
    return count


find_pieces = jit(_find_pieces)


def _aim_pieces(aims, pieces, first, end, taps, g, L, walk):
    """Where each tap finds pieces first..end-1 in x, and which of their lanes are in the picture.

    Element i*TW from OFFSET of channel 0 is meant for lane i.  Bit j of LOW and of HIGH says that
    element j of the first and of the second vector from there may be read.  ENDS tells that the
    vector is complete.
    """
    a = 0
    for t in range(len(taps)):
        tap_h, tap_w = taps[t, 0], taps[t, 1]
        left = -(tap_w // walk.TW)  # first column with qw*TW + tap_w >= 0
        right = (walk.W - 1 - tap_w) // walk.TW + 1  # first one beyond the picture's right edge
        for s in range(first, end):
            ih = pieces[s, ROW] * walk.TH + tap_h
            column, lane = pieces[s, COLUMN], pieces[s, LANE]
            column_begin = max(column, left)
            column_end = min(column + pieces[s, LENGTH], right)
            mask = 0
            if 0 <= ih < walk.H and column_begin < column_end:
                step = 2 if walk.TW == 2 else 1
                mask = from_bits((column_end - 1 - column + lane) * step + 1)
                mask &= ~from_bits((column_begin - column + lane) * step)
            channel = (pieces[s, PICTURE] * walk.G + g) * walk.C
            iw = (column - lane) * walk.TW + tap_w
            aims[a, OFFSET] = (channel * walk.H + ih) * walk.W + iw
            aims[a, LOW] = mask & from_bits(L)
            aims[a, HIGH] = mask >> L
            aims[a, ENDS] = pieces[s + 1, VECTOR] != pieces[s, VECTOR]
            a += 1
    return a


aim_pieces = jit(_aim_pieces)


def _pack_panel(packed, place, x, aims, whole, stride, first, end, plane):
    """Follow the aims in channels first..end-1; return the place after the panel.

    ``whole`` promises stride 1 and vectors of one piece each: the common case, and the fast one.
    """
    zero = broadcast(x, 0)
    L = lanes(x)
    for channel in range(first * plane, end * plane, plane):
        if whole:
            for a in range(len(aims)):
                source = aims[a, OFFSET] + channel
                store(packed, place, masked_load(x, source, aims[a, LOW], zero))
                place += L
        elif stride <= 2:
            low = high = zero
            for a in range(len(aims)):
                source = aims[a, OFFSET] + channel
                low = masked_load(x, source, aims[a, LOW], low)
                if stride == 2:
                    high = masked_load(x, source + L, aims[a, HIGH], high)
                if aims[a, ENDS]:
                    store(packed, place, evens(low, high) if stride == 2 else low)
                    low = high = zero
                    place += L
        else:
            store(packed, place, zero)
            for a in range(len(aims)):
                for lane in range(L):
                    if (aims[a, LOW] >> lane) & 1:
                        packed[place + lane] = x[aims[a, OFFSET] + channel + lane * stride]
                if aims[a, ENDS]:
                    place += L
                    if a + 1 < len(aims):
                        store(packed, place, zero)
    return place


pack_panel = jit(_pack_panel)


def _pack_patches(packed, width, x, pieces, count, aims, taps, g, channels, walk):
    """Pack the patches of all pieces, in panels of ``width`` vectors (the last may be narrower).

    Parameters
    ----------
    packed : flat, written
        Panels one after the other, each [k][lane], k = (c - first)*T + t.
    x : (N, G*C, H, W), flat
    pieces, count
        From `find_pieces`.
    aims
        Room for the aims of a panel.
    channels : (first, end)
        The channels of group g to pack.
    """
    place = s = 0
    while s < count:
        panel, end = pieces[s, VECTOR] // width, s + 1
        while end < count and pieces[end, VECTOR] // width == panel:
            end += 1
        used = aim_pieces(aims, pieces, s, end, taps, g, lanes(x), walk)
        whole = walk.TW == 1 and end - s == pieces[end - 1, VECTOR] - panel * width + 1
        place = pack_panel(
            packed, place, x, aims[:used], whole, walk.TW, channels[0], channels[1],
            walk.H * walk.W,
        )  # fmt: skip
        s = end


pack_patches = jit(_pack_patches)
