"""``minigrad worksheet``: exercises with small whole numbers, and their worked key."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from minigrad.help_format import HelpFormatter
from minigrad.teach.worksheet import Worksheet, worksheet
from minigrad.teach.worksheet_draw import DRAWERS, GROUPS

__all__ = ["main"]

_EXAMPLES = """\
examples
  minigrad worksheet --op conv2d --seed 7 --count 4
  minigrad worksheet --op conv_transpose2d --seed 7 --count 4 --solutions
  minigrad worksheet --op backward counts --count 12 --solutions -o sheet.html
  minigrad worksheet --op all --count 19 --format latex -o sheet.tex

The same seed gives the same exercises, and more of them with a larger --count. An answer is checked
with the command that stands under the exercise, and the slip behind a wrong one is named:
  minigrad check '1 0; -1 4' --worksheet conv2d --seed 7 --number 1
"""
_FORMATS = {
    "md": Worksheet.to_markdown,
    "latex": Worksheet.to_latex,
    "html": Worksheet.to_page,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print or write a sheet; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="minigrad worksheet",
        description="Exercises about convolutions and what belongs to them, with small whole "
        "numbers; the key is traced from the engine's own loops.",
        epilog=_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "--op", nargs="+", default=["conv2d"], metavar="NAME",
        help=f"what it is about; several take turns: {', '.join([*DRAWERS, *GROUPS])} (conv2d)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the numbers (0)")
    parser.add_argument("--count", type=int, default=5, metavar="N", help="exercises (5)")
    parser.add_argument("--level", type=int, choices=(1, 2, 3), help="how hard; rising by default")
    parser.add_argument("--solutions", action="store_true", help="with the worked key")
    parser.add_argument("--format", choices=_FORMATS, help="md, or as the file's name ends")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file")
    options = parser.parse_args(arguments)
    try:
        sheet = worksheet(options.op, options.seed, options.count, options.solutions, options.level)
        ending = "" if options.output is None else options.output.suffix[1:]
        form = options.format or {"tex": "latex", "htm": "html"}.get(ending, ending)
        text = _FORMATS.get(form, Worksheet.to_markdown)(sheet)
        if options.output is None:
            print(text, end="")
        else:
            options.output.write_text(text, encoding="utf-8")
            print(f"written: {options.output}")
    except (ValueError, OSError) as error:
        print(f"minigrad worksheet: {error}", file=sys.stderr)
        return 1
    return 0
