"""Vectors of the processor, as values of compiled code: one instruction works on all lanes.

    x[offset : offset + lanes]        load(x, offset)              one instruction
         |  |  |  |  |  |  |  |
    +----+--+--+--+--+--+--+----+
    | lane 0   1  2  ...   last |     fma(a, b, c) = a*b + c in every lane, one rounding
    +---------------------------+
         |  |  |  |  |  |  |  |
    y[offset : offset + lanes]        store(y, offset, v)

How many lanes there are is the processor's affair: ``lanes(x)`` is 16 float32 (8 float64) with
AVX-512, 8 (4) with AVX, 4 (2) elsewhere: NEON, SSE, and, as LLVM writes out what the processor
lacks, anything else.

Vectors take ``+ - * /``.  Arrays are C-contiguous, of float32 or float64,
and indexed flat: ``offset`` counts elements from
the first.  Nothing is checked.  A *mask* is an integer whose bit i says whether lane i takes part;
memory under a lane that does not is never touched.

These are Numba intrinsics: each emits its LLVM instruction right where it is used.
"""

import operator
from collections.abc import Callable

from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from .instructions import (
    VECTOR_BYTES,
    data_pointer,
    emit_broadcast,
    emit_fma,
    emit_load,
    emit_mask,
    emit_masked_load,
    emit_masked_store,
    emit_store,
    vector_type,
)

__all__ = [
    "Vector",
    "apart",
    "broadcast",
    "evens",
    "fma",
    "from_bits",
    "interleaved",
    "lanes",
    "larger",
    "load",
    "masked_load",
    "masked_load_double",
    "masked_store",
    "masked_store_double",
    "store",
    "sum_lanes",
    "where_not_positive",
    "where_positive",
    "widened",
]


class Vector(types.Type):
    """Numba's type of a vector of ``lanes`` floats."""

    def __init__(self, element: types.Float) -> None:
        self.element = element
        self.lanes = VECTOR_BYTES * 8 // element.bitwidth
        super().__init__(name=f"Vector({element} x {self.lanes})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, vector):
        super().__init__(manager, vector, vector_type(vector.element))


def _teach_operator(symbol: Callable, instruction: str) -> None:
    """Let ``a symbol b`` of two vectors be one instruction."""

    @infer_global(symbol)
    class _Typing(AbstractTemplate):
        def generic(self, args, kws):
            if isinstance(args[0], Vector) and args[0] == args[-1]:
                return signature(args[0], *args)
            return None

    @lower_builtin(symbol, Vector, Vector)
    def generate(context, builder, signature, arguments):
        return getattr(builder, instruction)(*arguments)


_teach_operator(operator.add, "fadd")
_teach_operator(operator.iadd, "fadd")
_teach_operator(operator.sub, "fsub")
_teach_operator(operator.mul, "fmul")
_teach_operator(operator.truediv, "fdiv")


@intrinsic
def lanes(typingctx, array):
    """``lanes(x)``: elements of x's dtype in one vector."""
    count = VECTOR_BYTES * 8 // array.dtype.bitwidth

    def generate(context, builder, signature, arguments):
        return ir.Constant(ir.IntType(64), count)

    return types.int64(array), generate


@intrinsic
def load(typingctx, array, offset):
    """``load(x, offset)``: the vector x[offset : offset + lanes]."""

    def generate(context, builder, signature, arguments):
        pointer = data_pointer(context, builder, signature.args[0], *arguments)
        return emit_load(builder, vector_type(array.dtype), pointer)

    return Vector(array.dtype)(array, types.int64), generate


@intrinsic
def store(typingctx, array, offset, value):
    """``store(y, offset, v)``: y[offset : offset + lanes] = v."""

    def generate(context, builder, signature, arguments):
        pointer = data_pointer(context, builder, signature.args[0], *arguments[:2])
        emit_store(builder, arguments[2], pointer)
        return context.get_dummy_value()

    return types.void(array, types.int64, value), generate


@intrinsic
def masked_load(typingctx, array, offset, mask, otherwise):
    """``masked_load(x, offset, mask, v)``: x's elements in the lanes of mask, v's in the others."""

    def generate(context, builder, signature, arguments):
        pointer = data_pointer(context, builder, signature.args[0], *arguments[:2])
        vector = vector_type(array.dtype)
        bits = emit_mask(builder, vector, arguments[2])
        return emit_masked_load(builder, vector, pointer, bits, arguments[3])

    return otherwise(array, types.int64, types.int64, otherwise), generate


@intrinsic
def masked_load_double(typingctx, array, offset, mask, otherwise):
    """``masked_load_double(x, offset, mask, v)``: as `masked_load`, but of float64 whatever x is.

    It has as many lanes as a float64 vector.
    """

    def generate(context, builder, signature, arguments):
        pointer = data_pointer(context, builder, signature.args[0], *arguments[:2])
        double = vector_type(types.float64)
        if array.dtype == types.float64:
            bits = emit_mask(builder, double, arguments[2])
            return emit_masked_load(builder, double, pointer, bits, arguments[3])
        narrow = ir.VectorType(ir.FloatType(), double.count)
        bits = emit_mask(builder, narrow, arguments[2])
        value = emit_masked_load(builder, narrow, pointer, bits, ir.Constant(narrow, None))
        return builder.select(bits, builder.fpext(value, double), arguments[3])

    return otherwise(array, types.int64, types.int64, otherwise), generate


@intrinsic
def masked_store(typingctx, array, offset, mask, value):
    """``masked_store(y, offset, mask, v)``: store the lanes of mask."""

    def generate(context, builder, signature, arguments):
        pointer = data_pointer(context, builder, signature.args[0], *arguments[:2])
        bits = emit_mask(builder, arguments[3].type, arguments[2])
        emit_masked_store(builder, arguments[3], pointer, bits)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, value), generate


@intrinsic
def broadcast(typingctx, array, value):
    """``broadcast(x, value)``: the scalar, as x's dtype, in every lane."""

    def generate(context, builder, signature, arguments):
        return emit_broadcast(builder, vector_type(array.dtype), arguments[1])

    return Vector(array.dtype)(array, array.dtype), generate


@intrinsic
def fma(typingctx, a, b, c):
    """``fma(a, b, c)``: a*b + c in every lane."""

    def generate(context, builder, signature, arguments):
        return emit_fma(builder, *arguments)

    return c(a, b, c), generate


@intrinsic
def masked_store_double(typingctx, array, offset, mask, value):
    """``masked_store_double(y, offset, mask, v)``: store a float64 vector as y's dtype."""

    def generate(context, builder, signature, arguments):
        pointer = data_pointer(context, builder, signature.args[0], *arguments[:2])
        double = arguments[3]
        if array.dtype == types.float32:
            double = builder.fptrunc(double, ir.VectorType(ir.FloatType(), double.type.count))
        emit_masked_store(builder, double, pointer, emit_mask(builder, double.type, arguments[2]))
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, value), generate


@intrinsic
def larger(typingctx, a, b):
    """``larger(a, b)``: a in the lanes with a > b, b in the others."""

    def generate(context, builder, signature, arguments):
        a, b = arguments
        return builder.select(builder.fcmp_ordered(">", a, b), a, b)

    return a(a, b), generate


@intrinsic
def where_positive(typingctx, value, a, b):
    """``where_positive(v, a, b)``: a in the lanes with v > 0, b in the others (NaN among them)."""

    def generate(context, builder, signature, arguments):
        v, a, b = arguments
        return builder.select(builder.fcmp_ordered(">", v, ir.Constant(v.type, None)), a, b)

    return value(value, value, value), generate


@intrinsic
def where_not_positive(typingctx, value, a, b):
    """``where_not_positive(v, a, b)``: a in the lanes with v <= 0, b in the others (and NaN)."""

    def generate(context, builder, signature, arguments):
        v, a, b = arguments
        return builder.select(builder.fcmp_ordered("<=", v, ir.Constant(v.type, None)), a, b)

    return value(value, value, value), generate


@intrinsic
def evens(typingctx, low, high):
    """``evens(low, high)``: of two vectors in a row, the elements at even places."""

    def generate(context, builder, signature, arguments):
        places = range(0, 2 * low.lanes, 2)
        index = ir.Constant(ir.VectorType(ir.IntType(32), low.lanes), list(places))
        return builder.shuffle_vector(*arguments, index)

    return low(low, high), generate


@intrinsic
def apart(typingctx, value):
    """``low, high = apart(v)``: v's lanes at the even places of two vectors in a row."""

    def generate(context, builder, signature, arguments):
        (v,) = arguments
        halves = []
        for first in (0, value.lanes // 2):
            places = [first + i // 2 for i in range(value.lanes)]
            index = ir.Constant(ir.VectorType(ir.IntType(32), value.lanes), places)
            halves.append(builder.shuffle_vector(v, v, index))
        return context.make_tuple(builder, signature.return_type, halves)

    return types.UniTuple(value, 2)(value), generate


@intrinsic
def interleaved(typingctx, a, b):
    """``low, high = interleaved(a, b)``: two vectors, a's lanes at even places, b's at odd ones."""

    def generate(context, builder, signature, arguments):
        halves = []
        for first in (0, a.lanes // 2):
            places = [first + i // 2 + i % 2 * a.lanes for i in range(a.lanes)]
            index = ir.Constant(ir.VectorType(ir.IntType(32), a.lanes), places)
            halves.append(builder.shuffle_vector(*arguments, index))
        return context.make_tuple(builder, signature.return_type, halves)

    return types.UniTuple(a, 2)(a, b), generate


@intrinsic
def sum_lanes(typingctx, value):
    """``sum_lanes(v)``: the sum of all lanes, by halves (the same order every time)."""

    def generate(context, builder, signature, arguments):
        (v,) = arguments
        width = value.lanes
        while width > 1:
            width //= 2
            index = [(i + width) % value.lanes for i in range(value.lanes)]
            places = ir.Constant(ir.VectorType(ir.IntType(32), value.lanes), index)
            v = builder.fadd(v, builder.shuffle_vector(v, v, places))
        return builder.extract_element(v, ir.Constant(ir.IntType(32), 0))

    return value.element(value), generate


@intrinsic
def widened(typingctx, value, otherwise):
    """``low, high = widened(v, w)``: v's lanes as two float64 vectors; if v is one, (v, w)."""

    def generate(context, builder, signature, arguments):
        v, w = arguments
        if value == otherwise:
            return context.make_tuple(builder, signature.return_type, [v, w])
        half = value.lanes // 2
        halves = []
        for first in (0, half):
            index = ir.Constant(ir.VectorType(ir.IntType(32), half), [*range(first, first + half)])
            halves.append(builder.fpext(builder.shuffle_vector(v, v, index), w.type))
        return context.make_tuple(builder, signature.return_type, halves)

    return types.UniTuple(otherwise, 2)(value, otherwise), generate


@intrinsic
def from_bits(typingctx, count):
    """``from_bits(count)``: the mask of the first ``count`` lanes (count at most 63)."""

    def generate(context, builder, signature, arguments):
        one = ir.Constant(ir.IntType(64), 1)
        return builder.sub(builder.shl(one, arguments[0]), one)

    return types.int64(types.int64), generate
