"""A question whose answer is a count or a size: parameters, outputs, multiply-adds, a shape.

Sizes come from the engine's geometry (`minigrad.kernels.geometry`), counts from `cost_layers`, a
receptive field from a NaN that is sent through the textbook kernels.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minigrad.kernels.geometry import (
    conv2d_geometry,
    conv_transpose2d_geometry,
    pool2d_geometry,
    upsample_geometry,
)
from minigrad.teach.calls_conv import conv2d
from minigrad.teach.cost_layers import Layer, macs
from minigrad.teach.explain_field import measure_field
from minigrad.teach.question import by_loops

__all__ = ["Counted", "LAYERS", "QUANTITIES", "make_layer", "worked"]

QUANTITIES = {
    "shape": "the shape of the output, channels x height x width",
    "weight_shape": "the shape of the weight, filters x channels x height x width",
    "parameters": "the number of parameters",
    "weights": "the number of weights, without bias",
    "biases": "the number of biases",
    "outputs": "the numbers that are written",
    "multiply_adds": "the multiply-adds: every weight at every position of its window",
    "positions": "weights x output positions",
    "taps": "the multiply-adds on real pixels: none on padding, none that is cropped",
    "additions": "the additions: one less than the products of each output, one more for a bias",
    "field": "the receptive field's side",
}
"""What can be asked for, and how it is called."""

LAYERS = ("conv2d", "conv_transpose2d", "max_pool2d", "avg_pool2d", "upsample", "linear")

_RULES = {"multiply_adds": "dense", "positions": "positions", "taps": "taps"}


def make_layer(
    kind: str,
    channels: tuple[int, int],
    size: tuple[int, ...] | None = None,
    *,
    kernel_size: Any = 1,
    stride: Any = None,
    padding: Any = 0,
    output_padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    bias: bool = True,
    ceil_mode: bool = False,
    scale_factor: float = 2,
    name: str = "",
) -> Layer:
    """A layer with its sizes worked out by the engine; refuses what the engine refuses.

    `size` is (H, W); by default the smallest that fits, for counts that do not depend on it.

    Examples
    --------
    >>> layer = make_layer("conv2d", (3, 8), (9, 9), kernel_size=3, stride=2, padding=1)
    >>> layer.output, layer.parameters
    ((5, 5), 224)
    """
    if kind not in LAYERS:
        raise ValueError(f"there is no layer {kind!r}; there are {', '.join(LAYERS)}")
    C, O = channels
    pairs = [v if isinstance(v, tuple) else (v, v) for v in (kernel_size, padding, dilation)]
    if size is None:  # the smallest that fits, where sizes do not matter
        size = tuple(D * (K - 1) + 1 for K, D in zip(pairs[0], pairs[2], strict=True))
    usual = kernel_size if "pool" in kind else 1
    step = usual if stride is None else stride
    strides = step if isinstance(step, tuple) else (step, step)
    H, W = size
    shape = (1, C, H, W)
    if kind in ("linear", "upsample"):
        output = (1, 1) if kind == "linear" else upsample_geometry(shape, None, scale_factor)[1][2:]
        return Layer(name, kind, (C, O), (H, W), output, bias=bias)
    if kind == "conv2d":
        weight = (O, C // groups, *pairs[0])
        _, y = conv2d_geometry(shape, weight, strides, pairs[1], pairs[2], groups)
    elif kind == "conv_transpose2d":
        weight = (C, O // groups, *pairs[0])
        _, y = conv_transpose2d_geometry(
            shape, weight, strides, pairs[1], output_padding, groups, pairs[2]
        )
    else:
        settings = (pairs[0], strides, pairs[1], pairs[2], ceil_mode, kind)
        _, y = pool2d_geometry(shape, *settings)
    learned = bias and kind in ("conv2d", "conv_transpose2d")
    sides = (y[2], y[3])
    return Layer(
        name, kind, (C, O), (H, W), sides, pairs[0], strides, pairs[1], pairs[2], groups, learned
    )


@dataclass(frozen=True)
class Counted:
    """How many, or how large.

    Attributes
    ----------
    layers : tuple of Layer
        Counts are added up over them; a shape is that of the last one.
    wanted : str
        One of `QUANTITIES`.
    """

    layers: tuple[Layer, ...]
    wanted: str

    def __post_init__(self) -> None:
        if self.wanted not in QUANTITIES:
            known = ", ".join(QUANTITIES)
            raise ValueError(f"there is nothing counted as {self.wanted!r}; there are {known}")

    @functools.cached_property
    def answer(self) -> tuple[int, ...]:
        """The shape, or the count as its only number."""
        last = self.layers[-1]
        if self.wanted == "shape":
            return (last.channels[1], *last.output)
        if self.wanted == "weight_shape":
            C, O = last.channels
            first, second = (C, O) if last.transposed else (O, C)
            return (first, second // last.groups, *last.kernel)
        if self.wanted == "field":
            return (_field(self.layers),)
        return (sum(self.of(layer) for layer in self.layers),)

    def of(self, layer: Layer) -> int:
        """One layer's share."""
        if self.wanted == "biases":
            return layer.channels[1] if layer.bias else 0
        if self.wanted in ("parameters", "weights", "outputs"):
            return int(getattr(layer, self.wanted))
        products = macs(replace(layer, bias=False), _RULES.get(self.wanted, "dense"))
        if self.wanted == "additions":
            return products - layer.outputs * (not layer.bias) if layer.multiplies else 0
        return int(products)

    def changed(self, **changes: Any) -> Counted:
        """The same about layers that are changed; None for what has no such field."""
        return replace(self, layers=tuple(replace(layer, **changes) for layer in self.layers))

    @property
    def short(self) -> str:
        """What is asked for, in a few words."""
        return re.split(r"[,:]", QUANTITIES[self.wanted])[0]


def _field(layers: Sequence[Layer]) -> int:
    """Rows of the picture that one output cell reads: a NaN in any other leaves it alone."""

    def run(x: np.ndarray) -> np.ndarray:
        for layer in layers:
            K, S, D = layer.kernel[0], layer.stride[0], layer.dilation[0]
            x = by_loops(conv2d(x, np.ones((1, 1, K, 1)), stride=(S, 1), dilation=(D, 1)))["y"]
        return x

    H = 1
    for layer in reversed(layers):
        H = (H - 1) * layer.stride[0] + layer.dilation[0] * (layer.kernel[0] - 1) + 1
    rows, _, _ = measure_field(run, np.zeros((1, 1, H + 4, 1)), (0, 0))
    return rows[-1] - rows[0] + 1


def worked(question: Counted) -> list[str]:
    """The way to the answer, with the numbers put in; the last number is the answer."""
    layers = question.layers
    counts = question.wanted not in ("shape", "weight_shape", "field")
    shown = [x for x in layers if len(layers) == 1 or not counts or question.of(x)]
    found = [line for layer in shown for line in _lines(question, layer)]
    if question.wanted == "field":
        return _field_lines(question.layers)
    if len(layers) > 1 and counts:
        added = " + ".join(str(question.of(layer)) for layer in shown)
        found.append(f"together: {f'{added} = ' if len(shown) < 13 else ''}{question.answer[0]}")
    return found


def _lines(question: Counted, layer: Layer) -> list[str]:
    (C, O), (KH, KW), G = layer.channels, layer.kernel, layer.groups
    name = f"{layer.name}: " if layer.name else ""
    wanted = question.wanted
    if wanted == "shape":
        return [f"{name}{line}" for line in size_lines(layer)]
    if not layer.multiplies and wanted not in ("outputs", "weight_shape"):
        return [f"{name}nothing is learned or multiplied: 0"]
    each = f"{C}" if layer.kind == "linear" else f"{C}*{KH}*{KW}"
    if G > 1:
        each = f"({C}/{G})*{KH}*{KW}"
    if wanted in ("parameters", "weights"):
        biased = layer.bias and wanted == "parameters"
        text = f"{O}*({each} + 1)" if biased else f"{O}*{each}"
        return [f"{name}{text} = {question.of(layer)}"]
    if wanted == "biases":
        return [f"{name}one for each output channel: {question.of(layer)}"]
    if wanted == "outputs":
        OH, OW = layer.output
        return [f"{name}{O}*{OH}*{OW} = {layer.outputs}"]
    if wanted == "weight_shape":
        return [f"{name}{' x '.join(map(str, question.answer))}"]
    weights = f"{layer.weights} weights ({O}*{each})"
    if wanted == "taps":
        return [
            f"{name}{weights}, but only the taps on real pixels: {question.of(layer)}",
        ]
    H, W = layer.small if wanted != "positions" else layer.output
    what = "input" if layer.transposed and wanted != "positions" else "output"
    text = f"{name}{weights} x {H}*{W} {what} positions = {layer.weights * H * W}"
    if wanted != "additions":
        return [text]
    last = f"one less for each of {layer.outputs} outputs"
    if layer.bias:
        last = "the first product of an output is added to the bias, so as many"
    return [f"{text} products", f"{name}{last}: {question.of(layer)} additions"]


def size_lines(layer: Layer) -> list[str]:
    """The size formula with the numbers put in, once where both axes are the same."""
    found = []
    sides = zip(
        "HW", layer.input, layer.output, layer.kernel, layer.stride, layer.padding, layer.dilation,
        strict=True,
    )  # fmt: skip
    for letter, H, OH, K, S, P, D in sides:
        if layer.kind == "linear":
            return [f"{layer.channels[1]} numbers"]
        if layer.kind == "upsample":
            found.append(f"O{letter} = {H} x {OH // H} = {OH}")
        elif layer.transposed:
            OP = OH - ((H - 1) * S - 2 * P + D * (K - 1) + 1)
            found.append(
                f"O{letter} = ({letter} - 1)*S - 2*P + D*(K - 1) + OP + 1 "
                f"= ({H} - 1)*{S} - 2*{P} + {D}*({K} - 1) + {OP} + 1 = {OH}"
            )
        else:
            above = H + 2 * P - D * (K - 1) - 1
            up = above // S + 1 != OH
            found.append(
                f"O{letter} = {'ceil' if up else 'floor'}(({letter} + 2*P - D*(K - 1) - 1) / S) + 1"
                f" = {'ceil' if up else 'floor'}(({H} + 2*{P} - {D}*({K} - 1) - 1) / {S}) + 1"
                f" = {'ceil' if up else 'floor'}({above}/{S}) + 1 = {OH}"
            )
    same = found[0] == found[1].replace("OW", "OH").replace("(W", "(H")
    return found[:1] if same else found


def _field_lines(layers: Sequence[Layer]) -> list[str]:
    """The field grows by ``(K - 1)*D`` steps of the map before; a step is the strides so far."""
    field, jump, found = 1, 1, ["before the first layer: field 1, step 1"]
    for number, layer in enumerate(layers, 1):
        K, S, D = layer.kernel[0], layer.stride[0], layer.dilation[0]
        more, before = (K - 1) * D * jump, field
        field, jump = field + more, jump * S
        found.append(
            f"layer {number}: field {before} + ({K} - 1)*{D}*{jump // S} = {field}, step {jump}"
        )
    return [*found, f"receptive field: {field} x {field}"]
