"""Freed memory stays with the process, unless it is told otherwise."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc",
    reason="only glibc has the settings; elsewhere nothing is set",
)

SCRIPT = """
import numpy as np
from pathlib import Path
import minigrad.kernels

def resident():  # [MiB]
    (line,) = [t for t in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in t]
    return int(line.split()[1]) / 1024

array = np.ones(2**25)  # 256 MiB
full = resident()
del array
print(full - resident())
"""


def returned_on_free(keep: str) -> float:
    """How much of 256 MiB a process of its own hands back when it is freed [MiB]."""
    environment = {**os.environ, "MINIGRAD_KEEP_MEMORY": keep}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(run.stdout)


@glibc
def test_freed_memory_is_kept():
    assert returned_on_free("1") < 16


@glibc
def test_freed_memory_goes_back_on_request():
    assert returned_on_free("0") > 240
