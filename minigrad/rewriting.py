"""In-place changes: how a tensor takes over a new value, and a view's base a new history."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.function import Function

__all__ = ["check_writable", "replace_value"]


class WriteThrough(Function):
    """The base of a view after an in-place operation on the view: ``value`` written at ``path``."""

    rewrites = True

    def forward(self, base, value, path, copy):
        self.path = path
        base = base.copy() if copy else base
        target = base
        for function, arguments in path:
            target = function().forward(target, *arguments)
        np.copyto(target, value)
        return base

    def backward(self, gy):
        gvalue = gy
        for function, arguments in self.path:
            gvalue = function.apply(gvalue, *arguments)
        zero = gy.wrap(np.zeros((), gy.array.dtype))
        gbase = WriteThrough.apply(gy, zero, self.path, True) if self.needs[0] else None
        return gbase, gvalue


def replace_value(target: Any, result: Any) -> Any:
    """Make ``target`` hold the value and the history of ``result``: how in-place operations end.

    Raises
    ------
    RuntimeError
        If a leaf that requires grad, or a view of one, would be changed by a recorded operation.
    """
    node, storage = result.node, target.storage
    root = target if target.base is None else target.base
    if node is not None and root.requires_grad and root.node is None:
        raise RuntimeError(
            "a leaf that requires grad cannot be changed in place while operations are recorded; "
            "do it under no_grad(), or work on a copy (x.clone())"
        )
    overwrites = storage.shared or result.storage.shared
    if overwrites:
        check_writable(target)
    if node is not None:
        node.keep_old(storage, target.array if overwrites else result.array)
    if node is not None and target.base is not None:
        written = WriteThrough.apply(root, result, target.path, False)
        root._requires_grad, root.node, root.index = True, written.node, 0
    elif overwrites:
        np.copyto(target.array, result.array)
    else:
        target.array = result.array  # nobody else looks at the old memory
    storage.version += 1
    if node is not None:
        node.follow(result, target)
        storage.rewritten = storage.version
        if target.base is None:
            target._requires_grad, target.node, target.index = True, node, result.index
        target.refresh()
    return target


def check_writable(target: Any) -> None:
    """Raise unless the memory of a tensor can be written to.

    Raises
    ------
    RuntimeError
        For an expanded tensor, whose elements are not each in a place of their own, and for
        read-only memory from NumPy.
    """
    if not target.array.flags.writeable:
        raise RuntimeError(
            f"a tensor of shape {target.array.shape} cannot be changed in place: it is expanded "
            "(several elements are one place in memory) or read-only; clone() it first"
        )
