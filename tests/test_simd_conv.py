"""The fast convolutions against the textbook's, for every geometry.

Inputs are whole numbers, so that every sum is exact in any order, and compared with ``==``.
"""

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from geometries import conv_cases, transposed_cases, whole
from hypothesis import given
from hypothesis import strategies as st
from tolerances import FAST_FLOAT64

from minigrad import kernels
from minigrad.kernels import geometry as G
from minigrad.kernels import loops, simd

OPERATIONS = ("conv2d", "conv_transpose2d", "conv2d_weight_grad")
dtypes = st.sampled_from([np.float32, np.float64])

# x's shape, w's shape, then settings: what the random cases are too small for.
LARGE = {
    "several stretches of k": ((2, 50, 9, 11), (13, 50, 3, 3), {"padding": (1, 0)}),
    "many panels of channels": ((1, 3, 7, 9), (70, 3, 3, 2), {}),
    "channels divided": ((1, 5, 6, 4), (200, 5, 2, 3), {"padding": (0, 1)}),
    "many blocks": ((3, 2, 45, 61), (5, 2, 3, 3), {"padding": (1, 1)}),
    "few channels": ((3, 2, 45, 61), (2, 2, 3, 3), {"padding": (1, 0)}),
    "few channels, stride two": ((3, 2, 45, 121), (1, 2, 3, 2), {"stride": (1, 2)}),
    "more taps than fit": ((1, 2, 26, 30), (3, 2, 23, 19), {"padding": (2, 3)}),
    "kernel as large as the picture": ((2, 3, 12, 17), (4, 3, 12, 17), {}),
    "depthwise": ((2, 11, 17, 23), (11, 1, 3, 5), {"padding": (1, 2), "groups": 11}),
    "channel multiplier": ((1, 4, 17, 23), (12, 1, 5, 3), {"padding": (2, 0), "groups": 4}),
    "groups": ((2, 18, 13, 19), (27, 6, 3, 2), {"padding": (1, 1), "groups": 3}),
    "pointwise": ((2, 20, 13, 19), (17, 20, 1, 1), {}),
    "stride two": ((2, 9, 33, 47), (19, 9, 4, 5), {"stride": (2, 2), "padding": (1, 2)}),
    "stride three": ((2, 5, 33, 47), (6, 5, 4, 5), {"stride": (2, 3), "padding": (3, 0)}),
    "stride wider than kernel": ((2, 3, 33, 47), (5, 3, 2, 1), {"stride": (5, 3)}),
    "dilation": ((1, 4, 31, 45), (6, 4, 3, 4), {"dilation": (5, 3), "padding": (4, 9)}),
    "padding wider than kernel": ((1, 4, 5, 3), (6, 4, 2, 3), {"padding": (7, 9)}),
    "many channels in and out": ((2, 131, 5, 7), (147, 131, 3, 2), {"padding": (1, 0)}),
    "many taps for many channels": ((2, 35, 11, 13), (21, 35, 5, 7), {"padding": (2, 3)}),
    "many small pictures": ((53, 19, 5, 3), (23, 19, 3, 2), {"stride": (2, 1), "padding": (1, 1)}),
    "taps that meet nothing": (
        (4, 21, 2, 2),
        (37, 21, 5, 4),
        {"stride": (2, 2), "padding": (2, 1)},
    ),
    "few positions, many channels": ((2, 20, 5, 4), (530, 20, 3, 3), {"padding": (1, 0)}),
    "few positions, many phases": ((3, 530, 5, 7), (33, 530, 4, 5), {"stride": (3, 2)}),
    "phases that meet in one column": ((5, 41, 6, 1), (27, 41, 3, 1), {"stride": (1, 2)}),
    "first layer": ((3, 1, 29, 47), (21, 1, 3, 5), {"padding": (2, 3)}),
    "first layer, stride two": (
        (2, 3, 31, 63),
        (9, 3, 3, 2),
        {"stride": (3, 2), "padding": (1, 1)},
    ),
    "first layer, stride three": ((2, 2, 23, 90), (17, 2, 2, 3), {"stride": (1, 3), "padding": 2}),
    "first layer backwards": ((2, 21, 19, 23), (2, 21, 3, 2), {"padding": (1, 0)}),
    "first layer, runs of blocks": ((9, 2, 70, 111), (34, 1, 2, 3), {"groups": 2}),
    "runs of blocks": ((3, 12, 70, 111), (34, 6, 2, 3), {"groups": 2}),
    "one pixel": ((7, 33, 1, 1), (21, 33, 1, 1), {}),
    "no picture": ((0, 4, 5, 7), (6, 4, 2, 3), {}),
}


def outputs(backend, x, w, b, gy, geometry):
    """What a backend makes of conv2d, its input gradient with a bias, and its weight gradient."""
    y, gx, gw = (np.full_like(a, np.nan) for a in (gy, x, w))
    backend.conv2d(y, x, w, b, geometry)
    backend.conv_transpose2d(gx, gy, w, np.arange(x.shape[1], dtype=x.dtype), geometry)
    backend.conv2d_weight_grad(gw, x, gy, geometry)
    return y, gx, gw


def assert_same(found, expected):
    for name, a, b in zip(OPERATIONS, found, expected, strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)


def arrays(x_shape, w_shape, dtype=np.float32, draw=whole, **settings):
    rng = np.random.default_rng(5)
    settings = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1} | settings
    geometry, y_shape = G.conv2d_geometry(x_shape, w_shape, **settings)
    shapes = (x_shape, w_shape, w_shape[0], y_shape)
    return *(draw(rng, shape).astype(dtype) for shape in shapes), geometry


@pytest.mark.property
@given(conv_cases(), dtypes)
def test_convolution_of_any_geometry(case, dtype):
    gy = whole(np.random.default_rng(0), case.y_shape)
    arguments = [a.astype(dtype) for a in (case.x, case.w, case.b, gy)]
    assert_same(outputs(simd, *arguments, case.geometry), outputs(loops, *arguments, case.geometry))


@pytest.mark.property
@given(transposed_cases(), dtypes)
def test_transposed_convolution_of_any_geometry(case, dtype):
    x, w, b = (a.astype(dtype) for a in (case.x, case.w, case.b))
    gy = whole(np.random.default_rng(0), case.y_shape, dtype)
    results = []
    for backend in (simd, loops):
        y, gx, gw = (np.full(shape, np.nan, dtype) for shape in (gy.shape, x.shape, w.shape))
        backend.conv_transpose2d(y, x, w, b, case.geometry)
        backend.conv2d(gx, gy, w, np.zeros(x.shape[1], dtype), case.geometry)
        backend.conv2d_weight_grad(gw, gy, x, case.geometry)
        results.append((y, gx, gw))
    assert_same(*results)


@pytest.mark.property
@given(conv_cases(), dtypes, st.integers(1, 18), st.integers(1, 18))
def test_packed_convolution_of_any_geometry(case, dtype, C, O):
    """Few channels a group are another kernel's affair; here the packed product does them all."""
    rng, groups = np.random.default_rng(0), case.geometry[-1]
    (N, _, *sizes), (_, _, *outcome) = case.x.shape, case.y_shape
    x, w = whole(rng, (N, groups * C, *sizes)), whole(rng, (groups * O, C, *case.w.shape[2:]))
    b, gy = whole(rng, groups * O), whole(rng, (N, groups * O, *outcome))
    arguments = [a.astype(dtype) for a in (x, w, b, gy)]
    with patch.object(simd.conv, "MOST_CHANNELS", 0), patch.object(simd.conv, "pays", _never):
        found = outputs(simd, *arguments, case.geometry)
    assert_same(found, outputs(loops, *arguments, case.geometry))


def _never(*sizes):
    return False


@pytest.mark.unit
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("x_shape", "w_shape", "settings"), LARGE.values(), ids=LARGE)
def test_large_geometries(x_shape, w_shape, settings, dtype):
    arguments = arrays(x_shape, w_shape, dtype, **settings)
    assert_same(outputs(simd, *arguments), outputs(loops, *arguments))


@pytest.mark.unit
def test_any_numbers_in_float64():
    arguments = arrays(
        (2, 37, 19, 23), (21, 37, 3, 4), np.float64, np.random.Generator.standard_normal,
        stride=(1, 2), padding=(1, 3),
    )  # fmt: skip
    found, expected = outputs(simd, *arguments), outputs(loops, *arguments)
    for name, a, b in zip(OPERATIONS, found, expected, strict=True):
        assert abs(a - b).max() <= FAST_FLOAT64 * abs(b).max(), name


@pytest.mark.unit
@pytest.mark.parametrize(
    "shapes",
    [
        ((4, 20, 29, 31), (19, 20, 3, 3)),
        ((1, 9, 5, 7), (200, 9, 2, 3)),
        ((3, 1, 29, 47), (21, 1, 3, 5)),
    ],
)
def test_bits_do_not_depend_on_the_number_of_threads(shapes):
    arguments = arrays(*shapes, draw=np.random.Generator.standard_normal)
    before = kernels.get_num_threads()
    try:
        results = []
        for threads in (1, 2, 3):
            kernels.set_num_threads(threads)
            results.append(outputs(simd, *arguments))
    finally:
        kernels.set_num_threads(before)
    assert_same(results[1], results[0])
    assert_same(results[2], results[0])


@pytest.mark.unit
def test_inputs_may_be_read_only_and_stay_as_they_are():
    *inputs, geometry = arrays((2, 3, 9, 11), (5, 3, 2, 3))
    expected = outputs(simd, *inputs, geometry)
    copies = [a.copy() for a in inputs]
    for a in inputs:
        a.flags.writeable = False
    signatures = len(simd.gather.gather_blocks.signatures)
    assert_same(outputs(simd, *inputs, geometry), expected)
    assert len(simd.gather.gather_blocks.signatures) == signatures
    for a, copy in zip(inputs, copies, strict=True):
        np.testing.assert_array_equal(a, copy)


@pytest.mark.unit
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_inf_reach_exactly_the_windows_that_look_at_them(value):
    x, w, b, gy, geometry = arrays((2, 3, 19, 23), (9, 3, 3, 2), stride=(2, 1), padding=(1, 0))
    x[1, 2, 7, 11] = value
    gy[0, 4, 3, 5] = value
    found, expected = outputs(simd, x, w, b, gy, geometry), outputs(loops, x, w, b, gy, geometry)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.unit
def test_a_buffer_that_cannot_be_had_is_refused_with_its_size():
    with pytest.raises(MemoryError, match=f"conv2d needs a buffer of {2**62} bytes"):
        simd.tasks.aligned_empty(2**60, np.float32, "conv2d")


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
names = "conv", "depthwise", "loss", "pool", "softmax", "twins"
sys.exit(pytest.main(["-q", *(f"tests/test_simd_{{name}}.py" for name in names)]))
"""
    variables = os.environ | {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": features}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=variables,
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
