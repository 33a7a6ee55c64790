"""The nets of seed 002: exclusive or, the six-layer classifier, three kinds of convolution."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from model_rows import count, rows, train_once, weights_only
from reaching import check_reach

import minigrad
from minigrad.errors import SizeError
from minigrad.models import XOR, Grouped, Separable, SixLayer, Vanilla
from minigrad.summary import describing

pytestmark = pytest.mark.unit

PAIRS = [[0.0, 1], [0, 0], [1, 0], [1, 1]]


@pytest.mark.parametrize(
    ("variant", "before", "hidden"),
    [
        ("abs", [[-1, 1], [0, 0], [1, 1], [0, 2]], [[1, 1], [0, 0], [1, 1], [0, 2]]),
        ("relu", [[-1, 1], [0, 0], [1, -1], [0, 0]], [[0, 1], [0, 0], [1, 0], [0, 0]]),
    ],
)
def test_exclusive_or_case_by_case(variant, before, hidden):
    net = XOR(variant)
    seen = []
    for layer in (net.hidden, net.y):
        layer.register_forward_hook(lambda _, inputs, output: seen.append((inputs[0], output)))
    y = net(minigrad.tensor(PAIRS))
    assert y.tolist() == [[1], [0], [1], [0]]
    assert seen[0][1].tolist() == before
    assert seen[1][0].tolist() == hidden
    assert count(net) == XOR.count_parameters() == 9


@pytest.mark.parametrize("variant", ["abs", "relu"])
def test_exclusive_or_to_be_trained(variant):
    minigrad.manual_seed(0)
    net = XOR(variant, solved=False)
    assert net(minigrad.tensor(PAIRS)).tolist() != [[1], [0], [1], [0]]
    train_once(net, minigrad.tensor(PAIRS))
    net.solve()
    assert net(minigrad.tensor(PAIRS)).tolist() == [[1], [0], [1], [0]]


def test_exclusive_or_refusals():
    with pytest.raises(ValueError, match=r"XOR: variant \(='tanh'\) must be one of abs, relu"):
        XOR("tanh")
    with pytest.raises(SizeError, match=r"XOR: input has shape \(4, 3\); give pairs"):
        XOR()(minigrad.zeros(4, 3))


def test_the_example_learns_it(capsys):
    script = Path(__file__).parent.parent / "examples" / "xor.py"
    runpy.run_path(str(script), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[1:5]] == [
        ["0", "0", "0", "0"], ["0", "1", "1", "1"], ["1", "0", "1", "1"], ["1", "1", "0", "0"]
    ]  # fmt: skip
    losses = [float(line.split()[-1]) for line in lines if line.startswith("step")]
    assert losses[0] > 0.1
    assert losses[-1] < 1e-4
    learned = [line.split()[-1] for line in lines[-4:]]
    assert [round(float(number)) for number in learned] == [0, 1, 1, 0]


SIX = [
    ("Conv2d", (128, 256, 256), 9_728),
    ("Conv2d", (64, 128, 128), 204_864),
    ("Conv2d", (32, 64, 64), 18_464),
    ("Conv2d", (16, 64, 64), 528),
    ("AvgPool2d", (16, 32, 32), 0),
    ("Flatten", (16_384,), 0),
    ("Linear", (10,), 163_850),
]


def test_the_six_layers():
    with describing():
        net = SixLayer()
        assert rows(net, SixLayer.INPUT, hidden=("ReLU",), examples=100) == SIX
    assert count(net) == SixLayer.count_parameters() == 397_434
    assert weights_only(net) == SixLayer.count_parameters(bias=False) == 397_184
    assert tuple(net.h2.weight.shape) == (64, 128, 5, 5)
    assert tuple(net.h3.weight.shape) == (32, 64, 3, 3)
    assert tuple(net.h4.weight.shape) == (16, 32, 1, 1)


@pytest.mark.parametrize(("side", "bias"), [(16, True), (19, False), (31, True)])
def test_six_layers_of_other_sides(side, bias):
    minigrad.manual_seed(0)
    options = {"in_channels": 2, "out_channels": 3, "side": side, "width": 8, "bias": bias}
    net = SixLayer(**options)
    assert count(net) == SixLayer.count_parameters(**options)
    assert tuple(train_once(net, minigrad.randn(2, 2, side, side)).shape) == (2, 3)


def test_six_layer_refusals():
    with pytest.raises(ValueError, match=r"width \(=12\) must be a multiple of 8"):
        SixLayer(width=12)
    with pytest.raises(SizeError, match=r"SixLayer: input has shape \(1, 3, 16, 17\)"):
        SixLayer(side=16, width=8)(minigrad.zeros(1, 3, 16, 17))


@pytest.mark.parametrize(
    ("B", "C", "N", "side", "K", "vanilla", "separable", "vanilla_ops", "separable_ops"),
    [
        (1, 3, 8, 6, 3, 216, 51, 15_264, 3_276),
        (2, 8, 16, 5, 3, 1_152, 200, 114_400, 18_800),
        (2, 4, 4, 4, 1, 16, 20, 896, 1_024),
        (1, 16, 1, 4, 3, 144, 160, 4_592, 4_848),
        (4, 32, 64, 8, 5, 51_200, 2_848, 26_198_016, 1_433_600),
    ],
)
def test_separable_against_vanilla(
    B, C, N, side, K, vanilla, separable, vanilla_ops, separable_ops
):
    batch = {"batch": B, "height": side, "width": side}
    for kind, parameters, operations in [
        (Vanilla, vanilla, vanilla_ops),
        (Separable, separable, separable_ops),
    ]:
        net = kind(C, N, K)
        assert count(net) == kind.count_parameters(C, N, K) == parameters
        assert kind.count_operations(C, N, K, **batch) == operations
        assert tuple(net(minigrad.zeros(B, C, side, side)).shape) == (B, N, side, side)
    assert (separable < vanilla) == (1 / N + 1 / K**2 < 1)
    assert (separable_ops < vanilla_ops) == (1 / N - 1 / (2 * N * K**2) + 1 / K**2 < 1)


@pytest.mark.parametrize(
    ("C", "N", "K", "M", "parameters"),
    [
        (8, 16, 3, 1, 1_152),
        (8, 16, 3, 2, 576),
        (8, 16, 3, 4, 288),
        (8, 16, 3, 8, 144),
        (64, 64, 3, 64, 576),
        (12, 6, 5, 3, 600),
    ],
)
def test_groups_divide_the_parameters(C, N, K, M, parameters):
    net = Grouped(C, N, K, M)
    assert count(net) == Grouped.count_parameters(C, N, K, M) == parameters
    assert tuple(net(minigrad.zeros(1, C, 4, 5)).shape) == (1, N, 4, 5)


def test_a_group_sees_its_own_channels_alone():
    minigrad.manual_seed(0)
    net = Grouped(4, 6, 3, 2)
    x = minigrad.randn(1, 4, 5, 7)
    y = net(x).detach().numpy()
    x[:, 2:] = 0
    z = net(x).detach().numpy()
    np.testing.assert_array_equal(z[:, :3], y[:, :3])
    assert (z[:, 3:] != y[:, 3:]).all()


@pytest.mark.parametrize("kind", [Vanilla, Grouped, Separable])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_one_layer_reaches_and_learns(kind, kernel):
    minigrad.manual_seed(0)
    train_once(kind(2, 4, kernel), minigrad.randn(2, 2, 6, 7))
    check_reach(kind(2, 4, kernel))


def test_one_layer_refusals():
    with pytest.raises(ValueError, match=r"Separable: kernel \(=0\)"):
        Separable(kernel=0)
    with pytest.raises(ValueError, match="groups"):
        Grouped(8, 16, 3, groups=3)
