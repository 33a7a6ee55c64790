"""``minigrad colorize PICTURE ...``: colour photographs with a trained network."""

from __future__ import annotations

from collections.abc import Sequence

from minigrad.train import colorize_command

__all__ = ["main"]

_DESCRIPTION = """Colour photographs of any size with a trained network.

The network predicts colours at the scale that it knows; they are resized and joined with the
picture's own lightness, so that no detail is lost. Very large pictures go through it in tiles."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Colorize; returns the exit status."""
    return colorize_command(_DESCRIPTION, arguments, "minigrad colorize")
