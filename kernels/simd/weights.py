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
"""

from typing import NamedTuple

import numpy as np

from .._jit import jit
from .micro_kernel import ROWS
from .tasks import aligned_empty, launch, take

__all__ = ["Filters", "filters_of", "pack_stretch", "pack_weights"]


class Filters(NamedTuple):
    """Where w[o, c, place] of group g is in flat weights: at the sum of each times its step."""

    O: int
    g_step: int
    o_step: int
    c_step: int


def filters_of(w: np.ndarray, G: int, transposed: bool) -> Filters:
    """The steps of w, (G*O, C, KH, KW), or (G*C, O, KH, KW) if transposed."""
    first, second, KH, KW = w.shape
    T = KH * KW
    if transposed:
        return Filters(second, first // G * second * T, T, second * T)
    return Filters(first // G, first // G * second * T, second * T, T)


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
    launch(pack_panels, panels, packed, w.reshape(-1), taps, phases, C, filters)
    return packed


def _pack_stretch(packed, target, w, taps, phase, g, panel, channels, filters):
    """Rows k of one panel, for channels[0]..channels[1]-1 and the taps of one phase."""
    first = panel * ROWS
    rows = min(ROWS, filters.O - first)
    corner = g * filters.g_step + first * filters.o_step
    for c in range(channels[0], channels[1]):
        for t in range(phase[0], phase[1]):
            source = corner + c * filters.c_step + taps[t, 2]
            for i in range(rows):
                packed[target + i] = w[source + i * filters.o_step]
            for i in range(rows, ROWS):
                packed[target + i] = 0
            target += ROWS


pack_stretch = jit(_pack_stretch)


def _pack_panels(work, packed, w, taps, phases, C, filters):
    """One panel per piece of work: what the phases share of it is read once from memory."""
    panels = (filters.O + ROWS - 1) // ROWS
    piece = take(work)
    while piece < work[1]:
        g, panel = divmod(piece, panels)
        for phase in phases:
            target = (phase[0] * work[1] + (phase[1] - phase[0]) * piece) * C * ROWS
            pack_stretch(packed, target, w, taps, phase, g, panel, (0, C), filters)
        piece = take(work)


pack_panels = jit(_pack_panels)
