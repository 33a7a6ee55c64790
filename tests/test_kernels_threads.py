"""The number of threads, the pool, and launches from several threads and processes."""

import os
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from kernel_copies import KERNELS, copy_kernels, python
from threadpoolctl import threadpool_info

from minigrad import kernels
from minigrad.kernels import _threads, simd

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


def in_the_pool():
    return threading.current_thread() is not threading.main_thread()


def test_an_error_in_a_pool_thread_reaches_the_caller():
    begun = threading.Event()

    def fail():
        if in_the_pool():
            begun.set()
            raise ArithmeticError("in the pool")
        assert begun.wait(60)

    with pytest.raises(ArithmeticError, match="in the pool"):
        _threads.run_on_threads(fail, 2)


def test_a_call_that_began_is_waited_for():
    begun, ended = threading.Event(), []

    def linger():
        if in_the_pool():
            begun.set()
            time.sleep(0.2)
            ended.append(True)
        assert begun.wait(60)

    _threads.run_on_threads(linger, 2)
    assert ended


def test_calls_that_nobody_began_are_dropped(monkeypatch):
    """Of a busy pool, as one with a single thread is here."""
    pool, release, ran = ThreadPoolExecutor(1), threading.Event(), []
    monkeypatch.setattr(_threads, "_pool", pool)
    try:
        blocked = pool.submit(release.wait)
        array = np.ones(3)
        gone = weakref.ref(array)
        _threads.run_on_threads(partial(lambda a: ran.append(in_the_pool()), array), 3)
        assert ran == [False]
        del array
        assert gone() is None  # a busy pool may hold many such calls
    finally:
        release.set()
    assert blocked.result(60)
    pool.shutdown()
    assert ran == [False]


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
