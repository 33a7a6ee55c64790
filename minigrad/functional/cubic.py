"""Cubic interpolation between four neighbours.

Source: Keys, "Cubic convolution interpolation for digital image processing", 1981.
"""

from __future__ import annotations

from typing import Any

__all__ = ["cubic_weights"]


def cubic_weights(t: Any) -> tuple[Any, Any, Any, Any]:
    """Keys's weights (a = -0.75) of the four pixels at -1, 0, 1, 2 for a place t in [0, 1)."""
    a = -0.75

    def near(d: Any) -> Any:
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d: Any) -> Any:
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    return far(t + 1), near(t), near(1 - t), far(2 - t)
