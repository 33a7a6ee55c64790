"""Tables and paragraphs that can be printed on 80 columns, or written as HTML."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import fill
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from minigrad.teach.fragment import fragment

__all__ = ["Report", "Table", "plain"]

WIDTH = 80
_NAMES = 24  # letters of a row's name that are kept in one line


@dataclass(frozen=True)
class Table:
    """Rows under headers; numbers stand right-aligned with their thousands apart.

    ``strong`` rows (by index) are printed bold: totals, and what is wrong.
    """

    headers: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    strong: tuple[int, ...] = ()


@dataclass
class Report:
    """A title and what stands under it: headings, paragraphs, tables.

    Examples
    --------
    >>> report = Report("Squares")
    >>> report.table(("n", "n^2"), [[40, 1600]])
    >>> print(report)
    Squares
    <BLANKLINE>
      n    n^2
     ─────────
     40  1,600
    """

    title: str
    blocks: list[tuple[str, Any]] = field(default_factory=list)

    def heading(self, text: str) -> None:
        """Add a heading."""
        self.blocks.append(("heading", text))

    def paragraph(self, text: str) -> None:
        """Add a paragraph; it is filled to the width."""
        self.blocks.append(("paragraph", text))

    def line(self, text: str) -> None:
        """Add a line of its own, such as a formula."""
        self.blocks.append(("line", text))

    def table(
        self, headers: tuple[str, ...], rows: Sequence[Sequence[Any]], strong: tuple[int, ...] = ()
    ) -> None:
        """Add a table."""
        self.blocks.append(("table", Table(headers, rows, strong)))

    def extend(self, other: Report) -> None:
        """Add another report, its title as a heading."""
        self.heading(other.title)
        self.blocks += other.blocks

    def __str__(self) -> str:
        parts, before = [self.title], ""
        for kind, content in self.blocks:
            if (kind, before) != ("line", "line"):
                parts.append("")
            before = kind
            if kind == "table":
                parts.append(_table_text(content))
            elif kind == "heading":
                parts += [content, "─" * min(len(content), WIDTH)]
            elif kind == "line":
                parts.append(fill(content, WIDTH, initial_indent="  ", subsequent_indent="      "))
            else:
                parts.append(fill(content, WIDTH))
        return "\n".join(parts)

    def to_html(self) -> str:
        """The same as one piece of HTML, with nothing outside it needed."""
        parts = [f"<h2>{html.escape(self.title)}</h2>"]
        for kind, content in self.blocks:
            if kind == "table":
                parts.append(_table_html(content))
            else:
                tag = {"heading": "h3", "line": "p><code", "paragraph": "p"}[kind]
                close = "</code></p>" if kind == "line" else f"</{tag}>"
                parts.append(f"<{tag}>{html.escape(content)}{close}")
        return fragment("".join(parts))

    def _repr_html_(self) -> str:
        return self.to_html()


def plain(value: Any) -> str:
    """A cell's text: numbers with their thousands apart, expressions without stars.

    Examples
    --------
    >>> plain(1234567), plain(0.25), plain("k**2*(NF + 1)")
    ('1,234,567', '0.25', 'k^2 (NF + 1)')
    """
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return re.sub(r"(?<=[\w)])\*(?=[\w(])", " ", str(value).replace("**", "^"))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _stands_right(value: Any) -> bool:
    return _is_number(value) or re.fullmatch(r"-?[\d.,]*", str(value)) is not None


def _table_text(table: Table) -> str:
    shown = RichTable(
        box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True, header_style=""
    )
    for column, header in enumerate(table.headers):
        right = all(_stands_right(row[column]) for row in table.rows)
        shown.add_column(
            header,
            justify="right" if right else "left",
            overflow="fold",
            no_wrap=column == 0 and max(len(plain(row[0])) for row in table.rows) <= _NAMES,
        )
    for row in table.rows:
        shown.add_row(*(Text(plain(cell)) for cell in row))
    console = Console(
        width=WIDTH,
        file=io.StringIO(),
        color_system=None,
        force_terminal=False,
        legacy_windows=False,
    )
    with console.capture() as captured:
        console.print(shown)
    lines = [line.rstrip() for line in captured.get().split("\n")]
    return "\n".join(line for line in lines if line)


def _table_html(table: Table) -> str:
    head = "".join(f"<th>{html.escape(header)}</th>" for header in table.headers)
    rows = []
    for number, row in enumerate(table.rows):
        cells = "".join(
            f"<td{' class=n' if _stands_right(cell) else ''}>{html.escape(plain(cell))}</td>"
            for cell in row
        )
        rows.append(f"<tr{' class=strong' if number in table.strong else ''}>{cells}</tr>")
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f"<div class=wide><table>{body}</table></div>"
