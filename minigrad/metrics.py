"""Numbers that say how good a colorization is; NumPy arrays in, plain floats out.

RGB is (H, W, 3), uint8 in [0, 255] or float in [0, 1]. Lab is (..., 3), floats: L in [0, 100], a
and b about [-110, 110]; a trailing axis of 2 is read as (a, b) alone. The truth comes first.

No single number will do: a gray picture has a fair PSNR, and a gaudy one a fair colourfulness.
Error (PSNR, ab error, its AuC, dE2000) and amount of colour (colourfulness ratio, ab histogram) are
to be read together.
"""

import math
from typing import Any

import numpy as np
from scipy import stats
from skimage import color
from skimage import metrics as skimage_metrics

__all__ = [
    "AB_RANGE",
    "ab_auc",
    "ab_error",
    "ab_histogram_distance",
    "accuracy",
    "colourfulness",
    "colourfulness_ratio",
    "delta_e_2000",
    "psnr",
    "psnr_ab",
    "ssim",
]

AB_RANGE = 220.0
"""Peak of PSNR in ab: a and b span [-110, 110] [Lab units]."""

_SSIM_WINDOW = 11


def psnr(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Peak signal-to-noise ratio of RGB [dB]; higher is better, inf if equal.

    PSNR = 10 log10(1 / MSE), where MSE is the mean over pixels and channels of the squared
    difference of RGB in [0, 1].

    Raises
    ------
    TypeError, ValueError
        Not RGB as described above, or shapes that differ.

    Examples
    --------
    >>> round(psnr(np.zeros((8, 8, 3)), np.full((8, 8, 3), 0.1)), 6)
    20.0
    """
    x, y = _rgb_pair("psnr", truth, prediction)
    return _psnr(float(np.mean((x - y) ** 2)), 1.0)


def psnr_ab(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Peak signal-to-noise ratio of the ab channels [dB]; higher is better, inf if equal.

    PSNR = 10 log10(220^2 / MSE), where MSE is the mean over pixels and both channels of the squared
    difference [Lab units], and 220 the span of a and b. Papers that store ab in uint8 take 255
    instead, which gives 1.28 dB more.

    Examples
    --------
    >>> psnr_ab(np.zeros((4, 4, 2)), np.full((4, 4, 2), 22.0))
    20.0
    """
    x, y = _ab_pair("psnr_ab", truth, prediction)
    return _psnr(float(np.mean((x - y) ** 2)), AB_RANGE)


def ssim(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Structural similarity of RGB, in [-1, 1]; 1 if equal.

    SSIM = (2 mx my + c1)(2 sxy + c2) / ((mx^2 + my^2 + c1)(sx^2 + sy^2 + c2)), with means m and
    (co)variances s under a Gaussian window of sigma 1.5 (11 x 11 pixels), c1 = 0.01^2, c2 = 0.03^2,
    averaged over places and channels. Wang, Bovik, Sheikh, Simoncelli (2004), "Image quality
    assessment: from error visibility to structural similarity".

    Raises
    ------
    ValueError
        Also: a picture smaller than the window.
    """
    x, y = _rgb_pair("ssim", truth, prediction)
    if x.ndim != 3 or min(x.shape[:2]) < _SSIM_WINDOW:
        raise ValueError(
            f"ssim: pictures have shape {x.shape}; give (H, W, 3), H and W at least "
            f"{_SSIM_WINDOW}, the window"
        )
    value = skimage_metrics.structural_similarity(
        x,
        y,
        channel_axis=-1,
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(value)


def ab_error(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Mean Euclidean distance in the ab plane [Lab units]; 0 is best.

    mean over pixels of sqrt((a - a')^2 + (b - b')^2). This is the CIE 1976 colour difference when
    the lightness is the truth's, as it is in colorization.

    Examples
    --------
    >>> ab_error(np.zeros((4, 4, 2)), np.broadcast_to([3.0, 4.0], (4, 4, 2)))
    5.0
    """
    return float(np.mean(_ab_distance("ab_error", truth, prediction)))


def ab_auc(truth: np.ndarray, prediction: np.ndarray, largest: int = 150) -> float:
    """Area under the cumulative curve of ab errors, in [0, 1]; 1 is best.

    The share of pixels whose ab error is at most t, for t = 0, 1, ..., `largest` [Lab units],
    integrated by the trapezoidal rule and divided by `largest`. Deshpande, Rock, Forsyth (2015),
    "Learning large-scale automatic image colorization"; Zhang, Isola, Efros (2016), "Colorful image
    colorization", who print it in percent.

    Examples
    --------
    >>> ab_auc(np.zeros((4, 4, 2)), np.zeros((4, 4, 2)))
    1.0
    """
    if largest < 1:
        raise ValueError(f"ab_auc: largest={largest} must be at least 1 [Lab units]")
    distances = np.sort(_ab_distance("ab_auc", truth, prediction), axis=None)
    thresholds = np.arange(largest + 1)
    shares = np.searchsorted(distances, thresholds, side="right") / distances.size
    return float(np.trapezoid(shares, thresholds) / largest)


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
    R, G, B = np.moveaxis(_rgb("colourfulness", "rgb", rgb) * 255.0, -1, 0)
    rg, yb = R - G, (R + G) / 2 - B
    spread = math.hypot(float(rg.std()), float(yb.std()))
    return spread + 0.3 * math.hypot(float(rg.mean()), float(yb.mean()))


def colourfulness_ratio(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Colourfulness of the prediction divided by the truth's; 1 is best, 0 gray.

    nan if both are gray, inf if the truth alone is.
    """
    x, y = _rgb_pair("colourfulness_ratio", truth, prediction)
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
    x = _ab("ab_histogram_distance", "truth", truth)
    y = _ab("ab_histogram_distance", "prediction", prediction)
    distances = [stats.wasserstein_distance(x[..., k].ravel(), y[..., k].ravel()) for k in range(2)]
    return float(np.mean(distances))


def delta_e_2000(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Mean CIEDE2000 colour difference; 0 is best, 1 is about what the eye can tell apart.

    Both in Lab (..., 3). Sharma, Wu, Dalal (2005), "The CIEDE2000 color-difference formula", with
    kL = kC = kH = 1.
    """
    x, y = _lab("delta_e_2000", "truth", truth), _lab("delta_e_2000", "prediction", prediction)
    _same_shape("delta_e_2000", x, y)
    return float(np.mean(color.deltaE_ciede2000(x, y)))


def accuracy(scores: Any, labels: Any) -> float:
    """Share of rows whose largest score is at the label, in [0, 1].

    Parameters
    ----------
    scores : array-like
        (N, C): one score for each class.
    labels : array-like
        (N,), integers in [0, C).

    Raises
    ------
    ValueError
        Shapes that do not fit, no row, or a label outside the classes.

    Examples
    --------
    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    scores, labels = np.asarray(scores), np.asarray(labels)
    if scores.ndim != 2 or labels.shape != scores.shape[:1] or not scores.size:
        raise ValueError(
            f"accuracy: scores {scores.shape}, labels {labels.shape}; give (N, C) and (N,), N > 0"
        )
    outside = labels[(labels < 0) | (labels >= scores.shape[1])]
    if outside.size:
        raise ValueError(
            f"accuracy: label {outside[0]} is not one of {scores.shape[1]} classes, 0 to "
            f"{scores.shape[1] - 1}"
        )
    return float(np.mean(scores.argmax(axis=1) == labels))


def _psnr(mse: float, peak: float) -> float:
    return math.inf if mse == 0 else 10 * math.log10(peak**2 / mse)


def _ab_distance(operation: str, truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    x, y = _ab_pair(operation, truth, prediction)
    return np.hypot(x[..., 0] - y[..., 0], x[..., 1] - y[..., 1])


def _rgb_pair(operation: str, truth: Any, prediction: Any) -> tuple[np.ndarray, np.ndarray]:
    x, y = _rgb(operation, "truth", truth), _rgb(operation, "prediction", prediction)
    _same_shape(operation, x, y)
    return x, y


def _ab_pair(operation: str, truth: Any, prediction: Any) -> tuple[np.ndarray, np.ndarray]:
    x, y = _ab(operation, "truth", truth), _ab(operation, "prediction", prediction)
    _same_shape(operation, x, y)
    return x, y


def _rgb(operation: str, name: str, rgb: Any) -> np.ndarray:
    """Return RGB as float64 in [0, 1]."""
    rgb = _channels(operation, name, rgb, (3,))
    if rgb.dtype == np.uint8:
        return rgb / 255.0
    rgb = _floating(operation, name, rgb, "uint8 or float in [0, 1]")
    if rgb.min() < 0 or rgb.max() > 1:
        raise ValueError(
            f"{operation}: {name} lies in [{rgb.min():g}, {rgb.max():g}]; RGB floats must lie in "
            "[0, 1]: divide by 255, or clip, first"
        )
    return rgb


def _lab(operation: str, name: str, lab: Any) -> np.ndarray:
    return _floating(operation, name, _channels(operation, name, lab, (3,)), "floats")


def _ab(operation: str, name: str, lab: Any) -> np.ndarray:
    """Return (..., 2) float64 from Lab or ab."""
    lab = _channels(operation, name, lab, (2, 3))
    return _floating(operation, name, lab, "floats")[..., -2:]


def _channels(operation: str, name: str, x: Any, channels: tuple[int, ...]) -> np.ndarray:
    x = np.asarray(x)
    if x.ndim < 1 or x.shape[-1] not in channels or not x.size:
        wanted = " or ".join(f"(..., {number})" for number in channels)
        raise ValueError(f"{operation}: {name} has shape {x.shape}; give {wanted}, not empty")
    return x


def _floating(operation: str, name: str, x: np.ndarray, wanted: str) -> np.ndarray:
    if not np.issubdtype(x.dtype, np.floating):
        raise TypeError(f"{operation}: {name} has dtype {x.dtype}; give {wanted}")
    if not np.isfinite(x).all():
        raise ValueError(f"{operation}: {name} holds NaN or infinite values")
    return x.astype(np.float64)


def _same_shape(operation: str, x: np.ndarray, y: np.ndarray) -> None:
    if x.shape != y.shape:
        raise ValueError(
            f"{operation}: truth {x.shape} and prediction {y.shape} differ in shape; resize the "
            "prediction to the truth"
        )
