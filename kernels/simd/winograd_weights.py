"""The weights of Winograd's convolution: u = G g G' and, for their gradient, gw = G' gu G.

    weights     transformed                     gradient of u       gradient of w
    3 x 3   ->  4 x 4                           4 x 4           ->  3 x 3

    g0          g0                              m0                  m0 + (m1 + m2)/2
    g1      G   (g0 + g1 + g2)/2                m1      G'               (m1 - m2)/2
    g2      ->  (g0 - g1 + g2)/2                m2      ->               (m1 + m2)/2 + m3
                g2                              m3

    2 x 2   ->  3 x 3                           3 x 3           ->  2 x 2

    g0      G   g0                              m0      G'          m0 + m1
    g1      ->  g0 + g1                         m1      ->          m1 + m2
                g1                              m2

along columns, and then the same along rows.  Lanes are output channels.

Which weights make a kernel is told by a table of *places*: tap t of the kernel of part q of the
channels is w[o, c] at places[q, t].  A kernel of 3 x 3 has one part, one of 4 x 4 is four of 2 x 2
(see `winograd_fours`).
"""

import numpy as np

from .._jit import jit
from .fork import fork
from .instructions import VECTOR_BYTES
from .micro_kernel import ROWS
from .tasks import aligned_empty, launch, take
from .transpose import transpose_tile
from .vector import broadcast, fma, lanes, load, store, sum_lanes

__all__ = ["NINE", "restore_kernels", "rows_of_tile", "transform_weights"]

NINE = np.arange(9).reshape(1, 9)
"""The places of the taps of a kernel of 3 x 3."""


def transform_weights(
    w: np.ndarray, O: int, C: int, G: int, transposed: bool, places: np.ndarray
) -> np.ndarray:
    """Make u = G g G': as [group][position][panel][c][output channel of the panel].

    A panel is as wide as a vector, or as the micro-kernel's ROWS if that is more; it is filled up
    with zeros.

    Parameters
    ----------
    w : (G*O/Q, C, KH, KW) or (G*O, C/Q, KH, KW), the first two axes exchanged if transposed
    O, C : int
        Channels a group, those of all Q parts.
    places : (Q, R*R) int64
    """
    L = VECTOR_BYTES // w.itemsize
    panel = max(L, ROWS)
    panels = -(-O // panel)
    tile = rows_of_tile(places)
    positions = len(tile) ** 2
    u = aligned_empty(G * positions * panels * C * panel, w.dtype, "convolution weights")
    area = w.shape[2] * w.shape[3]
    first, second = w.shape[0] // G, w.shape[1]
    O_w, C_w = (second, first) if transposed else (first, second)
    steps = (area, second * area) if transposed else (second * area, area)
    launch(
        transform_panels, G * panels, u, w.reshape(-1), O, panel, (first * second * area, *steps),
        (O_w, C_w, area, C // C_w), places, tile,
        private=lambda: (aligned_empty(-(-area // L) * L * L, w.dtype, "convolution weights"),),
    )  # fmt: skip
    return u


def rows_of_tile(places: np.ndarray) -> tuple[int, ...]:
    """The rows of a tile: 0 to 3 for kernels of 3 x 3, 0 to 2 for 2 x 2.

    How long a tuple is, the compiler knows: so it compiles either way alone, when it is needed.
    """
    return (0, 1, 2, 3) if places.shape[1] == 9 else (0, 1, 2)


def _halves(g0, g1, g2, half):
    """G times a column."""
    s, h = (g0 + g2) * half, g1 * half
    return g0, s + h, s - h, g2


halves = jit(_halves)


def _transform_kernels(u, place, step, g, p, half):
    """G g G' of a vector of kernels, from g[place][lane]; p are the places of the taps."""
    L = lanes(g)
    a0, a1, a2, a3 = halves(load(g, p[0] * L), load(g, p[3] * L), load(g, p[6] * L), half)
    b0, b1, b2, b3 = halves(load(g, p[1] * L), load(g, p[4] * L), load(g, p[7] * L), half)
    c0, c1, c2, c3 = halves(load(g, p[2] * L), load(g, p[5] * L), load(g, p[8] * L), half)
    for row in (halves(a0, b0, c0, half), halves(a1, b1, c1, half),
                halves(a2, b2, c2, half), halves(a3, b3, c3, half)):  # fmt: skip
        for value in row:
            store(u, place, value)
            place += step


transform_kernels = jit(_transform_kernels)


def _transform_pairs(u, place, step, g, p):
    """The same of a vector of kernels of 2 x 2."""
    L = lanes(g)
    g00, g01 = load(g, p[0] * L), load(g, p[1] * L)
    g10, g11 = load(g, p[2] * L), load(g, p[3] * L)
    left, right = g00 + g10, g01 + g11
    for row in ((g00, g00 + g01, g01), (left, left + right, right), (g10, g10 + g11, g11)):
        for value in row:
            store(u, place, value)
            place += step


transform_pairs = jit(_transform_pairs)


def _turn_kernels(g, w, corner, o_step, span, O, area, places, c_parts):
    """The kernels of L output channels as g[place][lane]; return the part of the first.

    Parameters
    ----------
    corner, o_step
        Where channel 0 is in w, and how far channels are apart.
    span : (first, end)
        Channel ``first`` is lane 0; from ``end`` on there are none, and lanes are zero.
    O, area
        Every O channels are another part of the same kernels, of so many numbers.
    c_parts
        So many parts that follow the first are wanted.
    """
    L = lanes(w)
    first, end = span
    q = min(first, end - 1) // O
    source = corner + (first - q * O) * o_step
    turned = (area + L - 1) // L * L
    if first + L <= min(end, (q + 1) * O) and source + (L - 1) * o_step + turned <= len(w):
        for t in range(0, turned, L):
            transpose_tile(g, t * L, L, w, source + t, o_step)
        return q
    for i in range(L):
        this = min(first + i, end - 1) // O
        source = corner + (first + i - this * O) * o_step
        for part in range(c_parts):
            for t in range(places.shape[1]):
                value = w[source + places[this + part, t]] if first + i < end else 0
                g[places[q + part, t] * L + i] = value
    return q


turn_kernels = jit(_turn_kernels)


def _transform_panels(work, u, w, O, panel, steps, sizes, places, tile, buffers):
    """One panel of output channels of one group per piece of work."""
    fork(work)
    g_step, o_step, c_step = steps
    O_w, C_w, area, c_parts = sizes
    (g,) = buffers
    L = lanes(w)
    half = broadcast(w, 0.5)
    panels = (O + panel - 1) // panel
    step = panels * C_w * c_parts * panel
    piece = take(work)
    while piece < work[1]:
        group, m = divmod(piece, panels)
        corner = (group * len(tile) ** 2 * panels + m) * C_w * c_parts * panel
        for c in range(C_w):
            for i in range(0, panel, L):
                source = group * g_step + c * c_step
                span = (m * panel + i, O)
                q = turn_kernels(g, w, source, o_step, span, O_w, area, places, c_parts)
                for part in range(c_parts):
                    place = corner + (part * C_w + c) * panel + i
                    if len(tile) == 3:
                        transform_pairs(u, place, step, g, places[q + part])
                    else:
                        transform_kernels(u, place, step, g, places[q + part], half)
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


def _restore_pair_column(gu, place, step, copies):
    """G' times one column of 3 positions, all slices added."""
    slices, apart = copies
    m1 = total(gu, place + 3 * step, slices, apart)
    m0, m2 = total(gu, place, slices, apart), total(gu, place + 6 * step, slices, apart)
    return m0 + m1, m1 + m2


restore_pair_column = jit(_restore_pair_column)


def _restore_nine(room, gu, source, step, copies, half, check):
    """G' gu G of a vector of kernels of 3 x 3, in room; return check + 0*number."""
    zero = broadcast(gu, 0)
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
            k += lanes(gu)
    return check


restore_nine = jit(_restore_nine)


def _restore_four(room, gu, source, step, copies, check):
    """The same of kernels of 2 x 2."""
    zero = broadcast(gu, 0)
    a0, b0 = restore_pair_column(gu, source, step, copies)
    a1, b1 = restore_pair_column(gu, source + step, step, copies)
    a2, b2 = restore_pair_column(gu, source + 2 * step, step, copies)
    k = 0
    for value in (a0 + a1, a1 + a2, b0 + b1, b1 + b2):
        store(room, k, value)
        check = fma(value, zero, check)
        k += lanes(gu)
    return check


restore_four = jit(_restore_four)


def _restore_kernels(
    gw, target, steps, gu, place, gu_steps, copies, span, C, outputs, places, tile, room
):
    """Make gw = G' gu G for some c and o; return whether all of it is finite.

    Parameters
    ----------
    gw, target, steps
        Flat, written; the place of the group's c = 0 and of the first o, and how far o and c are
        apart.
    gu, place, gu_steps
        Flat; the place of the first c and o, and how far positions and how far c are apart.
    copies
        The number of gu's to add, and how far they are apart.
    span : (first, end)
        The c that are meant; every C of them make a part.
    places : (Q, R*R) int64
    room
        A buffer of 9 vectors.
    """
    L, taps = lanes(gw), places.shape[1]
    step, row_step = gu_steps
    half, check = broadcast(gw, 0.5), broadcast(gw, 0)
    for c in range(span[0], span[1]):
        corner, q = target + c % C * steps[1], c // C
        for o in range(0, outputs, L):
            source = place + (c - span[0]) * row_step + o
            if len(tile) == 3:
                check = restore_four(room, gu, source, step, copies, check)
            else:
                check = restore_nine(room, gu, source, step, copies, half, check)
            for i in range(min(L, outputs - o)):
                for t in range(taps):
                    gw[corner + (o + i) * steps[0] + places[q, t]] = room[t * L + i]
    return sum_lanes(check) == 0


restore_kernels = jit(_restore_kernels)
