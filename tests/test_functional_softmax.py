"""Softmax, its logarithm and gated linear units: values by hand, gradients, limits."""

import math

import numpy as np
import pytest
from operation_checks import check_operation
from tolerances import FAST_FLOAT64

import minigrad
import minigrad.functional as F
from minigrad import kernels

pytestmark = pytest.mark.unit


def softmax_of(row):
    largest = max(row)
    powers = [math.exp(v - largest) for v in row]
    return [p / math.fsum(powers) for p in powers]


@pytest.mark.parametrize("backend", kernels.backends())
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_softmax_and_its_logarithm(backend, axis):
    x = np.random.default_rng(0).standard_normal((3, 4, 5)) * 5
    expected = np.apply_along_axis(softmax_of, axis, x)
    t = minigrad.tensor(x)
    with kernels.use(backend):
        found = [F.softmax(t, axis), F.softmin(-t, axis), F.log_softmax(t, axis).exp()]
    for y in found:
        np.testing.assert_allclose(y.array, expected, rtol=FAST_FLOAT64 * 10)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_softmax_gradients(name, axis):
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    check_operation(lambda x: getattr(F, name)(x, axis), x)


def test_softmax_of_large_and_of_infinite_logits():
    x = minigrad.tensor([[1e3, 0.0], [-1e3, -1e3], [-np.inf, 0.0]])
    assert F.softmax(x, 1).tolist() == [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    assert F.log_softmax(x, 1).tolist()[0] == [0.0, -1000.0]
    assert np.isnan(F.softmax(minigrad.full((1, 2), -np.inf), 1).array).all()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 0, 3), ()])
def test_softmax_of_nothing(shape):
    for function in (F.softmax, F.log_softmax):
        x = minigrad.zeros(shape, requires_grad=True)
        y = function(x, -1)
        y.sum().backward()
        assert x.grad.shape == shape
        assert y.shape == shape


def test_softmax_guesses_its_axis_with_a_warning():
    for shape, axis in (((2,), 0), ((2, 3), 1), ((2, 3, 4), 0), ((2, 3, 4, 5), 1)):
        x = minigrad.ones(*shape)
        with pytest.warns(UserWarning, match=f"guessed to be {axis}"):
            assert F.softmax(x).array.flat[0] == np.float32(1 / shape[axis])


def test_glu():
    x = np.random.default_rng(0).standard_normal((3, 4, 5))
    y = F.glu(minigrad.tensor(x), 1)
    np.testing.assert_allclose(y.array, x[:, :2] / (1 + np.exp(-x[:, 2:])), rtol=1e-14)
    check_operation(lambda x: F.glu(x, 1), x)


def test_methods():
    x = minigrad.tensor([[-1.0, 2.0]])
    assert x.softmax(1).sum().item() == 1
    assert x.log_softmax(-1, minigrad.float64).dtype == minigrad.float64
    assert F.softmax(x.long(), 1, dtype=minigrad.float64).dtype == minigrad.float64


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.glu(minigrad.ones(3)), ValueError, "must be even"),
        (lambda: F.glu(minigrad.tensor(1.0)), ValueError, "0 dimensions"),
        (lambda: F.softmax(minigrad.ones(2, 3), 2), IndexError, "dim"),
        (lambda: F.softmax(minigrad.ones(2, 3).long(), 1), TypeError, r"\.float\(\)"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
