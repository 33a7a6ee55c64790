"""Depthwise convolution against the textbook's: strides, remainders, rows that end in a vector.

Inputs are whole numbers, so that every sum is exact in any order, and compared with ``==``.
Outputs lie between numbers that no kernel may touch: a masked store knows no bounds but its masks.
"""

import numpy as np
import pytest
from geometries import generators, whole
from hypothesis import given
from hypothesis import strategies as st

from minigrad import kernels
from minigrad.kernels import geometry as G
from minigrad.kernels import loops, simd

GUARD = 128  # untouched numbers on either side of an output

# Kernels, and with them the machine code that is made for each, are few.
KERNELS = st.sampled_from([(3, 3), (3, 1), (2, 5), (1, 4)])
WIDTHS = st.integers(1, 80) | st.sampled_from([15, 16, 17, 31, 32, 33, 48, 64, 65])


@st.composite
def depthwise_cases(draw):
    """x, w, b, gy, a bias for the input gradient, and the geometry of one channel a group."""
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    C, kernel = draw(st.sampled_from([1, 2, 3, 70])), draw(KERNELS)
    stride = draw(st.sampled_from([(1, 1), (2, 2), (1, 2), (2, 1), (3, 2)]))
    dilation = draw(st.sampled_from([(1, 1), (2, 1), (1, 2), (3, 2)]))
    padding = draw(st.tuples(st.integers(0, 4), st.integers(0, 4)))
    sizes = [
        max(size, D * (K - 1) + 1 - 2 * P)
        for size, K, D, P in zip(
            (draw(st.integers(1, 20)), draw(WIDTHS)), kernel, dilation, padding, strict=True
        )
    ]
    x_shape, w_shape = (draw(st.integers(1, 3)), C, *sizes), (C, 1, *kernel)
    geometry, y_shape = G.conv2d_geometry(x_shape, w_shape, stride, padding, dilation, C)
    rng = draw(generators)
    return *(whole(rng, s, dtype) for s in (x_shape, w_shape, C, y_shape, C)), geometry


def written(function, shape, *arguments):
    """What a kernel writes to an output of this shape; it may write nowhere else."""
    size = int(np.prod(shape))
    room = np.full(size + 2 * GUARD, 99, arguments[0].dtype)
    out = room[GUARD : GUARD + size].reshape(shape)
    out[...] = np.nan
    function(out, *arguments)
    assert (room[:GUARD] == 99).all()
    assert (room[GUARD + size :] == 99).all()
    return out


def outputs(backend, case):
    """Convolution, its input gradient with a bias, its weight gradient."""
    x, w, b, gy, gb, geometry = case
    return (
        written(backend.conv2d, gy.shape, x, w, b, geometry),
        written(backend.conv_transpose2d, x.shape, gy, w, gb, geometry),
        written(backend.conv2d_weight_grad, w.shape, x, gy, geometry),
    )


@pytest.mark.property
@given(depthwise_cases())
def test_depthwise_of_any_geometry(case):
    for found, expected in zip(outputs(simd, case), outputs(loops, case), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.unit
@pytest.mark.parametrize("stride", [1, 2, (2, 1)])
def test_bits_do_not_depend_on_the_number_of_threads(stride):
    rng = np.random.default_rng(5)
    geometry, y_shape = G.conv2d_geometry((5, 37, 19, 45), (37, 1, 3, 3), stride, 1, 1, 37)
    shapes = (5, 37, 19, 45), (37, 1, 3, 3), 37, y_shape, 37
    case = (*(rng.standard_normal(shape, np.float32) for shape in shapes), geometry)
    before, results = kernels.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            kernels.set_num_threads(threads)
            results.append(outputs(simd, case))
    finally:
        kernels.set_num_threads(before)
    for found in results[1:]:
        for a, b in zip(found, results[0], strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.unit
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_inf_reach_exactly_the_windows_that_look_at_them(value, stride):
    rng = np.random.default_rng(5)
    geometry, y_shape = G.conv2d_geometry((2, 3, 19, 45), (3, 1, 3, 3), stride, 1, 1, 3)
    shapes = (2, 3, 19, 45), (3, 1, 3, 3), 3, y_shape, 3
    x, w, b, gy, gb = (whole(rng, shape, np.float32) for shape in shapes)
    x[1, 2, 7, 11] = gy[0, 1, 3, 17] = gy[1, 0, 0, 0] = value
    case = x, w, b, gy, gb, geometry
    for found, expected in zip(outputs(simd, case)[:2], outputs(loops, case)[:2], strict=True):
        np.testing.assert_array_equal(found, expected)
