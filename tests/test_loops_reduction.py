"""The textbook sums over channels."""

import numpy as np
import pytest

from minigrad.kernels import loops

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("kernel", [loops.channel_sums, loops.reduction._channel_sums])
def test_channel_sums(kernel):
    x = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)
    y = np.full(3, np.nan, np.float32)
    kernel(y, x)
    np.testing.assert_array_equal(y, [60, 92, 124])


def test_channel_sums_are_kept_in_float64():
    """Of 2**24 + 1 + 1, float32 would lose both ones."""
    x = np.array([2**24, 1, 1], np.float32).reshape(3, 1, 1)
    y = np.empty(1, np.float32)
    loops.channel_sums(y, x)
    assert y == 2**24 + 2


@pytest.mark.parametrize("shape", [(0, 2, 5), (3, 2, 0)])
def test_sums_of_nothing_are_zero(shape):
    y = np.full(2, np.nan)
    loops.channel_sums(y, np.empty(shape))
    np.testing.assert_array_equal(y, 0)
