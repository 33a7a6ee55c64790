"""The textbook normalisation, softmax, activations and dropout."""

import math

import numpy as np
import pytest
from geometries import generators
from hypothesis import given
from hypothesis import strategies as st
from seed_facts import BY_ID, facts

from minigrad.kernels import loops

NORMS = facts("batchnorm")

shapes = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5))


def normal(rng, shape):
    return rng.normal(size=shape)


def run(kernel, shape, *arguments):
    out = np.full(shape, np.nan)
    kernel(out, *arguments)
    return out


def moments(x):
    mean, var = np.full(x.shape[1], np.nan), np.full(x.shape[1], np.nan)
    loops.moments(mean, var, x)
    return mean, var


def slope(function, x, eps=1e-5):
    """Central difference of a scalar function at every place of x."""
    found = np.empty_like(x)
    for at in np.ndindex(x.shape):
        high, low = x.copy(), x.copy()
        high[at] += eps
        low[at] -= eps
        found[at] = (function(high) - function(low)) / (2 * eps)
    return found


# Normalisation


@pytest.mark.unit
@pytest.mark.parametrize("fact", NORMS, ids=[fact["id"] for fact in NORMS])
def test_seed_normalisation(fact):
    """Four ways to group the same 16 numbers: each is a view (axes summed over, the others)."""
    inputs, expected = fact["inputs"], fact["expected"]
    x = np.array(inputs["x"])
    kept = [axis for axis in range(4) if axis not in inputs["axes"]]
    view = np.ascontiguousarray(x.transpose(*inputs["axes"], *kept))
    rows = view.reshape(inputs["n"], -1, 1)
    mean, var = moments(rows)
    np.testing.assert_array_equal(mean, np.ravel(expected["mean"]))
    np.testing.assert_array_equal(var, np.ravel(expected["var"]))
    ones = np.ones_like(mean)
    rstd = 1 / np.sqrt(var + inputs["eps"])
    y = run(loops.normalize, rows.shape, rows, mean, rstd, ones, 0 * ones)
    hat = np.array(expected["x_hat"]).transpose(*inputs["axes"], *kept)
    np.testing.assert_allclose(y, hat.reshape(rows.shape), rtol=0, atol=1e-9)


@pytest.mark.unit
def test_seed_batch_norm_with_weight_and_bias():
    fact = BY_ID["s002.p2.5.affine"]
    inputs = fact["inputs"]
    x = np.array(inputs["x"]).reshape(2, 2, 4)
    mean, var = moments(x)
    rstd = 1 / np.sqrt(var + inputs["eps"])
    weight, bias = np.array(inputs["gamma"]), np.array(inputs["beta"])
    y = run(loops.normalize, x.shape, x, mean, rstd, weight, bias)
    np.testing.assert_allclose(y.reshape(2, 2, 2, 2), fact["expected"], rtol=0, atol=1e-9)


@pytest.mark.property
@given(generators, shapes)
def test_moments(rng, shape):
    x = normal(rng, shape) + 100
    mean, var = moments(x)
    np.testing.assert_allclose(mean, x.mean(axis=(0, 2)), rtol=1e-14)
    np.testing.assert_allclose(var, x.var(axis=(0, 2)), rtol=1e-12, atol=1e-24)


@pytest.mark.unit
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.1, 1e6 + 1 / 3, -7e-9])
def test_constant_channel_gives_exactly_the_bias(dtype, value):
    """pytorch #5410: one pass gives noise of size 1, even two leave the rounding of the mean."""
    x = np.full((3, 1, 1001), value, dtype)
    mean, var = moments(x)
    assert mean[0] == dtype(value)
    assert var[0] == 0
    y = np.empty_like(x)
    loops.normalize(y, x, mean, 1 / np.sqrt(var + 1e-5), np.ones(1, dtype), np.full(1, 0.3, dtype))
    assert (y == dtype(0.3)).all()


@pytest.mark.unit
def test_variance_of_small_noise_on_a_large_mean():
    """mean(x*x) - mean(x)**2 has no correct digit here."""
    x = 1e9 + np.array([0.0, 1.0, 2.0, 3.0]).reshape(2, 1, 2)
    assert [part.tolist() for part in moments(x)] == [[1e9 + 1.5], [1.25]]


@pytest.mark.unit
def test_moments_of_an_empty_batch_and_of_nan():
    assert [part.tolist() for part in moments(np.empty((0, 2, 3)))] == [[0, 0], [0, 0]]
    mean, var = moments(np.array([[[1.0, math.nan], [1.0, 3.0]]]))
    np.testing.assert_array_equal(mean, [math.nan, 2])
    np.testing.assert_array_equal(var, [math.nan, 1])


@pytest.mark.property
@given(generators, shapes, st.booleans())
def test_normalize_gradients(rng, shape, training):
    """Against differences, through the statistics in training."""
    x, gy = normal(rng, shape), normal(rng, shape)
    weight, bias = normal(rng, shape[1]), normal(rng, shape[1])
    fixed = moments(x + 0.1)

    def value(x=x, weight=weight, bias=bias):
        mean, var = (x.mean(axis=(0, 2)), x.var(axis=(0, 2))) if training else fixed
        hat = (x - mean[:, None]) / np.sqrt(var + 0.5)[:, None]
        return (gy * (hat * weight[:, None] + bias[:, None])).sum()

    mean, var = moments(x) if training else fixed
    gx, gweight, gbias = np.empty_like(x), np.empty(shape[1]), np.empty(shape[1])
    kernel = loops.normalize_grad if training else loops.normalize_eval_grad
    kernel(gx, gweight, gbias, gy, x, mean, 1 / np.sqrt(var + 0.5), weight)
    close = {"rtol": 1e-6, "atol": 1e-8}
    np.testing.assert_allclose(gx, slope(value, x), **close)
    np.testing.assert_allclose(gweight, slope(lambda w: value(weight=w), weight), **close)
    np.testing.assert_allclose(gbias, slope(lambda b: value(bias=b), bias), **close)


# Softmax


@pytest.mark.property
@given(generators, shapes)
def test_softmax_and_its_gradients(rng, shape):
    x, gy = 3 * normal(rng, shape), normal(rng, shape)

    def softmax(x):
        return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)

    y, logarithm = run(loops.softmax, shape, x), run(loops.log_softmax, shape, x)
    np.testing.assert_allclose(y, softmax(x), rtol=1e-13)
    np.testing.assert_allclose(logarithm, np.log(softmax(x)), rtol=1e-12, atol=1e-13)
    close = {"rtol": 1e-6, "atol": 1e-8}
    expected = slope(lambda x: (gy * softmax(x)).sum(), x)
    np.testing.assert_allclose(run(loops.softmax_grad, shape, gy, y), expected, **close)
    expected = slope(lambda x: (gy * np.log(softmax(x))).sum(), x)
    np.testing.assert_allclose(run(loops.log_softmax_grad, shape, gy, logarithm), expected, **close)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("row", "soft", "logarithm"),
    [
        ([1e3, -1e3, 0], [1, 0, 0], [0, -2e3, -1e3]),
        ([-math.inf, 0, 0], [0, 0.5, 0.5], [-math.inf, -math.log(2), -math.log(2)]),
        ([math.nan, 1, 2], [math.nan] * 3, [math.nan] * 3),
        ([1, math.nan, 2], [math.nan] * 3, [math.nan] * 3),
        ([-math.inf] * 3, [math.nan] * 3, [math.nan] * 3),
    ],
)
def test_softmax_of_extremes(row, soft, logarithm):
    x = np.array(row, float).reshape(1, 3, 1)
    with np.errstate(invalid="ignore"):  # inf - inf, when the kernels are not compiled
        y, z = run(loops.softmax, x.shape, x), run(loops.log_softmax, x.shape, x)
    np.testing.assert_allclose(y[0, :, 0], soft)
    np.testing.assert_allclose(z[0, :, 0], logarithm)


# Activations


@pytest.mark.unit
def test_activations():
    """NaN stays; the gradient at 0 is that of the negative side."""
    nan, inf = math.nan, math.inf
    x = np.array([-inf, -2.0, 0.0, 1e-300, 3.0, inf, nan])
    gy = np.array([inf, 10.0, 20.0, 25.0, 30.0, 40.0, 50.0])
    y = run(loops.relu, 7, x)
    np.testing.assert_array_equal(y, [0, 0, 0, 1e-300, 3, inf, nan])
    np.testing.assert_array_equal(run(loops.relu_grad, 7, gy, y), [0, 0, 0, 25, 30, 40, 50])
    y = run(loops.leaky_relu, 7, x, 0.5)
    np.testing.assert_array_equal(y, [-inf, -1, 0, 1e-300, 3, inf, nan])
    grad = run(loops.leaky_relu_grad, 7, gy, x, 0.5)
    np.testing.assert_array_equal(grad, [inf, 5, 10, 25, 30, 40, 25])


@pytest.mark.unit
def test_activations_keep_float32_and_any_shape():
    for shape in ((), (0, 3), (2, 3, 1, 2)):
        x = np.full(shape, -2, np.float32)
        y = np.empty_like(x)
        loops.leaky_relu(y, x, 0.1)
        assert y.dtype == np.float32
        assert (y == np.float32(-2) * np.float32(0.1)).all()


# Dropout


def split_mix(state):
    """The reference program of SplitMix64, in Python integers: next state and output."""
    state = (state + 0x9E3779B97F4A7C15) % 2**64
    z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return state, z ^ (z >> 31)


@pytest.mark.unit
def test_split_mix_is_the_published_generator():
    """The first outputs for seed 1234567, as the reference program in C prints them."""
    state, found = 1234567, []
    for _ in range(3):
        state, word = split_mix(state)
        found.append(word)
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.property
@given(st.integers(0, 2**63 - 1), st.floats(0, 1), st.integers(0, 33))
def test_dropout_mask(key, p, size):
    _, state = split_mix(key)
    bits = []
    while len(bits) < size:
        state, word = split_mix(state)
        bits += [word % 2**32, word // 2**32]
    expected = [0.0 if half < math.floor(p * 2**32) else 1 / (1 - p) for half in bits[:size]]
    assert run(loops.dropout_mask, size, key, p).tolist() == expected
    assert run(loops.random._dropout_mask, size, key, p).tolist() == expected


@pytest.mark.unit
def test_dropout_at_the_threshold():
    """An element's 32 bits are dropped below p * 2**32, and kept when they are equal to it."""
    _, stream = split_mix(9)
    bits = split_mix(stream)[1] % 2**32
    assert run(loops.dropout_mask, 1, 9, bits / 2**32)[0] > 0
    assert run(loops.dropout_mask, 1, 9, (bits + 1) / 2**32)[0] == 0


@pytest.mark.unit
@pytest.mark.parametrize(("p", "value"), [(0.0, 1.0), (1.0, 0.0)])
def test_dropout_of_none_and_of_all(p, value):
    """pytorch #1833: p = 1 gives zeros, not 0/0."""
    assert (run(loops.dropout_mask, 1001, 5, p) == value).all()


@pytest.mark.unit
def test_dropout_rate_and_independence():
    """100,000 draws: rate, mean, neighbours and neighbouring keys within 5 standard deviations."""
    n, p = 100_000, 0.3
    kept = [run(loops.dropout_mask, n, key, p) for key in range(3)]
    bound = 5 * math.sqrt(p * (1 - p) / n)
    assert abs((kept[0] == 0).mean() - p) < bound
    assert abs(kept[0].mean() - 1) < bound / (1 - p)
    for first, second in ((kept[0], kept[1]), (kept[1], kept[2]), (kept[0][1:], kept[0][:-1])):
        assert abs(np.corrcoef(first, second)[0, 1]) < 5 / math.sqrt(n)
    np.testing.assert_array_equal(run(loops.dropout_mask, 77, 0, p), kept[0][:77])
