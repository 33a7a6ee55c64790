"""Activations where numbers end: infinities and NaN that go in or come back."""

import numpy as np
import pytest

import minigrad
import minigrad.functional as F
from minigrad import kernels

pytestmark = pytest.mark.unit

# Where a piece is flat, its gradient is 0 whatever arrives; where x is NaN, PyTorch's choice.
FLAT = [
    ("relu", {}, -1.0),
    ("relu6", {}, 7.0),
    ("relu6", {}, np.nan),
    ("hardtanh", {}, -1.5),
    ("hardtanh", {}, np.nan),
    ("hardsigmoid", {}, 4.0),
    ("hardsigmoid", {}, np.nan),
    ("hardswish", {}, -np.inf),
    ("hardshrink", {}, 0.1),
    ("hardshrink", {}, np.nan),
    ("softshrink", {}, 0.1),
    ("softshrink", {}, np.nan),
    ("threshold", {"threshold": 0.3, "value": 2.0}, 0.1),
]


@pytest.mark.parametrize("backend", kernels.backends())
@pytest.mark.parametrize(("name", "kwargs", "value"), FLAT)
def test_nothing_comes_through_a_flat_piece(name, kwargs, value, backend):
    x = minigrad.full((40,), value, requires_grad=True)
    with kernels.use(backend):
        getattr(F, name)(x, **kwargs).backward(minigrad.tensor([np.inf, -np.inf, np.nan, 1.0] * 10))
    assert not x.grad.array.any()


@pytest.mark.parametrize("name", ["relu", "elu", "selu", "hardswish", "hardshrink", "softshrink"])
@pytest.mark.parametrize("backend", kernels.backends())
def test_infinities_keep_their_gradient(name, backend):
    x = minigrad.full((40,), np.inf, requires_grad=True)
    with kernels.use(backend):
        getattr(F, name)(x).sum().backward()
    np.testing.assert_allclose(x.grad.array, 1.0507 if name == "selu" else 1, rtol=1e-5)
