"""The textbook pooling and resampling against oracles of slices, and the cases that go wrong."""

import math

import numpy as np
import pytest
from geometries import pool_cases, whole
from hypothesis import given
from hypothesis import strategies as st

from minigrad.kernels import geometry as G
from minigrad.kernels import loops


def run(kernel, shape, *arguments, dtype=np.float64):
    out = np.full(shape, np.nan).astype(dtype)
    kernel(out, *arguments)
    return out


def max_pool(x, geometry, y_shape):
    """Values and indices, after a look that the Python function agrees with the compiled one."""
    found = []
    for kernel in (loops.max_pool2d, loops.pool._max_pool2d):
        y, index = np.full(y_shape, np.nan), np.full(y_shape, -9)
        kernel(y, index, x, geometry)
        found.append((y, index))
    np.testing.assert_array_equal(*(y for y, _ in found))
    np.testing.assert_array_equal(*(index for _, index in found))
    return found[0]


def windows(x, geometry, y_shape, fill):
    """All windows, (N, C, OH, OW, KH*KW), with `fill` outside the picture."""
    (KH, KW), (SH, SW), (PH, PW), (DH, DW) = geometry
    N, C, OH, OW = y_shape
    beyond = max(OH * SH + KH * DH, OW * SW + KW * DW)  # ceil mode reaches past the padding
    wide = [(0, 0), (0, 0), (PH, beyond), (PW, beyond)]
    padded = np.pad(x, wide, constant_values=fill)
    parts = [
        padded[..., kh * DH : kh * DH + OH * SH : SH, kw * DW : kw * DW + OW * SW : SW][
            ..., :OH, :OW
        ]
        for kh in range(KH)
        for kw in range(KW)
    ]
    return np.stack(parts, axis=-1)


def adjoint(forward, gradient, x, gy, *arguments):
    """<forward(x), gy> = <x, gradient(gy)>, and the gradient itself."""
    y = run(forward, gy.shape, x, *arguments)
    gx = run(gradient, x.shape, gy, *arguments)
    np.testing.assert_allclose((y * gy).sum(), (x * gx).sum(), rtol=0, atol=1e-11)
    return gx


# Max pooling


@pytest.mark.property
@given(pool_cases(dilated=True))
def test_max_pool(case):
    """The largest value, the first of equal ones, and its place."""
    x, geometry, y_shape = case
    y, index = max_pool(x, geometry, y_shape)
    seen = windows(x, geometry, y_shape, -np.inf)
    np.testing.assert_array_equal(y, seen.max(axis=-1))
    W = x.shape[3]
    place = np.broadcast_to(np.arange(x[0, 0].size).reshape(1, 1, -1, W), x.shape)
    places = windows(place * 1.0, geometry, y_shape, np.nan)
    first = np.take_along_axis(places, seen.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    np.testing.assert_array_equal(index, first)


@pytest.mark.property
@given(pool_cases(dilated=True))
def test_max_pool_gradient_adds_up_and_gather_is_its_adjoint(case):
    x, geometry, y_shape = case
    _, index = max_pool(x, geometry, y_shape)
    gy = whole(np.random.default_rng(0), y_shape)
    gx = run(loops.max_pool2d_input_grad, x.shape, gy, index)
    expected = np.zeros_like(x)
    for n, c in np.ndindex(x.shape[:2]):
        np.add.at(expected[n, c].reshape(-1), index[n, c].reshape(-1), gy[n, c].reshape(-1))
    np.testing.assert_array_equal(gx, expected)
    z = whole(np.random.default_rng(1), x.shape)
    gathered = run(loops.max_pool2d_gather, y_shape, z, index)
    assert (gathered * gy).sum() == (z * gx).sum()


@pytest.mark.unit
def test_max_pool_of_nan():
    """NaN wins, the last one of a window, as in PyTorch."""
    nan = math.nan
    x = np.array([[[[1, nan, 3, nan], [2, 5, nan, 1], [9, 8, 7, 6]]]])
    geometry, y_shape = G.pool2d_geometry(x.shape, (2, 2), (1, 2))
    y, index = max_pool(x, geometry, y_shape)
    np.testing.assert_array_equal(y, [[[[nan, nan], [9, nan]]]])
    assert index.tolist() == [[[[1, 6], [8, 6]]]]
    y, index = np.empty((1, 1, 1, 1)), np.empty((1, 1, 1, 1), int)
    loops.adaptive_max_pool2d(y, index, x)
    assert np.isnan(y).all()
    assert index.tolist() == [[[[6]]]]


@pytest.mark.unit
def test_max_pool_of_nothing_but_minus_infinity():
    """pytorch #7645, #40131: no -3.4e38, no index outside the plane."""
    x = np.full((1, 1, 3, 4), -np.inf)
    geometry, y_shape = G.pool2d_geometry(x.shape, 3, 2, 1)
    y, index = max_pool(x, geometry, y_shape)
    assert (y == -np.inf).all()
    assert index.tolist() == [[[[0, 1], [4, 5]]]]
    run(loops.max_pool2d_input_grad, x.shape, np.ones(y_shape), index)


@pytest.mark.property
@given(pool_cases(dilated=True), st.booleans())
def test_max_pool_by_taps_is_that_by_index(case, with_nan):
    x, geometry, y_shape = case
    if with_nan:
        x.flat[:: max(1, x.size // 3)] = math.nan
        x.flat[1::5] = -math.inf
    y, index = max_pool(x, geometry, y_shape)
    gy = whole(np.random.default_rng(0), y_shape)
    gx = run(loops.max_pool2d_input_grad, x.shape, gy, index)
    for kind in ("", "_"):  # compiled, and as Python
        find, place, give, gather = (
            getattr(loops.pool_taps, f"{kind}max_pool2d_{name}")
            for name in ("taps", "index", "taps_input_grad", "taps_gather")
        )
        taps, places = np.full(y_shape, 99, np.uint8), np.empty_like(index)
        again = np.empty_like(y)
        find(again, taps, x, geometry)
        np.testing.assert_array_equal(again, y)
        place(places, taps, x.shape[3], geometry)
        np.testing.assert_array_equal(places, index)
        np.testing.assert_array_equal(run(give, x.shape, gy, taps, geometry), gx)
        np.testing.assert_array_equal(run(gather, y_shape, x, taps, geometry), y)


# Average pooling


@pytest.mark.property
@given(pool_cases(), st.booleans(), st.sampled_from([0, 0, 3, -2]))
def test_avg_pool(case, count_include_pad, divisor):
    x, geometry, y_shape = case
    total = windows(x, geometry, y_shape, 0.0).sum(axis=-1)
    inside = np.ones_like(x)
    if count_include_pad:
        (PH, PW) = geometry.padding
        inside = np.pad(inside, [(0, 0), (0, 0), (PH, PH), (PW, PW)], constant_values=1)
        shifted = geometry._replace(padding=(0, 0))
        area = windows(inside, shifted, y_shape, 0.0).sum(axis=-1)
    else:
        area = windows(inside, geometry, y_shape, 0.0).sum(axis=-1)
    arguments = (x, geometry, count_include_pad, divisor)
    y = run(loops.avg_pool2d, y_shape, *arguments)
    np.testing.assert_array_equal(y, run(loops.pool._avg_pool2d, y_shape, *arguments))
    np.testing.assert_allclose(y, total / (divisor or area), rtol=1e-15)
    gy = whole(np.random.default_rng(0), y_shape)
    adjoint(loops.avg_pool2d, loops.avg_pool2d_input_grad, x, gy, *arguments[1:])


@pytest.mark.unit
@pytest.mark.parametrize(
    ("include", "expected"), [(True, [0.5, 2.5, 2.5]), (False, [1.0, 2.5, 5.0])]
)
def test_avg_pool_at_the_border_in_ceil_mode(include, expected):
    """Columns -1 .. 0, 1 .. 2, 3 .. 4 of the picture 1 2 3 5 with one column of padding."""
    x = np.array([[[[1.0, 2.0, 3.0, 5.0]]]])
    geometry, y_shape = G.pool2d_geometry(x.shape, (1, 2), (1, 2), (0, 1), 1, True)
    y = run(loops.avg_pool2d, y_shape, x, geometry, include, 0)
    assert y.tolist() == [[[expected]]]
    # columns -1 .. 1 and 2 .. 4: the window of 3 columns ends with the padding, at column 4
    geometry, y_shape = G.pool2d_geometry(x.shape, (1, 3), (1, 3), (0, 1), 1, True)
    y = run(loops.avg_pool2d, y_shape, x, geometry, include, 0)
    np.testing.assert_allclose(y, [[[[1.0, 8 / 3]]]] if include else [[[[1.5, 4.0]]]])
    # stride 4: the second window begins at column 3 and loses its third column, 5
    geometry, y_shape = G.pool2d_geometry(x.shape, (1, 3), (1, 4), (0, 1), 1, True)
    y = run(loops.avg_pool2d, y_shape, x, geometry, include, 0)
    np.testing.assert_allclose(y, [[[[1.0, 2.5]]]] if include else [[[[1.5, 5.0]]]])


@pytest.mark.property
@given(st.permutations(range(1, 9)))
def test_adaptive_pools(sizes):
    H, W, OH, OW = sizes[:4]
    x = whole(np.random.default_rng(H), (2, 1, H, W)) + np.arange(W) / 16
    y = np.empty((2, 1, OH, OW))
    high, index = np.empty_like(y), np.empty(y.shape, int)
    mean = run(loops.adaptive_avg_pool2d, y.shape, x)
    loops.adaptive_max_pool2d(high, index, x)
    for oh, ow in np.ndindex(OH, OW):
        rows = slice(math.floor(oh * H / OH), math.ceil((oh + 1) * H / OH))
        columns = slice(math.floor(ow * W / OW), math.ceil((ow + 1) * W / OW))
        cell = x[:, 0, rows, columns]
        np.testing.assert_allclose(mean[:, 0, oh, ow], cell.mean(axis=(1, 2)), atol=1e-14)
        np.testing.assert_array_equal(high[:, 0, oh, ow], cell.max(axis=(1, 2)))
    np.testing.assert_array_equal(run(loops.max_pool2d_gather, y.shape, x, index), high)
    gy = whole(np.random.default_rng(OH), y.shape)
    adjoint(loops.adaptive_avg_pool2d, loops.adaptive_avg_pool2d_input_grad, x, gy)


# Resampling


@pytest.mark.unit
@pytest.mark.parametrize(
    ("size", "factor", "expected"),
    [
        ((1, 6), None, [0, 0, 1, 1, 2, 2]),
        ((1, 5), None, [0, 0, 1, 1, 2]),  # floor(i * 0.6)
        ((1, 2), None, [0, 1]),  # floor(i * 1.5)
        ((1, 3), None, [0, 1, 2]),
        (None, (1, 2.5), [0, 0, 0, 1, 1, 2, 2]),  # floor(i * 0.4)
        (None, (1, 2.3), [0, 0, 1, 1, 2, 2]),  # six from three: i // 2, not floor(i / 2.3)
    ],
)
def test_nearest(size, factor, expected):
    scale, y_shape = G.upsample_geometry((1, 1, 1, 3), size, factor)
    x = np.array([[[[0.0, 1.0, 2.0]]]])
    assert run(loops.upsample_nearest2d, y_shape, x, scale).tolist() == [[[expected]]]


@pytest.mark.unit
def test_nearest_multiplies_in_float32():
    """69 / 2.3 is 30 in float64 and just below it in float32."""
    x = np.arange(32.0).reshape(1, 1, 1, 32)
    y = run(loops.upsample_nearest2d, (1, 1, 1, 73), x, (1.0, 1 / 2.3))
    expected = [int(np.float32(i) * np.float32(1 / 2.3)) for i in range(73)]
    assert y[0, 0, 0].tolist() == expected
    assert y[0, 0, 0, 69] == 29


@pytest.mark.unit
@pytest.mark.parametrize(
    ("align_corners", "expected"),
    [(False, [0, 1, 3, 5, 7, 8]), (True, [0, 1.6, 3.2, 4.8, 6.4, 8])],
)
def test_bilinear_by_hand(align_corners, expected):
    """0 4 8 at double size: a quarter from each side, or corner upon corner."""
    x = np.array([[[[0.0, 4.0, 8.0]]]])
    y = run(loops.upsample_bilinear2d, (1, 1, 1, 6), x, (1.0, 0.5), align_corners)
    np.testing.assert_allclose(y, [[[expected]]], rtol=1e-15)


@pytest.mark.property
@given(st.permutations(range(1, 10)), st.booleans())
def test_bilinear_is_exact_for_a_plane_and_stays_between_the_corners(sizes, align_corners):
    H, W, OH, OW = sizes[:4]
    rows, columns = np.arange(H)[:, None], np.arange(W)
    x = (2.0 * rows - 3 * columns).reshape(1, 1, H, W)
    scale = (H / OH, W / OW)
    y = run(loops.upsample_bilinear2d, (1, 1, OH, OW), x, scale, align_corners)
    at = []
    for size, out in ((H, OH), (W, OW)):
        if align_corners:
            at.append(np.linspace(0, size - 1, out))
        else:
            at.append(np.clip((np.arange(out) + 0.5) * size / out - 0.5, 0, size - 1))
    np.testing.assert_allclose(y[0, 0], 2 * at[0][:, None] - 3 * at[1], atol=1e-13)


@pytest.mark.property
@given(st.permutations(range(1, 10)), st.booleans(), st.floats(0.2, 3))
def test_resampling_gradients_are_adjoints(sizes, align_corners, step):
    H, W, OH, OW = sizes[:4]
    x = whole(np.random.default_rng(H), (2, 2, H, W))
    gy = whole(np.random.default_rng(W), (2, 2, OH, OW))
    scale = (step, W / OW)
    nearest = (loops.upsample_nearest2d, loops.upsample_nearest2d_input_grad)
    bilinear = (loops.upsample_bilinear2d, loops.upsample_bilinear2d_input_grad)
    adjoint(*nearest, x, gy, scale)
    adjoint(*bilinear, x, gy, scale, align_corners)


# Unfold and fold


@pytest.mark.property
@given(pool_cases(dilated=True))
def test_unfold_and_fold(case):
    x, geometry, _ = case
    KH, KW = geometry.kernel
    try:
        same, shape = G.unfold_geometry(x.shape, *(geometry[i] for i in (0, 3, 2, 1)))
    except G.SizeError:
        return  # fits in ceil mode only
    assert same == geometry
    N, C = x.shape[:2]
    OH = (x.shape[2] + 2 * geometry.padding[0] - geometry.dilation[0] * (KH - 1) - 1) // (
        geometry.stride[0]
    ) + 1
    seen = windows(x, geometry, (N, C, OH, shape[2] // OH), 0.0)
    expected = seen.reshape(N, C, shape[2], KH * KW).transpose(0, 1, 3, 2).reshape(shape)
    np.testing.assert_array_equal(run(loops.unfold, shape, x, geometry), expected)
    adjoint(loops.unfold, loops.fold, x, whole(np.random.default_rng(0), shape), geometry)


@pytest.mark.unit
@pytest.mark.parametrize("kind", ["", "_"])
def test_pixel_shuffle(kind):
    """Each of the four channels of a pixel to its place in the block, and back."""
    shuffle, unshuffle = (
        getattr(loops.shuffle, f"{kind}pixel_{name}") for name in ("shuffle", "unshuffle")
    )
    x = np.arange(48.0).reshape(1, 8, 2, 3)
    y = run(shuffle, (1, 2, 4, 6), x)
    np.testing.assert_array_equal(y[0, 0, :2, :2], [[0, 6], [12, 18]])
    np.testing.assert_array_equal(y[0, 1, 2:, 4:], [[29, 35], [41, 47]])
    np.testing.assert_array_equal(run(unshuffle, x.shape, y), x)


@pytest.mark.unit
@pytest.mark.parametrize("name", [n for n in loops.__all__ if "pool" in n or "upsample" in n])
def test_batch_0(name):
    """Nothing is read or written, and nothing fails."""
    small, large, index = (
        np.empty((0, 2, 2, 3)),
        np.empty((0, 2, 4, 6)),
        np.empty((0, 2, 2, 3), int),
    )
    geometry, _ = G.pool2d_geometry(large.shape, 2)
    taps = index.astype(np.uint8)
    extra = {
        "max_pool2d": (small, index, large, geometry),
        "max_pool2d_input_grad": (large, small, index),
        "max_pool2d_gather": (small, large, index),
        "max_pool2d_taps": (small, taps, large, geometry),
        "max_pool2d_index": (index, taps, 6, geometry),
        "max_pool2d_taps_input_grad": (large, small, taps, geometry),
        "max_pool2d_taps_gather": (small, large, taps, geometry),
        "avg_pool2d": (small, large, geometry, True, 0),
        "avg_pool2d_input_grad": (large, small, geometry, True, 0),
        "adaptive_avg_pool2d": (small, large),
        "adaptive_avg_pool2d_input_grad": (large, small),
        "adaptive_max_pool2d": (small, index, large),
        "upsample_nearest2d": (large, small, (0.5, 0.5)),
        "upsample_nearest2d_input_grad": (small, large, (0.5, 0.5)),
        "upsample_bilinear2d": (large, small, (0.5, 0.5), False),
        "upsample_bilinear2d_input_grad": (small, large, (0.5, 0.5), True),
    }
    getattr(loops, name)(*extra[name])
