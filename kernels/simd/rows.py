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

__all__ = [
    "add_products",
    "add_row",
    "load_pairs",
    "load_row",
    "pushed",
    "repeated",
    "store_row",
    "woven",
]

_int64 = ir.IntType(64)


def _every_other(builder, low, high, first=0):
    """Of two vectors in a row, the elements at even places, or with first=1 at odd ones."""
    places = list(range(first, 2 * low.type.count, 2))
    index = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)
    return builder.shuffle_vector(low, high, index)


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


def _load_along(context, builder, count, kind, array, place, masks_kind, masks, m):
    """So many vectors of the row at ``place``, zero where masked out."""
    vector, values = vector_type(kind.dtype), []
    for v in range(count):
        pointer, mask = _along(context, builder, kind, array, place, masks_kind, masks, m, v)
        zero = ir.Constant(vector, None)
        values.append(emit_masked_load(builder, vector, pointer, mask, zero))
    return values


@intrinsic
def load_row(typingctx, like, steps, x, place, masks, m):
    """``load_row(like, steps, x, place, masks, m)``: a row of len(like) vectors, from ``place``.

    Lane 0 of the first is x[place], the next are as many numbers further as ``steps`` is long: one,
    or two.  In masks[m], masks[m + 1], ... are the numbers that are loaded, a vector each; instead
    of the others there is zero.
    """
    result = types.UniTuple(Vector(x.dtype), len(like))

    def generate(context, builder, signature, arguments):
        _, _, array, place, masks_array, m = arguments
        where = (x, array, place, masks, masks_array, m)
        values = _load_along(context, builder, len(like) * len(steps), *where)
        if len(steps) == 2:
            halves = zip(values[::2], values[1::2], strict=True)
            values = [_every_other(builder, low, high) for low, high in halves]
        return context.make_tuple(builder, result, values)

    return result(like, steps, x, types.int64, masks, types.int64), generate


@intrinsic
def load_pairs(typingctx, like, x, place, masks, m):
    """``load_pairs(like, x, place, masks, m)``: two rows, as `load_row` makes them with two steps.

    One from ``place``, and one from the next number; there is one load for both.
    """
    row = types.UniTuple(Vector(x.dtype), len(like))
    result = types.UniTuple(row, 2)

    def generate(context, builder, signature, arguments):
        _, array, place, masks_array, m = arguments
        where = (x, array, place, masks, masks_array, m)
        values = _load_along(context, builder, 2 * len(like), *where)
        rows = []
        for first in (0, 1):
            halves = zip(values[::2], values[1::2], strict=True)
            taken = [_every_other(builder, low, high, first) for low, high in halves]
            rows.append(context.make_tuple(builder, row, taken))
        return context.make_tuple(builder, result, rows)

    return result(like, x, types.int64, masks, types.int64), generate


@intrinsic
def woven(typingctx, a, b):
    """``woven(a, b)``: a row twice as long, a's numbers at even places and b's at odd ones."""
    result = types.UniTuple(a.dtype, 2 * len(a))

    def generate(context, builder, signature, arguments):
        values = []
        for low, high in zip(*(cgutils.unpack_tuple(builder, t) for t in arguments), strict=True):
            L = low.type.count
            for first in (0, L // 2):
                places = [first + i // 2 + i % 2 * L for i in range(L)]
                index = ir.Constant(ir.VectorType(ir.IntType(32), L), places)
                values.append(builder.shuffle_vector(low, high, index))
        return context.make_tuple(builder, result, values)

    return result(a, b), generate


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


@intrinsic(prefer_literal=True)
def add_products(typingctx, whole, sums, g, x, columns, masks, places, steps):
    """``sums[kh][kw] + g * x``, with x as tap (kh, kw) sees it.

    Parameters
    ----------
    whole : literal int
        1 if all rows are known to be in the plane, or 0.
    sums : tuple of KH tuples of KW vectors
    g : vector
    x, columns, places : (place, v, ih, DH, H, W)
        Tap (0, 0) looks at row ``ih`` of a plane of H x W, in lane 0 at x[place + columns[0]]; the
        next ones DH rows below, and at columns[1], ...  Rows outside the plane are left out.
    masks : (KW, vectors, 1 or 2)
        The lanes that count in vector ``v`` of a row (and in the one after it).
    steps : tuple of one or two int
        As many as columns from one lane to the next.
    """
    if not isinstance(whole, types.IntegerLiteral):
        return None

    def generate(context, builder, signature, arguments):
        _, all_sums, g, x_array, column_array, mask_array, numbers, _ = arguments
        place, v, ih, DH, H, W = cgutils.unpack_tuple(builder, numbers)
        shape = context.make_array(masks)(context, builder, mask_array).shape
        vectors = cgutils.unpack_tuple(builder, shape)[1]
        zero = ir.Constant(g.type, None)
        down = builder.mul(DH, W)
        grown = []
        for row_sums in cgutils.unpack_tuple(builder, all_sums):
            exists = builder.icmp_unsigned("<", ih, H)
            new = []
            for kw, total in enumerate(cgutils.unpack_tuple(builder, row_sums)):
                number = ir.Constant(_int64, kw)
                column = builder.load(data_pointer(context, builder, columns, column_array, number))
                first = builder.add(builder.mul(number, vectors), v)
                halves = []
                for half in range(len(steps)):
                    m = builder.mul(first, ir.Constant(_int64, len(steps)))
                    m = builder.add(m, ir.Constant(_int64, half))
                    bits = builder.load(data_pointer(context, builder, masks, mask_array, m))
                    if not whole.literal_value:
                        bits = builder.select(exists, bits, ir.Constant(_int64, 0))
                    source = builder.add(
                        place, builder.add(column, ir.Constant(_int64, half * g.type.count))
                    )
                    pointer = data_pointer(context, builder, x, x_array, source)
                    mask = emit_mask(builder, g.type, bits)
                    halves.append(emit_masked_load(builder, g.type, pointer, mask, zero))
                value = _every_other(builder, *halves) if len(steps) == 2 else halves[0]
                new.append(emit_fma(builder, value, g, total))
            grown.append(context.make_tuple(builder, sums.dtype, new))
            place, ih = builder.add(place, down), builder.add(ih, DH)
        return context.make_tuple(builder, sums, grown)

    return sums(whole, sums, g, x, columns, masks, places, steps), generate
