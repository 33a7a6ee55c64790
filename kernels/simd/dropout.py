"""Dropout masks: numbers by counting, a chunk of a fixed size at a time."""

import numpy as np

from .._jit import jit
from ..loops.random import split_mix
from .tasks import launch, take

__all__ = ["dropout_mask"]

_CHUNK = 1 << 15  # elements; even, as a random word serves two


def dropout_mask(mask: np.ndarray, key: int, p: float) -> None:
    """0 with probability p, else 1/(1 - p); see ``loops.dropout_mask``, bit for bit."""
    factor = 1.0 / (1.0 - p) if p < 1.0 else 0.0
    launch(draw_mask, -(-mask.size // _CHUNK), mask, np.uint64(key), np.uint64(p * 2.0**32), factor)


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
