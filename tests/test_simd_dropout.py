"""Fast dropout against the textbook, bit for bit."""

import numpy as np
import pytest

from minigrad import kernels
from minigrad.kernels import loops, simd

pytestmark = pytest.mark.unit

MANY = 100_003  # elements: several pieces of work, the last one short
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@both_dtypes
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("size", [0, 1, MANY])
def test_dropout_mask(size, p, dtype):
    fast, textbook = np.full((2, size), 99, dtype)
    simd.dropout_mask(fast, 12345, p)
    loops.dropout_mask(textbook, 12345, p)
    np.testing.assert_array_equal(fast, textbook)


@both_dtypes
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(
    "shape", [(0, 1), (1, 1), (MANY, 1), (0, 3), (3, 0), (7, 70_001), (9001, 6)]
)
def test_dropout(shape, p, dtype):
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    x.flat[1::7], x.flat[2::7], x.flat[3::7] = np.nan, np.inf, -0.0
    fast, textbook = np.full((2, *shape), 99, dtype)
    simd.dropout(fast, x, 2**63 - 1, p)
    loops.dropout(textbook, x, 2**63 - 1, p)
    assert fast.tobytes() == textbook.tobytes()


@pytest.mark.parametrize("shape", [(MANY, 1), (9001, 6)])
def test_bits_do_not_depend_on_the_number_of_threads(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    before, results = kernels.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            kernels.set_num_threads(threads)
            results.append(np.empty_like(x))
            simd.dropout(results[-1], x, 5, 0.5)
    finally:
        kernels.set_num_threads(before)
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)
