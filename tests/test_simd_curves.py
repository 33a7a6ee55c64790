"""Elementwise functions: fast curves against the textbook, and the mathematics in them by itself.

Errors of the mathematics are counted in units in the last place (of float32 against NumPy and SciPy
in float64, of float64 against them in the same dtype, whose own unit is allowed for).
"""

import numpy as np
import pytest
from scipy import special
from tolerances import FAST_FLOAT32, FAST_FLOAT64

from minigrad import kernels
from minigrad.kernels import loops, simd

pytestmark = pytest.mark.unit

PARAMETERS = {
    "elu": (0.7, 1.3, 1.1),
    "hardshrink": (0.5,),
    "hardtanh": (-0.7, 1.2),
    "softplus": (2.0, 3.0),
    "softshrink": (0.5,),
    "threshold": (0.3, -2.0),
}
FROM_RESULT = ("exp", "rsqrt", "sigmoid", "sqrt", "tanh")  # their gradient is computed from y
POSITIVE = ("log", "rsqrt", "sqrt")
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 3.0, -3.0, 0.5, -0.5, 1.2, 0.3, 1e4, -1e4, 1e-30]

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
every_curve = pytest.mark.parametrize("name", sorted(loops.curves.CURVES))


def numbers(name, size, dtype, seed=0):
    x = 3 * np.random.default_rng(seed).standard_normal(size).astype(dtype)
    return abs(x) if name in POSITIVE else x


def run(backend, name, x, gy):
    """Value and gradient."""
    y, gx = np.empty_like(x), np.empty_like(x)
    parameters = PARAMETERS.get(name, ())
    backend.curve(y, x, name, *parameters)
    backend.curve_grad(gx, gy, y if name in FROM_RESULT else x, name, *parameters)
    return y, gx


@every_curve
@both_dtypes
@pytest.mark.parametrize("size", [0, 1, 17, 8 * 5 + 3, 100_003])
def test_twins(name, size, dtype):
    x, gy = numbers(name, size, dtype), numbers("", size, dtype, 1)
    tolerance = FAST_FLOAT32 if dtype == np.float32 else FAST_FLOAT64
    for fast, textbook in zip(run(simd, name, x, gy), run(loops, name, x, gy), strict=True):
        largest = abs(textbook).max(initial=1)
        np.testing.assert_allclose(fast, textbook, rtol=0, atol=tolerance * largest)


@every_curve
def test_float32_keeps_its_digits(name):
    """Against the textbook in float64, number by number."""
    x, gy = numbers(name, 20_011, np.float32), numbers("", 20_011, np.float32, 1)
    exact = run(loops, name, x.astype(float), gy.astype(float))
    for fast, textbook in zip(run(simd, name, x, gy), exact, strict=True):
        np.testing.assert_allclose(fast, textbook, rtol=2e-6, atol=2e-6)


@every_curve
@both_dtypes
def test_twins_at_the_ends_and_kinks(name, dtype):
    x = np.repeat(np.array(SPECIAL, dtype), 4)
    gy = np.tile(np.array([1, np.nan, np.inf, -2], dtype), len(SPECIAL))
    near = {"rtol": 2e-6, "atol": 1e-6} if dtype == np.float32 else {"rtol": 1e-13, "atol": 1e-15}
    for fast, textbook in zip(run(simd, name, x, gy), run(loops, name, x, gy), strict=True):
        np.testing.assert_allclose(fast, textbook, **near)


@every_curve
def test_in_place(name):
    x = numbers(name, 70_001, np.float32)
    expected, gy = run(simd, name, x, x.copy())
    simd.curve_grad(x, x, expected if name in FROM_RESULT else x, name, *PARAMETERS.get(name, ()))
    np.testing.assert_array_equal(x, gy)


@both_dtypes
@pytest.mark.parametrize("size", [0, 1, 17, 100_003])
def test_rectifiers(size, dtype):
    x, gy = numbers("", size, dtype), numbers("", size, dtype, 1)
    x[2:5] = [0, -0.0, np.nan][: len(x[2:5])]
    gy[7:9] = [np.inf, np.nan][: len(gy[7:9])]
    for name, arguments in (
        ("relu", (x,)), ("relu_grad", (gy, x)),
        ("leaky_relu", (x, 0.2)), ("leaky_relu_grad", (gy, x, 0.2)),
    ):  # fmt: skip
        fast, textbook = np.full((2, size), 99, dtype)
        getattr(simd, name)(fast, *arguments)
        getattr(loops, name)(textbook, *arguments)
        np.testing.assert_array_equal(fast, textbook)


def test_bits_do_not_depend_on_the_number_of_threads():
    x = numbers("", 300_007, np.float32)
    before, results = kernels.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            kernels.set_num_threads(threads)
            results.append(run(simd, "gelu", x, x))
    finally:
        kernels.set_num_threads(before)
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)


# The mathematics


def lanes(function, x):
    """A formula of one vector, of every number of x."""
    y = np.empty_like(x)
    formula = simd.formulas.Formula(function)
    pieces = -(-x.size // simd.elementwise._CHUNK)
    simd.tasks.launch(simd.elementwise.map_one, pieces, y, x, formula, ())
    return y


def distribution(x):
    return simd.transcendental.normal(x)[0]


def density(x):
    return simd.transcendental.normal(x)[1]


def logistic(x):
    return np.where(x < 0, np.exp(-abs(x)), 1) / (1 + np.exp(-abs(x)))


def bell(x):
    return np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


T = simd.transcendental
SQUARED = 8 if simd.instructions.HAS_FMA else 150
# function, reference, ranges in float32 and float64, units in the last place
MATHEMATICS = {
    "exp": (T.exp, np.exp, (-104, 88.7), (-746, 709.7), 1.1),
    "expm1": (T.expm1, np.expm1, (-20, 88.7), (-40, 709.7), 2),
    "log": (T.log, np.log, (0, 3), (0, 3), 1.1),
    "log1p": (T.log1p, np.log1p, (0, 1), (0, 1), 2),
    "sigmoid": (T.sigmoid, logistic, (-104, 20), (-746, 40), 3),
    "tanh": (T.tanh, np.tanh, (-12, 12), (-22, 22), 3),
    "distribution": (distribution, special.ndtr, (-15, 5), (-2, 5), SQUARED),
    "density": (density, bell, (-15, 15), (-2, 2), SQUARED),
}


@both_dtypes
@pytest.mark.parametrize("name", MATHEMATICS)
def test_units_in_the_last_place(name, dtype):
    function, reference, single, double, units = MATHEMATICS[name]
    low, high = single if dtype == np.float32 else double
    rng = np.random.default_rng(0)
    x = np.concatenate([
        rng.uniform(low, high, 30_000),
        np.exp(rng.uniform(-80, 0, 2768)) * (1 if low == 0 else rng.choice([-1, 1], 2768)),
    ]).astype(dtype)  # fmt: skip
    y, exact = lanes(function, x), reference(x.astype(float))
    spacing = np.spacing(abs(exact).astype(dtype)).astype(float)
    own = 0 if dtype == np.float32 else 3  # the reference's
    assert (abs(y - exact) <= (units + own) * spacing).all()


@both_dtypes
@pytest.mark.parametrize("name", MATHEMATICS)
def test_ends(name, dtype):
    function, reference, *_ = MATHEMATICS[name]
    tiny = np.finfo(dtype).smallest_subnormal
    x = [np.nan, 0.0, 1.0, tiny, np.finfo(dtype).tiny]
    if name != "log1p":
        x += [np.inf, -np.inf, -1.0, -tiny, np.finfo(dtype).max, np.finfo(dtype).min, -0.0]
    x = np.array(x, dtype)
    with np.errstate(all="ignore"):
        expected = reference(x)
    np.testing.assert_allclose(lanes(function, x), expected, rtol=3 * np.finfo(dtype).eps)


@pytest.mark.parametrize(
    ("largest", "smallest", "zero", "dtype"),
    [
        (88.72283, -103.97207, -103.97209, np.float32),
        (709.782712893384, -745.1332191019411, -745.1332191019412, np.float64),
    ],
)
def test_the_range_of_exp(largest, smallest, zero, dtype):
    x = np.array([largest, 1.000001 * largest, smallest, zero], dtype)
    y = lanes(T.exp, x)
    assert np.isfinite(y).tolist() == [True, False, True, True]
    assert y[2:].tolist() == [np.finfo(dtype).smallest_subnormal, 0]
