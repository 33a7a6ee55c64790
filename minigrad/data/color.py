"""RGB <-> CIE Lab <-> the numbers a network sees, with the units stated.

=============  =========================  ================================================
quantity       range                      meaning
=============  =========================  ================================================
RGB            uint8 [0, 255]             sRGB, as in files
RGB            float [0, 1]               the same, divided by 255
L              [0, 100]                   lightness
a, b           about [-110, 110]          green to red, blue to yellow; 0 is gray
network L      L / 50 - 1, in [-1, 1]     input of the network
network ab     ab / 110, about [-1, 1]    output of the network (tanh reaches all of sRGB)
=============  =========================  ================================================

Pictures have their channels last (H, W, 3), network arrays first (1, H, W) and (2, H, W); any axes
before these, such as a batch, stay where they are. The white point is D65, 2 degrees. float32 stays
float32. The formulas are scikit-image's (`skimage.color.rgb2lab`), after CIE 15 and IEC 61966-2-1.
"""

import numpy as np
from skimage import color

__all__ = [
    "AB_SCALE",
    "L_SCALE",
    "lab_to_network",
    "lab_to_rgb",
    "network_to_lab",
    "network_to_rgb",
    "rgb_to_float",
    "rgb_to_lab",
    "rgb_to_network",
    "rgb_to_uint8",
]

L_SCALE = 50.0
"""Network L = L / L_SCALE - 1 [Lab units]."""

AB_SCALE = 110.0
"""Network ab = ab / AB_SCALE [Lab units]. sRGB has a in [-86.2, 98.3], b in [-107.9, 94.5]."""


def rgb_to_float(rgb: np.ndarray) -> np.ndarray:
    """Return RGB as floats in [0, 1]: uint8 becomes float32, floats are checked and kept.

    Raises
    ------
    TypeError
        Another dtype: integers other than uint8 have no agreed white.
    ValueError
        Channels not last, or floats that are not finite or not in [0, 1].

    Examples
    --------
    >>> rgb_to_float(np.array([[[0, 51, 255]]], np.uint8))
    array([[[0. , 0.2, 1. ]]], dtype=float32)
    """
    rgb = np.asarray(rgb)
    _check_channels("rgb_to_float", "rgb", rgb, -1, 3)
    if rgb.dtype == np.uint8:
        return rgb.astype(np.float32) / np.float32(255)
    if rgb.dtype not in (np.float32, np.float64):
        raise TypeError(
            f"rgb_to_float: rgb has dtype {rgb.dtype}; give uint8 in [0, 255], "
            "or float32 / float64 in [0, 1]"
        )
    if rgb.size and not (rgb.min() >= 0 and rgb.max() <= 1):
        raise ValueError(
            f"rgb_to_float: rgb lies in [{rgb.min():g}, {rgb.max():g}]; floats must lie in [0, 1]: "
            "divide by 255, or clip, first"
        )
    return rgb


def rgb_to_uint8(rgb: np.ndarray) -> np.ndarray:
    """Return RGB floats in [0, 1] as uint8, rounded to nearest; uint8 is returned as it is."""
    rgb = np.asarray(rgb)
    if rgb.dtype == np.uint8:
        return rgb
    return np.round(rgb_to_float(rgb) * 255).astype(np.uint8)


def rgb_to_lab(rgb: np.ndarray) -> np.ndarray:
    """Convert sRGB to CIE Lab.

    Parameters
    ----------
    rgb : numpy.ndarray
        (..., 3), uint8 in [0, 255], or float32 / float64 in [0, 1].

    Returns
    -------
    numpy.ndarray
        (..., 3): L in [0, 100], a and b about [-110, 110]; float32, or float64 if given so.

    Raises
    ------
    TypeError, ValueError
        As `rgb_to_float`.

    Examples
    --------
    >>> rgb_to_lab(np.full((1, 1, 3), 255, np.uint8)).round(1) + 0
    array([[[100.,   0.,   0.]]], dtype=float32)
    """
    return color.rgb2lab(rgb_to_float(rgb))


def lab_to_rgb(lab: np.ndarray) -> np.ndarray:
    """Convert CIE Lab to sRGB; colours that sRGB cannot show are clipped to its nearest faces.

    There is one clip, of the resulting R, G and B to [0, 1]. Lab values beyond any light (b so
    large that the tristimulus value Z would be negative) are moved to Z = 0 on the way.

    Parameters
    ----------
    lab : numpy.ndarray
        (..., 3), float32 or float64: L in [0, 100], a, b.

    Returns
    -------
    numpy.ndarray
        (..., 3), in [0, 1], of the dtype of `lab`.

    Raises
    ------
    TypeError
        Not float32 or float64.
    ValueError
        Channels not last, or values that are not finite.

    Examples
    --------
    >>> lab_to_rgb(np.array([[[100.0, 0.0, 0.0]]])).round(2)
    array([[[1., 1., 1.]]])
    """
    lab = np.asarray(lab)
    _check_channels("lab_to_rgb", "lab", lab, -1, 3)
    if lab.dtype not in (np.float32, np.float64):
        raise TypeError(f"lab_to_rgb: lab has dtype {lab.dtype}; give float32 or float64")
    if not np.isfinite(lab).all():
        raise ValueError("lab_to_rgb: lab holds NaN or infinite values; the network has diverged?")
    L, a, b = lab[..., 0], lab[..., 1], lab[..., 2]
    # z = (L + 16) / 116 - b / 200 must not fall below 0. A hair inside, so that rounding cannot
    # bring it there: scikit-image would warn of each such pixel.
    largest_b = (L + 16) * lab.dtype.type(200 / 116 * (1 - 1e-5))
    possible = np.stack([L, a, np.minimum(b, largest_b)], axis=-1)
    return np.clip(color.lab2rgb(possible), 0, 1)


def lab_to_network(lab: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split Lab into a network's input and output.

    Parameters
    ----------
    lab : numpy.ndarray
        (..., H, W, 3), floats: L in [0, 100], a, b.

    Returns
    -------
    tuple of numpy.ndarray
        Lightness (..., 1, H, W) = L / 50 - 1, and colour (..., 2, H, W) = ab / 110; contiguous,
        of the dtype of `lab`.

    Examples
    --------
    >>> L, ab = lab_to_network(np.array([[[50.0, 55.0, -110.0]]]))
    >>> L.ravel(), ab.ravel()
    (array([0.]), array([ 0.5, -1. ]))
    """
    lab = np.asarray(lab)
    _check_channels("lab_to_network", "lab", lab, -1, 3)
    planes = np.moveaxis(lab, -1, -3)
    lightness = planes[..., :1, :, :] / L_SCALE - 1
    return np.ascontiguousarray(lightness), np.ascontiguousarray(planes[..., 1:, :, :] / AB_SCALE)


def network_to_lab(lightness: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Join a network's input and output into Lab: the inverse of `lab_to_network`.

    Parameters
    ----------
    lightness : numpy.ndarray
        (..., 1, H, W), L / 50 - 1.
    ab : numpy.ndarray
        (..., 2, H, W), ab / 110, of the same H and W.

    Returns
    -------
    numpy.ndarray
        (..., H, W, 3): L, a, b.

    Raises
    ------
    ValueError
        Wrong channels, or sizes that differ.
    """
    lightness, ab = np.asarray(lightness), np.asarray(ab)
    _check_channels("network_to_lab", "lightness", lightness, -3, 1)
    _check_channels("network_to_lab", "ab", ab, -3, 2)
    if lightness.shape[:-3] + lightness.shape[-2:] != ab.shape[:-3] + ab.shape[-2:]:
        raise ValueError(
            f"network_to_lab: lightness {lightness.shape} and ab {ab.shape} differ in more than "
            "their channels; resize ab to the picture first (resize_planes)"
        )
    planes = np.concatenate([(lightness + 1) * L_SCALE, ab * AB_SCALE], axis=-3)
    return np.moveaxis(planes, -3, -1)


def rgb_to_network(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Convert sRGB (..., H, W, 3) to the network's L (..., 1, H, W) and ab (..., 2, H, W)."""
    return lab_to_network(rgb_to_lab(rgb))


def network_to_rgb(lightness: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Convert the network's lightness and ab to sRGB (..., H, W, 3), uint8."""
    return rgb_to_uint8(lab_to_rgb(network_to_lab(lightness, ab)))


def _check_channels(operation: str, name: str, x: np.ndarray, axis: int, channels: int) -> None:
    if x.ndim < -axis or x.shape[axis] != channels:
        where = "last" if axis == -1 else "third from last"
        raise ValueError(
            f"{operation}: {name} has shape {x.shape}; its {where} axis must hold {channels} "
            f"channel{'s' if channels > 1 else ''}"
        )
