"""The number of threads, the pool, and launches from several threads and processes."""

import os
import threading
import time
import weakref
from functools import partial

import numpy as np
import pytest
from kernel_copies import KERNELS, copy_kernels, python
from threadpoolctl import threadpool_info

from minigrad import kernels
from minigrad.kernels import _bell, _threads, simd

pytestmark = pytest.mark.unit


@pytest.fixture
def copied(tmp_path):
    copy_kernels(tmp_path / "copied")
    return tmp_path


@pytest.mark.parametrize("variable", ["MINIGRAD_NUM_THREADS", "NUMBA_NUM_THREADS"])
@pytest.mark.parametrize("text", ["0", "-1", "abc", "1.5"])
def test_faulty_thread_counts_are_explained(copied, variable, text):
    _, said = python(copied, "import copied", expect=1, **{variable: text})
    last = said.strip().splitlines()[-1]
    assert last.startswith(f"ValueError: environment variable {variable} must be a whole number")
    assert repr(text) in last


def test_thread_counts_of_the_environment(copied):
    show = "import copied; print(copied.get_num_threads())"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert python(copied, show)[0] == str(cores)
    assert python(copied, show, MINIGRAD_NUM_THREADS="1", NUMBA_NUM_THREADS="2")[0] == "1"
    assert python(copied, show, NUMBA_NUM_THREADS="99")[0] == str(cores)
    assert python(copied, show, OMP_NUM_THREADS="1,2")[0] == "1"


@pytest.fixture
def threads():
    before = kernels.get_num_threads()
    yield kernels.set_num_threads
    kernels.set_num_threads(before)


def test_set_num_threads_governs_blas(threads):
    threads(1)
    assert kernels.get_num_threads() == 1
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert all(pool["num_threads"] == 1 for pool in pools)


def test_set_num_threads_checks_its_argument(threads):
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        threads(0)
    for wrong in (1.5, "2", True):
        with pytest.raises(TypeError, match="n must be an integer"):
            threads(wrong)


def test_an_error_in_a_pool_thread_reaches_the_caller():
    begun = threading.Event()

    def fail():
        begun.set()
        raise ArithmeticError("in the pool")

    with pytest.raises(ArithmeticError, match="in the pool"):
        _threads.run_on_threads([begun.wait, fail])


def test_a_call_that_began_is_waited_for():
    begun, ended = threading.Event(), []

    def linger():
        begun.set()
        time.sleep(0.2)
        ended.append(True)

    _threads.run_on_threads([begun.wait, linger])
    assert ended


def test_calls_that_nobody_began_are_dropped():
    release, ran = threading.Event(), []
    blocking = [release.wait] * (_threads._pool._size + 2)  # every pool thread, and the caller
    thread = threading.Thread(target=_threads.run_on_threads, args=(blocking,))
    thread.start()
    while _threads._pool._size < len(blocking) - 1:
        time.sleep(0.001)
    _threads.run_on_threads([lambda: ran.append("caller"), lambda: ran.append("pool")])
    assert ran == ["caller"]
    release.set()
    thread.join(60)
    assert not thread.is_alive()


def test_a_dropped_call_keeps_no_array():
    """A busy pool may hold many such jobs, and each of them all operands of a kernel."""
    array = np.ones(3)
    gone = weakref.ref(array)
    job = _threads._Job(partial(np.negative, array))
    del array
    job.finish()
    assert gone() is None
    job.work()  # by a pool thread that comes too late


@pytest.mark.skipif(kernels.rates.DISABLED, reason="nothing is compiled")
def test_launches_from_four_python_threads_at_once(threads):
    threads(2)
    rng = np.random.default_rng(0)
    x = rng.integers(-4, 5, (2, 9, 31, 33)).astype(np.float32)
    w, b = rng.integers(-4, 5, (7, 9, 3, 5)).astype(np.float32), np.zeros(7, np.float32)
    geometry = kernels.geometry.Conv2dGeometry((1, 1), (1, 2), (1, 1), 1)
    expected = np.empty((2, 7, 31, 33), np.float32)
    simd.conv2d(expected, x, w, b, geometry)
    wrong = []

    def work():
        y = np.empty_like(expected)
        for _ in range(50):
            y[:] = np.nan
            simd.conv2d(y, x, w, b, geometry)
            if not np.array_equal(y, expected):
                wrong.append(y)

    running = [threading.Thread(target=work) for _ in range(4)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(120)
    assert not wrong
    assert not any(thread.is_alive() for thread in running)


FORK = """
import os, numpy as np
from minigrad import kernels
kernels.set_num_threads(2)
x = np.ones(1 << 20, np.float32)
y = np.empty_like(x)
kernels.relu(y, x)
child = os.fork()
if child == 0:
    y[:] = 0
    kernels.relu(y, x)
    os._exit(0 if y.all() else 1)
print(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_can_run_kernels():
    code = "import warnings; warnings.simplefilter('ignore')\n" + FORK
    assert python(KERNELS.parent, code)[0] == "0"


def test_the_shares_belong_to_one_launch_at_a_time():
    with _threads.shares(3, 2) as outer, _threads.shares(5, 1) as inner:
        assert [row[:4].tolist() for row in outer] == [[0, 3, 0, 2], [0, 3, 1, 2]]
        assert [row[:4].tolist() for row in inner] == [[0, 5, 0, 1]]
        assert not any(np.may_share_memory(row, inner[0]) for row in outer)


def test_there_are_shares_for_more_threads_than_cores():
    with _threads.shares(7, _threads.cores() + 1) as many:
        assert [row[2] for row in many] == list(range(_threads.cores() + 1))


def test_after_an_interrupt_nobody_counts_with_the_old_shares():
    """A job may still be at work on the pieces of the launch that was interrupted."""
    with pytest.raises(KeyboardInterrupt), _threads.shares(3, 1) as before:
        raise KeyboardInterrupt
    with _threads.shares(5, 1) as after:
        assert not np.may_share_memory(before[0], after[0])
    assert before[0][:2].tolist() == [0, 3]


@pytest.mark.skipif(kernels.rates.DISABLED, reason="nothing is compiled")
@pytest.mark.parametrize(("pieces", "threads"), [(0, 1), (1, 1), (7, 1), (7, 2), (2, 3), (23, 5)])
def test_each_piece_is_taken_once_whoever_comes(pieces, threads):
    works = _bell.deal(pieces, threads)
    order = np.random.default_rng(0).integers(0, threads, pieces)
    assert sorted(simd.tasks.take(works[i]) for i in order) == list(range(pieces))
    assert [simd.tasks.take(work) for work in works] == [pieces] * threads


@pytest.mark.skipif(kernels.rates.DISABLED, reason="nothing is compiled")
def test_a_thread_takes_its_own_share_first_and_then_helps():
    calling, other = _bell.deal(5, 2)
    assert [simd.tasks.take(other) for _ in range(2)] == [2, 3]
    assert [simd.tasks.take(calling) for _ in range(3)] == [0, 1, 4]


@pytest.mark.skipif(kernels.rates.DISABLED, reason="nothing is compiled")
def test_a_thread_that_watches_sees_the_bell_and_loses_patience():
    bell = _bell.Bell(2)
    rung, done = bell.sign(_bell.RUNG), bell.sign(_bell.DONE)
    bell.watch(_bell.RUNG, rung)
    assert bell.sign(_bell.DONE) == done  # nobody watches before the caller has compiled it
    assert bell.claim(1, 2)
    bell.watch(_bell.DONE, done)  # nobody rings: it ends all the same
    bell.watch(_bell.RUNG, rung)
    assert bell.sign(_bell.DONE) == done + 1  # who waits for work has done some
    bell.ring()
    assert bell.sign(_bell.RUNG) == rung + 1
    bell.watch(_bell.RUNG, rung)
    assert not bell.claim(1, 2)
    bell.release()
    assert bell.claim(1, 2)
