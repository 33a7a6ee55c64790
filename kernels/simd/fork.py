"""Fork and join in compiled code: one call of a kernel becomes the same call by several threads.

A kernel that shares its work begins with ``fork(work)``.  The calling thread leaves the call (where
this very kernel begins, and its arguments) with the *team*, a few numbers in memory that threads
in compiled code watch, and they call the kernel, too::

    calling thread                    team                      each other thread
    kernel(work, y, x)
      fork(work)
        leaves the call               call, arguments
        opens, rings                  gate open, rung += 1  ->  sees it
        kernel(row 0, y, x)           gate: threads inside  <-  enters if the gate is open
          pieces 0 1 2 3, then 7                                kernel(row 1, y, x)
        closes                        gate closed                 pieces 4 5 6
        waits until none is inside                          <-  leaves
      takes no piece: none is left
    returns

So a launch costs about a microsecond, and Python, its lock and its objects have no part in it.  A
thread that comes late finds the gate closed, and is not waited for.  A launch that finds the team
at work for somebody else does all its pieces itself.  An error in one of the threads (there is one
if indices are checked) becomes that of the call.
"""

import sys

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from .instructions import data_pointer, emit_pause

__all__ = [
    "ADDRESS",
    "BUSY",
    "CALL",
    "CLOSED",
    "GATE",
    "LINE",
    "OWN",
    "PIECES",
    "ROOMS",
    "ROWS",
    "RUNG",
    "TAKEN",
    "THREADS",
    "fork",
    "run_call",
]

LINE = 8  # int64 on a cache line

# A thread's row: pieces taken of its share, pieces in all, its number (of a launch: -1), threads,
# where the team's memory is, and where the table of buffers.
TAKEN, PIECES, OWN, THREADS, ADDRESS, ROOMS = range(6)
# The team's memory: launches so far, threads inside (CLOSED more while none may enter), whether it
# is at work, the call (where its code is, its arguments, for how many threads), and the rows.
RUNG, GATE, BUSY, CALL, ROWS = (LINE * i for i in range(5))
CLOSED = 1 << 32

_GLANCES = 1 << 13  # at the gate before others may use the core: some 200 us
_FINE = 0, -2  # Numba's status codes of a call without error
_DATA = ".4"  # in Numba's names of an array's parts: meminfo, parent, size, item size, data
_int32, _int64, _pointer = ir.IntType(32), ir.IntType(64), ir.IntType(8).as_pointer()
_part_type = ir.FunctionType(ir.VoidType(), [_pointer, _int64.as_pointer()])


def _constant(number):
    return ir.Constant(_int64, number)


def _at(builder, pointer, place):
    return builder.gep(pointer, [_constant(place)])


def _add(builder, pointer, place, number):
    """Atomically, and in one order for all threads; the sum before."""
    place = _at(builder, pointer, place)
    return builder.atomic_rmw("add", place, _constant(number), "seq_cst")


@intrinsic
def fork(typingctx, work):
    """``fork(work)``: from here on other threads make this call, too, each with a row of its own.

    The first statement of a kernel, whose first argument is called ``work``; an array in a last
    one called ``buffers`` is another for each thread.
    """

    def generate(context, builder, signature, arguments):
        row = data_pointer(context, builder, signature.args[0], arguments[0])
        whole = builder.icmp_signed("<", builder.load(_at(builder, row, OWN)), _constant(0))
        with builder.if_then(whole, likely=False):
            address = builder.load(_at(builder, row, ADDRESS))
            team = builder.inttoptr(address, _int64.as_pointer())
            claim = builder.cmpxchg(
                _at(builder, team, BUSY), _constant(0), _constant(1), "seq_cst", "seq_cst"
            )
            with builder.if_then(builder.extract_value(claim, 1)):
                _emit_launch(builder, team, row)
                taken = builder.load(_at(builder, row, PIECES))
                builder.store(taken, _at(builder, row, TAKEN))
            builder.store(_constant(0), _at(builder, row, OWN))
            builder.store(_constant(1), _at(builder, row, THREADS))
        return context.get_dummy_value()

    return types.void(work), generate


def _emit_launch(builder, team, row):
    """Make the call of which this is the code on all threads of the team, and wait for them."""
    kernel = builder.function
    part, call_type = _part_of(builder.module, kernel)
    call = cgutils.alloca_once(builder, call_type)
    for i, argument in enumerate(kernel.args[2:]):
        builder.store(argument, cgutils.gep_inbounds(builder, call, 0, 0, i))
    code, error = (cgutils.gep_inbounds(builder, call, 0, i) for i in (1, 2))
    builder.store(ir.Constant(_int32, 0), code)
    threads = builder.load(_at(builder, row, THREADS))
    builder.store(builder.ptrtoint(part, _int64), _at(builder, team, CALL))
    builder.store(builder.ptrtoint(call, _int64), _at(builder, team, CALL + 1))
    builder.store(threads, _at(builder, team, CALL + 2))
    rows = _at(builder, team, ROWS)
    with cgutils.for_range(builder, threads) as loop:
        own = builder.gep(rows, [builder.mul(loop.index, _constant(LINE))])
        builder.store(_constant(0), _at(builder, own, TAKEN))
        builder.store(loop.index, _at(builder, own, OWN))
        for place in (PIECES, THREADS, ROOMS):
            builder.store(builder.load(_at(builder, row, place)), _at(builder, own, place))
    _add(builder, team, GATE, -CLOSED)
    _add(builder, team, RUNG, 1)
    builder.call(part, [builder.bitcast(call, _pointer), rows])
    _add(builder, team, GATE, CLOSED)
    _emit_waiting(builder, _at(builder, team, GATE))
    builder.store_atomic(_constant(0), _at(builder, team, BUSY), "release", 8)
    final = builder.load(code)
    with builder.if_then(builder.icmp_signed("!=", final, ir.Constant(_int32, 0)), likely=False):
        builder.store(builder.load(error), kernel.args[1])
        builder.ret(final)


def _emit_waiting(builder, gate):
    """Wait until nobody is inside any more; from time to time let others have the core."""
    waiting, ended = (builder.append_basic_block(name) for name in ("waiting", "ended"))
    begin = builder.block
    builder.branch(waiting)
    builder.position_at_end(waiting)
    glances = builder.phi(_int64)
    inside = builder.icmp_signed("!=", builder.load_atomic(gate, "seq_cst", 8), _constant(CLOSED))
    emit_pause(builder)
    more = builder.add(glances, _constant(1))
    tired = builder.icmp_signed("==", builder.and_(more, _constant(_GLANCES - 1)), _constant(0))
    with builder.if_then(tired, likely=False):
        name = "SwitchToThread" if sys.platform == "win32" else "sched_yield"
        kind = ir.FunctionType(_int32, [])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [])
    glances.add_incoming(_constant(0), begin)
    glances.add_incoming(more, builder.block)
    builder.cbranch(inside, waiting, ended)
    builder.position_at_end(ended)


def _part_of(module, kernel):
    """The code of one thread's part, ``part(call, row)``, and the type of a call.

    A call is (arguments of the kernel, error code, error).
    """
    arguments = ir.LiteralStructType([a.type for a in kernel.args[2:]])
    call_type = ir.LiteralStructType([arguments, _int32, kernel.args[1].type.pointee])
    part = ir.Function(module, _part_type, f"{kernel.name}.part")
    part.linkage = "internal"
    part.attributes.add("noinline")
    builder = ir.IRBuilder(part.append_basic_block())
    row = part.args[1]
    call = builder.bitcast(part.args[0], call_type.as_pointer())
    values = [
        builder.load(cgutils.gep_inbounds(builder, call, 0, 0, i)) for i in range(len(arguments))
    ]
    names = [argument.name for argument in kernel.args[2:]]
    values[names.index("arg.work" + _DATA)] = row
    _choose_rooms(builder, values, names, row)
    result = builder.alloca(kernel.args[0].type.pointee)
    error = builder.alloca(kernel.args[1].type.pointee)
    builder.store(ir.Constant(result.type.pointee, None), result)
    code = builder.call(kernel, [result, error, *values], attrs=("noinline",))
    good = [builder.icmp_signed("==", code, ir.Constant(_int32, fine)) for fine in _FINE]
    with builder.if_then(builder.not_(builder.or_(*good)), likely=False):
        builder.store(code, cgutils.gep_inbounds(builder, call, 0, 1))
        builder.store(builder.load(error), cgutils.gep_inbounds(builder, call, 0, 2))
    builder.ret_void()
    return part, call_type


def _choose_rooms(builder, values, names, row):
    """Let the arrays in ``buffers`` begin where those of the row's thread do.

    The row knows where the table is: for each thread the addresses of its arrays.
    """
    places = [i for i, n in enumerate(names) if n.startswith("arg.buffers.") and n.count(".") == 3]
    places = [i for i in places if names[i].endswith(_DATA)]
    if not places:
        return
    table = builder.inttoptr(builder.load(_at(builder, row, ROOMS)), _int64.as_pointer())
    first = builder.mul(builder.load(_at(builder, row, OWN)), _constant(len(places)))
    for k, place in enumerate(places):
        address = builder.gep(table, [builder.add(first, _constant(k))])
        values[place] = builder.inttoptr(builder.load(address), values[place].type)


@intrinsic
def run_call(typingctx, team, thread):
    """``run_call(team, thread)``: do one's part in the call that lies with the team."""

    def generate(context, builder, signature, arguments):
        first = data_pointer(context, builder, signature.args[0], arguments[0])
        row = builder.gep(
            first, [builder.add(_constant(ROWS), builder.mul(arguments[1], _constant(LINE)))]
        )
        part = builder.inttoptr(builder.load(_at(builder, first, CALL)), _part_type.as_pointer())
        call = builder.inttoptr(builder.load(_at(builder, first, CALL + 1)), _pointer)
        builder.call(part, [call, row])
        return context.get_dummy_value()

    return types.void(team, types.int64), generate
