"""The other faces of a transposed convolution: zeros inserted, and stride phases.

The letters are those of ``kernels/loops/faces.py``, whose functions are run and compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.kernels import loops
from minigrad.teach.explain_subject import Subject
from minigrad.teach.trace import record
from minigrad.teach.views_blocks import Matrix, View
from minigrad.teach.views_conv import geometry_of
from minigrad.teach.views_tools import cell_name, exactly, planes, written_out

__all__ = ["inserted", "phases", "run_face", "turned", "zero_insertion"]


def run_face(name: str, subject: Subject) -> np.ndarray:
    """The result of one of the functions of ``kernels/loops/faces.py``."""
    y = np.empty_like(subject.y, order="C")
    b = subject.trace.inputs.get("b", np.zeros(y.shape[1], y.dtype))
    getattr(loops, name)(y, subject.x, subject.w, b, geometry_of(subject))
    return y


def inserted(x: np.ndarray, stride: tuple[int, int]) -> np.ndarray:
    """S - 1 zeros between neighbouring pixels: a transposed convolution with a kernel of one 1."""
    C = x.shape[1]
    return record("conv_transpose2d", x, np.ones((C, 1, 1, 1)), stride=stride, groups=C).output


def turned(w: np.ndarray, groups: int) -> np.ndarray:
    """The kernel turned by 180 degrees, (I, O/G, KH, KW) to (O, I/G, KH, KW)."""
    I, OG, KH, KW = w.shape
    grouped = w[:, :, ::-1, ::-1].reshape(groups, I // groups, OG, KH, KW)
    swapped = grouped.transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(swapped).reshape(groups * OG, I // groups, KH, KW)


def padded_to_fit(
    spread: np.ndarray, kernel: Any, padding: Any, dilation: Any, output: Any
) -> np.ndarray:
    """The picture with zeros inserted, padded (or cropped) so that a plain convolution gives y."""
    widths: list[tuple[int, int]] = [(0, 0), (0, 0)]
    for size, K, P, D, OH in zip(spread.shape[2:], kernel, padding, dilation, output, strict=True):
        before = D * (K - 1) - P
        widths.append((before, OH + D * (K - 1) - size - before))
    positive = [(max(a, 0), max(b, 0)) for a, b in widths]
    cut = tuple(
        slice(max(-a, 0), size + sum(both) - max(-b, 0))
        for (a, b), both, size in zip(widths, positive, spread.shape, strict=True)
    )
    return np.ascontiguousarray(np.pad(spread, positive)[cut])


def _both(height: int, width: int) -> str:
    return str(height) if height == width else f"{height} x {width}"


def zero_insertion(subject: Subject) -> View:
    """Transposed convolution as a convolution of the spread picture with the kernel turned."""
    view = View("zero_insertion", "Zeros inserted, kernel turned by 180 degrees")
    (SH, SW), (PH, PW), (DH, DW), G = geometry_of(subject)
    KH, KW = subject.w.shape[2:]
    spread = inserted(subject.x, (SH, SW))
    kernel = turned(subject.w, G)
    picture = padded_to_fit(spread, (KH, KW), (PH, PW), (DH, DW), subject.y.shape[2:])
    b = subject.trace.inputs.get("b")
    trace = record("conv2d", picture, kernel, b, dilation=(DH, DW), groups=G)
    view.say(
        f"Between neighbouring pixels come S - 1 = {_both(SH - 1, SW - 1)} zeros, around them "
        f"D*(K-1) - P = {_both(DH * (KH - 1) - PH, DW * (KW - 1) - PW)} (negative means cropping); "
        "output padding is more at the bottom and on the right. A plain convolution of stride 1 "
        "with the kernel turned by 180 degrees then gives y. Why turned: output row oh gets tap "
        "kh from the pixel at oh + P - kh*D, so the taps run backwards."
    )
    real = dict.fromkeys(np.ndindex(*picture.shape), "structural")
    ones = inserted(np.ones_like(subject.x), (SH, SW))
    seen = padded_to_fit(ones, (KH, KW), (PH, PW), (DH, DW), subject.y.shape[2:])
    real = {place: mark for place, mark in real.items() if not seen[place]}
    view.show(*planes("x with zeros inserted and padding", picture, real, most=3))
    view.show(
        Matrix(subject.w[0, 0], "w of channels 0, 0" if subject.w[..., 0, 0].size > 1 else "w"),
        Matrix(kernel[0, 0], "turned"),
    )
    for cell in subject.cells[: min(subject.limit, 2)]:
        view.show(written_out(cell_name("y", cell, subject.y.shape), trace.cells[cell]))
    face = run_face("conv_transpose2d_zero_insertion", subject)
    work, least = trace.counts["products"], subject.trace.counts["products"]
    view.say(
        f"The result is y: {exactly(trace.output, subject.y)}. It takes {work} products where the "
        f"scatter takes {least}: most of them multiply a zero."
    )
    view.numbers = {"spread": spread, "turned": kernel, "y": trace.output, "face": face}
    return view


def phases(subject: Subject) -> View:
    """Transposed convolution as S x S small convolutions, without a product by zero."""
    view = View("phases", "Stride phases: S x S small convolutions of stride 1")
    (SH, SW), _, _, G = geometry_of(subject)
    w, y = subject.w, subject.y
    view.say(
        f"Output rows oh, oh + {SH}, oh + {2 * SH}, ... meet the same taps of the kernel, and only "
        f"those. So y falls into {SH} x {SW} phases, each a convolution with a small kernel of "
        "its own (turned by 180 degrees), and nothing is multiplied by an inserted zero. The taps "
        "below are those that the trace met; the first pair of channels is shown."
    )
    used: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for cell, terms in subject.trace.terms.items():
        phase = (cell[2] % SH, cell[3] % SW)
        taps = used.setdefault(phase, set())
        taps.update((t.weight[2], t.weight[3]) for t in terms if t.weight is not None)
    for (top, left), taps in sorted(used.items()):
        part = y[0, 0, top::SH, left::SW]
        title = f"y, every {SH}. row from {top}, every {SW}. column from {left}"
        if not taps:
            view.show(Matrix(part, f"{title}: no tap, the bias alone"))
            continue
        rows, columns = sorted({t[0] for t in taps}), sorted({t[1] for t in taps})
        small = turned(w[:, :, rows][:, :, :, columns], G)
        picked = f"taps {rows} x {columns}"
        view.show(Matrix(small[0, 0], f"{picked}, turned"), Matrix(part, title))
    face = run_face("conv_transpose2d_phases", subject)
    view.say(
        f"The kernel has {w.shape[2] * w.shape[3]} taps, and the phases share them out: "
        f"{' + '.join(str(len(taps)) for _, taps in sorted(used.items()))}. Put together again "
        f"they are y: {exactly(face, y)}."
    )
    view.numbers = {
        "y": face,
        "taps": np.array([len(taps) for _, taps in sorted(used.items())]),
    }
    return view
