"""Operators, elementwise functions, comparisons and matrix products of a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import Differentiable
from minigrad.errors import DTypeError, SizeError
from minigrad.methods.operands import (
    cast,
    check_broadcast,
    floating,
    is_scalar,
    number,
    operand,
    promoted,
)
from minigrad.primitives import arithmetic as ops

__all__ = ["Arithmetic"]


def _binary(function: Any, name: str) -> Any:
    def method(self: Any, other: Any) -> Any:
        return function.apply(*promoted(self, other, name))

    method.__name__ = name
    method.__doc__ = f"{function.__doc__.splitlines()[0]}  Operands broadcast and are promoted."
    return method


def _unary(function: Any, name: str) -> Any:
    def method(self: Any) -> Any:
        return function.apply(floating(self))

    method.__name__ = name
    method.__doc__ = function.__doc__
    return method


def _step(function: Any, name: str, purpose: str) -> Any:
    def method(self: Any) -> Any:
        return ops.Step.apply(self, function)

    method.__name__ = name
    method.__doc__ = purpose
    return method


def _comparison(function: Any, name: str) -> Any:
    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, (Differentiable, np.ndarray)) and not is_scalar(other):
            return NotImplemented
        x, y = promoted(self, other, name)
        return self.wrap(np.asarray(function(x.array, y.array)))

    method.__name__ = name
    method.__doc__ = f"Compare element by element (``{name}``); booleans, without a gradient."
    return method


def _bitwise(function: Any, name: str) -> Any:
    def method(self: Any, other: Any) -> Any:
        x, y = promoted(self, other, name)
        if x.array.dtype.kind == "f":
            raise DTypeError(f"{name}: needs booleans or integers, got {x.dtype}")
        return self.wrap(np.asarray(function(x.array, y.array)))

    method.__name__ = name
    method.__doc__ = f"``{name}`` of booleans or integers, element by element."
    return method


class Arithmetic(Differentiable):
    """Elementwise methods and matrix products."""

    # -- operators
    # ------------------------------------------------------------------------------------

    def add(self, other: Any, *, alpha: float = 1) -> Any:
        """``self + alpha * other``."""
        if is_scalar(other):
            return self._shift(other * alpha)
        x, y = promoted(self, other, "add")
        return ops.Add.apply(x, y if alpha == 1 else y * alpha)

    def sub(self, other: Any, *, alpha: float = 1) -> Any:
        """``self - alpha * other``."""
        if is_scalar(other) and not isinstance(other, (bool, np.bool_)):
            return self._shift(-other * alpha)
        x, y = promoted(self, other, "sub")
        if x.array.dtype.kind == "b":
            raise DTypeError("sub: booleans cannot be subtracted; use ^ or logical_not")
        return ops.Sub.apply(x, y if alpha == 1 else y * alpha)

    def mul(self, other: Any) -> Any:
        """``self * other``."""
        if is_scalar(other):
            x = self._holding(other, "mul")
            return ops.Scale.apply(x, number(other, x.array.dtype))
        return ops.Mul.apply(*promoted(self, other, "mul"))

    def div(self, other: Any, *, rounding_mode: str | None = None) -> Any:
        """``self / other``; ``rounding_mode`` may be "floor" or "trunc"."""
        if rounding_mode == "floor":
            return self.floor_divide(other)
        if rounding_mode not in (None, "trunc"):
            raise ValueError(
                f"div: rounding_mode (={rounding_mode!r}) must be None, 'floor' or 'trunc'"
            )
        x, y = promoted(self, other, "div")
        whole = x.array.dtype if x.array.dtype.kind != "f" else None
        quotient = ops.Div.apply(floating(x), floating(y))
        if rounding_mode is None:
            return quotient
        return cast(quotient.trunc(), whole) if whole is not None else quotient.trunc()

    def floor_divide(self, other: Any) -> Any:
        """The largest integer not above ``self / other``; no gradient flows."""
        x, y = promoted(self, other, "floor_divide")
        if x.array.dtype.kind != "f" and (y.array == 0).any():
            raise ZeroDivisionError("floor_divide: an integer is divided by 0")
        with np.errstate(all="ignore"):
            return self.wrap(np.asarray(np.floor_divide(x.array, y.array)))

    def remainder(self, other: Any) -> Any:
        """``self - other * floor(self / other)``: the remainder with the sign of ``other``."""
        x, y = promoted(self, other, "remainder")
        return ops.Remainder.apply(x, y)

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
        return ops.Neg.apply(self)

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
        return ops.Neg.apply(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self.abs()

    # -- elementwise functions
    # ------------------------------------------------------------------------

    exp = _unary(ops.Exp, "exp")
    log = _unary(ops.Log, "log")
    log1p = _unary(ops.Log1p, "log1p")
    sqrt = _unary(ops.Sqrt, "sqrt")
    sin = _unary(ops.Sin, "sin")
    cos = _unary(ops.Cos, "cos")
    tanh = _unary(ops.Tanh, "tanh")
    sigmoid = _unary(ops.Sigmoid, "sigmoid")
    atan = _unary(ops.Atan, "atan")
    maximum = _binary(ops.Maximum, "maximum")
    minimum = _binary(ops.Minimum, "minimum")
    atan2 = _binary(ops.Atan2, "atan2")
    sign = _step(np.sign, "sign", "-1, 0 or 1.")
    floor = _step(np.floor, "floor", "The largest integer not above each element.")
    ceil = _step(np.ceil, "ceil", "The smallest integer not below each element.")
    trunc = _step(np.trunc, "trunc", "Each element without its fraction.")

    def abs(self) -> Any:
        """``|self|``; the gradient at 0 is 0."""
        return ops.Abs.apply(self)

    def round(self, *, decimals: int = 0) -> Any:
        """Each element rounded half to even; no gradient flows."""
        return ops.Step.apply(self, lambda x: np.round(x, decimals))

    def square(self) -> Any:
        """``self ** 2``."""
        return self.pow(2)

    def rsqrt(self) -> Any:
        """``1 / sqrt(self)``."""
        return 1 / self.sqrt()

    def reciprocal(self) -> Any:
        """``1 / self``."""
        return 1 / self

    def exp2(self) -> Any:
        """``2 ** self``."""
        return 2 ** floating(self)

    def expm1(self) -> Any:
        """``e ** self - 1``, accurate near 0."""
        return ops.Expm1.apply(floating(self))

    def log2(self) -> Any:
        """The logarithm to base 2."""
        return self.log() / float(np.log(2.0))

    def log10(self) -> Any:
        """The logarithm to base 10."""
        return self.log() / float(np.log(10.0))

    def tan(self) -> Any:
        """``sin / cos``."""
        return self.sin() / self.cos()

    def clamp(self, min: Any = None, max: Any = None) -> Any:
        """``min(max(self, min), max)``; bounds are numbers, tensors (constants) or None.

        Raises
        ------
        ValueError
            If both bounds are None.
        """
        if min is None and max is None:
            raise ValueError("clamp: at least one of min and max must be given")
        if isinstance(min, Differentiable) or isinstance(max, Differentiable):
            x = self
            x = x if min is None else x.maximum(min)
            return x if max is None else x.minimum(max)
        x = self
        for bound in (min, max):
            x = x._holding(bound, "clamp") if bound is not None else x
        return ops.Clamp.apply(x, min, max)

    clip = clamp

    def lerp(self, end: Any, weight: Any) -> Any:
        """``self + weight * (end - self)``."""
        return self + (end - self) * weight

    def addcmul(self, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
        """``self + value * tensor1 * tensor2``."""
        return self + tensor1 * tensor2 * value

    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
        """``self + value * tensor1 / tensor2``."""
        return self + tensor1 / tensor2 * value

    def where(self, condition: Any, other: Any) -> Any:
        """``self`` where the condition holds, else ``other``."""
        x, y = promoted(self, other, "where")
        check_broadcast(condition.array.shape, np.broadcast_shapes(x.shape, y.shape), "where")
        if condition.array.dtype.kind != "b":
            raise DTypeError(f"where: condition must be boolean, got {condition.dtype}")
        return ops.Where.apply(condition.array, x, y)

    def masked_fill(self, mask: Any, value: Any) -> Any:
        """``self`` with a number (or 0-dimensional tensor) wherever the boolean mask holds."""
        if mask.array.dtype.kind != "b":
            raise DTypeError(f"masked_fill: mask must be boolean, got {mask.dtype}")
        check_broadcast(mask.array.shape, self.array.shape, "masked_fill")
        value = operand(value, self, "masked_fill")
        if value.array.ndim:
            raise ValueError(
                f"masked_fill: value must be a number, got a tensor of shape {value.shape}"
            )
        return ops.Where.apply(mask.array, cast(value, self.array.dtype), self)

    # -- comparisons and logic
    # --------------------------------------------------------------------------

    eq = __eq__ = _comparison(np.equal, "eq")
    ne = __ne__ = _comparison(np.not_equal, "ne")
    lt = __lt__ = _comparison(np.less, "lt")
    le = __le__ = _comparison(np.less_equal, "le")
    gt = __gt__ = _comparison(np.greater, "gt")
    ge = __ge__ = _comparison(np.greater_equal, "ge")
    __and__ = __rand__ = bitwise_and = _bitwise(np.bitwise_and, "&")
    __or__ = __ror__ = bitwise_or = _bitwise(np.bitwise_or, "|")
    __xor__ = __rxor__ = bitwise_xor = _bitwise(np.bitwise_xor, "^")

    def __hash__(self) -> int:
        return id(self)

    def __invert__(self) -> Any:
        if self.array.dtype.kind == "f":
            raise DTypeError(f"~: needs booleans or integers, got {self.dtype}")
        return self.wrap(np.invert(self.array))

    def logical_not(self) -> Any:
        """True where the element is zero."""
        return self.wrap(np.logical_not(self.array))

    def logical_and(self, other: Any) -> Any:
        """True where both are non-zero."""
        return self.wrap(
            np.asarray(np.logical_and(self.array, operand(other, self, "logical_and").array))
        )

    def logical_or(self, other: Any) -> Any:
        """True where at least one is non-zero."""
        return self.wrap(
            np.asarray(np.logical_or(self.array, operand(other, self, "logical_or").array))
        )

    def isnan(self) -> Any:
        """True where the element is not a number."""
        return self.wrap(np.asarray(np.isnan(self.array)))

    def isinf(self) -> Any:
        """True where the element is infinite."""
        return self.wrap(np.asarray(np.isinf(self.array)))

    def isfinite(self) -> Any:
        """True where the element is neither infinite nor NaN."""
        return self.wrap(np.asarray(np.isfinite(self.array)))

    def isclose(
        self, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
    ) -> Any:
        """True where ``|self - other| <= atol + rtol * |other|``."""
        return self.wrap(np.asarray(np.isclose(self.array, other.array, rtol, atol, equal_nan)))

    def allclose(
        self, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
    ) -> bool:
        """Whether `isclose` holds everywhere."""
        return bool(np.allclose(self.array, other.array, rtol, atol, equal_nan))

    def equal(self, other: Any) -> bool:
        """Whether shapes and all elements are equal."""
        return bool(np.array_equal(self.array, other.array))

    # -- matrix products
    # --------------------------------------------------------------------------------

    def matmul(self, other: Any) -> Any:
        """The matrix product; vectors are rows on the left and columns on the right, leading axes
        broadcast.

        Raises
        ------
        ValueError
            If the inner sizes differ.
        TypeError
            If the dtypes differ.
        """
        x, y = self, operand(other, self, "matmul")
        check_matmul(x, y)
        row, column = x.ndim == 1, y.ndim == 1
        x = x.unsqueeze(0) if row else x
        y = y.unsqueeze(1) if column else y
        z = ops.MatMul.apply(x, y)
        z = z.squeeze(-2) if row else z
        return z.squeeze(-1) if column else z

    def __matmul__(self, other: Any) -> Any:
        return self.matmul(other)

    def __rmatmul__(self, other: Any) -> Any:
        return operand(other, self, "matmul").matmul(self)

    def _strict_matmul(self, other: Any, ndims: tuple[int, int], operation: str) -> Any:
        if (self.ndim, other.ndim) != ndims:
            raise SizeError(
                f"{operation}: expected tensors of {ndims[0]} and {ndims[1]} dimensions, got "
                f"shapes {tuple(self.shape)} and {tuple(other.shape)}"
            )
        return self.matmul(other)

    def mm(self, mat2: Any) -> Any:
        """The product of two matrices; nothing broadcasts."""
        return self._strict_matmul(mat2, (2, 2), "mm")

    def mv(self, vec: Any) -> Any:
        """The product of a matrix and a vector."""
        return self._strict_matmul(vec, (2, 1), "mv")

    def dot(self, tensor: Any) -> Any:
        """The inner product of two vectors."""
        return self._strict_matmul(tensor, (1, 1), "dot")

    def bmm(self, mat2: Any) -> Any:
        """The products of two equally long batches of matrices; nothing broadcasts."""
        if self.ndim == mat2.ndim == 3 and self.shape[0] != mat2.shape[0]:
            raise SizeError(f"bmm: batch sizes {self.shape[0]} and {mat2.shape[0]} differ")
        return self._strict_matmul(mat2, (3, 3), "bmm")

    def addmm(self, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
        """``beta * self + alpha * (mat1 @ mat2)``."""
        return self * beta + mat1.mm(mat2) * alpha


def check_matmul(x: Any, y: Any) -> None:
    """Raise unless ``x @ y`` is defined."""
    if x.ndim == 0 or y.ndim == 0:
        raise SizeError("matmul: both tensors need at least 1 dimension; use * for a number")
    inner = y.shape[0] if y.ndim == 1 else y.shape[-2]
    if x.shape[-1] != inner:
        raise SizeError(
            f"matmul: shapes {tuple(x.shape)} and {tuple(y.shape)} do not fit: {x.shape[-1]} "
            f"columns on the left, {inner} rows on the right"
        )
    if x.array.dtype != y.array.dtype:
        raise DTypeError(
            f"matmul: dtypes {x.dtype} and {y.dtype} differ; convert one with .to(...), mixed "
            "products are refused as in PyTorch"
        )
    check_broadcast(x.shape[:-2], y.shape[:-2], "matmul")
