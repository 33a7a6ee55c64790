"""Why a printed row cannot be: what its parameters would need, and what would be there instead."""

from __future__ import annotations

from collections.abc import Sequence

from minigrad.teach.solve_search import kernels_of
from minigrad.teach.solve_table import Row

__all__ = ["misfit", "no_kernel", "sized"]


def no_kernel(row: Row) -> str:
    """Say that no kernel has a row's parameters."""
    return (
        f"no square kernel up to 7 x 7 has {row.parameters:,} parameters for {row.channels} output "
        "channels, with or without bias"
    )


def misfit(row: Row, name: str, shape: Sequence[int]) -> str:
    """What the parameters would need, what the row before it would give, or why no size fits."""
    C, O = shape[0], row.channels
    needs = []
    for bias in (True, False):
        for channels, K in kernels_of(row.parameters, O, bias):
            if channels == C:
                return (
                    f"{row.parameters:,} parameters fit k={K} over {name} "
                    f"({sized(shape)}), but no stride up to 4 leads to {sized(row.sides)}"
                )
            would = C * O * K * K + O * bias
            needs.append(
                f"{channels} with k={K}{'' if bias else ' and no bias'} ({C} would give {would:,})"
            )
    if not needs:
        return no_kernel(row)
    return (
        f"over {name} ({sized(shape)}) nothing gives {row.parameters:,} parameters; "
        f"input channels would have to be {', or '.join(sorted(needs, key=_usual))}"
    )


def _usual(need: str) -> bool:
    """Kernels of 3 and 4 first."""
    return " k=3" not in need and " k=4" not in need


def sized(shape: Sequence[int]) -> str:
    """Write a shape as CxHxW."""
    return "x".join(map(str, shape))
