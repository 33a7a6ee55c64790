"""Functions of several tensors: joining, choosing, grids, sums of products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.errors import SizeError
from minigrad.methods.operands import axis_of, cast
from minigrad.primitives.layout import Cat
from minigrad.tensor import Tensor, tensor

__all__ = [
    "atleast_1d",
    "baddbmm",
    "broadcast_tensors",
    "cat",
    "concat",
    "concatenate",
    "dstack",
    "einsum",
    "hstack",
    "is_tensor",
    "meshgrid",
    "numel",
    "outer",
    "result_type",
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


def result_type(tensor1: Tensor, tensor2: Tensor) -> dtypes.dtype:
    """The dtype in which two tensors are combined."""
    return dtypes.of(dtypes.result_dtype(tensor1.array, tensor2.array))


def cat(tensors: Sequence[Tensor], dim: int = 0, *, out: None = None) -> Tensor:
    """Tensors one after the other along an axis; sizes must agree along the others.

    Raises
    ------
    ValueError
        For no tensors, or shapes that do not fit.
    """
    xs = list(tensors)
    if not xs:
        raise SizeError("cat: tensors is empty; expected at least one Tensor")
    for i, x in enumerate(xs):
        if not isinstance(x, Tensor):
            raise TypeError(f"cat: tensors[{i}] must be a Tensor, got {type(x).__name__}")
    # PyTorch lets an empty vector stand for "nothing yet".
    xs = [x for x in xs if x.shape != (0,)] or xs[:1]
    axis = axis_of(dim, xs[0].ndim, "cat")
    for i, x in enumerate(xs):
        _check_joins(xs[0], x, i, axis)
    kind = xs[0].array.dtype
    for x in xs[1:]:
        kind = dtypes.result_dtype(np.empty((1,), kind), np.empty((1,), x.array.dtype))
    return Cat.apply(axis, *(cast(x, kind) for x in xs))


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


def stack(tensors: Sequence[Tensor], dim: int = 0, *, out: None = None) -> Tensor:
    """Tensors of one shape side by side along a new axis."""
    xs = list(tensors)
    if not xs:
        raise SizeError("stack: tensors is empty; expected at least one Tensor")
    for i, x in enumerate(xs):
        if x.shape != xs[0].shape:
            raise SizeError(
                f"stack: tensors[{i}] has shape {tuple(x.shape)}, tensors[0] has "
                f"{tuple(xs[0].shape)}; they must agree"
            )
    axis = axis_of(dim, xs[0].ndim + 1, "stack")
    return cat([x.unsqueeze(axis) for x in xs], axis)


def atleast_1d(input: Tensor) -> Tensor:
    """The tensor, with an axis if it has none."""
    return input.reshape(1) if input.ndim == 0 else input


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side along the second axis (vectors: the first)."""
    xs = [atleast_1d(x) for x in tensors]
    return cat(xs, 0 if xs[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors below each other along the first axis (vectors as rows)."""
    return cat([x.reshape(1, -1) if x.ndim <= 1 else x for x in tensors], 0)


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors behind each other along the third axis."""
    return cat(
        [
            x.reshape(*x.shape, *(1,) * (3 - x.ndim)) if x.ndim >= 2 else x.reshape(1, -1, 1)
            for x in tensors
        ],
        2,
    )


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """``input`` where the condition holds, else ``other``; with a condition only, its non-zero
    indices.
    """
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if not isinstance(input, Tensor):
        like = other if isinstance(other, Tensor) else tensor(other)
        input = tensor(input, dtype=like.dtype) if like.is_floating_point() else tensor(input)
    return input.where(condition, other)


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Tensors expanded to the shape they broadcast to."""
    shape = np.broadcast_shapes(*(x.shape for x in tensors))
    return tuple(x.expand(*shape) for x in tensors)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Grids of coordinates from vectors; the first runs along the rows ("ij") or along the columns
    ("xy").
    """
    xs = (
        list(tensors[0])
        if len(tensors) == 1 and isinstance(tensors[0], (tuple, list))
        else list(tensors)
    )
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
        grids = [g.transpose(0, 1) for g in grids]
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of an element of one vector and an element of another."""
    if input.ndim != 1 or vec2.ndim != 1:
        raise SizeError(
            f"outer: expected two vectors, got shapes {tuple(input.shape)} and {tuple(vec2.shape)}"
        )
    return input.unsqueeze(1) * vec2.unsqueeze(0)


def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """``beta * input + alpha * (batch1 @ batch2)``, for batches of matrices."""
    return input * beta + batch1.bmm(batch2) * alpha


def einsum(equation: str, *operands: Any) -> Tensor:
    """Sums of products in Einstein's notation, for one or two tensors at a time, without repeated
    letters in one.

    >>> import minigrad
    >>> minigrad.einsum("ij,jk->ik", minigrad.ones(2, 3), minigrad.ones(3, 4)).shape
    minigrad.Size([2, 4])
    """
    xs = (
        list(operands[0])
        if len(operands) == 1 and isinstance(operands[0], (tuple, list))
        else list(operands)
    )
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if "." in equation or len(terms) != len(xs) or any(len(set(t)) != len(t) for t in terms):
        raise ValueError(
            f"einsum: equation (={equation!r}) must name each axis of {len(xs)} tensors by one "
            "letter"
        )
    for term, x in zip(terms, xs, strict=True):
        if len(term) != x.ndim:
            raise SizeError(
                f"einsum: term {term!r} names {len(term)} axes, its tensor has shape "
                f"{tuple(x.shape)}"
            )
    letters = "".join(terms)
    if not arrow:
        output = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    order = output + "".join(sorted(set(letters) - set(output)))
    product: Any = None
    for term, x in zip(terms, xs, strict=True):
        aligned = x.permute(*(term.index(c) for c in order if c in term))
        aligned = aligned.reshape(*(x.shape[term.index(c)] if c in term else 1 for c in order))
        product = aligned if product is None else product * aligned
    summed = tuple(range(len(output), len(order)))
    return product.sum(summed) if summed else product
