"""The common half of elementwise operations that have a kernel: y = f(x), one pass each way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function

__all__ = ["Pointwise", "PointwiseGrad", "filled"]


def filled(kernel: Callable[..., Any], inputs: tuple[np.ndarray, ...], *settings: Any) -> Any:
    """A new array in the shape of the first input, filled by an elementwise kernel."""
    y = np.empty(inputs[0].shape, inputs[0].dtype)
    kernel(y.reshape(-1), *(np.ascontiguousarray(x).reshape(-1) for x in inputs), *settings)
    return y


def _straight(v: Any, *parameters: float) -> Any:
    return v.wrap(np.zeros(v.array.shape, v.array.dtype))


class Pointwise(Function):
    """y = f(x), where each number depends on the one at its own place alone.

    Value and gradient are kernels, see ``kernels.loops.curves``; a subclass names them.

    Attributes
    ----------
    curve : str
        The name of the kernels.
    from_result : bool
        Whether the gradient is computed from y; otherwise from x.  v below is either.
    bend : callable
        The derivative by v of what gy is multiplied by, a function of tensors v and of the
        parameters, so that it can be differentiated again; 0 for straight pieces.
    """

    curve: ClassVar[str]
    from_result: ClassVar[bool] = False
    bend: ClassVar[Callable[..., Any]] = staticmethod(_straight)

    def forward(self, x, *parameters):
        self.parameters = parameters
        y = filled(kernels.curve, (x,), self.curve, *parameters)
        self.save(y if self.from_result else x)
        return y

    def backward(self, gy):
        (v,) = self.saved
        return PointwiseGrad.apply(gy, v, (type(self), *self.parameters))


class PointwiseGrad(Function):
    """gx = gy f'(x), computed from v, which is x or y; the rule is (function, parameters ...)."""

    def forward(self, gy, v, rule):
        self.rule = function, *parameters = rule
        self.save(gy if self.needs[1] else None, v)
        return filled(kernels.curve_grad, (gy, v), function.curve, *parameters)

    def backward(self, ggx):
        gy, v = self.saved
        ggy = gv = None
        if self.needs[0]:
            ggy = PointwiseGrad.apply(ggx, v, self.rule)
        if self.needs[1]:
            function, *parameters = self.rule
            gv = ggx * gy * function.bend(v, *parameters)
        return ggy, gv
