"""One picture file in, one uint8 RGB array out, or a refusal that names the file.

Whatever the file holds (gray, palette, transparency, CMYK, 16 bits, several pages, a rotated
camera) the caller sees one kind of array. What cannot be turned into it for certain is refused: a
wrong picture in a training set does more harm than a missing one.
"""

import functools
import os
import stat
import warnings
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

__all__ = [
    "COLOURLESS",
    "EXTENSIONS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MIN_SIDE",
    "PictureError",
    "PictureNotice",
    "decode_picture",
    "is_gray",
    "load_picture",
    "shown",
]

COLOURLESS = "has no colour"
"""Why a gray picture is left out, wherever it is."""

MAX_PIXELS = 50_000_000
"""Largest width x height that is decoded [pixels]; Pillow's own error comes at 179 million."""

MAX_BYTES = 1 << 30
"""Largest file that is opened [bytes]; some decoders read the whole file before they look at it."""

MIN_SIDE = 8
"""Smallest width and height that is taken [pixels]."""

EXTENSIONS = (
    ".avif",
    ".bmp",
    ".gif",
    ".jp2",
    ".jpeg",
    ".jpg",
    ".pgm",
    ".png",
    ".pnm",
    ".ppm",
    ".tga",
    ".tif",
    ".tiff",
    ".webp",
)
"""File name endings looked for in a folder, in lower case; a file's case does not matter."""

# Formats that only hold pixels. Pillow would open EPS as well, and run Ghostscript to do it.
_FORMATS = (
    "PNG",
    "JPEG",
    "GIF",
    "BMP",
    "TIFF",
    "WEBP",
    "PPM",
    "TGA",
    "JPEG2000",
    "AVIF",
)
_EIGHT_BIT_MODES = ("1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr", "HSV")
_BITS_PER_SAMPLE = 258  # TIFF tag: a 12-bit picture arrives in 16-bit pixels


class PictureError(ValueError):
    """A picture file that is refused; ``path``, ``cause`` and ``remedy`` say which, why, what now.

    Examples
    --------
    >>> str(PictureError("a.png", "the file is empty", "copy it again"))
    'load_picture: a.png: the file is empty; copy it again'
    """

    def __init__(self, path: str | os.PathLike, cause: str, remedy: str):
        super().__init__(path, cause, remedy)
        self.path, self.cause, self.remedy = path, cause, remedy

    def __str__(self) -> str:
        return f"load_picture: {shown(self.path)}: {self.cause}; {self.remedy}"


class PictureNotice(UserWarning):
    """A picture that was taken, though not all of its file: the first frame of an animation."""


def shown(path: str | os.PathLike) -> str:
    """Return a path as text that can always be printed; undecodable bytes become escapes."""
    return os.fsdecode(path).encode("utf-8", "backslashreplace").decode("utf-8")


def load_picture(
    path: str | os.PathLike,
    *,
    max_pixels: int = MAX_PIXELS,
    min_side: int = MIN_SIDE,
) -> np.ndarray:
    """Load a picture file as RGB.

    Gray, palette, CMYK and 16-bit files are converted; transparent ones are laid on white; the
    orientation that a camera noted in EXIF is applied; of several frames or pages the first is
    taken, with a `PictureNotice`. Colours are taken as sRGB: an embedded ICC profile is ignored.
    A JPEG whose middle is damaged, but whose end is there, cannot be told from a whole one.
    Safe to call from several threads at once.

    Parameters
    ----------
    path : path-like
        A regular file in one of the formats AVIF, BMP, GIF, JPEG, JPEG 2000, PNG, PPM, TGA, TIFF,
        WebP, whatever its name ends in.
    max_pixels : int
        Largest width x height [pixels], compared with the header before anything is decoded.
    min_side : int
        Smallest width and height [pixels].

    Returns
    -------
    numpy.ndarray
        (H, W, 3), uint8, sRGB.

    Raises
    ------
    PictureError
        The file is missing, empty, not a picture, truncated, corrupt, too large, too small, or in a
        pixel format without an agreed meaning. The message names file, cause and remedy.

    Examples
    --------
    >>> load_picture("nowhere.png")
    Traceback (most recent call last):
    minigrad.data.pictures.PictureError: load_picture: nowhere.png: there is no such file; ...
    """
    image, notices = decode_picture(path, max_pixels=max_pixels, min_side=min_side)
    for notice in notices:
        warnings.warn(PictureNotice(f"load_picture: {shown(path)}: {notice}"), stacklevel=2)
    return image


def decode_picture(
    path: str | os.PathLike,
    *,
    max_pixels: int = MAX_PIXELS,
    min_side: int = MIN_SIDE,
) -> tuple[np.ndarray, list[str]]:
    """Do what `load_picture` does, and return the notices instead of issuing warnings.

    Returns
    -------
    tuple
        The picture (H, W, 3) uint8, and a list of what the user should know about it.
    """
    _check_file(path)
    try:
        with open(path, "rb") as file:
            return _decode(file, path, max_pixels, min_side)
    except PictureError:
        raise
    # Pillow's decoders raise nearly every exception there is on damaged bytes: OSError, ValueError,
    # SyntaxError, EOFError, IndexError, KeyError, struct.error, zlib.error, MemoryError, ...
    except Exception as error:
        raise _refusal(path, error, max_pixels) from error


def is_gray(image: np.ndarray, tolerance: int = 8, share: float = 0.01) -> bool:
    """Tell whether a picture has no colour to learn from.

    A pixel is coloured when its largest and smallest channel differ by more than `tolerance`; a
    gray photograph saved as a JPEG differs by a few levels here and there.

    Parameters
    ----------
    image : numpy.ndarray
        (H, W, 3), uint8.
    tolerance : int
        Difference of channels [levels of 255] that still counts as gray.
    share : float
        Share of coloured pixels [0 to 1] up to which the picture counts as gray.

    Examples
    --------
    >>> is_gray(np.full((8, 8, 3), 120, np.uint8))
    True
    """
    spread = image.max(axis=-1) - image.min(axis=-1)
    return float(np.mean(spread > tolerance)) <= share


def _check_file(path: str | os.PathLike) -> None:
    """Refuse what is not a regular file of a sensible size: opening a pipe would wait for ever."""
    try:
        status = os.stat(path)
    except FileNotFoundError as error:
        raise PictureError(path, "there is no such file", "check the path") from error
    except (OSError, ValueError) as error:
        raise PictureError(path, f"cannot be reached ({error})", "check path and rights") from error
    if stat.S_ISDIR(status.st_mode):
        raise PictureError(path, "is a folder", "name a file, or give the folder to scan_folder")
    if not stat.S_ISREG(status.st_mode):
        raise PictureError(path, "is not a regular file", "copy the picture into a file")
    if status.st_size == 0:
        raise PictureError(path, "the file is empty (0 bytes)", "copy or download it again")
    if status.st_size > MAX_BYTES:
        cause = f"the file has {status.st_size:,} bytes, above the limit of {MAX_BYTES:,}"
        raise PictureError(path, cause, "save a smaller version of the picture")


def _decode(
    file: BinaryIO,
    path: str | os.PathLike,
    max_pixels: int,
    min_side: int,
) -> tuple[np.ndarray, list[str]]:
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        cause = "PIL.ImageFile.LOAD_TRUNCATED_IMAGES is on, so a cut file would load half gray"
        raise PictureError(path, cause, "set it to False")
    with Image.open(file, formats=_formats()) as header:
        _check_size(path, header.size, max_pixels, min_side)
        if header.format == "PNG":
            header.verify()  # the checksum of each chunk; decoding skips the pixels'
    file.seek(0)
    with Image.open(file, formats=_formats()) as image:
        _check_size(path, image.size, max_pixels, min_side)
        notices = _frame_notices(image)
        image.load()
        upright = _upright(image, notices)
        if image.mode == "F" or image.mode.startswith("I"):
            gray = _gray_from_wide(upright, _white_level(image, path), path)
            pixels = np.repeat(gray[:, :, None], 3, axis=2)
        else:
            pixels = _rgb(upright, path)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        cause = f"decoded to shape {pixels.shape} of {pixels.dtype}, not (H, W, 3) of uint8"
        raise PictureError(path, cause, "save it again as PNG")
    return pixels, notices


@functools.cache
def _formats() -> tuple[str, ...]:
    """Return the formats that this build of Pillow can open."""
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _check_size(
    path: str | os.PathLike, size: tuple[int, int], max_pixels: int, min_side: int
) -> None:
    W, H = size
    pixels = W * H
    if pixels > max_pixels:
        cause = f"{W} x {H} = {pixels:,} pixels, above the limit max_pixels={max_pixels:,}"
        raise PictureError(path, cause, "shrink the picture, or raise the limit if you trust it")
    if min(W, H) < min_side:
        cause = f"{W} x {H} pixels, below the smallest side min_side={min_side}"
        raise PictureError(path, cause, "leave it out, or use a larger version")


def _frame_notices(image: Image.Image) -> list[str]:
    try:
        several = getattr(image, "is_animated", False)
    except Exception:  # what follows the first frame is damaged, and is not used
        several = True
    return ["holds several frames or pages; the first is used"] if several else []


def _upright(image: Image.Image, notices: list[str]) -> Image.Image:
    """Apply the EXIF orientation; a damaged EXIF block does not cost the picture."""
    try:
        image.getexif()
        for block in ("exif", "Raw profile type exif"):
            image.info.pop(block, None)  # else the block is written anew, where odd entries fail
        return ImageOps.exif_transpose(image)
    except Exception as error:
        notices.append(f"its EXIF data cannot be read ({error}); the orientation is left as it is")
        return image


def _white_level(image: Image.Image, path: str | os.PathLike) -> int:
    """Return the value that means white in a gray picture of more than 8 bits, 1 if it is float."""
    if image.mode == "F":
        return 1
    if image.mode == "I" and image.format not in ("PNG", "PPM"):  # these two mean 16 bits by it
        cause = "32-bit integer pixels, which have no agreed white"
        raise PictureError(path, cause, "save it with 8 or 16 bits")
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, (16,))[0]
    return (1 << bits) - 1


def _gray_from_wide(image: Image.Image, white: int, path: str | os.PathLike) -> np.ndarray:
    """Scale gray of more than 8 bits to (H, W) uint8 by the range of its type, to the nearest.

    Pillow's own conversion clips at 255 instead (python-pillow/Pillow #5967).
    """
    x = np.asarray(image)
    if not (x.min() >= 0 and x.max() <= white):  # NaN is refused too
        cause = f"pixels from {x.min():g} to {x.max():g}, where 0 is black and {white} is white"
        raise PictureError(path, cause, f"scale them to [0, {white}]")
    return np.round(x * (255.0 / white)).astype(np.uint8)


def _rgb(image: Image.Image, path: str | os.PathLike) -> np.ndarray:
    """Convert the modes of 8 bits a channel to (H, W, 3) uint8, transparency laid on white."""
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    elif image.mode not in _EIGHT_BIT_MODES:
        cause = f"pixel mode {image.mode!r} has no certain meaning in RGB"
        raise PictureError(path, cause, "save it as an RGB PNG or JPEG")
    return np.array(image.convert("RGB"))


def _refusal(path: str | os.PathLike, error: Exception, max_pixels: int) -> PictureError:
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        cause = f"the header asks for more than the limit max_pixels={max_pixels:,} ({error})"
        return PictureError(path, cause, "shrink the picture")
    if isinstance(error, UnidentifiedImageError):
        cause = (
            f"is not a picture in a known format ({', '.join(_formats())}), or has no whole header"
        )
        return PictureError(path, cause, "remove it, or convert it to PNG or JPEG")
    if isinstance(error, PermissionError):
        return PictureError(path, "may not be read", "change its rights")
    cause = f"truncated or corrupt ({type(error).__name__}: {error})"
    return PictureError(path, cause, "copy or download it again, or remove it")
