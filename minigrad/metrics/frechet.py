"""The Frechet distance between two sets of features: how unlike two sets of pictures are.

Seed 004, section 6.3.8, stops a GAN early by FID, which is this distance between features of one
downloaded network. Nothing is downloaded here: features come from our own fixed encoder
(`minigrad.metrics.encoder`), from a network in a file (`minigrad.metrics.feature_file`), or ready
made from a file (`load_features`), such as Inception's, and only with those very features may the
number be called FID.

**What the sample size means.** The distance of N samples from M others of the *same* distribution
is not 0: their means alone differ by tr(C) (1 / N + 1 / M) on average, and below N = D, the number
of features, the covariances are singular, too. The distance of two small sets is thus too large by
an amount that falls as 1 / N; `frechet_floor`, the distance between two halves of the truth, says
how large. Predictions for the very pictures of the truth, as in colorization, share most of that
error with them, so that epochs of one run can be compared on a few dozen pictures: the same ones
for every epoch. Distances of other numbers of pictures, or of other pictures, cannot be compared.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg

from minigrad.serialization import load

__all__ = [
    "FeatureStatistics",
    "feature_statistics",
    "frechet_distance",
    "frechet_floor",
    "load_features",
    "statistics_of_covariance",
]


@dataclass(frozen=True, eq=False)
class FeatureStatistics:
    """Mean and covariance of a set of features: all that the distance asks of it.

    Attributes
    ----------
    mean : numpy.ndarray
        (D,), float64.
    root : numpy.ndarray
        (R, D), float64: any factor of the covariance, C = root^T root.
    count : int
        How many features they are of; 0 if unknown.
    """

    mean: np.ndarray
    root: np.ndarray
    count: int = 0

    @property
    def covariance(self) -> np.ndarray:
        """Covariance (D, D), with N - 1 in the denominator."""
        return self.root.T @ self.root


def feature_statistics(features: Any) -> FeatureStatistics:
    """Return the statistics of features (N, D).

    C = X^T X with X = (features - mean) / sqrt(N - 1). C is never formed: of X = Q R the upper
    triangle R is kept, if it is smaller, since C = R^T R as well.

    Raises
    ------
    ValueError
        Not (N, D), N >= 2, D >= 1, or values that are not finite.
    """
    x = np.asarray(features)
    if x.ndim != 2 or x.shape[0] < 2 or x.shape[1] < 1:
        raise ValueError(
            f"feature_statistics: features have shape {x.shape}; give (N, D), one row a picture, "
            "of two pictures or more"
        )
    x = x.astype(np.float64)
    if not np.isfinite(x).all():
        raise ValueError("feature_statistics: features hold NaN or infinite values")
    mean = x.mean(axis=0)
    root = (x - mean) / np.sqrt(len(x) - 1)
    if root.shape[0] > root.shape[1]:
        root = linalg.qr(root, mode="r")[0][: root.shape[1]]
    return FeatureStatistics(mean, root, len(x))


def statistics_of_covariance(mean: Any, covariance: Any, count: int = 0) -> FeatureStatistics:
    """Return the statistics of a mean (D,) and a covariance (D, D), as FID's files hold them.

    The root is diag(sqrt(w)) V^T of the eigenvalues w and eigenvectors V of C; eigenvalues that
    rounding has made negative count as 0.

    Raises
    ------
    ValueError
        Shapes that do not fit, a covariance that is not symmetric, or has a negative eigenvalue.
    """
    mean, covariance = np.asarray(mean, np.float64), np.asarray(covariance, np.float64)
    if mean.ndim != 1 or covariance.shape != (len(mean), len(mean)):
        raise ValueError(
            f"statistics_of_covariance: mean {mean.shape}, covariance {covariance.shape}; give "
            "(D,) and (D, D)"
        )
    scale = np.abs(covariance).max(initial=0.0)
    if not np.allclose(covariance, covariance.T, rtol=0, atol=1e-6 * scale):
        raise ValueError("statistics_of_covariance: covariance is not symmetric")
    values, vectors = linalg.eigh((covariance + covariance.T) / 2)
    if values.min(initial=0.0) < -1e-6 * scale:
        raise ValueError(
            f"statistics_of_covariance: covariance has the negative eigenvalue {values.min():g}"
        )
    return FeatureStatistics(mean, np.sqrt(np.maximum(values, 0))[:, None] * vectors.T, count)


def frechet_distance(truth: Any, prediction: Any) -> float:
    """Frechet distance of the Gaussians that have the features' means and covariances; 0 is best.

    ``d = |m - m'|^2 + tr(C + C' - 2 (C C')^(1/2))``, with means m and covariances C of the
    features. Dowson, Landau (1982), "The Frechet distance between multivariate normal
    distributions"; Heusel et al. (2017), "GANs trained by a two time-scale update rule converge to
    a local Nash equilibrium", for pictures.

    With roots C = X^T X and C' = Y^T Y the trace of (C C')^(1/2) is the sum of the singular values
    of X Y^T: no square root of a product is taken, which for singular covariances (fewer pictures
    than features) comes out complex or lost in rounding. The sum is stable: an error of X Y^T
    enters it once, not by its root.

    Parameters
    ----------
    truth, prediction : array-like or FeatureStatistics
        Features (N, D) and (M, D), or their statistics.

    Returns
    -------
    float
        0 or more, in squared units of the features.

    Raises
    ------
    ValueError
        As `feature_statistics`; or numbers of features that differ.

    Examples
    --------
    >>> x = np.array([[-1.0], [1.0]])  # mean 0, variance 2
    >>> round(frechet_distance(x, 2 * x + 3), 12)  # 3^2 + (sqrt(8) - sqrt(2))^2
    11.0
    """
    x, y = _statistics(truth), _statistics(prediction)
    if x.mean.shape != y.mean.shape:
        raise ValueError(
            f"frechet_distance: truth has {len(x.mean)} features, prediction {len(y.mean)}; "
            "take both from one encoder"
        )
    shared = linalg.svdvals(x.root @ y.root.T).sum()
    spread = float(np.sum(x.root**2) + np.sum(y.root**2) - 2 * shared)
    return float(np.sum((x.mean - y.mean) ** 2)) + max(spread, 0.0)


def frechet_floor(truth: Any, repeats: int = 8, seed: int = 0) -> float:
    """Distance between two random halves of one set of features, the mean of `repeats` splits.

    What the sample size alone makes of two sets of different pictures of one kind.

    Raises
    ------
    ValueError
        Fewer than 4 features, or no repeat.
    """
    x = np.asarray(truth)
    if x.ndim != 2 or len(x) < 4 or repeats < 1:
        raise ValueError(
            f"frechet_floor: features {x.shape} and repeats={repeats}; give (N, D), N of 4 or "
            "more, and one repeat or more"
        )
    rng, half = np.random.default_rng(seed), len(x) // 2
    distances = []
    for _ in range(repeats):
        order = rng.permutation(len(x))
        distances.append(frechet_distance(x[order[:half]], x[order[half : 2 * half]]))
    return float(np.mean(distances))


def load_features(path: str | os.PathLike, name: str | None = None) -> FeatureStatistics:
    """Read features, or their mean and covariance, of any network from a safetensors file.

    Parameters
    ----------
    path : path-like
        A safetensors file with one array (N, D), such as Inception's pool3 features (N, 2048) of
        a set of pictures; or with the arrays "mu" (D,) and "sigma" (D, D).
    name : str, optional
        Which array, where there are several.

    Raises
    ------
    ValueError
        No such array, or none that is (N, D).

    Examples
    --------
    >>> frechet_distance(load_features("a.safetensors"), load_features("b.safetensors"))
    Traceback (most recent call last):
    FileNotFoundError: ...
    """
    arrays = {key: np.asarray(tensor.array) for key, tensor in load(path).items()}
    if name is None and {"mu", "sigma"} <= set(arrays):
        return statistics_of_covariance(arrays["mu"], arrays["sigma"])
    if name is None and len(arrays) == 1:
        (name,) = arrays
    if name not in arrays:
        there = ", ".join(f"{key} {array.shape}" for key, array in arrays.items()) or "nothing"
        raise ValueError(
            f"load_features: {os.fspath(path)}: which array holds the features (name={name!r})? "
            f"There is {there}"
        )
    return feature_statistics(arrays[name])


def _statistics(features: Any) -> FeatureStatistics:
    return features if isinstance(features, FeatureStatistics) else feature_statistics(features)
