"""Where elements are, not what they are: reshapes, permutations, expansion, flips, joins.

Those marked ``view`` return views of their argument's memory wherever NumPy can make one.
"""

from __future__ import annotations

import numpy as np

from minigrad.autograd import Function

__all__ = ["Cat", "Expand", "Flip", "Permute", "Reshape", "Roll"]


class Reshape(Function):
    """The same elements, in the same order, in another shape."""

    view = True

    def forward(self, x, shape):
        return x.reshape(shape)

    def backward(self, gy):
        return gy.reshape(self.shapes[0])


class Permute(Function):
    """y's axis i is x's axis ``axes[i]``."""

    view = True

    def forward(self, x, axes):
        self.axes = axes
        return x.transpose(axes)

    def backward(self, gy):
        return gy.permute(*(int(i) for i in np.argsort(self.axes)))


class Expand(Function):
    """Axes of length 1 (and new leading axes) repeated without copying."""

    view = True

    def forward(self, x, shape):
        y = np.broadcast_to(x, shape)
        if x.flags.writeable:
            y.flags.writeable = False  # many elements are one: nobody may write through it
        return y

    def backward(self, gy):
        return self.unbroadcast(gy, 0)


class Flip(Function):
    """The elements in reverse order along the axes; a copy, as in PyTorch."""

    def forward(self, x, axes):
        self.axes = axes
        return np.flip(x, axes).copy()

    def backward(self, gy):
        return gy.flip(self.axes)


class Roll(Function):
    """The elements shifted cyclically along the axes (None: along the flattened tensor)."""

    def forward(self, x, shifts, axes):
        self.shifts, self.axes = shifts, axes
        return np.roll(x, shifts, axes)

    def backward(self, gy):
        back = -self.shifts if isinstance(self.shifts, int) else tuple(-s for s in self.shifts)
        return Roll.apply(gy, back, self.axes)


class Cat(Function):
    """Tensors one after the other along an axis."""

    def forward(self, axis, *xs):
        self.axis = axis
        return np.concatenate(xs, axis)

    def backward(self, gy):
        gradients, start = [], 0
        for shape, needed in zip(self.shapes, self.needs, strict=True):
            stop = start + shape[self.axis]
            gradients.append(gy.narrow(self.axis, start, stop - start) if needed else None)
            start = stop
        return tuple(gradients)
