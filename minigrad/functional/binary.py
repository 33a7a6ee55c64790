"""Losses of yes and no: binary cross entropy, and the divergence of distributions.

The backward of each is written in tensor operations, so that targets and weights get gradients,
too.
"""

from __future__ import annotations

from warnings import warn

import numpy as np

from minigrad.autograd import Function
from minigrad.errors import DTypeError, RangeError, SizeError
from minigrad.functional.checks import check_dtypes, check_tensor
from minigrad.functional.paired import Pair, paired
from minigrad.functional.reductions import reduced, reduction_of
from minigrad.functional.smooth import logsigmoid
from minigrad.methods.operands import promoted
from minigrad.tensor import Tensor

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div"]

LOWEST = -100.0  # a logarithm counts at least this much, so that no loss is infinite
SMALLEST = 1e-12  # a variance x (1 - x) counts at least this much in the gradient


class BinaryCrossEntropy(Function):
    """y = - t ln x - (1 - t) ln(1 - x), with logarithms of at least -100."""

    def forward(self, x, t):
        self.save(x, t)
        return (t - 1) * np.maximum(np.log1p(-x), LOWEST) - t * np.maximum(np.log(x), LOWEST)

    def backward(self, gy):
        x, t = self.saved
        gx = gt = None
        if self.needs[0]:
            gx = gy * (x - t) / (x * (1 - x)).clamp(min=SMALLEST)
        if self.needs[1]:
            gt = gy * ((-x).log1p() - x.log())
        return gx, gt


class BinaryCrossEntropyWithLogits(Function):
    """y = (1 - t) ln(1 + e ** x) + p t ln(1 + e ** -x), where p is broadcast, or 1 if None.

    Both logarithms are finite for all finite x: ``ln(1 + e ** -x) = max(-x, 0) + ln(1 + e **
    -|x|)``.
    """

    def forward(self, x, t, p):
        self.save(*((x, t) if p is None else (x, t, p)))
        no = np.log1p(np.exp(-np.abs(x))) + np.maximum(-x, 0)  # ln(1 + e ** -x)
        return (1 - t) * x + (no if p is None else (1 + (p - 1) * t) * no)

    def backward(self, gy):
        x, t, *rest = self.saved
        p = rest[0] if rest else 1.0
        gx = gt = gp = None
        if self.needs[0]:
            gx = gy * ((1 - t) * x.sigmoid() - t * p * (-x).sigmoid())
        if self.needs[1]:
            gt = gy * (-x - logsigmoid(x) * (p - 1))
        if rest and self.needs[2]:
            gp = self.unbroadcast(-(gy * t * logsigmoid(x)), 2)
        return (gx, gt, gp)[: len(self.needs)]


def _certainty(x: Tensor, t: Tensor) -> Tensor:
    """The slope of `BinaryCrossEntropy`'s slope."""
    variance = x * (1 - x)
    bounded = variance.clamp(min=SMALLEST)
    bent = (x - t) * (1 - 2 * x) / (bounded * bounded)
    return 1 / bounded - bent.masked_fill(variance < SMALLEST, 0.0)


BINARY = Pair(
    "binary", lambda x, t: (x - t) / (x * (1 - x)).clamp(min=SMALLEST), _certainty, symmetric=False
)
LOGITS = Pair(
    "logits",
    lambda x, t: (1 - t) * x.sigmoid() - t * (-x).sigmoid(),
    lambda x, t: x.sigmoid() * (-x).sigmoid(),
    symmetric=False,
)


def _check_shapes(input: Tensor, target: Tensor, operation: str) -> None:
    check_tensor(input, "input", operation)
    check_tensor(target, "target", operation)
    if input.shape != target.shape:
        raise ValueError(
            f"{operation}: target must have the shape {tuple(input.shape)} of input, got "
            f"{tuple(target.shape)}; nothing is broadcast"
        )


def _check_broadcasts(factor: Tensor | None, name: str, input: Tensor, operation: str) -> None:
    if factor is None:
        return
    check_tensor(factor, name, operation)
    pairs = zip(reversed(factor.shape), reversed(input.shape), strict=False)
    if factor.ndim > input.ndim or any(m not in (1, n) for m, n in pairs):
        raise SizeError(
            f"{operation}: {name} of shape {tuple(factor.shape)} does not broadcast to the shape "
            f"{tuple(input.shape)} of input"
        )


def _check_probabilities(value: Tensor, name: str, operation: str) -> None:
    x = value.array
    if x.size and x.min() >= 0 and x.max() <= 1:
        return
    outside = (x < 0) | (x > 1)  # NaN is neither
    if outside.any():
        raise RangeError(
            f"{operation}: {name} holds {x[outside][0]}, probabilities must lie in [0, 1]; for "
            "logits there is binary_cross_entropy_with_logits"
        )


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``-target * ln(input) - (1 - target) * ln(1 - input)``, of probabilities.

    Logarithms count at least -100, as in PyTorch, so that 0 and 1 give finite losses; for training
    `binary_cross_entropy_with_logits` is the better choice.

    Parameters
    ----------
    input, target : Tensor
        Of one shape and dtype, with values in [0, 1].
    weight : Tensor, optional
        A factor that broadcasts to the input.
    size_average, reduce : bool, optional
        PyTorch's old names of the reduction.
    reduction : str
        "mean" (over all elements), "sum", or "none".

    Raises
    ------
    ValueError
        For shapes that differ, or values outside [0, 1].
    TypeError
        For dtypes that are not floating or differ.
    """
    operation = "binary_cross_entropy"
    reduction = reduction_of(reduction, size_average, reduce, operation)
    _check_shapes(input, target, operation)
    check_dtypes(operation, input=input, target=target)
    _check_broadcasts(weight, "weight", input, operation)
    _check_probabilities(input, "input", operation)
    _check_probabilities(target, "target", operation)
    y = paired(BINARY, input, target, reduction) if weight is None else None
    if y is not None:
        return y
    losses = BinaryCrossEntropy.apply(input, target)
    return reduced(losses if weight is None else losses * weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """`binary_cross_entropy` of ``sigmoid(input)``, finite for all finite logits.

    ``max(x, 0) - x * t + ln(1 + e ** -abs(x))``, where a ``pos_weight`` multiplies the part of the
    positive targets.  At x = inf with t = 1, and at -inf with t = 0, it is NaN, as in PyTorch.

    Parameters
    ----------
    input : Tensor
        Logits, of any shape.
    target : Tensor
        Of the same shape, usually in [0, 1].
    weight, pos_weight : Tensor, optional
        Factors that broadcast to the input.
    size_average, reduce : bool, optional
        PyTorch's old names of the reduction.
    reduction : str
        "mean" (over all elements), "sum", or "none".

    Raises
    ------
    ValueError
        For shapes that differ.
    TypeError
        If input or target is not floating.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.binary_cross_entropy_with_logits(minigrad.tensor([1e4]), minigrad.tensor([0.0]))
    tensor(10000.)
    """
    operation = "binary_cross_entropy_with_logits"
    reduction = reduction_of(reduction, size_average, reduce, operation)
    _check_shapes(input, target, operation)
    check_dtypes(operation, input=input)
    check_dtypes(operation, target=target)
    _check_broadcasts(weight, "weight", input, operation)
    _check_broadcasts(pos_weight, "pos_weight", input, operation)
    x, t = promoted(input, target, operation)
    y = paired(LOGITS, x, t, reduction) if weight is None and pos_weight is None else None
    if y is not None:
        return y
    p = None if pos_weight is None else pos_weight.to(x.dtype)
    losses = BinaryCrossEntropyWithLogits.apply(x, t, p)
    return reduced(losses if weight is None else losses * weight.to(x.dtype), reduction)


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Kullback-Leibler divergence of log-probabilities, ``target * (ln(target) - input)``.

    Parameters
    ----------
    input : Tensor
        Log-probabilities, of any shape.
    target : Tensor
        Probabilities, or log-probabilities with ``log_target``; it is broadcast.
    size_average, reduce : bool, optional
        PyTorch's old names of the reduction.
    reduction : str
        "batchmean" (the sum over the size of axis 0: the divergence proper), "mean" (over all
        elements, with a warning), "sum" or "none".
    log_target : bool
        The target holds logarithms, too.

    Raises
    ------
    ValueError
        For shapes that do not broadcast, or another reduction.
    TypeError
        If input or target is not floating.
    """
    if reduction == "mean" and size_average is None and reduce is None:
        warn(
            "kl_div: reduction='mean' divides by the number of all elements; the divergence proper "
            "is reduction='batchmean'",
            UserWarning,
            stacklevel=2,
        )
    per_batch = reduction == "batchmean"
    name = reduction_of("sum" if per_batch else reduction, size_average, reduce, "kl_div")
    check_dtypes("kl_div", input=input)
    check_tensor(target, "target", "kl_div")
    if not target.is_floating_point():
        raise DTypeError(f"kl_div: target must be floating, got {target.dtype}")
    x, t = promoted(input, target, "kl_div")
    if log_target:
        losses = t.exp() * (t - x)
    else:
        losses = t * t.log().masked_fill(t == 0, 0.0) - t * x
    total = reduced(losses, name)
    return total / input.shape[0] if per_batch and input.ndim else total
