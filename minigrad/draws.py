"""Tensors of random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.creation import checked_sizes, empty_like, kind_of, made
from minigrad.errors import DTypeError
from minigrad.random import Generator, default_generator
from minigrad.tensor import Tensor

__all__ = [
    "bernoulli",
    "get_rng_state",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "set_rng_state",
]


def _floating(dtype: Any, operation: str) -> np.dtype:
    kind = kind_of(dtype, operation)
    if kind.kind != "f":
        raise DTypeError(f"{operation}: dtype (={dtype}) must be floating; see randint")
    return kind


def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **ignored: Any,
) -> Tensor:
    """Numbers drawn evenly from [0, 1)."""
    kind = _floating(dtype, "rand")
    shape = checked_sizes(sizes if size is None else (size,), "rand")
    numbers = (generator or default_generator).numpy.random(shape, kind)
    return made(np.asarray(numbers), requires_grad, device)


def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **ignored: Any,
) -> Tensor:
    """Numbers drawn from the standard normal distribution."""
    kind = _floating(dtype, "randn")
    shape = checked_sizes(sizes if size is None else (size,), "randn")
    numbers = (generator or default_generator).numpy.standard_normal(shape, kind)
    return made(np.asarray(numbers), requires_grad, device)


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
    numbers = (generator or default_generator).numpy.integers(
        low, high, checked_sizes((size,), "randint")
    )
    return made(
        np.asarray(numbers).astype(kind_of(dtype or dtypes.int64, "randint")), requires_grad, device
    )


def randperm(
    n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None
) -> Tensor:
    """The integers 0 ... n - 1 in random order."""
    if n < 0:
        raise ValueError(f"randperm: n (={n}) must not be negative")
    order = (generator or default_generator).numpy.permutation(n)
    return made(order.astype(kind_of(dtype or dtypes.int64, "randperm")), False, device)


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
    if (np.asarray(std) < 0).any():
        raise ValueError(f"normal: std (={std}) must not be negative")
    shape = size if size is not None else np.broadcast_shapes(np.shape(mean), np.shape(std))
    return randn(shape, generator=generator) * std + mean


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None
) -> Tensor:
    """1 with the probability given by each element (or by ``p`` for all), else 0."""
    chance = input.detach() if p is None else p
    return empty_like(input.detach()).bernoulli_(chance, generator=generator)


def get_rng_state() -> Tensor:
    """The state of the default generator, as bytes."""
    return Tensor.wrap(default_generator.get_state())


def set_rng_state(new_state: Tensor) -> None:
    """Go on from a state that `get_rng_state` gave."""
    default_generator.set_state(new_state.array)
