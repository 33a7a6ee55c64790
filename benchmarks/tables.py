"""Results as Markdown tables on the screen and as files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["markdown", "seconds", "write"]


def markdown(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table whose columns line up; the first is left-aligned, the others right-aligned."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = []
    for row in cells:
        padded = [
            c.rjust(w) if i else c.ljust(w)
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(f"| {' | '.join(padded)} |")
    rule = [("-" * w if i == 0 else "-" * (w - 1) + ":") for i, w in enumerate(widths)]
    lines.insert(1, f"| {' | '.join(rule)} |")
    return "\n".join(lines)


UNITS = (("s", 1.0), ("ms", 1e3), ("us", 1e6))


def seconds(value: float) -> str:
    """A duration with three digits, in the largest unit of which it is at least 1."""
    unit, scale = next((pair for pair in UNITS if value * pair[1] >= 1), UNITS[-1])
    return f"{value * scale:#.3g} {unit}".replace(". ", " ")


def write(path: Path, text: str, data: dict[str, Any]) -> None:
    """Write results: the data to a ``.json`` file, the printed text to any other.

    Raises
    ------
    ValueError
        If the suffix is neither ``.json`` nor ``.md`` nor ``.txt``.
    """
    if path.suffix == ".json":
        path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    elif path.suffix in (".md", ".txt"):
        path.write_text(text + "\n", encoding="utf-8")
    else:
        raise ValueError(f"--out {path}: give a name that ends in .json, .md or .txt")
