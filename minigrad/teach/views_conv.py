"""Views of a convolution: the window that slides, im2col, the Toeplitz matrix, leftover pixels.

The letters are those of ``kernels/loops/conv.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.kernels.geometry import Conv2dGeometry, PoolGeometry, unfold_geometry
from minigrad.teach.explain_subject import Subject
from minigrad.teach.recording import Cell
from minigrad.teach.trace import Trace
from minigrad.teach.views_blocks import Block, Matrix, View
from minigrad.teach.views_tools import (
    around,
    cell_name,
    counts_of,
    exactly,
    planes,
    product_matrix,
    written_out,
)

__all__ = ["geometry_of", "im2col", "leftover", "toeplitz", "unfold", "window", "window_marks"]

MOST_ENTRIES = 40_000  # of a matrix that is written out


def geometry_of(subject: Subject) -> Conv2dGeometry:
    """The settings of the (transposed) convolution, completed."""
    how = subject.settings_pairs
    return Conv2dGeometry(how["stride"], how["padding"], how["dilation"], how["groups"])


def window_marks(trace: Trace, cell: Cell) -> dict[Cell, str]:
    """Marks on the padded picture: the taps of one output cell, and the padding."""
    wide = trace.wide
    origin = wide.origins["x"]
    marks = {}
    for place in np.ndindex(*wide.inputs["x"].shape):
        whole = tuple(i + o for i, o in zip(place, origin, strict=True))
        if not trace.is_inside(whole):
            marks[place] = "structural"
    for term in wide.terms[cell]:
        place = tuple(i - o for i, o in zip(term.input, origin, strict=True))
        marks[place] = "window" if trace.is_inside(term.input) else "padding"
    return marks


def window(subject: Subject) -> View:
    """The window slides over the padded picture; every output cell is a sum of products."""
    trace, wide = subject.trace, subject.trace.wide
    view = View("window", "The window slides over the padded input")
    padded = wide.inputs["x"].shape[2:] != trace.inputs["x"].shape[2:]
    view.say(
        "[ ] marks the pixels under the kernel's taps"
        + (", . is padding, which counts as 0." if padded else ".")
        + " Every tap is multiplied by its weight, and the products are added up in this order."
    )
    KH, KW = subject.w.shape[2:]
    picture, origin = wide.inputs["x"], wide.origins["x"]
    filters, base = subject.w, trace.origins["w"]
    for cell in subject.cells[: subject.limit]:
        name = cell_name("y", cell, subject.y.shape)
        how = trace.cells[cell]
        marks = window_marks(trace, cell)
        channels = sorted({term.input[1] for term in wide.terms[cell]})
        for c in channels[:4]:
            terms = [t for t in how.terms if t.input[1] == c]
            many = f", channel {c}" if len(channels) > 1 else ""
            plane = (cell[0] - origin[0], c - origin[1])
            first = {(p[2], p[3]): m for p, m in marks.items() if p[:2] == plane}
            weight = next(t.weight for t in wide.terms[cell] if t.input[1] == c)
            assert weight is not None
            blocks: list[Block] = [
                around(picture[plane], f"{name}: x{many}", first, origin),
                Matrix(filters[weight[0] - base[0], weight[1] - base[1]], "w"),
                product_matrix(terms, (KH, KW), "x * w"),
            ]
            view.show(*blocks)
        if len(channels) > 4:
            view.say(f"{len(channels) - 4} more channels are left out of the pictures.")
        view.show(written_out(name, how))
        outside = len(wide.terms[cell]) - len(how.terms)
        if outside:
            view.say(f"{outside} of {len(wide.terms[cell])} taps lie on padding and add nothing.")
    if rest := subject.steps_left_out(len(subject.cells)):
        view.say(rest)
    view.numbers = {"y": subject.y, "padded": picture}
    return view


def unfold(x: np.ndarray, geometry: Conv2dGeometry, kernel: tuple[int, int]) -> np.ndarray:
    """The engine's im2col."""
    stride, padding, dilation, _ = geometry
    _, shape = unfold_geometry(x.shape, kernel, dilation, padding, stride)
    columns = np.empty(shape, x.dtype)
    how = PoolGeometry(kernel, stride, padding, dilation)
    kernels.unfold(columns, np.ascontiguousarray(x), how)
    return columns


def im2col(subject: Subject) -> View:
    """Every window becomes a column: convolution as a matrix product."""
    view = View("im2col", "im2col: every window a column, convolution a matrix product")
    geometry, x, w = geometry_of(subject), subject.x, subject.w
    O, CG, KH, KW = w.shape
    G = geometry.groups
    columns = unfold(x, geometry, (KH, KW))
    N, rows, L = columns.shape
    filters = w.reshape(G, O // G, CG * KH * KW)
    blocks = columns.reshape(N, G, CG * KH * KW, L)
    product = (filters @ blocks).reshape(subject.y.shape)
    if "b" in subject.trace.inputs:
        product = product + subject.trace.inputs["b"].reshape(O, 1, 1)
    view.say(
        f"Each of the {L} windows is written as a column of C*KH*KW = {rows} numbers, each filter "
        f"as a row of {CG * KH * KW}. The {x[0].size} pixels become {rows * L} entries: memory "
        "paid for the speed of a matrix product. Rows are labelled c,kh,kw, columns oh,ow."
    )
    OH, OW = subject.y.shape[2:]
    labels = [f"{c},{kh},{kw}" for c in range(rows // (KH * KW)) for kh, kw in np.ndindex(KH, KW)]
    view.show(Matrix(w.reshape(O, -1), "the filters as rows", largest=(8, 40)))
    many = "" if N == 1 else " of picture 0"
    view.show(
        Matrix(
            columns[0],
            f"the columns{many}",
            rows=labels,
            columns=[f"{oh},{ow}" for oh, ow in np.ndindex(OH, OW)],
        )
    )
    plus = " + bias" if "b" in subject.trace.inputs else ""
    view.show(Matrix(product[0].reshape(O, L), f"filters @ columns{plus}"))
    view.say(f"Folded back to {OH} x {OW} it is y: {exactly(product, subject.y)}.")
    view.numbers = {"columns": columns, "y": product}
    return view


def toeplitz(subject: Subject) -> View:
    """The matrix of the convolution, whose transpose is the transposed convolution."""
    forward = subject.operation == "conv2d"
    view = View("toeplitz", "The sparse matrix T (Toeplitz), and its transpose")
    geometry, w = geometry_of(subject), subject.w
    large, small = (subject.x, subject.y) if forward else (subject.y, subject.x)
    entries = large[0].size * small[0].size
    if entries > MOST_ENTRIES:
        view.say(
            f"T would have {small[0].size} x {large[0].size} = {entries} entries; take a smaller "
            f"input (up to {MOST_ENTRIES} entries are written out)."
        )
        return view
    make = kernels.loops.toeplitz_matrix
    T = make(w, large.shape, small.shape, geometry)
    taps = make(np.ones_like(w), large.shape, small.shape, geometry)
    marks = dict.fromkeys(zip(*np.nonzero(taps == 0), strict=True), "structural")
    marks = {(int(i), int(j)): mark for (i, j), mark in marks.items()}
    vector, matrix, result = (
        ("x", "T", T @ subject.x[0].ravel()) if forward else ("x", "T'", T.T @ subject.x[0].ravel())
    )
    if "b" in subject.trace.inputs:
        O = subject.y.shape[1]
        result = (result.reshape(O, -1) + subject.trace.inputs["b"].reshape(O, 1)).ravel()
    share = np.count_nonzero(taps) / T.size
    view.say(
        f"Convolution is linear, so it is a matrix: {T.shape[0]} rows, one an output, and "
        f"{T.shape[1]} columns, one an input, both in reading order. . is a zero by construction "
        f"({1 - share:.0%} of T); every row holds the kernel, shifted."
    )
    view.show(Matrix(T, f"T, {T.shape[0]} x {T.shape[1]}", marks, largest=(40, 40)))
    back = T.T @ (subject.gy if forward else subject.x)[0].ravel()
    if forward:
        view.say(
            f"T times x, written as one column, is y: {_list(result)}; "
            f"{exactly(result, subject.y[0].ravel())}."
        )
        view.say(
            "T transposed goes from pictures like y to pictures like x: that is the transposed "
            "convolution, and the gradient of the input. Applied to gy it gives gx:"
        )
        view.show(
            *planes("gy", subject.gy[:1]),
            *planes("gx = T' gy", back.reshape(large[:1].shape)),
        )
    else:
        view.say(
            "T is the matrix of the convolution that goes the other way, from pictures like y to "
            f"pictures like x. The transposed convolution multiplies by T transposed ({matrix}), "
            "which puts every input's kernel back where that window was:"
        )
        view.show(*planes("T' x", result.reshape(subject.y[:1].shape)))
        view.say(
            f"It is y: {exactly(result, subject.y[0].ravel())}. It is not the inverse: T' T is "
            "not the identity, so the values of a picture do not come back, only its size."
        )
    name = "gx" if forward else "y"
    numbers: dict[str, Any] = {"T": T, name: back if forward else result}
    view.numbers = numbers | ({"y": result} if forward else {})
    return view


def _list(values: np.ndarray) -> str:
    shown = [f"{v:g}" for v in values[:24]]
    return ", ".join(shown) + (", ..." if values.size > 24 else "")


def leftover(subject: Subject) -> View:
    """How many windows see each pixel; and those that none sees."""
    view = View("leftover", "How many windows see each pixel")
    trace = subject.trace
    counts = counts_of(trace, of_input=True)
    seen = np.array((counts > 0).any(axis=(0, 1)))
    per_filter = counts[:1].max(axis=1, keepdims=True) // max(
        subject.y.shape[1] // subject.settings_pairs.get("groups", 1), 1
    )
    marks = {(0, 0, *p): "chosen" for p in zip(*np.nonzero(~seen), strict=True)}
    view.show(*planes("windows that see the pixel", per_filter, marks))
    how = subject.settings_pairs
    kernel = how["kernel_size"] if "kernel_size" in how else subject.w.shape[2:]
    for axis, name in enumerate(("row", "column")):
        H, OH = subject.x.shape[2 + axis], subject.y.shape[2 + axis]
        S, P, D = how["stride"][axis], how["padding"][axis], how["dilation"][axis]
        K = kernel[axis]
        unseen = np.flatnonzero(~seen.any(axis=1 - axis)).tolist()
        left = H + 2 * P - ((OH - 1) * S + D * (K - 1) + 1)
        if left > 0:
            view.say(
                f"The last window ends {left} {name}{'s' * (left > 1)} before the padded input "
                f"does: (H + 2*P - D*(K-1) - 1) mod S = ({H} + 2*{P} - {D}*{K - 1} - 1) mod {S} "
                f"= {left}. A transposed convolution back to this size needs output padding {left}."
            )
        if unseen:
            listed = ", ".join(map(str, unseen))
            view.say(f"No window sees {name}{'s' * (len(unseen) > 1)} {listed}.")
    missed = int((~seen).sum())
    if missed:
        view.say(
            f"{missed} of {seen.size} pixels, {{0}} above, take no part: they do not change y, and "
            "their gradient is 0."
        )
    else:
        view.say("Every pixel is seen at least once.")
    view.numbers = {"counts": per_filter, "seen": seen}
    return view
