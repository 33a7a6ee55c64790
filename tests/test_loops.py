"""The textbook convolutions: the seeds' matrices, an oracle of slices, and bugs seen elsewhere.

Everything is in whole numbers and compared with ``==``.
"""

import numpy as np
import pytest
from geometries import conv_cases, transposed_cases, whole
from hypothesis import given
from seed_facts import BY_ID, cases

from minigrad.kernels import geometry as G
from minigrad.kernels import loops


def picture(matrix):
    """A matrix as a batch of one picture of one channel, or as one filter."""
    return np.array(matrix, float)[None, None]


def zeros(channels):
    return np.zeros(channels)


def conv2d(x, w, b=None, **settings):
    geometry, y_shape = G.conv2d_geometry(x.shape, w.shape, **settings)
    y = np.full(y_shape, np.nan)
    loops.conv2d(y, x, w, zeros(y_shape[1]) if b is None else b, geometry)
    return y


def conv_transpose2d(x, w, b=None, **settings):
    geometry, y_shape = G.conv_transpose2d_geometry(x.shape, w.shape, **settings)
    y = np.full(y_shape, np.nan)
    loops.conv_transpose2d(y, x, w, zeros(y_shape[1]) if b is None else b, geometry)
    return y


def settings_of(inputs):
    names = ("stride", "padding", "output_padding", "dilation")
    return {name: inputs[name] for name in names if name in inputs}


# The oracle: one strided slice and one einsum for each tap


def taps(shape, geometry):
    """For each tap: its place, and the rows and columns it takes of a padded picture."""
    (SH, SW), _, (DH, DW), _ = geometry
    KH, KW, OH, OW = shape
    for kh in range(KH):
        for kw in range(KW):
            rows = slice(kh * DH, kh * DH + SH * (OH - 1) + 1, SH)
            columns = slice(kw * DW, kw * DW + SW * (OW - 1) + 1, SW)
            yield kh, kw, rows, columns


def padded(x, geometry):
    return np.pad(x, [(0, 0), (0, 0), *((P, P) for P in geometry.padding)])


def grouped(a, axis, groups):
    """Split an axis into (groups, the rest)."""
    shape = a.shape
    return a.reshape(*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])


def oracle_conv2d(case):
    x, w, b, geometry, y_shape = case
    x, w = grouped(padded(x, geometry), 1, geometry.groups), grouped(w, 0, geometry.groups)
    y = np.zeros(y_shape)
    for kh, kw, rows, columns in taps((*w.shape[-2:], *y_shape[2:]), geometry):
        y += np.einsum("ngchw,goc->ngohw", x[..., rows, columns], w[..., kh, kw]).reshape(y_shape)
    return y + b[:, None, None]


def oracle_conv_transpose2d(case):
    x, w, b, geometry, (N, O, OH, OW) = case
    (PH, PW), groups = geometry.padding, geometry.groups
    canvas = np.zeros((N, groups, O // groups, OH + 2 * PH, OW + 2 * PW))
    shape = (*w.shape[-2:], *x.shape[2:])
    x, w = grouped(x, 1, groups), grouped(w, 0, groups)
    for kh, kw, rows, columns in taps(shape, geometry):
        canvas[..., rows, columns] += np.einsum("ngihw,gio->ngohw", x, w[..., kh, kw])
    return canvas[..., PH : PH + OH, PW : PW + OW].reshape(N, O, OH, OW) + b[:, None, None]


def oracle_weight_grad(case, gy):
    x, w, _, geometry, y_shape = case
    x, gy = grouped(padded(x, geometry), 1, geometry.groups), grouped(gy, 1, geometry.groups)
    gw = np.zeros_like(w)
    for kh, kw, rows, columns in taps((*w.shape[-2:], *y_shape[2:]), geometry):
        tap = np.einsum("ngchw,ngohw->goc", x[..., rows, columns], gy)
        gw[..., kh, kw] = tap.reshape(w.shape[:2])
    return gw


def both(name, out, *arguments):
    """The result of the compiled kernel, after a look that the Python function agrees."""
    compiled, plain = np.full_like(out, np.nan), np.full_like(out, np.nan)
    getattr(loops.conv, name)(compiled, *arguments)
    getattr(loops.conv, "_" + name)(plain, *arguments)
    np.testing.assert_array_equal(compiled, plain)
    return compiled


@pytest.mark.property
@given(conv_cases())
def test_conv2d(case):
    y = both("conv2d", np.empty(case.y_shape), *case[:4])
    np.testing.assert_array_equal(y, oracle_conv2d(case))


@pytest.mark.property
@given(transposed_cases())
def test_conv_transpose2d(case):
    y = both("conv_transpose2d", np.empty(case.y_shape), *case[:4])
    np.testing.assert_array_equal(y, oracle_conv_transpose2d(case))


@pytest.mark.property
@given(conv_cases())
def test_weight_grad(case):
    gy = whole(np.random.default_rng(case.x.size), case.y_shape)
    gw = both("conv2d_weight_grad", case.w, case.x, gy, case.geometry)
    np.testing.assert_array_equal(gw, oracle_weight_grad(case, gy))


@pytest.mark.property
@given(conv_cases())
def test_gradients_are_adjoints(case):
    """<conv2d(x, w), gy> = <x, gx> = <w, gw>, with gx from conv_transpose2d."""
    x, w, b, geometry, y_shape = case
    gy = whole(np.random.default_rng(x.size), y_shape)
    y, gx, gw = np.empty(y_shape), np.empty_like(x), np.empty_like(w)
    loops.conv2d(y, x, w, 0 * b, geometry)
    loops.conv_transpose2d(gx, gy, w, zeros(x.shape[1]), geometry)
    loops.conv2d_weight_grad(gw, x, gy, geometry)
    assert (y * gy).sum() == (x * gx).sum() == (w * gw).sum()


@pytest.mark.property
@given(transposed_cases())
def test_gradients_of_transposed_are_adjoints(case):
    x, w, b, geometry, y_shape = case
    gy = whole(np.random.default_rng(x.size), y_shape)
    y, gx, gw = np.empty(y_shape), np.empty_like(x), np.empty_like(w)
    loops.conv_transpose2d(y, x, w, 0 * b, geometry)
    loops.conv2d(gx, gy, w, zeros(x.shape[1]), geometry)
    loops.conv2d_weight_grad(gw, gy, x, geometry)
    assert (y * gy).sum() == (x * gx).sum() == (w * gw).sum()


# The seeds


@pytest.mark.unit
@pytest.mark.parametrize(("inputs", "expected"), cases("conv2d"))
def test_seed_convolution(inputs, expected):
    y = conv2d(picture(inputs["x"]), picture(inputs["w"]), **settings_of(inputs))
    np.testing.assert_array_equal(y, picture(expected))


@pytest.mark.unit
@pytest.mark.parametrize(("inputs", "expected"), cases("conv2d_step"))
def test_seed_step(inputs, expected):
    """One window times one kernel, which is given with its zeros where it is dilated."""
    w = inputs["k"] if "k" in inputs else inputs["w_dilated"]
    y = conv2d(picture(inputs["window"]), picture(w))
    assert y.tolist() == [[[[expected["sum"]]]]]


@pytest.mark.unit
@pytest.mark.parametrize(("inputs", "expected"), cases("dilate"))
def test_seed_dilated_kernel(inputs, expected):
    """A dilated kernel is the kernel with zeros put in."""
    x = whole(np.random.default_rng(0), (1, 1, 7, 9))
    y = conv2d(x, picture(inputs["w"]), dilation=inputs["dilation"])
    np.testing.assert_array_equal(y, conv2d(x, picture(expected)))


@pytest.mark.unit
def test_kernel_is_not_turned_round():
    x, w = picture([[1, 2, 3], [4, 5, 6]]), picture([[1, 10], [100, 1000]])
    assert conv2d(x, w).tolist() == [[[[5421, 6532]]]]
    assert conv_transpose2d(picture([[1, 2]]), w).tolist() == [[[[1, 12, 20], [100, 1200, 2000]]]]


@pytest.mark.unit
@pytest.mark.parametrize(("inputs", "expected"), cases("conv_transpose2d"))
def test_seed_transposed(inputs, expected):
    y = conv_transpose2d(picture(inputs["x"]), picture(inputs["w"]), **settings_of(inputs))
    np.testing.assert_array_equal(y, picture(expected))


@pytest.mark.unit
@pytest.mark.parametrize(("inputs", "expected"), cases("conv_transpose2d_step"))
def test_seed_scatter_step(inputs, expected):
    """After t steps the output is that of the first t pixels."""
    x = picture(inputs["x"])
    x.reshape(-1)[inputs["step"] :] = 0
    y = conv_transpose2d(x, picture(inputs["w"]), **settings_of(inputs))
    np.testing.assert_array_equal(y, picture(expected))


@pytest.mark.unit
def test_seed_scatter_trace():
    fact = BY_ID["s001.q3b.all_steps"]
    assert len(fact["expected"]) == 16
    for step, state in enumerate(fact["expected"], 1):
        test_seed_scatter_step(fact["inputs"] | {"step": step}, state["accumulated"])


@pytest.mark.unit
@pytest.mark.parametrize(("inputs", "expected"), cases("conv2d_grad"))
def test_seed_gradients(inputs, expected):
    x, w, gy = (picture(inputs[name]) for name in ("x", "w", "dy"))
    geometry, y_shape = G.conv2d_geometry(x.shape, w.shape, **settings_of(inputs))
    assert gy.shape == y_shape
    gx, gw = np.empty_like(x), np.empty_like(w)
    loops.conv_transpose2d(gx, gy, w, zeros(1), geometry)
    loops.conv2d_weight_grad(gw, x, gy, geometry)
    np.testing.assert_array_equal(gx, picture(expected["grad_x"]))
    np.testing.assert_array_equal(gw, picture(expected["grad_w"]))


@pytest.mark.unit
@pytest.mark.parametrize(("inputs", "expected"), cases("conv_transpose2d_grad"))
def test_seed_gradients_of_transposed(inputs, expected):
    x, w, gy = (picture(inputs[name]) for name in ("x", "w", "dy"))
    geometry, y_shape = G.conv_transpose2d_geometry(x.shape, w.shape, **settings_of(inputs))
    assert gy.shape == y_shape
    gx, gw = np.empty_like(x), np.empty_like(w)
    loops.conv2d(gx, gy, w, zeros(1), geometry)
    loops.conv2d_weight_grad(gw, gy, x, geometry)
    np.testing.assert_array_equal(gx, picture(expected["grad_x"]))
    np.testing.assert_array_equal(gw, picture(expected["grad_w"]))


@pytest.mark.unit
def test_seed_adjoint():
    fact = BY_ID["s002.p3.3.adjoint"]
    inputs, expected = fact["inputs"], fact["expected"]
    x, y, w = (picture(inputs[name]) for name in "xyw")
    gathered = conv2d(x, w, stride=2, padding=1)
    np.testing.assert_array_equal(gathered, picture(expected["conv_x"]))
    scattered = conv_transpose2d(y, w, stride=2, padding=1, output_padding=1)
    assert (gathered * y).sum() == (x * scattered).sum() == expected["inner_product"]


@pytest.mark.unit
def test_seed_output_padding_uncrops():
    """With P >= P' the last rows are real values, not zeros."""
    fact = BY_ID["s002.p3.3.output_padding_meaning"]
    inputs, expected = fact["inputs"], fact["expected"]
    x, w = picture(inputs["x"]), picture(inputs["w"])
    y = conv_transpose2d(x, w, stride=2, padding=1, output_padding=1)
    np.testing.assert_array_equal(y, picture(expected["y"]))
    rows, columns = (slice(*ends) for ends in expected["slice"])
    np.testing.assert_array_equal(y, picture(inputs["full"])[:, :, rows, columns])


@pytest.mark.unit
def test_seed_subpixel():
    """Nearest up-sampling and a 3x3 convolution is four 2x2 convolutions of the small picture."""
    fact = BY_ID["s003.subpixel"]
    x, w = picture(fact["inputs"]["x"]), picture(fact["inputs"]["w"])
    large = np.empty((1, 1, 8, 8))
    loops.upsample_nearest2d(large, x, (0.5, 0.5))
    y = conv2d(large, w, padding=1)
    np.testing.assert_array_equal(y, picture(fact["expected"]["y"]))
    for top, row in enumerate(fact["expected"]["phase_kernels"]):
        for left, kernel in enumerate(row):
            phase = conv2d(np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)]), picture(kernel))
            part = phase[:, :, top : top + 4, left : left + 4]
            np.testing.assert_array_equal(y[:, :, top::2, left::2], part)
