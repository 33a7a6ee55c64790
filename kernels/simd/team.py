"""The threads that share work: they watch for a launch, awake at first, then asleep.

To fall asleep and be woken takes a thread some 50 us, in which a core adds up a million numbers.
So a thread that has nothing to do first watches the team's memory for a millisecond, in compiled
code without Python's lock (see ``fork``), and joins in whatever is launched meanwhile.  A launch
wakes those that sleep, and need not wait for them.
"""

import contextlib
import os
import threading

import numpy as np
from numba.core import types
from numba.extending import intrinsic

from .._jit import jit
from .fork import CALL, CLOSED, GATE, LINE, ROWS, RUNG, run_call
from .instructions import data_pointer, emit_pause

__all__ = ["MOST_THREADS", "Team", "add", "team"]

MOST_THREADS = 256
_PATIENCE = 1 << 15  # glances before a thread goes to sleep: about a millisecond


@intrinsic
def glance(typingctx, numbers, place):
    """``glance(a, i)``: a[i] as other threads left it, after a short pause."""

    def generate(context, builder, signature, arguments):
        emit_pause(builder)
        number = data_pointer(context, builder, signature.args[0], *arguments)
        return builder.load_atomic(number, "acquire", 8)

    return types.int64(numbers, types.int64), generate


@intrinsic
def add(typingctx, numbers, place, number):
    """``add(a, i, n)``: n more at a[i], whoever else adds to it; the sum before."""

    def generate(context, builder, signature, arguments):
        target = data_pointer(context, builder, signature.args[0], *arguments[:2])
        return builder.atomic_rmw("add", target, arguments[2], "seq_cst")

    return types.int64(numbers, types.int64, types.int64), generate


def _stand_by(memory, thread, patience):
    """Join in all launches for as many threads, until there was none for a while.

    Returns the number of the last one seen.
    """
    seen = memory[RUNG] - 1  # there may be a launch: the one that woke this thread
    glances = 0
    while glances < patience:
        rung = glance(memory, RUNG)
        glances += 1
        if rung != seen:
            seen, glances = rung, 0
            if add(memory, GATE, 1) < CLOSED and thread < memory[CALL + 2]:
                run_call(memory, thread)
            add(memory, GATE, -1)
    return seen


stand_by = jit(_stand_by)


class Team:
    """Daemon threads around a piece of memory, as many as the launches so far asked for.

    Attributes
    ----------
    memory : (...,) int64
        Laid out as ``fork`` says.
    address : int
        Where it begins.
    """

    def __init__(self) -> None:
        room = np.zeros(ROWS + LINE * (MOST_THREADS + 1), np.int64)
        skip = -room.__array_interface__["data"][0] % (8 * LINE) // 8
        self.memory = room[skip : skip + ROWS + LINE * MOST_THREADS]
        self.memory[GATE] = CLOSED
        self.address = self.memory.__array_interface__["data"][0]
        self._size = 1  # with the calling thread
        self._growing = threading.Lock()
        self._sleepers: list[tuple[int, threading.Lock]] = []  # number and bed

    def gather(self, threads: int) -> None:
        """Have so many threads, and wake those of them that sleep."""
        if self._size < threads:
            self._grow(threads)
        for sleeper in list(self._sleepers):
            if sleeper[0] < threads:
                with contextlib.suppress(ValueError):  # another thread has woken it
                    self._sleepers.remove(sleeper)
                    sleeper[1].release()

    def _grow(self, threads: int) -> None:
        """Start threads; where no more can be had, the others take over their shares."""
        stand_by(self.memory, 0, 0)  # compiled here: the new threads may end with the program
        with self._growing, contextlib.suppress(RuntimeError):  # also as the interpreter ends
            while self._size < threads:
                number, self._size = self._size, self._size + 1
                threading.Thread(
                    target=self._serve, args=(number,), name="minigrad", daemon=True
                ).start()

    def _serve(self, thread: int) -> None:
        bed = threading.Lock()
        bed.acquire()
        sleeper = thread, bed
        while True:
            seen = stand_by(self.memory, thread, _PATIENCE)
            self._sleepers.append(sleeper)
            if self.memory[RUNG] != seen:  # a launch that did not find this thread asleep
                with contextlib.suppress(ValueError):  # another one has
                    self._sleepers.remove(sleeper)
                    continue
            bed.acquire()


_team: Team


def team() -> Team:
    """The team of this process."""
    return _team


def _start_team() -> None:
    global _team
    _team = Team()


_start_team()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_team)
