"""How long a network should take on this machine, and how long it does.

A layer is predicted to take as long as the longer of two things: its dense multiply-adds at the
measured rate of the matrix product (2 operations each), and its input, parameters and output, in
float32, at the measured bandwidth of the memory.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from minigrad import nn
from minigrad.autograd import no_grad
from minigrad.creation import zeros
from minigrad.kernels import get_num_threads
from minigrad.machine import Ceiling, measure_ceiling
from minigrad.teach.cost_layers import Layer, macs

__all__ = ["Timing", "predict", "time_layers"]


@dataclass(frozen=True)
class Timing:
    """Times of a layer's forward pass for one picture [s].

    ``work`` is the time its multiply-adds need, ``traffic`` that of its reads and writes; the
    longer is the prediction.  ``measured`` is None if it was not.
    """

    layer: Layer
    ceiling: Ceiling
    work: float
    traffic: float
    measured: float | None = None

    @property
    def predicted(self) -> float:
        """The longer of the two."""
        return max(self.work, self.traffic)


@cache
def _ceiling(threads: int) -> Ceiling:
    return measure_ceiling(threads, 0.3)


def predict(layers: Sequence[Layer], ceiling: Ceiling | None = None) -> list[Timing]:
    """Predict each layer's time, by rates measured now unless given.

    Examples
    --------
    >>> from minigrad.machine import Ceiling
    >>> layer = Layer("a", "conv2d", (64, 64), (50, 50), (50, 50), (1, 1))
    >>> [timing] = predict([layer], Ceiling(1, micro_kernel=100.0, matmul=80.0, bandwidth=20.0))
    >>> f"{timing.work:.2e} {timing.traffic:.2e}"
    '2.05e-04 6.48e-05'
    """
    rates = _ceiling(get_num_threads()) if ceiling is None else ceiling
    return [
        Timing(
            layer,
            rates,
            2 * macs(layer, "dense") / (rates.micro_kernel * 1e9),
            4 * (_inputs(layer) + layer.parameters + layer.outputs) / (rates.bandwidth * 1e9),
        )
        for layer in layers
    ]


def _inputs(layer: Layer) -> int:
    return layer.channels[0] * layer.input[0] * layer.input[1]


def time_layers(
    model: nn.Module, shape: tuple[int, ...], timings: Sequence[Timing], runs: int = 7
) -> list[Timing]:
    """Run a network on one picture of zeros, and add each layer's shortest time of `runs`."""
    begun = 0.0
    best = [float("inf")] * len(timings)
    place = 0

    def before(module: nn.Module, inputs: Any) -> None:
        nonlocal begun
        begun = time.perf_counter()

    def after(module: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal place
        best[place] = min(best[place], time.perf_counter() - begun)
        place += 1

    leaves = [module for module in model.modules() if not list(module.children())]
    handles = [module.register_forward_pre_hook(before) for module in leaves]
    handles += [module.register_forward_hook(after) for module in leaves]
    training = {module: module.training for module in model.modules()}
    x = zeros(1, *shape)
    try:
        model.eval()
        with no_grad():
            for _ in range(runs + 1):
                place = 0
                model(x)
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in training.items():
            module.training = mode
    return [replace(timing, measured=found) for timing, found in zip(timings, best, strict=True)]
