"""Backends, the compiler's cache on disk, and threads; in processes of their own where need be.

The cache is tried on a copy of ``kernels/`` with two small kernels in it, one calling the other.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from minigrad import kernels
from minigrad.kernels import _cache, _threads, loops, simd

pytestmark = pytest.mark.unit

KERNELS = Path(kernels.__file__).parent
CALLEE = """
from ._jit import jit

def _scale(v):
    return {factor} * v

scale = jit(_scale)
"""
CALLER = """
from ._jit import jit
from .callee import scale

def _scaled(y, x):
    for i in range(len(x)):
        y[i] = scale(x[i])

scaled = jit(_scaled)
"""
RUN = """
import numpy as np
import copied
compiled = []
copied.on_compile(compiled.append)
from copied.caller import scaled
y = np.empty(3)
scaled(y, np.ones(3))
print(y[0], len(compiled))
"""


@pytest.fixture
def copied(tmp_path):
    """A folder with a package ``copied``: the kernels, and a caller and a callee."""
    ignored = shutil.ignore_patterns("loops", "simd", "__pycache__")
    shutil.copytree(KERNELS, tmp_path / "copied", ignore=ignored)
    (tmp_path / "copied" / "callee.py").write_text(CALLEE.format(factor=2))
    (tmp_path / "copied" / "caller.py").write_text(CALLER)
    return tmp_path


def environment(**variables):
    """This process's environment without the variables that matter here, and with those given."""
    ours = ("MINIGRAD_", "NUMBA_", "OMP_", "XDG_CACHE")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    return kept | {name: str(value) for name, value in variables.items()}


def python(folder, code, expect=0, **variables):
    """Run code in ``folder``; what it printed, and what it said on standard error."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment(**variables),
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == expect, done.stderr
    return done.stdout.strip(), done.stderr


def run(folder, **variables):
    variables = {"MINIGRAD_CACHE_DIR": folder / "cache"} | variables
    return python(folder, RUN, **variables)


def cached_files(folder):
    return sorted((folder / "cache").glob("kernels-*/*"))


# Backends


def test_use_as_a_call_and_as_a_context():
    before = kernels.backend()
    with kernels.use("loops"):
        assert kernels.backend() is loops
        with kernels.use("simd"):
            assert kernels.backend() is simd
        assert kernels.backend() is loops
    assert kernels.backend() is before
    kernels.use("loops")
    assert kernels.backend() is loops
    kernels.use(before.__name__.rpartition(".")[2])


def test_operations_come_from_the_backend_in_use():
    with kernels.use("loops"):
        assert kernels.conv2d is loops.conv2d
    with kernels.use("simd"):
        assert kernels.conv2d is simd.conv2d


def test_what_a_backend_lacks_comes_from_the_textbook():
    assert not hasattr(simd, "conv2d_toeplitz")
    with kernels.use("simd"):
        assert kernels.conv2d_toeplitz is loops.conv2d_toeplitz


def test_every_fast_kernel_has_its_textbook_twin():
    assert set(simd.__all__) <= set(loops.__all__)
    assert kernels.backends() == ("loops", "simd")


def test_unknown_names():
    with pytest.raises(ValueError, match="'loops' or 'simd', got 'cuda'"):
        kernels.use("cuda")
    with pytest.raises(AttributeError, match="no kernel named 'conv7d'"):
        _ = kernels.conv7d


def test_the_environment_chooses_the_backend(copied):
    show = "import copied; print(copied._current)"
    assert python(copied, show)[0] == "simd"
    assert python(copied, show, MINIGRAD_KERNELS="loops")[0] == "loops"
    _, said = python(copied, show, MINIGRAD_KERNELS="fast", expect=1)
    assert "MINIGRAD_KERNELS must be 'loops' or 'simd', got 'fast'" in said


def test_numba_is_not_imported_before_a_kernel_is_asked_for(copied):
    show = "import sys, copied; print('numba' in sys.modules)"
    assert python(copied, show)[0] == "False"


# The cache


def test_a_second_process_does_not_compile(copied):
    assert run(copied)[0] == "2.0 2"
    assert run(copied)[0] == "2.0 0"


def test_a_changed_callee_changes_its_caller(copied):
    run(copied)
    (copied / "copied" / "callee.py").write_text(CALLEE.format(factor=3))
    assert run(copied)[0] == "3.0 2"


def test_the_folder_is_private(copied):
    run(copied)
    (folder,) = (copied / "cache").iterdir()
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "other pickle"])
def test_a_damaged_file_is_said_and_replaced(copied, damage):
    run(copied)
    files = cached_files(copied)
    assert files
    for file in files:
        good = file.read_bytes()
        file.write_bytes(damaged(good, damage))
    printed, said = run(copied)
    assert printed == "2.0 2"
    assert "damaged compiled kernel" in said
    assert str(files[0].parent) in said
    assert run(copied) == ("2.0 0", "")


def damaged(data, damage):
    if damage == "cut":
        return data[: len(data) // 2]
    if damage == "flipped":
        middle = len(data) // 2
        return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    if damage == "empty":
        return b""
    return _cache.hashlib.sha256(b"N.").digest() + b"N."  # a pickle of None, its checksum right


def test_no_place_to_write_costs_one_notice(copied):
    (copied / "file").write_text("in the way")
    printed, said = run(copied, MINIGRAD_CACHE_DIR=copied / "file" / "cache")
    assert printed == "2.0 2"
    assert said.count("compiled kernels cannot be kept") == 1
    assert "MINIGRAD_CACHE_DIR" in said


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_folder_that_others_can_write_is_not_used(copied):
    run(copied)
    (folder,) = (copied / "cache").iterdir()
    folder.chmod(0o777)
    printed, said = run(copied)
    assert printed == "2.0 2"
    assert "can be written by other users" in said


def test_bounds_are_checked_on_request_and_kept_apart(copied):
    out_of_bounds = "import numpy as np; from copied.caller import scaled; "
    out_of_bounds += "scaled(np.empty(0), np.ones(1))"
    run(copied)
    _, said = python(
        copied, out_of_bounds, expect=1,
        MINIGRAD_CACHE_DIR=copied / "cache", NUMBA_BOUNDSCHECK="1",
    )  # fmt: skip
    assert "IndexError" in said
    assert len(list((copied / "cache").iterdir())) == 2


def test_without_a_compiler_kernels_are_plain_functions(copied):
    show = "from copied.caller import scaled, _scaled; print(scaled is _scaled)"
    assert python(copied, show, NUMBA_DISABLE_JIT="1")[0] == "True"
    assert run(copied, NUMBA_DISABLE_JIT="1")[0] == "2.0 0"
    show = "from minigrad import kernels; print(kernels.conv2d.__module__)"
    root = KERNELS.parent
    assert python(root, show, NUMBA_DISABLE_JIT="1")[0] == "minigrad.kernels.loops.conv"


@pytest.mark.parametrize(
    ("processes", "times"), [(4, 1), pytest.param(8, 50, marks=pytest.mark.slow)]
)
def test_many_processes_fill_an_empty_cache(copied, processes, times):
    for _ in range(times):
        shutil.rmtree(copied / "cache", ignore_errors=True)
        variables = environment(MINIGRAD_CACHE_DIR=copied / "cache")
        running = [
            subprocess.Popen(
                [sys.executable, "-c", RUN], cwd=copied, env=variables,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for _ in range(processes)
        ]  # fmt: skip
        for process in running:
            printed, said = process.communicate(timeout=300)
            assert (printed[:3], said) == ("2.0", "")
        assert run(copied) == ("2.0 0", "")


def test_old_folders_are_pruned(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGRAD_CACHE_DIR", str(tmp_path))
    for age in range(1, 21):
        folder = tmp_path / f"kernels-{age:032x}"
        folder.mkdir()
        (folder / "kernel").write_bytes(b"code")
        then = time.time() - age * 8 * 60 * 60  # three a day
        os.utime(folder, (then, then))
    bystander = tmp_path / ("f" * 32)
    bystander.mkdir()
    os.utime(bystander, (0, 0))
    cache = _cache.KernelCache("anything")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {cache.folder.name, bystander.name} | {
        f"kernels-{age:032x}" for age in range(1, 8)
    }


# Types


def test_read_only_arrays_share_the_machine_code_of_writable_ones():
    x, y = np.ones((1, 1, 3, 4)), np.empty((1, 1, 3, 4))
    loops.upsample_nearest2d(y, x, (1.0, 1.0))
    before = len(loops.upsample_nearest2d.signatures)
    x.flags.writeable = False
    loops.upsample_nearest2d(y, x, (1.0, 1.0))
    assert len(loops.upsample_nearest2d.signatures) == before
    assert not x.flags.writeable


# Threads


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
