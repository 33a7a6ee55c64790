"""Picking and writing places of one axis by an index tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import Differentiable
from minigrad.errors import DTypeError, SizeError
from minigrad.methods.operands import axis_of, cast, check_broadcast, need_tensors, number, operand
from minigrad.primitives import indexing as ops

__all__ = ["Scattering"]


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
    if index.ndim != x.ndim and max(index.ndim, x.ndim) > 1:
        raise SizeError(
            f"{operation}: index has {index.ndim} dimensions, the tensor has {x.ndim}; they must "
            "agree"
        )
    limits = [(x.shape, "the tensor")] + ([(source.shape, "src")] if source is not None else [])
    for shape, name in limits:
        for i, (n, limit) in enumerate(zip(index.shape, shape, strict=False)):
            if n > limit and (i != axis or name == "src"):
                raise SizeError(
                    f"{operation}: index of shape {index.shape} is larger than {name} "
                    f"{tuple(shape)}"
                )
    extent = x.shape[axis] if x.ndim else 1
    if index.size and (index.min() < 0 or index.max() >= extent):
        bad = index.min() if index.min() < 0 else index.max()
        raise IndexError(
            f"{operation}: index {bad} is out of range for axis {axis}, which has {extent} places"
        )


def _along_one(x: Any, dim: int, index: Any, operation: str) -> tuple[int, np.ndarray]:
    """An axis, and checked places of it as a vector."""
    axis = axis_of(dim, x.ndim, operation)
    places = index_array(index, operation)
    extent = x.shape[axis] if x.ndim else 1
    if places.ndim > 1:
        raise SizeError(f"{operation}: index must have 1 dimension, got shape {places.shape}")
    if places.size and (places.min() < 0 or places.max() >= extent):
        raise IndexError(f"{operation}: index must lie in 0 to {extent - 1}, got {places.tolist()}")
    return axis, np.atleast_1d(places)


def _check_source(x: Any, axis: int, places: np.ndarray, source: Any, operation: str) -> None:
    """Raise unless ``source`` has x's dtype and shape, but one slice for each place of the axis."""
    if not isinstance(source, Differentiable):
        raise TypeError(f"{operation}: source must be a Tensor, got {type(source).__name__}")
    if source.array.dtype != x.array.dtype:
        raise DTypeError(f"{operation}: dtypes {x.dtype} and {source.dtype} differ")
    wanted = tuple(len(places) if i == axis else n for i, n in enumerate(x.shape))
    if tuple(source.shape) != wanted:
        raise SizeError(
            f"{operation}: source has shape {tuple(source.shape)}, expected {wanted}: one slice "
            f"for each of the {len(places)} places of axis {axis}"
        )


class Scattering(Differentiable):
    """Methods that read and write along an axis, at places that an index tensor names."""

    def index_select(self, dim: int, index: Any) -> Any:
        """The places ``index`` of an axis, in that order."""
        axis, places = _along_one(self, dim, index, "index_select")
        if self.ndim == 0:
            return self.clone()
        return self[(slice(None),) * axis + (places,)]

    def index_add(self, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Any:
        """``out = self; out[..., index[i], ...] += alpha * source[..., i, ...]`` along an axis."""
        axis, places = _along_one(self, dim, index, "index_add")
        _check_source(self, axis, places, source, "index_add")
        at = (slice(None),) * axis + (places,)
        return self + ops.IndexAdd.apply(
            source * number(alpha, self.array.dtype), self.array.shape, at
        )

    def index_copy(self, dim: int, index: Any, source: Any) -> Any:
        """``out = self; out[..., index[i], ...] = source[..., i, ...]`` along an axis."""
        axis, places = _along_one(self, dim, index, "index_copy")
        _check_source(self, axis, places, source, "index_copy")
        return ops.SetItem.apply(self, source, (slice(None),) * axis + (places,))

    def index_fill(self, dim: int, index: Any, value: Any) -> Any:
        """The tensor with a number at the places ``index`` of an axis."""
        axis, places = _along_one(self, dim, index, "index_fill")
        value = operand(value, self, "index_fill")
        if value.ndim:
            raise SizeError(f"index_fill: value must be a number, got shape {tuple(value.shape)}")
        at = (slice(None),) * axis + (places,)
        return ops.SetItem.apply(self, cast(value, self.array.dtype), at)

    def gather(self, dim: int, index: Any, *, sparse_grad: bool = False) -> Any:
        """``out[i][j] = self[index[i][j]][j]`` for dim 0, ``self[i][index[i][j]]`` for dim 1, and
        so on.
        """
        axis = axis_of(dim, self.ndim, "gather")
        places = index_array(index, "gather")
        check_along(self, axis, places, "gather")
        return ops.Gather.apply(self, axis, places) if self.ndim else self.clone()

    def take_along_dim(self, indices: Any, dim: int | None = None) -> Any:
        """`gather`, of the flattened tensor without an axis."""
        need_tensors("take_along_dim", indices=indices)
        if dim is None:
            return self.reshape(-1).gather(0, indices.reshape(-1))
        axis = axis_of(dim, self.ndim, "take_along_dim")
        mine, others = ((*x.shape[:axis], 1, *x.shape[axis + 1 :]) for x in (self, indices))
        check_broadcast(mine, others, "take_along_dim")
        sizes = list(np.broadcast_shapes(mine, others))
        x, index = (
            x.expand(*sizes[:axis], x.shape[axis], *sizes[axis + 1 :]) for x in (self, indices)
        )
        return x.gather(axis, index)

    def take(self, index: Any) -> Any:
        """The elements of the flattened tensor at the places ``index``, in its shape."""
        places = index_array(index, "take")
        flat = self.reshape(-1)
        count = flat.shape[0]
        if places.size and (places.min() < -count or places.max() >= count):
            raise IndexError(f"take: index must lie in {-count} to {count - 1}")
        return flat[(places,)]

    def scatter_add(self, dim: int, index: Any, src: Any) -> Any:
        """`gather`'s adjoint: ``out = self; out[index[i][j]][j] += src[i][j]`` for dim 0, and so
        on.
        """
        axis, places = self._scattered(dim, index, src, "scatter_add")
        return ops.ScatterAdd.apply(self, src, axis, places)

    def _scattered(self, dim: int, index: Any, src: Any, operation: str) -> tuple[int, np.ndarray]:
        axis = axis_of(dim, self.ndim, operation)
        places = index_array(index, operation)
        if not isinstance(src, Differentiable):
            raise TypeError(f"{operation}: src must be a Tensor, got {type(src).__name__}")
        if src.array.dtype != self.array.dtype:
            raise DTypeError(f"{operation}: dtypes {self.dtype} and {src.dtype} differ")
        if src.ndim != self.ndim:
            raise SizeError(f"{operation}: src has {src.ndim} dimensions, self {self.ndim}")
        check_along(self, axis, places, operation, src)
        return axis, places

    def scatter(
        self, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: Any = None
    ) -> Any:
        """``out = self; out[index[i][j]][j] = src[i][j]`` (or a number) for dim 0, and so on."""
        if reduce is not None:
            raise NotImplementedError("scatter: reduce is not offered; use scatter_add")
        source = src if src is not None else value
        if isinstance(source, Differentiable) and source.ndim:
            axis, places = self._scattered(dim, index, source, "scatter")
            source = source[tuple(slice(n) for n in places.shape)]
        else:
            axis, places = axis_of(dim, self.ndim, "scatter"), index_array(index, "scatter")
            check_along(self, axis, places, "scatter")
            source = operand(source, self, "scatter")
        return ops.SetItem.apply(self, cast(source, self.array.dtype), ops.along(places, axis))

    def masked_select(self, mask: Any) -> Any:
        """The elements where the boolean mask holds, in one row."""
        if not isinstance(mask, Differentiable) or mask.array.dtype.kind != "b":
            raise DTypeError("masked_select: mask must be a boolean Tensor")
        check_broadcast(self.array.shape, mask.array.shape, "masked_select")
        shape = np.broadcast_shapes(self.shape, mask.shape)
        where = np.broadcast_to(mask.array, shape).copy()
        return self.expand(*shape)[self.wrap(where)].reshape(-1)

    def masked_scatter(self, mask: Any, source: Any) -> Any:
        """The tensor with the elements of ``source``, one after the other, where the mask holds."""
        if not isinstance(mask, Differentiable) or mask.array.dtype.kind != "b":
            raise DTypeError("masked_scatter: mask must be a boolean Tensor")
        need_tensors("masked_scatter", source=source)
        check_broadcast(self.array.shape, mask.array.shape, "masked_scatter")
        shape = np.broadcast_shapes(self.shape, mask.shape)
        where = np.broadcast_to(mask.array, shape).copy()
        count = int(where.sum())
        if source.numel() < count or source.array.dtype != self.array.dtype:
            raise SizeError(
                f"masked_scatter: source must have at least {count} elements of {self.dtype}, got "
                f"{source.numel()} of {source.dtype}"
            )
        return ops.SetItem.apply(self.expand(*shape), source.reshape(-1)[:count], where)
