"""Dropout: what it drops, how often, what it scales, and what is refused."""

import tracemalloc

import numpy as np
import pytest

import minigrad
import minigrad.functional as F
from minigrad import kernels

pytestmark = pytest.mark.unit

ALL = [F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout]
SHAPES = [(2, 3), (2, 3, 4), (2, 3, 4, 5), (2, 3, 4, 5, 2), (2, 3)]
EACH = list(zip(ALL, SHAPES, strict=True))


@pytest.mark.parametrize("backend", kernels.backends())
def test_dropout_keeps_the_mean(backend):
    with kernels.use(backend):
        minigrad.manual_seed(3)
        y = F.dropout(minigrad.ones(400, 500), 0.3).array
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.7)}
    # 200,000 draws: the share of zeros has a standard deviation of 0.001.
    assert abs((y == 0).mean() - 0.3) < 0.005


def test_the_gradient_is_the_mask():
    x = minigrad.ones(50, 4, requires_grad=True)
    y = F.dropout(x, 0.4)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.array, y.array)


def test_the_seed_decides_and_the_backend_does_not():
    def draw(backend):
        with kernels.use(backend):
            minigrad.manual_seed(7)
            return [F.dropout(minigrad.ones(101), 0.5).tolist() for _ in range(2)]

    first, *others = [draw(backend) for backend in kernels.backends()]
    assert all(other == first for other in others)
    assert first[0] != first[1]


@pytest.mark.parametrize(("function", "shape"), EACH)
def test_outside_training_nothing_happens(function, shape):
    x = minigrad.ones(*shape)
    assert function(x, 0.5, training=False) is x
    assert function(x, 0.0, training=True) is x
    assert function(x, 0.5, False, True) is x
    assert function(x[:0], 0.5, True).shape == (0, *shape[1:])


@pytest.mark.parametrize(("function", "shape"), EACH)
def test_certain_dropout_gives_zeros(function, shape):
    x = minigrad.ones(*shape, requires_grad=True)
    y = function(x, 1.0, training=True)
    y.sum().backward()
    assert not y.array.any()
    assert not x.grad.array.any()


@pytest.mark.parametrize(
    ("function", "shape"),
    [(F.dropout1d, (40, 5, 6)), (F.dropout2d, (40, 5, 6, 2)), (F.dropout3d, (40, 5, 2, 3, 2))],
)
def test_channels_are_dropped_whole(function, shape):
    y = function(minigrad.ones(*shape), 0.25).array.reshape(200, -1)
    assert (y == y[:, :1]).all()
    assert 0.1 < (y[:, 0] == 0).mean() < 0.4
    assert y.max() == np.float32(1 / 0.75)


@pytest.mark.parametrize(
    ("function", "shape"), [(F.dropout1d, (100, 6)), (F.dropout3d, (100, 2, 3, 2))]
)
def test_channels_without_a_batch(function, shape):
    y = function(minigrad.ones(*shape), 0.5).array.reshape(100, -1)
    assert (y == y[:, :1]).all()
    assert set(y[:, 0]) == {0.0, 2.0}


def test_three_axes_are_batch_channel_and_length_to_dropout2d():
    with pytest.warns(UserWarning, match="dropout2d: got input"):
        y = F.dropout2d(minigrad.ones(20, 10, 3), 0.5).array
    assert (y == y[..., :1]).all()
    assert len(np.unique(y[0, :, 0])) == 2
    with pytest.warns(UserWarning, match="dropout3d"):
        F.dropout3d(minigrad.ones(20, 10, 3), 0.5)


def test_in_place():
    x = minigrad.ones(50, requires_grad=True)
    z = x * 1
    assert F.dropout(z, 0.5, inplace=True) is z
    assert set(z.tolist()) == {0.0, 2.0}
    z.sum().backward()
    np.testing.assert_array_equal(x.grad.array, z.array)


def test_alpha_dropout_keeps_mean_and_variance():
    x = minigrad.tensor(np.random.default_rng(0).standard_normal(200_000))
    y = F.alpha_dropout(x, 0.3, training=True).array
    assert abs(y.mean()) < 0.01
    assert abs(y.var() - 1) < 0.02
    values, counts = np.unique(y, return_counts=True)
    assert abs(counts.max() / y.size - 0.3) < 0.005  # the dropped ones share a value
    limit = -1.7580993408473766
    a = ((1 - 0.3) * (1 + 0.3 * limit**2)) ** -0.5
    assert values[counts.argmax()] == pytest.approx(a * limit * (1 - 0.3), rel=1e-12)


@pytest.mark.parametrize(("function", "shape"), EACH)
@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan"), float("inf")])
@pytest.mark.parametrize("training", [True, False])
def test_p_is_a_probability(function, shape, p, training):
    with pytest.raises(ValueError, match=r"p \(=.*\[0, 1\]"):
        function(minigrad.ones(*shape), p, training)


@pytest.mark.parametrize("function", ALL)
def test_only_floating_tensors(function):
    with pytest.raises(TypeError, match="only floating"):
        function(minigrad.ones(2, 3, 4, 5).long(), 0.5, True)
    with pytest.raises(TypeError, match="must be a Tensor"):
        function(np.ones((2, 3, 4, 5)), 0.5, True)


def test_dropout1d_refuses_other_shapes():
    for shape in ((3,), (2, 3, 4, 5)):
        with pytest.raises(ValueError, match=r"\(N, C, L\) or \(C, L\)"):
            F.dropout1d(minigrad.ones(*shape), 0.5)


@pytest.mark.parametrize("backend", kernels.backends())
@pytest.mark.parametrize(("function", "shape"), EACH[:4])
def test_a_dropped_number_is_multiplied_by_zero(function, shape, backend):
    """So NaN stays, and infinity becomes NaN, as in PyTorch."""
    for value, wanted in ((np.nan, np.nan), (np.inf, np.nan), (3.0, 0.0)):
        with kernels.use(backend):
            y = function(minigrad.full(shape, value), 1.0).array
        np.testing.assert_array_equal(y, np.full(shape, wanted))


def test_no_mask_is_kept():
    x = minigrad.ones(250, 1000, requires_grad=True)
    tracemalloc.start()
    y = F.dropout(x, 0.5)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 1.1 * y.array.nbytes
