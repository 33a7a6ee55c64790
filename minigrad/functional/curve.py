"""The common half of elementwise operations: y = f(x), with the slope f' and the bend f''."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.autograd import Function
from minigrad.functional.checks import check_dtypes
from minigrad.methods.inplace import changed
from minigrad.tensor import Tensor

__all__ = ["Curve", "CurveGrad", "finished"]


class Curve(Function):
    """y = f(x), where each number depends on the one at its own place alone.

    Subclasses write three static functions of x and of parameters, which are plain numbers.

    Attributes
    ----------
    value : callable
        f(x), of arrays.
    slope : callable
        f'(x), of arrays; at a kink the value that PyTorch chose.
    bend : callable
        f''(x), of tensors, so that it can be differentiated again; 0 for straight pieces.
    """

    value: Callable[..., Any]
    slope: Callable[..., Any]

    @staticmethod
    def _straight(x: Tensor, *parameters: float) -> Tensor:
        return x.wrap(np.zeros(x.array.shape, x.array.dtype))

    bend: Callable[..., Any] = _straight

    def forward(self, x, *parameters):
        self.parameters = parameters
        self.save(x)
        return np.asarray(self.value(x, *parameters), dtype=x.dtype)

    def backward(self, gy):
        (x,) = self.saved
        return CurveGrad.apply(gy, x, type(self), self.parameters)


class CurveGrad(Function):
    """gx = gy f'(x)."""

    def forward(self, gy, x, curve, parameters):
        self.curve, self.parameters = curve, parameters
        self.save(gy, x)
        return np.asarray(gy * curve.slope(x, *parameters), dtype=x.dtype)

    def backward(self, ggx):
        gy, x = self.saved
        ggy = gx = None
        if self.needs[0]:
            ggy = CurveGrad.apply(ggx, x, self.curve, self.parameters)
        if self.needs[1]:
            gx = ggx * gy * self.curve.bend(x, *self.parameters)
        return ggy, gx


def finished(
    operation: str, inplace: bool, input: Tensor, function: Callable[..., Tensor], *parameters: Any
) -> Tensor:
    """``function(input, *parameters)`` after a check of the dtype; put into ``input`` if asked."""
    check_dtypes(operation, input=input)
    result = function(input, *parameters)
    return changed(input, result, operation + "_") if inplace else result
