"""The autoencoder of seed 004: its table row by row, its skips, any size."""

import math

import numpy as np
import pytest
from model_rows import copy_weights, count, drawn_by_nobody, printed, rows, train_once
from reaching import check_reach

import minigrad
from benchmarks.networks import autoencoder
from minigrad.errors import SizeError
from minigrad.models import Autoencoder

pytestmark = pytest.mark.unit

TABLE = """\
Conv2d-1 [-1, 64, 160, 160] 640
Conv2d-2 [-1, 64, 80, 80] 36,928
Conv2d-3 [-1, 128, 40, 40] 73,856
Conv2d-4 [-1, 256, 20, 20] 295,168
ConvTranspose2d-5 [-1, 128, 40, 40] 295,040
Dropout-6 [-1, 256, 40, 40] 0
ConvTranspose2d-7 [-1, 64, 80, 80] 147,520
Dropout-8 [-1, 128, 80, 80] 0
ConvTranspose2d-9 [-1, 128, 160, 160] 147,584
Dropout-10 [-1, 192, 160, 160] 0
ConvTranspose2d-11 [-1, 15, 160, 160] 25,935
Conv2d-12 [-1, 2, 160, 160] 290"""


def test_the_printed_table(monkeypatch):
    drawn_by_nobody(monkeypatch)
    net = Autoencoder()
    found = rows(net, Autoencoder.INPUT, hidden=("Join", "Tanh"))
    assert found == printed(TABLE)
    assert count(net) == Autoencoder.count_parameters() == 1_022_961
    assert sum(math.prod(shape) for _, shape, _ in found) == 12_825_600


def test_every_skip_joins_the_decoder_first():
    net = Autoencoder(width=2)
    joined = [shape[0] for kind, shape, _ in rows(net, (1, 16, 8)) if kind == "Join"]
    assert joined == [8, 4, 6, 16]


def test_the_same_network_written_by_another_hand():
    minigrad.manual_seed(3)
    ours, other = Autoencoder(output="relu").eval(), autoencoder(minigrad).eval()
    copy_weights(ours, other)
    x = minigrad.randn(2, 1, 16, 24)
    np.testing.assert_array_equal(ours(x).detach().numpy(), other(x).detach().numpy())


@pytest.mark.parametrize("shape", [(2, 1, 8, 8), (1, 1, 13, 6), (1, 1, 1), (0, 1, 9, 9)])
def test_any_size(shape):
    net = Autoencoder(width=2, out_channels=3)
    assert tuple(net(minigrad.zeros(*shape)).shape) == (*shape[:-3], 3, *shape[-2:])


def test_nothing_acts_beyond_the_reach():
    minigrad.manual_seed(0)
    check_reach(Autoencoder(width=2, output="linear"))


def test_a_step_of_training_reaches_every_weight():
    minigrad.manual_seed(0)
    net = Autoencoder(width=3)
    assert count(net) == Autoencoder.count_parameters(width=3)
    train_once(net, minigrad.randn(2, 1, 16, 11))


def test_refusals():
    with pytest.raises(SizeError, match=r"H = 12, which level 2 would have to halve as 3"):
        Autoencoder(width=1, pad=False)(minigrad.zeros(1, 1, 12, 8))
    with pytest.raises(SizeError, match=r"Autoencoder: input has shape \(1, 3, 8, 8\)"):
        Autoencoder(width=1)(minigrad.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match=r"width \(=0\)"):
        Autoencoder(width=0)
