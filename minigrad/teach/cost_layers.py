"""What a layer costs: weights, outputs, and its multiply-adds under four counting rules.

The letters of a layer, each a number or a SymPy expression:

    C   input channels     KH KW   kernel      W   weights = C*O/G*KH*KW     n   small positions
    O   output channels    G       groups      Y   outputs = O*OH*OW         N   large positions

The small map has a position for every place of the window: it is a convolution's output, and a
transposed convolution's input. The large map is the other one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from minigrad.teach.count import Windows, count_bias

__all__ = ["Layer", "PASSES", "RULES", "Rule", "counted_macs", "macs", "real_taps"]

PASSES = ("forward", "input gradient", "weight gradient")


@dataclass(frozen=True)
class Rule:
    """A way to count multiply-adds: its title, who counts so, and why it differs."""

    name: str
    title: str
    users: str
    reason: str


RULES = {
    rule.name: rule
    for rule in (
        Rule(
            "positions",
            "weights x output positions",
            'seed 000 ("connections"), pytorch-OpCounter (thop)',
            "Right for a convolution. A transposed convolution of stride S has S*S times as many "
            "outputs as inputs, and each weight meets each INPUT once: S*S times too high. It is "
            "the price of the detour by zero insertion, which multiplies the inserted zeros.",
        ),
        Rule(
            "bias",
            "(weights + bias) x output positions",
            "torchinfo",
            "The same, and one addition for each output, counted like a multiply-add.",
        ),
        Rule(
            "dense",
            "weights x small positions",
            "fvcore, ptflops, ultralytics-thop",
            "Transposed: input positions. Every weight meets every position of the small map; "
            "products with padding zeros, and those that cropping throws away, are counted in.",
        ),
        Rule(
            "taps",
            "taps on real pixels",
            "minigrad, by counting",
            "What the textbook loops multiply: a tap that lies on padding, or whose product would "
            "be cropped, is left out.",
        ),
    )
}
"""Name of a rule: the rule, from the highest count to the lowest."""


@dataclass(frozen=True)
class Layer:
    """A convolution, transposed convolution, linear layer, or anything that only writes outputs.

    Sizes are (height, width). A linear layer is a 1 x 1 convolution of 1 x 1 maps (of as many
    positions as it has vectors).

    Attributes
    ----------
    kind : {"conv2d", "conv_transpose2d", "linear", ...}
        Any other kind multiplies nothing.
    extra : int
        Parameters beside weights and bias (batch normalisation's).
    """

    name: str
    kind: str
    channels: tuple[Any, Any]
    input: tuple[Any, Any]
    output: tuple[Any, Any]
    kernel: tuple[Any, Any] = (1, 1)
    stride: tuple[Any, Any] = (1, 1)
    padding: tuple[Any, Any] = (0, 0)
    dilation: tuple[Any, Any] = (1, 1)
    groups: Any = 1
    bias: bool = False
    extra: Any = 0

    @property
    def multiplies(self) -> bool:
        """Whether it has weights that it multiplies with."""
        return self.kind in ("conv2d", "conv_transpose2d", "linear")

    @property
    def transposed(self) -> bool:
        """Whether the output is the large map."""
        return self.kind == "conv_transpose2d"

    @property
    def weights(self) -> Any:
        """W, without the bias."""
        if not self.multiplies:
            return 0
        (C, O), (KH, KW) = self.channels, self.kernel
        product = C * O * KH * KW
        return product // self.groups if isinstance(product, int) else product / self.groups

    @property
    def parameters(self) -> Any:
        """Weights, bias and all else that is learned."""
        return self.weights + (self.channels[1] if self.bias else 0) + self.extra

    @property
    def outputs(self) -> Any:
        """Y, the numbers of one picture's output."""
        return self.channels[1] * self.output[0] * self.output[1]

    @property
    def small(self) -> tuple[Any, Any]:
        """Sides of the map with a position for every place of the window."""
        return self.input if self.transposed else self.output

    @property
    def large(self) -> tuple[Any, Any]:
        """Sides of the map that the window slides over."""
        return self.output if self.transposed else self.input

    def windows(self, channels: bool = True) -> Windows:
        """The two maps as `count.Windows`; with one channel each unless `channels`."""
        C, O = self.channels
        above, below = (O, C) if self.transposed else (C, O)
        windows = Windows(
            self.large, self.small, self.kernel, self.stride, self.padding, self.dilation
        )
        if not channels:
            return windows
        return replace(windows, above=above, below=below, groups=self.groups)

    def axes(self) -> list[tuple[Any, ...]]:
        """For each axis: large side, small side, kernel, stride, padding, dilation."""
        settings = (
            self.large,
            self.small,
            self.kernel,
            self.stride,
            self.padding,
            self.dilation,
        )
        return list(zip(*settings, strict=True))


def real_taps(H: int, OH: int, K: int, S: int, P: int, D: int) -> int:
    """Pairs of a window and a tap, along one axis, that lie on a real pixel.

    ``the number of (oh, k) with 0 <= oh*S + k*D - P < H``

    Examples
    --------
    >>> real_taps(4, 4, 3, 1, 1, 1)  # 4 windows of 3, without the first tap and the last
    10
    """
    total = 0
    for k in range(K):
        first = max(0, -((k * D - P) // S))
        last = min(OH - 1, (H - 1 - k * D + P) // S)
        total += max(0, last - first + 1)
    return total


def macs(layer: Layer, rule: str, step: str = "forward", taps: Sequence[Any] = ()) -> Any:
    """Multiply-adds of a layer for one picture.

    Parameters
    ----------
    layer : Layer
    rule : {"positions", "bias", "dense", "taps"}
    step : {"forward", "input gradient", "weight gradient"}
    taps : (height, width), optional
        What `real_taps` gives, where the sizes are expressions.

    Notes
    -----
    The three steps multiply along the same pairs of pixels, so "dense" and "taps" are the same for
    each. Under "positions" the input gradient of a convolution is the transposed convolution that
    it is: weights times input positions.
    """
    if not layer.multiplies:
        return 0
    W, outputs = layer.weights, layer.output[0] * layer.output[1]
    if rule == "dense":
        return W * layer.small[0] * layer.small[1]
    if rule == "taps":
        high, wide = taps or (real_taps(*axis) for axis in layer.axes())
        pairs = W * high * wide
        taps_of_all = layer.kernel[0] * layer.kernel[1]
        return pairs // taps_of_all if isinstance(pairs, int) else pairs / taps_of_all
    positions = layer.input[0] * layer.input[1] if step == "input gradient" else outputs
    added = layer.outputs if rule == "bias" and layer.bias and step != "input gradient" else 0
    return W * positions + added


def counted_macs(layer: Layer, rule: str, step: str = "forward", channels: bool = False) -> int:
    """The same, counted: the textbook kernels run on numbers that count.

    Parameters
    ----------
    channels : bool
        Whether all channels really run. Otherwise one input and one output channel do, and the
        count is multiplied by C*O/G: the loops over channels go round as often as they say.
    """
    if not layer.multiplies:
        return 0
    windows, (C, O) = layer.windows(channels), layer.channels
    way = "positions" if rule == "bias" else rule
    if step == "weight gradient":
        tally, _ = windows.collect(way, transposed=layer.transposed)
    else:
        forwards = step == "forward"
        go = windows.scatter if layer.transposed == forwards else windows.gather
        tally, _ = go(way)
    count = tally.products if channels else tally.products * C * O // layer.groups
    if rule == "bias" and layer.bias and step != "input gradient":
        # Each output begins as its bias, and each number of its gradient is added to the bias's.
        count += count_bias(1, layer.output).additions * O
    return count
