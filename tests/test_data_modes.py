"""Pixel modes, several frames and camera orientation: one array comes of all (59 to 63)."""

import numpy as np
import pytest
from picture_samples import ramp, refusal, saved
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from minigrad.data import PictureNotice, load_picture

pytestmark = pytest.mark.unit

# -- 59, 60, 61: modes -------------------------------------------------------


def test_gray(tmp_path):
    x = ramp()[..., 0]
    path = saved(tmp_path / "x.png", Image.fromarray(x))
    assert (load_picture(path) == x[..., None]).all()


def test_one_bit(tmp_path):
    x = (ramp()[..., 0] > 100) * np.uint8(255)
    path = saved(tmp_path / "x.png", Image.fromarray(x).convert("1"))
    assert (load_picture(path) == x[..., None]).all()


def test_palette(tmp_path):
    image = Image.fromarray(ramp()).quantize(16)
    path = saved(tmp_path / "x.png", image)
    assert (load_picture(path) == np.asarray(image.convert("RGB"))).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparent_pixels_show_white(tmp_path, mode):
    alpha = np.full((24, 36), 255, np.uint8)
    alpha[:, :10] = 0
    alpha[:, 10:20] = 51  # 20 %
    image = Image.fromarray(np.zeros((24, 36, 3), np.uint8))
    image.putalpha(Image.fromarray(alpha))
    path = saved(tmp_path / ("x.tif" if mode == "PA" else "x.png"), image.convert(mode))
    x = load_picture(path)
    assert x.shape == (24, 36, 3)
    assert (x[:, :10] == 255).all()
    assert (x[:, 10:20] == 204).all()
    assert (x[:, 20:] == 0).all()


def test_palette_with_a_transparent_entry(tmp_path):
    image = Image.new("P", (12, 10), 1)
    image.putpalette([0, 0, 0, 200, 10, 20])
    image.paste(0, (0, 0, 6, 10))
    for extension in ("png", "gif"):
        path = saved(tmp_path / f"x.{extension}", image, transparency=0)
        x = load_picture(path)
        assert (x[:, :6] == 255).all()
        assert (x[:, 6:] == (200, 10, 20)).all()


@pytest.mark.parametrize("extension", ["jpg", "tif"])
def test_cmyk_is_converted_and_not_taken_for_rgba(tmp_path, extension):
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # red, in inks
    x = load_picture(saved(tmp_path / f"x.{extension}", image))
    assert x.shape == (16, 16, 3)
    assert (x[..., 0] > 240).all()
    assert (x[..., 1:] < 15).all()


@pytest.mark.parametrize("extension", ["png", "tif", "pgm"])
def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path, extension):
    x = np.zeros((9, 9), np.uint16)
    x[0, :6] = (0, 257, 128 * 257, 65535, 128, 129)
    path = tmp_path / f"x.{extension}"
    if extension == "pgm":
        path.write_bytes(b"P5 9 9 65535\n" + x.astype(">u2").tobytes())
    else:
        saved(path, Image.fromarray(x))
    assert load_picture(path)[0, :6, 1].tolist() == [0, 1, 128, 255, 0, 1]


def test_sixteen_bit_big_endian_tiff(tmp_path):
    x = np.full((9, 9), 0x80FF, ">u2")
    tags = ImageFileDirectory_v2(prefix=b"MM")
    path = saved(tmp_path / "x.tif", Image.fromarray(x), tiffinfo=tags)
    assert (load_picture(path) == round(0x80FF / 257)).all()


def test_twelve_bits(tmp_path):
    white, black = b"\xff\xff\xff" * 5, bytes(15)  # ten pixels of 12 bits in 15 bytes
    tags = [
        (256, 4, 10), (257, 4, 10), (258, 3, 12), (259, 3, 1), (262, 3, 1),
        (273, 4, 8 + 2 + 9 * 12 + 4), (277, 3, 1), (278, 4, 10), (279, 4, 150),
    ]  # fmt: skip
    header = b"II*\0" + np.uint32(8).tobytes() + np.uint16(len(tags)).tobytes()
    for tag, kind, value in tags:
        header += np.array([tag, kind], "<u2").tobytes() + np.array([1, value], "<u4").tobytes()
    path = tmp_path / "x.tif"
    path.write_bytes(header + bytes(4) + white * 5 + black * 5)
    x = load_picture(path)
    assert (x[:5] == 255).all()
    assert (x[5:] == 0).all()


def test_thirty_two_bit_integers_are_refused(tmp_path):
    path = saved(tmp_path / "x.tif", Image.fromarray(np.full((9, 9), 70000, np.int32)))
    assert "32-bit integer" in refusal(path)


def test_floats_must_lie_in_zero_to_one(tmp_path):
    x = np.full((9, 9), 0.2, np.float32)
    path = tmp_path / "x.tif"
    assert (load_picture(saved(path, Image.fromarray(x))) == 51).all()
    for bad in (1.5, -0.1, np.nan, np.inf):
        x[0, 0] = bad
        assert "0 is black and 1 is white" in refusal(saved(path, Image.fromarray(x)))


def test_a_mode_without_certain_meaning_is_refused(tmp_path):
    path = saved(tmp_path / "x.tif", Image.new("LAB", (16, 16)))
    assert "'LAB'" in refusal(path)


# -- 62: several frames ------------------------------------------------------


@pytest.mark.parametrize("extension", ["gif", "tif", "png", "webp", "mpo"])
def test_the_first_of_several_frames_with_notice(tmp_path, extension):
    frames = [Image.new("RGB", (16, 12), colour) for colour in ("red", "blue", "lime")]
    path = tmp_path / f"x.{extension}"
    options = {"lossless": True} if extension == "webp" else {}
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    with pytest.warns(PictureNotice, match="several frames or pages; the first"):
        x = load_picture(path)
    assert x.shape == (12, 16, 3)
    assert np.abs(x - np.array([255, 0, 0])).max() <= 2


def test_a_gif_of_one_frame_gives_no_notice(tmp_path):
    path = saved(tmp_path / "x.gif", Image.new("RGB", (16, 12), "red"))
    assert load_picture(path).shape == (12, 16, 3)


# -- 63: orientation ---------------------------------------------------------


@pytest.mark.parametrize("extension", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied(tmp_path, extension, orientation):
    upright = np.zeros((16, 24, 3), np.uint8)
    upright[:8, :8] = 255  # top left
    upright[:8, 16:] = 128  # top right
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"jpg": {"quality": 100}, "webp": {"lossless": True}}.get(extension, {})
    path = saved(tmp_path / f"x.{extension}", Image.fromarray(turned.copy()), exif=exif, **options)
    x = load_picture(path)
    assert x.shape == upright.shape
    assert np.abs(x.astype(int) - upright).max() <= 2


@pytest.mark.parametrize("extension", ["png", "webp"])
def test_damaged_exif_does_not_cost_the_picture(tmp_path, extension):
    path = tmp_path / f"x.{extension}"
    options = {"lossless": True} if extension == "webp" else {}
    Image.fromarray(ramp()).save(path, exif=b"Exif\0\0MMg*" + bytes(20), **options)
    with pytest.warns(PictureNotice, match="EXIF data cannot be read .*left as it is"):
        assert (load_picture(path) == ramp()).all()


def test_an_odd_exif_entry_does_not_cost_the_orientation(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 3
    exif[0x011A] = 1.5
    block = exif.tobytes().replace(b"\x01\x1a\x00\x05", b"\x01\x51\x00\x05")  # no such kind there
    path = saved(tmp_path / "x.png", Image.fromarray(ramp()), exif=block)
    assert (load_picture(path) == ramp()[::-1, ::-1]).all()
