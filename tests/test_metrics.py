"""Metrics against loops, closed forms and published values."""

import math
from itertools import pairwise

import numpy as np
import pytest

from minigrad import metrics
from minigrad.data import bundled_pictures, rgb_to_lab

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def cat():
    return bundled_pictures(["cat"])[0].image[:60, :80]


def blurred(image):
    x = image.astype(float)
    return ((x + np.roll(x, 1, 0) + np.roll(x, 1, 1) + np.roll(x, 2, 1)) / 4).astype(np.uint8)


def test_psnr_is_its_formula_in_either_form(cat):
    other = blurred(cat)
    mse = 0.0
    for p, q in zip(cat.ravel().tolist(), other.ravel().tolist(), strict=True):
        mse += (p - q) ** 2 / cat.size
    wanted = 10 * math.log10(255**2 / mse)
    assert metrics.psnr(cat, other) == pytest.approx(wanted, abs=1e-9)
    assert metrics.psnr(cat / 255, other / 255) == pytest.approx(wanted, abs=1e-9)
    assert metrics.psnr(cat, (other / 255).astype(np.float32)) == pytest.approx(wanted, abs=1e-4)
    assert metrics.psnr(cat, cat) == math.inf


def test_psnr_ab_has_the_peak_220():
    truth = np.zeros((5, 7, 3))
    worst = truth + [30, 220, -220]  # L does not count
    assert metrics.psnr_ab(truth, worst) == pytest.approx(0)
    assert metrics.psnr_ab(truth[..., 1:], worst[..., 1:]) == pytest.approx(0)
    assert metrics.psnr_ab(truth, truth) == math.inf


def test_ssim_is_its_formula(cat):
    x, y = cat[:24, :30] / 255, blurred(cat)[:24, :30] / 255
    offset = np.arange(-5, 6)
    w = np.exp(-(offset[:, None] ** 2 + offset[None] ** 2) / (2 * 1.5**2))
    w /= w.sum()
    values = []
    for i, j, c in np.ndindex(14, 20, 3):
        p, q = x[i : i + 11, j : j + 11, c], y[i : i + 11, j : j + 11, c]
        mp, mq = (w * p).sum(), (w * q).sum()
        vp, vq, cov = (w * p * p).sum(), (w * q * q).sum(), (w * p * q).sum()
        numerator = (2 * mp * mq + 0.01**2) * (2 * (cov - mp * mq) + 0.03**2)
        values.append(numerator / ((mp**2 + mq**2 + 0.01**2) * (vp - mp**2 + vq - mq**2 + 0.03**2)))
    assert metrics.ssim(x, y) == pytest.approx(np.mean(values), abs=1e-9)
    assert metrics.ssim(cat, cat) == pytest.approx(1)
    with pytest.raises(ValueError, match="at least 11"):
        metrics.ssim(cat[:10], cat[:10])


def test_ab_error_is_a_mean_of_distances(cat):
    truth, other = rgb_to_lab(cat), rgb_to_lab(blurred(cat))
    total = 0.0
    for p, q in zip(truth.reshape(-1, 3).tolist(), other.reshape(-1, 3).tolist(), strict=True):
        total += math.dist(p[1:], q[1:])
    assert metrics.ab_error(truth, other) == pytest.approx(total / (60 * 80), rel=1e-6)


def test_auc_counts_pixels_within_each_distance():
    truth, other = np.zeros((4, 1, 2)), np.zeros((4, 1, 2))
    other[:, 0, 0] = (0, 1, 2.5, 9)
    shares = [1 / 4, 2 / 4, 2 / 4, 3 / 4, 3 / 4]  # within 0, 1, 2, 3, 4
    wanted = sum((p + q) / 2 for p, q in pairwise(shares)) / 4
    assert metrics.ab_auc(truth, other, largest=4) == pytest.approx(wanted)
    assert metrics.ab_auc(truth, truth) == 1
    assert metrics.ab_auc(truth, truth + 400) == 0
    with pytest.raises(ValueError, match="largest=0"):
        metrics.ab_auc(truth, other, largest=0)


def test_colourfulness_is_its_formula(cat):
    rg, yb = [], []
    for R, G, B in cat.reshape(-1, 3).tolist():
        rg.append(R - G)
        yb.append((R + G) / 2 - B)
    spread = math.sqrt(np.var(rg) + np.var(yb))
    wanted = spread + 0.3 * math.sqrt(np.mean(rg) ** 2 + np.mean(yb) ** 2)
    assert metrics.colourfulness(cat) == pytest.approx(wanted)
    assert metrics.colourfulness(cat / 255) == pytest.approx(wanted)
    red = np.zeros((4, 4, 3), np.uint8) + np.array([255, 0, 0], np.uint8)
    assert metrics.colourfulness(red) == pytest.approx(0.3 * 255 * math.sqrt(1.25))


def test_colourfulness_ratio(cat):
    gray = np.repeat(cat[..., :1], 3, axis=2)
    assert metrics.colourfulness_ratio(cat, cat) == 1
    assert metrics.colourfulness_ratio(cat, gray) == 0
    assert metrics.colourfulness_ratio(gray, cat) == math.inf
    assert math.isnan(metrics.colourfulness_ratio(gray, gray))
    halved = (cat / 255 + gray / 255) / 2
    assert metrics.colourfulness_ratio(cat, halved) == pytest.approx(0.5)


def test_histogram_distance_is_the_distance_of_sorted_values():
    rng = np.random.default_rng(0)
    truth, other = rng.normal(0, 20, (6, 9, 2)), rng.normal(5, 10, (6, 9, 2))
    wanted = np.mean(
        [np.abs(np.sort(truth[..., k].ravel()) - np.sort(other[..., k].ravel())) for k in (0, 1)]
    )
    assert metrics.ab_histogram_distance(truth, other) == pytest.approx(wanted)
    shuffled = rng.permutation(truth.reshape(-1, 2)).reshape(9, 6, 2)
    assert metrics.ab_histogram_distance(truth, shuffled) == pytest.approx(0, abs=1e-12)


def test_brown_everywhere_has_a_small_error_and_a_large_distance():
    truth = np.zeros((10, 10, 2))
    truth[:5], truth[5:] = (40, 40), (-40, -40)
    middle = np.zeros((10, 10, 2))
    swapped = truth[::-1]
    assert metrics.ab_error(truth, middle) < metrics.ab_error(truth, swapped)
    assert metrics.ab_histogram_distance(truth, middle) == pytest.approx(40)
    assert metrics.ab_histogram_distance(truth, swapped) == 0


@pytest.mark.parametrize(
    ("lab1", "lab2", "wanted"),
    [  # Sharma, Wu, Dalal (2005), table 1, pairs 1, 7, 17, 25, 33
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ],
)
def test_delta_e_2000_against_the_published_pairs(lab1, lab2, wanted):
    got = metrics.delta_e_2000(np.array([[lab1]]), np.array([[lab2]]))
    assert got == pytest.approx(wanted, abs=1e-4)


def test_accuracy():
    scores = [[0.1, 0.9], [0.8, 0.2], [0.4, 0.6]]
    assert metrics.accuracy(scores, [1, 0, 0]) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="label 2 is not one of 2 classes"):
        metrics.accuracy(scores, [1, 2, 0])
    with pytest.raises(ValueError, match=r"scores \(3, 2\), labels \(2,\)"):
        metrics.accuracy(scores, [1, 0])
    with pytest.raises(ValueError, match="N > 0"):
        metrics.accuracy(np.zeros((0, 2)), [])


OF_RGB = ("psnr", "ssim", "colourfulness_ratio")
OF_LAB = ("psnr_ab", "ab_error", "ab_auc", "ab_histogram_distance", "delta_e_2000")


@pytest.mark.parametrize("name", OF_RGB)
def test_bad_rgb(name):
    metric, good = getattr(metrics, name), np.full((16, 16, 3), 0.5)
    with pytest.raises(ValueError, match=f"{name}: .*differ in shape"):
        metric(good, good[:12])
    with pytest.raises(ValueError, match=rf"{name}: prediction .*must lie in \[0, 1\]"):
        metric(good, good * 255)
    with pytest.raises(TypeError, match=f"{name}: truth has dtype int64"):
        metric(good.astype(int), good)
    with pytest.raises(ValueError, match="not empty"):
        metric(good[:0], good[:0])
    with pytest.raises(ValueError, match=f"{name}: prediction holds NaN"):
        metric(good, good * np.nan)


@pytest.mark.parametrize("name", OF_LAB)
def test_bad_lab(name):
    metric, good = getattr(metrics, name), np.full((16, 16, 3), 0.5)
    with pytest.raises(ValueError, match=f"{name}: prediction holds NaN"):
        metric(good, good + np.inf)
    with pytest.raises(TypeError, match=f"{name}: truth has dtype uint8"):
        metric(good.astype(np.uint8), good)
    with pytest.raises(ValueError, match=f"{name}: truth has shape"):
        metric(good[..., :1], good)
    if name != "ab_histogram_distance":
        with pytest.raises(ValueError, match="differ in shape"):
            metric(good, good[:12])


@pytest.mark.parametrize("name", OF_RGB + OF_LAB)
def test_results_are_plain_floats_and_inputs_stay(name, cat):
    metric = getattr(metrics, name)
    x = cat.copy() if name in OF_RGB else rgb_to_lab(cat)
    y = blurred(cat) if name in OF_RGB else rgb_to_lab(blurred(cat))
    x.flags.writeable = y.flags.writeable = False
    assert type(metric(x, y)) is float
