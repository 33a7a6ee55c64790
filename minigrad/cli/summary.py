"""``minigrad summary MODEL``: a network's layers, sizes and costs, without building it.

Instead of a name it takes the checkpoint of a run, whose network it then describes.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from rich.console import Console

from minigrad.cli.model_options import add_model_options, near_names, size
from minigrad.models import MODELS
from minigrad.summary import summarize
from minigrad.summary.table import print_on
from minigrad.teach.fragment import fragment
from minigrad.teach.page import plain_page
from minigrad.train import CheckpointError, load_state

__all__ = ["main"]

_DESCRIPTION = (
    "A network's layers as they run: where each takes its input from, kernel, stride and padding, "
    "output, parameters, multiply-adds, receptive field; then parameters, work and memory in all. "
    "Nothing is allocated or computed. Of a checkpoint (best.safetensors) the network is described "
    "that it holds, for a crop of its training unless --size says otherwise."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the summary; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="minigrad summary",
        description=_DESCRIPTION,
        epilog="minigrad summary MODEL --help lists the options of a network.",
        add_help=False,
    )
    parser.add_argument(
        "model", nargs="?", metavar="MODEL|FILE", help="see minigrad models; or a checkpoint"
    )
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
    if known.model in MODELS:
        add_model_options(parser, known.model)
    if known.help:
        parser.print_help()
        parser.exit()
    if known.model is None:
        parser.error(f"name a network: {', '.join(MODELS)}; or a checkpoint")
    if known.model not in MODELS and not Path(known.model).is_file():
        parser.error(f"there is no network and no file {known.model!r}; {near_names(known.model)}")
    given = sys.argv[1:] if arguments is None else arguments
    command = shlex.join(["minigrad", "summary", *given])
    return _summarize(vars(parser.parse_args(arguments)) if rest else vars(known), command)


def _summarize(options: dict[str, Any], command: str) -> int:
    name, sides, batch = (options.pop(key) for key in ("model", "size", "batch"))
    as_json, html, _ = (options.pop(key) for key in ("json", "html", "help"))
    try:
        if name not in MODELS:
            name, usual, options = _held_by(name)
            sides = sides or usual
        summary = summarize(name, sides, batch, **options)
        if html:
            inner = fragment(f"<h2>{escape(name)}</h2>{summary._repr_html_()}")
            html.write_text(plain_page("minigrad summary", inner, command), encoding="utf-8")
    except (CheckpointError, ValueError, OSError, MemoryError) as error:
        print(f"minigrad summary: {error}", file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps(summary.to_dict(), indent=2))
    elif sys.stdout.isatty():
        print_on(summary, Console())
    else:
        print(summary)
    return 0


def _held_by(path: str) -> tuple[str, tuple[int, int], dict[str, Any]]:
    """Return the name, the size of its training crops and the options of a checkpoint's network."""
    state = load_state(path)
    try:
        side = int(state["options"]["size"])
        return str(state["model"]["name"]), (side, side), dict(state["model"]["options"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"checkpoint {path} names no network: {error!r}") from error
