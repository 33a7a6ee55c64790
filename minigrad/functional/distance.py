"""Distances and similarities of vectors."""

from __future__ import annotations

import numpy as np

from minigrad.errors import DTypeError
from minigrad.functional.checks import check_tensor
from minigrad.methods.operands import axis_of, promoted
from minigrad.tensor import Tensor

__all__ = ["cosine_similarity", "pairwise_distance"]


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors, ``x1 . x2 / (max(|x1|, eps) * max(|x2|, eps))``.

    Parameters
    ----------
    x1, x2 : Tensor
        Vectors along axis ``dim``; the shapes broadcast.
    dim : int
        The axis of the vectors, which the result has not.
    eps : float
        The smallest length to divide by.

    Raises
    ------
    ValueError
        For shapes that do not broadcast.
    TypeError
        If neither is floating.
    """
    check_tensor(x1, "x1", "cosine_similarity")
    check_tensor(x2, "x2", "cosine_similarity")
    a, b = promoted(x1, x2, "cosine_similarity")
    if not a.is_floating_point():
        raise DTypeError(f"cosine_similarity: x1 and x2 must be floating, got {a.dtype}")
    shape = np.broadcast_shapes(a.shape, b.shape)
    a, b = a.expand(*shape), b.expand(*shape)
    axis = axis_of(dim, a.ndim, "cosine_similarity")
    if a.ndim == 0:
        a, b = a.reshape(1), b.reshape(1)
    return (a / _length(a, axis, eps) * (b / _length(b, axis, eps))).sum(axis)


def _length(x: Tensor, axis: int, eps: float) -> Tensor:
    """Lengths of at least eps; the gradient is that of the length itself, as in PyTorch."""
    length = x.norm(2, axis, keepdim=True)
    return length + length.wrap(np.maximum(eps - length.array, 0).astype(x.array.dtype))


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The p-norm of ``x1 - x2 + eps`` along the last axis, (..., D) to (...).

    ``eps`` keeps the gradient finite where both are equal.  The shapes broadcast.

    Raises
    ------
    ValueError
        For shapes that do not broadcast, or a p that is not positive.
    """
    check_tensor(x1, "x1", "pairwise_distance")
    check_tensor(x2, "x2", "pairwise_distance")
    return (x1 - x2 + eps).norm(p, -1, keepdim)
