"""Fast dropout against the textbook, bit for bit."""

import numpy as np
import pytest

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
