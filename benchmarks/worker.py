"""One engine in a process of its own, told what to do by lines of JSON.

    parent                                       worker
    {"do": "prepare", "job": "a", ...}   --->    builds it, runs it once          (first, gflop)
    {"do": "warm", "job": "a", ...}      --->    runs it until it is warm
    {"do": "time", "job": "a", ...}      --->    runs it for a while              (seconds)
    {"do": "drop", "job": "a"}           --->    forgets it
    {"do": "memory"}                     --->                                     (peak)

One request a line on stdin, one answer a line on stdout; the end of stdin ends the worker.  What
else the engine prints goes to stderr.

    python -m benchmarks.worker ENGINE THREADS
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import layer_cases, training
from benchmarks.engines import load
from benchmarks.macs import FLOP_PER_MAC, Counter

__all__ = ["Session", "main", "peak_memory"]

BUILDERS = {"step": training.build, "layer": layer_cases.build}


class Session:
    """The jobs that a worker holds; each method answers one kind of request."""

    def __init__(self, engine: str, threads: int) -> None:
        self._engine, self._threads = engine, threads
        self._jobs: dict[str, Callable[[], object]] = {}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what ``request["do"]`` says with the rest of the request as arguments."""
        actions = {
            "prepare": self.prepare,
            "warm": self.warm,
            "time": self.time,
            "drop": self.drop,
            "memory": self.memory,
        }
        return actions[request.pop("do")](**request)

    def prepare(self, job: str, kind: str, layout: str, **options: Any) -> dict[str, Any]:
        """Build a job and run it once: seconds of that first run, and GFLOP of each run."""
        engine = load(self._engine, layout, self._threads)
        start = time.perf_counter()
        built = BUILDERS[kind](engine, **options)
        with Counter(built.modules) as counter:
            built.run()
        first = time.perf_counter() - start
        self._jobs[job] = built.run
        parameters = sum(p.numel() for module in built.modules for p in module.parameters())
        return {
            "first": first,
            "gflop": FLOP_PER_MAC * counter.step / 1e9,
            "parameters": parameters,
            "version": engine.version,
        }

    def warm(self, job: str, seconds: float) -> dict[str, Any]:
        """Run a job until it is warm: twice, and for a while."""
        self._run(job, seconds, least=2)
        return {}

    def time(self, job: str, seconds: float) -> dict[str, Any]:
        """Median seconds of one run, over as many as fit."""
        gc.collect()
        return {"seconds": median(self._run(job, seconds, least=1))}

    def _run(self, job: str, seconds: float, least: int) -> list[float]:
        run, taken = self._jobs[job], []
        while len(taken) < least or sum(taken) < seconds:
            start = time.perf_counter()
            run()
            taken.append(time.perf_counter() - start)
        return taken

    def drop(self, job: str) -> dict[str, Any]:
        """Forget a job, and free what it holds."""
        del self._jobs[job]
        gc.collect()
        return {}

    def memory(self) -> dict[str, Any]:
        """Most memory this process ever held."""
        return {"peak": peak_memory()}


def peak_memory() -> int:
    """Peak resident memory of this process [bytes].

    Linux says it of the program alone; ``getrusage`` would count what the parent held before it
    became this program.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    engine, threads = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    session = Session(engine, int(threads))
    for line in sys.stdin:
        try:
            answer = session.answer(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
