"""Kernels of 4 x 4 in Winograd's way against the textbook's: exactly the same on whole numbers."""

import numpy as np
import pytest
from geometries import fours_cases, transposed_fours_cases, whole
from hypothesis import given
from hypothesis import strategies as st
from minigrad.kernels.simd.winograd_fours import (
    fours,
    fours_grad,
    fours_grad_pays,
    fours_pay,
    has_fours,
)
from tolerances import FAST_FLOAT32, FAST_FLOAT64

from minigrad import kernels
from minigrad.kernels import geometry as G
from minigrad.kernels import loops, simd

dtypes = st.sampled_from([np.float32, np.float64])
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])

# x's shape, w's shape, then settings: what the random cases are too small for.
LARGE = {
    "several blocks": ((2, 5, 31, 147), (9, 5, 4, 4), {"padding": (1, 0), "stride": 2}),
    "several stretches": ((1, 9, 13, 8), (150, 9, 4, 4), {"padding": (0, 1), "stride": 1}),
    "channels divided": ((1, 3, 9, 7), (140, 3, 4, 4), {"stride": 2}),
    "slices": ((3, 20, 33, 21), (20, 20, 4, 4), {"padding": (0, 1), "stride": 1}),
    "slices, stride two": ((3, 20, 33, 41), (20, 20, 4, 4), {"padding": (1, 3), "stride": 2}),
    "parts wider than a piece": ((1, 35, 17, 26), (150, 35, 4, 4), {"padding": 1, "stride": 2}),
    "groups": ((2, 22, 9, 33), (40, 11, 4, 4), {"padding": (2, 1), "groups": 2, "stride": 2}),
    "all padding": ((1, 3, 1, 2), (4, 3, 4, 4), {"padding": (4, 5), "stride": 2}),
    "a row": ((3, 4, 1, 95), (6, 4, 4, 4), {"padding": (2, 0), "stride": 1}),
    "a column": ((3, 4, 95, 1), (6, 4, 4, 4), {"padding": (0, 2), "stride": 2}),
    "no picture": ((0, 4, 5, 7), (6, 4, 4, 4), {"stride": 2}),
}


def arrays(x_shape, w_shape, dtype=np.float32, draw=whole, **settings):
    rng = np.random.default_rng(5)
    geometry, y_shape = G.conv2d_geometry(x_shape, w_shape, **settings)
    shapes = (x_shape, w_shape, w_shape[0], y_shape)
    return *(draw(rng, shape).astype(dtype) for shape in shapes), geometry


def both(x, w, b, gy, geometry):
    """What the fast way and the textbook make of conv2d and both its gradients, with a bias."""
    assert has_fours(w.shape[2:], geometry)
    fast, slow = ([np.full_like(a, np.nan) for a in (gy, x, w)] for _ in range(2))
    start = np.arange(x.shape[1], dtype=x.dtype)
    assert fours(fast[0], x, w, b, geometry, transposed=False)
    assert fours(fast[1], gy, w, start, geometry, transposed=True)
    loops.conv2d(slow[0], x, w, b, geometry)
    loops.conv_transpose2d(slow[1], gy, w, start, geometry)
    if gy.size:
        assert fours_grad(fast[2], x, gy, geometry)
        loops.conv2d_weight_grad(slow[2], x, gy, geometry)
    return fast, slow


def check(*case):
    for name, a, b in zip(("y", "gx", "gw"), *both(*case), strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)


@pytest.mark.property
@given(fours_cases(), dtypes)
def test_any_size_and_padding(case, dtype):
    gy = whole(np.random.default_rng(0), case.y_shape)
    check(*(a.astype(dtype) for a in (case.x, case.w, case.b, gy)), case.geometry)


@pytest.mark.property
@given(transposed_fours_cases(), dtypes)
def test_transposed_with_output_padding(case, dtype):
    x, w, b = (a.astype(dtype) for a in (case.x, case.w, case.b))
    found, expected = np.full((2, *case.y_shape), np.nan, dtype)
    assert fours(found, x, w, b, case.geometry, transposed=True)
    loops.conv_transpose2d(expected, x, w, b, case.geometry)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.unit
@both_dtypes
@pytest.mark.parametrize(("x_shape", "w_shape", "settings"), LARGE.values(), ids=LARGE)
def test_large_sizes(x_shape, w_shape, settings, dtype):
    check(*arrays(x_shape, w_shape, dtype, **settings))


@pytest.mark.unit
@pytest.mark.parametrize("stride", [1, 2])
def test_bits_do_not_depend_on_the_number_of_threads(stride):
    normal = np.random.Generator.standard_normal
    x, w, b, gy, geometry = arrays(
        (2, 20, 29, 31), (70, 20, 4, 4), draw=normal, stride=stride, padding=1
    )
    before = kernels.get_num_threads()
    try:
        results = []
        for threads in (1, 2, 3):
            kernels.set_num_threads(threads)
            made = [np.empty_like(a) for a in (gy, x, w)]
            fours(made[0], x, w, b, geometry, transposed=False)
            fours(made[1], gy, w, np.zeros(20, np.float32), geometry, transposed=True)
            fours_grad(made[2], x, gy, geometry)
            results.append(np.concatenate(made, axis=None))
    finally:
        kernels.set_num_threads(before)
    np.testing.assert_array_equal(results[1], results[0])
    np.testing.assert_array_equal(results[2], results[0])


@pytest.mark.unit
@both_dtypes
@pytest.mark.parametrize("stride", [1, 2])
def test_rounding(dtype, stride):
    """Against float64 the errors keep the tolerances of every fast kernel."""
    *inputs, geometry = arrays(
        (2, 64, 23, 31), (48, 64, 4, 4), draw=np.random.Generator.standard_normal, stride=stride,
        padding=1, dtype=dtype,
    )  # fmt: skip
    fast, _ = both(*inputs, geometry)
    _, exact = both(*(a.astype(float) for a in inputs), geometry)
    tolerance = FAST_FLOAT32 if dtype == np.float32 else FAST_FLOAT64
    for name, a, b in zip(("y", "gx", "gw"), fast, exact, strict=True):
        assert abs(a - b).max() <= tolerance * abs(b).max(), name


BUSY = (4, 64, 64, 64), (64, 64, 4, 4)
"""Shapes for which all three operations take this way."""


@pytest.mark.unit
@pytest.mark.parametrize(
    ("settings", "calls"),
    [
        ({"stride": 2, "padding": 1}, 3),
        ({"stride": 1, "padding": 2}, 3),
        ({"stride": (1, 2)}, 0),
        ({"dilation": 2}, 0),
    ],
)
def test_operations_take_it(monkeypatch, settings, calls):
    taken = []

    def spy(*arguments):
        taken.append(0)
        return True

    monkeypatch.setattr(simd.conv, "fours", spy)
    monkeypatch.setattr(simd.weight_grad, "fours_grad", spy)
    x, w, b, gy, geometry = arrays(*BUSY, **settings)
    simd.conv2d(gy.copy(), x, w, b, geometry)
    simd.conv_transpose2d(x.copy(), gy, w, b, geometry)
    simd.conv2d_weight_grad(w.copy(), x, gy, geometry)
    assert len(taken) == calls


@pytest.mark.unit
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_inf_are_the_textbooks(value):
    x, w, b, gy, geometry = arrays(*BUSY, stride=2, padding=1)
    x[1, 2, 7, 11] = gy[0, 4, 3, 5] = value
    fast, slow = ([np.empty_like(a) for a in (gy, x, w)] for _ in range(2))
    for made, backend in ((fast, simd), (slow, loops)):
        backend.conv2d(made[0], x, w, b, geometry)
        backend.conv_transpose2d(made[1], gy, w, b, geometry)
        backend.conv2d_weight_grad(made[2], x, gy, geometry)
    for a, b in zip(fast, slow, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.unit
def test_which_way_is_taken_depends_on_channels_and_sizes():
    two, one = (arrays((1, 1, 9, 9), (1, 1, 4, 4), stride=S, padding=1)[-1] for S in (2, 1))
    wide, narrow = (4, 64, 128, 128), (4, 128, 64, 64)
    assert fours_pay(wide, narrow, two, transposed=False)
    assert fours_pay(narrow, wide, two, transposed=True)
    assert fours_grad_pays(wide, narrow, 1)
    assert fours_pay((4, 256, 34, 34), (4, 512, 33, 33), one, transposed=False)
    assert not fours_pay((4, 1, 128, 128), narrow, two, transposed=False)
    assert not fours_pay(narrow, (4, 2, 128, 128), two, transposed=True)
    assert not fours_pay((4, 512, 8, 8), (4, 512, 4, 4), two, transposed=False)
    assert not fours_pay((4, 0, 128, 128), narrow, two, transposed=False)
    assert not fours_grad_pays((4, 0, 128, 128), narrow, 1)
    assert not fours_grad_pays((4, 512, 8, 8), (4, 512, 4, 4), 1)
