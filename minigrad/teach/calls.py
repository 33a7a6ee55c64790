"""How an operation calls its textbook kernel: which arrays, in which shapes, under which names.

A `Call` can be run twice: on recording arrays through the textbook's Python function (`trace`),
and on ndarrays through the engine (`run`), which is what the tests compare. A builder of a `Call`
stands in `calls_conv`, `calls_pool` or `calls_norm`, and takes PyTorch's arguments.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.teach.recording import Cell

__all__ = ["Array", "Call", "as_kernel", "as_picture", "as_vector", "whole", "written"]


@dataclasses.dataclass(frozen=True)
class Array:
    """An array of a call: given (x, w, b) or written (y).

    Attributes
    ----------
    name : str
    values : ndarray
        In the shape that the user knows; zeros for an array that is written.
    is_output : bool
    kept : bool
        Whether an element that is read comes with its history (`RecordedArray`).
    origin : Cell
        The index of the first element in the whole array, where `values` is a part of it: negative
        for a picture with its padding, positive for a window cut out.
    view : tuple of int, optional
        The shape that the kernel wants, where it is another.
    order : tuple of int, optional
        The order of the axes before the view is taken.
    """

    name: str
    values: np.ndarray
    is_output: bool = False
    kept: bool = False
    origin: Cell = ()
    view: tuple[int, ...] | None = None
    order: tuple[int, ...] | None = None

    def for_kernel(self) -> np.ndarray:
        """A contiguous copy in the kernel's shape."""
        values = self.values if self.order is None else self.values.transpose(self.order)
        return np.array(values, order="C").reshape(self.view or values.shape)

    def cells(self) -> list[Cell]:
        """The user's index of each element, in the kernel's order."""
        places = np.arange(self.values.size).reshape(self.values.shape)
        if self.order is not None:
            places = places.transpose(self.order)
        index = np.unravel_index(places.ravel(), self.values.shape)
        origin = self.origin or (0,) * self.values.ndim
        columns = [(i + o).tolist() for i, o in zip(index, origin, strict=True)]
        return list(zip(*columns, strict=True))

    def back(self, values: np.ndarray) -> np.ndarray:
        """Values in the kernel's shape, in the user's."""
        if self.order is None:
            return values.reshape(self.values.shape)
        shape = [self.values.shape[axis] for axis in self.order]
        return values.reshape(shape).transpose(np.argsort(self.order))


def whole(name: str, values: np.ndarray, **options: Any) -> Array:
    """An array that is given."""
    return Array(name, values, **options)


def written(name: str, shape: tuple[int, ...], dtype: Any, kept: bool = True, **how: Any) -> Array:
    """An array that the kernel writes."""
    return Array(name, np.zeros(shape, dtype), is_output=True, kept=kept, **how)


@dataclasses.dataclass(frozen=True)
class Call:
    """One call of a textbook kernel.

    Attributes
    ----------
    operation : str
        "conv2d", "conv2d_weight_grad", ...
    kernel : str
        The kernel's name in ``kernels.loops``, and in the engine.
    arguments : tuple
        In the kernel's order: `Array` s, and settings as they are.
    output : str
        The name of the array that is the result.
    factors : (str, str or None)
        The names of the arrays whose products are added up: input and weight.
    settings : dict
        The user's settings, for a heading.
    equation : str
    wide : Call, optional
        The same with nothing left out: on the padded picture, into the uncropped output.
    """

    operation: str
    kernel: str
    arguments: tuple[Any, ...]
    output: str
    factors: tuple[str, str | None]
    settings: Mapping[str, Any]
    equation: str
    wide: Call | None = None

    def arrays(self) -> dict[str, Array]:
        """The arrays by name."""
        return {a.name: a for a in self.arguments if isinstance(a, Array)}

    def run(self) -> dict[str, np.ndarray]:
        """What the engine's kernel (of the backend in use) writes, by name."""
        given = [a.for_kernel() if isinstance(a, Array) else a for a in self.arguments]
        getattr(kernels, self.kernel)(*given)
        return {
            a.name: a.back(values)
            for a, values in zip(self.arguments, given, strict=True)
            if isinstance(a, Array) and a.is_output
        }


def as_picture(x: Any, name: str = "input") -> np.ndarray:
    """A matrix, (C, H, W) or (N, C, H, W) as a float array (N, C, H, W)."""
    return _with_axes(x, name, (2, 3, 4), 4)


def as_kernel(w: Any, name: str = "weight") -> np.ndarray:
    """A matrix, one filter (C, KH, KW) or (O, C, KH, KW) as a float array with four axes."""
    return _with_axes(w, name, (2, 3, 4), 4)


def as_vector(b: Any, size: int, dtype: Any, name: str = "bias") -> np.ndarray:
    """A vector of one number a channel; a single number counts for all."""
    values = np.asarray(b, dtype=dtype).reshape(-1)
    if values.size not in (1, size):
        raise ValueError(f"{name} must have one number or {size}, but has {values.size}")
    return np.broadcast_to(values, (size,)).copy()


def _with_axes(x: Any, name: str, allowed: tuple[int, ...], wanted: int) -> np.ndarray:
    values = np.asarray(x)
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float64)
    if values.ndim not in allowed:
        axes = " or ".join(map(str, allowed))
        raise ValueError(f"{name} must have {axes} axes, but its shape is {values.shape}")
    return values.reshape((1,) * (wanted - values.ndim) + values.shape)
