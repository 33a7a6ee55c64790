"""Packing the weights, so that the micro-kernel reads them straight on.

    w, one group                 packed: panels of ROWS channels, each with its rows k side by side

         k = 0   1   2 ...           [k=0: o=0..7][k=1: o=0..7] ...   [k=0: o=8..15] ...
    o=0  [ a   b   c ... ]               a d g        b e h
    o=1  [ d   e   f ... ]
    o=2  [ g   h   i ... ]

k = c*T + t runs over the channels and the taps of one phase (all taps, for a convolution).  A panel
is filled up with zeros where there are no more channels.

Usually the weights are packed once per call.  Where there are few positions, packing would take
longer than multiplying, most of it for writing and reading large arrays; then a stretch of a panel
is packed just before it is multiplied, and stays in the first-level cache.

Number by number, packing waits for 8 rows of w at once.  So whole vectors of the 8 rows are loaded
and zipped in registers (see ``transpose``): at best straight into the panel, where a panel's rows k
are side by side in w; else, as taps belong to several phases, through a buffer of one channel's.
"""

from typing import NamedTuple

import numpy as np

from .._jit import jit
from .fork import fork
from .instructions import VECTOR_BYTES
from .micro_kernel import ROWS
from .tasks import aligned_empty, launch, take
from .transpose import transpose_panel
from .vector import from_bits, lanes, load, masked_store

__all__ = ["Filters", "filters_of", "pack_stretch", "pack_weights", "turning_room"]

_WORTH = 4  # taps of a kernel that are worth turning a vector
_ALONE = 2**12  # packed numbers for which another thread does not pay


class Filters(NamedTuple):
    """Where w[o, c, place] of group g is in flat weights: at the sum of each times its step.

    The step of ``place`` is 1, and there are ``places`` of them, KH*KW.
    """

    O: int
    places: int
    g_step: int
    o_step: int
    c_step: int


def filters_of(w: np.ndarray, G: int, transposed: bool) -> Filters:
    """The steps of w, (G*O, C, KH, KW), or (G*C, O, KH, KW) if transposed."""
    first, second, KH, KW = w.shape
    T, group = KH * KW, first // G * second * KH * KW
    if transposed:
        return Filters(second, T, group, T, second * T)
    return Filters(first // G, T, group, second * T, T)


def turning_room(filters: Filters, dtype: np.dtype) -> np.ndarray:
    """Room for the weights of one channel and panel."""
    L = VECTOR_BYTES // np.dtype(dtype).itemsize
    size = -(-filters.places // L) * L * ROWS + L
    return aligned_empty(size, dtype, "convolution weights")


def pack_weights(
    w: np.ndarray, taps: np.ndarray, phases: np.ndarray, G: int, C: int, filters: Filters
) -> np.ndarray:
    """Weights as [phase][group][panel][k][row of the panel].

    Parameters
    ----------
    w : (G*O, C, KH, KW), or (G*C, O, KH, KW) if transposed
    taps : (T, 3) int64
        The last column is the place of each tap, kh*KW + kw.
    phases : (P, 4) int64
        First and end tap of each phase, and two columns that do not matter here.
    """
    panels = G * -(-filters.O // ROWS)
    packed = aligned_empty(panels * len(taps) * C * ROWS, w.dtype, "convolution weights")

    def private():
        return turning_room(filters, w.dtype), np.empty(len(phases), np.int64)

    launch(
        pack_panels, panels, packed, w.reshape(-1), taps, phases, C, filters, private=private,
        most=1 + packed.size // _ALONE,
    )  # fmt: skip
    return packed


def _pack_row(packed, target, w, source, step, rows):
    """One row k of a panel, number by number."""
    for i in range(rows):
        packed[target + i] = w[source + i * step]
    for i in range(rows, ROWS):
        packed[target + i] = 0


pack_row = jit(_pack_row)


def _copy_row(packed, target, turned, source):
    """One row k of a panel, from where it lies ready."""
    L = lanes(packed)
    for i in range(0, ROWS, L):
        masked_store(packed, target + i, from_bits(min(L, ROWS - i)), load(turned, source + i))


copy_row = jit(_copy_row)


def _pack_stretch(packed, starts, w, taps, phases, g, panel, channels, filters, turned):
    """Rows k of one panel in each of the phases, for channels[0]..channels[1]-1.

    Those of phases[f] are packed from starts[f].
    """
    L, T, step = lanes(w), filters.places, filters.o_step
    rows = min(ROWS, filters.O - panel * ROWS)
    corner = g * filters.g_step + panel * ROWS * step
    first, end = channels[0] * T, channels[1] * T
    if filters.c_step == T and len(phases) == 1 and phases[0, 1] - phases[0, 0] == T:
        while rows == ROWS and first + L <= end:
            place = starts[0] + (first - channels[0] * T) * ROWS
            transpose_panel(packed, place, w, corner + first, step, ROWS)
            first += L
        for k in range(first, end):
            place = starts[0] + (k - channels[0] * T) * ROWS
            pack_row(packed, place, w, corner + k, step, rows)
        return
    reach = (ROWS - 1) * step + (T + L - 1) // L * L
    for c in range(channels[0], channels[1]):
        source = corner + c * filters.c_step
        turns = rows == ROWS and T >= _WORTH and source + reach <= len(w)
        for place in range(0, T if turns else 0, L):
            transpose_panel(turned, place * ROWS, w, source + place, step, ROWS)
        for f in range(len(phases)):
            target = starts[f] + (c - channels[0]) * (phases[f, 1] - phases[f, 0]) * ROWS
            for t in range(phases[f, 0], phases[f, 1]):
                if turns:
                    copy_row(packed, target, turned, taps[t, 2] * ROWS)
                else:
                    pack_row(packed, target, w, source + taps[t, 2], step, rows)
                target += ROWS


pack_stretch = jit(_pack_stretch)


def _pack_panels(work, packed, w, taps, phases, C, filters, buffers):
    """One panel per piece of work: what the phases share of it is read once from memory."""
    fork(work)
    turned, starts = buffers
    panels = (filters.O + ROWS - 1) // ROWS
    piece = take(work)
    while piece < work[1]:
        g, panel = divmod(piece, panels)
        for f in range(len(phases)):
            T = phases[f, 1] - phases[f, 0]
            starts[f] = (phases[f, 0] * work[1] + T * piece) * C * ROWS
        pack_stretch(packed, starts, w, taps, phases, g, panel, (0, C), filters, turned)
        piece = take(work)


pack_panels = jit(_pack_panels)
