"""Hypothesis profiles, and what has no test without a compiler.

The markers and the default selection are in setup.cfg.
"""

import signal

import pytest
from hypothesis import settings
from minigrad.kernels._jit import DISABLED

# A first call compiles its kernel, so a deadline per example would measure the compiler.
# The default run draws the same examples on every machine: it is green or red for everybody.
settings.register_profile("default", max_examples=30, deadline=None, derandomize=True)
# pytest --hypothesis-profile=thorough: a search with new examples each time; what fails is kept
# in .hypothesis/ and tried first the next time.
settings.register_profile("thorough", max_examples=10_000, deadline=None, print_blob=True)
settings.load_profile("default")


# A shell begins a job in the background deaf to Ctrl-C, which tests of interrupts send themselves.
signal.signal(signal.SIGINT, signal.default_int_handler)


class _WithoutCompiler(pytest.Module):
    """A file of tests for fast kernels, of which there are none with NUMBA_DISABLE_JIT=1."""

    def collect(self):
        pytest.skip("there are no fast kernels without a compiler")


def pytest_pycollect_makemodule(module_path, parent):
    """Skip the tests of fast kernels before they look for one, where there is no compiler."""
    if DISABLED and module_path.name.startswith("test_simd_"):
        return _WithoutCompiler.from_parent(parent, path=module_path)
    return None
