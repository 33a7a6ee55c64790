"""Bins: the squares of a grid over a and b that hold colours sRGB can show."""

from __future__ import annotations

import functools

import numpy as np

from minigrad.data import AB_SCALE, rgb_to_lab
from minigrad.train.targets.classes import nearest

__all__ = ["ab_grid", "smoothed_shares"]

_SMOOTHING = 5.0  # standard deviation of the Gaussian over the bins' shares [Lab units]


def ab_grid(size: float) -> np.ndarray:
    """Return the centres (NC, 2) of the squares of side `size` [Lab units], as ab / 110.

    Squares are centred on multiples of `size`; one is kept if a colour of sRGB, looked for in steps
    of 1/32 of each channel, lies in it. Zhang et al. (2016) count 313 for a size of 10, on a grid
    and in a gamut of their own.

    Examples
    --------
    >>> len(ab_grid(10)), len(ab_grid(20))
    (259, 75)
    """
    if not 1 <= size <= 100:
        raise ValueError(f"ab_grid: size={size} must lie between 1 and 100 [Lab units]")
    squares = np.unique(np.rint(_gamut() / size).astype(int), axis=0)
    return (squares * size / AB_SCALE).astype(np.float32)


@functools.cache
def _gamut() -> np.ndarray:
    """Return a and b of colours all over sRGB."""
    side = np.linspace(0, 1, 33)
    rgb = np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1)
    return rgb_to_lab(rgb)[..., 1:].reshape(-1, 2)


def smoothed_shares(ab: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return which share of colours (M, 2) lies in each bin, smoothed by a Gaussian over ab.

    A bin that little data happened to miss gets some of its neighbours' share, and so no weight
    beyond reason.
    """
    counts = np.bincount(nearest(ab, centres), minlength=len(centres)) / len(ab)
    places = np.asarray(centres, np.float64) * AB_SCALE
    squares = np.sum((places[:, None] - places) ** 2, axis=-1)
    kernel = np.exp(-squares / (2 * _SMOOTHING**2))
    return kernel / kernel.sum(axis=0) @ counts
