"""The colour classifier of seed 000: its tables for any NIC, NF, NC and k, and its variants."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_rows import count, rows, train_once, weights_only
from reaching import check_reach

import minigrad
from minigrad.errors import SizeError
from minigrad.models import ColorNet

VARIANTS = ("transposed", "upsampling", "unet")

# Sides of L1, L2, L3, D1, D2, D3, CLS, and the channels of each in units of NF (CLS: NC).
SIDES = {32: [16, 8, 4, 8, 16, 32, 32], 64: [32, 16, 8, 16, 32, 64, 64]}
CHANNELS = [1, 2, 4, 2, 1, 1]


@pytest.mark.unit
@pytest.mark.parametrize("side", [32, 64])
@pytest.mark.parametrize(
    ("NIC", "NF", "NC", "k", "weights", "outputs"),
    [
        (1, 32, 24, 3, 194_592, {32: 83_968, 64: 335_872}),
        (1, 32, 24, 5, 539_168, {32: 83_968, 64: 335_872}),
        (3, 8, 2, 3, 12_328, {32: 16_896, 64: 67_584}),
        (1, 1, 1, 1, 23, {32: 2_880, 64: 11_520}),
    ],
)
def test_the_table_of_the_document(NIC, NF, NC, k, weights, outputs, side):
    net = ColorNet(NIC, NC, NF, k)
    layers = rows(net, (NIC, side, side), hidden=("BatchNorm2d", "ReLU", "Identity"))
    assert [kind for kind, _, _ in layers] == [
        "Conv2d", "Conv2d", "Conv2d",
        "ConvTranspose2d", "ConvTranspose2d", "ConvTranspose2d", "Conv2d",
    ]  # fmt: skip
    shapes = [shape for _, shape, _ in layers]
    wanted = [*(c * NF for c in CHANNELS), NC]
    assert shapes == [(c, s, s) for c, s in zip(wanted, SIDES[side], strict=True)]
    counts = [
        NIC * NF * k * k, 2 * NF * NF * k * k, 8 * NF * NF * k * k,
        8 * NF * NF * k * k, 2 * NF * NF * k * k, NF * NF * k * k, NF * NC,
    ]  # fmt: skip
    biases = wanted
    assert [n for _, _, n in layers] == [w + b for w, b in zip(counts, biases, strict=True)]
    assert sum(counts) == weights == weights_only(net)
    assert ColorNet.count_weights(NIC, NC, NF, k) == weights
    assert sum(int(np.prod(shape)) for shape in shapes) == outputs[side]


@pytest.mark.unit
def test_the_unet_has_its_skips_and_the_picture_before_the_last_layer():
    net = ColorNet(3, 5, 4, 3, "unet")
    layers = rows(net, (3, 16, 24), hidden=("BatchNorm2d", "ReLU", "Identity"))
    assert [(kind, shape) for kind, shape, _ in layers] == [
        ("Conv2d", (4, 8, 12)),
        ("Conv2d", (8, 4, 6)),
        ("Conv2d", (16, 2, 3)),
        ("ConvTranspose2d", (8, 4, 6)),
        ("Join", (16, 4, 6)),
        ("ConvTranspose2d", (4, 8, 12)),
        ("Join", (8, 8, 12)),
        ("ConvTranspose2d", (4, 16, 24)),
        ("Join", (7, 16, 24)),
        ("Conv2d", (5, 16, 24)),
    ]
    net.eval()
    with minigrad.no_grad():
        for weight in (net.up3[0].weight, net.up3[0].bias):
            weight.zero_()
        x = minigrad.randn(1, 3, 16, 24)
        y = net.classify(minigrad.cat([minigrad.zeros(1, 4, 16, 24), x], 1))
        np.testing.assert_allclose(net(x).numpy(), y.numpy(), atol=1e-6)


@pytest.mark.unit
def test_the_upsampling_variant_pools_and_repeats():
    net = ColorNet(1, 5, 4, 3, "upsampling")
    layers = rows(net, (1, 16, 24), hidden=("BatchNorm2d", "ReLU", "Identity"))
    assert [(kind, shape) for kind, shape, _ in layers] == [
        *(("Conv2d", (4, 16, 24)), ("MaxPool2d", (4, 8, 12))),
        *(("Conv2d", (8, 8, 12)), ("MaxPool2d", (8, 4, 6))),
        *(("Conv2d", (16, 4, 6)), ("MaxPool2d", (16, 2, 3))),
        *(("Upsample", (16, 4, 6)), ("Conv2d", (8, 4, 6))),
        *(("Upsample", (8, 8, 12)), ("Conv2d", (4, 8, 12))),
        *(("Upsample", (4, 16, 24)), ("Conv2d", (4, 16, 24))),
        ("Conv2d", (5, 16, 24)),
    ]


@pytest.mark.property
@given(
    NIC=st.integers(1, 3), NF=st.integers(1, 4), NC=st.integers(1, 5), k=st.integers(1, 6),
    variant=st.sampled_from(VARIANTS), H=st.integers(1, 20), W=st.integers(1, 20),
)  # fmt: skip
def test_any_numbers_any_kernel_any_size(NIC, NF, NC, k, variant, H, W):
    options = {"width": NF, "kernel": k, "variant": variant}
    net = ColorNet(NIC, NC, **options).eval()
    assert tuple(net(minigrad.randn(2, NIC, H, W)).shape) == (2, NC, H, W)
    assert count(net) == ColorNet.count_parameters(NIC, NC, **options)
    assert weights_only(net) == ColorNet.count_weights(NIC, NC, **options)


@pytest.mark.unit
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kernel", [1, 2, 3, 4])
def test_nothing_acts_beyond_the_reach(variant, kernel):
    minigrad.manual_seed(0)
    check_reach(ColorNet(1, 3, 3, kernel, variant))


@pytest.mark.unit
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_step_of_training_reaches_every_weight(variant):
    minigrad.manual_seed(0)
    train_once(ColorNet(1, 4, 2, 3, variant), minigrad.randn(2, 1, 16, 11))


@pytest.mark.unit
def test_refusals():
    with pytest.raises(ValueError, match=r"ColorNet: kernel \(=0\) must be an integer of at least"):
        ColorNet(kernel=0)
    with pytest.raises(ValueError, match="transposed, upsampling, unet"):
        ColorNet(variant="bilinear")
    with pytest.raises(ValueError, match="linear, tanh, sigmoid, relu"):
        ColorNet(output="softmax")
    with pytest.raises(
        SizeError, match=r"W = 20, which level 2 would have to halve as 5.*16 or 24"
    ):
        ColorNet(width=1, pad=False)(minigrad.zeros(2, 1, 16, 20))
    with pytest.raises(SizeError, match=r"ColorNet: .*1 x 1 .*8 x 8.*batch of 2"):
        ColorNet(width=1)(minigrad.zeros(1, 1, 8, 8))
