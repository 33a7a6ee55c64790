"""Batch norm, and an activation after it: each channel read twice, once from memory.

A channel belongs to one thread, which finds its statistics, or the sums of its gradient, and then,
while it is in the cache, what becomes of it; small channels are taken several at a time.  x is
(N, C, L); the equations are in ``loops.norm``, the arithmetic is in ``norm_runs``.
"""

import math

import numpy as np
from numpy import ndarray as Array

from .. import loops
from .._jit import jit
from .fork import fork
from .norm_runs import (
    find_gradient_sums,
    find_line,
    find_moments,
    gradient_runs,
    in_a_piece,
    scale_runs,
    sum_from_first,
)
from .tasks import launch, take

__all__ = ["batch_norm", "batch_norm_eval", "batch_norm_grad"]


def batch_norm(
    y: Array, mean: Array, var: Array, rstd: Array,
    x: Array, weight: Array, bias: Array, eps: float, slope: float,
) -> None:  # fmt: skip
    """Statistics of each channel, and y by them; see ``loops.batch_norm``."""
    arguments = (y, mean, var, rstd, x, weight, bias, eps, slope)
    if _launch(normalize_channels, x, *arguments):
        loops.batch_norm(*arguments)


def batch_norm_eval(
    y: Array, x: Array, mean: Array, rstd: Array, weight: Array, bias: Array, slope: float
) -> None:
    """Make y by given statistics; see ``loops.batch_norm_eval``."""
    arguments = (y, x, mean, rstd, weight, bias, slope)
    if _launch(scale_channels, x, *arguments):
        loops.batch_norm_eval(*arguments)


def batch_norm_grad(
    gx: Array, gweight: Array, gbias: Array, gy: Array, x: Array,
    mean: Array, rstd: Array, weight: Array, bias: Array, slope: float, training: bool,
) -> None:  # fmt: skip
    """Gradient, through the statistics in training; see ``loops.batch_norm_grad``."""
    arguments = (gx, gweight, gbias, gy, x, mean, rstd, weight, bias, slope, training)
    if _launch(find_gradients, x, *arguments):
        loops.batch_norm_grad(*arguments)


def _launch(kernel, x, *arguments):
    """Run the kernel over all channels; say whether float32 was too narrow for one of them."""
    N, C, L = x.shape
    share = in_a_piece(C, N * L)
    flat = [a.reshape(-1) if isinstance(a, np.ndarray) else a for a in arguments]
    strange = np.zeros(1, np.bool_)
    launch(kernel, -(-C // max(share, 1)), *flat, (N, C, L, share), strange)
    return strange[0]


def _normalize_channels(
    work, y, mean, var, rstd, x, weight, bias, eps, slope, sizes, strange
):  # fmt: skip
    fork(work)
    N, C, L, share = sizes
    piece = take(work)
    while piece < work[1]:
        for c in range(piece * share, min((piece + 1) * share, C)):
            mean[c], var[c] = sum_from_first(x, (c * L, C * L, N, L), mean)
        for c in range(piece * share, min((piece + 1) * share, C)):
            mean[c], var[c] = find_moments(x, mean[c], var[c], (c * L, C * L, N, L), mean)
            rstd[c] = 1 / math.sqrt(var[c] + eps)
        for c in range(piece * share, min((piece + 1) * share, C)):
            line = find_line(x, mean[c], rstd[c], weight[c], bias[c], strange)
            scale_runs(y, x, (c * L, C * L, N, L), line, slope)
        piece = take(work)


normalize_channels = jit(_normalize_channels)


def _scale_channels(work, y, x, mean, rstd, weight, bias, slope, sizes, strange):
    fork(work)
    N, C, L, share = sizes
    piece = take(work)
    while piece < work[1]:
        for c in range(piece * share, min((piece + 1) * share, C)):
            line = find_line(x, mean[c], rstd[c], weight[c], bias[c], strange)
            scale_runs(y, x, (c * L, C * L, N, L), line, slope)
        piece = take(work)


scale_channels = jit(_scale_channels)


def _find_gradients(
    work, gx, gweight, gbias, gy, x, mean, rstd, weight, bias, slope, training, sizes, strange
):
    fork(work)
    N, C, L, share = sizes
    M = max(N * L, 1)
    piece = take(work)
    while piece < work[1]:
        for c in range(piece * share, min((piece + 1) * share, C)):
            runs = (c * L, C * L, N, L)
            line = find_line(x, mean[c], rstd[c], weight[c], bias[c], strange)
            total, product = find_gradient_sums(gy, x, runs, mean[c], line, slope, mean)
            product *= rstd[c]
            gbias[c] = total
            gweight[c] = product
            owed = (total / M, rstd[c] * product / M) if training else (0.0, 0.0)
            scale = weight[c] * rstd[c]
            gradient_runs(gx, gy, x, runs, mean[c], line, slope, 1.0, scale, owed, strange)
        piece = take(work)


find_gradients = jit(_find_gradients)
