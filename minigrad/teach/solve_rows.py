"""One row of a printed table after the other: where its input came from, and what it did to it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from minigrad.teach.solve_reasons import misfit, no_kernel, sized
from minigrad.teach.solve_search import (
    Settings,
    conv_settings,
    kernels_of,
    pool_settings,
    transposed_settings,
)
from minigrad.teach.solve_table import Row

__all__ = ["Answer", "Finding", "solve_rows"]

_MOST_JOINED = 3  # maps in one concatenation
_MOST_SOURCES = 24  # of one size, tried for concatenations


@dataclass(frozen=True)
class Answer:
    """One way in which a row can have come about.

    ``sources`` are the names of the rows whose maps, their channels stacked, are its input.
    """

    sources: tuple[str, ...]
    before: tuple[int, ...]
    settings: Settings | None = None
    note: str = ""

    @property
    def joined(self) -> bool:
        """Whether maps are concatenated."""
        return len(self.sources) > 1

    def __str__(self) -> str:
        source = " + ".join(self.sources)
        text = f"cat({source})" if self.joined else source
        shape = "x".join(map(str, self.before))
        if self.settings is None:
            return f"{text} ({shape})"
        bias = "" if self.settings.bias else ", no bias"
        return f"{self.settings}{bias} over {text} ({shape})"


@dataclass
class Finding:
    """A row with all its answers, the most usual first, or with what contradicts it."""

    row: Row
    answers: list[Answer] = field(default_factory=list)
    contradiction: str = ""

    @property
    def best(self) -> Answer | None:
        """The most usual answer."""
        return self.answers[0] if self.answers else None


@dataclass(frozen=True)
class _Source:
    name: str
    shape: tuple[int, ...]


def solve_rows(
    rows: Sequence[Row],
    given: tuple[int, ...] | None = None,
    groups: bool = False,
    dilation: bool = False,
) -> list[Finding]:
    """Find every row's input and settings.

    Parameters
    ----------
    rows : list of Row
    given : (C, H, W), optional
        Shape of the input; by default the most usual that the first rows allow.
    groups, dilation : bool
        Whether to look for grouped and dilated convolutions from the start. They are looked for in
        any case where a row has no other answer.
    """
    findings: list[Finding] = []
    if rows[0].kind == "input":
        given = given or rows[0].shape
    sources = [_Source("input", given)] if given else []
    for row in rows:
        if row.kind == "input":
            findings.append(Finding(row, [Answer((), row.shape)]))
            continue
        if not sources:
            finding = _first(row, rows)
            if finding.best:
                sources = [_Source("input", finding.best.before)]
        else:
            finding = _solve(row, sources, groups, dilation)
        findings.append(finding)
        _note_source(sources, row, finding)
    _rank(findings)
    return findings


def _note_source(sources: list[_Source], row: Row, finding: Finding) -> None:
    """A row that keeps its input's shape takes the input's place among the sources."""
    last = sources[-1] if sources else None
    alone = finding.best is not None and not finding.best.joined
    simple = finding.best is not None and finding.best.settings is None
    if last is not None and last.shape == row.shape and alone and simple:
        sources.pop()
    sources.append(_Source(row.name, row.shape))


def _first(row: Row, rows: Sequence[Row]) -> Finding:
    """The first row, whose input is not printed: as large as the network's output, if that fits."""
    if row.kind != "conv" or len(row.shape) != 3:
        return Finding(row, contradiction="the input is unknown; give it, such as --input 3x64x64")
    last = next((other.sides for other in reversed(rows) if len(other.shape) == 3), row.sides)
    answers = []
    for bias in (True, False):
        for C, K in kernels_of(row.parameters, row.channels, bias):
            larger = {tuple(H * S for H in row.sides) for S in (1, 2, 3, 4)}
            for before in sorted({last, *larger}):
                answers += [
                    Answer(("input",), (C, *before), replace(way, bias=bias))
                    for way in conv_settings(before, row.sides, K)
                ]

    def order(answer: Answer) -> tuple[int, ...]:
        C, H = answer.before[:2]
        common = {1: 0, 3: 0, 2: 2, 4: 2}.get(C, 6)
        whole = 0 if answer.before[1:] == last else 1 if H & (H - 1) == 0 else 2
        return common + (answer.settings.unusual if answer.settings else 0), whole, C

    if not answers:
        return Finding(row, contradiction=no_kernel(row))
    return Finding(row, sorted(answers, key=order))


def _solve(row: Row, sources: list[_Source], groups: bool, dilation: bool) -> Finding:
    if row.kind in ("conv", "transposed"):
        for more_groups, more_dilation in ((groups, dilation), (True, dilation), (True, True)):
            answers = _convolutions(row, sources, more_groups, more_dilation)
            if answers:
                return Finding(row, answers)
        return Finding(row, contradiction=misfit(row, sources[-1].name, sources[-1].shape))
    if row.kind == "linear":
        return _linear(row, sources)
    if row.kind == "norm":
        return _norm(row, sources)
    if row.parameters:
        return Finding(row, contradiction=f"a {row.name} has no {row.parameters:,} parameters")
    last = sources[-1]
    if row.kind in ("flatten", "reshape"):
        if math.prod(last.shape) == row.elements:
            return Finding(row, [Answer((last.name,), last.shape)])
        return Finding(
            row,
            contradiction=f"{last.name} has {math.prod(last.shape):,} numbers, "
            f"not {row.elements:,}",
        )
    if row.kind in ("pool", "pad", "upsample") and len(row.shape) == len(last.shape) == 3:
        return _resized(row, last)
    return _passed_on(row, sources)


def _candidates(
    channels: int, sides: tuple[int, ...] | None, sources: Sequence[_Source]
) -> list[tuple[tuple[_Source, ...], int]]:
    """Sources, alone or joined, with so many channels in all; with how unusual that is."""
    last = sources[-1]
    fitting = [s for s in sources if len(s.shape) == 3 and sides in (None, s.shape[1:])]
    found: list[tuple[tuple[_Source, ...], int]] = []
    for source in fitting:
        if source.shape[0] == channels:
            found.append(((source,), 0 if source is last else 5))
    for count in range(2, _MOST_JOINED + 1):
        for parts in combinations(fitting[-_MOST_SOURCES:], count):
            same = len({part.shape[1:] for part in parts}) == 1
            if same and sum(part.shape[0] for part in parts) == channels:
                with_last = last in parts
                found.append((parts[::-1], 2 * count - 2 if with_last else 4 * count))
    return found


def _convolutions(row: Row, sources: list[_Source], groups: bool, dilation: bool) -> list[Answer]:
    settings_of = conv_settings if row.kind == "conv" else transposed_settings
    answers: list[tuple[int, Answer]] = []
    dilations = (1, 2, 3, 4) if dilation else (1,)
    for bias in (True, False):
        for G in _groups(row, sources) if groups else (1,):
            for C, K in kernels_of(row.parameters, row.channels, bias, G):
                if C % G or row.channels % G:
                    continue
                for parts, unusual in _candidates(C, None, sources if G == 1 else sources[-1:]):
                    before = (C, *parts[0].shape[1:])
                    for way in settings_of(before[1:], row.sides, K, dilations):
                        settings = replace(way, bias=bias, groups=G)
                        rarity = (
                            2 * unusual + settings.unusual + (0 if G in (1, C) else 4) + (G > 1)
                        )
                        names = tuple(part.name for part in parts)
                        answers.append((rarity, Answer(names, before, settings)))
    fed = [pair for pair in answers if sources[-1].name in pair[1].sources]
    # Every row's output is used; so the row before is left out only where nothing else fits.
    return [answer for _, answer in sorted(fed or answers, key=lambda pair: pair[0])]


def _groups(row: Row, sources: list[_Source]) -> list[int]:
    """Divisors of the channels of the output and of the row before."""
    common = math.gcd(row.channels, sources[-1].shape[0])
    return [G for G in range(1, common + 1) if common % G == 0]


def _linear(row: Row, sources: list[_Source]) -> Finding:
    last, O = sources[-1], row.shape[-1]
    numbers = last.shape[-1]
    for bias in (True, False):
        if row.parameters == numbers * O + O * bias:
            return Finding(row, [Answer((last.name,), last.shape, Settings(1, 1, 0, bias=bias))])
    needed = (row.parameters - O) / O
    return Finding(
        row,
        contradiction=f"{last.name} gives {numbers:,} numbers, which makes "
        f"{numbers * O + O:,} parameters (without bias {numbers * O:,}); the printed "
        f"{row.parameters:,} would need {needed:,.10g} inputs",
    )


def _norm(row: Row, sources: list[_Source]) -> Finding:
    notes = {2 * row.channels: "scale and shift", 0: "not affine"}
    notes[4 * row.channels] = "scale, shift, running mean and variance"
    if row.parameters not in notes:
        return Finding(
            row,
            contradiction=f"{row.channels} channels have {2 * row.channels:,} scales and shifts, "
            f"not {row.parameters:,}",
        )
    finding = _passed_on(row, sources)
    finding.answers = [replace(answer, note=notes[row.parameters]) for answer in finding.answers]
    return finding


def _passed_on(row: Row, sources: list[_Source]) -> Finding:
    """A row that should keep its input's shape: if it does not, maps were joined before it."""
    last = sources[-1]
    if last.shape == row.shape and row.kind != "join":
        return Finding(row, [Answer((last.name,), last.shape)])
    sides = row.sides if len(row.shape) == 3 else None
    found = sorted(_candidates(row.channels, sides, sources), key=lambda pair: pair[1])
    joined = [tuple(part.name for part in parts) for parts, _ in found if len(parts) > 1]
    fed = [names for names in joined if last.name in names] or joined
    answers = [Answer(names, row.shape) for names in fed]
    if answers and sides is not None:
        return Finding(row, answers)
    return Finding(
        row,
        contradiction=f"its shape {sized(row.shape)} is not that of {last.name} "
        f"({sized(last.shape)}), and no rows before it, joined, have it",
    )


def _resized(row: Row, last: _Source) -> Finding:
    before, after = last.shape[1:], row.sides
    answers = []
    if last.shape[0] == row.channels:
        if row.kind == "pool":
            answers = [
                Answer((last.name,), last.shape, way) for way in pool_settings(before, after)
            ]
        elif row.kind == "pad" and all(OH >= H for H, OH in zip(before, after, strict=True)):
            more = [OH - H for H, OH in zip(before, after, strict=True)]
            each = more[0] // 2
            note = (
                f"padding {each}"
                if more == [2 * each] * 2
                else f"{more[0]} rows, {more[1]} columns"
            )
            answers = [Answer((last.name,), last.shape, note=note)]
        elif row.kind == "upsample" and all(
            OH % H == 0 for H, OH in zip(before, after, strict=True)
        ):
            note = "factor " + " x ".join(
                dict.fromkeys(str(OH // H) for H, OH in zip(before, after, strict=True))
            )
            answers = [Answer((last.name,), last.shape, note=note)]
    if answers:
        return Finding(row, answers)
    return Finding(
        row, contradiction=f"{sized(last.shape)} of {last.name} cannot become {sized(row.shape)}"
    )


def _rank(findings: list[Finding]) -> None:
    """Prefer, among a row's answers, settings of rows that have one answer: tables are regular."""
    sure = Counter(
        (f.row.kind, replace(f.answers[0].settings, bias=True))
        for f in findings
        if len(f.answers) == 1 and f.answers[0].settings is not None and f.row.kind != "linear"
    )
    for finding in findings:
        kind = finding.row.kind
        first = finding.answers[0].sources if finding.answers else ()
        if kind in ("conv", "transposed") and len(finding.answers) > 1 and first != ("input",):
            finding.answers.sort(
                key=lambda answer: (
                    answer.sources != first,
                    answer.settings is None
                    or (kind, replace(answer.settings, bias=True)) not in sure,
                )
            )
