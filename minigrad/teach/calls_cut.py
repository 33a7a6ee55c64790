"""A convolution's call cut to one cell, or widened until nothing is left out.

The letters are the kernels' (``kernels/loops/conv.py``). One relation serves all of them: tap kh of
window oh lies on pixel ``ih = oh*SH + kh*DH - PH``. It tells how a call is cut (shift the padding)
and widened (move the padding into the picture); the kernel stays the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.kernels.geometry import Conv2dGeometry
from minigrad.teach.calls import as_vector, whole, written
from minigrad.teach.recording import Cell

__all__ = ["gather", "scatter"]


def _bias(b: Any, size: int, dtype: Any, origin: int = 0, part: slice = slice(None)) -> Any:
    """The bias as an array of the call; without one, zeros that nobody names."""
    if b is None:
        return np.zeros(len(range(*part.indices(size))), dtype)
    return whole("b", as_vector(b, size, dtype)[part], origin=(origin,))


def gather(
    names: tuple[str, str], y_shape: Any, x: Any, w: Any, b: Any, geometry: Any, at: Cell | None
) -> tuple[tuple, tuple]:
    """The arguments of kernel conv2d, and those on the padded picture.

    With `at`, the output is one cell: the channel's own filter, its window's pixels, and the
    padding shifted so that this window is number 0.
    """
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    N, C, H, W = x.shape
    O, CG, KH, KW = w.shape
    _, _, OH, OW = y_shape
    (n0, o0, oh0, ow0), (N, OC, OH, OW) = (at, (1, 1, 1, 1)) if at else ((0,) * 4, y_shape)
    g = o0 // (O // G)
    c0, C = (g * CG, CG) if at else (0, C)
    groups = 1 if at else G
    w, w_origin = w[o0 : o0 + OC], (o0, 0, 0, 0)
    x = x[n0 : n0 + N, c0 : c0 + C]
    bias = _bias(b, O, x.dtype, o0, slice(o0, o0 + OC))
    y = written(names[0], (N, OC, OH, OW), x.dtype, origin=(n0, o0, oh0, ow0))

    def window(top: int, bottom: int, left: int, right: int) -> tuple:
        """Pixels from (top, left) on, beyond the picture as zeros; the arguments on them."""
        widths = [(max(-top, 0), max(bottom - H, 0)), (max(-left, 0), max(right - W, 0))]
        padded = np.pad(x, [(0, 0), (0, 0), *widths])
        rows = slice(top + widths[0][0], bottom + widths[0][0])
        columns = slice(left + widths[1][0], right + widths[1][0])
        part = whole(names[1], padded[:, :, rows, columns], origin=(n0, c0, top, left))
        shift = (PH - oh0 * SH + top, PW - ow0 * SW + left)
        moved = Conv2dGeometry((SH, SW), shift, (DH, DW), groups)
        return y, part, whole("w", w, origin=w_origin), bias, moved

    reach = [
        (o * S - P, o * S - P + (count - 1) * S + D * (K - 1) + 1)
        for o, count, S, P, D, K in (
            (oh0, OH, SH, PH, DH, KH),
            (ow0, OW, SW, PW, DW, KW),
        )
    ]
    (top, bottom), (left, right) = reach
    if not at:  # all of the picture, also what no window reaches, and all of its padding
        top, bottom, left, right = -PH, max(bottom, H + PH), -PW, max(right, W + PW)
    wide = window(top, bottom, left, right)
    if at:
        # A window that lies in the padding altogether still needs a pixel that it does not meet.
        top, bottom = _inside(top, bottom, H)
        left, right = _inside(left, right, W)
    else:
        top, bottom, left, right = 0, H, 0, W
    return window(top, bottom, left, right), wide


def _inside(first: int, stop: int, size: int) -> tuple[int, int]:
    """The part of the range within the picture, one pixel at least."""
    first = min(max(first, 0), size - 1)
    return first, max(min(stop, size), first + 1)


def scatter(
    names: tuple[str, str], y_shape: Any, x: Any, w: Any, b: Any, geometry: Any, at: Cell | None
) -> tuple[tuple, tuple]:
    """The arguments of kernel conv_transpose2d, and those into the uncropped output.

    With `at`, the output is one cell, and the input the pixels that can reach it.
    """
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    _, _, H, W = x.shape
    I, OG, KH, KW = w.shape
    N, O, OH, OW = y_shape
    if at:
        n, o, oh, ow = at
        g, IG = o // OG, I // G
        top, bottom = _reaching(oh + PH, H, SH, DH * (KH - 1))
        left, right = _reaching(ow + PW, W, SW, DW * (KW - 1))
        channels = slice(g * IG, (g + 1) * IG)
        part = x[n : n + 1, channels, top:bottom, left:right]
        given = whole(names[1], part, origin=(n, g * IG, top, left))
        weight = whole(
            "w", w[channels, o - g * OG : o - g * OG + 1], origin=(g * IG, o - g * OG, 0, 0)
        )
        y = written(names[0], (1, 1, 1, 1), x.dtype, origin=at)
        shift = (PH + oh - top * SH, PW + ow - left * SW)
        moved = Conv2dGeometry((SH, SW), shift, (DH, DW), 1)
        arguments = (y, given, weight, _bias(b, O, x.dtype, o, slice(o, o + 1)), moved)
        return arguments, arguments
    given, weight, bias = whole(names[1], x), whole("w", w), _bias(b, O, x.dtype)
    y = written(names[0], y_shape, x.dtype)
    full = [
        max((H - 1) * SH + DH * (KH - 1) + 1, PH + OH),
        max((W - 1) * SW + DW * (KW - 1) + 1, PW + OW),
    ]
    uncropped = written(names[0], (N, O, *full), x.dtype, origin=(0, 0, -PH, -PW))
    open_ = Conv2dGeometry((SH, SW), (0, 0), (DH, DW), G)
    return (y, given, weight, bias, geometry), (uncropped, given, weight, bias, open_)


def _reaching(place: int, H: int, S: int, span: int) -> tuple[int, int]:
    """The pixels whose kernel, of the given span, can touch a place of the uncropped output."""
    return _inside(-(-(place - span) // S), place // S + 1, H)
