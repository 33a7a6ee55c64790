"""Changing the size of pictures.

    N   batch       H, W     picture
    C   channels    OH, OW   output

Each mode is linear in the picture, so that its gradient is its transpose, and the gradient of that
the mode again.

Sources: PyTorch's documentation of interpolate and PixelShuffle.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.errors import SizeError
from minigrad.functional.adaptive_pool import adaptive_avg_pool2d
from minigrad.functional.checks import check_dtypes
from minigrad.functional.cubic import cubic_weights
from minigrad.functional.padding import Read
from minigrad.kernels.geometry import upsample_geometry
from minigrad.tensor import Tensor

__all__ = [
    "interpolate",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

Scale = tuple[float, float]  # step in the input for one step in the output, along height and width


class UpsampleNearest2d(Function):
    """y = x at the nearest pixel up and to the left."""

    def forward(self, x, shape, scale):
        self.scale = scale
        y = np.empty(shape, x.dtype)
        kernels.upsample_nearest2d(y, np.ascontiguousarray(x), scale)
        return y

    def backward(self, gy):
        return UpsampleNearest2dInputGrad.apply(gy, self.shapes[0], self.scale)


class UpsampleNearest2dInputGrad(Function):
    """gx = the sum of the gradients of all copies of a pixel: `UpsampleNearest2d` transposed."""

    def forward(self, gy, shape, scale):
        self.scale = scale
        gx = np.empty(shape, gy.dtype)
        kernels.upsample_nearest2d_input_grad(gx, np.ascontiguousarray(gy), scale)
        return gx

    def backward(self, ggx):
        return UpsampleNearest2d.apply(ggx, self.shapes[0], self.scale)


class UpsampleBilinear2d(Function):
    """y = x between its four nearest pixels."""

    def forward(self, x, shape, scale, align_corners):
        self.rule = scale, align_corners
        y = np.empty(shape, x.dtype)
        kernels.upsample_bilinear2d(y, np.ascontiguousarray(x), scale, align_corners)
        return y

    def backward(self, gy):
        return UpsampleBilinear2dInputGrad.apply(gy, self.shapes[0], *self.rule)


class UpsampleBilinear2dInputGrad(Function):
    """gx = the weighted sum of the gradients of all that a pixel took part in."""

    def forward(self, gy, shape, scale, align_corners):
        self.rule = scale, align_corners
        gx = np.empty(shape, gy.dtype)
        kernels.upsample_bilinear2d_input_grad(gx, np.ascontiguousarray(gy), scale, align_corners)
        return gx

    def backward(self, ggx):
        return UpsampleBilinear2d.apply(ggx, self.shapes[0], *self.rule)


def _nearest(x: Tensor, shape: tuple[int, ...], scale: Scale, align: bool) -> Tensor:
    return UpsampleNearest2d.apply(x, shape, scale)


def _bilinear(x: Tensor, shape: tuple[int, ...], scale: Scale, align: bool) -> Tensor:
    return UpsampleBilinear2d.apply(x, shape, scale, align)


def _area(x: Tensor, shape: tuple[int, ...], scale: Scale, align: bool) -> Tensor:
    return adaptive_avg_pool2d(x, shape[2:])


def _nearest_exact(x: Tensor, shape: tuple[int, ...], scale: Scale, align: bool) -> Tensor:
    """The pixel that holds the centre of the output's pixel."""
    for axis, step in ((2, scale[0]), (3, scale[1])):
        place = (np.arange(shape[axis], dtype=np.float32) + np.float32(0.5)) * np.float32(step)
        index = np.minimum(np.floor(place).astype(np.int64), x.shape[axis] - 1)
        x = Read.apply(x, axis, index)
    return x


def _bicubic(x: Tensor, shape: tuple[int, ...], scale: Scale, align: bool) -> Tensor:
    """The cubic through the four nearest pixels, along the width and then along the height."""
    for axis, step in ((3, scale[1]), (2, scale[0])):
        H, OH = x.shape[axis], shape[axis]
        o = np.arange(OH)
        if align:
            place = o * ((H - 1) / (OH - 1) if OH > 1 else 0.0)
        else:
            place = (o + 0.5) * step - 0.5
        first = np.floor(place)
        weights = cubic_weights(place - first)
        column = (OH, 1) if axis == 2 else (OH,)
        x = sum(
            Read.apply(x, axis, np.clip(first.astype(np.int64) + tap - 1, 0, H - 1))
            * x.wrap(weights[tap].astype(x.array.dtype).reshape(column))
            for tap in range(4)
        )
    return x


# mode: (how, whether align_corners has a meaning); 3-dimensional input is a picture one pixel high
_PICTURES: dict[str, tuple[Any, bool]] = {
    "nearest": (_nearest, False),
    "nearest-exact": (_nearest_exact, False),
    "area": (_area, False),
    "bilinear": (_bilinear, True),
    "bicubic": (_bicubic, True),
}
_ROWS: dict[str, tuple[Any, bool]] = {
    **{name: _PICTURES[name] for name in ("nearest", "nearest-exact", "area")},
    "linear": (_bilinear, True),
}


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize pictures (N, C, H, W), or rows (N, C, L).

    Parameters
    ----------
    input : Tensor
        Pictures or rows.
    size : int or pair of int, optional
        Of the output [pixels].
    scale_factor : float or pair of float, optional
        The output's size is floor(H * scale_factor); exactly one of this and ``size`` is given.
    mode : str
        "nearest" (up and to the left), "nearest-exact" (by centres), "bilinear" ("linear" for
        rows), "bicubic", "area" (means of cells, as in adaptive pooling).
    align_corners : bool, optional
        For the linear and cubic modes: lay the centres of the corner pixels on each other;
        otherwise their edges.
    recompute_scale_factor : bool, optional
        Take the step between pixels from the sizes, not from ``scale_factor``.
    antialias : bool
        Must be False.

    Raises
    ------
    ValueError
        For sizes and factors out of range, both or neither given, or ``align_corners`` with another
        mode.
    NotImplementedError
        For a mode that does not fit the input's dimensions, and for ``antialias``.
    TypeError
        For a dtype that is not floating.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> x = minigrad.tensor([[[[1.0, 2.0]]]])
    >>> F.interpolate(x, scale_factor=2).tolist()
    [[[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]]
    >>> F.interpolate(x, size=(1, 3), mode="bilinear", align_corners=True).tolist()
    [[[[1.0, 1.5, 2.0]]]]
    """
    check_dtypes("interpolate", input=input)
    how, has_corners = _mode(input, mode)
    if align_corners is not None and not has_corners:
        raise SizeError(
            f"interpolate: align_corners (={align_corners}) has no meaning in mode {mode!r}; leave "
            "it out"
        )
    if antialias:
        raise NotImplementedError(
            "interpolate: antialias=True is not offered; use mode='area' to reduce a picture"
        )
    _check_one_size(size, scale_factor, recompute_scale_factor)
    rows = input.ndim == 3
    x = input.unsqueeze(2) if rows else input
    size = _sizes(size, 1 if rows else None, "size")
    scale_factor = _sizes(scale_factor, 1.0 if rows else None, "scale_factor")
    scale, shape = upsample_geometry(x.shape, size, scale_factor, bool(recompute_scale_factor))
    y = how(x, shape, scale, bool(align_corners))
    return y.squeeze(2) if rows else y


def _mode(x: Tensor, mode: str) -> tuple[Any, bool]:
    modes = {3: _ROWS, 4: _PICTURES}.get(x.ndim)
    if modes is None or mode not in modes:
        raise NotImplementedError(
            f"interpolate: mode (={mode!r}) does not resize an input of {x.ndim} dimensions; 3 "
            "(rows) take "
            f"{', '.join(_ROWS)}, and 4 (pictures) {', '.join(_PICTURES)}"
        )
    return modes[mode]


def _check_one_size(size: Any, scale_factor: Any, recompute: bool | None) -> None:
    if (size is None) == (scale_factor is None):
        raise ValueError(
            f"interpolate: exactly one of size (={size}) and scale_factor (={scale_factor}) must "
            "be given"
        )
    if recompute and size is not None:
        raise ValueError(
            "interpolate: recompute_scale_factor has no meaning beside size; give scale_factor"
        )


def _sizes(value: Any, of_height: float | None, name: str) -> Any:
    """A size or factor for both axes; ``of_height`` is that of the height of rows."""
    if value is None:
        return None
    count = 2 if of_height is None else 1
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * count
    if len(values) != count:
        raise SizeError(
            f"interpolate: {name} must hold {count} values, one for each axis of the picture, got "
            f"{value!r}"
        )
    return values if of_height is None else (of_height, *values)


def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """`interpolate` under its old name."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` in mode "nearest"."""
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` in mode "bilinear" with ``align_corners=True``."""
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)
