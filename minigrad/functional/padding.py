"""Padding pictures, and taking them apart into windows.

    N   batch       H, W     picture      KH, KW   kernel      PH, PW   padding
    C   channels    L        windows      SH, SW   stride      DH, DW   dilation

Padding with a constant and cropping are each other's gradients.  The other modes read the picture
at an index along each axis, and their gradient adds at that index.

Source: PyTorch's documentation of pad, Unfold and Fold.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.errors import SizeError
from minigrad.functional.checks import batched, check_dtypes, check_tensor
from minigrad.kernels.geometry import fold_geometry, unfold_geometry
from minigrad.kernels.sizes import check_memory
from minigrad.tensor import Tensor

__all__ = ["fold", "pad", "unfold"]

Pair = int | tuple[int, int]
Margins = tuple[tuple[int, int], ...]  # (before, after) of each axis, first axis first


class Pad(Function):
    """y = x with margins filled with a value; negative margins crop."""

    def forward(self, x, margins, value):
        self.margins = margins
        shape = tuple(a + n + b for n, (a, b) in zip(x.shape, margins, strict=True))
        inner = tuple(
            slice(max(a, 0), max(n - max(b, 0), 0))
            for n, (a, b) in zip(shape, margins, strict=True)
        )
        taken = tuple(
            slice(max(-a, 0), max(n - max(-b, 0), 0))
            for n, (a, b) in zip(x.shape, margins, strict=True)
        )
        y = np.full(shape, value, x.dtype) if value else np.zeros(shape, x.dtype)
        y[inner] = x[taken]
        return y

    def backward(self, gy):
        return Pad.apply(gy, tuple((-a, -b) for a, b in self.margins), 0)


class Read(Function):
    """y[..., o, ...] = x[..., index[o], ...] along one axis."""

    def forward(self, x, axis, index):
        self.axis, self.index = axis, index
        return np.take(x, index, axis)

    def backward(self, gy):
        return AddRead.apply(gy, self.axis, self.index, self.shapes[0][self.axis])


class AddRead(Function):
    """gx[..., index[o], ...] += gy[..., o, ...] along one axis; the transpose of `Read`."""

    def forward(self, gy, axis, index, extent):
        self.axis, self.index = axis, index
        shape = list(gy.shape)
        shape[axis] = extent
        gx = np.zeros(shape, gy.dtype)
        to, of = np.moveaxis(gx, axis, 0), np.moveaxis(gy, axis, 0)
        for o, i in enumerate(index):
            to[i] += of[o]
        return gx

    def backward(self, ggx):
        return Read.apply(ggx, self.axis, self.index)


class Unfold(Function):
    """columns = the windows of x, side by side (im2col)."""

    def forward(self, x, geometry, shape):
        self.geometry = geometry
        columns = np.empty(shape, x.dtype)
        kernels.unfold(columns, np.ascontiguousarray(x), geometry)
        return columns

    def backward(self, gc):
        return Fold.apply(gc, self.geometry, self.shapes[0])


class Fold(Function):
    """x = the columns, each added to its window (col2im): `Unfold` transposed."""

    def forward(self, columns, geometry, shape):
        self.geometry = geometry
        x = np.empty(shape, columns.dtype)
        kernels.fold(x, np.ascontiguousarray(columns), geometry)
        return x

    def backward(self, gx):
        return Unfold.apply(gx, self.geometry, self.shapes[0])


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Add margins to a tensor, or crop it where they are negative.

    Parameters
    ----------
    input : Tensor
        Any shape for "constant"; a batch and channels (or channels alone) before the padded axes
        for the others.
    pad : sequence of int
        (before, after) of the last axis, then of the last but one, and so on: (left, right, top,
        bottom).
    mode : str
        "constant"; "reflect" (mirrored at the outermost pixels), "replicate" (the outermost pixels
        repeated) or "circular" (the other side).
    value : float, optional
        What "constant" fills with; 0 if left out.

    Raises
    ------
    ValueError
        For a number of margins that does not fit, a mirror or circle wider than the picture, or an
        empty result.
    NotImplementedError
        For an unknown mode, or a number of axes that a mode does not pad.
    TypeError
        For margins that are not integers.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.pad(minigrad.tensor([[1, 2, 3]]), (2, -1)).tolist()
    [[0, 0, 1, 2]]
    >>> F.pad(minigrad.tensor([[1, 2, 3]]), (2, 1), mode="reflect").tolist()
    [[3, 2, 1, 2, 3, 2]]
    """
    check_tensor(input, "input", "pad")
    margins = _margins(pad, input)
    if value is not None and not isinstance(value, (int, float, np.number)):
        raise TypeError(f"pad: value must be a number, got {value!r}")
    if mode == "constant":
        _check_shape(input, margins)
        return Pad.apply(input, margins, 0 if value is None else value)
    if mode not in _INDEX:
        raise NotImplementedError(
            f"pad: mode (={mode!r}) must be 'constant', 'reflect', 'replicate' or 'circular'"
        )
    if value is not None and value != 0:
        raise SizeError(f"pad: value (={value}) has no place in mode {mode!r}; leave it out")
    _check_axes(input, len(pad) // 2, mode)
    y = input
    for axis, (before, after) in enumerate(margins):
        if before or after:
            n = input.shape[axis]
            _LIMITS[mode](n, before, after, axis)
            y = Read.apply(y, axis, _INDEX[mode](n, before, after))
    return y if y is not input else input.clone()


def _reflected(n: int, before: int, after: int) -> np.ndarray:
    i = np.abs(np.arange(-before, n + after))
    return np.where(i < n, i, 2 * (n - 1) - i)


def _repeated(n: int, before: int, after: int) -> np.ndarray:
    return np.clip(np.arange(-before, n + after), 0, n - 1)


def _wrapped(n: int, before: int, after: int) -> np.ndarray:
    """The circle closes round what is left of the axis after a crop."""
    first, kept = max(-before, 0), n - max(-before, 0) - max(-after, 0)
    return first + np.arange(-max(before, 0), kept + max(after, 0)) % kept


_INDEX: dict[str, Any] = {"reflect": _reflected, "replicate": _repeated, "circular": _wrapped}


def _margins(pad: Any, x: Tensor) -> Margins:
    if not isinstance(pad, (tuple, list)):
        raise TypeError(f"pad: pad must be a sequence of integers, got {pad!r}")
    try:
        pad = tuple(operator.index(p) for p in pad)
    except TypeError:
        raise TypeError(f"pad: pad must be a sequence of integers, got {pad!r}") from None
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise SizeError(
            f"pad: pad (={pad}) must hold two margins for each padded axis, the last axis "
            "first, and no "
            f"more than the {x.ndim} axes of the input"
        )
    last_first = tuple(zip(pad[::2], pad[1::2], strict=True))
    return ((0, 0),) * (x.ndim - len(last_first)) + last_first[::-1]


def _check_shape(x: Tensor, margins: Margins) -> None:
    shape = tuple(a + n + b for n, (a, b) in zip(x.shape, margins, strict=True))
    left = (n + min(a, 0) + min(b, 0) for n, (a, b) in zip(x.shape, margins, strict=True))
    if min(left, default=0) < 0:
        raise SizeError(
            f"pad: the margins {margins} (of each axis, first axis first) crop more than the input "
            "of shape "
            f"{tuple(x.shape)} has: the result would have shape {shape}"
        )
    check_memory(shape, "pad", itemsize=x.array.itemsize)


def _check_axes(x: Tensor, count: int, mode: str) -> None:
    """Refuse what has no channels before the padded axes, and what has nothing to read."""
    if count not in (1, 2, 3) or x.ndim not in (count + 1, count + 2):
        raise NotImplementedError(
            f"pad: mode {mode!r} pads the last 1, 2 or 3 axes of an input that has channels, or a "
            "batch and "
            f"channels, before them; got {2 * count} margins for an input of shape {tuple(x.shape)}"
        )
    if mode != "circular" and 0 in x.shape[x.ndim - count - 1 :]:
        raise SizeError(
            f"pad: mode {mode!r} has nothing to read in an input of shape {tuple(x.shape)}; only "
            "the batch may "
            "be empty"
        )


def _limit(n: int, before: int, after: int, axis: int, most: float, mode: str) -> None:
    if max(before, after) > most:
        raise SizeError(
            f"pad: mode {mode!r} allows margins of at most {most} on axis {axis}, which has {n} "
            "places, got "
            f"{before} and {after}"
        )
    if n + before + after < 1:
        raise SizeError(
            f"pad: margins of {before} and {after} leave nothing of axis {axis}, which has {n} "
            "places"
        )


_LIMITS: dict[str, Any] = {
    "reflect": lambda n, a, b, axis: _limit(n, a, b, axis, n - 1, "reflect"),
    "replicate": lambda n, a, b, axis: _limit(n, a, b, axis, float("inf"), "replicate"),
    "circular": lambda n, a, b, axis: _limit(n, a, b, axis, n + min(a, 0) + min(b, 0), "circular"),
}


def unfold(
    input: Tensor, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1
) -> Tensor:
    """Lay the windows of pictures side by side, one column each (im2col).

    Parameters
    ----------
    input : Tensor
        (N, C, H, W), or (C, H, W).
    kernel_size, dilation, padding, stride : int or pair of int
        Of the windows [pixels]; PyTorch's order.

    Returns
    -------
    Tensor
        (N, C*KH*KW, L).

    Raises
    ------
    ValueError, TypeError, MemoryError
        For settings out of range, a window that does not fit, or columns that no memory holds.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.unfold(minigrad.arange(6.0).reshape(1, 2, 3), (2, 2)).tolist()
    [[0.0, 1.0], [1.0, 2.0], [3.0, 4.0], [4.0, 5.0]]
    """
    check_dtypes("unfold", input=input)
    x = batched(input, 4, "unfold")
    geometry, shape = unfold_geometry(x.shape, kernel_size, dilation, padding, stride)
    columns = Unfold.apply(x, geometry, shape)
    return columns if input.ndim == 4 else columns[0]


def fold(
    input: Tensor,
    output_size: Pair,
    kernel_size: Pair,
    dilation: Pair = 1,
    padding: Pair = 0,
    stride: Pair = 1,
) -> Tensor:
    """Add columns back to the windows they belong to (col2im): the transpose of `unfold`.

    Parameters
    ----------
    input : Tensor
        (N, C*KH*KW, L), or (C*KH*KW, L).
    output_size : int or pair of int
        H and W [pixels].
    kernel_size, dilation, padding, stride : int or pair of int
        Of the windows [pixels].

    Returns
    -------
    Tensor
        (N, C, H, W); windows that overlap add up.

    Raises
    ------
    ValueError, TypeError
        Also for columns that are not those of a picture of that size.
    """
    check_dtypes("fold", input=input)
    columns = batched(input, 3, "fold")
    geometry, shape = fold_geometry(
        columns.shape, output_size, kernel_size, dilation, padding, stride
    )
    x = Fold.apply(columns, geometry, shape)
    return x if input.ndim == 3 else x[0]
