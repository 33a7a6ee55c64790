"""``minigrad explain``: an operation step by step, on given numbers or in a real network."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minigrad.cli.operation_options import (
    add_options,
    operation_arrays,
    operation_settings,
    pair_option,
)
from minigrad.data import load_picture, picture_to_network
from minigrad.help_format import HelpFormatter
from minigrad.models import MODELS, build_model
from minigrad.nn import Module
from minigrad.teach import parse_matrix
from minigrad.teach.explain import VIEWS, Explanation, explain
from minigrad.teach.explain_field import receptive_field
from minigrad.teach.explain_layer import explain_layer, layer_names, reaching_layer
from minigrad.teach.fragment import fragment
from minigrad.teach.page import plain_page
from minigrad.train.checkpoint import CheckpointError
from minigrad.train.colorize import load_colorizer

__all__ = ["main"]

_EXAMPLES = """\
A matrix is written '1 2 3; 4 5 6', with | between channels; or as NumPy or LaTeX
prints it; or it is the name of a .txt, .csv or .npy file; or 'random 4x5'. Without
one, small whole numbers are drawn by --seed.

examples
  minigrad explain conv2d --input '2 0 -1 -1; 0 1 0 2; -2 0 1 1; 1 1 0 -1' \\
      --weight '1 -1 1; 0 1 0; 1 -1 1'
  minigrad explain conv_transpose2d --input '9 8 7; 6 5 4; 3 2 1' --weight 'random 3x3' \\
      --stride 2 --padding 1 --output-padding 1 --view scatter crop phases
  minigrad explain max_pool2d --input 'random 6x6 seed 7' --kernel-size 2 --view all
  minigrad explain layer --from runs/last/best.safetensors --image cat.jpg --layer head --at 10,12
  minigrad explain receptive_field --model unet --at 16,16 --size 64x64
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Explain an operation; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    given = sys.argv[1:] if arguments is None else arguments
    options.command = shlex.join(["minigrad", "explain", *given])
    try:
        if options.operation == "layer":
            result: Any = _layer(options)
        elif options.operation == "receptive_field":
            result = _field(options)
        else:
            result = _operation(options)
        if result is None:
            return 0
        print(result)
        _write(result, options)
    except (ValueError, TypeError, OSError, MemoryError, CheckpointError) as error:
        print(f"minigrad explain: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="minigrad explain",
        description="An operation step by step, from the engine's own loops.",
        epilog=_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "operation",
        choices=[*VIEWS, "layer", "receptive_field"],
        metavar="OPERATION",
        help=", ".join([*VIEWS, "layer", "receptive_field"]),
    )
    add_options(parser)
    real = parser.add_argument_group("a layer of a real network")
    real.add_argument("--from", dest="checkpoint", metavar="CHECKPOINT", help=".safetensors file")
    real.add_argument(
        "--model", choices=sorted(MODELS), metavar="MODEL", help="an untrained network instead"
    )
    real.add_argument("--layer", metavar="NAME", help="dotted name; without it, they are listed")
    real.add_argument("--image", metavar="PICTURE", help="what the network is shown")
    real.add_argument("--channel", type=int, default=0, metavar="N", help="of the layer's output")
    shown = parser.add_argument_group("what is shown")
    shown.add_argument("--at", type=pair_option, metavar="Y,X", help="explain this output only")
    shown.add_argument("--view", nargs="+", metavar="NAME", help="which views; all for all")
    shown.add_argument("--limit", type=int, default=9, metavar="N", help="steps of a view (9)")
    shown.add_argument("--html", metavar="FILE", help="write a page, too")
    shown.add_argument("--gif", metavar="FILE", help="write an animation, too")
    shown.add_argument("--json", metavar="FILE", help="write the trace, too")
    return parser


def _operation(options: argparse.Namespace) -> Explanation:
    name = options.operation
    settings = operation_settings(options, name)
    arrays = operation_arrays(options, name)
    views = options.view
    if views is not None and "all" in views:
        views = "all"
    gy = options.gy
    if gy is not None and gy != "ones":
        gy = parse_matrix(gy, options.seed, "gy")
    at = options.at
    if at is not None:
        if name not in ("conv2d", "conv_transpose2d"):
            raise ValueError(f"--at is for conv2d and conv_transpose2d, not for {name}")
        at = (0, options.channel, *((at, at) if isinstance(at, int) else at))
    return explain(
        name, *arrays, views=views, limit=options.limit, gy=gy, at=at,
        then=[parse_matrix(text, options.seed, "--then") for text in options.then],
        activation=options.activation, **settings,
    )  # fmt: skip


def _network(options: argparse.Namespace) -> Module:
    if (options.checkpoint is None) == (options.model is None):
        raise ValueError("which network? --from CHECKPOINT, or --model NAME for an untrained one")
    if options.checkpoint is not None:
        model = load_colorizer(options.checkpoint)[0].model
    else:
        model = build_model(options.model, {})
    return model.eval()


def _layer(options: argparse.Namespace) -> Explanation | None:
    model = _network(options)
    if options.layer is None:
        print("layers that can be explained (--layer NAME):")
        print("\n".join(f"  {name}" for name in layer_names(model)))
        return None
    if options.image is None or options.at is None:
        raise ValueError("a layer is explained with --image PICTURE and --at Y,X")
    lightness, _ = picture_to_network(load_picture(options.image))
    layer, x, _ = reaching_layer(model, options.layer, lightness[None])
    at = (options.at, options.at) if isinstance(options.at, int) else options.at
    return explain_layer(layer, x, at, options.channel, options.layer)


def _field(options: argparse.Namespace) -> Any:
    size = options.size or 64
    H, W = (size, size) if isinstance(size, int) else size
    at = options.at if options.at is not None else (-1, -1)
    at = (at, at) if isinstance(at, int) else at
    model = _network(options)
    C = next((p.shape[1] for p in model.parameters() if p.dim() == 4), 1)
    return receptive_field(model, (C, H, W), at, options.layer)


def _page(result: Any, options: argparse.Namespace) -> str:
    """The page; where no views were asked for it has all of them."""
    if isinstance(result, Explanation):
        return (result if options.view else result.completed()).to_page(options.command)
    return plain_page(
        "minigrad explain receptive_field", fragment(result.to_html()), options.command
    )


def _write(result: Any, options: argparse.Namespace) -> None:
    for path, write in (
        (options.html, lambda p: Path(p).write_text(_page(result, options), encoding="utf-8")),
        (options.gif, lambda p: result.to_gif(p)),
        (options.json, lambda p: Path(p).write_text(result.trace.to_json(), encoding="utf-8")),
    ):
        if path is not None:
            if not isinstance(result, Explanation) and path is not options.html:
                raise ValueError(f"{options.operation} cannot be written to {shlex.quote(path)}")
            write(path)
            print(f"written: {path}")
