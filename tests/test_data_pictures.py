"""The picture loader against every kind of file in bad_inputs 57 to 66."""

import os
import threading
import warnings

import numpy as np
import pytest
from picture_samples import (
    FORMATS,
    LOSSLESS,
    encoded,
    mutations,
    picture_or_refusal,
    ramp,
    refusal,
    saved,
)
from PIL import Image, ImageFile

from minigrad.data import PictureError, is_gray, load_picture

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("extension", FORMATS)
def test_every_format_is_read(tmp_path, extension):
    path = tmp_path / f"x.{extension}"
    path.write_bytes(encoded(extension))
    x = load_picture(path)
    assert x.shape == (24, 36, 3)
    assert x.dtype == np.uint8
    tolerance = 0 if extension in LOSSLESS else 60 if extension == "gif" else 12
    assert np.abs(x.astype(int) - ramp()).max() <= tolerance


def test_the_content_counts_and_not_the_extension(tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(encoded("png"))
    assert (load_picture(path) == ramp()).all()


@pytest.mark.parametrize("name", ["mit Leerzeichen.png", "画像.png", "é\u0301🎈.png"])
def test_any_file_name(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(encoded("png"))
    assert (load_picture(path) == ramp()).all()
    assert (load_picture(str(path)) == ramp()).all()
    path.write_bytes(b"no picture")
    assert name in refusal(path)


def test_an_undecodable_file_name_is_printable(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"\xff\xfe.png")
    try:
        with open(path, "wb") as file:
            file.write(b"no picture")
    except OSError:
        pytest.skip("this file system refuses such names")
    with pytest.raises(PictureError) as caught:
        load_picture(os.fsdecode(path))
    str(caught.value).encode("utf-8")


# -- 57: truncated and corrupt -----------------------------------------------


@pytest.mark.parametrize("extension", FORMATS)
def test_a_file_cut_anywhere_is_refused_or_whole(tmp_path, extension):
    data = encoded(extension)
    path = tmp_path / f"x.{extension}"
    path.write_bytes(data)
    whole = load_picture(path)
    refused = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for length in {*range(0, len(data), max(1, len(data) // 60)), len(data) - 1}:
            path.write_bytes(data[:length])
            x = picture_or_refusal(path)
            refused += x is None
            assert x is None or (x == whole).all()  # only what lies behind the pixels is missing
    assert refused >= 50


def test_half_a_jpeg_is_refused_even_under_a_global_switch(tmp_path, monkeypatch):
    path = tmp_path / "x.jpg"
    data = encoded("jpg")
    path.write_bytes(data[: len(data) * 2 // 3])
    assert "truncated or corrupt" in refusal(path)
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    assert "LOAD_TRUNCATED_IMAGES" in refusal(path)


@pytest.mark.parametrize("place", ["pixels", "checksum"])
def test_a_flipped_bit_in_a_png_is_found(tmp_path, place):
    data = bytearray(encoded("png", compress_level=0))  # stored: every bit makes sense
    start = data.index(b"IDAT")
    length = int.from_bytes(data[start - 4 : start], "big")
    data[start + 4 + (length // 2 if place == "pixels" else length)] ^= 16
    path = tmp_path / "x.png"
    path.write_bytes(data)
    assert "truncated or corrupt" in refusal(path)


@pytest.mark.parametrize(
    ("content", "cause"),
    [(b"", "empty"), (b"just text", "not a picture"), (b"\x89PNG\r\n\x1a\n", "no whole header")],
)
def test_files_that_are_no_pictures(tmp_path, content, cause):
    path = tmp_path / "x.png"
    path.write_bytes(content)
    assert cause in refusal(path)


def test_a_picture_format_that_runs_a_program_is_not_opened(tmp_path):
    path = tmp_path / "x.eps"
    Image.fromarray(ramp()).save(path)
    assert "not a picture in a known format" in refusal(path)


def test_missing_files_folders_and_pipes(tmp_path):
    assert "no such file" in refusal(tmp_path / "missing.png")
    assert ": is a folder; " in refusal(tmp_path)
    assert "cannot be reached" in refusal("a\0b.png")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        assert "not a regular file" in refusal(tmp_path / "pipe.png")


def test_a_huge_file_is_not_opened(tmp_path):
    path = tmp_path / "x.webp"
    with path.open("wb") as file:
        file.truncate((1 << 30) + 1)  # sparse
    assert "above the limit" in refusal(path)


def test_a_zero_pixel_png(tmp_path):
    data = bytearray(encoded("png"))
    data[16:20] = bytes(4)
    path = tmp_path / "x.png"
    path.write_bytes(data)
    refusal(path)


# -- 58, 65: too large, too small --------------------------------------------


def test_a_bomb_is_refused_by_its_header(tmp_path):
    path = saved(tmp_path / "x.png", Image.new("1", (9000, 6000)))
    assert "9000 x 6000 = 54,000,000 pixels" in refusal(path)
    path.write_bytes(
        path.read_bytes()[:60]
    )  # the header alone decides: there are no pixels to read
    assert "54,000,000" in refusal(path)


@pytest.mark.parametrize("side", [10_000, 20_000])
def test_bombs_that_pillow_warns_of(tmp_path, side):
    data = bytearray(encoded("bmp"))
    data[18:26] = np.array([side, side], "<i4").tobytes()
    path = tmp_path / "x.bmp"
    path.write_bytes(data)
    assert "limit max_pixels=50,000,000" in refusal(path)
    if side == 10_000:
        with pytest.warns(Image.DecompressionBombWarning):
            assert "100,000,000 pixels" in refusal(path)


def test_the_limits_are_options(tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(encoded("png"))
    assert load_picture(path, max_pixels=24 * 36).shape == (24, 36, 3)
    assert "max_pixels=863" in refusal(path, max_pixels=24 * 36 - 1)
    assert load_picture(path, min_side=24).shape == (24, 36, 3)
    assert "36 x 24 pixels, below the smallest side min_side=25" in refusal(path, min_side=25)


@pytest.mark.parametrize("size", [(1, 1), (7, 100), (100, 7)])
def test_tiny_pictures(tmp_path, size):
    path = saved(tmp_path / "x.png", Image.new("RGB", size))
    assert "min_side=8" in refusal(path)


# -- gray pictures, threads, mutations ---------------------------------------


def test_gray_pictures_are_told_from_coloured_ones(tmp_path):
    gray = np.repeat(ramp()[..., :1], 3, axis=2)
    assert is_gray(gray)
    assert not is_gray(ramp())
    path = tmp_path / "x.jpg"
    path.write_bytes(encoded("jpg", gray, quality=30))
    assert is_gray(load_picture(path))
    tint = np.random.default_rng(0).integers(0, 9, gray.shape, dtype=np.uint8)
    assert is_gray(gray // 2 + tint)
    gray[:6, :6] = (200, 30, 30)  # a red spot: 4 % of the picture
    assert not is_gray(gray)


def test_many_threads_load_at_once(tmp_path):
    paths = []
    for extension in FORMATS:
        paths.append(tmp_path / f"x.{extension}")
        paths[-1].write_bytes(encoded(extension))
    alone = [load_picture(path) for path in paths]
    wrong = []

    def work():
        for _ in range(5):
            for path, x in zip(paths, alone, strict=True):
                if not (load_picture(path) == x).all():
                    wrong.append(path)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def survive(tmp_path, extension, count, seed):
    """Load damaged files: each gives a picture of the promised kind, or a refusal of ours."""
    path = tmp_path / f"x.{extension}"
    refused = 0
    for damaged in mutations(encoded(extension), count, np.random.default_rng(seed)):
        path.write_bytes(damaged)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            refused += picture_or_refusal(path, max_pixels=1_000_000) is None
    return refused


@pytest.mark.parametrize("extension", FORMATS)
def test_a_few_mutations(tmp_path, extension):
    assert survive(tmp_path, extension, 60, seed=1) > 0


@pytest.mark.slow
@pytest.mark.parametrize("extension", FORMATS)
def test_many_mutations(tmp_path, extension):
    assert survive(tmp_path, extension, 5000 // len(FORMATS), seed=2) > 0
