"""Faults that other projects have had, as tests of the textbook kernels from day one.

The number is that of the issue in the project's tracker.
"""

import numpy as np
import pytest
from geometries import whole

from minigrad.kernels import geometry as G
from minigrad.kernels import loops

pytestmark = pytest.mark.unit


def arrays(x_shape, w_shape, transposed=False, **settings):
    """x, w, gy of whole numbers, and the geometry."""
    make = G.conv_transpose2d_geometry if transposed else G.conv2d_geometry
    geometry, y_shape = make(x_shape, w_shape, **settings)
    rng = np.random.default_rng(sum(x_shape) + 10 * sum(w_shape))
    return *(whole(rng, shape) for shape in (x_shape, w_shape, y_shape)), geometry


def run(kernel, out_shape, *arguments):
    out = np.full(out_shape, np.nan)
    kernel(out, *arguments)
    return out


def derivative(function, place, shape):
    """Derivative of a function linear in one array, at each place of it: its value at units."""
    found = np.empty(shape)
    for at in np.ndindex(shape):
        unit = np.zeros(shape)
        unit[at] = 1
        found[at] = function(**{place: unit})
    return found


def check_all_gradients(x, w, gy, geometry, transposed=False):
    """Input and weight gradient against the derivatives of sum(gy * y), one unit at a time."""
    forward = loops.conv_transpose2d if transposed else loops.conv2d
    backward = loops.conv2d if transposed else loops.conv_transpose2d
    out = np.zeros(gy.shape[1])

    def value(x=x, w=w):
        return (run(forward, gy.shape, x, w, out, geometry) * gy).sum()

    gx = run(backward, x.shape, gy, w, np.zeros(x.shape[1]), geometry)
    np.testing.assert_array_equal(gx, derivative(value, "x", x.shape))
    pair = (gy, x) if transposed else (x, gy)
    gw = run(loops.conv2d_weight_grad, w.shape, *pair, geometry)
    np.testing.assert_array_equal(gw, derivative(value, "w", w.shape))
    return gx, gw


def test_transposed_kernel_1_stride_2_on_a_1x2_picture():
    """pytorch #63314: the input gradient."""
    check_all_gradients(*arrays((1, 1, 1, 2), (1, 1, 1, 1), True, stride=2), transposed=True)


def test_transposed_dilation_2_stride_2_forward():
    """pytorch #1565: the forward was wrong, and its gradient the right one of the wrong forward."""
    x = np.array([[[[1.0, 2.0]]]])
    w = np.array([[[[1.0, 10.0, 100.0]]]])
    geometry, y_shape = G.conv_transpose2d_geometry(x.shape, w.shape, 2, dilation=2)
    y = run(loops.conv_transpose2d, y_shape, x, w, np.zeros(1), geometry)
    assert y.tolist() == [[[[1, 0, 12, 0, 120, 0, 200]]]]


@pytest.mark.parametrize("output_padding", [2, 3, (0, 5), -1])
def test_output_padding_not_below_stride_and_dilation(output_padding):
    """pytorch #5112, #56328: memory beyond the array was read."""
    with pytest.raises(ValueError, match="output_padding"):
        G.conv_transpose2d_geometry(
            (1, 1, 3, 4), (1, 1, 2, 3), 2, 0, output_padding, 1, dilation=(2, 1)
        )


@pytest.mark.parametrize("transposed", [False, True])
def test_stride_3(transposed):
    """Theano #602, #699: gradients for strides above 2."""
    x_shape = (1, 2, 3, 2) if transposed else (1, 2, 8, 7)
    check_all_gradients(
        *arrays(x_shape, (2, 2, 2, 3), transposed, stride=(3, 2)), transposed=transposed
    )


@pytest.mark.parametrize(("kernel", "size"), [((1, 3), (3, 5)), ((3, 1), (5, 3))])
@pytest.mark.parametrize("transposed", [False, True])
def test_kernels_of_one_row_or_column(kernel, size, transposed):
    """mlpack #3376; and pictures that are not square, BVLC/caffe #298."""
    settings = {"stride": kernel, "padding": [K // 2 for K in kernel], "groups": 2}
    w_shape = (2, 1, *kernel)
    check_all_gradients(
        *arrays((2, 2, *size), w_shape, transposed, **settings), transposed=transposed
    )


def test_rows_that_no_window_reaches():
    """opacus #245: (H + 2P - K) % S != 0. They get no gradient; the weight keeps its size."""
    x, w, gy, geometry = arrays((1, 1, 6, 9), (1, 1, 3, 2), stride=(2, 3))
    gx, gw = check_all_gradients(x, w, gy, geometry)
    assert not gx[:, :, 5].any()
    assert not gx[:, :, :, [2, 5, 8]].any()
    assert gw.shape == w.shape


def test_padding_wider_than_the_kernel():
    """mlx #833: the forward worked, the gradient broke."""
    check_all_gradients(*arrays((1, 2, 2, 3), (2, 2, 1, 2), padding=(3, 4), stride=(1, 2)))


@pytest.mark.parametrize("transposed", [False, True])
def test_groups_equal_to_the_channels(transposed):
    x, w, gy, geometry = arrays((2, 3, 3, 4), (3, 1, 2, 3), transposed, groups=3, padding=1)
    check_all_gradients(x, w, gy, geometry, transposed)
    kernel = loops.conv_transpose2d if transposed else loops.conv2d
    alone = geometry._replace(groups=1)
    y = run(kernel, gy.shape, x, w, np.zeros(3), geometry)
    for c in range(3):
        one = run(kernel, (2, 1, *gy.shape[2:]), x[:, [c]], w[[c]], np.zeros(1), alone)
        np.testing.assert_array_equal(y[:, [c]], one)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_windows_that_overlap_add_up(stride):
    """HIPS/autograd #136 and others: `=` or a fancy `+=` keeps one of several contributions."""
    x, w = np.ones((1, 1, 1, 4)), np.ones((1, 1, 1, 4))
    geometry, y_shape = G.conv_transpose2d_geometry(x.shape, w.shape, (1, stride))
    y = run(loops.conv_transpose2d, y_shape, x, w, np.zeros(1), geometry)
    # output o gets a 1 from each pixel i whose four taps i*stride ... i*stride + 3 hold o
    counts = [sum(0 <= o - i * stride < 4 for i in range(4)) for o in range(y_shape[3])]
    assert y.tolist() == [[[counts]]]
    assert max(counts) > 1


def test_output_padding_beyond_the_padding_is_bias():
    """Row 9: only where P' > P are there rows that no pixel writes: the bias, not 0."""
    x, w, _, geometry = arrays((1, 1, 2, 3), (1, 1, 2, 2), True, stride=(3, 2), output_padding=1)
    y = run(loops.conv_transpose2d, (1, 1, 6, 7), x, w, np.array([7.0]), geometry)
    assert (y[:, :, [2, 5]] == 7).all()
    assert (y[:, :, :, 6] == 7).all()
    assert (y[:, :, [0, 1, 3, 4], :6] != 7).all()


@pytest.mark.parametrize("transposed", [False, True])
def test_batch_0(transposed):
    x, w, gy, geometry = arrays((0, 2, 3, 4), (2, 2, 2, 3), transposed)
    forward = loops.conv_transpose2d if transposed else loops.conv2d
    assert run(forward, gy.shape, x, w, np.ones(2), geometry).shape == gy.shape
    pair = (gy, x) if transposed else (x, gy)
    assert not run(loops.conv2d_weight_grad, w.shape, *pair, geometry).any()


def test_read_only_inputs_need_no_second_compilation():
    x, w, gy, geometry = arrays((1, 2, 3, 4), (2, 2, 2, 3))
    first = run(loops.conv2d, gy.shape, x, w, np.ones(2), geometry)
    compiled = len(getattr(loops.conv2d, "signatures", ()))
    for array in (x, w):
        array.flags.writeable = False
    second = run(loops.conv2d, gy.shape, x, w, np.ones(2), geometry)
    np.testing.assert_array_equal(first, second)
    assert len(getattr(loops.conv2d, "signatures", ())) == compiled


def test_nan_reaches_the_windows_that_see_it_and_no_others():
    x, w, gy, geometry = arrays((1, 1, 5, 6), (1, 1, 2, 3))
    x[0, 0, 2, 3] = np.nan
    y = run(loops.conv2d, gy.shape, x, w, np.zeros(1), geometry)
    assert np.argwhere(np.isnan(y[0, 0])).tolist() == [[r, c] for r in (1, 2) for c in (1, 2, 3)]


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d"])
def test_float32_stays_float32(name):
    x, w, gy, geometry = arrays((1, 2, 3, 4), (2, 2, 2, 3), name != "conv2d")
    y = np.empty(gy.shape, np.float32)
    narrow = [a.astype(np.float32) for a in (x, w, np.ones(2))]
    getattr(loops, name)(y, *narrow, geometry)
    exact = run(getattr(loops, name), gy.shape, x, w, np.ones(2), geometry)
    np.testing.assert_array_equal(y, exact)
