"""Losses with a margin: what is right by more than the margin costs nothing."""

from __future__ import annotations

from minigrad.errors import DTypeError, SizeError
from minigrad.functional.activation import relu
from minigrad.functional.checks import check_dtypes, check_tensor, check_tensors
from minigrad.functional.distance import pairwise_distance
from minigrad.functional.reductions import reduced, reduction_of
from minigrad.functional.smooth import logsigmoid
from minigrad.methods.operands import check_broadcast
from minigrad.tensor import Tensor

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
]

TINY = 1e-12  # added to squared lengths, as in PyTorch


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``ln(1 + e ** (-target * input))`` with targets 1 or -1, finite for finite inputs."""
    reduction = reduction_of(reduction, size_average, reduce, "soft_margin_loss")
    check_dtypes("soft_margin_loss", input=input)
    check_tensor(target, "target", "soft_margin_loss")
    return reduced(-logsigmoid(target * input).to(input.dtype), reduction)


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``input`` where the target is 1, ``max(margin - input, 0)`` where it is -1."""
    reduction = reduction_of(reduction, size_average, reduce, "hinge_embedding_loss")
    check_dtypes("hinge_embedding_loss", input=input)
    check_tensor(target, "target", "hinge_embedding_loss")
    x = input + input.wrap(target.array * 0).to(input.dtype)
    far = (margin - x).clamp(min=0.0).masked_fill(target == 1, 0.0)
    return reduced(far + x.masked_fill(target == -1, 0.0), reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(-target * (input1 - input2) + margin, 0)``: target 1 wants input1 above input2.

    Raises
    ------
    ValueError
        If the numbers of dimensions differ.
    """
    reduction = reduction_of(reduction, size_average, reduce, "margin_ranking_loss")
    check_tensors("margin_ranking_loss", input1=input1, input2=input2, target=target)
    if not input1.ndim == input2.ndim == target.ndim:
        raise SizeError(
            "margin_ranking_loss: input1, input2 and target must have as many dimensions as each "
            f"other, got {tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(target.shape)}"
        )
    return reduced((-target * (input1 - input2) + margin).clamp(min=0.0), reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``max(d(anchor, positive) - d(anchor, negative) + margin, 0)``, d the `pairwise_distance`.

    With ``swap`` the negative may be compared with the positive instead, if that is nearer.

    Raises
    ------
    ValueError
        If the margin is not positive, or the numbers of dimensions differ.
    """
    reduction = reduction_of(reduction, size_average, reduce, "triplet_margin_loss")
    check_tensors("triplet_margin_loss", anchor=anchor, positive=positive, negative=negative)
    if not margin > 0:
        raise ValueError(f"triplet_margin_loss: margin (={margin}) must be positive")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise SizeError(
            "triplet_margin_loss: anchor, positive and negative must have as many dimensions as "
            f"each other, got {tuple(anchor.shape)}, {tuple(positive.shape)} and "
            f"{tuple(negative.shape)}"
        )
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = far.minimum(pairwise_distance(positive, negative, p, eps))
    return reduced((near - far + margin).clamp(min=0.0), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``1 - cos`` where the target is 1, ``max(cos - margin, 0)`` where it is -1.

    Parameters
    ----------
    input1, input2 : Tensor
        (N, D), or (D,).
    target : Tensor
        (N,), or ().
    margin : float
        From -1 to 1.
    size_average, reduce, reduction
        As in `minigrad.nn.functional.mse_loss`.

    Raises
    ------
    ValueError
        For other shapes.
    """
    reduction = reduction_of(reduction, size_average, reduce, "cosine_embedding_loss")
    check_tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    if target.ndim not in (0, 1) or not input1.ndim == input2.ndim == target.ndim + 1:
        raise SizeError(
            "cosine_embedding_loss: expected inputs (N, D) with target (N,), or (D,) with (), got "
            f"{tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(target.shape)}"
        )
    lengths = ((input1 * input1).sum(-1) + TINY) * ((input2 * input2).sum(-1) + TINY)
    cosine = (input1 * input2).sum(-1) / lengths.sqrt()
    near = (1 - cosine).masked_fill(target != 1, 0.0)
    far = (cosine - margin).clamp(min=0.0).masked_fill(target != -1, 0.0)
    return reduced(near + far, reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Binary cross entropy of logits, averaged over the classes along the last axis."""
    reduction = reduction_of(reduction, size_average, reduce, "multilabel_soft_margin_loss")
    check_dtypes("multilabel_soft_margin_loss", input=input)
    check_tensors("multilabel_soft_margin_loss", target=target, weight=weight)
    check_broadcast(target.shape, input.shape, "multilabel_soft_margin_loss")
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    losses = losses if weight is None else losses * weight
    return reduced(losses.sum(-1) / input.shape[-1], reduction)


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """``sum over c != label of max(margin - x[label] + x[c], 0) ** p / C``, weighted by label.

    Parameters
    ----------
    input : Tensor
        (N, C), or (C,).
    target : Tensor
        Labels (N,) or (), int64.
    p : int
        1 or 2.
    margin : float
        By how much the label should lead.
    weight : Tensor, optional
        (C,).
    size_average, reduce, reduction
        As in `minigrad.nn.functional.mse_loss`.

    Raises
    ------
    ValueError
        For another p, or shapes that do not fit.
    IndexError
        For a label that is no class.
    """
    reduction = reduction_of(reduction, size_average, reduce, "multi_margin_loss")
    check_dtypes("multi_margin_loss", input=input, weight=weight)
    check_tensors("multi_margin_loss", target=target)
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss: p (={p}) must be 1 or 2")
    if target.array.dtype.kind not in "iu":
        raise DTypeError(f"multi_margin_loss: target holds labels, got {target.dtype}")
    if input.ndim not in (1, 2) or target.shape != input.shape[:-1]:
        raise SizeError(
            "multi_margin_loss: expected input (N, C) with target (N,), or (C,) with (), got "
            f"{tuple(input.shape)} and {tuple(target.shape)}"
        )
    classes = input.shape[-1]
    outside = (target.array < 0) | (target.array >= classes)
    if outside.any():
        raise IndexError(
            f"multi_margin_loss: label {target.array[outside][0]} is out of range for {classes} "
            "classes"
        )
    label = target.unsqueeze(-1)
    losses = relu(margin - input.gather(-1, label) + input)
    losses = losses if p == 1 else losses * losses
    if weight is not None:
        losses = losses * weight[target].unsqueeze(-1)
    others = losses.scatter(-1, label, 0.0)
    return reduced(others.sum(-1) / input.shape[-1], reduction)
