"""Conversions between dtypes, and new tensors of the same dtype."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd import Differentiable
from minigrad.errors import SizeError
from minigrad.methods.operands import sizes_of
from minigrad.primitives.arithmetic import Cast

__all__ = ["Conversion"]


class Conversion(Differentiable):
    """Methods that change the dtype, or make tensors of the same."""

    def to(
        self,
        *args: Any,
        device: Any = None,
        dtype: Any = None,
        non_blocking: bool = False,
        copy: bool = False,
        memory_format: Any = None,
        other: Any = None,
    ) -> Any:
        """The tensor in another dtype: ``to(dtype)``, ``to(other)``, ``to("cpu")``, ``to("cpu",
        dtype)``, each also followed by ``non_blocking, copy``.

        Raises
        ------
        RuntimeError
            For a device other than the CPU.
        """
        flags = [a for a in args if isinstance(a, bool)]
        for argument in (*args, device, other):
            if isinstance(argument, Differentiable):
                dtype = argument.dtype
            elif isinstance(argument, (dtypes.device, str)):
                dtypes.device(argument)
            elif isinstance(argument, (dtypes.dtype, np.dtype, builtins.type)):
                dtype = argument
            elif argument is not None and not isinstance(argument, bool):
                raise TypeError(f"to: expected a dtype, a device or a Tensor, got {argument!r}")
        copy = copy or (len(flags) > 1 and flags[1])
        wanted = self.array.dtype if dtype is None else dtypes.numpy_dtype(dtype, "to")
        if wanted != self.array.dtype:
            return Cast.apply(self, wanted)
        return self.clone() if copy else self

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """The tensor in another dtype (also by the name of a tensor type, "FloatTensor"); without
        one, the name of its type.
        """
        if dtype is None:
            return f"minigrad.{dtypes.tensor_type(self.dtype)}"
        return self.to(dtypes.named(dtype) if isinstance(dtype, str) else dtype)

    def type_as(self, other: Any) -> Any:
        """The tensor in the dtype of another."""
        return self.to(other.dtype)

    def float(self) -> Any:
        """The tensor in float32."""
        return self.to(dtypes.float32)

    def double(self) -> Any:
        """The tensor in float64."""
        return self.to(dtypes.float64)

    def int(self) -> Any:
        """The tensor in int32."""
        return self.to(dtypes.int32)

    def long(self) -> Any:
        """The tensor in int64."""
        return self.to(dtypes.int64)

    def bool(self) -> Any:
        """The tensor as booleans."""
        return self.to(dtypes.bool)

    def short(self) -> Any:
        """The tensor in int16."""
        return self.to(dtypes.int16)

    def char(self) -> Any:
        """The tensor in int8."""
        return self.to(dtypes.int8)

    def half(self) -> Any:
        """Raise: there is no float16 here."""
        return self.to(dtypes.float16)

    def byte(self) -> Any:
        """The tensor in uint8."""
        return self.to(dtypes.uint8)

    def cpu(self) -> Any:
        """The tensor itself."""
        return self

    def cuda(self, *args: Any, **kwargs: Any) -> Any:
        """Raise: there is no GPU here."""
        return self.to(dtypes.device("cuda"))

    def pin_memory(self) -> Any:
        """The tensor itself: there is no GPU to copy it to."""
        return self

    def share_memory_(self) -> Any:
        """The tensor itself: threads share its memory as it is."""
        return self

    # -- new tensors of the same dtype ------------------------------------------------------------

    def new_full(
        self,
        size: Any,
        fill_value: Any,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: builtins.bool = False,
        layout: Any = None,
        pin_memory: builtins.bool = False,
    ) -> Any:
        """A tensor of one repeated number, in this one's dtype unless another is given."""
        if device is not None:
            dtypes.device(device)
        shape = sizes_of((size,), "new_full")
        if any(n < 0 for n in shape):
            raise SizeError(f"new_full: sizes {shape} must not be negative")
        kind = dtypes.numpy_dtype(dtype or self.dtype, "new_full")
        return self.wrap(np.full(shape, fill_value, kind)).requires_grad_(requires_grad)

    def new_zeros(self, *sizes: Any, size: Any = None, **options: Any) -> Any:
        """A tensor of zeros, in this one's dtype unless another is given."""
        return self.new_full(
            sizes_of(sizes if size is None else (size,), "new_zeros"), 0, **options
        )

    def new_ones(self, *sizes: Any, size: Any = None, **options: Any) -> Any:
        """A tensor of ones, in this one's dtype unless another is given."""
        return self.new_full(sizes_of(sizes if size is None else (size,), "new_ones"), 1, **options)

    new_empty = new_zeros
