"""The discriminator of seed 004's GAN: its table row by row, its patches."""

import math

import numpy as np
import pytest
from model_rows import copy_weights, count, drawn_by_nobody, printed, rows, train_once

import minigrad
from benchmarks.networks import discriminator
from minigrad import nn
from minigrad.errors import SizeError
from minigrad.models import PatchGAN

pytestmark = pytest.mark.unit

TABLE = """\
Conv2d-1 [16, 64, 128, 128] 3,072
LeakyReLU-2 [16, 64, 128, 128] 0
downsample-3 [16, 64, 128, 128] 0
Conv2d-4 [16, 128, 64, 64] 131,072
BatchNorm2d-5 [16, 128, 64, 64] 256
LeakyReLU-6 [16, 128, 64, 64] 0
downsample-7 [16, 128, 64, 64] 0
Conv2d-8 [16, 256, 32, 32] 524,288
BatchNorm2d-9 [16, 256, 32, 32] 512
LeakyReLU-10 [16, 256, 32, 32] 0
downsample-11 [16, 256, 32, 32] 0
ZeroPad2d-12 [16, 256, 34, 34] 0
Conv2d-13 [16, 512, 31, 31] 2,097,152
BatchNorm2d-14 [16, 512, 31, 31] 1,024
LeakyReLU-15 [16, 512, 31, 31] 0
ZeroPad2d-16 [16, 512, 33, 33] 0
Conv2d-17 [16, 1, 30, 30] 8,193"""


def test_the_printed_table(monkeypatch):
    drawn_by_nobody(monkeypatch)
    net = PatchGAN()
    found = rows(net, PatchGAN.INPUT, wrappers=("Downsample",))
    assert found == printed(TABLE.replace("downs", "Downs"))
    assert sum(math.prod(shape) for _, shape, _ in found) == 8_621_956
    normed = sum(count(m) for m in net.modules() if isinstance(m, nn.BatchNorm2d))
    assert (count(net), normed) == (2_765_569, 1_792)
    assert PatchGAN.count_parameters() == 2_765_569


def test_the_same_network_written_by_another_hand():
    minigrad.manual_seed(3)
    ours, other = PatchGAN().eval(), discriminator(minigrad).eval()
    copy_weights(ours, other)
    x = minigrad.randn(2, 3, 40, 48)
    np.testing.assert_array_equal(ours(x).detach().numpy(), other(x).detach().numpy())


def test_a_score_is_made_from_70_x_70_pixels():
    minigrad.manual_seed(1)
    net = PatchGAN(width=4).double().eval()
    x = minigrad.randn(1, 3, 160, 24).double().requires_grad_()
    y = net(x)
    y[0, 0, y.shape[2] // 2, 0].backward()
    seen = np.flatnonzero(abs(x.grad.numpy()).sum((0, 1, 3)))
    assert seen.max() - seen.min() + 1 == net.patch == 70


def test_a_step_of_training_reaches_every_weight():
    minigrad.manual_seed(0)
    net = PatchGAN(4, 2, width=3)
    assert count(net) == PatchGAN.count_parameters(4, 2, width=3)
    y = train_once(net, minigrad.randn(2, 4, 33, 24))
    assert tuple(y.shape) == (2, 2, 2, 1)


def test_refusals():
    with pytest.raises(SizeError, match=r"40 x 23, which three halvings make 5 x 2,.*least 24"):
        PatchGAN(width=1)(minigrad.zeros(1, 3, 40, 23))
    with pytest.raises(SizeError, match=r"shape \(1, 2, 40, 40\); give \(N, 3, H, W\).*joined"):
        PatchGAN(width=1)(minigrad.zeros(1, 2, 40, 40))
    with pytest.raises(ValueError, match=r"width \(=-1\)"):
        PatchGAN(width=-1)
