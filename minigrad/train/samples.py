"""Sample sheets: what the network saw, what it said, and the truth, side by side."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from minigrad.atomic import replace_file
from minigrad.data import ColorizationCrops, Picture, picture_to_network, resize_shorter_side
from minigrad.metrics import colourfulness
from minigrad.train.colorize import Colorizer, join
from minigrad.train.trainer import Callback, Trainer

__all__ = [
    "Sample",
    "SampleSheets",
    "choose_crops",
    "sample_crops",
    "sample_pictures",
    "save_sheet",
    "sheet",
]

_GAP, _HEAD = 8, 28  # [pixels]
_COLUMNS = ("gray", "ours", "truth")


@dataclass(frozen=True)
class Sample:
    """One picture three times, each (H, W, 3) uint8, and its name."""

    name: str
    gray: np.ndarray
    ours: np.ndarray
    truth: np.ndarray


def choose_crops(crops: ColorizationCrops, count: int) -> ColorizationCrops:
    """Choose crops to be shown: the most colourful of each picture in turn, then the second, ...

    A crop without colour would show nothing, whatever the network says.
    """
    ranked: dict[int, list[int]] = {}
    colour = [colourfulness(join(*crops[k])) for k in range(len(crops))]
    for k in sorted(range(len(crops)), key=lambda k: -colour[k]):
        ranked.setdefault(crops.crops[k].picture, []).append(k)
    depth = max(map(len, ranked.values()), default=0)
    turns = [own[turn] for turn in range(depth) for own in ranked.values() if turn < len(own)]
    return ColorizationCrops(crops.pictures, [crops.crops[k] for k in turns[:count]], crops.size)


def sample_crops(crops: ColorizationCrops, colorizer: Colorizer) -> list[Sample]:
    """Colorize crops at their own scale."""
    if not len(crops):
        return []
    items = [crops[k] for k in range(len(crops))]
    predicted = colorizer.batch(np.stack([lightness for lightness, _ in items]))
    return [
        Sample(
            crops.pictures[crops.crops[k].picture].name,
            join(lightness, np.zeros_like(ab)),
            join(lightness, predicted[k]),
            join(lightness, ab),
        )
        for k, (lightness, ab) in enumerate(items)
    ]


def sample_pictures(
    pictures: Sequence[Picture], colorizer: Colorizer, side: int = 320
) -> list[Sample]:
    """Colorize whole pictures, and shrink the results until their shorter side is `side`."""
    samples = []
    for picture in pictures:
        lightness, truth = picture_to_network(picture.image, picture.gray)
        planes = (np.zeros_like(truth), colorizer.ab(lightness), truth)
        shown = [join(lightness, ab) for ab in planes]
        if min(shown[0].shape[:2]) > side:
            shown = [resize_shorter_side(image, side) for image in shown]
        samples.append(Sample(picture.name, *shown))
    return samples


def sheet(samples: Sequence[Sample], height: int = 128) -> Image.Image:
    """Lay samples out in rows of gray, ours and truth.

    Parameters
    ----------
    samples : sequence of Sample
        At least one.
    height : int
        Of a row [pixels]; small crops are enlarged without smoothing.
    """
    rows = [[_scaled(image, height) for image in (s.gray, s.ours, s.truth)] for s in samples]
    column = max(images[0].width for images in rows)
    size = (3 * column + 4 * _GAP, _HEAD + len(rows) * (height + _GAP) + _GAP)
    canvas = Image.new("RGB", size, (24, 26, 30))
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size=14)
    for k, title in enumerate(_COLUMNS):
        middle = _GAP + k * (column + _GAP) + column // 2
        draw.text((middle, _HEAD // 2 + 2), title, (236, 238, 242), font, anchor="mm")
    for row, images in enumerate(rows):
        for k, image in enumerate(images):
            left = _GAP + k * (column + _GAP) + (column - image.width) // 2
            canvas.paste(image, (left, _HEAD + _GAP // 2 + row * (height + _GAP)))
    return canvas


def save_sheet(path: str | os.PathLike, samples: Sequence[Sample], height: int = 128) -> None:
    """Write a sheet as PNG, whole or not at all; nothing if there is no sample."""
    if not samples:
        return
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = io.BytesIO()
    sheet(samples, height).save(data, "PNG")
    replace_file(path, data.getvalue())


def _scaled(image: np.ndarray, height: int) -> Image.Image:
    H, W = image.shape[:2]
    enlarge = height > H
    method = Image.Resampling.NEAREST if enlarge else Image.Resampling.LANCZOS
    return Image.fromarray(image).resize((max(1, round(W * height / H)), height), method)


class SampleSheets(Callback):
    """Write a sheet of held-out crops after each epoch, the first one within a minute.

    Parameters
    ----------
    folder : path
        Gets ``epoch-001.png``, ...; ``step-000012.png`` if the first epoch lasts longer than
        `first`.
    crops : ColorizationCrops
        What is shown; see `choose_crops`.
    colorizer : Colorizer
        Around the model that is trained.
    first : float
        Write a first sheet after so long, whatever the step [seconds].
    every : float
        Least time between two later sheets [seconds].
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        crops: ColorizationCrops,
        colorizer: Colorizer,
        first: float = 40.0,
        every: float = 4.0,
    ) -> None:
        self.folder, self.crops, self.colorizer = Path(folder), crops, colorizer
        self.first, self.every = first, every
        self.written: list[Path] = []

    def on_fit_start(self, trainer: Trainer) -> None:
        """Start the clock."""
        self._begun = time.monotonic()
        self._last = -float("inf")

    def on_step_end(self, trainer: Trainer) -> None:
        """Write the first sheet if it is due."""
        if not self.written and time.monotonic() - self._begun >= self.first:
            self._write(f"step-{trainer.step:06d}.png")

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Write the epoch's sheet, unless the last one is only a moment old."""
        if time.monotonic() - self._last >= self.every:
            self._write(f"epoch-{trainer.epoch:03d}.png")

    def _write(self, name: str) -> None:
        if not len(self.crops):
            return
        path = self.folder / name
        save_sheet(path, sample_crops(self.crops, self.colorizer))
        self.written.append(path)
        self._last = time.monotonic()
