"""What the generic tests share: calls as tensors, results as arrays, and how near they must be."""

import numpy as np

import minigrad
from minigrad import Tensor
from operations.row import Call, Row, listed

__all__ = ["arrays_of", "floating", "leaves_of", "near", "run", "weights"]


def leaves_of(row: Row, call: Call, memory=minigrad.tensor) -> list[Tensor]:
    """The arrays of a call as tensors, which require grad where the row has gradients."""
    leaves = [memory(a) for a in call.arrays]
    for i, leaf in enumerate(leaves):
        if row.gradient and leaf.is_floating_point() and i not in call.constants:
            leaf.requires_grad_()
    return leaves


def run(row: Row, call: Call, leaves) -> list:
    """The values that the operation returns for tensors in the places of the arrays."""
    return list(listed(call.holding(leaves)(row)))


def floating(results) -> list[Tensor]:
    """The results that can have gradients."""
    return [y for y in results if isinstance(y, Tensor) and y.is_floating_point()]


def arrays_of(results) -> list[np.ndarray]:
    """Results as arrays."""
    return [np.asarray(y.array if isinstance(y, Tensor) else y) for y in results]


def near(actual, expected, tolerance: float) -> None:
    """Fail unless the shapes agree, and all values to the tolerance of the largest one."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    finite = np.abs(expected[np.isfinite(expected)])
    atol = tolerance * max(finite.max(initial=0.0), 1e-30)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=atol)


def weights(results) -> list[Tensor]:
    """A gradient for each result, the same at each call."""
    return [
        Tensor.wrap(np.cos(np.arange(y.numel())).reshape(tuple(y.shape)).astype(y.array.dtype))
        for y in results
    ]
