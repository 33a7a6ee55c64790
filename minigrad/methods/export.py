"""The way out of minigrad: Python numbers, NumPy arrays, DLPack, text."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd import Differentiable
from minigrad.errors import SizeError

__all__ = ["Export"]


class Export(Differentiable):
    """Methods that give the values to others."""

    def item(self) -> Any:
        """The value of a tensor of one element, as a Python number.

        Raises
        ------
        ValueError
            If there is not exactly one element.
        """
        if self.array.size != 1:
            raise SizeError(f"item: needs a tensor of one element, got shape {tuple(self.shape)}")
        return self.array.item()

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self.array.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The values as an ndarray over the same memory.

        While a recorded graph holds the values for its backward, the array is read-only.

        Raises
        ------
        RuntimeError
            If the tensor requires grad; use ``detach().numpy()`` (or ``force=True``).
        """
        if self.requires_grad and not force:
            raise RuntimeError(
                "numpy: this tensor requires grad, and changes through NumPy are not recorded; "
                "use detach().numpy()"
            )
        array = self.array.view()
        if self.storage.held:
            array.flags.writeable = False
        elif array.flags.writeable:
            self.storage.shared = self.storage.exported = True
        return array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        if copy or (dtype is not None and array.dtype != np.dtype(dtype)):
            return array.astype(dtype if dtype is not None else array.dtype)
        return array

    def __dlpack__(self, **options: Any) -> Any:
        """The memory as a DLPack capsule, for other array libraries."""
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise SizeError(
                f"bool: the truth of a tensor of shape {tuple(self.shape)} is ambiguous; use "
                "any() or all()"
            )
        return bool(self.array.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iub" or self.array.size != 1:
            raise TypeError("index: only a tensor of one integer can be used as an index")
        return int(self.array.item())

    def __format__(self, specification: str) -> str:
        if self.ndim == 0 and specification:
            return format(self.item(), specification)
        return object.__format__(self, specification)

    def __repr__(self) -> str:
        default = (dtypes.get_default_dtype().dtype, np.dtype(np.int64), np.dtype(np.bool_))
        text = np.array2string(
            self.array, precision=4, separator=", ", prefix="tensor(", threshold=1000, edgeitems=3
        )
        if self.array.size == 0 and self.ndim != 1:
            text = f"[], size={tuple(self.shape)}"
        notes = [] if self.array.dtype in default else [f"dtype={self.dtype}"]
        if self.node is not None:
            notes.append(f"grad_fn={self.node!r}")
        elif self.requires_grad:
            notes.append("requires_grad=True")
        return f"tensor({', '.join([text, *notes])})"
