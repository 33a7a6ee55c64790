"""Picture files to load, whole and damaged, and the checks of what comes of them."""

import io

import numpy as np
import pytest
from PIL import Image

from minigrad.data import PictureError, load_picture

FORMATS = {
    "png": {},
    "jpg": {"quality": 95, "subsampling": 0},
    "gif": {},
    "bmp": {},
    "tif": {},
    "webp": {"lossless": True},
    "ppm": {},
    "jp2": {},
}
LOSSLESS = ("png", "bmp", "tif", "webp", "ppm", "jp2")


def ramp(H=24, W=36):
    """A picture whose pixels are all different in some channel, smooth enough for JPEG."""
    y, x = np.mgrid[:H, :W]
    return np.stack([x * 7, y * 10, 255 - x * 3 - y * 4], axis=-1).astype(np.uint8)


def encoded(extension, image=None, **options):
    file = io.BytesIO()
    kinds = {"jpg": "JPEG", "tif": "TIFF", "jp2": "JPEG2000"}
    kind = kinds.get(extension, extension.upper())
    Image.fromarray(ramp() if image is None else image).save(
        file, kind, **(FORMATS[extension] | options)
    )
    return file.getvalue()


def saved(path, image, **options):
    image.save(path, **options)
    return path


def refusal(path, **options):
    with pytest.raises(PictureError) as caught:
        load_picture(path, **options)
    assert caught.value.path == path
    assert str(path) in str(caught.value)
    assert caught.value.cause
    assert caught.value.remedy
    return str(caught.value)


def picture_or_refusal(path, **options):
    """Load a damaged file: None for a refusal of ours, else a picture of the promised kind."""
    try:
        x = load_picture(path, **options)
    except PictureError as error:
        message = str(error)
    else:
        assert x.dtype == np.uint8
        assert x.ndim == 3
        assert x.shape[2] == 3
        assert min(x.shape[:2]) >= 8
        return x
    assert str(path) in message
    return None


def mutations(data, count, rng):
    """Yield damaged copies: bytes changed, runs zeroed, removed, repeated."""
    for k in range(count):
        damaged = bytearray(data)
        start = int(rng.integers(len(data)))
        if k % 4 == 0:  # the header is where the interesting faults are
            start %= min(len(data), 64)
        run = slice(start, start + int(rng.integers(1, 16)))
        if k % 3 == 0:
            damaged[run] = rng.bytes(len(damaged[run]))
        elif k % 3 == 1:
            damaged[start] ^= 1 << int(rng.integers(8))
        else:
            damaged[run] = [b"", bytes(8), bytes(damaged[run]) * 2, b"\xff" * 4][k // 3 % 4]
        yield bytes(damaged)
