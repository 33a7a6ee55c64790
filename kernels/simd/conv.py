"""conv2d and conv_transpose2d: two ways to walk the same gather kernel.

A convolution is one walk over its output, in steps of the stride over the input::

    oh = qh          ih = qh*SH + (kh*DH - PH)                     every tap

A transposed convolution (and so the input gradient of conv2d) scatters, by definition, with
oh = ih*SH - PH + kh*DH.  Read from the output's side it is a gather without any zero insertion:
output rows fall into SH phases, oh = qh*SH + top, and in each phase only those taps count for which
ih comes out whole::

    oh = qh*SH + top     ih = qh + (top + PH - kh*DH) / SH         taps with SH | top + PH - kh*DH

So each of the SH*SW phases is an ordinary convolution of stride 1 with a sub-kernel of its own,
and no multiplication is wasted: 4 x 4 with stride 2 is four 2 x 2 kernels, 3 x 3 with stride 2 is
kernels of 2 x 2, 2 x 1, 1 x 2 and 1 x 1.  A phase without taps is the bias.

Two common convolutions between many channels have a shorter way: 3 x 3 with stride 1, see
`winograd`, and 4 x 4 with stride 1 or 2, see `winograd_fours`.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..geometry import Conv2dGeometry
from .depthwise import gather_depthwise, is_depthwise
from .depthwise_phases import gather_depthwise_phases, has_depthwise_phases
from .direct import MOST_CHANNELS, gather_directly
from .gather import Output, gather
from .patch_rows import plan_rows
from .patches import Walk, conv2d_walk
from .row_product import gather_rows
from .winograd import pays, winograd
from .winograd_fours import fours, fours_pay, has_fours
from .winograd_tiles import has_tiles

__all__ = ["conv2d", "conv_transpose2d"]


def conv2d(y: Array, x: Array, w: Array, b: Array, geometry: Conv2dGeometry) -> None:
    """Convolution; see ``loops.conv2d`` for the equation.

    Parameters
    ----------
    y : (N, O, OH, OW), written
    x : (N, C, H, W)
    w : (O, C/G, KH, KW)
    b : (O,)
    geometry : Conv2dGeometry
    """
    if _by_winograd(y, x, w, b, geometry, transposed=False):
        return
    _gather(y, x, w, b, _conv2d_way(x.shape, w.shape, y.shape, geometry), transposed=False)


def conv_transpose2d(y: Array, x: Array, w: Array, b: Array, geometry: Conv2dGeometry) -> None:
    """Transposed convolution, also conv2d's input gradient; see ``loops.conv_transpose2d``.

    Parameters
    ----------
    y : (N, O, OH, OW), written
    x : (N, I, H, W)
    w : (I, O/G, KH, KW)
    b : (O,)
    geometry : Conv2dGeometry
    """
    if _by_winograd(y, x, w, b, geometry, transposed=True):
        return
    _gather(y, x, w, b, _transposed_way(x.shape, w.shape, y.shape, geometry), transposed=True)


class _Way(NamedTuple):
    """A walk over x, its taps and phases (see ``gather``), and where positions are in y."""

    table: Array
    phases: Array
    walk: Walk
    out: Output


@lru_cache(maxsize=512)
def _conv2d_way(x_shape, w_shape, y_shape, geometry):
    walk, taps = conv2d_walk(x_shape, w_shape[2:], y_shape[2:], geometry)
    (SH, SW), (H, W), (OH, OW) = geometry[0], x_shape[2:], y_shape[2:]
    out = Output(walk.G, w_shape[0] // walk.G, OH, OW, 1, 1)
    table = np.column_stack([taps, np.arange(len(taps))])
    table = table[
        [_is_seen(tap_h, OH, SH, H) and _is_seen(tap_w, OW, SW, W) for tap_h, tap_w in taps]
    ]
    return _Way(_fixed(table), _fixed(np.array([[0, len(table), 0, 0]])), walk, out)


@lru_cache(maxsize=512)
def _transposed_way(x_shape, w_shape, y_shape, geometry):
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    N, I, H, W = x_shape
    _, O, KH, KW = w_shape
    OH, OW = y_shape[2:]
    taps: list[tuple[int, int, int]] = []
    phases: list[tuple[int, int, int, int]] = []
    QH, QW = -(-OH // SH), -(-OW // SW)
    for top in range(min(SH, OH)):
        rows = [tap for tap in _phase(top + PH, KH, SH, DH) if _is_seen(tap[0], QH, 1, H)]
        for left in range(min(SW, OW)):
            columns = [tap for tap in _phase(left + PW, KW, SW, DW) if _is_seen(tap[0], QW, 1, W)]
            first = len(taps)
            taps += [(tap_h, tap_w, kh * KW + kw) for tap_h, kh in rows for tap_w, kw in columns]
            phases.append((first, len(taps), top, left))
    table, ranges = np.array(taps, np.int64).reshape(-1, 3), np.array(phases, np.int64)
    walk = Walk(N, G, I // G, H, W, QH, QW, 1, 1)
    return _Way(_fixed(table), _fixed(ranges), walk, Output(G, O, OH, OW, SH, SW))


def _fixed(table):
    """The table, which many calls share, made read-only."""
    table.flags.writeable = False
    return table


def _by_winograd(y, x, w, b, geometry, transposed):
    """Do it in Winograd's way, if that is possible and pays; return whether y is done."""
    _, padding, _, G = geometry
    C, O = x.shape[1] // G, y.shape[1] // G
    if has_tiles(w.shape[2:], geometry):
        fast = pays(C, O, y.shape[0], *y.shape[2:])
        return fast and winograd(y, x, w, b, padding, G, transposed)
    if has_fours(w.shape[2:], geometry):
        fast = fours_pay(x.shape, y.shape, geometry, transposed)
        return fast and fours(y, x, w, b, geometry, transposed)
    return False


def _gather(y, x, w, b, way, transposed):
    """The kernel for many output channels a group, or one of those for few."""
    table, phases, walk, out = way
    if is_depthwise(table, walk, out):
        gather_depthwise(y, x, w, b, table, walk)
    elif has_depthwise_phases(walk, out):
        gather_depthwise_phases(y, x, w, b, table, phases, walk, out)
    elif out.O <= MOST_CHANNELS:
        gather_directly(y, x, w, b, table, phases, walk, out, transposed)
    elif len(phases) == 1 and (plan := plan_rows(walk, table[:, :2], x.itemsize)):
        gather_rows(y, x, w, b, table, phases, walk, out, transposed, plan)
    else:
        gather(y, x, w, b, table, phases, walk, out, transposed)


def _phase(position, K, S, D):
    """The taps that meet a phase, each as (offset in the input, its place in the kernel)."""
    return [((position - k * D) // S, k) for k in range(K) if (position - k * D) % S == 0]


def _is_seen(offset, positions, step, length):
    """Whether a tap meets the input at any position; on tiny maps many taps see only padding."""
    return any(0 <= q * step + offset < length for q in range(positions))
