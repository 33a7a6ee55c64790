"""A network's keyword options as options of the command line."""

from __future__ import annotations

import argparse
import difflib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

from minigrad.models import MODELS

__all__ = ["add_model_options", "model_options", "near_names", "size"]


_HELP = {
    "in_channels": "channels of the input",
    "out_channels": "channels of the result; minigrad train chooses them by its target",
    "pad": "pad pictures whose sides do not fit, and cut the result back",
    "output": "last function; minigrad train chooses it by its target",
}
"""What options mean that no network explains itself, since ``minigrad train`` does not ask."""


def model_options(name: str) -> Iterator[tuple[str, Any, Any, str]]:
    """Each option of a network: name, default, type (or tuple of choices) and line of help."""
    model = MODELS[name]
    hints = get_type_hints(model.__init__)
    help_lines: Mapping[str, str] = getattr(model, "HELP", {})
    for option, parameter in inspect.signature(model).parameters.items():
        if parameter.default is inspect.Parameter.empty:
            continue
        hint = hints.get(option, type(parameter.default))
        kind = get_args(hint) if get_origin(hint) is Literal else hint
        yield option, parameter.default, kind, help_lines.get(option, _HELP.get(option, ""))


def add_model_options(parser: argparse.ArgumentParser, name: str) -> None:
    """Add ``--option`` for each; those that are not given are left out of the namespace."""
    group = parser.add_argument_group(f"options of {name}")
    for option, default, kind, line in model_options(name):
        flag, shown = "--" + option.replace("_", "-"), f"{line} ({default})".strip()
        settings: dict[str, Any] = {"dest": option, "default": argparse.SUPPRESS, "help": shown}
        if kind is bool:
            group.add_argument(flag, action=argparse.BooleanOptionalAction, **settings)
        elif isinstance(kind, tuple):
            group.add_argument(flag, choices=kind, **settings)
        elif kind in (int, float, str):
            group.add_argument(flag, type=kind, metavar=kind.__name__.upper(), **settings)


def near_names(name: str) -> str:
    """Say which network may have been meant, or which there are.

    >>> near_names("unett")
    'did you mean unet?'
    """
    near = difflib.get_close_matches(name, MODELS, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(MODELS)}"


def size(text: str) -> tuple[int, int]:
    """Height and width from "HxW", or from one number for both.

    >>> size("100x75"), size("64")
    ((100, 75), (64, 64))
    """
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isdigit() and int(side) for side in sides):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no size; give height and width [pixels], such as 100x75, or one number"
        )
    return int(sides[0]), int(sides[-1])
