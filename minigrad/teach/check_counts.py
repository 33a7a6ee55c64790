"""Counts and shapes checked: every side of an equation, and the rule behind a wrong one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from minigrad.teach.answers import Counts, evaluate, read_counts
from minigrad.teach.counting import Counted, worked
from minigrad.teach.diagnose import Diagnosis
from minigrad.teach.mistakes_counts import COUNT_MISTAKES, CountRule
from minigrad.teach.mistakes_sizes import SIZE_MISTAKES, CountMistake, SizeRule
from minigrad.teach.slips import Wrong, digit_slip
from minigrad.teach.solve import solve
from minigrad.teach.verdict import Verdict
from minigrad.teach.views_blocks import Block, Lines, Paragraph

__all__ = ["check_arithmetic", "check_count", "check_table"]

Numbers = tuple[Fraction, ...]


def check_count(question: Counted, text: str) -> Verdict:
    """Hold a count, or the arithmetic that leads to it, against the truth.

    Parameters
    ----------
    question : Counted
    text : str
        See `answers.read_counts`; every side of an equals sign is checked.

    Examples
    --------
    >>> from minigrad.teach.counting import make_layer
    >>> layer = make_layer("conv2d", (3, 3), (224, 224), kernel_size=7)
    >>> check_count(Counted((layer,), "parameters"), "444").right
    True
    >>> print(check_count(Counted((layer,), "parameters"), "441"))  # doctest: +ELLIPSIS
    Wrong: 441 is not the number of parameters; it is 444.
    ...
    """
    given = read_counts(text)
    right = tuple(Fraction(number) for number in question.answer)
    wrong = [i for i, side in enumerate(given.sides) if not _same(question, side, right)]
    short = len(given.sides[wrong[0] if wrong else -1]) == 2 and len(right) == 3
    shown = _text(right[1:] if short else right)
    if not wrong:
        return Verdict(True, f"{question.short} is {shown}.")
    place = wrong[0]
    side, rest = given.sides[place], len(given.sides) - len(wrong)
    comes = (
        ""
        if len(side) > 1 or given.texts[place].replace(",", "") == _text(side).replace(",", "")
        else f" = {_text(side)}"
    )
    headline = f"{given.texts[place]}{comes} is not {question.short}; it is {shown}."
    if rest:
        headline += " The other side of the equals sign is right."
    lines = worked(question)
    many = [f"... {len(lines) - 12} more lines", *lines[-3:]] if len(lines) > 12 else []
    blocks: list[Block] = [
        Paragraph("The way:"),
        Lines("\n".join([*lines[: 9 if many else 12], *many])),
    ]
    return Verdict(False, headline, blocks, _diagnoses(question, given, place, right))


def check_arithmetic(expression: str, text: str) -> Verdict:
    """Hold a number against what an expression comes to.

    Examples
    --------
    >>> print(check_arithmetic("70/100 * 10", "7"))
    Right: 70/100 * 10 is 7.
    """
    right = evaluate(expression)
    given = read_counts(text).sides[-1]
    if given == (right,):
        return Verdict(True, f"{expression} is {_text((right,))}.")
    found = []
    whole = len(given) == 1 and right.denominator != 1 and given[0].denominator == 1
    if whole and abs(given[0] - right) < 1:
        way = "up" if given[0] > right else "down"
        says = f"It was rounded {way}: {expression} is not a whole number."
        found.append(Diagnosis(("rounded",), (says,), 1))
    headline = f"{_text(given)} is not {expression}; it is {_text((right,))}."
    return Verdict(False, headline, [], found)


def check_table(
    text: str,
    input: tuple[int, int, int] | None = None,
    claims: Mapping[str, int] | None = None,
) -> Verdict:
    """Look for what cannot be in printed tables of shapes and parameters; see `solve`.

    Parameters
    ----------
    text : str
    input : (C, H, W), optional
        What is said of the network's input.
    claims : dict, optional
        What is said of every convolution: {"s": 2}.

    Examples
    --------
    >>> row = "Conv2d-1   [-1, 64, 256, 256]   1,792"
    >>> check_table(row).right, check_table(row, input=(1, 256, 256)).right
    (True, False)
    """
    tables = solve(text, input, claims).tables
    found = [line for table in tables for line in table.contradictions]
    rows = sum(len(table.findings) for table in tables)
    if not found:
        return Verdict(True, f"nothing contradicts itself in {rows} rows.")
    several = f"{len(found)} contradictions; the first" if len(found) > 1 else "a contradiction"
    diagnoses = [Diagnosis(("contradiction",), (f"{line}.",), 1) for line in found]
    return Verdict(False, f"{several} in {rows} rows: {found[0]}.", [], diagnoses)


def _text(numbers: Numbers) -> str:
    return " x ".join(
        f"{n.numerator:,}" if n.denominator == 1 else f"{float(n):.6g}" for n in numbers
    )


def _same(question: Counted, side: Numbers, right: Numbers) -> bool:
    """Whether a side is the answer; a shape may have a batch before it, or be H x W alone."""
    if question.wanted == "shape":
        if len(side) == 4:
            side = side[1:]
        if len(side) == 2 and len(right) == 3:
            return side == right[1:]
        last = (*right[1:], right[0])
        return side == right or (side == last and right[1] == right[2] != right[0])
    if question.wanted == "weight_shape":
        O, C, KH, KW = right
        return side in ((O, C, KH, KW), (O, KH, KW, C), (C, KH, KW), (KH, KW, C))
    return side == right or (question.wanted == "field" and side == right * 2)


def _diagnoses(question: Counted, given: Counts, place: int, right: Numbers) -> list[Diagnosis]:
    side = given.sides[place]
    if question.wanted == "shape" and len(side) == 4:
        side = side[1:]
    found = [
        Diagnosis(names, says, weight)
        for names, says, weight, answer in _guesses(question)
        if _same(question, _snapped(side, answer), answer) and not _same(question, answer, right)
    ]
    single = [d for d in found if len(d.names) == 1]
    found = single or found
    found += _of_one_number(question, side, right)
    found += _of_shapes(question, side, right)
    if not found and len(side) == len(right) == 1:
        found += _of_ratio(side[0], right[0])
    return _once(sorted(found, key=lambda d: d.weight))


def _snapped(side: Numbers, answer: Numbers) -> Numbers:
    """Fractions that were written rounded to two places or more, as they are."""
    if len(side) > len(answer):
        return side
    last = answer[len(answer) - len(side) :]
    near = [
        b if b.denominator > 1 and abs(a - b) <= 0.005 else a
        for a, b in zip(side, last, strict=True)
    ]
    return tuple(near)


def _once(found: list[Diagnosis]) -> list[Diagnosis]:
    seen: dict[frozenset[str], Diagnosis] = {}
    for diagnosis in found:
        seen.setdefault(frozenset(diagnosis.names), diagnosis)
    return list(seen.values())


def _guesses(
    question: Counted,
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], int, Numbers]]:
    """Every mistake's answer, then those of two mistakes."""
    if question.wanted in ("weight_shape", "field"):
        return
    sized = question.wanted == "shape"
    registry = SIZE_MISTAKES if sized else COUNT_MISTAKES
    start: Any = SizeRule() if sized else CountRule()

    def answer(rule: Any) -> Numbers:
        return rule.shape(question.layers[-1]) if sized else rule.count(question)

    first = [
        (one, rule, says) for one in registry.values() for rule, says in _made(one, start, question)
    ]
    for one, rule, says in first:
        yield (one.name,), (says,), one.weight, answer(rule)
    for (one, rule, says), two in product(first, registry.values()):
        if one.name < two.name:
            for both, more in _made(two, rule, question):
                weight = one.weight + two.weight + 1
                yield (one.name, two.name), (says, more), weight, answer(both)


def _made(one: CountMistake, rule: Any, question: Counted) -> Iterator[tuple[Any, str]]:
    for changed, says in one.make(rule, question):
        yield changed, says or one.says


def _of_one_number(question: Counted, side: Numbers, right: Numbers) -> Iterator[Diagnosis]:
    """Slips that need no rule: a digit, a factor, one axis of an enlargement."""
    if len(side) != 1 or len(right) != 1:
        return
    given, truth = side[0], right[0]
    wrong = Wrong("the count", float(truth), float(given), (), None)
    for slip in digit_slip(wrong):
        yield Diagnosis((slip.name,), (slip.says,), slip.weight)
    last = question.layers[-1]
    if question.wanted == "outputs":
        C, (H, W), (OH, OW) = last.channels[1], last.input, last.output
        for name, count, says in (
            ("input_numbers", C * H * W, "These are the numbers of the input."),
            ("one_axis", C * H * OW, "Only one axis was enlarged, where both are."),
            ("linear_in_the_side", C * H * (OW // W) * 2, "c*n*s*2 is linear in the side; the "
             "writes are c*(n*s)^2."),
            ("channels_left_out", OH * OW, "The channels were forgotten."),
        ):  # fmt: skip
            if given == count != truth:
                yield Diagnosis((name,), (says,), 2)
    if len(question.layers) > 1:
        shares = {layer.name: question.of(layer) for layer in question.layers}
        for name, share in shares.items():
            if share and given == truth - share:
                yield Diagnosis(("layer_left_out",), (f"{name} was left out: {share:,}.",), 2)
    if question.wanted == "field":
        sums = 1 + sum(layer.dilation[0] * (layer.kernel[0] - 1) for layer in question.layers)
        if given == sums:
            says = "The strides were ignored: a step on a later map is several pixels."
            yield Diagnosis(("stride_left_out",), (says,), 1)


def _of_ratio(given: Fraction, truth: Fraction) -> Iterator[Diagnosis]:
    """A whole number of times too much or too little."""
    if given and truth and 1 in ((ratio := given / truth).numerator, ratio.denominator):
        times = f"{ratio} times" if ratio > 1 else f"1/{1 / ratio} of"
        yield Diagnosis(("factor",), (f"It is exactly {times} the right number.",), 5)


def _of_shapes(question: Counted, side: Numbers, right: Numbers) -> Iterator[Diagnosis]:
    """Slips in shapes: a dot for a times sign, another order, one entry, a filter's sides."""
    if question.wanted not in ("shape", "weight_shape"):
        return
    if any(n.denominator != 1 for n in side):
        parts = tuple(Fraction(p) for n in side for p in str(float(n)).split(".") if p != "0")
        if _same(question, parts, right):
            yield Diagnosis(("dot_for_times",), ("A point stands where a times sign belongs.",), 1)
    if sorted(side) == sorted(right) and question.wanted == "shape":
        yield Diagnosis(("other_order",), ("The right numbers, in another order.",), 2)
    if question.wanted == "weight_shape":
        O, C, KH, KW = right
        if sorted(side) == sorted((KH, C, C)) and len(side) == 3:
            says = (
                f"The kernel's side and the depth were confused: a filter is {KH} x {KW} with "
                f"depth {C}, the input's channels."
            )
            yield Diagnosis(("side_and_depth",), (says,), 1)
        if len(side) == 4 and side == (C, O, KH, KW):
            says = "Filters and input channels were exchanged."
            yield Diagnosis(("exchanged_channels",), (says,), 1)
    if len(side) == len(right):
        places = [i for i, (a, b) in enumerate(zip(side, right, strict=True)) if a != b]
        if len(places) == 1:
            i = places[0]
            says = f"Number {i + 1} is {_text(side[i : i + 1])}, and should be {right[i]}."
            yield Diagnosis(("one_entry",), (says,), 4)
