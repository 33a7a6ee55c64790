"""What pooling checks before it runs: its input, windows, cells and indices."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.errors import DTypeError, RangeError, SizeError
from minigrad.functional.checks import batched, check_dtypes, check_tensor
from minigrad.kernels.geometry import pair, pool2d_geometry
from minigrad.kernels.sizes import check_memory, image_shape
from minigrad.tensor import Tensor

__all__ = ["adaptive_shape", "divisor", "unpool_shape", "window"]


def window(
    input: Tensor,
    operation: str,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
) -> tuple[Tensor, Any, tuple[int, ...]]:
    """The input with a batch axis, the geometry of its windows, and the shape of the output."""
    check_dtypes(operation, input=input)
    x = batched(input, 4, operation)
    stride = None if stride is None or stride in ((), []) else stride
    geometry, shape = pool2d_geometry(
        x.shape, kernel_size, stride, padding, dilation, ceil_mode, operation
    )
    return x, geometry, shape


def adaptive_shape(
    input: Tensor, output_size: Any, operation: str
) -> tuple[Tensor, tuple[int, ...]]:
    """The input with a batch axis, and the output's shape; None in ``output_size`` keeps a size."""
    check_dtypes(operation, input=input)
    x = batched(input, 4, operation)
    N, C, H, W = image_shape(x.shape, "input", operation)
    sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    if output_size is None:
        raise TypeError(
            f"{operation}: output_size must be an integer or a pair, whose None keeps a size; "
            "got None alone, use (None, None)"
        )
    if len(sizes) != 2:
        raise SizeError(
            f"{operation}: output_size must be an integer or a pair, got {len(sizes)} values: "
            f"{output_size!r}"
        )
    kept = tuple(own if n is None else n for n, own in zip(sizes, (H, W), strict=True))
    shape = (N, C, *pair(kept, "output_size", operation))
    check_memory(shape, operation)
    return x, shape


def divisor(value: Any, operation: str) -> int:
    """``divisor_override`` as the kernels take it: 0 for none."""
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{operation}: divisor_override must be an integer, got {value!r}")
    if value == 0:
        raise RangeError(f"{operation}: divisor_override must not be 0; use None for the mean")
    return int(value)


def unpool_shape(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> tuple[int, ...]:
    """The shape of an unpooled picture, after a check that every index lies in it."""
    check_tensor(indices, "indices", "max_unpool2d")
    if indices.array.dtype != np.int64:
        raise DTypeError(f"max_unpool2d: indices must be int64, got {indices.dtype}")
    if indices.shape != input.shape:
        raise SizeError(
            f"max_unpool2d: indices has shape {tuple(indices.shape)}, input {tuple(input.shape)}; "
            "they must be equal"
        )
    N, C, H, W = image_shape(batched(input, 4, "max_unpool2d").shape, "input", "max_unpool2d")
    kernels = pair(kernel_size, "kernel_size", "max_unpool2d", 1)
    strides = kernels if stride is None else pair(stride, "stride", "max_unpool2d", 1)
    paddings = pair(padding, "padding", "max_unpool2d")
    sizes = tuple(
        (n - 1) * S - 2 * P + K
        for n, K, S, P in zip((H, W), kernels, strides, paddings, strict=True)
    )
    OH, OW = sizes if output_size is None else _chosen(output_size, sizes, strides)
    check_memory((N, C, OH, OW), "max_unpool2d")
    index = indices.array
    if index.size and (index.min() < 0 or index.max() >= OH * OW):
        bad = index.min() if index.min() < 0 else index.max()
        raise RangeError(
            f"max_unpool2d: index {bad} lies outside an output of {OH} x {OW} = {OH * OW} pixels; "
            "give the output_size that was pooled"
        )
    return N, C, OH, OW


def _chosen(output_size: Any, sizes: tuple[int, ...], strides: tuple[int, int]) -> tuple[int, ...]:
    """The size asked for, if pooling it could have given the input."""
    chosen = tuple(output_size)
    chosen = chosen[2:] if len(chosen) == 4 else chosen
    if len(chosen) != 2:
        raise SizeError(
            "max_unpool2d: output_size must be (height, width) or a whole shape, got "
            f"{tuple(output_size)}"
        )
    for n, default, S in zip(chosen, sizes, strides, strict=True):
        if not default - S < n < default + S:
            raise SizeError(
                f"max_unpool2d: output_size {chosen} cannot be the pooled size: expected more than "
                f"{tuple(d - s for d, s in zip(sizes, strides, strict=True))} and less than "
                f"{tuple(d + s for d, s in zip(sizes, strides, strict=True))}"
            )
    return chosen
