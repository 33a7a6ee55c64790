"""Regression: the network puts out the colours themselves, as a and b or as R, G and B."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.data import lab_to_rgb, network_to_lab, rgb_to_network
from minigrad.nn import functional as F
from minigrad.tensor import Tensor
from minigrad.train.targets.base import Target

__all__ = ["AbTarget", "LOSSES", "RgbTarget", "SPANS"]

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    # Quadratic up to 5 Lab units, where an eye hardly sees a difference.
    "smooth_l1": functools.partial(F.smooth_l1_loss, beta=0.05),
    "l1": F.l1_loss,
    "mse": F.mse_loss,
}

SPANS = {"symmetric": (-1.0, 1.0), "unit": (0.0, 1.0)}
"""Where encoded values lie: for networks that end in tanh, or in a sigmoid or ReLU."""


class AbTarget(Target):
    """The colours a and b, divided by 110; with span "unit", (1 + ab / 110) / 2.

    Parameters
    ----------
    loss : {"smooth_l1", "l1", "mse"}
    span : {"symmetric", "unit"}

    Examples
    --------
    >>> target = AbTarget("mse", "unit")
    >>> target.encode(np.zeros((1, 1, 1, 1)), np.full((1, 2, 1, 1), 0.5)).ravel()
    array([0.75, 0.75])
    """

    name, channels = "ab", 2

    def __init__(self, loss: str = "smooth_l1", span: str = "symmetric") -> None:
        if loss not in LOSSES or span not in SPANS:
            raise ValueError(
                f"{type(self).__name__}: loss={loss!r} must be one of {', '.join(LOSSES)}, and "
                f"span={span!r} one of {', '.join(SPANS)}"
            )
        self._loss, self._span = loss, span
        self.span = SPANS[span]

    def encode(self, lightness: np.ndarray, ab: np.ndarray) -> np.ndarray:
        """Return ab in the span."""
        return ab if self._span == "symmetric" else (ab + 1) / 2

    def loss(self, prediction: Tensor, encoded: np.ndarray) -> Tensor:
        """Return the mean over all values."""
        return LOSSES[self._loss](prediction, Tensor.wrap(encoded))

    def decode(self, prediction: np.ndarray, lightness: np.ndarray) -> np.ndarray:
        """Return ab."""
        return prediction if self._span == "symmetric" else 2 * prediction - 1

    def state(self) -> dict[str, Any]:
        """Its name and the constructor's arguments."""
        return {"name": self.name, "loss": self._loss, "span": self._span}


class RgbTarget(AbTarget):
    """R, G and B in [-1, 1], or in [0, 1] with span "unit".

    Lightness is predicted as well, and thrown away: only the a and b of the predicted colours are
    kept, beside the picture's own L (seed 004, section 6.5, compares the two).

    Parameters
    ----------
    loss, span : str
        As in `AbTarget`.
    """

    name, channels = "rgb", 3

    def encode(self, lightness: np.ndarray, ab: np.ndarray) -> np.ndarray:
        """Return (N, 3, H, W): R, G and B, clipped to what sRGB can show."""
        rgb = np.moveaxis(lab_to_rgb(network_to_lab(lightness, ab)), -1, -3)
        return np.ascontiguousarray(rgb if self._span == "unit" else 2 * rgb - 1)

    def decode(self, prediction: np.ndarray, lightness: np.ndarray) -> np.ndarray:
        """Return the ab of the predicted colours, clipped to sRGB first."""
        rgb = prediction if self._span == "unit" else (prediction + 1) / 2
        return rgb_to_network(np.moveaxis(np.clip(rgb, 0, 1), -3, -1))[1]
