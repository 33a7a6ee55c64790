"""Items -> one batch: arrays of one shape are stacked into tensors, containers keep their form."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.dtypes import numpy_dtype
from minigrad.tensor import Tensor

__all__ = ["default_collate", "default_convert"]


def default_collate(batch: Sequence[Any]) -> Any:
    """Join items into a batch, as PyTorch's `default_collate` does.

    Arrays and tensors of one shape (...) become a tensor (N, ...); numbers a tensor (N,), of
    float64 or int64; strings and bytes a list. Tuples, lists and mappings of these keep their
    form, with a batch in the place of each entry.

    Parameters
    ----------
    batch : sequence
        The items, of one kind.

    Returns
    -------
    Tensor, tuple, list or dict
        The batch. Its tensors own their memory and carry no gradient.

    Raises
    ------
    ValueError
        No item, or items that differ in shape, length or keys.
    TypeError
        A kind of item that cannot be joined.
    """
    if not len(batch):
        raise ValueError("default_collate: batch is empty; give at least one item")
    first = batch[0]
    if isinstance(first, Tensor | np.ndarray | np.generic):
        return _tensor(_stack(batch))
    if isinstance(first, bool | int | float):
        return _tensor(np.array(batch))
    if isinstance(first, str | bytes):
        return list(batch)
    if isinstance(first, Mapping):
        return _collate_mappings(batch)
    if isinstance(first, tuple | list):
        return _collate_sequences(batch)
    raise TypeError(
        f"default_collate: cannot join items of type {type(first).__name__}; items may be tensors, "
        "arrays, numbers, strings, and tuples, lists or dicts of them; or give DataLoader a "
        "collate_fn"
    )


def _tensor(array: np.ndarray) -> Tensor:
    """A tensor over an array that nobody else holds, in its dtype."""
    kind = numpy_dtype(array.dtype, "default_collate")
    return Tensor.wrap(array.astype(kind, copy=False))


def default_convert(item: Any) -> Any:
    """Turn the arrays of one item into tensors, for a loader without batches."""
    if isinstance(item, np.ndarray | np.generic):
        return _tensor(np.array(item))
    if isinstance(item, Mapping):
        return {key: default_convert(entry) for key, entry in item.items()}
    if isinstance(item, tuple | list):
        return _same_kind(item, [default_convert(entry) for entry in item])
    return item


def _stack(batch: Sequence[Any]) -> np.ndarray:
    arrays = [entry.array if isinstance(entry, Tensor) else np.asarray(entry) for entry in batch]
    kinds = {(array.shape, array.dtype) for array in arrays}
    if len(kinds) > 1:
        listed = ", ".join(f"{shape} of {dtype}" for shape, dtype in sorted(kinds, key=str))
        raise ValueError(
            f"default_collate: the {len(arrays)} items of a batch must have one shape and dtype, "
            f"not {listed}; crop or resize them to one size, or give DataLoader a collate_fn"
        )
    return np.stack(arrays)


def _collate_sequences(batch: Sequence[Sequence]) -> Any:
    lengths = {len(entry) for entry in batch}
    if len(lengths) > 1:
        raise ValueError(
            f"default_collate: items have {sorted(lengths)} entries; all need the same number"
        )
    return _same_kind(batch[0], [default_collate(entries) for entries in zip(*batch, strict=True)])


def _collate_mappings(batch: Sequence[Mapping]) -> dict:
    keys = list(batch[0])
    for item in batch:
        if set(item) != set(keys):
            raise ValueError(
                f"default_collate: items have different keys: {sorted(map(str, keys))} and "
                f"{sorted(map(str, item))}"
            )
    return {key: default_collate([item[key] for item in batch]) for key in keys}


def _same_kind(like: Sequence, entries: list) -> Any:
    """Return the entries as a list, a tuple, or the named tuple that `like` is."""
    if hasattr(like, "_fields"):
        return type(like)(*entries)
    return tuple(entries) if isinstance(like, tuple) else entries
