"""Neighbours in a Sequential that run as one operation: the same numbers, and no one bypassed."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad
from minigrad import nn
from minigrad.functional.upsampled_conv import combine_kernels, upsampled_conv2d
from minigrad.gradcheck import gradcheck, gradgradcheck
from minigrad.nn import functional as F
from minigrad.nn.modules import joint

pytestmark = pytest.mark.unit


def whole_numbers(rng, *shape):
    return minigrad.tensor(rng.integers(-4, 5, shape).astype(float))


@pytest.mark.property
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_upsampled_convolution_is_the_two_operations(data):
    """Exactly, on whole numbers."""
    draw = data.draw
    SH, SW = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    KH, KW = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    padding = draw(st.integers(0, KH - 1)), draw(st.integers(0, KW - 1))
    G, C, O = (draw(st.integers(1, 3)) for _ in range(3))
    H = draw(st.integers(-(-KH // SH), 5))
    W = draw(st.integers(-(-KW // SW), 6))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    x = whole_numbers(rng, 2, G * C, H, W)
    w, b = whole_numbers(rng, G * O, C, KH, KW), whole_numbers(rng, G * O)
    large = F.interpolate(x, scale_factor=(SH, SW))
    expected = F.conv2d(large, w, b, 1, padding, 1, G)
    assert upsampled_conv2d(x, w, b, (SH, SW), padding, G).tolist() == expected.tolist()


def test_combined_kernels_by_hand():
    """A 2 x 1 kernel (3, 5), each pixel repeated twice down: output rows 2h and 2h + 1."""
    combined = combine_kernels(minigrad.tensor([[[[3.0], [5.0]]]]), (2, 1))
    assert combined.flatten().tolist() == [5, 8, 3]


def test_gradients_of_the_upsampled_convolution():
    rng = np.random.default_rng(1)
    x = minigrad.tensor(rng.standard_normal((2, 2, 3, 2)), requires_grad=True)
    w = minigrad.tensor(rng.standard_normal((4, 1, 3, 2)), requires_grad=True)
    b = minigrad.tensor(rng.standard_normal(4), requires_grad=True)

    def run(x, w, b):
        return upsampled_conv2d(x, w, b, (2, 3), (1, 0), 2)

    assert gradcheck(run, (x, w, b))
    assert gradgradcheck(run, (x, w, b))


@pytest.fixture
def runs(monkeypatch):
    """What ran jointly, in order."""
    seen = []
    for pair, run in joint._JOINT.items():

        def spy(first, second, input, run=run, pair=pair):
            result = run(first, second, input)
            if result is not None:
                seen.append(tuple(module.__name__ for module in pair))
            return result

        monkeypatch.setitem(joint._JOINT, pair, spy)
    return seen


def upsampling(**options):
    settings = {"kernel_size": 3, "padding": 1, **options}
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(4, 6, **settings), nn.ReLU())


def apart(network, x):
    for module in network:
        x = module(x)
    return x


def assert_same(network, x):
    with minigrad.no_grad():
        result, expected = network(x), apart(network, x)
    np.testing.assert_allclose(result.numpy(), expected.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [{}, {"padding": "same"}, {"padding": 0, "bias": False}, {"kernel_size": 5}, {"groups": 2}],
)
def test_upsample_and_convolution_run_as_one(runs, options):
    network, x = upsampling(**options), minigrad.randn(2, 4, 10, 7)
    assert_same(network, x)
    assert runs == [("Upsample", "Conv2d")]


@pytest.mark.parametrize(
    "options",
    [
        {"stride": 2},
        {"dilation": 2},
        {"padding": 3},
        {"padding_mode": "reflect"},
        {"kernel_size": (2, 3), "padding": "same"},
        {"kernel_size": 1, "padding": 0},
    ],
)
def test_other_settings_run_apart(runs, options):
    network, x = upsampling(**options), minigrad.randn(2, 4, 10, 7)
    assert_same(network, x)
    assert runs == []


@pytest.mark.parametrize("mode", ["bilinear", "nearest-exact"])
def test_other_modes_run_apart(runs, mode):
    network = nn.Sequential(nn.Upsample(scale_factor=2, mode=mode), nn.Conv2d(4, 6, 3))
    assert_same(network, minigrad.randn(2, 4, 10, 7))
    network = nn.Sequential(nn.Upsample(scale_factor=1.5), nn.Conv2d(4, 6, 3))
    assert_same(network, minigrad.randn(2, 4, 10, 8))
    network = nn.Sequential(nn.Upsample(size=(12, 12)), nn.Conv2d(4, 6, 3))
    assert_same(network, minigrad.randn(2, 4, 10, 8))
    assert runs == []


def test_small_pictures_run_apart(runs):
    assert_same(upsampling(), minigrad.randn(1, 4, 3, 2))
    assert runs == []


def test_a_hook_sees_its_module_run(runs):
    network, x, seen = upsampling(), minigrad.randn(2, 4, 10, 7), []
    handle = network[0].register_forward_hook(lambda module, args, y: seen.append(y.shape))
    network(x)
    assert seen == [(2, 4, 20, 14)]
    assert runs == []
    handle.remove()
    network(x)
    assert runs == [("Upsample", "Conv2d")]


def test_a_subclass_runs_itself(runs):
    class Mine(nn.Conv2d):
        def forward(self, input):
            return 0 * super().forward(input)

    network = nn.Sequential(nn.Upsample(scale_factor=2), Mine(4, 6, 3))
    assert network(minigrad.randn(2, 4, 10, 7)).abs().sum().item() == 0
    assert runs == []


def test_a_forward_of_the_instance_runs(runs):
    network = upsampling()
    network[1].forward = lambda x: x.sum()
    assert network(minigrad.ones(2, 4, 10, 7)).item() == 2 * 4 * 20 * 14
    assert runs == []


def test_errors_are_those_of_the_modules():
    network = upsampling()
    with pytest.raises(ValueError, match="conv2d"):
        network(minigrad.ones(2, 5, 10, 7))
    with pytest.raises(TypeError, match="conv2d"):
        network(minigrad.ones(2, 4, 10, 7, dtype=minigrad.float64))


def test_training_moves_the_same_parameters():
    network, x = upsampling(bias=True), minigrad.randn(2, 4, 10, 7, requires_grad=True)
    network(x).square().sum().backward()
    joined = [t.grad.numpy().copy() for t in (x, *network.parameters())]
    network.zero_grad()
    x.grad = None
    apart(network, x).square().sum().backward()
    for a, b in zip(joined, (x, *network.parameters()), strict=True):
        np.testing.assert_allclose(a, b.grad.numpy(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("act", [nn.ReLU(), nn.LeakyReLU(0.2), nn.ReLU(inplace=True)])
@pytest.mark.parametrize("norm", [nn.BatchNorm2d, nn.BatchNorm1d])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_and_activation_run_as_one(runs, act, norm, training):
    """To the last bit, with the running statistics and all gradients."""
    shape = (6, 5, 4, 3) if norm is nn.BatchNorm2d else (6, 5, 7)
    network, x = nn.Sequential(norm(5), act), minigrad.randn(*shape, requires_grad=True)
    nn.init.normal_(network[0].weight)
    nn.init.normal_(network[0].bias)
    other = copy.deepcopy(network)
    network.train(training)
    other.train(training)
    results = []
    for run in (network, lambda x: apart(other, x)):
        y = run(x)
        y.square().sum().backward()
        results.append([y.detach().numpy(), x.grad.numpy().copy()])
        x.grad = None
    assert runs == [(norm.__name__, type(act).__name__)]
    for joined, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(joined, expected)
    for joined, expected in zip(network.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(joined.grad.numpy(), expected.grad.numpy())
    for joined, expected in zip(network.buffers(), other.buffers(), strict=True):
        np.testing.assert_array_equal(joined.numpy(), expected.numpy())
