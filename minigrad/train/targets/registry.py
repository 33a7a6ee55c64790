"""Targets by name, from a run's options or from a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigrad.train.targets.base import Target
from minigrad.train.targets.bins import ab_grid, smoothed_shares
from minigrad.train.targets.classes import ClassTarget, nearest, rebalanced
from minigrad.train.targets.palette import fit_palette
from minigrad.train.targets.regression import AbTarget, RgbTarget

__all__ = ["TARGETS", "make_target", "restore_target"]

TARGETS = ("ab", "rgb", "palette", "bins")
"""Names that `make_target` knows."""

_UNIFORM = {"palette": 1.0, "bins": 0.5}


def make_target(options: Any, pixels: Callable[[], np.ndarray]) -> Target:
    """Make the target of a run.

    Parameters
    ----------
    options : object
        With the attributes ``target, loss, span, colours, bin_size, rebalance, temperature,
        seed``: a `minigrad.train.ColorizationOptions`.
    pixels : callable
        Returns (M, 2), colours of the training pictures as ab / 110; asked by targets that look at
        the data.
    """
    if options.target in ("ab", "rgb"):
        kind = AbTarget if options.target == "ab" else RgbTarget
        return kind(options.loss, options.span)
    uniform = _UNIFORM[options.target] if options.rebalance is None else options.rebalance
    ab = pixels()
    if options.target == "palette":
        centres = fit_palette(ab, options.colours, options.seed)
        shares = np.bincount(nearest(ab, centres), minlength=len(centres)) / len(ab)
    else:
        centres = ab_grid(options.bin_size)
        shares = smoothed_shares(ab, centres)
    weights = rebalanced(shares, uniform)
    return ClassTarget(options.target, centres, weights, options.temperature)


def restore_target(state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Target:
    """Make the target that a checkpoint holds.

    Raises
    ------
    ValueError
        An unknown name, or settings that no target has.
    """
    settings = dict(state)
    name = settings.pop("name", None)
    if name in ("ab", "rgb"):
        return (AbTarget if name == "ab" else RgbTarget)(**settings)
    if name in TARGETS:
        return ClassTarget(name, arrays["centres"], arrays["weights"], **settings)
    raise ValueError(f"target {name!r} is unknown; there are {', '.join(TARGETS)}")
