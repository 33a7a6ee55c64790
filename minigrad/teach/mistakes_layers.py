"""The classic mistakes with pooling, up-sampling, linear layers and normalisation.

Written like those of `mistakes`: the question or the result is changed, the loops do the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad.teach.attempts import Attempt, Mistake, mistake, pair_of
from minigrad.teach.views_then import ACTIVATIONS

__all__ = ["LAYER_MISTAKES"]

LAYER_MISTAKES: dict[str, Mistake] = {}
"""Name: mistake, with layers other than convolutions."""

POOLS = ("max_pool2d", "avg_pool2d")


@mistake(LAYER_MISTAKES, 1)
def wrong_divisor(a: Attempt) -> Iterator[Attempt]:
    """The mean was divided by the wrong count."""
    if a.operation not in ("avg_pool2d", "avg_pool2d_input_grad"):
        return
    KH, KW = pair_of(a.question, "kernel_size", 1)
    pads = bool(a.question.settings.get("count_include_pad", True))
    text = {True: "only the pixels of the picture", False: "padding, too"}[pads]
    yield a.with_settings(f"The divisor counts {text}.", count_include_pad=not pads)
    for divisor, what in (
        (1, "The sum was not divided at all."),
        (KH, f"The sum was divided by {KH}, one side of the window only."),
        (KW, f"The sum was divided by {KW}, one side of the window only."),
        (KH * KW, f"The sum was divided by {KH * KW}, also where fewer pixels count."),
        (KH * KW - 1, f"The sum was divided by {KH * KW - 1}, one too few."),
    ):
        if divisor > 0:
            yield a.with_settings(what, divisor_override=divisor)


@mistake(LAYER_MISTAKES, 1)
def zero_padding_wins(a: Attempt) -> Iterator[Attempt]:
    """The padding took part as zeros in the largest value; padding never wins."""
    PH, PW = pair_of(a.question, "padding", 0)
    x = a.array("x")
    if a.operation == "max_pool2d" and PH + PW and x is not None:
        widths = [(0, 0)] * (x.ndim - 2) + [(PH, PH), (PW, PW)]
        yield a.with_array("x", np.pad(x, widths)).with_settings(padding=0)


@mistake(LAYER_MISTAKES, 1)
def rounded_the_other_way(a: Attempt) -> Iterator[Attempt]:
    """The number of windows was rounded the other way (floor for ceil, or ceil for floor)."""
    if a.operation in POOLS:
        up = bool(a.question.settings.get("ceil_mode", False))
        says = f"The number of windows was rounded {'down' if up else 'up'}."
        yield a.with_settings(says, ceil_mode=not up)


@mistake(LAYER_MISTAKES, 2)
def other_pooling(a: Attempt) -> Iterator[Attempt]:
    """The largest was taken for the mean, or the mean for the largest."""
    if a.operation not in POOLS:
        return
    settings = dict(a.question.settings)
    if a.operation == "max_pool2d":
        if settings.pop("dilation", 1) in (1, (1, 1)):
            says = "The mean of each window was taken, not the largest."
            yield a.then_says(
                says, question=a.question.changed(operation="avg_pool2d", settings=settings)
            )
        x = a.array("x")
        assert x is not None
        lowest = a.with_array("x", -x).with_result(lambda y: -y)
        yield lowest.then_says("The smallest of each window was taken, not the largest.")
        return
    for name in ("count_include_pad", "divisor_override"):
        settings.pop(name, None)
    says = "The largest of each window was taken, not the mean."
    yield a.then_says(says, question=a.question.changed(operation="max_pool2d", settings=settings))


@mistake(LAYER_MISTAKES, 2)
def largest_by_size(a: Attempt) -> Iterator[Attempt]:
    """The signs were ignored in finding the largest."""
    x = a.array("x")
    if a.operation == "max_pool2d" and x is not None and (x < 0).any():
        yield a.with_array("x", np.abs(x))


@mistake(LAYER_MISTAKES, 2)
def usual_stride(a: Attempt) -> Iterator[Attempt]:
    """The windows were laid side by side: the stride taken is the window's size."""
    if a.operation in POOLS and a.question.settings.get("stride") is not None:
        yield a.with_settings(stride=None)


@mistake(LAYER_MISTAKES, 2)
def gradient_to_all(a: Attempt) -> Iterator[Attempt]:
    """The gradient was handed to every pixel of a window; max pooling hands it to the winner."""
    forward = a.question.forward
    if a.operation != "max_pool2d_input_grad" or forward is None:
        return
    settings = {k: v for k, v in forward.settings.items() if k != "dilation"}
    shared = {**settings, "divisor_override": 1, "x_shape": a.question.settings["x_shape"]}
    gy = a.array("gy")
    yield replace(
        a, question=a.question.changed(
            operation="avg_pool2d_input_grad", arrays=(gy,), settings=shared
        )
    )  # fmt: skip


@mistake(LAYER_MISTAKES, 2)
def other_upsampling(a: Attempt) -> Iterator[Attempt]:
    """The picture was enlarged in another way."""
    if a.operation != "upsample":
        return
    settings = dict(a.question.settings)
    bilinear = settings.pop("mode", "nearest") == "bilinear"
    corners = settings.pop("align_corners", False)
    ways = [("nearest", False), ("bilinear", False), ("bilinear", True)]
    names = {
        ("nearest", False): "Pixels were copied (nearest).",
        ("bilinear", False): "Pixels were blended (bilinear, corners not aligned).",
        ("bilinear", True): "Pixels were blended (bilinear, corners aligned).",
    }
    for mode, aligned in ways:
        if (mode == "bilinear", aligned) != (bilinear, corners):
            how = {**settings, "mode": mode, **({"align_corners": True} if aligned else {})}
            yield a.then_says(names[mode, aligned], question=a.question.changed(settings=how))


@mistake(LAYER_MISTAKES, 2)
def zeros_between(a: Attempt) -> Iterator[Attempt]:
    """Zeros were put between the pixels instead of copies."""
    x = a.array("x")
    if a.operation != "upsample" or x is None:
        return
    OH, OW = a.question.answer.shape[-2:]
    SH, SW = OH // x.shape[-2], OW // x.shape[-1]
    spread = np.zeros((*a.question.answer.shape[:-2], OH, OW))
    spread[..., :: max(SH, 1), :: max(SW, 1)][..., : x.shape[-2], : x.shape[-1]] = x
    yield a.with_result(lambda _: spread)


@mistake(LAYER_MISTAKES, 2)
def tiled(a: Attempt) -> Iterator[Attempt]:
    """The whole picture was repeated instead of each pixel."""
    x = a.array("x")
    if a.operation == "upsample" and x is not None:
        OH, OW = a.question.answer.shape[-2:]
        ones = (1,) * (4 - x.ndim)
        picture = x.reshape(*ones, *x.shape)
        whole = np.tile(picture, (1, 1, OH // x.shape[-2], OW // x.shape[-1]))
        yield a.with_result(lambda _: whole)


@mistake(LAYER_MISTAKES, 1)
def weight_transposed(a: Attempt) -> Iterator[Attempt]:
    """The weight's rows and columns were exchanged: x w in place of x w'."""
    w = a.array("w")
    if a.operation.startswith("linear") and w is not None and w.ndim == 2:
        yield a.with_array("w", w.T)


@mistake(LAYER_MISTAKES, 1)
def other_activation(a: Attempt) -> Iterator[Attempt]:
    """Another activation was used between the layers."""
    for name, (formula, _) in ACTIVATIONS.items():
        if a.question.then and name != a.question.activation:
            what = "The activation was forgotten." if name == "none" else (
                f"The activation used is {formula}."
            )  # fmt: skip
            yield a.then_says(what, question=a.question.changed(activation=name))


@mistake(LAYER_MISTAKES, 2)
def stopped_early(a: Attempt) -> Iterator[Attempt]:
    """The last layer was left out."""
    if a.question.then:
        shorter = a.question.then[:-1]
        yield replace(a, question=a.question.changed(then=shorter))


def _norm(a: Attempt) -> tuple[Any, Any, dict[str, np.ndarray]] | None:
    """Gamma and beta as they broadcast over y, and what the kernel wrote besides."""
    if a.operation != "batch_norm":
        return None
    found = a.question.call
    arrays = found.arrays()
    trace = a.question.trace
    x = arrays["x"]
    groups = {name: _spread(x, trace.inputs[name]) for name in ("w", "b")}
    written = {name: _spread(x, trace.outputs[name]) for name in ("mean", "var", "rstd")}
    return groups["w"], groups["b"], written


def _spread(x: Any, values: np.ndarray) -> np.ndarray:
    """One number a group, laid out over the picture."""
    inner = np.broadcast_to(values[:, None], x.for_kernel().shape[1:])
    return x.back(np.ascontiguousarray(inner)[None])


@mistake(LAYER_MISTAKES, 1)
def gamma_or_beta_forgotten(a: Attempt) -> Iterator[Attempt]:
    """Gamma or beta was forgotten."""
    if (found := _norm(a)) is not None:
        gamma, beta, _ = found
        yield a.with_result(lambda y: y - beta, "Beta was not added.")
        yield a.with_result(lambda y: (y - beta) / gamma + beta, "Gamma was forgotten.")
        yield a.with_result(lambda y: (y - beta) / gamma, "Gamma and beta were forgotten.")


@mistake(LAYER_MISTAKES, 2)
def variance_for_deviation(a: Attempt) -> Iterator[Attempt]:
    """The variance was divided by, not its root."""
    if (found := _norm(a)) is not None:
        _, beta, written = found
        yield a.with_result(lambda y: (y - beta) * written["rstd"] + beta)


@mistake(LAYER_MISTAKES, 2)
def unbiased_variance(a: Attempt) -> Iterator[Attempt]:
    """The squares were divided by M - 1, not by M; normalisation takes M."""
    if (found := _norm(a)) is not None:
        _, beta, written = found
        M = a.question.call.arrays()["x"].for_kernel().shape[-1]
        if M < 2:
            return
        eps = float(a.question.settings.get("eps", 1e-5))
        var = written["var"]
        share = np.sqrt((var + eps) / (var * M / (M - 1) + eps))
        yield a.with_result(lambda y: (y - beta) * share + beta)


@mistake(LAYER_MISTAKES, 1)
def eps_forgotten(a: Attempt) -> Iterator[Attempt]:
    """There is no eps under the root: a group of equal values is divided by zero."""
    if a.operation == "batch_norm" and a.question.settings.get("eps", 1e-5):
        # The recorded run divides as NumPy does: 0/0 is NaN, where Python's floats refuse.
        without = a.question.with_settings(eps=0.0).trace.output
        yield a.with_result(lambda _: without)


@mistake(LAYER_MISTAKES, 2)
def statistics_over_other_axes(a: Attempt) -> Iterator[Attempt]:
    """Mean and variance were taken over other axes."""
    over = a.question.settings.get("over", "NHW")
    if a.operation != "batch_norm":
        return
    for other in ("NHW", "CHW", "HW", "NC", "N", "NCHW"):
        if other != over:
            says = f"Mean and variance were taken over {other}, not over {over}."
            yield a.with_settings(says, over=other)


@mistake(LAYER_MISTAKES, 3)
def other_mean(a: Attempt) -> Iterator[Attempt]:
    """The mean that was subtracted under the root is that of other axes."""
    over, x = a.question.settings.get("over", "NHW"), a.array("x")
    if a.operation != "batch_norm" or x is None or x.ndim != 4 or (found := _norm(a)) is None:
        return
    gamma, beta, written = found
    shared = tuple(axis for axis, name in enumerate("NCHW") if name in over)
    eps = float(a.question.settings.get("eps", 1e-5))
    for other in ("NC", "NHW", "CHW", "HW", "N", "NCHW"):
        axes = tuple(axis for axis, name in enumerate("NCHW") if name in other)
        squares = (x - x.mean(axes, keepdims=True)) ** 2
        var = squares.mean(shared, keepdims=True)
        y = (x - written["mean"]) / np.sqrt(var + eps) * gamma + beta
        says = f"The variance subtracts the mean over {other}, not the one over {over}."
        if other != over:
            yield a.with_result(lambda _, y=y: y, says)  # type: ignore[misc]
