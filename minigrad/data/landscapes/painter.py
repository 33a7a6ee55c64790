"""A landscape, from the sky to the flowers."""

from __future__ import annotations

import numpy as np

from minigrad.data.landscapes.canvas import Canvas
from minigrad.data.landscapes.ground import paint_hill, paint_mountains, paint_water
from minigrad.data.landscapes.mood import Scene, draw_scene
from minigrad.data.landscapes.sky import paint_sky
from minigrad.data.landscapes.things import paint_fir, paint_flowers, paint_house, paint_tree
from minigrad.data.records import Picture
from minigrad.data.transforms import item_rng

__all__ = ["landscape", "landscape_pictures"]

_SMALLEST = 16


def landscape(seed: int, number: int = 0, size: tuple[int, int] = (192, 256)) -> np.ndarray:
    """Draw a landscape.

    Parameters
    ----------
    seed, number : int
        Choose the scene: its light, and what is in it.
    size : tuple of int
        (H, W) [pixels], 16 or more. A scene is the same at every size of one shape.

    Returns
    -------
    numpy.ndarray
        (H, W, 3), uint8, sRGB.

    Raises
    ------
    ValueError
        A size below 16 pixels, or a negative seed or number.

    Examples
    --------
    >>> landscape(0, 3, (48, 80)).shape
    (48, 80, 3)
    """
    if min(size) < _SMALLEST or seed < 0 or number < 0:
        raise ValueError(
            f"landscape: seed={seed}, number={number}, size={size}: give 0 or more, and (H, W) of "
            f"at least {_SMALLEST} pixels"
        )
    rng = item_rng(seed, 0, number)
    canvas = Canvas(*size)
    scene = draw_scene(rng, canvas.width)
    paint_sky(canvas, scene, rng)
    if scene.peaks:
        paint_mountains(canvas, scene, rng)
    _paint_country(canvas, scene, rng)
    return np.round(np.clip(canvas.image, 0, 1) * 255).astype(np.uint8)


def landscape_pictures(
    count: int = 48, seed: int = 0, size: tuple[int, int] = (192, 256)
) -> list[Picture]:
    """Draw landscapes, as a data set.

    Parameters
    ----------
    count : int
        How many; the first ones of a seed are the same for every count.
    seed, size
        As in `landscape`.

    Raises
    ------
    ValueError
        As `landscape`; or `count` below 1.

    Examples
    --------
    >>> [picture.name for picture in landscape_pictures(2, size=(32, 32))]
    ['landscape 0-000', 'landscape 0-001']
    """
    if count < 1:
        raise ValueError(f"landscape_pictures: count={count} must be 1 or more")
    return [Picture(f"landscape {seed}-{k:03}", landscape(seed, k, size)) for k in range(count)]


def _paint_country(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """Paint everything below the horizon, from far to near."""
    far = paint_hill(canvas, scene, rng, scene.horizon, 0.03, 0.15)
    _plant(canvas, scene, rng, far, int(60 * scene.forest * canvas.width), (0.018, 0.04), 0.02)
    ground = scene.horizon + 0.05
    if scene.water:
        paint_water(canvas, scene, rng, ground)
        ground += scene.water
    else:
        middle = paint_hill(canvas, scene, rng, ground + 0.03, 0.04, 0.45)
        _plant(
            canvas, scene, rng, middle, int(22 * scene.forest * canvas.width), (0.05, 0.10), 0.03
        )
        ground += 0.13
    near = paint_hill(canvas, scene, rng, min(ground, 0.86), 0.035, 0.8)
    if scene.house:
        size = rng.uniform(0.08, 0.13)
        x = rng.uniform(0.1, 0.75) * canvas.width
        column = int(x / canvas.pixel)
        paint_house(canvas, scene, x, float(near[column]) + 0.05, size)
    _plant(canvas, scene, rng, near, int(5 + 7 * scene.forest * canvas.width), (0.13, 0.30), 0.05)
    if scene.flowers:
        paint_flowers(canvas, scene, rng, near + 0.03)


def _plant(
    canvas: Canvas,
    scene: Scene,
    rng: np.random.Generator,
    edge: np.ndarray,
    count: int,
    heights: tuple[float, float],
    depth: float,
) -> None:
    """Plant trees below an edge, in groves, the farther ones first."""
    groves = rng.uniform(-0.1, canvas.width + 0.1, 4)
    firs = rng.uniform(0.2, 0.9)
    for down in np.sort(rng.uniform(0, depth, count)):
        x = groves[rng.integers(4)] + rng.normal(0, 0.16)
        column = int(np.clip(x / canvas.pixel, 0, len(edge) - 1))
        height = rng.uniform(*heights) * (0.8 + 0.4 * down / depth)
        paint = paint_fir if rng.random() < firs else paint_tree
        paint(canvas, scene, rng, float(x), float(edge[column]) + float(down) + 0.004, height)
