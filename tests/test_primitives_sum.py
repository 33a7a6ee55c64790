"""Sums of many numbers, which a kernel adds up, beside those of few, which NumPy does."""

import numpy as np
import pytest
from tolerances import FAST_FLOAT64

import minigrad
from minigrad.primitives import reduction

pytestmark = pytest.mark.unit

AXES = [None, 0, 1, 2, -1, (0, 2), (0, 1), (1, 2), (0, 3), (2, 3), (0, 2, 3), (1, 2, 3)]


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch):
    monkeypatch.setattr(reduction, "MANY", 1)
    monkeypatch.setattr(reduction, "LONG", 1)


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("keep", [False, True])
def test_values_and_shapes(axes, keep):
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    y = minigrad.tensor(x).sum(axes, keepdim=keep)
    expected = x.sum(axis=axes, keepdims=keep)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y.array, expected, rtol=0, atol=FAST_FLOAT64)


@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (3, 0), (2, 0, 3)])
def test_nothing_and_single_numbers(shape):
    x = minigrad.ones(shape)
    for axes in (None, *range(len(shape))):
        y = x.sum(axes)
        np.testing.assert_array_equal(y.array, np.ones(shape).sum(axis=axes))
        assert y.dtype == minigrad.float32


def test_the_kernel_is_used_where_it_can_be(monkeypatch):
    used = []
    monkeypatch.setattr(
        reduction.kernels, "channel_sums", lambda y, x: used.append(x.shape), raising=False
    )
    x = minigrad.ones(2, 3, 4, 5)
    for axes in (None, (0, 2, 3), -1, (1, 3), 0):
        x.sum(axes)
    x.permute(3, 0, 1, 2).sum()  # not contiguous
    x.long().sum()
    assert used == [(1, 1, 120), (2, 3, 20), (1, 24, 5), (2, 60, 1)]


def test_a_float32_sum_is_rounded_once():
    x = minigrad.full((3 * 10**6,), 0.1)
    assert x.sum().item() == np.float32(3 * 10**6 * float(np.float32(0.1)))
