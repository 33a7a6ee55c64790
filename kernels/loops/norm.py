"""Normalisation: the statistics of each channel, what they do to x, and the gradient.

The letters:

    N  batch      C  channels      L  pixels of one plane (H*W)      M = N*L  values of a channel

Batch norm sees x as (N, C, L). Other groupings are the same kernels on another view: instance norm
on (1, N*C, L), group norm on (1, N*G, C/G*L).

    mean[c] = sum over n, l of x[n,c,l] / M
    var[c]  = sum over n, l of (x[n,c,l] - mean[c])**2 / M        (biased)
    rstd[c] = 1 / sqrt(var[c] + eps)

Source: Ioffe and Szegedy, "Batch Normalization" (2015). Statistics are float64 whatever x is.
"""

from .._jit import jit

__all__ = ["moments", "normalize", "normalize_eval_grad", "normalize_grad"]


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
