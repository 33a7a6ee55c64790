"""What the tape sees of a tensor: its array, its place in the graph, and who else looks at its
memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

__all__ = ["Differentiable", "Saved", "Storage"]


class Storage:
    """What all tensors over the same memory have in common.

    ``version`` counts in-place changes; ``rewritten`` is the version of the last one that was
    recorded; ``shared`` says that more than one tensor looks at the memory; ``exported`` that NumPy
    code outside may write to it; ``held`` counts the values that nodes keep in it for backward.
    """

    __slots__ = ("exported", "held", "rewritten", "shared", "version")

    def __init__(self) -> None:
        self.version = self.rewritten = self.held = 0
        self.shared = self.exported = False


class Differentiable:
    """The base of `Tensor`: an array and its place in the graph."""

    array: np.ndarray
    grad: Any
    node: Any  # the applied Function that made it; None for a leaf
    index: int  # which of the node's outputs it is
    storage: Storage
    base: Any  # of a view: the tensor that it looks into
    path: tuple[
        tuple[Any, tuple[Any, ...]], ...
    ]  # of a view: the (Function, arguments) that lead to it
    seen: int  # of a view: the storage's ``rewritten`` when its history was last made
    hooks: list[Callable] | None  # of a leaf; those of other tensors live in their node
    _requires_grad: bool

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The methods that the families in `minigrad.methods` add."""

        def __getitem__(self, index: Any) -> Any: ...

    @classmethod
    def wrap(cls, array: np.ndarray) -> Any:
        """A new plain tensor over ``array``, outside the graph."""
        raise NotImplementedError

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return self._requires_grad

    @property
    def edge(self) -> tuple[Any, int] | None:
        """Where a gradient of this tensor goes: to a node's output, to this leaf, or nowhere."""
        if not self._requires_grad:
            return None
        return (self, 0) if self.node is None else (self.node, self.index)

    def looks_into(self, source: Differentiable, function: Any, arguments: tuple[Any, ...]) -> None:
        """Make this tensor a view of ``source``, which ``function`` took."""
        self.base = source if source.base is None else source.base
        self.path = (*source.path, (function, arguments))
        self.storage = source.storage
        self.storage.shared = True
        self.seen = self.storage.rewritten

    def refresh(self) -> None:
        """Give a view the history that its base has by now, if a recorded in-place change made a
        new one.
        """
        if self.base is not None and self.storage.rewritten > self.seen:
            view = self.base
            for function, arguments in self.path:
                view = function.apply(view, *arguments)
            self.node, self.index, self._requires_grad = view.node, view.index, view.requires_grad
            self.seen = self.storage.rewritten


class Saved:
    """An array kept for backward, with what it needs to become a tensor of the graph again.

    ``output`` is the index among the outputs of the very node that saves it, or -1.
    """

    __slots__ = ("array", "edge", "leaf", "output", "storage", "version")

    def __init__(self, array: np.ndarray, source: Differentiable | None, output: int = -1) -> None:
        self.array, self.output = array, output
        self.storage: Storage | None = None
        self.edge = source.edge if source is not None and output < 0 else None
        # A leaf comes back as itself; other tensors are made anew, so that the graph holds none.
        self.leaf = source if self.edge is not None and self.edge[0] is source else None
        self.version = 0
        if source is not None and source.storage.exported:
            self.array = array.copy()  # somebody outside can write to it unseen
        elif source is not None:
            self.hold(source.storage)

    def hold(self, storage: Storage) -> None:
        """Rely on the memory of ``storage`` as it is now."""
        self.release()
        self.storage, self.version = storage, storage.version
        storage.held += 1

    def release(self) -> None:
        """Rely on memory of our own from now on."""
        if self.storage is not None:
            self.storage.held -= 1
            self.storage = None

    def __del__(self) -> None:
        self.release()

    def unpack(self, node: Any) -> Any:
        """The saved value as a tensor of the graph.

        Raises
        ------
        RuntimeError
            If an in-place operation has changed it since.
        """
        if self.storage is not None and self.storage.version != self.version:
            raise RuntimeError(
                f"{node.name}: a tensor of shape {self.array.shape} that its backward needs was "
                f"changed by an in-place operation (it is at version {self.storage.version}, "
                f"expected {self.version}); use the out-of-place form, or clone() it before"
            )
        if self.leaf is not None and self.leaf.array is self.array:
            return self.leaf
        tensor = node.wrap(self.array)
        edge = (node, self.output) if self.output >= 0 else self.edge
        if edge is not None:
            tensor._requires_grad = True
            if self.leaf is None:
                tensor.node, tensor.index = edge
        return tensor
