"""Layers that model files name beside those for pictures."""

import math

import numpy as np
import pytest

import minigrad
from minigrad import nn

pytestmark = pytest.mark.unit


def test_batch_norm_of_one_process():
    layer = nn.SyncBatchNorm(2)
    other = nn.Sequential(layer)
    assert nn.SyncBatchNorm.convert_sync_batchnorm(other) is other
    y = layer(minigrad.tensor(np.arange(4.0).reshape(2, 2, 1), dtype=minigrad.float32))
    # The channels are (0, 2) and (1, 3): mean 1 and 2, variance 1, eps 1e-5.
    expected = np.array([[[-1.0], [-1.0]], [[1.0], [1.0]]]) / math.sqrt(1 + 1e-5)
    np.testing.assert_allclose(y.detach().array, expected, rtol=1e-6)


def test_dropout_of_whole_channels_of_volumes():
    minigrad.manual_seed(0)
    y = nn.Dropout3d(0.5)(minigrad.ones(4, 8, 2, 2, 3)).array.reshape(32, -1)
    assert (y == y[:, :1]).all()
    assert set(y[:, 0]) == {0.0, 2.0}
