"""ab curves, rebalancing, accuracies and definitions against values worked by hand."""

import math
import re

import numpy as np
import pytest

from minigrad import metrics
from minigrad.data import bundled_pictures, rgb_to_lab

pytestmark = pytest.mark.unit

# Sharma, Wu, Dalal (2005), table 1: L a b, L' a' b', dE2000.
SHARMA = """
50.0000 2.6772 -79.7751 50.0000 0.0000 -82.7485 2.0425
50.0000 3.1571 -77.2803 50.0000 0.0000 -82.7485 2.8615
50.0000 2.8361 -74.0200 50.0000 0.0000 -82.7485 3.4412
50.0000 -1.3802 -84.2814 50.0000 0.0000 -82.7485 1.0000
50.0000 -1.1848 -84.8006 50.0000 0.0000 -82.7485 1.0000
50.0000 -0.9009 -85.5211 50.0000 0.0000 -82.7485 1.0000
50.0000 0.0000 0.0000 50.0000 -1.0000 2.0000 2.3669
50.0000 -1.0000 2.0000 50.0000 0.0000 0.0000 2.3669
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0009 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0010 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0011 7.2195
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0012 7.2195
50.0000 -0.0010 2.4900 50.0000 0.0009 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0010 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0011 -2.4900 4.7461
50.0000 2.5000 0.0000 50.0000 0.0000 -2.5000 4.3065
50.0000 2.5000 0.0000 73.0000 25.0000 -18.0000 27.1492
50.0000 2.5000 0.0000 61.0000 -5.0000 29.0000 22.8977
50.0000 2.5000 0.0000 56.0000 -27.0000 -3.0000 31.9030
50.0000 2.5000 0.0000 58.0000 24.0000 15.0000 19.4535
50.0000 2.5000 0.0000 50.0000 3.1736 0.5854 1.0000
50.0000 2.5000 0.0000 50.0000 3.2972 0.0000 1.0000
50.0000 2.5000 0.0000 50.0000 1.8634 0.5757 1.0000
50.0000 2.5000 0.0000 50.0000 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""


@pytest.mark.parametrize("row", SHARMA.strip().splitlines())
def test_delta_e_2000_against_every_published_pair(row):
    values = [float(word) for word in row.split()]
    pair = np.array(values[:3])[None], np.array(values[3:6])[None]
    assert metrics.delta_e_2000(*pair) == pytest.approx(values[6], abs=5.1e-5)
    assert metrics.delta_e_2000(*pair[::-1]) == pytest.approx(values[6], abs=5.1e-5)


def test_rmse_by_hand():
    truth, other = np.zeros((2, 1, 2)), np.array([[[3.0, 4.0]], [[0.0, 1.0]]])
    assert metrics.ab_rmse(truth, other) == pytest.approx(math.sqrt((25 + 1) / 2))
    assert metrics.ab_error(truth, other) == 3


def test_the_curve_counts_pixels_one_by_one():
    rng = np.random.default_rng(0)
    truth, other = rng.normal(0, 40, (13, 9, 2)), rng.normal(0, 40, (13, 9, 2))
    other[0, 0] = truth[0, 0] + [7, 0]  # a distance that is a threshold
    curve = metrics.ab_within(truth, other)
    for t in range(151):
        within = 0
        for p, q in zip(truth.reshape(-1, 2), other.reshape(-1, 2), strict=True):
            within += math.hypot(*(p - q)) <= t
        assert curve[t] == pytest.approx(within / 117)
    assert metrics.ab_auc(truth, other) == pytest.approx(np.trapezoid(curve) / 150)


def test_rebalanced_auc_is_a_mean_over_the_colours_that_occur():
    truth = np.zeros((4, 5, 2))
    truth[0, :2] = 31, -12  # a second bin, of two pixels
    truth[3, 4] = -90, 44  # a third, of one
    guess = np.full((4, 5, 2), 3.0)
    bins = (truth[..., 0] == 0, truth[..., 0] == 31, truth[..., 0] == -90)
    areas = [metrics.ab_auc(truth[where], guess[where]) for where in bins]
    assert metrics.ab_auc_rebalanced(truth, guess) == pytest.approx(np.mean(areas))
    assert metrics.ab_auc(truth, guess) == pytest.approx(np.dot([17, 2, 1], areas) / 20)
    flat = np.full((23, 23), 1 / 23**2)
    assert metrics.ab_auc_rebalanced(truth, guess, flat) == pytest.approx(
        metrics.ab_auc(truth, guess)
    )


def test_prior_counts_in_bins_and_smooths():
    ab = np.array([[[4.9, -5.1], [5.1, 0.0], [-300.0, 110.0], [0.0, -10.0]]])
    p = metrics.ab_prior(ab, smoothing=0)
    assert p.shape == (23, 23)
    assert p[11, 10] == 2 / 4
    assert p[12, 11] == p[0, 22] == 1 / 4
    smooth = metrics.ab_prior(np.zeros((1, 1, 2)))
    wanted = np.exp(-0.5 * ((np.arange(23) - 11) / 0.5) ** 2)
    wanted = np.outer(wanted, wanted)
    assert np.allclose(smooth, wanted / wanted.sum(), atol=1e-12)
    with pytest.raises(ValueError, match="no share"):
        metrics.ab_auc_rebalanced(ab, ab, np.eye(23))
    with pytest.raises(ValueError, match=r"shape \(313,\)"):
        metrics.ab_auc_rebalanced(ab, ab, np.ones(313))


def test_accuracies_of_places_by_hand():
    scores = np.zeros((1, 3, 2, 2))
    scores[0, :, 0, 0] = 5, 1, 2  # guesses 0, then 2
    scores[0, :, 0, 1] = 0, 9, 3  # 1, then 2
    scores[0, :, 1, 0] = 1, 1, 1  # a tie: 0, then 1
    scores[0, :, 1, 1] = 0, 1, 2  # 2, then 1
    labels = np.array([[[0, 2], [1, 0]]])
    scores = np.concatenate([scores, np.full((1, 1, 2, 2), -1.0)], axis=1)  # class 3 never occurs
    assert metrics.accuracy(scores, labels) == 1 / 4
    assert metrics.accuracy(scores, labels, k=2) == 3 / 4
    assert metrics.accuracy(scores, labels, k=3) == 1
    assert metrics.balanced_accuracy(scores, labels) == pytest.approx((1 / 2 + 0 + 0) / 3)
    for k in (0, 5):
        with pytest.raises(ValueError, match=f"k={k} must lie between 1 and 4"):
            metrics.accuracy(scores, labels, k=k)
    with pytest.raises(ValueError, match="give integers"):
        metrics.balanced_accuracy(scores, labels.astype(float))


# -- definitions --------------------------------------------------------------


def squeezed(text):
    return " ".join(text.split())


@pytest.mark.parametrize("name", metrics.DEFINITIONS)
def test_what_is_printed_is_what_the_docstring_says(name):
    definition = metrics.DEFINITIONS[name]
    docstring = squeezed(getattr(metrics, name).__doc__).replace("``", "")
    assert definition.equation.lower().removeprefix("auc, ") in docstring.lower()
    if definition.unit and name != "colourfulness":
        assert f"[{definition.unit}]" in docstring
    for authors, year in re.findall(r"([A-Z][^;.]*) \((\d{4})\)", definition.source):
        assert f"{authors.removeprefix('CIEDE2000 as in ')} ({year})" in docstring


def test_definitions_text():
    text = metrics.definitions_text()
    assert len([line for line in text.splitlines() if line[0] != " "]) == len(metrics.DEFINITIONS)
    assert max(len(line) for line in text.splitlines()) <= 100
    assert metrics.definitions_text(["ssim"], width=60).startswith("SSIM, best 1: (2 mx my + c1)")
    with pytest.raises(ValueError, match="fid: unknown; there are psnr"):
        metrics.definitions_text(["fid"])


def test_measure_is_all_of_them():
    cat = bundled_pictures(["cat"])[0].image[100:140, 100:150]
    dull = (cat * 0.5 + cat.mean(axis=2, keepdims=True) * 0.5).astype(np.uint8)
    row = metrics.measure(cat, dull)
    rest = {"accuracy", "balanced_accuracy", "frechet_distance"}
    assert list(row) == [name for name in metrics.DEFINITIONS if name not in rest]
    assert row["psnr"] == metrics.psnr(cat, dull)
    assert row["colourfulness"] == metrics.colourfulness(dull)
    assert row["ab_rmse"] == pytest.approx(metrics.ab_rmse(rgb_to_lab(cat), rgb_to_lab(dull)))
    assert 0.4 < row["colourfulness_ratio"] < 0.6
    for name, value in metrics.measure(cat, cat).items():
        assert name == "colourfulness" or value == pytest.approx(metrics.DEFINITIONS[name].best)
    assert math.isnan(metrics.measure(cat[:10], dull[:10])["ssim"])
