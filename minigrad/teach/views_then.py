"""Views of what follows: a small network of linear layers, a convolution after up-sampling."""

from __future__ import annotations

import numpy as np

from minigrad.functional.activation import relu
from minigrad.functional.upsampled_conv import combine_kernels
from minigrad.teach.explain_subject import Subject
from minigrad.teach.matrices import format_number
from minigrad.teach.trace import record
from minigrad.teach.views_blocks import Lines, Matrix, View
from minigrad.teach.views_faces import phases
from minigrad.teach.views_tools import exactly, planes
from minigrad.tensor import Tensor

__all__ = ["ACTIVATIONS", "network", "then_conv"]

ACTIVATIONS = {
    "relu": ("max(z, 0)", relu),
    "abs": ("|z|", abs),
    "none": ("z", lambda z: z),
}
"""Name: how it is written, and the engine's function."""


def network(subject: Subject) -> View:
    """Every row of x on its way through several linear layers."""
    formula, function = ACTIVATIONS[subject.activation]
    view = View("network", "Every input on its way through the network")
    view.say(f"Between two layers stands the activation {formula}; after the last there is none.")
    stages = [("z1", subject.y)]
    for number, weight in enumerate(subject.then, 2):
        hidden = function(Tensor.wrap(stages[-1][1])).numpy()
        stages.append((f"h{number - 1}", hidden))
        stages.append(
            (f"z{number}" if number <= len(subject.then) else "y", _linear(hidden, weight))
        )
    lines = []
    for row in range(min(len(subject.x), subject.limit)):
        parts = [("x", subject.x), *stages]
        texts = [f"{name} = {_vector(values[row])}" for name, values in parts]
        lines.append("  ->  ".join(texts))
    view.show(Lines("\n".join(lines)))
    if rest := subject.steps_left_out(len(subject.x)):
        view.say(rest)
    view.numbers = dict(stages)
    return view


def _linear(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return record("linear", x, w).output


def _vector(values: np.ndarray) -> str:
    return f"[{' '.join(format_number(value) for value in values)}]"


def then_conv(subject: Subject) -> View:
    """Up-sampling and a convolution, as small convolutions on the small picture."""
    view = View("then_conv", "Up-sampling, then a convolution: the same for less")
    w = np.asarray(subject.then[0], subject.x.dtype).reshape(1, 1, *np.shape(subject.then[0])[-2:])
    KH, KW = w.shape[2:]
    SH, SW = (a // b for a, b in zip(subject.y.shape[2:], subject.x.shape[2:], strict=True))
    if subject.settings_pairs["mode"] != "nearest" or subject.x.shape[1] != 1:
        raise ValueError("the view then_conv is for mode 'nearest' and a picture of one channel")
    if (SH * subject.x.shape[2], SW * subject.x.shape[3]) != subject.y.shape[2:]:
        raise ValueError("the view then_conv needs a whole scale factor")
    PH, PW = KH // 2, KW // 2
    direct = record("conv2d", subject.y, w, padding=(PH, PW))
    combined = combine_kernels(Tensor.wrap(w), (SH, SW)).numpy()
    settings = {"stride": (SH, SW), "padding": (KH - 1 - PH, KW - 1 - PW)}
    turned = Subject("conv_transpose2d", [subject.x, combined], settings, subject.limit)
    view.say(
        f"A {KH} x {KW} convolution follows the up-sampling by {SH} x {SW}. On the large picture "
        "it multiplies copies of the same pixel again and again. Added up first, the taps that "
        f"meet copies of one pixel make one kernel of {KH + SH - 1} x {KW + SW - 1} for a "
        "transposed convolution on the small picture:"
    )
    view.show(Matrix(w[0, 0], "w"), Matrix(combined[0, 0], "taps added up"))
    view.show(*planes("up-sampled, then convolved", direct.output))
    split = phases(turned)
    view.blocks += split.blocks
    before, after = direct.wide.counts["products"], turned.trace.wide.counts["products"]
    view.say(
        f"Both roads give the same picture: {exactly(turned.y, direct.output)}. The first takes "
        f"{before} products, the second {after}, {after / before:.4g} of them (padding counted in "
        "both)."
    )
    view.numbers = {
        "y": turned.y,
        "direct": direct.output,
        "combined": combined,
        "products": np.array([before, after]),
    }
    return view
