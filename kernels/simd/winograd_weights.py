"""The weights of Winograd's convolution: u = G g G' and, for their gradient, gw = G' gu G.

    weights     transformed                     gradient of u       gradient of w
    3 x 3   ->  4 x 4                           4 x 4           ->  3 x 3

    g0          g0                              m0                  m0 + (m1 + m2)/2
    g1      G   (g0 + g1 + g2)/2                m1      G'               (m1 - m2)/2
    g2      ->  (g0 - g1 + g2)/2                m2      ->               (m1 + m2)/2 + m3
                g2                              m3

along columns, and then the same along rows.  Lanes are output channels.
"""

import numpy as np

from .._jit import jit
from .instructions import VECTOR_BYTES
from .micro_kernel import ROWS
from .tasks import aligned_empty, launch, take
from .vector import broadcast, fma, lanes, load, store, sum_lanes
from .winograd_tiles import POSITIONS

__all__ = ["restore_kernels", "transform_weights"]


def transform_weights(w: np.ndarray, O: int, C: int, G: int, transposed: bool) -> np.ndarray:
    """Make u = G g G': as [group][position][panel][c][output channel of the panel].

    A panel is as wide as a vector, or as the micro-kernel's ROWS if that is more; it is filled up
    with zeros.
    """
    L = VECTOR_BYTES // w.itemsize
    panel = max(L, ROWS)
    panels = -(-O // panel)
    u = aligned_empty(G * POSITIONS * panels * C * panel, w.dtype, "convolution weights")
    strides = (O * C * 9, 9, O * 9) if transposed else (O * C * 9, C * 9, 9)
    launch(
        transform_panels, G * panels, u, w.reshape(-1), O, C, panel, strides, transposed,
        private=lambda: (aligned_empty(9 * L, w.dtype, "convolution weights"),),
    )  # fmt: skip
    return u


def _halves(g0, g1, g2, half):
    """G times a column."""
    s, h = (g0 + g2) * half, g1 * half
    return g0, s + h, s - h, g2


halves = jit(_halves)


def _transform_kernels(u, place, step, g, half):
    """G g G' of a vector of kernels, from g[tap][lane]."""
    L = lanes(g)
    a0, a1, a2, a3 = halves(load(g, 0), load(g, 3 * L), load(g, 6 * L), half)
    b0, b1, b2, b3 = halves(load(g, L), load(g, 4 * L), load(g, 7 * L), half)
    c0, c1, c2, c3 = halves(load(g, 2 * L), load(g, 5 * L), load(g, 8 * L), half)
    for row in (halves(a0, b0, c0, half), halves(a1, b1, c1, half),
                halves(a2, b2, c2, half), halves(a3, b3, c3, half)):  # fmt: skip
        for value in row:
            store(u, place, value)
            place += step


transform_kernels = jit(_transform_kernels)


def _transform_panels(work, u, w, O, C, panel, strides, turned, buffers):
    """One panel of output channels of one group per piece of work."""
    g_stride, o_stride, c_stride = strides
    (taps,) = buffers
    L = lanes(w)
    half = broadcast(w, 0.5)
    panels = (O + panel - 1) // panel
    piece = take(work)
    while piece < work[1]:
        g, m = divmod(piece, panels)
        place = (g * POSITIONS * panels + m) * C * panel
        for c in range(C):
            for first in range(m * panel, (m + 1) * panel, L):
                corner = g * g_stride + first * o_stride + c * c_stride
                for i in range(L):
                    for t in range(9):
                        tap = 8 - t if turned else t
                        exists = first + i < O
                        taps[t * L + i] = w[corner + i * o_stride + tap] if exists else 0
                transform_kernels(u, place, panels * C * panel, taps, half)
                place += L
        piece = take(work)


transform_panels = jit(_transform_panels)


def _total(sums, place, slices, apart):
    """The sum of all slices, from the first to the last."""
    total = load(sums, place)
    for s in range(1, slices):
        total += load(sums, place + s * apart)
    return total


total = jit(_total)


def _thirds(m0, m1, m2, m3, half):
    """G' times a column."""
    s = (m1 + m2) * half
    return m0 + s, (m1 - m2) * half, s + m3


thirds = jit(_thirds, inline="always")


def _restore_column(gu, place, step, copies, half):
    """G' times one column of positions, all slices added."""
    slices, apart = copies
    return thirds(
        total(gu, place, slices, apart), total(gu, place + 4 * step, slices, apart),
        total(gu, place + 8 * step, slices, apart), total(gu, place + 12 * step, slices, apart),
        half,
    )  # fmt: skip


restore_column = jit(_restore_column)


def _restore_kernels(gw, target, o_step, gu, place, steps, copies, channels, outputs, room):
    """Make gw = G' gu G for some c and o; return whether all of it is finite.

    Parameters
    ----------
    gw, target, o_step
        Flat, written; the place of the first c and o, and how far output channels are apart.
    gu, place, steps
        Flat; the place of the first c and o, and how far positions and how far c are apart.
    copies
        The number of gu's to add, and how far they are apart.
    room
        A buffer of 9 vectors.
    """
    L = lanes(gw)
    step, row_step = steps
    half, zero = broadcast(gw, 0.5), broadcast(gw, 0)
    check = zero
    for c in range(channels):
        for o in range(0, outputs, L):
            source = place + c * row_step + o
            a0, b0, c0 = restore_column(gu, source, step, copies, half)
            a1, b1, c1 = restore_column(gu, source + step, step, copies, half)
            a2, b2, c2 = restore_column(gu, source + 2 * step, step, copies, half)
            a3, b3, c3 = restore_column(gu, source + 3 * step, step, copies, half)
            k = 0
            for row in (
                thirds(a0, a1, a2, a3, half),
                thirds(b0, b1, b2, b3, half),
                thirds(c0, c1, c2, c3, half),
            ):
                for value in row:
                    store(room, k, value)
                    check = fma(value, zero, check)
                    k += L
            for i in range(min(L, outputs - o)):
                for t in range(9):
                    gw[target + (o + i) * o_step + c * 9 + t] = room[t * L + i]
    return sum_lanes(check) == 0


restore_kernels = jit(_restore_kernels)
