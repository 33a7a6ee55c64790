"""Normalisation of runs: what batch, instance and group norm do to values that lie side by side.

Values that share statistics are ``count`` *runs* of ``length`` elements, ``step`` apart::

    x  ..|first ... +length|.......|first+step ... +length|.......|first+2*step ...

    batch norm, channel c       first c*L          step C*L   count N    length L
    group norm, group (n, g)    first (n*G+g)*K*L             count 1    length K*L

They are read once for the statistics and once more, now from the cache, to be normalised.  Sums
are float64, and so is a difference that goes into one; the rest is done in vectors of x's own
dtype, in which ``x - mean`` would lose the digits of mean that float32 has not.  So mean is split::

    centre = mean rounded        scale = rstd * weight        shift = bias - (mean - centre) * scale

    y = (x - centre) * scale + shift            exactly bias where x is constant

Arrays are flat.  What x's dtype cannot hold (see `find_line`) is left to the textbook.
"""

import numpy as np

from .._jit import jit
from .vector import (
    broadcast,
    fma,
    from_bits,
    lanes,
    load,
    masked_load,
    masked_store,
    store,
    sum_lanes,
    where_not_positive,
    where_positive,
    widened,
)

__all__ = [
    "bend",
    "find_gradient_sums",
    "find_line",
    "find_moments",
    "gradient_runs",
    "in_a_piece",
    "part",
    "put",
    "scale_runs",
    "sum_from_first",
    "sum_squares",
]

_CHUNK = 1 << 13  # elements of a piece of work, about: one thread does them as fast as two
_SMALL, _LARGE = 1e-30, 1e30  # magnitudes whose products and differences float32 can hold
_CANCELLED = 1e-3  # of a sum of squares, what must be left without the share of the mean


def in_a_piece(count: int, elements: int) -> int:
    """How many of ``count`` sets of so many elements make a piece of work."""
    return min(count, max(1, _CHUNK // max(1, elements)))


def _part(x, i, end, otherwise):
    """x[i : i + lanes], whose elements from ``end`` on are those of ``otherwise``."""
    if i + lanes(x) <= end:
        return load(x, i)
    return masked_load(x, i, from_bits(end - i), otherwise)


part = jit(_part, inline="always")


def _put(y, i, end, value):
    """y[i : i + lanes] = value, but for the elements from ``end`` on."""
    if i + lanes(y) <= end:
        store(y, i, value)
    else:
        masked_store(y, i, from_bits(end - i), value)


put = jit(_put, inline="always")


def _bend(v, g, slope, zero, factor):
    """Return g where v > 0, else g*slope; with g = v this is ReLU (slope 0) or leaky ReLU."""
    if slope == 1:
        return g
    if slope == 0:
        return where_not_positive(v, zero, g)
    return where_positive(v, g, g * factor)


bend = jit(_bend, inline="always")


def _sum_squares(x, shift, runs, doubles):
    """Sum d = x - shift, and d*d; shift is a number of x's dtype."""
    first, step, count, length = runs
    near, centre = broadcast(x, shift), broadcast(doubles, shift)
    total0 = total1 = squares0 = squares1 = broadcast(doubles, 0.0)
    for begin in range(first, first + count * step, step):
        end = begin + length
        for i in range(begin, end, lanes(x)):
            x0, x1 = widened(part(x, i, end, near), centre)
            d0, d1 = x0 - centre, x1 - centre
            total0 += d0
            total1 += d1
            squares0 = fma(d0, d0, squares0)
            squares1 = fma(d1, d1, squares1)
    return sum_lanes(total0 + total1), sum_lanes(squares0 + squares1)


sum_squares = jit(_sum_squares, inline="always")


def _sum_from_first(x, runs, doubles):
    """`sum_squares` of the differences from the first value.

    They are exact for float32, and 0 if all values are equal.
    """
    first, _, count, length = runs
    if count * length == 0:
        return 0.0, 0.0
    return sum_squares(x, np.float64(x[first]), runs, doubles)


sum_from_first = jit(_sum_from_first, inline="always")


def _find_moments(x, total, squares, runs, doubles):
    """Mean and biased variance, of the two sums of `sum_from_first`.

    As the first value is one of M, the square of its distance from the mean is at most M times the
    variance; should it take more than three digits of the 16, a second pass takes differences from
    the mean instead.
    """
    first, _, count, length = runs
    M = count * length
    if M == 0:
        return 0.0, 0.0
    shift = np.float64(x[first])
    if not squares - total * (total / M) >= _CANCELLED * squares:  # or a NaN
        shift = np.float64(x.dtype.type(shift + total / M))
        total, squares = sum_squares(x, shift, runs, doubles)
    return shift + total / M, (squares - total * (total / M)) / M


find_moments = jit(_find_moments, inline="always")


def _find_line(x, mean, rstd, weight, bias, strange):
    """(centre, scale, shift) as above.

    Sets ``strange[0]`` if float32 could overflow, or lose digits, where the textbook does not.
    """
    centre = np.float64(x.dtype.type(mean))
    scale = rstd * weight
    shift = bias - (mean - centre) * scale
    held = abs(mean) < _LARGE and _SMALL < rstd < _LARGE and abs(shift) < _LARGE
    held = held and (scale == 0 or _SMALL < abs(scale) < _LARGE)
    if not (held or np.isnan(mean)):
        strange[0] = True
    return centre, scale, shift


find_line = jit(_find_line, inline="always")


def _scale_runs(y, x, runs, line, slope):
    """Fill y along the line, and bend it; the last runs, which are in the cache, come first."""
    first, step, count, length = runs
    centre, scale, shift = line
    zero, factor = broadcast(x, 0.0), broadcast(x, slope)
    near, a, b = broadcast(x, centre), broadcast(x, scale), broadcast(x, shift)
    for k in range(count - 1, -1, -1):
        begin = first + k * step
        end = begin + length
        for i in range(begin, end, lanes(x)):
            v = fma(part(x, i, end, near) - near, a, b)
            put(y, i, end, bend(v, v, slope, zero, factor))


scale_runs = jit(_scale_runs, inline="always")


def _find_gradient_sums(gy, x, runs, mean, line, slope, doubles):
    """Sum g and g * (x - mean), where g is gy through the bend."""
    first, step, count, length = runs
    centre, scale, shift = line
    zero, factor = broadcast(x, 0.0), broadcast(x, slope)
    near, a, b = broadcast(x, centre), broadcast(x, scale), broadcast(x, shift)
    wide_mean, wide_zero = broadcast(doubles, mean), broadcast(doubles, 0.0)
    total0 = total1 = product0 = product1 = wide_zero
    for begin in range(first, first + count * step, step):
        end = begin + length
        for i in range(begin, end, lanes(x)):
            v = part(x, i, end, near)
            g = bend(fma(v - near, a, b), part(gy, i, end, zero), slope, zero, factor)
            g0, g1 = widened(g, wide_zero)
            x0, x1 = widened(v, wide_mean)
            total0 += g0
            total1 += g1
            product0 = fma(g0, x0 - wide_mean, product0)
            product1 = fma(g1, x1 - wide_mean, product1)
    return sum_lanes(total0 + total1), sum_lanes(product0 + product1)


find_gradient_sums = jit(_find_gradient_sums, inline="always")


def _gradient_runs(gx, gy, x, runs, mean, line, slope, weight, rstd, owed, strange):
    """Make gx (g*weight - owed[0] - (x - mean)*owed[1]) * rstd, where g is gy through the bend.

    ``owed`` is what x owes through the mean, and, for each unit that it is away from it, through
    the variance.
    """
    first, step, count, length = runs
    centre, scale, shift = line
    zero, factor = broadcast(x, 0.0), broadcast(x, slope)
    near, a, b = broadcast(x, centre), broadcast(x, scale), broadcast(x, shift)
    level = np.float64(x.dtype.type(owed[0]))
    rest = (owed[0] - level) - (mean - centre) * owed[1]
    if abs(level) > _LARGE or abs(owed[1]) > _LARGE or abs(rest) > _LARGE:
        strange[0] = True
    owes = owed[0] != 0 or owed[1] != 0  # in inference an infinite x must not become a NaN
    flat, tilt, rest_ = broadcast(x, -level), broadcast(x, owed[1]), broadcast(x, rest)
    w, r = broadcast(x, weight), broadcast(x, rstd)
    for k in range(count - 1, -1, -1):
        begin = first + k * step
        end = begin + length
        for i in range(begin, end, lanes(x)):
            d = part(x, i, end, near) - near
            g = bend(fma(d, a, b), part(gy, i, end, zero), slope, zero, factor)
            g = fma(g, w, flat)
            if owes:
                g = g - fma(d, tilt, rest_)
            put(gx, i, end, g * r)


gradient_runs = jit(_gradient_runs, inline="always")
