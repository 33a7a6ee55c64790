"""Folders of pictures: looked through before training, with a full account of what is there."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.data.pictures import (
    EXTENSIONS,
    MAX_PIXELS,
    MIN_SIDE,
    PictureError,
    decode_picture,
    is_gray,
    shown,
)
from minigrad.data.records import Picture
from minigrad.data.transforms import resize_shorter_side

__all__ = [
    "FolderError",
    "FolderScan",
    "check_choice",
    "check_folder",
    "list_files",
    "load_folder",
    "nothing_here",
    "refusals",
    "scan_folder",
    "shrink",
    "some",
]

_SHOWN = 10


class FolderError(ValueError):
    """A folder that cannot be used as it is; ``refused`` holds the `PictureError` of each file."""

    def __init__(self, message: str, refused: Iterable[PictureError] = ()):
        super().__init__(message)
        self.refused = tuple(refused)


@dataclass(frozen=True)
class FolderScan:
    """What `scan_folder` found; ``print(scan)`` gives the account.

    ``pictures`` can be used; ``refused`` holds the error of each file that cannot; ``gray`` lists
    those of ``pictures`` that have no colour; ``others`` are files with other extensions;
    ``notices`` are (path, text) of pictures taken with a reservation.
    """

    folder: Path
    pictures: tuple[Path, ...]
    refused: tuple[PictureError, ...]
    gray: tuple[Path, ...]
    others: tuple[Path, ...]
    notices: tuple[tuple[Path, str], ...]

    def __str__(self) -> str:
        lines = [f"{shown(self.folder)}: {len(self.pictures)} pictures"]
        lines += _listing("without colour", [shown(path.name) for path in self.gray])
        lines += _listing("refused", [_reason(error) for error in self.refused])
        lines += _listing("with a notice", [f"{shown(p.name)}: {text}" for p, text in self.notices])
        lines += _listing("other files", _by_extension(self.others))
        return "\n".join(lines)


def scan_folder(
    folder: str | os.PathLike,
    policy: str = "stop",
    *,
    recursive: bool = False,
    extensions: tuple[str, ...] = EXTENSIONS,
    max_pixels: int = MAX_PIXELS,
    min_side: int = MIN_SIDE,
    num_workers: int = 2,
) -> FolderScan:
    """Decode every picture of a folder once, before training, and say what is there.

    Hidden files (".x") are ignored. Files with other extensions are counted and named.

    Parameters
    ----------
    folder : path-like
        The folder.
    policy : {"stop", "skip"}
        What to do about pictures that are refused: stop with the list of them, or leave them out
        (``len(scan.refused)`` says how many).
    recursive : bool
        Whether to look into subfolders.
    extensions : tuple of str
        File name endings that count as pictures, in lower case.
    max_pixels, min_side : int
        As in `load_picture` [pixels].
    num_workers : int
        Threads that decode.

    Returns
    -------
    FolderScan
        Paths in the order of their names.

    Raises
    ------
    FolderError
        No such folder, no picture in it, or refused pictures under the policy "stop".
    """
    read = _Reader(max_pixels, min_side)
    scan, _ = _walk(folder, policy, recursive, extensions, num_workers, read)
    return scan


def load_folder(
    folder: str | os.PathLike,
    policy: str = "stop",
    *,
    side: int | None = None,
    colourless: str = "drop",
    recursive: bool = False,
    max_pixels: int = MAX_PIXELS,
    min_side: int = MIN_SIDE,
    num_workers: int = 2,
) -> tuple[list[Picture], FolderScan]:
    """Load all colour pictures of a folder into memory.

    A picture takes 3 H W bytes: `side` = 256 makes that some 0.25 MB.

    Parameters
    ----------
    folder, policy, recursive, max_pixels, min_side, num_workers
        As in `scan_folder`.
    side : int, optional
        Shrink each picture, in RGB, until its shorter side is this [pixels]; smaller ones stay.
    colourless : {"drop", "keep"}
        What to do with pictures without colour: seed 004, section 7.2, found several in its
        data set, and they teach a network to paint gray.

    Returns
    -------
    tuple
        The list of `Picture`, in the order of their names, and the `FolderScan`.

    Raises
    ------
    FolderError
        As `scan_folder`; or no picture has colour.
    """
    check_choice("load_folder", "colourless", colourless, ("drop", "keep"))
    if side is not None and side < 1:
        raise ValueError(f"load_folder: side={side} must be at least 1 pixel")
    read = _Reader(max_pixels, min_side, keep=lambda image: shrink(image, side))
    scan, images = _walk(folder, policy, recursive, EXTENSIONS, num_workers, read)
    dropped = set(scan.gray) if colourless == "drop" else set()
    pictures = [
        Picture(path.relative_to(scan.folder).as_posix(), image)
        for path, image in zip(scan.pictures, images, strict=True)
        if path not in dropped
    ]
    if not pictures:
        raise FolderError(
            f"load_folder: none of the {len(scan.pictures)} pictures in {shown(scan.folder)} has "
            "colour; colorization learns from colour pictures (colourless='keep' takes them anyway)"
        )
    return pictures, scan


class _Reader:
    """Reads one file: (refusal or None, notices, whether it is gray, what `keep` makes of it)."""

    def __init__(
        self, max_pixels: int, min_side: int, keep: Callable[[np.ndarray], Any] | None = None
    ):
        self.limits = {"max_pixels": max_pixels, "min_side": min_side}
        self.keep = keep

    def __call__(self, path: Path) -> tuple[PictureError | None, list[str], bool, Any]:
        try:
            image, notices = decode_picture(path, **self.limits)
        except PictureError as error:
            return error, [], False, None
        return None, notices, is_gray(image), self.keep(image) if self.keep else None


def _walk(
    folder: str | os.PathLike,
    policy: str,
    recursive: bool,
    extensions: tuple[str, ...],
    num_workers: int,
    read: _Reader,
) -> tuple[FolderScan, list]:
    check_choice("scan_folder", "policy", policy, ("stop", "skip"))
    folder = Path(folder)
    check_folder("scan_folder", folder)
    paths, others = list_files(folder, recursive, extensions)
    if not paths:
        raise FolderError(nothing_here(folder, others, extensions))
    with ThreadPoolExecutor(max(1, num_workers)) as pool:
        results = list(zip(paths, pool.map(read, paths), strict=True))
    refused = tuple(error for _, (error, *_) in results if error is not None)
    taken = [(path, result) for path, result in results if result[0] is None]
    if (refused and policy == "stop") or not taken:
        raise FolderError(refusals("scan_folder", refused, len(taken)), refused)
    scan = FolderScan(
        folder=folder,
        pictures=tuple(path for path, _ in taken),
        refused=refused,
        gray=tuple(path for path, result in taken if result[2]),
        others=others,
        notices=tuple((path, text) for path, result in taken for text in result[1]),
    )
    return scan, [result[3] for _, result in taken]


def list_files(
    folder: Path, recursive: bool, extensions: tuple[str, ...]
) -> tuple[list[Path], tuple[Path, ...]]:
    """Return the pictures and the other files of a folder, in the order of their names."""
    found = []
    for top, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if recursive and not name.startswith(".")]
        found += [Path(top, name) for name in names if not name.startswith(".")]
    found.sort(key=lambda path: path.relative_to(folder).parts)
    pictures = [path for path in found if path.suffix.lower() in extensions]
    return pictures, tuple(path for path in found if path.suffix.lower() not in extensions)


def check_folder(operation: str, folder: Path) -> None:
    """Refuse a path that is not a folder."""
    if not folder.is_dir():
        problem = "is a file, not a folder" if folder.exists() else "does not exist"
        raise FolderError(f"{operation}: {shown(folder)} {problem}; give a folder of pictures")


def check_choice(operation: str, name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse an option that is not one of its choices."""
    if value not in choices:
        raise ValueError(f"{operation}: {name}={value!r} is not one of {', '.join(choices)}")


def nothing_here(folder: Path, others: tuple[Path, ...], extensions: tuple[str, ...]) -> str:
    """Say that a folder holds no picture, what it does hold, and where pictures may be."""
    below = [
        shown(path.name)
        for path in sorted(folder.iterdir())
        if path.is_dir() and not path.name.startswith(".") and list_files(path, True, extensions)[0]
    ]
    hint = f"; pictures lie in its subfolders {some(below)}: give one of these" if below else ""
    there = f"; other files there: {some(_by_extension(others))}" if others else ""
    return (
        f"scan_folder: no picture in {shown(folder)} (extensions looked for: "
        f"{' '.join(extensions)}){there}{hint}"
    )


def refusals(operation: str, refused: Iterable[PictureError], taken: int) -> str:
    """List refused pictures, beside `taken` good ones, with the advice."""
    reasons = [_reason(error) for error in refused]
    lines = _listing(f"of {len(reasons) + taken} pictures are refused", reasons)
    advice = "repair or remove them" + (", or leave them out with policy='skip'" if taken else "")
    return "\n".join([f"{operation}: {advice}:", *lines])


def _reason(error: PictureError) -> str:
    return f"{shown(error.path)}: {error.cause}"


def _listing(what: str, entries: list[str]) -> list[str]:
    """Return "3 what:" and one indented line for each of the first entries; nothing if empty."""
    if not entries:
        return []
    more = len(entries) - _SHOWN
    tail = [f"    ... and {more} more"] if more > 0 else []
    return [f"{len(entries)} {what}:", *(f"    {entry}" for entry in entries[:_SHOWN]), *tail]


def _by_extension(paths: Iterable[Path]) -> list[str]:
    groups = defaultdict(list)
    for path in paths:
        groups[path.suffix.lower() or "no extension"].append(shown(path.name))
    return [f"{len(names)} {suffix} ({some(names, 3)})" for suffix, names in groups.items()]


def some(names: list[str], shown_names: int = _SHOWN) -> str:
    """Join the first names, and count the rest."""
    more = len(names) - shown_names
    return ", ".join(names[:shown_names]) + (f", ... ({more} more)" if more > 0 else "")


def shrink(image: np.ndarray, side: int | None) -> np.ndarray:
    """Shrink a picture until its shorter side is `side` [pixels]; never enlarge it."""
    if side is None or min(image.shape[:2]) <= side:
        return image
    return resize_shorter_side(image, side)
