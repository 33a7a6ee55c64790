"""Functions of one element, and choices between elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import Differentiable
from minigrad.errors import DTypeError
from minigrad.methods.operands import (
    cast,
    check_broadcast,
    check_fits,
    floating,
    integer_of,
    is_scalar,
    need_number,
    need_tensors,
    operand,
    promoted,
)
from minigrad.primitives import arithmetic as ops
from minigrad.primitives import elementwise, special

__all__ = ["Elementwise"]


def _unary(function: Any, name: str) -> Any:
    def method(self: Any) -> Any:
        return function.apply(floating(self))

    method.__name__ = name
    method.__doc__ = function.__doc__
    return method


def _binary(function: Any, name: str) -> Any:
    def method(self: Any, other: Any) -> Any:
        need_tensor(other, name)
        return function.apply(*promoted(self, other, name))

    method.__name__ = name
    method.__doc__ = f"{function.__doc__.splitlines()[0]}  Operands broadcast and are promoted."
    return method


def _step(function: Any, name: str, purpose: str) -> Any:
    def method(self: Any) -> Any:
        need_numbers(self, name)
        return elementwise.Step.apply(self, function)

    method.__name__ = name
    method.__doc__ = purpose
    return method


def need_tensor(other: Any, operation: str) -> None:
    """Raise unless ``other`` is a tensor: some operations take no plain numbers."""
    if not isinstance(other, Differentiable):
        raise TypeError(
            f"{operation}: other must be a Tensor, got {type(other).__name__}; for a number use "
            "minigrad.tensor(number)"
        )


def need_numbers(x: Any, operation: str) -> None:
    """Raise for booleans."""
    if x.array.dtype.kind == "b":
        raise DTypeError(f"{operation}: booleans are not numbers; convert them with .int()")


def _sign(x: np.ndarray) -> np.ndarray:
    if x.dtype.kind == "b":
        return x.copy()
    y = np.sign(x)
    return np.where(np.isnan(y), x.dtype.type(0), y) if x.dtype.kind == "f" else y


class Elementwise(Differentiable):
    """Methods that work on each element by itself."""

    exp = _unary(elementwise.Exp, "exp")
    log = _unary(elementwise.Log, "log")
    log1p = _unary(elementwise.Log1p, "log1p")
    expm1 = _unary(elementwise.Expm1, "expm1")
    sqrt = _unary(elementwise.Sqrt, "sqrt")
    rsqrt = _unary(elementwise.Rsqrt, "rsqrt")
    sin = _unary(elementwise.Sin, "sin")
    cos = _unary(elementwise.Cos, "cos")
    tanh = _unary(elementwise.Tanh, "tanh")
    sigmoid = _unary(elementwise.Sigmoid, "sigmoid")
    atan = arctan = _unary(elementwise.Atan, "atan")
    asin = arcsin = _unary(special.Asin, "asin")
    acos = arccos = _unary(special.Acos, "acos")
    sinh = _unary(special.Sinh, "sinh")
    cosh = _unary(special.Cosh, "cosh")
    asinh = arcsinh = _unary(special.Asinh, "asinh")
    acosh = arccosh = _unary(special.Acosh, "acosh")
    atanh = arctanh = _unary(special.Atanh, "atanh")
    erf = _unary(special.Erf, "erf")
    erfinv = _unary(special.Erfinv, "erfinv")
    lgamma = _unary(special.Lgamma, "lgamma")
    maximum = _binary(ops.Maximum, "maximum")
    minimum = _binary(ops.Minimum, "minimum")
    floor = _step(np.floor, "floor", "The largest integer not above each element.")
    ceil = _step(np.ceil, "ceil", "The smallest integer not below each element.")
    trunc = fix = _step(np.trunc, "trunc", "Each element without its fraction.")

    def atan2(self, other: Any) -> Any:
        """The angle of the point (other, self) [radians]."""
        need_tensor(other, "atan2")
        x, y = promoted(self, other, "atan2")
        return elementwise.Atan2.apply(floating(x), floating(y))

    arctan2 = atan2

    def sign(self) -> Any:
        """-1, 0 or 1; 0 for NaN."""
        return elementwise.Step.apply(self, _sign)

    sgn = sign

    def abs(self) -> Any:
        """``|self|``; the gradient at 0 is 0."""
        need_numbers(self, "abs")
        return elementwise.Abs.apply(self)

    absolute = abs  # noqa: A003

    def round(self, *, decimals: int = 0) -> Any:
        """Each element rounded half to even; no gradient flows."""
        need_numbers(self, "round")
        places = integer_of(decimals, "decimals", "round")
        return elementwise.Step.apply(self, lambda x: np.round(x, places))

    def frac(self) -> Any:
        """``self - self.trunc()``."""
        if self.array.dtype.kind != "f":
            raise DTypeError(f"frac: needs a floating tensor, got {self.dtype}")
        return self - self.trunc()

    def square(self) -> Any:
        """``self ** 2``."""
        return self.pow(2)

    def reciprocal(self) -> Any:
        """``1 / self``."""
        return self.__rtruediv__(1)

    def exp2(self) -> Any:
        """``2 ** self``."""
        return 2 ** floating(self)

    def log2(self) -> Any:
        """The logarithm to base 2."""
        return self.log() / float(np.log(2.0))

    def log10(self) -> Any:
        """The logarithm to base 10."""
        return self.log() / float(np.log(10.0))

    def tan(self) -> Any:
        """``sin / cos``."""
        return self.sin() / self.cos()

    def erfc(self) -> Any:
        """``1 - erf``."""
        return 1 - self.erf()

    def digamma(self) -> Any:
        """The derivative of `lgamma`."""
        return special.Polygamma.apply(floating(self), 0)

    def logit(self, eps: float | None = None) -> Any:
        """``ln(x / (1 - x))``, of x clamped to [eps, 1 - eps] if eps is given."""
        need_number("logit", eps=eps)
        x = floating(self) if eps is None else floating(self).clamp(eps, 1 - eps)
        return (x / (1 - x)).log()

    def nan_to_num(
        self, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
    ) -> Any:
        """Finite numbers instead of NaN and infinities (the largest ones of the dtype unless
        given).
        """
        if self.array.dtype.kind != "f":
            return self.clone()
        limit = np.finfo(self.array.dtype)
        x = self.masked_fill(self.isnan(), nan if nan is not None else 0.0)
        x = x.masked_fill(x == np.inf, float(limit.max) if posinf is None else posinf)
        return x.masked_fill(x == -np.inf, float(limit.min) if neginf is None else neginf)

    # -- bounds and choices -----------------------------------------------------------------------

    def clamp(self, min: Any = None, max: Any = None) -> Any:
        """``min(max(self, min), max)``; bounds are numbers, tensors or None.

        Raises
        ------
        ValueError
            If both bounds are None.
        """
        if min is None and max is None:
            raise ValueError("clamp: at least one of min and max must be given")
        if isinstance(min, Differentiable) or isinstance(max, Differentiable):
            x = self if min is None else self._bounded(min, np.less)
            return x if max is None else x._bounded(max, np.greater)
        need_number("clamp", min=min, max=max)
        x = self
        for bound in (b for b in (min, max) if b is not None):
            x = x._holding(bound, "clamp")
            check_fits(bound, x.array.dtype, "clamp")
        return ops.Clamp.apply(x, min, max)

    clip = clamp

    def _bounded(self, bound: Any, passes: Any) -> Any:
        """The bound where self passes it (or the bound is NaN), else self."""
        x, limit = promoted(self, bound, "clamp")
        beyond = passes(x.array, limit.array) | np.isnan(limit.array)
        return ops.Where.apply(beyond, limit, x)

    def clamp_min(self, min: Any) -> Any:
        """`clamp` from below."""
        return self.clamp(min=min)

    def clamp_max(self, max: Any) -> Any:
        """`clamp` from above."""
        return self.clamp(max=max)

    def lerp(self, end: Any, weight: Any) -> Any:
        """``self + weight * (end - self)``."""
        return self + (end - self) * weight

    def addcmul(self, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
        """``self + value * tensor1 * tensor2``."""
        need_tensors("addcmul", tensor1=tensor1, tensor2=tensor2)
        need_number("addcmul", value=value)
        return self + tensor1 * tensor2 * value

    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
        """``self + value * tensor1 / tensor2``."""
        need_tensors("addcdiv", tensor1=tensor1, tensor2=tensor2)
        need_number("addcdiv", value=value)
        return self + tensor1 / tensor2 * value

    def where(self, condition: Any, other: Any) -> Any:
        """``self`` where the condition holds, else ``other``."""
        need_mask(condition, "where", "condition")
        x, y = promoted(self, other, "where")
        check_broadcast(condition.array.shape, np.broadcast_shapes(x.shape, y.shape), "where")
        return ops.Where.apply(condition.array, x, y)

    def masked_fill(self, mask: Any, value: Any) -> Any:
        """``self`` with a number (or 0-dimensional tensor) wherever the boolean mask holds."""
        need_mask(mask, "masked_fill", "mask")
        check_broadcast(mask.array.shape, self.array.shape, "masked_fill")
        if is_scalar(value):
            check_fits(value, self.array.dtype, "masked_fill")
        value = operand(value, self, "masked_fill")
        if value.array.ndim:
            raise ValueError(
                f"masked_fill: value must be a number, got a tensor of shape {value.shape}"
            )
        return ops.Where.apply(mask.array, cast(value, self.array.dtype), self)


def need_mask(mask: Any, operation: str, argument: str) -> None:
    """Raise unless ``mask`` is a boolean tensor."""
    if not isinstance(mask, Differentiable) or mask.array.dtype.kind != "b":
        kind = mask.dtype if isinstance(mask, Differentiable) else type(mask).__name__
        raise DTypeError(f"{operation}: {argument} must be a boolean Tensor, got {kind}")
