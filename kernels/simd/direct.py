"""Convolution with one or two output channels a group: depthwise, and the last layer of a network.

A tile of 8 output channels would be mostly empty, and packing would cost more than multiplying.  So
nothing is packed: for each vector of positions the aims (see ``patches``) are followed through the
channels, and each load is multiplied at once::

    sum0 += w[0, k] * load      sum1 += w[1, k] * load         k = c*T + t

The aims of a vector are the same for every group, but for where the group's channels begin.
"""

import numpy as np

from .._jit import jit
from .gather import Output, padded_bias, write_tile
from .instructions import VECTOR_BYTES
from .micro_kernel import ROWS, VECTORS
from .patches import ENDS, HIGH, LOW, OFFSET, VECTOR, Walk, aim_pieces, find_pieces, piece_tables
from .tasks import aligned_empty, launch, take
from .vector import broadcast, evens, fma, lanes, masked_load, store

__all__ = ["MOST_CHANNELS", "gather_directly"]

MOST_CHANNELS = 2
"""Most output channels a group that this is for; it is also for column steps of 1 and 2 alone."""
_BLOCK = 8  # vectors of positions in a piece of work


def gather_directly(
    y: np.ndarray, x: np.ndarray, weights: np.ndarray, b: np.ndarray,
    taps: np.ndarray, phases: np.ndarray, walk: Walk, out: Output,
) -> None:  # fmt: skip
    """As ``gather.gather``, with the same arguments."""
    L = VECTOR_BYTES // x.itemsize
    vectors = -(-walk.N * walk.QH * walk.QW // L)
    most_taps = max(1, *(phases[:, 1] - phases[:, 0]))

    def private():
        tile = aligned_empty(ROWS * VECTORS * L, x.dtype, "convolution")
        return (tile, *piece_tables(_BLOCK, 1, L, most_taps))

    launch(
        follow_aims, -(-vectors // _BLOCK), y.reshape(-1), x.reshape(-1), weights,
        padded_bias(b, x.dtype, walk, out), taps, phases, walk, out, private=private,
    )  # fmt: skip


def _sum_taps(x, weights, w, bias, first_bias, aims, channel, walk):
    """Both sums of one vector of one group, whose channels begin ``channel`` elements on."""
    L = lanes(x)
    zero = broadcast(x, 0)
    sum0, sum1 = broadcast(x, bias[first_bias]), broadcast(x, bias[first_bias + 1])
    for c in range(walk.C):
        low = high = zero
        for a in range(len(aims)):
            source = aims[a, OFFSET] + channel + c * walk.H * walk.W
            low = masked_load(x, source, aims[a, LOW], low)
            if walk.TW == 2:
                high = masked_load(x, source + L, aims[a, HIGH], high)
            if aims[a, ENDS]:
                value = evens(low, high) if walk.TW == 2 else low
                sum0 = fma(broadcast(x, weights[w]), value, sum0)
                sum1 = fma(broadcast(x, weights[w + 1]), value, sum1)
                low = high = zero
                w += ROWS
    return sum0, sum1


sum_taps = jit(_sum_taps)


def _follow_aims(work, y, x, weights, bias, taps, phases, walk, out, buffers):
    """Take block after block of positions, and all groups of each."""
    tile, pieces, aims = buffers
    L = lanes(x)
    positions = walk.N * walk.QH * walk.QW
    piece = take(work)
    while piece < work[1]:
        first = piece * _BLOCK * L
        count = find_pieces(pieces, first, min(first + _BLOCK * L, positions), L, walk)
        for phase in phases:
            T = phase[1] - phase[0]
            s = 0
            while s < count:
                v, end = pieces[s, VECTOR], s + 1
                while pieces[end, VECTOR] == v:
                    end += 1
                used = aim_pieces(aims, pieces, s, end, taps[phase[0] : phase[1]], 0, L, walk)
                for g in range(walk.G):
                    w = (phase[0] * walk.G + T * g) * walk.C * ROWS
                    channel = g * walk.C * walk.H * walk.W
                    sum0, sum1 = sum_taps(x, weights, w, bias, g * ROWS, aims[:used], channel, walk)
                    store(tile, 0, sum0)
                    store(tile, VECTORS * L, sum1)
                    write_tile(y, tile, out.O, g * out.O, pieces[s:], v, 1, False, phase, L, out)
                s = end
        piece = take(work)


follow_aims = jit(_follow_aims)
