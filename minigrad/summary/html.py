"""A summary as an HTML table, for notebooks: names where the text has numbers."""

from __future__ import annotations

from html import escape
from typing import Any

from minigrad.summary.rows import Row
from minigrad.summary.table import cells, totals

__all__ = ["page_of"]

_HEADS = ("#", "layer", "kind", "comes from", "window", "output", "parameters", "MACs", "field")
_RIGHT = ("#", "parameters", "MACs", "field")


def page_of(summary: Any) -> str:
    """The table and its totals, without any style but alignment."""
    labels = {0: "input"} | {row.number: _label(row) for row in summary.rows}
    shapes = ", ".join("x".join(map(str, shape)) for shape in summary.inputs)
    head = "".join(f"<th>{name}</th>" for name in _HEADS)
    body = "\n".join(_line(row, labels) for row in summary.rows)
    below = "".join(
        f"<tr><td>{escape(what)}</td><td>{escape(much)}</td></tr>" for what, much in totals(summary)
    )
    return (
        f"<p>{escape(summary.title)}, input {shapes}</p>\n"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
        f"<table>{below}</table>"
    )


def _label(row: Row) -> str:
    return row.name or f"{row.kind} ({row.number})"


def _line(row: Row, labels: dict[int, str]) -> str:
    number, _, _, *others = cells(row)
    sources = ", ".join(labels[source] for source in row.sources)
    texts = [number, row.name, row.kind, sources, *others]
    columns = (
        f'<td style="text-align:{"right" if name in _RIGHT else "left"}">{escape(text)}</td>'
        for name, text in zip(_HEADS, texts, strict=True)
    )
    return f"<tr>{''.join(columns)}</tr>"
