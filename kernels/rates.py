"""What kernels are compiled for, and two pieces of work that measure the machine."""

from collections.abc import Callable

import numpy as np

from ._jit import DISABLED, cache_folder, jit
from .simd import instructions
from .simd.fork import fork
from .simd.micro_kernel import ROWS, VECTORS, multiply
from .simd.tasks import aligned_empty, launch, launch_slices, take
from .simd.vector import lanes

__all__ = ["add", "cache_folder", "describe_target", "tile_work"]

_DEPTH = 256  # length of the sums of a tile: A and B stay in the first cache
_REPEATS = 2000  # tiles in a piece of work
_MOST_LANES = 16


def _fill_tiles(work, repeats, buffers):
    fork(work)
    c, a, b, bias = buffers
    width = VECTORS * lanes(c)
    piece = take(work)
    while piece < work[1]:
        for _ in range(repeats):
            multiply(
                VECTORS, (c, 0, width), ROWS, (1 << lanes(c)) - 1, (a, 0, 1, ROWS), (b, 0, width),
                _DEPTH, (bias, 0), False,
            )  # fmt: skip
        piece = take(work)


def _count_lanes(x):
    return lanes(x)


def _add(c, a, b):
    for i in range(len(c)):
        c[i] = a[i] + b[i]


fill_tiles, count_lanes, add_slice = jit(_fill_tiles), jit(_count_lanes), jit(_add)


def tile_work(threads: int) -> tuple[Callable[[], object], float]:
    """Work that keeps ``threads`` threads in the micro-kernel, and its floating-point operations.

    Operands stay in the first-level cache.  A multiply-add counts as two operations.
    """
    pieces = 2 * threads
    flop = 2.0 * pieces * _REPEATS * _DEPTH * ROWS * VECTORS * count_lanes(np.empty(0, np.float32))
    return lambda: launch(fill_tiles, pieces, _REPEATS, private=_operands), flop


def _operands() -> tuple[np.ndarray, ...]:
    """C, A, B and bias of one thread's tile."""
    width = VECTORS * _MOST_LANES
    sizes = (ROWS * width, ROWS * _DEPTH, width * _DEPTH, ROWS)
    arrays = tuple(aligned_empty(size, np.dtype(np.float32), "a tile") for size in sizes)
    for array in arrays:
        array[:] = 1
    return arrays


def add(c: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Make c a + b, on all threads; arrays of one length, (size,)."""
    launch_slices(add_slice, (c, a, b))


def describe_target() -> dict[str, object]:
    """What the kernels are compiled for: processor, vectors, tile of the micro-kernel."""
    compiler = {"compiler": "off (NUMBA_DISABLE_JIT=1): plain Python loops"} if DISABLED else {}
    return compiler | {
        "compiled for": instructions.CPU_NAME,
        "vector width": f"{8 * instructions.VECTOR_BYTES} bits "
        f"({instructions.VECTOR_BYTES // 4} float32)",
        "vector registers": instructions.REGISTERS,
        "fused multiply-add": "yes" if instructions.HAS_FMA else "no",
        "tile of the micro-kernel": f"{ROWS} x {VECTORS * instructions.VECTOR_BYTES // 4} float32",
    }
