"""Weight gradient tap by tap: each tap joins pixels of x and of gy, and sums products over them.

    gw[o, c, t] = sum over pairs (p, q) that tap t joins of gy[o, p] * x[c, q]

For one tap, the gradients of all weights [o, c] are a product of two matrices, if every pixel has
its channels side by side.  In NCHW they lie a plane apart, so a few rows of both pictures are
turned, once for all taps (`pixel_pairs` has the micro-kernel)::

    x, NCHW              packed: panels of channels, in a panel pixel after pixel
    c0: p0 p1 p2 ..
    c1: p0 p1 p2 ..      p0: c0 c1 .. c31   p1: c0 c1 .. c31   ...      panel of c0..c31
    c2: ..          ->   p0: c32 ..         p1: c32 ..         ...      panel of c32..

    for each slice of the pixels, group, stretch of o, stretch of c    (a piece of work)
        for each block of output rows in the slice
            turn the stretch of gy, and of the rows of x that the block looks at
            for each panel of c, tap and tile of o: micro-kernel over the tap's pairs
        turn the sums, which are [c panel][o tile][t][o][c], into gw's order

The sums of a piece stay in the cache.  There are slices only where o and c alone do not make enough
pieces; then the slices' sums are added at the end, always in the same order.
"""

from typing import NamedTuple

import numpy as np

from .._jit import jit
from .fork import fork
from .instructions import VECTOR_BYTES
from .micro_kernel import ROWS, VECTORS
from .patches import Walk
from .pixel_pairs import multiply_pairs
from .tasks import aligned_empty, launch, take
from .transpose import transpose_tile
from .vector import broadcast, from_bits, lanes, load, masked_load, masked_store, store

__all__ = ["Cut", "cut_taps", "weight_grad_by_taps"]

_PIXELS = 384  # output pixels in a block, about
_SUMS = 256 * 2**10  # most bytes of a piece's sums
_PIECES = 16  # pieces of work that are enough


class Cut(NamedTuple):
    """How the work is cut: a matter of shapes alone."""

    slices: int
    o_parts: int
    c_parts: int
    outputs: int  # of o in a part: a number of panels
    vectors: int  # of c in a part
    panel: int  # of o, turned
    pictures: int  # in a block
    rows: int  # of output in a block
    span: int  # rows of x that a block looks at, at most


def cut_taps(x: np.ndarray, O: int, taps: np.ndarray, walk: Walk) -> Cut:
    """Divide o, c and the pixels."""
    L = VECTOR_BYTES // x.itemsize
    T, panel = len(taps), max(L, ROWS)
    o_panels, c_vectors = -(-O // panel), -(-walk.C // L)
    most = max(1, _SUMS // (T * panel * L * x.itemsize))  # panels times vectors
    vectors = _even(c_vectors, min(2 * VECTORS, max(1, most // 2)))
    outputs = _even(o_panels, max(1, most // vectors)) * panel
    o_parts, c_parts = -(-O // outputs), -(-c_vectors // vectors)
    plane = walk.QH * walk.QW
    rows = _even(walk.QH, max(1, _PIXELS // walk.QW))
    pictures = _even(walk.N, max(1, _PIXELS // plane)) if rows == walk.QH else 1
    span = min(walk.H, (rows - 1) * walk.TH + int(np.ptp(taps[:, 0])) + 1)
    blocks = -(-walk.QH // rows) * -(-walk.N // pictures)
    slices = -(-_PIECES // (walk.G * o_parts * c_parts))
    slices = -(-blocks // max(1, blocks // slices))  # of as many blocks each, but for the last
    return Cut(slices, o_parts, c_parts, outputs, vectors, panel, pictures, rows, span)


def _even(count: int, most: int) -> int:
    """The size of equal parts of ``count`` that are no larger than ``most``."""
    return -(-count // -(-count // most))


def weight_grad_by_taps(
    gw: np.ndarray, x: np.ndarray, gy: np.ndarray, taps: np.ndarray, walk: Walk, cut: Cut
) -> None:
    """As ``weight_grad.conv2d_weight_grad``, on its walk of x; ``cut`` is from `cut_taps`."""
    L = VECTOR_BYTES // x.itemsize
    T, O = len(taps), gw.shape[0] // walk.G
    pixels = cut.pictures * cut.rows * walk.QW
    area = T * cut.outputs * cut.vectors * L
    beyond = L * ROWS * VECTORS * L  # turned along with the last taps
    what = "conv2d weight gradient"
    parts = walk.G * cut.o_parts * cut.c_parts
    sums = aligned_empty(cut.slices * parts * area if cut.slices > 1 else 0, x.dtype, what)

    def private():
        return (
            aligned_empty((cut.pictures * cut.span * walk.W + L) * cut.vectors * L, x.dtype, what),
            aligned_empty((pixels + L) * cut.outputs, x.dtype, what),
            np.empty(2 * T * pixels, np.int32),
            np.empty(T + 1, np.int64),
            aligned_empty(area + beyond, x.dtype, what),
            aligned_empty(VECTORS * L * T + L * L, x.dtype, what),
        )

    launch(
        sum_taps, cut.slices * parts, gw.reshape(-1), sums, x.reshape(-1), gy.reshape(-1), taps,
        walk, O, cut, private=private,
    )  # fmt: skip
    if cut.slices > 1:
        launch(
            add_slices, parts * -(-cut.outputs // ROWS), gw.reshape(-1), sums, T, O, walk.C, cut,
            private=private,
        )  # fmt: skip


def _pair_pixels(pairs, ends, taps, pictures, first_row, rows, first_x_row, x_rows, walk):
    """List for each tap the pixels it joins, numbered as they are packed."""
    k = 0
    ends[0] = 0
    for t in range(len(taps)):
        tap_h, tap_w = taps[t]
        left = max(0, -(tap_w // walk.TW))  # first column with qw*TW + tap_w >= 0
        right = min(walk.QW, (walk.W - 1 - tap_w) // walk.TW + 1)
        for n in range(pictures):
            for row in range(rows):
                ih = (first_row + row) * walk.TH + tap_h
                if 0 <= ih < walk.H:
                    p = (n * rows + row) * walk.QW
                    q = (n * x_rows + ih - first_x_row) * walk.W + tap_w
                    for column in range(left, right):
                        pairs[k] = p + column
                        pairs[k + 1] = q + column * walk.TW
                        k += 2
        ends[t + 1] = k // 2


pair_pixels = jit(_pair_pixels)


def _turn_panel(packed, place, width, x, first, plane, channels, pixels, corner):
    """``packed[place + p*width + c] = x[first + c*plane + p]``; zero for c >= channels.

    Writes up to a vector of pixels more than there are.
    """
    L = lanes(x)
    zero = broadcast(x, 0)
    for c in range(0, width, L):
        for p in range(0, pixels, L):
            source = first + c * plane + p
            target = place + p * width + c
            if c + L <= channels and p + L <= pixels:
                transpose_tile(packed, target, width, x, source, plane)
            else:
                mask = from_bits(min(L, pixels - p))
                for i in range(L):
                    wanted = mask if c + i < channels else 0
                    store(corner, i * L, masked_load(x, source + i * plane, wanted, zero))
                transpose_tile(packed, target, width, corner, 0, L)


turn_panel = jit(_turn_panel)


def _panel_ends(i, vectors):
    """First and end vector of panel i, when so many are divided evenly among panels."""
    panels = (vectors + VECTORS - 1) // VECTORS
    return i * vectors // panels, (i + 1) * vectors // panels


panel_ends = jit(_panel_ends)


def _multiply_taps(sums, first, packed_gy, gy_room, packed_x, x_room, lists, tiles, vectors, panel,
                   accumulate):  # fmt: skip
    """All tiles of a piece, for the pixels of one block."""
    pairs, ends = lists
    L = lanes(sums)
    T = len(ends) - 1
    for i in range((vectors + VECTORS - 1) // VECTORS):
        v, v_end = panel_ends(i, vectors)
        width = v_end - v
        b = (packed_x, v * L * x_room)
        for t in range(T):
            for m in range(tiles):
                a = (packed_gy, m * ROWS // panel * panel * gy_room + m * ROWS % panel, panel)
                place = first + ((v * tiles + m * width) * T + t * width) * ROWS * L
                multiply_pairs(
                    width, (sums, place), a, b, (pairs, ends[t], ends[t + 1]), accumulate
                )


multiply_taps = jit(_multiply_taps)


def _sum_taps(work, gw, sums, x, gy, taps, walk, O, cut, buffers):
    """Take piece after piece: a slice, a group, a stretch of o and one of c."""
    fork(work)
    packed_x, packed_gy, pairs, ends, own, turned = buffers
    L = lanes(x)
    T = len(taps)
    first_tap = last_tap = taps[0, 0]
    for t in range(1, T):
        first_tap, last_tap = min(first_tap, taps[t, 0]), max(last_tap, taps[t, 0])
    parts = walk.G * cut.o_parts * cut.c_parts
    x_plane, gy_plane = walk.H * walk.W, walk.QH * walk.QW
    batches = (walk.N + cut.pictures - 1) // cut.pictures
    blocks = batches * ((walk.QH + cut.rows - 1) // cut.rows)
    gy_room = cut.pictures * cut.rows * walk.QW + L
    piece = take(work)
    while piece < work[1]:
        this, part = piece // parts, piece % parts
        g, o = part // (cut.o_parts * cut.c_parts), part // cut.c_parts % cut.o_parts * cut.outputs
        c = part % cut.c_parts * cut.vectors * L
        outputs, channels = min(cut.outputs, O - o), min(cut.vectors * L, walk.C - c)
        tiles, vectors = (outputs + ROWS - 1) // ROWS, (channels + L - 1) // L
        held, first = (own, 0) if cut.slices == 1 else (sums, piece * (len(sums) // work[1]))
        first_block = this * blocks // cut.slices
        listed = (-1, -1)
        for block in range(first_block, (this + 1) * blocks // cut.slices):
            row, n = block // batches * cut.rows, block % batches * cut.pictures
            rows, pictures = min(cut.rows, walk.QH - row), min(cut.pictures, walk.N - n)
            top = min(max(0, row * walk.TH + first_tap), walk.H)
            x_rows = max(0, min(walk.H, (row + rows - 1) * walk.TH + last_tap + 1) - top)
            x_room = pictures * x_rows * walk.W + L
            if listed != (row, pictures):
                pair_pixels(pairs, ends, taps, pictures, row, rows, top, x_rows, walk)
                listed = (row, pictures)
            for picture in range(pictures):
                plane = ((n + picture) * walk.G + g) * walk.C + c
                for i in range((vectors + VECTORS - 1) // VECTORS):
                    v, v_end = panel_ends(i, vectors)
                    width = (v_end - v) * L
                    place = v * L * x_room + picture * x_rows * walk.W * width
                    turn_panel(
                        packed_x, place, width, x, (plane + v * L) * x_plane + top * walk.W,
                        x_plane, channels - v * L, x_rows * walk.W, turned,
                    )  # fmt: skip
                plane = ((n + picture) * walk.G + g) * O + o
                for i in range(0, outputs, cut.panel):
                    place = i * gy_room + picture * rows * walk.QW * cut.panel
                    turn_panel(
                        packed_gy, place, cut.panel, gy, (plane + i) * gy_plane + row * walk.QW,
                        gy_plane, outputs - i, rows * walk.QW, turned,
                    )  # fmt: skip
            multiply_taps(
                held, first, packed_gy, gy_room, packed_x, x_room, (pairs, ends), tiles, vectors,
                cut.panel, block > first_block,
            )  # fmt: skip
        if cut.slices == 1:
            for m in range(tiles):
                write_tile_row(gw, own, 0, m, g * O + o, outputs, c, channels, T, walk.C, turned)
        piece = take(work)


sum_taps = jit(_sum_taps)


def _write_tile_row(gw, sums, first, m, o, outputs, c, channels, T, C, turned):
    """Bring the sums of tile m of o into gw's order, o by o: [t][c] becomes [c][t]."""
    L = lanes(gw)
    tiles, vectors = (outputs + ROWS - 1) // ROWS, (channels + L - 1) // L
    for i in range((vectors + VECTORS - 1) // VECTORS):
        v, v_end = panel_ends(i, vectors)
        width = (v_end - v) * L
        tile = first + (v * tiles * L + m * width) * ROWS * T
        count = min(width, channels - v * L) * T
        for row in range(min(ROWS, outputs - m * ROWS)):
            source = tile + row * width
            if T > 1:  # a row turned writes over the next one, which comes after it
                for j in range(0, width, L):
                    for t in range((T - 1) // L * L, -1, -L):
                        transpose_tile(
                            turned, j * T + t, T, sums, source + t * ROWS * width + j, ROWS * width
                        )
            place = ((o + m * ROWS + row) * C + c + v * L) * T
            if T > 1:
                copy(gw, place, turned, 0, count)
            else:
                copy(gw, place, sums, source, count)


write_tile_row = jit(_write_tile_row)


def _copy(y, place, x, source, count):
    L = lanes(y)
    for i in range(0, count - L + 1, L):
        store(y, place + i, load(x, source + i))
    rest = count // L * L
    mask = from_bits(count - rest)
    masked_store(y, place + rest, mask, masked_load(x, source + rest, mask, broadcast(x, 0)))


copy = jit(_copy)


def _add_slices(work, gw, sums, T, O, C, cut, buffers):
    """Add up what the slices have for one tile of o, and write it; a tile per piece of work."""
    fork(work)
    own, turned = buffers[4:]
    L = lanes(gw)
    most = (cut.outputs + ROWS - 1) // ROWS
    parts = work[1] // most
    area = len(sums) // (cut.slices * parts)
    piece = take(work)
    while piece < work[1]:
        part, m = piece // most, piece % most
        g, o = part // (cut.o_parts * cut.c_parts), part // cut.c_parts % cut.o_parts * cut.outputs
        c = part % cut.c_parts * cut.vectors * L
        outputs, channels = min(cut.outputs, O - o), min(cut.vectors * L, C - c)
        tiles, vectors = (outputs + ROWS - 1) // ROWS, (channels + L - 1) // L
        for i in range((vectors + VECTORS - 1) // VECTORS if m < tiles else 0):
            v, v_end = panel_ends(i, vectors)
            size = (v_end - v) * L * ROWS * T
            place = v * tiles * L * ROWS * T + m * size
            for k in range(place, place + size, L):
                total = load(sums, part * area + k)
                for s in range(1, cut.slices):
                    total += load(sums, (s * parts + part) * area + k)
                store(own, k, total)
        if m < tiles:
            write_tile_row(gw, own, 0, m, g * O + o, outputs, c, channels, T, C, turned)
        piece = take(work)


add_slices = jit(_add_slices)
