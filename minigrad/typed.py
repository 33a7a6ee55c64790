"""PyTorch's old names of tensor types: ``FloatTensor(2, 3)``, ``LongTensor([1, 2])``."""

from __future__ import annotations

from typing import Any

from minigrad import dtypes
from minigrad.tensor import Tensor

__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
]


class TensorType(type):
    """The type of such types: calling one makes a plain `Tensor` of its dtype.

    >>> from minigrad.typed import LongTensor
    >>> LongTensor([1, 2]), isinstance(LongTensor([1]), LongTensor)
    (tensor([1, 2]), True)
    """

    dtype: dtypes.dtype

    def __call__(cls, *data: Any) -> Tensor:
        """A tensor of sizes, or of a sequence."""
        return Tensor(*data).to(cls.dtype)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype == cls.dtype


class FloatTensor(metaclass=TensorType):
    """Tensors of float32."""

    dtype = dtypes.float32


class DoubleTensor(metaclass=TensorType):
    """Tensors of float64."""

    dtype = dtypes.float64


class LongTensor(metaclass=TensorType):
    """Tensors of int64."""

    dtype = dtypes.int64


class IntTensor(metaclass=TensorType):
    """Tensors of int32."""

    dtype = dtypes.int32


class ShortTensor(metaclass=TensorType):
    """Tensors of int16."""

    dtype = dtypes.int16


class CharTensor(metaclass=TensorType):
    """Tensors of int8."""

    dtype = dtypes.int8


class ByteTensor(metaclass=TensorType):
    """Tensors of uint8."""

    dtype = dtypes.uint8


class BoolTensor(metaclass=TensorType):
    """Tensors of booleans."""

    dtype = dtypes.bool
