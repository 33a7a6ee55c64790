"""Rates that fall along a cosine, from Loshchilov and Hutter, "SGDR" (2017)."""

from __future__ import annotations

import math
from typing import Any

from minigrad.optim.lr_scheduler.base import SILENT, LRScheduler
from minigrad.optim.optimizer import Optimizer

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(LRScheduler):
    r"""Down to ``eta_min`` in ``T_max`` steps along half a cosine, and up again in as many.

    .. math:: \gamma_t = \gamma_{min} + (\gamma_0 - \gamma_{min}) (1 + \cos(\pi t / T)) / 2

    The rates come from those of the step before, so that schedules can be chained.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates are set.
    T_max : int
        T [steps].
    eta_min : float
        The lowest rate.
    last_epoch : int
        Where an earlier run had come to.
    verbose : bool
        Deprecated and ignored.

    Examples
    --------
    >>> import minigrad
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = CosineAnnealingLR(optimizer, T_max=2)
    >>> for _ in range(2):
    ...     optimizer.step()
    ...     schedule.step()
    ...     print(round(schedule.get_last_lr()[0], 12))
    0.5
    0.0
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,
        eta_min: float = 0.0,
        last_epoch: int = -1,
        verbose: Any = SILENT,
    ) -> None:
        if T_max <= 0:
            raise ValueError(f"CosineAnnealingLR: T_max (={T_max}) must be positive")
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch, verbose)

    def get_lr(self) -> list[float]:
        """The rates at ``last_epoch``, from those of the step before."""
        t, T = self.last_epoch, self.T_max
        if self._initial:
            return self._rates()
        if (t - 1 - T) % (
            2 * T
        ) == 0:  # the step before was at the bottom: no ratio leads from there
            rise = (1 - math.cos(math.pi / T)) / 2
            return [
                rate + (start - self.eta_min) * rise
                for rate, start in zip(self._rates(), self.base_lrs, strict=True)
            ]
        ratio = (1 + math.cos(math.pi * t / T)) / (1 + math.cos(math.pi * (t - 1) / T))
        return [ratio * (rate - self.eta_min) + self.eta_min for rate in self._rates()]

    def _get_closed_form_lr(self) -> list[float]:
        part = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (start - self.eta_min) * part for start in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    r"""Down a cosine again and again, each time from the full rate, in T_0, T_0 T_mult, ... steps.

    .. math:: \gamma_t = \gamma_{min} + (\gamma_0 - \gamma_{min}) (1 + \cos(\pi T_{cur} / T_i)) / 2

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates are set.
    T_0 : int
        The length of the first descent [steps].
    T_mult : int
        Each descent is this many times as long as the one before.
    eta_min : float
        The lowest rate.
    last_epoch : int
        Where an earlier run had come to.
    verbose : bool
        Deprecated and ignored.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
        verbose: Any = SILENT,
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"CosineAnnealingWarmRestarts: {name} (={value}) must be a positive integer"
                )
        self.T_0 = self.T_i = T_0
        self.T_mult, self.eta_min = T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch, verbose)

    def get_lr(self) -> list[float]:
        """The rates at place ``T_cur`` of a descent of ``T_i`` steps."""
        part = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (start - self.eta_min) * part for start in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go one step on, or to any point of time ``epoch``, which may lie between two steps.

        ``step(epoch + i / batches)`` after each batch makes the descent smooth.
        """
        if epoch is None and not self._initial:
            self.last_epoch += 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        else:
            self._go_to(self.last_epoch + 1 if epoch is None else epoch)
        for group, rate in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = rate
        self._last_lr = self._rates()

    def _go_to(self, epoch: float) -> None:
        """Find the descent in which a point of time lies, and where in it."""
        if epoch < 0:
            raise ValueError(f"CosineAnnealingWarmRestarts: epoch (={epoch}) must not be negative")
        self.last_epoch = math.floor(epoch)
        self.T_i, self.T_cur = self.T_0, epoch
        if self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            while self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
