"""How good a network is after each epoch, on crops that were held out."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.data import ColorizationCrops
from minigrad.metrics import (
    FeatureStatistics,
    encode_pictures,
    feature_statistics,
    frechet_distance,
)
from minigrad.nn import Module
from minigrad.tensor import Tensor
from minigrad.train.colorize import Colorizer, join
from minigrad.train.evaluate import Tally

__all__ = ["Validation"]

_BATCH = 16


class Validation:
    """Measures a colorizer on crops; call it after an epoch.

    Parameters
    ----------
    crops : ColorizationCrops
    colorizer : Colorizer
        Around the model that is trained.
    frechet : bool
        Whether to tell how unlike the two sets of pictures are as well: "val_frechet", the Fréchet
        distance of the features of `minigrad.metrics.FixedEncoder`.

    Raises
    ------
    ValueError
        A Fréchet distance of fewer than two crops.
    """

    def __init__(
        self,
        crops: ColorizationCrops,
        colorizer: Colorizer,
        frechet: bool = False,
    ) -> None:
        if frechet and len(crops) < 2:
            raise ValueError(
                f"--monitor val_frechet needs two held-out crops or more, there is {len(crops)}: "
                "choose a smaller --size, give more pictures, or monitor something else"
            )
        self.crops, self.colorizer, self.frechet = crops, colorizer, frechet
        self._truth: FeatureStatistics | None = None

    def __call__(self, model: Module) -> dict[str, float]:
        """Return "val_loss", "val_psnr", "val_ab_error", "val_colour" and the target's own."""
        tally, sums = Tally(), dict[str, float]()
        painted: list[np.ndarray] = []
        for first in range(0, len(self.crops), _BATCH):
            stop = min(first + _BATCH, len(self.crops))
            items = [self.crops[k] for k in range(first, stop)]
            lightness, ab = (np.stack(planes) for planes in zip(*items, strict=True))
            raw = self.colorizer.raw(lightness)
            for name, value in self._measures(raw, lightness, ab).items():
                sums[name] = sums.get(name, 0.0) + value * len(items)
            predicted = self.colorizer.decode(raw, lightness)
            for k in range(len(items)):
                tally.add(lightness[k], ab[k], predicted[k])
                if self.frechet:
                    painted.append(join(lightness[k], predicted[k]))
        score = tally.score("ours")
        found = {name: total / len(self.crops) for name, total in sums.items()}
        found["val_psnr"], found["val_ab_error"] = score.psnr, score.ab_error
        found["val_colour"] = score.ratio
        if self.frechet:
            found["val_frechet"] = self._distance(painted)
        return found

    def _distance(self, painted: list[np.ndarray]) -> float:
        if self._truth is None:
            truth = [join(*self.crops[k]) for k in range(len(self.crops))]
            self._truth = feature_statistics(encode_pictures(truth))
        return frechet_distance(self._truth, encode_pictures(painted))

    def _measures(self, raw: np.ndarray, lightness: np.ndarray, ab: np.ndarray) -> dict[str, Any]:
        target = self.colorizer.target
        encoded = target.encode(lightness, ab)
        loss = target.loss(Tensor.wrap(raw), encoded).item()
        measured = target.measure(raw, encoded)
        return {"val_loss": loss} | {f"val_{name}": value for name, value in measured.items()}
