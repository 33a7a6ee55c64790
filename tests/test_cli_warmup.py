"""``minigrad warmup``: everything it runs works, and nothing that training uses is left out."""

import ast
import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

from minigrad import float64, int64, kernels
from minigrad.cli.warmup import compile_all, tour
from minigrad.kernels import simd

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("name", "run"), [pytest.param(*item, id=item[0]) for item in tour()])
def test_everything_on_the_tour_runs(name, run):
    run(float64)


def test_other_dtypes_are_refused():
    with pytest.raises(TypeError, match="float32 or float64, got "):
        compile_all(int64)


def launched_kernels() -> set[str]:
    """``module.kernel`` of each kernel that a file of kernels/simd hands to `launch`."""
    names = set()
    for info in pkgutil.iter_modules(simd.__path__):
        module = import_module(f"{simd.__name__}.{info.name}")
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "launch"):
                continue
            kernel = getattr(node.args[0], "id", "")
            if hasattr(module, kernel):
                names.add(f"{info.name}.{kernel}")
    return names


@pytest.mark.slow
@pytest.mark.skipif(kernels.rates.DISABLED, reason="nothing is compiled")
def test_the_tour_meets_every_kernel_that_is_launched():
    code = """
import sys
from importlib import import_module
from minigrad import float32
from minigrad.cli.warmup import compile_all
compile_all(float32)
for name in sys.argv[1:]:
    module, kernel = name.split(".")
    if not getattr(import_module(f"minigrad.kernels.simd.{module}"), kernel).signatures:
        print(name)
"""
    names = sorted(launched_kernels())
    assert len(names) >= 30
    run = subprocess.run(
        [sys.executable, "-c", code, *names], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == []


def test_a_second_warm_up_compiles_nothing():
    compile_all(float64)
    assert compile_all(float64) == []
