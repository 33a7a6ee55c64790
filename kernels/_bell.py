"""Waiting awake, for a moment: to fall asleep and be woken takes longer than small work.

A thread that sleeps runs again some 50 us after it is woken, in which a core adds up a million
numbers.  So a pool thread whose job has ended first watches the *bell* for some 200 us, and the
calling thread watches for the end of the others' jobs, both in compiled code without Python's lock:

    calling thread          the bell's signs        pool thread
    puts jobs in a queue
    ring()                  rung += 1        -->    sees it
    kernel: take(work)      taken += 1       -->    sees that Python's lock is free: gets its job
    kernel ends                                     kernel ends
    watches                 done += 1        <--    has given Python's lock back: watches again

The signs tell when to look, and nothing else: that work is done, and done once, rests on the queue
and on locks.  A launch that finds the bell in use by another counts its pieces elsewhere.
"""

import threading
from collections.abc import Callable

import numpy as np

__all__ = ["Bell", "deal", "watch_by"]

LINE = 8  # int64 on a cache line
RUNG, DONE, TAKEN = 0, LINE, 2 * LINE  # places among the signs; the last begins the shares

_watch: Callable[[np.ndarray, int, int, int], object] | None = None


def watch_by(watch: Callable[[np.ndarray, int, int, int], object]) -> None:
    """Have threads watch by ``watch(signs, ended, place, seen)``.

    That adds ``ended`` to the jobs done and returns when the sign at ``place`` is no longer what
    was ``seen``, or after a while; for ``RUNG`` when work has been taken, too.
    """
    global _watch
    _watch = watch


def deal(pieces: int, threads: int) -> np.ndarray:
    """The shares of so many threads in so many pieces, of which nothing is taken.

    Returns
    -------
    (threads, 8) int64
        Each row is a thread's, on a cache line of its own: (taken of its share, pieces in all,
        number of the thread, threads), and room.  See ``simd.tasks.take``.
    """
    room = [0] * (LINE - 4)
    return np.array([[0, pieces, thread, threads, *room] for thread in range(threads)], np.int64)


class Bell:
    """The signs of one pool, and the shares in the pieces of one launch.

    Attributes
    ----------
    shares : list of (8,) int64
        As `deal` makes them, one for each thread that there may be.
    """

    def __init__(self, threads: int) -> None:
        self._signs = np.concatenate([np.zeros(TAKEN, np.int64), deal(0, threads).reshape(-1)])
        self.shares = list(self._signs[TAKEN:].reshape(threads, LINE))
        self._free = threading.Lock()
        self._compiled = False

    def claim(self, pieces: int, threads: int) -> bool:
        """Have the shares to oneself, dealt anew; False if there are too few, or in use."""
        if _watch is None or threads > len(self.shares) or not self._free.acquire(blocking=False):
            return False
        self._signs[TAKEN::LINE] = 0
        self._signs[TAKEN + 1 :: LINE] = pieces
        self._signs[TAKEN + 3 :: LINE] = threads
        if not self._compiled:
            _watch(self._signs, 0, DONE, -1)  # returns at once, but is compiled: here
            self._compiled = True
        return True

    def release(self) -> None:
        """Let others have the shares."""
        self._free.release()

    def sign(self, place: int) -> int:
        """The sign at ``RUNG`` or ``DONE``."""
        return int(self._signs[place])

    def ring(self) -> None:
        """Tell the watching threads that there are jobs."""
        self._signs[RUNG] += 1

    def watch(self, place: int, seen: int) -> None:
        """Wait, awake and for a moment, until a sign is no longer what was seen of it.

        Before the first claim it returns at once: nothing is compiled in a pool thread, which may
        end with the program at any time.
        """
        if _watch is not None and self._compiled:
            _watch(self._signs, int(place == RUNG), place, seen)
