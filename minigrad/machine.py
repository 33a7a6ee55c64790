"""What this machine is, and what it can do at best, measured.

micro-kernel    the fast kernels' own tile of a matrix product, its operands in the first cache: no
                convolution here can be faster
matmul          NumPy's matrix product (its BLAS) of two large square matrices
bandwidth       add two large arrays into a third: bytes read and written a second
"""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from minigrad import kernels

__all__ = ["Ceiling", "describe_machine", "describe_packages", "measure_ceiling", "memory_size"]

_SIDE = 2048  # of the matrices
_LENGTH = 105_000_000 // 4  # of the arrays
_PACKAGES = ("numpy", "numba", "llvmlite", "scipy", "scikit-image", "pillow", "safetensors")


@dataclass(frozen=True)
class Ceiling:
    """Measured rates: products in float32 [GFLOP/s], bandwidth [GB/s]."""

    threads: int
    micro_kernel: float
    matmul: float
    bandwidth: float


def describe_machine() -> dict[str, Any]:
    """Processor, cores, system and Python."""
    return {
        "processor": _processor(),
        "cores": kernels.cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def memory_size() -> int | None:
    """Memory of this machine, or of the container that this process is in [bytes]; None unknown."""
    sizes = []
    with contextlib.suppress(AttributeError, ValueError, OSError):  # no such system call
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for limit in ("memory.max", "memory/memory.limit_in_bytes"):
        with contextlib.suppress(ValueError, OSError):  # no such file, or "max"
            sizes.append(int(Path("/sys/fs/cgroup", limit).read_text(encoding="ascii")))
    return min((size for size in sizes if size > 0), default=None)


def describe_packages(*more: str) -> dict[str, str | None]:
    """Version of each package that minigrad stands on, and of ``more``; None where it is absent."""
    versions: dict[str, str | None] = {}
    for package in (*_PACKAGES, *more):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = None
    return versions


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _best_rate(work: Callable[[], object], amount: float, seconds: float) -> float:
    """Amount of work a second in the fastest of many runs, the first ones not counted."""
    work()
    best, start = np.inf, time.perf_counter()
    while time.perf_counter() - start < seconds:
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return amount / best / 1e9


def measure_ceiling(threads: int, seconds: float = 1.0) -> Ceiling:
    """Measure what `Ceiling` holds.

    Parameters
    ----------
    threads : int
        How many to use.
    seconds : float
        For each of the three [s]; the best run counts.
    """
    previous = kernels.get_num_threads()
    kernels.set_num_threads(threads)
    try:
        work, flop = kernels.rates.tile_work(threads)
        tiles = _best_rate(work, flop, seconds)
        A, B, C = (np.ones((_SIDE, _SIDE), np.float32) for _ in range(3))
        matmul = _best_rate(lambda: np.matmul(A, B, out=C), 2.0 * _SIDE**3, seconds)
        a, b, c = (np.ones(_LENGTH, np.float32) for _ in range(3))
        stream = _best_rate(lambda: kernels.rates.add(c, a, b), 3.0 * c.nbytes, seconds)
    finally:
        kernels.set_num_threads(previous)
    return Ceiling(threads, tiles, matmul, stream)
