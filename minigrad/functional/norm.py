"""Batch norm and instance norm, and their running statistics.

    N  batch    C  channels    L  pixels    M = N*L  values of a channel

Both see x as (N, C, L).  By the statistics of x itself it is `Normalize`, or for instance norm
`NormalizeGroups`, each channel a group; by running ones it is `NormalizeBy`.

Sources: Ioffe and Szegedy, "Batch Normalization", 2015; Ulyanov et al., "Instance Normalization",
2016; PyTorch's documentation of both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import check_writable
from minigrad.functional.checks import check_dtypes
from minigrad.functional.norm_checks import affine, channels, check_number, check_parameters
from minigrad.functional.norm_functions import Normalize, NormalizeBy, NormalizeGroups
from minigrad.recording import stand_in
from minigrad.tensor import Tensor

__all__ = ["batch_norm", "batch_norm_act", "instance_norm"]


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel over the batch and all pixels.

    ``y = (x - mean) / sqrt(var + eps) * weight + bias``; var is biased (a division by M).

    Parameters
    ----------
    input : Tensor
        (N, C), (N, C, L), (N, C, H, W), or with more axes.
    running_mean, running_var : Tensor, optional
        (C,).  In training they move towards the statistics of the batch, in place: by ``momentum``,
        and towards the unbiased variance (M - 1).  An empty batch leaves them alone; a batch with
        NaNs spoils them.
    weight, bias : Tensor, optional
        (C,); 1 and 0 if left out.
    training : bool
        Normalise by the statistics of the batch; otherwise by the running ones.
    momentum : float
        The share of the batch in the new running statistics.
    eps : float
        Added to the variance; positive in training.

    Raises
    ------
    ValueError
        For one value per channel in training, whose variance is 0; for parameters of another size.
    TypeError
        For dtypes that are not floating or differ.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.batch_norm(minigrad.tensor([[1.0], [3.0]]), None, None, training=True, eps=3.0).tolist()
    [[-0.5], [0.5]]
    """
    return _batch_norm(
        "batch_norm", input, running_mean, running_var, weight, bias, training, momentum, eps
    )


def batch_norm_act(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    negative_slope: float = 0.0,
) -> Tensor:
    """`batch_norm` followed by ReLU or leaky ReLU, to the last bit, as one operation.

    It takes no longer than batch norm alone and keeps nothing more: the input of the activation is
    neither written nor kept, as its sign can be told from ``input``.

    Parameters
    ----------
    negative_slope : float
        Of the leaky ReLU; 0 is ReLU.  The other parameters are those of `batch_norm`.

    Raises
    ------
    ValueError, TypeError
        As `batch_norm`, and for a slope that is not a number.

    Examples
    --------
    >>> import minigrad
    >>> from minigrad.functional.norm import batch_norm_act
    >>> x = minigrad.tensor([[1.0], [3.0]])
    >>> batch_norm_act(x, None, None, training=True, eps=3.0, negative_slope=0.5).tolist()
    [[-0.25], [0.5]]
    """
    check_number(negative_slope, "negative_slope", "batch_norm_act")
    return _batch_norm(
        "batch_norm_act", input, running_mean, running_var, weight, bias, training, momentum, eps,
        float(negative_slope),
    )  # fmt: skip


def _batch_norm(
    operation: str,
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    slope: float = 1.0,
) -> Tensor:
    check_dtypes(
        operation,
        input=input,
        weight=weight,
        bias=bias,
        running_mean=running_mean,
        running_var=running_var,
    )
    N, C, L = channels(input, operation)
    check_parameters(C, operation, running_mean, running_var, weight, bias, not training)
    check_number(momentum, "momentum", operation)
    check_number(eps, "eps", operation, 0.0, inclusive=not training)
    if training and N * L == 1:
        raise ValueError(
            f"{operation}: an input of shape {tuple(input.shape)} has one value per channel, and "
            "the variance of one value is 0; use a larger batch, a larger picture, or eval() for "
            "the running statistics"
        )
    weight, bias = affine(input, C, weight, bias)
    if not training:
        constants = _constants(running_mean, running_var, eps)
        return NormalizeBy.apply(input, weight, bias, *constants, slope)
    moments = np.empty((2, C))
    y = Normalize.apply(input, weight, bias, eps, slope, moments)
    _track(running_mean, running_var, moments, N * L, momentum)
    return y


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each channel of each picture over its pixels.

    Parameters are those of `batch_norm`; ``use_input_stats`` is its ``training``.  The running
    statistics move towards the mean over the batch of the pictures' statistics.

    Raises
    ------
    ValueError
        For one pixel, whose variance is 0; for parameters of another size.
    TypeError
        For dtypes that are not floating or differ.
    """
    check_dtypes(
        "instance_norm",
        input=input,
        weight=weight,
        bias=bias,
        running_mean=running_mean,
        running_var=running_var,
    )
    N, C, L = channels(input, "instance_norm")
    check_parameters(
        C, "instance_norm", running_mean, running_var, weight, bias, not use_input_stats
    )
    check_number(momentum, "momentum", "instance_norm")
    check_number(eps, "eps", "instance_norm")
    weight, bias = affine(input, C, weight, bias)
    if not use_input_stats:
        constants = _constants(running_mean, running_var, eps)
        return NormalizeBy.apply(input, weight, bias, *constants, 1.0)
    if L == 1:
        raise ValueError(
            f"instance_norm: an input of shape {tuple(input.shape)} has one pixel per channel, and "
            "the variance "
            "of one value is 0; use a larger picture, batch_norm, or eval() with running statistics"
        )
    moments = np.empty((2, N, C))
    y = NormalizeGroups.apply(input, weight, bias, eps, (N, C, L), moments)
    if N:
        _track(running_mean, running_var, moments.mean(1), L, momentum)
    return y


def _constants(mean: Any, var: Any, eps: float) -> tuple[np.ndarray, np.ndarray]:
    """Running statistics as the kernels take them: mean and 1 / sqrt(var + eps), float64 copies."""
    with np.errstate(all="ignore"):
        return mean.array.astype(np.float64), 1 / np.sqrt(var.array.astype(np.float64) + eps)


def _track(
    running_mean: Any, running_var: Any, statistics: np.ndarray, M: int, momentum: float
) -> None:
    """Move running statistics, if there are any, towards those of M values (mean, var), in place.

    No gradient goes that way.
    """
    if not M or running_mean is None or stand_in() is not None:
        return
    mean, var = statistics
    with np.errstate(all="ignore"):
        unbiased = var * (M / (M - 1))
        for running, value in ((running_mean, mean), (running_var, unbiased)):
            check_writable(running)
            running.array *= 1 - momentum
            running.array += momentum * value
            running.storage.version += 1
