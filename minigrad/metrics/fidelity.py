"""How near a picture is to the truth: PSNR, SSIM and the colour difference dE2000."""

from __future__ import annotations

import math

import numpy as np
from skimage import color
from skimage import metrics as skimage_metrics

from minigrad.metrics.checks import ab_pair, checked_lab, rgb_pair, same_shape

__all__ = ["AB_RANGE", "SSIM_WINDOW", "delta_e_2000", "psnr", "psnr_ab", "ssim"]

AB_RANGE = 220.0
"""Peak of PSNR in ab: a and b span [-110, 110] [Lab units]."""

SSIM_WINDOW = 11
"""Side of the window of SSIM [pixels]: no smaller picture has one."""


def psnr(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Peak signal-to-noise ratio of RGB [dB]; higher is better, inf if equal.

    PSNR = 10 log10(1 / MSE), where MSE is the mean over pixels and channels of (truth -
    prediction)^2, RGB in [0, 1].

    Raises
    ------
    TypeError, ValueError
        Not RGB as described in `minigrad.metrics`, or shapes that differ.

    Examples
    --------
    >>> round(psnr(np.zeros((8, 8, 3)), np.full((8, 8, 3), 0.1)), 6)
    20.0
    """
    x, y = rgb_pair("psnr", truth, prediction)
    return _psnr(float(np.mean((x - y) ** 2)), 1.0)


def psnr_ab(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Peak signal-to-noise ratio of the ab channels [dB]; higher is better, inf if equal.

    PSNR = 10 log10(220^2 / MSE), where MSE is the mean over pixels and both channels of (truth -
    prediction)^2 [Lab units], and 220 the span of a and b. Papers that store ab in uint8 take 255
    instead, which gives 1.28 dB more.

    Examples
    --------
    >>> psnr_ab(np.zeros((4, 4, 2)), np.full((4, 4, 2), 22.0))
    20.0
    """
    x, y = ab_pair("psnr_ab", truth, prediction)
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
    x, y = rgb_pair("ssim", truth, prediction)
    if x.ndim != 3 or min(x.shape[:2]) < SSIM_WINDOW:
        raise ValueError(
            f"ssim: pictures have shape {x.shape}; give (H, W, 3), H and W at least "
            f"{SSIM_WINDOW}, the window"
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


def delta_e_2000(truth: np.ndarray, prediction: np.ndarray) -> float:
    """Mean CIEDE2000 colour difference; 0 is best, 1 is about what the eye can tell apart.

    Both in Lab (..., 3). The mean over pixels of sqrt((dL'/SL)^2 + (dC'/SC)^2 + (dH'/SH)^2 + RT
    (dC'/SC)(dH'/SH)), kL = kC = kH = 1. Sharma, Wu, Dalal (2005), "The CIEDE2000 color-difference
    formula".
    """
    x = checked_lab("delta_e_2000", "truth", truth)
    y = checked_lab("delta_e_2000", "prediction", prediction)
    return float(np.mean(color.deltaE_ciede2000(*same_shape("delta_e_2000", x, y))))


def _psnr(mse: float, peak: float) -> float:
    return math.inf if mse == 0 else 10 * math.log10(peak**2 / mse)
