"""exp and log of a vector of float64.

    exp(x) = 2**n * exp(r),   n the whole number nearest to x / ln 2,   r = x - n * ln 2

|r| is at most 0.35, where 14 terms of the Taylor series are exact to 5e-18, and 2**n is made by
writing n into the exponent's bits (in two halves, so that results near the ends of the range come
out right).  The error is below 2 units in the last place.  NaN stays NaN, exp(-inf) = 0, and
exp(710) = inf.

Source: Tang, "Table-driven implementation of the exponential function" (1989), without the table;
the two-part ln 2 is that of Cody and Waite (1980).
"""

import math

from llvmlite import ir
from numba.extending import intrinsic

from .instructions import (
    emit_fma,
    emit_function,
)

__all__ = ["exp", "log"]

_LN2_HIGH = float.fromhex("0x1.62e42fefa3800p-1")  # 42 bits: n times it is exact
_LN2_LOW = float.fromhex("0x1.ef35793c76730p-45")
_TERMS = 14


@intrinsic
def exp(typingctx, value):
    """``exp(v)``: e to the power of every lane of a float64 vector."""

    def generate(context, builder, signature, arguments):
        (x,) = arguments

        def constant(number):
            return ir.Constant(x.type, [number] * x.type.count)

        low, high = constant(-746.0), constant(710.0)
        clamped = builder.select(builder.fcmp_ordered("<", x, low), low, x)
        clamped = builder.select(builder.fcmp_ordered(">", clamped, high), high, clamped)
        n = emit_function(builder, "rint", builder.fmul(clamped, constant(1 / math.log(2))))
        minus_n = builder.fsub(constant(-0.0), n)
        r = emit_fma(builder, minus_n, constant(_LN2_HIGH), clamped)
        r = emit_fma(builder, minus_n, constant(_LN2_LOW), r)
        power = constant(1 / math.factorial(_TERMS - 1))
        for k in reversed(range(_TERMS - 1)):
            power = emit_fma(builder, power, r, constant(1 / math.factorial(k)))
        whole = builder.select(builder.fcmp_ordered("ord", n, n), n, constant(0.0))
        integers = ir.VectorType(ir.IntType(64), x.type.count)
        bits = builder.fptosi(whole, integers)
        half = builder.ashr(bits, ir.Constant(integers, [1] * x.type.count))
        for exponent in (half, builder.sub(bits, half)):
            biased = builder.add(exponent, ir.Constant(integers, [1023] * x.type.count))
            shifted = builder.shl(biased, ir.Constant(integers, [52] * x.type.count))
            power = builder.fmul(power, builder.bitcast(shifted, x.type))
        return power

    return value(value), generate


@intrinsic
def log(typingctx, value):
    """``log(v)``: the natural logarithm of every lane of a float64 vector, lane by lane."""

    def generate(context, builder, signature, arguments):
        return emit_function(builder, "log", *arguments)

    return value(value), generate
