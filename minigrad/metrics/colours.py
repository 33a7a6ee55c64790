"""How much colour there is, and which: numbers that a gray or brown guess cannot please."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from minigrad.metrics.checks import checked_ab, checked_rgb, rgb_pair

__all__ = ["ab_histogram_distance", "colourfulness", "colourfulness_ratio"]


def colourfulness(rgb: np.ndarray) -> float:
    """Amount of colour in a picture: 0 none, 15 slightly, 59 quite, 109 extremely colourful.

    M = sqrt(s_rg^2 + s_yb^2) + 0.3 sqrt(m_rg^2 + m_yb^2), with means m and standard deviations s
    of rg = R - G and yb = (R + G) / 2 - B, in levels of [0, 255]. Hasler, Suesstrunk (2003),
    "Measuring colourfulness in natural images", where the words come from too.

    Examples
    --------
    >>> colourfulness(np.full((8, 8, 3), 0.5))
    0.0
    """
    R, G, B = np.moveaxis(checked_rgb("colourfulness", "rgb", rgb) * 255.0, -1, 0)
    rg, yb = R - G, (R + G) / 2 - B
    spread = math.hypot(float(rg.std()), float(yb.std()))
    return spread + 0.3 * math.hypot(float(rg.mean()), float(yb.mean()))


def colourfulness_ratio(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Colourfulness of the prediction divided by the truth's; 1 is best, 0 gray.

    M(prediction) / M(truth), where M is the colourfulness of Hasler, Suesstrunk (2003); nan if both
    are gray, inf if the truth alone is.
    """
    x, y = rgb_pair("colourfulness_ratio", truth, prediction)
    wanted, got = colourfulness(x), colourfulness(y)
    if wanted == 0:
        return math.nan if got == 0 else math.inf
    return got / wanted


def ab_histogram_distance(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Distance between the colour distributions, wherever the colours are [Lab units]; 0 is best.

    The mean over a and b of the first Wasserstein distance of their values,
    W1 = integral of abs(F(v) - F'(v)) dv over the cumulative distributions F: how far, on average,
    a colour must be moved to turn one distribution into the other. The pictures may differ in size.
    A network that paints everything brown keeps a large distance, however small its ab error.

    Examples
    --------
    >>> ab_histogram_distance(np.zeros((4, 4, 2)), np.broadcast_to([2.0, 0.0], (3, 3, 2)))
    1.0
    """
    x = checked_ab("ab_histogram_distance", "truth", truth)
    y = checked_ab("ab_histogram_distance", "prediction", prediction)
    distances = [stats.wasserstein_distance(x[..., k].ravel(), y[..., k].ravel()) for k in range(2)]
    return float(np.mean(distances))
