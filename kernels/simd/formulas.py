"""Formulas as arguments of kernels, so that one loop serves all of them.

A kernel that takes a `Formula` is compiled anew for each, with the formula's instructions in the
middle of its loop: the formula is part of the argument's *type*, and its value is nothing.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import NativeValue, intrinsic, models, register_model, unbox

from .instructions import emit_broadcast
from .lanes import Lanes

__all__ = ["Formula", "evaluate"]


class _FormulaType(types.Type):
    """Numba's type of a formula; its name tells formulas apart, on the disk too."""

    def __init__(self, function: Callable[..., Lanes]) -> None:
        self.function = function
        super().__init__(name=f"Formula({function.__module__}.{function.__qualname__})")


class Formula:
    """A function of `Lanes`, to be given to a kernel.

    Parameters
    ----------
    function
        A function of a file, of vectors and then of parameters.
    """

    def __init__(self, function: Callable[..., Lanes]) -> None:
        self._numba_type_ = _FormulaType(function)


register_model(_FormulaType)(models.OpaqueModel)


@unbox(_FormulaType)
def _nothing(typ: Any, value: Any, c: Any) -> NativeValue:
    return NativeValue(c.context.get_dummy_value())


@intrinsic
def evaluate(typingctx, formula, vectors, parameters):
    """``evaluate(formula, (v, ...), (p, ...))``: the formula of vectors and numbers."""

    def generate(context, builder, signature, arguments):
        inputs = cgutils.unpack_tuple(builder, arguments[1], len(vectors))
        kind = inputs[0].type
        for number in cgutils.unpack_tuple(builder, arguments[2], len(parameters)):
            if isinstance(kind.element, ir.FloatType):
                number = builder.fptrunc(number, kind.element)
            inputs.append(emit_broadcast(builder, kind, number))
        return formula.function(*(Lanes(builder, value) for value in inputs)).value

    return vectors[0](formula, vectors, parameters), generate
