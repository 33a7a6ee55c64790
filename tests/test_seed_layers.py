"""The layers that the seed documents list, each built from its settings: its shape, its count.

An empty batch goes through them: the shapes are those of any batch, and nothing is computed.
"""

import math

import pytest
from seed_facts import BY_ID, cases, facts

import minigrad
from minigrad import nn

pytestmark = pytest.mark.unit

BUILT = ("s004.a", "s004.b", "s004.c", "s004.d")  # four networks, row by row


@pytest.fixture(autouse=True)
def _memory_that_nobody_touches(monkeypatch):
    """Layers with 100 million weights, which are not drawn: only their number matters."""
    for kind in (nn.Linear, nn.Conv2d, nn.ConvTranspose2d):
        monkeypatch.setattr(kind, "reset_parameters", lambda self: None)


def count(module):
    return sum(p.numel() for p in module.parameters())


def settings(row):
    names = {"s": "stride", "p": "padding", "d": "dilation", "groups": "groups", "bias": "bias"}
    return {name: row[key] for key, name in names.items() if key in row}


# Each kind of layer from the settings of its row.
LAYERS = {
    "conv2d": lambda row: nn.Conv2d(row["c_in"], row["c_out"], row["k"], **settings(row)),
    "conv_transpose2d": lambda row: nn.ConvTranspose2d(
        row["c_in"], row["c_out"], row["k"], output_padding=row["output_padding"], **settings(row)
    ),
    "linear": lambda row: nn.Linear(row["d_in"], row["d_out"], row.get("bias", True)),
    "max_pool2d": lambda row: nn.MaxPool2d(row["k"], row["s"], row["p"]),
    "avg_pool2d": lambda row: nn.AvgPool2d(row["k"], row["s"], row["p"]),
    "batch_norm2d": lambda row: nn.BatchNorm2d(row["c"], affine=row["affine"]),
    "dropout": lambda row: nn.Dropout(row.get("p", 0.2)),
    "leaky_relu": lambda row: nn.LeakyReLU(0.2),
    "tanh": lambda row: nn.Tanh(),
    "flatten": lambda row: nn.Flatten(),
    "zero_pad2d": lambda row: nn.ZeroPad2d(row["pad"]),
    "block": lambda row: nn.Identity(),
    "upsample_nearest": lambda row: nn.UpsamplingNearest2d(scale_factor=tuple(row["size"])),
}


def through(layer, shape):
    """The shape of the result for one example, found with none; several inputs are joined."""
    shapes = shape if isinstance(shape[0], list) else [shape]
    with minigrad.no_grad():
        x = minigrad.cat([minigrad.zeros(0, *each) for each in shapes], 1)
        return list(layer(x).shape[1:])


@pytest.mark.parametrize(("row", "expected"), cases("arch_row"))
def test_rows_of_networks(row, expected):
    if row["layer"] == "reshape":
        layer = nn.Unflatten(1, tuple(expected["out_shape"]))
    else:
        layer = LAYERS[row["layer"]](row)
    assert count(layer) == expected["params"]
    assert through(layer, row["in_shape"]) == expected["out_shape"]


@pytest.mark.parametrize("name", BUILT)
def test_totals_of_networks(name):
    rows = [f for f in facts("arch_row") if f["id"].startswith(name + ".")]
    counts = [f["expected"]["params"] for f in rows]
    assert BY_ID[f"{name}.total"]["inputs"]["terms"] == [n for n in counts if n]
    total = BY_ID[f"{name}.total"]["expected"]
    assert sum(counts) == (total["params"] if isinstance(total, dict) else total)
    derived = BY_ID[f"{name}.derived"]["expected"]
    elements = sum(math.prod(f["expected"]["out_shape"]) for f in rows)
    assert elements in (
        derived.get("row_output_elements"), derived.get("row_output_elements_per_image")
    )  # fmt: skip
    for key, layers in (("conv_params", "conv"), ("bn_params", "batch_norm")):
        if key in derived:
            found = [f for f in rows if f["inputs"]["layer"].startswith(layers)]
            assert sum(f["expected"]["params"] for f in found) == derived[key]


def test_all_derived_values_are_looked_at():
    keys = {key for fact in facts("totals") for key in fact["expected"]}
    looked_at = {
        "params", "conv_params", "bn_params", "row_output_elements",
        "row_output_elements_per_image",
    }  # fmt: skip
    later = {
        "macs", "macs_dense", "macs_exact", "dense_share", "params_MiB", "forward_backward_MiB",
        "forward_backward_MiB_batch16",
    }  # fmt: skip
    assert keys == looked_at | later


def test_skip_connections_add_up():
    found = [f["expected"] for f in facts("concat_list") if f["expected"]]
    assert found
    for side, up, down, total, *_ in (row for rows in found for row in rows if len(row) == 5):
        halves = [minigrad.zeros(0, channels, side, side) for channels in (up, down)]
        assert minigrad.cat(halves, 1).shape == (0, total, side, side)


# Shapes and counts of single layers


@pytest.mark.parametrize(("row", "expected"), cases("shape_layer"))
def test_shapes(row, expected):
    if row["layer"] == "upsample_nearest":  # channels last, in and out
        *sides, channels = row["in_shape_hwc"]
        assert through(LAYERS[row["layer"]](row), [channels, *sides]) == [
            expected[2], *expected[:2]
        ]  # fmt: skip
        return
    batch, *shape = row["in_shape"]
    assert [batch, *through(LAYERS[row["layer"]](row), shape)] == expected


def side(row):
    """What a layer of one channel makes of a picture of h x (h + 1)."""
    kind = nn.ConvTranspose2d if "output_padding" in row else nn.Conv2d
    more = {"output_padding": row["output_padding"]} if "output_padding" in row else {}
    layer = kind(1, 1, row["k"], **settings(row), **more)
    return through(layer, (1, row["h"], row["h"]))[1]


@pytest.mark.parametrize(("row", "expected"), cases("shape_conv", "shape_convt"))
def test_sides(row, expected):
    assert side(row) == expected


@pytest.mark.parametrize(("inputs", "expected"), cases("shape_net"))
def test_sides_through_a_network(inputs, expected):
    """Three layers that halve, three that double, for any odd kernel; one that keeps."""
    for k in (1, 3, 5):
        found, size = [], inputs["h"]
        for name in inputs["layers"]:
            if name.startswith("L"):
                layer = nn.Conv2d(1, 1, k, 2, k // 2)
            elif name.startswith("D"):
                layer = nn.ConvTranspose2d(1, 1, k, 2, k // 2, output_padding=1)
            else:
                layer = nn.Conv2d(1, 1, 1)
            size = through(layer, (1, size, size))[1]
            found.append(size)
        assert found == expected


@pytest.mark.parametrize(("row", "expected"), cases("params"))
def test_parameters(row, expected):
    if expected > 10**9:  # 45 GB of weights: the formula alone
        assert row["d_out"] * (row["d_in"] + 1) == expected
    else:
        assert count(LAYERS[row["layer"]](row)) == expected


@pytest.mark.parametrize(("row", "expected"), cases("params_layer"))
def test_parameters_with_and_without_bias(row, expected):
    for bias, name in ((True, "with_bias"), (False, "without_bias")):
        assert count(LAYERS[row["layer"]]({**row, "bias": bias})) == expected[name]


@pytest.mark.parametrize(("inputs", "expected"), cases("params_total"))
def test_sums_of_parameters(inputs, expected):
    if "terms" in inputs:
        total = sum(inputs["terms"])
    elif "appendix_c" in inputs:  # running statistics count as buffers
        trainable = sum(inputs[name] for name in ("appendix_c", "extra_input", "extra_output"))
        assert trainable == expected["trainable"]
        total = trainable + inputs["running_stats"]
    else:
        assert {name: sum(terms) for name, terms in inputs.items()} == expected
        return
    if not isinstance(expected, dict):
        assert total == expected
        return
    assert total == expected.get("params", expected.get("total"))
    if "MiB" in expected:
        assert round(total * inputs["bytes_per_number"] / 2**20, 2) == expected["MiB"]


def test_biases_of_104_layers():
    (fact,) = facts("params_bias")
    layers = [nn.Conv2d(1, c_out, 1) for c_out in fact["inputs"]["c_out"]]
    assert sum(layer.bias.numel() for layer in layers) == fact["expected"]


def test_depth_of_a_kernel_is_the_channels_before():
    (fact,) = facts("params_depth")
    channels = fact["inputs"]["channels"]
    layers = [nn.Conv2d(c, 2, 1) for c in channels[1:]]
    assert [layer.weight.shape[1] for layer in layers] == fact["expected"]


def test_sizes_of_dense_layers():
    (fact,) = facts("formula")
    shape = [fact["inputs"][name] for name in "chw"]
    (wide,) = through(nn.Flatten(), shape)
    assert fact["expected"] == {"d_in": wide, "d_h1": wide // 2, "d_out": fact["inputs"]["d_out"]}


# Depthwise-separable convolution


@pytest.mark.parametrize(("inputs", "expected"), cases("ops_separable"))
def test_separable_convolution(inputs, expected):
    """Its parameters, and the operations that they and the shapes make."""
    C, N, k = (inputs[name] for name in ("C", "N", "k"))
    full, separable = nn.Conv2d(C, N, k, bias=False), nn.DepthwiseSeparableConv2d(
        C, N, k, bias=False
    )  # fmt: skip
    assert count(full) == expected["vanilla_params"]
    assert count(separable) == expected["separable_params"]
    assert (count(separable) < count(full)) == expected["separable_is_smaller_params"]
    pixels = inputs["B"] * inputs["H"] * inputs["W"]

    def operations(layer):
        """Multiplications, and one addition less than those for each output."""
        times = count(layer) * pixels
        return times, times - layer.out_channels * pixels

    times, plus = operations(full)
    assert (times, plus) == (expected["vanilla_mults"], expected["vanilla_adds"])
    assert times + plus == expected["vanilla_ops"]
    parts = [sum(operations(part)) for part in (separable.depthwise, separable.pointwise)]
    assert parts == [expected["depthwise_ops"], expected["pointwise_ops"]]
    assert sum(parts) == expected["separable_ops"]
    assert (sum(parts) < times + plus) == expected["separable_is_smaller_ops"]


def test_separable_is_not_always_smaller():
    (fact,) = facts("inequality")
    for example in fact["inputs"]["examples_false"]:
        C, N, k = (example[name] for name in ("C", "N", "k"))
        sizes = [
            count(layer(C, N, k, bias=False)) for layer in (nn.DepthwiseSeparableConv2d, nn.Conv2d)
        ]
        assert sizes[0] >= sizes[1]
        assert not 1 / N + 1 / k**2 < 1
