"""The explorer: a page in which any setting and any number can be changed.

The page computes by itself, in a small script that repeats the textbook kernels
(``explorer_engine.js``); the tests hold every cell of it against the fast kernels.
"""

from __future__ import annotations

import html
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.teach.matrices import format_number
from minigrad.teach.page.assemble import assembled, asset

__all__ = ["Explorer", "LIMITS", "OPERATIONS", "explorer"]

OPERATIONS: dict[str, Sequence[str]] = {
    "conv2d": ("kernel_size", "stride", "padding", "dilation", "groups"),
    "conv_transpose2d": (
        "kernel_size", "stride", "padding", "output_padding", "dilation", "groups",
    ),
    "max_pool2d": ("kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    "avg_pool2d": ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"),
    "upsample": ("scale_factor",),
}  # fmt: skip
"""Operation: the settings it has, besides size, channels and (with a weight) out_channels."""

LIMITS: dict[str, tuple[float, float]] = {
    "size": (1, 14),
    "kernel": (1, 7),
    "stride": (1, 5),
    "padding": (0, 6),
    "dilation": (1, 4),
    "output_padding": (0, 4),
    "factor": (0.5, 4),
    "channels": (1, 3),
    "out_channels": (1, 3),
    "groups": (1, 3),
}
"""What a page can show, by the names in its links: the smallest and the largest value."""

_IN_LINKS = {"kernel_size": "kernel", "scale_factor": "factor"}
_SCRIPTS = (
    "engine", "geometry", "numbers", "model", "words", "rulers", "grids", "sums", "exercise",
    "stage", "controls",
    "sections", "stack", "presets",
)  # fmt: skip


class Explorer:
    """The page, opened at certain settings.

    Attributes
    ----------
    link : str
        What follows ``#`` in the address: the operation, the settings and the numbers.
    """

    def __init__(self, link: str) -> None:
        self.link = link

    def __str__(self) -> str:
        return f"an explorer of convolutions that opens at #{self.link}"

    def __repr__(self) -> str:
        return f"Explorer({self.link!r})"

    def to_html(self) -> str:
        """The whole page; it refers to nothing outside itself."""
        body = asset("explorer.html").replace("{{command}}", html.escape(self.command()))
        return assembled(
            "What a convolution does with your numbers",
            body,
            styles=("theme.css", "explorer.css"),
            scripts=(
                "theme.js",
                "grid.js",
                *(f"explorer_{name}.js" for name in _SCRIPTS),
                "explorer.js",
            ),
            data={"start": f"#{self.link}"},
        )

    def command(self) -> str:
        """The command that makes this page."""
        return shlex.join(["minigrad", "explorer", "--link", self.link, "-o", "."])

    def write(self, folder: str | Path) -> Path:
        """Write ``explorer.html`` into a folder, which is made; returns the file's path."""
        path = Path(folder) / "explorer.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.to_html(), encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        """For notebooks: the page in a frame of its own."""
        page = html.escape(self.to_html(), quote=True)
        return f'<iframe srcdoc="{page}" style="width:100%;height:60rem;border:0"></iframe>'


def explorer(
    operation: str = "conv2d",
    x: Any = None,
    w: Any = None,
    b: Any = None,
    *,
    hide: bool = False,
    **settings: Any,
) -> Explorer:
    """A page in which an operation, its settings and its numbers can be changed.

    Parameters
    ----------
    operation : str
        "conv2d", "conv_transpose2d", "max_pool2d", "avg_pool2d" or "upsample" (nearest).
    x : array, optional
        The input to begin with: a matrix, or (C, H, W). Whole random numbers if left out.
    w : array, optional
        The weight: a matrix, or the weight of the operation with its four axes.
    b : array, optional
        The bias; zeros if left out.
    hide : bool
        Hide the output: an exercise, whose answers the page checks.
    settings
        PyTorch's, by name; also ``size``, ``channels`` and ``out_channels`` of random numbers.

    Returns
    -------
    Explorer

    Raises
    ------
    ValueError
        An unknown operation or setting, or more than fits on a page (`LIMITS`).

    Examples
    --------
    >>> explorer("conv_transpose2d", [[9, 8], [6, 5]], [[1, 2]], stride=2).link
    'op=conv_transpose2d&stride=2&x=9,8;6,5&w=1,2'
    """
    if operation not in OPERATIONS:
        raise ValueError(f"there is no operation {operation!r}; there are {', '.join(OPERATIONS)}")
    weighted = operation.startswith("conv")
    known = [*OPERATIONS[operation], "size", "channels", *(["out_channels"] if weighted else [])]
    for name in settings:
        if name not in known:
            raise ValueError(f"{operation} has no {name}; its settings are {', '.join(known)}")
    if not weighted and (w is not None or b is not None):
        raise ValueError(f"{operation} has no weight and no bias")
    if "pool" in operation:
        settings = {"kernel_size": 2, **settings}
        settings = {"stride": settings["kernel_size"], **settings}
    parts = [f"op={operation}", *(_setting(name, value) for name, value in settings.items())]
    for name, value, axes in (("x", x, 3), ("w", w, 4), ("b", b, 1)):
        if value is not None:
            parts.append(f"{name}={_numbers(name, value, axes)}")
    return Explorer("&".join([*parts, *(["hide=y"] if hide else [])]))


def _setting(name: str, value: Any) -> str:
    """``stride=2`` or ``stride=2x1``, within what a page can show."""
    key = _IN_LINKS.get(name, name)
    if isinstance(value, bool):
        return f"{key}={str(value).lower()}"
    if value == "same" and key == "padding":
        return "padding=same"
    numbers = list(value) if isinstance(value, Sequence) else [value]
    low, high = LIMITS[key]
    if len(numbers) not in (1, 2) or not all(isinstance(n, int | float) for n in numbers):
        raise ValueError(f"{name} must be a number or a pair of numbers, but got {value!r}")
    if not all(low <= number <= high for number in numbers):
        raise ValueError(
            f"{name} must be from {low} to {high} to fit on the page, but got {value!r}; "
            "minigrad explain takes any size"
        )
    pair = numbers if len(set(numbers)) > 1 else numbers[:1]
    return f"{key}={'x'.join(format_number(number) for number in pair)}"


def _numbers(name: str, value: Any, axes: int) -> str:
    """An array as a link holds it: ``1,2;3,4``, with / between planes and // further out."""
    array = np.asarray(value, np.float64)
    if array.ndim == 4 and name == "x" and len(array) == 1:
        array = array[0]
    if name == "b":
        array = array.ravel()
    elif array.ndim >= 2:
        array = array.reshape((1,) * (axes - array.ndim) + array.shape)
    if array.ndim != axes or not array.size or not np.isfinite(array).all():
        raise ValueError(
            f"{name} must be a matrix, or have {axes} axes, of finite numbers and not be empty; "
            f"got the shape {np.shape(value)}"
        )
    most: Mapping[str, tuple[float, ...]] = {
        "x": tuple(LIMITS[key][1] for key in ("channels", "size", "size")),
        "w": tuple(LIMITS[key][1] for key in ("channels", "channels", "kernel", "kernel")),
        "b": (LIMITS["out_channels"][1],),
    }
    if any(size > limit for size, limit in zip(array.shape, most[name], strict=True)):
        raise ValueError(
            f"{name} of shape {array.shape} does not fit on the page, which holds "
            f"{most[name]}; minigrad explain takes any size"
        )
    return _written(array)


def _written(array: np.ndarray) -> str:
    if array.ndim == 0:
        number = float(array)
        return str(int(number)) if number.is_integer() else repr(number)
    return (",", ";", "/", "//")[array.ndim - 1].join(_written(part) for part in array)
