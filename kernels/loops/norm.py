"""Normalisation: the statistics of each channel, what they do to x, and the gradient.

The letters:

    N  batch      C  channels      L  pixels of one plane (H*W)      M = N*L  values of a channel

Batch norm sees x as (N, C, L). Other groupings are the same kernels on another view: instance norm
on (1, N*C, L), group norm on (1, N*G, C/G*L).

    mean[c] = sum over n, l of x[n,c,l] / M
    var[c]  = sum over n, l of (x[n,c,l] - mean[c])**2 / M        (biased)
    rstd[c] = 1 / sqrt(var[c] + eps)

Batch norm is these pieces in a row, and an activation may follow it:

    slope 0  ReLU      slope 1  none      else  leaky ReLU: v becomes v*slope where it is negative

Source: Ioffe and Szegedy, "Batch Normalization" (2015). Statistics are float64 whatever x is.
"""

import math

from .._jit import jit

__all__ = [
    "batch_norm",
    "batch_norm_eval",
    "batch_norm_grad",
    "group_norm",
    "group_norm_grad",
    "moments",
    "normalize",
    "normalize_eval_grad",
    "normalize_grad",
]


def _moments(mean, var, x):
    """Mean and biased variance of every channel.

    Two passes, because ``mean(x*x) - mean(x)**2`` cancels. In between the mean is corrected by the
    mean of what is left, which makes it exact for a constant channel: its variance is 0, and
    `normalize` gives exactly the bias. An empty channel has mean 0 and variance 0.

    Parameters
    ----------
    mean, var : (C,) float64, written
    x : (N, C, L)
    """
    N, C, L = x.shape
    M = max(N * L, 1)
    for c in range(C):
        total = 0.0
        for n in range(N):
            for l in range(L):
                total += x[n, c, l]
        mean[c] = total / M
        rest = 0.0
        for n in range(N):
            for l in range(L):
                rest += x[n, c, l] - mean[c]
        mean[c] += rest / M
        squares = 0.0
        for n in range(N):
            for l in range(L):
                squares += (x[n, c, l] - mean[c]) ** 2
        var[c] = squares / M


moments = jit(_moments)


def _normalize(y, x, mean, rstd, weight, bias):
    """Shift and scale every channel.

    ``y[n,c,l] = (x[n,c,l] - mean[c]) * rstd[c] * weight[c] + bias[c]``

    Parameters
    ----------
    y : (N, C, L), written
    x : (N, C, L)
    mean, rstd : (C,) float64
    weight, bias : (C,)
    """
    N, C, L = x.shape
    for n in range(N):
        for c in range(C):
            for l in range(L):
                y[n, c, l] = (x[n, c, l] - mean[c]) * rstd[c] * weight[c] + bias[c]


normalize = jit(_normalize)


def _normalize_grad(gx, gweight, gbias, gy, x, mean, rstd, weight):
    """Gradient of `normalize` where mean and rstd are the statistics of x itself (training).

    With ``xhat = (x - mean) * rstd``::

        gbias[c]   = sum over n, l of gy[n,c,l]
        gweight[c] = sum over n, l of gy[n,c,l] * xhat[n,c,l]
        gx[n,c,l]  = weight[c] * rstd[c]
                     * (gy[n,c,l] - gbias[c] / M - xhat[n,c,l] * gweight[c] / M)

    The two means taken off are what x owes through its own statistics.

    Parameters
    ----------
    gx : (N, C, L), written
    gweight, gbias : (C,), written
    gy, x : (N, C, L)
    mean, rstd : (C,) float64
    weight : (C,)
    """
    N, C, L = x.shape
    M = max(N * L, 1)
    for c in range(C):
        total, product = 0.0, 0.0
        for n in range(N):
            for l in range(L):
                total += gy[n, c, l]
                product += gy[n, c, l] * ((x[n, c, l] - mean[c]) * rstd[c])
        gbias[c] = total
        gweight[c] = product
        for n in range(N):
            for l in range(L):
                xhat = (x[n, c, l] - mean[c]) * rstd[c]
                inner = gy[n, c, l] - total / M - xhat * (product / M)
                gx[n, c, l] = weight[c] * rstd[c] * inner


normalize_grad = jit(_normalize_grad)


def _normalize_eval_grad(gx, gweight, gbias, gy, x, mean, rstd, weight):
    """Gradient of `normalize` where mean and rstd are constants (inference).

    As `normalize_grad` without the two means: ``gx[n,c,l] = weight[c] * rstd[c] * gy[n,c,l]``.

    Parameters
    ----------
    gx : (N, C, L), written
    gweight, gbias : (C,), written
    gy, x : (N, C, L)
    mean, rstd : (C,) float64
    weight : (C,)
    """
    N, C, L = x.shape
    for c in range(C):
        total, product = 0.0, 0.0
        for n in range(N):
            for l in range(L):
                total += gy[n, c, l]
                product += gy[n, c, l] * ((x[n, c, l] - mean[c]) * rstd[c])
                gx[n, c, l] = weight[c] * rstd[c] * gy[n, c, l]
        gbias[c] = total
        gweight[c] = product


normalize_eval_grad = jit(_normalize_eval_grad)


def _batch_norm_eval(y, x, mean, rstd, weight, bias, slope):
    """`normalize`, and the activation of the given slope.

    Parameters
    ----------
    y : (N, C, L), written
    x : (N, C, L)
    mean, rstd : (C,) float64
    weight, bias : (C,)
    slope : float
    """
    N, C, L = x.shape
    normalize(y, x, mean, rstd, weight, bias)
    for n in range(N):
        for c in range(C):
            for l in range(L):
                if y[n, c, l] <= 0:
                    y[n, c, l] = y[n, c, l] * slope if slope != 0 else 0


batch_norm_eval = jit(_batch_norm_eval)


def _batch_norm(y, mean, var, rstd, x, weight, bias, eps, slope):
    """Normalise x by its own statistics, and apply the activation of the given slope.

    Parameters
    ----------
    y : (N, C, L), written
    mean, var, rstd : (C,) float64, written
    x : (N, C, L)
    weight, bias : (C,)
    eps, slope : float
    """
    moments(mean, var, x)
    for c in range(len(mean)):
        rstd[c] = 1 / math.sqrt(var[c] + eps)
    batch_norm_eval(y, x, mean, rstd, weight, bias, slope)


batch_norm = jit(_batch_norm)


def _batch_norm_grad(
    gx, gweight, gbias, gy, x, mean, rstd, weight, bias, slope, training
):  # fmt: skip
    """Gradient of `batch_norm` (training) or `batch_norm_eval`.

    What came before the activation is made anew from x, to know its sign; gy goes through the
    activation, and then through `normalize_grad` or `normalize_eval_grad`.

    Parameters
    ----------
    gx : (N, C, L), written
    gweight, gbias : (C,), written
    gy, x : (N, C, L)
    mean, rstd : (C,) float64
    weight, bias : (C,)
    slope : float
    training : bool
    """
    N, C, L = x.shape
    normalize(gx, x, mean, rstd, weight, bias)
    for n in range(N):
        for c in range(C):
            for l in range(L):
                if gx[n, c, l] > 0 or slope == 1:
                    gx[n, c, l] = gy[n, c, l]
                elif slope != 0:
                    gx[n, c, l] = gy[n, c, l] * slope
                else:
                    gx[n, c, l] = 0 if gx[n, c, l] <= 0 else gy[n, c, l]  # NaN: as relu_grad
    if training:
        normalize_grad(gx, gweight, gbias, gx, x, mean, rstd, weight)
    else:
        normalize_eval_grad(gx, gweight, gbias, gx, x, mean, rstd, weight)


batch_norm_grad = jit(_batch_norm_grad)


def _group_norm(y, mean, var, rstd, x, weight, bias, eps):
    """Normalise each group of channels of each picture by its own statistics.

    A group is K = C/G neighbouring channels; G is the second size of mean. Layer norm is L = 1 and
    G = 1, with every element a channel; instance norm is G = C.

    Parameters
    ----------
    y : (N, C, L), written
    mean, var, rstd : (N, G) float64, written
    x : (N, C, L)
    weight, bias : (C,)
    eps : float
    """
    N, C, L = x.shape
    G = mean.shape[1]
    K = C // G
    moments(mean.reshape(N * G), var.reshape(N * G), x.reshape(1, N * G, K * L))
    for n in range(N):
        for g in range(G):
            rstd[n, g] = 1 / math.sqrt(var[n, g] + eps)
        for c in range(C):
            g = c // K
            for l in range(L):
                xhat = (x[n, c, l] - mean[n, g]) * rstd[n, g]
                y[n, c, l] = xhat * weight[c] + bias[c]


group_norm = jit(_group_norm)


def _group_norm_grad(gx, gweight, gbias, gy, x, mean, rstd, weight):
    """Gradient of `group_norm`.

    With ``xhat = (x - mean) * rstd``, and m(a) the mean of a over its group::

        gbias[c]   = sum over n, l of gy[n,c,l]
        gweight[c] = sum over n, l of gy[n,c,l] * xhat[n,c,l]
        gx         = rstd * (gy*weight - m(gy*weight) - xhat * m(gy*weight * xhat))

    Parameters
    ----------
    gx : (N, C, L), written
    gweight, gbias : (C,), written
    gy, x : (N, C, L)
    mean, rstd : (N, G) float64
    weight : (C,)
    """
    N, C, L = x.shape
    G = mean.shape[1]
    K = C // G
    for c in range(C):
        total, product = 0.0, 0.0
        for n in range(N):
            for l in range(L):
                xhat = (x[n, c, l] - mean[n, c // K]) * rstd[n, c // K]
                total += gy[n, c, l]
                product += gy[n, c, l] * xhat
        gbias[c] = total
        gweight[c] = product
    for n in range(N):
        for g in range(G):
            total, product = 0.0, 0.0
            for c in range(g * K, (g + 1) * K):
                for l in range(L):
                    xhat = (x[n, c, l] - mean[n, g]) * rstd[n, g]
                    total += gy[n, c, l] * weight[c]
                    product += gy[n, c, l] * weight[c] * xhat
            for c in range(g * K, (g + 1) * K):
                for l in range(L):
                    xhat = (x[n, c, l] - mean[n, g]) * rstd[n, g]
                    inner = gy[n, c, l] * weight[c] - total / (K * L) - xhat * product / (K * L)
                    gx[n, c, l] = rstd[n, g] * inner


group_norm_grad = jit(_group_norm_grad)
