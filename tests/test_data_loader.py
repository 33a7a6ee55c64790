"""DataLoader and data sets: the same batches whatever the threads, from any place on."""

import threading
import time
from collections import Counter, namedtuple

import numpy as np
import pytest

from minigrad.data import (
    ConcatDataset,
    DataError,
    DataLoader,
    Dataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    TensorDataset,
    default_collate,
    item_rng,
    random_split,
)
from minigrad.random import Generator, default_generator
from minigrad.tensor import Tensor

pytestmark = pytest.mark.unit

WORKERS = [0, 1, 3]


class Noisy(Dataset):
    """Items that change with the epoch, as crops do; the first number is the index."""

    def __init__(self, length=23):
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        return self.epoch_item(index, 0)

    def epoch_item(self, index, epoch):
        noise = item_rng(7, epoch, index).random(3)
        time.sleep(noise[0] / 500)  # so that threads overtake each other
        return np.array([index, epoch, *noise], np.float32), index


def walk(loader):
    return [(x.numpy().tobytes(), tuple(indices.tolist())) for x, indices in loader]


def epochs(loader, count=3):
    return [walk(loader) for _ in range(count)]


# -- order --------------------------------------------------------------------


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("drop_last", [False, True])
def test_every_item_once_in_an_epoch(shuffle, drop_last):
    loader = DataLoader(Noisy(), 5, shuffle, drop_last=drop_last, seed=0)
    for batches in epochs(loader):
        assert len(batches) == len(loader) == (4 if drop_last else 5)
        seen = [index for _, indices in batches for index in indices]
        assert len(set(seen)) == len(seen) == (20 if drop_last else 23)
        assert (seen == sorted(seen)) is not shuffle


def test_the_order_differs_from_epoch_to_epoch_and_from_seed_to_seed():
    runs = [epochs(DataLoader(Noisy(), 5, True, seed=seed)) for seed in (0, 0, 1)]
    assert runs[0] == runs[1]
    orders = {tuple(i for _, batch in epoch for i in batch) for run in runs for epoch in run}
    assert len(orders) == 6


@pytest.mark.parametrize("shuffle", [False, True])
def test_the_number_of_workers_changes_nothing(shuffle):
    runs = [
        epochs(DataLoader(Noisy(), 4, shuffle, num_workers=workers, seed=5)) for workers in WORKERS
    ]
    assert runs[0] == runs[1] == runs[2]


def test_the_seed_comes_from_the_generator():
    loaders = [
        DataLoader(Noisy(), 5, True, generator=Generator().manual_seed(seed)) for seed in (3, 3, 4)
    ]
    one, same, other = (walk(loader) for loader in loaders)
    assert one == same != other
    state = default_generator.get_state()
    try:
        runs = []
        for seed in (1, 1, 2):
            default_generator.manual_seed(seed)
            runs.append(walk(DataLoader(Noisy(), 5, True)))
    finally:
        default_generator.set_state(state)
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("workers", WORKERS)
def test_samplers(workers):
    odd = [1, 3, 5, 7, 9]
    loader = DataLoader(Noisy(), 2, sampler=odd, num_workers=workers)
    assert [indices for _, indices in walk(loader)] == [(1, 3), (5, 7), (9,)]
    assert len(loader) == 3
    loader = DataLoader(Noisy(), batch_sampler=[[4], [2, 0, 1]], num_workers=workers)
    assert [indices for _, indices in walk(loader)] == [(4,), (2, 0, 1)]
    assert len(loader) == 2
    in_order = DataLoader(Noisy(4), 4, sampler=SequentialSampler(Noisy(4)))
    assert walk(in_order)[0][1] == (0, 1, 2, 3)
    random = DataLoader(Noisy(), 23, sampler=RandomSampler(Noisy(), seed=1))
    first, second = epochs(random, 2)
    assert sorted(first[0][1]) == list(range(23))
    assert first[0][1] != second[0][1]


def test_without_batches():
    items = list(DataLoader(Noisy(3), None))
    assert [tuple(x.shape) for x, _ in items] == [(5,)] * 3
    assert [index for _, index in items] == [0, 1, 2]


# -- resuming -----------------------------------------------------------------


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("stop", range(7))
def test_resuming_inside_an_epoch(workers, stop):
    unbroken = [
        batch for epoch in epochs(DataLoader(Noisy(), 4, True, seed=9), 3) for batch in epoch
    ]
    loader = DataLoader(Noisy(), 4, True, num_workers=workers, seed=9)
    walk(loader)
    before = []
    state = loader.state_dict()
    for x, indices in loader:
        if len(before) == stop:
            break
        before.append((x.numpy().tobytes(), tuple(indices.tolist())))
        state = loader.state_dict()
    resumed = DataLoader(Noisy(), 4, True, num_workers=(workers + 1) % 3, seed=1234)
    resumed.load_state_dict(state)
    assert resumed.state_dict() == state
    assert resumed.epoch == 1
    after = walk(resumed)
    assert before + after + walk(resumed) == unbroken[6:]


def test_the_state_is_plain_and_does_not_count_what_was_prepared_ahead():
    loader = DataLoader(Noisy(), 2, True, num_workers=2, prefetch_factor=4, seed=9)
    batches = iter(loader)
    next(batches)
    next(batches)
    assert loader.state_dict() == {
        "seed": 9,
        "epoch": 0,
        "position": 2,
        "items": 23,
        "batch_size": 2,
        "shuffle": True,
        "drop_last": False,
    }
    batches.close()


def test_after_the_last_batch_the_epoch_is_not_over_until_the_loop_is():
    loader = DataLoader(Noisy(4), 2, True, seed=9)
    states = [loader.state_dict() for _ in loader]
    assert [(state["epoch"], state["position"]) for state in states] == [(0, 1), (0, 2)]
    after = loader.state_dict()
    assert (after["epoch"], after["position"]) == (1, 0)
    loader.load_state_dict(states[1])
    assert walk(loader) == []  # the loop of epoch 0 ends, as it did
    assert loader.epoch == 1
    again = DataLoader(Noisy(4), 2, True, seed=9)
    again.load_state_dict(after)
    assert walk(loader) == walk(again)


def test_resuming_with_a_sampler_that_cannot_be_repeated():
    class Unrepeatable:
        rng = np.random.default_rng()

        def __len__(self):
            return 23

        def __iter__(self):
            return iter(self.rng.permutation(23))

    loader = DataLoader(Noisy(), 4, sampler=Unrepeatable())
    batches = iter(loader)
    next(batches)
    state = loader.state_dict()
    rest = [(x.numpy().tobytes(), tuple(indices.tolist())) for x, indices in batches]
    resumed = DataLoader(Noisy(), 4, sampler=Unrepeatable())
    resumed.load_state_dict(state)
    assert walk(resumed) == rest


def test_a_state_of_another_loader_is_refused():
    state = DataLoader(Noisy(), 4, True, seed=0).state_dict()
    with pytest.raises(ValueError, match=r"batch_size=4 \(here 5\)"):
        DataLoader(Noisy(), 5, True).load_state_dict(state)
    with pytest.raises(ValueError, match=r"items=23 \(here 22\)"):
        DataLoader(Noisy(22), 4, True).load_state_dict(state)
    state.pop("position")
    with pytest.raises(ValueError, match="state lacks position"):
        DataLoader(Noisy(), 4, True).load_state_dict(state)


def test_set_epoch():
    loader = DataLoader(Noisy(), 5, True, seed=0)
    first, second, third = epochs(loader)
    loader.set_epoch(1)
    assert epochs(loader, 2) == [second, third]
    loader.set_epoch(0)
    assert walk(loader) == first


def test_leaving_a_loop_early_begins_the_next_epoch():
    whole = epochs(DataLoader(Noisy(), 5, True, seed=0), 2)
    loader = DataLoader(Noisy(), 5, True, seed=0)
    for _ in loader:
        break
    assert walk(loader) == whole[1]


# -- faults -------------------------------------------------------------------


class Faulty(Noisy):
    def epoch_item(self, index, epoch):
        if index == 13:
            raise KeyError("no such pixel")
        return super().epoch_item(index, epoch)


@pytest.mark.parametrize("workers", WORKERS)
def test_an_item_that_fails_is_named(workers):
    loader = DataLoader(Faulty(), 4, num_workers=workers)
    batches = iter(loader)
    assert [next(batches)[1].tolist() for _ in range(3)] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9, 10, 11],
    ]
    with pytest.raises(DataError, match="item 13 of Faulty in epoch 0: KeyError: 'no such pixel'"):
        next(batches)


@pytest.mark.parametrize("workers", WORKERS)
def test_a_batch_that_cannot_be_joined_is_named(workers):
    items = [np.zeros(3), np.zeros(3), np.zeros(4)]
    loader = DataLoader(items, 3, num_workers=workers)
    with pytest.raises(DataError, match=r"items \[0, 1, 2\] .*one shape and dtype, not \(3,\)"):
        list(loader)


@pytest.mark.parametrize("how", ["end", "break", "fault"])
def test_no_thread_is_left_behind(how):
    before = threading.active_count()
    loader = DataLoader(Faulty() if how == "fault" else Noisy(), 2, num_workers=3)
    try:
        for _ in loader:
            if how == "break":
                break
    except DataError:
        pass
    assert threading.active_count() == before


def test_two_loops_at_once_do_not_disturb_each_other():
    loader = DataLoader(Noisy(), 5, True, seed=0, num_workers=2)
    pairs = list(zip(iter(loader), iter(loader), strict=True))
    alone = epochs(DataLoader(Noisy(), 5, True, seed=0), 2)
    assert [tuple(a[1].tolist()) for a, _ in pairs] == [indices for _, indices in alone[0]]
    assert [tuple(b[1].tolist()) for _, b in pairs] == [indices for _, indices in alone[1]]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size=0 must be at least 1"),
        ({"batch_size": 2.0}, TypeError, r"batch_size=2\.0 must be an integer"),
        ({"num_workers": -1}, ValueError, "num_workers=-1"),
        ({"prefetch_factor": 0}, ValueError, "prefetch_factor=0"),
        ({"seed": -1}, ValueError, "seed=-1"),
        ({"seed": 1, "generator": Generator()}, ValueError, "seed and generator exclude"),
        ({"shuffle": True, "sampler": [1]}, ValueError, "sampler and shuffle"),
        ({"batch_sampler": [[1]], "batch_size": 2}, ValueError, "batch_sampler excludes"),
        ({"batch_size": None, "drop_last": True}, ValueError, "drop_last=True needs batches"),
    ],
)
def test_arguments(options, error, message):
    with pytest.raises(error, match=message):
        DataLoader(Noisy(), **options)


def test_data_sets_that_will_not_do():
    with pytest.raises(TypeError, match="generator needs __len__ and __getitem__"):
        DataLoader(x for x in range(3))
    with pytest.raises(ValueError, match="dataset is empty"):
        DataLoader(Noisy(0), shuffle=True)
    assert list(DataLoader(Noisy(0))) == []
    with pytest.warns(UserWarning, match="no batch at all: 3 items, batch_size=4"):
        DataLoader(Noisy(3), 4, drop_last=True)
    with pytest.raises(NotImplementedError, match="must define __len__"):
        len(Dataset())


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
