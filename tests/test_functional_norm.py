"""Normalisation: the seeds' numbers, plain formulas, running statistics, gradients, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from operation_checks import check_operation, smooth
from seed_facts import facts

import minigrad
import minigrad.functional as F
from minigrad.errors import RangeError, SizeError
from minigrad.functional.norm import batch_norm_act

CASES = [pytest.param(f, id=f["id"]) for f in facts("batchnorm")]
AFFINE = [pytest.param(f, id=f["id"]) for f in facts("batchnorm_affine")]


def double(values):
    return minigrad.tensor(values, dtype=minigrad.float64)


def formula(x, axes, eps=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


# The seeds


@pytest.mark.unit
@pytest.mark.parametrize("fact", CASES)
def test_the_seeds_four_cases(fact):
    x, axes = double(fact["inputs"]["x"]), fact["inputs"]["axes"]
    y = F.standardize(x, axes, fact["inputs"]["eps"])
    np.testing.assert_allclose(y.array, fact["expected"]["x_hat"], rtol=0, atol=fact["tol"])
    np.testing.assert_array_equal(x.array.mean(tuple(axes)), fact["expected"]["mean"])
    np.testing.assert_array_equal(x.array.var(tuple(axes)), fact["expected"]["var"])


@pytest.mark.unit
def test_the_seeds_statistics_per_channel_are_batch_norms():
    (fact,) = (f for f in facts("batchnorm") if f["inputs"]["axes"] == [0, 2, 3])
    x, mean, var = double(fact["inputs"]["x"]), double([0.0, 0.0]), double([0.0, 0.0])
    F.batch_norm(x, mean, var, training=True, momentum=1.0)
    assert mean.tolist() == fact["expected"]["mean"]
    n = fact["inputs"]["n"]
    np.testing.assert_allclose(var.array * (n - 1) / n, fact["expected"]["var"], rtol=1e-15)


@pytest.mark.unit
@pytest.mark.parametrize("fact", AFFINE)
def test_the_seeds_affine_batch_norm(fact):
    x, gamma, beta = (double(fact["inputs"][name]) for name in ("x", "gamma", "beta"))
    y = F.batch_norm(x, None, None, gamma, beta, training=True, eps=fact["inputs"]["eps"])
    np.testing.assert_allclose(y.array, fact["expected"], rtol=0, atol=fact["tol"])


# Plain formulas


@pytest.mark.property
@given(st.integers(1, 4).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)))))
def test_standardize_over_any_axes(case):
    ndim, axes = case
    x = smooth(*(3, 2, 4, 5)[:ndim])
    expected = formula(x, tuple(axes) or None)
    np.testing.assert_allclose(F.standardize(double(x), tuple(axes)).array, expected, atol=1e-13)


@pytest.mark.unit
@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 5), (2, 3, 4, 5), (2, 3, 2, 2, 2)])
def test_each_norm_is_its_formula(shape):
    x, w, b = smooth(*shape), smooth(3, seed=1), smooth(3, seed=2)
    N, C, *rest = shape
    column = (C,) + (1,) * len(rest)
    scale, shift = w.reshape(column), b.reshape(column)
    pixels = tuple(range(2, len(shape)))
    tensors = double(w), double(b)
    got = F.batch_norm(double(x), None, None, *tensors, training=True)
    np.testing.assert_allclose(got.array, formula(x, (0, *pixels)) * scale + shift, atol=1e-12)
    got = F.group_norm(double(x), 1, *tensors)
    np.testing.assert_allclose(got.array, formula(x, (1, *pixels)) * scale + shift, atol=1e-12)
    if rest:
        got = F.instance_norm(double(x), None, None, *tensors)
        np.testing.assert_allclose(got.array, formula(x, pixels) * scale + shift, atol=1e-12)
    last = shape[-1:]
    w, b = smooth(*last, seed=3), smooth(*last, seed=4)
    got = F.layer_norm(double(x), last, double(w), double(b))
    np.testing.assert_allclose(got.array, formula(x, (-1,)) * w + b, atol=1e-12)


@pytest.mark.unit
def test_groups_are_neighbouring_channels():
    x = smooth(2, 6, 3, 4)
    expected = formula(x.reshape(2, 3, 2, 3, 4), (2, 3, 4)).reshape(x.shape)
    np.testing.assert_allclose(F.group_norm(double(x), 3).array, expected, atol=1e-13)


@pytest.mark.unit
def test_local_response_norm_counts_absent_channels_as_zero():
    x = smooth(2, 5, 3, 4)
    expected = np.empty_like(x)
    for c in range(5):
        near = x[:, max(c - 2, 0) : c + 2]  # size 4: two below, one above
        expected[:, c] = x[:, c] / (2 + 0.3 * (near**2).sum(1) / 4) ** 0.6
    got = F.local_response_norm(double(x), 4, alpha=0.3, beta=0.6, k=2.0)
    np.testing.assert_allclose(got.array, expected, rtol=1e-13)


@pytest.mark.unit
def test_normalize_divides_by_the_norm_or_eps():
    x = double([[3.0, 4.0], [0.0, 0.0]])
    assert F.normalize(x).tolist() == [[0.6, 0.8], [0.0, 0.0]]
    assert F.normalize(x, p=1, dim=0).tolist() == [[1.0, 1.0], [0.0, 0.0]]


# Running statistics


@pytest.mark.unit
def test_running_statistics_move_by_momentum_towards_the_unbiased_variance():
    x = smooth(4, 3, 2, 5)
    mean, var = double([1.0, 2.0, 3.0]), double([4.0, 5.0, 6.0])
    versions = mean.storage.version, var.storage.version
    F.batch_norm(double(x), mean, var, training=True, momentum=0.25)
    expected = 0.75 * np.array([1.0, 2.0, 3.0]) + 0.25 * x.mean((0, 2, 3))
    np.testing.assert_allclose(mean.array, expected, rtol=1e-14)
    expected = 0.75 * np.array([4.0, 5.0, 6.0]) + 0.25 * x.var((0, 2, 3), ddof=1)
    np.testing.assert_allclose(var.array, expected, rtol=1e-14)
    assert (mean.storage.version, var.storage.version) == tuple(v + 1 for v in versions)


@pytest.mark.unit
def test_running_statistics_of_instances_are_means_over_the_batch():
    x, mean, var = smooth(4, 3, 2, 5), double(np.zeros(3)), double(np.zeros(3))
    F.instance_norm(double(x), mean, var, momentum=0.5)
    np.testing.assert_allclose(mean.array, 0.5 * x.mean((2, 3)).mean(0), rtol=1e-13)
    np.testing.assert_allclose(var.array, 0.5 * x.var((2, 3), ddof=1).mean(0), rtol=1e-13)


@pytest.mark.unit
def test_inference_uses_the_running_statistics_and_leaves_them():
    x, mean, var = smooth(2, 3, 4), double([1.0, 2.0, 3.0]), double([4.0, 5.0, 6.0])
    expected = (x - mean.array[:, None]) / np.sqrt(var.array[:, None] + 0.1)
    for norm in (F.batch_norm, F.instance_norm):
        setting = {"training": False} if norm is F.batch_norm else {"use_input_stats": False}
        y = norm(double(x), mean, var, eps=0.1, **setting)
        np.testing.assert_allclose(y.array, expected, rtol=1e-13)
    assert (mean.tolist(), var.tolist()) == ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])


@pytest.mark.unit
def test_an_empty_batch_leaves_the_running_statistics_alone():
    mean, var = minigrad.tensor([1.0, 2.0]), minigrad.tensor([3.0, 4.0])
    weight, bias = minigrad.ones(2, requires_grad=True), minigrad.zeros(2, requires_grad=True)
    x = minigrad.zeros(0, 2, 3, 4, requires_grad=True)
    for norm in (F.batch_norm, F.instance_norm):
        y = norm(x, mean, var, weight, bias, True)
        (gx,) = minigrad.autograd.grad(y.sum(), x, create_graph=True)
        assert y.shape == gx.shape == (0, 2, 3, 4)
        y.sum().backward()
        assert (mean.tolist(), var.tolist()) == ([1.0, 2.0], [3.0, 4.0])
        assert (weight.grad.tolist(), bias.grad.tolist()) == ([0.0, 0.0], [0.0, 0.0])


@pytest.mark.unit
@pytest.mark.parametrize("value", [0.1, 1e8, 3.3e-7])
def test_a_constant_channel_gives_exactly_the_bias(value):
    x = minigrad.full((4, 2, 7, 3), value)
    bias = minigrad.tensor([0.5, -3.0])
    for norm in (F.batch_norm, F.instance_norm):
        y = norm(x, None, None, minigrad.tensor([7.0, 9.0]), bias, True)
        assert (y.array == bias.array[:, None, None]).all()
    assert (F.layer_norm(x, (7, 3)).array == 0).all()


@pytest.mark.unit
def test_a_nan_stays_within_its_channel():
    x = smooth(2, 3, 4)
    x[0, 1, 2] = np.nan
    y = F.batch_norm(double(x), None, None, training=True)
    assert np.isnan(y.array).all((0, 2)).tolist() == [False, True, False]
    assert np.isnan(y.array).any((0, 2)).tolist() == [False, True, False]


# With an activation after it


def apart(x, mean, var, w, b, training, slope):
    y = F.batch_norm(x, mean, var, w, b, training)
    return F.relu(y) if slope == 0 else F.leaky_relu(y, slope)


@pytest.mark.unit
@pytest.mark.parametrize("dtype", [minigrad.float32, minigrad.float64])
@pytest.mark.parametrize("slope", [0.0, 0.2])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(2, 4, 3, 5), (5, 4), (3, 4, 37)])
def test_an_activation_in_one_go_is_the_same_to_the_last_bit(shape, training, slope, dtype):
    arrays = smooth(*shape), smooth(4, seed=1), smooth(4, seed=2)
    results = []
    for function in (batch_norm_act, apart):
        x, w, b = (minigrad.tensor(a, dtype=dtype, requires_grad=True) for a in arrays)
        mean, var = minigrad.tensor([0.1, 0.2, 0.3, 0.4], dtype=dtype), minigrad.ones(4).to(dtype)
        settings = {"negative_slope" if function is batch_norm_act else "slope": slope}
        y = function(x, mean, var, w, b, training=training, **settings)
        (gx,) = minigrad.autograd.grad((y * y).sum(), x, create_graph=True)
        (gx * gx).sum().backward()
        results.append([t.array for t in (y, gx, x.grad, w.grad, b.grad, mean, var)])
    for together, separate in zip(*results, strict=True):
        np.testing.assert_array_equal(together, separate)


@pytest.mark.unit
def test_an_activation_in_one_go_keeps_nothing_but_its_input():
    x, w, b = double(X).requires_grad_(), double(W).requires_grad_(), double(B).requires_grad_()
    y = batch_norm_act(x, None, None, w, b, training=True)
    with minigrad.no_grad():
        b.fill_(100.0)  # had the sign been taken with it, no element would be negative
    y.sum().backward()
    np.testing.assert_array_equal(b.grad.array, (y.array > 0).sum((0, 2)))


# As operations

W, B = smooth(4, seed=1), smooth(4, seed=2)
RUNNING = double(smooth(4, seed=3)), double(np.abs(smooth(4, seed=4)) + 0.5)
OPERATIONS = {
    "batch_norm": lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
    "batch_norm inference": lambda x, w, b: F.batch_norm(
        x, *(r.to(x.dtype) for r in RUNNING), w, b, training=False
    ),
    "batch_norm_act": lambda x, w, b: batch_norm_act(x, None, None, w, b, True),
    "batch_norm_act inference": lambda x, w, b: batch_norm_act(
        x, *(r.to(x.dtype) for r in RUNNING), w, b, negative_slope=0.3
    ),
    "instance_norm": lambda x, w, b: F.instance_norm(x, None, None, w, b),
    "group_norm": lambda x, w, b: F.group_norm(x, 2, w, b),
    "layer_norm": lambda x, w, b: F.layer_norm(x.movedim(1, -1), (4,), w, b),
    "standardize": lambda x, w, b: F.standardize(x, (0, 2), 0.1) * w.reshape(4, 1, 1) + b.sum(),
    "local_response_norm": lambda x, w, b: F.local_response_norm(x * w[0], 3, 0.5) + b[0],
    "normalize": lambda x, w, b: F.normalize(x, 3, (1, 2)) * w[1] + b[1],
}


@pytest.mark.unit
@pytest.mark.parametrize("name", OPERATIONS)
def test_each_norm_as_an_operation(name):
    check_operation(OPERATIONS[name], smooth(2, 4, 2, 3), W, B)


@pytest.mark.unit
def test_the_third_derivative_of_batch_norm():
    def second(x):
        y = F.batch_norm(x, None, None, training=True, eps=0.1)
        (g,) = minigrad.autograd.grad((y * y * y).sum(), x, create_graph=True)
        (h,) = minigrad.autograd.grad((g * g).sum(), x, create_graph=True)
        return h

    assert minigrad.gradcheck.gradcheck(second, double(smooth(3, 2, 2)).requires_grad_())


# What is refused

X = smooth(2, 4, 3)
STAT = double(np.ones(4))
REFUSED = [
    (lambda x: F.batch_norm(x[:1, :, :1], None, None, training=True), ValueError, "larger batch"),
    (lambda x: F.batch_norm(x[:1, :, :1], None, None, training=True), ValueError, "larger picture"),
    (lambda x: F.batch_norm(x[:1, :, :1], None, None, training=True), ValueError, "eval.. for"),
    (lambda x: F.batch_norm(x[0, 0], None, None, training=True), SizeError, "at least 2 dim"),
    (lambda x: F.batch_norm(x, None, None), SizeError, "running_mean and running_var are needed"),
    (lambda x: F.batch_norm(x, STAT[:3], STAT), SizeError, "running_mean must have one value"),
    (lambda x: F.batch_norm(x, STAT, STAT, STAT[:1]), SizeError, "weight must have one value"),
    (lambda x: F.batch_norm(x, STAT, STAT, eps=-1.0), RangeError, "eps .=-1.0. must be at least"),
    (lambda x: F.batch_norm(x, STAT, STAT, None, None, True, eps=0.0), RangeError, "more than 0"),
    (lambda x: F.batch_norm(x, STAT, STAT, momentum=None), TypeError, "momentum must be a number"),
    (lambda x: batch_norm_act(x[:, :1], None, None), SizeError, "batch_norm_act: running_mean and"),
    (
        lambda x: batch_norm_act(x, STAT, STAT, negative_slope=None),
        TypeError,
        "negative_slope must",
    ),
    (lambda x: F.batch_norm(x, STAT, None, training=True), SizeError, "go together"),
    (lambda x: F.layer_norm(x, (3,), eps="tiny"), TypeError, "eps must be a number"),
    (lambda x: F.batch_norm(x.float(), STAT, STAT), TypeError, "float32 but running_mean is"),
    (lambda x: F.batch_norm(x.long(), STAT, STAT), TypeError, "only floating tensors"),
    (lambda x: F.batch_norm(x.numpy(), STAT, STAT), TypeError, "input must be a Tensor"),
    (lambda x: F.instance_norm(x[:, :, :1]), ValueError, "one pixel per channel"),
    (lambda x: F.instance_norm(x, use_input_stats=False), SizeError, "are needed"),
    (lambda x: F.group_norm(x, 3), SizeError, "num_groups .=3. must divide the 4 channels"),
    (lambda x: F.group_norm(x, 0), SizeError, "num_groups must be at least 1, but got 0"),
    (lambda x: F.group_norm(x, 2.0), TypeError, "num_groups must be an integer"),
    (lambda x: F.group_norm(x[:1, :1, :1], 1), ValueError, "one value per group"),
    (lambda x: F.layer_norm(x, (4,)), SizeError, "must be the last sizes"),
    (lambda x: F.layer_norm(x, 3), TypeError, "write .n,. for the last axis"),
    (lambda x: F.layer_norm(x, (3,), STAT), SizeError, "weight must have shape"),
    (lambda x: F.standardize(x, 3), IndexError, "out of range"),
    (lambda x: F.standardize(x, (0, 0)), SizeError, "twice"),
    (lambda x: F.local_response_norm(x[0], 2), ValueError, "at least 3 dimensions"),
    (lambda x: F.local_response_norm(x, 0), SizeError, "size must be at least 1, but got 0"),
]


@pytest.mark.unit
@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_norms_refuse(call, error, message):
    with pytest.raises(error, match=message):
        call(double(X))
