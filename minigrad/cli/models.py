"""``minigrad models``: a table of the networks; with a name, the options of one."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from minigrad.cli.model_options import model_options, near_names
from minigrad.models import MODELS, count_parameters
from minigrad.train.defaults import DEFAULTS

__all__ = ["main"]

_NOTE = (
    "Parameters and input (channels x height x width) at the defaults. Networks with a * colorize: "
    "minigrad train NAME. minigrad models NAME lists the options of one, minigrad summary NAME its "
    "layers."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, or the options of the named networks; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="minigrad models",
        description="The networks: parameters, input, and the seed whose table each is held "
        "against; with a name, its options, their defaults and what they do.",
    )
    parser.add_argument("names", nargs="*", metavar="MODEL", help="tell the options of these")
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in MODELS:
            parser.error(f"there is no network {name!r}; {near_names(name)}")
    if options.names:
        print("\n\n".join(_options_of(name) for name in options.names))
    else:
        console = Console()
        console.print(_table())
        print("\n" + textwrap.fill(_NOTE, min(console.width, 100)))
    return 0


def _table() -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("name", no_wrap=True)
    table.add_column("what it is")
    for heading in ("parameters", "input"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("from", no_wrap=True)
    for name, kind in MODELS.items():
        mark = " *" if name in DEFAULTS else ""
        parameters = f"{count_parameters(name, {}):,}"
        table.add_row(name + mark, kind.TITLE, parameters, _sizes(kind.INPUT), kind.SOURCE)
    return table


def _sizes(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def _options_of(name: str) -> str:
    kind = MODELS[name]
    facts = [
        f"{count_parameters(name, {}):,} parameters",
        f"input {_sizes(kind.INPUT)}",
        f"from {kind.SOURCE}",
    ]
    lines = [f"{name}: {kind.TITLE}", f"  {', '.join(facts)}"]
    for option, default, values, line in model_options(name):
        flag = "--" + option.replace("_", "-")
        if values is bool:
            flag = f"--[no-]{flag[2:]}"
        lines.append(f"  {flag:18} {_default(name, option, default, values)}")
        if line:
            lines += textwrap.wrap(
                line,
                78,
                initial_indent=" " * 21,
                subsequent_indent=" " * 21,
                break_on_hyphens=False,
            )
    return "\n".join(lines)


def _default(name: str, option: str, default: Any, values: Any) -> str:
    """The default of an option, that of ``minigrad train`` where it differs, and the choices."""
    parts = [str(default)]
    trained = DEFAULTS.get(name, {}).get(option, default)
    if option != "side" and trained != default:
        parts.append(f"minigrad train: {trained}")
    if isinstance(values, tuple):
        parts.append(f"of {', '.join(map(str, values))}")
    return "; ".join(parts)
