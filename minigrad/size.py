"""`Size`: the shape of a tensor."""

from __future__ import annotations

from math import prod
from typing import Any

__all__ = ["Size"]


class Size(tuple):
    """The shape of a tensor: a tuple that knows its number of elements."""

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements."""
        return prod(self)

    def __repr__(self) -> str:
        return f"minigrad.Size({list(self)})"

    def __add__(self, other: Any) -> Size:
        return Size(tuple(self) + tuple(other))

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return Size(part) if isinstance(index, slice) else part
