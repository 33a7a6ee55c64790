"""The Frechet distance against closed forms, and on every kind of degenerate sample."""

import numpy as np
import pytest
from scipy import linalg

import minigrad
from minigrad.metrics import (
    feature_statistics,
    frechet_distance,
    frechet_floor,
    load_features,
    statistics_of_covariance,
)

pytestmark = pytest.mark.unit


def whitened(N, D, seed=0):
    """Features of mean 0 and covariance 1, to rounding."""
    x = np.random.default_rng(seed).normal(size=(N, D))
    x -= x.mean(axis=0)
    return np.linalg.qr(x)[0] * np.sqrt(N - 1)


def test_one_feature_by_hand():
    x, y = np.array([[0.0], [2.0], [4.0]]), np.array([[10.0], [11.0], [12.0]])  # deviations 2, 1
    assert frechet_distance(x, y) == pytest.approx((11 - 2) ** 2 + (2 - 1) ** 2)


def test_axes_that_fit_add_up():
    z = whitened(40, 3)
    s, t = np.array([1.0, 2.0, 0.5]), np.array([3.0, 2.0, 0.0])
    shift = np.array([1.0, -1.0, 2.0])
    wanted = np.sum(shift**2) + np.sum((s - t) ** 2)
    assert frechet_distance(z * s, z * t + shift) == pytest.approx(wanted)
    turn = linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    assert frechet_distance(z * s @ turn, (z * t + shift) @ turn) == pytest.approx(wanted)


def test_two_crossed_gaussians_in_the_plane():
    # C = diag(4, 1), C' = diag(1, 4) turned by 45 degrees: tr (C C')^1/2 from det and trace,
    # since for 2 x 2 matrices (tr A^1/2)^2 = tr A + 2 sqrt(det A).
    c = np.cos(np.pi / 4)
    turn = np.array([[c, -c], [c, c]])
    C, D = np.diag([4.0, 1.0]), turn @ np.diag([1.0, 4.0]) @ turn.T
    trace = np.sqrt(np.trace(C @ D) + 2 * np.sqrt(np.linalg.det(C @ D)))
    z = whitened(30, 2)
    x, y = z * [2, 1], z * [1, 2] @ turn.T
    assert frechet_distance(x, y) == pytest.approx(5 + 5 - 2 * trace)


def test_against_the_square_root_of_a_matrix():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6))
    y = rng.normal(size=(150, 6)) @ rng.normal(size=(6, 6)) + 1
    C, D = np.cov(x.T), np.cov(y.T)
    root = linalg.sqrtm(C @ D).real
    wanted = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(C + D - 2 * root)
    assert frechet_distance(x, y) == pytest.approx(wanted, rel=1e-10)
    assert frechet_distance(y, x) == pytest.approx(wanted, rel=1e-10)
    by_covariance = statistics_of_covariance(x.mean(0), C)
    assert frechet_distance(by_covariance, y) == pytest.approx(wanted, rel=1e-10)
    assert np.allclose(by_covariance.covariance, C)
    assert np.allclose(feature_statistics(x).covariance, C)


@pytest.mark.parametrize("N", [2, 5, 63, 64, 200])
def test_few_pictures_and_many_features(N):
    rng = np.random.default_rng(3)
    x = 1e3 + rng.normal(size=(N, 64)) * np.logspace(-6, 2, 64)
    assert frechet_distance(x, x) <= 1e-9 * feature_statistics(x).covariance.trace()
    assert frechet_distance(x, x[::-1] + 1) == pytest.approx(64, rel=1e-8)
    assert frechet_distance(x, 0 * x + x.mean(0)) == pytest.approx(
        feature_statistics(x).covariance.trace()
    )


def test_it_grows_as_one_over_the_sample_size():
    rng = np.random.default_rng(4)
    means = {
        N: np.mean([frechet_distance(*rng.normal(size=(2, N, 8))) for _ in range(40)])
        for N in (50, 200)
    }
    assert means[50] / means[200] == pytest.approx(4, rel=0.25)
    assert means[50] > 8 * 2 / 50  # the means' part, tr(C) (1 / N + 1 / M)
    floor = frechet_floor(rng.normal(size=(100, 8)))
    assert floor == pytest.approx(means[50], rel=0.5)


def test_files_of_features(tmp_path):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(30, 4)).astype(np.float32)
    y = rng.normal(size=(30, 4)).astype(np.float32)
    minigrad.save({"pool3": minigrad.tensor(x)}, tmp_path / "x.safetensors")
    both = {"truth": minigrad.tensor(x), "ours": minigrad.tensor(y)}
    minigrad.save(both, tmp_path / "both.safetensors")
    statistics = {"mu": y.mean(0), "sigma": np.cov(y.T)}
    minigrad.save(
        {name: minigrad.tensor(value) for name, value in statistics.items()},
        tmp_path / "y.safetensors",
    )
    wanted = frechet_distance(x, y)
    truth = load_features(tmp_path / "x.safetensors")
    assert truth.count == 30
    for path, name in (("both", "ours"), ("y", None)):
        other = load_features(tmp_path / f"{path}.safetensors", name)
        assert frechet_distance(truth, other) == pytest.approx(wanted, rel=1e-5)
    with pytest.raises(ValueError, match=r"which array .*name=None.* There is .*ours \(30, 4\)"):
        load_features(tmp_path / "both.safetensors")
    (tmp_path / "z.safetensors").write_bytes(b"\x80\x02pickle")
    with pytest.raises(ValueError, match="not a safetensors file"):
        load_features(tmp_path / "z.safetensors")


def test_refusals():
    x = np.zeros((5, 3))
    with pytest.raises(ValueError, match="truth has 3 features, prediction 2"):
        frechet_distance(x, x[:, :2])
    for bad in (x[:1], x[0], x[:, :0]):
        with pytest.raises(ValueError, match=r"give \(N, D\)"):
            frechet_distance(x, bad)
    with pytest.raises(ValueError, match="NaN"):
        frechet_distance(x, x * np.nan)
    with pytest.raises(ValueError, match="negative eigenvalue"):
        statistics_of_covariance([0, 0], [[1, 2], [2, 1]])
    with pytest.raises(ValueError, match="not symmetric"):
        statistics_of_covariance([0, 0], [[1, 2], [0, 1]])
    with pytest.raises(ValueError, match=r"give \(D,\) and \(D, D\)"):
        statistics_of_covariance([0, 0], np.eye(3))
    with pytest.raises(ValueError, match="N of 4 or more"):
        frechet_floor(x[:3])
