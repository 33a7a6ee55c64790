"""All faces of convolution give the same numbers, for every geometry, to the last bit."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from geometries import conv_cases, transposed_cases, winograd_cases
from hypothesis import given, settings
from seed_facts import BY_ID

from minigrad.kernels import geometry as G
from minigrad.kernels import loops

CONVOLUTIONS = ("conv2d_im2col", "conv2d_toeplitz")
TRANSPOSED = (
    "conv_transpose2d_gradient",
    "conv_transpose2d_phases",
    "conv_transpose2d_toeplitz",
    "conv_transpose2d_zero_insertion",
)


def result(name, case):
    y = np.full(case.y_shape, np.nan)
    getattr(loops, name)(y, *case[:4])
    return y


@pytest.mark.property
@given(conv_cases())
def test_faces_of_convolution(case):
    direct = result("conv2d", case)
    for name in CONVOLUTIONS:
        np.testing.assert_array_equal(result(name, case), direct, err_msg=name)


@pytest.mark.property
@given(winograd_cases())
def test_winograd(case):
    np.testing.assert_array_equal(result("conv2d_winograd", case), result("conv2d", case))


@pytest.mark.property
@settings(max_examples=100)
@given(transposed_cases())
def test_faces_of_transposed_convolution(case):
    direct = result("conv_transpose2d", case)
    for name in TRANSPOSED:
        np.testing.assert_array_equal(result(name, case), direct, err_msg=name)


@pytest.mark.slow
@pytest.mark.property
@settings(max_examples=1000)
@given(conv_cases(), transposed_cases())
def test_faces_at_length(straight, transposed):
    test_faces_of_convolution.hypothesis.inner_test(straight)
    test_faces_of_transposed_convolution.hypothesis.inner_test(transposed)


@pytest.mark.unit
@pytest.mark.parametrize("kernel", [(4, 3), (1, 2)])
def test_same_padding_that_is_not_the_same_on_both_sides(kernel):
    """The bottom and right padding follow from the size of y."""
    rng = np.random.default_rng(0)
    x, w = rng.integers(-4, 5, (2, 2, 5, 4)) * 1.0, rng.integers(-4, 5, (3, 2, *kernel)) * 1.0
    geometry, y_shape = G.conv2d_geometry(x.shape, w.shape, 1, "same", (1, 3))
    direct = np.empty(y_shape)
    loops.conv2d(direct, x, w, np.zeros(3), geometry)
    for name in CONVOLUTIONS:
        y = np.empty(y_shape)
        getattr(loops, name)(y, x, w, np.zeros(3), geometry)
        np.testing.assert_array_equal(y, direct, err_msg=name)


@pytest.mark.unit
@pytest.mark.parametrize("name", [*CONVOLUTIONS, *TRANSPOSED])
def test_batch_0_and_dtype(name):
    """An empty batch runs; float32 goes in and comes out; the input is left alone."""
    make = G.conv2d_geometry if name in CONVOLUTIONS else G.conv_transpose2d_geometry
    for N in (0, 2):
        x, w = np.ones((N, 2, 3, 5), np.float32), np.ones((2, 2, 2, 3), np.float32)
        geometry, y_shape = make(x.shape, w.shape)
        y = np.full(y_shape, np.nan, np.float32)
        getattr(loops, name)(y, x, w, np.ones(2, np.float32), geometry)
        assert not np.isnan(y).any()
        assert (x == 1).all()
        assert (w == 1).all()


@pytest.mark.unit
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"), [((3, 2), 1, 1), ((3, 3), (2, 1), 1), ((3, 3), 1, (1, 2))]
)
def test_winograd_refuses_what_it_cannot_do(kernel, stride, dilation):
    x, w = np.ones((1, 2, 7, 8)), np.ones((3, 2, *kernel))
    geometry, y_shape = G.conv2d_geometry(x.shape, w.shape, stride, 0, dilation)
    with pytest.raises(ValueError, match="3 x 3 kernels of stride 1 and dilation 1"):
        loops.conv2d_winograd(np.empty(y_shape), x, w, np.zeros(3), geometry)


@pytest.mark.unit
@pytest.mark.parametrize("N", [0, 2])
def test_winograd_of_batch_0_and_dtype(N):
    x, w = np.ones((N, 2, 3, 5), np.float32), np.ones((2, 2, 3, 3), np.float32)
    geometry, y_shape = G.conv2d_geometry(x.shape, w.shape, padding=1)
    y = np.full(y_shape, np.nan, np.float32)
    loops.conv2d_winograd(y, x, w, np.ones(2, np.float32), geometry)
    assert y[:, :, 0, 0].tolist() == [[9, 9]] * N


@pytest.mark.unit
def test_seed_matrix():
    """The convolution of seed 001, question 3, as a 4 x 16 matrix."""
    fact = BY_ID["s001.q3.matrix_form"]
    inputs, expected = fact["inputs"], fact["expected"]
    x, w = np.array(inputs["x"], float), np.array(inputs["w"], float)[None, None]
    geometry, y_shape = G.conv2d_geometry((1, 1, 4, 4), w.shape)
    T = loops.toeplitz_matrix(w, (1, 1, 4, 4), y_shape, geometry)
    assert T.tolist() == expected["matrix"]
    y = T @ x.reshape(16)
    assert y.tolist() == expected["conv"]
    assert (T.T @ y).reshape(4, 4).tolist() == expected["transpose_of_conv_result"]


@pytest.mark.unit
def test_matrix_of_a_kernel_without_symmetry():
    """Stride (1, 2), padding (0, 1), two channels: rows written down by hand."""
    w = np.array([[[[1, 2]], [[3, 4]]]], float)
    geometry, y_shape = G.conv2d_geometry((1, 2, 1, 3), w.shape, (1, 2), (0, 1))
    assert y_shape == (1, 1, 1, 2)
    T = loops.toeplitz_matrix(w, (1, 2, 1, 3), y_shape, geometry)
    assert T.tolist() == [[2, 0, 0, 4, 0, 0], [0, 1, 2, 0, 3, 4]]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("kernel", "stride", "sizes"),
    [
        ((4, 4), (2, 2), {(2, 2): 4}),
        ((3, 3), (2, 2), {(2, 2): 1, (2, 1): 1, (1, 2): 1, (1, 1): 1}),
        ((1, 3), (2, 1), {(1, 3): 1, (0, 3): 1}),
    ],
)
def test_phases_multiply_nothing_by_zero(monkeypatch, kernel, stride, sizes):
    """The small kernels together have the taps of the large one, each once."""
    seen = []

    def spy(y, x, w, b, geometry):
        seen.append(w.shape[2:])
        assert geometry[0] == (1, 1)
        loops.conv2d(y, x, w, b, geometry)

    monkeypatch.setattr(loops.faces, "conv2d", spy)
    x, w = np.ones((1, 1, 3, 4)), np.ones((1, 1, *kernel))
    geometry, y_shape = G.conv_transpose2d_geometry(x.shape, w.shape, stride)
    loops.conv_transpose2d_phases(np.empty(y_shape), x, w, np.zeros(1), geometry)
    assert {size: seen.count(size) for size in seen} == sizes
    assert sum(high * wide for high, wide in seen) == kernel[0] * kernel[1]


@pytest.mark.unit
def test_the_example_prints_the_same_numbers_five_times(capsys):
    script = Path(__file__).parent.parent / "examples" / "faces.py"
    runpy.run_path(str(script), run_name="__main__")
    out = capsys.readouterr().out
    assert "[[-18  35 -16  31 -14  21]" in out
    assert out.count("\nequal ") == 5
    assert "DIFFERENT" not in out
