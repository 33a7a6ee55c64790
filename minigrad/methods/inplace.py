"""Changing a tensor in place.

Every in-place operation is its out-of-place form followed by `replace_value`, which keeps the
history right and counts the change; ``add_`` is made from ``add``, and so on down the list.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd import Differentiable, check_writable, is_grad_enabled, replace_value
from minigrad.errors import DTypeError, SizeError
from minigrad.methods.operands import (
    cast,
    check_broadcast,
    check_fits,
    is_scalar,
    operand,
    sizes_of,
)
from minigrad.primitives.indexing import Overwrite
from minigrad.random import default_generator
from minigrad.recording import stand_in

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
    if result.node is None and target.requires_grad and is_grad_enabled():
        return target.copy_(result)  # a constant: the old value gets no gradient
    return replace_value(target, result)


# Methods of several operations, of which not only the last one saves the tensor.
_COMPOSITE = {"erfc", "log10", "log2", "logit", "tan"}


def _in_place(name: str) -> Any:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        x = self.clone() if name in _COMPOSITE and self.requires_grad else self
        return changed(self, getattr(x, name)(*args, **kwargs), name + "_")

    method.__name__ = name + "_"
    method.__doc__ = f"`{name}`, in place; returns the tensor."
    return method


class InPlace(Differentiable):
    """Methods whose names end in an underscore; those of `_NAMES` are made below."""

    def squeeze_(self, dim: Any = None) -> Any:
        """`squeeze`, in place."""
        return self._reshaped(self.squeeze(dim))

    def unsqueeze_(self, dim: int) -> Any:
        """`unsqueeze`, in place."""
        return self._reshaped(self.unsqueeze(dim))

    def transpose_(self, dim0: int, dim1: int) -> Any:
        """`transpose`, in place."""
        return self._reshaped(self.transpose(dim0, dim1))

    swapaxes_ = swapdims_ = transpose_

    def t_(self) -> Any:
        """`t`, in place."""
        return self._reshaped(self.t())

    def resize_(self, *sizes: Any, memory_format: Any = None) -> Any:
        """Take another shape, with the old elements first and whatever memory held after them."""
        shape = sizes_of(sizes, "resize_")
        if self.requires_grad:
            raise RuntimeError("resize_: a tensor that requires grad cannot be resized")
        array = np.empty(shape, self.array.dtype)
        count = min(array.size, self.array.size)
        array.reshape(-1)[:count] = self.array.reshape(-1)[:count]
        return self._reshaped(self.wrap(array))

    def resize_as_(self, the_template: Any) -> Any:
        """`resize_` to the shape of another tensor."""
        return self.resize_(*the_template.shape)

    def _reshaped(self, view: Any) -> Any:
        """Become ``view``, another look at the same elements."""
        if self.node is None and self.requires_grad and is_grad_enabled():
            raise RuntimeError(
                "a leaf that requires grad cannot be changed in place while operations are "
                "recorded; do it under no_grad(), or work on a copy (x.clone())"
            )
        self.array, self.node, self.index = view.array, view.node, view.index
        self.base, self.path, self.seen = view.base, view.path, view.seen
        self.storage = view.storage
        return self

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
        if stand_in() is None:
            check_writable(self)
            np.copyto(self.array, values, casting="unsafe")
        self.storage.version += 1
        return self

    def fill_(self, value: Any) -> Any:
        """Set every element to a number."""
        if is_scalar(value):
            check_fits(value, self.array.dtype, "fill_")
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
        if stand_in() is not None:
            return self._written(0)
        numbers = (generator or default_generator).numpy
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

    def exponential_(self, lambd: float = 1, *, generator: Any = None) -> Any:
        """Draw every element from the exponential distribution of rate lambd."""
        if lambd <= 0:
            raise ValueError(f"exponential_: lambd (={lambd}) must be positive")
        return self._random(generator, lambda r: r.exponential(1 / lambd, self.shape))

    def fill_diagonal_(self, fill_value: float, wrap: bool = False) -> Any:
        """Set the main diagonal to a number."""
        if self.ndim < 2:
            raise SizeError(f"fill_diagonal_: needs 2 dimensions, got shape {tuple(self.shape)}")
        if self.ndim > 2 and len(set(self.shape)) > 1:
            raise SizeError("fill_diagonal_: all axes must be of one length")
        mask = np.zeros(self.shape, bool)
        np.fill_diagonal(mask, True, wrap)
        return self.masked_fill_(self.wrap(mask), fill_value)


_NAMES = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "addbmm",
    "addcdiv",
    "addcmul",
    "addmm",
    "addmv",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "baddbmm",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "ceil",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "cos",
    "cosh",
    "cumprod",
    "cumsum",
    "digamma",
    "div",
    "divide",
    "eq",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "fix",
    "floor",
    "floor_divide",
    "fmod",
    "frac",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "index_add",
    "index_copy",
    "index_fill",
    "le",
    "lerp",
    "less",
    "less_equal",
    "lgamma",
    "log",
    "log10",
    "log1p",
    "log2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "lt",
    "masked_fill",
    "masked_scatter",
    "mul",
    "multiply",
    "nan_to_num",
    "ne",
    "neg",
    "negative",
    "not_equal",
    "pow",
    "reciprocal",
    "remainder",
    "round",
    "rsqrt",
    "scatter",
    "scatter_add",
    "sgn",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "sub",
    "subtract",
    "tan",
    "tanh",
    "tril",
    "triu",
    "true_divide",
    "trunc",
]

for _name in _NAMES:
    setattr(InPlace, _name + "_", _in_place(_name))
