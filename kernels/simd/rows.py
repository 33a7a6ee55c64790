"""Tuples of vectors that live in registers: the sums of kernels that go down a picture row by row.

A tuple of vectors is a piece of a row.  How many there are is part of the tuple's type, so that the
compiler unrolls every loop over them; ``like``, a tuple of as many integers, says it first::

    start = repeated((0, 0, 0, 0), broadcast(x, 0))     four vectors
    sums = repeated((0, 0, 0), start)                   three rows of four vectors
    sums = pushed(sums, start)                          start, sums[0], sums[1]
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .instructions import (
    data_pointer,
    emit_broadcast,
    emit_fma,
    emit_mask,
    emit_masked_load,
    emit_masked_store,
    vector_type,
)
from .vector import Vector

__all__ = ["add_row", "load_row", "pushed", "repeated", "store_row"]

_int64 = ir.IntType(64)


@intrinsic
def repeated(typingctx, like, value):
    """``repeated(like, value)``: a tuple of len(like) times the value."""
    result = types.UniTuple(value, len(like))

    def generate(context, builder, signature, arguments):
        return context.make_tuple(builder, result, [arguments[1]] * len(like))

    return result(like, value), generate


@intrinsic
def pushed(typingctx, values, first):
    """``pushed(values, first)``: ``first`` before all of the values but the last."""

    def generate(context, builder, signature, arguments):
        kept = cgutils.unpack_tuple(builder, arguments[0])[:-1]
        return context.make_tuple(builder, values, [arguments[1], *kept])

    return values(values, first), generate


def _along(context, builder, kind, array, place, masks_kind, masks, m, v):
    """Pointer to vector v of the row at ``place``, and its mask."""
    vector = vector_type(kind.dtype)
    place = builder.add(place, ir.Constant(_int64, v * vector.count))
    number = builder.add(m, ir.Constant(_int64, v))
    bits = builder.load(data_pointer(context, builder, masks_kind, masks, number))
    return data_pointer(context, builder, kind, array, place), emit_mask(builder, vector, bits)


@intrinsic
def load_row(typingctx, like, x, place, masks, m):
    """``load_row(like, x, place, masks, m)``: len(like) vectors side by side, from ``place``.

    masks[m], masks[m + 1], ... are their lanes that are loaded; the others are zero.
    """
    result = types.UniTuple(Vector(x.dtype), len(like))

    def generate(context, builder, signature, arguments):
        _, array, place, masks_array, m = arguments
        vector, values = vector_type(x.dtype), []
        for v in range(len(like)):
            pointer, mask = _along(context, builder, x, array, place, masks, masks_array, m, v)
            zero = ir.Constant(vector, None)
            values.append(emit_masked_load(builder, vector, pointer, mask, zero))
        return context.make_tuple(builder, result, values)

    return result(like, x, types.int64, masks, types.int64), generate


@intrinsic
def store_row(typingctx, y, place, values, masks, m):
    """``store_row(y, place, values, masks, m)``: store the lanes of the masks."""

    def generate(context, builder, signature, arguments):
        array, place, row, masks_array, m = arguments
        for v, value in enumerate(cgutils.unpack_tuple(builder, row)):
            pointer, mask = _along(context, builder, y, array, place, masks, masks_array, m, v)
            emit_masked_store(builder, value, pointer, mask)
        return context.get_dummy_value()

    return types.void(y, types.int64, values, masks, types.int64), generate


@intrinsic
def add_row(typingctx, sums, values, weights, w):
    """``add_row(sums, values, weights, w)``: sums[i][v] + weights[w + i] * values[v]."""

    def generate(context, builder, signature, arguments):
        all_sums, row, array, w = arguments
        row, grown = cgutils.unpack_tuple(builder, row), []
        for i, old in enumerate(cgutils.unpack_tuple(builder, all_sums)):
            place = builder.add(w, ir.Constant(_int64, i))
            scalar = builder.load(data_pointer(context, builder, weights, array, place))
            factor = emit_broadcast(builder, row[0].type, scalar)
            old = cgutils.unpack_tuple(builder, old)
            new = [emit_fma(builder, factor, v, o) for v, o in zip(row, old, strict=True)]
            grown.append(context.make_tuple(builder, sums.dtype, new))
        return context.make_tuple(builder, sums, grown)

    return sums(sums, values, weights, types.int64), generate
