"""Softmax along the channels, a block of pixels at a time.

    x[n]    l ->   B pixels                       room            a block, in the near cache
    c = 0  |......[========]......|            [========]
    c = 1  |......[========]......|   read     [========]
           |......[========]......|  ------>   [========]
    C - 1  |......[========]......|            [========]
                                        top    [========]         the largest of each pixel
                                      total    [========]         the sum of its powers

x is (N, C, L); the equations, and what NaN and infinities give, are in ``loops.softmax``.  The
channels of a pixel are needed three times: for the largest, for the sum, and for the result.  They
lie L elements apart, and where L is a power of two they all fall into the same few lines of the
cache; so a block is copied to a place of its own when it is first read, row by row.  Where L is 1
the channels themselves are contiguous, and ``softmax_rows`` takes them as vectors.

Reading a block and computing would take turns, as would memory and processor; so while the powers
of one block are computed, the next block is already fetched, line by line.
"""

from functools import partial

import numpy as np

from .._jit import jit
from .across import prefetch
from .exponential import exp, log
from .fork import fork
from .instructions import (
    VECTOR_BYTES,
)
from .softmax_rows import (
    fill_row_gradients,
    fill_rows,
    row_pieces,
)
from .tasks import aligned_empty, launch, take
from .vector import (
    broadcast,
    from_bits,
    lanes,
    larger,
    load,
    masked_load,
    masked_store,
    store,
)

__all__ = [
    "add_powers",
    "block_pieces",
    "block_room",
    "block_width",
    "find_block",
    "log_softmax",
    "log_softmax_grad",
    "piece_blocks",
    "read_block",
    "softmax",
    "softmax_grad",
]

_ROOM = 64 << 10  # bytes of a block: rows of some cache lines, and near the processor
_BLOCKS = 8  # blocks in a piece of work
_RUN = 64  # powers added up before they are added to the rest


def softmax(y: np.ndarray, x: np.ndarray) -> None:
    """Make y exp(x) / sum of exp(x); see ``loops.softmax``."""
    _normalize(y, x, False)


def log_softmax(y: np.ndarray, x: np.ndarray) -> None:
    """Make y x - log of the sum of exp(x); see ``loops.log_softmax``."""
    _normalize(y, x, True)


def softmax_grad(gx: np.ndarray, gy: np.ndarray, y: np.ndarray) -> None:
    """Make gx y * (gy - sum of gy*y); see ``loops.softmax_grad``."""
    _differentiate(gx, gy, y, False)


def log_softmax_grad(gx: np.ndarray, gy: np.ndarray, y: np.ndarray) -> None:
    """Make gx gy - exp(y) * sum of gy; see ``loops.log_softmax_grad``."""
    _differentiate(gx, gy, y, True)


def _normalize(y, x, logarithm):
    _, C, L = x.shape
    if L == 1:
        launch(fill_rows, row_pieces(x), y, x, logarithm)
        return
    B = block_width(x, C + 2)
    room = partial(block_room, C + 2, B, x.dtype)
    launch(fill_blocks, block_pieces(x, B), y, x, logarithm, private=room)


def _differentiate(gx, gy, y, logarithm):
    _, C, L = y.shape
    if L == 1:
        launch(fill_row_gradients, row_pieces(y), gx, gy, y, logarithm)
        return
    B = block_width(y, 2 * C + 1)
    room = partial(block_room, 2 * C + 1, B, y.dtype)
    launch(fill_block_gradients, block_pieces(y, B), gx, gy, y, logarithm, private=room)


def block_width(x: np.ndarray, rows: int) -> int:
    """Pixels of a block with so many rows: whole vectors, no more than x has."""
    D = VECTOR_BYTES // x.itemsize
    fits = _ROOM // (rows * x.itemsize) // D
    return D * max(1, min(fits, -(-x.shape[2] // D)))


def block_room(rows: int, B: int, dtype: np.dtype) -> tuple[np.ndarray]:
    """The room of one thread for its blocks."""
    return (aligned_empty(rows * B, dtype, "a block of pixels").reshape(rows, B),)


def block_pieces(x: np.ndarray, B: int) -> int:
    """Pieces of work for blocks of B pixels."""
    return -(-x.shape[0] * -(-x.shape[2] // B) // _BLOCKS)


def _piece_blocks(piece, x, B):
    """The first block of a piece of work, and the first after it."""
    N, _, L = x.shape
    return piece * _BLOCKS, min((piece + 1) * _BLOCKS, N * -(-L // B))


piece_blocks = jit(_piece_blocks)


def _find_block(block, x, B):
    """Where in x a block begins, and how many pixels it has."""
    _, C, L = x.shape
    n, b = divmod(block, -(-L // B))
    return n * C * L + b * B, min(B, L - b * B)


find_block = jit(_find_block)


def _read_block(room, x, y, first, width):
    """Copy a block of x to room[0:C], make room[C] the largest of each pixel, and fetch y's."""
    _, C, L = x.shape
    D, B = lanes(x), room.shape[1]
    zero, lowest = broadcast(x, 0), broadcast(x, -np.inf)
    for i in range(0, width, D):
        store(room, C * B + i, lowest)
    for c in range(C):
        for i in range(0, width, D):
            prefetch(y, first + c * L + i)
            mask = from_bits(min(D, width - i))
            value = masked_load(x, first + c * L + i, mask, zero)
            store(room, c * B + i, value)
            store(room, C * B + i, larger(value, load(room, C * B + i)))


read_block = jit(_read_block)


def _add_powers(room, width, keep, x, ahead):
    """Make room[C + 1] the sums of e to the power of room[0:C] - room[C], and keep the powers.

    Meanwhile, the block of x that begins at ``ahead`` is fetched.
    """
    _, C, L = x.shape
    D, B = lanes(room), room.shape[1]
    zero = broadcast(room, 0)
    for i in range(0, width, D):
        top = load(room, C * B + i)
        total = zero
        for begin in range(0, C, _RUN):
            part = zero
            for c in range(begin, min(begin + _RUN, C)):
                prefetch(x, ahead + c * L + i)
                power = exp(load(room, c * B + i) - top)
                if keep:
                    store(room, c * B + i, power)
                part += power
            total += part
        store(room, (C + 1) * B + i, total)


add_powers = jit(_add_powers)


def _fill_blocks(work, y, x, logarithm, buffers):
    fork(work)
    (room,) = buffers
    _, C, L = x.shape
    D, B = lanes(x), room.shape[1]
    one = broadcast(x, 1)
    piece = take(work)
    while piece < work[1]:
        for block in range(*piece_blocks(piece, x, B)):
            first, width = find_block(block, x, B)
            ahead, _ = find_block(block + 1, x, B)
            read_block(room, x, y, first, width)
            add_powers(room, width, not logarithm, x, ahead)
            for i in range(0, width, D):
                total = load(room, (C + 1) * B + i)
                store(room, (C + 1) * B + i, log(total) if logarithm else one / total)
            for c in range(C):
                for i in range(0, width, D):
                    value, factor = load(room, c * B + i), load(room, (C + 1) * B + i)
                    if logarithm:
                        value = value - load(room, C * B + i) - factor
                    else:
                        value = value * factor
                    masked_store(y, first + c * L + i, from_bits(min(D, width - i)), value)
        piece = take(work)


fill_blocks = jit(_fill_blocks)


def _read_two(room, gx, gy, y, first, width):
    """Copy the blocks of gy and y to room[0:C] and room[C:2C], and fetch that of gx."""
    _, C, L = y.shape
    D, B = lanes(y), room.shape[1]
    zero = broadcast(y, 0)
    for c in range(C):
        for i in range(0, width, D):
            place, mask = first + c * L + i, from_bits(min(D, width - i))
            prefetch(gx, place)
            store(room, c * B + i, masked_load(gy, place, mask, zero))
            store(room, (C + c) * B + i, masked_load(y, place, mask, zero))


read_two = jit(_read_two)


def _fill_block_gradients(work, gx, gy, y, logarithm, buffers):
    fork(work)
    (room,) = buffers
    _, C, L = y.shape
    D, B = lanes(y), room.shape[1]
    zero = broadcast(y, 0)
    piece = take(work)
    while piece < work[1]:
        for block in range(*piece_blocks(piece, y, B)):
            first, width = find_block(block, y, B)
            ahead, _ = find_block(block + 1, y, B)
            read_two(room, gx, gy, y, first, width)
            for i in range(0, width, D):
                total = zero
                for begin in range(0, C, _RUN):
                    part = zero
                    for c in range(begin, min(begin + _RUN, C)):
                        g = load(room, c * B + i)
                        part += g if logarithm else g * load(room, (C + c) * B + i)
                    total += part
                store(room, 2 * C * B + i, total)
            for c in range(C):
                for i in range(0, width, D):
                    prefetch(gy, ahead + c * L + i)
                    prefetch(y, ahead + c * L + i)
                    g, v = load(room, c * B + i), load(room, (C + c) * B + i)
                    total = load(room, 2 * C * B + i)
                    result = g - exp(v) * total if logarithm else v * (g - total)
                    masked_store(gx, first + c * L + i, from_bits(min(D, width - i)), result)
        piece = take(work)


fill_block_gradients = jit(_fill_block_gradients)
