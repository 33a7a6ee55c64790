"""RGB, Lab and network units against published values; resizing, cutting, noise."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import color

from minigrad.data import (
    add_lightness_noise,
    crop,
    flip_horizontal,
    item_rng,
    lab_to_network,
    lab_to_rgb,
    network_to_lab,
    network_to_rgb,
    random_crop,
    resize,
    resize_planes,
    resize_shorter_side,
    rgb_to_float,
    rgb_to_lab,
    rgb_to_network,
    rgb_to_uint8,
)

# sRGB's corners in Lab, D65, as printed by Bruce Lindbloom's calculator, to 2 decimals.
CORNERS = {
    (0, 0, 0): (0.0, 0.0, 0.0),
    (255, 255, 255): (100.0, 0.0, 0.0),
    (255, 0, 0): (53.24, 80.09, 67.20),
    (0, 255, 0): (87.73, -86.18, 83.18),
    (0, 0, 255): (32.30, 79.19, -107.86),
    (255, 255, 0): (97.14, -21.55, 94.48),
    (0, 255, 255): (91.11, -48.09, -14.13),
    (255, 0, 255): (60.32, 98.23, -60.82),
}


def cube(step=15):
    """Every colour of a grid over all of sRGB, as a picture (1, N, 3)."""
    levels = np.arange(0, 256, step)
    return np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3).astype(np.uint8)


@pytest.mark.unit
@pytest.mark.parametrize("rgb", CORNERS)
def test_the_corners_of_srgb(rgb):
    for image in (np.array([[rgb]], np.uint8), np.array([[rgb]]) / 255):
        assert np.abs(rgb_to_lab(image)[0, 0] - CORNERS[rgb]).max() < 0.03


@pytest.mark.unit
def test_the_stated_ranges_hold():
    lab = rgb_to_lab(cube())
    assert lab[..., 0].min() >= 0
    assert lab[..., 0].max() <= 100.001
    assert np.allclose([lab[..., 1].min(), lab[..., 1].max()], [-86.2, 98.3], atol=0.1)
    assert np.allclose([lab[..., 2].min(), lab[..., 2].max()], [-107.9, 94.5], atol=0.1)
    lightness, ab = lab_to_network(lab)
    assert np.abs(lightness).max() <= 1.0001
    assert np.abs(ab).max() < 1


@pytest.mark.unit
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_round_trip(dtype):
    rgb = cube() if dtype == np.uint8 else (cube() / 255).astype(dtype)
    lab = rgb_to_lab(rgb)
    assert lab.dtype == (np.float64 if dtype == np.float64 else np.float32)
    back = lab_to_rgb(lab)
    assert back.dtype == lab.dtype
    assert np.abs(back - cube() / 255).max() < 1e-4
    assert (rgb_to_uint8(back) == cube()).all()
    assert (network_to_rgb(*rgb_to_network(rgb)) == cube()).all()


@pytest.mark.property
@given(
    st.lists(st.integers(0, 3), max_size=2),
    st.integers(1, 5),
    st.integers(1, 4),
    st.sampled_from([np.float32, np.float64]),
)
def test_network_units_and_back(batch, H, W, dtype):
    rng = np.random.default_rng(H * 10 + W)
    lab = (rng.uniform(-100, 100, (*batch, H, W, 3))).astype(dtype)
    lightness, ab = lab_to_network(lab)
    assert lightness.shape == (*batch, 1, H, W)
    assert ab.shape == (*batch, 2, H, W)
    assert lightness.flags.c_contiguous
    assert ab.flags.c_contiguous
    for index in np.ndindex(*batch, H, W):
        L, a, b = lab[index].astype(float)
        pixel = (*index[:-2], slice(None), *index[-2:])
        assert np.allclose(lightness[pixel], [L / 50 - 1], atol=1e-6)
        assert np.allclose(ab[pixel], [a / 110, b / 110], atol=1e-6)
    back = network_to_lab(lightness, ab)
    assert back.dtype == dtype
    assert np.allclose(back, lab, atol=1e-4)


# -- 64: the traps of Lab -----------------------------------------------------


@pytest.mark.unit
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint16, bool])
def test_other_integers_are_refused(dtype):
    with pytest.raises(TypeError, match=r"rgb has dtype .*; give uint8"):
        rgb_to_lab(np.ones((4, 4, 3), dtype))


@pytest.mark.unit
@pytest.mark.parametrize("value", [-0.1, 1.1, 255.0, np.nan, np.inf])
def test_floats_outside_zero_to_one_are_refused(value):
    rgb = np.full((4, 4, 3), 0.5)
    rgb[1, 2, 0] = value
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        rgb_to_lab(rgb)


@pytest.mark.unit
def test_wrong_channels_are_refused():
    for shape in [(4, 4), (4, 4, 4), (3, 4, 4), ()]:
        with pytest.raises(ValueError, match="last axis must hold 3 channels"):
            rgb_to_lab(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match="third from last axis must hold 2 channels"):
        network_to_lab(np.zeros((1, 4, 4)), np.zeros((3, 4, 4)))
    with pytest.raises(ValueError, match="resize ab to the picture first"):
        network_to_lab(np.zeros((1, 4, 4)), np.zeros((2, 2, 2)))


@pytest.mark.unit
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_impossible_colours_are_clipped_once_without_a_warning(dtype):
    L, a, b = np.meshgrid([0, 1, 20, 50, 100], [-120, 0, 120], [-120, 0, 60, 120, 200, 1000])
    lab = np.stack([L, a, b], -1).reshape(1, -1, 3).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rgb = lab_to_rgb(lab)
    assert rgb.dtype == dtype
    assert rgb.min() >= 0
    assert rgb.max() <= 1
    assert rgb[0, 0].tolist() != [0, 0, 0]  # clipped, not blackened


@pytest.mark.unit
def test_colours_beyond_light_take_the_nearest_possible_blue_of_none():
    lab = np.array([[[50.0, 0.0, 200 * (50 + 16) / 116], [50.0, 0.0, 500.0]]])
    rgb = lab_to_rgb(lab)
    assert np.allclose(rgb[0, 0], rgb[0, 1], atol=1e-3)


@pytest.mark.unit
def test_colours_short_of_that_are_scikit_images():
    lab = np.array([[[50.0, 0.0, 0.97 * 200 * (50 + 16) / 116]]])
    assert np.allclose(lab_to_rgb(lab), color.lab2rgb(lab), atol=1e-9)


@pytest.mark.unit
def test_nan_from_a_diverged_network_is_refused():
    lab = np.zeros((2, 2, 3), np.float32)
    lab[0, 0, 1] = np.nan
    with pytest.raises(ValueError, match="NaN or infinite"):
        lab_to_rgb(lab)
    with pytest.raises(TypeError, match="float32 or float64"):
        lab_to_rgb(np.zeros((2, 2, 3), np.uint8))


@pytest.mark.unit
def test_inputs_are_not_changed():
    rgb, lab = cube(51) / 255, rgb_to_lab(cube(51))
    for x in (rgb, lab):
        x.flags.writeable = False
    rgb_to_lab(rgb)
    lab_to_rgb(lab)
    network_to_lab(*lab_to_network(lab))


@pytest.mark.unit
def test_rounding_to_uint8_is_to_nearest():
    assert rgb_to_uint8(np.array([[[0.0, 0.4999 / 255, 0.501 / 255]]])).tolist() == [[[0, 0, 1]]]
    assert rgb_to_float(np.array([[[0, 51, 255]]], np.uint8)).dtype == np.float32


# -- transforms ---------------------------------------------------------------


@pytest.mark.unit
def test_box_resize_is_the_mean_of_areas_in_rgb():
    image = np.random.default_rng(0).integers(0, 256, (6, 12, 3), dtype=np.uint8)
    small = resize(image, (3, 4))
    for i, j in np.ndindex(3, 4):
        mean = image[2 * i : 2 * i + 2, 3 * j : 3 * j + 3].reshape(-1, 3).mean(axis=0)
        assert np.abs(small[i, j] - mean).max() <= 1


@pytest.mark.unit
def test_resize_takes_rgb_only():
    with pytest.raises(TypeError, match="resize the uint8 RGB picture, then convert"):
        resize(rgb_to_lab(cube()), (1, 4))
    with pytest.raises(ValueError, match=r"not \(H, W, 3\)"):
        resize(np.zeros((4, 4), np.uint8), (2, 2))
    with pytest.raises(ValueError, match="at least 1 pixel"):
        resize(cube(), (0, 4))
    with pytest.raises(ValueError, match="method='cubic' is not one of box"):
        resize(cube(), (1, 4), "cubic")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("shape", "wanted"), [((40, 100), (20, 50)), ((101, 33), (61, 20)), ((20, 9999), (20, 9999))]
)
def test_resize_by_the_shorter_side(shape, wanted):
    assert resize_shorter_side(np.zeros((*shape, 3), np.uint8), 20).shape == (*wanted, 3)


@pytest.mark.unit
def test_planes_of_ab_are_resized_as_floats():
    planes = np.stack([np.full((3, 4), 0.25, np.float32), np.full((3, 4), -0.5, np.float32)])
    large = resize_planes(planes, (7, 11))
    assert large.shape == (2, 7, 11)
    assert large.dtype == np.float32
    assert np.allclose(large[0], 0.25)
    assert np.allclose(large[1], -0.5)
    with pytest.raises(TypeError, match="give float32"):
        resize_planes(np.zeros((2, 4, 4), np.uint8), (2, 2))


@pytest.mark.unit
def test_crops_and_flips_are_exact():
    image = np.arange(5 * 7 * 3).reshape(5, 7, 3)
    assert (crop(image, 1, 2, 3) == image[1:4, 2:5]).all()
    assert (flip_horizontal(image)[:, 0] == image[:, 6]).all()
    seen = {random_crop(image, 4, item_rng(0, 0, k)).tobytes() for k in range(200)}
    assert seen == {image[i : i + 4, j : j + 4].tobytes() for i in range(2) for j in range(4)}
    for place in [(-1, 0, 3), (0, 5, 3), (3, 0, 3), (0, 0, 0)]:
        with pytest.raises(ValueError, match="does not lie inside"):
            crop(image, *place)
    with pytest.raises(ValueError, match="size=6 does not fit"):
        random_crop(image, 6, item_rng(0, 0, 0))


@pytest.mark.unit
def test_noise_is_bounded_seeded_and_leaves_its_input():
    L = np.linspace(-1, 1, 3000, dtype=np.float32).reshape(1, 50, 60)
    before = L.copy()
    noisy = add_lightness_noise(L, 0.1, item_rng(1, 2, 3))
    assert (before == L).all()
    assert noisy.dtype == np.float32
    assert np.abs(noisy).max() <= 1
    assert 0.09 < np.abs(noisy - L).max() <= 0.1 + 1e-6
    assert (noisy == add_lightness_noise(L, 0.1, item_rng(1, 2, 3))).all()
    assert (noisy != add_lightness_noise(L, 0.1, item_rng(1, 2, 4))).any()
    with pytest.raises(ValueError, match="amount=-1 must be 0 or more"):
        add_lightness_noise(L, -1, item_rng(0, 0, 0))


@pytest.mark.unit
def test_each_of_seed_epoch_and_index_counts():
    draws = {item_rng(*key).random() for key in np.ndindex(4, 4, 4)}
    assert len(draws) == 64
    with pytest.raises(ValueError, match="epoch=-1"):
        item_rng(0, -1, 0)
