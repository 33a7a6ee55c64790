"""Order statistics, running products and extremes, and reductions that come in pairs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minigrad import dtypes
from minigrad.autograd import Differentiable
from minigrad.errors import DTypeError, SizeError
from minigrad.methods.operands import axis_of, cast, integer_of, need_number, need_tensors
from minigrad.methods.reduction import ValuesIndices, numpy_names, refuse_empty
from minigrad.primitives import reduction as ops

__all__ = ["MinMax", "Statistics"]


class MinMax(NamedTuple):
    """The smallest and the largest element."""

    min: Any
    max: Any


class Statistics(Differentiable):
    """Methods that order elements, or give two reductions at once."""

    def _placed(self, order: np.ndarray, place: int, axis: int, keepdim: bool) -> ValuesIndices:
        """The elements that ``order`` puts at ``place`` of an axis, and where they are."""
        index = self.wrap(np.ascontiguousarray(np.take(order, [place], axis)))
        values = self.gather(axis, index)
        if keepdim:
            return ValuesIndices(values, index)
        return ValuesIndices(values.squeeze(axis), index.squeeze(axis))

    @numpy_names
    def median(self, dim: Any = None, keepdim: bool = False) -> Any:
        """The middle element (the lower of two) of all, or along an axis with where it is; NaN
        wins.
        """
        if dim is None:
            flat = self.reshape(-1)
            if not flat.numel() and self.array.dtype.kind == "f":
                return self.wrap(np.array(np.nan, self.array.dtype))
            refuse_empty(flat, (0,), "median")
            return flat.median(0).values
        axis = axis_of(dim, self.ndim, "median")
        if self.ndim == 0:
            return ValuesIndices(self.clone(), self.wrap(np.zeros((), np.int64)))
        refuse_empty(self, (axis,), "median")
        order = np.argsort(self.array, axis=axis, kind="stable")
        last = np.take(order, [-1], axis)
        nans = np.isnan(np.take_along_axis(self.array, last, axis))
        place = (self.shape[axis] - 1) // 2
        order = np.where(nans, _first_nan(self.array, axis), np.take(order, [place], axis))
        return self._placed(order, 0, axis, keepdim)

    @numpy_names
    def kthvalue(self, k: int, dim: int = -1, keepdim: bool = False) -> Any:
        """The k-th smallest element along an axis, and where it is."""
        axis = axis_of(dim, self.ndim, "kthvalue")
        extent = self.shape[axis] if self.ndim else 1
        if not 1 <= integer_of(k, "k", "kthvalue") <= extent:
            raise SizeError(f"kthvalue: k (={k}) must be between 1 and the axis's {extent}")
        if self.ndim == 0:
            return ValuesIndices(self.clone(), self.wrap(np.zeros((), np.int64)))
        order = np.argsort(self.array, axis=axis, kind="stable")
        return self._placed(order, k - 1, axis, keepdim)

    def quantile(
        self, q: Any, dim: Any = None, keepdim: bool = False, *, interpolation: str = "linear"
    ) -> Any:
        """The value below which a part ``q`` (in [0, 1]) of the elements lies.

        Between two elements ``interpolation`` decides: "linear", "lower", "higher", "nearest" or
        "midpoint".
        """
        if not isinstance(q, Differentiable):
            need_number("quantile", q=q)
        part = q.array if isinstance(q, Differentiable) else np.asarray(q, self.array.dtype)
        if self.array.dtype.kind != "f" or part.dtype != self.array.dtype:
            raise DTypeError(f"quantile: needs floating tensors of one dtype, got {self.dtype}")
        if ((part < 0) | (part > 1)).any() or part.ndim > 1:
            raise ValueError(f"quantile: q (={q}) must be numbers in [0, 1]")
        if interpolation not in _BETWEEN:
            raise ValueError(
                f"quantile: interpolation (={interpolation!r}) must be one of "
                f"{', '.join(map(repr, _BETWEEN))}"
            )
        x, axis = (
            (self.reshape(-1), 0) if dim is None else (self, axis_of(dim, self.ndim, "quantile"))
        )
        refuse_empty(x, (axis,), "quantile")
        ordered = x.sort(axis).values
        place = _BETWEEN[interpolation](
            np.atleast_1d(part).astype(np.float64) * (x.shape[axis] - 1)
        )
        low = np.floor(place).astype(np.int64)
        weight = (place - low).astype(self.array.dtype)
        shape = (-1,) + (1,) * (x.ndim - axis - 1)
        below = ordered.index_select(axis, x.wrap(low))
        above = ordered.index_select(axis, x.wrap(np.ceil(place).astype(np.int64)))
        found = below.lerp(above, x.wrap(weight.reshape(shape))).movedim(axis, 0)
        if keepdim:
            found = (
                found.reshape(len(low), *(1,) * self.ndim)
                if dim is None
                else found.unsqueeze(axis + 1)
            )
        return found if part.ndim else found.squeeze(0)

    def cumprod(self, dim: int, *, dtype: Any = None) -> Any:
        """Running products along an axis."""
        x = self
        if dtype is not None or x.array.dtype.kind != "f":
            x = cast(x, dtypes.numpy_dtype(dtype or dtypes.int64, "cumprod"))
        axis = axis_of(dim, x.ndim, "cumprod")
        return ops.CumProd.apply(x, axis) if x.ndim else x.clone()

    def _running(self, dim: int, compare: Any, operation: str) -> Any:
        axis = axis_of(dim, self.ndim, operation)
        if self.ndim == 0:
            return ValuesIndices(self.clone(), self.wrap(np.zeros((), np.int64)))
        rows = np.moveaxis(self.array, axis, 0)
        index = np.zeros(rows.shape, np.int64)
        if len(rows):
            best = rows[0].copy()
            for i in range(1, len(rows)):
                better = (compare(rows[i], best) & (best == best)) | (rows[i] != rows[i])
                best = np.where(better, rows[i], best)
                index[i] = np.where(better, i, index[i - 1])
        places = self.wrap(np.ascontiguousarray(np.moveaxis(index, 0, axis)))
        return ValuesIndices(self.gather(axis, places), places)

    def cummax(self, dim: int) -> Any:
        """Running maxima along an axis, and where they are (the last of equal ones)."""
        return self._running(dim, np.greater_equal, "cummax")

    def cummin(self, dim: int) -> Any:
        """Running minima along an axis, and where they are (the last of equal ones)."""
        return self._running(dim, np.less_equal, "cummin")

    @numpy_names
    def aminmax(self, *, dim: Any = None, keepdim: bool = False) -> Any:
        """`amin` and `amax`."""
        axes = None if dim is None else axis_of(dim, self.ndim, "aminmax")
        return MinMax(self.amin(axes, keepdim), self.amax(axes, keepdim))

    @numpy_names
    def nansum(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        """`sum` with NaN as 0."""
        return self.masked_fill(self.isnan(), 0).sum(dim, keepdim, dtype=dtype)

    @numpy_names
    def nanmean(self, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        """`mean` of the elements that are not NaN."""
        self._need_floating("nanmean")
        count = self.isnan().logical_not().sum(dim, keepdim)
        return self.nansum(dim, keepdim, dtype=dtype) / count

    def diff(self, n: int = 1, dim: int = -1) -> Any:
        """The differences between neighbours along an axis, taken n times."""
        axis = axis_of(dim, self.ndim, "diff")
        if self.ndim == 0:
            raise SizeError("diff: needs a tensor of at least 1 dimension")
        if integer_of(n, "n", "diff") < 0:
            raise SizeError(f"diff: n (={n}) must not be negative")
        x = self
        for _ in range(min(n, x.shape[axis])):
            length = max(x.shape[axis] - 1, 0)
            after, before = (
                x.narrow(axis, x.shape[axis] - length, length),
                x.narrow(axis, 0, length),
            )
            x = after ^ before if x.array.dtype.kind == "b" else after - before
        return x

    def bincount(self, weights: Any = None, minlength: int = 0) -> Any:
        """How often each integer from 0 on occurs in a vector, or the sum of its weights."""
        if self.ndim != 1 or self.array.dtype.kind not in "iu" or (self.array < 0).any():
            raise SizeError("bincount: needs a vector of non-negative integers")
        if weights is not None:
            need_tensors("bincount", weights=weights)
            if weights.shape != self.shape:
                raise SizeError(
                    f"bincount: weights must have shape {tuple(self.shape)}, got "
                    f"{tuple(weights.shape)}"
                )
        counts = np.bincount(self.array, weights.array if weights is not None else None, minlength)
        single = weights is not None and weights.array.dtype == np.float32
        return self.wrap(counts.astype(np.float32) if single else counts)


# What a place between two elements becomes.
_BETWEEN: dict[str, Any] = {
    "linear": lambda place: place,
    "lower": np.floor,
    "higher": np.ceil,
    "nearest": np.rint,
    "midpoint": lambda place: (np.floor(place) + np.ceil(place)) / 2,
}


def _first_nan(x: np.ndarray, axis: int) -> np.ndarray:
    return np.argmax(np.isnan(x), axis=axis, keepdims=True)
