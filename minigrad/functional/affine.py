"""Linear and bilinear maps of the last axis.

I   features in      O   features out
"""

from __future__ import annotations

import math

from minigrad.autograd import Function
from minigrad.errors import SizeError
from minigrad.functional.checks import check_dtypes
from minigrad.primitives.products import multiply
from minigrad.tensor import Tensor

__all__ = ["bilinear", "linear"]


class Linear(Function):
    """y = x w' + b for rows x (N, I), w (O, I), b (O,) or None."""

    def forward(self, x, w, b):
        self.save(x, w)
        return multiply(x, w.T, b)

    def backward(self, gy):
        x, w = self.saved
        gx = gw = gb = None
        if self.needs[0]:
            gx = gy @ w
        if self.needs[1]:
            gw = gy.t() @ x
        if self.needs[-1]:
            gb = gy.sum(0)
        return (gx, gw, gb)[: len(self.needs)]


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``y = x W' + b`` for every vector x along the last axis.

    Parameters
    ----------
    input : Tensor
        (..., I), with any number of leading axes.
    weight : Tensor
        (O, I), or (I,) for a single output without an axis.
    bias : Tensor, optional
        (O,), or one number beside a vector as weight.

    Returns
    -------
    Tensor
        (..., O).

    Raises
    ------
    ValueError
        For sizes that do not fit.
    TypeError
        For dtypes that are not floating or differ.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> x, w = minigrad.tensor([1.0, 2.0]), minigrad.tensor([[3.0, 4.0], [5.0, 6.0]])
    >>> F.linear(x, w, minigrad.tensor([0.5, 0.0]))
    tensor([11.5, 17. ])
    """
    check_dtypes("linear", input=input, weight=weight, bias=bias)
    if weight.ndim not in (1, 2):
        raise SizeError(
            f"linear: weight must be (out_features, in_features), got shape {tuple(weight.shape)}"
        )
    if input.ndim == 0 or input.shape[-1] != weight.shape[-1]:
        raise SizeError(
            f"linear: the last axis of input {tuple(input.shape)} must have the {weight.shape[-1]} "
            f"features that weight {tuple(weight.shape)} takes"
        )
    outputs = tuple(weight.shape[:-1])
    if bias is not None and bias.array.shape != outputs:
        raise SizeError(
            f"linear: bias must have shape {outputs}, one value for each output, got "
            f"{tuple(bias.shape)}"
        )
    lead, features = input.shape[:-1], input.shape[-1]
    if input.ndim == 2 and weight.ndim == 2:
        return Linear.apply(input, weight, bias)
    rows = input.reshape(lead.numel(), features)
    w = weight.reshape(math.prod(outputs), features)
    b = bias if bias is None else bias.reshape(math.prod(outputs))
    return Linear.apply(rows, w, b).reshape(*lead, *outputs)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``y_o = x1' W_o x2 + b_o`` for every pair of vectors along the last axes.

    Parameters
    ----------
    input1, input2 : Tensor
        (..., I1) and (..., I2), with the same leading axes.
    weight : Tensor
        (O, I1, I2).
    bias : Tensor, optional
        (O,).

    Returns
    -------
    Tensor
        (..., O).

    Raises
    ------
    ValueError, TypeError
        As `linear`.
    """
    check_dtypes("bilinear", input1=input1, input2=input2, weight=weight, bias=bias)
    if weight.ndim != 3 or input1.ndim == 0 or input1.shape[:-1] != input2.shape[:-1]:
        raise SizeError(
            "bilinear: expected input1 (..., I1), input2 (..., I2) and weight (O, I1, I2), got "
            f"{tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(weight.shape)}"
        )
    if (input1.shape[-1], input2.shape[-1]) != weight.shape[1:]:
        raise SizeError(
            f"bilinear: weight {tuple(weight.shape)} takes {weight.shape[1]} and {weight.shape[2]} "
            f"features, the inputs have {input1.shape[-1]} and {input2.shape[-1]}"
        )
    outputs, first, second = weight.shape
    lead = input1.shape[:-1]
    rows = lead.numel()
    x1, x2 = input1.reshape(rows, first), input2.reshape(rows, second)
    pairs = (x1.unsqueeze(2) * x2.unsqueeze(1)).reshape(rows, first * second)
    return linear(pairs, weight.reshape(outputs, first * second), bias).reshape(*lead, outputs)
