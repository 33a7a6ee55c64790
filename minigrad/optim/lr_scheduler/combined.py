"""Several schedules of one optimizer: one after the other, or all in each step."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from minigrad.optim.lr_scheduler.base import SILENT, LRScheduler, warn_verbose
from minigrad.optim.lr_scheduler.plateau import ReduceLROnPlateau
from minigrad.optim.optimizer import Optimizer

__all__ = ["ChainedScheduler", "SequentialLR"]


class Combined(LRScheduler):
    """What both share: a list of schedules, which is saved with its own state."""

    _not_saved = ("optimizer", "_schedulers")

    def _check(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> Optimizer:
        """The optimizer of them all; raises unless they have the same."""
        if not schedulers:
            raise ValueError(f"{self._name}: schedulers is empty; expected at least one")
        for i, schedule in enumerate(schedulers):
            if not isinstance(schedule, LRScheduler):
                raise TypeError(
                    f"{self._name}: schedulers[{i}] must be a schedule, got "
                    f"{type(schedule).__name__}"
                )
            if isinstance(schedule, ReduceLROnPlateau):
                raise ValueError(
                    f"{self._name}: schedulers[{i}] is a ReduceLROnPlateau, whose step needs a "
                    "metric; step it "
                    "by itself"
                )
            if optimizer is None:
                optimizer = schedule.optimizer
            if schedule.optimizer is not optimizer:
                raise ValueError(f"{self._name}: schedulers[{i}] belongs to another optimizer")
        assert optimizer is not None
        return optimizer

    _schedulers: list[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer, with the states of the schedules."""
        return {
            **super().state_dict(),
            "_schedulers": [schedule.state_dict() for schedule in self._schedulers],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave, in all schedules."""
        super().load_state_dict(state_dict)
        for schedule, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            schedule.load_state_dict(state)


class SequentialLR(Combined):
    """One schedule after the other; each begins at its milestone, with the optimizer's first rates.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates are set.
    schedulers : list of LRScheduler
        The schedules, all of this optimizer.
    milestones : list of int
        When the second, third, ... begins [steps].
    last_epoch : int
        Where an earlier run had come to.
    verbose : bool
        Deprecated and ignored.

    Examples
    --------
    >>> import minigrad
    >>> from minigrad.optim import lr_scheduler
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> warm_up = lr_scheduler.ConstantLR(optimizer, factor=0.25, total_iters=9)
    >>> decay = lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> schedule = SequentialLR(optimizer, [warm_up, decay], milestones=[2])
    >>> for _ in range(4):
    ...     print(schedule.get_last_lr())
    ...     optimizer.step()
    ...     schedule.step()
    [0.25]
    [0.25]
    [1.0]
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
        verbose: Any = SILENT,
    ) -> None:
        self.optimizer = self._check(schedulers, optimizer)
        warn_verbose(verbose, self._name)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: {len(schedulers)} schedulers need {len(schedulers) - 1} "
                "milestones, "
                f"got {len(milestones)}"
            )
        self._schedulers, self._milestones = list(schedulers), list(milestones)
        self.last_epoch = last_epoch + 1
        # Making the schedules has stepped each of them once: begin again, with the first alone.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        for schedule in simple(self._schedulers):
            schedule.last_epoch -= 1
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Step the schedule whose turn it is."""
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        schedule = self._schedulers[turn]
        if turn > 0 and self._milestones[turn - 1] == self.last_epoch:
            schedule._update_lr(0)
        else:
            schedule.step()
        self._last_lr = schedule.get_last_lr()


def simple(schedulers: Sequence[LRScheduler]) -> list[LRScheduler]:
    """The schedules that are not themselves combined, found in all depths."""
    found = []
    for schedule in schedulers:
        found += simple(schedule._schedulers) if isinstance(schedule, Combined) else [schedule]
    return found


class ChainedScheduler(Combined):
    """All schedules in each step, one upon the other: their factors multiply.

    Parameters
    ----------
    schedulers : list of LRScheduler
        The schedules, all of one optimizer.
    optimizer : Optimizer, optional
        Theirs.
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        self.optimizer = self._check(schedulers, optimizer)
        self._schedulers = list(schedulers)
        self._last_lr = self._rates()

    def step(self) -> None:  # type: ignore[override]
        """Step all schedules."""
        for schedule in self._schedulers:
            schedule.step()
        self._last_lr = self._rates()
