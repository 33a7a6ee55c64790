"""``minigrad models``: every network, its options and their defaults."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from minigrad.cli.model_options import model_options
from minigrad.models import MODELS, count_parameters

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the list; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="minigrad models",
        description="Every network: title, usual input, parameters, and options with defaults.",
    )
    parser.add_argument("names", nargs="*", metavar="MODEL", help="only these")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in MODELS]
    if unknown:
        parser.error(f"no network {', '.join(unknown)}; there are {', '.join(MODELS)}")
    print("\n\n".join(_lines(name) for name in options.names or MODELS))
    return 0


def _lines(name: str) -> str:
    model = MODELS[name]
    shape = getattr(model, "INPUT", None)
    facts = [f"{count_parameters(name, {}):,} parameters"]
    if shape:
        facts.append(f"input {'x'.join(map(str, shape))}")
    found = [f"{name}: {model.TITLE}", f"  {', '.join(facts)}"]
    for option, default, kind, line in model_options(name):
        flag = "--" + option.replace("_", "-")
        if kind is bool:
            flag = f"--[no-]{flag[2:]}"
        choices = f"; {', '.join(kind)}" if isinstance(kind, tuple) else ""
        found.append(f"  {flag:18} {default}{choices}")
        if line:
            found.append(f"{'':21}{line}")
    return "\n".join(found)
