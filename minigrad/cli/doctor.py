"""``minigrad doctor``: what minigrad runs on, and how fast that is."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from threadpoolctl import threadpool_info

from minigrad import get_num_threads, kernels
from minigrad.machine import describe_machine, describe_packages, measure_ceiling

__all__ = ["examine", "main"]

_VARIABLES = (
    "MINIGRAD_KERNELS",
    "MINIGRAD_NUM_THREADS",
    "MINIGRAD_CACHE_DIR",
    "MINIGRAD_KEEP_MEMORY",
    "NUMBA_NUM_THREADS",
    "NUMBA_DISABLE_JIT",
    "NUMBA_BOUNDSCHECK",
    "NUMBA_CPU_NAME",
    "NUMBA_CPU_FEATURES",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)


def examine(measure: bool = True, seconds: float = 0.5) -> dict[str, dict[str, Any]]:
    """Everything that ``minigrad doctor`` prints, by section.

    Parameters
    ----------
    measure : bool
        Whether to measure the machine's speed, too (about three times ``seconds``).
    seconds : float
        For each measurement [s].
    """
    report = {
        "machine": describe_machine(),
        "versions": {"minigrad": version("minigrad")} | describe_packages(),
        "kernels": {
            "backend": kernels.backend().__name__.rpartition(".")[2],
            **kernels.rates.describe_target(),
            "cache": kernels.rates.cache_folder() or "none: every start compiles the kernels again",
        },
        "threads": {
            "kernels": f"{get_num_threads()}, a team of minigrad's own",
            **{
                f"{pool['user_api']} ({pool['internal_api']})": pool["num_threads"]
                for pool in threadpool_info()
            },
        },
        "environment": {name: os.environ[name] for name in _VARIABLES if name in os.environ},
    }
    if measure and "compiler" not in report["kernels"]:
        ceiling = measure_ceiling(get_num_threads(), seconds)
        report["measured"] = {
            "micro-kernel [GFLOP/s]": round(ceiling.micro_kernel, 1),
            "NumPy's matmul [GFLOP/s]": round(ceiling.matmul, 1),
            "memory bandwidth [GB/s]": round(ceiling.bandwidth, 1),
        }
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="minigrad doctor", description="What minigrad runs on, and how fast that is."
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for a report of a fault")
    parser.add_argument("--quick", action="store_true", help="measure nothing")
    options = parser.parse_args(arguments)
    report = examine(measure=not options.quick)
    if options.json:
        print(json.dumps(report, indent=2))
        return 0
    for section, facts in report.items():
        if facts:
            print(section)
            width = max(map(len, facts))
            for name, value in facts.items():
                print(f"  {name:{width}}  {'not installed' if value is None else value}")
            print()
    return 0
