"""What the processor can do, and the LLVM instructions that the intrinsics of ``vector`` emit.

An ``emit_`` function appends its instruction to the code under construction (``builder``) and
returns the value that it will have.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target

__all__ = [
    "CPU_NAME",
    "HAS_FMA",
    "REGISTERS",
    "VECTOR_BYTES",
    "data_pointer",
    "emit_broadcast",
    "emit_fma",
    "emit_function",
    "emit_load",
    "emit_mask",
    "emit_masked_load",
    "emit_masked_store",
    "emit_pause",
    "emit_prefetch",
    "emit_scaled",
    "emit_store",
    "vector_type",
]


# What Numba generates code for: the host, unless Numba's settings say otherwise.
_, CPU_NAME, _features = cpu_target.target_context.codegen().magic_tuple()
_HAS = {name[1:] for name in _features.split(",") if name.startswith("+")}
_IS_ARM = "neon" in _HAS or "fp-armv8" in _HAS
VECTOR_BYTES = 64 if "avx512f" in _HAS else 32 if "avx" in _HAS else 16
REGISTERS = 32 if "avx512f" in _HAS or _IS_ARM else 16
HAS_FMA = "fma" in _HAS or "avx512f" in _HAS or _IS_ARM


def vector_type(element: types.Float) -> ir.VectorType:
    """The LLVM type of a vector of ``element``."""
    scalar = ir.FloatType() if element.bitwidth == 32 else ir.DoubleType()
    return ir.VectorType(scalar, VECTOR_BYTES * 8 // element.bitwidth)


def data_pointer(context, builder, array_type, array, offset=None):
    """Pointer to the element at flat ``offset``."""
    first = context.make_array(array_type)(context, builder, array).data
    return first if offset is None else builder.gep(first, [offset])


def _declared(builder, name, returns, arguments):
    """LLVM's function ``name``; by hand, as llvmlite's declare_intrinsic takes no vector types."""
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(returns, arguments), name)


def _suffix(vector):
    return f"v{vector.count}f{32 if isinstance(vector.element, ir.FloatType) else 64}"


def emit_fma(builder, a, b, c):
    """``a*b + c``, fused if the processor can: written out in software it would crawl."""
    if not HAS_FMA:
        return builder.fadd(builder.fmul(a, b), c)
    function = _declared(builder, f"llvm.fma.{_suffix(a.type)}", a.type, [a.type] * 3)
    return builder.call(function, [a, b, c])


def emit_function(builder, name, value):
    """LLVM's mathematical function of that name, lane by lane."""
    function = _declared(builder, f"llvm.{name}.{_suffix(value.type)}", value.type, [value.type])
    return builder.call(function, [value])


def emit_scaled(builder, value, power):
    """``value * 2**floor(power)``, rounded once: one of AVX-512's instructions."""
    vector, mask = value.type, ir.IntType(value.type.count)
    single = isinstance(vector.element, ir.FloatType)
    name = f"llvm.x86.avx512.mask.scalef.{'ps' if single else 'pd'}.512"
    function = _declared(builder, name, vector, [vector, vector, vector, mask, ir.IntType(32)])
    everywhere, rounding = ir.Constant(mask, -1), ir.Constant(ir.IntType(32), 4)
    return builder.call(function, [value, power, value, everywhere, rounding])


def emit_masked_load(builder, vector, pointer, mask, otherwise):
    """Load the lanes of ``mask`` (a vector of bits), take the rest from ``otherwise``."""
    pointer = builder.bitcast(pointer, vector.as_pointer())
    arguments = [pointer.type, ir.IntType(32), mask.type, vector]
    name = f"llvm.masked.load.{_suffix(vector)}.p0"
    align = ir.Constant(ir.IntType(32), _element_bytes(vector))
    function = _declared(builder, name, vector, arguments)
    return builder.call(function, [pointer, align, mask, otherwise])


def emit_masked_store(builder, value, pointer, mask):
    """Store the lanes of ``mask`` (a vector of bits)."""
    vector = value.type
    pointer = builder.bitcast(pointer, vector.as_pointer())
    arguments = [vector, pointer.type, ir.IntType(32), mask.type]
    name = f"llvm.masked.store.{_suffix(vector)}.p0"
    align = ir.Constant(ir.IntType(32), _element_bytes(vector))
    function = _declared(builder, name, ir.VoidType(), arguments)
    return builder.call(function, [value, pointer, align, mask])


def _element_bytes(vector):
    return 4 if isinstance(vector.element, ir.FloatType) else 8


def emit_load(builder, vector, pointer):
    """Load a whole vector from any address that suits its element."""
    value = builder.load(builder.bitcast(pointer, vector.as_pointer()))
    value.align = _element_bytes(vector)
    return value


def emit_store(builder, value, pointer):
    """Store a whole vector to any address that suits its element."""
    place = builder.bitcast(pointer, value.type.as_pointer())
    builder.store(value, place).align = _element_bytes(value.type)


def emit_prefetch(builder, pointer, writing=False):
    """Begin to fetch the cache line at ``pointer``, to read or to write it; any address will do."""
    number = ir.IntType(32)
    byte = builder.bitcast(pointer, ir.IntType(8).as_pointer())
    function = _declared(builder, "llvm.prefetch.p0", ir.VoidType(), [byte.type, *[number] * 3])
    builder.call(function, [byte, *(ir.Constant(number, n) for n in (int(writing), 3, 1))])


def emit_pause(builder):
    """Wait for some ten nanoseconds, as politely as the processor can."""
    if "sse2" in _HAS:
        builder.call(_declared(builder, "llvm.x86.sse2.pause", ir.VoidType(), []), [])
    elif _IS_ARM:  # "yield" does nothing there; "isb" takes about as long as a pause
        barrier = ir.InlineAsm(ir.FunctionType(ir.VoidType(), []), "isb", "", True)
        builder.call(barrier, [])


def emit_broadcast(builder, vector, scalar):
    """The scalar in every lane."""
    first = builder.insert_element(
        ir.Constant(vector, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0)
    )
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), None)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


def emit_mask(builder, vector, bits):
    """The low bits of an int64 as a vector of bits."""
    narrow = builder.trunc(bits, ir.IntType(vector.count))
    return builder.bitcast(narrow, ir.VectorType(ir.IntType(1), vector.count))
