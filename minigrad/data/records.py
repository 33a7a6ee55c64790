"""What the data sets are made of: a colour picture, and a square cut from it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

__all__ = ["Crop", "Picture"]


@dataclass(frozen=True, eq=False)
class Picture:
    """A colour picture in memory.

    Parameters
    ----------
    name : str
        How reports call it.
    image : numpy.ndarray
        (H, W, 3), uint8, sRGB.
    scene : str, optional
        Pictures of one scene stay on one side of a split; by default each is its own scene.
    gray : numpy.ndarray, optional
        (H, W), uint8: the gray picture that belongs to it, where a data set has one (seed 004).
        Without it the lightness comes from `image`.
    """

    name: str
    image: np.ndarray
    scene: str = ""
    gray: np.ndarray | None = None

    def __post_init__(self):
        image, gray = self.image, self.gray
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(
                f"Picture {self.name}: image has shape {image.shape} and dtype {image.dtype}, "
                "not (H, W, 3) and uint8; load_picture gives such"
            )
        if gray is not None and (gray.dtype != np.uint8 or gray.shape != image.shape[:2]):
            raise ValueError(
                f"Picture {self.name}: gray has shape {gray.shape} and dtype {gray.dtype}, "
                f"not {image.shape[:2]} and uint8 as its colour picture has"
            )
        if not self.scene:
            object.__setattr__(self, "scene", self.name)


class Crop(NamedTuple):
    """The place of a square crop: the picture's place in its list, and the corner [pixels]."""

    picture: int
    top: int
    left: int
