"""A layer of a real network, with the picture that reaches it: one cell explained."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import nn
from minigrad.autograd import no_grad
from minigrad.teach.explain import Explanation
from minigrad.teach.explain_subject import Subject
from minigrad.teach.recording import Cell
from minigrad.teach.terms import Term
from minigrad.teach.views_blocks import Lines, Table, View, sum_text
from minigrad.teach.views_conv import window
from minigrad.teach.views_pool import pool_window
from minigrad.teach.views_tools import cell_name
from minigrad.tensor import Tensor

__all__ = ["explain_layer", "layer_names", "reaching_layer"]

LARGEST = 8  # channels that are shown


def layer_names(model: nn.Module) -> list[str]:
    """The layers that can be explained, by their dotted names, with their kinds."""
    return [
        f"{name} ({type(layer).__name__})"
        for name, layer in model.named_modules()
        if isinstance(layer, _KINDS)
    ]


def reaching_layer(
    model: nn.Module, name: str, x: np.ndarray
) -> tuple[nn.Module, np.ndarray, np.ndarray]:
    """Run a network and return a layer, what reaches it and what it makes of it.

    Parameters
    ----------
    model : Module
        In the mode (training or not) that it is to be run in.
    name : str
        Dotted, as in ``model.named_modules()``.
    x : (N, C, H, W)
        The network's input.

    Raises
    ------
    ValueError
        If there is no such layer, it cannot be explained, or the network does not use it.
    """
    layers = dict(model.named_modules())
    if name not in layers or not isinstance(layers[name], _KINDS):
        raise ValueError(
            f"layer {name!r} cannot be explained; there are {', '.join(layer_names(model))}"
        )
    layer, seen = layers[name], []

    def keep(module: nn.Module, given: tuple, result: Any) -> None:
        seen.append((given[0].numpy().copy(), result.numpy().copy()))

    handle = layer.register_forward_hook(keep)
    try:
        with no_grad():
            model(Tensor.wrap(np.ascontiguousarray(x)))
    finally:
        handle.remove()
    if not seen:
        raise ValueError(f"layer {name!r} was not used by the network on this picture")
    return (layer, *seen[0])


def explain_layer(
    layer: nn.Module, x: np.ndarray, at: tuple[int, int], channel: int = 0, name: str = "layer"
) -> Explanation:
    """Explain one cell of a layer's output.

    Parameters
    ----------
    layer : Module
        A convolution, transposed convolution or pooling.
    x : (N, C, H, W)
        What reaches the layer.
    at : (row, column)
    channel : int
    name : str
        For the heading.

    Raises
    ------
    ValueError
        If the cell is not there, or the layer is of another kind.

    Examples
    --------
    >>> layer = nn.Conv2d(2, 3, 3, padding=1)
    >>> explanation = explain_layer(layer, np.ones((1, 2, 5, 5), np.float32), (0, 0))
    >>> len(explanation.trace.terms[0, 0, 0, 0])
    8
    """
    operation, settings = _settings(layer)
    cell: Cell = (0, channel, *at)
    value = _cell_of(layer, x, cell)
    if operation in ("conv2d", "conv_transpose2d"):
        bias = None if layer.bias is None else layer.bias.detach().numpy()
        weight = layer.weight.detach().numpy()
        subject = Subject(operation, [x[:1], weight, bias], settings, at=cell)
        few = operation == "conv2d" and subject.w.shape[1] <= 4
        views = [window(subject) if few else channels(subject, name)]
    else:
        views = [pool_window(subject := _pooled(operation, settings, x, cell))]
    views[-1].say(f"The layer itself, run by the fast kernels, says {value:.6g}.")
    views[-1].numbers["layer"] = np.array(value)
    explanation = Explanation(subject, views)
    explanation.heading = f"{name}: {layer!r}"
    return explanation


def _cell_of(layer: nn.Module, x: np.ndarray, cell: Cell) -> float:
    """What the layer computes there."""
    with no_grad():
        y = layer(Tensor.wrap(np.ascontiguousarray(x[:1]))).numpy()
    shape = y.shape
    if not all(0 <= i < size for i, size in zip(cell, shape, strict=True)):
        raise ValueError(
            f"there is no cell {cell[2:]} of channel {cell[1]}; the layer's output has "
            f"{shape[1]} channels of {shape[2]} x {shape[3]}"
        )
    return float(y[cell])


def _pooled(operation: str, settings: dict[str, Any], x: np.ndarray, cell: Cell) -> Subject:
    """The subject on the surroundings of one window: a whole number of strides is cut away."""
    n, c, *at = cell
    names = ("kernel_size", "stride", "padding", "dilation")
    given = [settings.get(name, 1) for name in names]
    how = [value if isinstance(value, tuple) else (value, value) for value in given]
    cuts, offset = [], []
    for o, K, S, P, D in zip(at, *how, strict=True):
        skipped = max(0, o - 2 - -(-P // S))
        cuts.append(slice(skipped * S, (o + 3) * S + D * K + P))
        offset.append((skipped * S, skipped))
    plane = x[n : n + 1, c : c + 1, cuts[0], cuts[1]]
    here = (0, 0, at[0] - offset[0][1], at[1] - offset[1][1])
    subject = Subject(operation, [plane], settings, at=here)
    subject.offset = ((offset[0][0], offset[1][0]), (offset[0][1], offset[1][1]))
    return subject


def channels(subject: Subject, name: str) -> View:
    """What each input channel adds to one cell of a layer."""
    assert subject.at is not None
    how = subject.trace.cells[subject.at]
    view = View("channels", "What each input channel adds")
    sums: dict[int, list[Term]] = {}
    for term in how.terms:
        sums.setdefault(term.input[1], []).append(term)
    totals = {c: float(np.sum([t.product for t in terms])) for c, terms in sums.items()}
    order = sorted(totals, key=lambda c: -abs(totals[c]))
    shown = sorted(order[:LARGEST])
    view.say(
        f"{len(how.terms)} products of {len(sums)} channels meet in this cell"
        + (f" of {name}" if name else "")
        + f". The {len(shown)} channels that add most are listed; rows and columns are those of "
        "the layer's input."
    )
    entries = []
    for c in shown:
        rows = sorted({t.input[2] for t in sums[c]})
        columns = sorted({t.input[3] for t in sums[c]})
        entries.append([c, _span(rows), _span(columns), len(sums[c]), totals[c]])
    view.blocks.append(Table(["channel", "rows", "columns", "products", "sum"], entries))
    rest = [totals[c] for c in order[LARGEST:]]
    if rest:
        view.say(f"The other {len(rest)} channels add {sum(rest):.6g} in all.")
    has_bias = "b" in subject.trace.inputs
    words = "bias + all products" if has_bias else "all products"
    pieces = [how.start] * int(has_bias) + [sum(totals.values())]
    name = cell_name("y", subject.at, (2, 2, 2, 2))
    view.show(Lines(f"{name} = {words} = {sum_text(pieces)} = {how.value:.6g}"))
    top = order[0] if order else None
    if top is not None:
        texts = [
            f"  x[{t.input[2]},{t.input[3]}] * w[{t.weight[2]},{t.weight[3]}] = "
            f"{t.x:.4g} * {t.w:.4g} = {t.product:.4g}"
            for t in sums[top]
            if t.weight is not None
        ]
        view.show(Lines("\n".join([f"channel {top}, product by product:", *texts[:25]])))
    view.numbers = {"y": np.array(how.value), "totals": np.array([totals[c] for c in sorted(sums)])}
    return view


def _span(numbers: list[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}..{numbers[-1]}"


_KINDS = (nn.Conv2d, nn.ConvTranspose2d, nn.MaxPool2d, nn.AvgPool2d)


def _settings(layer: Any) -> tuple[str, dict[str, Any]]:
    """The operation of a layer and its settings."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        how = {name: getattr(layer, name) for name in ("stride", "padding", "dilation", "groups")}
        if layer.padding_mode != "zeros":
            raise ValueError(f"padding_mode {layer.padding_mode!r} is not explained, only 'zeros'")
        if isinstance(layer, nn.ConvTranspose2d):
            return "conv_transpose2d", how | {"output_padding": layer.output_padding}
        return "conv2d", how
    names = ["kernel_size", "stride", "padding", "ceil_mode"]
    if isinstance(layer, nn.MaxPool2d):
        return "max_pool2d", {name: getattr(layer, name) for name in [*names, "dilation"]}
    if isinstance(layer, nn.AvgPool2d):
        names += ["count_include_pad", "divisor_override"]
        return "avg_pool2d", {name: getattr(layer, name) for name in names}
    kinds = ", ".join(kind.__name__ for kind in _KINDS)
    raise ValueError(f"a {type(layer).__name__} cannot be explained by cell; {kinds} can")
