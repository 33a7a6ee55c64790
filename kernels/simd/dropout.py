"""Dropout in one pass: random words are made beside the numbers that they drop, and never stored.

One vector of 64-bit words, each mixed from its own number, serves a vector of elements::

    counters    key + G  |  key + 2G |  key + 3G |  ...         G is the generator's step
    words          w0    |     w1    |     w2    |  ...         mixed, three multiplications each
    elements     0  |  1 |  2  |  3  |  4  |  5  |  ...         low half, high half
    factors      0 where the half is below p * 2**32, else 1/(1 - p)

The words are those of ``loops.random``, so the bits are the textbook's.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .._jit import jit
from ..loops.random import FIRST, GAMMA, SECOND, split_mix
from .fork import fork
from .instructions import emit_broadcast, vector_type
from .tasks import launch, take
from .vector import (
    Vector,
    broadcast,
    from_bits,
    lanes,
    load,
    masked_load,
    masked_store,
    store,
)

__all__ = ["dropout", "dropout_mask"]

_CHUNK = 1 << 15  # elements in a piece of work; even, as a word serves two


def dropout(y: np.ndarray, x: np.ndarray, key: int, p: float) -> None:
    """Make y x with some rows dropped; see ``loops.dropout``, bit for bit."""
    rows, inner = x.shape
    if inner == 1:
        launch(drop, -(-rows // _CHUNK), y.reshape(-1), x.reshape(-1), *_settings(key, p))
        return
    mask = np.empty(rows, x.dtype)
    dropout_mask(mask, key, p)
    together = max(1, _CHUNK // max(1, inner))
    launch(scale_rows, -(-rows // together), y, x, mask, together)


def dropout_mask(mask: np.ndarray, key: int, p: float) -> None:
    """0 with probability p, else 1/(1 - p); see ``loops.dropout_mask``, bit for bit."""
    launch(draw_mask, -(-mask.size // _CHUNK), mask, *_settings(key, p))


def _settings(key, p):
    """The key, the least half of a word that keeps its element, and the factor then."""
    threshold = min(int(p * 2.0**32), 2**32 - 1)  # where p is 1 nothing is kept: the factor is 0
    return np.uint64(key), np.uint64(threshold), 1.0 / (1.0 - p) if p < 1.0 else 0.0


@intrinsic
def factors(typingctx, array, counter, threshold, factor):
    """``factors(x, counter, threshold, factor)``: those of a vector of x, in x's dtype.

    The counter is that of the vector's first word.
    """

    def generate(context, builder, signature, arguments):
        _, counter, threshold, factor = arguments
        vector = vector_type(array.dtype)
        words = ir.VectorType(ir.IntType(64), vector.count // 2)

        def constant(number):
            return ir.Constant(words, [int(number)] * words.count)

        steps = ir.Constant(words, [i * int(GAMMA) % 2**64 for i in range(words.count)])
        word = builder.add(emit_broadcast(builder, words, counter), steps)
        for shift, multiplier in ((30, FIRST), (27, SECOND)):
            word = builder.xor(word, builder.lshr(word, constant(shift)))
            word = builder.mul(word, constant(multiplier))
        word = builder.xor(word, builder.lshr(word, constant(31)))
        halves = ir.VectorType(ir.IntType(32), vector.count)
        least = emit_broadcast(builder, halves, builder.trunc(threshold, ir.IntType(32)))
        kept = builder.icmp_unsigned(">=", builder.bitcast(word, halves), least)
        factor = emit_broadcast(builder, vector, factor)
        return builder.select(kept, factor, ir.Constant(vector, None))

    return Vector(array.dtype)(array, types.uint64, types.uint64, array.dtype), generate


def _first_counter(key, i):
    """The counter of the word of element i."""
    return split_mix(key, np.uint64(0)) + np.uint64(i // 2 + 1) * GAMMA


first_counter = jit(_first_counter)


def _drop(work, y, x, key, threshold, factor):
    fork(work)
    L = lanes(x)
    step = np.uint64(L // 2) * GAMMA
    piece = take(work)
    while piece < work[1]:
        i, end = piece * _CHUNK, min((piece + 1) * _CHUNK, x.size)
        counter = first_counter(key, i)
        while i + 2 * L <= end:
            a, b = load(x, i), load(x, i + L)
            store(y, i, a * factors(x, counter, threshold, factor))
            store(y, i + L, b * factors(x, counter + step, threshold, factor))
            counter += step + step
            i += 2 * L
        while i < end:
            mask = from_bits(min(L, end - i))
            v = masked_load(x, i, mask, broadcast(x, 0))
            masked_store(y, i, mask, v * factors(x, counter, threshold, factor))
            counter += step
            i += L
        piece = take(work)


drop = jit(_drop)


def _draw_mask(work, mask, key, threshold, factor):
    fork(work)
    L = lanes(mask)
    piece = take(work)
    while piece < work[1]:
        begin, end = piece * _CHUNK, min((piece + 1) * _CHUNK, mask.size)
        counter = first_counter(key, begin)
        for i in range(begin, end, L):
            drawn = factors(mask, counter, threshold, factor)
            masked_store(mask, i, from_bits(min(L, end - i)), drawn)
            counter += np.uint64(L // 2) * GAMMA
        piece = take(work)


draw_mask = jit(_draw_mask)


def _scale_rows(work, y, x, mask, together):
    """Each row of x times its number of the mask; so many rows are a piece."""
    fork(work)
    L = lanes(x)
    rows, inner = x.shape
    piece = take(work)
    while piece < work[1]:
        for row in range(piece * together, min((piece + 1) * together, rows)):
            factor = broadcast(x, mask[row])
            i, end = row * inner, (row + 1) * inner
            while i + 4 * L <= end:
                a, b, c, d = load(x, i), load(x, i + L), load(x, i + 2 * L), load(x, i + 3 * L)
                store(y, i, a * factor)
                store(y, i + L, b * factor)
                store(y, i + 2 * L, c * factor)
                store(y, i + 3 * L, d * factor)
                i += 4 * L
            while i < end:
                lane = from_bits(min(L, end - i))
                masked_store(y, i, lane, masked_load(x, i, lane, factor) * factor)
                i += L
        piece = take(work)


scale_rows = jit(_scale_rows)
