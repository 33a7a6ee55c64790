"""`describing`: shapes, dtypes and what backward keeps, as in a true run, and nothing computed."""

import subprocess
import sys
import threading
import time
import tracemalloc

import pytest
from operations import ROWS, listed
from operations.checks import leaves_of, run

import minigrad
from minigrad import nn
from minigrad.errors import SizeError
from minigrad.models import UNet
from minigrad.nn import functional as F
from minigrad.summary import Description, describing, is_described
from minigrad.tensor import Tensor

pytestmark = pytest.mark.unit

# name: why a description of it differs from a true run
DIFFERENT = {
    "Tensor.nonzero": "the result's shape depends on the numbers",
    "Tensor.unique": "the result's shape depends on the numbers",
    "Tensor.contiguous": "a description has no order in memory, and is taken to need the copy",
}


def facts(result):
    """Shape, dtype and the operations behind each tensor of a result, with what they keep."""
    return [(y.shape, y.dtype, history(y.grad_fn)) for y in listed(result) if isinstance(y, Tensor)]


def history(node):
    """The names of operations from a result backwards, and the shapes and dtypes they keep."""
    found, waiting = [], [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, minigrad.autograd.Function):
            kept = [s and (s.array.shape, s.array.dtype.name) for s in node._saved or ()]
            found.append((node.name, kept))
            waiting += [edge for edge, _ in node.next_functions]
    return found


def described(description, array):
    """The array without its numbers, if it is floating."""
    if array.dtype.kind != "f" or not array.size:
        return array
    return description.array(array.shape, array.dtype)


@pytest.mark.parametrize("row", [r for r in ROWS.values() if r.name not in DIFFERENT], ids=repr)
def test_every_operation_has_the_shape_dtype_and_memory_of_a_true_run(row):
    for call in row.calls():
        truth = facts(run(row, call, leaves_of(row, call)))
        description = Description()
        leaves = leaves_of(row, call)
        for leaf in leaves:
            leaf.array = described(description, leaf.array)
        with describing(description):
            assert facts(run(row, call, leaves)) == truth


def test_a_chain_of_eleven_billion_weights_takes_no_memory_and_no_time():
    """Seed 001, Q2a: 11,329,414,656 weights and 7,526,500 biases."""
    tracemalloc.start()
    started = time.perf_counter()
    with describing():
        first, second = 3 * 224 * 224, 75264
        net = nn.Sequential(nn.Flatten(), nn.Linear(first, second), nn.ReLU())
        y = net(minigrad.zeros(1, 3, 224, 224))
    seconds, memory = time.perf_counter() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert y.shape == (1, second)
    assert is_described(y.array)
    assert sum(p.numel() for p in net.parameters()) == first * second + second
    assert seconds < 1
    assert memory < 2**20


def test_memory_is_counted_as_long_as_something_holds_it():
    with describing() as description:
        x = minigrad.zeros(3, 5)
        view = x[1:].reshape(2, 5)
        assert description.live == 60
        del x
        assert description.live == 60
        y = view + view
        assert description.live == 100
        del view
        assert description.live == 40
        assert description.peak == 100
    assert y.shape == (2, 5)


WRONG = {
    "channels": lambda x: F.conv2d(x, minigrad.zeros(2, 4, 3, 3)),
    "kernel": lambda x: F.conv2d(x, minigrad.zeros(2, 3, 6, 3)),
    "join": lambda x: minigrad.cat([x, minigrad.zeros(1, 3, 4, 4)], 1),
    "features": lambda x: F.linear(x, minigrad.zeros(2, 3)),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_errors_are_those_of_a_true_run(wrong):
    with pytest.raises(SizeError) as truth:
        wrong(minigrad.zeros(1, 3, 5, 4))
    with describing(), pytest.raises(SizeError) as described_error:
        wrong(minigrad.zeros(1, 3, 5, 4))
    assert str(described_error.value) == str(truth.value)


def test_building_draws_no_random_numbers():
    minigrad.manual_seed(4)
    wanted = minigrad.rand(3)
    minigrad.manual_seed(4)
    with describing():
        net = UNet(width=3, depth=2)
        assert all(is_described(p.array) for p in net.parameters())
        net(minigrad.zeros(1, 1, 12, 9))
    assert minigrad.rand(3).tolist() == wanted.tolist()


def test_what_is_computed_of_given_numbers_alone_is_true():
    with describing():
        assert (minigrad.tensor([1.0, 2.0]) * 3).tolist() == [3.0, 6.0]
        assert minigrad.arange(4).reshape(2, 2).sum().item() == 6


def test_parameters_can_be_initialised_by_every_function_of_init():
    with describing():
        w = nn.Linear(4, 4).weight
        for name in ("normal_", "uniform_", "trunc_normal_", "orthogonal_", "eye_", "zeros_"):
            assert getattr(nn.init, name)(w).shape == (4, 4)
        w.data.copy_(minigrad.ones(4, 4))
        with minigrad.no_grad():
            w += 1
        assert is_described(w.array)


def test_other_threads_compute_as_ever():
    found = []
    with describing():
        thread = threading.Thread(target=lambda: found.append((minigrad.ones(2) + 1).tolist()))
        thread.start()
        thread.join()
    assert found == [[2.0, 2.0]]


def fail_in_description():
    with describing():
        raise KeyError


def test_an_error_ends_the_description():
    with pytest.raises(KeyError):
        fail_in_description()
    assert (minigrad.ones(2) + 1).tolist() == [2.0, 2.0]


def test_no_kernel_is_compiled_nor_numba_imported():
    code = (
        "import sys, minigrad\n"
        "from minigrad.models import UNet\n"
        "from minigrad.summary import describing\n"
        "with describing():\n"
        "    UNet()(minigrad.zeros(1, 1, 40, 30))\n"
        "print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    "norm", [nn.BatchNorm2d(3), nn.InstanceNorm2d(3, track_running_stats=True)]
)
def test_running_statistics_are_left_alone(norm):
    with describing():
        norm(minigrad.zeros(2, 3, 4, 4))
    assert norm.running_mean.tolist() == [0, 0, 0]
    assert norm.running_var.tolist() == [1, 1, 1]
    assert norm.num_batches_tracked.item() == 0
