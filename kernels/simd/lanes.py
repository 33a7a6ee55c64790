"""Formulas of vectors: ordinary Python expressions that write LLVM instructions.

A `Lanes` stands for the vector that some code will have computed by then.  What is done with it is
not done but written down, one instruction for all lanes::

    def softsign(x):                     %1 = call <16 x float> @llvm.fabs(<16 x float> %x)
        return x / (1 + x.abs())         %2 = fadd <16 x float> splat (float 1.0), %1
                                         %3 = fdiv <16 x float> %x, %2

So one formula serves float32 and float64 and any number of lanes; it can ask which (``single``,
``bits``) where a polynomial or a bound depends on it.  Numbers are rounded to the element's type.
`lanewise` makes the formula a function for compiled code, inlined wherever it is used.

A comparison gives a vector of bits, for ``where``.  A comparison with NaN is false.
"""

import struct
from collections.abc import Callable
from typing import Any, Union

from llvmlite import ir
from numba.extending import intrinsic

from .instructions import (
    VECTOR_BYTES,
    emit_fma,
    emit_function,
    emit_scaled,
)

__all__ = ["Lanes", "Number", "fma", "lanewise", "polynomial", "where"]

Number = Union["Lanes", float]


class Lanes:
    """A vector of floats, or of the bits of a comparison.

    Parameters
    ----------
    builder
        LLVM's code under construction.
    value
        What the vector is called in that code.
    """

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    @property
    def single(self) -> bool:
        """Whether the lanes are float32."""
        return isinstance(self.value.type.element, ir.FloatType)

    @property
    def fraction(self) -> int:
        """Bits of the fraction of a float: 23 or 52."""
        return 23 if self.single else 52

    def like(self, number: Number) -> "Lanes":
        """The number in every lane; lanes stay themselves."""
        if isinstance(number, Lanes):
            return number
        rounded = struct.unpack("f", struct.pack("f", number))[0] if self.single else number
        constants = [float(rounded)] * self.value.type.count
        return Lanes(self.builder, ir.Constant(self.value.type, constants))

    def _emit(self, instruction: str, *operands: Number) -> "Lanes":
        values = [self.like(operand).value for operand in operands]
        return Lanes(self.builder, getattr(self.builder, instruction)(*values))

    def __add__(self, other: Number) -> "Lanes":
        return self._emit("fadd", self, other)

    __radd__ = __add__

    def __sub__(self, other: Number) -> "Lanes":
        return self._emit("fsub", self, other)

    def __rsub__(self, other: Number) -> "Lanes":
        return self._emit("fsub", other, self)

    def __mul__(self, other: Number) -> "Lanes":
        return self._emit("fmul", self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Number) -> "Lanes":
        return self._emit("fdiv", self, other)

    def __rtruediv__(self, other: Number) -> "Lanes":
        return self._emit("fdiv", other, self)

    def __neg__(self) -> "Lanes":
        return self._emit("fneg", self)

    def _compare(self, relation: str, other: Number) -> "Lanes":
        bits = self.builder.fcmp_ordered(relation, self.value, self.like(other).value)
        return Lanes(self.builder, bits)

    def __lt__(self, other: Number) -> "Lanes":
        return self._compare("<", other)

    def __le__(self, other: Number) -> "Lanes":
        return self._compare("<=", other)

    def __gt__(self, other: Number) -> "Lanes":
        return self._compare(">", other)

    def __ge__(self, other: Number) -> "Lanes":
        return self._compare(">=", other)

    def is_number(self) -> "Lanes":
        """Where the lanes are not NaN."""
        return self._compare("ord", self)

    def __and__(self, other: "Lanes") -> "Lanes":
        return Lanes(self.builder, self.builder.and_(self.value, other.value))

    def __or__(self, other: "Lanes") -> "Lanes":
        return Lanes(self.builder, self.builder.or_(self.value, other.value))

    def function(self, name: str) -> "Lanes":
        """LLVM's function of that name: "fabs", "rint", "sqrt"."""
        return Lanes(self.builder, emit_function(self.builder, name, self.value))

    def abs(self) -> "Lanes":
        """Without the sign."""
        return self.function("fabs")

    def with_sign_of(self, other: "Lanes") -> "Lanes":
        """The magnitude of these lanes with the sign of the others, zeros and NaN included."""
        b, whole = self.builder, self._integers()
        sign = ir.Constant(whole, [self._bits_of(-0.0)] * whole.count)
        magnitude = b.and_(b.bitcast(self.value, whole), b.not_(sign))
        bits = b.or_(magnitude, b.and_(b.bitcast(other.value, whole), sign))
        return Lanes(b, b.bitcast(bits, self.value.type))

    def sqrt(self) -> "Lanes":
        """The square root, rounded once."""
        return self.function("sqrt")

    def at_least(self, low: Number) -> "Lanes":
        """``low`` in the lanes below it; NaN stays."""
        return where(self < low, low, self)

    def at_most(self, high: Number) -> "Lanes":
        """``high`` in the lanes above it; NaN stays."""
        return where(self > high, high, self)

    # -- a float as its bits: sign, exponent + bias, fraction ---------------------------------

    def _integers(self) -> Any:
        return ir.VectorType(ir.IntType(32 if self.single else 64), self.value.type.count)

    def power_of_two(self) -> "Lanes":
        """2 to the power of whole numbers that a normal float can have as its exponent."""
        b, whole = self.builder, self._integers()
        one = ir.Constant(whole, [self._bits_of(1.0)] * whole.count)
        shift = ir.Constant(whole, [self.fraction] * whole.count)
        n = b.fptosi(self.value, whole)
        return Lanes(b, b.bitcast(b.add(b.shl(n, shift), one), self.value.type))

    def scaled(self, n: "Lanes") -> "Lanes":
        """Times 2**n, for whole numbers n of any size."""
        if VECTOR_BYTES == 64:
            return Lanes(self.builder, emit_scaled(self.builder, self.value, n.value))
        bound = 250.0 if self.single else 2040.0
        n = where(n.is_number(), n, 0.0).at_least(-bound).at_most(bound)
        half = (n * 0.5).function("floor")
        return self * half.power_of_two() * (n - half).power_of_two()

    def exponent_and_rest(self, least: float) -> tuple["Lanes", "Lanes"]:
        """The exponent n and x * 2**-n in [least, 2*least), of normal positive lanes."""
        b, whole = self.builder, self._integers()
        bits = b.bitcast(self.value, whole)
        shift = ir.Constant(whole, [self.fraction] * whole.count)
        n = b.ashr(b.sub(bits, ir.Constant(whole, [self._bits_of(least)] * whole.count)), shift)
        rest = b.bitcast(b.sub(bits, b.shl(n, shift)), self.value.type)
        return Lanes(b, b.sitofp(n, self.value.type)), Lanes(b, rest)

    def _bits_of(self, number: float) -> int:
        real, integer = ("f", "i") if self.single else ("d", "q")
        return struct.unpack(integer, struct.pack(real, number))[0]


def where(condition: Lanes, a: Number, b: Number) -> Lanes:
    """``a`` in the lanes of the condition, ``b`` in the others; one of the two is no number."""
    model = a if isinstance(a, Lanes) else b
    assert isinstance(model, Lanes)
    values = condition.value, model.like(a).value, model.like(b).value
    return Lanes(condition.builder, condition.builder.select(*values))


def fma(a: Lanes, b: Number, c: Number) -> Lanes:
    """``a*b + c`` with one rounding, where the processor can."""
    return Lanes(a.builder, emit_fma(a.builder, a.value, a.like(b).value, a.like(c).value))


def polynomial(x: Lanes, coefficients: tuple[float, ...]) -> Lanes:
    """``c[0] + c[1]*x + c[2]*x**2 + ...``, by Horner's rule."""
    *others, last = coefficients
    total = x.like(last)
    for coefficient in reversed(others):
        total = fma(total, x, coefficient)
    return total


def lanewise(formula: Callable[[Lanes], Lanes]) -> Any:
    """A function of one vector, for compiled code, that a formula describes."""

    @intrinsic
    def compute(typingctx, value):
        def generate(context, builder, signature, arguments):
            return formula(Lanes(builder, *arguments)).value

        return value(value), generate

    return compute
