"""Schedules that multiply the rate by a factor: steps, ramps and powers.

Each has the factor of one step, so that several can be chained, and the rate after any number of
steps by a formula.  In the formulas t is the number of steps, gamma_0 the rate at the start.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any

from minigrad.optim.lr_scheduler.base import SILENT, FunctionSchedule, LRScheduler
from minigrad.optim.optimizer import Optimizer

__all__ = [
    "ConstantLR",
    "ExponentialLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "PolynomialLR",
    "StepLR",
]


class Decay(LRScheduler):
    """A schedule that multiplies the rate by ``_factor()`` in each step."""

    def _factor(self) -> float:
        """What step ``last_epoch`` multiplies the rate by."""
        raise NotImplementedError

    def _total(self) -> float:
        """What the first ``last_epoch`` steps together have multiplied the rate by."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        """The rates at ``last_epoch``, from those of the step before."""
        factor = self._factor()
        return [rate * factor for rate in self._rates()]

    def _get_closed_form_lr(self) -> list[float]:
        total = self._total()
        return [rate * total for rate in self.base_lrs]


class StepLR(Decay):
    r"""Times gamma every ``step_size`` steps: :math:`\gamma_0 g^{\lfloor t / s \rfloor}`.

    Examples
    --------
    >>> import minigrad
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = StepLR(optimizer, step_size=2, gamma=0.5)
    >>> rates = []
    >>> for _ in range(5):
    ...     rates += schedule.get_last_lr()
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        step_size: int,
        gamma: float = 0.1,
        last_epoch: int = -1,
        verbose: Any = SILENT,
    ) -> None:
        if step_size <= 0:
            raise ValueError(f"StepLR: step_size (={step_size}) must be positive")
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch, verbose)

    def _factor(self) -> float:
        """Gamma at every multiple of the step size, else 1."""
        return self.gamma if self.last_epoch and self.last_epoch % self.step_size == 0 else 1.0

    def _total(self) -> float:
        """A power of gamma."""
        return self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(Decay):
    r"""Times gamma at each milestone: :math:`\gamma_0 g^{|\{m : m \le t\}|}`."""

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
        verbose: Any = SILENT,
    ) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch, verbose)

    def _factor(self) -> float:
        """Gamma at a milestone (to a power, if it is given more than once), else 1."""
        return self.gamma ** self.milestones[self.last_epoch]

    def _total(self) -> float:
        """A power of gamma."""
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), self.last_epoch)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        super().load_state_dict(state_dict)
        # JSON turns the numbers that are keys into strings.
        self.milestones = Counter({int(step): n for step, n in self.milestones.items()})


class ConstantLR(Decay):
    r"""A smaller rate, :math:`\gamma_0 f`, for T steps, and from then on :math:`\gamma_0`."""

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
        verbose: Any = SILENT,
    ) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"ConstantLR: factor (={factor}) must lie in [0, 1]")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch, verbose)

    def get_lr(self) -> list[float]:
        """The rates at ``last_epoch``; no factor leads from 0 back to the rates at the start."""
        if self.factor == 0 and self.last_epoch == self.total_iters:
            return list(self.base_lrs)
        return super().get_lr()

    def _factor(self) -> float:
        """The small factor at first, its inverse at the end."""
        if self.last_epoch == 0:
            return self.factor
        return 1.0 / self.factor if self.last_epoch == self.total_iters else 1.0

    def _total(self) -> float:
        """The small factor, or 1."""
        return 1.0 if self.last_epoch >= self.total_iters else self.factor


class LinearLR(Decay):
    r"""A straight ramp from :math:`\gamma_0 a` to :math:`\gamma_0 b` over T steps: a warm-up."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
        verbose: Any = SILENT,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(f"LinearLR: start_factor (={start_factor}) must lie in (0, 1]")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"LinearLR: end_factor (={end_factor}) must lie in [0, 1]")
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch, verbose)

    def _factor(self) -> float:
        """The ratio of neighbouring points of the ramp."""
        if self.last_epoch == 0:
            return self.start_factor
        if self._initial or self.last_epoch > self.total_iters:
            return 1.0
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return 1.0 + rise / before

    def _total(self) -> float:
        """A point of the ramp."""
        done = min(self.last_epoch, self.total_iters) / self.total_iters if self.total_iters else 1
        return self.start_factor + (self.end_factor - self.start_factor) * done


class ExponentialLR(Decay):
    r"""Times gamma in every step: :math:`\gamma_0 g^t`."""

    def __init__(
        self, optimizer: Optimizer, gamma: float, last_epoch: int = -1, verbose: Any = SILENT
    ) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch, verbose)

    def _factor(self) -> float:
        """Gamma."""
        return 1.0 if self._initial else self.gamma

    def _total(self) -> float:
        """A power of gamma."""
        return self.gamma**self.last_epoch


class PolynomialLR(Decay):
    r"""Down to 0 in T steps: :math:`\gamma_0 (1 - \min(t, T) / T)^p`."""

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
        verbose: Any = SILENT,
    ) -> None:
        if total_iters <= 0:
            raise ValueError(f"PolynomialLR: total_iters (={total_iters}) must be positive")
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch, verbose)

    def _factor(self) -> float:
        """The ratio of neighbouring points of the curve."""
        if self._initial or self.last_epoch > self.total_iters:
            return 1.0
        left = 1.0 - self.last_epoch / self.total_iters
        left_before = 1.0 - (self.last_epoch - 1) / self.total_iters
        return (left / left_before) ** self.power

    def _total(self) -> float:
        """A point of the curve."""
        return (1.0 - min(self.last_epoch, self.total_iters) / self.total_iters) ** self.power


class MultiplicativeLR(FunctionSchedule):
    r"""Times a function of the number of steps, each time: :math:`\gamma_0 f(1) f(2) \cdots f(t)`.

    ``lr_lambda`` is one function for all parameter groups, or a list with one for each.
    """

    def get_lr(self) -> list[float]:
        """The rates at ``last_epoch``, from those of the step before."""
        if self._initial:
            return self._rates()
        return [rate * f for rate, f in zip(self._rates(), self._factors(), strict=True)]
