"""An operation as an animation: one picture a step, drawn with Pillow from the trace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from minigrad.teach.explain_subject import Subject
from minigrad.teach.matrices import format_number
from minigrad.teach.recording import Cell

__all__ = ["frames", "save_frames"]

Panel = tuple[str, np.ndarray, Mapping[Any, str]]  # title, values, marks

MOST_FRAMES = 120
_INK, _PAPER, _LINE = (25, 28, 33), (255, 255, 255), (150, 155, 165)
_FILLS = {
    "window": (255, 221, 133),
    "new": (140, 200, 245),
    "padding": (232, 234, 238),
    "unknown": (246, 247, 249),
}


def save_frames(subject: Subject, path: Any, seconds: float) -> None:
    """Write the animation.

    Raises
    ------
    ValueError
        If the operation has no steps over a picture, or the file's name does not end in .gif.
    """
    if Path(path).suffix.lower() != ".gif":
        raise ValueError(f"to_gif: the file's name must end in .gif, but is {path}")
    pictures = frames(subject)
    first, *rest = pictures
    first.save(path, save_all=True, append_images=rest, duration=int(1000 * seconds), loop=0)


def frames(subject: Subject) -> list[Image.Image]:
    """One picture for each output cell of a window, or each input pixel of a scatter.

    The first picture and channel are drawn; at most 120 steps.
    """
    if subject.operation not in ("conv2d", "max_pool2d", "avg_pool2d", "conv_transpose2d"):
        raise ValueError(f"to_gif: {subject.operation} has no window that moves")
    scatters = subject.operation == "conv_transpose2d"
    return _scatter_frames(subject) if scatters else _window_frames(subject)


def _window_frames(subject: Subject) -> list[Image.Image]:
    trace, wide = subject.trace, subject.trace.wide
    origin, picture = wide.origins["x"], wide.inputs["x"]
    cells = [cell for cell in trace.cells if cell[:2] == (0, 0)][:MOST_FRAMES]
    y = np.full(subject.y.shape[2:], "", dtype=object)
    found = []
    for cell in cells:
        y[cell[2:]] = format_number(trace.cells[cell].value)
        here = {
            (t.input[2] - origin[2], t.input[3] - origin[3]): "window"
            for t in wide.terms[cell]
            if t.input[1] == wide.terms[cell][0].input[1]
        }
        outside: dict[tuple[int, int], str] = {
            place: "padding"
            for place in np.ndindex(*picture.shape[2:])
            if not trace.is_inside((0, 0, place[0] + origin[2], place[1] + origin[3]))
        }
        terms = trace.cells[cell].terms
        panels: list[Panel] = [("x", picture[0, terms[0].input[1] if terms else 0], outside | here)]
        if trace.factors[1]:
            panels.append(("w", subject.w[0, 0], {}))
        panels.append(("y", y, {(cell[2], cell[3]): "new"}))
        found.append(_draw(panels))
    return found


def _scatter_frames(subject: Subject) -> list[Image.Image]:
    trace, wide = subject.trace, subject.trace.wide
    origin = wide.origins["y"]
    full = wide.output.shape[2:]
    state = np.zeros(full)
    for cell, how in wide.cells.items():
        if cell[:2] == (0, 0):
            state[cell[2] - origin[2], cell[3] - origin[3]] = how.start
    added: dict[Cell, list[tuple[Cell, float]]] = {}
    order = sorted(
        ((t, cell) for cell, terms in wide.terms.items() if cell[:2] == (0, 0) for t in terms),
        key=lambda pair: pair[0].step,
    )
    for term, cell in order:
        added.setdefault(term.input, []).append((cell, term.sum))
    cropped: dict[tuple[int, int], str] = {
        place: "padding"
        for place in np.ndindex(*full)
        if not trace.is_inside((0, 0, place[0] + origin[2], place[1] + origin[3]), "y")
    }
    found = []
    for pixel, landed in list(added.items())[:MOST_FRAMES]:
        touched: dict[tuple[int, int], str] = {}
        for cell, total in landed:
            place = (cell[2] - origin[2], cell[3] - origin[3])
            state[place], touched[place] = total, "new"
        found.append(
            _draw(
                [
                    ("x", subject.x[0, pixel[1]], {pixel[2:]: "window"}),
                    ("w", subject.w[pixel[1], 0], {}),
                    ("y, uncropped" if cropped else "y", state.copy(), cropped | touched),
                ]
            )
        )
    return found


def _draw(panels: list[Panel]) -> Image.Image:
    """Matrices side by side; a window has a thick frame as well as a colour."""
    font, small = ImageFont.load_default(16), ImageFont.load_default(14)
    texts = [format_number(v, 3) for _, values, _ in panels for v in values.ravel()]
    cell = max(34, 10 + 9 * max(map(len, texts), default=1))
    gap, top = 28, 40
    width = sum(values.shape[1] * cell + gap for _, values, _ in panels) + gap
    height = top + 24 + max(values.shape[0] for _, values, _ in panels) * 34
    image = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(image)
    left = gap
    for title, values, marks in panels:
        draw.text((left, 12), title, fill=_INK, font=font)
        for (i, j), value in np.ndenumerate(values):
            box = (left + j * cell, top + i * 34, left + (j + 1) * cell, top + (i + 1) * 34)
            mark = marks.get((i, j), "unknown" if value == "" else "")
            thick = 3 if mark in ("window", "new") else 1
            line = _INK if thick == 3 else _LINE
            draw.rectangle(box, fill=_FILLS.get(mark, _PAPER), outline=line, width=thick)
            middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
            text = format_number(value, 3) if value != "" else ""
            draw.text(middle, text, fill=_INK, font=small, anchor="mm")
        left += values.shape[1] * cell + gap
    return image
