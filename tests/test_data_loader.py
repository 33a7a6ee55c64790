"""DataLoader and data sets: the same batches whatever the threads, from any place on."""

import threading

import numpy as np
import pytest
from noisy import Noisy

from minigrad.data import (
    DataError,
    DataLoader,
    Dataset,
    RandomSampler,
    SequentialSampler,
)
from minigrad.random import Generator, default_generator

pytestmark = pytest.mark.unit

WORKERS = [0, 1, 3]


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


@pytest.mark.parametrize("workers", WORKERS)
def test_items_are_those_of_the_epoch(workers):
    loader = DataLoader(Noisy(), 5, True, num_workers=workers, seed=0)
    for epoch in range(3):
        for x, indices in loader:
            wanted = [Noisy().epoch_item(index, epoch)[0] for index in indices.tolist()]
            assert (x.numpy() == np.stack(wanted)).all()


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
