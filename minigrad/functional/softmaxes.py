"""Softmax and its relatives: numbers along an axis that compete.

    N   everything before the axis      C   the axis      L   everything after it

Kernels see (N, C, L).
"""

from __future__ import annotations

from typing import Any
from warnings import warn

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.errors import SizeError
from minigrad.functional.checks import check_dtypes
from minigrad.methods.operands import axis_of
from minigrad.tensor import Tensor, method

__all__ = ["glu", "log_softmax", "softmax", "softmin"]


def along(kernel: Any, axis: int, *arrays: np.ndarray) -> np.ndarray:
    """Run a kernel over (N, C, L) views of arrays of one shape."""
    shape = arrays[0].shape
    y = np.empty(shape, arrays[0].dtype)
    if y.size:
        N, C = int(np.prod(shape[:axis])), shape[axis] if shape else 1
        views = (np.ascontiguousarray(a).reshape(N, C, -1) for a in arrays)
        kernel(y.reshape(N, C, -1), *views)
    return y


class Softmax(Function):
    """y_c = e ** x_c / the sum of e ** x along the axis."""

    def forward(self, x, axis):
        self.axis = axis
        y = along(kernels.softmax, axis, x)
        self.save(y)
        return y

    def backward(self, gy):
        (y,) = self.saved
        return SoftmaxGrad.apply(gy, y, self.axis)


class SoftmaxGrad(Function):
    """gx_c = y_c (gy_c - the sum of gy y along the axis)."""

    def forward(self, gy, y, axis):
        self.axis = axis
        self.save(gy, y)
        return along(kernels.softmax_grad, axis, gy, y)

    def backward(self, ggx):
        gy, y = self.saved
        ggy = gyy = None
        if self.needs[0]:
            ggy = SoftmaxGrad.apply(ggx, y, self.axis)
        if self.needs[1]:
            inner = (gy * y).sum(self.axis, keepdim=True)
            gyy = ggx * (gy - inner) - gy * (ggx * y).sum(self.axis, keepdim=True)
        return ggy, gyy


class LogSoftmax(Function):
    """y_c = x_c - ln of the sum of e ** x along the axis."""

    def forward(self, x, axis):
        self.axis = axis
        y = along(kernels.log_softmax, axis, x)
        self.save(y)
        return y

    def backward(self, gy):
        (y,) = self.saved
        return LogSoftmaxGrad.apply(gy, y, self.axis)


class LogSoftmaxGrad(Function):
    """gx_c = gy_c - e ** y_c times the sum of gy along the axis."""

    def forward(self, gy, y, axis):
        self.axis = axis
        self.save(gy, y)
        return along(kernels.log_softmax_grad, axis, gy, y)

    def backward(self, ggx):
        gy, y = self.saved
        share = y.exp()
        ggy = gyy = None
        if self.needs[0]:
            ggy = ggx - (ggx * share).sum(self.axis, keepdim=True)
        if self.needs[1]:
            gyy = -(ggx * share * gy.sum(self.axis, keepdim=True))
        return ggy, gyy


def _axis(input: Tensor, dim: int | None, operation: str) -> int:
    """The axis to use; without ``dim`` PyTorch's old guess, with its warning."""
    if dim is None:
        dim = 0 if input.ndim in (0, 1, 3) else 1
        warn(
            f"{operation}: dim was left out and guessed to be {dim}, which is deprecated; pass it",
            UserWarning,
            stacklevel=3,
        )
    return axis_of(dim, input.ndim, operation)


def _floating(input: Tensor, dtype: Any, operation: str) -> Tensor:
    """The input in the dtype asked for, which must be floating."""
    if isinstance(input, Tensor) and dtype is not None:
        input = input.to(dtype)
    check_dtypes(operation, input=input)
    return input


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """``y_c = e ** x_c / sum over k of e ** x_k``, along ``dim``: positive numbers of sum 1.

    Parameters
    ----------
    input : Tensor
        Any shape, any finite values.
    dim : int
        The axis of the classes; guessed, with a warning, if left out.
    dtype : dtype, optional
        Convert the input first.

    Raises
    ------
    IndexError
        If there is no such axis.
    TypeError
        For integers.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.softmax(minigrad.tensor([1000.0, 1000.0]), dim=0)
    tensor([0.5, 0.5])
    """
    input = _floating(input, dtype, "softmax")
    return Softmax.apply(input, _axis(input, dim, "softmax"))


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """The logarithm of `softmax`, finite where that would round to 0; arguments are the same."""
    input = _floating(input, dtype, "log_softmax")
    return LogSoftmax.apply(input, _axis(input, dim, "log_softmax"))


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """`softmax` of ``-input``."""
    input = _floating(input, dtype, "softmin")
    return Softmax.apply(-input, _axis(input, dim, "softmin"))


@method("softmax")
def _softmax_method(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """`minigrad.nn.functional.softmax`."""
    return softmax(input, dim, dtype=dtype)


@method("log_softmax")
def _log_softmax_method(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """`minigrad.nn.functional.log_softmax`."""
    return log_softmax(input, dim, dtype=dtype)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """``y = a * sigmoid(b)``, where a and b are the halves of the input along ``dim``.

    Raises
    ------
    ValueError
        If the axis has an odd size.

    Notes
    -----
    Source: Dauphin et al., "Language modeling with gated convolutional networks", 2016.
    """
    check_dtypes("glu", input=input)
    if input.ndim == 0:
        raise SizeError("glu: input has 0 dimensions and so cannot be halved")
    axis = axis_of(dim, input.ndim, "glu")
    if input.shape[axis] % 2:
        raise SizeError(
            f"glu: the size of axis {axis} must be even, to be halved, got {input.shape[axis]} in "
            f"shape {tuple(input.shape)}"
        )
    half = input.shape[axis] // 2
    return input.narrow(axis, 0, half) * input.narrow(axis, half, half).sigmoid()
