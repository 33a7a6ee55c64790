"""Changing a tensor in place.

Every in-place operation is its out-of-place form followed by `replace_value`, which keeps the
history right and
counts the change; ``add_`` is made from ``add``, and so on down the list.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd import Differentiable, is_grad_enabled, no_grad, replace_value
from minigrad.errors import DTypeError, SizeError
from minigrad.methods.operands import cast, check_broadcast, operand
from minigrad.primitives.indexing import Overwrite
from minigrad.random import default_generator

__all__ = ["InPlace"]


def changed(target: Any, result: Any, operation: str) -> Any:
    """Put ``result`` into ``target``, after a check that it fits."""
    if result.array.shape != target.array.shape:
        raise SizeError(
            f"{operation}: the result has shape {tuple(result.shape)}, which does not fit the "
            f"tensor's {tuple(target.shape)}; an in-place operation keeps the shape"
        )
    if result.array.dtype != target.array.dtype:
        if "biuf".index(result.array.dtype.kind) > "biuf".index(target.array.dtype.kind) + (
            target.array.dtype.kind == "i"
        ):
            raise DTypeError(
                f"{operation}: the result is {result.dtype}, which a tensor of {target.dtype} "
                "cannot hold"
            )
        result = cast(result, target.array.dtype)
    return replace_value(target, result)


def _in_place(name: str) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return changed(self, getattr(self, name)(*args, **kwargs), name + "_")

    method.__name__ = name + "_"
    method.__doc__ = f"`{name}`, in place; returns the tensor."
    return method


class InPlace(Differentiable):
    """Methods whose names end in an underscore."""

    add_ = _in_place("add")
    sub_ = _in_place("sub")
    mul_ = _in_place("mul")
    div_ = _in_place("div")
    pow_ = _in_place("pow")
    neg_ = _in_place("neg")
    abs_ = _in_place("abs")
    exp_ = _in_place("exp")
    log_ = _in_place("log")
    sqrt_ = _in_place("sqrt")
    rsqrt_ = _in_place("rsqrt")
    reciprocal_ = _in_place("reciprocal")
    square_ = _in_place("square")
    sin_ = _in_place("sin")
    cos_ = _in_place("cos")
    tanh_ = _in_place("tanh")
    sigmoid_ = _in_place("sigmoid")
    floor_ = _in_place("floor")
    ceil_ = _in_place("ceil")
    round_ = _in_place("round")
    trunc_ = _in_place("trunc")
    sign_ = _in_place("sign")
    clamp_ = _in_place("clamp")
    clip_ = _in_place("clamp")
    lerp_ = _in_place("lerp")
    addcmul_ = _in_place("addcmul")
    addcdiv_ = _in_place("addcdiv")
    remainder_ = _in_place("remainder")
    floor_divide_ = _in_place("floor_divide")
    masked_fill_ = _in_place("masked_fill")
    scatter_ = _in_place("scatter")
    scatter_add_ = _in_place("scatter_add")
    index_add_ = _in_place("index_add")
    tril_ = _in_place("tril")
    triu_ = _in_place("triu")

    def clamp_min_(self, min: Any) -> Any:
        """`clamp_` from below."""
        return self.clamp_(min=min)

    def clamp_max_(self, max: Any) -> Any:
        """`clamp_` from above."""
        return self.clamp_(max=max)

    def __iadd__(self, other: Any) -> Any:
        return self.add_(other)

    def __isub__(self, other: Any) -> Any:
        return self.sub_(other)

    def __imul__(self, other: Any) -> Any:
        return self.mul_(other)

    def __itruediv__(self, other: Any) -> Any:
        return self.div_(other)

    def __ipow__(self, other: Any) -> Any:
        return self.pow_(other)

    def __ifloordiv__(self, other: Any) -> Any:
        return self.floor_divide_(other)

    # -- new values
    # -----------------------------------------------------------------------------------

    def copy_(self, src: Any, non_blocking: bool = False) -> Any:
        """Take over the values of another tensor, converted to this one's dtype and broadcast to
        its shape.
        """
        src = operand(src, self, "copy_")
        check_broadcast(src.array.shape, self.array.shape, "copy_")
        if np.broadcast_shapes(src.array.shape, self.array.shape) != self.array.shape:
            raise SizeError(
                f"copy_: shape {tuple(src.shape)} does not fit into {tuple(self.shape)}"
            )
        if is_grad_enabled() and (self.requires_grad or src.requires_grad):
            return replace_value(self, Overwrite.apply(self, cast(src, self.array.dtype)))
        return self._written(src.array)

    def _written(self, values: Any) -> Any:
        """Write values that carry no gradient."""
        if is_grad_enabled() and self.requires_grad:
            constant = self.wrap(np.asarray(values, self.array.dtype))
            return replace_value(self, Overwrite.apply(self, constant))
        np.copyto(self.array, values, casting="unsafe")
        self.storage.version += 1
        return self

    def fill_(self, value: Any) -> Any:
        """Set every element to a number."""
        value = operand(value, self, "fill_")
        if value.array.ndim:
            raise SizeError(
                f"fill_: value must be a number, got a tensor of shape {tuple(value.shape)}"
            )
        return self.copy_(value)

    def zero_(self) -> Any:
        """Set every element to 0."""
        return self._written(0)

    def set_(self, source: Any) -> Any:
        """Look at the memory of another tensor from now on."""
        self.data = source
        return self

    # -- random values
    # --------------------------------------------------------------------------------

    def _random(self, generator: Any, draw: Any) -> Any:
        numbers = (generator or default_generator).numpy
        with no_grad():
            return self._written(draw(numbers).astype(self.array.dtype, copy=False))

    def normal_(self, mean: float = 0, std: float = 1, *, generator: Any = None) -> Any:
        """Draw every element from a normal distribution."""
        if std < 0:
            raise ValueError(f"normal_: std (={std}) must not be negative")
        kind = self.array.dtype if self.array.dtype.kind == "f" else dtypes.float64.dtype
        return self._random(
            generator,
            lambda r: r.standard_normal(self.shape, kind) * kind.type(std) + kind.type(mean),
        )

    def uniform_(self, from_: float = 0, to: float = 1, *, generator: Any = None) -> Any:
        """Draw every element evenly from [from, to)."""
        if to < from_:
            raise ValueError(f"uniform_: from (={from_}) must not exceed to (={to})")
        kind = self.array.dtype if self.array.dtype.kind == "f" else dtypes.float64.dtype
        return self._random(
            generator,
            lambda r: r.random(self.shape, kind) * kind.type(to - from_) + kind.type(from_),
        )

    def bernoulli_(self, p: Any = 0.5, *, generator: Any = None) -> Any:
        """Draw every element: 1 with probability p (a number or a tensor), else 0."""
        chance = p.array if isinstance(p, Differentiable) else np.asarray(float(p))
        if ((chance < 0) | (chance > 1)).any():
            raise ValueError(f"bernoulli_: p (={p}) must lie in [0, 1]")
        return self._random(generator, lambda r: r.random(self.shape) < chance)

    def random_(self, from_: int = 0, to: int | None = None, *, generator: Any = None) -> Any:
        """Draw every element evenly from the integers from, ..., to - 1."""
        low, high = (0, from_) if to is None and from_ else (from_, to if to is not None else 2**24)
        return self._random(generator, lambda r: r.integers(low, high, self.shape))
