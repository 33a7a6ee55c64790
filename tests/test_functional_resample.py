"""Resampling: values against plain formulas, gradients, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from operation_checks import check_operation, smooth

import minigrad
import minigrad.functional as F
from minigrad.errors import SizeError


def double(values):
    return minigrad.tensor(values, dtype=minigrad.float64)


# One axis of each mode as a matrix (OH, H): the picture is resized by one matrix for each axis


def nearest(H, OH, step):
    return np.eye(H)[[min(int(o * step), H - 1) for o in range(OH)]]


def nearest_exact(H, OH, step):
    return np.eye(H)[[min(int((o + 0.5) * step), H - 1) for o in range(OH)]]


def area(H, OH, step):
    rows = np.zeros((OH, H))
    for o in range(OH):
        rows[o, o * H // OH : -(-(o + 1) * H // OH)] = 1
    return rows / rows.sum(1, keepdims=True)


def places(H, OH, step, align):
    o = np.arange(OH)
    return o * ((H - 1) / max(OH - 1, 1)) if align else (o + 0.5) * step - 0.5


def bilinear(H, OH, step, align=False):
    rows = np.zeros((OH, H))
    for o, place in enumerate(np.clip(places(H, OH, step, align), 0, H - 1)):
        for h in range(H):
            rows[o, h] = max(0, 1 - abs(place - h))  # a hat over each pixel
    return rows


def keys(d):
    d = abs(d)
    if d <= 1:
        return 1.25 * d**3 - 2.25 * d**2 + 1
    return -0.75 * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else 0.0


def bicubic(H, OH, step, align=False):
    rows = np.zeros((OH, H))
    for o, place in enumerate(places(H, OH, step, align)):
        for h in range(int(np.floor(place)) - 1, int(np.floor(place)) + 3):
            rows[o, min(max(h, 0), H - 1)] += keys(place - h)
    return rows


MATRICES = {
    ("nearest", None): nearest,
    ("nearest-exact", None): nearest_exact,
    ("area", None): area,
    ("bilinear", False): bilinear,
    ("bilinear", True): lambda *sizes: bilinear(*sizes, align=True),
    ("bicubic", False): bicubic,
    ("bicubic", True): lambda *sizes: bicubic(*sizes, align=True),
}
sizes = st.integers(1, 9)


@pytest.mark.property
@pytest.mark.parametrize(("mode", "align"), MATRICES)
@given(st.tuples(sizes, sizes), st.tuples(sizes, sizes))
def test_interpolate_to_a_size_is_a_matrix_for_each_axis(mode, align, small, large):
    x = smooth(2, 3, *small)
    tall, wide = (MATRICES[mode, align](H, OH, H / OH) for H, OH in zip(small, large, strict=True))
    y = F.interpolate(double(x), large, mode=mode, align_corners=align)
    np.testing.assert_allclose(y.array, tall @ x @ wide.T, atol=1e-12)


@pytest.mark.unit
@pytest.mark.parametrize(("mode", "align"), MATRICES)
@pytest.mark.parametrize("factors", [(2, 1.5), (0.5, 2.3), (1.7, 0.77)])
@pytest.mark.parametrize("recompute", [None, True])
def test_interpolate_by_a_factor_steps_by_it_unless_told_otherwise(mode, align, factors, recompute):
    x = smooth(1, 2, 5, 6)
    shape = [int(H * factor) for H, factor in zip((5, 6), factors, strict=True)]
    tall, wide = (
        MATRICES[mode, align](H, OH, H / OH if recompute else 1 / factor)
        for H, OH, factor in zip((5, 6), shape, factors, strict=True)
    )
    y = F.interpolate(
        double(x),
        scale_factor=factors,
        mode=mode,
        align_corners=align,
        recompute_scale_factor=recompute,
    )
    np.testing.assert_allclose(y.array, tall @ x @ wide.T, atol=1e-12)


@pytest.mark.unit
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "area", "linear"])
def test_rows_are_pictures_one_pixel_high(mode):
    x = smooth(2, 3, 5)
    matrix = MATRICES[{"linear": "bilinear"}.get(mode, mode), False if mode == "linear" else None]
    y = F.interpolate(double(x), 8, mode=mode)
    np.testing.assert_allclose(y.array, x @ matrix(5, 8, 5 / 8).T, atol=1e-12)
    assert F.interpolate(double(x), scale_factor=0.5, mode=mode).shape == (2, 3, 2)


@pytest.mark.unit
def test_the_old_names():
    x = double(smooth(1, 2, 3, 4))
    for old, new in (
        (F.upsample(x, scale_factor=2), F.interpolate(x, scale_factor=2)),
        (F.upsample_nearest(x, (5, 6)), F.interpolate(x, (5, 6))),
        (
            F.upsample_bilinear(x, (5, 6)),
            F.interpolate(x, (5, 6), mode="bilinear", align_corners=True),
        ),
    ):
        np.testing.assert_array_equal(old.array, new.array)


@pytest.mark.unit
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "area", "bilinear", "bicubic"])
def test_a_nan_spoils_its_neighbours_only(mode):
    x = np.zeros((1, 1, 9, 9))
    x[0, 0, 0, 8] = np.nan
    y = F.interpolate(double(x), (18, 20), mode=mode)
    assert np.isnan(y.array[0, 0, 0, 19])
    assert not np.isnan(y.array[0, 0, 8:, :10]).any()


@pytest.mark.unit
def test_pixel_shuffle_makes_blocks_of_channels():
    x = smooth(2, 3 * 4, 3, 5)
    y = F.pixel_shuffle(double(x), 2)
    assert y.shape == (2, 3, 6, 10)
    for c, h, w in np.ndindex(3, 6, 10):
        pixel = x[:, c * 4 + h % 2 * 2 + w % 2, h // 2, w // 2]
        np.testing.assert_array_equal(y.array[:, c, h, w], pixel)
    np.testing.assert_array_equal(F.pixel_unshuffle(y, 2).array, x)
    assert F.pixel_shuffle(double(x[0]), 2).shape == (3, 6, 10)
    assert F.pixel_unshuffle(minigrad.zeros(0, 2, 6, 9), 3).shape == (0, 18, 2, 3)


@pytest.mark.unit
def test_channel_shuffle_deals_channels_out():
    x = double(np.arange(6.0).reshape(1, 6, 1))
    assert F.channel_shuffle(x, 2).flatten().tolist() == [0, 3, 1, 4, 2, 5]
    assert F.channel_shuffle(x, 3).flatten().tolist() == [0, 2, 4, 1, 3, 5]


OPERATIONS = {
    "nearest": lambda x: F.interpolate(x, (3, 7)),
    "nearest by factor": lambda x: F.interpolate(x, scale_factor=(2, 1.3)),
    "nearest-exact": lambda x: F.interpolate(x, (3, 7), mode="nearest-exact"),
    "area": lambda x: F.interpolate(x, (3, 2), mode="area"),
    "bilinear": lambda x: F.interpolate(x, (3, 7), mode="bilinear"),
    "bilinear aligned": lambda x: F.interpolate(x, (5, 2), mode="bilinear", align_corners=True),
    "bicubic": lambda x: F.interpolate(x, (3, 7), mode="bicubic"),
    "linear": lambda x: F.interpolate(x[:, :, 0], 7, mode="linear"),
    "pixel_shuffle": lambda x: F.pixel_shuffle(x, 2),
    "pixel_unshuffle": lambda x: F.pixel_unshuffle(x, 2),
    "channel_shuffle": lambda x: F.channel_shuffle(x, 2),
}


@pytest.mark.unit
@pytest.mark.parametrize("name", OPERATIONS)
def test_each_mode_as_an_operation(name):
    check_operation(OPERATIONS[name], smooth(2, 4, 2, 6))


@pytest.mark.unit
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_empty_batch_goes_through(name):
    x = minigrad.zeros(0, 4, 2, 6, requires_grad=True)
    y = OPERATIONS[name](x)
    assert y.shape == (0, *OPERATIONS[name](minigrad.zeros(1, 4, 2, 6)).shape[1:])
    y.sum().backward()
    assert x.grad.shape == x.shape


REFUSED = [
    (lambda x: F.interpolate(x), ValueError, "exactly one of size"),
    (lambda x: F.interpolate(x, 2, 2), ValueError, "exactly one of size"),
    (lambda x: F.interpolate(x, 0), SizeError, "size must be at least 1"),
    (lambda x: F.interpolate(x, 2.5), TypeError, "size must be an integer"),
    (lambda x: F.interpolate(x, (2, 2, 2)), SizeError, "size must hold 2 values"),
    (lambda x: F.interpolate(x, scale_factor=-1), SizeError, "must be positive and finite"),
    (lambda x: F.interpolate(x, scale_factor=0.1), SizeError, "leaves nothing"),
    (lambda x: F.interpolate(x, scale_factor="2"), TypeError, "scale_factor must be a number"),
    (lambda x: F.interpolate(x, scale_factor=(2,)), SizeError, "scale_factor must hold 2"),
    (lambda x: F.interpolate(x, 2, recompute_scale_factor=True), ValueError, "beside size"),
    (lambda x: F.interpolate(x, 2, align_corners=True), ValueError, "no meaning in mode"),
    (lambda x: F.interpolate(x, 2, mode="linear"), NotImplementedError, "input of 4 dimensions"),
    (lambda x: F.interpolate(x[0], 2, mode="bilinear"), NotImplementedError, "3 dimensions"),
    (lambda x: F.interpolate(x[None], 2), NotImplementedError, "input of 5 dimensions"),
    (lambda x: F.interpolate(x, 2, mode="bilinear", antialias=True), NotImplementedError, "area"),
    (lambda x: F.interpolate(x[:, :0], 2), SizeError, "only the batch may be empty"),
    (lambda x: F.interpolate(x.long(), 2), TypeError, "only floating tensors"),
    (lambda x: F.pixel_shuffle(x, 3), SizeError, "4 channels must be divisible"),
    (lambda x: F.pixel_shuffle(x, 0), SizeError, "upscale_factor must be at least 1, but got 0"),
    (lambda x: F.pixel_shuffle(x, 2.0), TypeError, "upscale_factor must be an integer"),
    (lambda x: F.pixel_shuffle(x[0, 0], 1), SizeError, "at least 3 dimensions"),
    (lambda x: F.pixel_unshuffle(x, 3), SizeError, "2 x 6. must be divisible"),
    (lambda x: F.channel_shuffle(x, "2"), TypeError, "groups must be an integer"),
    (lambda x: F.channel_shuffle(x, 3), SizeError, "divide the 4 channels"),
    (lambda x: F.channel_shuffle(x[0, 0], 1), SizeError, "at least 3 dimensions"),
]


@pytest.mark.unit
@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_resampling_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call(double(smooth(1, 4, 2, 6)))
