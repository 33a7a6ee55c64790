"""`open_data`: from the word after ``--data`` to a list of pictures.

======================  ========================================================================
bundled                 the photographs inside scikit-image (`bundled_pictures`)
landscapes[:N[:SEED]]   N drawn landscapes (`landscape_pictures`); 48 of seed 0 by default
cifar10:PATH            CIFAR-10's binary version, training part (`cifar10_pictures`)
DIR                     a folder of colour pictures; or one with the subfolders color/ and gray/
DIR1 DIR2               a folder of colour pictures and one of gray ones, matched by name
======================  ========================================================================

A folder that is called like one of these words can be given as ./bundled. Pictures without colour
are left out, and counted: seed 004, section 7.2, found several in its data set.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from minigrad.data.bundled import bundled_pictures
from minigrad.data.cifar import cifar10_pictures
from minigrad.data.folders import FolderError, load_folder, shrink
from minigrad.data.landscapes import landscape_pictures
from minigrad.data.pairs import has_pairs, load_pairs, pair_folders
from minigrad.data.pictures import COLOURLESS, MIN_SIDE, PictureError, shown
from minigrad.data.records import Picture

__all__ = ["DATA_HELP", "open_data"]

DATA_HELP = (
    "bundled (scikit-image's photographs), landscapes[:N[:SEED]] (drawn), cifar10:PATH (its binary "
    "version), DIR (a folder of colour pictures, or one with subfolders color/ and gray/), or "
    "DIR1 DIR2 (colour and gray, matched by name)"
)
"""What a command line can say of the choices."""


def open_data(
    spec: str | os.PathLike | Sequence[str | os.PathLike] = "bundled",
    *,
    side: int | None = None,
    policy: str = "stop",
    min_side: int = MIN_SIDE,
    recursive: bool = False,
    limit: int | None = None,
) -> tuple[list[Picture], list[str]]:
    """Open a data set by its name; see the module for the names.

    Parameters
    ----------
    spec : str, path-like, or a sequence of one or two
        What follows ``--data``.
    side : int, optional
        Shrink pictures until their shorter side is this [pixels]; smaller ones stay.
    policy : {"stop", "skip"}
        What to do about files that cannot be read; see `load_folder`.
    min_side : int
        Smallest width and height of a picture in a folder [pixels].
    recursive : bool
        Look for pictures in subfolders too.
    limit : int, optional
        Take the first N pictures only.

    Returns
    -------
    tuple of list
        The pictures; and notes, what the user should know: how many were left out, and why.

    Raises
    ------
    ValueError
        A spec that is none of these; `FolderError` and `CifarError` are such, too.
    """
    words = [spec] if isinstance(spec, str | os.PathLike) else list(spec)
    if not 1 <= len(words) <= 2 or not all(os.fspath(word) for word in words):
        raise ValueError(f"open_data: {spec!r} is not one or two names; give {DATA_HELP}")
    if limit is not None and limit < 1:
        raise ValueError(f"open_data: limit={limit} must be 1 or more")
    if len(words) == 2:
        pictures, notes = _two_folders(Path(words[0]), Path(words[1]), policy, side, min_side)
    else:
        pictures, notes = _one(os.fspath(words[0]), side, policy, min_side, recursive, limit)
    return pictures[:limit], notes


def _one(
    word: str, side: int | None, policy: str, min_side: int, recursive: bool, limit: int | None
) -> tuple[list[Picture], list[str]]:
    kind, _, rest = word.partition(":")
    if word == "bundled":
        return _shrunk(bundled_pictures(), side), []
    if kind == "landscapes":
        count, seed = _numbers(word, rest)
        return _shrunk(landscape_pictures(min(count, limit or count), seed), side), []
    if kind == "cifar10" and rest:
        pictures, gray = cifar10_pictures(rest, limit=limit)
        return _shrunk(pictures, side), (
            [f"{_count(gray)} left out: without colour"] if gray else []
        )
    if kind == "cifar10" and not Path(word).is_dir():
        raise ValueError("open_data: cifar10 needs the place of its files: cifar10:PATH")
    if has_pairs(word):
        found, left_out = load_pairs(pair_folders(word), policy, side=side, min_side=min_side)
        return found, _note(_reasons(left_out))
    if not Path(word).exists():
        raise FolderError(f"open_data: there is no folder {shown(word)}; give {DATA_HELP}")
    found, scan = load_folder(word, policy, side=side, min_side=min_side, recursive=recursive)
    gray_ones = [f"{shown(path)}: {COLOURLESS}" for path in scan.gray]
    return found, _note(_reasons(scan.refused) + gray_ones)


def _two_folders(
    colour: Path, gray: Path, policy: str, side: int | None, min_side: int
) -> tuple[list[Picture], list[str]]:
    pairs = pair_folders(Path(), colour=colour, gray=gray)
    pictures, left_out = load_pairs(pairs, policy, side=side, min_side=min_side)
    return pictures, _note(_reasons(left_out))


def _numbers(word: str, rest: str) -> tuple[int, int]:
    """Return N and SEED of landscapes:N:SEED."""
    given = rest.split(":") if rest else []
    if len(given) > 2 or not all(part.isascii() and part.isdigit() for part in given):
        raise ValueError(
            f"open_data: {word!r}: write landscapes, landscapes:N or landscapes:N:SEED"
        )
    count, seed = [*map(int, given), *(48, 0)[len(given) :]]
    return count, seed


def _shrunk(pictures: list[Picture], side: int | None) -> list[Picture]:
    return [Picture(p.name, shrink(p.image, side), p.scene) for p in pictures]


def _reasons(errors: Sequence[PictureError]) -> list[str]:
    return [f"{shown(error.path)}: {error.cause}" for error in errors]


def _note(reasons: list[str], most: int = 5) -> list[str]:
    """One line: how many were left out, how many of them as gray, and the first ones' reasons."""
    if not reasons:
        return []
    tail = "; ..." if len(reasons) > most else ""
    gray = sum(reason.endswith(f": {COLOURLESS}") for reason in reasons)
    among = f", {gray} of them without colour" if gray else ""
    return [f"{_count(len(reasons))} left out{among}: {'; '.join(reasons[:most])}{tail}"]


def _count(pictures: int) -> str:
    return f"{pictures} picture{'s' if pictures != 1 else ''}"
