"""Initial values: bounds and moments of the distributions, defaults, seeds, refusals."""

import math

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.nn import init

pytestmark = pytest.mark.unit

SHAPE = (40, 30, 3, 5)  # fan in 30 * 15 = 450, fan out 40 * 15 = 600; 18,000 values
FEW = 5 / math.sqrt(math.prod(SHAPE))  # five standard errors of a mean of unit variance


@pytest.fixture(autouse=True)
def seeded():
    minigrad.manual_seed(7)


def moments(x):
    return x.array.mean(dtype=np.float64), x.array.std(dtype=np.float64)


def test_fans():
    assert init._calculate_fan_in_and_fan_out(minigrad.empty(*SHAPE)) == (450, 600)
    assert init._calculate_fan_in_and_fan_out(minigrad.empty(4, 7)) == (7, 4)


def test_gains():
    assert init.calculate_gain("linear") == init.calculate_gain("conv_transpose2d") == 1
    assert init.calculate_gain("sigmoid") == 1
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("selu") == 0.75
    assert init.calculate_gain("relu") == init.calculate_gain("leaky_relu", 0) == math.sqrt(2)
    assert init.calculate_gain("leaky_relu", 2) == pytest.approx(math.sqrt(2 / 5))
    assert init.calculate_gain("leaky_relu") == pytest.approx(math.sqrt(2 / 1.0001))


@pytest.mark.parametrize(
    ("fill", "bound"),
    [
        (lambda x: init.uniform_(x, -2, 2), 2),
        (init.xavier_uniform_, math.sqrt(6 / 1050)),
        (lambda x: init.xavier_uniform_(x, gain=3), 3 * math.sqrt(6 / 1050)),
        (init.kaiming_uniform_, math.sqrt(2 * 3 / 450)),
        (lambda x: init.kaiming_uniform_(x, a=math.sqrt(5)), 1 / math.sqrt(450)),
        (lambda x: init.kaiming_uniform_(x, mode="fan_out"), math.sqrt(2 * 3 / 600)),
        (lambda x: init.kaiming_uniform_(x, nonlinearity="tanh"), 5 / 3 * math.sqrt(3 / 450)),
    ],
)
def test_even_distributions(fill, bound):
    x = minigrad.zeros(*SHAPE)
    assert fill(x) is x
    largest = np.abs(x.array).max()
    assert bound * 0.999 < largest <= bound * (1 + 1e-6)
    mean, std = moments(x)
    assert abs(mean) < FEW * bound
    assert std == pytest.approx(bound / math.sqrt(3), rel=FEW)


@pytest.mark.parametrize(
    ("fill", "mean", "std"),
    [
        (lambda x: init.normal_(x, 3.0, 0.5), 3.0, 0.5),
        (init.xavier_normal_, 0.0, math.sqrt(2 / 1050)),
        (init.kaiming_normal_, 0.0, math.sqrt(2 / 450)),
        (lambda x: init.kaiming_normal_(x, 0.2, "fan_out"), 0.0, math.sqrt(2 / 1.04 / 600)),
    ],
)
def test_normal_distributions(fill, mean, std):
    x = minigrad.zeros(*SHAPE)
    fill(x)
    found = moments(x)
    assert abs(found[0] - mean) < FEW * std
    assert found[1] == pytest.approx(std, rel=FEW)
    assert np.abs(x.array - mean).max() > 3 * std


def test_truncated_normal():
    x = init.trunc_normal_(minigrad.zeros(*SHAPE), mean=1.0, std=2.0, a=0.0, b=3.0)
    assert x.array.min() >= 0
    assert x.array.max() <= 3
    # Mean 1 + 2 (phi(-0.5) - phi(1)) / (Phi(1) - Phi(-0.5)) of the cut bell: 1.4128
    assert moments(x)[0] == pytest.approx(1.41278, abs=FEW)
    tail = init.trunc_normal_(minigrad.zeros(1000), a=5.0, b=6.0)  # no value is likely there
    assert (tail.array >= 5).all()
    assert (tail.array <= 6).all()


def test_constants():
    assert init.ones_(minigrad.zeros(2)).tolist() == [1.0, 1.0]
    assert init.zeros_(minigrad.ones(2)).tolist() == [0.0, 0.0]
    assert init.constant_(minigrad.ones(2), 3).tolist() == [3.0, 3.0]
    assert init.eye_(minigrad.ones(2, 3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


def test_dirac_makes_a_convolution_the_identity():
    layer = nn.Conv2d(4, 6, (3, 5), padding=(1, 2), groups=2, bias=False)
    init.dirac_(layer.weight, groups=2)
    x = minigrad.randn(1, 4, 5, 6)
    y = layer(x)
    assert y[:, [0, 1, 3, 4]].tolist() == x.tolist()
    assert not y[:, [2, 5]].array.any()


@pytest.mark.parametrize("shape", [(3, 7), (7, 3), (4, 2, 3, 1)])
def test_orthogonal(shape):
    x = init.orthogonal_(minigrad.zeros(*shape).double(), gain=2)
    matrix = x.array.reshape(shape[0], -1)
    square = matrix @ matrix.T if shape[0] <= matrix.shape[1] else matrix.T @ matrix
    assert np.allclose(square, 4 * np.eye(len(square)), atol=1e-12)


def test_sparse():
    x = init.sparse_(minigrad.zeros(10, 400), sparsity=0.25, std=0.5)
    assert ((x.array == 0).sum(axis=0) == 3).all()  # 2.5, rounded up
    assert x.array[x.array != 0].std() == pytest.approx(0.5, rel=0.1)


def test_initialisation_is_not_recorded_and_keeps_dtype_and_memory():
    p = nn.Parameter(minigrad.zeros(3, 4).double())
    memory = p.array
    for fill in (init.xavier_normal_, init.orthogonal_, init.eye_, init.trunc_normal_):
        assert fill(p) is p
        assert p.is_leaf
        assert p.array is memory
    init.normal_(p.data, 5.0, 0.1)  # as old model files do
    assert abs(p.array.mean() - 5) < 1


def test_generators():
    def draw(seed):
        g = minigrad.Generator().manual_seed(seed)
        fills = (init.uniform_, init.normal_, init.trunc_normal_, init.kaiming_normal_)
        fills += (init.xavier_uniform_, init.orthogonal_)
        return [fill(minigrad.zeros(3, 4), generator=g).tolist() for fill in fills]

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    layers = []
    for _ in range(2):
        minigrad.manual_seed(4)
        layers.append(nn.Conv2d(2, 3, 3).weight.tolist())
    assert layers[0] == layers[1]


@pytest.mark.parametrize(
    ("make", "fan"),
    [
        (lambda: nn.Conv2d(30, 40, (3, 5)), 450),
        (lambda: nn.Conv2d(30, 40, (3, 5), groups=2), 225),
        (lambda: nn.Conv1d(30, 90, 15), 450),
        (lambda: nn.ConvTranspose2d(30, 40, (3, 5)), 600),  # its outputs count, as in PyTorch
        (lambda: nn.Linear(450, 60), 450),
        (lambda: nn.Bilinear(90, 20, 10), 90),
    ],
)  # fmt: skip
def test_default_initialisation(make, fan):
    layer, bound = make(), 1 / math.sqrt(fan)
    for p in (layer.weight, layer.bias):
        assert np.abs(p.array).max() <= bound * (1 + 1e-6)
    assert np.abs(layer.weight.array).max() > 0.99 * bound
    few = 5 / math.sqrt(layer.weight.numel())
    assert moments(layer.weight)[1] == pytest.approx(bound / math.sqrt(3), rel=few)
    assert np.abs(layer.bias.array).max() > 0.5 * bound


def test_other_defaults():
    assert nn.PReLU(2).weight.tolist() == [0.25, 0.25]
    norm = nn.BatchNorm2d(2)
    assert (norm.weight.tolist(), norm.bias.tolist()) == ([1.0, 1.0], [0.0, 0.0])
    assert (norm.running_mean.tolist(), norm.running_var.tolist()) == ([0.0, 0.0], [1.0, 1.0])
    for layer in (nn.LayerNorm(2), nn.GroupNorm(1, 2)):
        assert (layer.weight.tolist(), layer.bias.tolist()) == ([1.0, 1.0], [0.0, 0.0])
    assert moments(nn.Embedding(200, 90).weight)[1] == pytest.approx(1, rel=FEW)


def test_names_from_before_the_underscore():
    for name in ("uniform", "normal", "eye", "xavier_uniform", "kaiming_normal", "orthogonal"):
        with pytest.warns(FutureWarning, match=f"{name}_"):
            assert getattr(init, name)(minigrad.zeros(2, 2)).array.any()


@pytest.mark.parametrize(
    ("act", "match"),
    [
        (lambda: init.xavier_normal_(minigrad.ones(3)), "at least 2 dimensions"),
        (lambda: init.kaiming_normal_(minigrad.ones(3, 3), mode="fan"), "mode"),
        (lambda: init.kaiming_normal_(minigrad.ones(3, 3), nonlinearity="x"), "nonlinearity"),
        (lambda: init.calculate_gain("leaky_relu", True), "not a number"),
        (lambda: init.eye_(minigrad.ones(3)), "matrix"),
        (lambda: init.sparse_(minigrad.ones(3), 0.1), "matrix"),
        (lambda: init.orthogonal_(minigrad.ones(3)), "2 dimensions"),
        (lambda: init.dirac_(minigrad.ones(3, 3)), "3, 4 or 5"),
        (lambda: init.dirac_(minigrad.ones(3, 3, 3), groups=2), "groups"),
        (lambda: init.trunc_normal_(minigrad.ones(3), a=1, b=0), "exceed"),
        (lambda: init.uniform_(minigrad.ones(3), 1, 0), "exceed"),
        (lambda: init.normal_(minigrad.ones(3), 0, -1), "negative"),
    ],
)
def test_refusals(act, match):
    with pytest.raises(ValueError, match=match):
        act()
