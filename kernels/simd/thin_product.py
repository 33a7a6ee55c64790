"""Matrix products with one short side: every number of the large operand is read once.

    z[m, n] = bias[n] + sum over k of x[m, k] * y[k, n]

Such work is bound by memory, so the large operand is not packed but read where it lies, along its
rows, in as long runs as the cache allows for the rest:

    few rows m, y turned (N, K)     dot products of 3 rows of y and all rows of x (`row_dots`), a
                                    few thousand k at a time, while x's are in the cache
    few rows m, y plain (K, N)      4 rows of y at a time, times 4 x 4 numbers of x, are added to
                                    4 rows of z, which are in the cache
    few k                           each row of z is a sum of the few rows of y

A piece of work is a stretch of columns n, and a slice of k where there are too few columns; slices
have sums of their own, which are added in order.
"""

import numpy as np

from .._jit import jit
from .fork import fork
from .instructions import VECTOR_BYTES
from .micro_kernel import ROWS, VECTORS
from .row_dots import dot_tile
from .tasks import aligned_empty, launch, take
from .vector import broadcast, fma, from_bits, lanes, load, masked_load, masked_store, store

__all__ = ["add_up", "multiply_few_rows", "multiply_short_sums"]

_PIECES = 16  # pieces of work that are enough
_HELD = 2**12  # numbers of x that stay in the first-level cache, or of a row of z
_SLICE = 2**12  # least k in a slice, times columns
_WHAT = "matrix product"


def multiply_few_rows(
    z: np.ndarray, x: np.ndarray, y: np.ndarray, bias: np.ndarray, turned: tuple[bool, bool]
) -> None:
    """As ``product.matrix_product``, for few rows m."""
    B, M, N = z.shape
    x = x.transpose(0, 2, 1) if turned[0] else x  # (B, M, K)
    K = x.shape[2]
    L = VECTOR_BYTES // z.itemsize
    if turned[1]:
        columns = min(-(-N // (-(-_PIECES // B))) + VECTORS - 1, _HELD) // VECTORS * VECTORS
    else:
        columns = min(-(-N // L) * L, _HELD)
    stretches = B * -(-N // columns)
    slices = max(1, min(-(-_PIECES // stretches), K * columns // (VECTORS * _SLICE)))
    sums = z if slices == 1 else np.empty((slices, B, M, N), z.dtype)
    start = bias if slices == 1 else bias[:0]
    sizes = (B, M, N, K)
    cut = (slices, columns)
    if turned[1]:
        depth = max(L, _HELD // min(M, ROWS))
        room = -(-M // ROWS) * ROWS * columns
        launch(
            multiply_rows, slices * stretches, sums.reshape(-1),
            np.ascontiguousarray(x).reshape(-1), y.reshape(-1), start, sizes, cut, depth,
            private=lambda: (aligned_empty(room, z.dtype, _WHAT),),
        )  # fmt: skip
    else:
        rows = -(-M // 4) * 4
        packed = np.zeros((B, -(-K // 4) * 4, rows), z.dtype)
        packed[:, :K, :M] = x.transpose(0, 2, 1)
        launch(
            multiply_columns, slices * stretches, sums.reshape(-1), packed.reshape(-1),
            y.reshape(-1), start, sizes, cut,
            private=lambda: (aligned_empty(rows * columns, z.dtype, _WHAT),),
        )  # fmt: skip
    if slices > 1:
        add_up(z, sums, bias)


def add_up(z: np.ndarray, sums: np.ndarray, bias: np.ndarray) -> None:
    """Make z the sum of the slices' sums, in order, and the bias."""
    with np.errstate(all="ignore"):
        np.add.reduce(sums, axis=0, out=z)
        if len(bias):
            z += bias


def _multiply_rows(work, sums, x, y, bias, sizes, cut, depth, buffers):
    """Dot products with rows of y."""
    fork(work)
    B, M, N, K = sizes
    slices, columns = cut
    (held,) = buffers
    tile = VECTORS * ROWS
    m_tiles = (M + ROWS - 1) // ROWS
    stretches = (N + columns - 1) // columns
    piece = take(work)
    while piece < work[1]:
        this, b = piece // stretches // B, piece // stretches % B
        first = piece % stretches * columns
        end = min(first + columns, N)
        held[:] = 0
        for k in range(this * K // slices, (this + 1) * K // slices, depth):
            count = min(depth, (this + 1) * K // slices - k)
            for n in range(first, end, VECTORS):
                rows = (y, (b * N + n) * K + k, K, min(VECTORS, N - n))
                for m in range(m_tiles):
                    place = ((n - first) // VECTORS * m_tiles + m) * tile
                    others = (x, (b * M + m * ROWS) * K + k, K, min(ROWS, M - m * ROWS))
                    dot_tile((held, place), rows, others, count)
        for m in range(M):
            for n in range(first, end):
                place = ((n - first) // VECTORS * m_tiles + m // ROWS) * tile
                total = held[place + (n - first) % VECTORS * ROWS + m % ROWS]
                target = ((this * B + b) * M + m) * N + n
                sums[target] = total + bias[n] if len(bias) > 0 else total
        piece = take(work)


multiply_rows = jit(_multiply_rows)


def _multiply_columns(work, sums, x, y, bias, sizes, cut, buffers):
    """Sums of rows of y; x is packed: [k][rows m, filled up to fours]."""
    fork(work)
    B, M, N, K = sizes
    slices, columns = cut
    (held,) = buffers
    L = lanes(sums)
    wide, deep = (M + 3) // 4 * 4, (K + 3) // 4 * 4
    stretches = (N + columns - 1) // columns
    piece = take(work)
    while piece < work[1]:
        this, b = piece // stretches // B, piece // stretches % B
        first = piece % stretches * columns
        count = min(columns, N - first)
        held[:] = 0
        end = deep // 4 * (this + 1) // slices * 4
        for k in range(deep // 4 * this // slices * 4, end, 4):
            place = (b * K + k) * N + first
            for m in range(0, wide, 4):
                factors = (b * deep + k) * wide + m
                add_rows(held, m * columns, columns, x, factors, wide, y, place, N, count, K - k)
        for m in range(M):
            target = ((this * B + b) * M + m) * N + first
            for n in range(0, count, L):
                mask = from_bits(min(L, count - n))
                value = load(held, m * columns + n)
                if len(bias) > 0:
                    value += masked_load(bias, first + n, mask, value)
                masked_store(sums, target + n, mask, value)
        piece = take(work)


multiply_columns = jit(_multiply_columns)


def _add_rows(z, z_place, z_row, x, x_place, x_row, y, place, row, count, rows):
    """Add to 4 rows of z 4 rows of y (as many as there are), times 4 x 4 numbers of x."""
    L = lanes(z)
    zero = broadcast(z, 0)
    x00, x01 = broadcast(x, x[x_place]), broadcast(x, x[x_place + x_row])
    x02, x03 = broadcast(x, x[x_place + 2 * x_row]), broadcast(x, x[x_place + 3 * x_row])
    x10, x11 = broadcast(x, x[x_place + 1]), broadcast(x, x[x_place + x_row + 1])
    x12, x13 = broadcast(x, x[x_place + 2 * x_row + 1]), broadcast(x, x[x_place + 3 * x_row + 1])
    x20, x21 = broadcast(x, x[x_place + 2]), broadcast(x, x[x_place + x_row + 2])
    x22, x23 = broadcast(x, x[x_place + 2 * x_row + 2]), broadcast(x, x[x_place + 3 * x_row + 2])
    x30, x31 = broadcast(x, x[x_place + 3]), broadcast(x, x[x_place + x_row + 3])
    x32, x33 = broadcast(x, x[x_place + 2 * x_row + 3]), broadcast(x, x[x_place + 3 * x_row + 3])
    for n in range(0, count, L):
        source, target = place + n, z_place + n
        if rows >= 4 and n + L <= count:
            y0, y1 = load(y, source), load(y, source + row)
            y2, y3 = load(y, source + 2 * row), load(y, source + 3 * row)
        else:
            mask = from_bits(min(L, count - n))
            y0 = masked_load(y, source, mask, zero)
            y1 = masked_load(y, source + row, mask if rows > 1 else 0, zero)
            y2 = masked_load(y, source + 2 * row, mask if rows > 2 else 0, zero)
            y3 = masked_load(y, source + 3 * row, mask if rows > 3 else 0, zero)
        z0, z1 = load(z, target), load(z, target + z_row)
        z2, z3 = load(z, target + 2 * z_row), load(z, target + 3 * z_row)
        z0 = fma(x03, y3, fma(x02, y2, fma(x01, y1, fma(x00, y0, z0))))
        z1 = fma(x13, y3, fma(x12, y2, fma(x11, y1, fma(x10, y0, z1))))
        z2 = fma(x23, y3, fma(x22, y2, fma(x21, y1, fma(x20, y0, z2))))
        z3 = fma(x33, y3, fma(x32, y2, fma(x31, y1, fma(x30, y0, z3))))
        store(z, target, z0)
        store(z, target + z_row, z1)
        store(z, target + 2 * z_row, z2)
        store(z, target + 3 * z_row, z3)


add_rows = jit(_add_rows)


def multiply_short_sums(
    z: np.ndarray, x: np.ndarray, y: np.ndarray, bias: np.ndarray, turned: tuple[bool, bool]
) -> None:
    """As ``product.matrix_product``, for few k."""
    B, M, N = z.shape
    x = x if turned[0] else x.transpose(0, 2, 1)  # both (B, K, .)
    y = y.transpose(0, 2, 1) if turned[1] else y
    share = -(-M // -(-_PIECES // B))
    launch(
        add_short_sums, B * -(-M // share), z.reshape(-1), np.ascontiguousarray(x).reshape(-1),
        np.ascontiguousarray(y).reshape(-1), bias, (M, N, x.shape[1]), share,
    )  # fmt: skip


def _add_short_sums(work, z, x, y, bias, sizes, share):
    """``share`` rows of z per piece of work, some columns after the other."""
    fork(work)
    M, N, K = sizes
    L = lanes(z)
    zero = broadcast(z, 0)
    columns = _HELD // K // L * L
    stretches = (M + share - 1) // share
    piece = take(work)
    while piece < work[1]:
        b, first = piece // stretches, piece % stretches * share
        for column in range(0, N, columns):
            end = min(column + columns, N)
            for m in range(first, min(first + share, M)):
                for n in range(column, end, L):
                    whole = n + L <= end
                    mask = from_bits(min(L, end - n))
                    total = masked_load(bias, n, mask, zero) if len(bias) > 0 else zero
                    for k in range(K):
                        source = (b * K + k) * N + n
                        values = load(y, source) if whole else masked_load(y, source, mask, zero)
                        total = fma(broadcast(x, x[(b * K + k) * M + m]), values, total)
                    masked_store(z, (b * M + m) * N + n, mask, total)
        piece = take(work)


add_short_sums = jit(_add_short_sums)
