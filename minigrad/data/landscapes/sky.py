"""Sky, sun and clouds."""

from __future__ import annotations

import numpy as np

from minigrad.data.landscapes.canvas import Canvas, fractal, mixed, soft
from minigrad.data.landscapes.mood import Scene

__all__ = ["paint_sky"]


def paint_sky(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """Paint the sky down to the horizon, with its sun and clouds."""
    mood = scene.mood
    height = np.clip(canvas.y / scene.horizon, 0, 1) * np.ones_like(canvas.x)
    upper = mixed(mood.zenith, mood.sky, np.clip(height * 2, 0, 1))
    canvas.image[:] = mixed(upper, mood.haze, np.clip(height * 2 - 1, 0, 1) ** 1.3)
    x, y = scene.sun
    distance = np.hypot(canvas.x - x, canvas.y - y)
    for reach, strength in ((0.55, mood.glow), (0.16, 0.6 * mood.glow)):
        canvas.paint(strength * np.exp(-((distance / reach) ** 2)), mood.sun_glow)
    canvas.paint(soft(canvas, mood.sun_size - distance, 0.006), mood.sun)
    _paint_clouds(canvas, scene, rng)


def _paint_clouds(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """Clouds: noise above a threshold, lit from the sun's side, thinner towards the horizon."""
    mood = scene.mood
    noise = fractal(rng, canvas, 3.2, 6, stretch=2.6, gain=0.55)
    step = max(1, canvas.image.shape[0] // 40)
    lit = noise - np.pad(noise, ((step, 0), (0, 0)), "edge")[:-step]
    density = np.clip((noise - 0.75 + scene.clouds) * 1.4, 0, 1)
    density *= np.clip(1.15 - canvas.y / scene.horizon, 0, 1) ** 0.7
    density *= np.clip(np.hypot(canvas.x - scene.sun[0], canvas.y - scene.sun[1]) / 0.12, 0.3, 1)
    shade = np.clip(0.55 + 2.2 * lit - 0.35 * density, 0, 1)
    canvas.paint(0.92 * density, mixed(mood.cloud_shadow, mood.cloud, shade))
