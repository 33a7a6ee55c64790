"""The classic mistakes in counting parameters and operations, each a small function.

A count is worked out under a rule; a mistake changes the rule in one place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from minigrad.teach.cost_layers import Layer, macs
from minigrad.teach.counting import Counted
from minigrad.teach.mistakes_sizes import CountMistake, counting_mistake

__all__ = ["COUNT_MISTAKES", "CountRule"]


@dataclass(frozen=True)
class CountRule:
    """How somebody counts; as it stands, the right way.

    Attributes
    ----------
    bias : {"own", "none", "each", "inputs", "one"}
        Whether biases are counted: as the layer has them, none, one for each output channel, one
        for each input channel, one a layer.
    kernel : {"own", "side", "channels"}
        KH*KW; KH alone; C in place of one side.
    groups : bool
        Whether the inputs of a filter are C/G.
    inputs : int or None
        Another number of input channels.
    positions : {"own", "output", "input", "side", "dense", "taps"}
        Where the weights are counted.
    less : {"own", "none", "always"}
        Of additions: what is taken off for each output.
    times : int
    """

    bias: Literal["own", "none", "each", "inputs", "one"] = "own"
    kernel: Literal["own", "side", "channels"] = "own"
    groups: bool = True
    inputs: int | None = None
    positions: Literal["own", "output", "input", "side", "dense", "taps"] = "own"
    less: Literal["own", "none", "always"] = "own"
    times: int = 1

    def count(self, question: Counted) -> tuple[Fraction, ...]:
        """The count under this rule."""
        return (Fraction(self.times * sum(self._of(question, x) for x in question.layers)),)

    def _of(self, question: Counted, layer: Layer) -> Any:
        changed = self._weights(layer)
        wanted = question.wanted
        biases = self._biases(layer)
        if wanted == "biases":
            return biases
        if not layer.multiplies:
            return question.of(layer)
        if wanted == "parameters":
            return changed + biases
        if wanted == "weights":
            return changed + (biases if self.bias != "own" else 0)
        if wanted == "outputs":
            return question.of(layer)
        return self._products(question, layer, changed)

    def _products(self, question: Counted, layer: Layer, weights: int) -> Any:
        own = "taps" if question.wanted == "taps" else "dense"
        own = "output" if question.wanted == "positions" else own
        where = own if self.positions == "own" else self.positions
        sides = {"output": layer.output, "input": layer.input, "dense": layer.small}
        if where == "taps":
            found: Any = Fraction(macs(replace(layer, bias=False), "taps") * weights, layer.weights)
        elif where == "side":
            found = weights * (layer.output if own == "output" else layer.small)[0]
        else:
            H, W = sides[where]
            found = weights * H * W
        if question.wanted != "additions":
            return found + (layer.outputs if self.bias == "each" else 0)
        off = {"own": not layer.bias, "none": False, "always": True}[self.less]
        return found - layer.outputs * off

    def _weights(self, layer: Layer) -> int:
        (C, O), (KH, KW) = layer.channels, layer.kernel
        if not layer.multiplies:
            return 0
        each = (C if self.inputs is None else self.inputs) // (layer.groups if self.groups else 1)
        if layer.kind == "linear":
            return each * O
        return O * each * {"own": KH * KW, "side": KH, "channels": KH * C}[self.kernel]

    def _biases(self, layer: Layer) -> int:
        C, O = layer.channels
        own = O if layer.bias else 0
        extra = layer.extra
        return {"own": own, "none": 0, "each": O, "inputs": C, "one": 1}[self.bias] + extra


COUNT_MISTAKES: dict[str, CountMistake] = {}
"""Name: mistake, with numbers of parameters and operations."""


@counting_mistake(COUNT_MISTAKES)
def biases_left_out(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """The biases were left out."""
    yield replace(rule, bias="none"), ""


@counting_mistake(COUNT_MISTAKES)
def biases_counted(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """Biases were counted that are not asked for, or not there."""
    yield replace(rule, bias="each"), ""


@counting_mistake(COUNT_MISTAKES, 2)
def biases_of_inputs(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """A bias was counted for each input; there is one for each output."""
    yield replace(rule, bias="inputs"), ""


@counting_mistake(COUNT_MISTAKES, 2)
def biases_of_layers(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """One bias was counted for a layer; there is one for each of its output channels."""
    yield replace(rule, bias="one"), ""


@counting_mistake(COUNT_MISTAKES)
def kernel_side(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """One side of the kernel was forgotten: K in place of K*K."""
    yield replace(rule, kernel="side"), ""


@counting_mistake(COUNT_MISTAKES, 2)
def kernel_and_channels(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """K*C*C was counted in place of K*K*C: the kernel's side and the channels were confused."""
    yield replace(rule, kernel="channels"), ""


@counting_mistake(COUNT_MISTAKES)
def groups_left_out(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """The groups were ignored: a filter sees C/G channels."""
    yield replace(rule, groups=False), ""


@counting_mistake(COUNT_MISTAKES, 2)
def other_inputs(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """It is the count for another number of input channels."""
    C = q.layers[0].channels[0]
    for other, what in ((1, "one, gray"), (3, "three, RGB"), (2, "two"), (C - 1, ""), (C + 1, "")):
        if other > 0 and other != C and len(q.layers) == 1:
            said = f" ({what})" if what else ""
            yield (
                replace(rule, inputs=other),
                f"It is the count for {other} input channels{said}, not {C}.",
            )


@counting_mistake(COUNT_MISTAKES)
def output_positions(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """Weights x output positions: a transposed convolution meets those of the input, S*S less."""
    if any(layer.transposed for layer in q.layers):
        yield replace(rule, positions="output"), ""


@counting_mistake(COUNT_MISTAKES)
def input_positions(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """The positions of the input were counted; a window stands at each OUTPUT position."""
    if not all(layer.transposed for layer in q.layers):
        yield replace(rule, positions="input"), ""


@counting_mistake(COUNT_MISTAKES)
def padding_multiplied(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """Products with padding, or with what is cropped, were counted."""
    yield replace(rule, positions="dense"), ""


@counting_mistake(COUNT_MISTAKES)
def real_pixels_only(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """Only taps on real pixels were counted; the question counts every tap."""
    yield replace(rule, positions="taps"), ""


@counting_mistake(COUNT_MISTAKES, 2)
def one_axis(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """Positions were counted along one axis only: H in place of H*W."""
    yield replace(rule, positions="side"), ""


@counting_mistake(COUNT_MISTAKES, 2)
def two_for_one(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """A multiplication and an addition were counted as two; a multiply-add is one."""
    if q.wanted not in ("biases", "weights", "parameters", "outputs"):
        yield replace(rule, times=2), ""


@counting_mistake(COUNT_MISTAKES)
def additions_as_products(rule: CountRule, q: Counted) -> Iterator[tuple[CountRule, str]]:
    """As many additions as products were counted, or one less in spite of a bias."""
    yield replace(rule, less="none"), "As many additions as products: the first one adds nothing."
    yield replace(rule, less="always"), "One addition less was counted, but there is a bias."
