"""What the generic tests share: calls as tensors, results as arrays, and how near they must be."""

import numpy as np
from tolerances import ADJOINT, FAST_FLOAT64

import minigrad
from minigrad import Tensor, autograd
from operations.row import Call, Row, listed

__all__ = [
    "arrays_of",
    "check_adjoint",
    "expected",
    "floating",
    "gradients",
    "leaves_of",
    "near",
    "run",
    "weights",
]


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


def expected(row: Row, call: Call) -> list[np.ndarray]:
    """What the reference returns, as arrays."""
    return [np.asarray(y) for y in listed(call.map(np.copy)(row.reference))]


def gradients(leaves, results) -> list[np.ndarray]:
    """The gradients of a weighted sum of the results."""
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    outputs = [y for y in floating(results) if y.requires_grad]
    if not wanted or not outputs:
        return []
    found = autograd.grad(outputs, wanted, weights(outputs), materialize_grads=True)
    return arrays_of(found)


def check_adjoint(row: Row, call: Call, i: int) -> None:
    """<A x, y> = <x, A' y> for argument i: A' y is its gradient, A x the result less a constant."""

    def applied(x):
        leaves = [minigrad.tensor(a) for a in call.arrays]
        leaves[i] = x
        return floating(run(row, call, leaves))

    x = minigrad.tensor(call.arrays[i]).requires_grad_()
    constant = arrays_of(applied(minigrad.zeros_like(x.detach())))
    results = applied(x)
    constant = [c for c, y in zip(constant, results, strict=True) if y.requires_grad]
    results = [y for y in results if y.requires_grad]
    y = weights(results)
    (gx,) = autograd.grad(results, x, y)
    images = [a - c for a, c in zip(arrays_of(results), constant, strict=True)]
    doubled = [y for y in applied(-2 * x) if y.requires_grad]
    doubled = [a - c for a, c in zip(arrays_of(doubled), constant, strict=True)]
    for image, twice in zip(images, doubled, strict=True):
        near(twice, -2 * image, FAST_FLOAT64)
    left = sum(np.vdot(a, b.array) for a, b in zip(images, y, strict=True))
    right = np.vdot(x.array, gx.array)
    sizes = [np.sqrt(sum(np.vdot(a, a) for a in part)) for part in (images, arrays_of(y))]
    constants = max((np.abs(c).max(initial=0) for c in constant), default=0)
    assert abs(left - right) <= ADJOINT * (sizes[0] + constants) * sizes[1] + 1e-300
