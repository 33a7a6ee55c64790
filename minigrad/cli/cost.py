"""``minigrad cost``: what a network costs, as formulas and as numbers."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minigrad.help_format import HelpFormatter
from minigrad.models import MODELS
from minigrad.teach.cost import BUDGET, LETTERS, cost
from minigrad.teach.cost_stories import STORIES, story
from minigrad.teach.page import plain_page

__all__ = ["main"]

_EPILOG = f"""
NAME=VALUE sets an option of the network, by its name or by its letter in the formulas
({", ".join(f"{letter} {option}" for letter, option in LETTERS.items())}).

  minigrad cost colornet --size 32 --size 64     seed 000, cases A and B
  minigrad cost colornet k=5 NF=8 --latex
  minigrad cost unet --size 128x192 --measure
  minigrad cost upsampling n=4 c=3 s=2           seed 003: is up-sampling linear?
  minigrad cost separable C=8 N=16 k=3           seed 002, problem 6
  minigrad cost conv2d C=3 O=3 k=7 H=224 W=224   seed 001, question 2b
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what a network or an operation costs; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="minigrad cost",
        description="Weights, outputs and multiply-adds, by formula, by four rules and counted.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("model", help=f"a network ({', '.join(MODELS)}) or {', '.join(STORIES)}")
    parser.add_argument("values", nargs="*", metavar="NAME=VALUE", help="options, see below")
    parser.add_argument(
        "--size", action="append", default=[], metavar="HxW", help="a case; may be repeated"
    )
    parser.add_argument("--measure", action="store_true", help="run it, and time its layers")
    parser.add_argument("--no-time", action="store_true", help="do not predict times either")
    parser.add_argument(
        "--budget",
        type=int,
        default=BUDGET,
        metavar="N",
        help="products that may be counted one by one (%(default)s)",
    )
    parser.add_argument("--latex", action="store_true", help="print the formulas as LaTeX")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report as HTML")
    options = parser.parse_intermixed_args(arguments)
    try:
        values = dict(map(_value, options.values))
        if options.model in STORIES:
            found: Any = story(options.model, **values)
        else:
            found = cost(
                options.model,
                sizes=[_size(text) for text in options.size],
                measure=options.measure,
                time=not options.no_time and not options.latex,
                budget=options.budget,
                **values,
            )
        print(found.to_latex() if options.latex else found)
        if options.html:
            given = sys.argv[1:] if arguments is None else arguments
            page = plain_page(
                "minigrad cost", found.to_html(), shlex.join(["minigrad", "cost", *given])
            )
            options.html.write_text(page, encoding="utf-8")
    except (ValueError, TypeError, ModuleNotFoundError, OSError) as error:
        print(f"minigrad cost: {error}", file=sys.stderr)
        return 1
    return 0


def _value(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ValueError(f"give options as NAME=VALUE, such as NF=32; got {text!r}")
    if value.lower() in ("true", "false"):
        return name, value.lower() == "true"
    return name, int(value) if value.lstrip("-").isdigit() else value


def _size(text: str) -> tuple[int, int]:
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isdigit() and int(side) > 0 for side in sides):
        raise ValueError(f"give a size as HxW or as one side, such as 32x48 or 32; got {text!r}")
    return int(sides[0]), int(sides[-1])
