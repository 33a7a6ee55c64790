"""Faults 27 to 34: what a tape can get wrong."""

import gc
import itertools
import time
import weakref
from contextlib import suppress

import numpy as np

import minigrad
import minigrad.functional as F
from faults.listing import Listing, double, refuses
from minigrad import nn, optim

__all__ = ["FAULTS"]

FAULTS = fault = Listing()


@fault(27)
def saved_values_changed_in_place():
    """An error, also through ``.data``, a view, or an array that was given out or taken in."""
    for change in (
        lambda x: x.add_(1),
        lambda x: x.data.mul_(2),
        lambda x: x[0].zero_(),
        lambda x: x.detach().fill_(3.0),
    ):
        leaf = double([1.0, 2.0], True)
        x = leaf * 1
        y = (x * x).sum()
        change(x)
        refuses(y.backward, "in-place", error=RuntimeError)
    memory = np.array([1.0, 2.0])
    leaf = minigrad.from_numpy(memory).requires_grad_()
    y = (leaf * leaf).sum()
    memory[0] = 7.0
    with suppress(RuntimeError):
        y.backward()
    assert leaf.grad is None or leaf.grad.tolist() == [2.0, 4.0]
    refuses(lambda: leaf.numpy(), "detach")


@fault(28)
def backward_twice():
    x = double([2.0], True)
    y = x.exp().sum()
    y.backward(retain_graph=True)
    y.backward()
    refuses(y.backward, "retain_graph")


@fault(29)
def gradient_of_another_shape():
    y = double([1.0, 2.0], True) * 2
    refuses(y.backward, "scalar")
    refuses(lambda: y.backward(double([[1.0, 1.0]])), "(1, 2)", "(2,)")
    y.backward(double([1.0, 1.0]))


@fault(30)
def long_chain():
    """10,000 operations; tests/test_autograd_memory.py has the 100,000."""
    x = double([1.0], True)
    y = x
    for _ in range(10_000):
        y = y + 1
    y.backward()
    assert x.grad.item() == 1.0


@fault(31)
def release_of_a_long_chain():
    y = double([1.0], True)
    for _ in range(10_000):
        y = y.tanh()
    end = weakref.ref(y.grad_fn)
    del y
    assert end() is None


@fault(32)
def memory_without_the_collector():
    """After some steps of training no object more is there."""
    model = nn.Sequential(nn.Conv2d(1, 2, (3, 2)), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten())
    steps = optim.Adam(model.parameters())
    x = minigrad.ones(2, 1, 4, 5)

    def train(n):
        for _ in range(n):
            steps.zero_grad()
            F.mse_loss(model(x), minigrad.zeros(2, 16)).backward()
            steps.step()

    gc.collect()
    gc.disable()
    try:
        train(5)
        before = len(gc.get_objects())
        train(50)
        deadline = time.monotonic() + 10
        while len(gc.get_objects()) - before > 50:  # a busy pool has jobs to throw away yet
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        gc.enable()


@fault(33)
def gradients_in_owned_memory():
    for uses in range(1, 21):
        x = double([1.0, -2.0], True)
        views = [x, x[:], x.reshape(2, 1).reshape(2), x.flip(0).flip(0)]
        total = sum((views[i % 4] * (i + 1) for i in range(uses)), start=double([0.0, 0.0]))
        total.sum().backward()
        assert x.grad.tolist() == [uses * (uses + 1) / 2] * 2
    x, y = double([1.0, 2.0], True), double([3.0, 4.0], True)
    seed = double([1.0, 1.0])
    (x + y).backward(seed)
    memory = [x.grad.array, y.grad.array, seed.array]
    assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(memory, 2))


@fault(34)
def integers_that_require_grad():
    for values in ([1, 2], [True, False]):
        refuses(lambda v=values: minigrad.tensor(v, requires_grad=True), "floating")
        refuses(lambda v=values: minigrad.tensor(v).requires_grad_(), "floating")
        refuses(lambda v=values: nn.Parameter(minigrad.tensor(v)), "floating")
