"""What every target can do."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.tensor import Tensor

__all__ = ["Target"]


class Target:
    """What a network is trained towards.

    Batches are float32 in network units (`minigrad.data.color`): lightness (N, 1, H, W) in
    [-1, 1], and colours (N, 2, H, W), ab / 110.

    Attributes
    ----------
    name : str
        In `minigrad.train.targets.TARGETS`.
    channels : int
        What the network must put out.
    span : tuple of float or None
        Interval that the encoded values lie in; None for scores, which have no bounds.
    """

    name: str
    channels: int
    span: tuple[float, float] | None

    def encode(self, lightness: np.ndarray, ab: np.ndarray) -> np.ndarray:
        """Return what the network should say."""
        raise NotImplementedError

    def loss(self, prediction: Tensor, encoded: np.ndarray) -> Tensor:
        """Return how wrong a prediction (N, channels, H, W) is, as a scalar."""
        raise NotImplementedError

    def decode(self, prediction: np.ndarray, lightness: np.ndarray) -> np.ndarray:
        """Return the colours (N, 2, H, W), float32, that a prediction stands for."""
        raise NotImplementedError

    def measure(self, prediction: np.ndarray, encoded: np.ndarray) -> dict[str, float]:
        """Further measures of a prediction, by name."""
        return {}

    def state(self) -> dict[str, Any]:
        """Its settings for a checkpoint, as JSON can hold them."""
        raise NotImplementedError

    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays for a checkpoint."""
        return {}
