"""Checks that the functional operations share; each names the operation, the argument and the
remedy.
"""

from __future__ import annotations

from typing import Any

from minigrad.errors import DTypeError, SizeError
from minigrad.tensor import Tensor

__all__ = ["batched", "check_dtypes", "check_tensor", "check_tensors", "unbatched"]


def check_tensor(value: Any, name: str, operation: str) -> None:
    """Raise unless the argument is a Tensor."""
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{operation}: {name} must be a Tensor, got {type(value).__name__}; make one with "
            "minigrad.tensor(...)"
        )


def check_tensors(operation: str, **values: Any) -> None:
    """Raise unless all arguments given are Tensors."""
    for name, value in values.items():
        if value is not None:
            check_tensor(value, name, operation)


def check_dtypes(operation: str, **tensors: Tensor | None) -> None:
    """Raise unless all tensors given are floating and of one dtype (PyTorch's rule, too).

    Raises
    ------
    TypeError
        Naming the arguments and their dtypes.
    """
    first: tuple[str, Tensor] | None = None
    for name, value in tensors.items():
        if value is None:
            continue
        check_tensor(value, name, operation)
        if value.array.dtype.kind != "f":
            raise DTypeError(
                f"{operation}: {name} is {value.dtype}, and only floating tensors are taken; "
                "convert it with .float()"
            )
        if first is None:
            first = name, value
        elif value.array.dtype != first[1].array.dtype:
            raise DTypeError(
                f"{operation}: {first[0]} is {first[1].dtype} but {name} is {value.dtype}; "
                "convert one with .to(...)"
            )


def batched(x: Tensor, ndim: int, operation: str) -> Tensor:
    """``x`` with a batch axis, which a tensor of ``ndim - 1`` dimensions gets here.

    Raises
    ------
    ValueError
        For any other number of dimensions.
    """
    check_tensor(x, "input", operation)
    if x.ndim == ndim:
        return x
    if x.ndim == ndim - 1:
        return x.unsqueeze(0)
    raise SizeError(
        f"{operation}: input must have {ndim} dimensions, or {ndim - 1} without a batch, got "
        f"shape {tuple(x.shape)}"
    )


def unbatched(y: Tensor, x: Tensor) -> Tensor:
    """``y`` without the batch axis that `batched` gave to ``x``."""
    return y if y.ndim == x.ndim else y.squeeze(0)
