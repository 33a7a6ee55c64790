"""Pooling, resampling and windows as columns: the fast kernels against their textbook twins."""

import numpy as np
import pytest
from geometries import pool_cases, whole
from hypothesis import given
from hypothesis import strategies as st
from twins import compare, numbers

from minigrad import kernels
from minigrad.kernels import loops, simd

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
pytestmark = pytest.mark.unit


@pytest.mark.property
@given(pool_cases(dilated=True), st.sampled_from([np.float32, np.float64]), st.booleans())
def test_max_pooling(case, dtype, with_nan):
    x, geometry, y_shape = case
    x = x.astype(dtype)
    if with_nan:
        x.flat[:: max(1, x.size // 3)] = np.nan
        x.flat[1::5] = -np.inf
    compare_max_pooling(x, geometry, y_shape)


@both_dtypes
@pytest.mark.parametrize("settings", [
    ((2, 2),), ((3, 3), (2, 2), (1, 1)), ((2, 3), (1, 2), (1, 1), (2, 1)), ((3, 5), (3, 4), (1, 2)),
    ((17, 19), (5, 3), (8, 3)),
])  # fmt: skip
@pytest.mark.parametrize("size", [(21, 29), (20, 14), (22, 66), (21, 67), (8, 130)])
def test_max_pooling_of_several_vectors(size, settings, dtype):
    x = numbers((2, 3, *size), dtype).round(1)
    x[0, :, :3, ::7] = np.nan
    x[1, 1, 2:5] = -np.inf
    compare_max_pooling(x, *kernels.geometry.pool2d_geometry(x.shape, *settings))


def test_a_window_of_more_taps_than_floats_count(monkeypatch):
    monkeypatch.setattr(simd.pool, "_MOST_TAPS", 8)
    x = numbers((2, 3, 9, 40))
    compare_max_pooling(x, *kernels.geometry.pool2d_geometry(x.shape, 3, 2))


def compare_max_pooling(x, geometry, y_shape):
    y, index = np.empty(y_shape, x.dtype), np.empty(y_shape, np.int64)
    loops.max_pool2d(y, index, x, geometry)
    compare("max_pool2d_input_grad", [(x.shape, x.dtype)], y, index)
    compare("max_pool2d_gather", [(y_shape, x.dtype)], x, index)

    KH, KW = geometry.kernel
    taps = np.empty(y_shape, np.min_scalar_type(KH * KW - 1))
    compare("max_pool2d_taps", [(y_shape, x.dtype), (y_shape, taps.dtype)], x, geometry)
    simd.max_pool2d_taps(y, taps, x, geometry)
    places = np.empty_like(index)
    simd.max_pool2d_index(places, taps, x.shape[3], geometry)
    np.testing.assert_array_equal(places, index)
    compare("max_pool2d_taps_input_grad", [(x.shape, x.dtype)], y, taps, geometry)
    compare("max_pool2d_taps_gather", [(y_shape, x.dtype)], x, taps, geometry)


@pytest.mark.property
@given(pool_cases(), st.booleans(), st.sampled_from([0, 3]))
def test_average_pooling(case, count_include_pad, divisor):
    x, geometry, y_shape = case
    compare_average_pooling(x, y_shape, geometry, count_include_pad, divisor)


@both_dtypes
@pytest.mark.parametrize("count_include_pad", [True, False])
@pytest.mark.parametrize("divisor", [0, 2, 3, -4])
@pytest.mark.parametrize("settings", [
    ((2, 2),), ((3, 3), (2, 2), (1, 1)), ((2, 3), (1, 2), (1, 1)), ((3, 5), (3, 4), (1, 2)),
    ((9, 8), (5, 3), (4, 2)),
])  # fmt: skip
@pytest.mark.parametrize("size", [(21, 29), (20, 14), (22, 66), (21, 67), (8, 130)])
def test_average_pooling_of_several_vectors(size, settings, divisor, count_include_pad, dtype):
    x = whole(np.random.default_rng(0), (2, 3, *size), dtype)
    geometry, y_shape = kernels.geometry.pool2d_geometry(x.shape, *settings, ceil_mode=True)
    compare_average_pooling(x, y_shape, geometry, count_include_pad, divisor)


@both_dtypes
@pytest.mark.parametrize("divisor", [0, 3])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (30, 41)])
def test_average_of_the_whole_plane(size, divisor, dtype):
    x = whole(np.random.default_rng(0), (2, 3, *size), dtype)
    geometry, y_shape = kernels.geometry.pool2d_geometry(x.shape, size)
    compare_average_pooling(x, y_shape, geometry, True, divisor)


def compare_average_pooling(x, y_shape, *rule):
    """Exact, but that float32 loses the last bit where fractions add up."""
    compare("avg_pool2d", [(y_shape, x.dtype)], x, *rule)
    gy = whole(np.random.default_rng(0), y_shape, x.dtype)
    compare("avg_pool2d_input_grad", [(x.shape, x.dtype)], gy, *rule, exact=x.dtype == float)


@both_dtypes
@pytest.mark.parametrize("cells", [(4, 7), (2, 70), (8, 1), (1, 1), (1, 35), (3, 9), (8, 140)])
def test_adaptive_pooling(cells, dtype):
    shape, small = (2, 3, 8, 140), (2, 3, *cells)
    x = whole(np.random.default_rng(0), shape, dtype)
    gy = whole(np.random.default_rng(0), small, dtype)
    compare("adaptive_avg_pool2d", [(small, dtype)], x)
    compare("adaptive_avg_pool2d_input_grad", [(shape, dtype)], gy, exact=False)
    compare("adaptive_max_pool2d", [(small, dtype), (small, np.int64)], x)


@both_dtypes
@pytest.mark.parametrize("size", [(3, 7), (4, 16), (2, 37), (0, 4), (5, 1)])
def test_nearest_up_sampling_by_two(size, dtype):
    small, large = (2, 3, *size), (2, 3, 2 * size[0], 2 * size[1])
    x, gy = numbers(small, dtype), numbers(large, dtype)
    x[0, 0, :1, :1] = np.nan
    gy[0, 1, -1:, -1:] = np.inf
    compare("upsample_nearest2d", [(large, dtype)], x, (0.5, 0.5))
    compare("upsample_nearest2d_input_grad", [(small, dtype)], gy, (0.5, 0.5))


@both_dtypes
@pytest.mark.parametrize("r", [1, 2, 3])
@pytest.mark.parametrize("size", [(3, 7), (4, 16), (2, 37), (3, 0), (0, 4)])
@pytest.mark.parametrize("N", [0, 2])
def test_pixel_shuffle(N, size, r, dtype):
    H, W = size
    small, large = (N, 3 * r * r, H, W), (N, 3, H * r, W * r)
    compare("pixel_shuffle", [(large, dtype)], numbers(small, dtype))
    compare("pixel_unshuffle", [(small, dtype)], numbers(large, dtype))


@pytest.mark.parametrize("N", [0, 1, 3])
def test_planes_shared_among_threads(N):
    shape, small = (N, 5, 67, 91), (N, 5, 7, 9)
    x, g = numbers(shape), numbers(small)
    compare("adaptive_avg_pool2d", [(small, float)], x)
    compare("adaptive_avg_pool2d_input_grad", [(shape, float)], g)
    compare("adaptive_max_pool2d", [(small, float), (small, np.int64)], x)
    scale = (7 / 67, 9 / 91)
    for name, settings in (
        ("upsample_nearest2d", (scale,)),
        ("upsample_bilinear2d", (scale, False)),
        ("upsample_bilinear2d", (scale, True)),
    ):
        compare(name, [(shape, float)], g, *settings)
        compare(name + "_input_grad", [(small, float)], x, *settings)


@pytest.mark.parametrize("N", [0, 1, 3])
def test_windows_as_columns(N):
    geometry = kernels.geometry.PoolGeometry((3, 2), (2, 1), (1, 0), (1, 2))
    x = numbers((N, 2, 31, 29))
    columns = ((N, 12, 16 * 27), float)
    compare("unfold", [columns], x, geometry)
    compare("fold", [(x.shape, float)], numbers(columns[0]), geometry)
