"""Sharing work among threads: a launch is the same call made by several threads.

A fast kernel is written as a loop over *pieces* of work, taken one after the other::

    def _kernel(work, y, x, ...):
        fork(work)                  # other threads begin here, too
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
from itertools import count

import numpy as np

from .._jit import jit
from .._threads import get_num_threads, run_on_threads
from .fork import LINE, OWN, PIECES, THREADS
from .team import MOST_THREADS, add, team

__all__ = ["aligned_empty", "alone", "launch", "launch_slices", "take"]

_CACHE_LINE = 64  # bytes


def _take(work):
    """The number of the next piece; each number goes to one thread, and at last work[1] to all.

    A thread takes the pieces of its own share, then what is left of the next thread's, and so on.
    """
    pieces, own, threads = work[PIECES], work[OWN], work[THREADS]
    for i in range(own, own + threads):
        thread = i if i < threads else i - threads
        piece = thread * pieces // threads + add(work, (thread - own) * LINE, 1)
        if piece < (thread + 1) * pieces // threads:
            return piece
    return pieces


take = jit(_take)


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
        Makes the buffers that one thread has to itself: the last argument of the kernel, if given,
        which is called ``buffers``.
    most
        No more threads than this: waking one takes longer than a little work.
    """
    if pieces < 1:
        return
    threads = min(get_num_threads(), pieces, pieces if most is None else most, MOST_THREADS)
    if threads == 1:
        kernel(alone(pieces), *arguments, *((private(),) if private else ()))
        return
    crew, rooms, table = team(), [], None
    if private:
        rooms = [private() for _ in range(threads)]
        table = np.array([[_address(array) for array in room] for room in rooms], np.int64)
    where = 0 if table is None else _address(table)
    crew.gather(threads)
    work = np.array([0, pieces, -1, threads, crew.address, where, 0, 0], np.int64)
    kernel(work, *arguments, *rooms[:1])


def alone(pieces: int) -> np.ndarray:
    """The row of a thread that has all the pieces to itself."""
    return np.array([0, pieces, 0, 1, 0, 0, 0, 0], np.int64)


def _address(array):
    return array.__array_interface__["data"][0]


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

    run_on_threads(run, min(get_num_threads(), pieces))


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
