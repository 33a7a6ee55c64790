"""Errors in the ab plane, where colorization happens: lightness is given, a and b are guessed."""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage

from minigrad.metrics.checks import ab_distances, checked_ab

__all__ = [
    "AB_GRID",
    "ab_auc",
    "ab_auc_rebalanced",
    "ab_error",
    "ab_prior",
    "ab_rmse",
    "ab_within",
]

AB_GRID = 10.0
"""Side of a colour bin [Lab units]: bins are centred at -110, -100, ..., 110, 23 a side."""

_SIDE = 23
_LARGEST = 150


def ab_error(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Mean Euclidean distance in the ab plane [Lab units]; 0 is best.

    The mean over pixels of sqrt((a - a')^2 + (b - b')^2). This is the CIE 1976 colour difference
    when the lightness is the truth's, as it is in colorization.

    Examples
    --------
    >>> ab_error(np.zeros((4, 4, 2)), np.broadcast_to([3.0, 4.0], (4, 4, 2)))
    5.0
    """
    return float(np.mean(ab_distances("ab_error", truth, prediction)))


def ab_rmse(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Root mean square distance in the ab plane [Lab units]; 0 is best.

    The root of the mean over pixels of (a - a')^2 + (b - b')^2. It is never less than `ab_error`,
    and weighs the worst pixels more. Papers that average over both channels, too, print this
    divided by sqrt(2). Deshpande, Rock, Forsyth (2015), "Learning large-scale automatic image
    colorization".

    Examples
    --------
    >>> ab_rmse(np.zeros((4, 4, 2)), np.broadcast_to([3.0, 4.0], (4, 4, 2)))
    5.0
    """
    return math.sqrt(float(np.mean(ab_distances("ab_rmse", truth, prediction) ** 2)))


def ab_within(truth: np.ndarray, prediction: np.ndarray, largest: int = _LARGEST) -> np.ndarray:
    """Share of pixels within each distance of their true colour: the curve under `ab_auc`.

    Returns
    -------
    numpy.ndarray
        (largest + 1,), float64 in [0, 1], rising: the share of pixels whose ab error is at most t,
        for t = 0, 1, ..., `largest` [Lab units].

    Examples
    --------
    >>> ab_within(np.zeros((2, 1, 2)), np.array([[[0.0, 1.0]], [[3.0, 0.0]]]), largest=3)
    array([0. , 0.5, 0.5, 1. ])
    """
    distances = ab_distances("ab_within", truth, prediction)
    return _curve("ab_within", distances, None, largest)


def ab_auc(truth: np.ndarray, prediction: np.ndarray, largest: int = _LARGEST) -> float:
    """Area under the cumulative curve of ab errors, in [0, 1]; 1 is best.

    The share of pixels whose ab error is at most t, for t = 0, 1, ..., 150 [Lab units], integrated
    by the trapezoidal rule and divided by 150 (`largest`). Deshpande, Rock, Forsyth (2015),
    "Learning large-scale automatic image colorization"; Zhang, Isola, Efros (2016), "Colorful image
    colorization", who print it in percent as "AuC, non-rebal".

    Examples
    --------
    >>> ab_auc(np.zeros((4, 4, 2)), np.zeros((4, 4, 2)))
    1.0
    """
    return _area(_curve("ab_auc", ab_distances("ab_auc", truth, prediction), None, largest))


def ab_auc_rebalanced(
    truth: np.ndarray,
    prediction: np.ndarray,
    prior: np.ndarray | None = None,
    largest: int = _LARGEST,
) -> float:
    """`ab_auc` in which rare colours count as much as frequent ones, in [0, 1]; 1 is best.

    As AuC, each pixel weighed by 1 / p(the bin of its true colour), where p are the shares of the
    colours in bins of 10 x 10. Most of a photograph is nearly gray, so that a gray guess reaches a
    high `ab_auc`; here it does not. Zhang, Isola, Efros (2016), "Colorful image colorization",
    equation 4 with lambda = 0, printed as "AuC, rebal"; their p is that of ImageNet.

    Parameters
    ----------
    truth, prediction : numpy.ndarray
        Lab or ab, of one shape.
    prior : numpy.ndarray, optional
        (23, 23): p, from `ab_prior` over a whole set of pictures, so that each picture is weighed
        alike. By default it is the truth's own, unsmoothed: each colour that occurs then counts
        the same.
    largest : int
        As in `ab_auc`.

    Raises
    ------
    ValueError
        A prior of another shape, or one that gives a colour of the truth no share.

    Examples
    --------
    >>> truth = np.zeros((10, 10, 2))
    >>> truth[0, 0] = 75.0, 0.0  # one red pixel in a gray picture
    >>> round(ab_auc(truth, 0 * truth), 3), round(ab_auc_rebalanced(truth, 0 * truth), 3)
    (0.995, 0.752)
    """
    distances = ab_distances("ab_auc_rebalanced", truth, prediction)
    bins = _bins(checked_ab("ab_auc_rebalanced", "truth", truth))
    p = ab_prior(truth, smoothing=0) if prior is None else np.asarray(prior, np.float64)
    if p.shape != (_SIDE, _SIDE):
        raise ValueError(
            f"ab_auc_rebalanced: prior has shape {p.shape}, not {(_SIDE, _SIDE)}; see ab_prior"
        )
    shares = p.ravel()[bins]
    if not (shares > 0).all():
        raise ValueError(
            "ab_auc_rebalanced: prior gives some colours of the truth no share; make it of all the "
            "pictures, or with smoothing (ab_prior)"
        )
    return _area(_curve("ab_auc_rebalanced", distances, 1 / shares, largest))


def ab_prior(ab: np.ndarray, smoothing: float = 5.0) -> np.ndarray:
    """Shares of the colours: a histogram of ab in bins of 10 x 10.

    Parameters
    ----------
    ab : numpy.ndarray
        Lab or ab (..., 3 or 2), of as many pictures as there are.
    smoothing : float
        Standard deviation of the Gaussian that it is blurred with [Lab units]; 5 in Zhang et al.

    Returns
    -------
    numpy.ndarray
        (23, 23), float64, sum 1: p[i, j] of a about 10 i - 110 and b about 10 j - 110.
    """
    counts = np.bincount(_bins(checked_ab("ab_prior", "ab", ab)).ravel(), minlength=_SIDE**2)
    p = counts.reshape(_SIDE, _SIDE) / counts.sum()
    if smoothing:
        p = ndimage.gaussian_filter(p, smoothing / AB_GRID, mode="constant", truncate=8)
    return p / p.sum()


def _bins(ab: np.ndarray) -> np.ndarray:
    """Return the number of each pixel's bin; colours beyond the grid fall into its outer bins."""
    places = np.clip(np.rint(ab / AB_GRID).astype(np.int64) + _SIDE // 2, 0, _SIDE - 1)
    return places[..., 0] * _SIDE + places[..., 1]


def _curve(
    operation: str, distances: np.ndarray, weights: np.ndarray | None, largest: int
) -> np.ndarray:
    if largest < 1:
        raise ValueError(f"{operation}: largest={largest} must be at least 1 [Lab units]")
    # A pixel at distance d counts from t = ceil(d) on; those beyond the largest never do.
    first = np.minimum(np.ceil(distances.ravel()), largest + 1).astype(np.int64)
    flat = None if weights is None else weights.ravel()
    counts = np.bincount(first, flat, minlength=largest + 2)
    return np.cumsum(counts)[:-1] / (first.size if flat is None else flat.sum())


def _area(shares: np.ndarray) -> float:
    return float(np.trapezoid(shares)) / (len(shares) - 1)
