"""What an exercise and its key are made of: sentences, matrices, worked sums, lines of formulas.

Each block is written as Markdown here; `worksheet_latex` and `worksheet_html` write the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.teach.matrices import format_number
from minigrad.teach.terms import CellTrace
from minigrad.teach.views_blocks import Beside, Lines, Matrix, product_text, sum_text

__all__ = ["Facts", "Part", "Say", "Show", "Work", "planes_of", "to_markdown"]


@dataclass(frozen=True)
class Say:
    """A sentence or two."""

    text: str


@dataclass(frozen=True)
class Show:
    """Named matrices side by side."""

    matrices: Sequence[tuple[str, np.ndarray]]


@dataclass(frozen=True)
class Facts:
    """Formulas with numbers put in, a line each."""

    lines: Sequence[str]


@dataclass(frozen=True)
class Work:
    """How one cell comes about: its products, their sum, the running sum.

    Attributes
    ----------
    name : str
        Such as ``y[0,1]``.
    how : CellTrace
        What the textbook kernel did.
    largest : bool
        The cell is the largest of its terms, not their sum.
    """

    name: str
    how: CellTrace
    largest: bool = False
    steps: list[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", _steps(self.how, self.largest))


Part = Say | Show | Facts | Work


def _steps(how: CellTrace, largest: bool) -> list[str]:
    """What stands right of the equals signs, then the running sums where there are several."""
    value = format_number(how.value)
    terms = [term for term in how.terms if term.weight is not None or term.w != 0]
    if largest:
        return [f"max({', '.join(format_number(term.x) for term in terms)})", value]
    start = [] if how.start_cell is None else [how.start]
    if not terms:
        return [format_number(how.start)]
    plain = all(term.weight is None and term.w == 1 for term in terms)
    products = [*start, *(term.product for term in terms)]
    if how.divisor != 1:
        total = format_number(terms[-1].sum)
        divisor = format_number(how.divisor)
        added = sum_text([term.x for term in terms])
        return [f"({added})/{divisor}", f"{total}/{divisor}", value]
    if plain:
        return [sum_text(products), value] if len(products) > 1 else [value]
    factors = [*map(format_number, start), *(product_text(t.x, t.w) for t in terms)]
    if len(products) == 1:
        return [factors[0], value]
    if len(products) == 2:
        return [" + ".join(factors), sum_text(products), value]
    running = [*start, *(term.sum for term in terms)]
    sums = ", ".join(format_number(number) for number in running)
    return [" + ".join(factors), sum_text(products), value, f"running sum: {sums}"]


def planes_of(name: str, values: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """An array as matrices, each with as much of a name as tells it from the others.

    Examples
    --------
    >>> [title for title, _ in planes_of("x", np.zeros((1, 2, 3, 3)))]
    ['x[0]', 'x[1]']
    """
    if values.ndim < 3:
        return [(name, np.atleast_2d(values))]
    keep = [axis for axis in range(values.ndim - 2) if values.shape[axis] > 1]
    found = []
    for place in np.ndindex(*values.shape[:-2]):
        index = ",".join(str(place[axis]) for axis in keep)
        found.append((f"{name}[{index}]" if index else name, values[place]))
    return found


def to_markdown(parts: Sequence[Part]) -> list[str]:
    """Lines of Markdown; what has columns stands in a code block."""
    found: list[str] = []
    code: list[str] = []
    before: type | None = None
    long = False  # whether the sum before took several lines

    def close() -> None:
        while code and not code[-1]:
            code.pop()
        if code:
            found.extend(["```text", *code, "```", ""])
            code.clear()

    for part in parts:
        if isinstance(part, Say):
            close()
            found.extend([part.text, ""])
        elif isinstance(part, Show):
            matrices: list[Any] = [Matrix(values, name) for name, values in part.matrices]
            code.extend([*([""] if code else []), *Beside(matrices).lines()])
        else:
            lines = _text(part)
            apart = bool(code) and (len(lines) > 1 or before is not type(part) or long)
            code.extend([*([""] if apart else []), *lines])
            long = len(lines) > 1
        before = type(part)
    close()
    return found


def _text(part: Facts | Work) -> list[str]:
    if isinstance(part, Facts):
        return [line for fact in part.lines for line in Lines(fact).lines()]
    indent = " " * len(part.name)
    lines = [f"{part.name} = {part.steps[0]}"]
    for step in part.steps[1:]:
        joined = f"{lines[-1]} = {step}"
        if step.startswith("running"):
            lines.append(f"{indent}   {step}")
        elif len(joined) < 72:
            lines[-1] = joined
        else:
            lines.append(f"{indent} = {step}")
    return [line for text in lines for line in Lines(text).lines()]
