"""Gradients reach leaves without a copy where nobody else can see the memory, and only there."""

from itertools import combinations

import numpy as np
import pytest

import minigrad
from minigrad import autograd
from minigrad.autograd import Function

pytestmark = pytest.mark.unit


def leaf(*values):
    return minigrad.tensor(np.array(values, float), requires_grad=True)


@pytest.fixture
def made(monkeypatch):
    """The arrays that the backward of `Scaled` returned, by address (they are not held)."""
    addresses = []
    monkeypatch.setattr(Scaled, "addresses", addresses, raising=False)
    return addresses


class Doubled(Function):
    def forward(self, gy):
        return 2 * gy


class Scaled(Function):
    """y = 2x."""

    def forward(self, x):
        return 2 * x

    def backward(self, gy):
        gx = Doubled.apply(gy)
        self.addresses.append(gx.array.ctypes.data)
        return gx


def address(tensor):
    return tensor.array.ctypes.data


def test_a_gradient_that_nobody_holds_is_handed_over(made):
    x = leaf(1, 2)
    Scaled.apply(x).sum().backward()
    assert x.grad.tolist() == [2, 2]
    assert made == [address(x.grad)]


def test_a_gradient_seen_by_a_hook_is_copied(made):
    x, seen = leaf(1, 2), []
    x.register_hook(seen.append)
    Scaled.apply(x).sum().backward()
    assert made == [address(seen[0])]
    assert address(x.grad) != made[0]
    x.grad.zero_()
    assert seen[0].tolist() == [2, 2]


def test_a_gradient_whose_array_is_held_is_copied():
    kept = []

    class Holding(Function):
        def forward(self, x):
            return 2 * x

        def backward(self, gy):
            gx = Doubled.apply(gy)
            kept.append(gx.array[:1])  # a piece of the memory is enough
            return gx

    x = leaf(1, 2)
    Holding.apply(x).sum().backward()
    x.grad.zero_()
    assert kept[0].tolist() == [2]


def test_a_gradient_given_by_the_user_is_copied():
    x, g = leaf(1, 2), minigrad.tensor([3.0, 4.0], dtype=minigrad.float64)
    (x + 0.0).backward(g)
    x.grad.zero_()
    assert g.tolist() == [3, 4]


@pytest.mark.parametrize(
    "combine",
    [
        lambda x, y, z: x + y + z,
        lambda x, y, z: minigrad.stack([x, y, z]),
        lambda x, y, z: minigrad.cat([x, y, z]) * minigrad.cat([x, y, z]),
        lambda x, y, z: (x.reshape(1, 2) + y) * z.expand(3, 2).sum(0),
        lambda x, y, z: x.view(2, 1).t() - y + z.flip(0),
    ],
)
def test_no_two_gradients_share_memory(combine):
    leaves = [leaf(1, 2), leaf(3, 4), leaf(5, 6)]
    combine(*leaves).sum().backward(retain_graph=True)
    for a, b in combinations(leaves, 2):
        assert not np.may_share_memory(a.grad.array, b.grad.array)
    assert all(t.grad.array.flags.writeable and t.grad.array.flags.c_contiguous for t in leaves)


def test_retained_gradients_have_memory_of_their_own():
    x = leaf(1, 2)
    y = x + 0.0
    y.retain_grad()
    (y + 0.0).sum().backward()
    assert not np.may_share_memory(x.grad.array, y.grad.array)


def test_a_sum_never_writes_into_what_somebody_else_holds():
    """x is used twice: the first gradient to arrive is the very tensor that z's leaf gets."""
    x, z = leaf(1, 2), leaf(3, 4)
    ((x + z) + 5 * x).sum().backward()
    assert x.grad.tolist() == [6, 6]
    assert z.grad.tolist() == [1, 1]


def test_grad_returns_what_backward_does_not_take():
    x = leaf(1, 2)
    y = (x * 3).sum()
    (g,) = autograd.grad(y, x, retain_graph=True)
    y.backward()
    x.grad.zero_()
    assert g.tolist() == [3, 3]
