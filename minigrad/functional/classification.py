"""Losses of classification: cross entropy of labels, or of distributions over the classes.

    N   batch      C   classes      ...   any number of axes of places

Logits are (N, C, ...), labels (N, ...).  Each label picks a distribution q over the classes, most
of it on its own class, and the loss is ``- sum over c of q_c ln p_c`` with p the softmax.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.errors import DTypeError, RangeError, SizeError
from minigrad.functional.checks import check_dtypes, check_tensor
from minigrad.functional.reductions import reduced, reduction_of
from minigrad.functional.softmaxes import Softmax, SoftmaxGrad, log_softmax
from minigrad.methods.operands import promoted
from minigrad.tensor import Tensor

__all__ = ["cross_entropy", "nll_loss"]


class Labels:
    """Labels with their settings, as the kernels take them.

    Attributes
    ----------
    label : (N, L) int64
        Classes, or ``ignored``; L is the number of places of an example.
    weight : (C,)
    ignored : int
    smoothing : float
    shape : tuple of int
        (N, ...), that of the losses.
    """

    def __init__(
        self, target: np.ndarray, weight: np.ndarray, ignored: int, smoothing: float
    ) -> None:
        self.shape = target.shape
        places = int(np.prod(target.shape[1:]))
        self.label = np.ascontiguousarray(target, np.int64).reshape(len(target), places)
        self.weight, self.ignored, self.smoothing = np.ascontiguousarray(weight), ignored, smoothing

    def view(self, x: np.ndarray) -> np.ndarray:
        """X as (N, C, L)."""
        return np.ascontiguousarray(x).reshape(len(x), len(self.weight), self.label.shape[1])

    def incoming(self, gy: np.ndarray, scale: float) -> np.ndarray:
        """``gy * scale`` as (N, L), or as (1, 1) for the gradient of a sum."""
        shape = self.label.shape if gy.ndim else (1, 1)
        return np.ascontiguousarray(gy * gy.dtype.type(scale)).reshape(shape)

    def summary(self, losses: np.ndarray, sums: np.ndarray, reduction: str) -> tuple[Any, float]:
        """The losses, their sum or their mean, and the factor of its gradient."""
        if reduction == "none":
            return losses.reshape(self.shape), 1.0
        if reduction == "sum":
            return losses.dtype.type(sums[0]), 1.0
        if sums[1] == 0:  # NaN, whose gradient is 0, as in PyTorch
            return losses.dtype.type(math.nan), 0.0
        return losses.dtype.type(sums[0] / sums[1]), float(1 / sums[1])

    def distributions(self, like: np.ndarray) -> np.ndarray:
        """Q in the shape (N, C, ...) and the dtype of ``like``."""
        q = np.empty((*self.label.shape[:1], len(self.weight), self.label.shape[1]), like.dtype)
        own = np.full((1, 1), self.smoothing - 1, like.dtype)
        kernels.nll_grad(q, own, self.label, self.weight, self.ignored)
        if self.smoothing:
            kept = (self.label != self.ignored)[:, None]
            q += kept * (self.weight[:, None] * like.dtype.type(self.smoothing / len(self.weight)))
        return q.reshape(like.shape)


class CrossEntropy(Function):
    """y = - sum over c of q_c ln softmax(x)_c for every label, reduced."""

    def forward(self, x, labels, reduction):
        losses, sums = np.empty(labels.label.shape, x.dtype), np.empty(2)
        stats = np.empty((2, *losses.shape), x.dtype)
        settings = labels.label, labels.weight, labels.ignored, labels.smoothing
        kernels.cross_entropy(losses, sums, stats, labels.view(x), *settings)
        self.labels = labels
        self.save(x, stats)
        y, self.scale = labels.summary(losses, sums, reduction)
        return y

    def backward(self, gy):
        x, stats = self.saved
        return CrossEntropyGrad.apply(gy, x, stats.array, self.labels, self.scale)


class CrossEntropyGrad(Function):
    """gx_c = gy scale (mass softmax(x)_c - q_c), where mass is the sum of q."""

    def forward(self, gy, x, stats, labels, scale):
        self.labels, self.scale = labels, scale
        self.save(gy, x)
        gx = np.empty(x.shape, x.dtype)
        settings = labels.label, labels.weight, labels.ignored, labels.smoothing
        gy = labels.incoming(gy, scale)
        kernels.cross_entropy_grad(labels.view(gx), gy, stats, labels.view(x), *settings)
        return gx

    def backward(self, ggx):
        gy, x = self.saved
        q, p = gy.wrap(self.labels.distributions(x.array)), Softmax.apply(x, 1)
        mass = q.sum(1, keepdim=True) * self.scale
        ggy = gx = None
        if self.needs[0]:
            ggy = (ggx * (p * mass - q * self.scale)).sum(1)
            ggy = ggy if gy.ndim else ggy.sum()
        if self.needs[1]:
            gx = SoftmaxGrad.apply(ggx * (mass * (gy.unsqueeze(1) if gy.ndim else gy)), p, 1)
        return ggy, gx


class NegativeLikelihood(Function):
    """y = - w x for every label, with x and w those of its class, reduced."""

    def forward(self, x, labels, reduction):
        losses, sums = np.empty(labels.label.shape, x.dtype), np.empty(2)
        settings = labels.label, labels.weight, labels.ignored
        kernels.nll(losses, sums, labels.view(x), *settings)
        self.labels = labels
        y, self.scale = labels.summary(losses, sums, reduction)
        return y

    def backward(self, gy):
        return NegativeLikelihoodGrad.apply(gy, self.labels, self.scale, self.shapes[0])


class NegativeLikelihoodGrad(Function):
    """gx_c = - gy scale w where c is the label, else 0; the adjoint of `NegativeLikelihood`."""

    def forward(self, gy, labels, scale, shape):
        self.labels, self.scale = labels, scale
        gx = np.empty(shape, gy.dtype)
        settings = labels.label, labels.weight, labels.ignored
        kernels.nll_grad(labels.view(gx), labels.incoming(gy, scale), *settings)
        return gx

    def backward(self, ggx):
        ggy = NegativeLikelihood.apply(ggx, self.labels, "none") * self.scale
        return ggy if self.shapes[0] else ggy.sum()


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
    t = target.array.astype(np.int64, copy=False)
    if t.size and t.view(np.uint64).max() >= classes:  # a negative number is a large one there
        _refuse_labels(t, classes, ignore_index, operation)
    if weight is not None and weight.requires_grad:
        raise RuntimeError(f"{operation}: weight gets no gradient here; pass weight.detach()")
    w = np.ones(classes, input.array.dtype) if weight is None else weight.array
    return Labels(t, w, ignore_index, float(smoothing))


def _refuse_labels(t: np.ndarray, classes: int, ignore_index: int, operation: str) -> None:
    """Raise unless all labels are classes or ignored."""
    wrong = (t != ignore_index) & ((t < 0) | (t >= classes))
    if wrong.any():
        raise IndexError(
            f"{operation}: target holds the label {t[wrong][0]}, but there are {classes} classes: "
            f"labels must lie in 0 to {classes - 1}, or be ignore_index (={ignore_index})"
        )


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
    y = CrossEntropy.apply(x, labels, reduction)
    return _shaped(y, input) if reduction == "none" else y


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
    y = NegativeLikelihood.apply(x, labels, reduction)
    return _shaped(y, input) if reduction == "none" else y
