"""Classification: the network scores a set of colours, and the scores become one colour again."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.cluster.vq import vq
from scipy.special import softmax

from minigrad.data import AB_SCALE
from minigrad.nn import functional as F
from minigrad.tensor import Tensor
from minigrad.train.targets.base import Target

__all__ = ["ClassTarget", "nearest", "rebalanced"]

_FARTHEST = 128  # |a| and |b| of the table of nearest colours [Lab units]; sRGB stays within 108


class ClassTarget(Target):
    """A class for each of a set of colours, learned by cross entropy.

    Parameters
    ----------
    name : str
        Where the colours come from: "palette" or "bins".
    centres : array-like
        (NC, 2): the colours, ab / 110; at least two.
    weights : array-like
        (NC,): how much a pixel of each class counts; see `rebalanced`.
    temperature : float
        T of the annealed mean; 0 takes the likeliest colour alone.

    Notes
    -----
    With scores z and colours c_k, the decoded colour is sum_k p_k c_k, p = softmax(z / T). T = 1 is
    the mean of the predicted distribution, which is dull where two colours are likely; T near 0 its
    mode, which is lively and spotty. Zhang, Isola, Efros (2016), "Colorful image colorization",
    take 0.38.

    Examples
    --------
    >>> target = ClassTarget("palette", [[0.0, 0.0], [0.5, 0.5]], [1.0, 1.0], 0)
    >>> ab = np.array([0.4, 0.1]).reshape(1, 2, 1, 1)
    >>> target.encode(np.zeros((1, 1, 1, 1)), ab).tolist()
    [[[0]]]
    """

    span = None

    def __init__(self, name: str, centres: Any, weights: Any, temperature: float = 0.38) -> None:
        self.name = name
        self.centres = np.ascontiguousarray(centres, np.float32)
        self.weights = np.ascontiguousarray(weights, np.float32)
        self.temperature = float(temperature)
        count = len(self.centres)
        if self.centres.shape != (count, 2) or self.weights.shape != (count,) or count < 2:
            raise ValueError(
                f"ClassTarget: centres have shape {self.centres.shape} and weights "
                f"{self.weights.shape}; give (NC, 2) and (NC,), NC at least 2"
            )
        if not 0 <= self.temperature < np.inf:
            raise ValueError(f"ClassTarget: temperature={temperature} must be 0 or more")
        self.channels = count
        # Nearest colour by whole Lab units, so that a batch is a look-up, not NC distances a pixel.
        side = np.arange(-_FARTHEST, _FARTHEST + 1) / AB_SCALE
        grid = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1)
        self._nearest = nearest(grid, self.centres)

    def encode(self, lightness: np.ndarray, ab: np.ndarray) -> np.ndarray:
        """Return the labels (N, H, W), int64: the nearest colour to ab in whole Lab units."""
        units = np.rint(ab * AB_SCALE).astype(np.int64)
        a, b = np.moveaxis(np.clip(units, -_FARTHEST, _FARTHEST) + _FARTHEST, -3, 0)
        return self._nearest[a, b]

    def nearest(self, ab: np.ndarray) -> int:
        """Return the label of one colour (2,), ab / 110."""
        return int(self.encode(np.zeros((1, 1, 1)), np.reshape(ab, (2, 1, 1)))[0, 0])

    def loss(self, prediction: Tensor, encoded: np.ndarray) -> Tensor:
        """Return the weighted mean cross entropy: sum w_y (-log p_y) / sum w_y over the pixels."""
        return F.cross_entropy(prediction, Tensor.wrap(encoded), Tensor.wrap(self.weights))

    def decode(self, prediction: np.ndarray, lightness: np.ndarray) -> np.ndarray:
        """Return the annealed mean of the colours."""
        if self.temperature == 0:
            return np.moveaxis(self.centres[prediction.argmax(axis=-3)], -1, -3)
        shares = softmax(prediction / np.float32(self.temperature), axis=-3)
        return np.einsum("...chw,cd->...dhw", shares, self.centres, optimize=True)

    def measure(self, prediction: np.ndarray, encoded: np.ndarray) -> dict[str, float]:
        """Return the share of pixels whose likeliest colour is the true one, in [0, 1]."""
        return {"accuracy": float(np.mean(prediction.argmax(axis=-3) == encoded))}

    def state(self) -> dict[str, Any]:
        """Its name and temperature; the colours are arrays."""
        return {"name": self.name, "temperature": self.temperature}

    def arrays(self) -> dict[str, np.ndarray]:
        """The colours and their weights."""
        return {"centres": self.centres, "weights": self.weights}


def nearest(ab: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return the number of the centre (NC, 2) nearest to each colour (..., 2)."""
    colours = np.asarray(ab, np.float64).reshape(-1, 2)
    return vq(colours, np.asarray(centres, np.float64))[0].astype(np.int64).reshape(ab.shape[:-1])


def rebalanced(shares: np.ndarray, uniform: float) -> np.ndarray:
    """Return weights that make rare colours count for more.

    w_k = 1 / ((1 - u) p_k + u / NC), scaled so that sum_k p_k w_k = 1 (Zhang et al., equation 4).

    Parameters
    ----------
    shares : numpy.ndarray
        (NC,): p, how large a part of the data each class is; smoothed, if there is little of it.
    uniform : float
        u, in (0, 1]: 1 weighs all pixels alike, near 0 all classes.

    Examples
    --------
    >>> rebalanced(np.array([0.75, 0.25]), 0.5)
    array([0.85714286, 1.42857143])
    """
    if not 0 < uniform <= 1:
        raise ValueError(f"rebalanced: uniform={uniform} must lie above 0 and be at most 1")
    weights = 1 / ((1 - uniform) * shares + uniform / len(shares))
    return weights / np.sum(shares * weights)
