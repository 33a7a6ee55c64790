"""Which columns a vector of windows reads, and which windows a vector of pixels is part of.

A vector holds L windows side by side.  Their taps kw lie SW columns apart, from ``start`` on::

    column         -1   0   1   2   3   4   5        start = v*L*SW + kw*DW - PW
    window 0      [ . ] x                            For SW = 1 that is one load, for SW = 2 two
    window 1            [ x   x ]                    loads and a shuffle, else a gather; masks keep
    window 2                    [ x   x ]            them inside the picture.

The other way round, L*SW columns from ``v*L*SW - PW % SW`` on fall into SW *phases*: the columns r,
r + SW, r + 2*SW ...  Column r of the first is tap kw of a window if ``kw*DW % SW == r``, and the
next column is that tap of the next window: a plain load again.  Two phases are interleaved and
stored, more are scattered.

Nothing of this depends on the row or the plane, so the tables are made once.
"""

import numpy as np

from .._jit import jit
from ..geometry import PoolGeometry
from .instructions import VECTOR_BYTES
from .vector import from_bits, lanes

__all__ = ["inside", "pixel_tables", "window_tables"]

OFFSET, LOW, HIGH = range(3)  # of the windows' table, and of the stores' (which have no HIGH)
WINDOW, LANES, TAP = range(3)  # of the pixels' table
Tables = tuple[np.ndarray, ...]


def _inside(start, K, D, H):
    """First and end of the taps k, at pixels start + k*D, that are within 0..H-1."""
    if start >= 0 and start + (K - 1) * D < H:
        return 0, K
    first = -(start // D) if start < 0 else 0
    return first, max(first, min(K, (H - 1 - start) // D + 1))


inside = jit(_inside)


def _bits(first, end, L):
    """The mask of the lanes first to end - 1, as far as there are such."""
    first, end = min(max(first, 0), L), min(max(end, 0), L)
    return from_bits(end) - from_bits(first) if first < end else 0


bits = jit(_bits)


def _bits_between(start, S, W, L):
    """The mask of the lanes i with 0 <= start + i*S < W."""
    return bits(-(start // S), -((start - W) // S), L)


bits_between = jit(_bits_between)


def window_tables(x: np.ndarray, OW: int, geometry: PoolGeometry) -> Tables:
    """Of each vector of windows, where to load each tap; and of each window, its first tap."""
    (_, KW), (_, SW), (_, PW), (_, DW) = geometry
    L = VECTOR_BYTES // x.itemsize
    vectors = -(-OW // L)
    aims = np.empty((vectors, KW, 3), np.int64)
    first_taps = np.empty(vectors * L, x.dtype)
    aim_windows(aims, first_taps, x.shape[-1], KW, SW, PW, DW)
    return aims, first_taps


def _aim_windows(aims, first_taps, W, KW, SW, PW, DW):
    L = lanes(first_taps)
    for v in range(len(aims)):
        for kw in range(KW):
            start = v * L * SW + kw * DW - PW
            aims[v, kw, OFFSET] = start
            aims[v, kw, LOW] = bits_between(start, 1 if SW == 2 else SW, W, L)
            aims[v, kw, HIGH] = bits_between(start + L, 1, W, L)
    for ow in range(len(first_taps)):
        first_taps[ow] = inside(ow * SW - PW, KW, DW, W)[0]


aim_windows = jit(_aim_windows)


def pixel_tables(gx: np.ndarray, OH: int, OW: int, geometry: PoolGeometry) -> Tables:
    """The taps of the pixels' columns, phase by phase; where to store; and the taps of the rows.

    Returns
    -------
    aims : (vectors, KW, 3)
        WINDOW, LANES, TAP: the first window, those that there are, and their kw, the last tap
        first, so that windows follow each other from left to right.
    phases : (SW + 1,)
        Where in ``aims`` each phase begins.
    stores : (vectors, SW, 2)
        OFFSET and LOW of each phase, or for SW = 2 of each half of the interleaved.
    rows : (H, KH, 2)
        (oh, kh) of each window row that a pixel row is part of, from top to bottom; -1 ends them.
    """
    (KH, KW), (SH, SW), (PH, PW), (DH, DW) = geometry
    H, W = gx.shape[-2:]
    L = VECTOR_BYTES // gx.itemsize
    vectors = -(-(W + PW % SW) // (L * SW))
    aims = np.empty((vectors, KW, 3), np.int64)
    phases = np.empty(SW + 1, np.int64)
    stores = np.empty((vectors, SW, 2), np.int64)
    rows = np.empty((H, KH, 2), np.int64)
    aim_pixels(aims, phases, stores, W, OW, PW, DW, L)
    aim_rows(rows, OH, SH, PH, DH)
    return aims, phases, stores, rows


def _aim_pixels(aims, phases, stores, W, OW, PW, DW, L):
    KW, SW = aims.shape[1], len(phases) - 1
    for v in range(len(aims)):
        column = v * L * SW - PW % SW
        k = 0
        for r in range(SW):
            phases[r] = k
            for kw in range(KW - 1, -1, -1):
                if kw * DW % SW == r:
                    window = v * L + PW // SW + (r - kw * DW) // SW
                    aims[v, k, WINDOW], aims[v, k, TAP] = window, kw
                    aims[v, k, LANES] = bits_between(window, 1, OW, L)
                    k += 1
            start = column + (r * L if SW == 2 else r)
            stores[v, r, OFFSET] = start
            stores[v, r, LOW] = bits_between(start, 1 if SW == 2 else SW, W, L)
        phases[SW] = k


aim_pixels = jit(_aim_pixels)


def _aim_rows(rows, OH, SH, PH, DH):
    H, KH, _ = rows.shape
    for ih in range(H):
        k = 0
        for kh in range(KH - 1, -1, -1):
            top = ih + PH - kh * DH
            if top >= 0 and top % SH == 0 and top // SH < OH:
                rows[ih, k, 0], rows[ih, k, 1] = top // SH, kh
                k += 1
        if k < KH:
            rows[ih, k, 0] = -1


aim_rows = jit(_aim_rows)
