r"""A worksheet as LaTeX that compiles on its own: class article, package amsmath, nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from minigrad.teach.matrices import format_number
from minigrad.teach.worksheet_blocks import Facts, Part, Say, Show, Work
from minigrad.teach.worksheet_html import Pieces

__all__ = ["escaped", "sheet_to_latex"]

_HEAD = r"""\documentclass[11pt,a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[margin=2.2cm]{geometry}
\usepackage{amsmath}
\setlength{\parindent}{0pt}
\setlength{\parskip}{0.6ex}
\setcounter{MaxMatrixCols}{30}
\sloppy
\begin{document}
"""
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
}  # fmt: skip


def escaped(text: str) -> str:
    r"""Text in which nothing is a command.

    Examples
    --------
    >>> print(escaped("conv_transpose2d: 50 %"))
    conv\_transpose2d: 50 \%
    """
    found = "".join(_SPECIAL.get(letter, letter) for letter in text)
    return found.replace("->", r"$\to$").replace("--", r"-{}-")


def sheet_to_latex(title: str, note: str, sheet: Pieces, solutions: Pieces) -> str:
    """The whole file."""
    lines = [_HEAD + rf"\section*{{{escaped(title)}}}", "Name: \\hrulefill\\quad Date: \\hrulefill"]
    lines += ["", escaped(note), ""]
    for piece in sheet:
        lines += _piece(*piece, together=True)
    if solutions:
        lines += [r"\newpage", r"\section*{Solutions}", ""]
        for piece in solutions:
            lines += _piece(*piece, together=False)
    return "\n".join([*lines, r"\end{document}"]) + "\n"


def _piece(
    heading: str, small: str, parts: Sequence[Part], command: str, together: bool
) -> list[str]:
    """One exercise; `together` keeps it on one page."""
    beside = rf" {{\normalfont\small {escaped(small)}}}" if small else ""
    lines = [rf"\subsection*{{{escaped(heading)}{beside}}}"]
    for part in parts:
        lines += _part(part)
    if command:
        lines += ["", rf"{{\footnotesize Check: \texttt{{{escaped(command)}}}}}"]
    if together:
        lines = [r"\begin{minipage}{\textwidth}", *lines, r"\end{minipage}", r"\par\bigskip"]
    return [*lines, ""]


def _part(part: Part) -> list[str]:
    if isinstance(part, Say):
        return [escaped(part.text), ""]
    if isinstance(part, Facts):
        return [rf"\texttt{{{escaped(line)}}}\\" for line in part.lines[:-1]] + [
            rf"\texttt{{{escaped(part.lines[-1])}}}", "",
        ]  # fmt: skip
    if isinstance(part, Show):
        return [*(_matrix(name, values) for name, values in part.matrices), ""]
    return _work(part)


def _name(name: str) -> str:
    r"""``y[0,1]`` as y with indices; letters of a word stay upright."""
    found = re.fullmatch(r"([a-z]+)(?:\[([\d,]+)\])?(\*w)?", name)
    if found is None:
        return rf"\text{{{escaped(name)}}}"
    letter, index, times = found[1], found[2], found[3]
    shown = letter if len(letter) == 1 else rf"\mathrm{{{letter}}}"
    return shown + (f"_{{{index}}}" if index else "") + (r" \cdot w" if times else "")


def _matrix(name: str, values: np.ndarray) -> str:
    """A matrix in the line, with space behind it; the line breaks between matrices."""
    rows = r" \\ ".join(" & ".join(format_number(value) for value in row) for row in values)
    return rf"$\displaystyle {_name(name)} = \begin{{bmatrix}} {rows} \end{{bmatrix}}$\quad"


def _math(text: str) -> str:
    return text.replace("*", r" \cdot ").replace("max(", r"\max(")


def _work(part: Work) -> list[str]:
    """In-line mathematics, which TeX breaks at its plus signs."""
    steps = [step for step in part.steps if not step.startswith("running")]
    running = [step for step in part.steps if step.startswith("running")]
    text = f"${_name(part.name)} = {' = '.join(map(_math, steps))}$"
    if running:
        text += rf"\\{{\small\hspace*{{2em}}{escaped(running[0])}}}"
    return [rf"{text}\par"]
