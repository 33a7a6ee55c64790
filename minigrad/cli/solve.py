"""``minigrad solve``: from a printed table of shapes and parameter counts back to the network."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from minigrad.help_format import HelpFormatter
from minigrad.teach.cost import cost
from minigrad.teach.page import plain_page
from minigrad.teach.solve import CLAIMS, solve
from minigrad.teach.solve_table import parse_size

__all__ = ["main"]

_EPILOG = """
TABLE holds rows as summary tools print them, one or more tables in any text:

  Conv2d-1                 [-1, 64, 160, 160]          640
  Conv_01 (Conv2D)      (None, 256, 256, 64)          1792
  conv1,64x160x160,640

  minigrad solve table.txt
  minigrad solve report.txt --input 1x256x256 --claim k=4 s=2 p=1
  minigrad solve - < table.txt
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what the tables say; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="minigrad solve",
        description="Kernels, strides, paddings, biases and hidden concatenations of a network, "
        "from its printed shapes and parameter counts; every alternative, every contradiction.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("table", metavar="TABLE", help="a file, the table itself, or - to read it")
    parser.add_argument("--input", metavar="CxHxW", help="shape of the network's input, if known")
    parser.add_argument(
        "--claim",
        nargs="+",
        default=[],
        metavar="NAME=N",
        help=f"what is said of every convolution ({', '.join(CLAIMS)}); rows that differ are named",
    )
    parser.add_argument("--groups", action="store_true", help="look for groups everywhere")
    parser.add_argument("--dilation", action="store_true", help="look for dilation everywhere")
    parser.add_argument("--channels", choices=("first", "last"), help="order of the axes")
    parser.add_argument("--cost", action="store_true", help="also cost each network")
    parser.add_argument("--only", type=int, metavar="N", help="only the N-th table of the text")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report as HTML")
    options = parser.parse_args(arguments)
    try:
        size = parse_size(options.input) if options.input else None
        if size is not None and len(size) != 3:
            raise ValueError(f"solve: give the input as CxHxW; got {options.input!r}")
        found = solve(
            _text(options.table),
            input=None if size is None else (size[0], size[1], size[2]),
            claims=dict(map(_claim, options.claim)),
            groups=options.groups,
            dilation=options.dilation,
            channels_last=None if options.channels is None else options.channels == "last",
        )
        if options.only is not None:
            found = found.only(options.only)
        print(found)
        for table in found.tables if options.cost else ():
            print(f"\n{cost(table.layers(), time=False)}")
        if options.html:
            given = sys.argv[1:] if arguments is None else arguments
            page = plain_page(
                "minigrad solve", found.to_html(), shlex.join(["minigrad", "solve", *given])
            )
            options.html.write_text(page, encoding="utf-8")
    except (ValueError, OSError) as error:
        print(f"minigrad solve: {str(error).removeprefix('solve: ')}", file=sys.stderr)
        return 1
    return 0


def _text(table: str) -> str:
    if table == "-":
        return sys.stdin.read()
    if "\n" in table or "[" in table:
        return table
    return Path(table).read_text(encoding="utf-8", errors="replace")


def _claim(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    if not value.isdigit():
        raise ValueError(f"solve: give a claim as NAME=N, such as s=2; got {text!r}")
    return name, int(value)
