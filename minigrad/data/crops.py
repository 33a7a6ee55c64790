"""Square crops of pictures, as a data set for colorization."""

from collections.abc import Sequence

import numpy as np

from minigrad.data.color import rgb_to_network
from minigrad.data.dataset import Dataset
from minigrad.data.records import Crop, Picture
from minigrad.data.transforms import add_lightness_noise, crop, flip_horizontal, item_rng

__all__ = ["ColorizationCrops", "augment", "check_augmentation", "picture_to_network"]


def picture_to_network(
    image: np.ndarray, gray: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Convert a picture to what a network sees and what it should say.

    Parameters
    ----------
    image : numpy.ndarray
        (H, W, 3), uint8, sRGB.
    gray : numpy.ndarray, optional
        (H, W), uint8: its gray twin, from which the lightness is then taken.

    Returns
    -------
    tuple of numpy.ndarray
        Lightness (1, H, W) and ab (2, H, W), float32, in network units.
    """
    lightness, ab = rgb_to_network(image)
    if gray is not None:
        lightness, _ = rgb_to_network(np.repeat(gray[:, :, None], 3, axis=2))
    return lightness, ab


def augment(
    image: np.ndarray,
    gray: np.ndarray | None,
    flip: float,
    noise: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Mirror a picture and its twin with probability `flip`, convert, add noise to the lightness.

    Returns
    -------
    tuple of numpy.ndarray
        As `picture_to_network`.
    """
    if rng.random() < flip:
        image = flip_horizontal(image)
        gray = None if gray is None else flip_horizontal(gray)
    lightness, ab = picture_to_network(image, gray)
    return (add_lightness_noise(lightness, noise, rng) if noise else lightness), ab


def check_augmentation(operation: str, flip: float, noise: float, seed: int) -> None:
    """Refuse a probability, an amount or a seed that makes no sense."""
    if not (0 <= flip <= 1 and noise >= 0 and seed >= 0):
        raise ValueError(
            f"{operation}: flip={flip} must lie between 0 and 1, noise={noise} and seed={seed} "
            "must be 0 or more"
        )


class ColorizationCrops(Dataset):
    """Crops as (lightness, ab): what the network sees, and what it should say.

    An item is a tuple of contiguous float32 arrays, (1, S, S) and (2, S, S), in network units
    (see `minigrad.data.color`). Its random choices depend on (seed, epoch, index) alone.

    Parameters
    ----------
    pictures : sequence of Picture
        The pictures that the crops are of.
    crops : sequence of Crop
        Their places.
    size : int
        S, their side [pixels].
    jitter : int
        How far a crop may wander from its place, up, down, left and right [pixels].
    avoid : sequence of Crop
        Places of the same size that no crop may touch: the held-out ones.
    flip : float
        Probability of mirroring left to right.
    noise : float
        Largest uniform noise on the lightness [network units; 0.02 is one unit of L].
    seed : int
        Root of the random choices.

    Raises
    ------
    ValueError
        A crop outside its picture, or one that touches a place to avoid.
    """

    def __init__(
        self,
        pictures: Sequence[Picture],
        crops: Sequence[Crop],
        size: int,
        *,
        jitter: int = 0,
        avoid: Sequence[Crop] = (),
        flip: float = 0.0,
        noise: float = 0.0,
        seed: int = 0,
    ):
        check_augmentation("ColorizationCrops", flip, noise, seed)
        if jitter < 0:
            raise ValueError(f"ColorizationCrops: jitter={jitter} must be 0 or more")
        self.pictures, self.crops, self.size = list(pictures), list(crops), size
        self.jitter, self.flip, self.noise, self.seed = jitter, flip, noise, seed
        self._free = [_free_places(self.pictures, k, size, avoid) for k in range(len(pictures))]
        for place in self.crops:
            crop(self.pictures[place.picture].image, place.top, place.left, size)
            if not self._free[place.picture][place.top, place.left]:
                name = self.pictures[place.picture].name
                raise ValueError(
                    f"ColorizationCrops: the crop of {name} at ({place.top}, {place.left}) touches "
                    "a place to avoid; split_crops gives disjoint ones"
                )

    def __len__(self) -> int:
        return len(self.crops)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return self.epoch_item(index, 0)

    def epoch_item(self, index: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Return an item as it is in one epoch."""
        place, rng = self.place(index, epoch)
        picture = self.pictures[place.picture]
        window = crop(picture.image, place.top, place.left, self.size)
        gray = picture.gray
        if gray is not None:
            gray = crop(gray, place.top, place.left, self.size)
        return augment(window, gray, self.flip, self.noise, rng)

    def place(self, index: int, epoch: int) -> tuple[Crop, np.random.Generator]:
        """Return where an item is cut in one epoch, and its random generator."""
        index = range(len(self.crops))[index]
        rng = item_rng(self.seed, epoch, index)
        return self._wander(self.crops[index], rng), rng

    def _wander(self, place: Crop, rng: np.random.Generator) -> Crop:
        if not self.jitter:
            return place
        top, left = max(0, place.top - self.jitter), max(0, place.left - self.jitter)
        near = self._free[place.picture][
            top : place.top + self.jitter + 1, left : place.left + self.jitter + 1
        ]
        tops, lefts = np.nonzero(near)
        k = rng.integers(len(tops))
        return Crop(place.picture, top + int(tops[k]), left + int(lefts[k]))


def _free_places(
    pictures: Sequence[Picture], number: int, size: int, avoid: Sequence[Crop]
) -> np.ndarray:
    """Return (H - S + 1, W - S + 1) bool: corners whose window touches no place to avoid."""
    H, W = pictures[number].image.shape[:2]
    free = np.ones((max(0, H - size + 1), max(0, W - size + 1)), bool)
    for place in avoid:
        if place.picture == number:
            top, left = max(0, place.top - size + 1), max(0, place.left - size + 1)
            free[top : place.top + size, left : place.left + size] = False
    return free
