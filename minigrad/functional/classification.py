"""Losses of classification: cross entropy of labels, or of distributions over the classes.

    N   batch      C   classes      ...   any number of axes of places

Logits are (N, C, ...), labels (N, ...).  Each label picks a distribution q over the classes, most
of it on its own class, and the loss is ``- sum over c of q_c ln p_c`` with p the softmax.
"""

from __future__ import annotations

import math

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.errors import DTypeError, RangeError, SizeError
from minigrad.functional.checks import check_dtypes, check_tensor
from minigrad.functional.reductions import reduced, reduction_of
from minigrad.functional.softmaxes import Softmax, SoftmaxGrad, along, log_softmax
from minigrad.methods.operands import promoted
from minigrad.tensor import Tensor

__all__ = ["cross_entropy", "nll_loss"]


class Labels:
    """Labels as distributions, unnormalised: ``q_c = own * (c is the label) + even * w_c``.

    With class weights w (1 if there are none), smoothing e and C classes, own is (1 - e) times the
    weight of the label's class, and even is e / C; ignored labels have q = 0.

    Attributes
    ----------
    label : (N, 1, ...) int64
        0 where ignored.
    kept : (N, 1, ...) bool
    own : (N, 1, ...)
    mass : (N, 1, ...)
        The sum of q over the classes.
    total : float
        The sum of the weights of the labels, by which the mean divides.
    """

    def __init__(
        self,
        target: np.ndarray,
        classes: int,
        weight: np.ndarray | None,
        ignore_index: int,
        smoothing: float,
        dtype: np.dtype,
    ) -> None:
        self.weight = np.ones(classes, dtype) if weight is None else weight
        self.kept = np.expand_dims(target != ignore_index, 1)
        self.label = np.where(self.kept, np.expand_dims(target, 1), 0).astype(np.int64)
        weights = np.where(self.kept, self.weight[self.label], dtype.type(0))
        self.total = weights.sum()
        self.own = weights * dtype.type(1 - smoothing)
        self.even = dtype.type(smoothing / classes) if smoothing else None
        self.mass = self.own
        if self.even is not None:
            self.mass = self.own + self.kept * (self.even * self.weight.sum())

    def _column(self, ndim: int) -> np.ndarray:
        return self.weight.reshape(-1, *(1,) * (ndim - 2))

    def inner(self, v: np.ndarray) -> np.ndarray:
        """The sum over c of q_c v_c: (N, ...) for v (N, C, ...)."""
        picked = self.own * np.take_along_axis(v, self.label, 1)
        if self.even is not None:
            column = self._column(v.ndim)
            picked += self.even * (v * column).sum(axis=1, keepdims=True, dtype=v.dtype)
        return np.where(self.kept, picked, v.dtype.type(0)).squeeze(1)

    def subtract_from(self, v: np.ndarray, factor: np.ndarray) -> None:
        """V -= q times a factor (N, 1, ...), in place."""
        if self.even is not None:
            v -= self._column(v.ndim) * (self.kept * factor * self.even)
        own = np.take_along_axis(v, self.label, 1) - self.own * factor
        np.put_along_axis(v, self.label, own, 1)


class CrossEntropy(Function):
    """y = - sum over c of q_c ln softmax(x)_c, for every label."""

    def forward(self, x, labels):
        self.labels = labels
        self.save(x)
        return -labels.inner(along(kernels.log_softmax, 1, x))

    def backward(self, gy):
        (x,) = self.saved
        return CrossEntropyGrad.apply(gy.unsqueeze(1), x, self.labels)


class CrossEntropyGrad(Function):
    """gx_c = gy (mass softmax(x)_c - q_c), with gy (N, 1, ...)."""

    def forward(self, gy, x, labels):
        self.labels = labels
        self.save(gy, x)
        gx = along(kernels.softmax, 1, x)
        gx *= gy * labels.mass
        labels.subtract_from(gx, gy)
        return gx

    def backward(self, ggx):
        gy, x = self.saved
        mass = gy.wrap(self.labels.mass)
        p = Softmax.apply(x, 1)
        ggy = gx = None
        if self.needs[0]:
            away = (ggx * p).sum(1, keepdim=True) * mass
            ggy = away - Inner.apply(ggx, self.labels).unsqueeze(1)
        if self.needs[1]:
            gx = SoftmaxGrad.apply(ggx * (gy * mass), p, 1)
        return ggy, gx


class Inner(Function):
    """y = the sum over c of q_c x_c."""

    def forward(self, x, labels):
        self.labels = labels
        return labels.inner(x)

    def backward(self, gy):
        return Outer.apply(gy.unsqueeze(1), self.labels, self.shapes[0])


class Outer(Function):
    """y_c = q_c x, with x (N, 1, ...); the adjoint of `Inner`."""

    def forward(self, x, labels, shape):
        self.labels = labels
        y = np.zeros(shape, x.dtype)
        labels.subtract_from(y, -x)
        return y

    def backward(self, gy):
        return Inner.apply(gy, self.labels).unsqueeze(1)


def _labels(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    smoothing: float,
    operation: str,
) -> Labels:
    """Check input (N, C, ...), target and weight, and put the labels together."""
    check_dtypes(operation, input=input, weight=weight)
    if target.array.dtype not in (np.int64, np.uint8):
        raise DTypeError(
            f"{operation}: target holds labels and must be int64 or uint8, got {target.dtype}; "
            "convert it with .long()"
        )
    if (input.shape[0], *input.shape[2:]) != target.shape:
        raise SizeError(
            f"{operation}: target must have the shape of input {tuple(input.shape)} without axis "
            "1, "
            f"its classes, got {tuple(target.shape)}"
        )
    classes = input.shape[1]
    _check_classes(input, weight, operation)
    t = target.array.astype(np.int64)
    wrong = (t != ignore_index) & ((t < 0) | (t >= classes))
    if wrong.any():
        raise IndexError(
            f"{operation}: target holds the label {t[wrong][0]}, but there are {classes} classes: "
            f"labels must lie in 0 to {classes - 1}, or be ignore_index (={ignore_index})"
        )
    if weight is not None and weight.requires_grad:
        raise RuntimeError(f"{operation}: weight gets no gradient here; pass weight.detach()")
    array = None if weight is None else weight.array
    return Labels(t, classes, array, ignore_index, smoothing, input.array.dtype)


def _check_classes(input: Tensor, weight: Tensor | None, operation: str) -> None:
    """Raise unless there are classes, and the weight has one value for each."""
    classes = input.shape[1]
    if classes == 0:
        raise SizeError(f"{operation}: input {tuple(input.shape)} has no classes along axis 1")
    if weight is not None and weight.shape != (classes,):
        raise SizeError(
            f"{operation}: weight must have one value for each of the {classes} classes, got shape "
            f"{tuple(weight.shape)}"
        )


def _shaped(losses: Tensor, input: Tensor) -> Tensor:
    """Losses of a batch, or the one loss of a single example."""
    return losses if input.ndim > 1 else losses.squeeze(0)


def _summarised(losses: Tensor, labels: Labels, reduction: str) -> Tensor:
    """The reduction, where the mean is over the weights of the labels."""
    if reduction != "mean":
        return reduced(losses, reduction)
    if labels.total == 0:  # NaN, whose gradient is 0, as in PyTorch
        return losses.sum() * 0 + math.nan
    return losses.sum() / float(labels.total)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross entropy of logits and labels: ``-ln softmax(input)[label]``, finite for finite logits.

    Parameters
    ----------
    input : Tensor
        Logits (N, C, ...), or (C,).
    target : Tensor
        Labels (N, ...) or (), int64 or uint8; or distributions in the shape of the input, floating.
    weight : Tensor, optional
        (C,), a weight for each class, a constant.
    size_average, reduce : bool, optional
        PyTorch's old names of the reduction.
    ignore_index : int
        Places with this label count for nothing.
    reduction : str
        "mean" (over the weights of the labels; of distributions, over N and the places), "sum" or
        "none".
    label_smoothing : float
        The share of each distribution that is spread evenly over the classes, in [0, 1].

    Raises
    ------
    IndexError
        For a label that is no class.
    ValueError
        For shapes that do not fit, or settings out of range.
    TypeError
        For dtypes that do not.

    Notes
    -----
    The mean over no label at all is NaN, as in PyTorch.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.cross_entropy(minigrad.tensor([[1000.0, 0.0]]), minigrad.tensor([1]))
    tensor(1000.)
    """
    reduction = reduction_of(reduction, size_average, reduce, "cross_entropy")
    check_tensor(input, "input", "cross_entropy")
    check_tensor(target, "target", "cross_entropy")
    if not 0 <= label_smoothing <= 1:
        raise RangeError(f"cross_entropy: label_smoothing (={label_smoothing}) must lie in [0, 1]")
    if input.shape == target.shape and input.ndim:
        x = input if input.ndim > 1 else input.unsqueeze(0)
        t = target if target.ndim > 1 else target.unsqueeze(0)
        losses = _of_distributions(x, t, weight, ignore_index, label_smoothing)
        if reduction == "mean":
            return losses.sum() / losses.numel()
        return reduced(_shaped(losses, input), reduction)
    x, t = _batch(input, target, "cross_entropy")
    labels = _labels(x, t, weight, ignore_index, label_smoothing, "cross_entropy")
    losses = CrossEntropy.apply(x, labels)
    return _summarised(_shaped(losses, input), labels, reduction)


def _of_distributions(
    x: Tensor, t: Tensor, weight: Tensor | None, ignore_index: int, smoothing: float
) -> Tensor:
    """Cross entropy for targets that are distributions, (N, C, ...) both."""
    if not t.is_floating_point():
        raise DTypeError(
            f"cross_entropy: target has the shape {tuple(t.shape)} of input, so it must hold "
            f"distributions, floating, and is {t.dtype}; labels have no axis of classes"
        )
    if ignore_index >= 0:
        raise RangeError(
            f"cross_entropy: ignore_index (={ignore_index}) means nothing to a target of "
            "distributions; leave it out"
        )
    check_dtypes("cross_entropy", input=x, weight=weight)
    _check_classes(x, weight, "cross_entropy")
    if smoothing:
        t = t * (1 - smoothing) + smoothing / x.shape[1]
    y, t = promoted(log_softmax(x, 1), t, "cross_entropy")
    if weight is not None:
        y = y * weight.reshape(-1, *(1,) * (x.ndim - 2))
    return -(y * t).sum(1)


def _batch(input: Tensor, target: Tensor, operation: str) -> tuple[Tensor, Tensor]:
    """Input (C,) and its label () or (1,) as a batch of one."""
    if input.ndim == 0:
        raise SizeError(f"{operation}: input must be (N, C, ...) or (C,), got a single number")
    if input.ndim > 1:
        return input, target
    if target.numel() != 1 or target.ndim > 1:
        raise SizeError(
            f"{operation}: input {tuple(input.shape)} is a single example, so target must be a "
            f"single label, got shape {tuple(target.shape)}"
        )
    return input.unsqueeze(0), target.reshape(1)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood, ``-input[label]``, of log-probabilities (N, C, ...) or (C,).

    After `log_softmax` it is `cross_entropy`, whose parameters and errors it shares.
    """
    reduction = reduction_of(reduction, size_average, reduce, "nll_loss")
    check_tensor(input, "input", "nll_loss")
    check_tensor(target, "target", "nll_loss")
    x, t = _batch(input, target, "nll_loss")
    labels = _labels(x, t, weight, ignore_index, 0.0, "nll_loss")
    losses = -Inner.apply(x, labels)
    return _summarised(_shaped(losses, input), labels, reduction)
