"""Arithmetic and its operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import Differentiable
from minigrad.errors import DivisionError, DTypeError
from minigrad.methods.operands import (
    cast,
    floating,
    is_scalar,
    number,
    operand,
    promoted,
)
from minigrad.primitives import arithmetic as ops

__all__ = ["Arithmetic"]


def _refuse_booleans(x: Any, operation: str) -> None:
    if isinstance(x, (bool, np.bool_)) or getattr(x, "dtype", None) == np.bool_:
        raise DTypeError(
            f"{operation}: booleans have no {operation}; use ~, ^ or logical_not, or convert them"
        )


def _fitting(alpha: float, y: Any, operation: str) -> float:
    """Alpha, after a check that integers are multiplied by an integer."""
    if isinstance(alpha, float) and y.array.dtype.kind != "f":
        raise DTypeError(f"{operation}: alpha (={alpha}) must be an integer for {y.dtype} tensors")
    return alpha


def refuse_zero(y: Any, operation: str) -> None:
    """Raise if an integer is about to be divided by 0."""
    if y.array.dtype.kind != "f" and (y.array == 0).any():
        raise DivisionError(f"{operation}: an integer is divided by 0")


class Arithmetic(Differentiable):
    """Sums, products, quotients, remainders and powers."""

    def add(self, other: Any, *, alpha: float = 1) -> Any:
        """``self + alpha * other``."""
        if is_scalar(other):
            return self._shift(other if alpha == 1 else other * _fitting(alpha, self, "add"))
        x, y = promoted(self, other, "add")
        return ops.Add.apply(x, y if alpha == 1 else y * _fitting(alpha, y, "add"))

    def sub(self, other: Any, *, alpha: float = 1) -> Any:
        """``self - alpha * other``."""
        _refuse_booleans(self, "sub")
        _refuse_booleans(other, "sub")
        if is_scalar(other):
            return self._shift(-other if alpha == 1 else -other * _fitting(alpha, self, "sub"))
        x, y = promoted(self, other, "sub")
        return ops.Sub.apply(x, y if alpha == 1 else y * _fitting(alpha, y, "sub"))

    subtract = sub

    def mul(self, other: Any) -> Any:
        """``self * other``."""
        if is_scalar(other):
            x = self._holding(other, "mul")
            return ops.Scale.apply(x, number(other, x.array.dtype))
        return ops.Mul.apply(*promoted(self, other, "mul"))

    multiply = mul

    def div(self, other: Any, *, rounding_mode: str | None = None) -> Any:
        """``self / other``; ``rounding_mode`` may be "floor" or "trunc" (their gradient is 0)."""
        if rounding_mode not in (None, "floor", "trunc"):
            raise ValueError(
                f"div: rounding_mode (={rounding_mode!r}) must be None, 'floor' or 'trunc'"
            )
        x, y = promoted(self, other, "div")
        if rounding_mode is None:
            return ops.Div.apply(floating(x), floating(y))
        refuse_zero(y, "div")
        return ops.Rounded.apply(x, y, rounding_mode)

    divide = true_divide = div

    def floor_divide(self, other: Any) -> Any:
        """The largest integer not above ``self / other``, which has no derivative."""
        x, y = promoted(self, other, "floor_divide")
        refuse_zero(y, "floor_divide")
        return ops.FloorDivide.apply(x, y)

    def remainder(self, other: Any) -> Any:
        """``self - other * floor(self / other)``: the remainder with the sign of ``other``."""
        x, y = promoted(self, other, "remainder")
        refuse_zero(y, "remainder")
        return ops.Remainder.apply(x, y)

    def fmod(self, other: Any) -> Any:
        """``self - other * trunc(self / other)``: the remainder with the sign of ``self``."""
        x, y = promoted(self, other, "fmod")
        _refuse_booleans(x, "fmod")
        refuse_zero(y, "fmod")
        return ops.Fmod.apply(x, y)

    def pow(self, exponent: Any) -> Any:
        """``self ** exponent``."""
        if is_scalar(exponent):
            x = self._holding(exponent, "pow")
            if x.array.dtype.kind != "f" and exponent < 0:
                raise ValueError(
                    "pow: integers to a negative power are not integers; use a floating tensor"
                )
            return ops.PowScalar.apply(x, exponent)
        return ops.Pow.apply(*promoted(self, exponent, "pow"))

    def neg(self) -> Any:
        """``-self``."""
        _refuse_booleans(self, "neg")
        return ops.Neg.apply(self)

    negative = neg

    def positive(self) -> Any:
        """``self``."""
        _refuse_booleans(self, "positive")
        return self

    def _holding(self, value: Any, operation: str) -> Any:
        """Self, in a dtype that can hold the kind of a plain number."""
        kind, own = np.result_type(type(value)).kind, self.array.dtype.kind
        if own == "f" or kind == own or kind == "b":
            return self
        return cast(self, operand(value, self, operation).array.dtype)

    def _shift(self, value: Any) -> Any:
        x = self._holding(value, "add")
        return ops.Shift.apply(x, number(value, x.array.dtype))

    def __add__(self, other: Any) -> Any:
        return self.add(other)

    def __radd__(self, other: Any) -> Any:
        return self.add(other)

    def __sub__(self, other: Any) -> Any:
        return self.sub(other)

    def __rsub__(self, other: Any) -> Any:
        _refuse_booleans(self, "sub")
        return ops.Sub.apply(*promoted(other, self, "sub"))

    def __mul__(self, other: Any) -> Any:
        return self.mul(other)

    def __rmul__(self, other: Any) -> Any:
        return self.mul(other)

    def __truediv__(self, other: Any) -> Any:
        return self.div(other)

    def __rtruediv__(self, other: Any) -> Any:
        x, y = promoted(other, self, "div")
        return ops.Div.apply(floating(x), floating(y))

    def __floordiv__(self, other: Any) -> Any:
        return self.floor_divide(other)

    def __rfloordiv__(self, other: Any) -> Any:
        return operand(other, self, "floor_divide").floor_divide(self)

    def __mod__(self, other: Any) -> Any:
        return self.remainder(other)

    def __rmod__(self, other: Any) -> Any:
        return operand(other, self, "remainder").remainder(self)

    def __pow__(self, other: Any) -> Any:
        return self.pow(other)

    def __rpow__(self, other: Any) -> Any:
        return ops.Pow.apply(*promoted(other, self, "pow"))

    def __neg__(self) -> Any:
        return self.neg()

    def __pos__(self) -> Any:
        return self.positive()

    def __abs__(self) -> Any:
        return self.abs()
