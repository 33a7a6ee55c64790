"""A tile of dot products: each row of A times each row of B, with vectors along the rows.

    C[i, j] += sum over k of A[i, k] * B[j, k]         i < VECTORS,  j < ROWS

    B[0]  [k k k k] . . .        one step of k: a vector of each row
    B[1]  [k k k k] . . .        A[i] * B[j] is added to the partial sums (i, j),
     ..    |                     a register that holds one for each lane
    A[0]  [k k k k] . . .
    A[1]  [k k k k] . . .        the lanes are added up when the rows end

Where both operands lie along k nothing needs to be packed or turned: a load for each row, 11 in a
step of 24 multiply-adds.  Adding up the lanes takes as long as three steps, so rows should be long.

Two registers are added up in the room of one, and those again::

    u0 u1 u2 u3   v0 v1 v2 v3   ->   u0+u2 u1+u3 v0+v2 v1+v3   ->   u0+u2+u1+u3  v0+v2+v1+v3  . .
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from .instructions import (
    data_pointer,
    emit_fma,
    emit_load,
    emit_mask,
    emit_masked_load,
    emit_store,
    vector_type,
)
from .micro_kernel import ROWS, VECTORS

__all__ = ["dot_tile"]

_int64 = ir.IntType(64)


@intrinsic
def dot_tile(typingctx, c, a, b, K):
    """``dot_tile(c, a, b, K)``: add all dot products to C.

    Parameters
    ----------
    c : (array, c_offset)
        VECTORS rows of ROWS numbers, one after the other.
    a : (array, a_offset, a_row, rows)
        Row i begins at a_offset + i*a_row.  Where there are fewer rows than VECTORS the last one
        counts again.
    b : (array, b_offset, b_row, rows)
        Alike, for ROWS.
    K : int
        Length of the rows.
    """

    def generate(context, builder, signature, arguments):
        _Tile(context, builder, signature.args, arguments).emit()
        return context.get_dummy_value()

    return types.void(c, a, b, types.int64), generate


class _Tile:
    """Writes the instructions of one tile."""

    def __init__(self, context, builder, kinds, arguments):
        self.context, self.builder = context, builder
        c, a, b, self.K = arguments
        self.vector = vector_type(kinds[0][0].dtype)
        array, offset = cgutils.unpack_tuple(builder, c)
        self.c = data_pointer(context, builder, kinds[0][0], array, offset)
        self.rows = [*self._rows(kinds[1], a, VECTORS), *self._rows(kinds[2], b, ROWS)]

    def _rows(self, kind, operand, count):
        """Pointers to the rows of an operand."""
        builder = self.builder
        array, offset, step, rows = cgutils.unpack_tuple(builder, operand)
        first = data_pointer(self.context, builder, kind[0], array, offset)
        last = builder.sub(rows, ir.Constant(_int64, 1))
        for i in range(count):
            number = ir.Constant(_int64, i)
            exists = builder.icmp_signed("<", number, last)
            yield builder.gep(first, [builder.mul(builder.select(exists, number, last), step)])

    def emit(self):
        """Whole vectors of all rows, what is left of them, then the lanes."""
        builder = self.builder
        L = self.vector.count
        starts = [ir.Constant(self.vector, None)] * (VECTORS * ROWS)
        before = builder.block
        head = builder.append_basic_block("dot.head")
        body = builder.append_basic_block("dot.body")
        done = builder.append_basic_block("dot.done")
        builder.branch(head)

        builder.position_at_end(head)
        k = builder.phi(_int64)
        sums = [builder.phi(self.vector) for _ in starts]
        following = builder.add(k, ir.Constant(_int64, L))
        builder.cbranch(builder.icmp_signed("<=", following, self.K), body, done)

        builder.position_at_end(body)
        grown = self._multiply_add(
            [emit_load(builder, self.vector, builder.gep(row, [k])) for row in self.rows], sums
        )
        builder.branch(head)
        firsts, nexts = [ir.Constant(_int64, 0), *starts], [following, *grown]
        for phi, first, next_value in zip([k, *sums], firsts, nexts, strict=True):
            phi.add_incoming(first, before)
            phi.add_incoming(next_value, body)

        builder.position_at_end(done)
        self._add_up(self._multiply_add(self._rest(k), sums))

    def _rest(self, k):
        """The part of a vector at the end of each row."""
        builder = self.builder
        one = ir.Constant(_int64, 1)
        bits = builder.sub(builder.shl(one, builder.sub(self.K, k)), one)
        mask = emit_mask(builder, self.vector, bits)
        zero = ir.Constant(self.vector, None)
        return [
            emit_masked_load(builder, self.vector, builder.gep(row, [k]), mask, zero)
            for row in self.rows
        ]

    def _multiply_add(self, rows, sums):
        a, b = rows[:VECTORS], rows[VECTORS:]
        return [
            emit_fma(self.builder, a[i], b[j], sums[i * ROWS + j])
            for i in range(VECTORS)
            for j in range(ROWS)
        ]

    def _add_up(self, sums):
        """Add the lanes of each register, and the sums to C."""
        builder = self.builder
        L = self.vector.count
        group = min(ROWS, L)
        narrow = ir.VectorType(self.vector.element, group)
        for first in range(0, len(sums), group):
            values, share = sums[first : first + group], L  # lanes that hold one sum
            while len(values) > 1:
                pairs = zip(values[::2], values[1::2], strict=True)
                values = [self._halves(u, v, share) for u, v in pairs]
                share //= 2
            (total,) = values
            while share > 1:
                total = self._halves(total, total, share)
                share //= 2
            total = self._shuffled(total, total, range(group))
            pointer = builder.gep(self.c, [ir.Constant(_int64, first)])
            emit_store(builder, builder.fadd(total, emit_load(builder, narrow, pointer)), pointer)

    def _halves(self, u, v, share):
        """Of every ``share`` lanes of u, then of v, the first half plus the second half."""
        L = self.vector.count
        lower = [k for k in range(2 * L) if k % share < share // 2]
        upper = [k + share // 2 for k in lower]
        return self.builder.fadd(self._shuffled(u, v, lower), self._shuffled(u, v, upper))

    def _shuffled(self, u, v, places):
        index = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), list(places))
        return self.builder.shuffle_vector(u, v, index)
