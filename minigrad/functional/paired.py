"""Losses of pairs, summed as they are computed: one pass forward, and one backward.

The losses of the elements are never stored: where a sum or a mean is wanted, a kernel adds them up,
and another writes the gradient with the incoming gradient, one number, multiplied in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.tensor import Tensor

__all__ = ["Pair", "paired"]


class Pair(NamedTuple):
    """A loss f(x, t) of predictions and targets, whose kernels go by its name.

    Attributes
    ----------
    name : str
        One of ``kernels.loops.loss.LOSSES``.
    slope, bend : callable
        df/dx and d2f/dx2 of tensors x and t and the parameters, for gradients of higher order.
    symmetric : bool
        Whether f depends on x - t alone; then the target can have a gradient, the negative one.
    """

    name: str
    slope: Callable[..., Tensor]
    bend: Callable[..., Any]
    symmetric: bool = True


class PairLoss(Function):
    """y = the sum of f(x, t), or its mean."""

    def forward(self, x, t, pair, parameters, reduction):
        self.pair, self.parameters = pair, parameters
        self.save(x, t)
        total = np.empty(1)
        kernels.loss_sum(total, *map(np.ascontiguousarray, (x, t)), pair.name, *parameters)
        count = np.float64(x.size if reduction == "mean" else 1)
        self.scale = float(1 / count)
        return x.dtype.type(total[0] / count)

    def backward(self, gy):
        x, t = self.saved
        gx = PairLossGrad.apply(gy, x, t, self.pair, self.parameters, self.scale)
        return gx, -gx if self.needs[1] else None


class PairLossGrad(Function):
    """gx = gy scale df/dx."""

    def forward(self, gy, x, t, pair, parameters, scale):
        self.pair, self.parameters, self.scale = pair, parameters, scale
        self.save(gy, x, t)
        gx = np.empty(x.shape, x.dtype)
        x, t = map(np.ascontiguousarray, (x, t))
        kernels.loss_grad(gx, float(gy) * scale, x, t, pair.name, *parameters)
        return gx

    def backward(self, ggx):
        gy, x, t = self.saved
        ggy = gx = gt = None
        if self.needs[0]:
            ggy = (ggx * self.pair.slope(x, t, *self.parameters)).sum() * self.scale
        if self.needs[1] or self.needs[2]:
            gx = ggx * (gy * self.scale) * self.pair.bend(x, t, *self.parameters)
            gt = -gx if self.needs[2] else None
        return ggy, gx, gt


def paired(pair: Pair, x: Tensor, t: Tensor, reduction: str, *parameters: float) -> Tensor | None:
    """The sum or mean of the losses; None if it must be computed in another way.

    That is: for no reduction, and for a target that wants a gradient which the pair does not know.
    """
    if reduction == "none" or (t.requires_grad and not pair.symmetric):
        return None
    result: Tensor = PairLoss.apply(x, t, pair, parameters, reduction)
    return result
