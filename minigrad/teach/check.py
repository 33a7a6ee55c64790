"""`check`: an answer held against the engine's, the first wrong cell, and the slip behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from minigrad.teach.answers import Products, read_products
from minigrad.teach.check_counts import check_count
from minigrad.teach.counting import Counted
from minigrad.teach.diagnose import Diagnosis, agrees, diagnose, squeezed
from minigrad.teach.matrices import format_number, parse_matrix
from minigrad.teach.question import Question
from minigrad.teach.recording import Cell
from minigrad.teach.terms import Term
from minigrad.teach.verdict import Verdict
from minigrad.teach.views_blocks import Beside, Block, Lines, Matrix, Paragraph, product_text
from minigrad.teach.views_tools import cell_name, written_out
from minigrad.teach.worksheet_blocks import planes_of

__all__ = ["check"]


def check(question: Question | Counted, answer: Any) -> Verdict:
    """Hold an answer against the engine's own.

    Parameters
    ----------
    question : Question or Counted
        See `question.ask` and `counting.make_layer`; or an exercise's ``question``.
    answer : str or array
        A matrix in any notation of `matrices`; for the products of a cell, or for a count, the
        notations of `answers`.

    Returns
    -------
    Verdict
        True where the answer is right.

    Raises
    ------
    ValueError
        The answer cannot be read.

    Examples
    --------
    >>> from minigrad.teach.question import ask
    >>> question = ask("conv2d", [[1, 2, 3], [4, 5, 6]], [[1, -1]])
    >>> check(question, "-1 -1; -1 -1").right
    True
    >>> check(question, "1 1; 1 1").names[:1]
    ['flipped_kernel']
    """
    if isinstance(question, Counted):
        return check_count(question, str(answer))
    if question.cell is not None:
        return _check_products(question, question.cell, read_products(str(answer)))
    given = parse_matrix(answer, name="answer") if isinstance(answer, str) else np.asarray(answer)
    return _check_matrix(question, squeezed(given))


def _check_matrix(question: Question, given: np.ndarray) -> Verdict:
    truth = question.answer
    right = squeezed(truth)
    name = question.result
    if given.shape != right.shape:
        shapes = [" x ".join(map(str, values.shape)) for values in (right, given)]
        headline = f"{name} is {shapes[0]}, but the answer is {shapes[1]}."
        blocks: list[Block] = [Beside(_matrices(f"{name}, right", right))]
        return Verdict(False, headline, blocks, diagnose(question, given))
    good = agrees(given, right)
    if good.all():
        return Verdict(True, f"all {right.size} numbers of {name} are as the engine computes them.")
    wrong = [tuple(map(int, cell)) for cell in np.argwhere(~good)]
    place = np.unravel_index(np.ravel_multi_index(wrong[0], right.shape), truth.shape)
    cell = tuple(map(int, place))
    called = cell_name(name, cell, truth.shape)
    count = f"the first of {len(wrong)} wrong cells" if len(wrong) > 1 else "the only wrong cell"
    headline = (
        f"{called} is {format_number(right[wrong[0]])}, not {format_number(given[wrong[0]])} "
        f"({count} of {right.size})."
    )
    blocks = []
    if question.explains and question.operation != "batch_norm":
        blocks.append(_way(question, cell, called))
    marks = dict.fromkeys(wrong, "chosen")
    blocks.append(Beside([*_matrices("answer", given, marks), *_matrices("right", right, marks)]))
    return Verdict(False, headline, blocks, diagnose(question, given))


def _way(question: Question, cell: Cell, called: str) -> Block:
    """The right products of a cell."""
    how = question.trace.cells[cell]
    if question.operation == "max_pool2d":
        inside = ", ".join(format_number(term.x) for term in how.terms)
        return Lines(f"{called} = max({inside}) = {format_number(how.value)}")
    return written_out(called, how)


def _matrices(name: str, values: np.ndarray, marks: dict[Cell, str] | None = None) -> list[Block]:
    found: list[Block] = []
    for number, (title, plane) in enumerate(planes_of(name, values)):
        place = np.unravel_index(number, values.shape[:-2]) if values.ndim > 2 else ()
        here = {
            (cell[-2], cell[-1]): mark
            for cell, mark in (marks or {}).items()
            if cell[:-2] == tuple(map(int, place))
        }
        found.append(Matrix(plane, title, here))
    return found


def _check_products(question: Question, cell: Cell, given: Products) -> Verdict:
    """Product by product, in the kernel's order; then the sums."""
    trace = question.trace
    if cell not in trace.cells:
        raise ValueError(f"there is no cell {cell}; {question.result} is {trace.output.shape}")
    name = cell_name(question.result, cell, trace.output.shape)
    narrow, wide = trace.terms[cell], trace.wide.terms[cell]
    how = trace.cells[cell]
    terms = wide if len(given.factors) == len(wide) + (how.start_cell is not None) else narrow
    if how.start_cell is None and len(given.factors) == len(wide):
        terms = wide
    factors = list(given.factors)
    start = Fraction(str(float(how.start)))
    if how.start_cell is not None and (start,) in factors:
        factors.remove((start,))
    blocks: list[Block] = [written_out(name, how)]
    total = Fraction(str(how.value))
    if len(factors) != len(terms):
        return _miscounted(name, factors, terms, blocks, len(wide))
    wrong = [i for i, pair in enumerate(factors) if not _is(pair, terms[i])]
    if wrong and Counter(_key(f) for f in factors) == Counter(_key(_pair(t)) for t in terms):
        wrong = []  # the right products in another order
    sums = [value for value in given.sums if value != total]
    if not wrong and not sums:
        return Verdict(True, f"all {len(terms)} products of {name}, and its sum.")
    if not wrong:
        return _wrong_sum(name, given, total, blocks)
    first = wrong[0]
    headline = (
        f"product {first + 1} of {name} is {product_text(terms[first].x, terms[first].w)}, not "
        f"{_product(factors[first])} ({len(wrong)} of {len(terms)} products are wrong)."
    )
    said = [d for i in wrong for d in [_misread(question, name, i, factors[i], terms[i])]]
    blocks.append(Paragraph(_sums(given, total)))
    return Verdict(False, headline, blocks, [Diagnosis(
        tuple(dict.fromkeys(n for d in said for n in d.names)),
        tuple(s for d in said for s in d.says), 1,
    )])  # fmt: skip


def _sums(given: Products, total: Fraction) -> str:
    """What the written products come to, beside what is written after them."""
    products = f"The products as written add up to {given.sums[0]}"
    right = ", which is the right sum" if given.sums[0] == total else f"; the right sum is {total}"
    text = f"{products}{right}."
    for value in given.sums[1:]:
        if value != given.sums[0]:
            return f"{text} But {value} is written after the equals sign{_is_right(value, total)}."
    return text


def _is_right(value: Fraction, total: Fraction) -> str:
    return ", and that is right" if value == total else ""


def _wrong_sum(name: str, given: Products, total: Fraction, blocks: list[Block]) -> Verdict:
    bad = next(value for value in given.sums if value != total)
    headline = f"all products of {name} are right, but they add up to {total}, not {bad}."
    return Verdict(
        False, headline, blocks, [Diagnosis(("wrong_sum",), ("A slip in adding up.",), 1)]
    )


def _miscounted(
    name: str, factors: Sequence[tuple], terms: Sequence[Term], blocks: list[Block], most: int
) -> Verdict:
    left = Counter(_key(_pair(t)) for t in terms) - Counter(_key(f) for f in factors)
    over = Counter(_key(f) for f in factors) - Counter(_key(_pair(t)) for t in terms)
    says = []
    if left:
        says.append("Left out: " + ", ".join(_product(pair) for pair in left.elements()) + ".")
    if over:
        says.append("Too many: " + ", ".join(_product(pair) for pair in over.elements()) + ".")
    padded = f" ({most} with those on padding)" if most != len(terms) else ""
    headline = f"{name} has {len(terms)} products{padded}, not {len(factors)}."
    return Verdict(False, headline, blocks, [Diagnosis(("product_slip",), tuple(says), 1)])


def _pair(term: Term) -> tuple[Fraction, Fraction]:
    return Fraction(str(float(term.x))), Fraction(str(float(term.w)))


def _key(pair: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """The same for a*b and b*a."""
    return tuple(sorted(pair))


def _is(written: Sequence[Fraction], term: Term) -> bool:
    if len(written) == 1:
        return written[0] == Fraction(str(float(term.product)))
    return _key(written) == _key(_pair(term))


def _product(pair: Sequence[Fraction]) -> str:
    return product_text(*map(float, pair)) if len(pair) == 2 else format_number(float(pair[0]))


def _misread(question: Question, name: str, number: int, written: Any, term: Term) -> Diagnosis:
    """Which factor of a product is wrong, and which cell it should be."""
    trace = question.trace.wide
    x, w = _pair(term)
    which = product_text(term.x, term.w)
    if len(written) == 1:
        sign = written[0] == -Fraction(str(float(term.product)))
        says = f"Product {number + 1} is {which}; {'its sign is wrong' if sign else 'misread'}."
        return Diagnosis(("product_slip",), (says,), 1)
    pixel, weight = (trace.factors[0], x, term.input), (trace.factors[1], w, term.weight)
    for kept, place, (role, value, cell) in (
        (x, 0, weight), (w, 1, pixel), (w, 0, pixel), (x, 1, weight),
    ):  # fmt: skip
        if written[place] == kept and role is not None and cell is not None:
            taken, values = written[1 - place], trace.inputs[role]
            says = (
                f"Product {number + 1}: {cell_name(role, cell, values.shape)} is "
                f"{format_number(float(value))}, written as {format_number(float(taken))}"
            )
            says += " (the sign)." if taken == -value else "."
            return Diagnosis(("factor_slip",), (says,), 1)
    return Diagnosis(("factor_slip",), (f"Product {number + 1}: both factors of {which}.",), 1)
