"""Sums, extremes, products and cumulative sums along axes.

``axes`` is always a tuple of non-negative axes; reduced axes are kept as axes of length 1 when
``keep`` is set.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.primitives.layout import Cat

__all__ = ["AMax", "AMin", "CumProd", "CumSum", "Extreme", "LogSumExp", "Norm", "Prod", "Sum"]


def restored(gradient, axes, keep):
    """Give a reduced gradient its reduced axes back, as axes of length 1."""
    if keep:
        return gradient
    for axis in sorted(axes):
        gradient = gradient.unsqueeze(axis)
    return gradient


MANY = 1 << 19  # elements from which on the kernel is faster than NumPy
LONG = 256  # the same for what lies side by side


def as_channels(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Sizes (N, C, L) in which a sum over the axes is one over N and L; None if there are none.

    >>> as_channels((8, 64, 32, 32), (0, 2, 3)), as_channels((8, 64, 32, 32), (1, 3))
    ((8, 64, 1024), None)
    """
    kept = [i for i in range(len(shape)) if i not in axes]
    if not kept:
        return 1, 1, math.prod(shape)
    first, after = kept[0], kept[-1] + 1
    if after - first != len(kept):
        return None
    return math.prod(shape[:first]), math.prod(shape[first:after]), math.prod(shape[after:])


class Sum(Function):
    """y = the sum of x over the axes; many floating numbers are added up by a kernel."""

    def forward(self, x, axes, keep):
        self.axes, self.keep = axes, keep
        if x.size >= MANY and x.dtype.kind == "f" and x.flags.c_contiguous:
            sizes = as_channels(x.shape, axes)
            if sizes is not None and sizes[2] >= LONG:
                return self._by_kernel(x, sizes)
        return x.sum(axis=axes, keepdims=keep)

    def _by_kernel(self, x, sizes):
        y = np.empty(sizes[1], x.dtype)
        kernels.channel_sums(y, x.reshape(sizes))
        if self.keep:
            return y.reshape([1 if i in self.axes else n for i, n in enumerate(x.shape)])
        return y.reshape([n for i, n in enumerate(x.shape) if i not in self.axes])

    def backward(self, gy):
        return restored(gy, self.axes, self.keep).expand(self.shapes[0])


class Prod(Function):
    """y = the product of x over one axis; zeros are differentiated exactly, by products of the
    others.
    """

    def forward(self, x, axis, keep):
        self.axis, self.keep = axis, keep
        self.save(x)
        return x.prod(axis=axis, keepdims=keep)

    def backward(self, gy):
        (x,) = self.saved
        n = self.shapes[0][self.axis]
        rows = x.movedim(self.axis, -1).unsqueeze(-2)  # (..., 1, n)
        diagonal = gy.wrap(np.eye(n, dtype=bool))
        others = rows.expand(*rows.shape[:-2], n, n).masked_fill(diagonal, 1.0).prod(-1)  # (..., n)
        return restored(gy, (self.axis,), self.keep) * others.movedim(-1, self.axis)


class AMax(Function):
    """y = the largest of x over the axes; equal largest elements share the gradient evenly.  NaN
    wins.
    """

    choose: Any = staticmethod(np.amax)

    def forward(self, x, axes, keep):
        self.axes, self.keep = axes, keep
        y = self.choose(x, axis=axes, keepdims=True)
        largest = (x == y) | (np.isnan(x) & np.isnan(y))
        self.save(largest / largest.sum(axis=axes, keepdims=True).astype(x.dtype))
        return y if keep else y.reshape(tuple(n for i, n in enumerate(x.shape) if i not in axes))

    def backward(self, gy):
        (share,) = self.saved
        return restored(gy, self.axes, self.keep) * share


class AMin(AMax):
    """y = the smallest of x over the axes; equal smallest elements share the gradient evenly.  NaN
    wins.
    """

    choose = staticmethod(np.amin)


class Extreme(Function):
    """The extreme element along one axis and where it is (the first, and NaN wins); ``where`` is
    argmax or argmin.
    """

    def forward(self, x, axis, keep, where):
        index = np.expand_dims(where(x, axis=axis), axis).astype(np.int64)
        self.axis, self.keep = axis, keep
        self.save(index)
        y = np.take_along_axis(x, index, axis)
        return (y, index) if keep else (y.squeeze(axis), index.squeeze(axis))

    def backward(self, gy, _):
        (index,) = self.saved
        gy = restored(gy, (self.axis,), self.keep)
        return gy.wrap(np.zeros(self.shapes[0], gy.array.dtype)).scatter_add(self.axis, index, gy)


class LogSumExp(Function):
    """y = ln sum e ** x over the axes, with the largest element taken out of the exponential."""

    def forward(self, x, axes, keep):
        self.axes, self.keep = axes, keep
        top = np.amax(x, axis=axes, keepdims=True, initial=-np.inf)
        top = np.where(np.isfinite(top), top, 0).astype(x.dtype)
        y = np.log(np.exp(x - top).sum(axis=axes, keepdims=True)) + top
        y = y if keep else y.reshape(tuple(n for i, n in enumerate(x.shape) if i not in axes))
        self.save(x, y)
        return y

    def backward(self, gy):
        x, y = self.saved
        share = (x - restored(y, self.axes, self.keep)).exp()
        return restored(gy, self.axes, self.keep) * share


class CumSum(Function):
    """y[i] = x[0] + ... + x[i] along an axis."""

    def forward(self, x, axis):
        self.axis = axis
        return np.cumsum(x, axis=axis)

    def backward(self, gy):
        return gy.flip(self.axis).cumsum(self.axis).flip(self.axis)


class CumProd(Function):
    """y[i] = x[0] * ... * x[i] along an axis; zeros are differentiated exactly."""

    def forward(self, x, axis):
        self.axis = axis
        self.save(x)
        return np.cumprod(x, axis=axis)

    def backward(self, gy):
        # gx[i] = (x[0] ... x[i - 1]) * (gy[i] + x[i + 1] * (gy[i + 1] + x[i + 2] * (...)))
        (x,) = self.saved
        xs, gs = x.unbind(self.axis), gy.unbind(self.axis)
        parts = [xs[0] * 0 + 1] if xs else []
        for row in xs[:-1]:
            parts.append(parts[-1] * row)
        tail = None
        for i in reversed(range(len(xs))):
            tail = gs[i] if tail is None else gs[i] + xs[i + 1] * tail
            parts[i] = (parts[i] * tail).unsqueeze(self.axis)
        zeros = gy.wrap(np.zeros(self.shapes[0], gy.array.dtype))
        return Cat.apply(self.axis, *parts) if parts else zeros


class Norm(Function):
    """y = (sum |x| ** p) ** (1 / p) over the axes; where the norm is 0 the gradient is 0."""

    def forward(self, x, p, axes, keep):
        self.p, self.axes, self.keep = p, axes, keep
        y = (np.abs(x) ** p).sum(axis=axes, keepdims=keep) ** (1 / p)
        y = np.asarray(y, dtype=x.dtype)
        self.save(x, y)
        return y

    def backward(self, gy):
        x, y = self.saved
        gy, y = restored(gy, self.axes, self.keep), restored(y, self.axes, self.keep)
        if self.p == 2:
            slope = x / y
        else:
            slope = x.sign() * x.abs() ** (self.p - 1) / y ** (self.p - 1)
            slope = slope.masked_fill(x == 0, 0.0)  # for p < 1 it would be 0 times infinity
        return gy * slope.masked_fill(y == 0, 0.0)
