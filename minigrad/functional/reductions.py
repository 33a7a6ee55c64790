"""What losses share: how they are reduced, and the check of the target's shape."""

from __future__ import annotations

from typing import Any
from warnings import warn

import numpy as np

from minigrad.errors import DTypeError
from minigrad.functional.checks import check_tensor
from minigrad.methods.operands import check_broadcast, promoted
from minigrad.tensor import Tensor

__all__ = ["compared", "reduced", "reduction_of"]


def reduction_of(
    reduction: Any, size_average: bool | None, reduce: bool | None, operation: str
) -> str:
    """The reduction to use: "none", "mean" or "sum", also as PyTorch's first versions said it.

    Raises
    ------
    ValueError
        For any other reduction.
    """
    if size_average is not None or reduce is not None:
        average = size_average is None or size_average
        old = "none" if reduce is False else "mean" if average else "sum"
        warn(
            f"{operation}: size_average and reduce are deprecated; pass reduction={old!r}",
            UserWarning,
            stacklevel=3,
        )
        return old
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{operation}: reduction (={reduction!r}) must be 'none', 'mean' or 'sum'")
    return reduction


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """The losses themselves, their mean (NaN over nothing) or their sum."""
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def compared(input: Tensor, target: Tensor, operation: str) -> tuple[Tensor, Tensor]:
    """Input and target in the dtype in which they are compared.

    Warns
    -----
    UserWarning
        If the shapes differ, so that one is broadcast: (N,) beside (N, 1) gives N x N differences.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.
    TypeError
        If neither is floating.
    """
    check_tensor(input, "input", operation)
    check_tensor(target, "target", operation)
    if input.shape != target.shape:
        warn(
            f"{operation}: target has shape {tuple(target.shape)}, input {tuple(input.shape)}; "
            "they "
            "are broadcast, which is rarely meant: give both the same shape",
            UserWarning,
            stacklevel=3,
        )
        check_broadcast(input.shape, target.shape, operation)
        shape = np.broadcast_shapes(input.shape, target.shape)
        input, target = input.expand(*shape), target.expand(*shape)
    x, t = promoted(input, target, operation)
    if not x.is_floating_point():
        raise DTypeError(
            f"{operation}: input is {input.dtype} and target {target.dtype}; one must be floating: "
            "convert it with .float()"
        )
    return x, t
