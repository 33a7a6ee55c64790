"""Making tensors: constants, ranges, random numbers, arrays from elsewhere."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.methods.operands import sizes_of
from minigrad.recording import stand_in
from minigrad.tensor import Tensor, from_array, tensor

__all__ = [
    "arange",
    "as_tensor",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "scalar_tensor",
    "tril_indices",
    "triu_indices",
    "zeros",
    "zeros_like",
]


def made(array: np.ndarray, requires_grad: bool, device: Any = None) -> Tensor:
    """A tensor over a fresh array."""
    if device is not None:
        dtypes.device(device)
    result = Tensor.wrap(array)
    return result.requires_grad_() if requires_grad else result


def filled(shape: tuple[int, ...], kind: np.dtype, value: Any = None) -> np.ndarray:
    """A fresh array of one number, or of whatever the memory held."""
    if (instead := stand_in()) is not None:
        return instead.array(shape, kind)
    return np.empty(shape, kind) if value is None else np.full(shape, value, kind)


def kind_of(dtype: Any, operation: str) -> np.dtype:
    """NumPy's type for a dtype; the default one for None."""
    return dtypes.numpy_dtype(dtypes.get_default_dtype() if dtype is None else dtype, operation)


def checked_sizes(sizes: tuple[Any, ...], operation: str) -> tuple[int, ...]:
    """Sizes, given one by one or as a sequence, none negative."""
    shape = sizes_of(sizes, operation)
    if any(n < 0 for n in shape):
        raise ValueError(f"{operation}: sizes {shape} must not be negative")
    return shape


def _constant(name: str, value: int) -> Any:
    def make(
        *sizes: Any,
        size: Any = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        out: None = None,
        layout: Any = None,
        pin_memory: bool = False,
    ) -> Tensor:
        shape = checked_sizes(sizes if size is None else (size,), name)
        array = filled(shape, kind_of(dtype, name), value)
        return made(array, requires_grad, device)

    def make_like(
        input: Tensor,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        **ignored: Any,
    ) -> Tensor:
        array = filled(input.array.shape, kind_of(dtype or input.dtype, name + "_like"), value)
        return made(array, requires_grad, device)

    make.__name__, make_like.__name__ = name, name + "_like"
    make.__doc__ = f"A tensor of {name} of the given sizes (one by one, or as a sequence)."
    make_like.__doc__ = f"A tensor of {name} in the shape and dtype of another."
    return make, make_like


zeros, zeros_like = _constant("zeros", 0)
ones, ones_like = _constant("ones", 1)


def empty(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **ignored: Any,
) -> Tensor:
    """A tensor of the given sizes whose values are whatever the memory held."""
    shape = checked_sizes(sizes if size is None else (size,), "empty")
    return made(filled(shape, kind_of(dtype, "empty")), requires_grad, device)


def empty_like(
    input: Tensor,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **ignored: Any,
) -> Tensor:
    """An uninitialised tensor in the shape and dtype of another."""
    return empty(
        input.shape, dtype=dtype or input.dtype, device=device, requires_grad=requires_grad
    )


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of one repeated number; its dtype follows the number unless given."""
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    kind = dtype if dtype is not None else tensor(value).dtype
    return made(
        filled(checked_sizes((size,), "full"), kind_of(kind, "full"), value), requires_grad, device
    )


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of one repeated number in the shape and dtype of another."""
    return full(
        input.shape,
        fill_value,
        dtype=dtype or input.dtype,
        device=device,
        requires_grad=requires_grad,
    )


def arange(
    start: float = 0,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``start, start + step, ...`` below ``end``; one argument counts from 0.  Integers give int64.

    Raises
    ------
    ValueError
        If step is 0 or leads away from ``end``.
    """
    ends = (0, start) if end is None else (start, end)
    first, last, step = (v.item() if isinstance(v, Tensor) else v for v in (*ends, step))
    if not math.isfinite(first + last + step):
        raise ValueError(f"arange: start, end and step (={first}, {last}, {step}) must be finite")
    if step == 0 or (last - first) * step < 0:
        raise ValueError(f"arange: step (={step}) does not lead from {first} to {last}")
    integers = all(isinstance(v, (int, np.integer)) for v in (first, last, step))
    kind = dtypes.int64 if integers and dtype is None else dtype
    count = int(np.ceil((last - first) / step))
    values = first + step * np.arange(count)
    return made(values.astype(kind_of(kind, "arange")), requires_grad, device)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``steps`` evenly spaced numbers from ``start`` to ``end``, both included."""
    if steps < 0:
        raise ValueError(f"linspace: steps (={steps}) must not be negative")
    return made(
        np.linspace(start, end, steps).astype(kind_of(dtype, "linspace")), requires_grad, device
    )


def logspace(
    start: float,
    end: float,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``base`` to the powers of a `linspace`."""
    return made(
        np.logspace(start, end, steps, base=base).astype(kind_of(dtype, "logspace")), requires_grad
    )


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The n x m matrix with ones on its diagonal."""
    return made(
        np.eye(*checked_sizes((n, n if m is None else m), "eye"), dtype=kind_of(dtype, "eye")),
        requires_grad,
        device,
    )


# -- from elsewhere ------------------------------------------------------------------------------


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor over the memory of an array: changes to either show in both.

    A byte-swapped array is copied, since kernels compute in the machine's byte order.

    Raises
    ------
    TypeError
        For dtypes that minigrad does not compute with.
    """
    return from_array(ndarray)


def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64) -> Tensor:
    """The row and column numbers of a matrix's part on and below a diagonal."""
    return Tensor.wrap(np.array(np.tril_indices(row, offset, col), kind_of(dtype, "tril_indices")))


def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64) -> Tensor:
    """The row and column numbers of a matrix's part on and above a diagonal."""
    return Tensor.wrap(np.array(np.triu_indices(row, offset, col), kind_of(dtype, "triu_indices")))


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """``data`` as a tensor, without a copy where possible."""
    if isinstance(data, np.ndarray):
        data = from_array(data)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return tensor(data, dtype=dtype, device=device)


def scalar_tensor(s: float, *, dtype: Any = None, device: Any = None) -> Tensor:
    """A 0-dimensional tensor of the default dtype."""
    return tensor(s, dtype=dtype or dtypes.get_default_dtype(), device=device)


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Anything that holds numbers as a tensor, without a copy where possible (or with, as told)."""
    made_of = tensor(obj, dtype=dtype) if copy else as_tensor(obj, dtype, device)
    return made_of.requires_grad_() if requires_grad else made_of


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor over the memory of any array that speaks DLPack."""
    return from_array(np.from_dlpack(ext_tensor))
