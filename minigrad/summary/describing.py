"""`describing`: inside, networks are built and run without their numbers.

An array of a description has its shape and dtype and a single number, 0, that every index leads to
(strides of 0), so a weight of 11 billion numbers takes no more room than a bias.  Operations check
their arguments as always, by the same code, and then only the array of the result is made.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.autograd import Function
from minigrad.recording import set_stand_in
from minigrad.summary.shapes import outcome

__all__ = ["Description", "describing", "is_described"]


def is_described(array: np.ndarray) -> bool:
    """Whether an array is one number that stands for many (or for one)."""
    return array.base is not None and array.size >= 1 and not any(array.strides)


class Description:
    """What runs operations inside `describing`.

    Attributes
    ----------
    live, peak : int
        Memory that the arrays made here would take now, and took at most [bytes].
    """

    def __init__(self) -> None:
        self.live = self.peak = 0
        self._cells: dict[int, weakref.ref] = {}

    def array(self, shape: tuple[int, ...], kind: Any) -> np.ndarray:
        """A new array of one zero; it counts as long as it, or a view of it, lives."""
        kind = np.dtype(kind)
        cell = np.zeros(1, kind)
        key, size = id(cell), math.prod(shape) * kind.itemsize

        def forget(_: Any) -> None:
            self.live -= size
            del self._cells[key]

        self._cells[key] = weakref.ref(cell, forget)
        self.live += size
        self.peak = max(self.peak, self.live)
        return np.ndarray(shape, kind, cell, 0, (0,) * len(shape))

    def run(self, function: Function, arguments: list[Any]) -> Any:
        """The results of an operation; one that takes no described array is computed."""
        arrays = (a for a in arguments if isinstance(a, np.ndarray))
        if not any(map(is_described, arrays)):
            with np.errstate(all="ignore"):
                return function.forward(*arguments)
        return outcome(function, arguments, self.array)


@contextmanager
def describing(description: Description | None = None) -> Iterator[Description]:
    """Inside (in this thread), tensors have shapes and dtypes, and all their numbers are 0.

    Networks can be built in no time whatever their size, and called on `minigrad.zeros` of any
    shape, which tells their output's shape or raises the error that a true run would.  Data given
    as numbers (``tensor([[1, 2]])``) stay as they are, and what is computed of such alone is true.
    The default generator does not move, but for dropout in training mode.

    Yields
    ------
    Description
        It counts the memory that the tensors would take.

    Examples
    --------
    >>> from minigrad.summary import describing
    >>> with describing():
    ...     layer = nn.Linear(10**6, 10**5)
    ...     layer.weight.numel(), tuple(layer(minigrad.zeros(2, 10**6)).shape)
    (100000000000, (2, 100000))
    """
    description = description or Description()
    with set_stand_in(description):
        yield description
