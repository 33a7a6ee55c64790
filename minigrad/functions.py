"""Functions of several tensors: joining, choosing, grids, sums of products."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.errors import SizeError
from minigrad.methods.operands import (
    axis_of,
    cast,
    check_broadcast,
    need_tensors,
    operand,
    sizes_of,
)
from minigrad.primitives.layout import Cat
from minigrad.random import default_generator
from minigrad.tensor import Size, Tensor, tensor

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "broadcast_shapes",
    "broadcast_tensors",
    "can_cast",
    "cartesian_prod",
    "cat",
    "cdist",
    "column_stack",
    "concat",
    "concatenate",
    "dist",
    "dstack",
    "hstack",
    "is_complex",
    "is_floating_point",
    "is_nonzero",
    "is_tensor",
    "isin",
    "meshgrid",
    "multinomial",
    "numel",
    "promote_types",
    "result_type",
    "row_stack",
    "stack",
    "vstack",
    "where",
]


def is_tensor(obj: Any) -> bool:
    """Whether an object is a Tensor."""
    return isinstance(obj, Tensor)


def numel(input: Tensor) -> int:
    """The number of elements."""
    return input.numel()


def is_floating_point(input: Tensor) -> bool:
    """Whether the elements are floating-point numbers."""
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """False: there are no complex tensors here."""
    return False


def is_nonzero(input: Tensor) -> bool:
    """Whether the one element is not zero."""
    return bool(input)


def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """The dtype in which two tensors, or a tensor and a number, are combined."""
    x, y = (tensor1, tensor2) if isinstance(tensor1, Tensor) else (tensor2, tensor1)
    if not isinstance(x, Tensor):
        x = tensor(x)
    y = operand(y, x, "result_type")
    return dtypes.of(dtypes.result_dtype(x.array, y.array))


def promote_types(type1: Any, type2: Any) -> dtypes.dtype:
    """The smallest dtype that both can be converted to."""
    x, y = (np.empty(1, dtypes.numpy_dtype(t, "promote_types")) for t in (type1, type2))
    return dtypes.of(dtypes.result_dtype(x, y))


def can_cast(from_: Any, to: Any) -> bool:
    """Whether PyTorch's rules let one dtype be converted to another in place."""
    rank = {"b": 0, "u": 1, "i": 1, "f": 2}
    a, b = (dtypes.numpy_dtype(t, "can_cast") for t in (from_, to))
    return rank[a.kind] <= rank[b.kind] and not (a.kind == "i" and b.kind == "u")


def cat(
    tensors: Sequence[Tensor], dim: int = 0, *, out: None = None, axis: int | None = None
) -> Tensor:
    """Tensors one after the other along an axis; sizes must agree along the others.

    Raises
    ------
    ValueError
        For no tensors, or shapes that do not fit.
    """
    xs = _listed(tensors, "cat")
    # PyTorch lets an empty vector stand for "nothing yet".
    full = [x for x in xs if x.shape != (0,)] or xs[:1]
    at = axis_of(dim if axis is None else axis, full[0].ndim, "cat")
    for i, x in enumerate(full):
        _check_joins(full[0], x, i, at)
    kind = xs[0].array
    for x in xs[1:]:
        kind = np.empty((1,), dtypes.result_dtype(kind, x.array))
    return Cat.apply(at, *(cast(x, kind.dtype) for x in full))


def _listed(tensors: Any, operation: str) -> list[Tensor]:
    if isinstance(tensors, Tensor) or not hasattr(tensors, "__iter__"):
        raise TypeError(f"{operation}: tensors must be a sequence of Tensors")
    xs = list(tensors)
    if not xs:
        raise SizeError(f"{operation}: tensors is empty; expected at least one Tensor")
    for i, x in enumerate(xs):
        if not isinstance(x, Tensor):
            raise TypeError(f"{operation}: tensors[{i}] must be a Tensor, got {type(x).__name__}")
    return xs


def _check_joins(first: Tensor, x: Tensor, i: int, axis: int) -> None:
    if x.ndim == 0:
        raise SizeError("cat: tensors of 0 dimensions cannot be joined; use stack")
    others = [j for j in range(max(first.ndim, x.ndim)) if j != axis]
    if first.ndim != x.ndim or any(first.shape[j] != x.shape[j] for j in others):
        raise SizeError(
            f"cat: tensors[{i}] of shape {tuple(x.shape)} does not fit tensors[0] of shape "
            f"{tuple(first.shape)}: all sizes but that of axis {axis} must agree"
        )


concat = concatenate = cat


def stack(
    tensors: Sequence[Tensor], dim: int = 0, *, out: None = None, axis: int | None = None
) -> Tensor:
    """Tensors of one shape side by side along a new axis."""
    xs = _listed(tensors, "stack")
    for i, x in enumerate(xs):
        if x.shape != xs[0].shape:
            raise SizeError(
                f"stack: tensors[{i}] has shape {tuple(x.shape)}, tensors[0] has "
                f"{tuple(xs[0].shape)}; they must agree"
            )
    at = axis_of(dim if axis is None else axis, xs[0].ndim + 1, "stack")
    return cat([x.unsqueeze(at) for x in xs], at)


def _each(function: Any) -> Any:
    """A function of one tensor that takes several, or a sequence, as well."""

    @functools.wraps(function)
    def of_all(*tensors: Any) -> Any:
        if len(tensors) == 1 and isinstance(tensors[0], Tensor):
            return function(tensors[0])
        listed = tensors if len(tensors) != 1 else tensors[0]
        return tuple(function(x) for x in _listed(listed, function.__name__))

    return of_all


@_each
def atleast_1d(x: Tensor) -> Tensor:
    """The tensor, with an axis if it has none."""
    return x.reshape(1) if x.ndim == 0 else x


@_each
def atleast_2d(x: Tensor) -> Tensor:
    """The tensor, with leading axes until it has two."""
    return x if x.ndim >= 2 else x.reshape(1, -1)


@_each
def atleast_3d(x: Tensor) -> Tensor:
    """The tensor with three axes at least; a vector stands in the middle, a matrix in front."""
    if x.ndim >= 3:
        return x
    return x.unsqueeze(-1) if x.ndim == 2 else x.reshape(1, -1, 1)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side along the second axis (vectors: the first)."""
    xs = [atleast_1d(x) for x in _listed(tensors, "hstack")]
    return cat(xs, 0 if xs[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors below each other along the first axis (vectors as rows)."""
    return cat([atleast_2d(x) for x in _listed(tensors, "vstack")], 0)


row_stack = vstack


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors behind each other along the third axis."""
    return cat([atleast_3d(x) for x in _listed(tensors, "dstack")], 2)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side, vectors as columns."""
    xs = _listed(tensors, "column_stack")
    return hstack([x if x.ndim >= 2 else x.reshape(-1, 1) for x in xs])


def block_diag(*tensors: Tensor) -> Tensor:
    """A matrix with the matrices along its diagonal, zeros elsewhere."""
    xs = [atleast_2d(x) for x in _listed(tensors, "block_diag")]
    if any(x.ndim > 2 for x in xs):
        raise SizeError("block_diag: needs tensors of at most 2 dimensions")
    width = sum(x.shape[1] for x in xs)
    rows, before = [], 0
    for x in xs:
        n, m = x.shape
        left = Tensor.wrap(np.zeros((n, before), x.array.dtype))
        right = Tensor.wrap(np.zeros((n, width - before - m), x.array.dtype))
        rows.append(cat([left, x, right], 1))
        before += m
    return cat(rows, 0)


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """``input`` where the condition holds, else ``other``; with a condition only, its non-zero
    indices.
    """
    if not isinstance(condition, Tensor):
        raise TypeError(f"where: condition must be a Tensor, got {type(condition).__name__}")
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if condition.dtype == dtypes.uint8:
        condition = condition.bool()
    if not isinstance(input, Tensor):
        if isinstance(other, Tensor):
            return operand(input, other, "where").where(condition, other)
        input = tensor(input)
    return input.where(condition, other)


def isin(elements: Any, test_elements: Any, *, invert: bool = False) -> Tensor:
    """True where an element is among others."""
    mine, others = (getattr(x, "array", x) for x in (elements, test_elements))
    return Tensor.wrap(np.asarray(np.isin(mine, others, invert=invert)))


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Any = None
) -> Tensor:
    """Draw indices, with chances in the proportions of the weights along the last axis."""
    weights = input.array
    if weights.dtype.kind != "f" or weights.ndim not in (1, 2) or not (weights >= 0).all():
        raise SizeError("multinomial: input must be 1 or 2 axes of non-negative floating weights")
    rows = np.atleast_2d(weights).astype(np.float64)
    possible = (rows > 0).sum(1).min(initial=rows.shape[1])
    if num_samples < 1 or possible == 0 or (not replacement and num_samples > possible):
        raise SizeError(f"multinomial: cannot draw num_samples (={num_samples}) of {possible}")
    numbers = (generator or default_generator).numpy
    drawn = [numbers.choice(len(p), num_samples, replace=replacement, p=p / p.sum()) for p in rows]
    return Tensor.wrap(np.array(drawn, np.int64).reshape(*weights.shape[:-1], num_samples))


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of the difference."""
    need_tensors("dist", input=input, other=other)
    return (input - other).norm(p)


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = None) -> Tensor:
    """The p-norm distances between all rows of one tensor and all rows of another."""
    need_tensors("cdist", x1=x1, x2=x2)
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise SizeError(
            f"cdist: expected (..., P, M) and (..., R, M), got {tuple(x1.shape)} and "
            f"{tuple(x2.shape)}"
        )
    return (x1.unsqueeze(-2) - x2.unsqueeze(-3)).norm(p, -1)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that shapes broadcast to."""
    found: tuple[int, ...] = ()
    for shape in shapes:
        given = sizes_of((shape,), "broadcast")
        check_broadcast(found, given, "broadcast_shapes")
        found = np.broadcast_shapes(found, given)
    return Size(found)


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Tensors expanded to the shape they broadcast to."""
    xs = _listed(tensors, "broadcast_tensors")
    shape = broadcast_shapes(*(x.shape for x in xs))
    return tuple(x.expand(*shape) for x in xs)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations of the elements of vectors, one row each."""
    if any(x.ndim != 1 for x in _listed(tensors, "cartesian_prod")):
        raise SizeError("cartesian_prod: needs vectors")
    if len(tensors) == 1:
        return tensors[0]
    return stack([g.reshape(-1) for g in meshgrid(*tensors)], 1)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Grids of coordinates from vectors; the first runs along the rows ("ij") or along the columns
    ("xy").
    """
    one = len(tensors) == 1 and isinstance(tensors[0], (tuple, list))
    xs = _listed(tensors[0] if one else tensors, "meshgrid")
    if any(x.ndim > 1 for x in xs):
        raise SizeError("meshgrid: needs vectors or numbers")
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid: indexing (={indexing!r}) must be 'ij' or 'xy'")
    swap = indexing == "xy" and len(xs) > 1
    if swap:
        xs[0], xs[1] = xs[1], xs[0]
    shape = [x.numel() for x in xs]
    grids = [
        x.reshape(*(x.numel() if i == j else 1 for j in range(len(xs)))).expand(*shape)
        for i, x in enumerate(xs)
    ]
    if swap:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)
