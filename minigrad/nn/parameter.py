"""`Parameter` and `Buffer`: the tensors that a module owns, known by their type."""

from __future__ import annotations

from typing import Any

from minigrad.creation import empty
from minigrad.tensor import Tensor

__all__ = ["Buffer", "Parameter"]


class _Owned(Tensor):
    """A tensor over the memory of another, of a type that `Module` recognises."""

    def _take(self, data: Any) -> None:
        kind = type(self).__name__
        if data is None:
            data = empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(
                f"{kind}: data must be a Tensor, got {type(data).__name__}; make one with "
                "minigrad.tensor(...)"
            )
        self._set(data.array)
        self.storage = data.storage
        self.storage.shared = True


class Parameter(_Owned):
    """A tensor that a module trains: assigned as an attribute, it becomes one of its parameters.

    Parameters
    ----------
    data : Tensor, optional
        The initial values, whose memory the parameter takes over without a copy; empty if left out.
    requires_grad : bool
        Whether operations on the parameter are recorded.

    Raises
    ------
    TypeError
        If data is not a Tensor, or not a floating one while a gradient is required.

    Examples
    --------
    >>> import minigrad
    >>> minigrad.nn.Parameter(minigrad.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        self._take(data)
        self.requires_grad_(requires_grad)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Buffer(_Owned):
    """A tensor that a module keeps and does not train, such as running statistics.

    Assigned as an attribute it is registered as by ``register_buffer(name, data, persistent)``.

    Parameters
    ----------
    data : Tensor, optional
        The values, whose memory the buffer takes over without a copy.
    persistent : bool
        Whether the buffer is part of the module's ``state_dict``.
    """

    def __init__(self, data: Any = None, *, persistent: bool = True) -> None:
        self._take(data)
        self.persistent = persistent
