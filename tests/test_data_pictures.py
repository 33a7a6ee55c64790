"""The picture loader against every kind of file in bad_inputs 57 to 66."""

import io
import os
import threading
import warnings

import numpy as np
import pytest
from PIL import Image, ImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from minigrad.data import PictureError, PictureNotice, is_gray, load_picture

pytestmark = pytest.mark.unit

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


def test_a_flipped_bit_in_a_png_is_found(tmp_path):
    data = bytearray(encoded("png", np.zeros((24, 36, 3), np.uint8), compress_level=0))
    middle = data.index(b"IDAT") + 200  # stored without compression: only the checksums can tell
    data[middle] ^= 16
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
    assert "folder" in refusal(tmp_path)
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


def test_damaged_exif_does_not_cost_the_picture(tmp_path):
    path = tmp_path / "x.png"
    Image.fromarray(ramp()).save(path, exif=b"Exif\0\0II*\0garbage")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert (load_picture(path) == ramp()).all()


# -- gray pictures, threads, mutations ---------------------------------------


def test_gray_pictures_are_told_from_coloured_ones(tmp_path):
    gray = np.repeat(ramp()[..., :1], 3, axis=2)
    assert is_gray(gray)
    assert not is_gray(ramp())
    path = tmp_path / "x.jpg"
    path.write_bytes(encoded("jpg", gray, quality=30))
    assert is_gray(load_picture(path))
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
