"""Random numbers by counting: number i of a stream is a function of (key, i) and of nothing else.

So a mask does not depend on the number of threads, on the order of the work, or on what was drawn
before, and any part of it can be made again.

The generator is SplitMix64: word j is a fixed mixing of ``key + (j + 1)*GAMMA`` modulo 2**64.
Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014), with the
mixing constants of David Stafford's variant 13 that it recommends; it passes BigCrush.
"""

import numpy as np

from .._jit import DISABLED, jit

__all__ = ["dropout", "dropout_mask", "split_mix"]

GAMMA = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio's fraction, odd
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
HALF = np.uint64(0xFFFFFFFF)


def _split_mix(key, j):
    """Word j of stream `key`: 64 random bits, arithmetic modulo 2**64.

    Parameters
    ----------
    key, j : np.uint64

    Returns
    -------
    word : np.uint64
    """
    word = key + (j + np.uint64(1)) * GAMMA
    word = (word ^ (word >> np.uint64(30))) * FIRST
    word = (word ^ (word >> np.uint64(27))) * SECOND
    return word ^ (word >> np.uint64(31))


# Compiled arithmetic wraps round in silence, NumPy's scalars warn.
split_mix = np.errstate(over="ignore")(_split_mix) if DISABLED else jit(_split_mix)


def _dropout_mask(mask, key, p):
    """Dropout's factors: 0 with probability p, else 1/(1 - p), so that the mean stays.

    Each word serves two elements: its low 32 bits the even one, its high 32 bits the odd one. An
    element is dropped if its 32 bits, read as a whole number, are below ``p * 2**32``: so p = 0
    drops none, p = 1 drops all, and every other p is met to 2**-32.

    Parameters
    ----------
    mask : (size,) float, written
    key : int
        From 0 to 2**63 - 1. It is mixed before it is used, so keys 0, 1, 2, ... give streams as
        unrelated as random keys do.
    p : float
        From 0 to 1.
    """
    stream = np.uint64(split_mix(np.uint64(key), np.uint64(0)))
    threshold = np.uint64(p * 2.0**32)
    factor = 1.0 / (1.0 - p) if p < 1.0 else 0.0
    for i in range(mask.size):
        word = np.uint64(split_mix(stream, np.uint64(i // 2)))
        bits = word >> np.uint64(32) if i % 2 else word & HALF
        mask[i] = factor if bits >= threshold else 0.0


dropout_mask = jit(_dropout_mask)


def dropout(y, x, key, p):
    """Dropout of rows: row i of x times number i of `dropout_mask`.

    The gradient is the same operation on gy with the same key, so no mask is ever kept.

    Parameters
    ----------
    y, x : (rows, inner) float
        With inner = 1 each element is dropped by itself; y is written.
    key, p
        See `dropout_mask`.
    """
    mask = np.empty(len(x), x.dtype)
    dropout_mask(mask, key, p)
    with np.errstate(all="ignore"):
        np.multiply(x, mask[:, None], out=y)
