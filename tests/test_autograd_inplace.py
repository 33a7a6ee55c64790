"""Changing tensors in place: the right gradient, or an error; never a wrong one."""

import numpy as np
import pytest

import minigrad
from minigrad.gradcheck import gradcheck

pytestmark = pytest.mark.unit


def leaf(*values):
    return minigrad.tensor(np.array(values, float), requires_grad=True)


# A saved value that was changed


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("Mul", lambda y: y * y),
        ("Div", lambda y: 1 / y),
        ("Sqrt", lambda y: y.sqrt()),
        ("Log", lambda y: y.log()),
        ("MatMul", lambda y: y @ y),
        ("Sin", lambda y: y.sin()),
    ],
)
@pytest.mark.parametrize(
    "change",
    [
        lambda y: y.add_(1),
        lambda y: y.mul_(2),
        lambda y: y.__setitem__(0, 7.0),
        lambda y: y.zero_(),
        lambda y: y.copy_(minigrad.ones(2)),
        lambda y: y.fill_(3),
        lambda y: y[:1].add_(1),
        lambda y: y.detach().add_(1),
        lambda y: y.data.mul_(2),
        lambda y: y.detach()[1:].zero_(),
        lambda y: y.uniform_(),
    ],
)
def test_a_value_that_backward_needs(name, operation, change):
    """An operation that keeps its own result (sqrt) does not mind a change of its argument."""
    x = leaf(4, 9)
    y = x * 1
    z = operation(y)
    change(y)
    if name == "Sqrt":
        z.sum().backward()
        assert x.grad.tolist() == [1 / 4, 1 / 6]
        return
    with pytest.raises(RuntimeError, match=r"(Mul|Div|Log|MatMul|Sin): .*in-place.*clone\(\)"):
        z.sum().backward()


@pytest.mark.parametrize("no_grad", [False, True])
def test_a_result_that_backward_needs(no_grad):
    y = leaf(4.0, 9.0).sqrt()
    with minigrad.set_grad_enabled(not no_grad):
        z = y.mul_(2)
    with pytest.raises(RuntimeError, match=r"Sqrt: .*in-place"):
        z.sum().backward()


def test_a_leaf_that_was_stepped():
    """A weight updated between forward and backward, as by an optimizer called too early."""
    x, w = leaf(2), leaf(3)
    y = x * w
    with minigrad.no_grad():
        w -= 0.5
    with pytest.raises(RuntimeError, match="Mul"):
        y.backward()


def test_memory_that_numpy_writes_to():
    """NumPy writes unseen, so what it can write to is copied before it is needed."""
    array = np.array([4.0, 9.0])
    x = minigrad.from_numpy(array).requires_grad_()
    y = x * x
    array[:] = 0
    y.sum().backward()
    assert x.grad.tolist() == [8, 18]
    z = leaf(4, 9) * 1
    exported = z.detach().numpy()
    w = z * z
    exported[:] = 0
    w.sum().backward()


def test_numpy_gets_a_view_that_it_cannot_write_to():
    x = leaf(4, 9)
    y = x * x
    array = x.detach().numpy()
    with pytest.raises(ValueError, match="read-only"):
        array[:] = 0
    y.sum().backward()
    assert x.grad.tolist() == [8, 18]
    x.detach().numpy()[:] = 0
    assert x.tolist() == [0, 0]


def test_a_change_that_nothing_needs():
    x = leaf(4, 9)
    y = x * 1
    z = y + 1
    y.mul_(5)
    (z + y).sum().backward()
    assert x.grad.tolist() == [6, 6]


# Operations in place, recorded


IN_PLACE = {
    "add_": lambda x, y: x.add_(y),
    "sub_": lambda x, y: x.sub_(y, alpha=2),
    "mul_": lambda x, y: x.mul_(y),
    "div_": lambda x, y: x.div_(y + 3),
    "itself": lambda x, y: x.mul_(x),
    "pow_": lambda x, y: x.pow_(3),
    "exp_": lambda x, y: x.exp_(),
    "sin_": lambda x, y: x.sin_(),
    "tanh_": lambda x, y: x.tanh_(),
    "sigmoid_": lambda x, y: x.sigmoid_(),
    "clamp_": lambda x, y: x.clamp_(-0.5, 0.5),
    "neg_": lambda x, y: x.neg_(),
    "copy_": lambda x, y: x.copy_(y * y),
    "fill_": lambda x, y: x.fill_(3.0).mul_(y),
    "zero_": lambda x, y: x.zero_().add_(y),
    "masked_fill_": lambda x, y: x.masked_fill_(x > 0, 2.0),
    "lerp_": lambda x, y: x.lerp_(y, 0.25),
    "addcmul_": lambda x, y: x.addcmul_(y, y),
    "+=": lambda x, y: x.__iadd__(y),
    "**=": lambda x, y: x.__ipow__(2),
    "row": lambda x, y: x.__setitem__(0, y[1] * y[0]),
    "column": lambda x, y: x.__setitem__((slice(None), 2), y[:, 0] ** 2),
    "mask": lambda x, y: x.__setitem__(minigrad.tensor([[True, False, True]] * 2), y[0, 0] ** 2),
    "fancy": lambda x, y: x.__setitem__(([1, 0], minigrad.tensor([2, 0])), y[0, :2]),
    "a row's": lambda x, y: x[1].mul_(y[0]),
    "the transpose's": lambda x, y: x.T.mul_(y.T),
    "a part of a part's": lambda x, y: x[:, 1:].reshape(2, 2)[0].exp_(),
    "a flat view's": lambda x, y: x.view(-1)[::2].mul_(y.view(-1)[1::2]),
    "twice": lambda x, y: x[0].mul_(y[0]).add_(x[1]).mul_(y[1]),
    "an older view's": lambda x, y: (x[0], x.mul_(y))[0].mul_(2),
}  # fmt: skip


@pytest.mark.parametrize("change", IN_PLACE.values(), ids=IN_PLACE)
def test_gradients_of_operations_in_place(change):
    start, other = np.random.default_rng(0).standard_normal((2, 2, 3))

    def function(a, b):
        x = a * 1.5
        change(x, b)
        return x * x.sum()

    a, b = (minigrad.tensor(v, requires_grad=True) for v in (start, other))
    assert gradcheck(function, (a, b))
    np.testing.assert_array_equal(a.detach().numpy(), start)
    np.testing.assert_array_equal(b.detach().numpy(), other)


@pytest.mark.parametrize("change", IN_PLACE.values(), ids=IN_PLACE)
def test_views_taken_before_see_the_change(change):
    """A view and its base are the same numbers and have the same derivatives, whoever changed."""
    start, other = np.random.default_rng(0).standard_normal((2, 2, 3))
    gradients = []
    for read in (lambda x, view: (x[:, 1:] ** 2).sum(), lambda x, view: (view**2).sum()):
        a, b = (minigrad.tensor(v, requires_grad=True) for v in (start, other))
        x = a * 1.5
        view = x[:, 1:]
        change(x, b)
        read(x, view).backward()
        gradients.append([None if t.grad is None else t.grad.numpy() for t in (a, b)])
    for one, two in zip(*gradients, strict=True):
        np.testing.assert_array_equal(one, two)


def test_backward_from_a_view_of_a_changed_tensor():
    x = leaf(1, 2)
    y = x * 3
    view = y[0]
    y.mul_(y)
    view.backward()
    assert x.grad.tolist() == [18, 0]


def test_in_place_returns_the_tensor_itself():
    x = leaf(1, 2) * 1
    memory = x.array
    view = x.view(2)
    assert x.add_(1).mul_(2) is x
    x += 1
    assert view.tolist() == [5, 7]
    assert x.array is memory


def test_a_fresh_tensor_takes_a_history():
    x = leaf(3)
    y = minigrad.zeros(2, 2).double()
    y[0, 1] = x[0] * 2
    y[1] += x
    assert y.requires_grad
    (y * minigrad.tensor([[1.0, 10.0], [100.0, 1000.0]])).sum().backward()
    assert x.grad.tolist() == [20 + 1100]


# What is refused


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.add_(1),
        lambda x: x.__iadd__(1),
        lambda x: x.zero_(),
        lambda x: x.fill_(1),
        lambda x: x.copy_(minigrad.ones(2)),
        lambda x: x.__setitem__(0, 5.0),
        lambda x: x[:1].mul_(2),
        lambda x: x.view(2).mul_(2),
        lambda x: x.clamp_(0, 1),
    ],
)
def test_a_leaf_that_requires_grad(change):
    x = leaf(3, 4)
    with pytest.raises(RuntimeError, match=r"leaf that requires grad.*no_grad\(\).*clone\(\)"):
        change(x)
    assert x.tolist() == [3, 4]
    with minigrad.no_grad():
        change(x)
    assert x.is_leaf
    assert x.requires_grad


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.add_(minigrad.ones(3, 2)), r"add_: .*\(3, 2\).*\(2,\).*keeps the shape"),
        (lambda x: x.mul_(minigrad.ones(3)), "do not broadcast"),
        (lambda x: x.copy_(minigrad.ones(3)), "copy_|do not broadcast"),
        (lambda x: x.fill_(minigrad.ones(2)), "fill_: value must be a number"),
        (lambda x: x.__setitem__(0, minigrad.ones(2)), r"assignment: .*\(2,\)"),
    ],
)
def test_a_shape_that_does_not_fit(change, message):
    x = minigrad.zeros(2)
    with pytest.raises(ValueError, match=message):
        change(x)
    assert x.tolist() == [0, 0]


def test_a_dtype_that_cannot_hold_the_result():
    x = minigrad.tensor([1, 2])
    with pytest.raises(TypeError, match=r"div_: the result is minigrad.float32.*int64"):
        x.div_(2)
    with pytest.raises(TypeError, match="add_"):
        x.add_(0.5)
    with pytest.raises(TypeError, match="mul_"):
        minigrad.tensor([True]).mul_(2)
    assert x.tolist() == [1, 2]
    assert minigrad.ones(2).add_(minigrad.ones(2).double()).dtype == minigrad.float32


def test_an_expanded_tensor_cannot_be_written_to():
    x = minigrad.zeros(1).expand(3)
    with pytest.raises((ValueError, RuntimeError)):
        x.add_(1)
