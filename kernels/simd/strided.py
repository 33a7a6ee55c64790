"""Vectors of every second element, or every n-th, and vectors of small integers.

    step 1    a0 a1 a2 a3                      a load
    step 2    a0 .. a1 .. | a2 .. a3 ..        two loads and a shuffle, see ``shuffle``
    step 3    a0 .. .. a1 .. .. a2 .. ..       a *gather*, or the other way round a *scatter*

Small integers (which tap of a window won) stand in memory in as few
bytes as hold them, and travel through registers as floats.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .instructions import data_pointer, emit_mask, emit_masked_load, emit_masked_store

__all__ = [
    "keep_largest",
    "load_every",
    "store_every",
    "store_integers",
    "where_integer",
]

_int32, _int64 = ir.IntType(32), ir.IntType(64)


def _shuffle(builder, a, b, places):
    return builder.shuffle_vector(
        a, b, ir.Constant(ir.VectorType(_int32, len(places)), list(places))
    )


def _emit_addresses(builder, pointer, step, vector):
    """The addresses of ``pointer[0], pointer[step], pointer[2*step] ...``, one for each lane."""
    wide = ir.VectorType(_int64, vector.count)
    first = builder.insert_element(ir.Constant(wide, ir.Undefined), step, ir.Constant(_int32, 0))
    steps = _shuffle(builder, first, first, [0] * vector.count)
    places = builder.mul(steps, ir.Constant(wide, list(range(vector.count))))
    size = ir.Constant(wide, [4 if isinstance(vector.element, ir.FloatType) else 8] * vector.count)
    base = builder.insert_element(
        ir.Constant(wide, ir.Undefined), builder.ptrtoint(pointer, _int64), ir.Constant(_int32, 0)
    )
    base = _shuffle(builder, base, base, [0] * vector.count)
    addresses = builder.add(base, builder.mul(places, size))
    return builder.inttoptr(addresses, ir.VectorType(vector.element.as_pointer(), vector.count))


def _suffix(vector):
    element = vector.element
    kind = f"i{element.width}" if isinstance(element, ir.IntType) else None
    kind = kind or ("f32" if isinstance(element, ir.FloatType) else "f64")
    return f"v{vector.count}{kind}"


def _emit_call(builder, name, returns, *arguments):
    """A call of LLVM's function ``name``."""
    kind = ir.FunctionType(returns, [a.type for a in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), list(arguments))


def _alignment(vector):
    element = vector.element
    bits = element.width if isinstance(element, ir.IntType) else None
    return ir.Constant(_int32, (bits or (32 if isinstance(element, ir.FloatType) else 64)) // 8)


def _choose(builder, step, ways, otherwise):
    """Emit one of several ways by the step: the values of ``ways[step]()``, or ``otherwise()``."""
    emitters = [*ways.values(), otherwise]
    blocks = [builder.append_basic_block(name) for name in (*map("step{}".format, ways), "steps")]
    choice = builder.switch(step, blocks[-1])
    for number, block in zip(ways, blocks, strict=False):
        choice.add_case(ir.Constant(_int64, number), block)
    end = builder.append_basic_block("end")
    values = []
    for emit, block in zip(emitters, blocks, strict=True):
        builder.position_at_end(block)
        values.append((emit(), builder.block))
        builder.branch(end)
    builder.position_at_end(end)
    if values[0][0] is None:
        return None
    result = builder.phi(values[0][0].type)
    for value, block in values:
        result.add_incoming(value, block)
    return result


@intrinsic
def load_every(typingctx, array, offset, step, low, high, otherwise):
    """``load_every(x, offset, step, low, high, v)``: x[offset + i*step] in every lane i.

    ``low`` is the mask of the lanes to load, the others are v's; but for step 2 it is that of the
    elements of the first vector in memory, and ``high`` that of the second.
    """

    def generate(context, builder, signature, arguments):
        x, offset, step, low, high, otherwise = arguments
        pointer = data_pointer(context, builder, signature.args[0], x, offset)
        vector = otherwise.type
        low_bits = emit_mask(builder, vector, low)

        def next_to_each_other():
            return emit_masked_load(builder, vector, pointer, low_bits, otherwise)

        def every_second():
            beyond = builder.gep(pointer, [ir.Constant(_int64, vector.count)])
            bits = emit_mask(builder, vector, high)
            second = emit_masked_load(builder, vector, beyond, bits, otherwise)
            return _shuffle(builder, next_to_each_other(), second, range(0, 2 * vector.count, 2))

        def gather():
            places = _emit_addresses(builder, pointer, step, vector)
            name = f"llvm.masked.gather.{_suffix(vector)}.v{vector.count}p0"
            return _emit_call(
                builder, name, vector, places, _alignment(vector), low_bits, otherwise
            )

        return _choose(builder, step, {1: next_to_each_other, 2: every_second}, gather)

    int64 = types.int64
    return otherwise(array, int64, int64, int64, int64, otherwise), generate


@intrinsic
def store_every(typingctx, array, offset, step, mask, value):
    """``store_every(y, offset, step, mask, v)``: y[offset + i*step] = v's lane i, for i in mask."""

    def generate(context, builder, signature, arguments):
        pointer = data_pointer(context, builder, signature.args[0], *arguments[:2])
        _, _, step, mask, value = arguments
        bits = emit_mask(builder, value.type, mask)

        def next_to_each_other():
            emit_masked_store(builder, value, pointer, bits)

        def scatter():
            places = _emit_addresses(builder, pointer, step, value.type)
            name = f"llvm.masked.scatter.{_suffix(value.type)}.v{value.type.count}p0"
            align = _alignment(value.type)
            _emit_call(builder, name, ir.VoidType(), value, places, align, bits)

        _choose(builder, step, {1: next_to_each_other}, scatter)
        return context.get_dummy_value()

    int64 = types.int64
    return types.void(array, int64, int64, int64, value), generate


@intrinsic
def keep_largest(typingctx, best, number, value, candidate):
    """``best, number = keep_largest(best, number, v, m)``: v and m where v > best or v is NaN."""

    def generate(context, builder, signature, arguments):
        best, number, value, candidate = arguments
        larger = builder.fcmp_ordered(">", value, best)
        wins = builder.or_(larger, builder.fcmp_unordered("uno", value, value))
        kept = builder.select(wins, value, best), builder.select(wins, candidate, number)
        return context.make_tuple(builder, signature.return_type, kept)

    return types.UniTuple(best, 2)(best, best, best, best), generate


@intrinsic
def store_integers(typingctx, array, offset, mask, value):
    """``store_integers(t, offset, mask, v)``: v's whole numbers as integers of t's dtype."""

    def generate(context, builder, signature, arguments):
        pointer = data_pointer(context, builder, signature.args[0], *arguments[:2])
        value = arguments[3]
        narrow = ir.VectorType(ir.IntType(array.dtype.bitwidth), value.type.count)
        integers = builder.fptoui(value, narrow)
        bits = emit_mask(builder, narrow, arguments[2])
        place = builder.bitcast(pointer, narrow.as_pointer())
        whole = builder.icmp_unsigned(
            "==", arguments[2], ir.Constant(_int64, (1 << narrow.count) - 1)
        )
        with builder.if_else(whole, likely=True) as (all_lanes, some_lanes):
            with all_lanes:
                builder.store(integers, place).align = array.dtype.bitwidth // 8
            with some_lanes:
                name = f"llvm.masked.store.{_suffix(narrow)}.p0"
                _emit_call(builder, name, ir.VoidType(), integers, place, _alignment(narrow), bits)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, value), generate


@intrinsic
def where_integer(typingctx, array, offset, mask, number, value, otherwise):
    """``where_integer(t, offset, mask, n, v, w)``: v where mask and t[offset + i] == n, else w."""

    def generate(context, builder, signature, arguments):
        pointer = data_pointer(context, builder, signature.args[0], *arguments[:2])
        _, _, mask, number, value, otherwise = arguments
        narrow = ir.VectorType(ir.IntType(array.dtype.bitwidth), value.type.count)
        bits = emit_mask(builder, narrow, mask)
        place = builder.bitcast(pointer, narrow.as_pointer())
        name = f"llvm.masked.load.{_suffix(narrow)}.p0"
        nothing = ir.Constant(narrow, None)
        found = _emit_call(builder, name, narrow, place, _alignment(narrow), bits, nothing)
        one = number if number.type == narrow.element else builder.trunc(number, narrow.element)
        first = builder.insert_element(nothing, one, ir.Constant(_int32, 0))
        wanted = _shuffle(builder, first, first, [0] * narrow.count)
        equal = builder.and_(bits, builder.icmp_unsigned("==", found, wanted))
        return builder.select(equal, value, otherwise)

    int64 = types.int64
    return value(array, int64, int64, int64, value, value), generate
