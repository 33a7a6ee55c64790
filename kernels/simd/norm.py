"""Normalisation: the channels shared among threads, sums in vectors of float64.

A channel belongs to one thread, which adds it up in four vectors of partial sums, always in the
same order.  x is (N, C, L); the equations are in ``loops.norm``.
"""

from numpy import ndarray as Array

from .._jit import jit
from .tasks import launch, take
from .vector import (
    broadcast,
    from_bits,
    lanes,
    masked_load_double,
    sum_lanes,
)

__all__ = ["moments", "normalize", "normalize_eval_grad", "normalize_grad"]


def moments(mean: Array, var: Array, x: Array) -> None:
    """Mean and biased variance of every channel; see ``loops.moments``."""
    launch(find_moments, len(mean), mean, var, x)


def normalize(y: Array, x: Array, mean: Array, rstd: Array, weight: Array, bias: Array) -> None:
    """Make y (x - mean) * rstd * weight + bias; see ``loops.normalize``."""
    launch(scale_channels, len(mean), y, x, mean, rstd, weight, bias)


def normalize_grad(
    gx: Array, gweight: Array, gbias: Array,
    gy: Array, x: Array, mean: Array, rstd: Array, weight: Array,
) -> None:  # fmt: skip
    """Gradient through the statistics; see ``loops.normalize_grad``."""
    launch(find_gradients, len(mean), gx, gweight, gbias, gy, x, mean, rstd, weight, True)


def normalize_eval_grad(
    gx: Array, gweight: Array, gbias: Array,
    gy: Array, x: Array, mean: Array, rstd: Array, weight: Array,
) -> None:  # fmt: skip
    """Gradient with the statistics constant; see ``loops.normalize_eval_grad``."""
    launch(find_gradients, len(mean), gx, gweight, gbias, gy, x, mean, rstd, weight, False)


def _sum_channel(x, g, c, x_shift, g_shift, doubles):
    """Over channel c, the sum of g - g_shift, and of (g - g_shift) * (x - x_shift).

    ``doubles`` is any float64 array: it tells the vectors' width.
    """
    N, C, L = x.shape
    D = lanes(doubles)
    x_centre, g_centre = broadcast(doubles, x_shift), broadcast(doubles, g_shift)
    sum0 = sum1 = product0 = product1 = broadcast(doubles, 0.0)
    for n in range(N):
        first = (n * C + c) * L
        end = first + L
        for l in range(first, end, 2 * D):
            mask0, mask1 = from_bits(min(D, end - l)), from_bits(min(D, max(end - l - D, 0)))
            g0 = masked_load_double(g, l, mask0, g_centre) - g_centre
            g1 = masked_load_double(g, l + D, mask1, g_centre) - g_centre
            sum0 += g0
            sum1 += g1
            product0 += g0 * (masked_load_double(x, l, mask0, x_centre) - x_centre)
            product1 += g1 * (masked_load_double(x, l + D, mask1, x_centre) - x_centre)
    return sum_lanes(sum0 + sum1), sum_lanes(product0 + product1)


sum_channel = jit(_sum_channel)


def _find_moments(work, mean, var, x):
    """In three passes, as the textbook: the mean, what the mean lacks, the squares."""
    M = max(x.shape[0] * x.shape[2], 1)
    c = take(work)
    while c < work[1]:
        total, _ = sum_channel(x, x, c, 0.0, 0.0, mean)
        mean[c] = total / M
        rest, _ = sum_channel(x, x, c, mean[c], mean[c], mean)
        mean[c] += rest / M
        _, squares = sum_channel(x, x, c, mean[c], mean[c], mean)
        var[c] = squares / M
        c = take(work)


find_moments = jit(_find_moments)


def _scale_channels(work, y, x, mean, rstd, weight, bias):
    N, _, L = x.shape
    c = take(work)
    while c < work[1]:
        for n in range(N):
            for l in range(L):
                y[n, c, l] = (x[n, c, l] - mean[c]) * rstd[c] * weight[c] + bias[c]
        c = take(work)


scale_channels = jit(_scale_channels)


def _find_gradients(work, gx, gweight, gbias, gy, x, mean, rstd, weight, training):
    N, _, L = x.shape
    M = max(N * L, 1)
    c = take(work)
    while c < work[1]:
        total, product = sum_channel(x, gy, c, mean[c], 0.0, mean)
        product *= rstd[c]
        gbias[c] = total
        gweight[c] = product
        scale = weight[c] * rstd[c]
        for n in range(N):
            if training:
                for l in range(L):
                    xhat = (x[n, c, l] - mean[c]) * rstd[c]
                    gx[n, c, l] = scale * (gy[n, c, l] - total / M - xhat * (product / M))
            else:
                for l in range(L):
                    gx[n, c, l] = scale * gy[n, c, l]
        c = take(work)


find_gradients = jit(_find_gradients)
