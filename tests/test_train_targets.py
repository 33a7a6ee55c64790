"""Targets: what is encoded comes back, and each number in between worked out by hand."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from minigrad import from_numpy
from minigrad.data import AB_SCALE, rgb_to_network
from minigrad.train.targets import (
    TARGETS,
    AbTarget,
    ClassTarget,
    RgbTarget,
    ab_grid,
    fit_palette,
    make_target,
    rebalanced,
    restore_target,
)
from minigrad.train.targets.bins import smoothed_shares

pytestmark = pytest.mark.unit


def colours(N=2, H=5, W=4, seed=0):
    """Lightness and ab of random pictures: every colour is one of sRGB."""
    rng = np.random.default_rng(seed)
    pairs = [rgb_to_network(rng.integers(0, 256, (H, W, 3), np.uint8)) for _ in range(N)]
    return tuple(np.stack(planes) for planes in zip(*pairs, strict=True))


def options(**changes):
    chosen = {
        "target": "ab", "loss": "mse", "span": "symmetric", "colours": 5, "bin_size": 20.0,
        "rebalance": None, "temperature": 0.38, "seed": 0,
    }  # fmt: skip
    return SimpleNamespace(**{**chosen, **changes})


def pixels():
    _, ab = colours(3, 20, 20)
    return np.moveaxis(ab, 1, -1).reshape(-1, 2)


@pytest.mark.parametrize("kind", [AbTarget, RgbTarget])
@pytest.mark.parametrize("span", ["symmetric", "unit"])
def test_regression_comes_back_and_stays_in_its_span(kind, span):
    target = kind("mse", span)
    lightness, ab = colours()
    encoded = target.encode(lightness, ab)
    assert encoded.shape == (2, target.channels, 5, 4)
    assert encoded.dtype == np.float32
    assert target.span[0] <= encoded.min() < encoded.max() <= target.span[1]
    np.testing.assert_allclose(target.decode(encoded, lightness), ab, atol=2e-4)


def test_losses_are_those_of_their_names():
    lightness, ab = colours()
    off = from_numpy(ab + np.float32(0.02))
    for loss, wanted in (("mse", 4e-4), ("l1", 0.02), ("smooth_l1", 0.02**2 / (2 * 0.05))):
        assert AbTarget(loss).loss(off, ab).item() == pytest.approx(wanted, rel=1e-4)
    assert AbTarget("mse", "unit").decode(np.full((1, 2, 1, 1), 0.75), lightness)[0, 0, 0, 0] == 0.5


def test_rgb_beyond_the_screen_is_clipped_before_its_colour_is_taken():
    target = RgbTarget("l1", "unit")
    red = np.array([9.0, -3.0, -3.0], np.float32).reshape(1, 3, 1, 1)
    pure = np.array([1.0, 0.0, 0.0], np.float32).reshape(1, 3, 1, 1)
    np.testing.assert_array_equal(target.decode(red, None), target.decode(pure, None))


def test_a_palette_is_found_where_the_colours_are():
    rng = np.random.default_rng(0)
    truth = np.array([[0.0, 0.0], [0.3, 0.1], [-0.4, 0.2], [0.1, -0.6]])
    points = np.concatenate([t + rng.normal(scale=0.005, size=(50, 2)) for t in truth])
    found = fit_palette(points, 4)
    assert found.dtype == np.float32
    assert np.hypot(*found.T).tolist() == sorted(np.hypot(*found.T).tolist())
    for place in truth:
        assert np.hypot(*(found - place).T).min() < 0.005
    np.testing.assert_array_equal(fit_palette(points, 4), found)


@pytest.mark.parametrize("colours_wanted", [1, 4])
def test_a_palette_of_more_colours_than_there_are_is_refused(colours_wanted):
    with pytest.raises(ValueError, match="at most 3"):
        fit_palette(np.array([[0.0, 0.0], [0.1, 0.0], [0.2, 0.0], [0.2, 0.0]]), colours_wanted)


def test_the_grid_covers_every_colour_of_the_screen():
    _, ab = colours(4, 40, 40)
    units = np.moveaxis(ab, 1, -1).reshape(-1, 2) * AB_SCALE
    for size in (10, 25):
        centres = ab_grid(size) * AB_SCALE
        assert len(np.unique(np.rint(centres / size), axis=0)) == len(centres)
        distance = np.abs(units[:, None] - centres).max(axis=-1).min(axis=1)
        assert np.quantile(distance, 0.999) <= size / 2 + 1e-3
    with pytest.raises(ValueError, match=r"size=0\.5"):
        ab_grid(0.5)


def test_labels_are_the_nearest_colours():
    target = make_target(options(target="palette", colours=7), pixels)
    lightness, ab = colours(seed=3)
    labels = target.encode(lightness, ab)
    assert (labels.shape, labels.dtype) == ((2, 5, 4), np.int64)
    places = np.moveaxis(ab, 1, -1)
    distances = np.hypot(*np.moveaxis(places[..., None, :] - target.centres, -1, 0))
    chosen = np.take_along_axis(distances, labels[..., None], axis=-1)[..., 0]
    assert (chosen - distances.min(axis=-1)).max() <= math.sqrt(2) / AB_SCALE  # whole Lab units


def test_weights_by_hand_and_their_mean():
    shares = np.array([0.9, 0.1, 0.0])
    weights = rebalanced(shares, 0.5)
    raw = 1 / (0.5 * shares + 0.5 / 3)
    np.testing.assert_allclose(weights, raw / np.sum(shares * raw))
    np.testing.assert_allclose(rebalanced(shares, 1.0), 1)
    for bad in (0.0, 1.5):
        with pytest.raises(ValueError, match="uniform="):
            rebalanced(shares, bad)


def test_smoothed_shares_add_up_and_reach_the_neighbours():
    centres = ab_grid(10)
    gray = int(np.argmin(np.hypot(*centres.T)))
    shares = smoothed_shares(np.zeros((9, 2)), centres)
    assert shares.sum() == pytest.approx(1)
    near = np.hypot(*(centres - centres[gray]).T) * AB_SCALE
    assert shares[gray] > shares[np.argsort(near)[1]] > 0.01
    assert shares[near > 60].max() < 1e-9


def test_weighted_cross_entropy_by_hand():
    target = ClassTarget("palette", [[0.0, 0.0], [0.5, 0.5]], [1.0, 3.0])
    scores = np.zeros((1, 2, 1, 2), np.float32)
    scores[0, 0] = math.log(3)  # shares 3/4 and 1/4
    labels = np.array([[[0, 1]]])
    wanted = (1 * -math.log(3 / 4) + 3 * -math.log(1 / 4)) / 4
    assert target.loss(from_numpy(scores), labels).item() == pytest.approx(wanted, rel=1e-6)
    assert target.measure(scores, labels) == {"accuracy": 0.5}


def test_the_annealed_mean_lies_between_mean_and_mode():
    centres = np.array([[0.0, 0.0], [0.8, -0.4]], np.float32)
    scores = np.array([math.log(3), 0.0], np.float32).reshape(1, 2, 1, 1)
    for temperature, share in ((1.0, 1 / 4), (0.5, 1 / 10), (0.0, 0.0)):
        target = ClassTarget("bins", centres, [1, 1], temperature)
        np.testing.assert_allclose(
            target.decode(scores, None).ravel(), share * centres[1], rtol=1e-5, atol=1e-9
        )


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_comes_back_from_its_state(name):
    target = make_target(options(target=name), pixels)
    again = restore_target(target.state(), target.arrays())
    assert (again.name, again.channels, again.span) == (name, target.channels, target.span)
    lightness, ab = colours(seed=9)
    encoded = target.encode(lightness, ab)
    np.testing.assert_array_equal(again.encode(lightness, ab), encoded)
    raw = np.random.default_rng(0).normal(size=(2, target.channels, 5, 4)).astype(np.float32)
    assert (
        again.loss(from_numpy(raw), encoded).item() == target.loss(from_numpy(raw), encoded).item()
    )
    decoded = target.decode(raw, lightness)
    assert (decoded.shape, decoded.dtype) == ((2, 2, 5, 4), np.float32)
    np.testing.assert_array_equal(again.decode(raw, lightness), decoded)


@pytest.mark.parametrize(
    ("centres", "weights", "temperature"),
    [([[0.0, 0.0]], [1.0], 0.3), ([[0.0], [1.0]], [1, 1], 0.3), ([[0, 0], [1, 1]], [1, 1], -1)],
)
def test_classes_that_make_no_sense(centres, weights, temperature):
    with pytest.raises(ValueError, match="ClassTarget: "):
        ClassTarget("bins", centres, weights, temperature)
