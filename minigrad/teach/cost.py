"""`cost`: what a network costs, as formulas and as numbers, by four rules, counted and timed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from minigrad import nn
from minigrad.models import MODELS, build_model
from minigrad.summary import describing
from minigrad.teach.cost_formulas import check_sympy, put, symbolic_layers, totals
from minigrad.teach.cost_latex import latex
from minigrad.teach.cost_layers import PASSES, RULES, Layer, counted_macs, macs
from minigrad.teach.cost_network import network_layers
from minigrad.teach.cost_pages import formula_pages, number_pages, rule_pages, time_pages
from minigrad.teach.cost_report import Report
from minigrad.teach.cost_time import Timing, predict, time_layers
from minigrad.teach.count import count_bias

__all__ = ["Cost", "LETTERS", "cost", "count"]

LETTERS = {"NIC": "in_channels", "NF": "width", "NC": "out_channels", "k": "kernel"}
"""A formula's letter: the option of a network that it stands for."""

BUDGET = 1_500_000  # products that are counted one by one before a page is shown: a few seconds


@dataclass
class Cost:
    """What a network costs.

    Attributes
    ----------
    title : str
    cases : list of (size, list of Layer)
        The layers with numbers, for each size of the picture.
    values : dict
        The number of each letter.
    symbolic : list of Layer, or None
        The layers with expressions, where the network could be tried with other numbers.
    timing : list of Timing
        Predicted, and perhaps measured, time of the first case.
    budget : int
        Products that may be counted one by one for a page.
    begins : bool
        Whether the first layer's input is the picture, whose gradient nobody needs.
    """

    title: str
    cases: list[tuple[tuple[int, int], list[Layer]]]
    values: dict[str, int] = field(default_factory=dict)
    symbolic: list[Layer] | None = None
    timing: list[Timing] = field(default_factory=list)
    budget: int = BUDGET
    begins: bool = True

    @property
    def layers(self) -> list[Layer]:
        """The layers of the first case."""
        return self.cases[0][1]

    def total(self, quantity: str, step: str = "forward", case: int = 0) -> int:
        """One number for the whole network.

        Parameters
        ----------
        quantity : str
            "weights", "parameters", "outputs", "connections", or a rule: "positions", "bias",
            "dense", "taps".
        step : {"forward", "input gradient", "weight gradient"}
            For a rule.  See `begins` for the input gradient.
        """
        layers = [layer for layer in self.cases[case][1] if layer.multiplies]
        if quantity == "parameters":
            return sum(layer.parameters for layer in self.cases[case][1])
        if quantity in ("weights", "outputs"):
            return sum(getattr(layer, quantity) for layer in layers)
        if quantity == "connections":
            return sum(macs(replace(layer, bias=False), "positions") for layer in layers)
        return sum(macs(layer, quantity, step) for layer in self._needed(layers, step))

    def counted(self, rule: str, step: str = "forward", case: int = 0) -> int | None:
        """The same as `total`, counted; None where that takes more products than `budget`."""
        layers = [layer for layer in self.cases[case][1] if layer.multiplies]
        return count(self._needed(layers, step), rule, step, self.budget)

    def counts(self) -> dict[tuple[str, str], int]:
        """By rule and step, what the first case's `budget` allows to count, "taps" first."""
        layers = [layer for layer in self.layers if layer.multiplies]
        found, left = {}, self.budget
        for step in PASSES:
            for rule in reversed(RULES):
                price = _price(self._needed(layers, step), rule, step)
                counted = self.counted(rule, step) if price <= left else None
                if counted is not None:
                    found[rule, step] = counted
                    left -= price
        return found

    def _needed(self, layers: list[Layer], step: str) -> list[Layer]:
        return layers[1:] if self.begins and step == "input gradient" else layers

    def report(self) -> Report:
        """Everything, as headings, paragraphs and tables."""
        report = Report(self.title)
        if self.symbolic is not None:
            formula_pages(report, self)
        number_pages(report, self)
        rule_pages(report, self)
        if self.timing:
            time_pages(report, self.timing)
        return report

    def __str__(self) -> str:
        return str(self.report())

    def to_html(self) -> str:
        """The report as one piece of HTML."""
        return self.report().to_html()

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_latex(self) -> str:
        """The formulas as LaTeX, in the order of seed 000: weights, outputs, connections, work."""
        return latex(self)

    @property
    def passes(self) -> tuple[str, ...]:
        """Forward, and the two gradients of a training step."""
        return PASSES


def count(layers: Sequence[Layer], rule: str, step: str, budget: int = BUDGET) -> int | None:
    """Multiply-adds of layers, counted by running the textbook kernels on numbers that count.

    A layer of many channels is counted with one input and one output channel, and the count
    multiplied: the loops over channels go round as often as they say. None where that would be
    more than `budget` products.
    """
    if _price(layers, rule, step) > budget:
        return None
    total = 0
    for layer in layers:
        if layer.multiplies:
            C, O = layer.channels
            way = "positions" if rule == "bias" else rule
            total += _counted(_plane(layer), way, step) * C * O // layer.groups
            if rule == "bias" and layer.bias and step != "input gradient":
                total += count_bias(1, layer.output).additions * O
    return total


def _price(layers: Sequence[Layer], rule: str, step: str) -> int:
    """Products that have to be counted one by one: each geometry once."""
    return sum(macs(plane, rule, step) for plane in {_plane(layer) for layer in layers})


def _plane(layer: Layer) -> Layer:
    """The layer with one channel in and one out, and no bias."""
    return replace(layer, name="", channels=(1, 1), groups=1, extra=0, bias=False)


@cache
def _counted(plane: Layer, rule: str, step: str) -> int:
    return counted_macs(plane, rule, step)


def cost(
    model: str | nn.Module | Sequence[Layer],
    shape: tuple[int, int, int] | None = None,
    sizes: Sequence[tuple[int, int]] = (),
    measure: bool = False,
    time: bool = True,
    budget: int = BUDGET,
    **values: Any,
) -> Cost:
    """What a network costs.

    Parameters
    ----------
    model : str, Module or list of Layer
        A network's name (`minigrad.models.MODELS`), a network, or layers.
    shape : (C, H, W), optional
        One input of a Module.
    sizes : list of (H, W), optional
        Cases to put into the formulas; the network's usual size by default.
    measure : bool
        Whether to run the network and time its layers.
    time : bool
        Whether to predict times, which measures the machine for about two seconds.
    budget : int
        Products that may be counted one by one.
    **values
        For a name: its options, by name or by letter (NIC, NF, NC, k).

    Raises
    ------
    ValueError
        An unknown network or option, or a Module without `shape`.
    ModuleNotFoundError
        A name, whose formulas need SymPy, and SymPy is not installed.

    Examples
    --------
    >>> layer = nn.Conv2d(3, 3, 7)
    >>> costs = cost(layer, shape=(3, 224, 224), time=False)
    >>> costs.total("parameters"), costs.total("dense")
    (444, 20958084)
    """
    if isinstance(model, str):
        found = _named(model, sizes, values)
    elif isinstance(model, nn.Module):
        if shape is None:
            raise ValueError("cost: a network needs shape=(C, H, W), the shape of one input")
        cases = [((H, W), network_layers(model, (shape[0], H, W))) for H, W in sizes or [shape[1:]]]
        found = Cost(f"{type(model).__name__}: what it costs", cases)
    else:
        layers = list(model)
        found = Cost("Layers: what they cost", [(tuple(layers[0].input), layers)])
    found.budget = budget
    if time:
        found.timing = predict(found.layers)
        if measure and isinstance(model, str):
            model = build_model(model, {LETTERS.get(key, key): v for key, v in values.items()})
        if measure and isinstance(model, nn.Module):
            C = found.layers[0].channels[0]
            found.timing = time_layers(model, (C, *found.cases[0][0]), found.timing)
    return found


def _named(name: str, sizes: Sequence[tuple[int, int]], values: Mapping[str, Any]) -> Cost:
    """A network by its name, with formulas where they can be found."""
    check_sympy()
    options = {LETTERS.get(key, key): value for key, value in values.items()}
    network = _described(name, options)
    known = inspect.signature(MODELS[name]).parameters
    usual = {key: options.get(key, known[key].default) for key in known}
    shape = (*network.INPUT, 1, 1)[:3]
    C = usual.get("in_channels", shape[0])
    vectors = len(network.INPUT) == 1
    cases = [
        ((H, W), network_layers(network, network.INPUT if vectors else (C, H, W)))
        for H, W in list(sizes) or [shape[1:]]
    ]
    letters = {
        letter: option for letter, option in LETTERS.items() if type(usual.get(option)) is int
    }
    numbers = {letter: usual[option] for letter, option in letters.items()}
    found = Cost(f"{network.TITLE} ({name}): what it costs", cases, numbers)
    H, W = cases[0][0]
    step = max(getattr(network, "multiple", 1), 8)
    steps = {"NIC": 1, "NF": 4, "NC": 1, "k": 2, "H": step, "W": step}
    base = {"NIC": 1, "NF": 4, "NC": 3, "k": 3, "H": max(H // step, 1) * step}
    base["W"] = max(W // step, 1) * step
    odd = [letter for letter in letters if letter != "k" or numbers["k"] % 2]  # even k: a number

    def build(**values: int) -> list[Layer]:
        size = values.pop("H", H), values.pop("W", W)
        changed = options | {letters[letter]: value for letter, value in values.items()}
        return network_layers(_described(name, changed), (changed.get("in_channels", C), *size))

    # A network for one size only, or with widths that do not grow together, has fewer letters.
    for tried in ([*odd, "H", "W"], odd, [x for x in odd if x != "NF"]) if not vectors else ():
        chosen = {letter: base[letter] for letter in tried}
        try:
            layers = symbolic_layers(build, chosen, {x: steps[x] for x in tried}, found.layers)
        except ValueError:
            continue
        if tried and put(totals(layers)["weights"], numbers) == found.total("weights"):
            found.symbolic = layers
            break
    return found


def _described(name: str, options: Mapping[str, Any]) -> nn.Module:
    """A network without its numbers."""
    with describing():
        return build_model(name, options)
