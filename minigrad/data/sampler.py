"""The order of the items: in sequence, or shuffled anew in each epoch."""

from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["RandomSampler", "SequentialSampler", "shuffled"]


def shuffled(length: int, seed: int, epoch: int) -> list[int]:
    """Return the numbers 0 to length - 1 in the order that belongs to (seed, epoch).

    Examples
    --------
    >>> sorted(shuffled(5, seed=0, epoch=3))
    [0, 1, 2, 3, 4]
    """
    return np.random.default_rng((seed, epoch)).permutation(length).tolist()


class SequentialSampler:
    """Every index in order."""

    def __init__(self, data_source: Any):
        self.data_source = data_source

    def __len__(self) -> int:
        return len(self.data_source)

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))


class RandomSampler:
    """Every index once, in an order that `seed` and ``set_epoch`` decide.

    `DataLoader` calls ``set_epoch`` on any sampler that has it.
    """

    def __init__(self, data_source: Any, seed: int = 0):
        self.data_source, self.seed, self.epoch = data_source, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order is given next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.data_source)

    def __iter__(self) -> Iterator[int]:
        return iter(shuffled(len(self.data_source), self.seed, self.epoch))
