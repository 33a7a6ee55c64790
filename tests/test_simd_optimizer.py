"""Fast optimizer steps against the textbook."""

import numpy as np
import pytest

from minigrad.kernels import loops, simd

pytestmark = pytest.mark.unit

MANY = 100_003  # elements: several pieces of work, the last one short
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def numbers(shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


OPTIMIZERS = {
    "sgd": (3, (0.1, 0.9, 0.1, 0.01, True, False, False)),
    "adam": (5, (0.1, 0.9, 0.99, 1e-8, 0.01, True, True, False, 3)),
    "rmsprop": (5, (0.1, 0.9, 1e-8, 0.01, 0.9, True, True)),
}


@both_dtypes
@pytest.mark.parametrize("size", [0, 1, MANY])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name, size, dtype):
    arrays, settings = OPTIMIZERS[name]
    start = abs(numbers((arrays, size), dtype))
    fast, textbook = start.copy(), start.copy()
    getattr(simd, name)(*fast, *settings)
    getattr(loops, name)(*textbook, *settings)
    np.testing.assert_array_equal(fast, textbook)


def test_optimizers_without_the_states_they_do_not_use():
    p, empty = np.ones(MANY), np.empty(0)
    simd.sgd(p, np.ones(MANY), empty, 0.25, 0.0, 0.0, 0.0, False, False, False)
    np.testing.assert_array_equal(p, 0.75)
