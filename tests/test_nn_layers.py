"""Layers: each once forward and backward, their text and their sizes."""

from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.nn import functional as F

pytestmark = pytest.mark.unit

PICTURE, SEQUENCE, ROWS = (2, 4, 6, 8), (2, 4, 9), (3, 4)


def noise(shape, seed=0):
    return minigrad.tensor(np.random.default_rng(seed).standard_normal(shape), requires_grad=True)


# -- every layer once ----------------------------------------------------------------------------

# layer, shape of the input (float64), shape of the output
LAYERS = [
    (lambda: nn.Conv2d(4, 6, (3, 2), (2, 1), padding=(1, 0), groups=2), PICTURE, (2, 6, 3, 7)),
    (lambda: nn.Conv2d(4, 6, (2, 3), 1, "same", padding_mode="reflect"), PICTURE, (2, 6, 6, 8)),
    (lambda: nn.Conv2d(4, 6, 3, padding=(1, 2), padding_mode="circular"), PICTURE, (2, 6, 6, 10)),
    (lambda: nn.Conv2d(4, 1, (1, 3), bias=False), PICTURE[1:], (1, 6, 6)),
    (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1), SEQUENCE, (2, 6, 5)),
    (lambda: nn.Conv1d(4, 6, 3, padding=2, padding_mode="replicate"), SEQUENCE, (2, 6, 11)),
    (lambda: nn.ConvTranspose2d(4, 6, (3, 2), (2, 3), padding=(1, 0)), PICTURE, (2, 6, 11, 23)),
    (lambda: nn.ConvTranspose1d(4, 6, 3, stride=2, output_padding=1), SEQUENCE, (2, 6, 20)),
    (lambda: nn.DepthwiseSeparableConv2d(4, 6, (3, 1), stride=(1, 2)), PICTURE, (2, 6, 4, 4)),
    (lambda: nn.Linear(8, 3), PICTURE, (2, 4, 6, 3)),
    (lambda: nn.Identity("anything", at=3), PICTURE, PICTURE),
    (lambda: nn.BatchNorm1d(4), ROWS, ROWS),
    (lambda: nn.BatchNorm1d(4), SEQUENCE, SEQUENCE),
    (lambda: nn.BatchNorm2d(4), PICTURE, PICTURE),
    (lambda: nn.BatchNorm3d(4), (2, 4, 3, 1, 2), (2, 4, 3, 1, 2)),
    (lambda: nn.InstanceNorm1d(4), SEQUENCE, SEQUENCE),
    (lambda: nn.InstanceNorm2d(4, affine=True, track_running_stats=True), PICTURE, PICTURE),
    (lambda: nn.InstanceNorm2d(4), PICTURE[1:], PICTURE[1:]),
    (lambda: nn.GroupNorm(2, 4), PICTURE, PICTURE),
    (lambda: nn.LayerNorm([6, 8]), PICTURE, PICTURE),
    (lambda: nn.LocalResponseNorm(3), PICTURE, PICTURE),
    (lambda: nn.PReLU(4), PICTURE, PICTURE),
    (lambda: nn.Threshold(0.1, 3.0), PICTURE, PICTURE),
    (lambda: nn.GLU(1), PICTURE, (2, 2, 6, 8)),
    (lambda: nn.Softmax(dim=1), PICTURE, PICTURE),
    (lambda: nn.LogSoftmax(dim=-1), PICTURE, PICTURE),
    (lambda: nn.Softmin(dim=2), PICTURE, PICTURE),
    (lambda: nn.MaxPool2d((3, 2), 2, padding=(1, 0), ceil_mode=True), PICTURE, (2, 4, 4, 4)),
    (lambda: nn.MaxPool1d(3, 2), SEQUENCE, (2, 4, 4)),
    (lambda: nn.AvgPool2d((3, 2)), PICTURE, (2, 4, 2, 4)),
    (lambda: nn.AvgPool1d(2, padding=1), SEQUENCE, (2, 4, 5)),
    (lambda: nn.LPPool2d(2, (2, 3)), PICTURE, (2, 4, 3, 2)),
    (lambda: nn.AdaptiveAvgPool2d((None, 3)), PICTURE, (2, 4, 6, 3)),
    (lambda: nn.AdaptiveMaxPool2d((2, 3)), PICTURE, (2, 4, 2, 3)),
    (lambda: nn.AdaptiveAvgPool1d(2), SEQUENCE, (2, 4, 2)),
    (lambda: nn.AdaptiveMaxPool1d(2), SEQUENCE, (2, 4, 2)),
    (lambda: nn.Upsample(scale_factor=(2, 1.5)), PICTURE, (2, 4, 12, 12)),
    (lambda: nn.Upsample((5, 9), mode="bilinear"), PICTURE, (2, 4, 5, 9)),
    (lambda: nn.UpsamplingNearest2d(scale_factor=2), PICTURE, (2, 4, 12, 16)),
    (lambda: nn.UpsamplingBilinear2d(size=(3, 4)), PICTURE, (2, 4, 3, 4)),
    (lambda: nn.PixelShuffle(2), PICTURE, (2, 1, 12, 16)),
    (lambda: nn.PixelUnshuffle(2), PICTURE, (2, 16, 3, 4)),
    (lambda: nn.ChannelShuffle(2), PICTURE, PICTURE),
    (lambda: nn.ConstantPad2d((1, -1, 0, 2), 3.5), PICTURE, (2, 4, 8, 8)),
    (lambda: nn.ConstantPad1d((1, 2), 3.5), SEQUENCE, (2, 4, 12)),
    (lambda: nn.ZeroPad1d(1), SEQUENCE, (2, 4, 11)),
    (lambda: nn.Flatten(), PICTURE, (2, 192)),
    (lambda: nn.Unflatten(1, (2, 2)), PICTURE, (2, 2, 2, 6, 8)),
    (lambda: nn.Unfold((2, 3), stride=2), PICTURE, (2, 24, 9)),
    (lambda: nn.Fold((6, 8), (2, 3), stride=2), (2, 12, 9), (2, 2, 6, 8)),
    *((lambda pad=pad: pad((1, 2, 3, 0)), PICTURE, (2, 4, 9, 11)) for pad in (
        nn.ZeroPad2d, nn.ReflectionPad2d, nn.ReplicationPad2d, nn.CircularPad2d)),
    *((lambda pad=pad: pad(2), SEQUENCE, (2, 4, 13)) for pad in (
        nn.ReflectionPad1d, nn.ReplicationPad1d, nn.CircularPad1d)),
    *((kind, PICTURE, PICTURE) for kind in (
        nn.CELU, nn.ELU, nn.GELU, nn.Hardshrink, nn.Hardsigmoid, nn.Hardswish, nn.Hardtanh,
        nn.LeakyReLU, nn.LogSigmoid, nn.Mish, nn.PReLU, nn.RReLU, nn.ReLU, nn.ReLU6, nn.SELU,
        nn.SiLU, nn.Sigmoid, nn.Softmax2d, nn.Softplus, nn.Softshrink, nn.Softsign, nn.Tanh,
        nn.Tanhshrink, nn.AlphaDropout, nn.Dropout, nn.Dropout2d)),
    (nn.Dropout1d, SEQUENCE, SEQUENCE),
]  # fmt: skip


@pytest.mark.parametrize(("make", "shape", "expected"), LAYERS)
def test_layer_forward_and_backward(make, shape, expected):
    layer, x = make().double(), noise(shape)
    before = x.numpy(force=True).copy()
    y = layer(x)
    assert tuple(y.shape) == expected
    assert y.dtype == minigrad.float64
    y.backward(minigrad.ones(*expected).double())
    assert x.grad.shape == x.shape
    assert all(p.grad.shape == p.shape for p in layer.parameters())
    assert np.array_equal(x.array, before)


def test_every_layer_is_in_a_test():
    here = "".join(p.read_text() for p in Path(__file__).parent.glob("test_nn_*.py"))
    assert not [name for name in nn.modules.__all__ if f"nn.{name}" not in here]


IN_PLACE = [nn.CELU, nn.ELU, nn.Hardsigmoid, nn.Hardswish, nn.Hardtanh, nn.LeakyReLU, nn.Mish,
            nn.RReLU, nn.ReLU, nn.ReLU6, nn.SELU, nn.SiLU, nn.Dropout, nn.Dropout2d]  # fmt: skip


@pytest.mark.parametrize("kind", IN_PLACE)
def test_in_place_layers_overwrite_and_differentiate_alike(kind):
    gradients = []
    for inplace in (False, True):
        minigrad.manual_seed(3)
        x = noise(PICTURE)
        hidden = x * 1
        y = kind(inplace=inplace)(hidden)
        assert (y is hidden) == inplace
        y.sum().backward()
        gradients.append(x.grad.array)
    assert np.array_equal(*gradients)


# -- losses and the like -------------------------------------------------------------------------


def probability(seed):
    return noise(ROWS, seed).detach().sigmoid()


SIGNS = minigrad.tensor([1.0, -1.0, 1.0]).double()
LABELS = minigrad.tensor([3, 0, 2])
# layer, function, what both get
LOSSES = [
    (nn.MSELoss, F.mse_loss, (noise(ROWS), noise(ROWS, 1))),
    (nn.L1Loss, F.l1_loss, (noise(ROWS), noise(ROWS, 1))),
    (nn.SmoothL1Loss, F.smooth_l1_loss, (noise(ROWS), noise(ROWS, 1))),
    (nn.HuberLoss, F.huber_loss, (noise(ROWS), noise(ROWS, 1))),
    (nn.KLDivLoss, F.kl_div, (noise(ROWS), probability(1))),
    (nn.BCELoss, F.binary_cross_entropy, (probability(0), probability(1))),
    (nn.BCEWithLogitsLoss, F.binary_cross_entropy_with_logits, (noise(ROWS), probability(1))),
    (nn.CrossEntropyLoss, F.cross_entropy, (noise(ROWS), LABELS)),
    (nn.NLLLoss, F.nll_loss, (noise(ROWS), LABELS)),
    (nn.NLLLoss2d, F.nll_loss, (noise(ROWS), LABELS)),
    (nn.PoissonNLLLoss, F.poisson_nll_loss, (noise(ROWS), probability(1))),
    (nn.GaussianNLLLoss, F.gaussian_nll_loss, (noise(ROWS), noise(ROWS, 1), probability(2))),
    (nn.SoftMarginLoss, F.soft_margin_loss, (noise(3), SIGNS)),
    (nn.HingeEmbeddingLoss, F.hinge_embedding_loss, (noise(3), SIGNS)),
    (nn.MarginRankingLoss, F.margin_ranking_loss, (noise(3), noise(3, 1), SIGNS)),
    (nn.CosineEmbeddingLoss, F.cosine_embedding_loss, (noise(ROWS), noise(ROWS, 1), SIGNS)),
    (nn.MultiMarginLoss, F.multi_margin_loss, (noise(ROWS), LABELS)),
    (nn.MultiLabelSoftMarginLoss, F.multilabel_soft_margin_loss, (noise(ROWS), probability(1))),
    (nn.TripletMarginLoss, F.triplet_margin_loss, (noise(ROWS), noise(ROWS, 1), noise(ROWS, 2))),
]


@pytest.mark.filterwarnings("ignore:kl_div")  # the mean is not the divergence, says its function
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(("kind", "function", "given"), LOSSES)
def test_losses_pass_their_reduction_on(kind, function, given, reduction):
    expected = function(*given, reduction=reduction)
    assert np.array_equal(kind(reduction=reduction)(*given).array, expected.array)


def test_losses_pass_their_settings_on():
    x, weight = minigrad.tensor([[0.0, 2.0], [1.0, 1.0]]), minigrad.tensor([1.0, 3.0])
    labels = minigrad.tensor([0, 1])
    # label 0 is ignored; of the other row, softmax is 1/2
    loss = nn.CrossEntropyLoss(weight=weight, ignore_index=0, reduction="sum")
    assert loss(x, labels).item() == pytest.approx(3 * np.log(2), rel=1e-6)
    assert list(loss.state_dict()) == ["weight"]
    smooth = nn.CrossEntropyLoss(label_smoothing=0.5)(x[1:], labels[1:])
    assert smooth.item() == pytest.approx(np.log(2), rel=1e-6)
    logits = nn.BCEWithLogitsLoss(pos_weight=minigrad.tensor(2.0))
    assert logits(minigrad.zeros(1), minigrad.ones(1)).item() == pytest.approx(2 * np.log(2))
    assert nn.SmoothL1Loss(beta=2.0)(minigrad.ones(1), minigrad.zeros(1)).item() == 0.25
    assert nn.HuberLoss(delta=0.5)(minigrad.ones(1), minigrad.zeros(1)).item() == 0.375
    kl = nn.KLDivLoss(reduction="batchmean", log_target=True)
    assert kl(minigrad.zeros(2, 3), minigrad.zeros(2, 3)).item() == 0


def test_old_arguments_of_losses():
    with pytest.warns(UserWarning, match="reduction='sum'"):
        assert nn.MSELoss(size_average=False).reduction == "sum"
    with pytest.warns(UserWarning, match="deprecated"):
        assert nn.MSELoss(reduce=False).reduction == "none"
    with pytest.raises(ValueError, match="reduction"):
        nn.MSELoss(reduction="average")


def test_distances_and_bilinear():
    x, y = minigrad.tensor([[3.0, 4.0]]), minigrad.tensor([[4.0, 3.0]])
    assert nn.CosineSimilarity()(x, y).item() == pytest.approx(24 / 25)
    assert nn.PairwiseDistance(p=1, eps=0.0)(x, y).item() == 2
    layer = nn.Bilinear(2, 2, 1)
    layer.load_state_dict({"weight": np.array([[[1, 2], [3, 4]]]), "bias": np.array([5])})
    assert layer(x, y).tolist() == [[3 * (4 + 6) + 4 * (12 + 12) + 5.0]]


# -- text and sizes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (
            nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 0), (1, 2), 2, False, "reflect"),
            "Conv2d(4, 6, kernel_size=(3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), "
            "groups=2, bias=False, padding_mode=reflect)",
        ),
        (
            nn.ConvTranspose2d(4, 6, 3, 2, output_padding=(1, 0)),
            "ConvTranspose2d(4, 6, kernel_size=(3, 3), stride=(2, 2), output_padding=(1, 0))",
        ),
        (
            nn.Conv2d(1, 1, 3, padding="same"),
            "Conv2d(1, 1, kernel_size=(3, 3), stride=(1, 1), padding=same)",
        ),
        (nn.LeakyReLU(0.2, True), "LeakyReLU(negative_slope=0.2, inplace=True)"),
        (nn.ReLU6(), "ReLU6()"),
        (
            nn.MaxPool2d((2, 1), 2),
            "MaxPool2d(kernel_size=(2, 1), stride=2, padding=0, dilation=1, ceil_mode=False)",
        ),
        (nn.Upsample(scale_factor=2), "Upsample(scale_factor=2.0, mode='nearest')"),
        (nn.Dropout(0.1), "Dropout(p=0.1, inplace=False)"),
        (nn.ReflectionPad2d(3), "ReflectionPad2d((3, 3, 3, 3))"),
        (nn.Embedding(5, 2, padding_idx=-1), "Embedding(5, 2, padding_idx=4)"),
    ],
)  # fmt: skip
def test_repr(layer, text):
    assert repr(layer) == text
