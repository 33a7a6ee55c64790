"""How good the colours are, beside two baselines that know nothing of the picture.

=============  ===================================================================================
gray           a = b = 0: the picture as it came in
mean colour    the training set's mean a and b everywhere
ours           the network
=============  ===================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.table import Table

from minigrad.data import AB_SCALE, ColorizationCrops, Picture, picture_to_network
from minigrad.metrics import colourfulness
from minigrad.train.colorize import Colorizer, join

__all__ = ["Evaluation", "Score", "evaluate_crops", "evaluate_pictures", "results_table"]


_BATCH = 16


@dataclass(frozen=True)
class Score:
    """What one method reached on a set of pictures.

    Attributes
    ----------
    method : str
    psnr : float
        10 log10(1 / MSE) of RGB in [0, 1], where MSE is the mean over the pictures of theirs [dB].
    ab_error : float
        Mean distance in the ab plane, of all pictures [Lab units].
    colourfulness : float
        Mean over the pictures; see `minigrad.metrics.colourfulness`.
    ratio : float
        The same divided by the truth's: 1 is best, 0 gray.
    """

    method: str
    psnr: float
    ab_error: float
    colourfulness: float
    ratio: float


@dataclass(frozen=True)
class Evaluation:
    """The scores on one set of pictures."""

    name: str
    items: int
    truth_colourfulness: float
    scores: tuple[Score, ...]

    def score(self, method: str) -> Score:
        """The score of a method."""
        return next(score for score in self.scores if score.method == method)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON can hold them."""
        return asdict(self)


class Tally:
    """Sums up the errors of one method, picture by picture."""

    def __init__(self) -> None:
        self.items = 0
        self.squares = self.distance = self.colour = self.truth_colour = 0.0

    def add(self, lightness: np.ndarray, truth: np.ndarray, ab: np.ndarray) -> None:
        """Count one picture: lightness (1, H, W), true and predicted ab (2, H, W)."""
        wanted, got = join(lightness, truth), join(lightness, ab)
        difference = (wanted.astype(np.float64) - got) / 255
        self.items += 1
        self.squares += float(np.mean(difference**2))
        a, b = (np.asarray(truth, np.float64) - ab) * AB_SCALE
        self.distance += float(np.mean(np.hypot(a, b)))
        self.colour += colourfulness(got)
        self.truth_colour += colourfulness(wanted)

    def score(self, method: str) -> Score:
        """Return the means."""
        n = max(self.items, 1)
        mse = self.squares / n
        return Score(
            method,
            psnr=-10 * math.log10(mse) if mse else math.inf,
            ab_error=self.distance / n,
            colourfulness=self.colour / n,
            ratio=self.colour / self.truth_colour if self.truth_colour else math.nan,
        )


def evaluate_crops(
    crops: ColorizationCrops, colorizer: Colorizer, mean_ab: np.ndarray, name: str
) -> Evaluation:
    """Compare the network with the baselines on crops, at their own scale."""

    def pairs() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for first in range(0, len(crops), _BATCH):
            items = [crops[k] for k in range(first, min(first + _BATCH, len(crops)))]
            predicted = colorizer.batch(np.stack([lightness for lightness, _ in items]))
            yield from zip(items, predicted, strict=True)

    return _evaluation(name, pairs(), mean_ab)


def evaluate_pictures(
    pictures: Sequence[Picture], colorizer: Colorizer, mean_ab: np.ndarray, name: str
) -> Evaluation:
    """Compare the network with the baselines on whole pictures, colorized as a user would."""

    def pairs() -> Iterator[tuple[Any, np.ndarray]]:
        for picture in pictures:
            lightness, truth = picture_to_network(picture.image, picture.gray)
            yield (lightness, truth), colorizer.ab(lightness)

    return _evaluation(name, pairs(), mean_ab)


def _evaluation(name: str, pairs: Iterable[tuple[Any, np.ndarray]], mean: np.ndarray) -> Evaluation:
    guesses: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "gray": np.zeros_like,
        "mean colour": lambda ab: np.broadcast_to(
            np.asarray(mean, ab.dtype)[:, None, None], ab.shape
        ),
        "ours": lambda ab: ab,
    }
    tallies = {method: Tally() for method in guesses}
    for (lightness, truth), predicted in pairs:
        for method, guess in guesses.items():
            tallies[method].add(lightness, truth, guess(predicted))
    ours = tallies["ours"]
    scores = tuple(tally.score(method) for method, tally in tallies.items())
    return Evaluation(name, ours.items, ours.truth_colour / max(ours.items, 1), scores)


def results_table(evaluations: Sequence[Evaluation]) -> Table:
    """Lay evaluations out for the terminal."""
    table = Table(
        title="PSNR of RGB, ab error [Lab units] and colourfulness",
        title_justify="left",
        title_style="bold",
    )
    table.add_column("", no_wrap=True)
    for heading in ("PSNR [dB]", "ab error", "colourful", "of truth"):
        table.add_column(heading, justify="right")
    for evaluation in evaluations:
        table.add_section()
        table.add_row(f"{evaluation.name} ({evaluation.items})", style="bold")
        for score in evaluation.scores:
            table.add_row(
                f"  {score.method}",
                f"{score.psnr:.2f}",
                f"{score.ab_error:.2f}",
                f"{score.colourfulness:.1f}",
                f"{score.ratio:.0%}" if math.isfinite(score.ratio) else "-",
                style="green" if score.method == "ours" else None,
            )
        table.add_row("  truth", "", "", f"{evaluation.truth_colourfulness:.1f}", "100%")
    return table
