"""The base of all schedules, and the schedule given by a function."""

from __future__ import annotations

import copy
import types
import warnings
from typing import Any

from minigrad.optim.optimizer import Optimizer

__all__ = ["LRScheduler", "LambdaLR", "check_optimizer", "per_group"]

SILENT: Any = "deprecated"  # what PyTorch's old argument `verbose` is when nobody gives it


def check_optimizer(optimizer: Any, schedule: str) -> None:
    """Raise unless it is an Optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"{schedule}: optimizer must be an Optimizer, got {type(optimizer).__name__}"
        )


def per_group(optimizer: Optimizer, value: Any, name: str, schedule: str) -> list[Any]:
    """A setting for each parameter group, from a list with one each or from one for all.

    Raises
    ------
    ValueError
        If a list has another length.
    """
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(
            f"{schedule}: {name} has {len(value)} entries, the optimizer has {groups} parameter "
            "groups"
        )
    return list(value)


class LRScheduler:
    """The base of all schedules: counts steps and writes ``get_lr()`` into the optimizer's groups.

    A schedule of one's own overrides `get_lr`, which finds the number of steps so far in
    ``last_epoch`` and the rates at the start in ``base_lrs``.

    Parameters
    ----------
    optimizer : Optimizer
        Whose learning rates are set; call its ``step()`` before the schedule's.
    last_epoch : int
        Where an earlier run had come to; -1 starts anew.
    verbose : bool
        Deprecated: taken, with a warning, and ignored.

    Raises
    ------
    TypeError
        If ``optimizer`` is none.
    KeyError
        If ``last_epoch`` goes on with a run, but the groups lack its ``initial_lr``.
    """

    optimizer: Optimizer
    _initial = False  # while the first rates are being set
    _not_saved: tuple[str, ...] = ("optimizer",)

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1, verbose: Any = SILENT) -> None:
        check_optimizer(optimizer, self._name)
        warn_verbose(verbose, self._name)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{self._name}: parameter group {i} has no 'initial_lr', which last_epoch "
                    f"(={last_epoch}) "
                    "needs; load the optimizer's state first, or leave last_epoch out"
                )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _initial_step(self) -> None:
        self._step_count = 0
        self._initial = True
        try:
            self.step()
        finally:
            del self._initial

    def get_last_lr(self) -> list[float]:
        """The rate of each group as this schedule last set it."""
        return self._last_lr

    def get_lr(self) -> list[float]:
        """The rate of each group at step ``last_epoch``; `get_last_lr` is what users want."""
        raise NotImplementedError(f"{self._name}.get_lr")

    def _get_closed_form_lr(self) -> list[float]:
        """The rates at ``last_epoch`` by a formula, if there is one, for jumps."""
        return self.get_lr()

    def step(self, epoch: int | None = None) -> None:
        """Go one step on, or jump to a step (deprecated)."""
        if self._step_count == 1 and not self.optimizer._opt_called:
            warnings.warn(
                f"{self._name}.step() was called before optimizer.step(), so the first learning "
                "rate is skipped; "
                "call them in the other order",
                UserWarning,
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warnings.warn(
                f"{self._name}.step(epoch) is deprecated; call step() without an argument",
                UserWarning,
                stacklevel=2,
            )
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        if epoch is None:
            self.last_epoch += 1
            rates = self.get_lr()
        else:
            self.last_epoch = epoch
            rates = self._get_closed_form_lr()
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = self._rates()

    def _rates(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    # -- saving and loading ------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer, as a copy."""
        return copy.deepcopy({k: v for k, v in vars(self).items() if k not in self._not_saved})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave, so that the next step is the one that would have been.

        Raises
        ------
        ValueError
            If entries are missing, as in the state of another kind of schedule; nothing has changed
            then.
        """
        missing = sorted(set(self.state_dict()) - set(state_dict))
        if missing:
            raise ValueError(
                f"{self._name}: the state lacks {missing}; it is not that of a {self._name}"
            )
        own = set(vars(self)) - set(self._not_saved)
        vars(self).update(copy.deepcopy({k: v for k, v in state_dict.items() if k in own}))


def warn_verbose(verbose: Any, schedule: str) -> None:
    if verbose != SILENT:
        warnings.warn(
            f"{schedule}: verbose is deprecated and ignored; print get_last_lr()", UserWarning
        )


class FunctionSchedule(LRScheduler):
    """A schedule made from a function of the number of steps, or one for each group."""

    _not_saved = ("optimizer", "lr_lambdas")

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1, verbose: Any = SILENT
    ) -> None:
        check_optimizer(optimizer, self._name)
        self.lr_lambdas = per_group(optimizer, lr_lambda, "lr_lambda", self._name)
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(
                    f"{self._name}: lr_lambda must be a function (or a list with one for each "
                    "group), "
                    f"got {type(function).__name__}"
                )
        super().__init__(optimizer, last_epoch, verbose)

    def _factors(self) -> list[float]:
        return [function(self.last_epoch) for function in self.lr_lambdas]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer; of functions only the attributes of objects."""
        return {**super().state_dict(), "lr_lambdas": [attributes(f) for f in self.lr_lambdas]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave; plain functions stay as they were given."""
        super().load_state_dict(state_dict)
        for function, values in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            vars(function).update(copy.deepcopy(values or {}))


def attributes(function: Any) -> dict[str, Any] | None:
    """A copy of the attributes of a callable object; None for a plain function."""
    return None if isinstance(function, types.FunctionType) else copy.deepcopy(vars(function))


class LambdaLR(FunctionSchedule):
    r"""The rate at the start times a function of the number of steps, :math:`\gamma_0 f(t)`.

    Parameters
    ----------
    optimizer : Optimizer
        Whose rates are set.
    lr_lambda : callable or list of callable
        :math:`f`, one for all groups or one each.
    last_epoch : int
        Where an earlier run had come to.
    verbose : bool
        Deprecated and ignored.

    Examples
    --------
    >>> import minigrad
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = LambdaLR(optimizer, lambda t: 0.5**t)
    >>> for _ in range(2):
    ...     optimizer.step()
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.25]
    """

    def get_lr(self) -> list[float]:
        """The rates at ``last_epoch``."""
        return [rate * factor for rate, factor in zip(self.base_lrs, self._factors(), strict=True)]
