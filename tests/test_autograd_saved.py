"""What nodes keep for backward, where NumPy code outside can write to the memory it came from."""

import numpy as np
import pytest

import minigrad


def leaf():
    return minigrad.from_numpy(np.array([1.0, 2.0, 4.0])).requires_grad_()


@pytest.mark.unit
def test_second_derivatives_reach_a_leaf_that_was_saved_as_a_copy():
    x = leaf()
    (g,) = minigrad.autograd.grad((1 / x).sum(), x, create_graph=True)
    (h,) = minigrad.autograd.grad(g.sum(), x, create_graph=True)
    (third,) = minigrad.autograd.grad(h.sum(), x)
    np.testing.assert_allclose(g.array, -1 / x.array**2)
    np.testing.assert_allclose(h.array, 2 / x.array**3)
    np.testing.assert_allclose(third.array, -6 / x.array**4)


@pytest.mark.unit
def test_a_gradient_is_taken_where_the_leaf_was_not_where_numpy_moved_it():
    memory = np.array([1.0, 2.0, 4.0])
    x = minigrad.from_numpy(memory).requires_grad_()
    y = (x * x * x).sum()
    memory[:] = 100.0
    (g,) = minigrad.autograd.grad(y, x, create_graph=True)
    (h,) = minigrad.autograd.grad(g.sum(), x)
    np.testing.assert_allclose(g.array, [3.0, 12.0, 48.0])
    np.testing.assert_allclose(h.array, [6.0, 12.0, 24.0])
