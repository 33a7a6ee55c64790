"""Data sets: anything with a length and items, as in PyTorch; parts, joints and random splits."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from minigrad.random import Generator, default_generator

__all__ = [
    "ConcatDataset",
    "Dataset",
    "Subset",
    "TensorDataset",
    "item_of",
    "random_split",
]


class Dataset:
    """Base class of data sets: override ``__len__`` and ``__getitem__``.

    A data set whose items change from epoch to epoch (random crops, noise) overrides
    ``epoch_item(index, epoch)`` as well, and lets ``__getitem__`` stand for epoch 0. `DataLoader`
    calls it with the epoch, so that nothing random is kept between calls: neither threads nor
    resumed runs can disturb it.
    Any object with ``__len__`` and ``__getitem__`` will do; inheriting is not needed.

    Examples
    --------
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 4
    ...     def __getitem__(self, index):
    ...         return index**2
    >>> len(Squares()), Squares()[3]
    (4, 9)
    """

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__")

    def __add__(self, other: "Dataset") -> "ConcatDataset":
        return ConcatDataset([self, other])


@runtime_checkable
class _WithEpochs(Protocol):
    def epoch_item(self, index: int, epoch: int) -> Any: ...


def item_of(dataset: Any, index: int, epoch: int) -> Any:
    """Return ``dataset.epoch_item(index, epoch)``, or ``dataset[index]`` without that method."""
    if isinstance(dataset, _WithEpochs):
        return dataset.epoch_item(index, epoch)
    return dataset[index]


class TensorDataset(Dataset):
    """Tensors (or arrays) of one length; item i is the tuple of their i-th entries.

    Raises
    ------
    ValueError
        No tensor, or lengths that differ.

    Examples
    --------
    >>> TensorDataset(np.arange(3), np.arange(3) * 10)[1]
    (np.int64(1), np.int64(10))
    """

    def __init__(self, *tensors: Any):
        shapes = [tuple(tensor.shape) for tensor in tensors]
        if not shapes or () in shapes or len({shape[0] for shape in shapes}) > 1:
            raise ValueError(
                f"TensorDataset: tensors of shapes {shapes}: give one or more, of one length "
                "along their first axis"
            )
        self.tensors = tensors

    def __len__(self) -> int:
        return self.tensors[0].shape[0]

    def __getitem__(self, index: int) -> tuple:
        return tuple(tensor[index] for tensor in self.tensors)


class Subset(Dataset):
    """The items of a data set at the given indices, in their order.

    Raises
    ------
    IndexError
        An index outside the data set.
    """

    def __init__(self, dataset: Any, indices: Sequence[int]):
        self.dataset, self.indices = dataset, list(indices)
        length = len(dataset)
        outside = [index for index in self.indices if not -length <= index < length]
        if outside:
            raise IndexError(f"Subset: index {outside[0]} is outside a data set of {length} items")

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[self.indices[index]]

    def epoch_item(self, index: int, epoch: int) -> Any:
        """Return an item as it is in one epoch."""
        return item_of(self.dataset, self.indices[index], epoch)


class ConcatDataset(Dataset):
    """Data sets one after the other."""

    def __init__(self, datasets: Sequence[Any]):
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: datasets is empty; give one or more")
        self.cumulative_sizes = np.cumsum([len(dataset) for dataset in self.datasets]).tolist()

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        dataset, within = self._find(index)
        return dataset[within]

    def epoch_item(self, index: int, epoch: int) -> Any:
        """Return an item as it is in one epoch."""
        dataset, within = self._find(index)
        return item_of(dataset, within, epoch)

    def _find(self, index: int) -> tuple[Any, int]:
        length = len(self)
        if not -length <= index < length:
            raise IndexError(f"ConcatDataset: index {index} is outside {length} items")
        index %= length
        which = int(np.searchsorted(self.cumulative_sizes, index, side="right"))
        start = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which], index - start


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset]:
    """Split a data set at random into parts that do not overlap.

    Do not split crops like this, if they come from few pictures: crops of one picture resemble each
    other, and the held-out number flatters. `split_by_picture` splits them by picture.

    Parameters
    ----------
    dataset : object
        Anything with ``__len__`` and ``__getitem__``.
    lengths : sequence
        Items per part, adding up to ``len(dataset)``; or fractions adding up to 1, rounded down,
        where what is left over goes to the first parts in turn.
    generator : Generator, optional
        Where the order comes from; ``Generator().manual_seed(0)`` gives the same split each time.

    Returns
    -------
    list of Subset

    Raises
    ------
    ValueError
        Lengths that are negative or do not add up.

    Examples
    --------
    >>> [len(part) for part in random_split(range(10), [0.7, 0.3])]
    [7, 3]
    """
    total = len(dataset)
    sizes = _sizes(lengths, total)
    key = (default_generator if generator is None else generator).key()
    order = np.random.default_rng(key).permutation(total).tolist()
    ends = np.cumsum(sizes).tolist()
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


def _sizes(lengths: Sequence[int | float], total: int) -> list[int]:
    refusal = ValueError(
        f"random_split: lengths={list(lengths)} must be 0 or more and add up to {total}, "
        "the number of items, or to 1, as fractions"
    )
    if any(not length >= 0 for length in lengths):
        raise refusal
    if sum(lengths) == total and all(float(length).is_integer() for length in lengths):
        return [int(length) for length in lengths]
    if not np.isclose(sum(lengths), 1):
        raise refusal
    sizes = [int(total * fraction) for fraction in lengths]
    for k in range(total - sum(sizes)):
        sizes[k % len(sizes)] += 1
    return sizes
