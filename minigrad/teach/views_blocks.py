"""What a view is made of: paragraphs, matrices and tables, as plain text and as HTML.

Marks tell cells apart by characters, and in HTML by class and characters, never by colour alone::

    [5]   in the window, or touched by this step
    (5)   outside: padding, or cropped away
    {5}   the one that was chosen, or that is special in the sentence above
    .     a zero that is there by construction; [.] padding in the window
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.teach.fragment import fragment
from minigrad.teach.matrices import format_number

__all__ = [
    "Beside",
    "Block",
    "Lines",
    "Matrix",
    "Paragraph",
    "Table",
    "View",
    "WIDTH",
    "product_text",
    "sum_text",
]

WIDTH = 79  # columns of a terminal, but one
_BRACKETS = {"window": "[]", "outside": "()", "chosen": "{}", "padding": "[]"}
_DOTS = ("structural", "padding")  # marks of cells whose value is not shown
Place = tuple[int, int]


class Block:
    """A part of a view."""

    def lines(self) -> list[str]:
        """As plain text, at most `WIDTH` columns where it can be helped."""
        raise NotImplementedError

    def to_html(self) -> str:
        """As HTML without script and without references."""
        raise NotImplementedError


@dataclass
class Paragraph(Block):
    """A few sentences."""

    text: str

    def lines(self) -> list[str]:
        """Filled to the width."""
        return textwrap.wrap(self.text, WIDTH, break_long_words=False)

    def to_html(self) -> str:
        """As one paragraph."""
        return f"<p>{html.escape(self.text)}</p>"


@dataclass
class Lines(Block):
    """Lines that stay as they are; long sums are broken at their plus signs."""

    text: str

    def lines(self) -> list[str]:
        """Each line, broken where it is too long."""
        found = []
        for line in self.text.splitlines():
            indent = " " * (len(line) - len(line.lstrip()) + 4)
            wrapped = textwrap.wrap(
                line,
                WIDTH,
                subsequent_indent=indent,
                drop_whitespace=True,
                break_long_words=False,
                break_on_hyphens=False,
            )
            found.extend(wrapped or [""])
        return found

    def to_html(self) -> str:
        """As preformatted text."""
        return f"<pre>{html.escape(self.text)}</pre>"


@dataclass
class Matrix(Block):
    """A matrix with a title and marked cells.

    Attributes
    ----------
    values : array of numbers or strings, (rows, columns)
    title : str
    marks : mapping of (row, column) to "window", "padding", "outside", "chosen" or "structural"
    rows, columns : sequence, optional
        Labels, such as indices.
    """

    values: Any
    title: str = ""
    marks: Mapping[Place, str] = field(default_factory=dict)
    rows: Sequence[Any] | None = None
    columns: Sequence[Any] | None = None
    largest: Place = (16, 40)

    def _cells(self) -> list[list[str]]:
        """The texts of the part that is shown, with their marks; labels included."""
        values = np.asarray(self.values, dtype=object)
        height, width = self._shown()
        found = []
        if self.columns is not None:
            found.append([f" {self.columns[j]} " for j in range(width)])
        for i in range(height):
            row = []
            for j in range(width):
                mark = self.marks.get((i, j))
                text = "." if mark in _DOTS else format_number(values[i, j])
                left, right = tuple(_BRACKETS.get(mark or "", "  "))
                row.append(left + text + right)
            found.append(row)
        if self.rows is not None:
            labels = [f"{self.rows[i]} " for i in range(height)]
            if self.columns is not None:
                labels.insert(0, "")
            for row, label in zip(found, labels, strict=True):
                row.insert(0, label)
        return found

    def _shown(self) -> Place:
        rows, columns = np.shape(self.values)[:2]
        return min(rows, self.largest[0]), min(columns, self.largest[1])

    def lines(self) -> list[str]:
        """The title, then one line a row, cut at the width."""
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        fit, total = 0, 1
        while fit < len(widths) and total + widths[fit] <= WIDTH:
            total, fit = total + widths[fit], fit + 1
        if not any(mark in _BRACKETS for mark in self.marks.values()):
            cells = [[text.strip().rjust(len(text.strip()) + 1) for text in row] for row in cells]
            widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        body = [
            "".join(
                text.rjust(width) for text, width in zip(row[:fit], widths[:fit], strict=True)
            ).rstrip()
            for row in cells
        ]
        labels = int(self.rows is not None)
        rows, columns = np.shape(self.values)[:2]
        left = (rows - self._shown()[0], columns - (fit - labels))
        if any(left):
            parts = [
                f"{n} more {what}" for n, what in ((left[0], "rows"), (left[1], "columns")) if n
            ]
            body.append(f" ... {' and '.join(parts)} left out")
        return [*([self.title] if self.title else []), *body]

    def to_html(self) -> str:
        """As a table; the marks are classes and characters."""
        values = np.asarray(self.values, dtype=object)
        height, width = self._shown()
        parts = ['<table class="matrix">']
        if self.title:
            parts.append(f"<caption>{html.escape(self.title)}</caption>")
        if self.columns is not None:
            corner = "<td></td>" if self.rows is not None else ""
            heads = "".join(f"<th>{html.escape(str(self.columns[j]))}</th>" for j in range(width))
            parts.append(f"<tr>{corner}{heads}</tr>")
        for i in range(height):
            row = f"<th>{html.escape(str(self.rows[i]))}</th>" if self.rows is not None else ""
            for j in range(width):
                mark = self.marks.get((i, j), "")
                text = "." if mark in _DOTS else format_number(values[i, j])
                left, right = (c.strip() for c in _BRACKETS.get(mark, "  "))
                name = f' class="{mark}"' if mark else ""
                row += f"<td{name}>{left}{html.escape(text)}{right}</td>"
            parts.append(f"<tr>{row}</tr>")
        rows, columns = np.shape(values)[:2]
        if (rows, columns) != (height, width):
            note = f"{rows} x {columns} in all; {height} x {width} shown"
            parts.append(f'<tr><td colspan="{width}">{note}</td></tr>')
        return "".join([*parts, "</table>"])


@dataclass
class Beside(Block):
    """Blocks side by side, as far as the width allows; then below one another."""

    blocks: Sequence[Block]
    gap: int = 3

    def lines(self) -> list[str]:
        """Joined line by line."""
        found: list[str] = []
        group: list[list[str]] = []
        total = 0
        for block in self.blocks:
            lines = block.lines()
            width = max(map(len, lines), default=0)
            if group and total + self.gap + width > WIDTH:
                found += [*_joined(group, self.gap), ""]
                group, total = [], 0
            total += width + (self.gap if group else 0)
            group.append(lines)
        return found + _joined(group, self.gap)

    def to_html(self) -> str:
        """In one flexible row."""
        inner = "".join(block.to_html() for block in self.blocks)
        return f'<div class="beside">{inner}</div>'


def _joined(group: Sequence[Sequence[str]], gap: int) -> list[str]:
    height = max(map(len, group), default=0)
    widths = [max(map(len, lines), default=0) for lines in group]
    rows = []
    for i in range(height):
        parts = [
            (lines[i] if i < len(lines) else "").ljust(width)
            for lines, width in zip(group, widths, strict=True)
        ]
        rows.append((" " * gap).join(parts).rstrip())
    return rows


@dataclass
class Table(Block):
    """Rows of texts and numbers under headings."""

    headings: Sequence[str]
    entries: Sequence[Sequence[Any]]

    def _texts(self) -> list[list[str]]:
        return [[format_number(entry) for entry in row] for row in self.entries]

    def lines(self) -> list[str]:
        """Columns right-aligned under their headings."""
        rows = [list(self.headings), *self._texts()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        shown = ["  ".join(t.rjust(w) for t, w in zip(row, widths, strict=True)) for row in rows]
        return [f" {row}".rstrip() for row in shown]

    def to_html(self) -> str:
        """As a table."""
        heads = "".join(f"<th>{html.escape(text)}</th>" for text in self.headings)
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>"
            for row in self._texts()
        )
        return f'<table class="list"><tr>{heads}</tr>{rows}</table>'


@dataclass
class View:
    """One way to look at an operation.

    Attributes
    ----------
    name : str
        As it is asked for: "window", "toeplitz", ...
    title : str
    blocks : list of Block
    numbers : dict of str to ndarray
        What the view shows, for the tests and for other programs.
    """

    name: str
    title: str
    blocks: list[Block] = field(default_factory=list)
    numbers: dict[str, np.ndarray] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Add a paragraph."""
        self.blocks.append(Paragraph(text))

    def show(self, *blocks: Block) -> None:
        """Add blocks, several of them side by side."""
        self.blocks.append(blocks[0] if len(blocks) == 1 else Beside(blocks))

    def lines(self) -> list[str]:
        """The view as plain text."""
        found = [f"{self.title}", "-" * len(self.title)]
        for block in self.blocks:
            found += [*block.lines(), ""]
        return found[:-1] if self.blocks else found

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def to_html(self) -> str:
        """The view as a section."""
        inner = "".join(block.to_html() for block in self.blocks)
        name = html.escape(self.name)
        return f'<section id="view-{name}"><h2>{html.escape(self.title)}</h2>{inner}</section>'

    def _repr_html_(self) -> str:
        return fragment(self.to_html())


def product_text(x: Any, w: Any) -> str:
    """``3*2``, ``3*(-2)``: the factors of a product."""
    texts = [format_number(x), format_number(w)]
    left, right = (f"({text})" if text.startswith("-") else text for text in texts)
    return f"{left}*{right}"


def sum_text(values: Sequence[Any]) -> str:
    """``2 - 3 + 4``; ``0`` for nothing."""
    found = ""
    for value in values:
        text = format_number(value)
        sign, size = ("-", text[1:]) if text.startswith("-") else ("+", text)
        found += f" {sign} {size}" if found else text
    return found or "0"
