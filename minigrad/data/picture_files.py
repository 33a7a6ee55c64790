"""Whole pictures read from disk when they are asked for, for folders that memory cannot hold."""

import os
from collections.abc import Sequence

import numpy as np

from minigrad.data.crops import augment, check_augmentation
from minigrad.data.dataset import Dataset
from minigrad.data.pictures import MAX_PIXELS, MIN_SIDE, PictureError, decode_picture
from minigrad.data.transforms import item_rng, resize

__all__ = ["PictureFiles"]


class PictureFiles(Dataset):
    """Picture files as (lightness, ab), each resized as a whole, in RGB.

    An item is a tuple of contiguous float32 arrays, (1, H, W) and (2, H, W), in network units
    (see `minigrad.data.color`). Its random choices depend on (seed, epoch, index) alone.

    Parameters
    ----------
    files : sequence
        Paths of colour pictures, e.g. ``scan_folder(folder).pictures``; or pairs (colour path,
        gray path), as `pair_folders` gives them, where the lightness is the gray picture's.
    size : tuple of int
        (H, W) that every picture is resized to [pixels]; seed 004 used (256, 256).
    flip : float
        Probability of mirroring left to right.
    noise : float
        Largest uniform noise on the lightness [network units; 0.02 is one unit of L].
    seed : int
        Root of the random choices.
    max_pixels, min_side : int
        As in `load_picture` [pixels].

    Raises
    ------
    ValueError
        No file, or an option out of range.
    """

    def __init__(
        self,
        files: Sequence[str | os.PathLike] | Sequence[tuple[os.PathLike, os.PathLike]],
        size: tuple[int, int],
        *,
        flip: float = 0.0,
        noise: float = 0.0,
        seed: int = 0,
        max_pixels: int = MAX_PIXELS,
        min_side: int = MIN_SIDE,
    ):
        check_augmentation("PictureFiles", flip, noise, seed)
        if not len(files) or min(size) < 1:
            raise ValueError(
                f"PictureFiles: {len(files)} files and size={size}: give at least one file, and "
                "(H, W) of at least 1 pixel"
            )
        self.files, self.size = list(files), (int(size[0]), int(size[1]))
        self.flip, self.noise, self.seed = flip, noise, seed
        self._limits = {"max_pixels": max_pixels, "min_side": min_side}

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return self.epoch_item(index, 0)

    def epoch_item(self, index: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Return an item as it is in one epoch.

        Raises
        ------
        PictureError
            The file is refused (see `load_picture`), or the two of a pair differ in size.
        """
        index = range(len(self.files))[index]
        entry = self.files[index]
        colour_path, gray_path = entry if isinstance(entry, tuple) else (entry, None)
        image = self._read(colour_path)
        gray = None if gray_path is None else self._read_gray(gray_path, image.shape)
        image = resize(image, self.size)
        return augment(image, gray, self.flip, self.noise, item_rng(self.seed, epoch, index))

    def _read(self, path: str | os.PathLike) -> np.ndarray:
        return decode_picture(path, **self._limits)[0]

    def _read_gray(self, path: str | os.PathLike, shape: tuple[int, ...]) -> np.ndarray:
        gray = self._read(path)
        if gray.shape != shape:
            cause = f"H, W = {gray.shape[:2]}, but its colour twin has {shape[:2]}"
            raise PictureError(path, cause, "make both from one picture")
        return resize(gray, self.size)[..., 0]
