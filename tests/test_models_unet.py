"""The U-Net: any size, the layers' shapes and weights worked out by hand, and clear refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad
from minigrad import nn
from minigrad.errors import SizeError
from minigrad.models import MODELS, UNet, build_model, count_parameters
from minigrad.summary import layer_table

SMALL = {"width": 2, "depth": 2}


@pytest.mark.property
@given(
    N=st.integers(1, 3),
    H=st.integers(1, 37),
    W=st.integers(1, 37),
    depth=st.integers(0, 3),
    upsampling=st.sampled_from(["transposed", "nearest", "bilinear"]),
    channels=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_any_height_and_width_comes_back(N, H, W, depth, upsampling, channels):
    C, O = channels
    net = UNet(C, O, width=2, depth=depth, upsampling=upsampling).eval()
    y = net(minigrad.randn(N, C, H, W))
    assert tuple(y.shape) == (N, O, H, W)
    assert np.isfinite(y.detach().numpy()).all()
    assert (abs(y.detach().numpy()) <= 1).all()


@pytest.mark.unit
def test_padding_repeats_the_border_and_is_cropped():
    net = UNet(**SMALL).eval()
    x = np.random.default_rng(0).normal(size=(1, 1, 6, 7)).astype(np.float32)
    by_hand = np.pad(x, ((0, 0), (0, 0), (0, 2), (0, 1)), mode="edge")
    wanted = net(minigrad.from_numpy(by_hand)).detach().numpy()[..., :6, :7]
    np.testing.assert_array_equal(net(minigrad.from_numpy(x)).detach().numpy(), wanted)


@pytest.mark.unit
def test_a_picture_without_a_batch_axis():
    net = UNet(**SMALL).eval()
    x = minigrad.randn(1, 9, 6)
    alone, batch = net(x).detach().numpy(), net(x.unsqueeze(0)).detach().numpy()
    np.testing.assert_array_equal(alone, batch[0])


def parameters_by_hand(C, O, width, depth, taps):
    """Layer by layer: 3 x 3 convolutions without bias, and 2 numbers a channel of batch norm."""
    count, before = 0, C
    for k in range(depth + 1):
        here = width * 2**k
        count += before * here * 9 + 2 * here
        count += here * here * 9 + 2 * here
        before = here
    for k in range(depth - 1, -1, -1):
        here = width * 2**k
        count += 2 * here * here * taps + here  # doubling, with bias
        count += 2 * here * here * 9 + 2 * here
        count += here * here * 9 + 2 * here
    return count + width * O + O


@pytest.mark.unit
@pytest.mark.parametrize("upsampling", ["transposed", "nearest", "bilinear"])
@pytest.mark.parametrize(("C", "O", "width", "depth"), [(1, 2, 3, 0), (2, 3, 4, 1), (1, 2, 5, 3)])
def test_parameters_are_as_many_as_the_formula_says(C, O, width, depth, upsampling):
    wanted = parameters_by_hand(C, O, width, depth, 4 if upsampling == "transposed" else 1)
    net = UNet(C, O, width, depth, upsampling)
    assert sum(p.numel() for p in net.parameters()) == wanted
    assert UNet.count_parameters(C, O, width, depth, upsampling) == wanted


@pytest.mark.unit
def test_layer_table_of_a_small_net_worked_out_by_hand():
    rows = layer_table(UNet(width=2, depth=1), (1, 8, 6))
    table = [(row.kind, row.output, row.parameters, row.macs) for row in rows]
    big, small = (2, 8, 6), (4, 4, 3)
    assert table == [
        ("Conv2d", big, 18, 18 * 48),
        ("BatchNorm2d", big, 4, 0),
        ("ReLU", big, 0, 0),
        ("Conv2d", big, 36, 36 * 48),
        ("BatchNorm2d", big, 4, 0),
        ("ReLU", big, 0, 0),
        ("MaxPool2d", (2, 4, 3), 0, 0),
        ("Conv2d", small, 72, 72 * 12),
        ("BatchNorm2d", small, 8, 0),
        ("ReLU", small, 0, 0),
        ("Conv2d", small, 144, 144 * 12),
        ("BatchNorm2d", small, 8, 0),
        ("ReLU", small, 0, 0),
        ("ConvTranspose2d", big, 34, 32 * 12),
        ("Join", (4, 8, 6), 0, 0),
        ("Conv2d", big, 72, 72 * 48),
        ("BatchNorm2d", big, 4, 0),
        ("ReLU", big, 0, 0),
        ("Conv2d", big, 36, 36 * 48),
        ("BatchNorm2d", big, 4, 0),
        ("ReLU", big, 0, 0),
        ("Conv2d", (2, 8, 6), 6, 4 * 48),
    ]


@pytest.mark.unit
def test_layer_table_leaves_the_model_as_it_was():
    net = UNet(**SMALL)
    net.down[0].eval()
    before = {name: value.numpy().copy() for name, value in net.state_dict().items()}
    layer_table(net, (1, 8, 8))
    assert net.training
    assert not net.down[0].training
    assert not any(module._forward_hooks for module in net.modules())
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name])


@pytest.mark.unit
def test_layer_table_counts_linear_layers_and_repeated_ones():
    linear = nn.Linear(3, 3)
    rows = layer_table(nn.Sequential(linear, linear), (5, 3))
    assert [(row.parameters, row.macs) for row in rows] == [(12, 45), (0, 45)]


@pytest.mark.unit
@pytest.mark.parametrize("upsampling", ["transposed", "nearest", "bilinear"])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_nothing_acts_beyond_the_reach(depth, upsampling):
    minigrad.manual_seed(depth)
    net = UNet(width=3, depth=depth, upsampling=upsampling).eval()
    side = 2 * net.reach + 4 * net.multiple
    x = np.random.default_rng(1).normal(size=(1, 1, side, 4)).astype(np.float32)
    place = side // 2
    moved = x.copy()
    moved[..., place, :] += 3
    y, z = (net(minigrad.from_numpy(a)).detach().numpy() for a in (x, moved))
    rows = np.flatnonzero((y != z).any(axis=(0, 1, 3)))
    assert place - net.reach <= rows.min() <= place <= rows.max() <= place + net.reach
    assert rows.max() - rows.min() >= net.reach  # and it is no wild overstatement


@pytest.mark.unit
def test_strict_sizes_name_the_level_that_breaks_and_sizes_that_work():
    net = UNet(width=2, depth=3, pad=False).eval()
    assert net(minigrad.zeros(1, 1, 16, 24)).shape == (1, 2, 16, 24)
    with pytest.raises(
        SizeError, match=r"W = 20, which level 2 would have to halve as 5.*16 or 24"
    ):
        net(minigrad.zeros(1, 1, 16, 20))
    with pytest.raises(SizeError, match=r"H = 3, which level 0 .* as 3.*such as 8;"):
        net(minigrad.zeros(1, 1, 3, 8))


@pytest.mark.unit
def test_one_value_a_channel_cannot_be_normalised():
    net = UNet(width=2, depth=2)
    with pytest.raises(SizeError, match=r"deepest level \(k = 2\) is 1 x 1.*batch of 2"):
        net(minigrad.zeros(1, 1, 3, 4))
    net(minigrad.zeros(2, 1, 3, 4))
    net(minigrad.zeros(1, 1, 3, 5))
    net.eval()(minigrad.zeros(1, 1, 3, 4))


@pytest.mark.unit
@pytest.mark.parametrize("shape", [(8, 8), (1, 2, 8, 8), (1, 1, 0, 8), (1, 1, 1, 8, 8)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(SizeError, match=r"UNet: input has shape .*give \(N, 1, H, W\)"):
        UNet(**SMALL)(minigrad.zeros(*shape))


@pytest.mark.unit
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "width"),
        ({"width": 2.0}, "width"),
        ({"depth": -1}, "depth"),
        ({"in_channels": True}, "in_channels"),
        ({"upsampling": "cubic"}, "transposed, nearest, bilinear"),
        ({"output": "relu"}, "tanh, linear"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        UNet(**options)


@pytest.mark.unit
def test_the_first_answer_is_nearly_gray_and_the_layers_keep_the_scale():
    minigrad.manual_seed(0)
    net = UNet(width=16, depth=2)
    seen = []
    net.up[-1].register_forward_hook(lambda module, inputs, output: seen.append(output))
    y = net(minigrad.randn(4, 1, 24, 20)).detach().numpy()
    assert abs(y).mean() < 0.1
    assert 0.3 < seen[0].detach().numpy().std() < 3


@pytest.mark.unit
def test_networks_by_name():
    assert isinstance(build_model("unet", SMALL), UNet)
    assert count_parameters("unet", SMALL) == UNet.count_parameters(**SMALL)
    with pytest.raises(ValueError, match=r"'vgg' is unknown; there are unet"):
        build_model("vgg", {})
    with pytest.raises(ValueError, match="unet has no option hight; there are in_channels"):
        count_parameters("unet", {"hight": 3})
    assert MODELS["unet"] is UNet


@pytest.mark.unit
def test_weights_come_back():
    first, second = UNet(**SMALL), UNet(**SMALL)
    second.load_state_dict(first.state_dict())
    x = minigrad.randn(2, 1, 10, 9)
    np.testing.assert_array_equal(
        first.eval()(x).detach().numpy(), second.eval()(x).detach().numpy()
    )
