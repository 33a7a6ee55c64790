"""The classic mistakes in working out output sizes, each a small function.

A size is worked out under a rule; a mistake changes the rule in one place.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from minigrad.teach.cost_layers import Layer
from minigrad.teach.counting import Counted

__all__ = ["CountMistake", "SIZE_MISTAKES", "SizeRule", "counting_mistake"]


@dataclass(frozen=True)
class SizeRule:
    """How somebody works out an output size; as it stands, the right way.

    Attributes
    ----------
    sides : int
        How often the padding is counted: above and below.
    more : int
        Added to the padding.
    stride, dilation : bool
        Whether they are taken into account.
    plus : int
        What is added after the division.
    rounding : {"own", "floor", "ceil", "none"}
    output_padding : int or None
        Another than the layer's.
    other : bool
        The formula of the other direction.
    exchanged : bool
        Height and width.
    channels : {"own", "input"}
    """

    sides: int = 2
    more: int = 0
    stride: bool = True
    dilation: bool = True
    plus: int = 1
    rounding: Literal["own", "floor", "ceil", "none"] = "own"
    output_padding: int | None = None
    other: bool = False
    exchanged: bool = False
    channels: Literal["own", "input"] = "own"

    def shape(self, layer: Layer) -> tuple[Fraction, ...]:
        """(C, H, W) under this rule."""
        C = layer.channels[0 if self.channels == "input" else 1]
        if layer.kind in ("linear", "upsample"):
            high, wide = map(Fraction, layer.output)
        else:
            high, wide = (self._side(layer, axis) for axis in (0, 1))
        return (Fraction(C), *((wide, high) if self.exchanged else (high, wide)))

    def _side(self, layer: Layer, axis: int) -> Fraction:
        large, small, K, S, P, D = layer.axes()[axis]
        H, right = layer.input[axis], layer.output[axis]
        D, S = D if self.dilation else 1, S if self.stride else 1
        added, reach = self.sides * (P + self.more), D * (K - 1)
        if layer.transposed != self.other:
            OP = self.output_padding
            if OP is None:
                own = right - (
                    (H - 1) * layer.stride[axis] - 2 * P + layer.dilation[axis] * (K - 1)
                )
                OP = own - 1 if layer.transposed else 0
            return Fraction((H - 1) * S - added + reach + OP + self.plus)
        above = Fraction(H + added - reach - 1, S)
        if self.rounding == "none":
            return above + self.plus
        up = self.rounding == "ceil"
        if self.rounding == "own" and "pool" in layer.kind:
            floor = (H + 2 * P - layer.dilation[axis] * (K - 1) - 1) // layer.stride[axis] + 1
            up = right > floor
        return Fraction((-(-above // 1) if up else above // 1) + self.plus)


Change = Callable[[Any, Counted], Iterator[tuple[Any, str]]]


class CountMistake(NamedTuple):
    """A mistake in counting: its function's name, its sentence, how simple it is."""

    name: str
    says: str
    weight: int
    make: Change


SIZE_MISTAKES: dict[str, CountMistake] = {}
"""Name: mistake, with output sizes."""


def counting_mistake(
    registry: dict[str, CountMistake], weight: int = 1
) -> Callable[[Change], Change]:
    """Enter a function into a registry of mistakes in counting."""

    def enter(function: Change) -> Change:
        says = (inspect.getdoc(function) or "").split("\n")[0]
        registry[function.__name__] = CountMistake(function.__name__, says, weight, function)
        return function

    return enter


@counting_mistake(SIZE_MISTAKES)
def padding_once(rule: SizeRule, q: Counted) -> Iterator[tuple[SizeRule, str]]:
    """The padding was counted on one side only: P in place of 2*P."""
    yield replace(rule, sides=1), ""


@counting_mistake(SIZE_MISTAKES)
def padding_left_out(rule: SizeRule, q: Counted) -> Iterator[tuple[SizeRule, str]]:
    """The padding was forgotten."""
    yield replace(rule, sides=0), ""


@counting_mistake(SIZE_MISTAKES, 2)
def padding_one_off(rule: SizeRule, q: Counted) -> Iterator[tuple[SizeRule, str]]:
    """The padding is off by one."""
    P = q.layers[-1].padding[0]
    for more in (-1, 1):
        if P + more >= 0:
            yield replace(rule, more=more), f"It is the size for padding {P + more}, not {P}."


@counting_mistake(SIZE_MISTAKES)
def stride_left_out(rule: SizeRule, q: Counted) -> Iterator[tuple[SizeRule, str]]:
    """The stride was ignored."""
    yield replace(rule, stride=False), ""


@counting_mistake(SIZE_MISTAKES)
def dilation_left_out(rule: SizeRule, q: Counted) -> Iterator[tuple[SizeRule, str]]:
    """The dilation was ignored: the kernel reaches over D*(K - 1) + 1 pixels."""
    yield replace(rule, dilation=False), ""


@counting_mistake(SIZE_MISTAKES)
def one_off(rule: SizeRule, q: Counted) -> Iterator[tuple[SizeRule, str]]:
    """The number added in the end is not 1."""
    yield replace(rule, plus=2), "2 was added in the end where the formula adds 1."
    yield replace(rule, plus=0), "The 1 in the end was forgotten: the first window counts, too."


@counting_mistake(SIZE_MISTAKES)
def not_rounded(rule: SizeRule, q: Counted) -> Iterator[tuple[SizeRule, str]]:
    """The quotient was not rounded down: half a window is none."""
    yield replace(rule, rounding="none"), ""


@counting_mistake(SIZE_MISTAKES)
def rounded_otherwise(rule: SizeRule, q: Counted) -> Iterator[tuple[SizeRule, str]]:
    """The quotient was rounded the other way."""
    yield replace(rule, rounding="ceil"), "The quotient was rounded up, not down."
    yield replace(rule, rounding="floor"), "The quotient was rounded down, not up."


@counting_mistake(SIZE_MISTAKES)
def other_output_padding(rule: SizeRule, q: Counted) -> Iterator[tuple[SizeRule, str]]:
    """The output padding is another one."""
    if q.layers[-1].transposed:
        yield replace(rule, output_padding=0), "The output padding was forgotten."
        for OP in range(1, max(q.layers[-1].stride)):
            yield replace(rule, output_padding=OP), f"It is the size with output padding {OP}."


@counting_mistake(SIZE_MISTAKES)
def other_formula(rule: SizeRule, q: Counted) -> Iterator[tuple[SizeRule, str]]:
    """The formula of the other direction was used (convolution for transposed, or back)."""
    yield replace(rule, other=True), ""


@counting_mistake(SIZE_MISTAKES)
def exchanged_sides(rule: SizeRule, q: Counted) -> Iterator[tuple[SizeRule, str]]:
    """Height and width were exchanged."""
    yield replace(rule, exchanged=True), ""


@counting_mistake(SIZE_MISTAKES)
def input_channels(rule: SizeRule, q: Counted) -> Iterator[tuple[SizeRule, str]]:
    """The input's channels were kept; there is one output channel a filter."""
    yield replace(rule, channels="input"), ""
