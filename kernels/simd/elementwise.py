"""Activations and dropout masks: one pass over memory, vector by vector.

Every kernel works on flat arrays in chunks of a fixed size; an output may be the input itself.
"""

import numpy as np

from .._jit import jit
from ..loops.random import split_mix
from .tasks import launch, take
from .vector import (
    broadcast,
    from_bits,
    lanes,
    masked_load,
    masked_store,
    where_not_positive,
    where_positive,
)

__all__ = ["dropout_mask", "leaky_relu", "leaky_relu_grad", "relu", "relu_grad"]

_CHUNK = 1 << 15  # elements; even, as a random word serves two


def relu(y: np.ndarray, x: np.ndarray) -> None:
    """Make y max(x, 0); see ``loops.relu``."""
    _launch(rectify, y, x)


def relu_grad(gx: np.ndarray, gy: np.ndarray, y: np.ndarray) -> None:
    """Make gx gy where y > 0, else 0; see ``loops.relu_grad``."""
    _launch(rectify_grad, gx, gy, y)


def leaky_relu(y: np.ndarray, x: np.ndarray, slope: float) -> None:
    """Make y x where x > 0, else x*slope; see ``loops.leaky_relu``."""
    _launch(leak_grad, y, x, x, slope)


def leaky_relu_grad(gx: np.ndarray, gy: np.ndarray, x: np.ndarray, slope: float) -> None:
    """Make gx gy where x > 0, else gy*slope; see ``loops.leaky_relu_grad``."""
    _launch(leak_grad, gx, gy, x, slope)


def dropout_mask(mask: np.ndarray, key: int, p: float) -> None:
    """0 with probability p, else 1/(1 - p); see ``loops.dropout_mask``, bit for bit."""
    factor = 1.0 / (1.0 - p) if p < 1.0 else 0.0
    _launch(draw_mask, mask, np.uint64(key), np.uint64(p * 2.0**32), factor)


def _launch(kernel, y, *arguments):
    flat = [a.reshape(-1) if isinstance(a, np.ndarray) else a for a in (y, *arguments)]
    launch(kernel, -(-y.size // _CHUNK), *flat)


def _rectify(work, y, x):
    L = lanes(x)
    zero = broadcast(x, 0)
    piece = take(work)
    while piece < work[1]:
        end = min((piece + 1) * _CHUNK, y.size)
        for i in range(piece * _CHUNK, end, L):
            mask = from_bits(min(L, end - i))
            v = masked_load(x, i, mask, zero)
            masked_store(y, i, mask, where_not_positive(v, zero, v))
        piece = take(work)


rectify = jit(_rectify)


def _rectify_grad(work, gx, gy, y):
    L = lanes(y)
    zero = broadcast(y, 0)
    piece = take(work)
    while piece < work[1]:
        end = min((piece + 1) * _CHUNK, y.size)
        for i in range(piece * _CHUNK, end, L):
            mask = from_bits(min(L, end - i))
            v, g = masked_load(y, i, mask, zero), masked_load(gy, i, mask, zero)
            masked_store(gx, i, mask, where_not_positive(v, zero, g))
        piece = take(work)


rectify_grad = jit(_rectify_grad)


def _leak_grad(work, gx, gy, x, slope):
    """With gy = x, also the activation itself."""
    L = lanes(x)
    zero, factor = broadcast(x, 0), broadcast(x, slope)
    piece = take(work)
    while piece < work[1]:
        end = min((piece + 1) * _CHUNK, x.size)
        for i in range(piece * _CHUNK, end, L):
            mask = from_bits(min(L, end - i))
            v, g = masked_load(x, i, mask, zero), masked_load(gy, i, mask, zero)
            masked_store(gx, i, mask, where_positive(v, g, g * factor))
        piece = take(work)


leak_grad = jit(_leak_grad)


def _draw_mask(work, mask, key, threshold, factor):
    stream = split_mix(key, np.uint64(0))
    low_half, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    piece = take(work)
    while piece < work[1]:
        end = min((piece + 1) * _CHUNK, mask.size)
        for i in range(piece * _CHUNK, end):
            word = split_mix(stream, np.uint64(i // 2))
            bits = word >> half if i % 2 else word & low_half
            mask[i] = factor if bits >= threshold else 0.0
        piece = take(work)


draw_mask = jit(_draw_mask)
