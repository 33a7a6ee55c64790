"""The words of an exercise and of its key: what is asked for, and the way to it from the trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minigrad.teach.counting import QUANTITIES, Counted, worked
from minigrad.teach.matrices import format_number
from minigrad.teach.question import Question
from minigrad.teach.trace import Trace, record
from minigrad.teach.views_then import ACTIVATIONS
from minigrad.teach.views_tools import cell_name
from minigrad.teach.worksheet_blocks import Facts, Part, Say, Show, Work, planes_of
from minigrad.tensor import Tensor

__all__ = ["asked", "key", "settings_text"]

_NAMES = {
    "conv2d": "the convolution (as networks compute it: the kernel is not turned) of x with w",
    "conv_transpose2d": "the transposed convolution of x with w",
    "max_pool2d": "the largest of each window of x (max pooling; padding never wins)",
    "avg_pool2d": "the mean of each window of x (average pooling)",
    "upsample": "the up-sampled x",
    "linear": "the linear layer y = x w' + b",
    "batch_norm": "the normalised x (gamma is w, beta is b, both 1 and 0 where they are not given)",
}
_USUAL = {
    "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1, "output_padding": (0, 0),
    "ceil_mode": False, "count_include_pad": True, "align_corners": False,
}  # fmt: skip
_OVER = {"NHW": "each channel", "CHW": "each picture", "HW": "each picture and channel"}
_KINDS = {
    "conv2d": "A convolution",
    "conv_transpose2d": "A transposed convolution",
    "max_pool2d": "Max pooling",
    "avg_pool2d": "Average pooling",
    "linear": "A linear layer",
    "upsample": "Nearest up-sampling",
}


def settings_text(question: Question) -> str:
    """The settings that are not the usual ones: ``stride 2, padding 1 x 0``."""
    source = question.forward or question
    found = []
    for name, value in source.call.settings.items():
        if _USUAL.get(name) == value or (name == "stride" and _same_as_kernel(source)):
            continue
        text = _pair(value) if isinstance(value, tuple) else format_number(value)
        text = (
            f"{value} (one mean for {_OVER.get(value, 'each of the other axes')})"
            if name == "over"
            else text
        )
        text = ("yes" if value else "no") if isinstance(value, bool) else text
        found.append(f"{name.replace('_', ' ')} {text}")
    return ", ".join(found)


def _same_as_kernel(source: Question) -> bool:
    settings = source.call.settings
    return settings.get("kernel_size") == settings["stride"] and settings["kernel_size"] != (1, 1)


def _pair(pair: tuple[Any, ...]) -> str:
    texts = [format_number(value) for value in pair]
    return texts[0] if len(set(texts)) == 1 else " x ".join(texts)


def asked(question: Question | Counted) -> list[Part]:
    """The exercise."""
    if isinstance(question, Counted):
        return _asked_count(question)
    source = question.forward or question
    settings = settings_text(question)
    with_ = f" with {settings}" if settings else ""
    name = _NAMES.get(source.operation, source.operation)
    if question.forward is None:
        text = f"Compute {name}{with_}"
        if question.then:
            text += f", then {question.activation} of it, then the next linear layer with weight v"
    else:
        what = {"gx": "x", "gw": "w", "gb": "b"}[question.result]
        text = (
            f"y was {name}{with_}. The gradient gy arrived at y. Compute {question.result}, the "
            f"gradient of {what}"
        )
    arrays = question.shown() | {f"v{i or ''}": v for i, v in enumerate(question.then)}
    if question.forward is not None and "weight_grad" in question.operation:
        shape = question.answer.shape
        text += f", of shape {' x '.join(map(str, _squeezed(shape)))}"
    elif question.forward is not None and not {"x"} & set(arrays):
        text += f"; x was {' x '.join(map(str, _squeezed(question.answer.shape)))}"
    return [Say(text + "."), Show([p for n, v in arrays.items() for p in planes_of(n, v)])]


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    return shape


def _asked_count(question: Counted) -> list[Part]:
    lines = []
    sized = question.wanted not in ("parameters", "weights", "biases", "field", "weight_shape")
    for layer in question.layers:
        (C, O), (H, W) = layer.channels, layer.input
        text = f"{layer.name or _KINDS[layer.kind]}: "
        if layer.name:
            text += f"{_KINDS[layer.kind].lower()}, "
        if question.wanted != "field":
            text += f"{C} channels" if "pool" in layer.kind else f"{C} -> {O} channels"
        if layer.kind != "linear":
            text += "" if question.wanted == "field" else ", "
            text += f"kernel {_pair(layer.kernel)}, stride {_pair(layer.stride)}"
            if question.wanted != "field":
                text += f", padding {_pair(layer.padding)}"
            if set(layer.dilation) != {1}:
                text += f", dilation {_pair(layer.dilation)}"
            text += f", groups {layer.groups}" if layer.groups != 1 else ""
            text += _remainder(layer)
        if question.wanted in ("parameters", "biases", "additions") and "pool" not in layer.kind:
            text += ", with bias" if layer.bias else ", without bias"
        if sized and layer.kind != "linear" and layer is question.layers[0]:
            text += f"; input {C} x {H} x {W}"
        lines.append(text)
    together = " of all layers together" if len(question.layers) > 1 else ""
    if question.wanted == "field":
        together = " of one cell of the last map"
    return [Facts(lines), Say(f"Find {QUANTITIES[question.wanted]}{together}.")]


def _remainder(layer: Any) -> str:
    """The output padding, or that sizes are rounded up."""
    if layer.transposed:
        extra = tuple(
            OH - ((H - 1) * S - 2 * P + D * (K - 1) + 1) for OH, H, K, S, P, D in layer.axes()
        )
        return f", output padding {_pair(extra)}" if any(extra) else ""
    if "pool" in layer.kind:
        for H, OH, K, S, P, D in layer.axes():
            if (H + 2 * P - D * (K - 1) - 1) // S + 1 != OH:
                return ", rounded up"
    return ""


def key(question: Question | Counted) -> list[Part]:
    """The answer, and the whole way to it."""
    if isinstance(question, Counted):
        answer = " x ".join(map(str, question.answer))
        return [Facts(worked(question)), Say(f"Answer: {answer}")]
    result = Show(planes_of(question.result, question.answer))
    if question.operation == "batch_norm":
        return [*_normalised(question), result]
    if question.then:
        return [*_network(question), result]
    trace = question.trace
    parts: list[Part] = []
    if question.operation == "conv_transpose2d":
        parts += list(_scattered(trace))
    largest = question.operation == "max_pool2d"
    for cell, how in trace.cells.items():
        name = cell_name(question.result, cell, trace.output.shape)
        parts.append(Work(name, how, largest))
    return [result, *parts]


def _scattered(trace: Trace) -> Iterator[Part]:
    """Each pixel times the kernel, all of them added where they land, and what is cropped."""
    wide = trace.wide
    if trace.inputs["w"].shape[:2] == (1, 1):
        stamps: dict[Any, np.ndarray] = {}
        for terms in wide.terms.values():
            for term in terms:
                assert term.weight is not None
                stamp = stamps.setdefault(term.input, np.zeros(trace.inputs["w"].shape[2:]))
                stamp[term.weight[2:]] = term.product
        yield Say("Every pixel times the kernel:")
        yield Show([(cell_name("x", c, (1, 1, 1, 1)) + "*w", s) for c, s in sorted(stamps.items())])
    if wide.output.shape != trace.output.shape:
        yield Say("Added where they land, before the padding is cropped:")
        yield Show(planes_of("full", wide.output))
    yield Say("Cell by cell:")


def _normalised(question: Question) -> Iterator[Part]:
    trace = question.trace
    x = trace.call.arrays()["x"]
    groups, cells = x.for_kernel()[0], np.array(x.cells()).reshape(*x.for_kernel()[0].shape, -1)
    gamma, beta = trace.inputs["w"], trace.inputs["b"]
    lines = []
    for number, values in enumerate(groups):
        mean, var = (trace.outputs[name][number] for name in ("mean", "var"))
        numbers = [format_number(value) for value in (mean, var, np.sqrt(var))]
        added = " + ".join(_round(value) for value in values)
        squares = " + ".join(f"{_round(value - mean)}^2" for value in values)
        lines += [
            f"group {number}: mean = ({added}) / {len(values)} = {numbers[0]}",
            f"variance = ({squares}) / {len(values)} = {numbers[1]}, its root {numbers[2]}",
        ]
        for cell, value in zip(cells[number], values, strict=True):
            result = trace.output[tuple(cell)]
            scaled = f" * {_round(gamma[number])} + {_round(beta[number])}"
            lines.append(
                f"{cell_name('y', cell, trace.output.shape)} = ({format_number(value)} - "
                f"{_round(mean)}) / {numbers[2]}{scaled} = {format_number(result)}"
            )
    yield Facts(lines)


def _round(value: float) -> str:
    """A number as a factor or summand: negative ones in brackets."""
    text = format_number(value)
    return f"({text})" if text.startswith("-") else text


def _network(question: Question) -> Iterator[Part]:
    """Each layer of a network in turn."""
    trace, name = question.trace, "z"
    for number, weight in enumerate([None, *question.then]):
        if weight is not None:
            hidden = ACTIVATIONS[question.activation][1](Tensor.wrap(trace.output)).numpy()
            yield Show([(f"h = {question.activation}(z)", hidden)])
            trace, name = record("linear", hidden, weight), "y"
        if number < len(question.then) and number:
            name = f"z{number}"
        for cell, how in trace.cells.items():
            yield Work(cell_name(name, cell, trace.output.shape), how)
