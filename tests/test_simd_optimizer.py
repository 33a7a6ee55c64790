"""Fast optimizer steps against the textbook."""

from itertools import product

import numpy as np
import pytest
from tolerances import FAST_FLOAT64

from minigrad import kernels
from minigrad.kernels import loops, simd

pytestmark = pytest.mark.unit

MANY = 40_003  # elements: several pieces of work, the last one short
YES_NO = (False, True)
DECAY, MOMENTUM = (0.0, 0.01), (0.0, 0.9)
# number of arrays, settings
STEPS = {
    "sgd": (3, [(0.1, momentum, 0.1, decay, *flags)
                for momentum, decay, *flags in product(MOMENTUM, DECAY, *[YES_NO] * 3)]),
    "adam": (5, [(0.1, 0.9, 0.999, 1e-8, decay, *flags, step)
                 for decay, step, *flags in product(DECAY, (1, 7), *[YES_NO] * 3)]),
    "rmsprop": (5, [(0.1, 0.99, 1e-8, decay, momentum, *flags)
                    for decay, momentum, *flags in product(DECAY, MOMENTUM, *[YES_NO] * 2)]),
}  # fmt: skip
CASES = [(name, settings) for name, (_, rows) in STEPS.items() for settings in rows]
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
every_setting = pytest.mark.parametrize(("name", "settings"), CASES)


def start(name, size, dtype):
    """A parameter, its gradient, and states as steps before could have left them."""
    rng = np.random.default_rng(0)
    p, g, mean, other = rng.standard_normal((4, size)).astype(dtype)
    square = (g * g + other * other).astype(dtype)  # more than the mean's square
    small = np.minimum(abs(mean), 0.5 * np.sqrt(square)).astype(dtype)
    arrays = {
        "sgd": (p, g, mean),
        "adam": (p, g, mean, square, abs(other)),
        "rmsprop": (p, g, square, small, mean),
    }
    return arrays[name]


def stepped(backend, name, arrays, settings):
    copies = [array.copy() for array in arrays]
    getattr(backend, name)(*copies, *settings)
    return copies


@every_setting
@both_dtypes
def test_twins(name, settings, dtype):
    arrays = start(name, 1003, dtype)
    units = 12 if dtype == np.float32 else 4 + FAST_FLOAT64 / np.finfo(dtype).eps
    results = [stepped(backend, name, arrays, settings) for backend in (simd, loops)]
    for before, fast, textbook in zip(arrays, *results, strict=True):
        size = np.maximum(abs(textbook), abs(textbook - before)) + abs(before)
        assert (abs(fast - textbook) <= units * np.finfo(dtype).eps * size).all()


@both_dtypes
@pytest.mark.parametrize("size", [0, 1, 17, MANY])
@pytest.mark.parametrize("name", STEPS)
def test_every_element_is_updated_once(name, size, dtype):
    arrays, settings = start(name, size, dtype), STEPS[name][1][-1]
    fast, textbook = (stepped(backend, name, arrays, settings) for backend in (simd, loops))
    tolerance = 1e-5 if dtype == np.float32 else FAST_FLOAT64
    np.testing.assert_allclose(fast, textbook, rtol=tolerance, atol=tolerance)


@both_dtypes
def test_whole_numbers_are_exact(dtype):
    p, g, buf = np.random.default_rng(0).integers(-99, 99, (3, 503)).astype(dtype)
    settings = (0.5, 0.25, 0.5, 2.0, True, True, False)
    fast, textbook = (stepped(backend, "sgd", (p, g, buf), settings) for backend in (simd, loops))
    np.testing.assert_array_equal(fast, textbook)


@every_setting
@both_dtypes
def test_nan_and_infinities_end_where_the_textbook_has_them(name, settings, dtype):
    arrays = start(name, 64, dtype)
    for k, array in enumerate(arrays):
        array[8 * k : 8 * k + 3] = np.nan, np.inf, 0
        if k < 2:
            array[8 * k + 3] = -np.inf
    with np.errstate(all="ignore"):
        fast, textbook = (stepped(backend, name, arrays, settings) for backend in (simd, loops))
    for a, b in zip(fast, textbook, strict=True):
        np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
        np.testing.assert_array_equal(np.where(np.isinf(a), a, 0), np.where(np.isinf(b), b, 0))


@pytest.mark.parametrize(("name", "k"), [("adam", 3), ("rmsprop", 2)])
def test_a_mean_square_forgets_as_fast_as_it_should(name, k):
    """In float32 0.999 is 1.3e-8 too large; the mean of many squares would be 1.3e-5 too large."""
    settings = {
        "adam": (0.0, 0.9, 0.999, 1e-8, 0.0, False, False, False, 9),
        "rmsprop": (0.0, 0.999, 1e-8, 0.0, 0.0, False, False),
    }[name]
    rng = np.random.default_rng(0)
    fast, textbook = ([np.ones(512, np.float32) for _ in range(5)] for _ in range(2))
    for _ in range(4000):
        fast[1][:] = textbook[1][:] = rng.standard_normal(512)
        getattr(simd, name)(*fast, *settings)
        getattr(loops, name)(*textbook, *settings)
    assert abs((fast[k] / textbook[k]).mean() - 1) < 1e-6


def test_states_that_are_not_used_may_be_empty():
    p, empty = np.ones(MANY), np.empty(0)
    simd.sgd(p, np.ones(MANY), empty, 0.25, 0.0, 0.0, 0.0, False, False, False)
    np.testing.assert_array_equal(p, 0.75)
    square, mean = np.zeros(MANY), np.zeros(MANY)
    simd.adam(p, p.copy(), mean, square, empty, 0.1, 0.9, 0.99, 0.0, 0.0, False, False, False, 1)
    np.testing.assert_allclose(p, 0.65)
    simd.rmsprop(p, np.ones(MANY), square, empty, empty, 0.1, 0.0, 0.0, 0.0, 0.0, False, False)
    np.testing.assert_allclose(p, 0.55)


@pytest.mark.parametrize("name", STEPS)
def test_bits_do_not_depend_on_the_number_of_threads(name):
    arrays, settings = start(name, MANY, np.float32), STEPS[name][1][-1]
    before, results = kernels.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            kernels.set_num_threads(threads)
            results.append(stepped(simd, name, arrays, settings))
    finally:
        kernels.set_num_threads(before)
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)
