"""A worksheet as one HTML file, for the screen and for the printer."""

from __future__ import annotations

import html
import itertools
from collections.abc import Sequence

import numpy as np

from minigrad.teach.matrices import format_number
from minigrad.teach.page.assemble import assembled
from minigrad.teach.worksheet_blocks import Facts, Part, Say, Show, Work

__all__ = ["parts_to_html", "sheet_to_html", "sheet_to_page"]

Pieces = Sequence[tuple[str, str, Sequence[Part], str]]
"""Heading, what stands small beside it, the parts, the command that checks an answer."""


def sheet_to_page(title: str, note: str, sheet: Pieces, solutions: Pieces) -> str:
    """One file that needs no other."""
    body = sheet_to_html(title, note, sheet, solutions)
    styles = ("theme.css", "worksheet.css")
    return assembled(title, body, styles=styles).replace("<body>", '<body class="sheet">', 1)


def sheet_to_html(title: str, note: str, sheet: Pieces, solutions: Pieces) -> str:
    """The exercises, and the solutions if there are any, as a fragment."""
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        '<p class="who"><span>Name</span><span>Date</span></p>',
        f'<p class="lead">{html.escape(note)}</p>',
        *(_piece(*piece) for piece in sheet),
    ]
    if solutions:
        inner = "".join(_piece(*piece) for piece in solutions)
        parts.append(f'<section class="solutions"><h1>Solutions</h1>{inner}</section>')
    return "\n".join(parts)


def _piece(heading: str, small: str, parts: Sequence[Part], command: str) -> str:
    beside = f"<small>{html.escape(small)}</small>" if small else ""
    below = ""
    if command:
        below = (
            f'<div class="space"></div><p class="note">Check: <code>{html.escape(command)}'
            "</code></p>"
        )
    return (
        f'<section class="exercise"><h2>{html.escape(heading)}{beside}</h2>'
        f"{parts_to_html(parts)}{below}</section>"
    )


def parts_to_html(parts: Sequence[Part]) -> str:
    """Parts in their order; sums that follow each other stand in columns."""
    found = []
    for kind, group in itertools.groupby(parts, type):
        if kind is Work:
            sums = "".join(_work(part) for part in group if isinstance(part, Work))
            found.append(f'<div class="sums">{sums}</div>')
            continue
        for part in group:
            if isinstance(part, Say):
                found.append(f"<p>{html.escape(part.text)}</p>")
            elif isinstance(part, Show):
                grids = "".join(_grid(name, values) for name, values in part.matrices)
                found.append(f'<div class="matrices">{grids}</div>')
            elif isinstance(part, Facts):
                found.append(f'<pre class="facts">{html.escape(_signs(_lines(part)))}</pre>')
    return "".join(found)


def _lines(part: Facts) -> str:
    return "\n".join(part.lines)


def _signs(text: str) -> str:
    """A minus and a dot as printers set them."""
    return text.replace(" -> ", " \u2192 ").replace("*", "\u00b7").replace("-", "\u2212")


def _grid(name: str, values: np.ndarray) -> str:
    size = "small" if max(values.shape) <= 8 else "tiny"
    rows = "".join(
        "<tr>" + "".join(f"<td>{_signs(format_number(value))}</td>" for value in row) + "</tr>"
        for row in values
    )
    title = html.escape(_signs(name))
    return (
        f'<figure class="grid {size}"><figcaption><b>{title}</b></figcaption>'
        f'<div class="box"><table>{rows}</table></div></figure>'
    )


def _work(part: Work) -> str:
    steps = [step for step in part.steps if not step.startswith("running")]
    running = [step for step in part.steps if step.startswith("running")]
    texts = [html.escape(_signs(step)) for step in steps]
    # The factors, then the products in a line of their own where both do not fit into one.
    apart = "<br>" if len(steps) > 2 and len(" = ".join(steps)) > 40 else ""
    middle = f" = {texts[0]}" if len(texts) > 1 else ""
    middle += "".join(f"{apart} = {text}" for text in texts[1:-1])
    last = f' = <span class="result">{texts[-1]}</span>'
    note = f'<br><span class="running">{_signs(running[0])}</span>' if running else ""
    return f'<p class="sum"><b>{html.escape(part.name)}</b>{middle}{last}{note}</p>'
