"""A tile of a weight gradient: dot products of rows of gy with taps of a padded copy of x.

    sums[o, k] += gy[o, v] * x[offset[k] + v]         for one vector of positions v after the other

              gy[o, v]     x + offset[0], offset[1] ...        rows + columns loads for
                 |              |                              rows * columns multiply-adds
      sums[o, k]: a vector of partial sums, in a register: its lanes are added at the very end

Nothing is packed and nothing turned: x and gy are read as they lie in their copies (see
``padded``).  Idle positions are masked out of both: there may be a NaN in x that no tap looks at.
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from .._jit import jit
from .instructions import (
    REGISTERS,
    data_pointer,
    emit_fma,
    emit_load,
    emit_mask,
    emit_masked_load,
    emit_store,
    vector_type,
)

__all__ = ["COLUMNS", "dot_tile", "multiply_dots"]

COLUMNS = {1: 9, 2: 9, 4: 6} if REGISTERS == 32 else {1: 8, 2: 4, 4: 2}
"""Columns of a tile of so many rows."""
_COLUMNS_1, _COLUMNS_2, _COLUMNS_4 = COLUMNS.values()

_int64 = ir.IntType(64)


@intrinsic(prefer_literal=True)
def dot_tile(typingctx, rows, columns, sums, gy, x, offsets, masks, count, places):
    """Add dot products to a tile of sums.

    Parameters
    ----------
    rows, columns : literal int
    sums
        A vector of partial sums for each column, from ``places[0]`` in rows ``places[1]`` apart.
    gy
        From ``places[2]`` in rows ``places[3]`` apart.
    x
    offsets : array of int64
        From ``places[4]``: where in x each column begins.
    masks : array of int64
        The lanes of each vector of positions that count.
    count : int
        Vectors of positions.
    places : five int
    """
    if not isinstance(rows, types.IntegerLiteral) or not isinstance(columns, types.IntegerLiteral):
        return None

    def generate(context, builder, signature, arguments):
        def rows_from(pointer, step):
            numbers = [ir.Constant(_int64, i) for i in range(rows.literal_value)]
            return [builder.gep(pointer, [builder.mul(step, number)]) for number in numbers]

        vector = vector_type(x.dtype)
        L, zero = ir.Constant(_int64, vector.count), ir.Constant(vector, None)
        count, numbers = arguments[7:]
        s, step, g, g_step, first = cgutils.unpack_tuple(builder, numbers)
        target, g_source, x_source, offset, mask_source = (
            data_pointer(context, builder, kind, array, place)
            for kind, array, place in zip(
                signature.args[2:7], arguments[2:7], [s, g, None, first, None], strict=True
            )
        )
        constants = [ir.Constant(_int64, j) for j in range(columns.literal_value)]
        x_columns = [
            builder.gep(x_source, [builder.load(builder.gep(offset, [j]))]) for j in constants
        ]
        targets = [
            builder.gep(row, [builder.mul(j, L)])
            for row in rows_from(target, step)
            for j in constants
        ]
        totals = [
            cgutils.alloca_once_value(builder, emit_load(builder, vector, place))
            for place in targets
        ]
        with cgutils.for_range(builder, count) as loop:
            v = builder.mul(loop.index, L)
            bits = builder.load(builder.gep(mask_source, [loop.index]))
            mask = emit_mask(builder, vector, bits)

            def loaded(pointer):
                return emit_masked_load(builder, vector, builder.gep(pointer, [v]), mask, zero)

            values = [loaded(column) for column in x_columns]
            remaining = iter(totals)
            for row in rows_from(g_source, g_step):
                factor = loaded(row)
                for value in values:
                    total = next(remaining)
                    builder.store(emit_fma(builder, factor, value, builder.load(total)), total)
        for place, total in zip(targets, totals, strict=True):
            emit_store(builder, builder.load(total), place)
        return context.get_dummy_value()

    return types.void(rows, columns, sums, gy, x, offsets, masks, count, places), generate


def _multiply_dots(rows, sums, gy, x, offsets, masks, count, places):
    """`dot_tile` for 1, 2 or 4 rows, known only at run time."""
    if rows == 1:
        dot_tile(1, _COLUMNS_1, sums, gy, x, offsets, masks, count, places)
    elif rows == 2:
        dot_tile(2, _COLUMNS_2, sums, gy, x, offsets, masks, count, places)
    else:
        dot_tile(4, _COLUMNS_4, sums, gy, x, offsets, masks, count, places)


multiply_dots = jit(_multiply_dots)
