"""Losses of regression: how far predictions are from targets, element by element.

Each is a `Pair`, summed as it is computed, or, where the single losses are wanted, a `Curve` of the
difference d = input - target.  Input and target may differ in dtype and are promoted, as in
PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from minigrad.errors import RangeError
from minigrad.functional.checks import check_tensor, check_tensors
from minigrad.functional.curve import Curve
from minigrad.functional.paired import Pair, paired
from minigrad.functional.reductions import compared, reduced, reduction_of
from minigrad.tensor import Tensor

__all__ = [
    "gaussian_nll_loss",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
]


class Square(Curve):
    """y = d ** 2."""

    @staticmethod
    def value(d):
        return np.square(d)

    @staticmethod
    def slope(d):
        return 2 * d

    @staticmethod
    def bend(d):
        return 2.0


class Smooth(Curve):
    """y = d ** 2 / (2 beta) where abs(d) < beta, else abs(d) - beta / 2."""

    @staticmethod
    def value(d, beta):
        a = np.abs(d)
        return np.where(a < beta, 0.5 * a * a / beta, a - 0.5 * beta)

    @staticmethod
    def slope(d, beta):
        return np.clip(d / beta, -1, 1)

    @staticmethod
    def bend(d, beta):
        return d.wrap((np.abs(d.array) < beta) / d.array.dtype.type(beta))


class Huber(Curve):
    """y = d ** 2 / 2 where abs(d) <= delta, else delta (abs(d) - delta / 2)."""

    @staticmethod
    def value(d, delta):
        a = np.abs(d)
        return np.where(a <= delta, 0.5 * a * a, delta * (a - 0.5 * delta))

    @staticmethod
    def slope(d, delta):
        return np.clip(d, -delta, delta)

    @staticmethod
    def bend(d, delta):
        return d.wrap((np.abs(d.array) <= delta).astype(d.array.dtype))


SQUARED = Pair("squared", lambda x, t: (x - t) * 2, lambda x, t: 2.0)
ABSOLUTE = Pair("absolute", lambda x, t: (x - t).sign(), lambda x, t: 0.0)
SMOOTH = Pair(
    "smooth",
    lambda x, t, beta: ((x - t) / beta).clamp(-1, 1),
    lambda x, t, beta: Smooth.bend(x - t, beta),
)
HUBER = Pair(
    "huber",
    lambda x, t, delta: (x - t).clamp(-delta, delta),
    lambda x, t, delta: Huber.bend(x - t, delta),
)


def _of_difference(
    pair: Pair,
    losses: Callable[[Tensor], Tensor],
    x: Tensor,
    t: Tensor,
    reduction: str,
    *parameters: float,
) -> Tensor:
    """The pair, reduced; or the losses of the difference, if they are wanted one by one."""
    y = paired(pair, x, t, reduction, *parameters)
    return losses(x - t) if y is None else y


def _check_weight(weight: Tensor, input: Tensor, operation: str) -> None:
    if weight.shape != input.shape:
        raise ValueError(
            f"{operation}: weight must have the shape {tuple(input.shape)} of input, got "
            f"{tuple(weight.shape)}"
        )


def _weighted_mean(losses: Tensor, weight: Tensor, reduction: str) -> Tensor:
    total = reduced(losses * weight, "sum" if reduction == "mean" else reduction)
    return total / weight.sum() if reduction == "mean" else total


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Squared error, ``(input - target) ** 2``.

    Parameters
    ----------
    input, target : Tensor
        Of one shape; shapes that merely broadcast give a warning.
    size_average, reduce : bool, optional
        PyTorch's old names of the reduction.
    reduction : str
        "mean" (over all elements), "sum", or "none".
    weight : Tensor, optional
        A factor for each element; the mean is then divided by the sum of the weights.

    Raises
    ------
    ValueError
        For another reduction, or shapes that do not fit.
    TypeError
        If neither tensor is floating.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.mse_loss(minigrad.tensor([1.0, 2.0]), minigrad.tensor([1.0, 4.0]))
    tensor(2.)
    """
    reduction = reduction_of(reduction, size_average, reduce, "mse_loss")
    x, t = compared(input, target, "mse_loss")
    if weight is None:
        return _of_difference(SQUARED, Square.apply, x, t, reduction)
    _check_weight(weight, input, "mse_loss")
    return _weighted_mean(Square.apply(x - t), weight, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Absolute error, ``abs(input - target)``; the gradient where both are equal is 0.

    Parameters, errors and warnings are those of `mse_loss`.
    """
    reduction = reduction_of(reduction, size_average, reduce, "l1_loss")
    x, t = compared(input, target, "l1_loss")
    if weight is None:
        return _of_difference(ABSOLUTE, Tensor.abs, x, t, reduction)
    _check_weight(weight, input, "l1_loss")
    return _weighted_mean((x - t).abs(), weight, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Absolute error rounded off below beta: ``d ** 2 / (2 * beta)`` there, else ``d - beta / 2``.

    d is ``abs(input - target)``; other parameters, errors and warnings are those of `mse_loss`.

    Raises
    ------
    ValueError
        If ``beta`` is negative; 0 gives `l1_loss`.

    Notes
    -----
    Source: Girshick, "Fast R-CNN", 2015.
    """
    reduction = reduction_of(reduction, size_average, reduce, "smooth_l1_loss")
    if beta < 0:
        raise RangeError(f"smooth_l1_loss: beta (={beta}) must not be negative")
    x, t = compared(input, target, "smooth_l1_loss")
    if beta == 0:
        return _of_difference(ABSOLUTE, Tensor.abs, x, t, reduction)
    b = float(beta)
    return _of_difference(SMOOTH, lambda d: Smooth.apply(d, b), x, t, reduction, b)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Squared error near, absolute error far: ``d ** 2 / 2`` up to ``delta``, then a straight line.

    d is ``abs(input - target)``, the line ``delta * (d - delta / 2)``; other parameters, errors and
    warnings are those of `mse_loss`, but the weighted mean is divided by the number of elements.
    The result has the input's dtype.

    Raises
    ------
    ValueError
        If ``delta`` is not positive.

    Notes
    -----
    Source: Huber, "Robust estimation of a location parameter", 1964.
    """
    reduction = reduction_of(reduction, None, None, "huber_loss")
    if not delta > 0:
        raise RangeError(f"huber_loss: delta (={delta}) must be positive")
    x, t = compared(input, target, "huber_loss")
    b = float(delta)
    if weight is None:
        y = _of_difference(HUBER, lambda d: Huber.apply(d, b), x, t, reduction, b)
        return y.to(input.dtype)
    _check_weight(weight, input, "huber_loss")
    return reduced(Huber.apply(x - t, b).to(input.dtype) * weight, reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of counts under a Poisson distribution, up to a constant.

    ``e ** input - target * input``, or ``input - target * ln(input + eps)`` if the input is the
    rate itself (``log_input=False``); ``full`` adds Stirling's approximation of ``ln(target!)`` for
    targets above 1.
    """
    reduction = reduction_of(reduction, size_average, reduce, "poisson_nll_loss")
    check_tensors("poisson_nll_loss", input=input, target=target)
    if log_input:
        losses = input.exp() - target * input
    else:
        losses = input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + (target * (2 * math.pi)).log() * 0.5
        losses = losses + stirling.masked_fill(target <= 1, 0.0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of a normal distribution, up to a constant.

    ``(ln(v) + (input - target) ** 2 / v) / 2`` with v the larger of ``var`` and ``eps``; the
    gradient of ``var`` ignores that bound, as PyTorch's does.

    Parameters
    ----------
    input, target : Tensor
        Means and observations.
    var : Tensor or float
        Variances: of the input's shape, without its last axis, or with one axis of length 1.
    full : bool
        Add the constant ``ln(2 * pi) / 2``.

    Raises
    ------
    ValueError
        For negative variances, or another shape of them.
    """
    reduction = reduction_of(reduction, None, None, "gaussian_nll_loss")
    check_tensors("gaussian_nll_loss", input=input, target=target)
    v = input.new_full(input.shape, var) if isinstance(var, (int, float)) else var
    check_tensor(v, "var", "gaussian_nll_loss")
    if (v.array < 0).any():
        raise ValueError("gaussian_nll_loss: var has negative elements")
    v = _variance_beside(v, input)
    v = v + v.wrap(np.maximum(eps - v.array, 0).astype(v.array.dtype))
    losses = (v.log() + Square.apply(input - target) / v) * 0.5
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def _variance_beside(var: Tensor, input: Tensor) -> Tensor:
    """Variances in a shape that broadcasts with the input."""
    if var.shape == input.shape:
        return var
    if var.shape == input.shape[:-1]:
        return var.unsqueeze(-1)
    differing = [n for m, n in zip(input.shape, var.shape, strict=False) if m != n]
    if var.ndim != input.ndim or differing != [1]:
        raise ValueError(
            f"gaussian_nll_loss: var of shape {tuple(var.shape)} does not fit input "
            f"{tuple(input.shape)}: it may lack the last axis, or have one axis of length 1"
        )
    return var
