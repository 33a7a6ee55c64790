"""Rectifiers: relu and its relatives, two straight pieces that meet at 0.

At the kink the gradient is that of the negative side, as in PyTorch.  NaN stays NaN.
"""

from __future__ import annotations

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.errors import RangeError, SizeError
from minigrad.functional.checks import check_dtypes, check_tensor
from minigrad.functional.curve import finished
from minigrad.methods.inplace import changed
from minigrad.primitives.pointwise import filled
from minigrad.random import default_generator
from minigrad.tensor import Tensor, method

__all__ = ["leaky_relu", "leaky_relu_", "prelu", "relu", "relu_", "rrelu", "rrelu_"]


def _zeros_like(x: Tensor) -> Tensor:
    return x.wrap(np.zeros(x.array.shape, x.array.dtype))


class Relu(Function):
    """y = max(x, 0); it keeps y alone, so that x may be overwritten."""

    def forward(self, x):
        y = filled(kernels.relu, (x,))
        self.save(y)
        return y

    def backward(self, gy):
        (y,) = self.saved
        return ReluGrad.apply(gy, y)


class ReluGrad(Function):
    """gx = gy where y > 0, else 0."""

    def forward(self, gy, y):
        self.save(y)
        return filled(kernels.relu_grad, (gy, y))

    def backward(self, ggx):
        (y,) = self.saved
        return ReluGrad.apply(ggx, y), _zeros_like(y)


class LeakyRelu(Function):
    """y = x where x > 0, else slope * x."""

    def forward(self, x, slope):
        self.slope = slope
        self.save(x)
        return filled(kernels.leaky_relu, (x,), slope)

    def backward(self, gy):
        (x,) = self.saved
        return LeakyReluGrad.apply(gy, x, self.slope)


class LeakyReluGrad(Function):
    """gx = gy where x > 0, else slope * gy."""

    def forward(self, gy, x, slope):
        self.slope = slope
        self.save(x)
        return filled(kernels.leaky_relu_grad, (gy, x), slope)

    def backward(self, ggx):
        (x,) = self.saved
        return LeakyReluGrad.apply(ggx, x, self.slope), _zeros_like(x)


class Prelu(Function):
    """y = x where x > 0, else w * x; w broadcasts."""

    def forward(self, x, w):
        self.save(x, w)
        return np.where(x > 0, x, w * x)

    def backward(self, gy):
        x, w = self.saved
        gx = gw = None
        if self.needs[0]:
            gx = gy.where(x > 0, gy * w)
        if self.needs[1]:
            gw = self.unbroadcast((gy * x).masked_fill(x >= 0, 0.0), 1)
        return gx, gw


@method("relu")
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Rectified linear unit, ``y = max(x, 0)``; the gradient at 0 is 0.

    Parameters
    ----------
    input : Tensor
        Any shape; floating or integer.
    inplace : bool
        Write the result into ``input``, and return that.

    Raises
    ------
    TypeError
        For booleans.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.relu(minigrad.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    check_tensor(input, "input", "relu")
    if input.array.dtype.kind in "iu":
        result = input.clamp(min=0)
        return changed(input, result, "relu_") if inplace else result
    return finished("relu", inplace, input, Relu.apply)


@method("relu_")
def relu_(input: Tensor) -> Tensor:
    """`relu` in place."""
    return relu(input, inplace=True)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """``y = x where x > 0, else negative_slope * x``; the gradient at 0 is the negative slope.

    Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models",
    2013.
    """
    return finished("leaky_relu", inplace, input, LeakyRelu.apply, float(negative_slope))


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """`leaky_relu` in place."""
    return leaky_relu(input, negative_slope, inplace=True)


@method("prelu")
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """``y = x where x > 0, else weight * x``; the gradient at 0 is the weight.

    Parameters
    ----------
    input : Tensor
        Any shape; the second axis is the channels.
    weight : Tensor
        One number, or (C,).

    Raises
    ------
    ValueError
        If the weight has neither one element nor one for each channel.
    TypeError
        For dtypes that are not floating or differ.

    Notes
    -----
    Source: He et al., "Delving deep into rectifiers", 2015.
    """
    check_dtypes("prelu", input=input, weight=weight)
    if weight.ndim > 1:
        raise SizeError(
            f"prelu: weight must be one number or a vector, got shape {tuple(weight.shape)}"
        )
    if weight.numel() == 1:
        return Prelu.apply(input, weight.reshape(()))
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.numel() != channels:
        raise SizeError(
            f"prelu: weight must have one element, or one for each of the {channels} channels of "
            f"input {tuple(input.shape)}, got {weight.numel()}"
        )
    return Prelu.apply(input, weight.reshape(-1, *(1,) * (input.ndim - 2)))


def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """Randomised leaky relu: each negative number gets its own slope, even in [lower, upper).

    Outside training the slope is the mean of both.

    Raises
    ------
    ValueError
        Unless ``lower <= upper``, and both are finite.

    Notes
    -----
    Source: Xu et al., "Empirical evaluation of rectified activations in convolution network", 2015.
    """
    if not lower <= upper or np.isinf(upper - lower):
        raise RangeError(f"rrelu: lower (={lower}) must not exceed upper (={upper}), both finite")
    if not training:
        return finished("rrelu", inplace, input, LeakyRelu.apply, (lower + upper) / 2)
    check_dtypes("rrelu", input=input)
    slopes = input.wrap(np.empty(input.array.shape, input.array.dtype))
    drawn = default_generator.numpy.uniform(lower, upper, input.array.shape)
    slopes.array[...] = drawn
    return finished("rrelu", inplace, input, Prelu.apply, slopes)


def rrelu_(
    input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False
) -> Tensor:
    """`rrelu` in place."""
    return rrelu(input, lower, upper, training, inplace=True)
