"""Padding and windows: against NumPy's pad and plain loops, gradients, and what is refused."""

import numpy as np
import pytest
from geometries import pool_cases
from hypothesis import given
from hypothesis import strategies as st
from operation_checks import check_operation, smooth

import minigrad
import minigrad.functional as F
from minigrad.errors import SizeError

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def double(values):
    return minigrad.tensor(values, dtype=minigrad.float64)


def last_first(margins):
    """NumPy's margins, first axis first, as PyTorch's."""
    return [n for before_after in reversed(margins) for n in before_after]


margin = st.tuples(st.integers(0, 3), st.integers(0, 3))


@pytest.mark.property
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("spatial", [1, 2, 3])
@given(st.data())
def test_pad_is_numpys(mode, spatial, data):
    margins = data.draw(st.tuples(*[margin] * spatial))
    x = smooth(2, 3, *(4, 5, 6)[:spatial])
    expected = np.pad(x, [(0, 0), (0, 0), *margins], mode=MODES[mode])
    y = F.pad(double(x), last_first(margins), mode=mode)
    np.testing.assert_array_equal(y.array, expected)
    y = F.pad(double(x[0]), tuple(last_first(margins)), mode=mode)
    np.testing.assert_array_equal(y.array, expected[0])


@pytest.mark.unit
def test_a_constant_fills_and_negative_margins_crop():
    x = minigrad.tensor([[1, 2, 3], [4, 5, 6]])
    assert F.pad(x, (1, -2), value=7).tolist() == [[7, 1], [7, 4]]
    assert F.pad(x, (-1, 0, 1, -1)).tolist() == [[0, 0], [2, 3]]
    assert F.pad(x, (-3, 0)).shape == (2, 0)
    assert F.pad(x, ()).tolist() == x.tolist()
    assert F.pad(x > 2, (0, 1)).tolist() == [[False, False, True, False], [True] * 3 + [False]]
    y = F.pad(minigrad.ones(1, 2), (0, 1), value=float("inf"))
    assert y.tolist() == [[1.0, 1.0, float("inf")]]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("mode", "expected"),
    [("reflect", [1, 0, 1, 2]), ("replicate", [0, 0, 1, 2]), ("circular", [2, 0, 1, 2])],
)
def test_negative_margins_crop_in_every_mode(mode, expected):
    x = double([[0, 1, 2, 3, 4]])
    assert F.pad(x, (1, -2), mode=mode).tolist() == [expected]


@pytest.mark.unit
@pytest.mark.parametrize("mode", MODES)
def test_no_margin_gives_a_copy(mode):
    x = double(smooth(1, 2, 3, 4))
    y = F.pad(x, (0, 0, 0, 0), mode=mode)
    assert not np.shares_memory(x.array, y.array)
    np.testing.assert_array_equal(x.array, y.array)


def columns_of(x, geometry, L):
    """Unfold by loops over the windows."""
    (KH, KW), (SH, SW), (PH, PW), (DH, DW) = geometry
    N, C, H, W = x.shape
    OW = (W + 2 * PW - DW * (KW - 1) - 1) // SW + 1
    padded = np.pad(x, [(0, 0), (0, 0), (PH, PH), (PW, PW)])
    columns = np.empty((N, C, KH, KW, L))
    for l in range(L):
        top, left = l // OW * SH, l % OW * SW
        window = padded[:, :, top : top + KH * DH : DH, left : left + KW * DW : DW]
        columns[..., l] = window[:, :, :KH, :KW]
    return columns.reshape(N, C * KH * KW, L)


@pytest.mark.property
@given(pool_cases(dilated=True))
def test_unfold_lays_windows_side_by_side_and_fold_is_its_transpose(case):
    x, geometry, _ = case
    kernel, stride, padding, dilation = geometry
    columns = F.unfold(double(x), kernel, dilation, padding, stride)
    np.testing.assert_array_equal(columns.array, columns_of(x, geometry, columns.shape[2]))
    alone = F.unfold(double(x[0]), kernel, dilation, padding, stride)
    np.testing.assert_array_equal(alone.array, columns.array[0])
    g = smooth(*columns.shape)
    back = F.fold(double(g), x.shape[2:], kernel, dilation, padding, stride)
    assert back.shape == x.shape
    np.testing.assert_allclose((back.array * x).sum(), (g * columns.array).sum(), rtol=1e-10)
    alone = F.fold(double(g[0]), x.shape[2:], kernel, dilation, padding, stride)
    np.testing.assert_array_equal(alone.array, back.array[0])


OPERATIONS = {
    "constant": lambda x: F.pad(x, (1, -1, 0, 2), value=3.0),
    "crop": lambda x: F.pad(x, (-1, -2)),
    "reflect": lambda x: F.pad(x, (2, 3, 1, 2), mode="reflect"),
    "reflect and crop": lambda x: F.pad(x, (2, -2, -1, 2), mode="reflect"),
    "replicate": lambda x: F.pad(x, (5, 3, 1, 2), mode="replicate"),
    "circular": lambda x: F.pad(x, (4, 1, 3, 2), mode="circular"),
    "unfold": lambda x: F.unfold(x, (2, 3), (2, 1), (1, 0), (1, 2)),
    "fold": lambda x: F.fold(x.reshape(2, 6, 4), (3, 4), (2, 3), padding=(0, 1), stride=(2, 1)),
}


@pytest.mark.unit
@pytest.mark.parametrize("name", [n for n in OPERATIONS if n != "fold"])
def test_each_mode_as_an_operation(name):
    check_operation(OPERATIONS[name], smooth(2, 2, 3, 4))


@pytest.mark.unit
def test_fold_as_an_operation():
    check_operation(OPERATIONS["fold"], smooth(2, 2, 3, 4))


@pytest.mark.unit
@pytest.mark.parametrize("name", [n for n in OPERATIONS if n != "fold"])
def test_an_empty_batch_goes_through(name):
    x = minigrad.zeros(0, 2, 3, 4, requires_grad=True)
    y = OPERATIONS[name](x)
    assert y.shape == (0, *OPERATIONS[name](minigrad.zeros(1, 2, 3, 4)).shape[1:])
    y.sum().backward()
    assert x.grad.shape == x.shape


REFUSED = [
    (lambda x: F.pad(x, (1,)), SizeError, "two margins for each padded axis"),
    (lambda x: F.pad(x, (1,) * 10), SizeError, "no more than the 4 axes"),
    (lambda x: F.pad(x, (1.0, 2)), TypeError, "sequence of integers"),
    (lambda x: F.pad(x, (1, 1), value="a"), TypeError, "value must be a number"),
    (lambda x: F.pad(x, 1), TypeError, "sequence of integers"),
    (lambda x: F.pad(x, (-3, -2)), SizeError, "crop more than the input"),
    (lambda x: F.pad(x, (-5, 3)), SizeError, "crop more than the input"),
    (lambda x: F.pad(x, (10**12, 0)), MemoryError, "bytes"),
    (lambda x: F.pad(x, (1, 1), mode="mirror"), NotImplementedError, "mode .='mirror'. must be"),
    (lambda x: F.pad(x, (1, 1), mode="reflect"), NotImplementedError, "got 2 margins for an"),
    (lambda x: F.pad(x, (4, 0, 0, 0), mode="reflect"), SizeError, "at most 3 on axis 3"),
    (lambda x: F.pad(x, (0, 0, 4, 0), mode="circular"), SizeError, "at most 3 on axis 2"),
    (lambda x: F.pad(x, (1, 1, 1, 1), "reflect", 2.0), SizeError, "no place in mode 'reflect'"),
    (lambda x: F.pad(x[:, :0], (1, 1, 1, 1), mode="replicate"), SizeError, "nothing to read"),
    (lambda x: F.pad(x, (-2, -2, 0, 0), mode="replicate"), SizeError, "leave nothing of axis 3"),
    (lambda x: F.unfold(x, 0), SizeError, "kernel_size must be at least 1"),
    (lambda x: F.unfold(x, 5), SizeError, "kernel 5 with dilation 1 spans 5 pixels"),
    (lambda x: F.unfold(x[0, 0], 2), SizeError, "4 dimensions, or 3 without a batch"),
    (lambda x: F.unfold(x.long(), 2), TypeError, "only floating tensors"),
    (lambda x: F.fold(x[0], (3, 4), 2), SizeError, "must be divisible by the kernel's"),
    (lambda x: F.fold(x.reshape(1, 4, 6), (3, 5), 2), SizeError, "= 8 windows"),
]


@pytest.mark.unit
@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_padding_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call(double(smooth(1, 2, 3, 4)))
