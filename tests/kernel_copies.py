"""Copies of ``kernels/`` without its backends, and processes that try them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from minigrad import kernels

__all__ = ["KERNELS", "copy_kernels", "environment", "python"]

KERNELS = Path(kernels.__file__).parent


def copy_kernels(folder):
    """A package of our own: what is in ``kernels/`` itself."""
    shutil.copytree(KERNELS, folder, ignore=shutil.ignore_patterns("loops", "simd", "__pycache__"))


def environment(**variables):
    """This process's environment without the variables that matter here, and with those given."""
    ours = ("MINIGRAD_", "NUMBA_", "OMP_", "XDG_CACHE")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    # Python takes an edit of equal length within one second for no edit, and runs old bytecode.
    kept["PYTHONDONTWRITEBYTECODE"] = "1"
    return kept | {name: str(value) for name, value in variables.items()}


def python(folder, code, expect=0, **variables):
    """Run code in ``folder``; what it printed, and what it said on standard error."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment(**variables),
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == expect, done.stderr
    return done.stdout.strip(), done.stderr
