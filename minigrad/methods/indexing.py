"""Reading and writing the elements of a tensor by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import Differentiable, is_grad_enabled, replace_value
from minigrad.errors import DTypeError, SizeError
from minigrad.methods.operands import axis_of, cast, operand
from minigrad.primitives import indexing as ops

__all__ = ["Indexing"]


def as_index(index: Any) -> Any:
    """An index as NumPy takes it: tensors as arrays, lists as arrays."""
    if isinstance(index, tuple):
        return tuple(as_index(i) for i in index)
    if isinstance(index, Differentiable):
        array = index.array
        if array.dtype.kind == "f":
            raise IndexError(f"index: a tensor index must be integer or boolean, got {array.dtype}")
        if array.dtype == np.uint8:
            return array.astype(bool)  # PyTorch's old masks
        return array if array.ndim or array.dtype.kind == "b" else int(array)
    if isinstance(index, (list, range)):
        array = np.asarray([as_index(i) for i in index])
        return array.astype(np.int64) if array.size == 0 else array
    return index


def index_array(index: Any, operation: str) -> np.ndarray:
    """The integers of an index tensor.

    Raises
    ------
    TypeError
        If it is not an integer tensor.
    """
    if not isinstance(index, Differentiable) or index.array.dtype.kind not in "iu":
        kind = index.dtype if isinstance(index, Differentiable) else type(index).__name__
        raise DTypeError(f"{operation}: index must be an integer tensor, got {kind}")
    return index.array.astype(np.int64, copy=False)


def check_along(x: Any, axis: int, index: np.ndarray, operation: str, source: Any = None) -> None:
    """Raise unless ``index`` picks places of ``axis`` that exist."""
    if index.ndim != x.ndim:
        raise SizeError(
            f"{operation}: index has {index.ndim} dimensions, the tensor has {x.ndim}; they must "
            "agree"
        )
    limits = [(x.shape, "the tensor")] + ([(source.shape, "src")] if source is not None else [])
    for shape, name in limits:
        for i, (n, limit) in enumerate(zip(index.shape, shape, strict=True)):
            if n > limit and (i != axis or name == "src"):
                raise SizeError(
                    f"{operation}: index of shape {index.shape} is larger than {name} "
                    f"{tuple(shape)}"
                )
    if index.size and (index.min() < 0 or index.max() >= x.shape[axis]):
        bad = index.min() if index.min() < 0 else index.max()
        raise IndexError(
            f"{operation}: index {bad} is out of range for axis {axis}, which has {x.shape[axis]} "
            "places"
        )


class Indexing(Differentiable):
    """Methods that read and write by index."""

    def __getitem__(self, index: Any) -> Any:
        return ops.GetItem.apply(self, as_index(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        index = as_index(index)
        value = operand(value, self, "assignment")
        target = self.array[index]
        if target.shape != value.array.shape:
            extra = value.ndim - target.ndim
            if extra > 0 and all(n == 1 for n in value.shape[:extra]):
                value = value.reshape(*value.shape[extra:])
            try:
                np.broadcast_to(value.array, target.shape)
            except ValueError:
                raise SizeError(
                    f"assignment: a value of shape {tuple(value.shape)} does not broadcast to the "
                    f"indexed shape {target.shape}"
                ) from None
        value = (
            value.wrap(value.array.astype(self.array.dtype))
            if self.array.dtype.kind != "f"
            else cast(value, self.array.dtype)
        )
        if is_grad_enabled() and (self.requires_grad or value.requires_grad):
            replace_value(self, ops.SetItem.apply(self, value, index))
        else:
            self.array[index] = value.array
            self.storage.version += 1

    def index_select(self, dim: int, index: Any) -> Any:
        """The places ``index`` of an axis, in that order."""
        axis = axis_of(dim, self.ndim, "index_select")
        places = index_array(index, "index_select")
        extent = self.shape[axis] if self.ndim else 1
        if places.ndim > 1:
            raise SizeError(f"index_select: index must have 1 dimension, got shape {places.shape}")
        if places.size and (places.min() < 0 or places.max() >= extent):
            raise IndexError(
                f"index_select: index must lie in 0 to {extent - 1}, got {places.tolist()}"
            )
        return self[(slice(None),) * axis + (np.atleast_1d(places),)]

    def gather(self, dim: int, index: Any) -> Any:
        """``out[i][j] = self[index[i][j]][j]`` for dim 0, ``self[i][index[i][j]]`` for dim 1, and
        so on.
        """
        axis = axis_of(dim, self.ndim, "gather")
        places = index_array(index, "gather")
        check_along(self, axis, places, "gather")
        return ops.Gather.apply(self, axis, places)

    def scatter_add(self, dim: int, index: Any, src: Any) -> Any:
        """`gather`'s adjoint: ``out = self; out[index[i][j]][j] += src[i][j]`` for dim 0, and so
        on.
        """
        axis = axis_of(dim, self.ndim, "scatter_add")
        places = index_array(index, "scatter_add")
        check_along(self, axis, places, "scatter_add", src)
        return ops.ScatterAdd.apply(self, src, axis, places)

    def scatter(self, dim: int, index: Any, src: Any) -> Any:
        """``out = self; out[index[i][j]][j] = src[i][j]`` (src may be a number) for dim 0, and so
        on.
        """
        axis = axis_of(dim, self.ndim, "scatter")
        places = index_array(index, "scatter")
        is_tensor = isinstance(src, Differentiable)
        check_along(self, axis, places, "scatter", src if is_tensor else None)
        values = (
            src[tuple(slice(n) for n in places.shape)]
            if is_tensor
            else operand(src, self, "scatter")
        )
        return ops.SetItem.apply(self, cast(values, self.array.dtype), ops.along(places, axis))

    def masked_select(self, mask: Any) -> Any:
        """The elements where the boolean mask holds, in one row."""
        x, where = np.broadcast_shapes(self.shape, mask.shape), mask.array
        return self.expand(*x)[self.wrap(np.ascontiguousarray(np.broadcast_to(where, x)))]

    def index_add(self, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Any:
        """``out = self; out[..., index[i], ...] += alpha * source[..., i, ...]`` along an axis."""
        axis = axis_of(dim, self.ndim, "index_add")
        places = index_array(index, "index_add")
        at = (slice(None),) * axis + (places,)
        return self + ops.IndexAdd.apply(source * alpha, self.array.shape, at)

    def nonzero(self, as_tuple: bool = False) -> Any:
        """The indices of the elements that are not zero, one row each (or one tensor an axis)."""
        found = np.nonzero(self.array)
        if as_tuple:
            return tuple(self.wrap(i) for i in found)
        return self.wrap(
            np.stack(found, -1) if found else np.zeros((int(bool(self.array)), 0), np.int64)
        )

    def unique(
        self, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False
    ) -> Any:
        """The different elements in ascending order, with where they stand and how often on
        request.
        """
        values, inverse, counts = np.unique(self.array, return_inverse=True, return_counts=True)
        results = [self.wrap(values)]
        results += [self.wrap(inverse.reshape(self.shape))] if return_inverse else []
        results += [self.wrap(counts)] if return_counts else []
        return results[0] if len(results) == 1 else tuple(results)
