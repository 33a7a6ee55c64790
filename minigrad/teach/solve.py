"""`solve`: from a printed table back to the network: kernels, strides, paddings, concatenations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from minigrad.teach.cost_layers import Layer, macs
from minigrad.teach.cost_report import Report
from minigrad.teach.solve_rows import Answer, Finding, solve_rows
from minigrad.teach.solve_table import PrintedTable, parse_tables

__all__ = ["CLAIMS", "Solution", "SolvedTable", "solve"]

CLAIMS = {"k": "kernel", "s": "stride", "p": "padding", "op": "output_padding"}
"""Letter of a claim about every convolution: the setting it is about."""


@dataclass
class SolvedTable:
    """One table's rows with all their answers.

    Attributes
    ----------
    given : (C, H, W) or None
        The input, where it was given.
    claims : dict
        What is said of every convolution, to be held against the rows.
    """

    printed: PrintedTable
    findings: list[Finding]
    given: tuple[int, ...] | None = None
    claims: Mapping[str, int] = field(default_factory=dict)

    @property
    def input(self) -> tuple[int, ...] | None:
        """(C, H, W) of the most usual answer."""
        if self.given:
            return self.given
        best = self.findings[0].best
        return best.before if best else None

    @property
    def parameters(self) -> int:
        """All rows' parameters together."""
        return sum(row.parameters for row in self.printed.rows)

    @property
    def concatenations(self) -> list[tuple[str, Answer]]:
        """Rows whose input is made of several maps, with their most usual answer."""
        return [(f.row.name, f.best) for f in self.findings if f.best and f.best.joined]

    @property
    def contradictions(self) -> list[str]:
        """Everything that cannot be as printed, or as claimed."""
        found = [f"{f.row.name}: {f.contradiction}" for f in self.findings if f.contradiction]
        for finding in self.findings:
            settings = finding.best.settings if finding.best else None
            if settings is None or finding.row.kind not in ("conv", "transposed"):
                continue
            wrong = [
                f"{letter}={getattr(settings, CLAIMS[letter])}, not {value}"
                for letter, value in self.claims.items()
                if letter in CLAIMS and getattr(settings, CLAIMS[letter]) != value
            ]
            if wrong:
                found.append(f"{finding.row.name}: {'; '.join(wrong)}, against the claim")
        for what, count in self.printed.totals.items():
            if what in ("total params", "params", "total parameters") and count != self.parameters:
                found.append(
                    f"{what}: {count:,} is printed, but the rows add up to {self.parameters:,}"
                )
        parts = [
            self.printed.totals.get(f"{kind} params") for kind in ("trainable", "non-trainable")
        ]
        total = self.printed.totals.get("total params")
        if total is not None and None not in parts and sum(p or 0 for p in parts) != total:
            found.append("trainable and non-trainable parameters do not add up to the total")
        return found

    def layers(self) -> list[Layer]:
        """The most usual answers as layers that can be costed; raises where a row has none."""
        made = []
        for finding in self.findings:
            row, best = finding.row, finding.best
            if best is None:
                raise ValueError(f"solve: {row.name}: {finding.contradiction}")
            (C, H, W), (O, OH, OW) = _picture(best.before), _picture(row.shape)
            kind = {"conv": "conv2d", "transposed": "conv_transpose2d"}.get(row.kind, row.kind)
            layer = Layer(row.name, kind, (C, O), (H, W), (OH, OW))
            settings = best.settings
            if settings is None or row.kind not in ("conv", "transposed", "linear"):
                made.append(replace(layer, extra=row.parameters))
                continue
            made.append(
                replace(
                    layer,
                    kernel=(settings.kernel,) * 2,
                    stride=(settings.stride,) * 2,
                    padding=(settings.padding,) * 2,
                    dilation=(settings.dilation,) * 2,
                    groups=settings.groups,
                    bias=settings.bias,
                )
            )
        return made

    def report(self, title: str) -> Report:
        """The rows that compute, the alternatives, the contradictions and what follows."""
        report = Report(title)
        shape = "x".join(map(str, self.input or ())) or "unknown"
        whence = "given" if self.given else "found"
        report.paragraph(
            f"{len(self.findings)} rows; input {shape} ({whence}). Each row is fed by the row "
            "before it, and by what it is joined with."
        )
        rows = [_row(f) for f in self.findings if _tells(f)]
        headers = ("row", "joined with", "in→out", "side", "k", "s", "p", "op", "bias")
        if rows:
            report.table(headers, rows)
        passed = sum(not _tells(f) and f.best is not None for f in self.findings)
        if passed:
            report.paragraph(
                f"{passed} other rows keep the shape before them, and their parameters fit."
            )
        self._alternatives(report)
        if self.concatenations:
            report.heading("Concatenations that the table does not print")
            for name, answer in self.concatenations:
                widths = [self._width(source) for source in answer.sources]
                parts = " + ".join(
                    f"{source} ({width})"
                    for source, width in zip(answer.sources, widths, strict=True)
                )
                report.line(f"{name} <- {parts} = {answer.before[0]} channels")
        report.heading("Contradictions")
        for line in self.contradictions or ["none"]:
            report.line(line)
        self._sums(report)
        return report

    def _width(self, source: str) -> int:
        named = {row.name: row.channels for row in self.printed.rows}
        return named.get(source, (self.input or (0,))[0])

    def _alternatives(self, report: Report) -> None:
        several = [f for f in self.findings if len(f.answers) > 1]
        report.heading("Other ways to the same numbers (*), the more usual first")
        if not several:
            report.line("none: every row has one answer")
        lines: dict[str, list[str]] = {}
        for finding in several:
            others = [_other(answer, finding.answers[0]) for answer in finding.answers[1:]]
            lines.setdefault("; ".join(others), []).append(finding.row.name)
        for text, names in lines.items():
            report.line(f"{', '.join(names)}: {text}")

    def _sums(self, report: Report) -> None:
        report.heading("What follows")
        elements = sum(row.elements for row in self.printed.rows)
        report.line(f"parameters = {self.parameters:,} = {self.parameters * 4 / 2**20:.2f} MiB")
        size = self.printed.megabytes.get("total params")
        if size and abs(self.printed.totals["total params"] * 4 / 2**20 - size) < 0.006:
            report.line(
                f"the {size} MB printed are MiB, of 2^20 bytes; {self.parameters * 4 / 1e6:.2f} MB"
            )
        report.line(f"numbers in all printed rows, one picture = {elements:,}")
        if all(finding.best for finding in self.findings):
            layers = self.layers()
            for rule, title in (("dense", "multiply-adds"), ("taps", "on real pixels")):
                report.line(f"{title} = {sum(macs(layer, rule) for layer in layers):,}")


@dataclass
class Solution:
    """Every table of a text, solved."""

    tables: list[SolvedTable]

    def only(self, number: int) -> Solution:
        """One of the tables, counted from 1; raises where there is none."""
        if not 0 < number <= len(self.tables):
            raise ValueError(f"solve: there is no table {number}; the text has {len(self.tables)}")
        return Solution([self.tables[number - 1]])

    def report(self) -> Report:
        """All tables' reports, one after the other."""
        many = len(self.tables) > 1
        reports = [
            table.report(f"Table {number}" if many else "The network behind the table")
            for number, table in enumerate(self.tables, 1)
        ]
        if not many:
            return reports[0]
        whole = Report(f"The networks behind {len(self.tables)} tables")
        for report in reports:
            whole.extend(report)
        return whole

    def __str__(self) -> str:
        return str(self.report())

    def to_html(self) -> str:
        """The report as one piece of HTML."""
        return self.report().to_html()

    def _repr_html_(self) -> str:
        return self.to_html()


def solve(
    text: str,
    input: tuple[int, int, int] | None = None,
    claims: Mapping[str, int] | None = None,
    groups: bool = False,
    dilation: bool = False,
    channels_last: bool | None = None,
) -> Solution:
    """Find the networks behind printed tables.

    Parameters
    ----------
    text : str
        One or more tables, see `solve_table`.
    input : (C, H, W), optional
        Shape of the input; by default what the first row allows, the most usual first.
    claims : dict, optional
        What is said of every convolution, such as {"k": 4, "s": 2, "p": 1}; rows that are
        otherwise are contradictions.
    groups, dilation : bool
        Whether to look for grouped and dilated convolutions also where there are other answers.
    channels_last : bool, optional
        See `solve_table.parse_tables`.

    Raises
    ------
    ValueError
        There is no table in the text, or an unknown claim.

    Examples
    --------
    >>> [table] = solve("Conv2d-1   [-1, 64, 80, 80]   640", input=(1, 160, 160)).tables
    >>> print(table.findings[0].best)
    k=3 s=2 p=1 over input (1x160x160)
    """
    unknown = sorted(set(claims or {}) - set(CLAIMS))
    if unknown:
        raise ValueError(f"solve: claim {unknown[0]!r} is unknown; there are {', '.join(CLAIMS)}")
    if input is not None and len(input) != 3:
        raise ValueError(f"solve: the input must be (channels, height, width), got {input}")
    return Solution(
        [
            SolvedTable(
                printed, solve_rows(printed.rows, input, groups, dilation), input, claims or {}
            )
            for printed in parse_tables(text, channels_last)
        ]
    )


def _picture(shape: Sequence[int]) -> tuple[int, int, int]:
    """(C, H, W), with sides of 1 for a vector."""
    C, H, W = (*shape, 1, 1)[:3]
    return C, H, W


def _tells(finding: Finding) -> bool:
    """Whether a row did more than pass on what was before it."""
    best = finding.best
    kept = best is not None and best.settings is None and not best.joined
    return best is not None and not (kept and best.before == finding.row.shape)


def _row(finding: Finding) -> list[Any]:
    row, best = finding.row, finding.best
    assert best is not None
    settings = best.settings
    sides = [_side(shape[1:]) for shape in (best.before, row.shape)]
    side = sides[0] if sides[0] == sides[1] else "→".join(part or "-" for part in sides)
    several = "" if len(finding.answers) == 1 else " *"
    line: list[Any] = [
        row.name + several,
        " + ".join(best.sources[1:]),
        f"{best.before[0]:,}→{row.channels:,}",
        side,
    ]
    if settings is None or row.kind == "linear":
        bias = "" if settings is None else "yes" if settings.bias else "no"
        return [*line, "-", "-", "-", "-", bias or best.note]
    line += [settings.kernel, settings.stride, settings.padding]
    transposed = settings.output_padding if row.kind == "transposed" else "-"
    extra = f" d={settings.dilation}" if settings.dilation > 1 else ""
    extra += f" g={settings.groups}" if settings.groups > 1 else ""
    bias = ("yes" if settings.bias else "no") if row.parameters else ""
    return [*line, transposed, bias + extra]


def _other(answer: Answer, best: Answer) -> str:
    """An alternative, its source only where that is another."""
    if (answer.sources, answer.before) == (best.sources, best.before):
        bias = "" if answer.settings is None or answer.settings.bias else ", no bias"
        return f"{answer.settings}{bias}"
    return str(answer).replace("over input (", "over (")


def _side(sides: Sequence[int]) -> str:
    if not sides:
        return ""
    return str(sides[0]) if len(set(sides)) == 1 else "x".join(map(str, sides))
