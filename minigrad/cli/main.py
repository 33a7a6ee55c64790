"""``minigrad COMMAND ...``: finds the command's module and hands it the rest of the line."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

__all__ = ["COMMANDS", "main"]

_GROUPS = {
    "colour photographs": {
        "train": "train a network to colorize photographs, and write a report of it",
        "colorize": "colour photographs of any size with a trained network",
        "evaluate": "measure a trained network beside gray and the mean colour",
    },
    "look into networks": {
        "models": "the networks there are, their options and numbers of parameters",
        "summary": "a network as a table: layers, sizes, parameters, multiply-adds, fields, memory",
        "cost": "what a network costs: formulas, four counting rules, counts, time",
        "solve": "from a printed table of shapes and parameters back to the network",
    },
    "see how convolutions work": {
        "explain": "an operation step by step: your numbers, or any layer of a checkpoint",
        "worksheet": "exercises with small whole numbers, and a fully worked key",
        "check": "an answer held against the engine's: the first wrong cell, and the slip",
        "explorer": "a page in which settings and numbers can be changed",
    },
    "this machine": {
        "doctor": "what minigrad runs on: versions, processor, threads, cache, measured speed",
        "warmup": "compile the kernels ahead of the first use",
        "completion": "a script that completes these words in bash, zsh or fish",
    },
}
COMMANDS = {name: line for group in _GROUPS.values() for name, line in group.items()}
"""Name of a command: its line in the help.  `minigrad.cli.NAME` has ``main(arguments) -> int``."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command and its arguments; the command line's by default.

    Returns
    -------
    int
        Exit status: 0 done, 1 an error, 2 a command line that cannot be understood.
    """
    name, *rest = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name in ("-h", "--help", "help"):
        print(_help())
        return 0
    if name in ("-V", "--version"):
        print(f"minigrad {version('minigrad')}")
        return 0
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(COMMANDS)}"
        print(f"minigrad: there is no command {name!r}; {hint}", file=sys.stderr)
        return 2
    return import_module(f"minigrad.cli.{name}").main(rest)


def _help() -> str:
    width = max(map(len, COMMANDS))
    groups = [
        f"{title}:\n" + "\n".join(f"  {name:{width}}  {line}" for name, line in group.items())
        for title, group in _GROUPS.items()
    ]
    return "\n\n".join(
        [
            "usage: minigrad COMMAND [options]",
            "A tensor engine on NumPy and Numba that can be read end to end.",
            *groups,
            "minigrad COMMAND --help tells more of a command; minigrad --version the version.",
        ]
    )
