"""The colour photographs that lie inside scikit-image's wheel: real pictures without a network.

Only files on disk are read. ``skimage.data.coffee()`` and its like may download through pooch;
nothing here does.
"""

from pathlib import Path

import skimage

from minigrad.data.pictures import load_picture
from minigrad.data.records import Picture

__all__ = ["BUNDLED", "bundled_pictures"]

BUNDLED = {
    "astronaut": ("astronaut.png", "astronaut"),
    "cat": ("chelsea.png", "cat"),
    "coffee": ("coffee.png", "coffee"),
    "hubble": ("hubble_deep_field.jpg", "hubble"),
    "immunohistochemistry": ("ihc.png", "immunohistochemistry"),
    "motorcycle_left": ("motorcycle_left.png", "motorcycle"),
    "motorcycle_right": ("motorcycle_right.png", "motorcycle"),
    "retina": ("retina.jpg", "retina"),
    "rocket": ("rocket.jpg", "rocket"),
}
"""Name: (file, scene). The two motorcycles are one scene, seen by the two eyes of a stereo camera.

``color.png``, the colour wheel, is left out: it is drawn, and its lightness tells nothing of hues.
"""


def bundled_pictures(names: list[str] | None = None) -> list[Picture]:
    """Load bundled photographs.

    Parameters
    ----------
    names : list of str, optional
        Which of `BUNDLED`; all by default.

    Returns
    -------
    list of Picture
        In the order of `names`.

    Raises
    ------
    ValueError
        An unknown name.
    PictureError
        This version of scikit-image ships without the file.

    Examples
    --------
    >>> bundled_pictures(["cat"])[0].image.shape
    (300, 451, 3)
    """
    folder = Path(skimage.__file__).parent / "data"
    names = list(BUNDLED) if names is None else names
    unknown = [name for name in names if name not in BUNDLED]
    if unknown:
        raise ValueError(
            f"bundled_pictures: {', '.join(unknown)}: unknown; there are {', '.join(BUNDLED)}"
        )
    return [
        Picture(name, load_picture(folder / file), scene=scene)
        for name, (file, scene) in ((name, BUNDLED[name]) for name in names)
    ]
