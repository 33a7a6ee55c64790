"""The five training steps beside the peer: ``python -m benchmarks.steps``.

A ratio above 1 says how many times faster minigrad is.  GFLOP/s counts the multiply-adds of
convolutions and dense layers, forward and backward (see ``macs``); its share is of the rate of the
micro-kernel, which no convolution on this machine can exceed.  Memory is the most that the engine's
process ever held.  The peer's figures are those of its faster layout.
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
from benchmarks.machine import Ceiling, describe, measure_ceiling
from benchmarks.options import (
    add_common_options,
    add_comparison_options,
    finish,
    new_parser,
    positive,
    with_peer,
)
from benchmarks.profiler import print_profiles
from benchmarks.tables import markdown, seconds
from benchmarks.training import STEPS, build

__all__ = ["main"]

HEADER = ["step", "minigrad", "GFLOP/s", "of ceiling", "first step", "memory"]
PEER_HEADER = ["peer", "its layout", "its memory", "ratio (all rounds)"]
MIB = 2**20


def _measured(
    name: str, options: argparse.Namespace, peer: bool
) -> tuple[list[Measured], dict[str, int]]:
    """Time a step in fresh processes, one for each engine and layout; and their peak memory."""
    with ExitStack() as stack:
        contestants = [
            Contestant(engine, layout, stack.enter_context(Worker(engine, options.threads)))
            for engine, layout in Contestant.layouts(peer)
        ]
        measured = measure(
            contestants,
            name,
            options.rounds,
            options.seconds,
            kind="step",
            name=name,
            batch=options.batch,
        )
        peaks = {
            f"{one.engine}, {one.layout}": one.worker.ask("memory")["peak"] for one in contestants
        }
    return measured, peaks


def _row(
    name: str, measured: list[Measured], peaks: dict[str, int], ceiling: Ceiling
) -> tuple[list[str], Ratio | None]:
    ours, peer = best_layout(measured, OURS), best_layout(measured, PEER)
    assert ours is not None
    rate = ours.facts["gflop"] / ours.median
    row = [
        name,
        seconds(ours.median),
        f"{rate:.0f}",
        f"{100 * rate / ceiling.micro_kernel:.0f} %",
        seconds(ours.facts["first"]),
        f"{peaks[f'{OURS}, default'] / MIB:.0f} MiB",
    ]
    if peer is None:
        return row, None
    compared = ratio(ours.seconds, peer.seconds)
    memory = f"{peaks[f'{PEER}, {peer.layout}'] / MIB:.0f} MiB"
    return [*row, seconds(peer.median), peer.layout, memory, str(compared)], compared


def _chosen(names: Sequence[str]) -> list[str]:
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        raise SystemExit(f"--only {unknown[0]}: no such step; there are {', '.join(STEPS)}")
    return list(names) or list(STEPS)


def _compare(names: Sequence[str], options: argparse.Namespace) -> None:
    peer = with_peer(options)
    ceiling = measure_ceiling(options.threads, options.seconds)
    facts = describe()
    data: dict[str, Any] = {"machine": facts, "ceiling": vars(ceiling), "steps": {}}
    rows, ratios = [], []
    for name in names:
        measured, peaks = _measured(name, options, peer)
        row, compared = _row(name, measured, peaks, ceiling)
        print("  ".join(row), flush=True)
        rows.append(row)
        ratios += [compared.median] if compared else []
        data["steps"][name] = {
            f"{one.engine}, {one.layout}": {
                "seconds": one.seconds,
                "peak": peaks[f"{one.engine}, {one.layout}"],
                **one.facts,
            }
            for one in measured
        }
    lines = [
        markdown(HEADER + PEER_HEADER if peer else HEADER, rows),
        f"geometric mean of the ratios: {geometric_mean(ratios):.2f}" if peer else HOW_TO_INSTALL,
        f"{facts['processor']}, {options.threads} threads of {facts['cores']} cores; ceiling "
        f"{ceiling.micro_kernel:.0f} GFLOP/s, NumPy's matmul {ceiling.matmul:.0f}, "
        f"bandwidth {ceiling.bandwidth:.0f} GB/s; "
        + ", ".join(f"{key} {facts[key]}" for key in ("python", "numpy", "numba", PEER)),
    ]
    finish(options, "\n\n".join(lines), data)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = new_parser("steps", __doc__)
    add_common_options(parser, rounds=7, seconds=0.5, only=f"some of {', '.join(STEPS)}")
    parser.add_argument("--batch", type=positive, help="another batch than the usual one")
    add_comparison_options(parser)
    options = parser.parse_args(arguments)
    names = _chosen(options.only)
    if options.profile:
        engine = load(OURS, threads=options.threads)
        print_profiles(names, lambda name: build(engine, name, options.batch).run, options.rounds)
    else:
        _compare(names, options)


if __name__ == "__main__":
    main()
