"""Reading and writing by index: basic and advanced indexing, gather and scatter-add.

Each pair is an adjoint: reading's gradient is adding into zeros, adding's gradient is reading.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import Function

__all__ = ["Diagonal", "Gather", "GetItem", "IndexAdd", "Overwrite", "ScatterAdd", "SetItem"]


def is_basic(index: Any) -> bool:
    """Whether an index is made of slices, integers, None and Ellipsis only: it makes a view."""
    parts = index if isinstance(index, tuple) else (index,)
    return not any(isinstance(p, (np.ndarray, list, bool, np.bool_)) for p in parts)


def viewing(index):
    """A basic index with an Ellipsis, so that NumPy makes a view even of a single element."""
    parts = index if isinstance(index, tuple) else (index,)
    return parts if any(p is Ellipsis for p in parts) else (*parts, ...)


class GetItem(Function):
    """y = x[index]."""

    view = True

    def forward(self, x, index):
        self.index = viewing(index) if is_basic(index) else index
        return x[self.index]

    def backward(self, gy):
        return IndexAdd.apply(gy, self.shapes[0], self.index)


class IndexAdd(Function):
    """y = zeros of a shape, with g added at ``index``; an element that is indexed twice gets
    both.
    """

    def forward(self, g, shape, index):
        self.index = index
        y = np.zeros(shape, g.dtype)
        if is_basic(index):
            y[index] = g
        else:
            np.add.at(y, index, g)
        return y

    def backward(self, gg):
        return gg[self.index]


class Diagonal(Function):
    """y[..., i] = x[..., i, i], of square matrices; a view."""

    view = True

    def forward(self, x):
        return np.einsum("...ii->...i", x)

    def backward(self, gy):
        i = np.arange(self.shapes[0][-1])
        return IndexAdd.apply(gy, self.shapes[0], (..., i, i))


class SetItem(Function):
    """y = x with y[index] = v; the old elements there get no gradient."""

    def forward(self, x, v, index):
        self.index = index
        y = x.copy()
        y[index] = v
        return y

    def backward(self, gy):
        gx = (
            SetItem.apply(gy, gy.wrap(np.zeros((), gy.array.dtype)), self.index)
            if self.needs[0]
            else None
        )
        return gx, self.unbroadcast(gy[self.index], 1) if self.needs[1] else None


class Overwrite(Function):
    """y = v in the shape of x, whose old value gets no gradient (``copy_``, ``fill_``,
    ``zero_``).
    """

    def forward(self, x, v):
        return np.array(np.broadcast_to(v, x.shape), dtype=x.dtype, order="C")

    def backward(self, gy):
        return (
            gy.new_zeros(gy.shape) if self.needs[0] else None,
            self.unbroadcast(gy, 1) if self.needs[1] else None,
        )


def along(index, axis):
    """The index tuple that reads ``x[..., index[...], ...]`` along an axis, in the shape of
    ``index``.
    """
    if index.ndim == 0:
        return ()
    grid = np.ogrid[tuple(slice(n) for n in index.shape)]
    return (*grid[:axis], index, *grid[axis + 1 :])


class Gather(Function):
    """y[i][j] = x[index[i][j]][j] along axis 0, and so on for other axes."""

    def forward(self, x, axis, index):
        self.axis, self.at = axis, along(index, axis)
        return x[self.at]

    def backward(self, gy):
        return IndexAdd.apply(gy, self.shapes[0], self.at)


class ScatterAdd(Function):
    """y = x with y[index[i][j]][j] += v[i][j] along axis 0, and so on for other axes."""

    def forward(self, x, v, axis, index):
        self.part = tuple(slice(n) for n in index.shape)
        self.at = along(index, axis)
        y = x.copy()
        np.add.at(y, self.at, v[self.part])
        return y

    def backward(self, gy):
        gv = IndexAdd.apply(gy[self.at], self.shapes[1], self.part) if self.needs[1] else None
        return gy, gv
