"""Element types and devices under PyTorch's names.

minigrad computes in float32 and float64; integers and booleans index, label and mask.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

__all__ = [
    "bool",
    "cdouble",
    "cfloat",
    "complex128",
    "complex64",
    "device",
    "double",
    "dtype",
    "finfo",
    "float",
    "float16",
    "float32",
    "float64",
    "get_default_dtype",
    "half",
    "iinfo",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "long",
    "numpy_dtype",
    "result_dtype",
    "set_default_dtype",
    "short",
    "uint8",
]


class dtype:  # noqa: N801
    """An element type; equal to NumPy's type of the same name, and usable in its place.

    >>> import minigrad, numpy as np
    >>> minigrad.float32 == np.float32, np.zeros(1, minigrad.int64).dtype
    (True, dtype('int64'))
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.dtype = np.dtype(name)  # NumPy reads this attribute of anything given as a dtype

    @property
    def is_floating_point(self) -> builtins.bool:
        """Whether elements can carry gradients."""
        return self.dtype.kind == "f"

    @property
    def is_complex(self) -> builtins.bool:
        """Always False, as there are no complex tensors here."""
        return False

    @property
    def is_signed(self) -> builtins.bool:
        """Whether elements can be negative."""
        return self.dtype.kind in "if"

    @property
    def itemsize(self) -> builtins.int:
        """The size of one element [bytes]."""
        return self.dtype.itemsize

    def __eq__(self, other: object) -> builtins.bool:
        if isinstance(other, dtype):
            return self.dtype == other.dtype
        if other is None:  # which NumPy takes for float64
            return False
        try:
            return self.dtype == np.dtype(other)  # type: ignore[call-overload]
        except TypeError:
            return False

    def __hash__(self) -> builtins.int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return f"minigrad.{self.name}"

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return dtype, (self.name,)


float32, float64 = dtype("float32"), dtype("float64")
# Names that programs compare with; no tensor is of these.
float16, complex64, complex128 = dtype("float16"), dtype("complex64"), dtype("complex128")
half, cfloat, cdouble = float16, complex64, complex128
uint8, int8, int16 = dtype("uint8"), dtype("int8"), dtype("int16")
int32, int64 = dtype("int32"), dtype("int64")
bool = dtype("bool")
float, double, short, int, long = float32, float64, int16, int32, int64

_BY_NUMPY = {d.dtype: d for d in (float32, float64, uint8, int8, int16, int32, int64, bool)}
_default = [float32]


def get_default_dtype() -> dtype:
    """The type of tensors made from Python floats; float32 unless set otherwise."""
    return _default[0]


def set_default_dtype(d: Any) -> None:
    """Set the type of tensors made from Python floats to float32 or float64.

    Raises
    ------
    TypeError
        For any other type.
    """
    chosen = of(numpy_dtype(d, "set_default_dtype"))
    if not chosen.is_floating_point:
        raise TypeError(
            f"set_default_dtype: d (={chosen}) must be a floating type: float32 or float64"
        )
    _default[0] = chosen


def of(numpy_type: np.dtype) -> dtype:
    """The element type for a NumPy type that `numpy_dtype` has let through."""
    return _BY_NUMPY[numpy_type]


def numpy_dtype(kind: Any, operation: str = "tensor") -> np.dtype:
    """NumPy's type for anything that names an element type, in native byte order.

    Raises
    ------
    TypeError
        For types that minigrad does not compute with (float16, complex, object, ...).
    """
    if kind is builtins.float:
        return float64.dtype
    if kind is builtins.int:
        return int64.dtype
    if kind is None:
        raise TypeError(f"{operation}: dtype is None")
    named = getattr(kind, "dtype", None)  # of NumPy's scalar types it is a descriptor
    found = np.dtype(named if isinstance(named, (dtype, np.dtype)) else kind).newbyteorder("=")
    if found not in _BY_NUMPY:
        raise TypeError(
            f"{operation}: dtype {found} is not supported; use float32 or float64 for values, "
            "int64, int32, int16, int8, uint8 or bool for indices, labels and masks"
        )
    return found


_TYPES = {
    "FloatTensor": float32,
    "DoubleTensor": float64,
    "ByteTensor": uint8,
    "CharTensor": int8,
    "ShortTensor": int16,
    "IntTensor": int32,
    "LongTensor": int64,
    "BoolTensor": bool,
}


def tensor_type(kind: dtype) -> str:
    """PyTorch's old name of the tensors of a dtype."""
    return next(name for name, of_it in _TYPES.items() if of_it == kind)


def named(name: str) -> dtype:
    """The dtype behind a name: "float32", or "FloatTensor" with anything before it but "cuda".

    Raises
    ------
    TypeError
        For other names.
    """
    place, _, last = name.rpartition(".")
    found = _TYPES.get(last) or next((d for d in _BY_NUMPY.values() if d.name == last), None)
    if found is None or "cuda" in place:
        raise TypeError(
            f"type: dtype (={name!r}) names no dtype of minigrad; its tensors are "
            f"{', '.join(_TYPES)}, on the CPU"
        )
    return found


_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}


def result_dtype(x: np.ndarray, y: np.ndarray) -> np.dtype:
    """The type in which two arrays are combined, by PyTorch's rules.

    Floating beats integer beats boolean, whatever the sizes; within one kind a 0-dimensional array
    never widens the other; otherwise the larger type wins.
    """
    a, b = x.dtype, y.dtype
    if a == b:
        return a
    rank_a, rank_b = _RANK[a.kind], _RANK[b.kind]
    if rank_a != rank_b:
        winner, other = (a, b) if rank_a > rank_b else (b, a)
        return winner if winner.kind == "f" or other.kind == "b" else np.promote_types(a, b)
    if (x.ndim == 0) != (y.ndim == 0):
        return b if x.ndim == 0 else a
    return np.promote_types(a, b)


class finfo:  # noqa: N801
    """The limits of a floating dtype: ``bits, eps, max, min, tiny, resolution``."""

    def __init__(self, type: Any = None) -> None:
        kind = numpy_dtype(_default[0] if type is None else type, "finfo")
        if kind.kind != "f":
            raise TypeError(f"finfo: type (={type}) must be a floating dtype; use iinfo")
        found = np.finfo(kind)
        self.bits, self.dtype = found.bits, kind.name
        self.eps, self.resolution = builtins.float(found.eps), builtins.float(found.resolution)
        self.max, self.min = builtins.float(found.max), builtins.float(found.min)
        self.tiny = self.smallest_normal = builtins.float(found.tiny)


class iinfo:  # noqa: N801
    """The limits of an integer dtype: ``bits, max, min``."""

    def __init__(self, type: Any) -> None:
        kind = numpy_dtype(type, "iinfo")
        if kind.kind not in "iu":
            raise TypeError(f"iinfo: type (={type}) must be an integer dtype; use finfo")
        found = np.iinfo(kind)
        self.bits, self.dtype, self.max, self.min = found.bits, kind.name, found.max, found.min


class device:  # noqa: N801
    """Where a tensor lives: always the CPU.

    Raises
    ------
    RuntimeError
        For any other device.
    """

    kind: str

    def __init__(self, type: Any = "cpu", index: builtins.int | None = None) -> None:
        kind = type.kind if isinstance(type, device) else str(type).partition(":")[0]
        if kind != "cpu":
            raise RuntimeError(
                f"device: type (={type!r}) is not available; minigrad computes on the CPU ('cpu') "
                "only"
            )
        self.kind, self.index = kind, index

    @property
    def type(self) -> str:
        """The kind of device, always "cpu"."""
        return self.kind

    def __eq__(self, other: object) -> builtins.bool:
        return isinstance(other, device)

    def __hash__(self) -> builtins.int:
        return hash(self.type)

    def __str__(self) -> str:
        return self.type

    def __repr__(self) -> str:
        return f"device(type={self.type!r})"
