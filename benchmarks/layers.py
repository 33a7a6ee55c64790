"""Single layers, forward and backward, beside the peer: ``python -m benchmarks.layers``.

A ratio above 1 says how many times faster minigrad is.  The geometric mean is over all rows, and
the slowest row is named.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from benchmarks.compare import (
    Contestant,
    Measured,
    Ratio,
    Worker,
    best_layout,
    geometric_mean,
    measure,
    ratio,
)
from benchmarks.engines import HOW_TO_INSTALL, OURS, PEER, load
from benchmarks.layer_cases import CASES, build
from benchmarks.machine import describe
from benchmarks.options import (
    add_common_options,
    add_comparison_options,
    finish,
    new_parser,
    with_peer,
)
from benchmarks.profiler import print_profiles
from benchmarks.tables import markdown, seconds

__all__ = ["chosen", "main", "verdict"]


def chosen(words: Sequence[str]) -> list[str]:
    """The cases whose names contain one of the words; all of them for no words.

    Raises
    ------
    SystemExit
        If a word is in no name.
    """
    for word in words:
        if not any(word in name for name in CASES):
            families = sorted({case.family for case in CASES.values()})
            raise SystemExit(f"--only {word}: no such layer; families are {', '.join(families)}")
    return [name for name in CASES if not words or any(word in name for word in words)]


def verdict(ratios: dict[str, Ratio]) -> str:
    """The summary under the table: the geometric mean, and the slowest row."""
    medians = {name: one.median for name, one in ratios.items()}
    worst = min(medians, key=medians.__getitem__)
    mean = geometric_mean(list(medians.values()))
    slower = sum(value < 1 for value in medians.values())
    return (
        f"geometric mean of {len(medians)} layers: {mean:.2f}; "
        f"slowest: {worst}, {medians[worst]:.2f}; {slower} below 1"
    )


def _row(name: str, measured: list[Measured]) -> tuple[list[str], Ratio | None]:
    ours, peer = best_layout(measured, OURS), best_layout(measured, PEER)
    assert ours is not None
    gflop = ours.facts["gflop"]
    rate = f"{gflop / ours.median:.0f}" if gflop else ""
    row = [name, seconds(ours.median), rate]
    if peer is None:
        return row, None
    compared = ratio(ours.seconds, peer.seconds)
    return [*row, seconds(peer.median), peer.layout, str(compared)], compared


def _compare(names: Sequence[str], options: argparse.Namespace) -> None:
    peer = with_peer(options)
    rows: list[list[str]] = []
    ratios: dict[str, Ratio] = {}
    data: dict[str, Any] = {"machine": describe(), "threads": options.threads, "layers": {}}
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for engine in (OURS, PEER) if peer else (OURS,):
            workers[engine] = stack.enter_context(Worker(engine, options.threads))
        contestants = [Contestant(e, layout, workers[e]) for e, layout in Contestant.layouts(peer)]
        for name in names:
            measured = measure(
                contestants, name, options.rounds, options.seconds, kind="layer", name=name
            )
            row, compared = _row(name, measured)
            print("  ".join(row), flush=True)
            rows.append(row)
            data["layers"][name] = {f"{m.engine}, {m.layout}": m.seconds for m in measured}
            if compared:
                ratios[name] = compared
    header = ["layer", "minigrad", "GFLOP/s", "peer", "its layout", "ratio (all rounds)"]
    text = markdown(header if peer else header[:3], rows)
    summary = verdict(ratios) if ratios else HOW_TO_INSTALL
    finish(options, f"{text}\n\n{summary}", data)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = new_parser("layers", __doc__)
    add_common_options(
        parser, rounds=5, seconds=0.05, only="words that names contain, such as pool"
    )
    add_comparison_options(parser)
    options = parser.parse_args(arguments)
    names = chosen(options.only)
    if options.profile:
        engine = load(OURS, threads=options.threads)
        print_profiles(names, lambda name: build(engine, name).run, options.rounds)
    else:
        _compare(names, options)


if __name__ == "__main__":
    main()
