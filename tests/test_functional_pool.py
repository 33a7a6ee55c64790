"""Pooling: values against windows laid out by slices, gradients, and what is refused."""

import numpy as np
import pytest
from geometries import pool_cases
from hypothesis import given
from hypothesis import strategies as st
from operation_checks import check_operation, distinct, smooth

import minigrad
import minigrad.functional as F
from minigrad.errors import RangeError, SizeError


def windows(x, geometry, y_shape, fill):
    """All windows, (N, C, OH, OW, KH*KW), with ``fill`` outside the picture."""
    (KH, KW), (SH, SW), (PH, PW), (DH, DW) = geometry
    _, _, OH, OW = y_shape
    beyond = max(OH * SH + KH * DH, OW * SW + KW * DW)  # ceil mode reaches past the padding
    padded = np.pad(x, [(0, 0), (0, 0), (PH, beyond), (PW, beyond)], constant_values=fill)
    rows = [slice(kh * DH, kh * DH + (OH - 1) * SH + 1, SH) for kh in range(KH)]
    columns = [slice(kw * DW, kw * DW + (OW - 1) * SW + 1, SW) for kw in range(KW)]
    return np.stack([padded[..., r, c] for r in rows for c in columns], axis=-1)


@pytest.mark.property
@given(pool_cases(dilated=True), st.booleans())
def test_max_pool_takes_the_largest_of_each_window(case, ceil_mode):
    x, geometry, _ = case
    t = minigrad.tensor(x)
    y, index = F.max_pool2d(t, *geometry, ceil_mode=ceil_mode, return_indices=True)
    expected = windows(x, geometry, y.shape, -np.inf).max(-1)
    np.testing.assert_array_equal(y.array, expected)
    N, C = x.shape[:2]
    read = np.take_along_axis(x.reshape(N, C, -1), index.array.reshape(N, C, -1), 2)
    np.testing.assert_array_equal(read.reshape(y.shape), expected)
    alone = F.max_pool2d(t[0], *geometry, ceil_mode=ceil_mode)
    np.testing.assert_array_equal(alone.array, expected[0])


@pytest.mark.property
@given(pool_cases(), st.booleans(), st.booleans(), st.sampled_from([None, 3, -2]))
def test_avg_pool_takes_the_mean_of_each_window(case, ceil_mode, include, divisor):
    x, (kernel, stride, padding, dilation), _ = case
    y = F.avg_pool2d(minigrad.tensor(x), kernel, stride, padding, ceil_mode, include, divisor)
    (PH, PW), (H, W) = padding, x.shape[2:]
    counted = np.ones((1, 1, H + 2 * PH, W + 2 * PW))
    if not include:
        counted[:] = np.pad(np.ones((1, 1, H, W)), [(0, 0), (0, 0), (PH, PH), (PW, PW)])
    geometry = kernel, stride, (0, 0), dilation
    area = windows(counted, geometry, y.shape, 0).sum(-1)
    sums = windows(x, (kernel, stride, padding, dilation), y.shape, 0).sum(-1)
    np.testing.assert_allclose(y.array, sums / (divisor or area), rtol=1e-14)


@pytest.mark.unit
@pytest.mark.parametrize("size", [(3, 4), (7, 2), (1, 1), (6, 9)])
def test_adaptive_pools_cover_the_picture(size):
    x = smooth(2, 3, 5, 8)
    mean, (largest, index) = (
        F.adaptive_avg_pool2d(minigrad.tensor(x), size),
        F.adaptive_max_pool2d(minigrad.tensor(x), size, return_indices=True),
    )
    OH, OW = size
    for oh in range(OH):
        for ow in range(OW):
            rows = slice(int(np.floor(oh * 5 / OH)), int(np.ceil((oh + 1) * 5 / OH)))
            columns = slice(int(np.floor(ow * 8 / OW)), int(np.ceil((ow + 1) * 8 / OW)))
            cell = x[:, :, rows, columns]
            np.testing.assert_allclose(mean.array[..., oh, ow], cell.mean((2, 3)), rtol=1e-12)
            np.testing.assert_array_equal(largest.array[..., oh, ow], cell.max((2, 3)))
    read = np.take_along_axis(x.reshape(2, 3, -1), index.array.reshape(2, 3, -1), 2)
    np.testing.assert_array_equal(read.reshape(largest.shape), largest.array)


@pytest.mark.unit
def test_none_keeps_a_size():
    x = minigrad.tensor(smooth(2, 3, 5, 8))
    assert F.adaptive_avg_pool2d(x, (None, 2)).shape == (2, 3, 5, 2)
    assert F.adaptive_max_pool2d(x[0], (2, None)).shape == (3, 2, 8)
    np.testing.assert_array_equal(F.adaptive_avg_pool2d(x, (None, None)).array, x.array)


@pytest.mark.unit
def test_unpool_puts_values_back_where_they_were():
    x = minigrad.tensor(distinct(2, 3, 5, 7))
    y, index = F.max_pool2d(x, (2, 3), return_indices=True)
    back = F.max_unpool2d(y, index, (2, 3), output_size=x.shape)
    largest = np.isin(x.array, y.array)
    np.testing.assert_array_equal(back.array, np.where(largest, x.array, 0))
    assert F.max_unpool2d(y, index, (2, 3), output_size=(5, 7)).shape == x.shape
    assert F.max_unpool2d(y[0], index[0], (2, 3), output_size=(5, 7)).shape == x.shape[1:]
    assert F.max_unpool2d(y, index.clamp(max=0), (2, 3)).shape == (2, 3, 4, 6)


@pytest.mark.unit
def test_windows_that_overlap_add_their_gradients():
    x = minigrad.tensor([[[[0.0, 9.0, 0.0], [0.0, 0.0, 0.0]]]], requires_grad=True)
    F.max_pool2d(x, 2, stride=1).sum().backward()
    assert x.grad.tolist() == [[[[0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]]]


@pytest.mark.unit
def test_nan_and_infinity_go_through_the_pools():
    nan, inf = np.nan, np.inf
    x = minigrad.tensor([[[[1.0, nan, -inf, -inf], [2.0, 3.0, -inf, -inf]]]], requires_grad=True)
    y, index = F.max_pool2d(x, 2, return_indices=True)
    np.testing.assert_array_equal(y.detach().numpy(), [[[[nan, -inf]]]])
    assert index.tolist() == [[[[1, 2]]]]
    y.sum().backward()
    assert x.grad.tolist() == [[[[0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]]
    np.testing.assert_array_equal(F.avg_pool2d(x, 2).detach().numpy(), [[[[nan, -inf]]]])


OPERATIONS = {
    "max_pool2d": lambda x: F.max_pool2d(x, (2, 3), (1, 2), (1, 0), (2, 1), True),
    "max_pool2d indices": lambda x: F.max_pool2d(x, (3, 2), return_indices=True)[0],
    "avg_pool2d": lambda x: F.avg_pool2d(x, (2, 3), (1, 2), (1, 0), True, False),
    "avg_pool2d divisor": lambda x: F.avg_pool2d(x, (3, 2), divisor_override=-3),
    "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x, (3, 7)),
    "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d(x, (3, 2)),
    "lp_pool2d": lambda x: F.lp_pool2d(x + 50, 3, (2, 3), (1, 2)),
    "max_pool1d": lambda x: F.max_pool1d(x[0], 3, 2, 1, 1, True),
    "avg_pool1d": lambda x: F.avg_pool1d(x[0], 3, 2, 1, True, False),
    "adaptive_avg_pool1d": lambda x: F.adaptive_avg_pool1d(x[0], 4),
    "adaptive_max_pool1d": lambda x: F.adaptive_max_pool1d(x[0], 4),
    "max_unpool2d": lambda x: F.max_unpool2d(
        x[..., :2, :3], minigrad.arange(6).flip(0).reshape(1, 1, 2, 3).expand(2, 2, 2, 3), 2
    ),
}


@pytest.mark.unit
@pytest.mark.parametrize("name", OPERATIONS)
def test_each_pool_as_an_operation(name):
    check_operation(OPERATIONS[name], distinct(2, 2, 4, 6))


@pytest.mark.unit
@pytest.mark.parametrize("name", [n for n in OPERATIONS if "1d" not in n and "unpool" not in n])
def test_an_empty_batch_goes_through(name):
    x = minigrad.zeros(0, 2, 4, 6, requires_grad=True)
    y = OPERATIONS[name](x)
    assert y.shape == (0, *OPERATIONS[name](minigrad.zeros(1, 2, 4, 6)).shape[1:])
    y.sum().backward()
    assert x.grad.shape == x.shape


@pytest.mark.unit
def test_rows_are_pictures_one_pixel_high():
    x = minigrad.tensor([[2.0, 5.0, 2.0, 4.0, 3.0]])
    y, index = F.max_pool1d(x, 2, return_indices=True)
    assert (y.tolist(), index.tolist()) == ([[5.0, 4.0]], [[1, 3]])
    assert F.avg_pool1d(x, 2, ceil_mode=True).tolist() == [[3.5, 3.0, 3.0]]
    assert F.adaptive_avg_pool1d(x, 2).tolist() == [[3.0, 3.0]]
    y, index = F.adaptive_max_pool1d(x, 2, return_indices=True)
    assert (y.tolist(), index.tolist()) == ([[5.0, 4.0]], [[1, 3]])


X = smooth(1, 2, 4, 5)
REFUSED = [
    (lambda x: F.max_pool2d(x, 0), SizeError, "kernel_size must be at least 1"),
    (lambda x: F.max_pool2d(x, 2, 0), SizeError, "stride must be at least 1"),
    (lambda x: F.max_pool2d(x, 2, dilation=0), SizeError, "dilation must be at least 1"),
    (lambda x: F.max_pool2d(x, 2, padding=-1), SizeError, "padding must be at least 0"),
    (lambda x: F.max_pool2d(x, 2, padding=2), SizeError, "at most half of kernel_size"),
    (lambda x: F.max_pool2d(x, 6), SizeError, "kernel 6 with dilation 1 spans 6 pixels, input 4"),
    (lambda x: F.max_pool2d(x, 2.5), TypeError, "kernel_size must be an integer"),
    (lambda x: F.max_pool2d(x[0, 0], 2), SizeError, "4 dimensions, or 3 without a batch"),
    (lambda x: F.max_pool2d(x.long(), 2), TypeError, "only floating tensors"),
    (lambda x: F.max_pool2d(x.numpy(), 2), TypeError, "input must be a Tensor"),
    (lambda x: F.max_pool2d(x[:, :0], 2), SizeError, "only the batch may be empty"),
    (lambda x: F.avg_pool2d(x, 2, divisor_override=0), RangeError, "must not be 0"),
    (lambda x: F.avg_pool2d(x, 2, divisor_override=1.5), TypeError, "must be an integer"),
    (lambda x: F.adaptive_avg_pool2d(x, -1), SizeError, "output_size must be at least 0"),
    (lambda x: F.adaptive_avg_pool2d(x, (1, 2, 3)), SizeError, "an integer or a pair"),
    (lambda x: F.adaptive_max_pool2d(x, None), TypeError, "None alone"),
    (lambda x: F.max_pool1d(x[0], (2, 2)), SizeError, "kernel_size must be one integer"),
]


@pytest.mark.unit
@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_pools_refuse(call, error, message):
    with pytest.raises(error, match=message):
        call(minigrad.tensor(X))


@pytest.mark.unit
@pytest.mark.parametrize(
    ("index", "settings", "error", "message"),
    [
        ([[[[4]]]], {}, RangeError, "index 4 lies outside an output of 2 x 2"),
        ([[[[-1]]]], {}, RangeError, "index -1 lies outside"),
        ([[[0]]], {}, SizeError, "they must be equal"),
        ([[[[0.0]]]], {}, TypeError, "indices must be int64"),
        ([[[[0]]]], {"output_size": (9, 9)}, SizeError, "cannot be the pooled size"),
        ([[[[0]]]], {"output_size": (2,)}, SizeError, "must be .height, width."),
    ],
)
def test_unpool_refuses(index, settings, error, message):
    with pytest.raises(error, match=message):
        F.max_unpool2d(minigrad.ones(1, 1, 1, 1), minigrad.tensor(index), 2, **settings)
