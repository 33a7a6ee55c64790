"""Weight gradient for one or two output channels a group: a dot product for each weight.

    gw[o, k] = sum over pixels p of patch[k, p] * gy[o, p]

With so few channels nothing is packed (see ``direct``).  For each vector of positions, the aims are
followed through the channels; each load is multiplied by gy's vector and added to the weight's own
vector of partial sums.  As in ``weight_grad``, slices of the pixels have sums of their own, added
at the end in a fixed order, and so are the lanes.
"""

import numpy as np

from .._jit import jit
from .instructions import VECTOR_BYTES
from .patches import ENDS, HIGH, LOW, OFFSET, Walk, aim_pieces, find_pieces, piece_tables
from .tasks import aligned_empty, launch, take
from .vector import broadcast, evens, fma, lanes, load, masked_load, store, sum_lanes

__all__ = ["MOST_CHANNELS", "weight_grad_directly"]

MOST_CHANNELS = 2
"""Most output channels a group that this is for; it is also for column steps of 1 and 2 alone."""

_BLOCK = 64  # vectors of positions in a slice, at least
_SLICES = 16  # most slices


def weight_grad_directly(
    gw: np.ndarray, x: np.ndarray, gy: np.ndarray, taps: np.ndarray, walk: Walk, gy_walk: Walk
) -> None:
    """As ``weight_grad.conv2d_weight_grad``, on its walks of x and of gy."""
    L = VECTOR_BYTES // x.itemsize
    vectors = -(-walk.N * walk.QH * walk.QW // L)
    slices = max(1, min(_SLICES, vectors // _BLOCK))
    sums = aligned_empty(slices * gw.size * L, x.dtype, "conv2d weight gradient")

    def private():
        return (*piece_tables(1, 1, L, len(taps)), *piece_tables(1, 1, L, 1))

    middle = np.zeros((1, 2), np.int64)
    launch(
        sum_directly, slices, sums, x.reshape(-1), gy.reshape(-1), taps, middle, walk, gy_walk,
        vectors, private=private,
    )  # fmt: skip
    launch(add_lanes, gw.shape[0], gw.reshape(-1), sums)


def _multiply_taps(sums, k, x, channel, g_vector, aims, stride):
    """Add one channel's patches times gy's vector to the sums from weight k on."""
    L = lanes(x)
    zero = broadcast(x, 0)
    low = high = zero
    for a in range(len(aims)):
        source = aims[a, OFFSET] + channel
        low = masked_load(x, source, aims[a, LOW], low)
        if stride == 2:
            high = masked_load(x, source + L, aims[a, HIGH], high)
        if aims[a, ENDS]:
            value = evens(low, high) if stride == 2 else low
            store(sums, k * L, fma(value, g_vector, load(sums, k * L)))
            low = high = zero
            k += 1


multiply_taps = jit(_multiply_taps)


def _sum_directly(work, sums, x, gy, taps, middle, walk, gy_walk, vectors, buffers):
    """One slice per piece of work: every position of it, every group, every weight."""
    pieces, aims, gy_pieces, gy_aims = buffers
    L = lanes(x)
    zero = broadcast(x, 0)
    T, O, plane = len(taps), gy_walk.C, walk.H * walk.W
    slices = work[1]
    weights = len(sums) // slices // L
    piece = take(work)
    while piece < work[1]:
        for k in range(piece * weights, (piece + 1) * weights):
            store(sums, k * L, zero)
        for v in range(piece * vectors // slices, (piece + 1) * vectors // slices):
            first, end = v * L, min((v + 1) * L, walk.N * walk.QH * walk.QW)
            count = find_pieces(pieces, first, end, L, walk)
            used = aim_pieces(aims, pieces, 0, count, taps, 0, L, walk)
            count = find_pieces(gy_pieces, first, end, L, gy_walk)
            gy_used = aim_pieces(gy_aims, gy_pieces, 0, count, middle, 0, L, gy_walk)
            for channel in range(walk.G * O):
                g_vector = zero
                for a in range(gy_used):
                    source = gy_aims[a, OFFSET] + channel * gy_walk.W
                    g_vector = masked_load(gy, source, gy_aims[a, LOW], g_vector)
                for c in range(walk.C):
                    k = piece * weights + (channel * walk.C + c) * T
                    place = (channel // O * walk.C + c) * plane
                    multiply_taps(sums, k, x, place, g_vector, aims[:used], walk.TW)
        piece = take(work)


sum_directly = jit(_sum_directly)


def _add_lanes(work, gw, sums):
    """One output channel per piece of work: its weights, over slices and then lanes."""
    L = lanes(sums)
    share = len(gw) // work[1]
    slices = len(sums) // (len(gw) * L)
    piece = take(work)
    while piece < work[1]:
        for k in range(piece * share, (piece + 1) * share):
            total = load(sums, k * L)
            for s in range(1, slices):
                total += load(sums, (s * len(gw) + k) * L)
            gw[k] = sum_lanes(total)
        piece = take(work)


add_lanes = jit(_add_lanes)
