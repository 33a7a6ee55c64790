"""Drawn landscapes: the same for ever, at any size, varied, and with colours to be found."""

import numpy as np
import pytest

from minigrad.data import is_gray, landscape, landscape_pictures, rgb_to_lab
from minigrad.data.landscapes.canvas import Canvas, fractal
from minigrad.data.landscapes.mood import MOODS, draw_scene
from minigrad.data.transforms import item_rng

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def pictures():
    return [picture.image for picture in landscape_pictures(24, size=(48, 64))]


def test_a_seed_gives_its_pictures_again(pictures):
    assert (landscape(0, 5, (48, 64)) == pictures[5]).all()
    assert [p.name for p in landscape_pictures(2, 7, (16, 16))] == [
        "landscape 7-000",
        "landscape 7-001",
    ]
    assert (landscape(1, 5, (48, 64)) != pictures[5]).mean() > 0.5
    different = {picture.tobytes() for picture in pictures}
    assert len(different) == 24


@pytest.mark.parametrize("size", [(16, 16), (17, 90), (90, 17), (51, 33)])
def test_any_size(size):
    for number in range(6):
        image = landscape(2, number, size)
        assert image.shape == (*size, 3)
        assert image.dtype == np.uint8


@pytest.mark.parametrize("number", range(8))
def test_a_scene_is_the_same_at_every_size(number):
    small = landscape(3, number, (48, 64)).astype(float)
    large = landscape(3, number, (144, 192)).astype(float)
    shrunk = large.reshape(48, 3, 64, 3, 3).mean(axis=(1, 3))
    assert np.abs(small - shrunk).mean() < 8
    other = landscape(3, number + 1, (48, 64)).astype(float)
    assert np.abs(small - shrunk).mean() < 0.3 * np.abs(small - other).mean()


def test_they_have_colour_and_their_moods_have_their_light(pictures):
    assert not any(is_gray(image) for image in pictures)
    moods = [draw_scene(item_rng(0, 0, k), 64 / 48).mood_name for k in range(24)]
    assert set(moods) == set(MOODS)
    for mood, image in zip(moods, pictures, strict=True):
        top, ground = rgb_to_lab(image[:4]).mean((0, 1)), rgb_to_lab(image[-4:]).mean((0, 1))
        assert (top[0] < 50) == (mood == "evening")
        assert (ground[0] > 80) == (mood == "winter")
        assert (ground[1] < -4) == (mood != "winter")  # a meadow is green
        if mood == "day":
            assert top[2] < -15  # a sky is blue


def test_colours_follow_from_what_is_to_be_seen(pictures):
    """Lightness, height in the picture and the picture's ends say most of the colours."""

    def seen(image):
        lab = rgb_to_lab(image)[::2, ::2]
        H, W = lab.shape[:2]
        L, y = lab[..., 0] / 100, np.broadcast_to(np.linspace(0, 1, H)[:, None], (H, W))
        top, foot = (np.full((H, W), part.mean()) for part in (L[:3], L[-3:]))
        return np.stack([L, y, top, foot], -1).reshape(-1, 4), lab[..., 1:].reshape(-1, 2)

    known, colours = (np.concatenate(part) for part in zip(*map(seen, pictures[:18]), strict=True))
    asked, truth = (np.concatenate(part) for part in zip(*map(seen, pictures[18:]), strict=True))
    asked, truth = asked[::9], truth[::9]
    distances = ((asked[:, None] - known[None]) ** 2).sum(-1)
    guess = colours[np.argsort(distances, axis=1)[:, :5]].mean(axis=1)
    error = np.hypot(*(truth - guess).T).mean()
    assert error < 0.6 * np.hypot(*(truth - colours.mean(0)).T).mean()
    assert error < 0.6 * np.hypot(*truth.T).mean()


def test_noise_is_smooth_and_centred():
    canvas = Canvas(120, 200)
    noise = fractal(np.random.default_rng(0), canvas, 8, 1)
    assert noise.shape == (120, 200)
    assert abs(noise.mean()) < 0.1
    assert np.abs(noise).max() <= 1
    assert np.abs(np.diff(noise, axis=0)).max() < 2 * 1.5 * 8 / 120  # smoothstep's slope is 1.5


def test_a_part_paints_on_the_whole():
    canvas = Canvas(20, 30)
    part = canvas.part(0.5, 0.25, 0.75, 0.5)
    assert part.image.shape == (5, 5, 3)
    assert part.pixel == canvas.pixel
    part.paint(np.ones((5, 5), np.float32), (1, 0, 0))
    assert canvas.image.sum() == 25
    assert canvas.image[5:10, 10:15, 0].all()
    assert canvas.part(2, 0, 3, 1) is None


def test_refusals():
    for arguments in ((0, 0, (15, 40)), (-1,), (0, -1)):
        with pytest.raises(ValueError, match="landscape: "):
            landscape(*arguments)
    with pytest.raises(ValueError, match="count=0"):
        landscape_pictures(0)
