"""Padding layers; sizes are (left, right, top, bottom), or one number for all sides [pixels].

Over sequences they are (left, right).
"""

from __future__ import annotations

from typing import Any

from minigrad import functional as F
from minigrad.nn.modules.module import Module
from minigrad.tensor import Tensor

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ZeroPad1d",
    "ZeroPad2d",
]


class _Pad(Module):
    __constants__ = ["padding"]
    mode = ""
    dims = 2

    def __init__(self, padding: Any) -> None:
        super().__init__()
        sides = tuple(padding) if hasattr(padding, "__iter__") else (padding,) * (2 * self.dims)
        if len(sides) != 2 * self.dims or not all(isinstance(n, int) for n in sides):
            raise ValueError(
                f"{self._get_name()}: padding (={padding!r}) must be one integer or "
                f"{2 * self.dims} of them"
            )
        self.padding = sides

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (self.dims + 1, self.dims + 2):
            raise ValueError(
                f"{self._get_name()}: expected {self.dims + 1}D or {self.dims + 2}D input, "
                "got shape "
                f"{tuple(input.shape)}"
            )
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ReflectionPad2d(_Pad):
    """Padding with the picture mirrored at its border pixels."""

    mode = "reflect"


class ReplicationPad2d(_Pad):
    """Padding with the border pixels repeated."""

    mode = "replicate"


class CircularPad2d(_Pad):
    """Padding with the opposite side, as if the picture were a tile of an endless pattern."""

    mode = "circular"


class ReflectionPad1d(ReflectionPad2d):
    """`ReflectionPad2d` for sequences."""

    dims = 1


class ReplicationPad1d(ReplicationPad2d):
    """`ReplicationPad2d` for sequences."""

    dims = 1


class CircularPad1d(CircularPad2d):
    """`CircularPad2d` for sequences."""

    dims = 1


class ConstantPad2d(_Pad):
    """Padding with ``value``; a negative size crops."""

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(ConstantPad2d):
    """`ConstantPad2d` for sequences."""

    dims = 1


class ZeroPad2d(ConstantPad2d):
    """Padding with zeros; a negative size crops."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad1d(ZeroPad2d):
    """`ZeroPad2d` for sequences."""

    dims = 1
