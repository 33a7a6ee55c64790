"""Scenes of other faces of the operation: im2col, Toeplitz, zero insertion, phases, backward.

The letters are those of ``kernels/loops/conv.py``.
"""

from __future__ import annotations

import numpy as np

from minigrad import kernels
from minigrad.teach.explain_subject import Subject
from minigrad.teach.page.scenes import Picture, Scene, from_trace
from minigrad.teach.recording import Cell
from minigrad.teach.trace import Trace, record
from minigrad.teach.views_backward import gradients
from minigrad.teach.views_conv import geometry_of, unfold
from minigrad.teach.views_faces import inserted, padded_to_fit, turned

__all__ = ["backward", "im2col", "phases", "toeplitz", "zero_insertion"]

MOST_ENTRIES = 4_000  # of a matrix that is drawn cell by cell


def im2col(subject: Subject) -> list[Scene]:
    """Every window a column; picture 0."""
    geometry, x, w = geometry_of(subject), subject.x, subject.w
    O, CG, KH, KW = w.shape
    G, OG, K = geometry.groups, O // max(geometry.groups, 1), CG * KH * KW
    columns = unfold(x, geometry, (KH, KW))[0]
    if columns.size > MOST_ENTRIES:
        return []
    filters, b = w.reshape(O, K), subject.trace.inputs.get("b")
    cells = []
    for g in range(G):
        own = slice(g * OG, (g + 1) * OG)
        part = columns[g * K : (g + 1) * K].T
        trace = record("linear", part, filters[own], None if b is None else b[own])
        cells += from_trace(
            trace,
            lambda cell, g=g: (cell[1] + g * OG, cell[0]),  # type: ignore[misc]
            lambda cell, g=g: (cell[1] + g * K, cell[0]),  # type: ignore[misc]
            lambda cell, g=g: (cell[0] + g * OG, cell[1]),  # type: ignore[misc]
        )
    lead = (
        "Each window is copied out as a column, each filter is a row. Convolution is then a "
        "matrix product, which machines are good at; the price is memory, since overlapping "
        "windows copy the same pixel again and again."
    )
    arrays = [
        Picture("w", filters, "weight", "one filter a row"),
        Picture("columns", columns, "input", "one window a column"),
        Picture("y", subject.y[0].reshape(O, -1), "output", "one output channel a row"),
    ]
    return [Scene("im2col", "im2col", "Every window a column", lead, arrays, cells=cells)]


def toeplitz(subject: Subject) -> list[Scene]:
    """The matrix of the operation; picture 0."""
    forward = subject.operation == "conv2d"
    geometry, w = geometry_of(subject), subject.w
    large, small = (subject.x, subject.y) if forward else (subject.y, subject.x)
    if large[0].size * small[0].size > MOST_ENTRIES:
        return []
    make = kernels.loops.toeplitz_matrix
    T, taps = (make(v, large.shape, small.shape, geometry) for v in (w, np.ones_like(w)))
    if not forward:
        T, taps = T.T, taps.T
    b = subject.trace.inputs.get("b")
    if b is not None:
        b = np.repeat(b, subject.y[0, 0].size)
    trace = record("linear", subject.x[:1].reshape(1, -1), np.ascontiguousarray(T), b)
    kinds: dict[Cell, str] = {
        (int(i), int(j)): "structural" for i, j in zip(*np.nonzero(taps == 0), strict=True)
    }
    name = "T" if forward else "T'"
    lead = (
        "Convolution is linear, so it is a matrix: a row for each output, a column for each input, "
        "and the kernel, shifted, in every row. Hatched cells are zeros by construction. Read "
        "column by column, it is the transposed convolution."
        if forward
        else "The transposed convolution multiplies by the transpose of the matrix of the "
        "convolution that goes the other way: a row for each output, a column for each input, and "
        "the kernel in every column. It is not the inverse."
    )
    arrays = [
        Picture("x", subject.x[0].reshape(1, -1), "input", "the input in reading order"),
        Picture(name, T, "weight", "the sparse matrix", kinds=kinds),
        Picture("y", subject.y[0].reshape(-1, 1), "output", "the output"),
    ]
    cells = from_trace(trace, lambda cell: (cell[1], 0), keep=lambda term: term.weight not in kinds)
    return [Scene("toeplitz", "Matrix", "One sparse matrix", lead, arrays, cells=cells)]


def _convolved(
    subject: Subject, values: np.ndarray, output: tuple[int, ...]
) -> tuple[Trace, Picture, Picture]:
    """Zeros inserted, the kernel turned, a plain convolution of stride 1."""
    S, P, D, G = geometry_of(subject)
    kernel, K = turned(subject.w, G), subject.w.shape[2:]
    picture = padded_to_fit(inserted(values, S), K, P, D, output)
    real = padded_to_fit(inserted(np.ones_like(values), S), K, P, D, output)
    b = subject.trace.inputs.get("b") if values is subject.x else None
    trace = record("conv2d", picture, kernel, b, dilation=D, groups=G)
    kinds: dict[Cell, str] = {
        tuple(map(int, cell)): "structural" for cell in zip(*np.nonzero(real == 0), strict=True)
    }
    first = Picture("z", picture, "input", "zeros inserted, zeros around", kinds=kinds)
    second = Picture("w180", kernel, "weight", "the kernel, turned by 180 degrees")
    return trace, first, second


def zero_insertion(subject: Subject) -> list[Scene]:
    """A transposed convolution as a plain one."""
    trace, first, second = _convolved(subject, subject.x, subject.y.shape[2:])
    lead = (
        "The same output from a plain convolution: put S - 1 zeros between neighbouring pixels, "
        "pad, turn the kernel by 180 degrees, and slide it with stride 1. Most products multiply a "
        "zero, so nobody computes it this way."
    )
    made = Picture("y", trace.output, "output", "the output")
    return [Scene("zero_insertion", "Zero insertion", "Zeros between the pixels", lead,
                  [first, second, made], cells=from_trace(trace))]  # fmt: skip


def phases(subject: Subject) -> list[Scene]:
    """The output cells by their place within the stride."""
    (SH, SW), _, _, _ = geometry_of(subject)
    trace = subject.trace
    if SH * SW > 26:
        return []
    letter = {phase: chr(65 + k) for k, phase in enumerate(np.ndindex(SH, SW))}
    of = {cell: letter[cell[2] % SH, cell[3] % SW] for cell in trace.cells}
    taps: dict[Cell, str] = {}
    for cell, terms in trace.terms.items():
        for term in terms:
            if term.weight is not None:
                taps[term.weight] = of[cell]
    letters = list(of.values())
    order = sorted(range(len(letters)), key=letters.__getitem__)
    lead = (
        f"Outputs {SH} rows apart and {SW} columns apart meet the same weights, and only those. So "
        f"the output falls into {SH * SW} phases, each a small convolution of its own with a part "
        "of the kernel; the letters show which belongs to which."
    )
    arrays = [
        Picture("x", subject.x, "input", "the input"),
        Picture("w", subject.w, "weight", "the kernel, shared out", corners=taps),
        Picture("y", subject.y, "output", "the output, phase by phase", corners=of),
    ]
    labels = [f"Phase {letters[k]}." for k in order]
    return [Scene("phases", "Phases", "One small convolution a phase", lead, arrays,
                  sequence=order, labels=labels)]  # fmt: skip


_LEADS = {
    "gx": "What a pixel owes: the gradients of all outputs that it reached, each times the weight "
    "through which it did. The kernel is used as it is; nothing is turned.",
    "gw": "What a weight owes: over all windows, the pixel that it met times the gradient of the "
    "output that it helped to make.",
    "gb": "What the bias owes: it is added to every output of its channel, so it collects all of "
    "their gradients.",
}
_NAMES = {"gx": "the input", "gw": "the weight", "gb": "the bias", "gy": "the output"}


def backward(subject: Subject) -> list[Scene]:
    """A scene for each gradient."""
    found = []
    for name, trace in gradients(subject).items():
        arrays = []
        for factor, role in zip(trace.factors, ("input", "weight"), strict=True):
            if factor is not None:
                owner = _NAMES.get(factor)
                caption = f"the gradient at {owner}" if owner else ""
                arrays.append(Picture(factor, trace.inputs[factor], role, caption,
                                      trace.origins[factor]))  # fmt: skip
        arrays.append(Picture(name, trace.output, "output", f"the gradient of {_NAMES[name]}"))
        steps = any(cell.number.operation not in ("cell", "constant") and not cell.terms
                    for cell in trace.cells.values())  # fmt: skip
        if steps:
            return []  # batch norm's own formula is told in words
        title = f"The gradient of {_NAMES[name]}"
        lead = _LEADS[name]
        if subject.operation == "max_pool2d":
            lead = "Every window hands its gradient to the pixel that won; the others get nothing."
        found.append(Scene(f"backward-{name}", f"Gradient {name}", title, lead, arrays,
                           cells=from_trace(trace)))  # fmt: skip
    if subject.operation == "conv2d":
        trace, first, second = _convolved(subject, subject.gy, subject.x.shape[2:])
        lead = (
            "Where is the 180-degree rotation? Here. The scatter of gy with the kernel as it is "
            "gives the same numbers as a plain convolution of gy, with zeros inserted and around "
            "it, and the kernel turned: the same products, counted from the pixel's side."
        )
        made = Picture("gx", trace.output, "output", "the gradient of the input, again")
        found.insert(1, Scene("backward-turned", "Rotation", "Where the rotation went", lead,
                              [first, second, made], cells=from_trace(trace)))  # fmt: skip
    return found
