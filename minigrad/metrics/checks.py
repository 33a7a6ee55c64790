"""What every metric asks of its arrays, and the errors that name metric and argument."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "ab_distances",
    "ab_pair",
    "checked_ab",
    "checked_lab",
    "checked_rgb",
    "rgb_pair",
    "same_shape",
]


def checked_rgb(operation: str, name: str, rgb: Any) -> np.ndarray:
    """Return RGB (..., 3) as float64 in [0, 1].

    Raises
    ------
    TypeError, ValueError
        Neither uint8 nor floats in [0, 1], no three channels last, or empty.
    """
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


def checked_lab(operation: str, name: str, lab: Any) -> np.ndarray:
    """Return Lab (..., 3) as float64."""
    return _floating(operation, name, _channels(operation, name, lab, (3,)), "floats")


def checked_ab(operation: str, name: str, lab: Any) -> np.ndarray:
    """Return ab (..., 2) as float64, from Lab or ab."""
    lab = _channels(operation, name, lab, (2, 3))
    return _floating(operation, name, lab, "floats")[..., -2:]


def rgb_pair(operation: str, truth: Any, prediction: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return two pictures of one shape, as `checked_rgb` does."""
    x = checked_rgb(operation, "truth", truth)
    y = checked_rgb(operation, "prediction", prediction)
    return same_shape(operation, x, y)


def ab_pair(operation: str, truth: Any, prediction: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return two pictures' ab of one shape, as `checked_ab` does."""
    x = checked_ab(operation, "truth", truth)
    y = checked_ab(operation, "prediction", prediction)
    return same_shape(operation, x, y)


def ab_distances(operation: str, truth: Any, prediction: Any) -> np.ndarray:
    """Return the Euclidean distance in the ab plane at each pixel [Lab units]."""
    x, y = ab_pair(operation, truth, prediction)
    return np.hypot(x[..., 0] - y[..., 0], x[..., 1] - y[..., 1])


def same_shape(operation: str, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both, or refuse shapes that differ."""
    if x.shape != y.shape:
        raise ValueError(
            f"{operation}: truth {x.shape} and prediction {y.shape} differ in shape; resize the "
            "prediction to the truth"
        )
    return x, y


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
