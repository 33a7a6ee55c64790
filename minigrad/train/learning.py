"""Optimizers and learning rate schedules by the names of a run's options."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from minigrad import optim
from minigrad.nn import Parameter
from minigrad.optim import lr_scheduler

__all__ = ["OPTIMIZERS", "SCHEDULES", "make_optimizer", "make_schedule"]

OPTIMIZERS = ("adamw", "adam", "sgd")
SCHEDULES = ("onecycle", "cosine", "linear", "constant")


def make_optimizer(options: Any, parameters: Iterable[Parameter]) -> optim.Optimizer:
    """Return the optimizer that `options` (a `ColorizationOptions`) name.

    Raises
    ------
    ValueError
        Other than two betas.
    """
    if len(options.betas) != 2:
        raise ValueError(f"--betas {' '.join(map(str, options.betas))}: give two numbers")
    betas = (options.betas[0], options.betas[1])
    if options.optimizer == "sgd":
        return optim.SGD(parameters, lr=options.lr, momentum=betas[0])
    if options.optimizer == "adam":
        return optim.Adam(parameters, lr=options.lr, betas=betas)
    return optim.AdamW(parameters, lr=options.lr, betas=betas, weight_decay=options.weight_decay)


def make_schedule(optimizer: optim.Optimizer, options: Any, steps: int) -> Any:
    """Return the learning rate's schedule over so many gradient steps."""
    if options.schedule == "onecycle":
        total = max(steps + 1, 4)  # fewer have no room to go up and down
        rising = max(0.25, 2 / total)
        return lr_scheduler.OneCycleLR(
            optimizer, options.lr, total_steps=total, pct_start=rising, cycle_momentum=False
        )
    if options.schedule == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimizer, steps)
    shape = functools.partial(_half, steps) if options.schedule == "linear" else _constant
    return lr_scheduler.LambdaLR(optimizer, shape)


def _constant(step: int) -> float:
    return 1.0


def _half(steps: int, step: int) -> float:
    """1 for the first half of the steps, then straight down to 0, as pix2pix has it."""
    return min(1.0, max(0.0, 2 * (1 - step / steps)))
