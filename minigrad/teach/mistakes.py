"""The classic mistakes with windows and kernels, each a small function.

Every one changes the question, or the result, in the way of the mistake; the engine's loops then
compute the wrong answer. Those of other layers stand in `mistakes_layers`, slips in single cells in
`slips`, mistakes in counting in `mistakes_counts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from minigrad.teach.attempts import Attempt, Mistake, mistake, pair_of
from minigrad.teach.question import Question

__all__ = ["MISTAKES"]

MISTAKES: dict[str, Mistake] = {}
"""Name: mistake, with windows and kernels."""

SCATTER = ("conv_transpose2d", "conv2d_input_grad")  # every input cell spreads its kernel


def _kernel(a: Attempt) -> np.ndarray | None:
    """The convolution's kernel, at least two axes; None for any other layer."""
    w = a.array("w")
    return w if "conv" in a.operation and w is not None else None


def _pictures(a: Attempt, *names: str) -> list[tuple[str, np.ndarray]]:
    found = [(name, a.array(name)) for name in names]
    return [(name, x) for name, x in found if x is not None and x.ndim >= 2]


@mistake(MISTAKES, 1)
def flipped_kernel(a: Attempt) -> Iterator[Attempt]:
    """The kernel was turned by 180 degrees, as mathematics convolves; networks do not turn it."""
    w = _kernel(a)
    if w is not None:
        yield a.with_array("w", w[..., ::-1, ::-1])


@mistake(MISTAKES, 2)
def mirrored_kernel(a: Attempt) -> Iterator[Attempt]:
    """The kernel was mirrored along one axis."""
    w = _kernel(a)
    if w is not None:
        says = "The kernel was mirrored, {} exchanged."
        yield a.with_array("w", w[..., ::-1, :]).then_says(says.format("top and bottom"))
        yield a.with_array("w", w[..., ::-1]).then_says(says.format("left and right"))


@mistake(MISTAKES, 1)
def transposed_kernel(a: Attempt) -> Iterator[Attempt]:
    """The kernel's rows and columns were exchanged."""
    w = _kernel(a)
    if w is not None:
        yield a.with_array("w", w.swapaxes(-1, -2))


@mistake(MISTAKES, 2)
def exchanged_channels(a: Attempt) -> Iterator[Attempt]:
    """The weight's input and output channels were exchanged."""
    w = _kernel(a)
    if w is not None and w.ndim == 4 and w.shape[0] > 1:
        yield a.with_array("w", w.swapaxes(0, 1))


def _paddings(a: Attempt) -> Iterator[tuple[tuple[int, int], str]]:
    """Other paddings, and how they are called."""
    P = pair_of(a.question, "padding", 0)
    if any(P) and a.operation not in SCATTER:
        yield (0, 0), "The padding was forgotten."
    for more, text in ((1, "too large"), (-1, "too small")):
        wrong = (P[0] + more, P[1] + more)
        if min(wrong) >= 0 and (wrong != (0, 0) or min(P) != max(P)):
            yield wrong, f"The padding is off by one, {text}: {wrong[0]} where it is {P[0]}."


@mistake(MISTAKES, 2)
def padding_off_by_one(a: Attempt) -> Iterator[Attempt]:
    """The padding is off by one."""
    if "padding" in a.question.call.settings and "_grad" not in a.operation:
        for wrong, says in _paddings(a):
            yield a.with_settings(says, padding=wrong)


@mistake(MISTAKES, 2)
def padding_on_one_side(a: Attempt) -> Iterator[Attempt]:
    """The padding was laid on one side only."""
    P = pair_of(a.question, "padding", 0)
    x = a.array("x")
    if not any(P) or x is None or a.operation not in ("conv2d", "max_pool2d", "avg_pool2d"):
        return
    beyond = -np.inf if a.operation == "max_pool2d" else 0.0
    for where, sides in (
        ("top and left", [(P[0], 0), (P[1], 0)]),
        ("bottom and right", [(0, P[0]), (0, P[1])]),
    ):
        widths = [(0, 0)] * (x.ndim - 2) + sides
        padded = np.pad(x, widths, constant_values=beyond)
        says = f"The padding was laid on one side only, {where}."
        yield a.with_array("x", padded).with_settings(says, padding=0)


@mistake(MISTAKES, 1)
def stride_ignored(a: Attempt) -> Iterator[Attempt]:
    """The stride was ignored: the window moved on by one."""
    if "stride" in a.question.call.settings and "_grad" not in a.operation:
        yield a.with_settings(stride=1)


@mistake(MISTAKES, 1)
def dilation_ignored(a: Attempt) -> Iterator[Attempt]:
    """The dilation was ignored: the taps lie side by side."""
    if pair_of(a.question, "dilation", 1) != (1, 1):
        yield a.with_settings(dilation=1)


@mistake(MISTAKES, 2)
def exchanged_pair(a: Attempt) -> Iterator[Attempt]:
    """Height and width of a setting were exchanged."""
    for name in ("stride", "padding", "dilation", "kernel_size", "output_padding", "scale_factor"):
        value = a.question.settings.get(name)
        if isinstance(value, tuple | list) and len(value) == 2 and value[0] != value[1]:
            says = f"Height and width of the {name.replace('_', ' ')} were exchanged."
            yield a.with_settings(says, **{name: (value[1], value[0])})


@mistake(MISTAKES, 1)
def missing_bias(a: Attempt) -> Iterator[Attempt]:
    """The bias was forgotten."""
    b = a.array("b")
    if b is not None:
        yield a.with_array("b", np.zeros_like(b))


@mistake(MISTAKES, 2)
def bias_per_product(a: Attempt) -> Iterator[Attempt]:
    """The bias was added once for every product instead of once for the cell."""
    b = a.array("b")
    if b is None or a.operation not in ("conv2d", "conv_transpose2d", "linear"):
        return
    ones = a.with_array("b", np.zeros_like(b))
    for name in ("x", "w"):
        values = a.array(name)
        assert values is not None
        ones = ones.with_array(name, np.ones_like(values))
    products = ones.answer  # as many as a cell has
    shape = (-1, 1, 1) if products.ndim == 4 else (-1,)
    yield a.with_result(lambda y: y + (products - 1) * b.reshape(shape))


@mistake(MISTAKES, 1)
def forgotten_channel(a: Attempt) -> Iterator[Attempt]:
    """An input channel was left out of the sum."""
    for name, x in _pictures(a, "x", "gy"):
        axis = x.ndim - 3
        if axis < 0 or x.shape[axis] < 2 or "conv" not in a.operation or "weight" in a.operation:
            continue
        for channel in range(x.shape[axis]):
            kept = np.array(x)
            np.moveaxis(kept, axis, 0)[channel] = 0
            says = f"Channel {channel} of {name} was left out of the sum."
            yield a.with_array(name, kept).then_says(says)


@mistake(MISTAKES, 2)
def groups_ignored(a: Attempt) -> Iterator[Attempt]:
    """The groups were ignored: every filter went over all channels."""
    w, G = _kernel(a), a.question.settings.get("groups", 1)
    if w is not None and G > 1:
        yield a.with_array("w", np.tile(w, (1, G, 1, 1))).with_settings(groups=1)


def _uncropped(question: Question) -> np.ndarray | None:
    """What a scatter writes before anything is cropped."""
    if question.operation not in SCATTER or question.call.wide is None:
        return None
    return question.trace.wide.output


@mistake(MISTAKES, 1)
def forgotten_crop(a: Attempt) -> Iterator[Attempt]:
    """The padding was not cropped off the result."""
    full = _uncropped(a.question)
    if full is not None and any(pair_of(a.question, "padding", 0)):
        yield a.with_result(lambda _: full)
        if any(pair_of(a.question, "output_padding", 0)):
            yield a.with_settings(padding=0, output_padding=0)
            yield a.with_settings(padding=0)


def _cut(full: np.ndarray, top: int, left: int, OH: int, OW: int) -> np.ndarray:
    """A part of the last two axes, zeros where it reaches beyond."""
    H, W = full.shape[-2:]
    low = [(max(-top, 0), max(top + OH - H, 0)), (max(-left, 0), max(left + OW - W, 0))]
    padded = np.pad(full, [(0, 0), (0, 0), *low])
    top, left = max(top, 0), max(left, 0)
    return padded[..., top : top + OH, left : left + OW]


@mistake(MISTAKES, 2)
def crop_on_one_side(a: Attempt) -> Iterator[Attempt]:
    """The padding was cropped on one side only."""
    full, (PH, PW) = _uncropped(a.question), pair_of(a.question, "padding", 0)
    if full is None or not PH + PW or a.operation != "conv_transpose2d":
        return
    H, W = full.shape[-2:]
    says = "The padding was cropped at {} only."
    yield a.with_result(
        lambda _: full[..., PH:, PW:], says.format("the top and the left")
    )  # fmt: skip
    yield a.with_result(
        lambda _: full[..., : H - PH, : W - PW], says.format("the bottom and the right")
    )  # fmt: skip


@mistake(MISTAKES, 1)
def output_padding_forgotten(a: Attempt) -> Iterator[Attempt]:
    """The output padding was forgotten: rows and columns are missing at the end."""
    if any(pair_of(a.question, "output_padding", 0)) and "_grad" not in a.operation:
        yield a.with_settings(output_padding=0)


@mistake(MISTAKES, 1)
def output_padding_as_zeros(a: Attempt) -> Iterator[Attempt]:
    """The output padding was filled with zeros; it leaves rows uncropped, and they hold sums."""
    OH, OW = pair_of(a.question, "output_padding", 0)
    if (OH or OW) and "_grad" not in a.operation:
        small = a.with_settings(output_padding=0)
        ends = [(0, 0), (0, 0), (0, OH), (0, OW)]
        yield replace(small, after=(*a.after, lambda y: np.pad(y, ends)))


@mistake(MISTAKES, 2)
def output_padding_on_the_wrong_side(a: Attempt) -> Iterator[Attempt]:
    """The output padding was added at the top and left instead of the bottom and right."""
    (EH, EW), full = pair_of(a.question, "output_padding", 0), _uncropped(a.question)
    if full is None or not EH + EW or "_grad" in a.operation:
        return
    PH, PW = pair_of(a.question, "padding", 0)
    OH, OW = a.question.answer.shape[-2:]
    yield a.with_result(lambda _: _cut(full, PH - EH, PW - EW, OH, OW))


@mistake(MISTAKES, 2)
def overwritten(a: Attempt) -> Iterator[Attempt]:
    """Where windows overlap, the last product was kept instead of the sum."""
    if a.operation not in (*SCATTER, "max_pool2d_input_grad", "avg_pool2d_input_grad"):
        return
    trace = a.question.trace
    last = np.zeros(trace.output.shape)
    for cell, how in trace.cells.items():
        last[cell] = how.start + how.terms[-1].product if how.terms else how.value
    yield a.with_result(lambda _: last)


@mistake(MISTAKES, 2)
def other_direction(a: Attempt) -> Iterator[Attempt]:
    """A convolution was computed in place of a transposed one, or the other way round."""
    other = {"conv2d": "conv_transpose2d", "conv_transpose2d": "conv2d"}.get(a.operation)
    if other is not None:
        settings = {k: v for k, v in a.question.settings.items() if k != "output_padding"}
        text = {"conv2d": "plain", "conv_transpose2d": "transposed"}[other]
        says = f"A {text} convolution was computed, with the same kernel and settings."
        changed = a.question.changed(operation=other, settings=settings)
        yield a.then_says(says, question=changed)


@mistake(MISTAKES, 3)
def forward_for_gradient(a: Attempt) -> Iterator[Attempt]:
    """The operation itself was computed instead of its gradient."""
    if a.question.forward is not None:
        yield replace(a, question=a.question.forward)


@mistake(MISTAKES, 1)
def transposed_result(a: Attempt) -> Iterator[Attempt]:
    """Rows and columns of the result are exchanged."""
    if a.answer.ndim >= 2:
        yield a.with_result(lambda y: y.swapaxes(-1, -2))


@mistake(MISTAKES, 2)
def turned_result(a: Attempt) -> Iterator[Attempt]:
    """The result is turned by 180 degrees."""
    if a.answer.ndim >= 2 and min(a.answer.shape[-2:]) > 0:
        yield a.with_result(lambda y: y[..., ::-1, ::-1])


@mistake(MISTAKES, 2)
def negated(a: Attempt) -> Iterator[Attempt]:
    """All signs are the other way round."""
    yield a.with_result(lambda y: -y)


@mistake(MISTAKES, 1)
def flattened(a: Attempt) -> Iterator[Attempt]:
    """The numbers are right, written in one row; the result has rows and columns."""
    if a.answer.ndim >= 2 and a.answer.shape[-2] > 1:
        yield a.with_result(lambda y: y.reshape(1, -1))


@mistake(MISTAKES, 2)
def mean_for_sum(a: Attempt) -> Iterator[Attempt]:
    """The products were averaged instead of added up."""
    if not a.question.explains or "pool" in a.operation or "norm" in a.operation:
        return
    counts = np.ones(a.question.answer.shape)
    for cell, how in a.question.trace.cells.items():
        counts[cell] = max(len(how.terms), 1)
    yield a.with_result(lambda y: y / counts)
