"""Splits of pictures into crops, such that nothing held out was ever trained upon.

Two things are held out, because they are two different numbers: *whole pictures*, which ask whether
the network knows colours of things it has not seen, and *crops of training pictures*, which ask
whether it knows the rest of a scene it has seen a part of. Both are cut on a grid of disjoint
cells. A training crop may wander from its cell, but never onto a held-out one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from minigrad.data.crops import ColorizationCrops
from minigrad.data.records import Crop, Picture
from minigrad.data.transforms import item_rng

__all__ = [
    "ColorizationSplit",
    "grid_crops",
    "split_by_picture",
    "split_colorization",
    "split_crops",
]


def split_by_picture(
    pictures: Sequence[Picture], held_out: float | Sequence[str] = 0.2, seed: int = 0
) -> tuple[list[Picture], list[Picture]]:
    """Split pictures into those to train on and those held out, whole scenes at a time.

    Pictures with the same scene, or with identical pixels, stay together.

    Parameters
    ----------
    pictures : sequence of Picture
        The pictures.
    held_out : float or sequence of str
        Share of the scenes (0 to 1; at least one scene on each side), or the names of the pictures
        to hold out (the rest of their scenes goes with them).
    seed : int
        Chooses the scenes.

    Returns
    -------
    tuple of list
        Training pictures and held-out pictures, each in the given order.

    Raises
    ------
    ValueError
        Fewer than two scenes, an unknown name, or nothing left to train on.

    Examples
    --------
    >>> from minigrad.data import bundled_pictures
    >>> train, held_out = split_by_picture(bundled_pictures(["cat", "coffee", "rocket"]), ["cat"])
    >>> [picture.name for picture in train]
    ['coffee', 'rocket']
    """
    scenes = _scenes(pictures)
    if isinstance(held_out, str):
        held_out = [held_out]
    if not isinstance(held_out, Sequence):
        chosen = _choose_scenes(scenes, held_out, seed)
    else:
        names = {picture.name for picture in pictures}
        unknown = sorted(set(held_out) - names)
        if unknown:
            raise ValueError(
                f"split_by_picture: held_out names {', '.join(unknown)}, unknown; there are "
                f"{', '.join(sorted(names))}"
            )
        chosen = {
            scene
            for scene, picture in zip(scenes, pictures, strict=True)
            if picture.name in held_out
        }
    sides: tuple[list[Picture], list[Picture]] = ([], [])
    for scene, picture in zip(scenes, pictures, strict=True):
        sides[scene in chosen].append(picture)
    if not sides[0]:
        raise ValueError("split_by_picture: held_out takes every picture; leave some to train on")
    return sides


def grid_crops(
    pictures: Sequence[Picture], size: int, max_per_picture: int | None = None, seed: int = 0
) -> list[Crop]:
    """Cut every picture into disjoint square cells.

    Parameters
    ----------
    pictures : sequence of Picture
        The pictures.
    size : int
        Side of a cell [pixels]. The grid is centred; a margin narrower than a cell is left.
    max_per_picture : int, optional
        Keep no more cells of one picture than this, chosen by `seed`, so that one large picture
        does not outweigh the others.
    seed : int
        Chooses the cells.

    Returns
    -------
    list of Crop
        Picture by picture, from the top left.

    Raises
    ------
    ValueError
        A picture smaller than a cell, or a `size` or `max_per_picture` below 1.
    """
    if size < 1 or (max_per_picture is not None and max_per_picture < 1):
        raise ValueError(
            f"grid_crops: size={size} and max_per_picture={max_per_picture} must be at least 1"
        )
    small = [
        f"{picture.name} ({picture.image.shape[0]} x {picture.image.shape[1]})"
        for picture in pictures
        if min(picture.image.shape[:2]) < size
    ]
    if small:
        raise ValueError(
            f"grid_crops: size={size} does not fit {len(small)} of {len(pictures)} pictures "
            f"(H x W): {', '.join(small[:10])}; choose a smaller size, or leave them out "
            f"(min_side={size} when loading)"
        )
    crops = []
    for number, picture in enumerate(pictures):
        cells = _cells(number, picture.image.shape[0], picture.image.shape[1], size)
        kept = item_rng(seed, 0, number).permutation(len(cells))[:max_per_picture]
        crops += [cells[k] for k in sorted(kept)]
    return crops


def split_crops(
    pictures: Sequence[Picture],
    size: int,
    held_out: float = 0.1,
    max_per_picture: int | None = None,
    seed: int = 0,
) -> tuple[list[Crop], list[Crop]]:
    """Cut pictures into cells as `grid_crops` does, and hold out a share of each picture's cells.

    Returns
    -------
    tuple of list
        Training crops and held-out crops. A picture of two cells or more gives at least one to
        each side, if 0 < `held_out` < 1; a picture of one cell gives it to training.

    Raises
    ------
    ValueError
        As `grid_crops`; or `held_out` outside [0, 1].
    """
    if not 0 <= held_out <= 1:
        raise ValueError(f"split_crops: held_out={held_out} must lie between 0 and 1")
    crops = grid_crops(pictures, size, max_per_picture, seed)
    sides: tuple[list[Crop], list[Crop]] = ([], [])
    for number in range(len(pictures)):
        own = [place for place in crops if place.picture == number]
        order = item_rng(seed, 1, number).permutation(len(own))
        chosen = set(order[: _share(held_out, len(own))].tolist())
        for k, place in enumerate(own):
            sides[k in chosen].append(place)
    return sides


@dataclass(frozen=True)
class ColorizationSplit:
    """One training set and the two kinds of held-out sets, with no pixel in common."""

    train: ColorizationCrops
    held_out_crops: ColorizationCrops
    held_out_pictures: ColorizationCrops


def split_colorization(
    pictures: Sequence[Picture],
    size: int = 64,
    *,
    held_out_pictures: float | Sequence[str] = 0.2,
    held_out_crops: float = 0.1,
    max_per_picture: int | None = 120,
    jitter: int | None = None,
    flip: float = 0.5,
    noise: float = 0.0,
    seed: int = 0,
) -> ColorizationSplit:
    """Split pictures into training crops, held-out crops and held-out pictures.

    Parameters
    ----------
    pictures : sequence of Picture
        E.g. from `bundled_pictures` or `load_folder`.
    size : int
        Side of a crop [pixels].
    held_out_pictures : float or sequence of str
        See `split_by_picture`.
    held_out_crops : float
        Share of each training picture's cells; see `split_crops`.
    max_per_picture : int, optional
        See `grid_crops`.
    jitter : int, optional
        See `ColorizationCrops`; half a crop by default.
    flip, noise : float
        See `ColorizationCrops`; for training only.
    seed : int
        Chooses pictures and cells, and is the root of the random choices.

    Returns
    -------
    ColorizationSplit
        ``split.held_out_pictures.pictures`` are the held-out pictures, whole.
    """
    train, held_out = split_by_picture(pictures, held_out_pictures, seed)
    places, kept_back = split_crops(train, size, held_out_crops, max_per_picture, seed)
    return ColorizationSplit(
        train=ColorizationCrops(
            train,
            places,
            size,
            jitter=size // 2 if jitter is None else jitter,
            avoid=kept_back,
            flip=flip,
            noise=noise,
            seed=seed,
        ),
        held_out_crops=ColorizationCrops(train, kept_back, size),
        held_out_pictures=ColorizationCrops(
            held_out, grid_crops(held_out, size, max_per_picture, seed), size
        ),
    )


def _scenes(pictures: Sequence[Picture]) -> list[str]:
    """Return each picture's scene, where pictures of identical pixels share the first one's.

    Scenes are joined through identical pixels: if x is in scene 1 and its copy in scene 2, the two
    scenes become one.
    """
    same: dict[str, str] = {}

    def root(scene: str) -> str:
        while same.get(scene, scene) != scene:
            scene = same[scene]
        return scene

    by_pixels: dict[tuple, str] = {}
    for picture in pictures:
        pixels = (picture.image.shape, hashlib.sha256(picture.image.tobytes()).digest())
        same[root(picture.scene)] = root(by_pixels.setdefault(pixels, picture.scene))
    return [root(picture.scene) for picture in pictures]


def _choose_scenes(scenes: Sequence[str], share: float, seed: int) -> set[str]:
    distinct = list(dict.fromkeys(scenes))
    if not 0 <= share <= 1:
        raise ValueError(f"split_by_picture: held_out={share} must lie between 0 and 1")
    if share > 0 and len(distinct) < 2:
        raise ValueError(
            f"split_by_picture: {len(distinct)} scene cannot be split; give pictures of two or "
            "more, or held_out=0"
        )
    order = item_rng(seed, 2, 0).permutation(len(distinct))
    return {distinct[k] for k in order[: _share(share, len(distinct))]}


def _share(share: float, count: int) -> int:
    """Return `share` of `count`, rounded; between 0 and 1 both sides get at least one, if any."""
    if share in (0, 1) or count < 2:
        return count if share == 1 else 0
    return min(max(round(share * count), 1), count - 1)


def _cells(number: int, H: int, W: int, size: int) -> list[Crop]:
    tops = range(H % size // 2, H - size + 1, size)
    lefts = range(W % size // 2, W - size + 1, size)
    return [Crop(number, top, left) for top in tops for left in lefts]
