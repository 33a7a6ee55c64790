"""Colorizing pictures of any size, and the checkpoints it is done from."""

import os

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.data import network_to_rgb, rgb_to_lab, rgb_to_network
from minigrad.models import UNet
from minigrad.tensor import Tensor
from minigrad.train import CheckpointError, Colorizer, load_colorizer, save_checkpoint
from minigrad.train.colorize import colour_name, join

pytestmark = pytest.mark.unit

NET = {"width": 3, "depth": 2}


def lively_net(**options):
    """A U-Net whose answers are far from gray, and whose batch norms have seen something."""
    minigrad.manual_seed(4)
    net = UNet(**{**NET, **options})
    nn.init.normal_(net.head.weight, std=0.5)
    for _ in range(3):
        net(minigrad.randn(4, 1, 16, 12))
    return net


def picture(H, W, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (H, W, 3), np.uint8)


class Constant(nn.Module):
    """Says one colour, and remembers what it was shown."""

    def __init__(self, a, b):
        super().__init__()
        self.colour, self.shapes = (a, b), []

    def forward(self, x):
        self.shapes.append(tuple(x.shape))
        N, _, H, W = x.shape
        ab = np.broadcast_to(np.array(self.colour, np.float32)[:, None, None], (N, 2, H, W))
        return Tensor.wrap(ab.copy())


@pytest.mark.parametrize(
    ("H", "W", "scale"), [(40, 61, 20), (61, 40, 20), (20, 31, 20), (9, 8, 20)]
)
def test_the_lightness_of_the_result_is_the_originals(H, W, scale):
    image = picture(H, W)
    # Random colours scatter; gray ones make Lab's L survive the way to RGB and back.
    gray = np.repeat(image[..., :1], 3, axis=2)
    result = Colorizer(Constant(0.02, 0.03), scale)(gray)
    assert result.shape == gray.shape
    assert result.dtype == np.uint8
    wanted, got = rgb_to_lab(gray), rgb_to_lab(result)
    inside = (result > 0).all(axis=-1) & (result < 255).all(axis=-1)
    assert abs(wanted[..., 0] - got[..., 0])[inside].max() < 0.8  # rounding to 8 bits
    assert abs(got[inside][:, 1].mean() - 2.2) < 0.3  # 0.02 x 110


@pytest.mark.parametrize(
    ("H", "W", "scale", "seen"),
    [
        (40, 60, 20, (20, 30)),
        (60, 40, 20, (30, 20)),
        (40, 60, None, (40, 60)),
        (40, 60, 80, (40, 60)),
        (3, 400, 2, (2, 267)),
    ],
)
def test_the_network_sees_its_own_scale(H, W, scale, seen):
    net = Constant(0.1, 0.1)
    ab = Colorizer(net, scale).ab(np.zeros((1, H, W), np.float32))
    assert ab.shape == (2, H, W)
    assert net.shapes == [(1, 1, *seen)]


def test_colour_in_the_picture_is_not_looked_at():
    colorizer = Colorizer(lively_net())
    image = picture(20, 30)
    lightness, _ = rgb_to_network(image)
    gray = network_to_rgb(lightness, np.zeros((2, 20, 30), np.float32))
    again, _ = rgb_to_network(gray)
    np.testing.assert_allclose(colorizer.ab(lightness), colorizer.ab(again), atol=0.05)


@pytest.mark.parametrize("upsampling", ["transposed", "bilinear"])
@pytest.mark.parametrize(("H", "W"), [(131, 90), (64, 150)])
def test_tiles_leave_no_seam(upsampling, H, W):
    net = lively_net(upsampling=upsampling)
    lightness = np.random.default_rng(2).uniform(-1, 1, (1, H, W)).astype(np.float32)
    whole = Colorizer(net, tile=512).ab(lightness)
    tiled = Colorizer(net, tile=32).ab(lightness)
    np.testing.assert_allclose(tiled, whole, atol=2e-5)
    assert whole.std() > 0.05


def test_tiles_are_small():
    net = Constant(0.1, 0.1)
    net.multiple, net.reach = 4, 10
    Colorizer(net, tile=30).ab(np.zeros((1, 200, 100), np.float32))
    assert max(H * W for _, _, H, W in net.shapes) <= (32 + 2 * 12) ** 2
    assert len(net.shapes) == 7 * 4


def test_a_network_of_one_size_gets_the_whole_picture_in_it():
    net = Constant(0.1, 0.1)
    net.side = net.multiple = 16
    net.reach = None
    assert Colorizer(net, scale=40).ab(np.zeros((1, 50, 90), np.float32)).shape == (2, 50, 90)
    assert net.shapes == [(1, 1, 16, 16)]


def test_a_network_that_sees_everything_gets_no_tiles():
    net = Constant(0.1, 0.1)
    net.reach = None
    Colorizer(net, tile=32).ab(np.zeros((1, 50, 100), np.float32))
    Colorizer(net, scale=10, tile=32).ab(np.zeros((1, 50, 100), np.float32))
    assert net.shapes == [(1, 1, 16, 32), (1, 1, 10, 20)]


def test_a_network_of_three_channels_gets_lightness_three_times():
    net = Constant(0.1, 0.1)
    net.in_channels = 3
    Colorizer(net).ab(np.zeros((1, 5, 9), np.float32))
    assert net.shapes == [(1, 3, 5, 9)]


def test_a_picture_of_odd_size_and_of_one_pixel():
    colorizer = Colorizer(lively_net(), 50)
    for H, W in ((1, 1), (1, 77), (53, 1)):
        assert colorizer(picture(H, W)).shape == (H, W, 3)


def test_modes_of_batch_norm_and_dropout_are_chosen_and_left_as_they_were():
    net = lively_net(dropout=0.5)
    net.train()
    before = {name: value.numpy().copy() for name, value in net.state_dict().items()}
    lightness = np.random.default_rng(2).uniform(-1, 1, (1, 16, 24)).astype(np.float32)

    def ab(**modes):
        minigrad.manual_seed(0)
        return Colorizer(net, **modes).ab(lightness)

    running, batch, drop = ab(), ab(batch_norm="batch"), ab(dropout=True)
    np.testing.assert_array_equal(ab(), running)
    assert abs(running - batch).max() > 1e-3
    assert abs(running - drop).max() > 1e-3
    assert all(module.training for module in net.modules())
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name])


def test_saturation():
    lightness = np.zeros((1, 8, 8), np.float32)
    net = lively_net()
    full, half = (Colorizer(net, saturation=s).ab(lightness) for s in (1.0, 0.5))
    np.testing.assert_allclose(half, full / 2, rtol=1e-6)


def test_a_large_picture_is_joined_in_strips(monkeypatch):
    lightness, ab = rgb_to_network(picture(37, 20))
    monkeypatch.setattr("minigrad.train.colorize._STRIP", 100)
    np.testing.assert_array_equal(join(lightness, ab), network_to_rgb(lightness, ab))


@pytest.mark.parametrize(
    "settings", [{"batch_norm": "eval"}, {"scale": 0}, {"tile": 0}, {"saturation": -1.0}]
)
def test_settings_out_of_range(settings):
    with pytest.raises(ValueError, match=f"Colorizer: .*{next(iter(settings))}"):
        Colorizer(lively_net(), **settings)


def write(path, net=None, **changes):
    net = net or lively_net()
    state = {
        "model": {"name": "unet", "options": NET},
        "inference": {"batch_norm": "batch", "dropout": False},
        "scale": 24,
        "target": {"name": "ab", "loss": "l1", "span": "symmetric"},
    }
    arrays = {f"model.{name}": value.numpy() for name, value in net.state_dict().items()}
    save_checkpoint(path, arrays, {**state, **changes})


def test_a_checkpoint_colorizes_as_the_network_did(tmp_path):
    net = lively_net()
    write(tmp_path / "best.safetensors", net)
    loaded, state = load_colorizer(tmp_path / "best.safetensors")
    image = picture(50, 41)
    wanted = Colorizer(net, 24, batch_norm="batch")(image)
    np.testing.assert_array_equal(loaded(image), wanted)
    assert state["scale"] == 24
    changed, _ = load_colorizer(tmp_path / "best.safetensors", batch_norm="running", scale=None)
    np.testing.assert_array_equal(changed(image), Colorizer(net)(image))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {"name": "os.system", "options": {}}}, "'os.system' is unknown"),
        ({"model": {"name": "unet", "options": {"width": 10**6}}}, "bytes of weights"),
        ({"model": {"name": "unet", "options": {"wide": 1}}}, "no option wide"),
        ({"model": {"name": "unet", "options": {"width": "3"}}}, "can be built"),
        ({"model": {"name": "unet", "options": {"width": 2, "depth": 2}}}, "has shape"),
        ({"model": {"name": "unet", "options": {"width": 3, "depth": 1}}}, "has shape"),
        ({"model": []}, "can be built"),
        ({"scale": "x"}, "can be built"),
        ({"inference": {"colour": 1}}, "can be built"),
        ({"inference": None}, "can be built"),
        ({"target": None}, "can be built"),
        ({"target": {"name": "hue"}}, "target 'hue' is unknown"),
        ({"target": {"name": "ab", "loss": "l3"}}, "loss='l3' must be one of"),
        ({"target": {"name": "rgb"}}, "2 channels, its target has 3"),
        ({"target": {"name": "bins"}}, "centres"),
    ],
)
def test_a_checkpoint_that_is_not_what_it_says_is_refused(tmp_path, changes, message):
    write(tmp_path / "x.safetensors", **changes)
    with pytest.raises(CheckpointError, match=rf"x\.safetensors[\s\S]*{message}"):
        load_colorizer(tmp_path / "x.safetensors")


def test_names_of_results():
    assert colour_name(os.path.join("a", "cat.jpg")) == "cat-colour.png"
    assert colour_name("b/cat.png", ["cat-colour.png"]) == "cat-colour-2.png"
