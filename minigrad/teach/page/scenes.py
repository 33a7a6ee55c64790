"""What a page shows: scenes, each some arrays and how the cells of one follow from the others.

A scene holds recorded numbers only: the cells of a `Trace` in the form of its JSON. The script
walks along them, draws them and looks up who uses whom.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.teach.explain_subject import Subject
from minigrad.teach.recording import Cell
from minigrad.teach.terms import CellTrace
from minigrad.teach.trace import Trace

__all__ = [
    "MOST_SHARED",
    "MOST_TERMS",
    "Picture",
    "Scene",
    "cells_json",
    "from_trace",
    "inside_out",
    "plain",
]

MOST_SHARED = 250_000  # terms of the trace that can be stepped through: some 12 MB of text
MOST_TERMS = 40_000  # of scenes with terms of their own


@dataclass
class Picture:
    """An array of a scene.

    Attributes
    ----------
    name : str
        As the terms and the captions call it.
    values : ndarray
        Of one to four axes; the last two are drawn, one matrix for each index of the others.
    role : {"input", "weight", "output", "given"}
        The first and second factor of the terms, what they make, or neither.
    caption : str
    origin : Cell, optional
        The index of the first element; negative where there is padding.
    kinds : mapping of Cell to {"padding", "structural", "cropped", "extra"}
        Keyed by index, origin included.
    corners : mapping of Cell to str
        A small text that stays in a cell's corner.
    """

    name: str
    values: np.ndarray
    role: str
    caption: str = ""
    origin: Cell | None = None
    kinds: Mapping[Cell, str] = field(default_factory=dict)
    corners: Mapping[Cell, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As the script reads it."""
        origin = self.origin or (0,) * self.values.ndim
        return {
            "name": self.name,
            "role": self.role,
            "caption": self.caption,
            "shape": list(self.values.shape),
            "origin": [int(i) for i in origin],
            "values": plain(self.values.ravel().tolist()),
            "kinds": {_key(cell): kind for cell, kind in self.kinds.items()},
            "corners": {_key(cell): text for cell, text in self.corners.items()},
        }


@dataclass
class Scene:
    """One interactive figure.

    Attributes
    ----------
    name, tab, title, lead : str
        The name stands in the address, the tab on the button.
    arrays : list of Picture
        In the order in which they stand.
    cells : "trace", "wide" or list of dict
        Of the page's trace, or cells of their own in the same form.
    order : {"gather", "scatter", "map"}
        A step is an output cell, an input cell, or there are no steps.
    verb : {"sum", "max", "mean", "steps"}
        How a caption is worded.
    taps : bool
        Marks come from the trace's ``wide`` cells, so that a tap on padding is marked, too.
    labels : list of str
        One for each step, before its caption.
    sequence : list of int
        The order of the output cells; by default as they come.
    winners : list of int
        Of a maximum: which term of each cell won.
    start : int
        The step that is shown first.
    notes : str
        HTML below the figure.
    """

    name: str
    tab: str
    title: str
    lead: str
    arrays: list[Picture]
    cells: Any = "trace"
    order: str = "gather"
    verb: str = "sum"
    taps: bool = False
    labels: list[str] = field(default_factory=list)
    sequence: list[int] = field(default_factory=list)
    winners: list[int] = field(default_factory=list)
    start: int = 0
    notes: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As the script reads it; texts that the page itself holds are left out."""
        return {
            "name": self.name,
            "order": self.order,
            "verb": self.verb,
            "taps": self.taps,
            "arrays": [array.to_dict() for array in self.arrays],
            "cells": self.cells,
            "labels": self.labels,
            "sequence": self.sequence,
            "winners": self.winners,
            "start": self.start,
        }


def _key(cell: Sequence[int]) -> str:
    return ",".join(str(int(i)) for i in cell)


def plain(values: Any) -> Any:
    """Numbers as the trace's JSON writes them."""
    if isinstance(values, list):
        return [plain(value) for value in values]
    number = float(values)
    if number != number or number in (np.inf, -np.inf):
        return str(number)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def from_trace(
    trace: Trace,
    place: Callable[[Cell], Cell] = tuple,
    first: Callable[[Cell], Cell] = tuple,
    second: Callable[[Cell], Cell] = tuple,
    keep: Callable[[Any], bool] = lambda term: True,
) -> list[dict[str, Any]]:
    """The cells of a trace in the form of its JSON, with their indices renamed.

    Parameters
    ----------
    trace : Trace
    place, first, second : callable
        The new index of an output cell, of a term's input and of its weight.
    keep : callable
        Which terms are told; those that a matrix holds by construction need not be.
    """
    renamed = {}
    for cell, how in trace.cells.items():
        terms = tuple(
            term._replace(
                input=first(term.input),
                weight=None if term.weight is None else second(term.weight),
            )
            for term in how.terms
            if keep(term)
        )
        renamed[place(cell)] = how._replace(terms=terms)
    return cells_json(renamed)


def cells_json(cells: Mapping[Cell, CellTrace]) -> list[dict[str, Any]]:
    """Cells in the form of the trace's JSON; where there are no terms, with their steps."""
    found = []
    for cell, how in cells.items():
        entry: dict[str, Any] = {
            "cell": list(cell),
            "value": plain(how.value),
            "start": plain(how.start),
            "start_cell": how.start_cell,
            "divisor": plain(how.divisor),
            "terms": [
                [t.step, t.input, t.weight, *plain([t.x, t.w, t.product, t.sum])] for t in how.terms
            ],
        }
        if not how.terms and how.number.operation not in ("cell", "constant"):
            entry["steps"] = [
                [sign, *(part if isinstance(part, str) or part is None else plain(part)
                         for part in parts)]
                for sign, *parts in how.steps()
            ]  # fmt: skip
        found.append(entry)
    return found


def inside_out(subject: Subject, name: str, kind: str) -> dict[Cell, str]:
    """Marks of the cells of the wide trace that the array itself does not have."""
    trace, wide = subject.trace, subject.trace.wide
    values = wide.inputs[name] if name in wide.inputs else wide.outputs[name]
    origin = wide.origins[name]
    found = {}
    for index in np.ndindex(*values.shape):
        cell = tuple(i + o for i, o in zip(index, origin, strict=True))
        if not trace.is_inside(cell, name):
            found[cell] = kind
    return found
