"""Gradients on their way: the sums of one backward pass, and what becomes of them at the leaves.

Memory is written to, or given away, only where nothing else can see it.  Who could see it is told
by counting references, as in PyTorch's engine: a gradient that a hook, a user, a saved value or a
second edge holds has more than one, and is copied.
"""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import numpy as np

from minigrad.function import Function

__all__ = ["Gradients", "accumulate_into", "is_ours"]

_box = [object()]
_ALONE = getrefcount(_box[0])  # references to a thing that only a box holds


def is_ours(box: list[Any]) -> bool:
    """Whether nothing but ``box`` can reach the memory of the tensor in it.

    Counted are the references to the tensor, to its array, and to the array whose memory that one
    looks into.
    """
    if getrefcount(box[0]) > _ALONE or getrefcount(box[0].array) > _ALONE:
        return False
    array = box[0].array
    if not (array.flags.c_contiguous and array.flags.writeable):
        return False
    if array.base is None:
        return bool(array.flags.owndata)
    whole = isinstance(array.base, np.ndarray) and array.base.flags.owndata
    return whole and getrefcount(array.base) <= _ALONE and array.base.nbytes <= array.nbytes + 64


class Gradients:
    """The gradients of one pass, keyed by edge."""

    def __init__(self, create_graph: bool) -> None:
        self.create_graph = create_graph
        self.table: dict[tuple[int, int], list[Any]] = {}  # (id of node or leaf, index) -> [sum]
        self.alive: dict[int, Any] = {}  # keeps the ids valid

    def add(self, edge: tuple[Any, int], gradient: Any) -> None:
        """Add to what has arrived at an edge; the gradient's memory may be written to later."""
        key = (id(edge[0]), edge[1])
        box = self.table.get(key)
        if box is None:
            self.table[key] = [gradient]
            self.alive[key[0]] = edge[0]
        elif not self.create_graph and is_ours(box):
            box[0].array += gradient.array
        else:
            box[0] = box[0] + gradient

    def pop(self, owner: Any, index: int) -> Any:
        """The finished gradient of an edge, passed through the hooks of its tensor; None if there
        is none.
        """
        box = self.table.pop((id(owner), index), None)
        if box is None:
            return None
        gradient = box[0]
        hooks = owner.hooks or ()
        if isinstance(owner, Function) and hooks:
            hooks = hooks.get(index, ())
        for hook in list(hooks):
            replaced = hook(gradient)
            gradient = gradient if replaced is None else replaced
        return gradient


def accumulate_into(tensor: Any, box: list[Any], create_graph: bool) -> None:
    """Add the gradient in ``box`` to ``tensor.grad``, in memory that nothing else holds."""
    if create_graph:
        tensor.grad = box[0].clone() if tensor.grad is None else tensor.grad + box[0]
    elif tensor.grad is None:
        ours = is_ours(box)
        gradient = box[0]
        array = gradient.array if ours else np.array(gradient.array, order="C")
        tensor.grad = gradient.wrap(array)
    else:
        tensor.grad.array += box[0].array
        tensor.grad.storage.version += 1
