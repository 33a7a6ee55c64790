"""Winograd's convolution against the textbook's: exactly the same on whole numbers."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from geometries import whole, winograd_cases
from hypothesis import given
from hypothesis import strategies as st
from minigrad.kernels.simd.winograd import pays, winograd
from minigrad.kernels.simd.winograd_grad import grad_pays, winograd_grad
from tolerances import FAST_FLOAT32, FAST_FLOAT64

from minigrad import kernels
from minigrad.kernels import geometry as G
from minigrad.kernels import loops, simd

dtypes = st.sampled_from([np.float32, np.float64])
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])

# x's shape, w's shape, then settings: what the random cases are too small for.
LARGE = {
    "several blocks": ((2, 5, 31, 47), (9, 5, 3, 3), {"padding": (1, 0)}),
    "several stretches of channels": ((1, 9, 13, 8), (150, 9, 3, 3), {"padding": (0, 1)}),
    "channels divided": ((1, 3, 5, 7), (140, 3, 3, 3), {}),
    "slices": ((3, 20, 23, 31), (20, 20, 3, 3), {"padding": (0, 1)}),
    "stretches and slices": ((2, 70, 17, 23), (66, 70, 3, 3), {"padding": (1, 2)}),
    "wide stretches": ((1, 140, 7, 6), (150, 140, 3, 3), {"padding": (0, 1), "groups": 1}),
    "groups": ((2, 22, 9, 33), (40, 11, 3, 3), {"padding": (2, 1), "groups": 2}),
    "groups, channels divided": ((1, 6, 9, 4), (210, 2, 3, 3), {"padding": 1, "groups": 3}),
    "one pixel": ((5, 3, 1, 1), (20, 3, 3, 3), {"padding": 1}),
    "all padding": ((1, 3, 1, 2), (4, 3, 3, 3), {"padding": (3, 5)}),
    "a row": ((3, 4, 1, 95), (6, 4, 3, 3), {"padding": (1, 0)}),
    "a column": ((3, 4, 95, 1), (6, 4, 3, 3), {"padding": (0, 1)}),
    "no picture": ((0, 4, 5, 7), (6, 4, 3, 3), {}),
}


def forward(x, w, b, geometry, y_shape):
    y = np.full(y_shape, np.nan, x.dtype)
    assert winograd(y, x, w, b, geometry.padding, geometry.groups, transposed=False)
    return y


def input_grad(gy, w, b, geometry, x_shape):
    gx = np.full(x_shape, np.nan, gy.dtype)
    assert winograd(gx, gy, w, b, geometry.padding, geometry.groups, transposed=True)
    return gx


def weight_grad(x, gy, geometry, w_shape):
    gw = np.full(w_shape, np.nan, x.dtype)
    assert winograd_grad(gw, x, gy, geometry.padding, geometry.groups)
    return gw


def check_all(x, w, b, geometry, y_shape):
    y, gx, gw = np.empty(y_shape, x.dtype), np.empty_like(x), np.empty_like(w)
    gy = whole(np.random.default_rng(0), y_shape, x.dtype)
    start = np.arange(x.shape[1], dtype=x.dtype)
    loops.conv2d(y, x, w, b, geometry)
    loops.conv_transpose2d(gx, gy, w, start, geometry)
    np.testing.assert_array_equal(forward(x, w, b, geometry, y_shape), y)
    np.testing.assert_array_equal(input_grad(gy, w, start, geometry, x.shape), gx)
    if gy.size:
        loops.conv2d_weight_grad(gw, x, gy, geometry)
        np.testing.assert_array_equal(weight_grad(x, gy, geometry, w.shape), gw)


def arrays(x_shape, w_shape, dtype=np.float32, draw=whole, **settings):
    rng = np.random.default_rng(5)
    geometry, y_shape = G.conv2d_geometry(x_shape, w_shape, **settings)
    x, w, b = (draw(rng, shape).astype(dtype) for shape in (x_shape, w_shape, w_shape[0]))
    return x, w, b, geometry, y_shape


@pytest.mark.property
@given(winograd_cases(), dtypes)
def test_any_size_and_padding(case, dtype):
    x, w, b = (a.astype(dtype) for a in (case.x, case.w, case.b))
    check_all(x, w, b, case.geometry, case.y_shape)


@pytest.mark.unit
@both_dtypes
@pytest.mark.parametrize(("x_shape", "w_shape", "settings"), LARGE.values(), ids=LARGE)
def test_large_sizes(x_shape, w_shape, settings, dtype):
    check_all(*arrays(x_shape, w_shape, dtype, **settings))


@pytest.mark.unit
def test_bits_do_not_depend_on_the_number_of_threads():
    normal = np.random.Generator.standard_normal
    case = arrays((2, 20, 29, 31), (70, 20, 3, 3), draw=normal)
    gy = normal(np.random.default_rng(1), case[-1]).astype(np.float32)
    before = kernels.get_num_threads()
    try:
        results = []
        for threads in (1, 2, 3):
            kernels.set_num_threads(threads)
            gw = weight_grad(case[0], gy, case[3], case[1].shape)
            results.append(np.concatenate([forward(*case), gw], axis=None))
    finally:
        kernels.set_num_threads(before)
    np.testing.assert_array_equal(results[1], results[0])
    np.testing.assert_array_equal(results[2], results[0])


@pytest.mark.unit
@both_dtypes
def test_rounding(dtype):
    """Against float64 the errors keep the tolerances of every fast kernel."""
    case = arrays(
        (2, 64, 29, 31), (48, 64, 3, 3), dtype, np.random.Generator.standard_normal, padding=1
    )
    x, w, b, geometry, y_shape = case
    exact = np.empty(y_shape)
    loops.conv2d(exact, *(a.astype(float) for a in (x, w, b)), geometry)
    tolerance = FAST_FLOAT32 if dtype == np.float32 else FAST_FLOAT64
    assert abs(forward(*case) - exact).max() <= tolerance * abs(exact).max()
    gy, exact_grad = (
        np.random.default_rng(1).standard_normal(y_shape).astype(dtype),
        np.empty(w.shape),
    )
    loops.conv2d_weight_grad(exact_grad, x.astype(float), gy.astype(float), geometry)
    error = abs(weight_grad(x, gy, geometry, w.shape) - exact_grad).max()
    assert error <= tolerance * abs(exact_grad).max()


BUSY = (2, 32, 17, 19), (32, 32, 3, 3)
"""Shapes for which all three operations take Winograd's way."""


@pytest.mark.unit
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_inf_are_the_textbooks(value):
    assert pays(32, 32, 2, 17, 19)
    x, w, b, geometry, y_shape = arrays(*BUSY, padding=1)
    x[1, 2, 7, 11] = value
    fast, textbook = np.empty((2, *y_shape), np.float32)
    assert not winograd(fast, x, w, b, geometry.padding, 1, transposed=False)
    np.testing.assert_array_equal(np.isfinite(fast[0, 0]), np.isfinite(fast[0, 1]))
    simd.conv2d(fast, x, w, b, geometry)
    loops.conv2d(textbook, x, w, b, geometry)
    np.testing.assert_array_equal(fast, textbook)
    gx, expected = np.empty((2, *x.shape), np.float32)
    zeros = np.zeros(x.shape[1], np.float32)
    textbook = whole(np.random.default_rng(0), y_shape, np.float32)
    textbook[0, 4, 3, 5] = value
    simd.conv_transpose2d(gx, textbook, w, zeros, geometry)
    loops.conv_transpose2d(expected, textbook, w, zeros, geometry)
    np.testing.assert_array_equal(gx, expected)


@pytest.mark.unit
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("shapes", [BUSY, ((4, 256, 14, 10), (256, 256, 3, 3))])
def test_nan_and_inf_in_the_weight_gradient(shapes, value):
    """With slices and without; x's corner is seen by no window but the first weight's."""
    x, w, _, geometry, y_shape = arrays(*shapes)
    assert grad_pays(x.shape, y_shape, (0, 0), 1)
    x[1, 2, 0, 0] = value
    gy = whole(np.random.default_rng(0), y_shape, np.float32)
    fast, textbook = np.empty((2, *w.shape), np.float32)
    assert not winograd_grad(fast, x, gy, (0, 0), 1)
    simd.conv2d_weight_grad(fast, x, gy, geometry)
    loops.conv2d_weight_grad(textbook, x, gy, geometry)
    assert np.isfinite(textbook[:, 2, 0, 1]).all()
    np.testing.assert_array_equal(fast, textbook)


@pytest.mark.unit
def test_sums_that_overflow_on_the_way_are_done_again():
    x, w, b, geometry, y_shape = arrays(*BUSY, padding=1)
    x[0, :, 4, 4:7] = 3e38
    w[:, :, :, :] = 0.25
    fast, textbook = np.empty((2, *y_shape), np.float32)
    x[:, 1:] = 0
    simd.conv2d(fast, x, w, b, geometry)
    loops.conv2d(textbook, x, w, b, geometry)
    assert np.isfinite(textbook).all()
    np.testing.assert_allclose(fast, textbook, rtol=1e-5)


@pytest.mark.unit
def test_which_way_is_taken_depends_on_channels_and_sizes():
    assert pays(64, 128, 4, 128, 128)
    assert pays(512, 512, 8, 14, 14)
    assert not pays(4, 64, 4, 128, 128)
    assert not pays(512, 512, 4, 1, 1)
    assert not pays(512, 0, 4, 9, 9)
    assert grad_pays((8, 64, 56, 56), (8, 64, 56, 56), (1, 1), 1)
    assert not grad_pays((8, 64, 56, 56), (8, 2, 56, 56), (1, 1), 1)
    assert not grad_pays((8, 512, 3, 3), (8, 512, 3, 3), (1, 1), 1)
    assert not grad_pays((8, 0, 9, 9), (8, 64, 9, 9), (1, 1), 1)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("settings", "calls"), [({"padding": 1}, 3), ({"stride": (1, 2)}, 0), ({"dilation": 2}, 0)]
)
def test_operations_take_it(monkeypatch, settings, calls):
    taken = []

    def spy(function):
        return lambda *arguments: taken.append(0) or function(*arguments)

    monkeypatch.setattr(simd.conv, "winograd", spy(winograd))
    monkeypatch.setattr(simd.weight_grad, "winograd_grad", spy(winograd_grad))
    x, w, b, geometry, y_shape = arrays(*BUSY, **settings)
    y = np.empty(y_shape, np.float32)
    simd.conv2d(y, x, w, b, geometry)
    simd.conv_transpose2d(x.copy(), y, w, np.zeros(x.shape[1], np.float32), geometry)
    simd.conv2d_weight_grad(w.copy(), x, y, geometry)
    assert len(taken) == calls


@pytest.mark.slow
@pytest.mark.unit
@pytest.mark.parametrize(
    ("features", "lanes"), [("", 4), ("+avx,+avx2,+fma", 8)], ids=["any processor", "AVX2"]
)
def test_narrower_vectors(features, lanes):
    """The same kernels, compiled for lesser processors, pass the same test."""
    root = Path(kernels.__file__).parents[1]
    code = f"""
import numpy as np, pytest, sys
sys.path[:0] = ["tests"]
from minigrad.kernels.simd.vector import VECTOR_BYTES
assert VECTOR_BYTES == {4 * lanes}
names = "winograd", "winograd_fours"
sys.exit(pytest.main(["-q", "-m", "not slow", *(f"tests/test_simd_{{n}}.py" for n in names)]))
"""
    variables = os.environ | {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": features}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=variables,
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
