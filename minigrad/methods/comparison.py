"""Comparisons, logic and bits of a tensor: results without a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import Differentiable
from minigrad.errors import DTypeError
from minigrad.methods.operands import check_broadcast, is_scalar, promoted

__all__ = ["Comparison"]


def _comparison(function: Any, name: str) -> Any:
    def method(self: Any, other: Any) -> Any:
        x, y = promoted(self, other, name)
        return self.wrap(np.asarray(function(x.array, y.array)))

    method.__name__ = name
    method.__doc__ = f"Compare element by element (``{name}``); booleans, without a gradient."
    return method


def _operator(compare: Any) -> Any:
    """The operator of a comparison, which leaves objects that it does not know to Python."""

    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, (Differentiable, np.ndarray)) and not is_scalar(other):
            return NotImplemented
        return compare(self, other)

    method.__name__ = f"__{compare.__name__}__"
    method.__doc__ = compare.__doc__
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


def _logical(function: Any, name: str, purpose: str) -> Any:
    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, Differentiable):
            raise TypeError(f"{name}: other must be a Tensor, got {type(other).__name__}")
        check_broadcast(self.array.shape, other.array.shape, name)
        return self.wrap(np.asarray(function(self.array, other.array)))

    method.__name__ = name
    method.__doc__ = purpose
    return method


class Comparison(Differentiable):
    """Methods that answer with booleans, and those that combine bits."""

    eq = _comparison(np.equal, "eq")
    ne = not_equal = _comparison(np.not_equal, "ne")
    lt = less = _comparison(np.less, "lt")
    le = less_equal = _comparison(np.less_equal, "le")
    gt = greater = _comparison(np.greater, "gt")
    ge = greater_equal = _comparison(np.greater_equal, "ge")
    __eq__, __ne__ = _operator(eq), _operator(ne)
    __lt__, __le__, __gt__, __ge__ = _operator(lt), _operator(le), _operator(gt), _operator(ge)
    __and__ = __rand__ = bitwise_and = _bitwise(np.bitwise_and, "bitwise_and (&)")
    __or__ = __ror__ = bitwise_or = _bitwise(np.bitwise_or, "bitwise_or (|)")
    __xor__ = __rxor__ = bitwise_xor = _bitwise(np.bitwise_xor, "bitwise_xor (^)")

    def __hash__(self) -> int:
        return id(self)

    def __invert__(self) -> Any:
        if self.array.dtype.kind == "f":
            raise DTypeError(f"bitwise_not (~): needs booleans or integers, got {self.dtype}")
        return self.wrap(np.asarray(np.invert(self.array)))

    bitwise_not = __invert__

    def logical_not(self) -> Any:
        """True where the element is zero."""
        return self.wrap(np.asarray(np.logical_not(self.array)))

    logical_and = _logical(np.logical_and, "logical_and", "True where both are non-zero.")
    logical_or = _logical(np.logical_or, "logical_or", "True where at least one is non-zero.")
    logical_xor = _logical(np.logical_xor, "logical_xor", "True where one is zero, one is not.")

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
        check_alike(self, other, "isclose")
        return self.wrap(np.asarray(np.isclose(self.array, other.array, rtol, atol, equal_nan)))

    def allclose(
        self, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
    ) -> bool:
        """Whether `isclose` holds everywhere."""
        check_alike(self, other, "allclose")
        return bool(np.allclose(self.array, other.array, rtol, atol, equal_nan))

    def equal(self, other: Any) -> bool:
        """Whether shapes and all elements are equal."""
        if not isinstance(other, Differentiable):
            raise TypeError(f"equal: other must be a Tensor, got {type(other).__name__}")
        return bool(np.array_equal(self.array, other.array))


def check_alike(x: Any, y: Any, operation: str) -> None:
    """Raise unless both are tensors of one dtype that broadcast."""
    if not isinstance(y, Differentiable):
        raise TypeError(f"{operation}: other must be a Tensor, got {type(y).__name__}")
    if x.array.dtype != y.array.dtype:
        raise DTypeError(f"{operation}: dtypes {x.dtype} and {y.dtype} differ; convert one")
    check_broadcast(x.array.shape, y.array.shape, operation)
