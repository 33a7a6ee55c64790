"""The tape: what backward() and grad() do, whatever the operations are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad
from minigrad import autograd

pytestmark = pytest.mark.unit


def leaf(*values, shape=None):
    x = minigrad.tensor(np.array(values, float))
    return (x if shape is None else x.reshape(shape)).requires_grad_()


# What is refused


def test_a_non_scalar_needs_a_gradient():
    y = leaf(1, 2, 3) * 2
    with pytest.raises(RuntimeError, match=r"only for a scalar.*\(3,\).*y.sum\(\)"):
        y.backward()
    leaf(5).backward()  # one element is enough


def test_a_gradient_of_another_shape():
    y = leaf(1, 2, 3) * 2
    with pytest.raises(RuntimeError, match=r"gradient has shape \(1,\), the tensor has \(3,\)"):
        y.backward(minigrad.ones(1).double())
    with pytest.raises(RuntimeError, match="2 gradients were given for 1 outputs"):
        autograd.backward([y], [y.detach(), y.detach()])
    with pytest.raises(TypeError, match="must be a Tensor, got ndarray"):
        y.backward(np.ones(3))


def test_nothing_to_differentiate():
    with pytest.raises(RuntimeError, match="does not require grad and has no history"):
        minigrad.ones(1).backward()
    with minigrad.no_grad():
        y = leaf(1.0) * 2
    with pytest.raises(RuntimeError, match="no_grad"):
        y.backward()
    with pytest.raises(RuntimeError, match="input 0 does not require grad"):
        autograd.grad(leaf(1.0) * 2, minigrad.ones(1))


def test_integers_have_no_gradients():
    with pytest.raises(TypeError, match="only floating tensors have gradients"):
        minigrad.ones(2, dtype=minigrad.int64).requires_grad_()
    with pytest.raises(TypeError, match="only floating tensors have gradients"):
        minigrad.tensor([True], requires_grad=True)
    assert not (leaf(1.5) > 1).requires_grad
    assert not leaf(1.5).long().requires_grad


def test_a_second_backward():
    x = leaf(3)
    y = x.exp() * x
    y.backward()
    with pytest.raises(RuntimeError, match=r"(Exp|Mul): backward was already called.*retain_graph"):
        y.backward()
    z = x.exp()
    z.backward(retain_graph=True)
    z.backward()
    with pytest.raises(RuntimeError, match="Exp: backward was already called"):
        z.backward()


def test_a_second_backward_where_nothing_was_saved():
    x = leaf(3)
    y = x + x - 1
    y.backward()
    y.backward()
    assert x.grad.item() == 4.0


def test_a_second_backward_through_a_shared_part():
    shared = leaf(3).exp()
    (shared * 2).backward()
    with pytest.raises(RuntimeError, match="Exp: backward was already called"):
        (shared * 3).backward()


# Accumulation


@pytest.mark.parametrize("n", range(1, 21))
def test_a_tensor_used_n_times(n):
    x = leaf(1.5, -2.0)
    sum([x] * n, start=minigrad.zeros(2).double()).sum().backward()
    assert x.grad.tolist() == [n, n]
    y = leaf(1.5)
    power = y
    for _ in range(n - 1):
        power = power * y
    power.backward()
    assert y.grad.item() == pytest.approx(n * 1.5 ** (n - 1), rel=1e-12)


@pytest.mark.parametrize("n", range(1, 21))
def test_a_tensor_used_n_times_through_views(n):
    x = leaf(1, 2, 3, 4, 5, 6, shape=(2, 3)).detach().requires_grad_()
    views = [x.T, x.reshape(-1), x[1], x[:, ::2], x.unsqueeze(0).expand(2, 2, 3), x[..., None]]
    expected = np.zeros((2, 3))
    total = minigrad.zeros(()).double()
    places = np.arange(6).reshape(2, 3)
    for i in range(n):
        total = total + views[i % 6].sum() * (i + 1)
        which = [places.T, places.ravel(), places[1], places[:, ::2], [places] * 2, places][i % 6]
        np.add.at(expected.reshape(-1), np.ravel(which), i + 1.0)
    total.backward()
    np.testing.assert_array_equal(x.grad.numpy(), expected)


def test_gradients_add_up_over_passes():
    x = leaf(2)
    for n in (1, 2, 3):
        (x * x).backward()
        assert x.grad.item() == 4.0 * n
    x.grad = None
    (x * x).backward()
    assert x.grad.item() == 4.0


def test_no_two_gradients_share_memory():
    x, y = leaf(1, 2), leaf(3, 4)
    seed = minigrad.ones(2).double()
    z = x + y + x.reshape(2) + y.detach()
    z.retain_grad()
    z.backward(seed)
    arrays = [x.grad.array, y.grad.array, z.grad.array, seed.array]
    for i, a in enumerate(arrays):
        assert not any(np.may_share_memory(a, b) for b in arrays[i + 1 :])
        assert a.flags.writeable
    x.grad += 100
    assert y.grad.tolist() == [1, 1]
    assert seed.tolist() == [1, 1]


def test_an_expanded_gradient_gets_memory_of_its_own():
    x = leaf(1, 2, 3)
    x.sum().backward()
    x.grad[0] = 7.0
    assert x.grad.tolist() == [7, 1, 1]


def test_an_unused_output_counts_as_zero():
    x = leaf(3, 1, 2)
    values, _ = x.sort()
    values[0].backward()
    assert x.grad.tolist() == [0, 1, 0]


def test_backward_into_some_inputs():
    x, y = leaf(2), leaf(3)
    h = x * y
    (h * y).backward(inputs=[y, h])
    assert x.grad is None
    assert (y.grad.item(), h.grad.item()) == (12.0, 3.0)


def test_several_roots():
    x = leaf(2)
    autograd.backward([x * 3, x * x], [minigrad.ones(1).double(), 5 * minigrad.ones(1).double()])
    assert x.grad.item() == 3.0 + 5 * 4.0


# The function grad


def test_grad_touches_no_attribute():
    x, y = leaf(2), leaf(3)
    h = x * y
    gx, gh = autograd.grad(h * x, [x, h])
    assert (gx.item(), gh.item()) == (12.0, 2.0)
    assert x.grad is y.grad is None
    assert not gx.requires_grad


def test_an_unused_input():
    x, y = leaf(2, 3), leaf(3)
    with pytest.raises(RuntimeError, match=r"input 1 was not used.*allow_unused"):
        autograd.grad(x.sum(), [x, y])
    gx, gy = autograd.grad(x.sum(), [x, y], allow_unused=True)
    assert gy is None
    assert gx.tolist() == [1, 1]
    _, gy = autograd.grad(x.sum(), [x, y], materialize_grads=True)
    assert gy.tolist() == [0]
    assert gy.dtype == minigrad.float64


def test_third_derivative():
    x = leaf(1.5)
    y = x**5 + x.sin()
    orders = []
    for _ in range(3):
        (y,) = autograd.grad(y, x, create_graph=True)
        orders.append(y.item())
    s, c = np.sin(1.5), np.cos(1.5)
    expected = [5 * 1.5**4 + c, 20 * 1.5**3 - s, 60 * 1.5**2 - c]
    assert orders == pytest.approx(expected, rel=1e-13)


def test_backward_with_create_graph():
    x = leaf(3)
    (x**3).backward(create_graph=True)
    assert x.grad.item() == 27.0
    gradient, x.grad = x.grad, None
    gradient.backward()
    assert x.grad.item() == 18.0


def test_a_gradient_penalty():
    """The gradient of the squared norm of a gradient: sum (2 a x)^2, so 8 a^2 x."""
    x, a = leaf(1, 2), leaf(3, 5)
    (gx,) = autograd.grad((a * x * x).sum(), x, create_graph=True)
    (gx**2).sum().backward()
    assert x.grad.tolist() == [8 * 9 * 1, 8 * 25 * 2]
    assert a.grad.tolist() == [8 * 3 * 1, 8 * 5 * 4]


def test_gradients_with_graphs_add_up():
    x = leaf(3)
    for _ in range(2):
        (x**3).backward(create_graph=True)
    assert x.grad.item() == 54.0
    assert autograd.grad(x.grad, x)[0].item() == 36.0


# Hooks and kept gradients


def test_hooks():
    x = leaf(2)
    h = x * 3
    seen = []
    h.register_hook(lambda g: seen.append(("h", g.item())))
    h.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: seen.append(("x", g.item())))
    removed = x.register_hook(lambda g: g * 1000)
    removed.remove()
    removed.remove()
    (h * 2 + h).backward()
    assert seen == [("h", 3.0), ("x", 90.0)], "once each, with the whole gradient"
    assert x.grad.item() == 90.0
    with pytest.raises(RuntimeError, match="does not require grad"):
        minigrad.ones(1).register_hook(print)


def test_hooks_are_seen_by_grad():
    x = leaf(2)
    x.register_hook(lambda g: g + 1)
    assert autograd.grad(x * 3, x)[0].item() == 4.0


def test_retain_grad():
    x = leaf(2)
    h = x * 3
    assert h.grad is None
    h.retain_grad()
    (h * h).backward()
    assert (h.grad.item(), x.grad.item()) == (12.0, 36.0)
    with pytest.raises(RuntimeError, match="does not require grad"):
        minigrad.ones(1).retain_grad()


def test_the_graph_can_be_looked_at():
    x = leaf(2)
    y = (x * 3).exp() + minigrad.ones(1).double()
    assert repr(y.grad_fn) == "<AddBackward>"
    (first, place), (second, _) = y.grad_fn.next_functions
    assert (repr(first), place, second) == ("<ExpBackward>", 0, None)
    assert first.next_functions[0][0].next_functions[0][0] is x
    assert x.grad_fn is None
    assert autograd.Variable(x) is x
    assert not autograd.Variable(minigrad.ones(1)).requires_grad


def test_detach():
    x = leaf(2)
    y = x.detach()
    assert not y.requires_grad
    assert y.is_leaf
    assert np.may_share_memory(x.detach().numpy(), y.numpy())
    (x * y).backward()
    assert x.grad.item() == 2.0
    h = x * 3
    h.detach_()
    assert h.is_leaf
    assert not h.requires_grad


# Any program: reverse mode against forward mode

UNARY = [
    (lambda x: x.sin(), np.sin, np.cos),
    (lambda x: x.tanh(), np.tanh, lambda a: 1 - np.tanh(a) ** 2),
    (lambda x: x * 0.5 + 1, lambda a: a * 0.5 + 1, lambda a: 0.5 + 0 * a),
    (lambda x: (x * x + 1).log(), lambda a: np.log(a * a + 1), lambda a: 2 * a / (a * a + 1)),
]
STEP = st.tuples(st.integers(0, 7), st.integers(0, 99), st.integers(0, 99))


@pytest.mark.property
@given(st.lists(STEP, max_size=25), st.integers(0, 1000))
def test_any_program(program, seed):
    """<gradient, direction> is the derivative along the direction, carried by dual numbers."""
    rng = np.random.default_rng(seed)
    start, direction = rng.standard_normal((2, 3, 4))
    x = minigrad.tensor(start, requires_grad=True)
    tensors, duals = [x], [(start, direction)]
    for operation, i, j in program:
        t, (a, da) = tensors[i % len(tensors)], duals[i % len(duals)]
        u, (b, db) = tensors[j % len(tensors)], duals[j % len(duals)]
        if operation < 4:
            f, value, slope = UNARY[operation]
            tensors.append(f(t))
            duals.append((value(a), slope(a) * da))
        elif operation == 4:
            tensors.append(t + u)
            duals.append((a + b, da + db))
        elif operation == 5:
            tensors.append((t * u).tanh())
            duals.append((np.tanh(a * b), (1 - np.tanh(a * b) ** 2) * (a * db + da * b)))
        elif operation == 6:
            tensors.append(t.mean(0, keepdim=True).expand(3, 4))
            duals.append(tuple(np.broadcast_to(v.mean(0), (3, 4)) for v in (a, da)))
        else:
            tensors.append(minigrad.cat([t[1:], u[:1]]))
            duals.append((np.concatenate([a[1:], b[:1]]), np.concatenate([da[1:], db[:1]])))
    sum(tensors).sum().backward()
    forward = sum(d for _, d in duals).sum()
    assert (x.grad.numpy() * direction).sum() == pytest.approx(forward, rel=1e-9, abs=1e-9)
