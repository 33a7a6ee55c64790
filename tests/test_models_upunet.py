"""The U-Net of seed 003, with up-sampling before its convolutions: its table and its costs."""

import pytest
from model_rows import count, drawn_by_nobody, rows, train_once, weights_only
from reaching import check_reach

import minigrad
from minigrad.errors import SizeError
from minigrad.models import UpUNet
from minigrad.summary import layer_table

pytestmark = pytest.mark.unit

W = 32
DOWN = [(1, W), (W, 2 * W), (2 * W, 4 * W), (4 * W, 8 * W), *3 * [(8 * W, 8 * W)]]
UP = [
    (8 * W, 8 * W),
    *2 * [(16 * W, 8 * W)],
    (16 * W, 4 * W),
    (8 * W, 2 * W),
    (4 * W, W),
    (2 * W, 1),
]
SIDES = [64, 32, 16, 8, 4, 2, 1]


def test_the_table_of_seven_levels(monkeypatch):
    drawn_by_nobody(monkeypatch)
    monkeypatch.setattr(UpUNet, "reset_parameters", lambda self: None)
    net = UpUNet()
    hidden = ("BatchNorm2d", "ReLU", "LeakyReLU", "Identity", "Join")
    found = rows(net.eval(), UpUNet.INPUT, hidden)
    biases = {(1, W): W, (2 * W, 1): 1}
    wanted = []
    for side, (C, O) in zip(SIDES, DOWN, strict=True):
        wanted.append(("Conv2d", (O, side, side), 9 * C * O + biases.get((C, O), 0)))
    for side, (C, O) in zip([*SIDES[-2::-1], 128], UP, strict=True):
        wanted.append(("Upsample", (C, side, side), 0))
        wanted.append(("Conv2d", (O, side, side), 9 * C * O + biases.get((C, O), 0)))
    assert found == wanted
    assert weights_only(net) == 9 * sum(C * O for C, O in [*DOWN, *UP]) == 5_880_672
    assert count(net) == UpUNet.count_parameters() == 5_885_121


def test_multiply_adds_are_those_of_the_formula(monkeypatch):
    """The sum over layers of n_in s^2 n_out m^2, m the side of the output."""
    drawn_by_nobody(monkeypatch)
    net = UpUNet(1, 1, width=2)
    macs = sum(row.macs for row in layer_table(net, (1, 128, 256)))
    narrow = [(max(C // 16, C == 1), max(O // 16, O == 1)) for C, O in [*DOWN, *UP]]
    sides = [*SIDES, *SIDES[-2::-1], 128]
    assert macs == sum(
        9 * C * O * 2 * side * side for (C, O), side in zip(narrow, sides, strict=True)
    )


@pytest.mark.parametrize(("depth", "kernel"), [(1, 3), (2, 4), (3, 5), (4, 1)])
def test_any_depth_kernel_and_size(depth, kernel):
    options = {"width": 2, "depth": depth, "kernel": kernel}
    net = UpUNet(2, 3, **options)
    assert count(net) == UpUNet.count_parameters(2, 3, **options)
    assert tuple(net(minigrad.zeros(2, 2, 37, 50)).shape) == (2, 3, 37, 50)


@pytest.mark.parametrize(("depth", "kernel"), [(1, 3), (2, 4), (3, 3), (2, 2)])
def test_nothing_acts_beyond_the_reach(depth, kernel):
    minigrad.manual_seed(0)
    check_reach(UpUNet(width=2, depth=depth, kernel=kernel))


def test_a_step_of_training_reaches_every_weight():
    minigrad.manual_seed(0)
    train_once(UpUNet(width=2, depth=3), minigrad.randn(2, 1, 16, 19))


def test_refusals():
    with pytest.raises(SizeError, match=r"UpUNet: the deepest level \(k = 2\) is 1 x 1"):
        UpUNet(width=1, depth=2)(minigrad.zeros(1, 1, 4, 4))
    with pytest.raises(SizeError, match=r"H = 96, which level 5 would have to halve as 3.*128"):
        UpUNet(width=1, pad=False)(minigrad.zeros(2, 1, 96, 128))
    with pytest.raises(ValueError, match=r"UpUNet: kernel \(=0\)"):
        UpUNet(kernel=0)
