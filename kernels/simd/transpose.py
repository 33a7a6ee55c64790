"""Turning rows into columns in registers: as many vectors as a vector has lanes.

    a b c d       a b | i j        a e i m       In each step, vectors at distance d swap the lanes
    e f g h   ->  e f | m n   ->   b f j n       that stand on the wrong side: first halves (d = 2),
    i j k l       c d | k l        c g k o       then quarters, down to single lanes (d = 1).
    m n o p       g h | o p        d h l p

For L lanes that is L * log2(L) shuffles for L * L numbers, instead of L * L stores.

Fewer rows than lanes, whose columns shall lie one behind the other, are zipped: row 0 with the
first of the lower half, row 1 with the next one, and so on; after log2(rows) rounds all is done.

    a b c d       a e b f | c g d h       a c e g       (R rows are R / 2 pairs, and each pair makes
    e f g h   ->                                         two vectors of the next round)
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

__all__ = ["transpose_panel", "transpose_tile"]

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


@intrinsic(prefer_literal=True)
def transpose_panel(typingctx, y, y_offset, x, x_offset, x_step, rows):
    """``y[y_offset + j*rows + i] = x[x_offset + i*x_step + j]`` for i < rows and j in all lanes.

    ``rows`` is a literal power of two.
    """
    if not isinstance(rows, types.IntegerLiteral):
        return None

    def generate(context, builder, signature, arguments):
        y, y_offset, x, x_offset, x_step, _ = arguments
        vector = vector_type(signature.args[0].dtype)
        source = data_pointer(context, builder, signature.args[2], x, x_offset)
        values = []
        for _ in range(rows.literal_value):
            values.append(emit_load(builder, vector, source))
            source = builder.gep(source, [x_step])
        half = rows.literal_value // 2
        for _ in range(half.bit_length()):
            pairs = zip(values[:half], values[half:], strict=True)
            values = [zipped for pair in pairs for zipped in _zip(builder, *pair)]
        target = data_pointer(context, builder, signature.args[0], y, y_offset)
        for value in values:
            emit_store(builder, value, target)
            target = builder.gep(target, [ir.Constant(_int64, vector.count)])
        return context.get_dummy_value()

    int64 = types.int64
    return types.void(y, int64, x, int64, int64, rows), generate


def _zip(builder, a, b):
    """The lanes of two vectors by turns, as two vectors."""
    L = a.type.count
    for first in (0, L // 2):
        lanes = [first + i // 2 + i % 2 * L for i in range(L)]
        index = ir.Constant(ir.VectorType(ir.IntType(32), L), lanes)
        yield builder.shuffle_vector(a, b, index)


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
