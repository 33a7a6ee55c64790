"""Operations of one's own: both styles, and what is said of a bad one."""

import numpy as np
import pytest

import minigrad
from minigrad import autograd
from minigrad.autograd import Function
from minigrad.gradcheck import gradcheck, gradgradcheck

pytestmark = pytest.mark.unit


def leaf(*values):
    return minigrad.tensor(np.array(values, float), requires_grad=True)


class Cube(Function):
    """The instance is the context; forward sees arrays, backward tensors."""

    def forward(self, x, factor=1.0):
        assert isinstance(x, np.ndarray)
        self.save(x)
        self.factor = factor
        return factor * x**3

    def backward(self, gy):
        (x,) = self.saved
        return 3 * self.factor * x**2 * gy


class Scaled(Function):
    """PyTorch's style: two static methods and a context, tensors throughout."""

    @staticmethod
    def forward(ctx, x, y, factor):
        assert isinstance(x, minigrad.Tensor)
        assert not minigrad.is_grad_enabled()
        ctx.save_for_backward(x, y)
        ctx.factor = factor
        return x * y * factor

    @staticmethod
    def backward(ctx, gz):
        x, y = ctx.saved_tensors
        gx = gz * y * ctx.factor if ctx.needs_input_grad[0] else None
        return gx, gz * x * ctx.factor, None


class SumAndPlace(Function):
    """Two results, one of which is an integer and has no gradient."""

    def forward(self, x):
        self.save(x)
        return (x * x).sum(), x.argmax()

    def backward(self, gy, _):
        (x,) = self.saved
        return 2 * x * gy


class Two(Function):
    """Two results with a gradient each."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x, x.exp()

    @staticmethod
    def backward(ctx, g1, g2):
        (x,) = ctx.saved_tensors
        return 2 * x * g1 + x.exp() * g2


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (lambda x: Cube.apply(x), (leaf(1, -2),)),
        (lambda x: Cube.apply(x, 5.0), (leaf(1, -2),)),
        (lambda x, y: Scaled.apply(x, y, 3.0), (leaf(1, -2), leaf(3, 0.5))),
        (lambda x: SumAndPlace.apply(x)[0], (leaf(1, -2, 3),)),
        (Two.apply, (leaf(1, -2, 3),)),
    ],
)
def test_gradients_of_both_orders(function, inputs):
    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)


def test_values_that_are_no_tensors_go_to_forward_only():
    x = leaf(2)
    y = Cube.apply(x, 10.0)
    assert y.item() == 80.0
    y.backward()
    assert x.grad.item() == 120.0


def test_which_gradients_are_needed():
    seen = []

    class Watch(Function):
        @staticmethod
        def forward(ctx, x, n, y):
            return x * n + y

        @staticmethod
        def backward(ctx, gz):
            seen.append(ctx.needs_input_grad)
            return gz * 2, None, gz

    x = leaf(1)
    Watch.apply(x, 2, minigrad.ones(1).double()).backward()
    assert seen == [(True, False, False)]
    assert x.grad.item() == 2.0


def test_an_integer_result_and_an_unused_one():
    x = leaf(1, 5, 3)
    total, place = SumAndPlace.apply(x)
    assert place.item() == 1
    assert not place.requires_grad
    total.backward()
    assert x.grad.tolist() == [2, 10, 6]
    y = leaf(0)
    Two.apply(y)[1].backward()
    assert y.grad.item() == 1.0, "the gradient of the unused result arrives as zeros"


def test_results_marked_as_constant():
    class Split(Function):
        def forward(self, x):
            self.non_differentiable(1)
            return x * 2, x * 3

        def backward(self, gy, _):
            return gy * 2

    class SplitToo(Function):
        @staticmethod
        def forward(ctx, x):
            constant = x * 3
            ctx.mark_non_differentiable(constant)
            return x * 2, constant

        @staticmethod
        def backward(ctx, gy, _):
            return gy * 2

    for function in (Split, SplitToo):
        y, z = function.apply(leaf(1))
        assert y.requires_grad
        assert not z.requires_grad


def test_nothing_is_recorded_without_need():
    x = minigrad.ones(2)
    assert Cube.apply(x).grad_fn is None
    with minigrad.no_grad():
        assert not Cube.apply(leaf(1)).requires_grad
    y = Cube.apply(leaf(1))
    assert repr(y.grad_fn) == "<CubeBackward>"


def test_a_result_that_is_the_argument():
    class Same(Function):
        def forward(self, x):
            return x

        def backward(self, gy):
            return gy * 2

    x = leaf(1, 2)
    y = Same.apply(x)
    assert y is not x
    y.sum().backward()
    assert x.grad.tolist() == [2, 2]


def test_a_saved_result():
    class Root(Function):
        def forward(self, x):
            y = np.sqrt(x)
            self.save(y)
            return y

        def backward(self, gy):
            (y,) = self.saved
            return gy / (2 * y)

    assert gradgradcheck(Root.apply, (leaf(1, 4),))
    x = leaf(4)
    y = Root.apply(x)
    y.add_(1)
    with pytest.raises(RuntimeError, match=r"Root: .*in-place"):
        y.backward()


# What is said of a bad one


def broken(result, forward=lambda x: x * 2):
    """An operation whose backward returns what `result` makes of the gradient."""

    class Broken(Function):
        def forward(self, x, *others):
            return forward(x)

        def backward(self, gy):
            return result(gy)

    return Broken


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda g: g.sum(), r"Broken.backward: the gradient of tensor argument 0 has shape \(\)"),
        (lambda g: g.float(), r"dtype float32, expected \(2,\) and float64"),
        (lambda g: (g, g), "Broken.backward returned 2 gradients for 1 tensor arguments"),
        (lambda g: (), "returned 0 gradients for 1"),
    ],
)
def test_gradients_that_do_not_fit(result, message):
    x = leaf(1, 2)
    with pytest.raises(RuntimeError, match=message):
        broken(result).apply(x).sum().backward()
    assert x.grad is None


def test_a_missing_method():
    class Empty(Function):
        pass

    class NoBackward(Function):
        def forward(self, x):
            return x * 2

    with pytest.raises(NotImplementedError, match="Empty"):
        Empty.apply(leaf(1))
    y = NoBackward.apply(leaf(1))
    with pytest.raises(NotImplementedError, match="NoBackward has no backward"):
        y.backward()


def test_no_tensor_among_the_arguments():
    with pytest.raises(TypeError, match="Cube: expected at least one Tensor"):
        Cube.apply(3.0)


def test_a_gradient_of_none_is_no_gradient():
    x = leaf(1, 2)
    broken(lambda g: None).apply(x).sum().backward()
    assert x.grad is None
    y = broken(lambda g: None).apply(x).sum()
    assert autograd.grad(y, x, allow_unused=True) == (None,)


# The birth of a NaN


def test_a_nan_born_in_forward():
    x = leaf(-1, 4)
    with minigrad.autograd.detect_anomaly():
        y = x * 1
        with pytest.raises(RuntimeError, match=r"Sqrt made a NaN .*, at .*function.py:\d+"):
            y.sqrt()
    (x.sqrt() * 2).sum()


def test_a_nan_born_in_backward():
    x = leaf(0, 4)
    with minigrad.autograd.detect_anomaly():
        y = (x.sqrt() * 0).sum()
        with pytest.raises(RuntimeError, match=r"backward of Sqrt.*test_autograd_function.py:\d+"):
            y.backward()


def test_a_nan_that_was_there_before_is_nobodys():
    with minigrad.autograd.detect_anomaly():
        (leaf(float("nan"), 1) * 2).sum()
        (leaf(2) * 3).backward(leaf(float("nan")).detach())
    minigrad.autograd.set_detect_anomaly(True)
    try:
        with pytest.raises(RuntimeError, match="Log made a NaN"):
            leaf(-1).log()
    finally:
        minigrad.autograd.set_detect_anomaly(False)


class Same(Function):
    """Hands its argument back, without saying that it is a view."""

    def forward(self, x):
        return x

    def backward(self, gy):
        return gy


class Tail(Function):
    """Hands back a part of its argument, without saying that it is a view."""

    def forward(self, x):
        return x[1:]

    def backward(self, gy):
        return minigrad.cat([gy.new_zeros(1), gy])


@pytest.mark.parametrize("function", [Same, Tail])
def test_memory_that_a_function_shares_unsaid_is_copied(function):
    x = minigrad.tensor([4.0, 9.0], requires_grad=True)
    h = x * 1
    z = h * h
    y = function.apply(h)
    with minigrad.no_grad():
        y.zero_()
    z.sum().backward()
    assert x.grad.tolist() == [8.0, 18.0]


def test_only_what_a_gradient_needs_is_saved():
    x = minigrad.tensor([4.0, 9.0], requires_grad=True)
    h = x * 1
    y = h * minigrad.tensor([2.0, 3.0])
    h.add_(1)  # the gradient of h needs the constant only
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 3.0]


def test_an_expanded_tensor_is_not_written_to():
    x = minigrad.zeros(3, 1).expand(3, 4)
    for change in (lambda: x.add_(1), lambda: x.fill_(2.0), lambda: x.__setitem__(0, 1.0)):
        with pytest.raises(RuntimeError, match=r"clone\(\) it first"):
            change()
    assert x.tolist() == [[0.0] * 4] * 3
