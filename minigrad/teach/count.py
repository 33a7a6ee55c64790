"""Counting by doing: numbers that notice when they are multiplied, sent through the textbook.

The kernels of `kernels.loops` are plain loops, so they run on any numbers. Here they run, as the
Python functions they are, on arrays of numbers that keep a tally. What is counted is what happened.

A convolution joins two maps: the large one, which is slid over, and the small one, which has a
position for every place of the window. Tap (kh, kw) of position (oh, ow) lies on the large map at
``(oh*SH + kh*DH - PH, ow*SW + kw*DW - PW)``. Along these pairs

    gather      writes the small map     conv2d             input gradient of conv_transpose2d
    scatter     writes the large map     conv_transpose2d   input gradient of conv2d
    collect     writes the weight        the weight gradient of both

and each can be done in three ways that give the same numbers and cost differently:

    taps        the textbook kernel as it is: taps outside the picture are left out
    dense       zeros are laid around the large map (or it is made larger, and cropped afterwards),
                so that every weight meets every position of the small map
    positions   every weight meets every position of the layer's output; for a scatter that is a
                convolution over the small map with zeros inserted
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.kernels.loops import (
    channel_sums,
    conv2d,
    conv2d_weight_grad,
    conv_transpose2d,
    upsample_nearest2d,
)

__all__ = ["Cells", "Number", "Tally", "WAYS", "Windows", "count_bias", "count_upsampling"]

WAYS = ("taps", "dense", "positions")


@dataclass
class Tally:
    """What happened to the numbers of one run."""

    products: int = 0
    additions: int = 0
    reads: int = 0
    writes: int = 0


class Number:
    """A number that tells its tally of every multiplication and addition it takes part in."""

    __slots__ = ("tally", "value")

    def __init__(self, value: Any, tally: Tally) -> None:
        self.value, self.tally = value, tally

    def __mul__(self, other: Any) -> Number:
        self.tally.products += 1
        return Number(self.value * _value(other), self.tally)

    def __add__(self, other: Any) -> Number:
        self.tally.additions += 1
        return Number(self.value + _value(other), self.tally)

    __rmul__ = __mul__
    __radd__ = __add__


def _value(number: Any) -> Any:
    return number.value if isinstance(number, Number) else number


class Cells:
    """An array that counts how often a cell is read and written."""

    def __init__(self, array: np.ndarray, tally: Tally) -> None:
        self.array, self.tally, self.shape = array, tally, array.shape

    def __getitem__(self, index: Any) -> Any:
        self.tally.reads += 1
        return self.array[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self.tally.writes += 1
        self.array[index] = value


def _python(kernel: Any) -> Callable[..., Any]:
    """The kernel's own Python function (the kernel itself where nothing is compiled)."""
    return getattr(kernel, "py_func", kernel)


def _numbers(array: np.ndarray, tally: Tally) -> np.ndarray:
    """An array of numbers that count, with the values of another."""
    counted = np.empty(array.shape, object)
    for index, value in np.ndenumerate(array):
        counted[index] = Number(value, tally)
    return counted


def _values(array: np.ndarray) -> np.ndarray:
    return np.vectorize(_value, otypes=[object])(array) if array.size else array


@dataclass(frozen=True)
class Windows:
    """Two maps joined by windows; sizes and settings are pairs (height, width).

    Attributes
    ----------
    large, small : (int, int)
        Sides of the two maps.
    above, below : int
        Channels of the large map, and of the small one.
    """

    large: tuple[int, int]
    small: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    above: int = 1
    below: int = 1
    groups: int = 1

    def gather(self, way: str, x: np.ndarray | None = None) -> tuple[Tally, np.ndarray]:
        """Write the small map from the large one, x (1, above, H, W); "positions" is "dense"."""
        tally = Tally()
        x = self._picture(self.above, self.large) if x is None else x
        padding, w = self.padding, _numbers(self.weight(), tally)
        if way != "taps":
            x, padding = _surrounded(x, self.padding, self._beyond()), (0, 0)
        y = np.empty((1, self.below, *self.small), object)
        geometry = (self.stride, padding, self.dilation, self.groups)
        _python(conv2d)(y, _numbers(x, tally), w, _zeros(self.below, tally), geometry)
        return tally, _values(y)

    def scatter(self, way: str, x: np.ndarray | None = None) -> tuple[Tally, np.ndarray]:
        """Write the large map from the small one, x (1, below, OH, OW)."""
        tally = Tally()
        x = self._picture(self.below, self.small) if x is None else x
        w, b = self.weight(), _zeros(self.above, tally)
        if way == "positions":
            # Tap k of the turned kernel reaches D*(K - 1) - k*D further; padding takes PH away.
            x = self._spread(x)
            y = np.empty((1, self.above, *self.large), object)
            geometry = ((1, 1), (0, 0), self.dilation, self.groups)
            turned = _numbers(_turned(w, self.groups), tally)
            _python(conv2d)(y, _numbers(x, tally), turned, b, geometry)
            return tally, _values(y)
        padding, sides = self.padding, self.large
        if way == "dense":
            padding = (0, 0)
            sides = _pair(
                max(P + H, (OH - 1) * S + D * (K - 1) + 1) for P, H, OH, S, K, D in self._axes()
            )
        y = np.empty((1, self.above, *sides), object)
        geometry = (self.stride, padding, self.dilation, self.groups)
        _python(conv_transpose2d)(y, _numbers(x, tally), _numbers(w, tally), b, geometry)
        if way == "dense":
            (PH, PW), (H, W) = self.padding, self.large
            y = y[:, :, PH : PH + H, PW : PW + W]
        return tally, _values(y)

    def collect(
        self,
        way: str,
        large: np.ndarray | None = None,
        small: np.ndarray | None = None,
        transposed: bool = False,
    ) -> tuple[Tally, np.ndarray]:
        """Write the gradient of the weight from a large and a small map.

        "positions" are those of the small map, or of the large one for a `transposed` layer, whose
        small map then gets zeros inserted.
        """
        tally = Tally()
        large = self._picture(self.above, self.large) if large is None else large
        small = self._picture(self.below, self.small) if small is None else small
        gw = np.empty(self.weight().shape, object)
        kernel = _python(conv2d_weight_grad)
        if way == "positions" and transposed:
            # The same product from the other side: windows of the spread small map, seen from
            # every pixel of the large one; the result is turned by 180 degrees.
            spread, turned = self._spread(small), _turned(self.weight(), self.groups)
            gw = np.empty(turned.shape, object)
            geometry = ((1, 1), (0, 0), self.dilation, self.groups)
            kernel(gw, _numbers(spread, tally), _numbers(large, tally), geometry)
            return tally, _turned(_values(gw), self.groups)
        padding = self.padding
        if way != "taps":
            large, padding = _surrounded(large, self.padding, self._beyond()), (0, 0)
        geometry = (self.stride, padding, self.dilation, self.groups)
        kernel(gw, _numbers(large, tally), _numbers(small, tally), geometry)
        return tally, _values(gw)

    def weight(self) -> np.ndarray:
        """Some whole numbers, (below, above/G, KH, KW)."""
        shape = (self.below, self.above // self.groups, *self.kernel)
        return (np.arange(np.prod(shape)) % 7 - 3).reshape(shape)

    def _picture(self, channels: int, sides: tuple[int, int]) -> np.ndarray:
        shape = (1, channels, *sides)
        return (np.arange(np.prod(shape)) % 11 - 5).reshape(shape)

    def _axes(self) -> list[tuple[int, ...]]:
        """For each axis: padding, large side, small side, stride, kernel, dilation."""
        settings = (self.padding, self.large, self.small, self.stride, self.kernel, self.dilation)
        return list(zip(*settings, strict=True))

    def _beyond(self) -> tuple[int, int]:
        """Rows that the last window reaches below the large map (negative: left over)."""
        return _pair((OH - 1) * S + D * (K - 1) + 1 - P - H for P, H, OH, S, K, D in self._axes())

    def _spread(self, x: np.ndarray) -> np.ndarray:
        """The small map with S - 1 zeros inserted, and zeros around it for every tap."""
        (SH, SW), (OH, OW) = self.stride, self.small
        spread = np.zeros((*x.shape[:2], (OH - 1) * SH + 1, (OW - 1) * SW + 1), x.dtype)
        spread[:, :, ::SH, ::SW] = x
        first = _pair(D * (K - 1) - P for P, _, _, _, K, D in self._axes())
        last = _pair(P + H - ((OH - 1) * S + 1) for P, H, OH, S, _, _ in self._axes())
        return _surrounded(spread, first, last)


def count_bias(channels: int, sides: tuple[int, int]) -> Tally:
    """Additions of the gradient of a bias: each number of the output's gradient is added once."""
    tally = Tally()
    gy = _numbers(np.ones((1, channels, sides[0] * sides[1]), int), tally)
    _python(channel_sums)(np.empty(channels, object), gy)
    return tally


def count_upsampling(channels: int, sides: tuple[int, int], factor: int) -> Tally:
    """Reads and writes of nearest up-sampling of a (channels, H, W) map by a whole factor."""
    tally = Tally()
    H, W = sides
    x = Cells(np.zeros((1, channels, H, W)), tally)
    y = Cells(np.empty((1, channels, H * factor, W * factor)), tally)
    _python(upsample_nearest2d)(y, x, (1 / factor, 1 / factor))
    return tally


def _zeros(channels: int, tally: Tally) -> np.ndarray:
    return _numbers(np.zeros(channels, int), tally)


def _pair(numbers: Any) -> tuple[int, int]:
    first, second = numbers
    return first, second


def _turned(w: np.ndarray, G: int) -> np.ndarray:
    """(O, C/G, KH, KW) turned by 180 degrees, in and out exchanged in each group: (C, O/G, ...)."""
    O, CG, KH, KW = w.shape
    grouped = w[:, :, ::-1, ::-1].reshape(G, O // G, CG, KH, KW)
    return grouped.transpose(0, 2, 1, 3, 4).reshape(G * CG, O // G, KH, KW)


def _surrounded(x: np.ndarray, first: tuple[int, int], last: tuple[int, int]) -> np.ndarray:
    """Zeros laid around a map: above and left, below and right; negative numbers crop."""
    (top, left), (bottom, right) = first, last
    H, W = x.shape[-2:]
    x = x[..., max(-top, 0) : H + min(bottom, 0), max(-left, 0) : W + min(right, 0)]
    low = (max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0))
    return np.pad(x, ((0, 0), (0, 0), *low))
