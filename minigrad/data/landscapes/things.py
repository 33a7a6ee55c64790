"""What stands on the ground: firs, round trees, a house, flowers."""

from __future__ import annotations

import numpy as np

from minigrad.data.landscapes.canvas import Canvas, fractal, mixed, own, soft
from minigrad.data.landscapes.mood import RGB, Scene

__all__ = ["paint_fir", "paint_flowers", "paint_house", "paint_tree"]


def paint_fir(
    canvas: Canvas, scene: Scene, rng: np.random.Generator, x: float, y: float, height: float
) -> None:
    """Paint a fir that stands at (x, y): branches in tiers, each a little wider than the last."""
    rng = own(rng)
    mood, half = scene.mood, height * rng.uniform(0.17, 0.24)
    tiers, twist = rng.integers(4, 7), rng.uniform(0, 1)
    part = canvas.part(x - half, y - height, x + half, y)
    if part is None:
        return
    down = (part.y - (y - height)) / height  # 0 at the tip, 1 at the foot
    tier = down * tiers % 1.0
    across = (part.x - x) / half
    rough = fractal(rng, part, 30 / height**0.5, 2)
    reach = down * (0.62 + 0.38 * tier) * np.where(down < 0.94, 1.0, 0.14) + 0.1 * rough * down
    mask = soft(part, (reach - np.abs(across)) * half)
    side = 1.0 if x < scene.sun[0] else -1.0
    light = np.clip(0.35 + 0.45 * side * across - 0.5 * (tier - 0.45) + 0.3 * rough, 0, 1)
    colour = mixed(mood.fir, mood.fir_lit, light)
    if scene.mood_name == "winter":
        snow = np.clip((0.52 - tier + 0.35 * rough + 0.1 * twist) * 4, 0, 1)
        colour = mixed(colour, mood.snow, 0.85 * snow)
    part.paint(mask, colour)


def paint_tree(
    canvas: Canvas, scene: Scene, rng: np.random.Generator, x: float, y: float, height: float
) -> None:
    """Paint a round tree that stands at (x, y): a trunk, and a crown of overlapping balls."""
    rng = own(rng)
    mood, golden = scene.mood, rng.random() < scene.golden
    dark, lit = (mood.gold, mood.gold_lit) if golden else (mood.leaves, mood.leaves_lit)
    lean = height * rng.uniform(-0.03, 0.03)
    _paint_trunk(canvas, mood.trunk, x, y, height)
    radius = height * rng.uniform(0.26, 0.34)
    middle = y - height + radius * 1.15
    turns, ways = rng.uniform(0, 2 * np.pi, 9), radius * rng.uniform(0.3, 0.75, 9)
    ways[0] = 0
    for turn, way, share in zip(turns, ways, rng.uniform(0.5, 0.72, 9), strict=True):
        cx, cy = x + lean + way * np.cos(turn), middle + 0.75 * way * np.sin(turn)
        _paint_ball(canvas, scene, rng, cx, cy, radius * share, (dark, lit))


def _paint_trunk(canvas: Canvas, colour: RGB, x: float, y: float, height: float) -> None:
    half = height * 0.035
    part = canvas.part(x - 2 * half, y - 0.6 * height, x + 2 * half, y)
    if part is not None:
        flare = half * (1 + 0.8 * np.exp(-(y - part.y) / (0.06 * height)))
        part.paint(soft(part, flare - np.abs(part.x - x)), colour)


def _paint_ball(
    canvas: Canvas,
    scene: Scene,
    rng: np.random.Generator,
    x: float,
    y: float,
    radius: float,
    colours: tuple[RGB, RGB],
) -> None:
    part = canvas.part(x - 1.3 * radius, y - 1.3 * radius, x + 1.3 * radius, y + 1.3 * radius)
    if part is None:
        return
    leaves = fractal(rng, part, 1.6 / radius, 3, gain=0.8)
    across, down = (part.x - x) / radius, (part.y - y) / radius
    mask = soft(part, (1 - np.hypot(across, down) + 0.16 * leaves) * radius)
    sx, sy = scene.sun[0] - x, min(scene.sun[1] - y, -0.25)
    sx, sy = sx / np.hypot(sx, sy), sy / np.hypot(sx, sy)
    light = 0.42 + 0.42 * (across * sx + down * sy) + 0.22 * leaves
    part.paint(mask, mixed(*colours, np.clip(light, 0, 1)))


def paint_house(canvas: Canvas, scene: Scene, x: float, y: float, size: float) -> None:
    """Paint a house with a red roof whose left lower corner is at (x, y)."""
    mood, long, high = scene.mood, 1.5 * size, 0.62 * size
    part = canvas.part(x - 0.2 * size, y - 1.5 * size, x + 1.7 * size, y + 0.02)
    if part is None:
        return
    px, py = part.x, part.y
    side = mixed(mood.wall, mood.trunk, 0.25)
    _box(part, x, y - high, x + long, y, mixed(side, mood.wall, np.clip((px - x) / long, 0, 1)))
    eaves, ridge = y - high + 0.05 * size, y - 1.12 * size
    climb = np.clip((eaves - py) / (eaves - ridge), 0, 1)
    inside = np.minimum(px - (x - 0.1 * size + 0.28 * size * climb), py - ridge)
    inside = np.minimum(inside, x + long + 0.1 * size - 0.28 * size * climb - px)
    tiles = 0.5 + 0.5 * np.sin(py / size * 60)
    roof = mixed(mood.roof, mixed(mood.roof, mood.trunk, 0.45), 0.5 * tiles * np.ones_like(px))
    if scene.mood_name == "winter":
        roof = mixed(roof, mood.snow, 0.85 * soft(part, climb - 0.35 + 0 * px, 0.3))
    part.paint(soft(part, np.minimum(inside, eaves - py)), roof)
    _box(part, x + 1.05 * size, y - 1.3 * size, x + 1.17 * size, y - 0.98 * size, mood.roof)
    for k in range(3):
        left = x + (0.16 + 0.46 * k) * size
        bottom = y if k == 1 else y - 0.17 * size
        _box(part, left, y - 0.45 * size, left + 0.2 * size, bottom, mood.window)


def _box(
    canvas: Canvas, left: float, top: float, right: float, bottom: float, colour: RGB | np.ndarray
) -> None:
    across = np.minimum(canvas.x - left, right - canvas.x)
    canvas.paint(
        soft(canvas, np.minimum(across, np.minimum(canvas.y - top, bottom - canvas.y))), colour
    )


def paint_flowers(canvas: Canvas, scene: Scene, rng: np.random.Generator, edge: np.ndarray) -> None:
    """Scatter flowers over the ground below `edge`, in clumps, larger when nearer."""
    mood = scene.mood
    kinds = (mood.poppy, mood.buttercup, mood.daisy)
    first = rng.integers(3)
    clumps = rng.uniform(0, canvas.width, 5)
    for _ in range(int(110 * canvas.width)):
        near = rng.uniform(0, 1) ** 0.6
        kind = kinds[first if rng.random() < 0.75 else rng.integers(3)]
        x = clumps[rng.integers(5)] + rng.normal(0, 0.22)
        column = int(np.clip(x / canvas.pixel, 0, len(edge) - 1))
        y = edge[column] + 0.02 + near * (1 - edge[column])
        radius = (0.003 + 0.008 * near) * rng.uniform(0.7, 1.2)
        part = canvas.part(x - 2 * radius, y - 2 * radius, x + 2 * radius, y + 2 * radius)
        if part is not None:
            distance = np.hypot(part.x - x, (part.y - y) * 1.3)
            part.paint(0.95 * soft(part, radius - distance, 0.5 * radius), kind)
