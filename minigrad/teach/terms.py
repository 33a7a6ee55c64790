"""The terms of a sum, read off the expression that a textbook kernel made.

The kernel writes ``y += x * w`` in a loop; what is stored in y is then ``((b + x0*w0) + x1*w1) +
...``, a chain of sums whose right sides are the products. Here the chain is taken apart again.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from minigrad.teach.recording import Book, Cell, Number, steps

__all__ = ["CellTrace", "Term", "taken_apart", "winners"]


class Term(NamedTuple):
    """One product on its way into an output cell.

    Attributes
    ----------
    step : int
        Which of the kernel's additions it was, from 1; 0 where nothing was added (a copy).
    input : Cell
        Where x was read, in the array `Trace.factors` names first.
    weight : Cell or None
        Where w was read, in the second array; None for a constant.
    x, w : float
        For a plain sum w is 1, for a mean or an interpolation the share of the pixel.
    product : float
    sum : float
        The cell after this addition (for the largest of a window: the largest so far).
    """

    step: int
    input: Cell
    weight: Cell | None
    x: float
    w: float
    product: float
    sum: float


class CellTrace(NamedTuple):
    """How one output cell was made.

    Attributes
    ----------
    value : float
    start : float
        What the sum began with: the bias, or 0.
    start_cell : (str, Cell) or None
        The cell of the bias.
    terms : tuple of Term
        Empty where the operation is no sum of products (batch norm): see ``steps``.
    divisor : float
        What the sum was divided by in the end (average pooling); 1 for none.
    number : Number
        The recorded expression.
    """

    value: float
    start: float
    start_cell: tuple[str, Cell] | None
    terms: tuple[Term, ...]
    divisor: float
    number: Number

    def steps(self) -> list[tuple[str, Any, Any, float]]:
        """The operations that made it, in order: (operation, left, right, value)."""
        return steps(self.number)


def winners(book: Book, made: dict[Cell, Number]) -> dict[Cell, CellTrace]:
    """Max pooling adds nothing: the terms are the window's pixels, in the order of their reading.

    A window begins where the kernel writes the index -1.
    """
    windows: dict[Cell, list[Term]] = {}
    terms: list[Term] = []
    for kind, name, cell, number in book.events:
        value = float(number.value)
        if (kind, name, value) == ("write", "index", -1.0):
            terms = windows[cell] = []
        elif (kind, name) == ("read", "x"):
            better = not terms or value > terms[-1].sum or math.isnan(value)
            terms.append(Term(0, cell, None, value, 1.0, value, value if better else terms[-1].sum))
    return {
        cell: CellTrace(float(number.value), -math.inf, None, tuple(windows[cell]), 1.0, number)
        for cell, number in made.items()
    }


class _Leaf(NamedTuple):
    """A cell, or the product of two, times a constant."""

    number: Number
    weight: Number | None
    factor: float


def taken_apart(number: Number, factors: tuple[str, str | None]) -> CellTrace:
    """Read a sum of products off the recorded expression."""
    value, divisor = float(number.value), 1.0
    inner: Any = number
    if number.operation == "/" and not isinstance(number.parts[1], Number):
        inner, right = number.parts
        divisor = float(right)
    spine = []
    while isinstance(inner, Number) and inner.operation in ("+", "-"):
        spine.append(inner)
        inner = inner.parts[0]
    start, start_cell, first = _beginning(inner, factors)
    parts: list[tuple[Any, list[_Leaf] | None, int]] = [(inner, first, 0)]
    for node in reversed(spine):
        sign = 1.0 if node.operation == "+" else -1.0
        parts.append((node, _leaves(node.parts[1], sign), node.step))
    terms: list[Term] = []
    for node, leaves, step in parts:
        if leaves is None:  # no sum of products
            return CellTrace(value, 0.0, None, (), 1.0, number)
        for place, leaf in enumerate(leaves):
            terms.append(_term(leaf, factors, step, terms[-1].sum if terms else start))
            if place == len(leaves) - 1 and isinstance(node, Number):
                terms[-1] = terms[-1]._replace(sum=float(node.value))  # the kernel's own rounding
                if len(leaves) == 1 and step:
                    added = float(node.parts[1].value)
                    signed = added if node.operation == "+" else -added
                    terms[-1] = terms[-1]._replace(product=signed)
    return CellTrace(value, start, start_cell, tuple(terms), divisor, number)


def _beginning(
    inner: Any, factors: tuple[str, str | None]
) -> tuple[float, tuple[str, Cell] | None, list[_Leaf] | None]:
    """What a sum begins with: a constant, the bias, or the first term."""
    if not isinstance(inner, Number):
        return float(inner), None, []
    if inner.operation == "constant":
        return float(inner.value), None, []
    if inner.source is not None and inner.source[0] != factors[0]:
        return float(inner.value), inner.source, []
    return 0.0, None, _leaves(inner, 1.0)


def _leaves(part: Any, factor: float) -> list[_Leaf] | None:
    """A linear expression as a list of its cells with their factors; None if it is not linear."""
    if not isinstance(part, Number) or part.operation == "constant":
        return None
    if part.operation == "cell":
        return [_Leaf(part, None, factor)]
    left, right = part.parts if len(part.parts) == 2 else (part.parts[0], None)
    if right is None:
        return None
    if part.operation in ("+", "-"):
        one, two = (
            _leaves(left, factor),
            _leaves(right, factor if part.operation == "+" else -factor),
        )
        return None if one is None or two is None else one + two
    if part.operation == "*":
        if isinstance(left, Number) and isinstance(right, Number):
            both = left.operation == right.operation == "cell"
            return [_Leaf(left, right, factor)] if both else None
        constant, inner = (right, left) if isinstance(left, Number) else (left, right)
        return _leaves(inner, factor * float(constant))
    if part.operation == "/" and not isinstance(right, Number):
        return _leaves(left, factor / float(right))
    return None


def _term(leaf: _Leaf, factors: tuple[str, str | None], step: int, before: float) -> Term:
    number, weight = leaf.number, leaf.weight
    w, place = leaf.factor, None
    if weight is not None:
        if _name(number) != factors[0]:
            number, weight = weight, number
        w, place = leaf.factor * float(weight.value), _cell(weight)
    x = float(number.value)
    return Term(step, _cell(number), place, x, w, x * w, before + x * w)


def _name(number: Number) -> str:
    assert number.source is not None
    return number.source[0]


def _cell(number: Number) -> Cell:
    assert number.source is not None
    return number.source[1]
