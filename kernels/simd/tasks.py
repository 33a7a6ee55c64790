"""Sharing work among threads: a launch is the same call made by several threads.

A fast kernel is written as a loop over *pieces* of work, taken one after the other::

    def _kernel(work, y, x, ...):
        piece = take(work)
        while piece < work[1]:
            ...                     # writes the outputs of this piece, and no others
            piece = take(work)

    launch(kernel, pieces, y, x, ...)

What a piece is must depend on the shapes alone, never on the number of threads: then neither do
the bits of the result.  Threads that need room of their own for packing get it from ``launch``,
allocated by NumPy outside the kernel.
"""

from collections.abc import Callable
from functools import partial
from itertools import count

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from .._bell import DONE, LINE, RUNG, TAKEN, deal, watch_by
from .._jit import DISABLED, jit
from .._threads import get_num_threads, run_on_threads, shares
from .instructions import (
    data_pointer,
    emit_pause,
)

__all__ = ["aligned_empty", "launch", "launch_slices", "take"]

_CACHE_LINE = 64  # bytes
_PATIENCE = 1 << 13  # glances before a thread goes to sleep: some 200 us


@intrinsic
def glance(typingctx, signs, place):
    """``glance(signs, i)``: signs[i] as other threads left it, after a short pause."""

    def generate(context, builder, signature, arguments):
        emit_pause(builder)
        sign = data_pointer(context, builder, signature.args[0], *arguments)
        return builder.load_atomic(sign, "monotonic", 8)

    return types.int64(signs, place), generate


@intrinsic
def add_one(typingctx, signs, place):
    """``add_one(signs, i)``: one more at signs[i], whoever else adds to it."""

    def generate(context, builder, signature, arguments):
        sign = data_pointer(context, builder, signature.args[0], *arguments)
        return builder.atomic_rmw("add", sign, ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(signs, place), generate


def _take(work):
    """The number of the next piece; each number goes to one thread, and at last work[1] to all.

    A thread takes the pieces of its own share, then what is left of the next thread's, and so on.
    """
    pieces, own, threads = work[1], work[2], work[3]
    for i in range(own, own + threads):
        thread = i if i < threads else i - threads
        piece = thread * pieces // threads + add_one(work, (thread - own) * LINE)
        if piece < (thread + 1) * pieces // threads:
            return piece
    return pieces


take = jit(_take)


def _watch(signs, ended, place, seen):
    """What ``_bell.watch_by`` asks for."""
    if ended:
        add_one(signs, DONE)
    patience = _PATIENCE
    while patience > 0 and glance(signs, place) == seen:
        patience -= 1
    while place == RUNG and patience > 0 and glance(signs, TAKEN) == 0:
        patience -= 1


watch = jit(_watch)
if not DISABLED:
    watch_by(watch)


def launch(
    kernel: Callable,
    pieces: int,
    *arguments: object,
    private: Callable[[], tuple[np.ndarray, ...]] | None = None,
    most: int | None = None,
) -> None:
    """Run ``kernel(work, *arguments)`` on as many threads as may be used.

    Parameters
    ----------
    kernel
        A compiled kernel as shown above.
    pieces
        How many there are.
    private
        Makes the buffers that one thread has to itself: a last argument, if given.
    most
        No more threads than this: waking one takes longer than a little work.
    """
    if pieces < 1:
        return
    threads = min(get_num_threads(), pieces, pieces if most is None else most)
    rooms = [(private(),) if private else () for _ in range(threads)]
    if threads == 1:
        kernel(deal(pieces, 1)[0], *arguments, *rooms[0])
        return
    with shares(pieces, threads) as works:
        run_on_threads(
            [partial(kernel, work, *arguments, *room) for work, room in zip(works, rooms)]
        )


def launch_slices(
    kernel: Callable, arrays: tuple[np.ndarray, ...], *settings: object, least: int = 1 << 15
) -> None:
    """Run ``kernel(*arrays, *settings)`` on one slice of the arrays' first axis after the other.

    For a kernel that treats every index of the first axis alike and apart from the others.

    Parameters
    ----------
    arrays
        All of one length.
    least
        Elements of the largest array in a slice, about: enough to be worth a call.
    """
    length = len(arrays[0])
    pieces = min(length, -(-max(array.size for array in arrays) // least))
    numbers = count()

    def run():
        while (piece := next(numbers)) < pieces:
            begin, end = piece * length // pieces, (piece + 1) * length // pieces
            kernel(*[array[begin:end] for array in arrays], *settings)

    run_on_threads([run] * max(1, min(get_num_threads(), pieces)))


def aligned_empty(size: int, dtype: np.dtype, what: str) -> np.ndarray:
    """A flat array that begins on a cache line.

    Raises
    ------
    MemoryError
        If there is no room; names the purpose and the bytes.
    """
    itemsize = np.dtype(dtype).itemsize
    padding = _CACHE_LINE // itemsize
    try:
        room = np.empty(size + padding, dtype)
    except (MemoryError, ValueError) as error:
        message = f"{what} needs a buffer of {size * itemsize} bytes, which cannot be allocated"
        raise MemoryError(message) from error
    skip = -room.__array_interface__["data"][0] % _CACHE_LINE // itemsize
    return room[skip : skip + size]
