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
"""

import numpy as np

from .gather import Output, gather, pack_weights
from .patches import Walk

__all__ = ["conv2d", "conv_transpose2d"]


def conv2d(y: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray, geometry) -> None:
    """Convolution; see ``loops.conv2d`` for the equation.

    Parameters
    ----------
    y : (N, O, OH, OW), written
    x : (N, C, H, W)
    w : (O, C/G, KH, KW)
    b : (O,)
    geometry : Conv2dGeometry
    """
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    N, C, H, W = x.shape
    O, _, KH, KW = w.shape
    OH, OW = y.shape[2:]
    rows = [(kh * DH - PH, kh) for kh in range(KH)]
    columns = [(kw * DW - PW, kw) for kw in range(KW)]
    walk = Walk(N, G, C // G, H, W, OH, OW, SH, SW)
    out = Output(G, O // G, OH, OW, 1, 1, 0, 0)
    _gather_taps(y, x, w, b, rows, columns, walk, out, transposed=False)


def conv_transpose2d(y: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray, geometry) -> None:
    """Transposed convolution, also conv2d's input gradient; see ``loops.conv_transpose2d``.

    Parameters
    ----------
    y : (N, O, OH, OW), written
    x : (N, I, H, W)
    w : (I, O/G, KH, KW)
    b : (O,)
    geometry : Conv2dGeometry
    """
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    N, I, H, W = x.shape
    _, O, KH, KW = w.shape
    OH, OW = y.shape[2:]
    for top in range(min(SH, OH)):
        rows = [
            ((top + PH - kh * DH) // SH, kh) for kh in range(KH) if (top + PH - kh * DH) % SH == 0
        ]
        for left in range(min(SW, OW)):
            columns = [
                ((left + PW - kw * DW) // SW, kw)
                for kw in range(KW)
                if (left + PW - kw * DW) % SW == 0
            ]
            QH, QW = -(-(OH - top) // SH), -(-(OW - left) // SW)
            walk = Walk(N, G, I // G, H, W, QH, QW, 1, 1)
            out = Output(G, O, OH, OW, SH, SW, top, left)
            _gather_taps(y, x, w, b, rows, columns, walk, out, transposed=True)


def _gather_taps(y, x, w, b, rows, columns, walk, out, transposed):
    """Gather along the taps rows x columns, each given as (offset in the input, place in w)."""
    KW = w.shape[3]
    grid = [(tap_h, tap_w, kh * KW + kw) for tap_h, kh in rows for tap_w, kw in columns]
    table = np.array(grid, np.int64).reshape(-1, 3)
    places = np.ascontiguousarray(table[:, 2])
    weights = pack_weights(w, places, walk.G, out.O, walk.C, transposed)
    gather(y, x, weights, b, np.ascontiguousarray(table[:, :2]), walk, out)
