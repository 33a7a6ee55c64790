"""Making tensors: constants, ranges, random numbers, arrays from elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.errors import DTypeError
from minigrad.methods.operands import sizes_of
from minigrad.random import Generator, default_generator
from minigrad.tensor import Tensor, from_array, tensor

__all__ = [
    "arange",
    "as_tensor",
    "bernoulli",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "full_like",
    "get_rng_state",
    "linspace",
    "logspace",
    "normal",
    "ones",
    "ones_like",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "set_rng_state",
    "zeros",
    "zeros_like",
]


def _made(array: np.ndarray, requires_grad: bool, device: Any = None) -> Tensor:
    if device is not None:
        dtypes.device(device)
    result = Tensor.wrap(array)
    return result.requires_grad_() if requires_grad else result


def _kind(dtype: Any, operation: str) -> np.dtype:
    return dtypes.numpy_dtype(dtypes.get_default_dtype() if dtype is None else dtype, operation)


def _floating(dtype: Any, operation: str) -> np.dtype:
    kind = _kind(dtype, operation)
    if kind.kind != "f":
        raise DTypeError(f"{operation}: dtype (={dtype}) must be floating; see randint")
    return kind


def _sizes(sizes: tuple[Any, ...], operation: str) -> tuple[int, ...]:
    shape = sizes_of(sizes, operation)
    if any(n < 0 for n in shape):
        raise ValueError(f"{operation}: sizes {shape} must not be negative")
    return shape


def _constant(name: str, value: int) -> Any:
    def make(
        *size: Any,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        out: None = None,
    ) -> Tensor:
        array = np.full(_sizes(size, name), value, _kind(dtype, name))
        return _made(array, requires_grad, device)

    def make_like(
        input: Tensor,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        **ignored: Any,
    ) -> Tensor:
        array = np.full(input.array.shape, value, _kind(dtype or input.dtype, name + "_like"))
        return _made(array, requires_grad, device)

    make.__name__, make_like.__name__ = name, name + "_like"
    make.__doc__ = f"A tensor of {name} of the given sizes (one by one, or as a sequence)."
    make_like.__doc__ = f"A tensor of {name} in the shape and dtype of another."
    return make, make_like


zeros, zeros_like = _constant("zeros", 0)
ones, ones_like = _constant("ones", 1)


def empty(
    *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **ignored: Any
) -> Tensor:
    """A tensor of the given sizes whose values are whatever the memory held."""
    return _made(np.empty(_sizes(size, "empty"), _kind(dtype, "empty")), requires_grad, device)


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
    return _made(
        np.full(_sizes((size,), "full"), value, _kind(kind, "full")), requires_grad, device
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
    start: float,
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
    first, last = (0, start) if end is None else (start, end)
    if step == 0 or (last - first) * step < 0:
        raise ValueError(f"arange: step (={step}) does not lead from {first} to {last}")
    integers = all(isinstance(v, (int, np.integer)) for v in (first, last, step))
    kind = dtypes.int64 if integers and dtype is None else dtype
    count = int(np.ceil((last - first) / step))
    values = first + step * np.arange(count)
    return _made(values.astype(_kind(kind, "arange")), requires_grad, device)


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
    return _made(
        np.linspace(start, end, steps).astype(_kind(dtype, "linspace")), requires_grad, device
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
    return _made(
        np.logspace(start, end, steps, base=base).astype(_kind(dtype, "logspace")), requires_grad
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
    return _made(
        np.eye(*_sizes((n, n if m is None else m), "eye"), dtype=_kind(dtype, "eye")),
        requires_grad,
        device,
    )


# -- random --------------------------------------------------------------------------------------


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers drawn evenly from [0, 1)."""
    kind = _floating(dtype, "rand")
    numbers = (generator or default_generator).numpy.random(_sizes(size, "rand"), kind)
    return _made(np.asarray(numbers), requires_grad, device)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers drawn from the standard normal distribution."""
    kind = _floating(dtype, "randn")
    numbers = (generator or default_generator).numpy.standard_normal(_sizes(size, "randn"), kind)
    return _made(np.asarray(numbers), requires_grad, device)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Integers drawn evenly from ``low, ..., high - 1``: ``randint(high, size)`` or ``randint(low,
    high, size)``.
    """
    if size is None:
        low, high, size = 0, low, high
    if high <= low:
        raise ValueError(f"randint: low (={low}) must be less than high (={high})")
    numbers = (generator or default_generator).numpy.integers(low, high, _sizes((size,), "randint"))
    return _made(
        np.asarray(numbers).astype(_kind(dtype or dtypes.int64, "randint")), requires_grad, device
    )


def randperm(
    n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None
) -> Tensor:
    """The integers 0 ... n - 1 in random order."""
    if n < 0:
        raise ValueError(f"randperm: n (={n}) must not be negative")
    order = (generator or default_generator).numpy.permutation(n)
    return _made(order.astype(_kind(dtype or dtypes.int64, "randperm")), False, device)


def rand_like(input: Tensor, **options: Any) -> Tensor:
    """`rand` in the shape and dtype of another tensor."""
    return rand(input.shape, **{"dtype": input.dtype, **options})


def randn_like(input: Tensor, **options: Any) -> Tensor:
    """`randn` in the shape and dtype of another tensor."""
    return randn(input.shape, **{"dtype": input.dtype, **options})


def randint_like(input: Tensor, low: int, high: int | None = None, **options: Any) -> Tensor:
    """`randint` in the shape and dtype of another tensor."""
    bounds = (0, low) if high is None else (low, high)
    return randint(*bounds, input.shape, **{"dtype": input.dtype, **options})


def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None
) -> Tensor:
    """Normally distributed numbers of the given mean and standard deviation (numbers or
    tensors).
    """
    shape = size if size is not None else np.broadcast_shapes(np.shape(mean), np.shape(std))
    return randn(shape, generator=generator) * std + mean


def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability given by each element, else 0."""
    return empty_like(input.detach()).bernoulli_(input.detach(), generator=generator)


def get_rng_state() -> Tensor:
    """The state of the default generator, as bytes."""
    return Tensor.wrap(default_generator.get_state())


def set_rng_state(new_state: Tensor) -> None:
    """Go on from a state that `get_rng_state` gave."""
    default_generator.set_state(new_state.array)


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


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """``data`` as a tensor, without a copy where possible."""
    if isinstance(data, np.ndarray):
        data = from_array(data)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return tensor(data, dtype=dtype, device=device)


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor over the memory of any array that speaks DLPack."""
    return from_array(np.from_dlpack(ext_tensor))
