"""Losses of labels: cross entropy of logits, and the negative log-likelihood.

The letters: x is viewed as (N, C, L), batch, classes and pixels; ``labels[n,l]`` is a class, or
ignored.  With class weights w and smoothing e a label stands for the distribution

    q[c] = (1 - e) * w[label] * (c == label) + e / C * w[c]

which is not normalised, and of which an ignored label has none: q = 0.

Source: Szegedy et al., "Rethinking the Inception architecture" (2016), section 7 (smoothing).
"""

import math

from .._jit import jit

__all__ = ["cross_entropy", "cross_entropy_grad", "nll", "nll_grad"]


def _cross_entropy(losses, sums, stats, x, labels, weight, ignored, smoothing):
    """``losses[n,l] = - sum over c of q[c] * (x[n,c,l] - top - log(total))``.

    Parameters
    ----------
    losses : (N, L), written
        0 where the label is ignored.
    sums : (2,) float64, written
        The sum of all losses, and that of the weights of their labels.
    stats : (2, N, L), written
        What the gradient needs: top, the largest of the C logits, and total, the sum of
        exp(x - top); anything where total is NaN.
    x : (N, C, L)
    labels : (N, L) int64
        In 0 to C - 1, or ignored.
    weight : (C,)
    ignored : int
    smoothing : float
    """
    N, C, L = x.shape
    sums[0] = sums[1] = 0.0
    for n in range(N):
        for l in range(L):
            top = x[n, 0, l]
            for c in range(C):
                if x[n, c, l] > top:
                    top = x[n, c, l]
            total = 0.0
            for c in range(C):
                total += math.exp(x[n, c, l] - top)
            stats[0, n, l] = top
            stats[1, n, l] = total
            label = labels[n, l]
            if label == ignored:
                losses[n, l] = 0
                continue
            loss = -(1 - smoothing) * weight[label] * (x[n, label, l] - top - math.log(total))
            if smoothing > 0:
                for c in range(C):
                    loss -= smoothing / C * weight[c] * (x[n, c, l] - top - math.log(total))
            losses[n, l] = loss
            sums[0] += loss
            sums[1] += weight[label]


cross_entropy = jit(_cross_entropy)


def _cross_entropy_grad(gx, gy, stats, x, labels, weight, ignored, smoothing):
    """``gx[n,c,l] = gy[n,l] * (sum of q * exp(x[n,c,l] - top) / total - q[c])``.

    Parameters
    ----------
    gx : (N, C, L), written
    gy : (N, L), or (1, 1), the same for all
    stats : (2, N, L)
        Of `cross_entropy`, as are the others.
    """
    N, C, L = x.shape
    everywhere = 0.0
    if smoothing > 0:
        for c in range(C):
            everywhere += smoothing / C * weight[c]
    for n in range(N):
        for l in range(L):
            label = labels[n, l]
            if label == ignored:
                for c in range(C):
                    gx[n, c, l] = 0
                continue
            g = gy[0, 0] if gy.size == 1 else gy[n, l]
            own = (1 - smoothing) * weight[label]
            for c in range(C):
                q = own if c == label else 0.0
                if smoothing > 0:
                    q += smoothing / C * weight[c]
                p = math.exp(x[n, c, l] - stats[0, n, l]) / stats[1, n, l]
                gx[n, c, l] = g * ((own + everywhere) * p - q)


cross_entropy_grad = jit(_cross_entropy_grad)


def _nll(losses, sums, x, labels, weight, ignored):
    """``losses[n,l] = -weight[label] * x[n,label,l]``; the parameters are `cross_entropy`'s."""
    N, _, L = x.shape
    sums[0] = sums[1] = 0.0
    for n in range(N):
        for l in range(L):
            label = labels[n, l]
            if label == ignored:
                losses[n, l] = 0
                continue
            losses[n, l] = -weight[label] * x[n, label, l]
            sums[0] += losses[n, l]
            sums[1] += weight[label]


nll = jit(_nll)


def _nll_grad(gx, gy, labels, weight, ignored):
    """``gx[n,c,l] = -gy[n,l] * weight[c] if c is the label, else 0``; gy as above."""
    N, C, L = gx.shape
    for n in range(N):
        for l in range(L):
            for c in range(C):
                gx[n, c, l] = 0
            label = labels[n, l]
            if label != ignored:
                g = gy[0, 0] if gy.size == 1 else gy[n, l]
                gx[n, label, l] = -g * weight[label]


nll_grad = jit(_nll_grad)
