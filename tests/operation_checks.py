"""What every operation owes, whatever it computes: one call checks it all."""

import numpy as np
from tolerances import FAST_FLOAT64

import minigrad
from minigrad.gradcheck import gradcheck, gradgradcheck

__all__ = ["check_operation", "distinct", "layouts", "outputs", "smooth"]


def smooth(*shape, seed=0):
    """Normal random numbers, float64."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def distinct(*shape, seed=0):
    """Numbers that differ by at least 0.1, so that no largest one changes hands within a step."""
    size = int(np.prod(shape))
    return (
        np.random.default_rng([seed, *shape]).permutation(size).reshape(shape) * 0.1 - 0.05 * size
    )


def layouts(array):
    """The same values in C order, Fortran order, backwards, with gaps, and read-only."""
    gaps = np.full((*array.shape[:-1], 2 * array.shape[-1]), np.nan, array.dtype)
    gaps[..., ::2] = array
    locked = array.copy()
    locked.flags.writeable = False
    backwards = np.ascontiguousarray(array[..., ::-1])[..., ::-1]
    return [array.copy(), np.asfortranarray(array), backwards, gaps[..., ::2], locked]


def outputs(result):
    """The floating arrays of what an operation returns."""
    tensors = result if isinstance(result, tuple) else (result,)
    return [t.array for t in tensors if t.is_floating_point()]


def check_operation(function, *arrays):
    """Gradients of both orders, the dtype kept, every layout taken, no input changed."""
    leaves = [minigrad.tensor(a).requires_grad_() for a in arrays]
    assert gradcheck(function, leaves)
    assert gradgradcheck(function, leaves)
    expected = outputs(function(*leaves))
    narrow = function(*(minigrad.tensor(a.astype(np.float32)) for a in arrays))
    assert {y.dtype for y in outputs(narrow)} == {np.dtype(np.float32)}
    for given in zip(*map(layouts, arrays), strict=True):
        copies = [a.copy() for a in given]
        leaves = [minigrad.from_numpy(a).requires_grad_() for a in given]
        result = function(*leaves)
        for y, want in zip(outputs(result), expected, strict=True):
            near = FAST_FLOAT64 * np.abs(want).max(initial=0)  # NumPy's sums follow the layout
            np.testing.assert_allclose(y, want, rtol=0, atol=near)
        first = result[0] if isinstance(result, tuple) else result
        first.sum().backward()
        assert all(leaf.grad.shape == leaf.shape for leaf in leaves)
        for array, copy in zip(given, copies, strict=True):
            np.testing.assert_array_equal(array, copy)
