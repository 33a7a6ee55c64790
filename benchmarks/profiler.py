"""Where the time of a step goes: by operation, forward and backward, and by kernel and shape.

Each operation's own time is what it takes without the operations that it calls, so the rows add up
to the time of the step; so do the rows of the kernels to the operations' share of them.  Measuring
costs a few microseconds a call.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.macs import FLOP_PER_MAC
from benchmarks.tables import markdown, seconds
from minigrad import kernels
from minigrad.autograd import Function
from minigrad.optim import Optimizer
from minigrad.tensor import Tensor

__all__ = ["Profile", "print_profiles", "profile"]

OUTSIDE = "(outside all operations)"
ACCUMULATION = "(the walk: gradients added and copied)"


@dataclass
class _Row:
    calls: int = 0
    seconds: float = 0.0
    flop: float = 0.0


class Profile:
    """The times of some runs.

    Attributes
    ----------
    operations : dict
        (phase, operation): calls and own seconds.
    kernels : dict
        (kernel, shapes of its arrays): calls, seconds and floating-point operations.
    """

    def __init__(self) -> None:
        self.operations: dict[tuple[str, str], _Row] = defaultdict(_Row)
        self.kernels: dict[tuple[str, str], _Row] = defaultdict(_Row)
        self._phase = "forward"
        self._inner = [0.0]  # seconds spent in operations called by each open one

    @contextmanager
    def open(self, operation: str, phase: str | None = None) -> Iterator[None]:
        """Count the time inside to an operation, without what opens in it."""
        before, self._phase = self._phase, phase or self._phase
        self._inner.append(0.0)
        start = time.perf_counter()
        try:
            yield
        finally:
            whole = time.perf_counter() - start
            row = self.operations[self._phase, operation]
            row.calls += 1
            row.seconds += whole - self._inner.pop()
            self._inner[-1] += whole
            self._phase = before

    def kernel(self, name: str, run: Callable) -> Callable:
        """The kernel, with its calls counted."""

        def timed(*arguments: Any) -> None:
            start = time.perf_counter()
            run(*arguments)
            row = self.kernels[name, _shapes(arguments)]
            row.calls += 1
            row.seconds += time.perf_counter() - start
            row.flop += FLOP_PER_MAC * _macs(name, arguments)

        return timed

    @property
    def seconds(self) -> float:
        """Time of everything."""
        return sum(row.seconds for row in self.operations.values())

    def __str__(self) -> str:
        total = self.seconds
        in_kernels = sum(row.seconds for row in self.kernels.values())

        def share(value: float) -> str:
            return f"{100 * value / total:.1f} %"

        operations = [
            [f"{phase}: {name}", row.calls, seconds(row.seconds), share(row.seconds)]
            for (phase, name), row in _slowest(self.operations)
        ]
        shapes = [
            [f"{name}{shape}", row.calls, seconds(row.seconds), share(row.seconds), _rate(row)]
            for (name, shape), row in _slowest(self.kernels)[:30]
        ]
        return "\n\n".join(
            [
                f"{seconds(total)} in all; {share(in_kernels)} of it in kernels",
                markdown(["own time of", "calls", "time", "share"], operations),
                markdown(["kernel (arrays)", "calls", "time", "share", "GFLOP/s"], shapes),
            ]
        )


def _slowest(table: dict[tuple[str, str], _Row]) -> list[tuple[tuple[str, str], _Row]]:
    return sorted(table.items(), key=lambda item: -item[1].seconds)


def _rate(row: _Row) -> str:
    return f"{row.flop / row.seconds / 1e9:.0f}" if row.flop else ""


def _shapes(arguments: tuple[Any, ...]) -> str:
    """Shapes of the first three arrays: the outputs and the inputs of most kernels."""
    arrays = [one for one in arguments if isinstance(one, np.ndarray)]
    return "(" + ", ".join("x".join(map(str, array.shape)) for array in arrays[:3]) + ")"


def _macs(kernel: str, arguments: tuple[Any, ...]) -> int:
    """Dense MACs of a convolution's kernel: pixels of the smaller map's side times weights."""
    if kernel == "conv2d":
        y, _, w = arguments[:3]
        return y.shape[0] * prod(y.shape[2:]) * w.size
    if kernel == "conv_transpose2d":
        _, x, w = arguments[:3]
        return x.shape[0] * prod(x.shape[2:]) * w.size
    if kernel == "conv2d_weight_grad":
        gw, _, gy = arguments[:3]
        return gy.shape[0] * prod(gy.shape[2:]) * gw.size
    return 0


def profile(run: Callable[[], object]) -> Profile:
    """Run ``run()`` once, with every operation and every kernel timed."""
    result = Profile()
    forward, gradients = Function._run, Function.gradients
    backward, update = Tensor.backward, Optimizer.step

    def timed_forward(self: Function, args: Any) -> Any:
        with result.open(self.name):
            return forward(self, args)

    def timed_gradients(self: Function, arrived: Any) -> Any:
        with result.open(f"of {self.name}", phase="backward"):
            return gradients(self, arrived)

    def timed_backward(self: Tensor, *args: Any, **options: Any) -> Any:
        with result.open(ACCUMULATION, phase="backward"):
            return backward(self, *args, **options)

    def timed_update(self: Optimizer, *args: Any) -> Any:
        with result.open(type(self).__name__, phase="optimizer"):
            return update(self, *args)

    timed = {name: result.kernel(name, getattr(kernels, name)) for name in kernels.loops.__all__}
    with (
        mock.patch.object(Function, "_run", timed_forward),
        mock.patch.object(Function, "gradients", timed_gradients),
        mock.patch.object(Tensor, "backward", timed_backward),
        mock.patch.object(Optimizer, "step", timed_update),
        mock.patch.multiple(kernels, create=True, **timed),
        result.open(OUTSIDE),
    ):
        run()
    return result


def print_profiles(
    names: Iterable[str], build: Callable[[str], Callable[[], object]], rounds: int
) -> None:
    """Print, for each name, the profile of the quickest of some runs of what ``build`` makes."""
    for name in names:
        run = build(name)
        run()
        quickest = min((profile(run) for _ in range(rounds)), key=lambda one: one.seconds)
        print(f"\n## {name}\n\n{quickest}", flush=True)
