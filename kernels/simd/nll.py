"""The negative log-likelihood of labels: one number of each pixel is read, and no other.

The equations are in ``loops.cross_entropy``.
"""

import numpy as np
from numpy import ndarray as Array

from .._jit import jit
from .fork import fork
from .tasks import launch, take

__all__ = ["nll", "nll_grad"]

_CHUNK = 1 << 12  # pixels in a piece of work


def nll(losses: Array, sums: Array, x: Array, labels: Array, weight: Array, ignored: int) -> None:
    """The loss of every label, and the sum of them all; see ``loops.nll``."""
    pieces = -(-losses.size // _CHUNK)
    parts = np.zeros((pieces, 2))
    launch(pick, pieces, losses, parts, x, labels, weight, ignored)
    np.sum(parts, axis=0, out=sums)


def nll_grad(gx: Array, gy: Array, labels: Array, weight: Array, ignored: int) -> None:
    """Gradient of the log-probabilities; see ``loops.nll_grad``."""
    gx[...] = 0
    launch(put, -(-labels.size // _CHUNK), gx, gy, labels, weight, ignored)


def _pick(work, losses, parts, x, labels, weight, ignored):
    fork(work)
    L = x.shape[2]
    piece = take(work)
    while piece < work[1]:
        for pixel in range(piece * _CHUNK, min((piece + 1) * _CHUNK, labels.size)):
            n, l = divmod(pixel, L)
            label = labels[n, l]
            losses[n, l] = 0
            if label != ignored:
                losses[n, l] = -weight[label] * x[n, label, l]
                parts[piece, 0] += losses[n, l]
                parts[piece, 1] += weight[label]
        piece = take(work)


pick = jit(_pick)


def _put(work, gx, gy, labels, weight, ignored):
    fork(work)
    L = gx.shape[2]
    piece = take(work)
    while piece < work[1]:
        for pixel in range(piece * _CHUNK, min((piece + 1) * _CHUNK, labels.size)):
            n, l = divmod(pixel, L)
            label = labels[n, l]
            if label != ignored:
                g = gy[0, 0] if gy.size == 1 else gy[n, l]
                gx[n, label, l] = -g * weight[label]
        piece = take(work)


put = jit(_put)
