"""Small parts that several views share: names of cells, planes of a picture, marked matrices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.teach.matrices import format_number
from minigrad.teach.recording import Cell
from minigrad.teach.terms import CellTrace, Term
from minigrad.teach.trace import Trace
from minigrad.teach.views_blocks import Block, Lines, Matrix, product_text, sum_text

__all__ = [
    "around",
    "cell_name",
    "counts_of",
    "exactly",
    "plane_title",
    "planes",
    "product_matrix",
    "structural",
    "written_out",
]

Marks = Mapping[tuple[int, int], str]


def cell_name(name: str, cell: Sequence[int], shape: Sequence[int]) -> str:
    """``y[0,1]``, or ``y[0,2,0,1]`` where there are more pictures or channels than one.

    Examples
    --------
    >>> cell_name("y", (0, 0, 2, 1), (1, 1, 4, 4)), cell_name("y", (0, 3, 2, 1), (1, 5, 4, 4))
    ('y[2,1]', 'y[3,2,1]')
    """
    skipped = 0
    while skipped < len(shape) - 2 and shape[skipped] == 1:
        skipped += 1
    return f"{name}[{','.join(str(int(i)) for i in cell[skipped:])}]"


def plane_title(name: str, picture: int, channel: int, shape: Sequence[int]) -> str:
    """``x``, ``x, channel 1`` or ``x, picture 0, channel 1``: as much as tells planes apart.

    A weight's planes are not those of pictures, and are numbered: ``w[o,c]``.

    Examples
    --------
    >>> plane_title("x", 0, 1, (2, 3, 4, 4)), plane_title("w", 2, 0, (4, 1, 3, 3))
    ('x, picture 0, channel 1', 'w[2,0]')
    """
    if name in ("w", "gw"):
        return f"{name}[{picture},{channel}]" if shape[0] * shape[1] > 1 else name
    parts = [name]
    if shape[0] > 1:
        parts.append(f"picture {picture}")
    if shape[1] > 1:
        parts.append(f"channel {channel}")
    return ", ".join(parts)


def planes(
    name: str, values: np.ndarray, marks: Mapping[Cell, str] | None = None, most: int = 6
) -> list[Block]:
    """One matrix for each plane of a picture; `marks` by the index in `values`."""
    found: list[Block] = []
    for n in range(values.shape[0]):
        for c in range(values.shape[1]):
            if len(found) == most:
                count = values.shape[0] * values.shape[1]
                left = count - most
                return [*found, Lines(f"... {left} more plane{'s' * (left > 1)} of {name}")]
            here = {
                (cell[2], cell[3]): mark
                for cell, mark in (marks or {}).items()
                if (cell[0], cell[1]) == (n, c)
            }
            found.append(Matrix(values[n, c], plane_title(name, n, c, values.shape), here))
    return found


def structural(shape: Sequence[int], cells: Iterable[Cell]) -> dict[Cell, str]:
    """Marks of all cells but the given ones: zeros that are there by construction."""
    given = set(cells)
    return {cell: "structural" for cell in np.ndindex(*shape) if cell not in given}


def written_out(name: str, how: CellTrace, most: int = 64) -> Lines:
    """The sum of a cell: its factors, its products, and the running sums."""
    real = [term for term in how.terms if term.weight is not None or term.w != 0]
    terms = real[:most]
    start = [] if how.start_cell is None else [how.start]
    factors = [format_number(v) for v in start] + [product_text(t.x, t.w) for t in terms]
    products = [*start, *(term.product for term in terms)]
    cut = len(real) - len(terms)
    more = f" + ... {cut} more" if cut else ""
    divided = "" if how.divisor == 1 else f"({format_number(how.divisor)})"
    result = format_number(how.value)
    if not products:
        return Lines(f"{name} = {format_number(how.start)}, no product at all")
    lines = [f"{name} = {' + '.join(factors)}{more}"]
    if divided:
        added = sum_text([t.x for t in terms])
        lines = [f"{name} = ({added}{more}) / {divided[1:-1]}"]
        lines.append(f"    = {format_number(how.terms[-1].sum)} / {divided[1:-1]} = {result}")
        return Lines("\n".join(lines))
    if len(products) == 1:
        return Lines(f"{lines[0]} = {result}")
    lines.append(f"    = {sum_text(products)}{more} = {result}")
    running = [*start, *(term.sum for term in terms)]
    lines.append(f"    running sum: {', '.join(format_number(value) for value in running)}")
    return Lines("\n".join(lines))


def product_matrix(terms: Sequence[Term], shape: tuple[int, int], title: str) -> Matrix:
    """The products of one channel at their place in the kernel; what is missing is structural."""
    values = np.zeros(shape)
    marks: dict[tuple[int, int], str] = dict.fromkeys(np.ndindex(*shape), "structural")
    for term in terms:
        if term.weight is not None:
            place = (term.weight[-2], term.weight[-1])
            values[place] = term.product
            marks.pop(place, None)
    return Matrix(values, title, marks)


def counts_of(trace: Trace, of_input: bool) -> np.ndarray:
    """How many products each input pixel, or each output cell, takes part in."""
    values = trace.inputs[trace.factors[0]] if of_input else trace.output
    origin = trace.origins[trace.factors[0] if of_input else trace.output_name]
    counts = np.zeros(values.shape, np.int64)
    for cell, terms in trace.terms.items():
        for term in terms:
            place = term.input if of_input else cell
            counts[tuple(i - o for i, o in zip(place, origin, strict=True))] += 1
    return counts


def exactly(left: Any, right: Any) -> str:
    """Whether two results are equal, or how far apart they are."""
    far = float(np.abs(np.asarray(left) - np.asarray(right)).max(initial=0.0))
    return "equal in every cell" if far == 0 else f"equal but for rounding, {far:.1e} at most"


def around(
    plane: np.ndarray, title: str, marks: Marks, origin: Sequence[int], margin: int = 1
) -> Matrix:
    """A plane with marks; of a large one only the rows and columns about the marked window."""
    H, W = plane.shape
    inside = [place for place, mark in marks.items() if mark != "structural"]
    if not inside or (H <= 14 and W <= 16 and origin[2] <= 0 and origin[3] <= 0):
        return Matrix(plane, title, marks)
    rows, columns = zip(*inside, strict=True)
    top, bottom = max(min(rows) - margin, 0), min(max(rows) + margin + 1, H)
    left, right = max(min(columns) - margin, 0), min(max(columns) + margin + 1, W)
    near = {
        (i - top, j - left): mark
        for (i, j), mark in marks.items()
        if top <= i < bottom and left <= j < right
    }
    return Matrix(
        plane[top:bottom, left:right],
        title,
        near,
        rows=range(top + origin[2], bottom + origin[2]),
        columns=range(left + origin[3], right + origin[3]),
    )
