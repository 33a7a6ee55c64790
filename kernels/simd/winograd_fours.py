"""Kernels of 4 x 4, in steps of 1 or 2: four kernels of 2 x 2, each with 9 multiplications for 16.

In each direction, tap k of 4 is one of two taps j of one of two *parts* r::

    stride S = 2    k = 2*j + r         w0 w1 w2 w3   ->   w0 w2 | w1 w3
    stride S = 1    k = j + 2*r         w0 w1 w2 w3   ->   w0 w1 | w2 w3

or k = S*j + D*r with D = 2 // S.  Deal the pixels out alike, x_r[p] = x[S*p + D*r - P], and a
convolution with 4 taps becomes a sum of two convolutions with 2 taps, of stride 1::

    y[q] = sum over k  x[S*q + k - P] w[k]  =  sum over r  sum over j  x_r[q + j] w[S*j + D*r]

In a picture, 2 * 2 parts are four times the channels, with kernels of 2 x 2: and for these there is
`winograd_threes`.  36 multiplications do the work of 64.

    x   a b c d e f         parts   a c e    b d f          each with its padding written out,
        g h i j k l                 m o q    n p r          so that the convolution has none
        m n o p q r
        s t u v w x                 g i k    h j l
                                    s u w    t v x

A transposed convolution in steps of 2 goes the same way back: four times as many output channels,
with padding, and then the parts of the output are put together again.  In steps of 1 it is a
convolution with the kernel turned by 180 degrees.

**Accuracy.**  The largest error over the largest result, on normally distributed numbers, stride 2,
in float32 (in float64 it stays below 1e-14); what is not finite is done again in the direct way::

    channels                      16        64       256       512
    output      Winograd     4.2e-07   8.1e-07   2.1e-06   2.1e-06
                direct       4.5e-07   9.4e-07   2.1e-06   3.7e-06
    weights     Winograd     3.0e-07   2.9e-07   4.2e-07   1.0e-06
                direct       4.7e-07   4.5e-07   5.9e-07   6.1e-07

Source: as `winograd`; dealing out pixels by the stride is the polyphase decomposition of signal
processing (Vaidyanathan, "Multirate Systems and Filter Banks", 1993).
"""

import numpy as np

from .._jit import jit
from ..geometry import Conv2dGeometry
from .fork import fork
from .shuffle import interleave
from .tasks import aligned_empty, launch, take
from .vector import broadcast, evens, from_bits, lanes, masked_load, masked_store
from .winograd import tile_product
from .winograd_grad import tile_grad

__all__ = ["fours", "fours_grad", "fours_grad_pays", "fours_pay", "has_fours"]

_PLACES = {
    S: np.array(
        [
            [(S * jh + D * rh) * 4 + S * jw + D * rw for jh in (0, 1) for jw in (0, 1)]
            for rh in (0, 1)
            for rw in (0, 1)
        ]
    )
    for S, D in ((1, 2), (2, 1))
}
"""For each stride and part, the places of its four taps in the kernel of 4 x 4."""


def has_fours(kernel: tuple[int, ...], geometry: Conv2dGeometry) -> bool:
    """Whether it is a convolution of 4 x 4, dilation 1 and stride 1 or 2."""
    stride, _, dilation, _ = geometry
    return (*kernel, *dilation) == (4, 4, 1, 1) and stride in ((1, 1), (2, 2))


def fours(
    y: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray, geometry: Conv2dGeometry,
    transposed: bool,
) -> bool:  # fmt: skip
    """Convolution or transposed convolution with such a kernel.

    Parameters
    ----------
    y : (N, G*O, OH, OW), written
    x : (N, G*C, H, W)
    w : (G*O, C, 4, 4), or (G*C, O, 4, 4) if transposed
    b : (G*O,)

    Returns
    -------
    bool
        Whether the result is finite; if not, it may be wrong (see `winograd`).
    """
    (S, _), (PH, PW), _, G = geometry
    places = _PLACES[S]
    if not transposed:
        parts = _deal(x, (S, PH, PW), G, y.shape)
        return tile_product(y, parts, w, b, (0, 0), G, False, places)
    if S == 1:
        parts = _deal(x, (1, 3 - PH, 3 - PW), G, y.shape)
        return tile_product(y, parts, w, b, (0, 0), G, True, 15 - places)
    N, GO, OH, OW = y.shape
    shape = N, 4 * GO, (OH - 1 + PH) // 2 + 1, (OW - 1 + PW) // 2 + 1
    parts = aligned_empty(int(np.prod(shape)), y.dtype, "convolution").reshape(shape)
    repeated = np.tile(b.reshape(G, 1, -1), (1, 4, 1)).reshape(-1)
    done = tile_product(parts, x, w, repeated, (-1, -1), G, True, places[:, ::-1].copy())
    launch(
        collect_parts, N * GO, y.reshape(-1), parts.reshape(-1), y.shape, shape, (PH, PW), GO // G
    )
    return done


def fours_grad(gw: np.ndarray, x: np.ndarray, gy: np.ndarray, geometry: Conv2dGeometry) -> bool:
    """Weight gradient of the convolution; returns as `fours`.

    Parameters
    ----------
    gw : (G*O, C, 4, 4), written
    x : (N, G*C, H, W)
    gy : (N, G*O, OH, OW)
    """
    (S, _), (PH, PW), _, G = geometry
    parts = _deal(x, (S, PH, PW), G, gy.shape)
    return tile_grad(gw, parts, gy, (0, 0), G, _PLACES[S])


def fours_pay(
    x_shape: tuple[int, ...], y_shape: tuple[int, ...], geometry: Conv2dGeometry, transposed: bool
) -> bool:
    """Whether it is the faster way: by the shapes alone, counted as ``winograd.pays`` does.

    The direct way takes 4 multiplications for a position and pair of channels, as there are four
    times as many pairs here, and as long as 4.6.
    """
    (S, _), (PH, PW), _, G = geometry
    N, C, O = y_shape[0], x_shape[1] // G, y_shape[1] // G
    OH, OW = y_shape[2:]
    if min(C, O) < 1:
        return False
    if transposed and S == 2:
        tiles, positions = -(-(OH + PH) // 4) * -(-(OW + PW) // 4), -(-OH // 2) * -(-OW // 2)
        O *= 4
    else:
        tiles, positions = -(-OH // 2) * -(-OW // 2), OH * OW
        C *= 4
    return _costs(N * tiles, 11 + 200 / O + 120 / C, C * O) < 4.6 * N * positions


def fours_grad_pays(x_shape: tuple[int, ...], gy_shape: tuple[int, ...], G: int) -> bool:
    """The same of the weight gradient."""
    (N, O, OH, OW), C = gy_shape, 4 * x_shape[1] // G
    O //= G
    if min(C, O) < 1:
        return False
    tile = 11 * -(-O // 16) * 16 / O + 110 / min(C, 64) + 150 / min(O, 64)
    return _costs(N * -(-OH // 2) * -(-OW // 2), tile, C * O) < 4.6 * N * OH * OW


def _costs(tiles, tile, pairs):
    """Multiplications for each pair of channels: of whole vectors, for the weights, to begin."""
    return -(-tiles // 16) * 16 * tile + 400 + 1.2e7 / pairs


def _deal(x, window, G, y_shape):
    """The parts of x that a convolution to y looks at, (N, G*4*C, OH + 1, OW + 1)."""
    shape = x.shape[0], 4 * x.shape[1], y_shape[2] + 1, y_shape[3] + 1
    parts = aligned_empty(int(np.prod(shape)), x.dtype, "convolution").reshape(shape)
    launch(
        deal_parts, x.shape[0] * x.shape[1], parts.reshape(-1), x.reshape(-1), shape, x.shape,
        window, x.shape[1] // G,
    )  # fmt: skip
    return parts


def _deal_column(parts, target, AW, AH, x, source, row, inside, step, low, high, width):
    """A vector of each row p of a part, at target + p*AW, from source + p*row on.

    Rows but those from inside[0] to inside[1] - 1 are zero; ``low`` and ``high`` say which pixels
    of two vectors of x are in the picture, ``width`` how many belong to the part.
    """
    zero = broadcast(x, 0)
    wanted = from_bits(width)
    for p in range(AH):
        value = zero
        if inside[0] <= p < inside[1]:
            value = masked_load(x, source + p * row, low, zero)
            if step == 2:
                value = evens(value, masked_load(x, source + p * row + lanes(x), high, zero))
        masked_store(parts, target + p * AW, wanted, value)


deal_column = jit(_deal_column)


def _deal_parts(work, parts, x, shape, x_shape, window, C):
    """One channel of one picture per piece of work."""
    fork(work)
    _, _, AH, AW = shape
    _, _, H, W = x_shape
    step, top, left = window
    apart = 2 // step
    L = lanes(x)
    piece = take(work)
    while piece < work[1]:
        group, c = divmod(piece, C)
        for r in range(4):
            target = ((group * 4 + r) * C + c) * AH * AW
            ih, iw = apart * (r // 2) - top, apart * (r % 2) - left  # of pixel (0, 0) of the part
            inside = (-(ih // step), -((ih - H) // step))
            for i in range(0, AW, L):
                column = iw + i * step
                begin, end = max(0, -column), min(step * L, W - column)
                mask = from_bits(end) & ~from_bits(begin) if begin < end else 0
                deal_column(
                    parts, target + i, AW, AH, x, (piece * H + ih) * W + column, step * W, inside,
                    step, mask & from_bits(L), mask >> L, min(L, AW - i),
                )  # fmt: skip
        piece = take(work)


deal_parts = jit(_deal_parts)


def _collect_parts(work, y, parts, y_shape, shape, padding, O):
    """Row ih of y is row (ih + PH) // 2 of the two parts with its remainder, by turns."""
    fork(work)
    _, _, H, W = y_shape
    _, _, AH, AW = shape
    L = lanes(y)
    zero = broadcast(y, 0)
    piece = take(work)
    while piece < work[1]:
        group, o = divmod(piece, O)
        for ih in range(H):
            p, r = divmod(ih + padding[0], 2)
            left = (((group * 4 + 2 * r) * O + o) * AH + p) * AW
            right = left + O * AH * AW
            for i in range(padding[1] // 2, AW, L):
                mask = from_bits(min(L, AW - i))
                low, high = interleave(
                    masked_load(parts, left + i, mask, zero),
                    masked_load(parts, right + i, mask, zero),
                )
                iw = 2 * i - padding[1]
                target = (piece * H + ih) * W + iw
                seen = from_bits(min(2 * L, W - iw)) & ~from_bits(max(0, -iw))
                masked_store(y, target, seen & from_bits(L), low)
                masked_store(y, target + L, seen >> L, high)
        piece = take(work)


collect_parts = jit(_collect_parts)
