"""The light of a scene, and what is in it.

A colorizer sees lightness alone. So that it can find the colours, they follow from what is to be
seen: an evening has a low sun and a dark zenith, winter a white ground; dark pointed trees are
firs, and of the round ones the pale are golden and the others green; of the flowers the pale are
yellow or white and the dark are poppies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["MOODS", "Mood", "Scene", "draw_scene"]

RGB = tuple[float, float, float]


@dataclass(frozen=True)
class Mood:
    """Colours of light and of things under it; RGB in [0, 1]."""

    zenith: RGB
    sky: RGB
    haze: RGB
    sun: RGB
    sun_glow: RGB
    glow: float
    sun_size: float
    cloud: RGB
    cloud_shadow: RGB
    rock: RGB
    rock_shadow: RGB
    snow: RGB
    snow_shadow: RGB
    meadow_far: RGB
    meadow: RGB
    meadow_shadow: RGB
    water: RGB
    fir: RGB
    fir_lit: RGB
    leaves: RGB
    leaves_lit: RGB
    gold: RGB
    gold_lit: RGB
    trunk: RGB
    wall: RGB
    roof: RGB
    window: RGB
    poppy: RGB
    buttercup: RGB
    daisy: RGB


MOODS = {
    "day": Mood(
        zenith=(0.16, 0.40, 0.78),
        sky=(0.38, 0.63, 0.91),
        haze=(0.80, 0.90, 0.97),
        sun=(1.0, 0.99, 0.90),
        sun_glow=(1.0, 0.97, 0.85),
        glow=0.55,
        sun_size=0.030,
        cloud=(1.0, 1.0, 1.0),
        cloud_shadow=(0.66, 0.72, 0.82),
        rock=(0.56, 0.53, 0.53),
        rock_shadow=(0.27, 0.30, 0.40),
        snow=(0.97, 0.98, 1.0),
        snow_shadow=(0.62, 0.71, 0.87),
        meadow_far=(0.52, 0.67, 0.40),
        meadow=(0.45, 0.66, 0.20),
        meadow_shadow=(0.16, 0.37, 0.10),
        water=(0.08, 0.33, 0.50),
        fir=(0.06, 0.19, 0.13),
        fir_lit=(0.19, 0.38, 0.19),
        leaves=(0.13, 0.33, 0.08),
        leaves_lit=(0.42, 0.62, 0.18),
        gold=(0.66, 0.36, 0.06),
        gold_lit=(0.99, 0.76, 0.22),
        trunk=(0.31, 0.20, 0.13),
        wall=(0.95, 0.91, 0.82),
        roof=(0.70, 0.22, 0.14),
        window=(0.16, 0.20, 0.27),
        poppy=(0.80, 0.10, 0.08),
        buttercup=(1.0, 0.86, 0.16),
        daisy=(0.99, 0.99, 0.96),
    ),
    "evening": Mood(
        zenith=(0.13, 0.14, 0.36),
        sky=(0.55, 0.31, 0.46),
        haze=(1.0, 0.66, 0.34),
        sun=(1.0, 0.95, 0.72),
        sun_glow=(1.0, 0.74, 0.34),
        glow=0.75,
        sun_size=0.042,
        cloud=(1.0, 0.66, 0.48),
        cloud_shadow=(0.42, 0.26, 0.42),
        rock=(0.55, 0.35, 0.36),
        rock_shadow=(0.21, 0.17, 0.31),
        snow=(0.99, 0.76, 0.66),
        snow_shadow=(0.47, 0.40, 0.58),
        meadow_far=(0.47, 0.40, 0.30),
        meadow=(0.36, 0.37, 0.13),
        meadow_shadow=(0.11, 0.16, 0.09),
        water=(0.12, 0.14, 0.33),
        fir=(0.05, 0.08, 0.10),
        fir_lit=(0.22, 0.20, 0.12),
        leaves=(0.10, 0.15, 0.06),
        leaves_lit=(0.40, 0.35, 0.12),
        gold=(0.40, 0.19, 0.06),
        gold_lit=(0.86, 0.50, 0.14),
        trunk=(0.18, 0.10, 0.09),
        wall=(0.72, 0.56, 0.46),
        roof=(0.45, 0.13, 0.11),
        window=(1.0, 0.85, 0.42),
        poppy=(0.56, 0.07, 0.08),
        buttercup=(0.90, 0.66, 0.16),
        daisy=(0.90, 0.76, 0.68),
    ),
    "winter": Mood(
        zenith=(0.36, 0.54, 0.78),
        sky=(0.60, 0.74, 0.90),
        haze=(0.93, 0.93, 0.94),
        sun=(1.0, 0.99, 0.94),
        sun_glow=(1.0, 0.96, 0.88),
        glow=0.5,
        sun_size=0.030,
        cloud=(0.99, 0.99, 1.0),
        cloud_shadow=(0.72, 0.77, 0.85),
        rock=(0.55, 0.54, 0.57),
        rock_shadow=(0.30, 0.34, 0.45),
        snow=(0.99, 0.99, 1.0),
        snow_shadow=(0.64, 0.73, 0.90),
        meadow_far=(0.88, 0.92, 0.97),
        meadow=(0.97, 0.97, 0.99),
        meadow_shadow=(0.68, 0.76, 0.91),
        water=(0.20, 0.36, 0.50),
        fir=(0.07, 0.17, 0.14),
        fir_lit=(0.22, 0.35, 0.24),
        leaves=(0.24, 0.18, 0.14),
        leaves_lit=(0.46, 0.36, 0.27),
        gold=(0.50, 0.30, 0.12),
        gold_lit=(0.80, 0.55, 0.26),
        trunk=(0.27, 0.19, 0.15),
        wall=(0.78, 0.60, 0.40),
        roof=(0.62, 0.22, 0.16),
        window=(0.98, 0.85, 0.47),
        poppy=(0.66, 0.10, 0.10),
        buttercup=(0.93, 0.80, 0.35),
        daisy=(0.98, 0.98, 0.98),
    ),
}


@dataclass(frozen=True)
class Scene:
    """What is drawn, and where; lengths in heights of the picture.

    Attributes
    ----------
    mood_name, mood : str, Mood
    horizon : float
        Its y.
    sun : tuple of float
        (x, y) of its middle.
    clouds : float
        How much of the sky they cover, 0 to 1.
    peaks : float
        Height of the highest mountains; 0 for none.
    water : float
        Height of the lake's band below the horizon; 0 for none.
    forest : float
        How densely trees stand, 0 to 1.
    golden : float
        Share of the round trees that are golden.
    house, flowers : bool
    """

    mood_name: str
    mood: Mood
    horizon: float
    sun: tuple[float, float]
    clouds: float
    peaks: float
    water: float
    forest: float
    golden: float
    house: bool
    flowers: bool


def draw_scene(rng: np.random.Generator, width: float) -> Scene:
    """Draw what a scene holds; `width` is that of the picture [heights]."""
    name = str(rng.choice(["day", "evening", "winter"], p=[0.58, 0.24, 0.18]))
    horizon = rng.uniform(0.42, 0.58)
    low = name == "evening"
    sun = (
        rng.uniform(0.12, 0.88) * width,
        horizon - rng.uniform(0.03, 0.10) if low else rng.uniform(0.08, 0.22),
    )
    return Scene(
        mood_name=name,
        mood=MOODS[name],
        horizon=horizon,
        sun=sun,
        clouds=rng.uniform(0.25, 0.85),
        peaks=rng.uniform(0.14, 0.34) if rng.random() < 0.75 else 0.0,
        water=rng.uniform(0.14, 0.30) if rng.random() < 0.6 else 0.0,
        forest=rng.uniform(0.2, 1.0),
        golden=rng.choice([0.0, 0.2, 0.7]),
        house=bool(rng.random() < 0.45),
        flowers=name != "winter" and bool(rng.random() < 0.6),
    )
