"""``minigrad check``: an answer held against the engine's, and the slip behind a wrong one."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minigrad.cli.operation_options import (
    SETTINGS,
    add_options,
    operation_arrays,
    operation_settings,
)
from minigrad.help_format import HelpFormatter
from minigrad.models import MODELS, build_model
from minigrad.summary import describing
from minigrad.teach import parse_matrix
from minigrad.teach.check import check
from minigrad.teach.check_counts import check_arithmetic, check_table
from minigrad.teach.cost_network import network_layers
from minigrad.teach.counting import LAYERS, QUANTITIES, Counted, make_layer
from minigrad.teach.question import ASKED, Question, ask
from minigrad.teach.solve_table import parse_size
from minigrad.teach.verdict import Verdict
from minigrad.teach.worksheet import exercises

__all__ = ["main"]

_EXAMPLES = """\
ANSWER is a matrix ('1 0; -1 4', or as NumPy or LaTeX prints it), the products of a
cell ('2*1 + 0*(-1) + ... = 1'), a count with its arithmetic ('32*(64*3*3 + 1) =
18,464'), a shape ('64x80x80'), the name of a file, or - to read it.
The exit status is 0 where it is right, 1 where it is wrong, 2 where it cannot be read.

examples
  minigrad check '1 0; -1 4' --op conv2d --input '2 0 -1 -1; 0 1 0 2; -2 0 1 1; 1 1 0 -1' \\
      --weight '1 -1 1; 0 1 0; 1 -1 1'
  minigrad check '2*1 + 0*1 - 1*1 + 0*0 + 1*1 + 2*0 - 2*1 + 0*(-1) + 1*1 = 1' --op conv2d \\
      --of products --at 0,0 --input '2 0 -1; 0 1 0; -2 0 1' --weight '1 -1 1; 0 1 0; 1 -1 1'
  minigrad check '5 5; 5 5' --worksheet conv2d --seed 7 --number 1
  minigrad check 441 --op conv2d --of parameters --channels 3,3 --kernel-size 7
  minigrad check 8x8 --op conv_transpose2d --of shape --size 4x4 --kernel-size 3 --stride 2 \\
      --padding 1
  minigrad check 22,093,824 --of multiply-adds --model colornet --size 32
  minigrad check report.txt --table --image 1x256x256
"""
_COUNTED = ("stride", "padding", "output_padding", "dilation", "kernel_size", "groups",
            "ceil_mode", "scale_factor")  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Check an answer; returns 0 where it is right, 1 where it is wrong, 2 for an error."""
    given = list(sys.argv[2:] if arguments is None else arguments)
    # A matrix may begin with a minus sign, which is no option.
    given = [f" {word}" if re.match(r"-[\d.]", word) else word for word in given]
    options = _parser().parse_args(given)
    try:
        verdict = _verdict(options)
        print(verdict)
        if options.html is not None:
            options.html.write_text(verdict.to_html(), encoding="utf-8")
    except (ValueError, TypeError, OSError, MemoryError) as error:
        print(f"minigrad check: {error}", file=sys.stderr)
        return 2
    return 0 if verdict else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="minigrad check",
        description="An answer held against the engine's: the first wrong cell, the right "
        "products there, and the classic mistakes that lead to it.",
        epilog=_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("answer", metavar="ANSWER", help="what was found")
    asked = parser.add_argument_group("the question")
    names = list(dict.fromkeys([*SETTINGS, *LAYERS]))
    asked.add_argument("--op", choices=names, metavar="OPERATION", help=", ".join(names))
    kinds = [name.replace("_", "-") for name in (*ASKED, *QUANTITIES)]
    asked.add_argument(
        "--of", default="output", metavar="WHAT", help=f"{', '.join(kinds)} (output)"
    )
    asked.add_argument("--at", metavar="Y,X", help="the output cell whose products are given")
    asked.add_argument("--channel", type=int, default=0, metavar="N", help="of that cell")
    sheet = parser.add_argument_group("or an exercise of minigrad worksheet, with its --seed")
    sheet.add_argument("--worksheet", metavar="NAME", help="what it is about")
    sheet.add_argument("--number", type=int, default=1, metavar="K", help="which exercise (1)")
    sheet.add_argument("--level", type=int, choices=(1, 2, 3), help="if the sheet was given one")
    counts = parser.add_argument_group("for counts and shapes")
    counts.add_argument("--channels", metavar="C,O", help="of the layer's input and output")
    counts.add_argument("--no-bias", action="store_true", help="the layer has none")
    counts.add_argument(
        "--model", choices=sorted(MODELS), metavar="MODEL", help="all layers of a network"
    )
    counts.add_argument("--set", nargs="+", default=[], metavar="NAME=N", help="its options")
    other = parser.add_argument_group("or something else")
    other.add_argument("--table", action="store_true", help="ANSWER is a network's printed table")
    other.add_argument("--image", metavar="CxHxW", help="what is said of the table's input")
    other.add_argument("--claim", nargs="+", default=[], metavar="NAME=N",
                       help="what is said of every convolution: k, s, p, op")  # fmt: skip
    other.add_argument("--equals", metavar="EXPRESSION", help="arithmetic, such as '70/100*7128'")
    add_options(parser)
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the verdict as HTML")
    return parser


def _verdict(options: argparse.Namespace) -> Verdict:
    if options.table:
        size: Any = parse_size(options.image) if options.image else None
        return check_table(_read(options.answer), size, dict(map(_number, options.claim)))
    answer = _read(options.answer)
    if options.equals is not None:
        return check_arithmetic(options.equals, answer)
    if options.worksheet is not None:
        if options.number < 1:
            raise ValueError(f"exercises are numbered from 1; got --number {options.number}")
        made = exercises(options.worksheet, options.seed, options.number, options.level)
        return check(made[-1].question, answer)
    of = options.of.replace("-", "_")
    if of in QUANTITIES:
        return check(_count(options, of), answer)
    return check(_operation(options, of), answer)


def _read(answer: str) -> str:
    """The answer itself: from standard input, from a file, or as it stands."""
    if answer.strip() == "-":
        return sys.stdin.read()
    path = Path(answer)
    plain = "\n" not in answer and len(answer) < 256
    if plain and path.suffix in (".txt", ".tex", ".csv", ".md") and path.is_file():
        return path.read_text(encoding="utf-8", errors="replace")
    return answer


def _number(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    if not value.isdigit():
        raise ValueError(f"give NAME=N, such as s=2; got {text!r}")
    return name, int(value)


def _pair(text: str | None, name: str) -> tuple[int, int]:
    parts = re.split(r"[x,]", (text or "").lower())
    if len(parts) != 2 or not all(part.strip().isdigit() for part in parts):
        raise ValueError(f"give {name} as two numbers, such as 3,8; got {text!r}")
    return int(parts[0]), int(parts[1])


def _count(options: argparse.Namespace, of: str) -> Counted:
    size = options.size
    sides = (size, size) if isinstance(size, int) else size
    if options.model is not None:
        with describing():
            network = build_model(options.model, dict(map(_number, options.set)))
        shape = tuple(network.INPUT)
        if sides is not None:
            shape = (*shape[:1], *sides)
        layers = network_layers(network, shape)
        return Counted(tuple(x for x in layers if x.multiplies or x.extra), of)
    if options.op is None:
        raise ValueError("which layer? --op NAME with --channels C,O, or --model NAME")
    settings = {key: getattr(options, key) for key in _COUNTED if getattr(options, key) is not None}
    channels = _pair(options.channels or "1,1", "--channels")
    layer = make_layer(options.op, channels, sides, bias=not options.no_bias, **settings)
    return Counted((layer,), of)


def _operation(options: argparse.Namespace, of: str) -> Question:
    name = options.op
    if name is None:
        raise ValueError("which question? --op OPERATION, --worksheet NAME, --table or --equals")
    settings = operation_settings(options, name)
    arrays = operation_arrays(options, name)
    gy = options.gy
    if gy is not None and gy != "ones":
        gy = parse_matrix(gy, options.seed, "gy")
    cell = None
    if of == "products":
        row, column = _pair(options.at, "--at")
        cell = (row, column) if name == "linear" else (0, options.channel, row, column)
    then = [parse_matrix(text, options.seed, "--then") for text in options.then]
    return ask(
        name, *arrays, of=of, gy=gy, cell=cell, then=then, activation=options.activation, **settings
    )
