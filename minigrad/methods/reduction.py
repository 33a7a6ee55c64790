"""Sums, means, extremes and orderings of a tensor."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from minigrad import dtypes
from minigrad.autograd import Differentiable
from minigrad.errors import DTypeError, SizeError
from minigrad.methods.operands import axes_of, axis_of, cast, floating, need_number
from minigrad.primitives import reduction as ops
from minigrad.primitives.elementwise import Root

__all__ = ["Reduction", "ValuesIndices", "numpy_names", "refuse_empty"]


class ValuesIndices(NamedTuple):
    """Elements and where they were found."""

    values: Any
    indices: Any


def numpy_names(method: Any) -> Any:
    """Let a method be called with NumPy's ``axis`` and ``keepdims``, as PyTorch does."""

    @functools.wraps(method)
    def renamed(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            for old, new in (("axis", "dim"), ("keepdims", "keepdim")):
                if old in kwargs and new not in kwargs:
                    kwargs[new] = kwargs.pop(old)
            keep = kwargs.get("keepdim", False)
            if not isinstance(keep, (bool, np.bool_)):
                raise TypeError(f"{method.__name__}: keepdim (={keep!r}) must be True or False")
        return method(*args, **kwargs)

    return renamed


def _choice(dim: Any, keepdim: bool, where: Any, x: Any, operation: str) -> ValuesIndices:
    axis = axis_of(dim, x.ndim, operation)
    if x.ndim == 0:
        return ValuesIndices(x.clone(), x.wrap(np.zeros((), np.int64)))
    refuse_empty(x, (axis,), operation)
    return ValuesIndices(*ops.Extreme.apply(x, axis, keepdim, where))


def refuse_empty(x: Any, axes: tuple[int, ...], operation: str) -> None:
    """Raise if one of the axes has no element."""
    empty = [i for i in axes if x.shape[i] == 0]
    if empty:
        raise SizeError(
            f"{operation}: axis {empty[0]} of shape {tuple(x.shape)} is empty, and an empty axis "
            "has no such element"
        )


def _sum_dtype(x: Any, dtype: Any, operation: str) -> np.dtype:
    kind = dtypes.numpy_dtype(dtype, operation)
    if kind.kind != "f" and x.requires_grad:
        raise DTypeError(f"{operation}: the gradient cannot pass dtype (={dtype}); detach() first")
    return kind


class Reduction(Differentiable):
    """Methods that reduce axes."""

    @numpy_names
    def sum(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        """The sum over ``dim`` (an axis, several, or all); integers and booleans sum in int64."""
        x = self
        if dtype is not None:
            x = cast(x, _sum_dtype(x, dtype, "sum"))
        elif x.array.dtype.kind != "f":
            x = cast(x, dtypes.int64.dtype)
        return ops.Sum.apply(x, axes_of(dim, x.ndim, "sum"), keepdim)

    @numpy_names
    def mean(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        """The mean over ``dim``; NaN over nothing.

        Raises
        ------
        TypeError
            For integers, whose mean is no integer.
        """
        x = self if dtype is None else cast(self, dtypes.numpy_dtype(dtype, "mean"))
        axes = axes_of(dim, x.ndim, "mean")
        x._need_floating("mean")
        count = int(np.prod([x.shape[i] for i in axes], dtype=np.int64))
        return x.sum(axes, keepdim) / count if axes else x.clone()

    def _need_floating(self, operation: str) -> None:
        if self.array.dtype.kind != "f":
            raise DTypeError(
                f"{operation}: needs a floating tensor, got {self.dtype}; convert it with .float()"
            )

    @numpy_names
    def var(
        self,
        dim: Any = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Any:
        """The variance, the sum of squared deviations over ``count - correction`` (1 unless said
        otherwise).
        """
        if isinstance(dim, bool):  # PyTorch's var(unbiased)
            dim, unbiased = None, dim
        self._need_floating("var")
        need_number("var", correction=correction)
        axes = axes_of(dim, self.ndim, "var")
        count = int(np.prod([self.shape[i] for i in axes], dtype=np.int64))
        less = correction if correction is not None else (0 if unbiased is False else 1)
        deviation = self - self.mean(axes or None, keepdim=True)
        return (deviation * deviation).sum(axes or None, keepdim) / max(count - less, 0)

    @numpy_names
    def std(
        self,
        dim: Any = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Any:
        """The square root of `var`."""
        return Root.apply(self.var(dim, unbiased, keepdim, correction=correction))

    def var_mean(
        self,
        dim: Any = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> tuple[Any, Any]:
        """`var` and `mean`."""
        axes = None if isinstance(dim, bool) else dim
        return self.var(dim, unbiased, keepdim, correction=correction), self.mean(axes, keepdim)

    def std_mean(
        self,
        dim: Any = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> tuple[Any, Any]:
        """`std` and `mean`."""
        axes = None if isinstance(dim, bool) else dim
        return self.std(dim, unbiased, keepdim, correction=correction), self.mean(axes, keepdim)

    @numpy_names
    def amax(self, dim: Any = None, keepdim: bool = False) -> Any:
        """The largest element over ``dim``; equal ones share the gradient evenly."""
        axes = axes_of(dim, self.ndim, "amax")
        refuse_empty(self, axes, "amax")
        return ops.AMax.apply(self, axes, keepdim)

    @numpy_names
    def amin(self, dim: Any = None, keepdim: bool = False) -> Any:
        """The smallest element over ``dim``; equal ones share the gradient evenly."""
        axes = axes_of(dim, self.ndim, "amin")
        refuse_empty(self, axes, "amin")
        return ops.AMin.apply(self, axes, keepdim)

    @numpy_names
    def max(self, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        """The largest element; with an axis, values and indices; with a tensor, the elementwise
        `maximum`.
        """
        if isinstance(dim, Differentiable) or other is not None:
            return self.maximum(dim if other is None else other)
        return self.amax() if dim is None else _choice(dim, keepdim, np.argmax, self, "max")

    @numpy_names
    def min(self, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        """The smallest element; with an axis, values and indices; with a tensor, the elementwise
        `minimum`.
        """
        if isinstance(dim, Differentiable) or other is not None:
            return self.minimum(dim if other is None else other)
        return self.amin() if dim is None else _choice(dim, keepdim, np.argmin, self, "min")

    def _arg(self, function: Any, dim: Any, keepdim: bool, operation: str) -> Any:
        if self.array.dtype.kind == "b":
            raise DTypeError(f"{operation}: booleans have no order; convert them with .int()")
        if dim is None:
            refuse_empty(self, tuple(range(self.ndim)), operation)
            index = np.asarray(function(self.array), np.int64)
            return self.wrap(index.reshape((1,) * self.ndim) if keepdim else index)
        axis = axis_of(dim, self.ndim, operation)
        if self.ndim == 0:
            return self.wrap(np.zeros((), np.int64))
        refuse_empty(self, (axis,), operation)
        index = function(self.array, axis=axis, keepdims=keepdim)
        return self.wrap(np.asarray(index, np.int64))

    @numpy_names
    def argmax(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Where the (first) largest element is; of the flattened tensor without an axis."""
        return self._arg(np.argmax, dim, keepdim, "argmax")

    @numpy_names
    def argmin(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Where the (first) smallest element is; of the flattened tensor without an axis."""
        return self._arg(np.argmin, dim, keepdim, "argmin")

    @numpy_names
    def prod(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        """The product of all elements, or over one axis; integers and booleans multiply in
        int64.
        """
        x = self
        if dtype is not None:
            x = cast(x, _sum_dtype(x, dtype, "prod"))
        elif x.array.dtype.kind != "f":
            x = cast(x, dtypes.int64.dtype)
        if dim is None:
            return ops.Prod.apply(x.reshape(-1), 0, False)
        axis = axis_of(dim, x.ndim, "prod")
        return ops.Prod.apply(x, axis, keepdim) if x.ndim else x.clone()

    @numpy_names
    def any(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Whether any element is non-zero."""
        axes = axes_of(dim, self.ndim, "any")
        found = np.asarray(self.array.astype(bool).any(axis=axes, keepdims=keepdim))
        return self.wrap(found if self.array.dtype != np.uint8 else found.astype(np.uint8))

    @numpy_names
    def all(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Whether all elements are non-zero."""
        axes = axes_of(dim, self.ndim, "all")
        found = np.asarray(self.array.astype(bool).all(axis=axes, keepdims=keepdim))
        return self.wrap(found if self.array.dtype != np.uint8 else found.astype(np.uint8))

    @numpy_names
    def count_nonzero(self, dim: Any = None) -> Any:
        """How many elements are non-zero."""
        axes = axes_of(dim, self.ndim, "count_nonzero")
        return self.wrap(np.asarray(np.count_nonzero(self.array, axis=axes), np.int64))

    @numpy_names
    def cumsum(self, dim: int, *, dtype: Any = None) -> Any:
        """Running sums along an axis."""
        x = self
        if dtype is not None or x.array.dtype.kind != "f":
            x = cast(x, dtypes.numpy_dtype(dtype or dtypes.int64, "cumsum"))
        axis = axis_of(dim, x.ndim, "cumsum")
        return ops.CumSum.apply(x, axis) if x.ndim else x.clone()

    @numpy_names
    def logsumexp(self, dim: Any, keepdim: bool = False) -> Any:
        """``ln sum e ** self`` over ``dim``, without overflow."""
        return ops.LogSumExp.apply(floating(self), axes_of(dim, self.ndim, "logsumexp"), keepdim)

    @numpy_names
    def norm(self, p: Any = 2, dim: Any = None, keepdim: bool = False) -> Any:
        """The p-norm over ``dim``; p may be any number, infinity, or "fro" (2)."""
        self._need_floating("norm")
        p = 2.0 if p in ("fro", None) else p
        need_number("norm", p=p)
        power = float(p)
        axes = axes_of(dim, self.ndim, "norm")
        if abs(power) == float("inf"):
            extreme = self.abs().amax if power > 0 else self.abs().amin
            return extreme(axes or None, keepdim)
        if power == 0:
            return self.ne(0).to(self.dtype).sum(axes or None, keepdim)
        return ops.Norm.apply(self, power, axes, keepdim)

    @numpy_names
    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = True) -> Any:
        """The indices that sort along an axis; equal elements keep their order, NaNs count as
        largest.
        """
        axis = axis_of(dim, self.ndim, "argsort")
        if self.ndim == 0:
            return self.wrap(np.zeros((), np.int64))
        flipped = np.flip(self.array, axis) if descending else self.array
        order = np.argsort(flipped, axis=axis, kind="stable")
        if descending:
            order = np.flip(self.array.shape[axis] - 1 - order, axis)
        return self.wrap(np.ascontiguousarray(order))

    @numpy_names
    def sort(self, dim: int = -1, descending: bool = False, stable: bool = True) -> ValuesIndices:
        """The elements in order along an axis, and where they were."""
        order = self.argsort(dim, descending)
        return ValuesIndices(self.gather(dim, order) if self.ndim else self.clone(), order)

    @numpy_names
    def topk(
        self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
    ) -> ValuesIndices:
        """The k largest (or smallest) elements along an axis, in order, and where they are.

        Raises
        ------
        ValueError
            If the axis has fewer than k elements.
        """
        axis = axis_of(dim, self.ndim, "topk")
        extent = self.shape[axis] if self.ndim else 1
        if not 0 <= k <= extent:
            raise SizeError(f"topk: k (={k}) must be between 0 and the axis's {extent} elements")
        order = self.argsort(axis, descending=largest)
        order = order.narrow(axis, 0, k) if self.ndim else order
        return ValuesIndices(self.gather(axis, order) if self.ndim else self.clone(), order)
