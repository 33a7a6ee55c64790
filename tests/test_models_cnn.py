"""The plain CNN of seed 004: its table row by row, gray and colour pictures, refusals."""

import math

import numpy as np
import pytest
from model_rows import count, drawn_by_nobody, rows, train_once

import minigrad
from minigrad.errors import SizeError
from minigrad.models import CNN

pytestmark = pytest.mark.unit

TABLE = [
    ("Conv2d", (64, 256, 256), 1_792),
    ("MaxPool2d", (64, 128, 128), 0),
    ("Conv2d", (128, 128, 128), 73_856),
    ("MaxPool2d", (128, 64, 64), 0),
    ("Conv2d", (256, 64, 64), 295_168),
    ("MaxPool2d", (256, 32, 32), 0),
    ("Conv2d", (512, 32, 32), 1_180_160),
    ("MaxPool2d", (512, 16, 16), 0),
    ("Flatten", (131_072,), 0),
    ("Linear", (512,), 67_109_376),
    ("Linear", (196_608,), 100_859_904),
    ("Unflatten", (3, 256, 256), 0),
]


def test_the_printed_table(monkeypatch):
    drawn_by_nobody(monkeypatch)
    net = CNN()
    found = rows(net, CNN.INPUT, hidden=("ReLU", "Identity"))
    assert found == TABLE
    assert count(net) == CNN.count_parameters() == 169_520_256
    assert sum(math.prod(shape) for _, shape, _ in found) == 10_355_200
    assert round(count(net.paint) / count(net), 3) == 0.991
    assert CNN.count_parameters(in_channels=1) == 169_520_256 - 1_792 + 640


def test_a_gray_picture_is_shown_to_all_channels():
    minigrad.manual_seed(0)
    net = CNN(side=19, width=2, hidden=5).eval()
    gray = minigrad.randn(2, 1, 19, 19)
    thrice = minigrad.cat([gray, gray, gray], 1)
    np.testing.assert_array_equal(net(gray).detach().numpy(), net(thrice).detach().numpy())


@pytest.mark.parametrize(("C", "O"), [(1, 2), (3, 3), (3, 2)])
def test_a_step_of_training_reaches_every_weight(C, O):
    minigrad.manual_seed(0)
    options = {"in_channels": C, "out_channels": O, "side": 21, "width": 2, "hidden": 5}
    net = CNN(**options)
    assert count(net) == CNN.count_parameters(**options)
    assert tuple(train_once(net, minigrad.randn(2, C, 21, 21)).shape) == (2, O, 21, 21)
    assert tuple(net(minigrad.zeros(0, C, 21, 21)).shape) == (0, O, 21, 21)


def test_refusals():
    net = CNN(side=32, width=1, hidden=2)
    with pytest.raises(SizeError, match=r"\(1, 3, 32, 40\).* made for \(N, 3, 32, 32\).*resize"):
        net(minigrad.zeros(1, 3, 32, 40))
    with pytest.raises(SizeError, match="CNN: input has shape"):
        net(minigrad.zeros(3, 32, 32))
    with pytest.raises(ValueError, match=r"CNN: side \(=8\) must be an integer of at least 16"):
        CNN(side=8)
