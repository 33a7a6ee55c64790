"""Sums over all that belongs to a channel.

N   batch       C   channels       L   places of a channel (H*W)
"""

from .._jit import jit

__all__ = ["channel_sums"]


def _channel_sums(y, x):
    """Sum of every channel: the gradient of a bias.

    ``y[c] = sum over n, l of x[n,c,l]``, added up in float64.

    Parameters
    ----------
    y : (C,), written
    x : (N, C, L)
    """
    N, C, L = x.shape
    for c in range(C):
        total = 0.0
        for n in range(N):
            for l in range(L):
                total += x[n, c, l]
        y[c] = total


channel_sums = jit(_channel_sums)
