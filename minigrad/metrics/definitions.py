"""What each metric is, in words that a program can print beside its numbers."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from minigrad.data.color import rgb_to_lab
from minigrad.metrics.ab import ab_auc, ab_auc_rebalanced, ab_error, ab_rmse
from minigrad.metrics.checks import rgb_pair
from minigrad.metrics.colours import ab_histogram_distance, colourfulness, colourfulness_ratio
from minigrad.metrics.fidelity import SSIM_WINDOW, delta_e_2000, psnr, psnr_ab, ssim

__all__ = ["DEFINITIONS", "Definition", "definitions_text", "measure"]


@dataclass(frozen=True)
class Definition:
    """What a metric's number means.

    Attributes
    ----------
    title : str
        Its name in tables.
    unit : str
        Of the number; empty for a share or a ratio.
    best : float
        The value of a perfect prediction. Other numbers are worse the farther they are from it.
    equation : str
        As in the docstring of the metric.
    source : str
        Where it comes from.
    """

    title: str
    unit: str
    best: float
    equation: str
    source: str


DEFINITIONS: dict[str, Definition] = {
    "psnr": Definition(
        "PSNR (RGB)",
        "dB",
        math.inf,
        "10 log10(1 / MSE), where MSE is the mean over pixels and channels of "
        "(truth - prediction)^2, RGB in [0, 1]",
        "peak signal-to-noise ratio",
    ),
    "psnr_ab": Definition(
        "PSNR (ab)",
        "dB",
        math.inf,
        "10 log10(220^2 / MSE), where MSE is the mean over pixels and both channels of "
        "(truth - prediction)^2",
        "peak signal-to-noise ratio; 220 is the span of a and b",
    ),
    "ssim": Definition(
        "SSIM",
        "",
        1.0,
        "(2 mx my + c1)(2 sxy + c2) / ((mx^2 + my^2 + c1)(sx^2 + sy^2 + c2)), with means m and "
        "(co)variances s under a Gaussian window of sigma 1.5 (11 x 11 pixels), c1 = 0.01^2, "
        "c2 = 0.03^2, averaged over places and channels",
        "Wang, Bovik, Sheikh, Simoncelli (2004)",
    ),
    "ab_error": Definition(
        "ab error",
        "Lab units",
        0.0,
        "mean over pixels of sqrt((a - a')^2 + (b - b')^2)",
        "CIE 1976 colour difference at the true lightness",
    ),
    "ab_rmse": Definition(
        "ab RMSE",
        "Lab units",
        0.0,
        "root of the mean over pixels of (a - a')^2 + (b - b')^2",
        "Deshpande, Rock, Forsyth (2015)",
    ),
    "ab_auc": Definition(
        "AuC",
        "",
        1.0,
        "share of pixels whose ab error is at most t, for t = 0, 1, ..., 150 [Lab units], "
        "integrated by the trapezoidal rule and divided by 150",
        "Deshpande, Rock, Forsyth (2015); Zhang, Isola, Efros (2016)",
    ),
    "ab_auc_rebalanced": Definition(
        "AuC, rebalanced",
        "",
        1.0,
        "AuC, each pixel weighed by 1 / p(the bin of its true colour), where p are the shares of "
        "the colours in bins of 10 x 10",
        "Zhang, Isola, Efros (2016)",
    ),
    "colourfulness": Definition(
        "colourfulness",
        "levels of 255",
        math.nan,
        "sqrt(s_rg^2 + s_yb^2) + 0.3 sqrt(m_rg^2 + m_yb^2), with means m and standard deviations "
        "s of rg = R - G and yb = (R + G) / 2 - B",
        "Hasler, Suesstrunk (2003)",
    ),
    "colourfulness_ratio": Definition(
        "colourfulness ratio",
        "",
        1.0,
        "M(prediction) / M(truth)",
        "M is the colourfulness of Hasler, Suesstrunk (2003)",
    ),
    "ab_histogram_distance": Definition(
        "ab histogram distance",
        "Lab units",
        0.0,
        "mean over a and b of the first Wasserstein distance of their values, "
        "W1 = integral of abs(F(v) - F'(v)) dv over the cumulative distributions F",
        "first Wasserstein (earth mover's) distance",
    ),
    "delta_e_2000": Definition(
        "dE2000",
        "",
        0.0,
        "mean over pixels of sqrt((dL'/SL)^2 + (dC'/SC)^2 + (dH'/SH)^2 + RT (dC'/SC)(dH'/SH)), "
        "kL = kC = kH = 1",
        "CIEDE2000 as in Sharma, Wu, Dalal (2005)",
    ),
    "accuracy": Definition(
        "accuracy",
        "",
        1.0,
        "mean over places of [label is among the k classes of largest score]",
        "k = 1 unless said otherwise",
    ),
    "balanced_accuracy": Definition(
        "balanced accuracy",
        "",
        1.0,
        "mean over classes c of the mean over places with label c of [c has the largest score]",
        "mean of the classes' recalls, over the classes that occur",
    ),
    "frechet_distance": Definition(
        "Frechet distance",
        "",
        0.0,
        "|m - m'|^2 + tr(C + C' - 2 (C C')^(1/2)), with means m and covariances C of the features",
        "Dowson, Landau (1982); FID only if the features are Inception's",
    ),
}
"""The definition of every metric, by the name of its function."""


def definitions_text(names: Iterable[str] | None = None, width: int = 100) -> str:
    """Return definitions as text: title, unit, best value, equation, source.

    Parameters
    ----------
    names : iterable of str, optional
        Which of `DEFINITIONS`, in this order; all by default.
    width : int
        Longest line [characters].

    Raises
    ------
    ValueError
        An unknown name.

    Examples
    --------
    >>> print(definitions_text(["ab_error"]))
    ab error [Lab units], best 0: mean over pixels of sqrt((a - a')^2 + (b - b')^2). CIE 1976 colour
        difference at the true lightness.
    """
    chosen = list(DEFINITIONS) if names is None else list(names)
    unknown = [name for name in chosen if name not in DEFINITIONS]
    if unknown:
        raise ValueError(
            f"definitions_text: {', '.join(unknown)}: unknown; there are {', '.join(DEFINITIONS)}"
        )
    return "\n".join(
        textwrap.fill(_sentence(DEFINITIONS[name]), width, subsequent_indent="    ")
        for name in chosen
    )


def measure(truth: np.ndarray, prediction: np.ndarray) -> dict[str, float]:
    """Measure a picture by every metric that one pair of pictures gives.

    Lab is computed from the pictures as they are shown: colours that were clipped to RGB count as
    clipped.

    Parameters
    ----------
    truth, prediction : numpy.ndarray
        (H, W, 3), RGB: uint8 in [0, 255] or floats in [0, 1].

    Returns
    -------
    dict
        A value for each of the names in `DEFINITIONS`, without the accuracies and the Frechet
        distance; "ssim" is nan for a picture smaller than its window. "colourfulness" is the
        prediction's.

    Examples
    --------
    >>> picture = np.zeros((16, 16, 3), np.uint8)
    >>> measure(picture, picture + np.uint8(51))["psnr"].__round__(2)
    13.98
    """
    x, y = rgb_pair("measure", truth, prediction)
    x_lab, y_lab = rgb_to_lab(x), rgb_to_lab(y)
    windowed = x.ndim == 3 and min(x.shape[:2]) >= SSIM_WINDOW
    values: dict[str, float] = {
        "psnr": psnr(x, y),
        "psnr_ab": psnr_ab(x_lab, y_lab),
        "ssim": ssim(x, y) if windowed else math.nan,
        "colourfulness": colourfulness(y),
        "colourfulness_ratio": colourfulness_ratio(x, y),
    }
    of_lab: tuple[Callable[[np.ndarray, np.ndarray], float], ...] = (
        ab_error,
        ab_rmse,
        ab_auc,
        ab_auc_rebalanced,
        ab_histogram_distance,
        delta_e_2000,
    )
    values |= {metric.__name__: metric(x_lab, y_lab) for metric in of_lab}
    return {name: values[name] for name in DEFINITIONS if name in values}


def _sentence(definition: Definition) -> str:
    unit = f" [{definition.unit}]" if definition.unit else ""
    best = "" if math.isnan(definition.best) else f", best {definition.best:g}"
    return f"{definition.title}{unit}{best}: {definition.equation}. {definition.source}."
