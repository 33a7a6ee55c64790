"""Faults 35 to 44: layers, losses and optimizers."""

import math

import numpy as np
import pytest

import minigrad
import minigrad.functional as F
from faults.listing import Listing, double, refuses
from minigrad import nn, optim
from minigrad.train.colorize import inference_mode_of

__all__ = ["FAULTS"]

FAULTS = fault = Listing()


@fault(35)
def one_value_per_channel():
    """As at the bottom of a U-Net, 1 x 1 with a batch of 1."""
    for layer, x in (
        (nn.BatchNorm2d(3), minigrad.ones(1, 3, 1, 1)),
        (nn.BatchNorm1d(3), minigrad.ones(1, 3)),
    ):
        refuses(lambda x=x, layer=layer: layer(x), "one value per channel", error=ValueError)
        assert layer.running_var.tolist() == [1.0] * 3
        assert layer.eval()(x).shape == x.shape
    refuses(lambda: nn.InstanceNorm2d(3)(minigrad.ones(2, 3, 1, 1)), error=ValueError)


@fault(36)
def batches_that_spoil_running_statistics():
    """Empty ones leave them alone; NaN goes through, and shows."""
    norm = nn.BatchNorm2d(2)
    norm(minigrad.zeros(0, 2, 3, 4))
    assert (norm.running_mean.tolist(), norm.running_var.tolist()) == ([0.0] * 2, [1.0] * 2)
    x = minigrad.ones(2, 2, 3, 4)
    x[0, 1, 0, 0] = math.nan
    y = norm(x)
    assert not y.isnan()[:, 0].any()
    assert y.isnan()[:, 1].all()
    assert not norm.running_mean.isnan()[0]
    assert norm.running_mean.isnan()[1]


@fault(37)
def constant_channels():
    """Exactly the bias, however large the constant; and no variance of rounding beside one."""
    bias = minigrad.tensor([0.25, -3.0, 0.0])
    x = minigrad.tensor([1.0, 12345.678, 1e6]).reshape(1, 3, 1, 1).expand(4, 3, 5, 7)
    y = F.batch_norm(x, None, None, minigrad.ones(3), bias, training=True)
    np.testing.assert_array_equal(y.array, np.broadcast_to(bias.array[:, None, None], y.shape))
    noise = np.random.default_rng(37).integers(-3, 4, (4, 1, 5, 7))
    large, small = (F.batch_norm(double(noise + c), None, None, training=True) for c in (2**30, 0))
    np.testing.assert_allclose(large.array, small.array, atol=1e-6)  # a mean of 31 bits


@fault(38)
def dropout_of_everything():
    x = double(np.ones((3, 4)), True)
    y = F.dropout(x, 1.0)
    y.sum().backward()
    assert not y.array.any()
    assert not x.grad.array.any()
    for p in (-0.1, 1.1, math.nan):
        refuses(lambda p=p: F.dropout(x, p), "p", error=ValueError)
        refuses(lambda p=p: nn.Dropout(p), error=ValueError)


@fault(39)
def labels_out_of_range():
    x = double(np.zeros((2, 3)))
    for label in (3, -1, 10**9):
        target = minigrad.tensor([0, label])
        refuses(lambda t=target: F.cross_entropy(x, t), label, 3, error=IndexError)
        refuses(lambda t=target: F.nll_loss(x, t), label, 3, error=IndexError)
        assert F.cross_entropy(x, target, ignore_index=label).item() == pytest.approx(math.log(3))
    assert F.cross_entropy(x, minigrad.tensor([0, -100])).item() == pytest.approx(math.log(3))


@fault(40)
def large_logits():
    """max(x, 0) - x t + ln(1 + e**-|x|), at any finite logit, with and without pos_weight."""
    for size in (1e3, 1e10, 1e300):
        x, t = double([size, -size, size, -size], True), double([1.0, 0.0, 0.0, 1.0])
        y = F.binary_cross_entropy_with_logits(x, t, reduction="none")
        np.testing.assert_array_equal(y.array, [0.0, 0.0, size, size])
        y = F.binary_cross_entropy_with_logits(x, t, reduction="none", pos_weight=double([3.0]))
        np.testing.assert_allclose(y.array, [0.0, 0.0, size, 3 * size], rtol=1e-15)
        y.sum().backward()
        assert np.isfinite(x.grad.array).all()
        logits = double([[size, -size, 0.0]], True)
        loss = F.cross_entropy(logits, minigrad.tensor([1]))
        assert loss.item() == 2 * size
        loss.backward()
        assert np.isfinite(logits.grad.array).all()


@fault(41)
def a_parameter_twice():
    w, v = nn.Parameter(minigrad.ones(2)), nn.Parameter(minigrad.ones(3))
    refuses(lambda: optim.SGD([w, w], lr=0.1))
    refuses(lambda: optim.Adam([{"params": [w]}, {"params": [v, w]}]))


@fault(42)
def adam():
    """The published formula for 100 steps, a parameter without gradient left alone."""
    rng = np.random.default_rng(42)
    for settings in ({}, {"amsgrad": True}, {"weight_decay": 0.1}):
        start = rng.standard_normal(4)
        w, idle = nn.Parameter(double(start)), nn.Parameter(double([1.0]))
        steps = optim.Adam([w, idle], lr=0.01, betas=(0.8, 0.95), eps=1e-6, **settings)
        p, m, v, largest = start.copy(), np.zeros(4), np.zeros(4), np.zeros(4)
        for t in range(1, 101):
            g = rng.standard_normal(4)
            w.grad = double(g)
            steps.step()
            g = g + settings.get("weight_decay", 0) * p
            m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g * g
            largest = np.maximum(largest, v)
            second = largest if "amsgrad" in settings else v
            root = np.sqrt(second / (1 - 0.95**t)) + 1e-6  # eps stands outside the correction
            p = p - 0.01 * (m / (1 - 0.8**t)) / root
            np.testing.assert_allclose(w.detach().array, p, rtol=1e-10)
        assert idle.tolist() == [1.0]
        assert not steps.state[idle]


@fault(43)
def states_that_do_not_fit():
    """All problems at once, and nothing changed: one filter does not become 32."""
    model = nn.Sequential(nn.Conv2d(2, 32, (3, 2)), nn.BatchNorm2d(32))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = {**before, "0.weight": before["0.weight"][:1], "1.extra": before["1.bias"]}
    del state["1.weight"]
    refuses(lambda: model.load_state_dict(state), "0.weight", "1.extra", "1.weight")
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value.array, before[name].array)


@fault(44)
def the_mode_of_inference():
    """Batch norm and dropout have modes that are named, and come back afterwards."""
    minigrad.manual_seed(44)
    model = nn.Sequential(nn.BatchNorm2d(2), nn.Dropout(0.5))
    x = 5 + minigrad.rand(1, 2, 6, 7)
    model.eval()
    np.testing.assert_allclose(model(x).array, x.array, rtol=1e-4)  # running 0 and 1
    with inference_mode_of(model, "batch", dropout=False):
        own = model(x).array
    assert abs(own.mean()) < 1e-5  # this picture's own statistics
    assert not model[0].training
    assert model[0].running_mean.tolist() == [0.0, 0.0]
    with inference_mode_of(model, "running", dropout=True):
        assert (model(x).array == 0).any()
    assert not model[1].training
