"""Reading and writing the elements of a tensor by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import Differentiable, check_writable, is_grad_enabled, replace_value
from minigrad.errors import DTypeError, SizeError
from minigrad.methods.operands import cast, check_fits, is_scalar, operand
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
    if isinstance(index, slice) and index.step is not None and index.step <= 0:
        raise ValueError(f"index: the step of {index} must be positive; use flip()")
    return index


def in_two_steps(index: Any, ndim: int) -> tuple[Any, Any]:
    """An index as a basic one and an advanced one, to be applied in turn.

    NumPy moves the axes of the advanced indices to the front if an integer stands apart from them;
    PyTorch takes integers first, and so looks at the index arrays alone.
    """
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [p for p in parts if isinstance(p, np.ndarray)]
    if not arrays or not any(_is_integer(p) for p in parts):
        return None, index
    named = sum(_axes_taken(p) for p in parts)
    basic: list[Any] = []
    advanced: list[Any] = []
    for part in parts:
        if part is Ellipsis:
            rest = max(ndim - named, 0)
            basic += [slice(None)] * rest
            advanced += [slice(None)] * rest
        elif isinstance(part, np.ndarray):
            basic += [slice(None)] * _axes_taken(part)
            advanced.append(part)
        else:
            basic.append(part)
            advanced += [] if _is_integer(part) else [slice(None)]
    return tuple(basic), tuple(advanced)


def _is_integer(part: Any) -> bool:
    return isinstance(part, (int, np.integer)) and not isinstance(part, (bool, np.bool_))


def _axes_taken(part: Any) -> int:
    if part is None or part is Ellipsis or isinstance(part, (bool, np.bool_)):
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype.kind == "b" else 1


def misfit(index: Any, x: Any, error: IndexError) -> IndexError:
    """The error for an index that a tensor does not have."""
    return IndexError(f"index: {index!r} does not fit a tensor of shape {tuple(x.shape)}: {error}")


class Indexing(Differentiable):
    """Methods that read and write by index."""

    def __getitem__(self, index: Any) -> Any:
        first, then = in_two_steps(as_index(index), self.ndim)
        try:
            x = self if first is None else ops.GetItem.apply(self, first)
            return ops.GetItem.apply(x, then)
        except IndexError as error:
            raise misfit(index, self, error) from None

    def __setitem__(self, index: Any, value: Any) -> None:
        first, then = in_two_steps(as_index(index), self.ndim)
        if first is not None:
            self[first][then] = value
            return
        if is_scalar(value):
            check_fits(value, self.array.dtype, "assignment")
        masked = isinstance(then, np.ndarray) and then.dtype.kind == "b"
        if isinstance(value, Differentiable) and (value.ndim or not masked):
            _check_dtype(value, self, then)
        value = operand(value, self, "assignment")
        try:
            target = self.array[then]
        except IndexError as error:
            raise misfit(index, self, error) from None
        value = cast(_broadcast(value, target.shape), self.array.dtype)
        if is_grad_enabled() and (self.requires_grad or value.requires_grad):
            replace_value(self, ops.SetItem.apply(self, value, then))
        else:
            check_writable(self)
            self.array[then] = value.array
            self.storage.version += 1

    def nonzero(self, as_tuple: bool = False) -> Any:
        """The indices of the elements that are not zero, one row each (or one tensor an axis)."""
        found = np.nonzero(np.atleast_1d(self.array))
        if as_tuple:
            return tuple(self.wrap(i) for i in found)
        if self.ndim == 0:
            return self.wrap(np.zeros((len(found[0]), 0), np.int64))
        return self.wrap(np.stack(found, -1))

    argwhere = nonzero

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


def _check_dtype(value: Any, x: Any, index: Any) -> None:
    """Raise for a tensor of another dtype behind index arrays: PyTorch converts it only for
    slices.
    """
    parts = index if isinstance(index, tuple) else (index,)
    if value.array.dtype != x.array.dtype and any(isinstance(p, np.ndarray) for p in parts):
        raise DTypeError(
            f"assignment: the tensor is {x.dtype} and the value {value.dtype}; convert it with "
            ".to(...), since behind an index tensor both must agree"
        )


def _broadcast(value: Any, shape: tuple[int, ...]) -> Any:
    """The value without leading axes of length 1 that ``shape`` lacks, if it broadcasts to it."""
    extra = value.ndim - len(shape)
    if extra > 0 and all(n == 1 for n in value.shape[:extra]):
        value = value.reshape(*value.shape[extra:])
    sizes = zip(reversed(value.shape), reversed(shape), strict=False)
    if value.ndim > len(shape) or any(n not in (1, m) for n, m in sizes):
        raise SizeError(
            f"assignment: a value of shape {tuple(value.shape)} does not broadcast to the indexed "
            f"shape {shape}"
        )
    return value
