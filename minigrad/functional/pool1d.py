"""Pooling of rows: that of pictures one pixel high."""

from __future__ import annotations

from typing import Any

from minigrad.errors import SizeError
from minigrad.functional import adaptive_pool, pool
from minigrad.functional.checks import batched
from minigrad.tensor import Tensor

__all__ = ["adaptive_avg_pool1d", "adaptive_max_pool1d", "avg_pool1d", "max_pool1d"]


def _wide(value: Any, across: int, name: str, operation: str) -> Any:
    """A setting of rows as one of pictures: ``across`` along the height."""
    values = value if isinstance(value, (tuple, list)) else (value,)
    if len(values) != 1:
        raise SizeError(f"{operation}: {name} must be one integer, got {value!r}")
    return None if values[0] is None else (across, values[0])


def _flat(input: Tensor, operation: str) -> Tensor:
    batched(input, 3, operation)
    return input.unsqueeze(-2)


def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Take the largest value of each window of a row (N, C, L) or (C, L); see `max_pool2d`."""
    found = pool.max_pool2d(
        _flat(input, "max_pool1d"),
        _wide(kernel_size, 1, "kernel_size", "max_pool1d"),
        _wide(stride, 1, "stride", "max_pool1d"),
        _wide(padding, 0, "padding", "max_pool1d"),
        _wide(dilation, 1, "dilation", "max_pool1d"),
        ceil_mode,
        return_indices,
    )
    return tuple(t.squeeze(-2) for t in found) if return_indices else found.squeeze(-2)


def avg_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Take the mean of each window of a row (N, C, L) or (C, L); see `avg_pool2d`."""
    y = pool.avg_pool2d(
        _flat(input, "avg_pool1d"),
        _wide(kernel_size, 1, "kernel_size", "avg_pool1d"),
        _wide(stride, 1, "stride", "avg_pool1d"),
        _wide(padding, 0, "padding", "avg_pool1d"),
        ceil_mode,
        count_include_pad,
    )
    return y.squeeze(-2)


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """Take the means of ``output_size`` cells of a row; input (N, C, L) or (C, L)."""
    size = _wide(output_size, 1, "output_size", "adaptive_avg_pool1d")
    return adaptive_pool.adaptive_avg_pool2d(_flat(input, "adaptive_avg_pool1d"), size).squeeze(-2)


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """Take the largest values of ``output_size`` cells of a row, with their places if asked for."""
    size = _wide(output_size, 1, "output_size", "adaptive_max_pool1d")
    y, index = adaptive_pool.adaptive_max_pool2d_with_indices(
        _flat(input, "adaptive_max_pool1d"), size
    )
    return (y.squeeze(-2), index.squeeze(-2)) if return_indices else y.squeeze(-2)
