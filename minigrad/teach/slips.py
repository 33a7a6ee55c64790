"""Slips in a few cells: one product dropped, a sign, two cells exchanged, a digit.

A slip is found from the difference between a wrong cell and the right one. Each is a function from
the right trace (or None), the right values, the given ones and the wrong cells to sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from minigrad.teach.matrices import format_number
from minigrad.teach.recording import Cell
from minigrad.teach.terms import Term
from minigrad.teach.trace import Trace
from minigrad.teach.views_blocks import product_text
from minigrad.teach.views_tools import cell_name

__all__ = ["SLIPS", "Slip", "digit_slip", "slips_of"]


class Slip(NamedTuple):
    """A sentence about a few cells, with how simple it is."""

    name: str
    says: str
    weight: int


class Wrong(NamedTuple):
    """A wrong cell: its name, what it should be, what was given, the right products."""

    name: str
    right: float
    given: float
    terms: Sequence[Term]
    trace: Trace | None
    divisor: float = 1.0

    @property
    def far(self) -> float:
        """How much too large the sum is, before it is divided."""
        return (self.given - self.right) * self.divisor

    @property
    def adds(self) -> bool:
        """Whether the cell is a sum of its terms, and not their largest."""
        return self.trace is not None and self.trace.operation != "max_pool2d"


Look = Callable[[Wrong], Iterator[Slip]]


def slips_of(
    trace: Trace | None, name: str, right: np.ndarray, given: np.ndarray, most: int = 2
) -> list[list[Slip]]:
    """For each wrong cell what may have happened; empty where too many are wrong.

    Parameters
    ----------
    trace : Trace or None
        How the right values came about.
    name : str
        Of the result, for the sentences.
    right, given : ndarray of the same shape
    most : int
        Wrong cells that are looked at.
    """
    cells = [tuple(map(int, cell)) for cell in np.argwhere(~_equal(right, given))]
    if not cells or len(cells) > most:
        return []
    if len(cells) == 2 and (exchanged := _exchanged(name, right, given, cells)):
        return [[exchanged]]
    found = []
    for cell in cells:
        how = trace.cells.get(cell) if trace is not None else None
        terms, divisor = (how.terms, how.divisor) if how is not None else ((), 1.0)
        called = cell_name(name, cell, right.shape)
        wrong = Wrong(called, float(right[cell]), float(given[cell]), terms, trace, divisor)
        slips = [slip for look in SLIPS for slip in look(wrong)]
        rest = [Slip("wrong_sum", _off(wrong), 6)]
        found.append(sorted(slips, key=lambda slip: slip.weight) or rest)
    return found


def _equal(right: np.ndarray, given: np.ndarray) -> np.ndarray:
    return np.isclose(right, given, rtol=1e-9, atol=1e-9, equal_nan=True)


def _off(wrong: Wrong) -> str:
    far = format_number(abs(wrong.given - wrong.right))
    size = "large" if wrong.far > 0 else "small"
    return f"{wrong.name} is {far} too {size}: a slip in adding up."


def _exchanged(
    name: str, right: np.ndarray, given: np.ndarray, cells: Sequence[Cell]
) -> Slip | None:
    one, two = cells
    if given[one] != right[two] or given[two] != right[one]:
        return None
    names = [cell_name(name, cell, right.shape) for cell in cells]
    return Slip("exchanged_cells", f"{names[0]} and {names[1]} were exchanged.", 1)


def sign_slip(wrong: Wrong) -> Iterator[Slip]:
    """The sign of the cell is the other one."""
    if wrong.given == -wrong.right:
        yield Slip("sign_slip", f"{wrong.name} has the wrong sign.", 1)


def digit_slip(wrong: Wrong) -> Iterator[Slip]:
    """One digit was typed wrong, left out, typed twice, or exchanged with its neighbour."""
    right, given = format_number(abs(wrong.right)), format_number(abs(wrong.given))
    if np.sign(wrong.right) == np.sign(wrong.given) and right != given:
        how = _typed(right, given)
        if how:
            yield Slip("digit_slip", f"{wrong.name}: {how}, {given} for {right}.", 3)


def _typed(right: str, given: str) -> str:
    """How one text was mistyped from another, or nothing."""
    if len(right) == len(given) and len(right) > 1:
        places = [i for i, (a, b) in enumerate(zip(right, given, strict=True)) if a != b]
        if len(places) == 1:
            return "one digit is wrong"
        if len(places) == 2 and places[1] == places[0] + 1:
            i, j = places
            if right[i] == given[j] and right[j] == given[i]:
                return "two digits are exchanged"
    longer, shorter = (given, right) if len(given) > len(right) else (right, given)
    if any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer))) and shorter:
        return "one digit too many" if longer == given else "one digit is missing"
    return ""


def product_slip(wrong: Wrong) -> Iterator[Slip]:
    """One product was dropped, added twice, or taken with the wrong sign."""
    for term in wrong.terms:
        if term.product == 0 or not wrong.adds:
            continue
        text = f"{_factors(term)} = {format_number(term.product)}"
        for times, says, weight in (
            (-1, f"the product {text} was left out", 2),
            (1, f"the product {text} was added twice", 4),
            (-2, f"the product {text} has the wrong sign", 2),
        ):
            if _near(wrong.far, times * term.product):
                yield Slip("product_slip", f"{wrong.name}: {says}.", weight)


def factor_slip(wrong: Wrong) -> Iterator[Slip]:
    """One factor was misread: the pixel or the weight beside it was taken, or they were added."""
    trace = wrong.trace
    if trace is None or trace.factors[1] is None:
        return
    for term in wrong.terms:
        for name, cell, other in (
            (trace.factors[0], term.input, term.w),
            (trace.factors[1], term.weight, term.x),
        ):
            assert cell is not None
            values, own = trace.inputs[name], term.x if name == trace.factors[0] else term.w
            for near in _neighbours(cell, trace.origins[name], values.shape):
                place = tuple(i - o for i, o in zip(near, trace.origins[name], strict=True))
                misread = float(values[place])
                if misread != own and _near(wrong.far, (misread - own) * other):
                    taken, meant = (cell_name(name, c, values.shape) for c in (near, cell))
                    says = (
                        f"{wrong.name}: {taken} = {format_number(misread)} was taken for "
                        f"{meant} = {format_number(own)}."
                    )
                    yield Slip("factor_slip", says, 4)
        if _near(wrong.far, term.x + term.w - term.product) and term.weight is not None:
            says = f"{wrong.name}: in {_factors(term)} the factors were added, not multiplied."
            yield Slip("factor_slip", says, 4)


def largest_slip(wrong: Wrong) -> Iterator[Slip]:
    """Another pixel of the window was taken for the largest, or one from outside."""
    if not wrong.terms or wrong.adds or wrong.trace is None:
        return
    inside = [term.x for term in wrong.terms]
    says = f"{wrong.name}: {format_number(wrong.given)} is in the window, but is not the largest."
    if wrong.given not in inside:
        says = f"{wrong.name}: there is no {format_number(wrong.given)} in the window."
    yield Slip("largest_slip", says, 2)


def start_slip(wrong: Wrong) -> Iterator[Slip]:
    """The bias was left out of this cell."""
    if wrong.terms and wrong.adds:
        first = wrong.terms[0]
        start = first.sum - first.product
        if start and _near(wrong.far, -start):
            yield Slip(
                "start_slip", f"{wrong.name}: the bias {format_number(start)} is missing.", 2
            )


def _factors(term: Term) -> str:
    return product_text(term.x, term.w)


def _neighbours(cell: Cell, origin: Cell, shape: Sequence[int]) -> Iterator[Cell]:
    """The cells above, below, left and right."""
    for axis in (-2, -1):
        for step in (-1, 1):
            near = list(cell)
            near[axis] += step
            inside = 0 <= near[axis] - origin[axis] < shape[axis]
            if len(cell) >= 2 and inside:
                yield tuple(near)


def _near(a: float, b: float) -> bool:
    return b != 0 and abs(a - b) < 1e-9 * max(1.0, abs(a))


SLIPS: list[Look] = [
    sign_slip,
    largest_slip,
    product_slip,
    start_slip,
    digit_slip,
    factor_slip,
]
"""What is looked for in a wrong cell."""
