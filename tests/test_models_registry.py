"""What every network says of itself: the same few things, and all of them true."""

import inspect
import typing

import pytest
from model_rows import count

import minigrad
from minigrad import optim
from minigrad.models import MODELS, build_model, count_parameters
from minigrad.nn import functional as F
from minigrad.summary import describing

pytestmark = pytest.mark.unit

# Options that make a small network of each kind.
SMALL = {
    "unet": {"width": 4, "depth": 2},
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


def small_input(net):
    """Shape of one small input that fits."""
    side = 32 if net.multiple < 6 else net.multiple
    return net.INPUT if len(net.INPUT) != 3 else (net.in_channels, side, side)


def test_every_network_has_a_small_one():
    assert set(MODELS) == set(SMALL)


@pytest.mark.parametrize("name", MODELS)
def test_a_network_describes_itself(name):
    kind = MODELS[name]
    assert kind.TITLE
    assert kind.SOURCE
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
    shape = small_input(net)
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
def test_weights_come_back_to_the_last_bit(name):
    first, second = (build_model(name, SMALL[name]) for _ in range(2))
    second.load_state_dict(first.state_dict())
    shape = small_input(first)
    with minigrad.no_grad():
        x = minigrad.randn(2, *shape)
        assert first.eval()(x).tolist() == second.eval()(x).tolist()


@pytest.mark.parametrize("name", MODELS)
def test_one_batch_is_learned_by_heart(name):
    """Far more than by its mean: targets are the answers of a network with other weights."""
    minigrad.manual_seed(1)
    options = {key: value for key, value in SMALL[name].items() if key != "solved"}
    net, teacher = build_model(name, SMALL[name]), build_model(name, options)
    net.eval(), teacher.eval()
    x = minigrad.randn(2, *small_input(net))
    with minigrad.no_grad():
        y = teacher(x)
        y *= 0.3 / y.std()
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    losses = []
    for _ in range(120):
        loss = F.mse_loss(net(x), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert min(losses) < 0.3 * min(losses[0], 0.3**2)


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
