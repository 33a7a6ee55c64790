"""Turning rows into columns in registers: as many vectors as a vector has lanes.

    a b c d       a b | i j        a e i m       In each step, vectors at distance d swap the lanes
    e f g h   ->  e f | m n   ->   b f j n       that stand on the wrong side: first halves (d = 2),
    i j k l       c d | k l        c g k o       then quarters, down to single lanes (d = 1).
    m n o p       g h | o p        d h l p

For L lanes that is L * log2(L) shuffles for L * L numbers, instead of L * L stores.
"""

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from .instructions import (
    data_pointer,
    emit_load,
    emit_store,
    vector_type,
)

__all__ = ["transpose_tile"]

_int64 = ir.IntType(64)


@intrinsic
def transpose_tile(typingctx, y, y_offset, y_step, x, x_offset, x_step):
    """``y[y_offset + j*y_step + i] = x[x_offset + i*x_step + j]`` for i and j in all lanes."""

    def generate(context, builder, signature, arguments):
        y, y_offset, y_step, x, x_offset, x_step = arguments
        vector = vector_type(signature.args[0].dtype)
        source = data_pointer(context, builder, signature.args[3], x, x_offset)
        rows = []
        for _ in range(vector.count):
            rows.append(emit_load(builder, vector, source))
            source = builder.gep(source, [x_step])
        distance = vector.count // 2
        while distance:
            rows = _swap(builder, rows, distance)
            distance //= 2
        target = data_pointer(context, builder, signature.args[0], y, y_offset)
        for row in rows:
            emit_store(builder, row, target)
            target = builder.gep(target, [y_step])
        return context.get_dummy_value()

    int64 = types.int64
    return types.void(y, int64, int64, x, int64, int64), generate


def _swap(builder, rows, distance):
    """Exchange lanes between each row i without bit ``distance`` and row i + distance."""
    L = len(rows)
    upper = [k if not k & distance else L + (k ^ distance) for k in range(L)]
    lower = [k | distance if not k & distance else L + k for k in range(L)]
    swapped = list(rows)
    for i in range(L):
        if not i & distance:
            pair = rows[i], rows[i + distance]
            for row, lanes in ((i, upper), (i + distance, lower)):
                index = ir.Constant(ir.VectorType(ir.IntType(32), L), lanes)
                swapped[row] = builder.shuffle_vector(*pair, index)
    return swapped
