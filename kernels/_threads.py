"""The pool of threads that fast kernels share, and the number of threads to use.

A fast kernel is compiled without Python's lock (``nogil``) and asks for its pieces of work one
after the other.  So a launch is nothing more than *the same call made by several threads*, each
with a share of the pieces, and when it has done its own it helps with the others':

    calling thread    kernel(work, ...)   pieces 0 1 2 3, then 7
    pool thread       kernel(work, ...)   pieces 4 5 6

Shares are ranges, so that what a thread has written, and has in its core's cache, is what it reads
in the next launch.

The pieces are the same for any number of threads, each writes its own outputs, and so the bits
of a result do not depend on the number of threads.  The calling thread always takes part, and a
pool thread that has not begun when the work is done is not waited for; so launches from many
Python threads at once, nested launches and busy interpreters are all safe, and a forked child,
which has no pool threads, starts its own.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue

import numpy as np

from ._bell import DONE, RUNG, Bell, deal

__all__ = ["cores", "get_num_threads", "run_on_threads", "set_num_threads", "shares"]

_VARIABLES = ("MINIGRAD_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS")


def get_num_threads() -> int:
    """Number of threads that one operation may use."""
    return _num_threads


def set_num_threads(n: int) -> None:
    """Let one operation use ``n`` threads: our own kernels, and NumPy's matrix product (BLAS).

    Raises
    ------
    TypeError
        If ``n`` is not an integer.
    ValueError
        If ``n`` is less than 1.
    """
    global _num_threads
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"set_num_threads: n must be an integer, got {n!r}")
    if n < 1:
        raise ValueError(f"set_num_threads: n must be at least 1, got {n}")
    _num_threads = n.__index__()
    _limit_blas(_num_threads)


def _limit_blas(n: int) -> None:
    from threadpoolctl import threadpool_limits  # 20 ms that most programs never need

    threadpool_limits(n, user_api="blas")


def cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _threads_from_environment() -> int:
    """The first thread-count variable that is set, checked before Numba would choke on it."""
    chosen = None
    for variable in _VARIABLES:
        text = os.environ.get(variable, "").strip()
        if not text:
            continue
        count = text.split(",")[0] if variable == "OMP_NUM_THREADS" else text
        if not count.isdecimal() or int(count) < 1:
            raise ValueError(
                f"environment variable {variable} must be a whole number of threads of at least 1, "
                f"got {text!r}; correct it or unset it"
            )
        chosen = chosen or int(count)
    return min(chosen or cores(), cores())


class _Job:
    """One pool thread's part in a launch; whoever claims it first decides what becomes of it."""

    __slots__ = ("_claim", "_done", "_error", "_run")

    def __init__(self, run: Callable[[], object]) -> None:
        self._run = run
        self._claim = threading.Lock()
        self._done = threading.Lock()
        self._done.acquire()
        self._error: BaseException | None = None

    def work(self) -> None:
        """A pool thread runs the job, unless it was withdrawn."""
        if self._claim.acquire(blocking=False):
            try:
                self._run()
            except BaseException as error:
                self._error = error
            finally:
                self._done.release()

    def finish(self, watch: Callable[[], object] = int) -> None:
        """The launching thread withdraws the job, or waits for its end: awake at first."""
        if self._claim.acquire(blocking=False):
            del self._run  # and the arrays that it holds, while the job waits to be thrown away
            return
        watch()
        self._done.acquire()
        if self._error is not None:
            raise self._error


class _Pool:
    """Daemon threads that take jobs from one queue; grown when a launch asks for more."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[_Job] = SimpleQueue()
        self._size = 0
        self._growing = threading.Lock()
        self.bell = Bell(cores())

    def submit(self, jobs: list[_Job]) -> None:
        with self._growing:
            while self._size < len(jobs):
                threading.Thread(target=self._serve, name="minigrad", daemon=True).start()
                self._size += 1
        for job in jobs:
            self._queue.put(job)
        self.bell.ring()

    def _serve(self) -> None:
        while True:
            self._next_job().work()

    def _next_job(self) -> _Job:
        bell = self.bell
        rung = bell.sign(RUNG)
        if self._queue.empty():
            bell.watch(RUNG, rung)
        try:
            return self._queue.get(block=False)
        except Empty:
            return self._queue.get()


@contextmanager
def shares(pieces: int, threads: int) -> Iterator[Sequence[np.ndarray]]:
    """What the threads of a launch count their pieces with; the bell's own shares, if free."""
    bell = _pool.bell
    if not bell.claim(pieces, threads):
        yield deal(pieces, threads)
        return
    try:
        yield bell.shares[:threads]
    except BaseException:  # it may have been an interrupt, and a job may still be counting
        _pool.bell = Bell(cores())
        raise
    bell.release()


def run_on_threads(calls: Sequence[Callable[[], object]]) -> None:
    """Make all the calls at once: the first in this thread, the others in the pool.

    Calls that no pool thread has begun when the first one returns are dropped: every call must
    be able to do the whole work (by taking pieces from a shared counter until there are none).
    """
    jobs = [_Job(call) for call in calls[1:]]
    bell = _pool.bell
    done = bell.sign(DONE)
    if jobs:
        _pool.submit(jobs)
    try:
        calls[0]()
    finally:
        for job in jobs:
            job.finish(lambda: bell.watch(DONE, done))


_pool: _Pool


def _start_pool() -> None:
    global _pool
    _pool = _Pool()


_start_pool()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_pool)
_num_threads = _threads_from_environment()
if os.environ.get("MINIGRAD_NUM_THREADS"):
    _limit_blas(_num_threads)
