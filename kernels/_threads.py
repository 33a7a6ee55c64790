"""The number of threads to use, and Python calls made by several threads.

Compiled kernels share their work among threads of their own: see ``simd.team``.
"""

import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

__all__ = ["cores", "get_num_threads", "run_on_threads", "set_num_threads"]

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


def run_on_threads(call: Callable[[], object], threads: int) -> None:
    """Make the same call in this thread and in others, at once.

    Calls that have not begun when this thread's returns are dropped: every call must be able to do
    the whole work (by taking pieces from a shared counter until there are none).
    """
    jobs = [_Job(call) for _ in range(threads - 1)]
    with contextlib.suppress(RuntimeError):  # no more threads, as when the interpreter ends
        for job in jobs:
            _pool.submit(job.work)
    try:
        call()
    finally:
        errors = [job.finish() for job in jobs]
    for error in filter(None, errors):
        raise error


class _Job:
    """A call by another thread; whoever claims it first decides what becomes of it."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call: Callable[[], object] | None = call
        self._claim, self._done = threading.Lock(), threading.Event()
        self._error: BaseException | None = None

    def work(self) -> None:
        """Make the call, unless it was withdrawn."""
        if self._claim.acquire(blocking=False):
            try:
                assert self._call is not None
                self._call()
            except BaseException as error:
                self._error = error
            finally:
                self._done.set()

    def finish(self) -> BaseException | None:
        """Withdraw the call, and let go of its arrays, or wait for its end; its error, if any."""
        if self._claim.acquire(blocking=False):
            self._call = None
            return None
        self._done.wait()
        return self._error


_pool: ThreadPoolExecutor


def _start_pool() -> None:
    global _pool
    _pool = ThreadPoolExecutor(thread_name_prefix="minigrad")


_start_pool()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_pool)
_num_threads = _threads_from_environment()
if os.environ.get("MINIGRAD_NUM_THREADS"):
    _limit_blas(_num_threads)
