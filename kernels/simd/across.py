"""Across the lanes of a vector, and ahead of it: intrinsics beside those of ``vector``."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .instructions import (
    data_pointer,
    emit_mask,
    emit_prefetch,
)

__all__ = ["kept", "largest_lane", "prefetch"]


@intrinsic
def kept(typingctx, value, mask):
    """``kept(v, mask)``: v in the lanes of mask, 0 in the others."""

    def generate(context, builder, signature, arguments):
        v, bits = arguments
        return builder.select(emit_mask(builder, v.type, bits), v, ir.Constant(v.type, None))

    return value(value, types.int64), generate


@intrinsic
def largest_lane(typingctx, value):
    """``largest_lane(v)``: the largest of all lanes; where some are NaN, any other or NaN."""

    def generate(context, builder, signature, arguments):
        (v,) = arguments
        width = value.lanes
        while width > 1:
            width //= 2
            index = [(i + width) % value.lanes for i in range(value.lanes)]
            places = ir.Constant(ir.VectorType(ir.IntType(32), value.lanes), index)
            other = builder.shuffle_vector(v, v, places)
            v = builder.select(builder.fcmp_ordered(">", v, other), v, other)
        return builder.extract_element(v, ir.Constant(ir.IntType(32), 0))

    return value.element(value), generate


@intrinsic
def prefetch(typingctx, array, offset):
    """``prefetch(x, offset)``: begin to fetch the cache line of x[offset], which may not exist."""

    def generate(context, builder, signature, arguments):
        emit_prefetch(builder, data_pointer(context, builder, signature.args[0], *arguments))
        return context.get_dummy_value()

    return types.void(array, types.int64), generate
