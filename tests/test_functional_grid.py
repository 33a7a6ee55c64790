"""Reading pictures at the places of a grid: plain formulas, gradients, and what is refused."""

import numpy as np
import pytest
from operation_checks import check_operation, smooth

import minigrad
import minigrad.functional as F
from minigrad.errors import SizeError


def double(values):
    return minigrad.tensor(values, dtype=minigrad.float64)


def outside(i, n, padding, align):
    """The place that stands for place i of an axis of n pixels."""
    if padding == "zeros":
        return i
    if padding == "reflection":
        low, high = (0, n - 1) if align else (-0.5, n - 0.5)
        if low == high:
            return 0.0
        while not low <= i <= high:
            i = 2 * low - i if i < low else 2 * high - i
    return min(max(i, 0.0), n - 1.0)


def value(picture, h, w):
    H, W = picture.shape
    return picture[h, w] if 0 <= h < H and 0 <= w < W else 0.0


def expected(x, grid, padding, align, nearest):
    N, C, H, W = x.shape
    y = np.zeros((N, C, *grid.shape[1:3]))
    for n, c, oh, ow in np.ndindex(y.shape):
        place = []
        for g, size in zip(grid[n, oh, ow], (W, H), strict=True):
            i = (g + 1) / 2 * (size - 1) if align else ((g + 1) * size - 1) / 2
            place.append(outside(i, size, padding, align))
        w, h = place
        if nearest:
            y[n, c, oh, ow] = value(x[n, c], round(h), round(w))
            continue
        for i in (int(np.floor(h)), int(np.floor(h)) + 1):
            for j in (int(np.floor(w)), int(np.floor(w)) + 1):
                weight = (1 - abs(h - i)) * (1 - abs(w - j))
                y[n, c, oh, ow] += weight * value(x[n, c], i, j)
    return y


@pytest.mark.unit
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("align", [None, False, True])
@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 2, 1, 3)])
def test_grid_sample_is_its_formula(padding, align, mode, shape):
    x, grid = smooth(*shape), 2 * smooth(shape[0], 3, 6, 2, seed=1)
    y = F.grid_sample(double(x), double(grid), mode, padding, align)
    want = expected(x, grid, padding, bool(align), mode == "nearest")
    np.testing.assert_allclose(y.array, want, atol=1e-12)


@pytest.mark.unit
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("align", [False, True])
def test_the_identity_map_gives_the_picture_back(mode, align):
    x = smooth(2, 3, 4, 5)
    theta = double([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]).repeat(2, 1, 1)
    grid = F.affine_grid(theta, x.shape, align_corners=align)
    y = F.grid_sample(double(x), grid, mode, "border", align)
    np.testing.assert_allclose(y.array, x, atol=1e-12)


@pytest.mark.unit
def test_bicubic_is_interpolates_where_it_resizes():
    x = double(smooth(1, 2, 5, 6))
    theta = double([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    grid = F.affine_grid(theta, (1, 2, 8, 11), align_corners=True)
    y = F.grid_sample(x, grid, "bicubic", "border", True)
    want = F.interpolate(x, (8, 11), mode="bicubic", align_corners=True)
    np.testing.assert_allclose(y.array, want.array, atol=1e-12)


@pytest.mark.unit
def test_places_that_are_no_numbers_stay_in_memory():
    grid = double([[[[np.nan, np.nan], [np.inf, 0.0], [0.0, -np.inf], [1e300, 0.0]]]])
    y = F.grid_sample(minigrad.ones(1, 1, 3, 4).double(), grid)
    np.testing.assert_array_equal(y.array, [[[[0.25, 0.0, 0.0, 0.0]]]])


@pytest.mark.unit
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
def test_grid_sample_as_an_operation(mode, padding):
    check_operation(
        lambda x, g: F.grid_sample(x, g, mode, padding),
        smooth(1, 1, 3, 4),
        smooth(1, 1, 2, 2, seed=3),
    )


@pytest.mark.unit
def test_affine_grid_as_an_operation():
    check_operation(lambda theta: F.affine_grid(theta, (2, 1, 3, 4)), smooth(2, 2, 3))


@pytest.mark.unit
def test_an_empty_batch_goes_through():
    x = minigrad.zeros(0, 2, 3, 4, requires_grad=True)
    grid = minigrad.zeros(0, 5, 6, 2, requires_grad=True)
    y = F.grid_sample(x, grid)
    assert y.shape == (0, 2, 5, 6)
    y.sum().backward()
    assert (x.grad.shape, grid.grad.shape) == (x.shape, grid.shape)


G = smooth(1, 2, 2, 2)
THETA = double(smooth(1, 2, 3))
REFUSED = [
    (lambda x, g: F.grid_sample(x, g, "cubic"), ValueError, "mode .='cubic'. must be one of"),
    (lambda x, g: F.grid_sample(x, g, padding_mode="wrap"), ValueError, "padding_mode .='wrap'."),
    (lambda x, g: F.grid_sample(x, g[..., :1]), SizeError, "grid must have shape"),
    (lambda x, g: F.grid_sample(x, g.repeat(2, 1, 1, 1)), SizeError, "grid must have shape"),
    (lambda x, g: F.grid_sample(x.float(), g), TypeError, "float32 but grid is"),
    (lambda x, g: F.grid_sample(x[:, :, :0], g), SizeError, "no pixels"),
    (lambda x, g: F.affine_grid(THETA, (2, 1, 3, 4)), SizeError, "theta must have shape"),
    (lambda x, g: F.affine_grid(THETA, (1, 1, 3, 0)), SizeError, "size must be at least 1"),
    (lambda x, g: F.affine_grid(THETA, (1, 1, 3, 4, 5)), NotImplementedError, "5 dimensions"),
]


@pytest.mark.unit
@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_grids_refuse(call, error, message):
    with pytest.raises(error, match=message):
        call(double(smooth(1, 2, 3, 4)), double(G))
