"""Mountains, hills, meadows and lakes: from far to near, each layer in less haze."""

from __future__ import annotations

import numpy as np

from minigrad.data.landscapes.canvas import Canvas, curve, fractal, mixed, soft
from minigrad.data.landscapes.mood import Scene

__all__ = ["paint_hill", "paint_mountains", "paint_water"]


def paint_mountains(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """Paint ranges of mountains behind each other, with snow on the high ones."""
    ranges = 3
    for k in range(ranges):
        height = scene.peaks * (1.0, 0.72, 0.45)[k]
        haze = (0.62, 0.42, 0.24)[k]
        _paint_range(canvas, scene, rng, height, haze, cells=1.6 + 0.9 * k)


def _paint_range(
    canvas: Canvas,
    scene: Scene,
    rng: np.random.Generator,
    height: float,
    haze: float,
    cells: float,
) -> None:
    """One range: a jagged line; below it, faces that are lit where the line falls from the sun.

    The light on a face is the line's slope, looked up ever farther to the side the deeper below
    the line it is, so that ridges run down from the peaks.
    """
    mood, x = scene.mood, canvas.x[0]
    reach = np.linspace(0, canvas.width + 1, 2048, dtype=np.float32)
    line = 1 - np.abs(curve(rng, reach, cells, 7, 0.48)) * 0.95
    top = scene.horizon + 0.02 - height * np.clip(line, 0.05, 1)
    y0 = np.interp(x, reach - 0.5, top).astype(np.float32)
    below = canvas.y - y0[None]
    wobble = fractal(rng, canvas, 6, 5, gain=0.6)
    side = np.where(x < scene.sun[0], 1.0, -1.0)[None]
    spread = np.clip(below, 0, None) * 0.7
    right = np.interp(canvas.x + spread * (0.6 + 0.5 * wobble) + 0.012, reach - 0.5, top)
    left = np.interp(canvas.x - spread * (0.6 + 0.5 * wobble) - 0.012, reach - 0.5, top)
    light = np.clip(0.5 + side * (left - right) * 9 / (1 + 12 * spread) + 0.28 * wobble, 0, 1)
    stone = mixed(mood.rock_shadow, mood.rock, light)
    snow = mixed(mood.snow_shadow, mood.snow, light)
    bound = 0.42 * height if scene.mood_name != "winter" else 0.9 * height
    low = below + 0.25 * height * wobble + (y0[None] - top.min()) * 0.9
    colour = mixed(stone, snow, soft(canvas, bound - low, 0.02) * (height > 0.13))
    veil = np.clip(haze + 0.5 * np.clip(below / max(height, 1e-3), 0, 1) * haze, 0, 0.95)
    canvas.paint(soft(canvas, below), mixed(colour, mood.haze, veil))


def paint_hill(
    canvas: Canvas,
    scene: Scene,
    rng: np.random.Generator,
    top: float,
    rise: float,
    depth: float,
) -> np.ndarray:
    """Paint a hill or the near meadow.

    Parameters
    ----------
    top, rise : float
        Mean y of its upper edge, and how far that goes up and down [heights].
    depth : float
        0 far, 1 near.

    Returns
    -------
    numpy.ndarray
        (W,): y of the upper edge, for what stands on it.
    """
    mood = scene.mood
    edge = top - rise * curve(rng, canvas.x[0], 0.9 + 1.2 * (1 - depth), 3, 0.4)
    below = canvas.y - edge[None]
    patches = fractal(rng, canvas, 3 + 5 * depth, 4, stretch=4.0, gain=0.6)
    grass = fractal(rng, canvas, 26, 3, stretch=0.5 + 1.5 * (1 - depth), gain=0.8)
    light = 0.62 + 0.26 * patches + 0.16 * depth * grass - 0.45 * depth * np.clip(below, 0, 1)
    light += 0.3 * np.exp(-np.clip(below, 0, None) / 0.03)
    far = mixed(mood.meadow_far, mood.haze, 0.35 * (1 - depth))
    lit = mixed(far, mood.meadow, np.clip(depth * 1.4, 0, 1))
    dark = mixed(
        mixed(mood.meadow_shadow, mood.haze, 0.45 * (1 - depth)), mood.meadow_shadow, depth
    )
    canvas.paint(soft(canvas, below), mixed(dark, lit, np.clip(light, 0, 1)))
    return edge


def paint_water(canvas: Canvas, scene: Scene, rng: np.random.Generator, shore: float) -> None:
    """Paint a lake below y = `shore`: the picture above it upside down, rippled and darkened."""
    mood, image = scene.mood, canvas.image
    H, W = image.shape[:2]
    first = min(max(1, round(shore * H)), H - 1)
    deep = (np.arange(first, H) - first)[:, None] / H
    ripple = fractal(rng, canvas, 60, 3, stretch=9.0, gain=0.7)[first:]
    rows = first - 1 - (deep * H * 1.15 + ripple * (1 + 30 * deep) * H / 200).astype(np.int64)
    columns = np.arange(W)[None] + (ripple * 0.6 * (1 + 20 * deep) * H / 200).astype(np.int64)
    mirrored = image[np.clip(rows, 0, first - 1), np.clip(columns, 0, W - 1)]
    share = np.clip(0.28 + 0.9 * deep, 0, 0.75)
    surface = mixed(mirrored, mood.water, share * np.ones((1, W)))
    glint = np.clip(ripple - 0.75, 0, 1) * np.exp(-(((canvas.x - scene.sun[0]) / 0.16) ** 2))
    surface = mixed(surface, mood.sun, np.clip(1.6 * glint, 0, 1))
    image[first:] = mixed(surface, mood.haze, 0.35 * np.exp(-deep / 0.008) * np.ones((1, W)))
