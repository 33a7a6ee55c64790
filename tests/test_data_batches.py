"""Data sets, their parts and joints, and how items become batches."""

from collections import Counter, namedtuple

import numpy as np
import pytest
from noisy import Noisy

from minigrad.data import (
    ConcatDataset,
    DataLoader,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
)
from minigrad.random import Generator
from minigrad.tensor import Tensor

pytestmark = pytest.mark.unit

# -- batches ------------------------------------------------------------------


def test_arrays_become_tensors():
    Point = namedtuple("Point", "x y")
    item = {
        "array": np.arange(6, dtype=np.float32).reshape(2, 3),
        "pair": (np.int64(4), 2.5),
        "list": [1, True],
        "point": Point("text", b"bytes"),
    }
    batch = default_collate([item] * 4)
    assert isinstance(batch["array"], Tensor)
    assert batch["array"].shape == (4, 2, 3)
    assert batch["array"].numpy().dtype == np.float32
    assert isinstance(batch["pair"], tuple)
    assert batch["pair"][0].numpy().dtype == np.int64
    assert batch["pair"][1].numpy().dtype == np.float64
    assert isinstance(batch["list"], list)
    assert batch["list"][0].numpy().dtype == np.int64
    assert batch["point"] == Point(["text"] * 4, [b"bytes"] * 4)


def test_batches_own_their_memory():
    x = np.zeros((3, 2), np.float32)
    for batch in (default_collate(list(x)), default_collate([Tensor(row) for row in x])):
        x[:] = 1
        assert batch.numpy().sum() == 0
        assert not batch.requires_grad
        x[:] = 0


@pytest.mark.parametrize(
    ("batch", "error", "message"),
    [
        ([], ValueError, "batch is empty"),
        ([object()], TypeError, "items of type object"),
        ([np.zeros(2), np.zeros(2, np.float32)], ValueError, "one shape and dtype"),
        ([(1,), (1, 2)], ValueError, r"items have \[1, 2\] entries"),
        ([{"a": 1}, {"b": 1}], ValueError, "different keys"),
    ],
)
def test_items_that_cannot_be_joined(batch, error, message):
    with pytest.raises(error, match=message):
        default_collate(batch)


def test_collate_fn_is_used():
    assert list(DataLoader(range(5), 2, collate_fn=sum)) == [1, 5, 4]


# -- data sets ----------------------------------------------------------------


def test_tensor_dataset():
    x, y = np.arange(12.0).reshape(4, 3), np.arange(4)
    for dataset in (TensorDataset(x, y), TensorDataset(Tensor(x), Tensor(y))):
        assert len(dataset) == 4
        batches = list(DataLoader(dataset, 3))
        assert batches[0][0].tolist() == x[:3].tolist()
        assert batches[1][1].tolist() == [3]
    with pytest.raises(ValueError, match=r"shapes \[\(4, 3\), \(3,\)\]"):
        TensorDataset(x, y[:3])
    with pytest.raises(ValueError, match="give one or more"):
        TensorDataset()


def test_subsets_and_joints_pass_the_epoch_on():
    noisy = Noisy()
    joint = ConcatDataset([Subset(noisy, [5, 2]), noisy]) + Subset(noisy, [8])
    assert len(joint) == 26
    assert [joint[k][1] for k in (0, 1, 2, 24, 25, -1)] == [5, 2, 0, 22, 8, 8]
    for k, index in ((1, 2), (3, 1), (25, 8)):
        assert (joint.epoch_item(k, 6)[0] == noisy.epoch_item(index, 6)[0]).all()
    with pytest.raises(IndexError, match="index 26 is outside 26 items"):
        joint[26]
    with pytest.raises(IndexError, match="index 23 is outside a data set of 23"):
        Subset(noisy, [1, 23])


def test_an_array_is_a_data_set_too():
    x = np.arange(6.0).reshape(3, 2)  # its method .item() is another thing
    assert [batch.tolist() for batch in DataLoader(x, 2)] == [[[0, 1], [2, 3]], [[4, 5]]]


@pytest.mark.parametrize(
    ("lengths", "sizes"),
    [
        ([7, 16], [7, 16]),
        ([0.7, 0.3], [17, 6]),
        ([0.5, 0.25, 0.25], [12, 6, 5]),
        ([23], [23]),
        ([1.0], [23]),
        ([0, 23], [0, 23]),
    ],
)
def test_random_split(lengths, sizes):
    parts = random_split(Noisy(), lengths, Generator().manual_seed(0))
    assert [len(part) for part in parts] == sizes
    seen = Counter(part[k][1] for part in parts for k in range(len(part)))
    assert seen == Counter(range(23))
    again = random_split(Noisy(), lengths, Generator().manual_seed(0))
    assert [part.indices for part in parts] == [part.indices for part in again]


@pytest.mark.parametrize("lengths", [[7, 7], [0.5, 0.6], [-1, 24], [float("nan"), 1], []])
def test_random_split_refuses(lengths):
    with pytest.raises(ValueError, match="add up to 23"):
        random_split(Noisy(), lengths)
