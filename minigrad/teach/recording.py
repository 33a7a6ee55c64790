"""Numbers and arrays that remember where they came from.

A textbook kernel is plain Python underneath. Given a `RecordedArray` instead of an ndarray, its
own function runs unchanged: ``y[n, o, oh, ow] += x[n, c, ih, iw] * w[o, c, kh, kw]`` then
multiplies two `Number` s, each of which knows its array and its cell, and the sum that is stored in
y knows the product. Nothing is implemented a second time: what is shown is what the loops did.

Values are NumPy scalars of the array's dtype; a plain Python number counts as float64, as it does
in the compiled kernel. So the recorded result has the kernel's own rounding.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

__all__ = ["Book", "Cell", "Number", "RecordedArray", "python_function", "steps"]

Cell = tuple[int, ...]


class Book:
    """What is counted while a kernel runs.

    Attributes
    ----------
    multiplications, additions, divisions, comparisons : int
        Operations that had a recorded number on at least one side. A subtraction counts as an
        addition.
    events : list of (str, str, Cell, Number)
        Every "read" of an array that is only read and every "write", with the array's name, in the
        kernel's order.
    """

    def __init__(self) -> None:
        self.multiplications = self.additions = self.divisions = self.comparisons = 0
        self.events: list[tuple[str, str, Cell, Number]] = []


class Number:
    """A value, and how it was made.

    Attributes
    ----------
    value : numpy scalar
    operation : str
        "cell" (read from an array), "constant", or what made it: "+", "-", "*", "/", "**", "sqrt",
        ...
    parts : tuple
        The operands: Numbers and plain numbers.
    source : (str, Cell) or None
        Of a "cell": the name of its array, and where in it.
    step : int
        Of a sum: the how-manieth addition it was, from 1.
    """

    __hash__ = None  # type: ignore[assignment]
    __slots__ = ("book", "operation", "parts", "source", "step", "value")

    def __init__(
        self,
        book: Book,
        value: Any,
        operation: str = "constant",
        parts: tuple = (),
        source: tuple[str, Cell] | None = None,
        step: int = 0,
    ) -> None:
        self.book, self.value, self.operation = book, value, operation
        self.parts, self.source, self.step = parts, source, step

    def __repr__(self) -> str:
        return f"Number({self.value}, {self.operation!r})"

    def __float__(self) -> float:
        return float(self.value)

    def __index__(self) -> int:
        return int(self.value)

    def _sum(self, left: Any, right: Any, operation: str) -> Number:
        self.book.additions += 1
        a, b = _value(left), _value(right)
        value = a + b if operation == "+" else a - b
        return Number(self.book, value, operation, (left, right), step=self.book.additions)

    def __add__(self, other: Any) -> Number:
        return self._sum(self, other, "+")

    def __radd__(self, other: Any) -> Number:
        return self._sum(other, self, "+")

    def __sub__(self, other: Any) -> Number:
        return self._sum(self, other, "-")

    def __rsub__(self, other: Any) -> Number:
        return self._sum(other, self, "-")

    def _product(self, left: Any, right: Any) -> Number:
        self.book.multiplications += 1
        return Number(self.book, _value(left) * _value(right), "*", (left, right))

    def __mul__(self, other: Any) -> Number:
        return self._product(self, other)

    def __rmul__(self, other: Any) -> Number:
        return self._product(other, self)

    def _quotient(self, left: Any, right: Any) -> Number:
        self.book.divisions += 1
        return Number(self.book, _value(left) / _value(right), "/", (left, right))

    def __truediv__(self, other: Any) -> Number:
        return self._quotient(self, other)

    def __rtruediv__(self, other: Any) -> Number:
        return self._quotient(other, self)

    def __pow__(self, power: int) -> Number:
        self.book.multiplications += power - 1
        return Number(self.book, self.value**power, "**", (self, power))

    def __neg__(self) -> Number:
        return Number(self.book, -self.value, "-", (0, self))

    def _compared(self) -> None:
        self.book.comparisons += 1

    def __lt__(self, other: Any) -> bool:
        self._compared()
        return bool(self.value < _value(other))

    def __le__(self, other: Any) -> bool:
        self._compared()
        return bool(self.value <= _value(other))

    def __gt__(self, other: Any) -> bool:
        self._compared()
        return bool(self.value > _value(other))

    def __ge__(self, other: Any) -> bool:
        self._compared()
        return bool(self.value >= _value(other))

    def __eq__(self, other: object) -> bool:
        self._compared()
        return bool(self.value == _value(other))

    def __ne__(self, other: object) -> bool:
        self._compared()
        return bool(self.value != _value(other))


def _value(number: Any) -> Any:
    """The value of a Number; a plain number as float64, which is what Numba computes with."""
    if isinstance(number, Number):
        return number.value
    return np.float64(number) if isinstance(number, int | float) else number


class RecordedArray:
    """An array for a textbook kernel, whose elements are `Number` s.

    Parameters
    ----------
    book : Book
    name : str
        What its cells are called by: "x", "w", ...
    values : ndarray
        In the kernel's shape.
    kept : bool
        True: an element that is read comes with its history, as it must where the kernel adds to
        it (y). False: it is a leaf, named by its cell (x, w; and mean, once it is known).
    cells : sequence of Cell, optional
        The name of each element, in C order. By default its index.
    store : list, optional
        Share the elements of another array; see `reshape`.
    """

    def __init__(
        self,
        book: Book,
        name: str,
        values: np.ndarray,
        kept: bool = False,
        cells: Sequence[Cell] | None = None,
        store: list[Number] | None = None,
    ) -> None:
        self.book, self.name, self.kept = book, name, kept
        self.shape, self.dtype, self.size = values.shape, values.dtype, values.size
        self.cells = list(np.ndindex(values.shape)) if cells is None else cells
        self._strides = tuple(math.prod(values.shape[i + 1 :]) for i in range(values.ndim))
        self._store = [Number(book, value) for value in values.ravel()] if store is None else store

    def _place(self, index: Any) -> int:
        index = index if isinstance(index, tuple) else (index,)
        return sum(int(i) * s for i, s in zip(index, self._strides, strict=True))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Number:
        place = self._place(index)
        number = self._store[place]
        if self.kept:
            return number
        leaf = Number(self.book, number.value, "cell", (), (self.name, self.cells[place]))
        self.book.events.append(("read", self.name, self.cells[place], leaf))
        return leaf

    def __setitem__(self, index: Any, number: Any) -> None:
        value = self.dtype.type(_value(number))
        stored = Number(self.book, value)
        if isinstance(number, Number):
            made = (number.operation, number.parts, number.source, number.step)
            stored = Number(self.book, value, *made)
        place = self._place(index)
        self._store[place] = stored
        self.book.events.append(("write", self.name, self.cells[place], stored))

    def reshape(self, *shape: int) -> RecordedArray:
        """The same elements in another shape."""
        shaped = np.empty(shape, self.dtype)
        return RecordedArray(self.book, self.name, shaped, self.kept, self.cells, self._store)

    def numbers(self) -> Iterator[tuple[Cell, Number]]:
        """Every cell with what is stored there, in C order."""
        return zip(self.cells, self._store, strict=True)

    def values(self) -> np.ndarray:
        """The values, in the kernel's shape."""
        flat = np.array([number.value for number in self._store], self.dtype)
        return flat.reshape(self.shape)


class _RecordingMath:
    """Module math for kernels whose numbers are recorded: ``math.sqrt(var[c] + eps)``."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = getattr(math, name)

        def recorded(number: Any) -> Any:
            if not isinstance(number, Number):
                return function(number)
            value = getattr(np, name)(number.value)
            return Number(number.book, value, name, (number,))

        return recorded


@functools.cache
def python_function(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A textbook kernel's own Python function, with the Python functions of the kernels it calls.

    The code is the kernel's; only the names it looks up are exchanged: a compiled kernel for its
    Python function, module math for one that understands a `Number`.

    Parameters
    ----------
    kernel : callable
        What ``jit`` made of the function, or the function itself.

    Examples
    --------
    >>> from minigrad.kernels import loops
    >>> python_function(loops.conv2d).__name__
    '_conv2d'
    """
    function = getattr(kernel, "py_func", kernel)
    names = dict(function.__globals__)
    for name in function.__code__.co_names:
        found = names.get(name)
        if found is math:
            names[name] = _RecordingMath()
        elif isinstance(found, FunctionType) or hasattr(found, "py_func"):
            names[name] = python_function(found)
        elif isinstance(found, ModuleType) and found is not np:
            raise TypeError(f"{function.__name__} uses module {name}, which is not recorded")
    return FunctionType(function.__code__, names, function.__name__, function.__defaults__)


def steps(number: Number) -> list[tuple[str, Any, Any, Any]]:
    """The operations that made a number, in order: (operation, left, right, value).

    An operand is a cell's name such as ``x[0, 1]``, or a value. The walk ends at cells.

    Examples
    --------
    >>> book = Book()
    >>> x = RecordedArray(book, "x", np.array([3.0, 4.0]))
    >>> steps((x[0] - 1) * x[1])
    [('-', 'x[0]', 1, 2.0), ('*', 2.0, 'x[1]', 8.0)]
    """
    found: list[tuple[str, Any, Any, Any]] = []
    pending: list[tuple[Number, bool]] = [(number, False)]
    while pending:
        node, opened = pending.pop()
        if node.operation in ("cell", "constant"):
            continue
        if not opened:
            pending.append((node, True))
            inner = [part for part in node.parts if isinstance(part, Number)]
            pending.extend((part, False) for part in reversed(inner))
            continue
        shown = [_shown(part) for part in node.parts]
        left, right = shown if len(shown) == 2 else (shown[0], None)
        found.append((node.operation, left, right, float(node.value)))
    return found


def _shown(part: Any) -> Any:
    if isinstance(part, Number) and part.source is not None:
        name, cell = part.source
        return f"{name}[{', '.join(map(str, cell))}]"
    return float(part.value) if isinstance(part, Number) else part
