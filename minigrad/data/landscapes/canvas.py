"""A picture being painted, and the noise that makes painted things look grown.

Lengths are in heights of the picture: y runs from 0 at the top to 1, x from 0 to W / H. A scene is
therefore the same at any size, and only its detail differs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

__all__ = ["Canvas", "Colour", "curve", "fractal", "mixed", "own", "soft"]

Colour = Sequence[float] | np.ndarray
"""R, G, B in [0, 1]; or one for each pixel, (H, W, 3)."""


class Canvas:
    """An RGB picture (H, W, 3) of floats, and the places of its pixels.

    Attributes
    ----------
    image : numpy.ndarray
        (H, W, 3), float32 in [0, 1].
    x, y : numpy.ndarray
        (1, W) and (H, 1): the middles of the pixels [heights].
    width : float
        W / H.
    pixel : float
        Side of a pixel [heights].
    """

    def __init__(self, H: int, W: int) -> None:
        self.image = np.zeros((H, W, 3), np.float32)
        self.x = ((np.arange(W, dtype=np.float32) + 0.5) / H)[None, :]
        self.y = ((np.arange(H, dtype=np.float32) + 0.5) / H)[:, None]
        self.width, self.pixel = W / H, 1 / H

    def paint(self, mask: np.ndarray, colour: Colour) -> None:
        """Lay a colour over the picture: mask 1 covers, 0 leaves it."""
        self.image += mask[..., None] * (np.asarray(colour, np.float32) - self.image)

    def part(self, left: float, top: float, right: float, bottom: float) -> Canvas | None:
        """Return the pixels within a box as a canvas of their own; None if there are none.

        Painting on it paints on this one.
        """
        H, W = self.image.shape[:2]
        rows = slice(max(0, math.floor(top * H)), min(H, math.ceil(bottom * H)))
        columns = slice(max(0, math.floor(left * H)), min(W, math.ceil(right * H)))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return None
        part = Canvas.__new__(Canvas)
        part.image, part.width = self.image[rows, columns], self.width
        part.x, part.y = self.x[:, columns], self.y[rows]
        part.pixel = self.pixel
        return part


def soft(canvas: Canvas, inside: np.ndarray, blur: float = 0.0) -> np.ndarray:
    """Return a mask from a distance: 1 where `inside` > 0, 0 where < 0, blended over a pixel.

    Parameters
    ----------
    canvas : Canvas
    inside : numpy.ndarray
        How far a place is inside the painted thing [heights], negative outside.
    blur : float
        Width of the edge [heights], where it is to be wider than a pixel.
    """
    return np.clip(inside / max(blur, canvas.pixel) + 0.5, 0, 1).astype(np.float32)


def mixed(first: Colour, second: Colour, share: float | np.ndarray) -> np.ndarray:
    """Return (1 - share) first + share second; a share of shape (H, W) gives (H, W, 3)."""
    weight = np.asarray(share, np.float32)[..., None]
    return np.asarray(first, np.float32) * (1 - weight) + np.asarray(second, np.float32) * weight


def own(rng: np.random.Generator) -> np.random.Generator:
    """Return a generator of a thing's own, from one draw.

    How many numbers a texture takes depends on the pixels that it covers; what comes after it must
    not.
    """
    return np.random.default_rng(rng.integers(2**62))


def fractal(
    rng: np.random.Generator,
    canvas: Canvas,
    cells: float,
    octaves: int = 4,
    stretch: float = 1.0,
    gain: float = 0.5,
) -> np.ndarray:
    """Fractal value noise: random numbers on lattices, each twice as fine as the last, added up.

    Parameters
    ----------
    rng : numpy.random.Generator
    canvas : Canvas
        Gives the places; the lattices begin at its corner.
    cells : float
        Cells of the coarsest lattice along a height.
    octaves : int
        How many lattices.
    stretch : float
        How much wider than high a cell is.
    gain : float
        Weight of each lattice relative to the coarser one.

    Returns
    -------
    numpy.ndarray
        (H, W), float32, about [-1, 1], mean about 0.
    """
    rng, pixel = own(rng), canvas.pixel
    y, x = canvas.y[:, 0] - canvas.y[0, 0] + pixel / 2, canvas.x[0] - canvas.x[0, 0] + pixel / 2
    total, weight = np.zeros((len(y), len(x)), np.float32), 1.0
    for _ in range(octaves):
        rows = math.ceil(len(y) * pixel * cells - 1e-6) + 1
        columns = math.ceil(len(x) * pixel * cells / stretch - 1e-6) + 1
        lattice = rng.random((rows, columns), np.float32) * 2 - 1
        i, fi = _cell(y * cells)
        j, fj = _cell(x * (cells / stretch))
        above, below = lattice[i], lattice[i + 1]
        row = above + (below - above) * fi[:, None]
        total += weight * (row[:, j] + (row[:, j + 1] - row[:, j]) * fj)
        weight, cells = weight * gain, cells * 2
    return total


def curve(
    rng: np.random.Generator, x: np.ndarray, cells: float, octaves: int = 5, gain: float = 0.5
) -> np.ndarray:
    """Fractal noise along a line: (W,) float32 for places x [heights], about [-1, 1]."""
    rng, total, weight = own(rng), np.zeros(x.shape, np.float32), 1.0
    for _ in range(octaves):
        lattice = own(rng).random(math.ceil(float(x.max()) * cells) + 3, np.float32) * 2 - 1
        j, f = _cell(x * cells)
        total += weight * (lattice[j] + (lattice[j + 1] - lattice[j]) * f)
        weight, cells = weight * gain, cells * 2
    return total


def _cell(place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the lattice point before each place, and the smoothed way to the next one."""
    before = np.floor(place).astype(np.int64)
    f = (place - before).astype(np.float32)
    return before, f * f * (3 - 2 * f)
