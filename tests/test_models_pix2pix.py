"""The generator of seed 004's GAN: its table row by row, its skips, any size and depth."""

import math

import numpy as np
import pytest
from model_rows import copy_weights, count, drawn_by_nobody, printed, rows, train_once
from reaching import check_reach

import minigrad
from benchmarks.networks import generator
from minigrad import nn
from minigrad.errors import SizeError
from minigrad.models import Pix2Pix

pytestmark = pytest.mark.unit

TABLE = """\
Conv2d-1 [16, 64, 128, 128] 1,024
Dropout-2 [16, 64, 128, 128] 0
LeakyReLU-3 [16, 64, 128, 128] 0
downsample-4 [16, 64, 128, 128] 0
Conv2d-5 [16, 128, 64, 64] 131,072
BatchNorm2d-6 [16, 128, 64, 64] 256
Dropout-7 [16, 128, 64, 64] 0
LeakyReLU-8 [16, 128, 64, 64] 0
downsample-9 [16, 128, 64, 64] 0
Conv2d-10 [16, 256, 32, 32] 524,288
BatchNorm2d-11 [16, 256, 32, 32] 512
Dropout-12 [16, 256, 32, 32] 0
LeakyReLU-13 [16, 256, 32, 32] 0
downsample-14 [16, 256, 32, 32] 0
Conv2d-15 [16, 512, 16, 16] 2,097,152
BatchNorm2d-16 [16, 512, 16, 16] 1,024
LeakyReLU-17 [16, 512, 16, 16] 0
downsample-18 [16, 512, 16, 16] 0
Conv2d-19 [16, 512, 8, 8] 4,194,304
BatchNorm2d-20 [16, 512, 8, 8] 1,024
LeakyReLU-21 [16, 512, 8, 8] 0
downsample-22 [16, 512, 8, 8] 0
Conv2d-23 [16, 512, 4, 4] 4,194,304
BatchNorm2d-24 [16, 512, 4, 4] 1,024
LeakyReLU-25 [16, 512, 4, 4] 0
downsample-26 [16, 512, 4, 4] 0
Conv2d-27 [16, 512, 2, 2] 4,194,304
BatchNorm2d-28 [16, 512, 2, 2] 1,024
LeakyReLU-29 [16, 512, 2, 2] 0
downsample-30 [16, 512, 2, 2] 0
Conv2d-31 [16, 512, 1, 1] 4,194,304
BatchNorm2d-32 [16, 512, 1, 1] 1,024
LeakyReLU-33 [16, 512, 1, 1] 0
downsample-34 [16, 512, 1, 1] 0
ConvTranspose2d-35 [16, 512, 2, 2] 4,194,304
BatchNorm2d-36 [16, 512, 2, 2] 1,024
Dropout-37 [16, 512, 2, 2] 0
LeakyReLU-38 [16, 512, 2, 2] 0
upsample-39 [16, 512, 2, 2] 0
ConvTranspose2d-40 [16, 512, 4, 4] 8,388,608
BatchNorm2d-41 [16, 512, 4, 4] 1,024
Dropout-42 [16, 512, 4, 4] 0
LeakyReLU-43 [16, 512, 4, 4] 0
upsample-44 [16, 512, 4, 4] 0
ConvTranspose2d-45 [16, 512, 8, 8] 8,388,608
BatchNorm2d-46 [16, 512, 8, 8] 1,024
Dropout-47 [16, 512, 8, 8] 0
LeakyReLU-48 [16, 512, 8, 8] 0
upsample-49 [16, 512, 8, 8] 0
ConvTranspose2d-50 [16, 512, 16, 16] 8,388,608
BatchNorm2d-51 [16, 512, 16, 16] 1,024
LeakyReLU-52 [16, 512, 16, 16] 0
upsample-53 [16, 512, 16, 16] 0
ConvTranspose2d-54 [16, 256, 32, 32] 4,194,304
BatchNorm2d-55 [16, 256, 32, 32] 512
LeakyReLU-56 [16, 256, 32, 32] 0
upsample-57 [16, 256, 32, 32] 0
ConvTranspose2d-58 [16, 128, 64, 64] 1,048,576
BatchNorm2d-59 [16, 128, 64, 64] 256
LeakyReLU-60 [16, 128, 64, 64] 0
upsample-61 [16, 128, 64, 64] 0
ConvTranspose2d-62 [16, 64, 128, 128] 262,144
BatchNorm2d-63 [16, 64, 128, 128] 128
LeakyReLU-64 [16, 64, 128, 128] 0
upsample-65 [16, 64, 128, 128] 0
ConvTranspose2d-66 [16, 2, 256, 256] 4,098
Tanh-67 [16, 2, 256, 256] 0"""

JOINED = [(1024, 2), (1024, 4), (1024, 8), (1024, 16), (512, 32), (256, 64), (128, 128)]


def test_the_printed_table(monkeypatch):
    drawn_by_nobody(monkeypatch)
    monkeypatch.setattr(Pix2Pix, "reset_parameters", lambda self: None)
    net = Pix2Pix()
    found = rows(net.eval(), Pix2Pix.INPUT, wrappers=("Downsample", "Upsample"))
    joined = [shape for kind, shape, _ in found if kind == "Join"]
    assert joined == [(channels, side, side) for channels, side in JOINED]
    found = [row for row in found if row[0] != "Join"]
    assert found == printed(TABLE.replace("downs", "Downs").replace("ups", "Ups"))
    assert sum(math.prod(shape) for _, shape, _ in found) == 17_166_336
    normed = sum(count(m) for m in net.modules() if isinstance(m, nn.BatchNorm2d))
    assert (count(net), normed) == (54_410_882, 10_880)
    assert Pix2Pix.count_parameters() == 54_410_882
    assert Pix2Pix.count_parameters(3, 3) == 54_414_979  # a tutorial's, as published


def test_the_same_network_written_by_another_hand(monkeypatch):
    """At a picture of 256 x 256, which goes down to one pixel."""
    monkeypatch.setattr(Pix2Pix, "reset_parameters", lambda self: None)
    minigrad.manual_seed(3)
    ours, other = Pix2Pix().eval(), generator(minigrad).eval()
    copy_weights(other, ours)
    x = minigrad.randn(1, 1, 256, 256)
    with minigrad.no_grad():
        np.testing.assert_array_equal(ours(x).numpy(), other(x).numpy())


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_any_size_and_depth(depth):
    net = Pix2Pix(2, 3, width=2, depth=depth)
    assert count(net) == Pix2Pix.count_parameters(2, 3, width=2, depth=depth)
    assert tuple(net(minigrad.zeros(2, 2, 37, 50)).shape) == (2, 3, 37, 50)


def test_initial_weights_are_those_of_pix2pix():
    minigrad.manual_seed(0)
    net = Pix2Pix(width=16, depth=4)
    assert abs(float(net.down[2][0].weight.detach().numpy().std()) - 0.02) < 5e-4
    scale = net.down[3][1].weight.detach().numpy()
    assert abs(scale.mean() - 1) < 0.01
    assert 0.01 < scale.std() < 0.03
    assert (net.last[0].bias.detach().numpy() == 0).all()


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_nothing_acts_beyond_the_reach(depth):
    minigrad.manual_seed(0)
    check_reach(Pix2Pix(width=2, depth=depth, output="linear"))


def test_a_step_of_training_reaches_every_weight():
    minigrad.manual_seed(0)
    train_once(Pix2Pix(width=2, depth=4), minigrad.randn(2, 1, 16, 19))


def test_one_picture_that_ends_at_one_pixel_cannot_be_normalised():
    net = Pix2Pix(width=1, depth=4)
    with pytest.raises(
        SizeError, match=r"Pix2Pix: the deepest level \(k = 4\) is 1 x 1.*batch of 2"
    ):
        net(minigrad.zeros(1, 1, 16, 16))
    net.eval()(minigrad.zeros(1, 1, 16, 16))


def test_refusals():
    with pytest.raises(ValueError, match=r"Pix2Pix: depth \(=0\) must be an integer of at least 1"):
        Pix2Pix(depth=0)
    with pytest.raises(SizeError, match=r"W = 24, which level 3 would have to halve as 3"):
        Pix2Pix(width=1, depth=4, pad=False)(minigrad.zeros(2, 1, 16, 24))
