"""From the formula to the fast kernel, rung by rung: ``python -m benchmarks.ladder``.

One convolution, computed six ways.  All give the same numbers; each rung names the one idea that
it adds to the rung before:

formula     seven nested loops in Python: every number is an object, and the loops are interpreted
compiled    the same seven loops as machine code, one multiplication at a time
im2col      the windows laid out as columns, so that BLAS multiplies two large matrices
packed      the columns exist only a few pixels at a time, in the cache (implicit im2col), and a
            tile of the product stays in the registers (micro-kernel, vector instructions)
threads     the same, shared by the cores
ceiling     the micro-kernel alone, its operands in the cache: where the ladder ends
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from math import prod
from statistics import median

import numpy as np
from minigrad.kernels.geometry import conv2d_geometry
from minigrad.kernels.loops import conv as textbook
from minigrad.kernels.loops import faces

from benchmarks import macs
from benchmarks.machine import describe, measure_ceiling
from benchmarks.options import add_common_options, finish, new_parser
from benchmarks.tables import markdown, seconds
from minigrad import get_num_threads, kernels, set_num_threads

__all__ = ["RUNGS", "main"]

SHAPE, WEIGHT = (4, 64, 56, 56), (64, 64, 3, 3)
RUNGS = ("formula", "compiled", "im2col", "packed", "threads")
CROP = 3  # the formula in Python is timed on a picture of this side


class _Convolution:
    """A padded convolution of random numbers, to be computed by any kernel."""

    def __init__(self, x_shape: tuple[int, ...], w_shape: tuple[int, ...]) -> None:
        rng = np.random.default_rng(0)
        self.x = rng.standard_normal(x_shape, np.float32)
        self.w = rng.standard_normal(w_shape, np.float32)
        self.b = np.zeros(w_shape[0], np.float32)
        self.geometry, y_shape = conv2d_geometry(x_shape, w_shape, 1, 1, 1, 1)
        self.y = np.empty(y_shape, np.float32)
        self.flop = macs.FLOP_PER_MAC * macs.conv2d(w_shape, y_shape)

    def run(self, kernel: Callable) -> None:
        kernel(self.y, self.x, self.w, self.b, self.geometry)


def _timed(work: _Convolution, kernel: Callable, threads: int, rounds: int, least: float) -> float:
    """Median seconds of a run, after one that does not count."""
    previous = get_num_threads()
    set_num_threads(threads)
    try:
        work.run(kernel)
        taken: list[float] = []
        while len(taken) < rounds or sum(taken) < least:
            start = time.perf_counter()
            work.run(kernel)
            taken.append(time.perf_counter() - start)
    finally:
        set_num_threads(previous)
    return median(taken)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = new_parser("ladder", __doc__)
    add_common_options(parser, rounds=3, seconds=0.3, only=f"some of {', '.join(RUNGS)}")
    options = parser.parse_args(arguments)
    unknown = set(options.only) - set(RUNGS)
    if unknown:
        raise SystemExit(f"--only {unknown.pop()}: no such rung; there are {', '.join(RUNGS)}")
    whole = _Convolution(SHAPE, WEIGHT)
    crop = _Convolution((1, SHAPE[1], CROP, CROP), WEIGHT)
    with kernels.use("simd"):
        fast = kernels.conv2d
    rungs: dict[str, tuple[_Convolution, Callable, int]] = {
        "formula": (crop, textbook._conv2d, 1),
        "compiled": (whole, textbook.conv2d, 1),
        "im2col": (whole, faces.conv2d_im2col, 1),
        "packed": (whole, fast, 1),
        "threads": (whole, fast, options.threads),
    }
    print(f"{whole.flop / 1e9:.2f} GFLOP: {prod(SHAPE)} numbers {SHAPE}, weight {WEIGHT}\n")
    rows, rates, before = [], {}, 0.0
    for name in options.only or RUNGS:
        work, kernel, threads = rungs[name]
        rate = work.flop / _timed(work, kernel, threads, options.rounds, options.seconds)
        gain = f"{rate / before:.3g} times" if before else ""
        rows.append([name, threads, seconds(whole.flop / rate), f"{rate / 1e9:.3g}", gain])
        print(f"{name}: {rate / 1e9:.3g} GFLOP/s", flush=True)
        rates[name], before = rate / 1e9, rate
    ceiling = measure_ceiling(options.threads, options.seconds).micro_kernel
    gain = f"{1e9 * ceiling / before:.3g} times"
    rows.append(["ceiling", options.threads, seconds(whole.flop / ceiling / 1e9), f"{ceiling:.3g}"])
    rows[-1].append(gain)
    text = markdown(["rung", "threads", "time", "GFLOP/s", "faster than before"], rows)
    note = f"The formula in Python was timed on {CROP} x {CROP} pixels; its time here is scaled."
    data = {"machine": describe(), "gflops": rates, "ceiling": ceiling}
    finish(options, f"{text}\n\n{note}", data)


if __name__ == "__main__":
    main()
