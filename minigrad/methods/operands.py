"""What the methods share: promoting operands to one dtype, and checking axes."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd import Differentiable
from minigrad.errors import SizeError

__all__ = [
    "axes_of",
    "axis_of",
    "cast",
    "check_broadcast",
    "check_fits",
    "floating",
    "integer_of",
    "is_scalar",
    "need_number",
    "need_tensors",
    "number",
    "operand",
    "promoted",
    "sizes_of",
]


def is_scalar(value: Any) -> bool:
    """Whether a value is a plain number, which never widens a tensor."""
    return isinstance(value, (bool, int, float, np.generic)) and not isinstance(value, complex)


def operand(value: Any, like: Differentiable, operation: str) -> Any:
    """A tensor for the other side of a binary operation on ``like``.

    A plain number becomes a 0-dimensional tensor: of ``like``'s dtype where that can hold its kind,
    else of the default floating dtype (or int64 beside booleans).
    """
    if isinstance(value, Differentiable):
        return value
    if is_scalar(value):
        kind = np.result_type(type(value)).kind
        own = like.array.dtype
        if kind == "f" and own.kind != "f":
            own = dtypes.get_default_dtype().dtype
        elif kind in "iu" and own.kind == "b":
            own = dtypes.int64.dtype
        return like.wrap(np.asarray(number(value, own)))
    if isinstance(value, np.ndarray):
        return like.wrap(value.astype(dtypes.numpy_dtype(value.dtype, operation), copy=False))
    raise TypeError(f"{operation}: expected a Tensor or a number, got {type(value).__name__}")


def number(value: Any, dtype: np.dtype) -> Any:
    """A plain number as a scalar of a dtype (integers wrap around, as in PyTorch).

    Raises
    ------
    ValueError
        For integers that no tensor can hold.
    """
    if dtype.kind == "f":
        return dtype.type(value)
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"the number {value} does not fit {dtypes.of(dtype)}")
    return array.astype(dtype)[()]


def check_fits(value: Any, dtype: np.dtype, operation: str) -> None:
    """Raise for a number that elements of an integer dtype cannot hold (fractions are cut off)."""
    if dtype.kind not in "iu":
        return
    limits = np.iinfo(dtype)
    if not math.isfinite(value) or not limits.min <= int(value) <= limits.max:
        raise SizeError(f"{operation}: the number {value} does not fit {dtypes.of(dtype)}")


def cast(x: Any, dtype: np.dtype) -> Any:
    """The tensor in another dtype (itself, if it has that dtype already)."""
    return x if x.array.dtype == dtype else x.to(dtypes.of(dtype))


def promoted(x: Any, y: Any, operation: str) -> tuple[Any, Any]:
    """Both operands as tensors of the dtype in which they are combined, after a check that they
    broadcast.
    """
    if not isinstance(x, Differentiable):
        x = operand(x, y, operation)
    y = operand(y, x, operation)
    if x.array.shape != y.array.shape:
        check_broadcast(x.array.shape, y.array.shape, operation)
    dtype = dtypes.result_dtype(x.array, y.array)
    return cast(x, dtype), cast(y, dtype)


def check_broadcast(a: tuple[int, ...], b: tuple[int, ...], operation: str) -> None:
    """Raise unless the shapes broadcast."""
    for m, n in zip(reversed(a), reversed(b), strict=False):
        if m != n and m != 1 and n != 1:
            raise SizeError(
                f"{operation}: shapes {tuple(a)} and {tuple(b)} do not broadcast: sizes {m} and "
                f"{n} differ and neither is 1"
            )


def floating(x: Any) -> Any:
    """The tensor itself if it is floating, else converted to the default floating dtype."""
    return x if x.array.dtype.kind == "f" else x.to(dtypes.get_default_dtype())


def need_tensors(operation: str, **values: Any) -> None:
    """Raise unless all arguments are tensors."""
    for name, value in values.items():
        if not isinstance(value, Differentiable):
            raise TypeError(f"{operation}: {name} must be a Tensor, got {type(value).__name__}")


def need_number(operation: str, **values: Any) -> None:
    """Raise unless all arguments are plain numbers, or None."""
    for name, value in values.items():
        if value is not None and not is_scalar(value):
            raise TypeError(f"{operation}: {name} (={value!r}) must be a number")


def integer_of(value: Any, name: str, operation: str) -> int:
    """An argument as a Python integer."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{operation}: {name} (={value!r}) must be an integer") from None


def axis_of(dim: Any, ndim: int, operation: str) -> int:
    """A non-negative axis for ``dim``; a 0-dimensional tensor takes 0 and -1, as in PyTorch."""
    axis = integer_of(dim, "dim", operation)
    extent = max(ndim, 1)
    if not -extent <= axis < extent:
        raise IndexError(
            f"{operation}: dim (={axis}) is out of range for a tensor of {ndim} dimensions; "
            f"expected {-extent} to {extent - 1}"
        )
    return axis % extent


def axes_of(dim: Any, ndim: int, operation: str) -> tuple[int, ...]:
    """Non-negative axes for ``dim``: an integer, a sequence, or None (or an empty sequence) for
    all.
    """
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return tuple(range(ndim))
    dims = dim if isinstance(dim, (tuple, list)) else (dim,)
    axes = tuple(axis_of(d, ndim, operation) for d in dims)
    if len(set(axes)) != len(axes):
        raise SizeError(f"{operation}: dim (={dim}) names an axis twice")
    return axes if ndim else ()


def sizes_of(sizes: tuple[Any, ...], operation: str) -> tuple[int, ...]:
    """Sizes given one by one or as one sequence, as a tuple of integers."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    try:
        return tuple(operator.index(s) for s in sizes)
    except TypeError:
        raise TypeError(f"{operation}: sizes (={sizes}) must be integers") from None
