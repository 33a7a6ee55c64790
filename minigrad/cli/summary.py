"""``minigrad summary MODEL``: a network's layers, sizes and costs, without building it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from minigrad.cli.model_options import add_model_options, size
from minigrad.models import MODELS
from minigrad.summary import summarize
from minigrad.summary.table import print_on

__all__ = ["main"]

_DESCRIPTION = (
    "A network's layers as they run: where each takes its input from, kernel, stride and padding, "
    "output, parameters, multiply-adds, receptive field; then parameters, work and memory in all. "
    "Nothing is allocated or computed."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the summary; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="minigrad summary",
        description=_DESCRIPTION,
        epilog="minigrad summary MODEL --help lists the options of a network.",
        add_help=False,
    )
    parser.add_argument("model", nargs="?", choices=list(MODELS), help="see minigrad models")
    parser.add_argument("-h", "--help", action="store_true", help="show this, and go")
    parser.add_argument(
        "--size",
        type=size,
        metavar="HxW",
        help="of the picture [pixels]; usual if left out",
    )
    parser.add_argument("--batch", type=int, default=1, metavar="N", help="pictures (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write an HTML table as well")
    known, rest = parser.parse_known_args(arguments)
    if known.model is not None:
        add_model_options(parser, known.model)
    if known.help:
        parser.print_help()
        parser.exit()
    if known.model is None:
        parser.error(f"name a network: {', '.join(MODELS)}")
    return _summarize(vars(parser.parse_args(arguments)) if rest else vars(known))


def _summarize(options: dict[str, Any]) -> int:
    name, sides, batch = (options.pop(key) for key in ("model", "size", "batch"))
    as_json, html, _ = (options.pop(key) for key in ("json", "html", "help"))
    try:
        summary = summarize(name, sides, batch, **options)
        if html:
            html.write_text(summary._repr_html_(), encoding="utf-8")
    except (ValueError, OSError, MemoryError) as error:
        print(f"minigrad summary: {error}", file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps(summary.to_dict(), indent=2))
    elif sys.stdout.isatty():
        print_on(summary, Console())
    else:
        print(summary)
    return 0
