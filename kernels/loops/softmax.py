"""Softmax and its logarithm along the channels.

The letters: x is viewed as (N, C, L), batch, classes and pixels; every (n, l) is a distribution
over C. Subtracting the largest value first changes nothing and keeps ``exp`` from overflowing. A
NaN, or nothing but -inf, among the C values makes all C results NaN, as in PyTorch; a +inf too.

Source: Goodfellow, Bengio and Courville, "Deep Learning" (2016), section 4.1.
"""

import math

from .._jit import jit

__all__ = ["log_softmax", "log_softmax_grad", "softmax", "softmax_grad"]


def _softmax(y, x):
    """``y[n,c,l] = exp(x[n,c,l] - m) / sum over c of exp(x[n,c,l] - m)``, m the largest.

    Parameters
    ----------
    y : (N, C, L), written
    x : (N, C, L)
    """
    N, C, L = x.shape
    for n in range(N):
        for l in range(L):
            largest = x[n, 0, l]
            for c in range(C):
                if x[n, c, l] > largest:
                    largest = x[n, c, l]
            total = 0.0
            for c in range(C):
                total += math.exp(x[n, c, l] - largest)
            for c in range(C):
                y[n, c, l] = math.exp(x[n, c, l] - largest) / total


softmax = jit(_softmax)


def _softmax_grad(gx, gy, y):
    """``gx[n,c,l] = y[n,c,l] * (gy[n,c,l] - sum over c of gy[n,c,l] * y[n,c,l])``.

    Parameters
    ----------
    gx : (N, C, L), written
    gy, y : (N, C, L)
        y is what `softmax` gave.
    """
    N, C, L = y.shape
    for n in range(N):
        for l in range(L):
            total = 0.0
            for c in range(C):
                total += gy[n, c, l] * y[n, c, l]
            for c in range(C):
                gx[n, c, l] = y[n, c, l] * (gy[n, c, l] - total)


softmax_grad = jit(_softmax_grad)


def _log_softmax(y, x):
    """``y[n,c,l] = x[n,c,l] - m - log(sum over c of exp(x[n,c,l] - m))``, m the largest.

    Finite for all finite x, where the logarithm of `softmax` would be -inf.

    Parameters
    ----------
    y : (N, C, L), written
    x : (N, C, L)
    """
    N, C, L = x.shape
    for n in range(N):
        for l in range(L):
            largest = x[n, 0, l]
            for c in range(C):
                if x[n, c, l] > largest:
                    largest = x[n, c, l]
            total = 0.0
            for c in range(C):
                total += math.exp(x[n, c, l] - largest)
            for c in range(C):
                y[n, c, l] = x[n, c, l] - largest - math.log(total)


log_softmax = jit(_log_softmax)


def _log_softmax_grad(gx, gy, y):
    """``gx[n,c,l] = gy[n,c,l] - exp(y[n,c,l]) * sum over c of gy[n,c,l]``.

    Parameters
    ----------
    gx : (N, C, L), written
    gy, y : (N, C, L)
        y is what `log_softmax` gave.
    """
    N, C, L = y.shape
    for n in range(N):
        for l in range(L):
            total = 0.0
            for c in range(C):
                total += gy[n, c, l]
            for c in range(C):
                gx[n, c, l] = gy[n, c, l] - math.exp(y[n, c, l]) * total


log_softmax_grad = jit(_log_softmax_grad)
