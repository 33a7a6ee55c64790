"""DataLoader: a data set -> batches, seeded, by threads, from any place inside an epoch on."""

import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

from minigrad import random
from minigrad.data.collate import default_collate, default_convert
from minigrad.data.dataset import item_of
from minigrad.data.sampler import shuffled

__all__ = ["DataError", "DataLoader"]

_Batches = Generator[Any, None, None]


class DataError(RuntimeError):
    """An item or a batch that could not be made; the message names it, ``__cause__`` says why."""


@dataclass
class _Walk:
    """One walk over an epoch: the indices of its batches, and how many of them were delivered."""

    epoch: int
    position: int = 0
    batches: list | None = None
    started: bool = False
    finished: bool = False


class DataLoader:
    """Batches of a data set, in an order that differs from epoch to epoch.

    Names and defaults are PyTorch's. Each ``for`` loop over the loader is one epoch. The order, and
    through ``epoch_item`` the random choices of the data set, depend on (seed, epoch, index) alone:
    any number of workers gives the same batches. Workers are threads; decoding pictures and NumPy's
    arithmetic run beside each other, and nothing is forked.

    ``state_dict()`` may be taken in the middle of an epoch. A loader that loads it delivers in its
    next loop exactly the batches that were still to come.

    Parameters
    ----------
    dataset : object
        Anything with ``__len__`` and ``__getitem__``; see `Dataset`.
    batch_size : int or None
        Items in a batch; None delivers single items.
    shuffle : bool
        Whether to shuffle in each epoch.
    sampler : iterable of int, optional
        The order of the items, instead of `shuffle`. One with ``set_epoch`` is told the epoch.
    batch_sampler : iterable of lists of int, optional
        The batches, instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    num_workers : int
        Threads that prepare batches ahead; 0 prepares each when it is asked for.
    collate_fn : callable, optional
        Joins a list of items into a batch; `default_collate` makes tensors.
    pin_memory, persistent_workers : bool
        Accepted for the sake of programs written for PyTorch; there is nothing to pin on a CPU, and
        a thread starts at once.
    drop_last : bool
        Whether to leave out a last batch that is not full.
    generator : Generator, optional
        The order's seed is drawn from it; by default from what `minigrad.manual_seed` seeds.
    seed : int, optional
        The order's seed itself, instead of `generator`.
    prefetch_factor : int
        Batches prepared ahead by each worker.

    Raises
    ------
    ValueError
        Arguments out of range or that exclude each other; shuffling an empty data set.
    TypeError
        A data set without length or items.
    DataError
        While iterating: an item failed; the message names it.

    Examples
    --------
    >>> loader = DataLoader(range(5), batch_size=2)
    >>> len(loader), [batch.tolist() for batch in loader]
    (3, [[0, 1], [2, 3], [4]])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[list[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        *,
        generator: random.Generator | None = None,
        seed: int | None = None,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
    ):
        _check_dataset(dataset, shuffle)
        _check_orders(batch_size, shuffle, sampler, batch_sampler, drop_last)
        _check_at_least("num_workers", num_workers, 0)
        _check_at_least("prefetch_factor", 2 if prefetch_factor is None else prefetch_factor, 1)
        if seed is not None and generator is not None:
            raise ValueError("DataLoader: seed and generator exclude each other; give one")
        if seed is None:
            seed = (generator or random.default_generator).key() if shuffle else 0
        _check_at_least("seed", seed, 0)
        self.dataset, self.batch_size, self.shuffle = dataset, batch_size, bool(shuffle)
        self.sampler, self.batch_sampler, self.drop_last = sampler, batch_sampler, drop_last
        self.num_workers, self.seed = num_workers, seed
        self.prefetch_factor = 2 if prefetch_factor is None else prefetch_factor
        self.collate_fn = collate_fn or (default_collate if batch_size else default_convert)
        self._walk = _Walk(epoch=0)
        if drop_last and len(dataset) and not len(self):
            warnings.warn(
                f"DataLoader: drop_last=True leaves no batch at all: {len(dataset)} items, "
                f"batch_size={batch_size}"
            )

    @property
    def epoch(self) -> int:
        """The epoch that the loader is in, or that comes next; the first is 0."""
        return self._walk.epoch + self._walk.finished

    def set_epoch(self, epoch: int) -> None:
        """Let the next loop be the given epoch, from its beginning."""
        _check_at_least("epoch", epoch, 0)
        self._walk = _Walk(epoch)

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        if self.batch_sampler is not None:
            return len(self.batch_sampler)  # type: ignore[arg-type]
        items = len(self.dataset if self.sampler is None else self.sampler)  # type: ignore[arg-type]
        if self.batch_size is None:
            return items
        return items // self.batch_size if self.drop_last else -(-items // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        walk = self._walk
        if walk.started:
            walk = _Walk(walk.epoch + 1)
        walk.started = True
        if walk.batches is None:
            walk.batches = self._plan(walk.epoch)
        self._walk = walk
        return self._deliver(walk, walk.batches[walk.position :])

    def state_dict(self) -> dict[str, Any]:
        """Return the position: plain numbers, and lists of them where a sampler gave the order.

        Batches that were delivered count, those that workers prepared ahead do not.
        """
        walk = self._walk
        state = {
            "seed": self.seed,
            "epoch": self.epoch,
            "position": 0 if walk.finished else walk.position,
            **self._form(),
        }
        if not walk.finished and (self.sampler is not None or self.batch_sampler is not None):
            state["batches"] = walk.batches
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on, in the next loop, where `state_dict` was taken.

        Raises
        ------
        ValueError
            The state belongs to a loader of another data set, batch size or kind of order.
        """
        form = self._form()
        missing = sorted({"seed", "epoch", "position", *form} - set(state))
        if missing:
            raise ValueError(f"DataLoader.load_state_dict: state lacks {', '.join(missing)}")
        other = [
            f"{key}={state[key]} (here {form[key]})" for key in form if state[key] != form[key]
        ]
        if other:
            raise ValueError(
                f"DataLoader.load_state_dict: the state is of another loader: {', '.join(other)}; "
                "make the loader as it was when the state was saved"
            )
        self.seed = state["seed"]
        self._walk = _Walk(state["epoch"], state["position"], state.get("batches"))

    def _form(self) -> dict[str, Any]:
        """Return what must agree for a position to mean the same."""
        return {
            "items": len(self.dataset),
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "drop_last": self.drop_last,
        }

    def _plan(self, epoch: int) -> list:
        """Return the indices of every batch of an epoch (of every item without batches)."""
        for sampler in (self.sampler, self.batch_sampler):
            set_epoch = getattr(sampler, "set_epoch", None)
            if set_epoch is not None:
                set_epoch(epoch)
        if self.batch_sampler is not None:
            return [[int(index) for index in batch] for batch in self.batch_sampler]
        if self.sampler is not None:
            order = [int(index) for index in self.sampler]
        elif self.shuffle:
            order = shuffled(len(self.dataset), self.seed, epoch)
        else:
            order = list(range(len(self.dataset)))
        if self.batch_size is None:
            return order
        end = len(order) - len(order) % self.batch_size if self.drop_last else len(order)
        return [order[k : k + self.batch_size] for k in range(0, end, self.batch_size)]

    def _deliver(self, walk: _Walk, plan: list) -> Iterator[Any]:
        produce = self._ahead if self.num_workers else self._on_demand
        with closing(produce(plan, walk.epoch)) as batches:
            for batch in batches:
                walk.position += 1
                yield batch
        walk.finished = True

    def _on_demand(self, plan: list, epoch: int) -> _Batches:
        for indices in plan:
            yield self._make(indices, epoch)

    def _ahead(self, plan: list, epoch: int) -> _Batches:
        """Yield batches in order while threads prepare the next ones."""
        pool = ThreadPoolExecutor(self.num_workers, thread_name_prefix="DataLoader")
        try:
            todo = iter(plan)
            ahead = islice(todo, self.num_workers * self.prefetch_factor)
            pending = deque(pool.submit(self._make, indices, epoch) for indices in ahead)
            while pending:
                batch = pending.popleft().result()
                for indices in islice(todo, 1):
                    pending.append(pool.submit(self._make, indices, epoch))
                yield batch
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _make(self, indices: Any, epoch: int) -> Any:
        if self.batch_size is None and self.batch_sampler is None:
            items = self._item(indices, epoch)
        else:
            items = [self._item(index, epoch) for index in indices]
        try:
            return self.collate_fn(items)
        except Exception as error:
            raise DataError(
                f"DataLoader: the batch of items {indices} in epoch {epoch} could not be joined: "
                f"{type(error).__name__}: {error}"
            ) from error

    def _item(self, index: int, epoch: int) -> Any:
        try:
            return item_of(self.dataset, index, epoch)
        except Exception as error:
            raise DataError(
                f"DataLoader: item {index} of {type(self.dataset).__name__} in epoch {epoch}: "
                f"{type(error).__name__}: {error}"
            ) from error


def _check_dataset(dataset: Any, shuffle: bool | None) -> None:
    if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
        raise TypeError(
            f"DataLoader: dataset of type {type(dataset).__name__} needs __len__ and __getitem__; "
            "turn an iterable into a list first"
        )
    if shuffle and not len(dataset):
        raise ValueError("DataLoader: dataset is empty, there is nothing to shuffle")


def _check_orders(
    batch_size: int | None,
    shuffle: bool | None,
    sampler: Iterable | None,
    batch_sampler: Iterable | None,
    drop_last: bool,
) -> None:
    if batch_size is not None:
        _check_at_least("batch_size", batch_size, 1)
    elif drop_last:
        raise ValueError("DataLoader: drop_last=True needs batches, and batch_size is None")
    if sampler is not None and shuffle:
        raise ValueError("DataLoader: sampler and shuffle=True exclude each other")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler or drop_last):
        raise ValueError(
            "DataLoader: batch_sampler excludes batch_size, shuffle, sampler and drop_last"
        )


def _check_at_least(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"DataLoader: {name}={value!r} must be an integer")
    if value < least:
        raise ValueError(f"DataLoader: {name}={value} must be at least {least}")
