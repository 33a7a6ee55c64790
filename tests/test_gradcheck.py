"""The gradient checks: they pass what is right, and say where the rest is wrong."""

import numpy as np
import pytest

import minigrad
from minigrad.autograd import Function
from minigrad.gradcheck import GradcheckError, gradcheck, gradgradcheck

pytestmark = pytest.mark.unit


def leaf(*values):
    return minigrad.tensor(values, dtype=minigrad.float64, requires_grad=True)


class OneWrong(Function):
    """y = x ** 2, whose gradient is wrong at one place."""

    def forward(self, x):
        self.save(x)
        return x * x

    def backward(self, gy):
        (x,) = self.saved
        error = np.zeros(x.shape)
        error[1, 2] = 1e-3
        return gy * (2 * x + x.wrap(error))


class FirstOrderOnly(Function):
    """y = x ** 3, whose gradient is right and whose second derivative is not."""

    def forward(self, x):
        self.save(x)
        return x**3

    def backward(self, gy):
        (x,) = self.saved
        return gy * (x * x).detach() * 3


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (lambda x: x.exp(), leaf(0.5, 2.0)),
        (lambda x: (x.sum(), x.reshape(2, 1) * x), leaf(0.5, 2.0)),
        (lambda x, k, y: x**k * y, (leaf(0.5, 2.0), 3, leaf(-1.0))),
        (lambda x, y: x * 2, (leaf(1.0, 3.0), leaf(2.0))),  # y is not used
        (lambda x: x.exp(), minigrad.tensor(0.3, dtype=minigrad.float64, requires_grad=True)),
        (lambda x: x.exp(), minigrad.zeros(0, 3, dtype=minigrad.float64, requires_grad=True)),
        (lambda x: (x * x, x > 1), leaf(0.5, 2.0)),  # booleans have no gradient
        (lambda x: x * 2, leaf(0.5, 2.0)),
    ],
)
def test_right_gradients_pass(function, inputs):
    assert gradcheck(function, inputs) is True
    assert gradgradcheck(function, inputs) is True
    assert gradgradcheck(function, inputs, gen_non_contig_grad_outputs=True)


def test_an_error_is_placed():
    x = minigrad.tensor(np.arange(1.0, 7.0).reshape(2, 3), requires_grad=True)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda a, x: (a.sum(), OneWrong.apply(x)), (leaf(1.0), x))
    text = str(caught.value)
    assert "1 of 36 derivatives of output 1 by input 1" in text
    assert "d output 1[1, 2] / d input 1[1, 2]: analytic 12.001, numeric 12" in text
    assert issubclass(GradcheckError, RuntimeError)


def test_the_worst_differences_come_first():
    class Doubled(Function):
        def forward(self, x):
            return x * 3

        def backward(self, gy):
            return gy * gy.wrap(np.arange(10.0))

    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x: Doubled.apply(x).sum(), leaf(*range(10)))
    found = [line.split(":")[0] for line in str(caught.value).splitlines()[1:]]
    assert found[0] == "  d output 0[] / d input 0[9]"
    assert len(found) == 5


def test_nan_is_an_error():
    assert not gradcheck(lambda x: x.log(), leaf(-1.0), raise_exception=False)


def test_a_gradient_that_is_missing_is_an_error():
    with pytest.raises(GradcheckError, match="analytic 0, numeric 2"):
        gradcheck(lambda x: x.detach() * 2, leaf(1.0))


def test_only_the_second_check_sees_second_derivatives():
    assert gradcheck(FirstOrderOnly.apply, leaf(0.5, 2.0))
    with pytest.raises(GradcheckError):
        gradgradcheck(FirstOrderOnly.apply, leaf(0.5, 2.0))


def test_grad_outputs_can_be_given():
    x, gy = leaf(0.5, 2.0), leaf(1.0, -1.0)
    assert gradgradcheck(lambda x: x**3, x, gy)
    with pytest.raises(ValueError, match="2 grad_outputs for 1 outputs"):
        gradgradcheck(lambda x: x**3, x, (gy, gy))


def test_it_can_answer_without_raising():
    assert gradgradcheck(FirstOrderOnly.apply, leaf(0.5), raise_exception=False) is False


def test_tolerances_count():
    x = minigrad.tensor(np.ones((2, 3)), requires_grad=True)
    assert gradcheck(OneWrong.apply, x, rtol=1e-3)
    assert gradcheck(OneWrong.apply, x, atol=1e-2)


def test_functions_that_are_not_reproducible_are_noticed():
    class Noisy(Function):
        count = 0

        def forward(self, x):
            return x * 1

        def backward(self, gy):
            Noisy.count += 1
            return gy * (1 + 1e-12 * Noisy.count)

    with pytest.raises(GradcheckError, match=r"two backward passes .* nondet_tol"):
        gradcheck(Noisy.apply, leaf(1.0))
    assert gradcheck(Noisy.apply, leaf(1.0), nondet_tol=1e-9)


def test_float32_is_refused():
    x = minigrad.ones(2, requires_grad=True)
    with pytest.raises(TypeError, match=r"input 1 is minigrad.float32.*\.double\(\)"):
        gradcheck(lambda a, x: a * x, (leaf(1.0, 1.0), x))


def test_nothing_to_check_is_refused():
    with pytest.raises(ValueError, match="no Tensor that requires grad"):
        gradcheck(lambda x: x, minigrad.ones(2))


def test_inputs_stay_as_they_are():
    array = np.array([1.0, 2.0, 3.0])[::-1]
    array.flags.writeable = False
    x = minigrad.from_numpy(array).requires_grad_()
    assert gradcheck(lambda x: x * x, x)
    assert array.tolist() == [3.0, 2.0, 1.0]
    assert x.grad is None
