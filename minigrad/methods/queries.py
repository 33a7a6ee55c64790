"""What a tensor is: its shape, its dtype, its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minigrad import dtypes
from minigrad.autograd import Differentiable
from minigrad.methods.operands import axis_of
from minigrad.size import Size

__all__ = ["Queries"]


class Queries(Differentiable):
    """Properties and methods that change nothing."""

    @property
    def shape(self) -> Size:
        """The size of each axis."""
        return Size(self.array.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one axis."""
        if dim is None:
            return self.shape
        axis = axis_of(dim, self.ndim, "size")
        if self.ndim == 0:
            raise IndexError(f"size: dim (={dim}) names an axis of a tensor that has none")
        return self.array.shape[axis]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.array.ndim

    def dim(self) -> int:
        """The number of axes."""
        return self.array.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self.array.size

    nelement = numel

    @property
    def dtype(self) -> dtypes.dtype:
        """The element type."""
        return dtypes.of(self.array.dtype)

    @property
    def device(self) -> dtypes.device:
        """Always the CPU."""
        return dtypes.device("cpu")

    @property
    def is_cuda(self) -> bool:
        """Always False."""
        return False

    @property
    def itemsize(self) -> int:
        """The size of one element [bytes]."""
        return self.array.itemsize

    def element_size(self) -> int:
        """The size of one element [bytes]."""
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        """The size of all elements [bytes]."""
        return self.array.nbytes

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self.array.ctypes.data

    def ndimension(self) -> int:
        """The number of axes."""
        return self.array.ndim

    def is_same_size(self, other: Any) -> bool:
        """Whether another tensor has the same shape."""
        return self.shape == other.shape

    @property
    def is_cpu(self) -> bool:
        """Always True."""
        return True

    def is_complex(self) -> bool:
        """Always False, as there are no complex tensors here."""
        return False

    def is_floating_point(self) -> bool:
        """Whether the elements are floating-point numbers."""
        return self.array.dtype.kind == "f"

    def get_device(self) -> int:
        """-1, PyTorch's number of the CPU."""
        return -1

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len: a 0-dimensional tensor has no length")
        return len(self.array)

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError("iter: a 0-dimensional tensor cannot be iterated over")
        return iter(self.unbind(0))

    def __contains__(self, value: Any) -> bool:
        return bool((self.array == getattr(value, "array", value)).any())
