"""Convolution with few channels a group: depthwise, small groups, and the last layer of a network.

Packing the patches (see ``gather``) pays where many output channels use them.  Here the pictures
themselves are copied once, with their padding (see ``padded``), and multiplied from there:

    for each picture, group and band of rows        (a piece of work; they share nothing)
        sums = bias                                 of each output channel, for the band
        for each stretch of channels whose rows fit the cache
            copy their rows
            for each phase and panel of output channels
                sums += weights * copy at the taps' offsets        (``tap_tile``)
        write the sums into y, without the idle numbers between rows

A phase is one of the SH*SW convolutions that a transposed convolution is made of; their pixels
meet in y as they are written.
"""

import numpy as np

from .._jit import jit
from .fork import fork
from .gather import Output
from .instructions import VECTOR_BYTES
from .padded import column_masks, copy_planes, plan_band, tap_offsets
from .patches import Walk
from .tap_tile import MOST_ROWS, multiply_taps
from .tasks import aligned_empty, launch, take
from .vector import broadcast, from_bits, interleaved, lanes, load, masked_store, store

__all__ = ["MOST_CHANNELS", "band_rows", "gather_directly"]

MOST_CHANNELS = 16
"""Most output channels a group that this is for."""

_COPY_BYTES = 2**17  # of a copy, about: it stays in the second-level cache
_LEAST_ROWS = 8  # of a band, if the picture has as many
_PIECES = 16  # for less work than this, bands get smaller


def gather_directly(
    y: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray, taps: np.ndarray,
    phases: np.ndarray, walk: Walk, out: Output, transposed: bool,
) -> None:  # fmt: skip
    """Make y, in every phase, b + weights times patches of x.

    Parameters
    ----------
    y : (N, G*O, OH, OW), written
    x : (N, G*C, H, W)
    w : (G*O, C, KH, KW), or (G*C, O, KH, KW) if transposed
    b : (G*O,)
    taps : (T, 3) int64
        tap_h, tap_w and kh*KW + kw of the taps of all phases.
    phases : (P, 4) int64
        First and end tap of each phase, its top and left.
    """
    if y.size == 0:
        return
    L = VECTOR_BYTES // x.itemsize
    rows = next((r for r in (1, 2, 4) if r >= out.O), MOST_ROWS)
    panels = -(-out.O // rows)
    pairs = taps[:, :2].tolist()
    band, remainders = plan_band(walk, pairs, band_rows(walk, pairs, x.itemsize))
    offsets = tap_offsets(walk, pairs, band, remainders)
    plane = len(remainders) * band.height * band.pitch
    channels = max(1, min(walk.C, _COPY_BYTES // x.itemsize // max(1, plane)))
    starts = np.arange(channels)[:, None] * plane
    table = [(starts + offsets[first:end]).reshape(-1) for first, end, _, _ in phases]
    weights = _pack(w, taps[:, 2], phases, walk.G, rows, transposed)
    room = -(-band.rows * band.pitch // L) * L
    bias = np.zeros((walk.G, panels * rows), x.dtype)
    bias[:, : out.O] = b.reshape(walk.G, out.O)

    def private():
        return (
            aligned_empty(channels * plane + band.pitch + 2 * L, x.dtype, "convolution"),
            aligned_empty(len(phases) * panels * rows * room, x.dtype, "convolution"),
        )

    split = (-(-walk.QH // max(1, band.rows)), channels, panels, rows, room)
    launch(
        gather_bands, walk.N * walk.G * split[0], y.reshape(-1), x.reshape(-1), (weights, bias),
        np.concatenate([*table, np.zeros(0, np.int64)]),
        (np.array(remainders, np.int64).reshape(-1, 2), column_masks(walk, band, remainders, L)),
        phases, (walk, out, band), split, private=private,
    )  # fmt: skip


def band_rows(walk: Walk, taps: list, itemsize: int) -> int:
    """Rows of positions in a band: all, unless the copy gets too large or the pieces too few."""
    band, remainders = plan_band(walk, taps, 0)
    row = max(1, walk.C * len(remainders) * band.pitch * itemsize)
    wanted = -(-walk.QH // max(1, -(-_PIECES // max(1, walk.N * walk.G))))
    return max(1, min(wanted, max(_LEAST_ROWS, _COPY_BYTES // row - band.height)))


def _pack(w, places, phases, G, rows, transposed):
    """Weights as [phase][group][panel][k][row of the panel], k = c*T + t."""
    first, second = w.shape[:2]
    O, C = (second, first // G) if transposed else (first // G, second)
    panels = -(-O // rows)
    w = w.reshape(G, C, O, -1).swapaxes(1, 2) if transposed else w.reshape(G, O, C, -1)
    whole = np.zeros((G, panels * rows, C, len(places)), w.dtype)
    whole[:, :O] = w[..., places]
    whole = whole.reshape(G, panels, rows, C, len(places)).transpose(0, 1, 3, 4, 2)
    parts = [whole[:, :, :, first:end].reshape(-1) for first, end, _, _ in phases]
    return np.concatenate([*parts, np.zeros(0, w.dtype)])


def _write(y, target, end, length, value):
    """Store a vector of a row that has ``length`` more numbers, past its end if before ``end``."""
    L = lanes(y)
    if target + L <= end:
        store(y, target, value)
    else:
        masked_store(y, target, from_bits(max(0, min(L, length))), value)


write = jit(_write)


def _write_row(y, target, end, sums, source, length, lefts, apart, step):
    """Write a row of y, whose columns left, left + step, ... are sums ``apart`` by phase.

    What is written too much is before ``end``, and is overwritten by the next rows.
    """
    L = lanes(y)
    if step == 1:
        for i in range(0, length, L):
            write(y, target + i, end, length - i, load(sums, source + i))
    elif step == 2 and lefts == 2:
        for i in range(0, length, 2 * L):
            p = source + i // 2
            low, high = interleaved(load(sums, p), load(sums, p + apart))
            write(y, target + i, end, length - i, low)
            write(y, target + i + L, end, length - i - L, high)
    else:
        for left in range(lefts):
            for q in range((length - left + step - 1) // step):
                y[target + left + q * step] = sums[source + left * apart + q]


write_row = jit(_write_row)


def _gather_bands(work, y, x, filters, offsets, columns, phases, plan, split, buffers):
    """Take band after band of the pictures of one group."""
    fork(work)
    (weights, bias), (remainders, masks), (walk, out, band) = filters, columns, plan
    bands, channels, panels, rows, room = split
    copy, sums = buffers
    L = lanes(x)
    lefts = min(out.UW, out.OW)
    piece = take(work)
    while piece < work[1]:
        picture, row = piece // bands, piece % bands * band.rows
        g = picture % walk.G
        height = min(band.rows, walk.QH - row)
        count = (height * band.pitch + L - 1) // L
        for f in range(len(phases)):
            for o in range(panels * rows):
                for v in range(count):
                    place = (f * panels * rows + o) * room + v * L
                    store(sums, place, broadcast(sums, bias[g, o]))
        for c in range(0, walk.C, channels):
            c_end = min(c + channels, walk.C)
            these = (picture * walk.C + c, picture * walk.C + c_end)
            copy_planes(copy, x, these, row, remainders, masks, walk, band)
            for f in range(len(phases)):
                first, T = phases[f, 0], phases[f, 1] - phases[f, 0]
                for m in range(panels):
                    k = first * walk.G * panels * walk.C + ((g * panels + m) * walk.C + c) * T
                    places = ((f * panels + m) * rows * room, room, 0, k * rows, first * channels)
                    K = (c_end - c) * T
                    multiply_taps(rows, count, sums, copy, weights, offsets, K, places)
        for o in range(out.O):
            first_row = (picture * out.O + o) * out.OH
            end = (first_row + min(out.OH, (row + height) * out.UH)) * out.OW
            for r in range(height):
                for f in range(0, len(phases), lefts):
                    oh = (row + r) * out.UH + phases[f, 2]
                    if oh < out.OH:
                        source = (f * panels * rows + o) * room + r * band.pitch
                        write_row(
                            y, (first_row + oh) * out.OW, end, sums, source, out.OW, lefts,
                            panels * rows * room, out.UW,
                        )  # fmt: skip
        piece = take(work)


gather_bands = jit(_gather_bands)
