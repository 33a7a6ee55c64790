"""From options to the pictures of a run: loaded, split, and described."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.data import (
    MIN_SIDE,
    ColorizationCrops,
    ColorizationSplit,
    FolderError,
    Picture,
    open_data,
    split_colorization,
)
from minigrad.train.options import ColorizationOptions

__all__ = [
    "RunPictures",
    "colour_pixels",
    "load_pictures",
    "load_run_pictures",
    "mean_colour",
]

_MOST_VALIDATED = 256  # crops that are enough to choose an epoch by


@dataclass(frozen=True)
class RunPictures:
    """The split pictures of a run, and what it must know of them.

    Attributes
    ----------
    split : ColorizationSplit
    validation : ColorizationCrops
        The held-out crops, or some of them evenly if there are very many; where there are none,
        crops of the held-out pictures.
    mean_ab : numpy.ndarray
        (2,): the training crops' mean colour, in network units; a baseline.
    fingerprint : str
        Of all names and pixels, so that a run goes on with the pictures it began with.
    notes : list of str
        What the user should know.
    """

    split: ColorizationSplit
    validation: ColorizationCrops
    mean_ab: np.ndarray
    fingerprint: str
    notes: list[str] = field(default_factory=list)


def load_run_pictures(options: ColorizationOptions) -> RunPictures:
    """Load, shrink and split the pictures that options name.

    Raises
    ------
    FolderError, PictureError, ValueError
        As `minigrad.data.open_data` and `split_colorization`; or nothing can be held out.
    """
    pictures, notes = load_pictures(
        options.data,
        options.bad_pictures,
        side=options.side,
        min_side=max(MIN_SIDE, options.size),
        recursive=options.recursive,
        limit=options.limit,
    )
    scenes = {picture.scene for picture in pictures}
    hold_out = options.hold_out
    if len(scenes) < 2 and hold_out:
        hold_out = 0.0
        notes.append("there is one picture only, so no whole picture is held out")
    split = split_colorization(
        pictures,
        options.size,
        held_out_pictures=hold_out,
        held_out_crops=options.hold_out_crops,
        max_per_picture=options.max_crops,
        flip=0.5 if options.flip else 0.0,
        noise=options.noise,
        seed=options.seed,
    )
    return RunPictures(
        split=split,
        validation=_validation(split, options),
        mean_ab=mean_colour(split.train),
        fingerprint=_fingerprint(pictures),
        notes=notes,
    )


def load_pictures(
    words: Sequence[str], policy: str, **settings: Any
) -> tuple[list[Picture], list[str]]:
    """Open what follows ``--data``; returns the pictures, and what to tell of them.

    Parameters
    ----------
    words : sequence of str
    policy : {"stop", "skip"}
        What ``--bad-pictures`` says.
    settings
        As for `minigrad.data.open_data`.

    Raises
    ------
    FolderError, ValueError
        As `minigrad.data.open_data`, with advice in the words of the command line.
    """
    try:
        return open_data(words, policy=policy, **settings)
    except FolderError as error:
        advice = str(error).replace("policy='skip'", "--bad-pictures skip")
        raise FolderError(advice, error.refused) from error


def _validation(split: ColorizationSplit, options: ColorizationOptions) -> ColorizationCrops:
    source = split.held_out_crops if len(split.held_out_crops) else split.held_out_pictures
    if not len(source):
        raise ValueError(
            "nothing is held out to choose the best epoch by: every picture is a single crop of "
            f"{options.size} x {options.size}; choose a smaller --size, give more pictures, or "
            "raise --hold-out-crops"
        )
    chosen = np.unique(np.linspace(0, len(source) - 1, _MOST_VALIDATED).round().astype(int))
    return ColorizationCrops(source.pictures, [source.crops[k] for k in chosen], source.size)


def mean_colour(crops: ColorizationCrops) -> np.ndarray:
    """Return the mean ab of crops, where they stand, in network units."""
    still = ColorizationCrops(crops.pictures, crops.crops, crops.size)
    means = [still[k][1].mean(axis=(1, 2), dtype=np.float64) for k in range(len(still))]
    return np.mean(means, axis=0)


def colour_pixels(crops: ColorizationCrops, most: int = 100_000) -> np.ndarray:
    """Return the colours (M, 2) of crops, where they stand, evenly chosen, in network units."""
    still = ColorizationCrops(crops.pictures, crops.crops, crops.size)
    step = max(1, len(still) * crops.size**2 // most)
    parts = [still[k][1].reshape(2, -1).T[k % step :: step] for k in range(len(still))]
    return np.concatenate(parts)


def _fingerprint(pictures: Sequence[Picture]) -> str:
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(f"{picture.name} {picture.image.shape}".encode())
        digest.update(np.ascontiguousarray(picture.image).data)
        if picture.gray is not None:
            digest.update(np.ascontiguousarray(picture.gray).data)
    return digest.hexdigest()
