"""``minigrad evaluate``: how good a trained network's colours are, by every metric."""

from __future__ import annotations

from collections.abc import Sequence

from minigrad.train import evaluate_command

__all__ = ["main"]

_DESCRIPTION = """Measure a trained network beside two baselines that know nothing of the picture.

Gray leaves the picture as it is; mean colour paints everything in the mean of the training
pictures. Below the tables stands what each number means."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; returns the exit status."""
    return evaluate_command(_DESCRIPTION, arguments, "minigrad evaluate")
