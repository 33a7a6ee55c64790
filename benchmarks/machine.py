"""What this machine can do at best, measured: ``python -m benchmarks.machine``.

micro-kernel    the fast kernels' own tile of a matrix product, its operands in the first cache:
                no convolution here can be faster
matmul          NumPy's matrix product (its BLAS) of two large square matrices
bandwidth       add two large arrays into a third: bytes read and written a second
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from minigrad.kernels._jit import jit
from minigrad.kernels.simd.micro_kernel import ROWS, VECTORS, multiply
from minigrad.kernels.simd.tasks import aligned_empty, launch, launch_slices, take
from minigrad.kernels.simd.vector import lanes

from benchmarks.engines import PEER
from benchmarks.options import add_common_options, cores, finish, new_parser
from benchmarks.tables import markdown
from minigrad import get_num_threads, set_num_threads

__all__ = ["Ceiling", "describe", "main", "measure_ceiling"]

DEPTH = 256  # length of the sums of a tile: A and B stay in the first cache
REPEATS = 2000  # tiles in a piece of work
SIDE = 2048  # of the matrices
LENGTH = 105_000_000 // 4  # of the arrays
PACKAGES = ("numpy", "numba", "llvmlite", "scipy", PEER)


@dataclass(frozen=True)
class Ceiling:
    """Measured rates: products in float32 [GFLOP/s], bandwidth [GB/s]."""

    threads: int
    micro_kernel: float
    matmul: float
    bandwidth: float


def describe() -> dict[str, Any]:
    """Processor, cores and versions."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = None
    return {
        "processor": _processor(),
        "llvm name": llvm.get_host_cpu_name(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **versions,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _tiles(work, c, a, b, bias, repeats):
    width = VECTORS * lanes(c)
    piece = take(work)
    while piece < work[1]:
        for _ in range(repeats):
            tile = (c, 0, width), ROWS, (1 << lanes(c)) - 1, (a, 0, 1, ROWS), (b, 0, width)
            multiply(VECTORS, *tile, DEPTH, (bias, 0), False)
        piece = take(work)


def _tiles_of_thread(work, repeats, operands):
    _compiled_tiles(work, *operands, repeats)


def _sum(c, a, b):
    for i in range(len(c)):
        c[i] = a[i] + b[i]


_compiled_tiles, _compiled_sum = jit(_tiles), jit(_sum)


def _operands() -> tuple[np.ndarray, ...]:
    """C, A, B and bias of one thread's tile."""
    most_lanes = 16
    sizes = (ROWS * VECTORS * most_lanes, ROWS * DEPTH, VECTORS * most_lanes * DEPTH, ROWS)
    arrays = tuple(aligned_empty(size, np.dtype(np.float32), "a tile") for size in sizes)
    for array in arrays:
        array[:] = 1
    return arrays


def _best_rate(work: Callable[[], object], amount: float, seconds: float) -> float:
    """Amount of work a second in the fastest of many runs, the first ones not counted."""
    work()
    best, start = np.inf, time.perf_counter()
    while time.perf_counter() - start < seconds:
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return amount / best / 1e9


def _lane_count() -> int:
    x = np.empty(0, np.float32)
    return _compiled_lanes(x)


def _lanes(x):
    return lanes(x)


_compiled_lanes = jit(_lanes)


def measure_ceiling(threads: int, seconds: float = 1.0) -> Ceiling:
    """Measure what `Ceiling` holds.

    Parameters
    ----------
    threads
        How many to use.
    seconds
        For each of the three [s]; the best run counts.
    """
    previous = get_num_threads()
    set_num_threads(threads)
    try:
        pieces = 2 * threads
        flop = 2.0 * pieces * REPEATS * DEPTH * ROWS * VECTORS * _lane_count()
        tiles = _best_rate(
            lambda: launch(_tiles_of_thread, pieces, REPEATS, private=_operands), flop, seconds
        )
        A, B, C = (np.ones((SIDE, SIDE), np.float32) for _ in range(3))
        matmul = _best_rate(lambda: np.matmul(A, B, out=C), 2.0 * SIDE**3, seconds)
        a, b, c = (np.ones(LENGTH, np.float32) for _ in range(3))
        stream = _best_rate(
            lambda: launch_slices(_compiled_sum, (c, a, b)), 3.0 * c.nbytes, seconds
        )
    finally:
        set_num_threads(previous)
    return Ceiling(threads, tiles, matmul, stream)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = new_parser("machine", __doc__)
    add_common_options(parser, seconds=1.0)
    options = parser.parse_args(arguments)
    facts = describe()
    ceilings = [
        measure_ceiling(threads, options.seconds) for threads in sorted({1, options.threads})
    ]
    rows = [
        [c.threads, f"{c.micro_kernel:.0f}", f"{c.matmul:.0f}", f"{c.bandwidth:.0f}"]
        for c in ceilings
    ]
    header = ["threads", "micro-kernel [GFLOP/s]", "matmul [GFLOP/s]", "bandwidth [GB/s]"]
    text = "\n".join(f"{name}: {value}" for name, value in facts.items())
    data = {"machine": facts, "ceilings": [asdict(c) for c in ceilings]}
    finish(options, f"{text}\n\n{markdown(header, rows)}", data)


if __name__ == "__main__":
    main()
