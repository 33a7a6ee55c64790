"""Long graphs and long runs: no recursion, nothing kept, no cycle that waits for the collector."""

import gc
import sys
import tracemalloc
import weakref

import numpy as np
import pytest

import minigrad
from minigrad import autograd, optim

pytestmark = pytest.mark.unit


def leaf(*values):
    return minigrad.tensor(np.array(values, float), requires_grad=True)


@pytest.fixture
def no_collector():
    """Only reference counts free memory."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_chain_of_100_000_operations(no_collector):
    """Forward, backward and release, at the default recursion limit."""
    assert sys.getrecursionlimit() <= 1000 + 500
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1e-5
    node = weakref.ref(y.grad_fn)
    y.backward()
    assert x.grad.item() == 1.0
    del y
    assert node() is None


def test_a_chain_of_views(no_collector):
    x = leaf(1.0, 2.0)
    y = x
    for _ in range(2_000):
        y = y.unsqueeze(0)[0]
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_a_graph_dies_with_its_last_result(no_collector):
    x = leaf(1, 2)
    h = x.exp()
    array, node = weakref.ref(h.array), weakref.ref(h.grad_fn)
    y = (h * h).sum()
    del h
    assert array() is not None, "saved by the multiplication"
    y.backward()
    assert array() is None, "given back by backward, though y lives"
    del y
    assert node() is None


def test_backward_frees_what_it_has_used(no_collector):
    """The gradients of a deep graph are not all alive at once."""
    x = minigrad.ones(50_000).double().requires_grad_()
    y = x
    for _ in range(50):
        y = y + 1.0
    y = y.sum()
    tracemalloc.start()
    y.backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * x.array.nbytes


def train(model, steps):
    x, w, b = model
    optimizer = optim.Adam([w, b], lr=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        h = (x @ w + b).tanh() + 1.0
        h[:, 0] = h[:, 1] * 2
        loss = (h * h).mean() + h.amax() + h[h > 0].sum()
        loss.backward()
        optimizer.step()


def test_steps_leave_nothing_behind(no_collector):
    """After the caches of the interpreter are full, less than one block of memory in two steps."""
    rng = np.random.default_rng(0)
    model = [minigrad.tensor(rng.standard_normal(s)) for s in ((8, 5), (5, 3), (3,))]
    for p in model[1:]:
        p.requires_grad_()
    train(model, 1600)
    objects, blocks = len(gc.get_objects()), sys.getallocatedblocks()
    train(model, 200)
    assert len(gc.get_objects()) - objects <= 5
    assert sys.getallocatedblocks() - blocks < 100


@pytest.mark.parametrize(
    "use",
    [
        lambda x: x.exp().register_hook(lambda g: None),
        lambda x: x.exp().retain_grad(),
        lambda x: autograd.grad((x**3).sum(), x, create_graph=True)[0].sum().backward(),
        lambda x: (x * 1).add_(1).mul_(2).sum().backward(),
        lambda x: (x * 1)[0].mul_(2).backward(),
        lambda x: x.exp().sum(),
        lambda x: x.sqrt().detach().numpy(),
        lambda x: x.sort()[0].sum().backward(),
        lambda x: repr(x.exp()),
    ],
)
def test_no_cycles(no_collector, use):
    x = leaf(1, 2)
    use(x)
    x.grad = None
    before = len(gc.get_objects())
    for _ in range(20):
        use(x)
        x.grad = None
    assert len(gc.get_objects()) - before <= 2


def test_gradients_of_higher_order_leave_no_cycle(no_collector):
    """x.grad with a graph holds x, and x holds x.grad: that cycle alone is the user's to break."""
    x = leaf(1, 2)
    (gx,) = autograd.grad((x**3).sum(), x, create_graph=True)
    node = weakref.ref(gx.grad_fn)
    del gx
    assert node() is None
