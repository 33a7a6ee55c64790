"""Two folders, colour and gray, matched by file name: the layout of seed 004's data set."""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from minigrad.data.folders import (
    FolderError,
    check_choice,
    check_folder,
    list_files,
    nothing_here,
    refusals,
    shrink,
    some,
)
from minigrad.data.pictures import (
    COLOURLESS,
    EXTENSIONS,
    MAX_PIXELS,
    MIN_SIDE,
    PictureError,
    decode_picture,
    is_gray,
    shown,
)
from minigrad.data.records import Picture

__all__ = ["has_pairs", "load_pairs", "pair_folders"]

_COLOUR_NAMES = ("color", "colour", "colored", "coloured", "rgb")
_GRAY_NAMES = ("gray", "grey", "grayscale", "greyscale", "bw")


def pair_folders(
    root: str | os.PathLike,
    *,
    colour: str | os.PathLike | None = None,
    gray: str | os.PathLike | None = None,
) -> list[tuple[Path, Path]]:
    """Match a folder of colour pictures with a folder of gray ones by file name (seed 004).

    Parameters
    ----------
    root : path-like
        The folder that holds both, e.g. as ``color/`` and ``gray/``.
    colour, gray : path-like, optional
        Their paths below `root`, where their names are others.

    Returns
    -------
    list of tuple
        (colour path, gray path), in the order of their names; extensions may differ.

    Raises
    ------
    FolderError
        A folder is missing, empty, has two pictures of one name, or a name without its twin.
    """
    root = Path(root)
    check_folder("pair_folders", root)
    folders = [
        root / given if given is not None else _subfolder(root, names)
        for given, names in ((colour, _COLOUR_NAMES), (gray, _GRAY_NAMES))
    ]
    by_name = [_by_stem(folder) for folder in folders]
    for k, (mine, twin) in enumerate((by_name, by_name[::-1])):
        alone = sorted(set(mine) - set(twin))
        if alone:
            raise FolderError(
                f"pair_folders: {len(alone)} of {len(mine)} pictures in {shown(folders[k])} have "
                f"no twin of the same name in {shown(folders[1 - k])}: {some(alone)}; "
                "remove or rename them"
            )
    return [(by_name[0][name], by_name[1][name]) for name in by_name[0]]


def has_pairs(root: str | os.PathLike) -> bool:
    """Say whether a folder holds the layout of two subfolders, such as color/ and gray/."""
    root = Path(root)
    names = {path.name.lower() for path in root.iterdir() if path.is_dir()} if root.is_dir() else ()
    return all(names & set(wanted) for wanted in (_COLOUR_NAMES, _GRAY_NAMES)) if names else False


def load_pairs(
    pairs: Iterable[tuple[Path, Path]],
    policy: str = "stop",
    *,
    side: int | None = None,
    colourless: str = "drop",
    max_pixels: int = MAX_PIXELS,
    min_side: int = MIN_SIDE,
) -> tuple[list[Picture], list[PictureError]]:
    """Load pairs of a colour and a gray picture, as `pair_folders` finds them, into memory.

    Parameters
    ----------
    pairs : iterable of tuple
        (colour path, gray path).
    policy, side, colourless, max_pixels, min_side
        As in `load_folder`; `colourless` is about the picture in the colour folder.

    Returns
    -------
    tuple
        The list of `Picture` (colour as ``image``, gray as ``gray``), and a list with the
        `PictureError` of each pair that was left out.

    Raises
    ------
    FolderError
        Under the policy "stop": pictures that are refused, or whose sizes differ. Under either:
        nothing is left.
    """
    check_choice("load_pairs", "policy", policy, ("stop", "skip"))
    check_choice("load_pairs", "colourless", colourless, ("drop", "keep"))
    pictures, refused, dropped = [], [], []
    for colour_path, gray_path in pairs:
        try:
            image, gray = _load_pair(colour_path, gray_path, max_pixels, min_side)
        except PictureError as error:
            refused.append(error)
            continue
        if colourless == "drop" and is_gray(image):
            dropped.append(PictureError(colour_path, COLOURLESS, "colourless='keep' takes it"))
            continue
        gray = shrink(gray, side)[..., 0].copy()
        pictures.append(Picture(colour_path.stem, shrink(image, side), gray=gray))
    if (refused and policy == "stop") or not pictures:
        raise FolderError(refusals("load_pairs", refused + dropped, len(pictures)), refused)
    return pictures, refused + dropped


def _load_pair(
    colour_path: Path, gray_path: Path, max_pixels: int, min_side: int
) -> tuple[np.ndarray, np.ndarray]:
    image, _ = decode_picture(colour_path, max_pixels=max_pixels, min_side=min_side)
    gray, _ = decode_picture(gray_path, max_pixels=max_pixels, min_side=min_side)
    if gray.shape != image.shape:
        cause = f"H, W = {gray.shape[:2]}, but its colour twin has {image.shape[:2]}"
        raise PictureError(gray_path, cause, "make both from one picture")
    if not is_gray(gray):
        raise PictureError(gray_path, "has colour", "put it into the colour folder")
    return image, gray


def _by_stem(folder: Path) -> dict[str, Path]:
    check_folder("pair_folders", folder)
    paths, others = list_files(folder, False, EXTENSIONS)
    if not paths:
        raise FolderError(nothing_here(folder, others, EXTENSIONS))
    by_stem: dict[str, Path] = {}
    for path in paths:
        if path.stem in by_stem:
            raise FolderError(
                f"pair_folders: {shown(by_stem[path.stem])} and {shown(path)} have one name; "
                "remove or rename one"
            )
        by_stem[path.stem] = path
    return by_stem


def _subfolder(root: Path, names: tuple[str, ...]) -> Path:
    for path in sorted(root.iterdir()):
        if path.is_dir() and path.name.lower() in names:
            return path
    raise FolderError(
        f"pair_folders: {shown(root)} has no subfolder called {' or '.join(names)}; "
        "name it: pair_folders(root, colour=..., gray=...)"
    )
