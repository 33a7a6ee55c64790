"""Cross entropy of labels: the logits are read once in each direction.

Forward a block of pixels is read as ``softmax`` reads it, and only three numbers of each pixel are
kept: its loss, the largest logit and the sum of the powers.  From the last two the gradient makes
the softmax anew, an exponential each, instead of reading a stored one:

    logits -> [block] -> top, total -> loss                             forward
    logits, top, total, label, gy -> gy * (exp(x - top) / total - q)    backward

The equations are in ``loops.cross_entropy``.  Every piece of work adds up its own losses; the sums
of the pieces are added in their order.
"""

from functools import partial

import numpy as np
from numpy import ndarray as Array

from .._jit import jit
from .across import prefetch
from .exponential import exp, log
from .fork import fork
from .softmax import (
    add_powers,
    block_pieces,
    block_room,
    block_width,
    find_block,
    piece_blocks,
    read_block,
)
from .softmax_rows import (
    find_row,
    row_chunk,
    row_pieces,
)
from .tasks import launch, take
from .vector import (
    broadcast,
    from_bits,
    lanes,
    load,
    masked_load,
    masked_store,
    store,
)

__all__ = ["cross_entropy", "cross_entropy_grad"]


def cross_entropy(
    losses: Array, sums: Array, stats: Array,
    x: Array, labels: Array, weight: Array, ignored: int, smoothing: float,
) -> None:  # fmt: skip
    """The loss of every label, and the sum of them all; see ``loops.cross_entropy``."""
    _, C, L = x.shape
    rows = L == 1
    B = block_width(x, C + 3)
    pieces = row_pieces(x) if rows else block_pieces(x, B)
    parts = np.zeros((pieces, 2))
    room = None if rows else partial(block_room, C + 3, B, x.dtype)
    kernel = score_rows if rows else score_blocks
    launch(
        kernel, pieces, losses, parts, stats, x, labels, weight, ignored, smoothing, private=room
    )
    np.sum(parts, axis=0, out=sums)


def cross_entropy_grad(
    gx: Array, gy: Array, stats: Array,
    x: Array, labels: Array, weight: Array, ignored: int, smoothing: float,
) -> None:  # fmt: skip
    """Gradient of the logits; see ``loops.cross_entropy_grad``."""
    _, C, L = x.shape
    if L == 1:
        launch(
            differentiate_rows, row_pieces(x),
            gx, gy, stats, x, labels, weight, ignored, smoothing,
        )  # fmt: skip
        return
    B = block_width(x, 2 * C)
    room = partial(block_room, 3, B, x.dtype)
    launch(
        differentiate_blocks, block_pieces(x, B),
        gx, gy, stats, x, labels, weight, ignored, smoothing, private=room,
    )  # fmt: skip


# Forward


def _score_blocks(work, losses, parts, stats, x, labels, weight, ignored, smoothing, buffers):
    """room: the block, top, the logarithm of total, and the sum of w * log softmax."""
    fork(work)
    (room,) = buffers
    N, C, L = x.shape
    D, B = lanes(x), room.shape[1]
    zero = broadcast(x, 0)
    piece = take(work)
    while piece < work[1]:
        for block in range(*piece_blocks(piece, x, B)):
            first, width = find_block(block, x, B)
            ahead, _ = find_block(block + 1, x, B)
            n = first // (C * L)
            begin = first - n * C * L
            read_block(room, x, x, first, width)
            add_powers(room, width, False, x, ahead)
            for i in range(0, width, D):
                mask = from_bits(min(D, width - i))
                top, total = load(room, C * B + i), load(room, (C + 1) * B + i)
                masked_store(stats, n * L + begin + i, mask, top)
                masked_store(stats, (N + n) * L + begin + i, mask, total)
                rest = log(total)
                store(room, (C + 1) * B + i, rest)
                if smoothing > 0:
                    spread = zero
                    for c in range(C):
                        spread += broadcast(x, weight[c]) * (load(room, c * B + i) - top - rest)
                    store(room, (C + 2) * B + i, spread)
            for i in range(width):
                label = labels[n, begin + i]
                loss = 0.0
                if label != ignored:
                    own = (1 - smoothing) * weight[label]
                    loss = -own * (room[label, i] - room[C, i] - room[C + 1, i])
                    if smoothing > 0:
                        loss -= smoothing / C * room[C + 2, i]
                    parts[piece, 0] += loss
                    parts[piece, 1] += weight[label]
                losses[n, begin + i] = loss
        piece = take(work)


score_blocks = jit(_score_blocks)


def _score_rows(work, losses, parts, stats, x, labels, weight, ignored, smoothing):
    fork(work)
    N, C, _ = x.shape
    chunk = row_chunk(C)
    piece = take(work)
    while piece < work[1]:
        for n in range(piece * chunk, min((piece + 1) * chunk, N)):
            top, total = find_row(x, n * C)
            stats[0, n, 0], stats[1, n, 0] = top, total
            label = labels[n, 0]
            loss = 0.0
            if label != ignored:
                own, rest = (1 - smoothing) * weight[label], np.log(total)
                loss = -own * (x[n, label, 0] - top - rest)
                if smoothing > 0:
                    for c in range(C):
                        loss -= smoothing / C * weight[c] * (x[n, c, 0] - top - rest)
                parts[piece, 0] += loss
                parts[piece, 1] += weight[label]
            losses[n, 0] = loss
        piece = take(work)


score_rows = jit(_score_rows)


# Backward


def _share(gy, n, l, weight, label, ignored, smoothing):
    """The incoming gradient of a pixel, and that times the weight of its own class."""
    if label == ignored:
        return 0.0, 0.0
    g = gy[0, 0] if gy.size == 1 else gy[n, l]
    return g, g * (1 - smoothing) * weight[label]


share = jit(_share)


def _differentiate_blocks(work, gx, gy, stats, x, labels, weight, ignored, smoothing, buffers):
    """room: top, the factor of the powers, and gy times the smoothing of a class."""
    fork(work)
    (room,) = buffers
    _, C, L = x.shape
    D, B = lanes(x), room.shape[1]
    zero = broadcast(x, 0)
    even = smoothing / C
    everywhere = even * weight.sum()
    piece = take(work)
    while piece < work[1]:
        for block in range(*piece_blocks(piece, x, B)):
            first, width = find_block(block, x, B)
            ahead, _ = find_block(block + 1, x, B)
            n = first // (C * L)
            begin = first - n * C * L
            for i in range(width):
                l = begin + i
                g, own = share(gy, n, l, weight, labels[n, l], ignored, smoothing)
                room[0, i] = stats[0, n, l]
                room[1, i] = (own + g * everywhere) / stats[1, n, l]
                room[2, i] = g * even
            for c in range(C):
                w = broadcast(x, weight[c])
                for i in range(0, width, D):
                    place, mask = first + c * L + i, from_bits(min(D, width - i))
                    prefetch(x, ahead + c * L + i)
                    prefetch(gx, ahead + c * L + i)
                    power = exp(masked_load(x, place, mask, zero) - load(room, i))
                    result = power * load(room, B + i)
                    if smoothing > 0:
                        result = result - w * load(room, 2 * B + i)
                    masked_store(gx, place, mask, result)
            for i in range(width):
                l = begin + i
                label = labels[n, l]
                if label != ignored:
                    _, own = share(gy, n, l, weight, label, ignored, smoothing)
                    gx[n, label, l] -= own
                elif np.isnan(room[1, i]):
                    for c in range(C):
                        gx[n, c, l] = 0
        piece = take(work)


differentiate_blocks = jit(_differentiate_blocks)


def _differentiate_rows(work, gx, gy, stats, x, labels, weight, ignored, smoothing):
    fork(work)
    N, C, _ = x.shape
    D, chunk = lanes(x), row_chunk(C)
    zero = broadcast(x, 0)
    even = smoothing / C
    everywhere = even * weight.sum()
    piece = take(work)
    while piece < work[1]:
        for n in range(piece * chunk, min((piece + 1) * chunk, N)):
            label = labels[n, 0]
            g, own = share(gy, n, 0, weight, label, ignored, smoothing)
            top = broadcast(x, stats[0, n, 0])
            factor = broadcast(x, (own + g * everywhere) / stats[1, n, 0])
            rest = broadcast(x, g * even)
            first, end = n * C, (n + 1) * C
            for i in range(first, end, D):
                mask = from_bits(min(D, end - i))
                result = exp(masked_load(x, i, mask, zero) - top) * factor
                if smoothing > 0:
                    result = result - masked_load(weight, i - first, mask, zero) * rest
                if label == ignored:
                    result = zero
                masked_store(gx, i, mask, result)
            if label != ignored:
                gx[n, label, 0] -= own
        piece = take(work)


differentiate_rows = jit(_differentiate_rows)
