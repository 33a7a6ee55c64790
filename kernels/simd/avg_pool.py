"""Average pooling: L windows at once, their sums in registers.

Forward, taps outside the picture load 0.  Backward, every pixel adds up what the windows that it is
part of hand it, in reading order::

    gx[ih, iw] = sum over oh, ow of gy[oh, ow] / (rows[oh] * columns[ow])

Small windows are added up in the picture's own dtype.  Large ones are left to the textbook, which
does it in float64, except for those of whole rows, which lie together in memory: they are segments
of ``reduction``.
"""

import numpy as np

from .. import loops
from .._jit import jit
from ..geometry import PoolGeometry
from ..loops.pool import share
from .columns import (
    HIGH,
    LANES,
    LOW,
    OFFSET,
    WINDOW,
    inside,
    pixel_tables,
    window_tables,
)
from .fork import fork
from .reduction import row_sums
from .shuffle import interleave
from .strided import load_every, store_every
from .tasks import launch, launch_slices, take
from .tiles import are_tiles, is_exact, spread_over_tiles, sum_tiles
from .vector import broadcast, from_bits, lanes, load, masked_load, masked_store

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_input_grad",
    "avg_pool2d",
    "avg_pool2d_input_grad",
]

_CHUNK = 1 << 13  # outputs in a piece of work, about
_MOST_TAPS = 64  # of a small window: at most 4e-6 of the mean magnitude is lost in float32


def avg_pool2d(
    y: np.ndarray, x: np.ndarray, geometry: PoolGeometry, count_include_pad: bool, divisor: int
) -> None:
    """Mean of each window; see ``loops.avg_pool2d``."""
    y, x = _planes(y), _planes(x)
    if _is_whole(geometry, x.shape, y.shape) and not divisor:
        _mean_of_rows(y, x)
    elif are_tiles(geometry, x.shape, y.shape) and is_exact(divisor or 4):
        sum_tiles(y, x, 1 / (divisor or 4))
    elif geometry.kernel[0] * geometry.kernel[1] > _MOST_TAPS:
        rule = geometry, count_include_pad, divisor
        launch_slices(loops.avg_pool2d, (y[:, None], x[:, None]), *rule)
    else:
        P, OH, OW = y.shape
        rows = max(1, _CHUNK // max(1, OW))
        aims, first_taps = window_tables(x, OW, geometry)
        areas = _areas(y, x, geometry, count_include_pad, divisor, len(first_taps))
        tables = aims, *areas, tuple(map(tuple, geometry))
        launch(add_windows, -(-P * OH // rows), y, x, *tables, rows)


def avg_pool2d_input_grad(
    gx: np.ndarray, gy: np.ndarray, geometry: PoolGeometry, count_include_pad: bool, divisor: int
) -> None:
    """Gradient: each window's, shared evenly; see ``loops.avg_pool2d_input_grad``."""
    gx, gy = _planes(gx), _planes(gy)
    if _is_whole(geometry, gx.shape, gy.shape) and not divisor:
        _share_rows(gx, gy)
        return
    if are_tiles(geometry, gx.shape, gy.shape) and is_exact(divisor or 4):
        spread_over_tiles(gx, gy, 1 / (divisor or 4))
        return
    P, H, W = gx.shape
    _, OH, OW = gy.shape
    rows = max(1, _CHUNK // max(1, W))
    areas = _areas(gy, gx, geometry, count_include_pad, divisor, OW)
    tables = *pixel_tables(gx, OH, OW, geometry), *areas
    launch(ask_windows, -(-P * H // rows), gx, gy, *tables, rows)


def adaptive_avg_pool2d(y: np.ndarray, x: np.ndarray) -> None:
    """Mean of each of OH x OW cells; see ``loops.adaptive_avg_pool2d``."""
    geometry = _cells(y.shape, x.shape)
    if geometry is None:
        launch_slices(loops.adaptive_avg_pool2d, (_planes(y)[:, None], _planes(x)[:, None]))
    elif y.shape[3] == 1:
        _mean_of_rows(y, x)
    else:
        avg_pool2d(y, x, geometry, True, 0)


def adaptive_avg_pool2d_input_grad(gx: np.ndarray, gy: np.ndarray) -> None:
    """Gradient: each cell's, shared evenly; see ``loops.adaptive_avg_pool2d_input_grad``."""
    geometry = _cells(gy.shape, gx.shape)
    if geometry is None:
        arrays = _planes(gx)[:, None], _planes(gy)[:, None]
        launch_slices(loops.adaptive_avg_pool2d_input_grad, arrays)
    elif gy.shape[3] == 1:
        _share_rows(gx, gy)
    else:
        avg_pool2d_input_grad(gx, gy, geometry, True, 0)


def _planes(x: np.ndarray) -> np.ndarray:
    N, C, H, W = x.shape
    return x.reshape(N * C, H, W)


def _is_whole(geometry: PoolGeometry, x_shape: tuple[int, ...], y_shape: tuple[int, ...]) -> bool:
    """Whether there is one window, as large as the plane."""
    return geometry.kernel == x_shape[-2:] and y_shape[-2:] == (1, 1) and geometry.padding == (0, 0)


def _cells(small: tuple[int, ...], large: tuple[int, ...]) -> PoolGeometry | None:
    """The cells of adaptive pooling as windows, if they are of one size and do not overlap."""
    (OH, OW), (H, W) = small[2:], large[2:]
    if 0 in (OH, OW) or H % OH or W % OW:
        return None
    size = H // OH, W // OW
    return PoolGeometry(size, size, (0, 0), (1, 1))


def _mean_of_rows(y: np.ndarray, x: np.ndarray) -> None:
    """Cells as wide as the picture lie in one piece."""
    area = x.size // max(1, y.size)
    y.reshape(-1)[...] = row_sums(x.reshape(y.size, area)) / area


def _share_rows(gx: np.ndarray, gy: np.ndarray) -> None:
    area = gx.size // max(1, gy.size)
    rows = max(1, _CHUNK // max(1, area))
    launch(share_rows, -(-gy.size // rows), gx.reshape(gy.size, area), gy.reshape(-1), rows)


def _areas(
    y: np.ndarray, x: np.ndarray, geometry: PoolGeometry, count_include_pad: bool, divisor: int,
    columns: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """What to divide the sum of window (oh, ow) by: ``rows[oh] * columns[ow]``."""
    areas = []
    for axis, count in ((0, y.shape[1]), (1, columns)):
        K, S, P = geometry.kernel[axis], geometry.stride[axis], geometry.padding[axis]
        counted = np.full(count, divisor if axis else 1, x.dtype)
        if not divisor:
            count_shares(counted, x.shape[1 + axis], K, S, P, count_include_pad)
        areas.append(counted)
    return areas[0], areas[1]


def _count_shares(counted, size, K, S, P, count_include_pad):
    for o in range(len(counted)):
        counted[o] = share(o * S - P, K, size, P, count_include_pad)


count_shares = jit(_count_shares)


def _share_rows_evenly(work, gx, gy, rows):
    """Pieces of ``rows`` rows."""
    fork(work)
    R, L = gx.shape
    piece = take(work)
    while piece < work[1]:
        for row in range(piece * rows, min((piece + 1) * rows, R)):
            part = gy[row] / L
            for l in range(L):
                gx[row, l] = part
        piece = take(work)


share_rows = jit(_share_rows_evenly)


def _add_windows(work, y, x, aims, row_areas, column_areas, geometry, rows):
    """Pieces of ``rows`` rows of windows."""
    fork(work)
    (KH, KW), (SH, SW), (PH, _), _ = geometry
    P, OH, OW = y.shape
    _, H, W = x.shape
    L = lanes(x)
    zero = broadcast(x, 0)
    piece = take(work)
    while piece < work[1]:
        plane, oh = divmod(piece * rows - 1, OH)
        for row in range(piece * rows, min((piece + 1) * rows, P * OH)):
            oh += 1
            if oh == OH:
                plane, oh = plane + 1, 0
            top = oh * SH - PH
            kh_first, kh_end = inside(top, KH, 1, H)
            row_area = broadcast(x, row_areas[oh])
            for v in range(len(aims)):
                total = zero
                for kh in range(kh_first, kh_end):
                    for kw in range(KW):
                        source = (plane * H + top + kh) * W + aims[v, kw, OFFSET]
                        low, high = aims[v, kw, LOW], aims[v, kw, HIGH]
                        total += load_every(x, source, SW, low, high, zero)
                mean = total / (row_area * load(column_areas, v * L))
                masked_store(y, row * OW + v * L, from_bits(min(L, OW - v * L)), mean)
        piece = take(work)


add_windows = jit(_add_windows)


def _ask_windows(
    work, gx, gy, aims, phases, stores, window_rows, row_areas, column_areas, rows,
):  # fmt: skip
    """Pieces of ``rows`` rows of pixels."""
    fork(work)
    P, H, W = gx.shape
    _, OH, OW = gy.shape
    SW = len(phases) - 1
    zero, one = broadcast(gx, 0), broadcast(gx, 1)
    piece = take(work)
    while piece < work[1]:
        for row in range(piece * rows, min((piece + 1) * rows, P * H)):
            plane, ih = divmod(row, H)
            count = 0
            while count < window_rows.shape[1] and window_rows[ih, count, 0] >= 0:
                count += 1
            for v in range(len(aims)):
                even = zero
                for r in range(SW):
                    total = zero
                    for k in range(count):
                        oh = window_rows[ih, k, 0]
                        row_area = broadcast(gx, row_areas[oh])
                        for a in range(phases[r], phases[r + 1]):
                            window, mask = aims[v, a, WINDOW], aims[v, a, LANES]
                            g = masked_load(gy, (plane * OH + oh) * OW + window, mask, zero)
                            total += g / (row_area * masked_load(column_areas, window, mask, one))
                    target = row * W + stores[v, r, OFFSET]
                    if SW != 2:
                        store_every(gx, target, SW, stores[v, r, LOW], total)
                    elif r == 0:
                        even = total
                    else:
                        low, high = interleave(even, total)
                        masked_store(gx, row * W + stores[v, 0, OFFSET], stores[v, 0, LOW], low)
                        masked_store(gx, target, stores[v, 1, LOW], high)
        piece = take(work)


ask_windows = jit(_ask_windows)
