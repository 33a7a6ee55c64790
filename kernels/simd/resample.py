"""Moving pixels: nearest up-sampling by 2, and pixels to channels and back.

Up-sampling by 2 puts each pixel on a tile of 2 x 2 (see ``tiles``); other factors are left to the
textbook.  A row of a shuffled picture comes from as many planes as a block is wide::

    plane j = 0    a a a a
    plane j = 1    b b b b       ->   a b a b a b a b
"""

import numpy as np

from .. import loops
from .._jit import jit
from .fork import fork
from .shuffle import interleave, odds
from .strided import load_every, store_every
from .tasks import launch, launch_slices, take
from .tiles import spread_over_tiles, sum_tiles
from .vector import broadcast, evens, from_bits, lanes, masked_load, masked_store

__all__ = [
    "pixel_shuffle",
    "pixel_unshuffle",
    "upsample_nearest2d",
    "upsample_nearest2d_input_grad",
]

_CHUNK = 1 << 14  # pixels in a piece of work, about
Scale = tuple[float, float]


def upsample_nearest2d(y: np.ndarray, x: np.ndarray, scale: Scale) -> None:
    """Copy the nearest pixel up and to the left; see ``loops.upsample_nearest2d``."""
    if _is_doubled(y, x):
        spread_over_tiles(y, x, 1.0)
    else:
        launch_slices(loops.upsample_nearest2d, (_planes(y), _planes(x)), scale)


def upsample_nearest2d_input_grad(gx: np.ndarray, gy: np.ndarray, scale: Scale) -> None:
    """Sum over all copies of a pixel; see ``loops.upsample_nearest2d_input_grad``."""
    if _is_doubled(gy, gx):
        sum_tiles(gx, gy, 1.0)
    else:
        launch_slices(loops.upsample_nearest2d_input_grad, (_planes(gx), _planes(gy)), scale)


def _is_doubled(large: np.ndarray, small: np.ndarray) -> bool:
    return large.shape[2:] == (2 * small.shape[2], 2 * small.shape[3])


def _planes(x: np.ndarray) -> np.ndarray:
    N, C, H, W = x.shape
    return x.reshape(N * C, 1, H, W)


def pixel_shuffle(y: np.ndarray, x: np.ndarray) -> None:
    """Blocks of pixels from channels; see ``loops.pixel_shuffle``."""
    _launch(shuffle_rows, y, x)


def pixel_unshuffle(y: np.ndarray, x: np.ndarray) -> None:
    """Channels from blocks of pixels; see ``loops.pixel_unshuffle``."""
    _launch(unshuffle_rows, x, y)


def _launch(kernel, large, small):
    """The shuffled picture flat, and the other one as (N*C, r, r, H, W)."""
    N, C, HR, WR = large.shape
    H, W = small.shape[2:]
    if large.size:
        r = HR // H
        rows = max(1, _CHUNK // WR)
        small = small.reshape(N * C, r, r, H, W)
        launch(kernel, -(-N * C * HR // rows), large.reshape(-1), small, rows)


def _shuffle_rows(work, y, x, rows):
    """Pieces of ``rows`` rows of the shuffled picture."""
    fork(work)
    P, R, _, H, W = x.shape
    L = lanes(y)
    zero = broadcast(y, 0)
    piece = take(work)
    while piece < work[1]:
        for row in range(piece * rows, min((piece + 1) * rows, P * H * R)):
            plane, i = row // (H * R), row % R
            source = ((plane * R + i) * R * H + row % (H * R) // R) * W
            for w in range(0, W, L):
                count = min(L, W - w)
                mask, target = from_bits(count), row * W * R + w * R
                if R == 2:
                    even = masked_load(x, source + w, mask, zero)
                    odd = masked_load(x, source + H * W + w, mask, zero)
                    low, high = interleave(even, odd)
                    masked_store(y, target, from_bits(min(L, 2 * count)), low)
                    masked_store(y, target + L, from_bits(max(0, 2 * count - L)), high)
                else:
                    for j in range(R):
                        value = masked_load(x, source + j * H * W + w, mask, zero)
                        store_every(y, target + j, R, mask, value)
        piece = take(work)


shuffle_rows = jit(_shuffle_rows)


def _unshuffle_rows(work, x, y, rows):
    """Pieces of ``rows`` rows of the shuffled picture x."""
    fork(work)
    P, R, _, H, W = y.shape
    L = lanes(x)
    zero = broadcast(x, 0)
    piece = take(work)
    while piece < work[1]:
        for row in range(piece * rows, min((piece + 1) * rows, P * H * R)):
            plane, i = row // (H * R), row % R
            target = ((plane * R + i) * R * H + row % (H * R) // R) * W
            for w in range(0, W, L):
                count = min(L, W - w)
                mask, source = from_bits(count), row * W * R + w * R
                if R == 2:
                    low = masked_load(x, source, from_bits(min(L, 2 * count)), zero)
                    high = masked_load(x, source + L, from_bits(max(0, 2 * count - L)), zero)
                    masked_store(y, target + w, mask, evens(low, high))
                    masked_store(y, target + H * W + w, mask, odds(low, high))
                else:
                    for j in range(R):
                        value = load_every(x, source + j, R, mask, mask, zero)
                        masked_store(y, target + j * H * W + w, mask, value)
        piece = take(work)


unshuffle_rows = jit(_unshuffle_rows)
