"""A palette: the NC colours that stand for the data best, found by k-means."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.cluster.vq import kmeans2

__all__ = ["fit_palette"]

_ROUNDS = 30


def fit_palette(ab: np.ndarray, colours: int, seed: int = 0) -> np.ndarray:
    """Find the colours whose mean squared distance to the data is small (k-means, Lloyd's rounds).

    Parameters
    ----------
    ab : numpy.ndarray
        (M, 2), colours of pixels.
    colours : int
        NC, at least 2.
    seed : int
        Of the first guess, which is that of k-means++.

    Returns
    -------
    numpy.ndarray
        (NC, 2), float32, in order of their distance from gray.

    Raises
    ------
    ValueError
        Fewer different colours in the data than are asked for.

    Examples
    --------
    >>> fit_palette(np.array([[0.0, 0.0], [0.0, 0.2], [0.5, 0.5], [0.5, 0.7]]), 2).tolist()
    [[0.0, 0.10000000149011612], [0.5, 0.6000000238418579]]
    """
    points = np.asarray(ab, np.float64)
    different = len(np.unique(points, axis=0))
    if not 2 <= colours <= different:
        raise ValueError(
            f"fit_palette: colours={colours} must be at least 2, and at most {different}, the "
            "number of different colours in the pictures"
        )
    with warnings.catch_warnings():
        # A cluster that has lost all its points keeps its place: a colour that is never used.
        warnings.simplefilter("ignore", UserWarning)
        rng = np.random.default_rng(seed)
        centres, _ = kmeans2(points, colours, iter=_ROUNDS, minit="++", seed=rng)
    return centres[np.argsort(np.hypot(*centres.T), kind="stable")].astype(np.float32)
