"""Every other fast kernel against its textbook twin: one row an operation.

Where the fast kernel works with the same roundings, or on whole numbers, results are compared with
``==``; otherwise within the tolerances of the fast kernels.
"""

import numpy as np
import pytest
from geometries import whole
from twins import CHANNELS, compare, numbers

from minigrad import kernels
from minigrad.kernels import loops, simd

MANY = 100_003  # elements: several pieces of work, the last one short


both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
pytestmark = pytest.mark.unit


@both_dtypes
@pytest.mark.parametrize("shape", CHANNELS)
def test_normalisation(shape, dtype):
    C = shape[1]
    x, gy = 3 + numbers(shape, dtype), numbers(shape, dtype, 1)
    weight, bias = numbers(C, dtype, 2), numbers(C, dtype, 3)
    out, statistics = [(shape, dtype)], [(C, np.float64)] * 3
    gradients = [(shape, dtype), (C, dtype), (C, dtype)]
    mean, var, rstd = np.empty((3, C))
    loops.batch_norm(np.empty_like(x), mean, var, rstd, x, weight, bias, 1e-5, 1.0)
    by_mean = mean, rstd, weight, bias
    for slope in (1.0, 0.0, 0.2):
        compare("batch_norm", out + statistics, x, weight, bias, 1e-5, slope, exact=False)
        compare("batch_norm_eval", out, x, *by_mean, slope, exact=False)
        for training in (True, False):
            compare("batch_norm_grad", gradients, gy, x, *by_mean, slope, training, exact=False)


GROUPS = [(2, 6, 35, 3), (2, 6, 35, 6), (3, 4, 7, 2), (19, 133, 1, 1), (2, 8, 1, 2),
          (1, 2, 9000, 1), (0, 4, 6, 2), (0, 4, 60, 2), (2, 4, 0, 2),
          (300, 133, 1, 1), (150, 60, 5, 3), (20, 3000, 1, 1), (100, 60, 30, 2)]  # fmt: skip


@both_dtypes
@pytest.mark.parametrize("case", GROUPS)
def test_normalisation_of_groups(case, dtype):
    *shape, G = case
    N, C, _ = shape
    x, gy = 3 + numbers(shape, dtype), numbers(shape, dtype, 1)
    weight, bias = numbers(C, dtype, 2), numbers(C, dtype, 3)
    statistics = [((N, G), np.float64)] * 3
    compare("group_norm", [(shape, dtype), *statistics], x, weight, bias, 1e-5, exact=False)
    mean, var, rstd = np.empty((3, N, G))
    loops.group_norm(np.empty_like(x), mean, var, rstd, x, weight, bias, 1e-5)
    gradients = [(shape, dtype), (C, dtype), (C, dtype)]
    compare("group_norm_grad", gradients, gy, x, mean, rstd, weight, exact=False)


@pytest.mark.parametrize("large", ["x", "gy", "both"])
def test_products_that_overflow_float32_in_either_direction(large):
    x = np.array([[1e20, -1e20, 2e20, -2e20]], np.float32)[..., None]
    x, gy = (x if large != "gy" else x / 1e20), (abs(x) if large != "x" else x / 1e20)
    mean, rstd = np.zeros((1, 1)), np.full((1, 1), 1.0 if large == "gy" else 1e-20)
    gradients = [(x.shape, np.float32), (4, np.float32), (4, np.float32)]
    weight = np.ones(4, np.float32)
    compare("group_norm_grad", gradients, gy, x, mean, rstd, weight, exact=False)


@both_dtypes
@pytest.mark.parametrize("L", [1, 35])
@pytest.mark.parametrize("value", [np.inf, np.nan, 3e38, 1e30])
def test_normalisation_of_groups_with_strange_numbers(value, L, dtype):
    x, gy = numbers((3, 4, L), dtype), numbers((3, 4, L), dtype, 1)
    x[1, 1, 0], gy[2, 3, 0] = value, value
    weight, bias, mean = np.ones(4, dtype), np.ones(4, dtype), np.zeros((3, 2))
    outputs = [(x.shape, dtype), *[((3, 2), np.float64)] * 3]
    compare("group_norm", outputs, x, weight, bias, 1e-5, exact=False)
    gradients = [(x.shape, dtype), (4, dtype), (4, dtype)]
    compare("group_norm_grad", gradients, gy, x, mean, mean + 1, weight, exact=False)


@both_dtypes
@pytest.mark.parametrize("size", [1e18, 1e37, 3e38, 1e-20, 1e-38])
def test_normalisation_of_huge_and_tiny_numbers(size, dtype):
    x, gy = numbers((2, 3, 35), dtype), numbers((2, 3, 35), dtype, 1)
    x = np.clip(x * 0.4, -1, 1) * dtype(size)
    weight, bias = dtype([1, -2, 1e-33]), dtype([0, 3, 0])
    mean, var, rstd = np.empty((3, 3))
    loops.batch_norm(np.empty_like(x), mean, var, rstd, x, weight, bias, 0.0, 1.0)
    by_mean = mean, rstd, weight, bias
    with np.errstate(all="ignore"):
        for c in range(3):  # each by itself: the tolerance is of the largest result
            own = [np.ascontiguousarray(x[:, c : c + 1]), weight[c : c + 1], bias[c : c + 1]]
            parts = [(own[0].shape, dtype), *[(1, np.float64)] * 3]
            compare("batch_norm", parts, *own, 0.0, 0.2, exact=False)
        gradients = [(x.shape, dtype), (3, dtype), (3, dtype)]
        compare("batch_norm_grad", gradients, gy, x, *by_mean, 0.2, True, exact=False)


@both_dtypes
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_normalisation_of_nan_and_infinities(value, dtype):
    x, gy = numbers((2, 4, 35), dtype), numbers((2, 4, 35), dtype, 1)
    x[1, 1, 33], gy[0, 2, 0] = value, value
    weight, bias, mean, rstd = np.ones(4, dtype), np.ones(4, dtype), np.ones(4), np.ones(4)
    mean[3] = value
    gradients = [(x.shape, dtype), (4, dtype), (4, dtype)]
    statistics = [(4, np.float64)] * 3
    for slope in (1.0, 0.0, 0.2):
        compare("batch_norm", [(x.shape, dtype), *statistics], x, weight, bias, 1e-5, slope,
                exact=False)  # fmt: skip
        compare("batch_norm_eval", [(x.shape, dtype)], x, mean, rstd, weight, bias, slope,
                exact=False)  # fmt: skip
        for training in (True, False):
            compare("batch_norm_grad", gradients, gy, x, mean, rstd, weight, bias, slope, training,
                    exact=False)  # fmt: skip


def variance(x):
    """By the fast kernel, of one channel."""
    mean, var, rstd = np.empty((3, 1))
    simd.batch_norm(np.empty_like(x), mean, var, rstd, x, *np.ones((2, 1), x.dtype), 1e-5, 1.0)
    return var[0]


@both_dtypes
@pytest.mark.parametrize("outlier", [None, 1e6, -5.0])
@pytest.mark.parametrize(("mean", "deviation"), [(1000, 1e-2), (0, 1), (-1e6, 1)])
def test_variance_of_small_noise_on_a_large_mean(mean, deviation, outlier, dtype):
    x = (mean + deviation * numbers((3, 1, 20_001))).astype(dtype)
    if outlier is not None:  # the first value is what differences are taken from
        x[0, 0, 0] = outlier
    wide = x.astype(np.longdouble)
    assert variance(x) == pytest.approx(float(((wide - wide.mean()) ** 2).mean()), rel=1e-12)


@both_dtypes
def test_moments_of_whole_numbers_and_of_constants_are_exact(dtype):
    x = whole(np.random.default_rng(0), (4, 3, 64), dtype)
    x[:, 1] = 0.1
    mean, var = np.empty(3), np.empty(3)
    parameters = np.ones(3, dtype), np.full(3, 0.3, dtype)
    y = np.empty_like(x)
    simd.batch_norm(y, mean, var, np.empty(3), x, *parameters, 1e-5, 1.0)
    assert (y[:, 1] == dtype(0.3)).all()
    assert mean[0] * 256 == x[:, 0].astype(float).sum()
    assert (mean[1], var[1]) == (dtype(0.1), 0)


@both_dtypes
@pytest.mark.parametrize("shape", [*CHANNELS, (2, 3, 40_001), (2, 0, 5), (2, 3, 0)])
def test_channel_sums(shape, dtype):
    sums = [(shape[1], dtype)]
    compare("channel_sums", sums, numbers(shape, dtype), exact=False)
    x = whole(np.random.default_rng(0), shape, dtype)
    compare("channel_sums", sums, x)
    for unusual in ([np.nan], [np.inf], [np.inf, -np.inf], [-np.inf]):
        x[-1:, :, -3:] = [*unusual, 1, 2, 3][: len(x[0, 0, -3:])] if x.size else 0
        compare("channel_sums", sums, x)


def test_bits_do_not_depend_on_the_number_of_threads():
    x = numbers((6, 11, 5000), np.float32)
    before = kernels.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 3):
            kernels.set_num_threads(threads)
            (mean, var, rstd), (y, z) = np.empty((3, 11)), np.empty((2, *x.shape), x.dtype)
            simd.batch_norm(z, mean, var, rstd, x, *np.ones((2, 11), x.dtype), 1e-5, 0.0)
            simd.log_softmax(y, x)
            results.append((mean, var, y, z))
            for rows in ((66, 5000, 1), (3300, 100, 1)):
                gx, (gw, gb) = np.empty(rows, x.dtype), np.empty((2, rows[1]), x.dtype)
                given = z.reshape(rows), x.reshape(rows), *np.ones((2, rows[0], 1))
                simd.group_norm_grad(gx, gw, gb, *given, np.ones_like(gw))
                results[-1] += gx, gw, gb
    finally:
        kernels.set_num_threads(before)
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
