"""Activations: values number by number, gradients, kinks, limits, and what is refused."""

import math

import numpy as np
import pytest
from operation_checks import check_operation
from seed_facts import facts
from tolerances import FAST_FLOAT64

import minigrad
import minigrad.functional as F
from minigrad import kernels

pytestmark = pytest.mark.unit


def logistic(x):
    return 1 / (1 + math.exp(-x))


def clip(x, low, high):
    return min(max(x, low), high)


def gelu_tanh(x):
    return x / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


# name, arguments, one number's value by Python's own mathematics
ROWS = [
    ("relu", {}, lambda x: max(x, 0)),
    ("relu6", {}, lambda x: clip(x, 0, 6)),
    ("leaky_relu", {}, lambda x: x if x > 0 else 0.01 * x),
    ("leaky_relu", {"negative_slope": 0.2}, lambda x: x if x > 0 else 0.2 * x),
    ("elu", {"alpha": 0.7}, lambda x: x if x > 0 else 0.7 * math.expm1(x)),
    ("celu", {"alpha": 0.7}, lambda x: x if x > 0 else 0.7 * math.expm1(x / 0.7)),
    (
        "selu",
        {},
        lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    ),
    ("silu", {}, lambda x: x * logistic(x)),
    ("gelu", {}, lambda x: x / 2 * math.erfc(-x / math.sqrt(2))),
    ("gelu", {"approximate": "tanh"}, gelu_tanh),
    ("softplus", {}, lambda x: math.log1p(math.exp(x))),
    (
        "softplus",
        {"beta": 2.0, "threshold": 3.0},
        lambda x: x if 2 * x > 3 else math.log1p(math.exp(2 * x)) / 2,
    ),
    ("softsign", {}, lambda x: x / (1 + abs(x))),
    ("mish", {}, lambda x: x * math.tanh(math.log1p(math.exp(x)))),
    ("tanh", {}, math.tanh),
    ("sigmoid", {}, logistic),
    ("logsigmoid", {}, lambda x: math.log(logistic(x))),
    ("tanhshrink", {}, lambda x: x - math.tanh(x)),
    ("hardtanh", {"min_val": -0.7, "max_val": 1.2}, lambda x: clip(x, -0.7, 1.2)),
    ("hardsigmoid", {}, lambda x: clip(x + 3, 0, 6) / 6),
    ("hardswish", {}, lambda x: x * clip(x + 3, 0, 6) / 6),
    ("hardshrink", {"lambd": 0.6}, lambda x: x if abs(x) > 0.6 else 0.0),
    (
        "softshrink",
        {"lambd": 0.6},
        lambda x: math.copysign(max(abs(x) - 0.6, 0), x),
    ),
    ("threshold", {"threshold": 0.3, "value": -2.0}, lambda x: x if x > 0.3 else -2.0),
    ("rrelu", {}, lambda x: x if x > 0 else x * (1 / 8 + 1 / 3) / 2),
]
IDS = [f"{name}-{'-'.join(map(str, kwargs.values()))}" for name, kwargs, _ in ROWS]


def away_from_kinks():
    """Numbers on both sides of every kink of the table, none nearer than 0.05."""
    x = np.array(
        [-7.3, -3.4, -2.2, -1.1, -0.64, -0.5, -0.05, 0.05, 0.2, 0.45, 0.7, 1.3, 2.6, 3.7, 6.4]
    )
    return np.random.default_rng(0).permutation(x).reshape(3, 5)


def apply(name, kwargs, values, dtype=np.float64):
    return getattr(F, name)(minigrad.tensor(np.asarray(values, dtype)), **kwargs).array


def slope(name, kwargs, value):
    x = minigrad.tensor(float(value), dtype=minigrad.float64, requires_grad=True)
    getattr(F, name)(x, **kwargs).backward()
    return x.grad.item()


@pytest.mark.parametrize("backend", kernels.backends())
@pytest.mark.parametrize(("name", "kwargs", "formula"), ROWS, ids=IDS)
def test_values(backend, name, kwargs, formula):
    x = away_from_kinks()
    with kernels.use(backend):
        y = apply(name, kwargs, x)
    expected = [[formula(v) for v in row] for row in x.tolist()]
    np.testing.assert_allclose(y, expected, rtol=FAST_FLOAT64, atol=1e-15)


@pytest.mark.parametrize(("name", "kwargs", "formula"), ROWS, ids=IDS)
def test_gradients_layouts_and_dtypes(name, kwargs, formula):
    check_operation(lambda x: getattr(F, name)(x, **kwargs), away_from_kinks())


@pytest.mark.parametrize(("name", "kwargs", "formula"), ROWS, ids=IDS)
def test_nan_stays_and_shapes_stay(name, kwargs, formula):
    y = apply(name, kwargs, [1.0, np.nan])
    assert np.isnan(y).tolist() == [False, True]
    for shape in ((), (0, 3), (2, 0), (1, 2, 1, 3, 1)):
        assert apply(name, kwargs, np.ones(shape)).shape == shape


KINKS = [
    ("relu", {}, 0.0, 0.0),
    ("leaky_relu", {}, 0.0, 0.01),
    ("rrelu", {}, 0.0, (1 / 8 + 1 / 3) / 2),
    ("elu", {"alpha": 0.7}, 0.0, 0.7),
    ("selu", {}, 0.0, 1.0507009873554805 * 1.6732632423543772),
    ("relu6", {}, 0.0, 0.0),
    ("relu6", {}, 6.0, 0.0),
    ("hardtanh", {}, -1.0, 0.0),
    ("hardtanh", {}, 1.0, 0.0),
    ("hardsigmoid", {}, -3.0, 0.0),
    ("hardsigmoid", {}, 3.0, 0.0),
    ("hardswish", {}, -3.0, 0.0),
    ("hardswish", {}, 3.0, 1.0),
    ("hardshrink", {}, 0.5, 0.0),
    ("hardshrink", {}, -0.5, 0.0),
    ("softshrink", {}, 0.5, 0.0),
    ("threshold", {"threshold": 0.3, "value": 2.0}, 0.3, 0.0),
    ("softsign", {}, 0.0, 1.0),
]


@pytest.mark.parametrize(("name", "kwargs", "kink", "expected"), KINKS)
def test_gradient_at_a_kink(name, kwargs, kink, expected):
    assert slope(name, kwargs, kink) == pytest.approx(expected, rel=1e-15)


def test_gradient_of_a_gradient_at_relus_kink_is_there_and_zero():
    x = minigrad.tensor([0.0, 1.0], dtype=minigrad.float64, requires_grad=True)
    (g,) = minigrad.autograd.grad(F.relu(x).sum(), x, create_graph=True)
    assert minigrad.autograd.grad(g.sum(), x)[0].tolist() == [0.0, 0.0]


LIMITS = [
    ("relu", 0.0, np.inf),
    ("relu6", 0.0, 6.0),
    ("leaky_relu", -np.inf, np.inf),
    ("elu", -1.0, np.inf),
    ("selu", -1.7580993408473766, np.inf),
    ("softplus", 0.0, np.inf),
    ("tanh", -1.0, 1.0),
    ("sigmoid", 0.0, 1.0),
    ("logsigmoid", -np.inf, 0.0),
    ("hardtanh", -1.0, 1.0),
    ("hardsigmoid", 0.0, 1.0),
    ("tanhshrink", -np.inf, np.inf),
    ("softshrink", -np.inf, np.inf),
    ("hardshrink", -np.inf, np.inf),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "below", "above"), LIMITS)
def test_limits(name, below, above, dtype):
    y = apply(name, {}, [-np.inf, np.inf], dtype)
    np.testing.assert_allclose(y, [below, above], rtol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "kwargs", "formula"), ROWS, ids=IDS)
def test_large_numbers_stay_finite(name, kwargs, formula, dtype):
    x = minigrad.tensor(np.array([-1e4, -1e3, -100, 100, 1e3, 1e4], dtype), requires_grad=True)
    y = getattr(F, name)(x, **kwargs)
    y.sum().backward()
    assert np.isfinite(y.array).all()
    assert np.isfinite(x.grad.array).all()


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "selu", "celu", "hardtanh", "rrelu"])
def test_in_place(name):
    values = away_from_kinks()
    for function in (lambda x: getattr(F, name)(x, inplace=True), getattr(F, name + "_")):
        x = minigrad.tensor(values, requires_grad=True)
        z = x * 1
        assert function(z) is z
        np.testing.assert_array_equal(z.array, apply(name, {}, values))
        z.sum().backward()
        w = minigrad.tensor(values, requires_grad=True)
        getattr(F, name)(w).sum().backward()
        np.testing.assert_array_equal(x.grad.array, w.grad.array)


@pytest.mark.parametrize("name", ["relu6", "silu", "mish", "hardswish", "hardsigmoid"])
def test_in_place_by_argument_alone(name):
    z = minigrad.tensor(away_from_kinks())
    assert getattr(F, name)(z, inplace=True) is z
    np.testing.assert_array_equal(z.array, apply(name, {}, away_from_kinks()))


def test_in_place_after_an_operation_that_needs_the_old_value():
    x = minigrad.tensor([-1.0, 2.0], dtype=minigrad.float64, requires_grad=True)
    y = x.exp()
    F.threshold_(y, 1.0, 0.0)
    with pytest.raises(RuntimeError, match="in-place"):
        y.sum().backward()


def test_a_leaf_that_requires_grad_is_not_changed():
    x = minigrad.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf"):
        F.relu_(x)


def test_methods():
    x = minigrad.tensor([[-1.0, 2.0]])
    assert x.relu().tolist() == [[0.0, 2.0]]
    assert x.clone().relu_().tolist() == [[0.0, 2.0]]
    assert x.hardshrink(1.5).tolist() == [[0.0, 2.0]]
    assert x.prelu(minigrad.tensor([0.5])).tolist() == [[-0.5, 2.0]]


# Prelu


@pytest.mark.parametrize("shape", [(3, 5), (2, 4, 3), (2, 5, 1, 3)])
def test_prelu(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    w = np.linspace(-0.5, 2, shape[1])
    column = w.reshape(-1, *(1,) * (len(shape) - 2))
    expected = np.where(x > 0, x, x * column)
    y = F.prelu(minigrad.tensor(x), minigrad.tensor(w))
    np.testing.assert_array_equal(y.array, expected)
    check_operation(F.prelu, x, w)
    check_operation(F.prelu, x, w[1:2])


def test_a_small_slope_keeps_its_digits():
    x = minigrad.tensor([-1.0], requires_grad=True)
    w = minigrad.tensor([1e-6])
    F.prelu(x, w).sum().backward()
    assert x.grad.item() == np.float32(1e-6)


@pytest.mark.parametrize(
    ("shape", "weight", "message"),
    [
        ((2, 3, 4), (4,), "one for each of the 3 channels"),
        ((3,), (3,), "one for each of the 1 channels"),
        ((2, 3), (1, 3), r"got shape \(1, 3\)"),
    ],
)
def test_prelu_refuses_weights_that_do_not_fit(shape, weight, message):
    with pytest.raises(ValueError, match=message):
        F.prelu(minigrad.ones(*shape), minigrad.ones(*weight))


# Rrelu


def test_rrelu_draws_slopes_in_training():
    x = minigrad.full((1000,), -1.0, requires_grad=True)
    y = F.rrelu(x, 0.2, 0.4, training=True)
    y.sum().backward()
    assert -0.4 <= y.array.min() < -0.39
    assert -0.21 < y.array.max() <= -0.2
    np.testing.assert_array_equal(x.grad.array, -y.array)
    assert F.rrelu(minigrad.ones(3), training=True).tolist() == [1.0] * 3


# What is refused


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.gelu(minigrad.ones(2), "exact"), ValueError, "'none' or 'tanh'"),
        (lambda: F.hardtanh(minigrad.ones(2), 2.0, 1.0), ValueError, "must not exceed"),
        (lambda: F.celu(minigrad.ones(2), 0.0), ValueError, "must not be 0"),
        (lambda: F.softshrink(minigrad.ones(2), -1.0), ValueError, "must not be negative"),
        (lambda: F.rrelu(minigrad.ones(2), 1.0, 0.5), ValueError, "must not exceed"),
        (lambda: F.relu(minigrad.ones(2) > 0), TypeError, "bool"),
        (lambda: F.elu(minigrad.ones(2).long()), TypeError, "int64"),
        (lambda: F.relu(np.ones(2)), TypeError, "must be a Tensor, got ndarray"),
        (lambda: F.leaky_relu([1.0]), TypeError, "must be a Tensor, got list"),
        (lambda: F.prelu(minigrad.ones(2), minigrad.ones(1).double()), TypeError, "float64"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_relu_takes_integers():
    y = F.relu(minigrad.tensor([-2, 3]))
    assert y.tolist() == [0, 3]
    assert y.dtype == minigrad.int64


# Worked examples


@pytest.mark.parametrize("fact", facts("mlp_xor"), ids=lambda fact: fact["id"])
def test_the_seeds_xor_networks(fact):
    given = {k: minigrad.tensor(v) for k, v in fact["inputs"].items() if k != "activation"}
    activation = {"abs": minigrad.abs, "relu": F.relu}[fact["inputs"]["activation"]]
    as_float = {name: t.float() for name, t in given.items()}
    pre = F.linear(as_float["x"], as_float["w1"], as_float["b1"])
    hidden = activation(pre)
    y = F.linear(hidden, as_float["w2"], as_float["b2"].reshape(1)).squeeze(1)
    for i, row in enumerate(fact["expected"]):
        assert given["x"][i].tolist() == row["x"]
        assert pre[i].tolist() == row["pre"]
        assert hidden[i].tolist() == row["hidden"]
        assert y[i].item() == row["y"]
