"""Cutting, resizing, flipping and noise; every random choice belongs to (seed, epoch, index).

A generator made from these three numbers gives an item the same crop and the same noise in
whichever thread, order or resumed run it is asked for.
"""

import numpy as np
from PIL import Image

__all__ = [
    "add_lightness_noise",
    "crop",
    "flip_horizontal",
    "item_rng",
    "random_crop",
    "resize",
    "resize_planes",
    "resize_shorter_side",
]

_FILTERS = {
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
}


def item_rng(seed: int, epoch: int, index: int) -> np.random.Generator:
    """Return the random generator of one item in one epoch.

    Raises
    ------
    ValueError
        A negative number.

    Examples
    --------
    >>> item_rng(0, 1, 2).random() == item_rng(0, 1, 2).random()
    True
    """
    if min(seed, epoch, index) < 0:
        raise ValueError(
            f"item_rng: seed={seed}, epoch={epoch}, index={index}: all must be 0 or more"
        )
    return np.random.default_rng((seed, epoch, index))


def crop(image: np.ndarray, top: int, left: int, size: int) -> np.ndarray:
    """Return the view (size, size, ...) of a picture (H, W, ...) whose corner is (top, left).

    Raises
    ------
    ValueError
        The window does not lie inside the picture.
    """
    H, W = image.shape[:2]
    if not (size >= 1 and 0 <= top <= H - size and 0 <= left <= W - size):
        raise ValueError(
            f"crop: a window of {size} x {size} at ({top}, {left}) does not lie inside the picture "
            f"of H x W = {H} x {W}"
        )
    return image[top : top + size, left : left + size]


def random_crop(image: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return a view (size, size, ...) of a picture (H, W, ...), every place equally likely.

    Raises
    ------
    ValueError
        The picture is smaller than the window.
    """
    H, W = image.shape[:2]
    if not 1 <= size <= min(H, W):
        raise ValueError(
            f"random_crop: size={size} does not fit a picture of H x W = {H} x {W}; "
            "resize_shorter_side makes it larger"
        )
    return crop(image, int(rng.integers(H - size + 1)), int(rng.integers(W - size + 1)), size)


def flip_horizontal(image: np.ndarray) -> np.ndarray:
    """Return a picture (H, W, ...) mirrored left to right, as a view."""
    return image[:, ::-1]


def add_lightness_noise(
    lightness: np.ndarray, amount: float, rng: np.random.Generator
) -> np.ndarray:
    """Add uniform noise to the network's lightness, and keep it in [-1, 1].

    Seed 004, section 6.2.3: noise "produces a static-like texture" and acts against overfitting.

    Parameters
    ----------
    lightness : numpy.ndarray
        L / 50 - 1, any shape; not changed.
    amount : float
        Largest change, in network units: 0.02 is one unit of L.
    rng : numpy.random.Generator
        See `item_rng`.

    Raises
    ------
    ValueError
        A negative amount.
    """
    if not amount >= 0:
        raise ValueError(f"add_lightness_noise: amount={amount} must be 0 or more")
    noise = rng.uniform(-amount, amount, lightness.shape).astype(lightness.dtype)
    return np.clip(lightness + noise, -1, 1)


def resize(image: np.ndarray, size: tuple[int, int], method: str = "box") -> np.ndarray:
    """Resize an RGB picture, in RGB: averaging in Lab would clip dark pixels to black.

    Parameters
    ----------
    image : numpy.ndarray
        (H, W, 3), uint8.
    size : tuple of int
        New (height, width) [pixels].
    method : {"box", "lanczos", "bilinear"}
        "box" averages areas and is the fastest; "lanczos" is sharper, and better for enlarging.

    Returns
    -------
    numpy.ndarray
        (height, width, 3), uint8.

    Raises
    ------
    TypeError
        Not uint8: Lab and floats are refused.
    ValueError
        Not (H, W, 3), a size below 1, or an unknown method.

    Examples
    --------
    >>> resize(np.zeros((40, 60, 3), np.uint8), (20, 30)).shape
    (20, 30, 3)
    """
    height, width = _checked_size("resize", size)
    filter = _checked_filter("resize", method)
    if image.dtype != np.uint8:
        raise TypeError(
            f"resize: image has dtype {image.dtype}; resize the uint8 RGB picture, then convert "
            "it to Lab (rgb_to_uint8, rgb_to_lab)"
        )
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f"resize: image has shape {image.shape}, not (H, W, 3)")
    return np.array(Image.fromarray(image).resize((width, height), filter))


def resize_shorter_side(image: np.ndarray, side: int, method: str = "box") -> np.ndarray:
    """Resize an RGB picture (H, W, 3) uint8 so that min(H, W) = side, keeping its proportions."""
    H, W = image.shape[:2]
    short = max(1, min(H, W))
    size = (max(side, round(H * side / short)), max(side, round(W * side / short)))
    return image if size == (H, W) else resize(image, size, method)


def resize_planes(
    planes: np.ndarray, size: tuple[int, int], method: str = "bilinear"
) -> np.ndarray:
    """Resize float planes, such as predicted ab, to be joined with the lightness of full size.

    Parameters
    ----------
    planes : numpy.ndarray
        (C, H, W), floating point.
    size : tuple of int
        New (height, width) [pixels].
    method : {"box", "lanczos", "bilinear"}
        As in `resize`.

    Returns
    -------
    numpy.ndarray
        (C, height, width), float32.

    Raises
    ------
    TypeError
        Not floating point.
    ValueError
        Not (C, H, W), a size below 1, or an unknown method.
    """
    height, width = _checked_size("resize_planes", size)
    filter = _checked_filter("resize_planes", method)
    if not np.issubdtype(planes.dtype, np.floating):
        raise TypeError(f"resize_planes: planes have dtype {planes.dtype}; give float32")
    if planes.ndim != 3 or 0 in planes.shape:
        raise ValueError(f"resize_planes: planes have shape {planes.shape}, not (C, H, W)")
    images = [Image.fromarray(np.ascontiguousarray(plane, np.float32)) for plane in planes]
    return np.stack([np.asarray(image.resize((width, height), filter)) for image in images])


def _checked_size(operation: str, size: tuple[int, int]) -> tuple[int, int]:
    height, width = size
    if min(height, width) < 1:
        raise ValueError(f"{operation}: size={size} must be (height, width) of at least 1 pixel")
    return int(height), int(width)


def _checked_filter(operation: str, method: str) -> Image.Resampling:
    if method not in _FILTERS:
        raise ValueError(f"{operation}: method={method!r} is not one of {', '.join(_FILTERS)}")
    return _FILTERS[method]
