"""How good the colours are, beside two baselines that know nothing of the picture.

=============  ===================================================================================
gray           a = b = 0: the picture as it came in
mean colour    the training set's mean a and b everywhere
ours           the network
=============  ===================================================================================
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from rich.table import Table

from minigrad.atomic import replace_file
from minigrad.data import (
    AB_SCALE,
    ColorizationCrops,
    Picture,
    picture_to_network,
    resize_shorter_side,
)
from minigrad.metrics import (
    DEFINITIONS,
    colourfulness,
    encode_pictures,
    frechet_distance,
    measure,
)
from minigrad.train.colorize import Colorizer, join

__all__ = [
    "Evaluation",
    "Score",
    "Tally",
    "evaluate_crops",
    "evaluate_pictures",
    "full_table",
    "results_table",
    "save_evaluations",
]

_BATCH = 16
_ENCODED_SIDE = 256  # larger pictures are shrunk to it for their features [pixels]


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
    measures : dict of str to float
        The mean over the pictures of everything that `minigrad.metrics.measure` measures, but for
        the three above; empty unless it was asked for.
    """

    method: str
    psnr: float
    ab_error: float
    colourfulness: float
    ratio: float
    measures: dict[str, float] = field(default_factory=dict)


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


class Features:
    """The features of pictures, encoded a few at a time.

    Parameters
    ----------
    encoder : callable
        As in `minigrad.metrics.encode_pictures`.
    """

    def __init__(self, encoder: Any) -> None:
        self.encoder, self.waiting = encoder, list[np.ndarray]()
        self.rows: list[np.ndarray] = []

    def add(self, image: np.ndarray) -> None:
        """Take a picture (H, W, 3), uint8; its shorter side is shrunk to 256 pixels if larger."""
        if min(image.shape[:2]) > _ENCODED_SIDE:
            image = resize_shorter_side(image, _ENCODED_SIDE)
        self.waiting.append(image)
        if len(self.waiting) == _BATCH:
            self._encode()

    def _encode(self) -> None:
        if self.waiting:
            self.rows.append(encode_pictures(self.waiting, self.encoder))
            self.waiting = []

    def all(self) -> np.ndarray:
        """Return (N, D)."""
        self._encode()
        return np.concatenate(self.rows)


class Tally:
    """Sums up the errors of one method, picture by picture.

    Parameters
    ----------
    full : bool
        Whether to measure everything that there is, which takes longer.
    """

    def __init__(self, full: bool = False) -> None:
        self.items, self.full = 0, full
        self.measured: list[dict[str, float]] = []
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
        if self.full:
            self.measured.append(measure(wanted, got))

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
            measures=self._means(),
        )

    def _means(self) -> dict[str, float]:
        if not self.measured:
            return {}
        names = [name for name in self.measured[0] if name not in _POOLED]
        return {name: _mean([row[name] for row in self.measured]) for name in names}


_POOLED = ("psnr", "colourfulness", "colourfulness_ratio")


def _mean(values: Sequence[float]) -> float:
    """The mean of those that are numbers: pictures too small for a metric do not count."""
    numbers = [value for value in values if not math.isnan(value)]
    return sum(numbers) / len(numbers) if numbers else math.nan


def evaluate_crops(
    crops: ColorizationCrops,
    colorizer: Colorizer,
    mean_ab: np.ndarray,
    name: str,
    full: bool = False,
    encoder: Any = None,
) -> Evaluation:
    """Compare the network with the baselines on crops, at their own scale.

    With ``full`` everything is measured that there is; with an ``encoder`` (as for
    `minigrad.metrics.encode_pictures`) the Frechet distance as well.
    """

    def pairs() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for first in range(0, len(crops), _BATCH):
            items = [crops[k] for k in range(first, min(first + _BATCH, len(crops)))]
            predicted = colorizer.batch(np.stack([lightness for lightness, _ in items]))
            yield from zip(items, predicted, strict=True)

    return _evaluation(name, pairs(), mean_ab, full, encoder)


def evaluate_pictures(
    pictures: Sequence[Picture],
    colorizer: Colorizer,
    mean_ab: np.ndarray,
    name: str,
    full: bool = False,
    encoder: Any = None,
) -> Evaluation:
    """Compare the network with the baselines on whole pictures, colorized as a user would.

    ``full`` and ``encoder`` are those of `evaluate_crops`.
    """

    def pairs() -> Iterator[tuple[Any, np.ndarray]]:
        for picture in pictures:
            lightness, truth = picture_to_network(picture.image, picture.gray)
            yield (lightness, truth), colorizer.ab(lightness)

    return _evaluation(name, pairs(), mean_ab, full, encoder)


def _evaluation(
    name: str,
    pairs: Iterable[tuple[Any, np.ndarray]],
    mean: np.ndarray,
    full: bool,
    encoder: Any,
) -> Evaluation:
    guesses: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "gray": np.zeros_like,
        "mean colour": lambda ab: np.broadcast_to(
            np.asarray(mean, ab.dtype)[:, None, None], ab.shape
        ),
        "ours": lambda ab: ab,
    }
    tallies = {method: Tally(full) for method in guesses}
    features = {method: Features(encoder) for method in ("truth", *guesses)}
    for (lightness, truth), predicted in pairs:
        for method, guess in guesses.items():
            ab = guess(predicted)
            tallies[method].add(lightness, truth, ab)
            if encoder is not None:
                features[method].add(join(lightness, ab))
        if encoder is not None:
            features["truth"].add(join(lightness, truth))
    ours = tallies["ours"]
    scores = tuple(tally.score(method) for method, tally in tallies.items())
    if encoder is not None and ours.items > 1:
        true = features["truth"].all()
        for score in scores:
            score.measures["frechet_distance"] = frechet_distance(
                true, features[score.method].all()
            )
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


def full_table(evaluation: Evaluation) -> Table:
    """Lay an evaluation with all measures out: a row for each, a column for each method."""
    table = Table(
        title=f"{evaluation.name} ({evaluation.items})", title_justify="left", title_style="bold"
    )
    table.add_column("", no_wrap=True)
    for score in evaluation.scores:
        ours = score.method == "ours"
        table.add_column(score.method, justify="right", style="green" if ours else None)
    table.add_column("best", justify="right", style="dim")
    for name, definition in DEFINITIONS.items():
        values = [_value(score, name) for score in evaluation.scores]
        if all(math.isnan(value) for value in values):
            continue
        best = evaluation.truth_colourfulness if name == "colourfulness" else definition.best
        unit = f" [{definition.unit}]" if definition.unit else ""
        cells = [f"{value:.4g}" if math.isfinite(value) else "-" for value in values]
        table.add_row(f"{definition.title}{unit}", *cells, f"{best:.4g}")
    return table


def _value(score: Score, name: str) -> float:
    pooled = {
        "psnr": score.psnr,
        "colourfulness": score.colourfulness,
        "colourfulness_ratio": score.ratio,
        "ab_error": score.ab_error,
    }
    return pooled.get(name, score.measures.get(name, math.nan))


def save_evaluations(
    path: str | os.PathLike, evaluations: Sequence[Evaluation], **further: Any
) -> None:
    """Write evaluations as JSON, and what else there is to say; whole or not at all."""
    content = {"evaluations": [evaluation.to_dict() for evaluation in evaluations], **further}
    replace_file(path, (json.dumps(content, indent=1) + "\n").encode("utf-8"))
