"""The matrix product, by whichever way is the fastest for its shape.

    few multiplications              NumPy's, on the calling thread: a launch would take longer
    few rows, or few columns         `thin_product`: bound by memory, every number is read once
    otherwise                        packed, as below

Both operands are packed whole (or as many k of them as fit `_ROOM`) in panels for the micro-kernel,
whichever way round they lie in memory; then blocks of the result are pieces of work::

        x             packed: [k][16 rows], panel by panel      (turned, if rows lie along k)
        y             packed: [k][48 columns], panel by panel   (turned, if columns lie along k)
        z             a block: for each stretch of k, 8 rows and 48 columns: micro-kernel

What was measured: GFLOP/s in float32 on the two cores of a Zen 4, y turned (as in a linear layer),
the same product again and again::

    M x K x N             NumPy   here            M x K x N             NumPy   here
    64 x 64 x 64             59     30            8192 x 64 x 64          186    141
    128 x 128 x 128         127     81            64 x 8192 x 64          120    137
    256 x 256 x 256         169    128            256 x 512 x 512         181    172
    512 x 512 x 512         198    195            4 x 65536 x 512          20     39
    1024 x 1024 x 1024      201    210            512 x 4 x 65536          19     27
    64 x 512 x 512          144    130            4 x 512 x 65536          17     33

NumPy's threads wait for more work by spinning: no time is lost in waking them, but whatever runs
next on their cores takes up to 1.7 times as long for some milliseconds.  In a network something
else always runs next; so NumPy gets only what it does on one thread.
"""

import numpy as np

from .._jit import jit
from .fork import fork
from .instructions import VECTOR_BYTES
from .micro_kernel import ROWS, VECTORS, multiply
from .tap_grad import turn_panel
from .tasks import aligned_empty, alone, launch, launch_slices, take
from .thin_product import add_up, multiply_few_rows, multiply_short_sums
from .vector import broadcast, from_bits, lanes, masked_load, masked_store, store

__all__ = ["matrix_product"]

_SMALL = 2**18  # multiplications that NumPy does faster, and on one thread
_ALONE = 2**21  # multiplications that two threads do no faster than one
_THIN = 8  # rows or columns that are few
_SHORT = 8  # k that are few
_ROOM = 2**23  # most numbers of both operands that are packed at once
_DEPTH = 384  # most k of a tile
_PIECES = 8  # pieces of work that are enough
_SLICE = 512  # least k of a slice
_BLOCK = (64, 5 * VECTORS)  # rows, and vectors of columns, of a block


def matrix_product(
    z: np.ndarray, x: np.ndarray, y: np.ndarray, bias: np.ndarray, turned: tuple[bool, bool]
) -> None:
    """Products of a batch of pairs of matrices; see ``loops.matrix_product`` for the equation.

    Parameters
    ----------
    z : (B, M, N), written
    x : (B, M, K), or (B, K, M) if turned
    y : (B, K, N), or (B, N, K) if turned
    bias : (N,), or (0,) for none
    turned : (bool, bool)
        Whether x and y are given with rows and columns exchanged.
    """
    B, M, N = z.shape
    K = x.shape[1 if turned[0] else 2]
    if z.size == 0:
        return
    if M * N * K <= _SMALL:
        launch_slices(_small_product, (z, x, y), bias, turned)
    elif K <= _SHORT:
        multiply_short_sums(z, x, y, bias, turned)
    elif M <= _THIN:
        multiply_few_rows(z, x, y, bias, turned)
    elif N <= _THIN:
        small = np.empty((B, N, M), z.dtype)
        multiply_few_rows(small, y, x, bias[:0], (not turned[1], not turned[0]))
        with np.errstate(all="ignore"):
            np.add(small.transpose(0, 2, 1), bias if len(bias) else 0, out=z)
    else:
        _multiply_packed(z, x, y, bias, turned)


def _small_product(z, x, y, bias, turned):
    """NumPy's, one matrix after the other."""
    x = x.transpose(0, 2, 1) if turned[0] else x
    y = y.transpose(0, 2, 1) if turned[1] else y
    with np.errstate(all="ignore"):
        np.matmul(x, y, out=z)
        if len(bias):
            z += bias


def _multiply_packed(z, x, y, bias, turned):
    """Pack the operands, then multiply: a stretch of k after the other."""
    B, M, N = z.shape
    K = x.shape[1 if turned[0] else 2]
    L = VECTOR_BYTES // z.itemsize
    panel = max(L, ROWS)
    rows, columns = -(-M // panel) * panel, -(-N // L) * L
    stretches = -(-K // max(1, _ROOM // (B * (rows + columns))))
    stretch = -(-K // stretches)
    room = -(-stretch // L) * L  # whole vectors of k are turned at once
    packed_x = aligned_empty(B * rows * room + panel, z.dtype, "matrix product")
    packed_y = aligned_empty(B * columns * room, z.dtype, "matrix product")
    zeros = np.zeros(ROWS, z.dtype)
    block = _BLOCK[0], _BLOCK[1] * L
    blocks = B * -(-M // block[0]) * -(-N // block[1])
    slices = max(1, min(-(-_PIECES // blocks), stretch // _SLICE))
    sums = z if slices == 1 else np.empty((slices, *z.shape), z.dtype)
    start = bias if slices == 1 else bias[:0]
    flat = sums.reshape(-1), x.reshape(-1), y.reshape(-1)
    run = launch if B * M * N * K > _ALONE else _run_alone
    for first in range(0, K, stretch):
        k = (first, min(first + stretch, K))
        x_layout = (M, panel, K, not turned[0])
        y_layout = (N, VECTORS * L, K, turned[1])
        panels = B * -(-M // panel), B * -(-N // (VECTORS * L))
        run(
            pack_panels, sum(panels), packed_x, packed_y, flat[1], flat[2], x_layout, y_layout, k,
            panels[0], private=lambda: (aligned_empty(L * L, z.dtype, "matrix product"),),
        )  # fmt: skip
        run(
            multiply_blocks, slices * blocks, flat[0], packed_x, packed_y, start, zeros,
            (B, M, N, panel), k, block,
        )  # fmt: skip
    if slices > 1:
        add_up(z, sums, bias)


def _run_alone(kernel, pieces, *arguments, private=None):
    """As `launch`, on the calling thread: waking another takes longer than small products."""
    buffers = [private()] if private else []
    kernel(alone(pieces), *arguments, *buffers)


def _pack_panels(work, packed_x, packed_y, x, y, x_layout, y_layout, k, x_panels, buffers):
    """A panel of x or of y per piece of work."""
    fork(work)
    piece = take(work)
    while piece < work[1]:
        if piece < x_panels:
            pack_panel(packed_x, x, x_layout, k, piece, buffers[0])
        else:
            pack_panel(packed_y, y, y_layout, k, piece - x_panels, buffers[0])
        piece = take(work)


def _pack_panel(packed, x, layout, k, panel, corner):
    """Panel number ``panel`` of a batch of ``count`` rows (or columns) x, for some k.

    ``rowwise`` says that k runs along memory, so that panels must be turned.
    """
    count, width, K, rowwise = layout
    L = lanes(x)
    depth = k[1] - k[0]
    panels = (count + width - 1) // width
    lines, room = (count + L - 1) // L * L, (depth + L - 1) // L * L
    b, first = panel // panels, panel % panels * width
    wide = min(width, lines - first)
    place = (b * lines + first) * room
    if rowwise:
        source = (b * count + first) * K + k[0]
        turn_panel(packed, place, wide, x, source, K, count - first, depth, corner)
        return
    zero = broadcast(x, 0)
    for i in range(depth):
        source = (b * K + k[0] + i) * count + first
        for c in range(0, wide, L):
            mask = from_bits(min(L, count - first - c))
            store(packed, place + c, masked_load(x, source + c, mask, zero))
        place += wide


pack_panel = jit(_pack_panel)
pack_panels = jit(_pack_panels)


def _multiply_blocks(work, z, packed_x, packed_y, bias, zeros, sizes, k, block):
    """Blocks of z, or of a slice's part of it; one per piece of work."""
    fork(work)
    B, M, N, panel = sizes
    L = lanes(z)
    depth = k[1] - k[0]
    room = (depth + L - 1) // L * L
    rows, columns = (M + L - 1) // L * L, (N + L - 1) // L * L
    m_blocks, n_blocks = (M + block[0] - 1) // block[0], (N + block[1] - 1) // block[1]
    slices = work[1] // (B * m_blocks * n_blocks)
    piece = take(work)
    while piece < work[1]:
        this, b = piece // (B * m_blocks * n_blocks), piece // (m_blocks * n_blocks) % B
        k_slice, end_slice = this * depth // slices, (this + 1) * depth // slices
        stretches = (end_slice - k_slice + _DEPTH - 1) // _DEPTH
        corner = (this * B + b) * M * N
        first_m, first_n = piece // n_blocks % m_blocks * block[0], piece % n_blocks * block[1]
        end_m, end_n = min(first_m + block[0], M), min(first_n + block[1], N)
        if k[0] == 0 and len(bias) > 0:
            for m in range(first_m, end_m):
                spread_bias(z, corner + m * N, bias, first_n, end_n)
        for s in range(stretches):
            first_k = k_slice + s * (end_slice - k_slice) // stretches
            end_k = k_slice + (s + 1) * (end_slice - k_slice) // stretches
            more = k[0] > 0 or s > 0 or len(bias) > 0
            for m in range(first_m, end_m, ROWS):
                place = (b * rows + m // panel * panel) * room
                wide = min(panel, rows - m // panel * panel)
                a = (packed_x, place + first_k * wide + m % panel, 1, wide)
                for n in range(first_n, end_n, VECTORS * L):
                    vectors = min(VECTORS, (end_n - n + L - 1) // L)
                    mask = from_bits(min(end_n - n - (vectors - 1) * L, L))
                    columns_b = (
                        packed_y, (b * columns + n) * room + first_k * vectors * L, vectors * L,
                    )  # fmt: skip
                    multiply(
                        vectors, (z, corner + m * N + n, N), min(ROWS, M - m), mask, a, columns_b,
                        end_k - first_k, (zeros, 0), more,
                    )  # fmt: skip
        piece = take(work)


multiply_blocks = jit(_multiply_blocks)


def _spread_bias(z, place, bias, first, end):
    """z[place + n] = bias[n], for n in first..end-1."""
    L = lanes(z)
    for n in range(first, end, L):
        mask = from_bits(min(L, end - n))
        masked_store(z, place + n, mask, masked_load(bias, n, mask, broadcast(z, 0)))


spread_bias = jit(_spread_bias)
