"""``minigrad train MODEL``: train a network to colorize, and write a report of it."""

from __future__ import annotations

import difflib
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from minigrad.models import MODELS
from minigrad.train import train_command
from minigrad.train.defaults import DEFAULTS

__all__ = ["main"]

_HELP = """usage: minigrad train MODEL [options]
       minigrad train --config run.toml [options]

Train a network to colorize photographs. MODEL is one of

{models}

minigrad train MODEL --help tells the options and their defaults, which differ
by model."""

_DESCRIPTION = """Train a network ({title}) to colorize photographs.

With no option it learns from the photographs that scikit-image brings along. The run's folder gets
its checkpoints, sample pictures, results.json, run.toml and report.html."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; returns the exit status."""
    rest = list(sys.argv[1:] if arguments is None else arguments)
    trainable = {name: MODELS[name] for name in DEFAULTS}
    if not rest or rest[0] in ("-h", "--help"):
        lines = [f"  {name:12}  {kind.TITLE}" for name, kind in trainable.items()]
        print(_HELP.format(models="\n".join(lines)))
        sys.exit(0)
    name = _model_of_file(rest) if rest[0].startswith("-") else rest.pop(0)
    if name not in trainable:
        near = difflib.get_close_matches(name, trainable, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(trainable)}"
        print(f"minigrad train: there is no model {name!r}; {hint}", file=sys.stderr)
        return 2
    description = _DESCRIPTION.format(title=trainable[name].TITLE)
    return train_command(name, description, rest, f"minigrad train {name}")


def _model_of_file(arguments: Sequence[str]) -> str:
    """The model that the file behind ``--config`` names; nothing if there is none."""
    for k, argument in enumerate(arguments):
        flag, _, value = argument.partition("=")
        if flag == "--config":
            path = value or "".join(arguments[k + 1 : k + 2])
            try:
                return str(tomllib.loads(Path(path).read_text(encoding="utf-8")).get("model", ""))
            except (OSError, ValueError):
                return ""
    return ""
