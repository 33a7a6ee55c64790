"""Batch norm and instance norm, and their running statistics.

    N  batch    C  channels    L  pixels    M = N*L  values of a channel

Both are one of two operations on a picture seen as (N, C, L), or for instance norm (1, N*C, L):
`Normalize`, by the statistics of x itself, and `NormalizeBy`, by running ones.

Sources: Ioffe and Szegedy, "Batch Normalization", 2015; Ulyanov et al., "Instance Normalization",
2016; PyTorch's documentation of both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import no_grad
from minigrad.functional.checks import check_dtypes
from minigrad.functional.norm_checks import affine, channels, check_number, check_parameters
from minigrad.functional.norm_functions import Normalize, NormalizeBy
from minigrad.tensor import Tensor

__all__ = ["batch_norm", "instance_norm"]


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
    check_dtypes(
        "batch_norm",
        input=input,
        weight=weight,
        bias=bias,
        running_mean=running_mean,
        running_var=running_var,
    )
    N, C, L = channels(input, "batch_norm")
    check_parameters(C, "batch_norm", running_mean, running_var, weight, bias, not training)
    check_number(momentum, "momentum", "batch_norm")
    check_number(eps, "eps", "batch_norm", 0.0, inclusive=not training)
    if training and N * L == 1:
        raise ValueError(
            f"batch_norm: an input of shape {tuple(input.shape)} has one value per channel, and "
            "the variance of "
            "one value is 0; use a larger batch, a larger picture, or eval() for the running "
            "statistics"
        )
    x = input.reshape(N, C, L)
    weight, bias = affine(x, C, weight, bias)
    if not training:
        y = NormalizeBy.apply(x, weight, bias, *_constants(running_mean, running_var, eps))
        return y.reshape(input.shape)
    y, mean, var = Normalize.apply(x, weight, bias, eps)
    if N * L:
        _update(running_mean, mean.array, momentum)
        _update(running_var, var.array * (N * L / (N * L - 1)), momentum)
    return y.reshape(input.shape)


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
        x = input.reshape(N, C, L)
        y = NormalizeBy.apply(x, weight, bias, *_constants(running_mean, running_var, eps))
        return y.reshape(input.shape)
    if L == 1:
        raise ValueError(
            f"instance_norm: an input of shape {tuple(input.shape)} has one pixel per channel, and "
            "the variance "
            "of one value is 0; use a larger picture, batch_norm, or eval() with running statistics"
        )
    y, mean, var = Normalize.apply(
        input.reshape(1, N * C, L), weight.repeat(N), bias.repeat(N), eps
    )
    if N * L:
        _update(running_mean, mean.array.reshape(N, C).mean(0), momentum)
        _update(running_var, var.array.reshape(N, C).mean(0) * (L / (L - 1)), momentum)
    return y.reshape(input.shape)


def _constants(mean: Any, var: Any, eps: float) -> tuple[np.ndarray, np.ndarray]:
    """Running statistics as the kernels take them: mean and 1 / sqrt(var + eps), float64 copies."""
    with np.errstate(all="ignore"):
        return mean.array.astype(np.float64), 1 / np.sqrt(var.array.astype(np.float64) + eps)


def _update(running: Tensor | None, value: np.ndarray, momentum: float) -> None:
    """Move a running statistic towards a new value, in place."""
    if running is None:
        return
    with no_grad(), np.errstate(all="ignore"):
        running.copy_(running.wrap((1 - momentum) * running.array + momentum * value))
