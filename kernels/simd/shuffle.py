"""Two vectors in a row, taken apart into every other element, and put together again.

    low        high                odds of them: b d f h
    a b c d    e f g h             (`evens` is in ``vector``)

    even       odd                 low        high
    a c e g    b d f h    ---->    a b c d    e f g h        interleave

Each is one shuffle instruction.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["interleave", "odds"]


@intrinsic
def odds(typingctx, low, high):
    """``odds(low, high)``: of two vectors in a row, the elements at odd places."""

    def generate(context, builder, signature, arguments):
        return builder.shuffle_vector(*arguments, _places(range(1, 2 * low.lanes, 2)))

    return low(low, high), generate


@intrinsic
def interleave(typingctx, even, odd):
    """``low, high = interleave(even, odd)``: lanes of the two by turns, as two vectors in a row."""

    def generate(context, builder, signature, arguments):
        L = even.lanes
        places = [i // 2 + i % 2 * L for i in range(2 * L)]
        halves = [
            builder.shuffle_vector(*arguments, _places(half)) for half in (places[:L], places[L:])
        ]
        return context.make_tuple(builder, signature.return_type, halves)

    return types.UniTuple(even, 2)(even, odd), generate


def _places(numbers):
    """A shuffle's constant: the elements wanted, numbered through both vectors."""
    return ir.Constant(ir.VectorType(ir.IntType(32), len(numbers)), list(numbers))
