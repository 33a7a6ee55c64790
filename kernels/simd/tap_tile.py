"""A tile of a convolution, multiplied straight from a padded copy: no patches are packed.

As the tile of ``micro_kernel``, but row k of the matrix of patches is not looked up in a packed
panel: it begins at x + offset[k], in a padded copy of the pictures (see ``padded``).

              x + offset[k]:  [ vector 0 ][ vector 1 ] ...       any alignment
                                   |           |
    w[k, 0] --> broadcast -------- * --------- *                 rows * vectors multiply-adds
    w[k, 1] --> broadcast -------- * --------- *

The fewer the rows, the more vectors: there must be enough sums to hide the latency of each.
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from .._jit import jit
from .instructions import (
    REGISTERS,
    data_pointer,
    emit_broadcast,
    emit_fma,
    emit_load,
    emit_store,
    vector_type,
)
from .vector import lanes

__all__ = ["MOST_ROWS", "multiply_taps", "tap_tile"]

_MANY = REGISTERS == 32
MOST_ROWS = 8 if _MANY else 4
"""Most rows of a tile; others are 1, 2 and 4."""
_WIDTH_1, _WIDTH_2, _WIDTH_4, _WIDTH_8 = (8, 8, 5, 3) if _MANY else (6, 5, 2, 1)

_int64 = ir.IntType(64)


@intrinsic(prefer_literal=True)
def tap_tile(typingctx, rows, vectors, sums, x, weights, offsets, K, places):
    """Add K products to a tile of sums.

    Parameters
    ----------
    rows, vectors : literal int
    sums
        The tile, added to, from ``places[0]`` in rows ``places[1]`` apart.
    x
        Seen from ``places[2]``.
    weights
        [k][row], from ``places[3]``.
    offsets : array of int64
        From ``places[4]``: where row k of the patches begins.
    K : int
    places : five int
        Apart from their arrays: a tuple that held an array would count references to it, which is
        slow where threads share it.
    """
    if not isinstance(rows, types.IntegerLiteral) or not isinstance(vectors, types.IntegerLiteral):
        return None

    def generate(context, builder, signature, arguments):
        arrays, (K, numbers) = arguments[2:6], arguments[6:]
        p, step, *firsts = cgutils.unpack_tuple(builder, numbers)
        vector = vector_type(x.dtype)
        constants = [ir.Constant(_int64, j * vector.count) for j in range(vectors.literal_value)]
        target, source, weight, offset = (
            data_pointer(context, builder, kind, array, first)
            for kind, array, first in zip(signature.args[2:6], arrays, [p, *firsts], strict=True)
        )
        totals, targets = [], []
        for i in range(rows.literal_value):
            row = builder.gep(target, [builder.mul(step, ir.Constant(_int64, i))])
            targets += [builder.gep(row, [constant]) for constant in constants]
        for place in targets:
            totals.append(cgutils.alloca_once_value(builder, emit_load(builder, vector, place)))
        with cgutils.for_range(builder, K) as loop:
            patch = builder.gep(source, [builder.load(builder.gep(offset, [loop.index]))])
            values = [emit_load(builder, vector, builder.gep(patch, [j])) for j in constants]
            first = builder.mul(loop.index, ir.Constant(_int64, rows.literal_value))
            column = builder.gep(weight, [first])
            remaining = iter(totals)
            for i in range(rows.literal_value):
                scalar = builder.load(builder.gep(column, [ir.Constant(_int64, i)]))
                factor = emit_broadcast(builder, vector, scalar)
                for value in values:
                    total = next(remaining)
                    builder.store(emit_fma(builder, factor, value, builder.load(total)), total)
        for place, total in zip(targets, totals, strict=True):
            emit_store(builder, builder.load(total), place)
        return context.get_dummy_value()

    return types.void(rows, vectors, sums, x, weights, offsets, K, places), generate


def _multiply_taps(rows, count, sums, x, weights, offsets, K, places):
    """`tap_tile` for ``count`` vectors and 1, 2, 4 or 8 rows, known only at run time."""
    p, step, q, w, first = places
    L = lanes(sums)
    width = (
        _WIDTH_1 if rows == 1 else _WIDTH_2 if rows == 2 else _WIDTH_4 if rows == 4 else _WIDTH_8
    )
    v = 0
    while v < count:
        full = v + width <= count
        here = (p + v * L, step, q + v * L, w, first)
        if rows == 1 and full:
            tap_tile(1, _WIDTH_1, sums, x, weights, offsets, K, here)
        elif rows == 1:
            tap_tile(1, 1, sums, x, weights, offsets, K, here)
        elif rows == 2 and full:
            tap_tile(2, _WIDTH_2, sums, x, weights, offsets, K, here)
        elif rows == 2:
            tap_tile(2, 1, sums, x, weights, offsets, K, here)
        elif rows == 4 and full:
            tap_tile(4, _WIDTH_4, sums, x, weights, offsets, K, here)
        elif rows == 4:
            tap_tile(4, 1, sums, x, weights, offsets, K, here)
        elif full:
            tap_tile(8, _WIDTH_8, sums, x, weights, offsets, K, here)
        else:
            tap_tile(8, 1, sums, x, weights, offsets, K, here)
        v += width if full else 1


multiply_taps = jit(_multiply_taps)
