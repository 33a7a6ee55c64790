"""Weight gradient of a depthwise convolution: all of a kernel's sums in registers.

    gw[c, kh, kw] = sum over positions of gy[c, oh, ow] * x[c, oh*SH + kh*DH - PH, ow*SW + ...]

A vector of gy is loaded once and multiplied by what each tap sees from there; each of the KH*KW
sums stays in a register until all pictures have been seen.  Columns outside the picture are masked
out, as in `depthwise`, and so are rows.
"""

from functools import lru_cache

import numpy as np

from .._jit import jit
from .depthwise import lane_masks
from .fork import fork
from .instructions import VECTOR_BYTES
from .patches import Walk
from .rows import add_products, repeated
from .tasks import launch, take
from .vector import broadcast, from_bits, lanes, masked_load, sum_lanes

__all__ = ["MOST_TAPS", "weight_grad_depthwise"]

MOST_TAPS = 25
"""Most taps of a kernel that this is for: their sums fill the registers.

It is for column steps of 1 and 2 alone.
"""
_PIECES = 16  # pieces of work that are enough


@lru_cache(maxsize=256)
def _plan(taps: bytes, KH: int, KW: int, walk: Walk, L: int) -> tuple:
    """The columns of the taps, the lanes of their vectors, the first row and the next one's way."""
    table = np.frombuffer(taps, np.int64).reshape(KH, KW, 2)
    columns = table[0, :, 1].copy()
    top, step = int(table[0, 0, 0]), int(table[-1, 0, 0] - table[0, 0, 0]) // max(1, KH - 1)
    return columns, lane_masks(columns, walk, L), top, step


def weight_grad_depthwise(
    gw: np.ndarray, x: np.ndarray, gy: np.ndarray, taps: np.ndarray, walk: Walk
) -> None:
    """As ``weight_grad.conv2d_weight_grad``, on its walk of x; gy is not empty."""
    KH, KW = gw.shape[2:]
    columns, masks, top, step = _plan(taps.tobytes(), KH, KW, walk, VECTOR_BYTES // x.itemsize)
    slices = min(walk.N, -(-_PIECES // walk.G))
    parts = np.empty((slices, *gw.shape), gw.dtype) if slices > 1 else gw
    launch(
        sum_taps, walk.G * slices, parts.reshape(slices, walk.G, KH, KW), x.reshape(-1),
        gy.reshape(-1), columns, masks, walk, (slices, top, step), (0,) * KH, (0,) * KW,
        (0,) * walk.TW,
    )  # fmt: skip
    if slices > 1:
        with np.errstate(all="ignore"):
            np.add.reduce(parts, axis=0, out=gw)


def _sum_taps(work, parts, x, gy, columns, masks, walk, split, rows, taps, steps):
    """Take slice after slice of the pictures of one channel."""
    fork(work)
    slices, top, DH = split
    L = lanes(x)
    zero = broadcast(x, 0)
    piece = take(work)
    while piece < work[1]:
        g, this = piece // slices, piece % slices
        sums = repeated(rows, repeated(taps, zero))
        for n in range(this * walk.N // slices, (this + 1) * walk.N // slices):
            plane = n * walk.G + g
            for oh in range(walk.QH):
                ih = oh * walk.TH + top
                whole = ih >= 0 and ih + (len(rows) - 1) * DH < walk.H
                for v in range(masks.shape[1]):
                    ow = v * L
                    lanes_left = from_bits(min(L, walk.QW - ow))
                    source = (plane * walk.QH + oh) * walk.QW + ow
                    g_vector = masked_load(gy, source, lanes_left, zero)
                    place = (plane * walk.H + ih) * walk.W + ow * walk.TW
                    places = (place, v, ih, DH, walk.H, walk.W)
                    if whole:
                        sums = add_products(1, sums, g_vector, x, columns, masks, places, steps)
                    else:
                        sums = add_products(0, sums, g_vector, x, columns, masks, places, steps)
        for kh in range(len(rows)):
            for kw in range(len(taps)):
                parts[this, g, kh, kw] = sum_lanes(sums[kh][kw])
        piece = take(work)


sum_taps = jit(_sum_taps)
