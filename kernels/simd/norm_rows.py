"""Normalisation of rows: statistics of a row, weight and bias of each of its elements.

A picture is G rows of D elements; layer norm has one (G = 1)::

    x            row (n, 0)              row (n, 1)
    weight  | D elements of row 0 | D elements of row 1 |       the same for every picture n

    y = (x - mean) * rstd * weight + bias            along the row, vector by vector

In the sums of gradients a few vectors are added up in x's own dtype, and what they make in float64.

The gradients of weight and bias are sums down the columns.  A piece of many rows makes its own part
of them while its rows are in the cache, and the parts are added up in their order.  Where pieces
have few rows, the parts would be as large as x; then a second launch takes blocks of columns::

    many rows                              few, long rows
    | piece 0: rows 0..15  | -> part 0     |  piece 0  |  piece 1  |  piece 2  |
    | piece 1: rows 16..31 | -> part 1     |  columns  |           |           |
"""

import math

import numpy as np
from numpy import ndarray as Array

from .._jit import jit
from .fork import fork
from .norm_runs import find_line, find_moments, in_a_piece, part, put, sum_from_first
from .tasks import launch, take
from .vector import (
    broadcast,
    fma,
    lanes,
    sum_lanes,
    widened,
)

__all__ = ["rows_norm", "rows_norm_grad"]

_COLUMNS = 64  # in a piece of work: whole vectors
_FEW = 4  # vectors that are added up in x's own dtype, and what they make in float64
_MANY = 16  # pictures of a piece, whose part of the sums is then a quarter of their size


def rows_norm(
    y: Array, mean: Array, var: Array, rstd: Array,
    x: Array, weight: Array, bias: Array, eps: float, G: int, strange: Array,
) -> None:  # fmt: skip
    """Statistics of each row, and y by them.

    Sets ``strange[0]`` where x's dtype is too narrow.

    Parameters
    ----------
    y, x : (N, ...)
        Any shape; y is written.
    mean, var, rstd : (N*G,) float64, written
    weight, bias : (G*D,)
    """
    G, D, share = sizes = _sizes(mean, weight, G)
    flat = y.reshape(-1), mean, var, rstd, x.reshape(-1), weight, bias
    launch(normalize_rows, -(-len(mean) // max(share, 1)), *flat, eps, sizes, strange)


def rows_norm_grad(
    gx: Array, gweight: Array, gbias: Array, gy: Array, x: Array,
    mean: Array, rstd: Array, weight: Array, G: int, strange: Array,
) -> None:  # fmt: skip
    """Gradient of `rows_norm`; those of weight and bias may be float64 whatever x is."""
    G, D, share = sizes = _sizes(mean, weight, G)
    given, lines = (gy.reshape(-1), x.reshape(-1)), np.empty((len(mean), 3), x.dtype)
    pieces = -(-len(mean) // max(share, 1))
    own = share >= _MANY * G or pieces == 1
    sums = np.empty((2, pieces, G * D)) if own else np.zeros((2, 1, G * D))
    rest = mean, rstd, weight, (*sizes, own), strange
    launch(row_gradients, pieces, gx.reshape(-1), lines, sums, *given, *rest)
    if not own:
        launch(sum_columns, G * -(-D // _COLUMNS), sums, *given, lines, (G, D))
    add_parts(gweight, gbias, sums)


def _sizes(mean, weight, G):
    """(rows of a picture, elements of a row, rows of a piece of work: whole pictures, if many)."""
    D = len(weight) // G
    share = in_a_piece(len(mean), D)
    return G, D, share // G * G if share >= _MANY * G else share


def _normalize_rows(work, y, mean, var, rstd, x, weight, bias, eps, sizes, strange):
    fork(work)
    G, D, share = sizes
    piece = take(work)
    while piece < work[1]:
        begin, end = piece * share, min((piece + 1) * share, len(mean))
        for s in range(begin, end):
            mean[s], var[s] = sum_from_first(x, (s * D, D, 1, D), mean)
        for s in range(begin, end):
            mean[s], var[s] = find_moments(x, mean[s], var[s], (s * D, D, 1, D), mean)
            rstd[s] = 1 / math.sqrt(var[s] + eps)
        for s in range(begin, end):
            centre, scale, shift = find_line(x, mean[s], rstd[s], 1.0, 0.0, strange)
            near, a, b = broadcast(x, centre), broadcast(x, scale), broadcast(x, shift)
            skip = s * D - s % G * D  # from a place in weight to its place in x
            for j in range(s % G * D, s % G * D + D, lanes(x)):
                stop = s % G * D + D
                xhat = fma(part(x, j + skip, stop + skip, near) - near, a, b)
                w, shifted = part(weight, j, stop, near), part(bias, j, stop, near)
                put(y, j + skip, stop + skip, fma(xhat, w, shifted))
        piece = take(work)


normalize_rows = jit(_normalize_rows)


def _sum_row(gy, x, weight, first, begin, end, line, doubles):
    """Sum g = gy * weight, and g * xhat, over a row; begin and end are weight's."""
    near, r, shift = broadcast(x, line[0]), broadcast(x, line[1]), broadcast(x, line[2])
    zero, none = broadcast(doubles, 0.0), broadcast(x, 0.0)
    skip, stride = first - begin, _FEW * lanes(x)
    total0 = total1 = product0 = product1 = zero
    for few in range(begin, end, stride):
        total = product = none
        for j in range(few, min(few + stride, end), lanes(x)):
            g = part(gy, j + skip, end + skip, none) * part(weight, j, end, none)
            total += g
            d = part(x, j + skip, end + skip, near) - near
            product = fma(g, fma(d, r, shift), product)
        t0, t1 = widened(total, zero)
        p0, p1 = widened(product, zero)
        total0 += t0
        total1 += t1
        product0 += p0
        product1 += p1
    return sum_lanes(total0 + total1), sum_lanes(product0 + product1)


sum_row = jit(_sum_row, inline="always")


def _sum_block(products, totals, gy, x, lines, rows, columns, D):
    """Over some rows, in each of some columns, the sums of gy * xhat and of gy.

    ``rows`` is (first, end, step), ``columns`` (begin, end); the sums are at the columns' places.
    Rows are taken by fours, side by side, and the last ones alone.
    """
    first, end, step = rows
    begin, stop = columns
    none, skip, down = broadcast(x, 0.0), first % step * D, step * D
    s = first
    while s < end:
        line0, i, e = line_of(x, lines, s), s * D, s * D + stop
        if s + 3 * step < end:
            line1, line2 = line_of(x, lines, s + step), line_of(x, lines, s + 2 * step)
            line3 = line_of(x, lines, s + 3 * step)
            for j in range(begin, stop, lanes(x)):
                sums = with_row((none, none), gy, x, i + j, e, line0)
                sums = with_row(sums, gy, x, i + down + j, e + down, line1)
                sums = with_row(sums, gy, x, i + 2 * down + j, e + 2 * down, line2)
                sums = with_row(sums, gy, x, i + 3 * down + j, e + 3 * down, line3)
                add_sums(products, totals, x, skip + j, skip + stop, sums, s == first)
            s += 4 * step
        else:
            for j in range(begin, stop, lanes(x)):
                sums = with_row((none, none), gy, x, i + j, e, line0)
                add_sums(products, totals, x, skip + j, skip + stop, sums, s == first)
            s += step


def _line_of(x, lines, s):
    return broadcast(x, lines[s, 0]), broadcast(x, lines[s, 1]), broadcast(x, lines[s, 2])


def _with_row(sums, gy, x, i, end, line):
    """The sums of gy, and of gy * xhat, and what a vector of a row adds to them."""
    (total, product), (near, r, shift) = sums, line
    g = part(gy, i, end, broadcast(x, 0.0))
    d = part(x, i, end, near) - near
    return total + g, fma(g, fma(d, r, shift), product)


def _add_sums(products, totals, x, i, end, sums, afresh):
    half, zero = lanes(totals), broadcast(totals, 0.0)
    total0, total1 = widened(sums[0], zero)
    product0, product1 = widened(sums[1], zero)
    add_to(totals, i, end, total0, afresh)
    add_to(products, i, end, product0, afresh)
    if lanes(x) > half and i + half < end:
        add_to(totals, i + half, end, total1, afresh)
        add_to(products, i + half, end, product1, afresh)


def _add_to(y, i, end, value, afresh):
    put(y, i, end, value if afresh else part(y, i, end, value) + value)


line_of, with_row = jit(_line_of, inline="always"), jit(_with_row, inline="always")
add_to, add_sums = jit(_add_to, inline="always"), jit(_add_sums, inline="always")
sum_block = jit(_sum_block)


def _row_gradients(work, gx, lines, sums, gy, x, mean, rstd, weight, sizes, strange):
    """Make gx (gy*weight - level - (x - mean)*tilt) * rstd, as in ``norm_runs.gradient_runs``.

    Also each row's line, which makes xhat of x, and each piece's own part of the sums down the
    columns.
    """
    fork(work)
    G, D, share, own = sizes
    piece = take(work)
    while piece < work[1]:
        first, last = piece * share, min((piece + 1) * share, len(mean))
        for s in range(first, last):
            begin, end = s % G * D, s % G * D + D
            line = find_line(x, mean[s], rstd[s], 1.0, 0.0, strange)
            centre, lines[s, 0], lines[s, 1], lines[s, 2] = line[0], line[0], line[1], line[2]
            total, product = sum_row(gy, x, weight, s * D, begin, end, line, mean)
            level, tilt = total / D, product * rstd[s] / D
            narrow = np.float64(x.dtype.type(level))
            rest = (level - narrow) - (mean[s] - centre) * tilt
            if not (abs(level) <= 1e30 and abs(tilt) <= 1e30 and abs(rest) <= 1e30):  # or a NaN
                strange[0] = True
            near, flat, r = broadcast(x, centre), broadcast(x, -narrow), broadcast(x, rstd[s])
            slope, rest_, none = broadcast(x, tilt), broadcast(x, rest), broadcast(x, 0.0)
            skip = s * D - begin
            for j in range(begin, end, lanes(x)):
                g = part(gy, j + skip, end + skip, none)
                d = part(x, j + skip, end + skip, near) - near
                g = fma(g, part(weight, j, end, none), flat) - fma(d, slope, rest_)
                put(gx, j + skip, end + skip, g * r)
        for g in range(G if own else 0):
            rows = (first + g, last, G)
            sum_block(sums[0, piece], sums[1, piece], gy, x, lines, rows, (0, D), D)
        piece = take(work)


row_gradients = jit(_row_gradients)


def _add_parts(gweight, gbias, sums):
    """The parts of the sums in their order, in each column."""
    _, parts, columns = sums.shape
    for total, part_of in ((gweight, sums[0]), (gbias, sums[1])):
        for p in range(1, parts):
            for j in range(columns):
                part_of[0, j] += part_of[p, j]
        for j in range(columns):
            total[j] = part_of[0, j]


add_parts = jit(_add_parts)


def _sum_columns(work, sums, gy, x, lines, sizes):
    """`sum_block` over all pictures: a block of columns per piece of work."""
    fork(work)
    G, D = sizes
    blocks = (D + _COLUMNS - 1) // _COLUMNS
    piece = take(work)
    while piece < work[1]:
        g, block = divmod(piece, blocks)
        rows, columns = (g, len(lines), G), (block * _COLUMNS, min(D, (block + 1) * _COLUMNS))
        sum_block(sums[0, 0], sums[1, 0], gy, x, lines, rows, columns, D)
        piece = take(work)


sum_columns = jit(_sum_columns)
