"""Rates that rise and fall, the momentum falling and rising against them.

Smith, "Cyclical learning rates for training neural networks" (2017), and Smith and Topin,
"Super-convergence" (2018).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

from minigrad.optim.lr_scheduler.base import (
    SILENT,
    LRScheduler,
    attributes,
    check_optimizer,
    per_group,
)
from minigrad.optim.optimizer import Optimizer

__all__ = ["CyclicLR", "OneCycleLR"]


class Cycle(LRScheduler):
    """What both share: a momentum that moves against the rate, and is beta1 in Adam and its kin."""

    cycle_momentum: bool
    use_beta1: bool

    def _start_momentum(self, base: Any, largest: Any, begin: bool) -> None:
        """Check that there is a momentum, and put its bounds into the groups."""
        if not self.cycle_momentum:
            return
        defaults = self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ValueError(
                f"{self._name}: cycle_momentum needs an optimizer with a momentum or betas, "
                f"{type(self.optimizer).__name__} has neither; pass cycle_momentum=False"
            )
        self.use_beta1 = "betas" in defaults
        bases = per_group(self.optimizer, base, "base_momentum", self._name)
        tops = per_group(self.optimizer, largest, "max_momentum", self._name)
        if begin:
            for group, low, high in zip(self.optimizer.param_groups, bases, tops, strict=True):
                group["base_momentum"], group["max_momentum"] = low, high
            self._set_momentum(tops)

    def _set_momentum(self, values: Sequence[float]) -> None:
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            if self.use_beta1:
                group["betas"] = (value, *group["betas"][1:])
            else:
                group["momentum"] = value


def _cos(start: float, end: float, part: float) -> float:
    return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)


def _linear(start: float, end: float, part: float) -> float:
    return (end - start) * part + start


_ANNEAL: dict[str, Callable[[float, float, float], float]] = {"cos": _cos, "linear": _linear}


class OneCycleLR(Cycle):
    """Up from ``max_lr / div_factor`` to ``max_lr``, then down far below.

    Steps once after each batch, ``total_steps`` times in all. A cycle so short that no step is left
    to rise in (``pct_start * total_steps`` is 1) begins at the top, where PyTorch divides by zero.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates (and momenta) are set.
    max_lr : float or list of float
        The highest rate, one for all groups or one each.
    total_steps : int, optional
        The length of the cycle; or give both of the next.
    epochs, steps_per_epoch : int, optional
        Their product is the length of the cycle.
    pct_start : float
        The part of the cycle that rises, in [0, 1].
    anneal_strategy : "cos" or "linear"
        The shape of rise and fall.
    cycle_momentum : bool
        Let the momentum (beta1) fall from ``max_momentum`` to ``base_momentum`` and rise again.
    base_momentum, max_momentum : float or list of float
        Its bounds.
    div_factor, final_div_factor : float
        The first rate is ``max_lr / div_factor``, the last the first over ``final_div_factor``.
    three_phase : bool
        Fall to the first rate as steeply as it rose, then on to the last.
    last_epoch : int
        Where an earlier run had come to.
    verbose : bool
        Deprecated and ignored.

    Examples
    --------
    >>> import minigrad
    >>> x = minigrad.zeros(1, requires_grad=True)
    >>> optimizer = minigrad.optim.SGD([x], lr=1.0, momentum=0.9)
    >>> schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> round(schedule.get_last_lr()[0], 6), optimizer.param_groups[0]["momentum"]
    (0.04, 0.95)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
        verbose: Any = SILENT,
    ) -> None:
        check_optimizer(optimizer, "OneCycleLR")
        self.optimizer, self.cycle_momentum = optimizer, cycle_momentum
        self.total_steps = _length(total_steps, epochs, steps_per_epoch)
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start (={pct_start}) must lie in [0, 1]")
        if anneal_strategy not in _ANNEAL:
            raise ValueError(
                f"OneCycleLR: anneal_strategy (={anneal_strategy!r}) must be 'cos' or 'linear'"
            )
        self._anneal_func_type = anneal_strategy
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        rates = per_group(optimizer, max_lr, "max_lr", "OneCycleLR")
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["initial_lr"], group["max_lr"] = rate / div_factor, rate
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self._start_momentum(base_momentum, max_momentum, last_epoch == -1)
        super().__init__(optimizer, last_epoch, verbose)

    def get_lr(self) -> list[float]:
        """The rates at ``last_epoch``; sets the momenta, too."""
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"OneCycleLR: step {self.last_epoch} is past the cycle's total_steps "
                f"(={self.total_steps})"
            )
        phase, start = self._phase()
        length = phase["end_step"] - start
        part = (self.last_epoch - start) / length if length else 1.0  # no room: the phase is over
        anneal, groups = _ANNEAL[self._anneal_func_type], self.optimizer.param_groups
        if self.cycle_momentum:
            self._set_momentum(
                [anneal(g[phase["start_momentum"]], g[phase["end_momentum"]], part) for g in groups]
            )
        return [anneal(g[phase["start_lr"]], g[phase["end_lr"]], part) for g in groups]

    def _phase(self) -> tuple[dict[str, Any], float]:
        """The phase in which ``last_epoch`` lies, and when it began."""
        start = 0.0
        for phase in self._schedule_phases[:-1]:
            if self.last_epoch <= phase["end_step"]:
                return phase, start
            start = phase["end_step"]
        return self._schedule_phases[-1], start


def _length(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    """The number of steps of the cycle, from the arguments that say it."""
    given = {"total_steps": total_steps}
    if total_steps is None:
        given = {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    if None in given.values():
        raise ValueError("OneCycleLR: give total_steps, or both epochs and steps_per_epoch")
    for name, value in given.items():
        if not isinstance(value, int) or value <= 0:
            raise ValueError(f"OneCycleLR: {name} (={value}) must be a positive integer")
    return math.prod(value for value in given.values() if value is not None)


def _phases(total_steps: int, pct_start: float, three_phase: bool) -> list[dict[str, Any]]:
    """When each phase ends, and the entries of a group between which it leads."""

    def phase(end: float, lr: tuple[str, str], momentum: tuple[str, str]) -> dict[str, Any]:
        return {
            "end_step": end,
            "start_lr": lr[0],
            "end_lr": lr[1],
            "start_momentum": momentum[0],
            "end_momentum": momentum[1],
        }

    rise = float(pct_start * total_steps) - 1
    down, up = ("max_momentum", "base_momentum"), ("base_momentum", "max_momentum")
    phases = [phase(rise, ("initial_lr", "max_lr"), down)]
    if not three_phase:
        return [*phases, phase(total_steps - 1, ("max_lr", "min_lr"), up)]
    back = float(2 * pct_start * total_steps) - 2
    phases.append(phase(back, ("max_lr", "initial_lr"), up))
    level = ("max_momentum", "max_momentum")
    return [*phases, phase(total_steps - 1, ("initial_lr", "min_lr"), level)]


class CyclicLR(Cycle):
    """Up and down between ``base_lr`` and ``max_lr`` along straight lines, again and again.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates (and momenta) are set.
    base_lr, max_lr : float or list of float
        The bounds of the rates, for all groups or one each.
    step_size_up, step_size_down : int
        The length of rise and fall [steps]; the fall is as long as the rise unless given.
    mode : "triangular", "triangular2" or "exp_range"
        Height of the peaks: the same, halved in each cycle, or ``gamma`` to the number of steps.
    gamma : float
        The base for "exp_range".
    scale_fn : callable, optional
        The height of the peaks, in the place of a mode's.
    scale_mode : "cycle" or "iterations"
        What ``scale_fn`` is a function of.
    cycle_momentum : bool
        Let the momentum (beta1) fall while the rate rises.
    base_momentum, max_momentum : float or list of float
        Its bounds.
    last_epoch : int
        Where an earlier run had come to.
    verbose : bool
        Deprecated and ignored.
    """

    _not_saved = ("optimizer", "_scale_fn_custom")

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Any,
        max_lr: Any,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.8,
        max_momentum: Any = 0.9,
        last_epoch: int = -1,
        verbose: Any = SILENT,
    ) -> None:
        check_optimizer(optimizer, "CyclicLR")
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(
                f"CyclicLR: mode (={mode!r}) must be 'triangular', 'triangular2' or 'exp_range', "
                "or give scale_fn"
            )
        self.optimizer, self.cycle_momentum = optimizer, cycle_momentum
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up) + float(down)
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self._scale_fn_custom = mode, gamma, scale_fn
        self.scale_mode = scale_mode
        if scale_fn is None:
            self.scale_mode = "iterations" if mode == "exp_range" else "cycle"
        rates = per_group(optimizer, base_lr, "base_lr", "CyclicLR")
        self.max_lrs = per_group(optimizer, max_lr, "max_lr", "CyclicLR")
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate
        self._start_momentum(base_momentum, max_momentum, last_epoch == -1)
        super().__init__(optimizer, last_epoch, verbose)
        self.base_lrs = rates

    def scale_fn(self, x: float) -> float:
        """The height of the peaks in cycle (or at step) x."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular2":
            return 1 / 2.0 ** (x - 1)
        return self.gamma**x if self.mode == "exp_range" else 1.0

    def get_lr(self) -> list[float]:
        """The rates at ``last_epoch``; sets the momenta, too."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        rising = x <= self.step_ratio
        height = x / self.step_ratio if rising else (x - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            self._set_momentum(
                [
                    g["max_momentum"] - (g["max_momentum"] - g["base_momentum"]) * height * scale
                    for g in self.optimizer.param_groups
                ]
            )
        return [
            low + (high - low) * height * scale
            for low, high in zip(self.base_lrs, self.max_lrs, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer; of ``scale_fn`` only the attributes of an object."""
        function = self._scale_fn_custom
        saved = None if function is None else attributes(function)
        return {**super().state_dict(), "_scale_fn_custom": saved}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave; a plain ``scale_fn`` stays as it was given."""
        super().load_state_dict(state_dict)
        if state_dict["_scale_fn_custom"] is not None:
            vars(self._scale_fn_custom).update(copy.deepcopy(state_dict["_scale_fn_custom"]))
