"""Group norm, and with it instance norm and layer norm: a group's statistics are its own.

x is (N, C, L), and a group is K = C/G channels of one picture, K*L values side by side::

    (n, g)   | channel g*K, L pixels | channel g*K+1, L pixels | ... |      weight, bias: a channel
             |<---------------- one mean, one variance ------------->|

Groups are shared among threads.  Each is read for its statistics, or for the sums of its gradient
over every channel, and then, while it is in the cache, channel by channel, for what becomes of it.
Channels of few pixels, those of layer norm with one above all, are the business of ``norm_rows``.
The equations are in ``loops.norm``, the arithmetic is in ``norm_runs``.
"""

import math

import numpy as np
from numpy import ndarray as Array

from .. import loops
from .._jit import jit
from .fork import fork
from .norm_rows import rows_norm, rows_norm_grad
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

__all__ = ["group_norm", "group_norm_grad"]

_SHORT = 32  # pixels of a channel that are too few for a loop of their own


def group_norm(
    y: Array, mean: Array, var: Array, rstd: Array,
    x: Array, weight: Array, bias: Array, eps: float,
) -> None:  # fmt: skip
    """Statistics of each group, and y by them; see ``loops.group_norm``."""
    strange = np.zeros(1, np.bool_)
    statistics = mean.reshape(-1), var.reshape(-1), rstd.reshape(-1)
    L = x.shape[2]
    if L < _SHORT:
        by_element = (weight, bias) if L == 1 else (np.repeat(weight, L), np.repeat(bias, L))
        rows_norm(y, *statistics, x, *by_element, eps, mean.shape[1], strange)
    else:
        sizes = _sizes(x, mean)
        flat = y.reshape(-1), *statistics, x.reshape(-1), weight, bias
        launch(normalize_groups, -(-mean.size // max(sizes[-1], 1)), *flat, eps, sizes, strange)
    if strange[0]:
        loops.group_norm(y, mean, var, rstd, x, weight, bias, eps)


def group_norm_grad(
    gx: Array, gweight: Array, gbias: Array,
    gy: Array, x: Array, mean: Array, rstd: Array, weight: Array,
) -> None:  # fmt: skip
    """Gradient through the statistics; see ``loops.group_norm_grad``."""
    (N, C, L), G = x.shape, mean.shape[1]
    strange = np.zeros(1, np.bool_)
    statistics = mean.reshape(-1), rstd.reshape(-1)
    if L == 1:
        rows_norm_grad(gx, gweight, gbias, gy, x, *statistics, weight, G, strange)
    elif L < _SHORT:
        product, total = np.empty((2, C * L))
        by_element = np.repeat(weight, L)
        rows_norm_grad(gx, product, total, gy, x, *statistics, by_element, G, strange)
        np.copyto(gweight, product.reshape(C, L).sum(1), casting="unsafe")
        np.copyto(gbias, total.reshape(C, L).sum(1), casting="unsafe")
    else:
        sizes, sums = _sizes(x, mean), np.empty((2, N, G, C // G))
        flat = gx.reshape(-1), sums.reshape(-1), gy.reshape(-1), x.reshape(-1), *statistics, weight
        launch(find_gradients, -(-mean.size // max(sizes[-1], 1)), *flat, sizes, strange)
        product = (sums[1] * rstd[:, :, None]).sum(0)
        np.copyto(gweight, product.reshape(C), casting="unsafe")
        np.copyto(gbias, sums[0].sum(0).reshape(C), casting="unsafe")
    if strange[0]:
        loops.group_norm_grad(gx, gweight, gbias, gy, x, mean, rstd, weight)


def _sizes(x, mean):
    """(groups of a picture, channels of a group, pixels, groups of a piece of work)."""
    (_, C, L), G = x.shape, mean.shape[1]
    return G, C // G, L, in_a_piece(mean.size, C // G * L)


def _normalize_groups(work, y, mean, var, rstd, x, weight, bias, eps, sizes, strange):
    fork(work)
    G, K, L, share = sizes
    piece = take(work)
    while piece < work[1]:
        for s in range(piece * share, min((piece + 1) * share, len(mean))):
            group = (s * K * L, K * L, 1, K * L)
            total, squares = sum_from_first(x, group, mean)
            mean[s], var[s] = find_moments(x, total, squares, group, mean)
            rstd[s] = 1 / math.sqrt(var[s] + eps)
            for k in range(K - 1, -1, -1):
                c = s % G * K + k
                line = find_line(x, mean[s], rstd[s], weight[c], bias[c], strange)
                scale_runs(y, x, ((s * K + k) * L, L, 1, L), line, 1.0)
        piece = take(work)


normalize_groups = jit(_normalize_groups)


def _find_gradients(work, gx, sums, gy, x, mean, rstd, weight, sizes, strange):
    """Also the sums of gy, and of gy * (x - mean), over each channel: the halves of ``sums``."""
    fork(work)
    G, K, L, share = sizes
    half = len(sums) // 2
    piece = take(work)
    while piece < work[1]:
        for s in range(piece * share, min((piece + 1) * share, len(mean))):
            line = find_line(x, mean[s], rstd[s], 1.0, 0.0, strange)
            level = tilt = 0.0
            for p in range(s * K, (s + 1) * K):
                run = (p * L, L, 1, L)
                total, product = find_gradient_sums(gy, x, run, mean[s], line, 1.0, mean)
                sums[p], sums[half + p] = total, product
                w = weight[p - s * K + s % G * K]
                level += w * total
                tilt += w * product
            M = K * L
            owed = (level / M, tilt * rstd[s] * rstd[s] / M)
            for p in range((s + 1) * K - 1, s * K - 1, -1):
                run, w = (p * L, L, 1, L), weight[p - s * K + s % G * K]
                gradient_runs(gx, gy, x, run, mean[s], line, 1.0, w, rstd[s], owed, strange)
        piece = take(work)


find_gradients = jit(_find_gradients)
