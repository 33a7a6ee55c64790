"""Command-line options that all benchmarks share, and how they end."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from benchmarks.engines import peer_installed
from benchmarks.tables import write

__all__ = [
    "add_common_options",
    "add_comparison_options",
    "cores",
    "finish",
    "new_parser",
    "positive",
    "with_peer",
]


def new_parser(name: str, purpose: str | None) -> argparse.ArgumentParser:
    """A parser for ``python -m benchmarks.name`` that prints its purpose as it was written."""
    return argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}",
        description=purpose,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def positive(text: str) -> int:
    """An integer of at least 1, from the command line."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not at least 1")
    return value


def _result_file(text: str) -> Path:
    path = Path(text)
    if path.suffix not in (".json", ".md", ".txt"):
        raise argparse.ArgumentTypeError(f"{text}: give a name that ends in .json, .md or .txt")
    return path


def add_common_options(
    parser: argparse.ArgumentParser, seconds: float, rounds: int = 0, only: str = ""
) -> None:
    """Add the options that every benchmark has.

    Parameters
    ----------
    parser
        Where to.
    seconds
        Default of ``--seconds``: the least duration of a turn [s].
    rounds
        Default of ``--rounds``; 0 for a benchmark without.
    only
        What the words after ``--only`` are; empty for a benchmark without.
    """
    if only:
        parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help=only)
    if rounds:
        parser.add_argument("--rounds", type=positive, default=rounds, help="turns of each")
    parser.add_argument("--seconds", type=float, default=seconds, help="least duration of a turn")
    parser.add_argument("--threads", type=positive, default=cores(), help="of each engine")
    parser.add_argument("--out", type=_result_file, help="write .json data or .md text to a file")


def add_comparison_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of benchmarks that compare engines."""
    parser.add_argument("--no-peer", action="store_true", help="time minigrad alone")
    parser.add_argument(
        "--profile",
        action="store_true",
        help="print where minigrad's time goes, by operation and by kernel, instead of comparing",
    )


def with_peer(options: argparse.Namespace) -> bool:
    """Whether the peer takes part: it is installed and not left out."""
    return peer_installed() and not options.no_peer


def finish(options: argparse.Namespace, text: str, data: dict[str, Any]) -> None:
    """Print the results, and write them where ``--out`` says."""
    print(f"\n{text}")
    if options.out:
        write(options.out, text, data)
