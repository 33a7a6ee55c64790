"""What every network says of itself: the same few things, and all of them true."""

import inspect
import typing

import pytest
from model_rows import count

import minigrad
from minigrad.models import MODELS, build_model, count_parameters
from minigrad.summary import describing

pytestmark = pytest.mark.unit

# Options that make a small network of each kind.
SMALL = {
    "unet": {"width": 2, "depth": 2},
    "colornet": {"width": 2, "out_channels": 3},
    "upunet": {"width": 2, "depth": 3},
    "cnn": {"side": 20, "width": 2, "hidden": 3},
    "autoencoder": {"width": 2},
    "pix2pix": {"width": 2, "depth": 3},
    "patchgan": {"width": 2},
    "fully_connected": {"side": 6, "out_channels": 3},
    "deep_conv": {"side": 20, "out_channels": 3},
    "down_chain": {"side": 24, "width": 2, "out_channels": 8},
    "xor": {"solved": False},
    "six_layer": {"side": 16, "width": 8},
    "vanilla": {"kernel": 2},
    "grouped": {"groups": 4},
    "separable": {"kernel": 5},
}


def test_every_network_has_a_small_one():
    assert set(MODELS) == set(SMALL)


@pytest.mark.parametrize("name", MODELS)
def test_a_network_describes_itself(name):
    kind = MODELS[name]
    assert kind.TITLE
    assert all(isinstance(size, int) for size in kind.INPUT)
    options = inspect.signature(kind).parameters
    assert all(option.default is not inspect.Parameter.empty for option in options.values())
    assert set(kind.HELP) <= set(options)
    assert all(text and not text.endswith(".") and len(text) < 90 for text in kind.HELP.values())
    hints = typing.get_type_hints(kind.__init__)
    assert set(options) <= set(hints)
    for option in options:
        choices = typing.get_args(hints[option])
        assert f"{option}" in kind.__doc__
        assert not choices or options[option].default in choices
    document = inspect.getmodule(kind).__doc__
    assert "====" in document or "|" in document
    assert "Source: " in document


@pytest.mark.parametrize("name", MODELS)
def test_a_network_knows_its_size_and_channels(name):
    options = SMALL[name]
    net = build_model(name, options)
    assert count(net) == count_parameters(name, options)
    assert net.multiple >= 1
    assert net.reach is None or net.reach >= 0
    shape = net.INPUT
    if len(shape) == 3:
        side = 32 if net.multiple < 6 else net.multiple
        shape = (net.in_channels, side, side)
    with minigrad.no_grad():
        y = net.eval()(minigrad.zeros(2, *shape))
    assert tuple(y.shape[:2]) == (2, net.out_channels)


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_draws_the_same_weights(name):
    nets = []
    for _ in range(2):
        minigrad.manual_seed(5)
        nets.append(build_model(name, SMALL[name]).state_dict())
    for key, value in nets[0].items():
        assert value.numpy().tobytes() == nets[1][key].numpy().tobytes(), key


@pytest.mark.parametrize("name", MODELS)
def test_the_usual_network_counts_as_promised(name):
    with describing():
        net = build_model(name, {})
        y = net(minigrad.zeros(2, *net.INPUT))
    assert tuple(y.shape[:2]) == (2, net.out_channels)
    assert count(net) == count_parameters(name, {})


def test_an_unknown_network_or_option():
    with pytest.raises(ValueError, match=r"model 'vgg' is unknown; there are unet, colornet"):
        count_parameters("vgg", {})
    with pytest.raises(ValueError, match=r"model pix2pix has no option hight; there are in_chan"):
        build_model("pix2pix", {"hight": 3})
