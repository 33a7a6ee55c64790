"""Patches of some whole output rows at a time, for first layers: few rows k, and large maps.

    k = 0   [ row of positions ][ next row ][ next row ] ...
    k = 1   [ row of positions ][ next row ][ next row ] ...        rows k lie ``room`` apart

With few channels there is little to multiply for each patch, and looking up where each piece of a
vector comes from (see ``patches``) would take as long as the multiplications.  Here the rows of the
picture that a block looks at are copied first, with their padding, and dealt out by the stride (see
``padded``); from the copy every row of positions is whole vectors side by side, with no border.
What a vector holds beyond the end of its row is overwritten by the next row.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .._jit import jit
from .instructions import VECTOR_BYTES
from .padded import Band, column_masks, copy_planes, plan_band, tap_offsets
from .patches import Walk
from .vector import lanes, load, store

__all__ = ["RowPlan", "pack_rows", "plan_rows"]

_FEW = 32  # rows k for which this is faster than `pack_patches`
_LONG = 128  # positions in a plane, at least
_POSITIONS = 512  # in a block, about
_PACKED = 2**16  # most numbers of packed patches, and of the copy


class RowPlan(NamedTuple):
    """How blocks of ``band.rows`` output rows are packed; shapes alone decide."""

    band: Band
    room: int  # numbers from one row k to the next
    packed: int  # numbers of all rows k
    copied: int  # numbers of the copy of a channel
    tables: tuple[np.ndarray, np.ndarray, np.ndarray]  # remainders, masks, offsets


def plan_rows(walk: Walk, taps: np.ndarray, itemsize: int) -> RowPlan | None:
    """The plan for such a walk, or None if its patches are better packed in another way.

    Parameters
    ----------
    taps : (T, 2) int64
        tap_h, tap_w of each.
    itemsize : int
        Of the picture's numbers, in bytes.
    """
    K = walk.C * len(taps)
    if not 0 < K <= _FEW or walk.QH * walk.QW < _LONG or walk.QW * K > _PACKED:
        return None
    return _plan(walk, tuple(map(tuple, taps.tolist())), K, VECTOR_BYTES // itemsize)


@lru_cache(maxsize=256)
def _plan(walk, taps, K, L):
    most = min(max(_POSITIONS, walk.QW), _PACKED // K) // walk.QW
    rows = -(-walk.QH // -(-walk.QH // most))
    pairs = list(taps)
    band, remainders = plan_band(walk, pairs, rows)
    planes = len(remainders) * band.height
    copied = planes * band.pitch + band.pitch + 2 * L
    if planes > 2 * len(taps) * rows or copied > _PACKED:
        return None
    room = -(-rows * walk.QW // L) * L + L
    tables = (
        np.array(remainders, np.int64).reshape(-1, 2),
        column_masks(walk, band, remainders, L),
        tap_offsets(walk, pairs, band, remainders),
    )
    return RowPlan(band, room, K * room, copied, tables)


def _pack_rows(packed, room, copy, x, group, first, rows, walk, band, tables):
    """Pack output rows first..first+rows-1: row k = c*T + t at k*room, then less than a vector.

    Parameters
    ----------
    group : int
        Of x, counted through all pictures.
    copy
        Room for the copy of a channel.
    """
    remainders, masks, offsets = tables
    place = 0
    for channel in range(group * walk.C, (group + 1) * walk.C):
        copy_planes(copy, x, (channel, channel + 1), first, remainders, masks, walk, band)
        for t in range(len(offsets)):
            for row in range(rows):
                source, target = offsets[t] + row * band.pitch, place + row * walk.QW
                for i in range(0, walk.QW, lanes(x)):
                    store(packed, target + i, load(copy, source + i))
            place += room


pack_rows = jit(_pack_rows)
