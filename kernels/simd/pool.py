"""Max pooling: the planes shared among threads, the winner so far in registers.

The rules for ties, NaN and -inf are those of ``loops.max_pool2d``: of equal values the first in
reading order, and the last NaN of all.
"""

import numpy as np

from .._jit import jit
from ..geometry import PoolGeometry
from .tasks import launch, take

__all__ = ["max_pool2d"]

_CHUNK = 1 << 12  # outputs in a piece of work, about


def max_pool2d(y: np.ndarray, index: np.ndarray, x: np.ndarray, geometry: PoolGeometry) -> None:
    """Largest value of each window, and where it was; see ``loops.max_pool2d``."""
    N, C, OH, OW = y.shape
    planes = -(-_CHUNK // max(1, OH * OW))
    y, index = y.reshape(N * C, OH, OW), index.reshape(N * C, OH, OW)
    x = x.reshape(N * C, *x.shape[2:])
    launch(find_largest, -(-N * C // planes), y, index, x, planes, tuple(map(tuple, geometry)))


def _inside(start, K, D, H):
    """First and end of the taps k, at pixels start + k*D, that are within 0..H-1."""
    first = -(start // D) if start < 0 else 0
    return first, max(first, min(K, (H - 1 - start) // D + 1))


inside = jit(_inside)


def _find_largest(work, y, index, x, planes, geometry):
    (KH, KW), (SH, SW), (PH, PW), (DH, DW) = geometry
    P, OH, OW = y.shape
    _, H, W = x.shape
    piece = take(work)
    while piece < work[1]:
        for plane in range(piece * planes, min((piece + 1) * planes, P)):
            for oh in range(OH):
                top = oh * SH - PH
                kh_first, kh_end = inside(top, KH, DH, H)
                for ow in range(OW):
                    left = ow * SW - PW
                    kw_first, kw_end = inside(left, KW, DW, W)
                    row, column = top + kh_first * DH, left + kw_first * DW
                    best = x[plane, row, column]
                    place = row * W + column
                    for kh in range(kh_first, kh_end):
                        for kw in range(kw_first, kw_end):
                            value = x[plane, top + kh * DH, left + kw * DW]
                            if value > best or value != value:
                                best = value
                                place = (top + kh * DH) * W + left + kw * DW
                    y[plane, oh, ow] = best
                    index[plane, oh, ow] = place
        piece = take(work)


find_largest = jit(_find_largest)
