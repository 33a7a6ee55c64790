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
or in every other place (TW = 2); lanes outside the picture are masked out, and so are zero.  Where
the pieces lie is worked out once per tap and used for every channel.

Rows of the packed matrix are numbered k = t*C + c.  Row k of vector v goes to
``place[v] + k*step[v]``: side by side for one wide matrix, or in panels, as the reader likes.
"""

from typing import NamedTuple

import numpy as np

from .._jit import jit
from .vector import broadcast, evens, from_bits, lanes, masked_load, store

__all__ = ["LAST", "Walk", "conv2d_walk", "find_pieces", "pack_patches", "piece_table"]


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


def conv2d_walk(x, kernel, output, geometry) -> tuple[Walk, np.ndarray]:
    """The walk of a convolution over x, and its taps: tap_h, tap_w of each, (KH*KW, 2) int64."""
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    N, C, H, W = x.shape
    KH, KW = kernel
    taps = [(kh * DH - PH, kw * DW - PW) for kh in range(KH) for kw in range(KW)]
    return Walk(N, G, C // G, H, W, *output, SH, SW), np.array(taps, np.int64).reshape(-1, 2)


# Columns of the table of pieces
VECTOR, LANE, LENGTH, PICTURE, ROW, COLUMN, OFFSET, MASK = range(8)
LAST = 8


def piece_table(vectors: int, lanes: int) -> np.ndarray:
    """Room for the pieces of so many vectors, at most one for each lane, and an end mark."""
    return np.empty((vectors * lanes + 1, LAST), np.int64)


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
    pieces[count, VECTOR] = len(pieces)
    return count


find_pieces = jit(_find_pieces)


def _aim_pieces(pieces, count, tap_h, tap_w, g, walk):
    """For one tap, fill in where each piece lies in x and which of its lanes are in the picture.

    Lane i of a piece is at OFFSET + i*TW, of channel 0; bit i of MASK says whether it is there.
    """
    low = -(tap_w // walk.TW)  # first column with qw*TW + tap_w >= 0
    high = (walk.W - 1 - tap_w) // walk.TW + 1  # first one beyond the picture's right edge
    for s in range(count):
        ih = pieces[s, ROW] * walk.TH + tap_h
        column, lane = pieces[s, COLUMN], pieces[s, LANE]
        begin = max(column, low)
        end = min(column + pieces[s, LENGTH], high)
        mask = 0
        if 0 <= ih < walk.H and begin < end:
            mask = from_bits(end - column + lane) & ~from_bits(begin - column + lane)
        channel = (pieces[s, PICTURE] * walk.G + g) * walk.C
        iw = (column - lane) * walk.TW + tap_w
        pieces[s, OFFSET] = (channel * walk.H + ih) * walk.W + iw
        pieces[s, MASK] = mask


aim_pieces = jit(_aim_pieces)


def _spread(mask, L):
    """The mask's bits at even places: lane i at bit 2*i."""
    wide = 0
    for i in range(L):
        wide |= ((mask >> i) & 1) << (2 * i)
    return wide


spread = jit(_spread)


def _pack_vector(packed, place, step, x, offset, plane, channels, pieces, first, end, stride):
    """One vector of one tap, for every channel: masked loads of its pieces first..end-1."""
    L = lanes(x)
    zero = broadcast(x, 0)
    if stride == 1 and end == first + 1:
        source, mask = pieces[first, OFFSET] + offset, pieces[first, MASK]
        for _ in range(channels):
            store(packed, place, masked_load(x, source, mask, zero))
            source += plane
            place += step
    elif stride == 1:
        for c in range(channels):
            v = zero
            for s in range(first, end):
                source = pieces[s, OFFSET] + offset + c * plane
                v = masked_load(x, source, pieces[s, MASK], v)
            store(packed, place + c * step, v)
    elif stride == 2 and end == first + 1:
        source, wide = pieces[first, OFFSET] + offset, spread(pieces[first, MASK], L)
        low_mask, high_mask = wide & from_bits(L), wide >> L
        for _ in range(channels):
            low = masked_load(x, source, low_mask, zero)
            high = masked_load(x, source + L, high_mask, zero)
            store(packed, place, evens(low, high))
            source += plane
            place += step
    else:
        for c in range(channels):
            store(packed, place + c * step, zero)
            for s in range(first, end):
                source = pieces[s, OFFSET] + offset + c * plane
                mask = pieces[s, MASK]
                for lane in range(pieces[s, LANE], pieces[s, LANE] + pieces[s, LENGTH]):
                    if (mask >> lane) & 1:
                        packed[place + c * step + lane] = x[source + lane * stride]


pack_vector = jit(_pack_vector)


def _pack_patches(packed, place, step, x, pieces, count, taps, g, k_first, k_end, walk):
    """Pack rows k_first..k_end-1 of the patches of all pieces; row k_first is the first packed.

    Parameters
    ----------
    packed : flat, written
    place, step : (vectors,) int64
        Row k of vector v goes to packed[place[v] + (k - k_first)*step[v] :][:lanes].
    x : (N, G*C, H, W), flat
    pieces, count
        From `find_pieces`; its columns OFFSET and MASK are overwritten.
    taps : (T, 2) int64
        tap_h, tap_w of each tap.
    g : group whose channels are looked at
    walk : Walk
    """
    plane = walk.H * walk.W
    for t in range(k_first // walk.C, (k_end - 1) // walk.C + 1):
        aim_pieces(pieces, count, taps[t, 0], taps[t, 1], g, walk)
        first_channel = max(0, k_first - t * walk.C)
        channels = min(walk.C, k_end - t * walk.C) - first_channel
        row = t * walk.C + first_channel - k_first
        s = 0
        while s < count:
            v = pieces[s, VECTOR]
            end = s + 1
            while end < count and pieces[end, VECTOR] == v:
                end += 1
            pack_vector(
                packed, place[v] + row * step[v], step[v],
                x, first_channel * plane, plane, channels, pieces, s, end, walk.TW,
            )  # fmt: skip
            s = end


pack_patches = jit(_pack_patches)
