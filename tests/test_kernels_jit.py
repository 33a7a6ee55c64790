"""Backends, and the compiler's cache on disk; in processes of their own where need be.

The cache is tried on a copy of ``kernels/`` with two small kernels in it, one calling the other.
"""

import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from kernel_copies import KERNELS, copy_kernels, environment, python

from minigrad import kernels
from minigrad.kernels import _cache, loops, simd

pytestmark = pytest.mark.unit

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
    copy_kernels(tmp_path / "copied")
    (tmp_path / "copied" / "callee.py").write_text(CALLEE.format(factor=2))
    (tmp_path / "copied" / "caller.py").write_text(CALLER)
    return tmp_path


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
