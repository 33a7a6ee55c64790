"""From the formula to the fast kernel, rung by rung: ``python -m benchmarks.ladder``.

One convolution, computed in many ways.  All give the same numbers; each rung names the one idea
that it adds to the rung before:

formula     seven nested loops in Python: every number is an object, and the loops are interpreted
compiled    the same seven loops as machine code, one multiplication at a time
im2col      the windows laid out as columns, so that BLAS multiplies two large matrices
packed      the columns exist only a few pixels at a time, in the cache (implicit im2col), and a
            tile of the product stays in the registers (micro-kernel, vector instructions)
winograd    tiles of 2 x 2 pixels share products: 16 multiplications instead of 36, and additions
threads     the same, shared by the cores
ceiling     the micro-kernel alone, its operands in the cache: where the ladder ends for those who
            do every multiplication

Rates count the multiplications of the formula, so that Winograd's may pass the ceiling: it does
fewer.  The roofline below the table says why a convolution can be that fast and a normalisation
cannot: work per byte.  ``fused`` is what helps where it cannot: one pass instead of two.
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
from minigrad.kernels.simd import conv as fast

from benchmarks import macs
from benchmarks.machine import Ceiling, describe, machine_line, measure_ceiling
from benchmarks.options import add_common_options, finish, new_parser
from benchmarks.tables import markdown, seconds
from minigrad import get_num_threads, nn, no_grad, randn, set_num_threads
from minigrad.functional import relu
from minigrad.functional.norm import batch_norm, batch_norm_act

__all__ = ["RUNGS", "main"]

SHAPE, WEIGHT = (4, 64, 56, 56), (64, 64, 3, 3)
RUNGS = ("formula", "compiled", "im2col", "packed", "winograd", "threads", "fused")
MAP = (16, 64, 112, 112)  # what is normalised: larger than any cache
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

    def by(self, kernel: Callable) -> Callable[[], None]:
        return lambda: kernel(self.y, self.x, self.w, self.b, self.geometry)

    @property
    def nbytes(self) -> int:
        """Bytes that must be read or written at least: every array once."""
        return sum(array.nbytes for array in (self.x, self.w, self.b, self.y))


def _packed(y: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray, geometry: tuple) -> None:
    """The fast convolution as it is where Winograd's way is not: stride 2, other kernels."""
    way = fast._conv2d_way(x.shape, w.shape, y.shape, geometry)
    fast._gather(y, x, w, b, way, transposed=False)


def _timed(run: Callable[[], object], threads: int, rounds: int, least: float) -> float:
    """Median seconds of a run, after one that does not count."""
    previous = get_num_threads()
    set_num_threads(threads)
    try:
        run()
        taken: list[float] = []
        while len(taken) < rounds or sum(taken) < least:
            start = time.perf_counter()
            run()
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
    rungs: dict[str, tuple[_Convolution, Callable, int]] = {
        "formula": (crop, textbook._conv2d, 1),
        "compiled": (whole, textbook.conv2d, 1),
        "im2col": (whole, faces.conv2d_im2col, 1),
        "packed": (whole, _packed, 1),
        "winograd": (whole, fast.conv2d, 1),
        "threads": (whole, fast.conv2d, options.threads),
    }
    print(f"{whole.flop / 1e9:.2f} GFLOP: {prod(SHAPE)} numbers {SHAPE}, weight {WEIGHT}\n")
    rows, rates, before = [], {}, 0.0
    for name in [name for name in options.only or RUNGS if name in rungs]:
        work, kernel, threads = rungs[name]
        rate = work.flop / _timed(work.by(kernel), threads, options.rounds, options.seconds)
        gain = f"{rate / before:.3g} times" if before else ""
        rows.append([name, threads, seconds(whole.flop / rate), f"{rate / 1e9:.3g}", gain])
        print(f"{name}: {rate / 1e9:.3g} GFLOP/s", flush=True)
        rates[name], before = rate / 1e9, rate
    ceiling = measure_ceiling(options.threads, options.seconds)
    peak = ceiling.micro_kernel
    time_at_peak = seconds(whole.flop / peak / 1e9)
    rows.append(["ceiling", options.threads, time_at_peak, f"{peak:.3g}", ""])
    table = markdown(["rung", "threads", "time", "GFLOP/s", "faster than before"], rows)
    text = f"{machine_line()}\n\n{table}"
    text += f"\n\nThe formula was timed on {CROP} x {CROP} pixels; its time here is scaled."
    text += f"\n\n{_roofline(whole, ceiling)}"
    data = {"machine": describe(), "gflops": rates, "ceiling": peak}
    if not options.only or "fused" in options.only:
        table, data["fused"] = _fused(options.threads, options.rounds, options.seconds)
        text += f"\n\n{table}"
    finish(options, text, data)


def _roofline(whole: _Convolution, ceiling: Ceiling) -> str:
    """What limits a convolution, and a normalisation followed by ReLU: arithmetic or memory."""
    balance = ceiling.micro_kernel / ceiling.bandwidth
    work = [
        ("the convolution, every array once", whole.flop, whole.nbytes),
        ("batch norm and ReLU, one pass", 3 * prod(MAP), 8 * prod(MAP)),
        ("batch norm, then ReLU", 3 * prod(MAP), 16 * prod(MAP)),
    ]
    rows = [
        [
            name,
            f"{flop / 1e6:.0f}",
            f"{nbytes / 1e6:.1f}",
            f"{flop / nbytes:.3g}",
            "arithmetic" if flop / nbytes > balance else "memory",
            f"{min(ceiling.micro_kernel, ceiling.bandwidth * flop / nbytes):.3g}",
        ]
        for name, flop, nbytes in work
    ]
    header = ["", "MFLOP", "MB", "FLOP/byte", "limited by", "at most GFLOP/s"]
    return (
        f"{markdown(header, rows)}\n\nThis machine: {ceiling.micro_kernel:.0f} GFLOP/s, "
        f"{ceiling.bandwidth:.0f} GB/s, so what does less than {balance:.3g} FLOP/byte waits for "
        "memory."
    )


def _fused(threads: int, rounds: int, least: float) -> tuple[str, dict[str, float]]:
    """Batch norm (its statistics known) and ReLU on a large map: two passes, and one."""
    x, norm = randn(*MAP), nn.BatchNorm2d(MAP[1])
    own = norm.running_mean, norm.running_var, norm.weight, norm.bias
    with no_grad():
        apart = _timed(lambda: relu(batch_norm(x, *own)), threads, rounds, least)
        fused = _timed(lambda: batch_norm_act(x, *own), threads, rounds, least)
    rows = [
        ["batch norm, then ReLU", seconds(apart), f"{16 * prod(MAP) / apart / 1e9:.3g}", ""],
        ["both in one pass", seconds(fused), f"{8 * prod(MAP) / fused / 1e9:.3g}"],
    ]
    rows[-1].append(f"{apart / fused:.3g} times")
    table = markdown([f"fused, {MAP}", "time", "GB/s", "faster than before"], rows)
    return table, {"apart": apart, "fused": fused}


if __name__ == "__main__":
    main()
