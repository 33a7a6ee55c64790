"""Softmax and the losses of labels: fast kernels against their textbook twins."""

import numpy as np
import pytest
from twins import CHANNELS, compare, numbers

from minigrad.kernels import loops, simd

SHAPES = [*CHANNELS, (70, 37, 1), (3, 5, 1000), (1, 130, 40)]

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
pytestmark = pytest.mark.unit


@both_dtypes
@pytest.mark.parametrize("shape", SHAPES)
def test_softmax(shape, dtype):
    x, gy = 30 * numbers(shape, dtype), numbers(shape, dtype, 1)
    out = [(shape, dtype)]
    for name in ("softmax", "log_softmax"):
        compare(name, out, x, exact=False)
        y = np.empty_like(x)
        getattr(loops, name)(y, x)
        compare(name + "_grad", out, gy, y, exact=False)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_of_nan_infinities_and_huge_numbers(name):
    x = np.array([[np.nan, -np.inf, np.inf, -np.inf, 1e300, -800], [1, -np.inf, 2, 3, 2, 0]])
    fast, textbook = np.empty((2, 1, 2, 6))
    getattr(simd, name)(fast, x[None])
    getattr(loops, name)(textbook, x[None])
    np.testing.assert_allclose(fast, textbook, rtol=1e-14)


def test_exp_over_its_whole_range():
    x = np.linspace(-750, 0, 10_001)
    x = np.stack([np.zeros_like(x), x])[None]
    fast = np.empty_like(x)
    simd.softmax(fast, x)
    np.testing.assert_allclose(
        fast[0, 1], np.exp(x[0, 1]) / (1 + np.exp(x[0, 1])), rtol=1e-15, atol=1e-323
    )


@both_dtypes
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy(shape, smoothing, dtype):
    N, C, L = shape
    rng = np.random.default_rng(0)
    x, weight = 10 * numbers(shape, dtype), rng.uniform(0.5, 2, C).astype(dtype)
    labels = rng.integers(-1, C, (N, L))
    settings = (x, labels, weight, -1, smoothing)
    losses, sums, stats = ((N, L), dtype), (2, float), ((2, N, L), dtype)
    compare("cross_entropy", [losses, sums, stats], *settings, exact=False)
    made = [np.empty(*output) for output in (losses, sums, stats)]
    loops.cross_entropy(*made, *settings)
    for gy in (numbers((N, L), dtype), numbers((1, 1), dtype)):
        compare("cross_entropy_grad", [(shape, dtype)], gy, made[2], *settings, exact=False)


@pytest.mark.parametrize("L", [1, 21])
def test_cross_entropy_of_nan_infinities_and_ignored_labels(L):
    rows = [[np.nan, 0, 1], [0, np.nan, 1], [np.inf, 0, 1], [-np.inf, 0, 1], [-np.inf] * 3]
    x = np.repeat(np.array(rows)[:, :, None], L, axis=2)
    labels = np.repeat([[0], [-1], [-1], [0], [0]], L, axis=1)
    settings = (x, labels, np.ones(3), -1, 0.0)
    found = []
    for backend in (simd, loops):
        losses, sums, stats, gx = map(np.empty, ((5, L), 2, (2, 5, L), x.shape))
        backend.cross_entropy(losses, sums, stats, *settings)
        backend.cross_entropy_grad(gx, np.ones((1, 1)), stats, *settings)
        found.append((losses, sums, stats[1], gx))
    for fast, textbook in zip(*found, strict=True):
        np.testing.assert_allclose(fast, textbook, rtol=1e-14)


@both_dtypes
@pytest.mark.parametrize("shape", SHAPES)
def test_negative_log_likelihood(shape, dtype):
    N, C, L = shape
    x, weight = numbers(shape, dtype), numbers(C, dtype, 1)
    labels = np.random.default_rng(0).integers(-1, C, (N, L))
    settings = (labels, weight, -1)
    compare("nll", [((N, L), dtype), (2, float)], x, *settings, exact=False)
    for gy in (numbers((N, L), dtype), numbers((1, 1), dtype)):
        compare("nll_grad", [(shape, dtype)], gy, *settings)
