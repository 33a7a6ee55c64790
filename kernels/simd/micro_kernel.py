"""The heart of every convolution here: a small tile of a matrix product, held in registers.

    C[i, j] (+)= sum over k of A[i, k] * B[k, j]        i < ROWS,  j < vectors * lanes

              B[k]:  [ vector 0 ][ vector 1 ][ vector 2 ]     one row of B: three loads
                          |           |           |
    A[0, k] --> broadcast * --------- * --------- *           ROWS * 3 fused multiply-adds,
    A[1, k] --> broadcast * --------- * --------- *           each into a register of its own
      ...                 |           |           |
    A[7, k] --> broadcast * --------- * --------- *

Per k that is 3 + 8 loads for 24 multiply-adds of 16 lanes, so the multipliers never wait for
memory, and 24 independent sums are enough to hide the latency of each.  8 x 3 accumulators, three
vectors of B and a broadcast fill the 32 registers of AVX-512 and NEON; with 16 registers ROWS is 4.
A line of C that is in another cache, or in none, is fetched while the sums are computed.

Neither operand needs one particular layout, only steps:

    A[i, k]  at  a_offset + i*a_row + k*a_step
    B[k, j]  at  b_offset + k*b_step + j
    C[i, j]  at  c_offset + i*c_row + j

Source: Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008); Van Zee
and van de Geijn, "BLIS" (2015), whose names (micro-kernel, panel, packing) are used here.
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
    emit_mask,
    emit_masked_load,
    emit_masked_store,
    emit_prefetch,
    emit_store,
    vector_type,
)

__all__ = ["ROWS", "VECTORS", "micro_kernel", "multiply"]

ROWS = 8 if REGISTERS == 32 else 4
"""Rows of a tile."""
VECTORS = 3
"""Most vectors in a row of a tile."""

_int64 = ir.IntType(64)


@intrinsic(prefer_literal=True)
def micro_kernel(typingctx, vectors, c, rows, mask, a, b, K, bias, accumulate):
    """``micro_kernel(vectors, c, rows, mask, a, b, K, bias, accumulate)``: one tile of C.

    Parameters
    ----------
    vectors : literal int
        Width of the tile, 1 to VECTORS vectors.
    c : (array, c_offset, c_row)
    rows : int
        Rows of C that exist, 1 to ROWS.  A must have all ROWS, of any values.
    mask : int
        The lanes of each row's last vector that exist.
    a : (array, a_offset, a_row, a_step)
    b : (array, b_offset, b_step)
    K : int
        Length of the sum; with 0 the tile is the bias (or is left as it is).
    bias : (array, bias_offset)
        bias[i] starts the sums of row i, all ROWS of them.
    accumulate : bool
        Start from what C holds instead of the bias.
    """
    if not isinstance(vectors, types.IntegerLiteral):
        return None

    def generate(context, builder, signature, arguments):
        _Tile(context, builder, signature.args, arguments).emit()
        return context.get_dummy_value()

    return types.void(vectors, c, rows, mask, a, b, K, bias, accumulate), generate


class _Tile:
    """Writes the instructions of one micro-kernel."""

    def __init__(self, context, builder, kinds, arguments):
        self.context, self.builder = context, builder
        self.width = kinds[0].literal_value
        _, c, self.rows, mask, a, b, self.K, bias, self.accumulate = arguments
        self.vector = vector_type(kinds[1][0].dtype)
        self.c, (self.c_row,) = self._operand(kinds[1], c)
        self.a, (self.a_row, self.a_step) = self._operand(kinds[4], a)
        self.b, (self.b_step,) = self._operand(kinds[5], b)
        self.bias, () = self._operand(kinds[7], bias)
        self.mask = emit_mask(builder, self.vector, mask)

    def _operand(self, kind, value):
        """An (array, offset, steps...) tuple as pointer and steps."""
        array, offset, *steps = cgutils.unpack_tuple(self.builder, value)
        return data_pointer(self.context, self.builder, kind[0], array, offset), steps

    def emit(self):
        """All sums over k, from the first to the last, then the stores."""
        builder = self.builder
        for pointer, _ in self._places():
            emit_prefetch(builder, pointer, writing=True)
        starts = self._start()
        before = builder.block
        head = builder.append_basic_block("k.head")
        body = builder.append_basic_block("k.body")
        done = builder.append_basic_block("k.done")
        builder.branch(head)

        builder.position_at_end(head)
        k = builder.phi(_int64)
        a, b = builder.phi(self.a.type), builder.phi(self.b.type)
        sums = [builder.phi(self.vector) for _ in starts]
        builder.cbranch(builder.icmp_signed("<", k, self.K), body, done)

        builder.position_at_end(body)
        grown = self._multiply_add(a, b, sums)
        nexts = [
            builder.add(k, ir.Constant(_int64, 1)),
            builder.gep(a, [self.a_step]),
            builder.gep(b, [self.b_step]),
            *grown,
        ]
        builder.branch(head)
        firsts = [ir.Constant(_int64, 0), self.a, self.b, *starts]
        for phi, first, following in zip([k, a, b, *sums], firsts, nexts, strict=True):
            phi.add_incoming(first, before)
            phi.add_incoming(following, body)

        builder.position_at_end(done)
        with builder.if_else(self._is_whole(), likely=True) as (whole, part):
            with whole:
                for (pointer, _), value in zip(self._places(), sums, strict=True):
                    emit_store(builder, value, pointer)
            with part:
                for (pointer, lanes), value in zip(self._places(), sums, strict=True):
                    emit_masked_store(builder, value, pointer, lanes)

    def _is_whole(self):
        """Whether all rows and lanes exist: then no masks are needed, which take time to make."""
        builder = self.builder
        bits = builder.bitcast(self.mask, ir.IntType(self.vector.count))
        return builder.and_(
            builder.icmp_signed(">=", self.rows, ir.Constant(_int64, ROWS)),
            builder.icmp_signed("==", bits, ir.Constant(bits.type, -1)),
        )

    def _start(self):
        """First values of the sums: the bias of their row, or what C holds."""
        return self._either(
            self.accumulate,
            lambda: self._either(self._is_whole(), self._load_whole, self._load_part),
            self._load_bias,
        )

    def _either(self, condition, yes, no):
        """The values that ``yes()`` or ``no()`` makes, as the condition says."""
        builder = self.builder
        with builder.if_else(condition) as (then, otherwise):
            with then:
                first, first_block = yes(), builder.block
            with otherwise:
                second, second_block = no(), builder.block
        values = []
        for one, other in zip(first, second, strict=True):
            value = builder.phi(self.vector)
            value.add_incoming(one, first_block)
            value.add_incoming(other, second_block)
            values.append(value)
        return values

    def _load_whole(self):
        return [emit_load(self.builder, self.vector, pointer) for pointer, _ in self._places()]

    def _load_part(self):
        zero = ir.Constant(self.vector, None)
        return [
            emit_masked_load(self.builder, self.vector, pointer, lanes, zero)
            for pointer, lanes in self._places()
        ]

    def _load_bias(self):
        builder = self.builder
        biases = []
        for i in range(ROWS):
            row = builder.load(builder.gep(self.bias, [ir.Constant(_int64, i)]))
            biases += [emit_broadcast(builder, self.vector, row)] * self.width
        return biases

    def _multiply_add(self, a, b, sums):
        """One k: the outer product of a column of A and a row of B, added to the sums."""
        builder = self.builder
        row = [emit_load(builder, self.vector, self._along(b, j)) for j in range(self.width)]
        grown = []
        for i in range(ROWS):
            offset = builder.mul(self.a_row, ir.Constant(_int64, i))
            scalar = builder.load(builder.gep(a, [offset]))
            factor = emit_broadcast(builder, self.vector, scalar)
            for j in range(self.width):
                grown.append(emit_fma(builder, factor, row[j], sums[i * self.width + j]))
        return grown

    def _places(self):
        """Pointer and lanes of every vector of the tile in C; no lane where there is no row."""
        builder = self.builder
        for i in range(ROWS):
            exists = builder.icmp_signed("<", ir.Constant(_int64, i), self.rows)
            row = builder.gep(self.c, [builder.mul(self.c_row, ir.Constant(_int64, i))])
            for j in range(self.width):
                every = ir.Constant(self.mask.type, [1] * self.vector.count)
                wanted = self.mask if j == self.width - 1 else every
                none = ir.Constant(self.mask.type, None)
                yield self._along(row, j), builder.select(exists, wanted, none)

    def _along(self, pointer, j):
        """The address of vector j of the row that begins at ``pointer``."""
        return self.builder.gep(pointer, [ir.Constant(_int64, j * self.vector.count)])


def _multiply(width, c, rows, mask, a, b, K, bias, accumulate):
    """`micro_kernel` for a tile of ``width`` vectors known only at run time."""
    if width == 3:
        micro_kernel(3, c, rows, mask, a, b, K, bias, accumulate)
    elif width == 2:
        micro_kernel(2, c, rows, mask, a, b, K, bias, accumulate)
    else:
        micro_kernel(1, c, rows, mask, a, b, K, bias, accumulate)


# A call with four arrays takes as long as three rows k of the tile, so there is none.
multiply = jit(_multiply, inline="always")
