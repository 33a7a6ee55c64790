"""What normalisation checks before it runs: its input's shape, its parameters."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from minigrad.errors import RangeError, SizeError
from minigrad.functional.checks import check_tensor
from minigrad.tensor import Tensor

__all__ = ["affine", "channels", "check_number", "check_parameters", "planes"]


def channels(x: Tensor, operation: str) -> tuple[int, int, int]:
    """(N, C, L) of any shape that begins with a batch and channels."""
    check_tensor(x, "input", operation)
    if x.ndim < 2:
        raise SizeError(
            f"{operation}: input must have at least 2 dimensions (batch, channels), got shape "
            f"{tuple(x.shape)}"
        )
    N, C, *rest = x.array.shape
    return N, C, prod(rest)


def planes(x: np.ndarray) -> np.ndarray:
    """Return x as the kernels take it: contiguous, (N, C, L)."""
    return np.ascontiguousarray(x).reshape(*x.shape[:2], prod(x.shape[2:]))


def affine(x: Tensor, C: int, weight: Tensor | None, bias: Tensor | None) -> tuple[Tensor, Tensor]:
    """The parameters, 1 and 0 where there are none."""
    weight = x.wrap(np.ones(C, x.array.dtype)) if weight is None else weight
    return weight, x.wrap(np.zeros(C, x.array.dtype)) if bias is None else bias


def check_number(
    value: Any, name: str, operation: str, least: float = -np.inf, inclusive: bool = True
) -> None:
    """Raise unless a setting is a number, and at least (or more than) ``least``."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{operation}: {name} must be a number, got {value!r}")
    if value < least or (value == least and not inclusive):
        bound = "at least" if inclusive else "more than"
        raise RangeError(f"{operation}: {name} (={value}) must be {bound} {least}")


def check_parameters(
    C: int, operation: str, mean: Any, var: Any, weight: Any, bias: Any, need_statistics: bool
) -> None:
    """Raise unless every parameter given is of shape (C,), and the statistics needed are given."""
    if (mean is None) != (var is None):
        raise SizeError(
            f"{operation}: running_mean and running_var go together; pass both, or neither"
        )
    if need_statistics and mean is None:
        raise SizeError(
            f"{operation}: running_mean and running_var are needed to normalise by them; pass "
            "both, or set "
            "training=True (use_input_stats=True) for the statistics of the input"
        )
    named = ("running_mean", mean), ("running_var", var), ("weight", weight), ("bias", bias)
    for name, value in named:
        if value is not None and value.array.shape != (C,):
            raise SizeError(
                f"{operation}: {name} must have one value for each of the {C} channels, got shape "
                f"{tuple(value.shape)}"
            )
