"""Weight gradient for few output channels a group: a dot product for each weight.

    gw[o, k] = sum over positions p of gy[o, p] * patch[k, p]

With so few channels nothing is turned or packed: as in ``direct``, the pictures are copied with
their padding, and so is gy, at the same pitch.

    for each group, stretch of its channels, and slice of the pictures      (a piece of work)
        for each band of rows in the slice
            copy the rows of x that it looks at, and those of gy
            for each few taps and output channels: sums += gy * copy        (``dot_tile``)
        add up the lanes of the sums

There are slices only where groups and channels alone do not make enough pieces; the slices' results
are added at the end, always in the same order.
"""

import numpy as np

from .._jit import jit
from .dot_tile import COLUMNS, multiply_dots
from .fork import fork
from .instructions import VECTOR_BYTES
from .padded import Band, column_masks, copy_planes, plan_band, tap_offsets
from .patches import Walk
from .tasks import aligned_empty, launch, take
from .vector import broadcast, from_bits, lanes, load, store, sum_lanes

__all__ = ["MOST_CHANNELS", "weight_grad_directly"]

MOST_CHANNELS = 4
"""Most output channels a group that this is for."""
_COPY_BYTES = 2**16  # of the copies, about
_LEAST_ROWS = 8  # of a band, if the picture has as many
_LEAST_CHANNELS = 4  # of a stretch, if the group has as many
_PIECES = 16  # pieces of work that are enough


def weight_grad_directly(
    gw: np.ndarray, x: np.ndarray, gy: np.ndarray, taps: np.ndarray, walk: Walk
) -> None:
    """As ``weight_grad.conv2d_weight_grad``, on its walk of x; gy is not empty."""
    L = VECTOR_BYTES // x.itemsize
    pairs, T, O = taps.tolist(), len(taps), gw.shape[0] // walk.G
    rows = 1 if O == 1 else 2 if O == 2 else 4
    panels = -(-O // rows)
    stretches = max(1, min(walk.C // _LEAST_CHANNELS, -(-_PIECES // walk.G)))
    channels = -(-walk.C // stretches)
    stretches = -(-walk.C // channels)
    band, remainders = plan_band(walk, pairs, 0)
    row = (channels * len(remainders) + panels * rows) * band.pitch * x.itemsize
    bands = -(-walk.QH // max(_LEAST_ROWS, _COPY_BYTES // row - band.height))
    height = -(-walk.QH // bands)
    bands = -(-walk.QH // height)
    band, remainders = plan_band(walk, pairs, height)
    gy_walk = walk._replace(C=O, H=walk.QH, W=walk.QW, TH=1, TW=1)
    gy_band = Band(height, height, band.pitch, 0, 0)
    plane = len(remainders) * band.height * band.pitch
    starts = np.arange(channels)[:, None] * plane
    offsets = (starts + tap_offsets(walk, pairs, band, remainders)).reshape(-1)
    tail = np.zeros(-len(offsets) % COLUMNS[rows], np.int64)
    K = len(offsets) + len(tail)
    units = walk.N * bands
    slices = min(units, -(-_PIECES // (walk.G * stretches)))
    parts = np.empty((slices, *gw.shape), gw.dtype) if slices > 1 else gw

    def private():
        what = "conv2d weight gradient"
        return (
            aligned_empty(channels * plane + band.pitch + 2 * L, x.dtype, what),
            aligned_empty(panels * rows * height * band.pitch + 2 * L, x.dtype, what),
            aligned_empty(panels * rows * K * L, x.dtype, what),
            np.empty(-(-height * band.pitch // L), np.int64),
        )

    plan = (walk, band, gy_walk, gy_band)
    split = (slices, stretches, channels, bands, panels, rows, COLUMNS[rows], T)
    launch(
        sum_dots, walk.G * stretches * slices, parts.reshape(-1), x.reshape(-1), gy.reshape(-1),
        np.concatenate([offsets, tail]),
        (np.array(remainders, np.int64).reshape(-1, 2), column_masks(walk, band, remainders, L)),
        (np.zeros((1, 2), np.int64), column_masks(gy_walk, gy_band, [(0, 0)], L)), plan, split,
        private=private,
    )  # fmt: skip
    if slices > 1:
        with np.errstate(all="ignore"):
            np.add.reduce(parts, axis=0, out=gw)


def _mask_idle(masks, rows, pitch, width, L):
    """The lanes of each vector of positions that are none of the idle ones between two rows."""
    for v in range((rows * pitch + L - 1) // L):
        masks[v] = 0
    for row in range(rows):
        p, end = row * pitch, row * pitch + width
        while p < end:
            v, lane = p // L, p % L
            length = min(L - lane, end - p)
            masks[v] |= from_bits(lane + length) & ~from_bits(lane)
            p += length


mask_idle = jit(_mask_idle)


def _sum_dots(work, parts, x, gy, offsets, columns, gy_columns, plan, split, buffers):
    """Take piece after piece: a group, a stretch of its channels, a slice of the pictures."""
    fork(work)
    (remainders, inside), (gy_remainders, gy_inside) = columns, gy_columns
    walk, band, gy_walk, gy_band = plan
    slices, stretches, channels, bands, panels, rows, width, T = split
    copy, gy_copy, sums, masks = buffers
    L = lanes(x)
    K, O, units = len(offsets), gy_walk.C, walk.N * bands
    plane = gy_band.height * gy_band.pitch
    piece = take(work)
    while piece < work[1]:
        this, g = piece % slices, piece // slices // stretches
        c = piece // slices % stretches * channels
        c_end = min(c + channels, walk.C)
        for i in range(panels * rows * K):
            store(sums, i * L, broadcast(sums, 0))
        masked = 0
        for unit in range(this * units // slices, (this + 1) * units // slices):
            picture, row = unit // bands * walk.G + g, unit % bands * band.rows
            height = min(band.rows, walk.QH - row)
            if height != masked:
                mask_idle(masks, height, band.pitch, walk.QW, L)
                masked = height
            these = (picture * walk.C + c, picture * walk.C + c_end)
            copy_planes(copy, x, these, row, remainders, inside, walk, band)
            these = (picture * O, picture * O + O)
            copy_planes(gy_copy, gy, these, row, gy_remainders, gy_inside, gy_walk, gy_band)
            count = (height * band.pitch + L - 1) // L
            for k in range(0, (c_end - c) * T, width):
                for o in range(0, O, rows):
                    places = ((o * K + k) * L, K * L, o * plane, plane, k)
                    multiply_dots(rows, sums, gy_copy, copy, offsets, masks, count, places)
        for o in range(O):
            place = ((this * walk.G * O + g * O + o) * walk.C + c) * T
            for k in range((c_end - c) * T):
                parts[place + k] = sum_lanes(load(sums, (o * K + k) * L))
        piece = take(work)


sum_dots = jit(_sum_dots)
