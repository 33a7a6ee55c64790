"""How the cost grows: ``python -m benchmarks.scaling``.

One 3 x 3 convolution, forward and backward, with one setting varied at a time, and the fitted
exponent p of ``seconds ~ setting ** p``: the arithmetic says 1 for the batch and 2 for the side of
the picture (so 1 for its pixels) and for the channels.  Less than that at the small end is the
fixed cost of a call.  For threads the table says how many times faster than one thread.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.compare import Contestant, Worker, measure
from benchmarks.engines import OURS
from benchmarks.machine import describe
from benchmarks.options import add_common_options, finish, new_parser
from benchmarks.tables import markdown, seconds

__all__ = ["SWEEPS", "exponent", "main"]

USUAL = {"channels": 64, "side": 48, "batch": 8}
SWEEPS: dict[str, tuple[int, ...]] = {
    "batch": (1, 2, 4, 8, 16, 32),
    "side": (12, 24, 48, 96, 192),
    "channels": (16, 32, 64, 128, 256),
}
EXPECTED = {"batch": 1, "side": 2, "channels": 2}


def exponent(values: Sequence[float], costs: Sequence[float]) -> float:
    """The slope p of the straight line through (log value, log cost): cost ~ value ** p."""
    return float(np.polyfit(np.log(values), np.log(costs), 1)[0])


def _cost(worker: Worker, conv: dict[str, int], options: argparse.Namespace) -> tuple[float, float]:
    """Seconds, and GFLOP/s, of one convolution forward and backward."""
    name = ", ".join(f"{key} {value}" for key, value in conv.items())
    turns = options.rounds, options.seconds
    one = Contestant(OURS, "default", worker)
    (measured,) = measure([one], name, *turns, kind="layer", conv=conv)
    return measured.median, measured.facts["gflop"] / measured.median


def _sweep(worker: Worker, setting: str, options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    values = SWEEPS[setting]
    costs, rows = [], []
    for value in values:
        cost, rate = _cost(worker, USUAL | {setting: value}, options)
        growth = f"{cost / costs[-1]:.2f} times" if costs else ""
        costs.append(cost)
        rows.append([value, seconds(cost), growth, f"{rate:.0f}"])
    slope, top = exponent(values, costs), exponent(values[-3:], costs[-3:])
    text = (
        f"{markdown([setting, 'time', 'than before', 'GFLOP/s'], rows)}\n\n"
        f"exponent {slope:.2f}, of the last three {top:.2f}; the arithmetic grows with "
        f"{EXPECTED[setting]}"
    )
    return text, {"values": values, "seconds": costs, "exponent": slope}


def _threads(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    counts = sorted({1, 2, 4, 8, 16, options.threads} & set(range(1, options.threads + 1)))
    costs, rows = [], []
    for count in counts:
        with Worker(OURS, count) as worker:
            cost, rate = _cost(worker, USUAL, options)
        costs.append(cost)
        rows.append([count, seconds(cost), f"{costs[0] / cost:.2f} times", f"{rate:.0f}"])
    text = markdown(["threads", "time", "faster than one", "GFLOP/s"], rows)
    return text, {"values": counts, "seconds": costs}


def main(arguments: Sequence[str] | None = None) -> None:
    settings = [*SWEEPS, "threads"]
    parser = new_parser("scaling", __doc__)
    add_common_options(parser, rounds=3, seconds=0.2, only=f"some of {', '.join(settings)}")
    options = parser.parse_args(arguments)
    unknown = set(options.only) - set(settings)
    if unknown:
        raise SystemExit(f"--only {unknown.pop()}: no such setting; there are {settings}")
    usual = ", ".join(f"{key} {value}" for key, value in USUAL.items())
    texts = [f"3 x 3 convolution, forward and backward; {usual}, but for what varies"]
    data: dict[str, Any] = {"machine": describe(), "threads": options.threads}
    for setting in options.only or settings:
        if setting == "threads":
            text, data["by threads"] = _threads(options)
        else:
            with Worker(OURS, options.threads) as worker:
                text, data[f"by {setting}"] = _sweep(worker, setting, options)
        print(f"{setting} done", flush=True)
        texts.append(text)
    finish(options, "\n\n".join(texts), data)


if __name__ == "__main__":
    main()
