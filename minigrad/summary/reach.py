"""Receptive fields: which rows and columns of the input act on each row and column of a map.

    S   stride     P   padding      o   a row (or column) of the output
    K   kernel     D   dilation     h   a row (or column) of the input of one operation

Along each axis of the picture a map has a `Span`: for every row the first and the last row of the
network's input that it depends on.  An operation's rule is its *taps*, the table of the rows h that
row o reads; the span of its output is the union over them::

    convolution, pooling     h = o S - P + k D
    transposed convolution   h = (o + P - k D) / S     where that is whole
    nearest up-sampling      h = floor(o / S)

So branches of different reach need no rule of their own, nor do strides that differ on the way up
and down.  Channels are not told apart, and operations without a rule are taken to mix all rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minigrad.autograd import Function
from minigrad.functional.adaptive_pool import AdaptiveAvgPool2d, AdaptiveMaxPool2d
from minigrad.functional.conv import Conv2d, ConvTranspose2d
from minigrad.functional.dropouts import Dropout
from minigrad.functional.norm_functions import Normalize, NormalizeBy
from minigrad.functional.padding import Pad, Read
from minigrad.functional.pool import AvgPool2d, MaxPool2d
from minigrad.functional.resample import UpsampleBilinear2d, UpsampleNearest2d
from minigrad.functional.shuffle import PixelShuffle, PixelUnshuffle
from minigrad.functional.softmaxes import LogSoftmax, Softmax
from minigrad.primitives.layout import Cat, Reshape
from minigrad.primitives.reduction import Sum
from minigrad.summary.shapes import is_pointwise

__all__ = ["Span", "input_spans", "spans_after", "window_taps"]

OUTSIDE, NO_TAP = -1, -2  # in tables of taps: beyond the picture's edge; no row at all
_FAR = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Span:
    """What the rows of a map depend on, along one axis of the picture.

    Attributes
    ----------
    first, last : ndarray of int64
        Rows of the input; first exceeds last where a row depends on none.
    whole : ndarray of bool
        Whether nothing was cut off by an edge of the picture.
    placed : bool
        Whether the rows are still an axis of the map; otherwise there is one entry for all.
    widest : int
        Where they are not: `settled` of when they were, or 0.
    """

    first: np.ndarray
    last: np.ndarray
    whole: np.ndarray
    placed: bool = True
    widest: int = 0

    @property
    def settled(self) -> int | None:
        """The most rows from first to last, where no edge cut them off.

        None where everything is seen, or the picture is too small to tell.
        """
        if not self.placed:
            return self.widest or None
        if 2 * self.whole.sum() < len(self.whole):
            return None
        return max(int((self.last - self.first)[self.whole].max()) + 1, 0)

    def read(self, taps: np.ndarray) -> Span:
        """The span of rows that read the rows of a table (output rows, taps)."""
        there = taps >= 0
        rows = np.where(there, taps, 0)
        return Span(
            np.where(there, self.first[rows], _FAR).min(1, initial=_FAR),
            np.where(there, self.last[rows], -1).max(1, initial=-1),
            (self.whole[rows] | ~there).all(1) & (taps != OUTSIDE).all(1),
        )._without_gaps()

    def _without_gaps(self) -> Span:
        none = self.last < 0
        return Span(np.where(none, 0, self.first), self.last, self.whole) if none.any() else self

    def mixed(self) -> Span:
        """The span of what depends on all rows."""
        ends = np.array([self.first.min()]), np.array([self.last.max()])
        return Span(*ends, np.array([False]), placed=False)

    def lost(self) -> Span:
        """The same rows, but no longer in places of their own."""
        return replace(self.mixed(), widest=self.settled or 0) if self.placed else self

    def joined(self, other: Span) -> Span:
        """The span of rows that depend on both."""
        first, last, whole = np.broadcast_arrays(
            np.minimum(self.first, other.first),
            np.maximum(self.last, other.last),
            self.whole & other.whole,
        )
        if self.placed or other.placed:
            return Span(first, last, whole)
        known = self.widest and other.widest
        return Span(first, last, whole, False, max(self.widest, other.widest) if known else 0)


Spans = tuple[Span, ...]  # of the last axes of a map: of (N, C, H, W) two, of (N, C, L) one


def input_spans(shape: tuple[int, ...]) -> Spans:
    """Of an input (N, C, ...): each row depends on itself."""
    return tuple(Span(np.arange(n), np.arange(n), np.ones(n, bool)) for n in shape[2:][-2:])


# Taps


def window_taps(OH: int, H: int, K: int, S: int, P: int, D: int) -> np.ndarray:
    """The rows that each window of a convolution or a pooling reads."""
    return _inside(np.arange(OH)[:, None] * S - P + np.arange(K) * D, H)


def transposed_taps(OH: int, H: int, K: int, S: int, P: int, D: int) -> np.ndarray:
    """The rows that reach each row of a transposed convolution's output."""
    steps = np.arange(OH)[:, None] + P - np.arange(K) * D
    return np.where(steps % S == 0, _inside(steps // S, H), NO_TAP)


def _inside(rows: np.ndarray, H: int) -> np.ndarray:
    return np.where((rows >= 0) & (rows < H), rows, OUTSIDE)


def _cell_taps(OH: int, H: int) -> np.ndarray:
    """Adaptive pooling: cell o holds the rows from floor(o H / OH) to ceil((o + 1) H / OH)."""
    o = np.arange(OH)
    first, stop = o * H // OH, -(-(o + 1) * H // OH)
    rows = first[:, None] + np.arange(int((stop - first).max()))
    return np.where(rows < stop[:, None], rows, NO_TAP)


def _nearest_taps(OH: int, H: int, step: float) -> np.ndarray:
    o = np.arange(OH)
    if OH in (H, 2 * H):
        return (o // (OH // H))[:, None]
    rows = np.floor(o.astype(np.float32) * np.float32(step)).astype(np.int64)
    return np.minimum(rows, H - 1)[:, None]


def _between_taps(OH: int, H: int, step: float, align_corners: bool) -> np.ndarray:
    """Bilinear: the rows on both sides of a place, but one where it falls on a row."""
    o = np.arange(OH)
    if align_corners:
        place = o * ((H - 1) / (OH - 1) if OH > 1 else 0.0)
    else:
        place = np.maximum((o + 0.5) * step - 0.5, 0)
    row = np.minimum(np.floor(place).astype(np.int64), H - 1)
    beyond = np.where(place > row, np.minimum(row + 1, H - 1), NO_TAP)
    return np.stack([row, beyond], 1)


def _margin_taps(H: int, before: int, after: int) -> np.ndarray:
    return _inside(np.arange(-before, H + after), H)[:, None]


# Operations


def spans_after(
    function: Function, arguments: list[Any], result: np.ndarray, spans: list[Spans | None]
) -> Spans | None:
    """The spans of a result.

    Parameters
    ----------
    function : Function
    arguments : list
        Of its ``forward``.
    result : ndarray
    spans : list
        Of the arguments; None for weights, constants and plain values.
    """
    known = [(a, s) for a, s in zip(arguments, spans, strict=True) if s is not None]
    if not known:
        return None
    operation: Any = type(function)
    x, first = known[0]
    tables = _TAPS.get(operation)
    if tables and all(span.placed for span in first):
        taps = tables(arguments, x.shape, result.shape)[-len(first) :]
        return tuple(span.read(table) for span, table in zip(first, taps, strict=True))
    if function.view:
        return _viewed(function, x, result, arguments, first)
    if isinstance(function, Cat):
        return _concatenated(arguments[0] - result.ndim, known)
    if is_pointwise(operation) or isinstance(function, Dropout | Normalize | NormalizeBy):
        return _union([s for _, s in known])
    if isinstance(function, Softmax | LogSoftmax):
        return _along(first, {arguments[1] % x.ndim - x.ndim}, keep=True)
    if isinstance(function, Sum):
        return _along(first, {axis - x.ndim for axis in arguments[1]}, arguments[2])
    return tuple(span.mixed() for span in _union([s for _, s in known]))


def _union(several: list[Spans]) -> Spans:
    spans = several[0]
    for others in several[1:]:
        spans = tuple(a.joined(b) for a, b in zip(spans, others, strict=True))
    return spans


def _concatenated(axis: int, known: list[tuple[Any, Spans]]) -> Spans:
    several = [spans for _, spans in known]
    count = len(several[0])
    if axis < -count:  # channels, as a rule
        return _union(several)
    place = axis + count
    joined = list(_union([s[:place] + s[place + 1 :] for s in several]))
    parts = [s[place] for s in several]
    one = Span(
        np.concatenate([p.first for p in parts]),
        np.concatenate([p.last for p in parts]),
        np.concatenate([p.whole for p in parts]),
    )
    return (*joined[:place], one, *joined[place:])


def _along(spans: Spans, axes: set[int], keep: bool) -> Spans:
    """Mix the rows along some axes; without them, the others move."""
    found = []
    for axis, span in zip(range(-len(spans), 0), spans, strict=True):
        mixed = span.mixed() if axis in axes else span
        if not keep and any(other < 0 for other in axes if other >= -len(spans)):
            found.append(mixed.lost())
        else:
            found.append(replace(mixed, placed=True) if axis in axes else span)
    return tuple(found)


def _viewed(
    function: Function, x: np.ndarray, result: np.ndarray, arguments: list[Any], spans: Spans
) -> Spans:
    """Follow the rows through a view: a view of their numbers shows where they went."""
    if isinstance(function, Reshape):
        count = len(spans)
        if result.shape[-count:] == x.shape[-count:] and result.ndim > count:
            return spans
        return tuple(span.lost() for span in spans)
    found = []
    for axis, span in zip(range(-len(spans), 0), spans, strict=True):
        if not span.placed or x.ndim < -axis:
            found.append(span)
            continue
        numbers = np.arange(x.shape[axis]).reshape(-1, *(1,) * (-axis - 1))
        rows = type(function)().forward(np.broadcast_to(numbers, x.shape), *arguments[1:])
        moved = rows.ndim < -axis or any(
            step and i - rows.ndim != axis for i, step in enumerate(rows.strides)
        )
        if moved or not rows.size:
            found.append(span.lost())
            continue
        place = tuple(slice(None) if i - rows.ndim == axis else 0 for i in range(rows.ndim))
        index = rows[place]
        found.append(span.read(index[:, None]))
    return tuple(found)


def _conv(arguments: list[Any], x: tuple[int, ...], y: tuple[int, ...]) -> list[np.ndarray]:
    geometry, kernel = arguments[3], arguments[1].shape[2:]
    settings = kernel, geometry.stride, geometry.padding, geometry.dilation
    return [window_taps(*each) for each in zip(y[2:], x[2:], *settings, strict=True)]


def _transposed(arguments: list[Any], x: tuple[int, ...], y: tuple[int, ...]) -> list[np.ndarray]:
    geometry, kernel = arguments[3], arguments[1].shape[2:]
    settings = kernel, geometry.stride, geometry.padding, geometry.dilation
    return [transposed_taps(*each) for each in zip(y[2:], x[2:], *settings, strict=True)]


def _pooled(arguments: list[Any], x: tuple[int, ...], y: tuple[int, ...]) -> list[np.ndarray]:
    return [window_taps(*each) for each in zip(y[2:], x[2:], *arguments[1], strict=True)]


def _cells(arguments: list[Any], x: tuple[int, ...], y: tuple[int, ...]) -> list[np.ndarray]:
    return [_cell_taps(OH, H) for OH, H in zip(y[2:], x[2:], strict=True)]


def _nearest(arguments: list[Any], x: tuple[int, ...], y: tuple[int, ...]) -> list[np.ndarray]:
    return [_nearest_taps(*each) for each in zip(y[2:], x[2:], arguments[2], strict=True)]


def _bilinear(arguments: list[Any], x: tuple[int, ...], y: tuple[int, ...]) -> list[np.ndarray]:
    _, _, scale, align = arguments
    return [
        _between_taps(OH, H, step, align) for OH, H, step in zip(y[2:], x[2:], scale, strict=True)
    ]


def _padded(arguments: list[Any], x: tuple[int, ...], y: tuple[int, ...]) -> list[np.ndarray]:
    return [_margin_taps(H, *margins) for H, margins in zip(x, arguments[1], strict=True)]


def _taken(arguments: list[Any], x: tuple[int, ...], y: tuple[int, ...]) -> list[np.ndarray]:
    _, axis, index = arguments
    rows = [np.arange(n) for n in x]
    rows[axis] = np.asarray(index)
    return [row[:, None] for row in rows]


def _shuffled(arguments: list[Any], x: tuple[int, ...], y: tuple[int, ...]) -> list[np.ndarray]:
    return [(np.arange(OH) // (OH // H))[:, None] for OH, H in zip(y[-2:], x[-2:], strict=True)]


def _unshuffled(arguments: list[Any], x: tuple[int, ...], y: tuple[int, ...]) -> list[np.ndarray]:
    return [
        window_taps(OH, H, H // OH, H // OH, 0, 1) for OH, H in zip(y[-2:], x[-2:], strict=True)
    ]


_TAPS: dict[type[Function], Callable[..., list[np.ndarray]]] = {
    AdaptiveAvgPool2d: _cells,
    AdaptiveMaxPool2d: _cells,
    AvgPool2d: _pooled,
    Conv2d: _conv,
    ConvTranspose2d: _transposed,
    MaxPool2d: _pooled,
    Pad: _padded,
    PixelShuffle: _shuffled,
    PixelUnshuffle: _unshuffled,
    Read: _taken,
    UpsampleBilinear2d: _bilinear,
    UpsampleNearest2d: _nearest,
}
