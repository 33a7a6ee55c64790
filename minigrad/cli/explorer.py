"""``minigrad explorer``: write the page in which settings and numbers can be changed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from minigrad.help_format import HelpFormatter
from minigrad.teach.matrices import parse_matrix
from minigrad.teach.page.explorer import OPERATIONS, Explorer, explorer

__all__ = ["main"]

_EXAMPLES = """\
The page needs no network and no server: open the file, or hand it out. Its address
holds every setting and number behind a #, so a link to it is a link to an example.

examples
  minigrad explorer -o lesson
  minigrad explorer conv_transpose2d --input '9 8 7; 6 5 4; 3 2 1' --weight 'random 3x3' \\
      --stride 2 --padding 1 --output-padding 1 -o lesson
  minigrad explorer --link 'op=max_pool2d&size=6&kernel=3&stride=2&x=ramp' -o lesson
"""
_PAIRS = ("size", "kernel-size", "stride", "padding", "output-padding", "dilation")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="minigrad explorer",
        description="A page in which a convolution's settings and numbers can be changed.",
        epilog=_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "operation", nargs="?", choices=OPERATIONS, default="conv2d", metavar="OPERATION",
        help=f"to begin with: {', '.join(OPERATIONS)} (%(default)s)",
    )  # fmt: skip
    parser.add_argument("-o", "--output", metavar="DIR", default=".", help="folder (this one)")
    parser.add_argument("--link", metavar="SETTING", help="what follows # in a page's address")
    parser.add_argument("--input", metavar="MATRIX", help="x to begin with, as for explain")
    parser.add_argument("--weight", metavar="MATRIX", help="w to begin with")
    parser.add_argument("--bias", metavar="VECTOR", help="b to begin with")
    for name in _PAIRS:
        parser.add_argument(f"--{name}", type=_pair, metavar="N", help="a number, or 2,1")
    for name in ("groups", "channels", "out-channels"):
        parser.add_argument(f"--{name}", type=int, metavar="N")
    parser.add_argument("--scale-factor", type=float, metavar="F")
    parser.add_argument("--ceil-mode", action="store_true", default=None)
    parser.add_argument(
        "--no-count-include-pad", dest="count_include_pad", action="store_false", default=None
    )
    parser.add_argument("--hide", action="store_true", help="an exercise: hide the output")
    parser.add_argument("--seed", type=int, default=0, help="of random matrices (0)")
    options = parser.parse_args(arguments)
    try:
        page = Explorer(options.link.lstrip("#")) if options.link else _from(options)
        path = page.write(options.output)
    except (ValueError, OSError) as error:
        print(f"minigrad explorer: {error}", file=sys.stderr)
        return 1
    print(f"written: {path}\nit opens at #{page.link}")
    return 0


def _pair(text: str) -> Any:
    if text == "same":
        return text
    try:
        numbers = tuple(int(part) for part in text.lower().replace("x", ",").split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number or pair such as 2,1") from None
    return numbers if len(numbers) > 1 else numbers[0]


def _from(options: argparse.Namespace) -> Explorer:
    arrays = {"x": options.input, "w": options.weight, "b": options.bias}
    given = {
        name: parse_matrix(text, options.seed, name)
        for name, text in arrays.items()
        if text is not None
    }
    names = [name.replace("-", "_") for name in _PAIRS]
    names += ["groups", "channels", "out_channels", "scale_factor"]
    names += ["ceil_mode", "count_include_pad"]
    chosen = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return explorer(options.operation, **given, hide=options.hide, **chosen)
