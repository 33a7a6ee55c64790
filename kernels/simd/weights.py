"""Packing the weights, once per call, so that the micro-kernel reads them straight on.

    w, one group                 packed: panels of ROWS channels, each with its rows k side by side

         k = 0   1   2 ...           [k=0: o=0..7][k=1: o=0..7] ...   [k=0: o=8..15] ...
    o=0  [ a   b   c ... ]               a d g        b e h
    o=1  [ d   e   f ... ]
    o=2  [ g   h   i ... ]

k = c*T + t runs over the channels and the taps of one phase (all taps, for a convolution).  A panel
is filled up with zeros where there are no more channels.
"""

import numpy as np

from .._jit import jit
from .micro_kernel import ROWS
from .tasks import aligned_empty, launch, take

__all__ = ["pack_weights"]


def pack_weights(
    w: np.ndarray, places: np.ndarray, phases: np.ndarray, G: int, transposed: bool
) -> np.ndarray:
    """Weights as [phase][group][panel][k][row of the panel].

    Parameters
    ----------
    w : (G*O, C, KH, KW), or (G*C, O, KH, KW) if transposed
    places : (T,) int64
        Flat kh*KW + kw of each tap.
    phases : (P, 4) int64
        First and end tap of each phase, and two columns that do not matter here.
    """
    first, second, KH, KW = w.shape
    O, C = (second, first // G) if transposed else (first // G, second)
    panels = G * -(-O // ROWS)
    packed = aligned_empty(panels * len(places) * C * ROWS, w.dtype, "convolution weights")
    group, kernel = O * C * KH * KW, KH * KW
    strides = (group, kernel, O * kernel) if transposed else (group, C * kernel, kernel)
    launch(pack_panels, len(phases) * panels, packed, w.reshape(-1), places, phases, O, C, strides)
    return packed


def _pack_panels(work, packed, w, places, phases, O, C, strides):
    """One panel of one phase per piece of work."""
    g_stride, o_stride, c_stride = strides
    all_panels, panels = work[1] // len(phases), (O + ROWS - 1) // ROWS
    piece = take(work)
    while piece < work[1]:
        phase, panel = divmod(piece, all_panels)
        first_tap, end_tap = phases[phase, 0], phases[phase, 1]
        target = (first_tap * all_panels + (end_tap - first_tap) * panel) * C * ROWS
        first = panel % panels * ROWS
        corner = panel // panels * g_stride + first * o_stride
        for c in range(C):
            for t in range(first_tap, end_tap):
                for i in range(ROWS):
                    source = corner + i * o_stride + c * c_stride + places[t]
                    packed[target + i] = w[source] if first + i < O else 0
                target += ROWS
        piece = take(work)


pack_panels = jit(_pack_panels)
