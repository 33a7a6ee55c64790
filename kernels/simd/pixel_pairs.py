"""A second micro-kernel: a tile of the sum over pairs of pixels of their channels' products.

    C[i, j] (+)= sum over pairs (p, q) of A[p, i] * B[q, j]        i < ROWS,  j < vectors * lanes

Registers hold the tile as in ``micro_kernel``, and the loop is the same, but for one thing: which
row of A meets which row of B says a list.  So the operands are plain lists of pixels, each with its
channels side by side, packed once however many taps look at them, and a tap is nothing but a list
of pairs.  What a tap would find outside the picture is not in its list.

    A  pixel p:  [channels o, o+1, ...]      step: one panel of A, ``width`` numbers
    B  pixel q:  [channels c, c+1, ...]      step: one panel of B, ``vectors`` vectors
    C  row i:    [channels c, c+1, ...]      the rows of a tile stand one after the other

All tiles are whole: operands are filled up with zeros.
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from .._jit import jit
from .instructions import (
    data_pointer,
    emit_broadcast,
    emit_fma,
    emit_load,
    emit_masked_load,
    emit_store,
    vector_type,
)
from .micro_kernel import ROWS

__all__ = ["multiply_pairs", "pair_kernel"]

_int64 = ir.IntType(64)


@intrinsic(prefer_literal=True)
def pair_kernel(typingctx, vectors, c, a, b, pairs, accumulate):
    """``pair_kernel(vectors, c, a, b, pairs, accumulate)``: one tile of C.

    Parameters
    ----------
    vectors : literal int
        Width of the tile and of B's panel.
    c : (array, c_offset)
    a : (array, a_offset, width)
    b : (array, b_offset)
    pairs : (array of int32, first, end)
        Pair k is p at 2*k and q at 2*k + 1.
    accumulate : bool
        Start from what C holds instead of zero.
    """
    if not isinstance(vectors, types.IntegerLiteral):
        return None

    def generate(context, builder, signature, arguments):
        _Tile(context, builder, signature.args, arguments).emit()
        return context.get_dummy_value()

    return types.void(vectors, c, a, b, pairs, accumulate), generate


class _Tile:
    """Writes the instructions of one tile."""

    def __init__(self, context, builder, kinds, arguments):
        self.context, self.builder = context, builder
        self.width = kinds[0].literal_value
        _, c, a, b, pairs, self.accumulate = arguments
        self.vector = vector_type(kinds[1][0].dtype)
        self.c, () = self._operand(kinds[1], c)
        self.a, (self.a_step,) = self._operand(kinds[2], a)
        self.b, () = self._operand(kinds[3], b)
        array, self.first, self.end = cgutils.unpack_tuple(builder, pairs)
        self.pairs = data_pointer(context, builder, kinds[4][0], array)

    def _operand(self, kind, value):
        """An (array, offset, steps...) tuple as pointer and steps."""
        array, offset, *steps = cgutils.unpack_tuple(self.builder, value)
        return data_pointer(self.context, self.builder, kind[0], array, offset), steps

    def emit(self):
        """All sums over the pairs, from the first to the last, then the stores."""
        builder = self.builder
        starts = self._start()
        before = builder.block
        head = builder.append_basic_block("pair.head")
        body = builder.append_basic_block("pair.body")
        done = builder.append_basic_block("pair.done")
        builder.branch(head)

        builder.position_at_end(head)
        k = builder.phi(_int64)
        sums = [builder.phi(self.vector) for _ in starts]
        builder.cbranch(builder.icmp_signed("<", k, self.end), body, done)

        builder.position_at_end(body)
        grown = [builder.add(k, ir.Constant(_int64, 1)), *self._multiply_add(k, sums)]
        builder.branch(head)
        for phi, first, following in zip([k, *sums], [self.first, *starts], grown, strict=True):
            phi.add_incoming(first, before)
            phi.add_incoming(following, body)

        builder.position_at_end(done)
        for pointer, value in zip(self._places(), sums, strict=True):
            emit_store(builder, value, pointer)

    def _start(self):
        """What C holds, or zeros: a load of every lane, or of none."""
        bits = ir.VectorType(ir.IntType(1), self.vector.count)
        every = ir.Constant(bits, [1] * self.vector.count)
        lanes = self.builder.select(self.accumulate, every, ir.Constant(bits, None))
        zero = ir.Constant(self.vector, None)
        return [
            emit_masked_load(self.builder, self.vector, pointer, lanes, zero)
            for pointer in self._places()
        ]

    def _multiply_add(self, k, sums):
        """One pair: the outer product of two pixels' channels, added to the sums."""
        builder = self.builder
        pair = builder.gep(self.pairs, [builder.mul(k, ir.Constant(_int64, 2))])
        p, q = (
            builder.sext(builder.load(builder.gep(pair, [ir.Constant(_int64, i)])), _int64)
            for i in range(2)
        )
        a = builder.gep(self.a, [builder.mul(p, self.a_step)])
        step = ir.Constant(_int64, self.width * self.vector.count)
        b = builder.gep(self.b, [builder.mul(q, step)])
        row = [emit_load(builder, self.vector, self._along(b, j)) for j in range(self.width)]
        grown = []
        for i in range(ROWS):
            scalar = builder.load(builder.gep(a, [ir.Constant(_int64, i)]))
            factor = emit_broadcast(builder, self.vector, scalar)
            for j in range(self.width):
                grown.append(emit_fma(builder, factor, row[j], sums[i * self.width + j]))
        return grown

    def _places(self):
        """Pointers to the vectors of the tile."""
        for j in range(ROWS * self.width):
            yield self._along(self.c, j)

    def _along(self, pointer, j):
        """The address of vector j after ``pointer``."""
        return self.builder.gep(pointer, [ir.Constant(_int64, j * self.vector.count)])


def _multiply_pairs(width, c, a, b, pairs, accumulate):
    """`pair_kernel` for a tile of ``width`` vectors known only at run time."""
    if width == 3:
        pair_kernel(3, c, a, b, pairs, accumulate)
    elif width == 2:
        pair_kernel(2, c, a, b, pairs, accumulate)
    else:
        pair_kernel(1, c, a, b, pairs, accumulate)


multiply_pairs = jit(_multiply_pairs)
