"""What settings of layers mean, with values worked out by hand, and which settings are refused."""

import numpy as np
import pytest

import minigrad
from minigrad import nn

pytestmark = pytest.mark.unit


def t(values, **kind):
    return minigrad.tensor(values, **kind)


# -- transposed convolution ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output_size", "shape"),
    [
        (None, (7, 9)),
        ((7, 9), (7, 9)),
        ([8, 10], (8, 10)),
        ((1, 3, 8, 9), (8, 9)),
        (minigrad.zeros(1, 1, 7, 10).size(), (7, 10)),
    ],
)
def test_output_size_chooses_the_output_padding(output_size, shape):
    # (4 - 1) * 2 - 2 + 2 + 1 = 7 to 8, and (5 - 1) * 2 - 2 + 2 + 1 = 9 to 10
    layer = nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1)
    y = layer(minigrad.zeros(1, 2, 4, 5), output_size=output_size)
    assert tuple(y.shape) == (1, 3, *shape)


@pytest.mark.parametrize(
    ("output_size", "match"),
    [
        ((9, 9), "valid sizes are 7 to 8"),
        ((6, 9), "valid sizes are 7 to 8"),
        ((7, 11), "width"),
        ((7,), "2 or 4 elements"),
        ((1, 7, 9), "2 or 4 elements"),
    ],
)
def test_output_sizes_out_of_reach(output_size, match):
    layer = nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1)
    with pytest.raises(ValueError, match=match):
        layer(minigrad.zeros(1, 2, 4, 5), output_size=output_size)


def test_output_size_of_an_unbatched_picture_and_of_a_sequence():
    layer = nn.ConvTranspose2d(2, 3, (3, 2), stride=(2, 3), dilation=(1, 2))
    y = layer(minigrad.zeros(2, 4, 5), output_size=(3, 10, 16))
    assert tuple(y.shape) == (3, 10, 16)
    layer = nn.ConvTranspose1d(2, 3, 3, stride=2)
    assert tuple(layer(minigrad.zeros(1, 2, 4), output_size=(10,)).shape) == (1, 3, 10)
    with pytest.raises(ValueError, match="9 to 10"):
        layer(minigrad.zeros(1, 2, 4), output_size=(11,))


# -- convolution ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("zeros", [0, 1, 2, 3]),
        ("reflect", [2, 1, 2, 3]),
        ("replicate", [1, 1, 2, 3]),
        ("circular", [3, 1, 2, 3]),
    ],
)
def test_padding_modes(mode, expected):
    # The first tap alone: the output is the padded row itself, one pixel earlier.
    layer = nn.Conv2d(1, 1, (1, 2), padding=(0, 1), padding_mode=mode, bias=False)
    layer.load_state_dict({"weight": np.array([[[[1.0, 0.0]]]])})
    assert layer(t([[[1.0, 2.0, 3.0]]])).flatten().tolist() == expected
    line = nn.Conv1d(1, 1, 2, padding=1, padding_mode=mode, bias=False)
    line.load_state_dict({"weight": np.array([[[1.0, 0.0]]])})
    assert line(t([[1.0, 2.0, 3.0]])).flatten().tolist() == expected


def test_same_padding_of_an_even_kernel_puts_the_odd_pixel_last():
    for mode, end in (("zeros", 0.0), ("replicate", 3.0)):
        layer = nn.Conv2d(1, 1, (1, 2), padding="same", padding_mode=mode, bias=False)
        layer.load_state_dict({"weight": np.array([[[[0.0, 1.0]]]])})
        assert layer(t([[[1.0, 2.0, 3.0]]])).flatten().tolist() == [2.0, 3.0, end]


def test_separable_convolution_is_a_convolution():
    layer = nn.DepthwiseSeparableConv2d(2, 3, (2, 3), bias=False)
    full = nn.Conv2d(2, 3, (2, 3), bias=False)
    depthwise, pointwise = layer.depthwise.weight.array, layer.pointwise.weight.array
    full.load_state_dict({"weight": pointwise * depthwise[None, :, 0]})
    x = minigrad.randn(1, 2, 5, 4)
    assert np.allclose(layer(x).array, full(x).array, atol=1e-6)


# -- batch normalisation -------------------------------------------------------------------------

BATCH = [[1.0], [3.0]]  # mean 2, biased variance 1, unbiased 2
TINY = 1e-30  # an epsilon that one does not see beside a variance of 1


@pytest.mark.parametrize(
    ("momentum", "mean", "var"), [(0.5, 1.0, 1.5), (None, 2.0, 2.0), (1.0, 2.0, 2.0)]
)
def test_running_statistics(momentum, mean, var):
    bn = nn.BatchNorm1d(1, eps=TINY, momentum=momentum)
    assert bn(t(BATCH)).flatten().tolist() == [-1.0, 1.0]
    assert (bn.running_mean.item(), bn.running_var.item()) == (mean, var)
    assert bn.num_batches_tracked.item() == 1


def test_without_momentum_all_batches_count_alike():
    bn = nn.BatchNorm1d(1, momentum=None)
    for shift in (0.0, 1.0, 5.0):
        bn(t(BATCH) + shift)
    assert bn.running_mean.item() == pytest.approx(4.0)
    assert bn.num_batches_tracked.item() == 3


def test_evaluation_uses_the_running_statistics_and_leaves_them_alone():
    bn = nn.BatchNorm1d(1, eps=TINY).eval()
    assert bn(t(BATCH)).tolist() == BATCH
    assert bn.num_batches_tracked.item() == 0


def test_without_running_statistics_the_batch_counts_in_evaluation_too():
    bn = nn.BatchNorm1d(1, eps=TINY, track_running_stats=False).eval()
    assert bn(t(BATCH)).flatten().tolist() == [-1.0, 1.0]
    assert list(bn.state_dict()) == ["weight", "bias"]


def test_affine_and_bias():
    assert list(nn.BatchNorm2d(3, affine=False).parameters()) == []
    assert [n for n, _ in nn.BatchNorm2d(3, bias=False).named_parameters()] == ["weight"]
    assert [n for n, _ in nn.InstanceNorm2d(3).named_parameters()] == []
    bn = nn.BatchNorm1d(1, eps=TINY)
    bn.load_state_dict({**bn.state_dict(), "weight": t([2.0]), "bias": t([5.0])})
    assert bn(t(BATCH)).flatten().tolist() == [3.0, 7.0]
    bn.reset_parameters()
    assert bn.running_mean.item() == 0
    assert bn(t(BATCH)).flatten().tolist() == [-1.0, 1.0]


def test_an_empty_batch_and_a_refused_one_leave_the_statistics_alone():
    bn = nn.BatchNorm2d(2)
    before = {name: value.numpy().copy() for name, value in bn.state_dict().items()}
    assert tuple(bn(minigrad.zeros(0, 2, 3, 4)).shape) == (0, 2, 3, 4)
    with pytest.raises(ValueError, match=r"more than 1 value|one value per channel"):
        bn(minigrad.ones(1, 2, 1, 1))
    for name, value in bn.state_dict().items():
        assert np.array_equal(value.array, before[name]), name


def test_instance_norm_takes_single_pictures_and_warns_of_other_channels():
    norm = nn.InstanceNorm2d(2, eps=0.0)
    x = t([[[1.0, 3.0]], [[0.0, 4.0]]])
    assert norm(x).tolist() == norm(x.unsqueeze(0))[0].tolist() == [[[-1.0, 1.0]], [[-1.0, 1.0]]]
    with pytest.warns(UserWarning, match="num_features is 3"):
        nn.InstanceNorm2d(3)(x)
    with pytest.raises(ValueError, match="num_features is 3"):
        nn.InstanceNorm2d(3, affine=True)(x)


def test_old_states_of_instance_norm_with_running_statistics_are_refused():
    state = nn.InstanceNorm2d(2, track_running_stats=True).state_dict()
    with pytest.raises(RuntimeError, match="track_running_stats=True"):
        nn.InstanceNorm2d(2).load_state_dict(dict(state))


# -- the rest ------------------------------------------------------------------------------------


def test_dropout_follows_the_mode():
    x = minigrad.ones(50, 40)
    for layer in (nn.Dropout(0.25), nn.AlphaDropout(0.25)):
        assert not np.array_equal(layer(x).array, x.array)
        assert np.array_equal(layer.eval()(x).array, x.array)
    assert set(np.unique(nn.Dropout(0.75)(x).array)) == {0.0, 4.0}
    assert not nn.Dropout(1)(x).array.any()


def test_rrelu_draws_in_training_and_takes_the_mean_in_evaluation():
    layer = nn.RReLU(0.25, 0.75)
    y = layer(minigrad.full((100,), -1.0)).array
    assert (y >= -0.75).all()
    assert (y <= -0.25).all()
    assert len(np.unique(y)) > 50
    assert layer.eval()(t([-1.0, 2.0])).tolist() == [-0.5, 2.0]


def test_embedding():
    layer = nn.Embedding(4, 2, padding_idx=-1)
    assert layer.padding_idx == 3
    assert layer.weight[3].tolist() == [0.0, 0.0]
    y = layer(t([[0, 3], [0, 1]]))
    assert tuple(y.shape) == (2, 2, 2)
    y.sum().backward()
    assert layer.weight.grad.tolist() == [[2.0, 2.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    given = nn.Embedding.from_pretrained(t([[1.0, 2.0]]))
    assert given(t([0])).tolist() == [[1.0, 2.0]]
    assert not given.weight.requires_grad


def test_unpooling_undoes_pooling():
    pool = nn.MaxPool2d((1, 2), return_indices=True)
    y, where = pool(t([[[1.0, 5.0, 7.0, 2.0, 3.0]]]))
    back = nn.MaxUnpool2d((1, 2))(y, where, output_size=(1, 5))
    assert back.tolist() == [[[0.0, 5.0, 7.0, 0.0, 0.0]]]


def test_dtype_of_new_layers():
    for make in (nn.Linear, nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm, nn.PReLU, nn.Embedding):
        sizes = (2, 2) if make in (nn.Linear, nn.GroupNorm, nn.Embedding) else (2,)
        layer = make(*sizes, dtype=minigrad.float64, device="cpu")
        assert {p.dtype for p in layer.parameters()} == {minigrad.float64}


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Conv2d(3, 4, 3, stride=0),
        lambda: nn.Conv2d(3, 4, 3, dilation=0),
        lambda: nn.Conv2d(3, 4, 3, padding=-1),
        lambda: nn.Conv2d(3, 4, 0),
        lambda: nn.Conv2d(3, 4, 2.5),
        lambda: nn.Conv2d(3, 4, (3, 3, 3)),
        lambda: nn.Conv2d(0, 4, 3),
        lambda: nn.Conv2d(3, 4, 3, groups=2),
        lambda: nn.Conv2d(4, 3, 3, groups=2),
        lambda: nn.Conv2d(4, 4, 3, groups=0),
        lambda: nn.Conv2d(3, 4, 3, padding="full"),
        lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"),
        lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"),
        lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"),
        lambda: nn.ConvTranspose2d(3, 4, 3, padding="same"),
        lambda: nn.ConvTranspose2d(3, 4, 3, output_padding=-1),
        lambda: nn.Conv1d(3, 4, (3, 3)),
        lambda: nn.Linear(2.5, 3),
        lambda: nn.MaxPool2d(2, stride=0),
        lambda: nn.AvgPool2d(0),
        lambda: nn.BatchNorm2d(0),
        lambda: nn.GroupNorm(2, 3),
        lambda: nn.GroupNorm(0, 3),
        lambda: nn.Dropout(1.5),
        lambda: nn.Dropout2d(-0.1),
        lambda: nn.Dropout(float("nan")),
        lambda: nn.Embedding(3, 2, padding_idx=3),
        lambda: nn.Embedding(3, 2, _weight=minigrad.ones(2, 3)),
        lambda: nn.Embedding.from_pretrained(minigrad.ones(3)),
        lambda: nn.Hardtanh(1.0, 1.0),
        lambda: nn.ReflectionPad2d((1, 2)),
        lambda: nn.ZeroPad2d(1.5),
        lambda: nn.Unflatten(1, "ab"),
        lambda: nn.MultiMarginLoss(p=3),
        lambda: nn.TripletMarginLoss(margin=0.0),
    ],
)
def test_settings_refused_when_a_layer_is_made(make):
    with pytest.raises((ValueError, TypeError), match=r"\w+: .*|\w+ \(="):
        make()


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.BatchNorm2d(2), (2, 2, 3)),
        (nn.BatchNorm1d(2), (2, 2, 3, 4)),
        (nn.InstanceNorm2d(2), (2, 2)),
        (nn.Softmax2d(), (2, 3)),
        (nn.ReflectionPad2d(1), (4, 4)),
        (nn.Conv2d(2, 3, 3), (1, 3, 5, 6)),
    ],
)
def test_inputs_refused(layer, shape):
    with pytest.raises(ValueError, match=r"shape|channels"):
        layer(minigrad.zeros(*shape))


def test_old_names_of_hardtanh_bounds():
    with pytest.warns(FutureWarning, match="min_val"):
        layer = nn.Hardtanh(min_value=-2.0)
    assert layer(t([-3.0])).item() == -2
