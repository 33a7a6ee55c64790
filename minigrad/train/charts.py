"""Line charts as SVG text: colours come from CSS variables, so that light and dark both work."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Line", "line_chart", "ticks"]

_WIDTH, _HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 68, 16, 14, 54
_LOG_FROM = 30.0  # a largest / smallest value from which on the axis is logarithmic


@dataclass(frozen=True)
class Line:
    """A named curve; ``style`` is a CSS class, "a" to "d", and ``mark`` a point's place or -1."""

    name: str
    values: Sequence[float]
    style: str = "a"
    mark: int = -1


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return round numbers between low and high: multiples of 1, 2 or 5 times a power of ten.

    >>> ticks(0.0, 1.0)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if not high > low:
        return [low]
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [m * 10.0**p for p in powers for m in (1, 2, 5)]
    inside = [float(f"{v:.12g}") for v in values if low <= v <= high]
    return inside if len(inside) <= 7 else [v for v in inside if f"{v:e}".startswith("1.0")]


class _Axes:
    """Maps epochs and values to pixels."""

    def __init__(self, lines: Sequence[Line], log: bool) -> None:
        values = [v for line in lines for v in line.values if math.isfinite(v)]
        low, high = min(values), max(values)
        self.log = log and low > 0 and high / low >= _LOG_FROM
        margin = 0.06 * (high - low) or abs(high) * 0.1 or 1.0
        if self.log:
            self.low, self.high = low / 1.15, high * 1.15
        else:
            self.low, self.high = low - margin, high + margin
            if 0 <= low < 0.35 * high:
                self.low = 0.0
        self.count = max(len(line.values) for line in lines)

    def x(self, place: int) -> float:
        inner = _WIDTH - _LEFT - _RIGHT
        return _LEFT + inner * (place / (self.count - 1) if self.count > 1 else 0.5)

    def y(self, value: float) -> float:
        inner = _HEIGHT - _TOP - _BOTTOM
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return _TOP + inner * (1 - share)


def line_chart(
    title: str,
    lines: Sequence[Line],
    x_name: str = "epoch",
    log: bool = True,
) -> str:
    """Draw curves over epochs 1, 2, ... as an SVG element.

    Parameters
    ----------
    title : str
        For screen readers.
    lines : sequence of Line
        At least one, with at least one finite value.
    x_name : str
        Name of the axis below.
    log : bool
        Whether the value axis may be logarithmic, if values differ by 30 times and more.
    """
    axes = _Axes(lines, log)
    parts = [
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">',
        *_grid(axes),
        *_bottom(axes, x_name),
    ]
    for line in lines:
        parts += _curve(axes, line)
    return "".join([*parts, "</svg>"])


def _grid(axes: _Axes) -> list[str]:
    values = _log_ticks(axes.low, axes.high) if axes.log else ticks(axes.low, axes.high)
    parts = []
    for value in values:
        y = f"{axes.y(value):.1f}"
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text class="tick" x="{_LEFT - 8}" y="{y}" dy="0.33em" text-anchor="end">'
            f"{value:g}</text>"
        )
    return parts


def _bottom(axes: _Axes, name: str) -> list[str]:
    base = _HEIGHT - _BOTTOM
    step = max(1, round(ticks(0, max(axes.count, 2), 8)[1]))
    epochs = [e for e in range(1, axes.count + 1) if e % step == 0 or axes.count == 1]
    parts = [f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{base}" y2="{base}"/>']
    parts += [
        f'<text class="tick" x="{axes.x(e - 1):.1f}" y="{base + 22}" text-anchor="middle">{e}'
        "</text>"
        for e in epochs
    ]
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(
        f'<text class="unit" x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">'
        f"{escape(name)}</text>"
    )
    return parts


def _curve(axes: _Axes, line: Line) -> list[str]:
    points = [(axes.x(k), axes.y(v), k, v) for k, v in enumerate(line.values) if math.isfinite(v)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
    parts = [f'<polyline class="line {line.style}" points="{path}"/>']
    for x, y, k, value in points:
        marked = " best" if k == line.mark else ""
        radius = 5 if marked else (2.5 if len(points) <= 40 else 0.1)
        parts.append(
            f'<circle class="dot {line.style}{marked}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}">'
            f"<title>{escape(line.name)}, {k + 1}: {value:.5g}</title></circle>"
        )
    return parts
