"""Sizes: the seeds' tables, windows counted one by one, an error that teaches for each fault."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seed_facts import BY_ID, cases, facts

from minigrad.kernels import geometry as G

pytestmark = pytest.mark.unit

sizes, kernels, strides, paddings, dilations = (
    st.integers(low, high) for low, high in ((1, 12), (1, 5), (1, 4), (0, 4), (1, 3))
)


def windows(H, K, S, before, after, D):
    """How many times a window that moves by S fits, found by moving it."""
    count, start = 0, -before
    while start + D * (K - 1) < H + after:
        count, start = count + 1, start + S
    return count


# The seeds


@pytest.mark.parametrize(("inputs", "expected"), cases("shape_conv"))
def test_convolution_size(inputs, expected):
    h, k, s, p, d = (inputs[name] for name in "hkspd")
    assert G.conv2d_output_size((h, h + s), k, s, p, d) == (expected, expected + 1)


@pytest.mark.parametrize(("inputs", "expected"), cases("shape_convt"))
def test_transposed_size(inputs, expected):
    h, k, s, p, d, op = (inputs[name] for name in ("h", "k", "s", "p", "d", "output_padding"))
    found = G.conv_transpose2d_output_size((h, h + 1), k, s, p, op, d)
    assert found == (expected, expected + s)


@pytest.mark.parametrize(("inputs", "expected"), cases("shape_conv_grid"))
def test_grid_of_convolution_sizes(inputs, expected):
    assert inputs["columns"] == ["H", "K", "S", "P", "D", "H_out"]
    for H, K, S, P, D, OH in expected:
        assert G.conv2d_output_size((H, H), K, S, P, D) == (OH, OH)


@pytest.mark.parametrize(("inputs", "expected"), cases("shape_convt_grid"))
def test_grid_of_output_paddings(inputs, expected):
    assert inputs["columns"] == ["H_in", "K", "S", "P", "D", "output_padding", "H_out"]
    for H, K, S, P, D, OP, OH in expected:
        assert G.output_padding_for(H, OH, K, S, P, D) == (OP, OP)
        assert G.conv_transpose2d_output_size(H, K, S, P, OP, D) == (OH, OH)


@pytest.mark.parametrize(("inputs", "expected"), cases("formula_grid"))
def test_effective_kernel(inputs, expected):
    assert inputs["columns"] == ["K", "D", "K_eff"]
    for K, D, span in expected:
        assert G.effective_kernel(K, D) == span == 1 + max(k * D for k in range(K))


@pytest.mark.parametrize("name", ["s001.q2b.ii.layers", "s003.seven_levels"])
def test_chain_of_layers(name):
    inputs, expected = BY_ID[name]["inputs"], BY_ID[name]["expected"]
    chain = expected["sizes"] if isinstance(expected, dict) else expected
    size = inputs["h"]
    for following in chain[1:]:
        size, _ = G.conv2d_output_size(size, inputs["k"], inputs["s"], inputs["p"])
        assert size == following


def test_104_layers_of_3x3():
    expected = BY_ID["s001.q4.layers"]["expected"]
    size = expected["first"]
    for _ in range(expected["layers"]):
        size, _ = G.conv2d_output_size(size, 3)
    assert size == expected["last"]


@pytest.mark.parametrize("case", "AB")
@pytest.mark.parametrize("k", [3, 5])
def test_colorization_net(case, k):
    fact = BY_ID[f"s000.sizes.{case}"]
    size, found = (fact["inputs"]["h"],) * 2, []
    for layer in fact["inputs"]["layers"]:
        if layer.startswith("L"):
            size = G.conv2d_output_size(size, k, 2, k // 2)
        elif layer.startswith("D"):
            size = G.conv_transpose2d_output_size(size, k, 2, k // 2, output_padding=1)
        else:
            size = G.conv2d_output_size(size, 1)
        found.append(size[0])
    assert found == fact["expected"]


@pytest.mark.parametrize(
    "fact",
    [f for f in facts("shape_layer") if f["inputs"]["layer"] == "conv2d"],
    ids=lambda f: f["id"],
)
def test_layer_shapes(fact):
    inputs = fact["inputs"]
    w_shape = (inputs["c_out"], inputs["c_in"], inputs["k"], inputs["k"])
    settings = (inputs["s"], inputs["p"], inputs["d"])
    _, y_shape = G.conv2d_geometry(inputs["in_shape"], w_shape, *settings)
    assert list(y_shape) == fact["expected"]


def test_average_pool_layer_shape():
    fact = BY_ID["s002.p2.H5.shape"]
    _, y_shape = G.pool2d_geometry(fact["inputs"]["in_shape"], fact["inputs"]["k"])
    assert list(y_shape) == fact["expected"]


# Counting instead of calculating


@given(sizes, kernels, strides, paddings, dilations)
def test_size_is_the_number_of_windows(H, K, S, P, D):
    count = windows(H, K, S, P, P, D)
    if count:
        assert G.conv2d_output_size((H, H + 2 * S), K, S, P, D) == (count, count + 2)
    else:
        with pytest.raises(G.SizeError, match="does not fit"):
            G.conv2d_output_size((H, 99), K, S, P, D)


@given(sizes, kernels, strides, paddings, dilations, st.integers(0, 3))
def test_transposed_sizes_are_those_that_lead_back(H, K, S, P, D, OP):
    """OH is reached with output padding OP < S exactly if its convolution has H windows."""
    if S <= OP:
        return
    OH = (H - 1) * S + D * (K - 1) + 1 + OP - 2 * P
    if OH < 1:
        with pytest.raises(G.SizeError, match="nothing remains"):
            G.conv_transpose2d_output_size(H, K, S, P, OP, D)
        return
    assert G.conv_transpose2d_output_size((H, H), K, S, P, OP, D) == (OH, OH)
    assert windows(OH, K, S, P, P, D) == H
    assert G.output_padding_for(H, OH, K, S, P, D) == (OP, OP)


@given(sizes, kernels, strides, st.integers(0, 2), st.booleans())
def test_pool_size(H, K, S, P, ceil_mode):
    if K < 2 * P:
        return
    count = windows(H, K, S, P, P, 1)
    if ceil_mode:  # windows that begin before the end of the picture; the first may be too large
        room = H + 2 * P - K
        count = sum(i * S < room + S and i * S - P < H for i in range(99))
    if count:
        assert G.pool2d_output_size((H, H), K, S, P, 1, ceil_mode) == (count, count)
    else:
        with pytest.raises(G.SizeError, match="does not fit"):
            G.pool2d_output_size((H, H), K, S, P, 1, ceil_mode)


def test_ceil_mode_drops_a_window_that_begins_in_the_padding():
    # 3 rows, padding 1: windows of stride 3 begin at -1 and 2; one at 5 would see padding only.
    assert G.pool2d_output_size(3, 2, 3, 1, ceil_mode=True) == (2, 2)
    assert G.pool2d_output_size(1, 2, 2, 1, ceil_mode=True) == (1, 1)


@given(sizes, kernels, dilations)
def test_same_padding_keeps_the_size(H, K, D):
    geometry, y_shape = G.conv2d_geometry((2, 1, H, H + 1), (1, 1, K, 1), 1, "same", (D, 1))
    assert y_shape == (2, 1, H, H + 1)
    top = geometry.padding[0]
    bottom = D * (K - 1) - top
    assert bottom - top in (0, 1)  # PyTorch: the odd row is at the bottom
    assert windows(H, K, 1, top, bottom, D) == H


@pytest.mark.parametrize(("k", "p", "side"), [(4, 2, 17), (4, 1, 16), (3, 1, 16), (2, 1, 17)])
def test_even_kernels_do_not_halve_with_half_their_size_as_padding(k, p, side):
    assert G.conv2d_output_size(32, k, 2, p) == (side, side)


def test_unfold_and_fold_are_each_others_shapes():
    settings = {"kernel_size": (2, 3), "dilation": (2, 1), "padding": (1, 0), "stride": (1, 2)}
    geometry, columns = G.unfold_geometry((2, 3, 5, 8), **settings)
    rows, across = windows(5, 2, 1, 1, 1, 2), windows(8, 3, 2, 0, 0, 1)
    assert columns == (2, 3 * 2 * 3, rows * across)
    assert G.fold_geometry(columns, (5, 8), **settings) == (geometry, (2, 3, 5, 8))


@pytest.mark.parametrize(
    ("size", "factor", "recompute", "scale", "shape"),
    [
        ((10, 3), None, False, (0.5, 4 / 3), (10, 3)),
        (7, None, False, (5 / 7, 4 / 7), (7, 7)),
        (None, 2, False, (0.5, 0.5), (10, 8)),
        (None, (1.5, 0.5), False, (1 / 1.5, 2.0), (7, 2)),
        (None, (1.5, 0.5), True, (5 / 7, 2.0), (7, 2)),
    ],
)
def test_upsample(size, factor, recompute, scale, shape):
    assert G.upsample_geometry((1, 2, 5, 4), size, factor, recompute) == (scale, (1, 2, *shape))


# What comes back


def test_geometry_holds_pairs_of_python_integers():
    geometry, y_shape = G.conv2d_geometry(
        (0, 4, 9, 8), (6, 2, 3, 2), np.int32(2), [1, 0], (np.int64(2), 1), np.int8(2)
    )
    assert geometry == ((2, 2), (1, 0), (2, 1), 2)
    assert y_shape == (0, 6, 4, 4)
    assert all(type(n) is int for n in (*geometry.stride, *geometry.padding, geometry.groups))


def test_batch_0_is_fine_everywhere():
    assert G.conv_transpose2d_geometry((0, 2, 3, 4), (2, 3, 1, 2), 3)[1] == (0, 3, 7, 11)
    assert G.pool2d_geometry((0, 2, 4, 6), 2)[1] == (0, 2, 2, 3)
    assert G.unfold_geometry((0, 2, 4, 6), 2)[1] == (0, 8, 15)
    assert G.upsample_geometry((0, 2, 4, 6), 8)[1] == (0, 2, 8, 8)


def test_size_error_is_what_pytorch_raises_and_a_value_error():
    assert issubclass(G.SizeError, ValueError)
    assert issubclass(G.SizeError, RuntimeError)


# Faults: rows 1 to 13 of the list of bad inputs


def conv(x=(2, 4, 5, 7), w=(6, 4, 3, 2), **settings):
    return lambda: G.conv2d_geometry(x, w, **settings)


def transposed(x=(2, 4, 5, 7), w=(4, 6, 3, 2), **settings):
    return lambda: G.conv_transpose2d_geometry(x, w, **settings)


def pool(x=(2, 4, 5, 7), kernel_size=3, **settings):
    return lambda: G.pool2d_geometry(x, kernel_size, operation="max_pool2d", **settings)


FAULTS = {
    "stride 0": (conv(stride=0), "conv2d: stride must be at least 1, but got 0"),
    "stride 0 on one axis": (transposed(stride=(1, 0)), "stride must be at least 1"),
    "pool stride 0": (pool(stride=0), "max_pool2d: stride must be at least 1"),
    "stride of three": (conv(stride=(1, 2, 3)), r"stride .* got 3 values: \(1, 2, 3\)"),
    "huge stride": (conv(stride=2**62), "stride must be at most 2147483647"),
    "groups 0": (conv(groups=0), "groups must be at least 1, but got 0"),
    "absurd groups": (conv(groups=-(2**63)), "groups must be at least 1"),
    "groups and inputs": (conv(w=(6, 1, 3, 2), groups=3), r"in_channels \(=4\) must be divisible"),
    "groups and outputs": (
        conv(w=(5, 2, 3, 2), groups=2),
        r"out_channels \(=5\) must be divisible by groups \(=2\)",
    ),
    "transposed groups": (transposed(groups=3), r"in_channels \(=4\) .* groups \(=3\)"),
    "transposed groups 0": (transposed(groups=0), "groups must be at least 1"),
    "channels": (conv(w=(6, 3, 3, 2)), r"expects an input of 3\*1 = 3 channels, but .* has 4"),
    "transposed channels": (transposed(w=(3, 6, 3, 2)), "expects an input of 3 channels"),
    "dilation 0": (conv(dilation=(0, 1)), "dilation must be at least 1"),
    "negative padding": (conv(padding=-1), "padding must be at least 0, but got -1"),
    "padding by name": (conv(padding="full"), "'same', 'valid'.* got 'full'"),
    "same with a stride": (conv(padding="same", stride=(1, 2)), r"stride is \(1, 2\)"),
    "kernel too large": (
        conv(w=(6, 4, 9, 2), padding=1),
        r"kernel 9 .* spans 9 pixels, input 5 .* \(5 \+ 2 - 1\*\(9 - 1\) - 1\) // 1 \+ 1 = -1",
    ),
    "dilated kernel too large": (conv(dilation=4), "along the height"),
    "output padding": (
        transposed(output_padding=(0, 2), stride=2),
        "along the width output_padding is 2, stride 2 and dilation 1; use at most 1",
    ),
    "negative output padding": (transposed(output_padding=-1), "output_padding must be at least 0"),
    "nothing left": (transposed(padding=4), r"\(5 - 1\)\*1 - 2\*4 \+ 1\*\(3 - 1\) \+ 0 \+ 1 = -1"),
    "no channels": (conv(x=(2, 0, 5, 7)), "no channels or no pixels"),
    "no rows": (transposed(x=(2, 4, 0, 7)), "only the batch may be empty"),
    "empty pool": (pool(x=(2, 4, 5, 0)), "no channels or no pixels"),
    "empty weight": (conv(w=(6, 4, 0, 2)), "weight must have 4 axes"),
    "three axes": (conv(x=(4, 5, 7)), r"4 axes .* \(4, 5, 7\)"),
    "pool padding": (pool(padding=2), "padding is 2 and kernel_size 3; use at most 1"),
    "pool too large": (pool(kernel_size=6), "does not fit"),
    "window without pixel": (
        pool(x=(1, 1, 2, 9), kernel_size=2, padding=1, dilation=3, stride=1),
        "window 0 along the height meets no pixel",
    ),
    "unreachable output": (
        lambda: G.output_padding_for((4, 5), (9, 11), 3, 2, 1),
        "valid sizes are 7 to 8, but 9",
    ),
    "columns": (lambda: G.fold_geometry((1, 13, 9), (4, 4), 2), r"\(=13\) must be divisible"),
    "windows": (lambda: G.fold_geometry((1, 12, 5), (4, 4), 2), r"3\*3 = 9 windows .* is 5"),
    "two sizes": (lambda: G.upsample_geometry((1, 1, 2, 2), 4, 2.0), "exactly one of"),
    "factor 0": (lambda: G.upsample_geometry((1, 1, 2, 2), None, 0), "positive and finite"),
    "factor nan": (lambda: G.upsample_geometry((1, 1, 2, 2), None, math.nan), "finite"),
    "factor too small": (lambda: G.upsample_geometry((1, 1, 2, 2), None, 0.1), "leaves nothing"),
}


@pytest.mark.parametrize(("call", "message"), FAULTS.values(), ids=FAULTS)
def test_fault_is_explained(call, message):
    with pytest.raises(G.SizeError, match=message):
        call()


@pytest.mark.parametrize("value", [1.0, True, "3", None, (1, 2.5), np.array(2.0), (1, None)])
def test_wrong_type(value):
    with pytest.raises(TypeError, match="conv2d: stride must be an integer or a pair"):
        G.conv2d_geometry((2, 4, 5, 7), (6, 4, 3, 2), value)


@pytest.mark.parametrize("value", ["2", True, None, (2.0, "x")])
def test_wrong_type_of_factor(value):
    with pytest.raises((TypeError, G.SizeError), match="interpolate"):
        G.upsample_geometry((1, 1, 2, 2), None, value)


def test_more_than_the_memory_names_the_bytes():
    side = 2**21
    bytes_needed = 4 * 3 * side * side
    with pytest.raises(MemoryError, match=f"needs {bytes_needed} bytes"):
        G.upsample_geometry((1, 3, 4, 4), side)
    with pytest.raises(MemoryError, match="matrix of columns"):
        G.unfold_geometry((64, 512, 2**14, 2**14), 7)
    with pytest.raises(MemoryError, match="conv_transpose2d"):
        G.conv_transpose2d_geometry((1, 2, 2**16, 2**16), (2, 512, 4, 4), 4)


def test_padding_wider_than_the_kernel_is_allowed_in_convolution():
    assert G.conv2d_geometry((1, 1, 3, 4), (1, 1, 1, 2), padding=(3, 5))[1] == (1, 1, 9, 13)


def test_output_padding_below_the_dilation_is_allowed():
    assert G.conv_transpose2d_output_size(5, 3, 1, 0, 1, 2) == (10, 10)
