"""Comparing engines fairly: alternating rounds, and the arithmetic of their ratios."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any

from benchmarks.engines import ENGINES, OURS, PEER

__all__ = [
    "Contestant",
    "Measured",
    "Ratio",
    "Worker",
    "best_layout",
    "geometric_mean",
    "measure",
    "ratio",
]

ROOT = Path(__file__).resolve().parent.parent
THREAD_VARIABLES = (
    "MINIGRAD_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)


@dataclass(frozen=True)
class Ratio:
    """How many times faster than the peer: the median of all rounds, and their extremes."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


def ratio(ours: Sequence[float], peer: Sequence[float]) -> Ratio:
    """Compare seconds round by round: above 1 where ours took less than the peer's.

    Raises
    ------
    ValueError
        If the two have not the same number of rounds, or none.
    """
    if len(ours) != len(peer) or not ours:
        raise ValueError(f"ratio: {len(ours)} rounds cannot be paired with {len(peer)}")
    pairs = [theirs / mine for mine, theirs in zip(ours, peer, strict=True)]
    return Ratio(median(pairs), min(pairs), max(pairs))


def geometric_mean(values: Sequence[float]) -> float:
    """The mean for ratios: twice as fast and half as fast make 1."""
    if not values:
        raise ValueError("geometric_mean: no values")
    return exp(sum(map(log, values)) / len(values))


class Worker:
    """The parent's end of a `benchmarks.worker` process.

    Raises
    ------
    RuntimeError
        From ``ask``, when the worker reports an error or has died.
    """

    def __init__(self, engine: str, threads: int) -> None:
        environment = dict(os.environ, **dict.fromkeys(THREAD_VARIABLES, str(threads)))
        self._name = engine
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", engine, str(threads)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Send one request and wait for its answer."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            status = self._process.wait()
            raise RuntimeError(f"the {self._name} worker ended with status {status} at {do!r}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{self._name}, {do} {arguments}: {answer['error']}")
        return answer

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        with contextlib.suppress(BrokenPipeError):  # a dead worker has not read all
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


@dataclass(frozen=True)
class Contestant:
    """An engine in one of its layouts, and the worker that runs it."""

    engine: str
    layout: str
    worker: Worker

    @staticmethod
    def layouts(peer: bool) -> list[tuple[str, str]]:
        """Every (engine, layout) that takes part."""
        names = (OURS, PEER) if peer else (OURS,)
        return [(name, layout) for name in names for layout in ENGINES[name]]

    def job(self, name: str) -> str:
        """The worker's name for a job: a worker may hold one in each layout."""
        return f"{name}/{self.layout}"


@dataclass(frozen=True)
class Measured:
    """What was measured of one contestant: seconds of each round, and facts of the first run."""

    engine: str
    layout: str
    seconds: list[float]
    facts: dict[str, Any]

    @property
    def median(self) -> float:
        """Seconds of the middle round."""
        return median(self.seconds)


def measure(
    contestants: Sequence[Contestant],
    job: str,
    rounds: int,
    seconds: float,
    **options: Any,
) -> list[Measured]:
    """Build a job in every contestant's worker, warm all up, and time them in turns.

    Parameters
    ----------
    contestants
        Who takes part; a round runs all of them in this order.
    job
        What the job is called.
    rounds
        How many turns each gets.
    seconds
        Least duration of a turn [s]; also of the warm-up.
    options
        What to build: ``kind`` (a name of ``worker.BUILDERS``) and its arguments.
    """
    facts = [
        one.worker.ask("prepare", job=one.job(job), layout=one.layout, **options)
        for one in contestants
    ]
    for one in contestants:
        one.worker.ask("warm", job=one.job(job), seconds=seconds)
    taken: list[list[float]] = [[] for _ in contestants]
    for _ in range(rounds):
        for one, times in zip(contestants, taken, strict=True):
            times.append(one.worker.ask("time", job=one.job(job), seconds=seconds)["seconds"])
    for one in contestants:
        one.worker.ask("drop", job=one.job(job))
    return [
        Measured(one.engine, one.layout, times, fact)
        for one, times, fact in zip(contestants, taken, facts, strict=True)
    ]


def best_layout(measured: Sequence[Measured], engine: str) -> Measured | None:
    """The faster of an engine's layouts; None if the engine did not take part."""
    layouts = [one for one in measured if one.engine == engine]
    return min(layouts, key=lambda one: one.median) if layouts else None
