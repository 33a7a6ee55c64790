"""Resampling a picture, and windows laid out as columns (im2col) and put back (col2im).

The letters, for the height (read ``W`` for the width):

    N   batch          H   input size      KH  kernel size     PH  padding at the top
    C   channels       OH  output size     SH  stride          DH  dilation
    L   number of windows of a picture

``scale`` is the step in the input for one step in the output, (along the height, along the width):
1/scale_factor if the caller gave a factor, else H/OH.

The sources are the definitions in PyTorch's documentation of Upsample, Unfold and Fold, and its CPU
kernels for the index rules.
"""

import math

import numpy as np

from .._jit import jit

__all__ = [
    "bilinear_taps",
    "fold",
    "nearest_index",
    "unfold",
    "upsample_bilinear2d",
    "upsample_bilinear2d_input_grad",
    "upsample_nearest2d",
    "upsample_nearest2d_input_grad",
]


def _nearest_index(o, H, OH, step):
    """Input row that output row o copies: ``min(floor(o * step), H - 1)``.

    The product is float32, whatever the picture. At equal and at double size the step is not looked
    at: o and ``o // 2``. This is the rule of PyTorch's gradient and of its forward up to
    ``OH + OW = 128``; beyond, its forward drops the exception and follows the picture's dtype,
    which tells only for factors such as 2.05.
    """
    if OH == H:
        return o
    if OH == 2 * H:
        return o // 2
    return min(math.floor(np.float32(o) * np.float32(step)), H - 1)


nearest_index = jit(_nearest_index)


def _upsample_nearest2d(y, x, scale):
    """Copy the nearest pixel up and to the left: ``y[n,c,oh,ow] = x[n,c,ih,iw]``.

    ``ih = min(floor(oh * scale), H - 1)``, see `nearest_index`.

    Parameters
    ----------
    y : (N, C, OH, OW), written
    x : (N, C, H, W)
    scale : (float, float)
    """
    N, C, H, W = x.shape
    _, _, OH, OW = y.shape
    for n in range(N):
        for c in range(C):
            for oh in range(OH):
                for ow in range(OW):
                    ih = nearest_index(oh, H, OH, scale[0])
                    iw = nearest_index(ow, W, OW, scale[1])
                    y[n, c, oh, ow] = x[n, c, ih, iw]


upsample_nearest2d = jit(_upsample_nearest2d)


def _upsample_nearest2d_input_grad(gx, gy, scale):
    """Gradient of `upsample_nearest2d`: ``gx[n,c,ih,iw] += gy[n,c,oh,ow]``, all copies together.

    Parameters
    ----------
    gx : (N, C, H, W), written
    gy : (N, C, OH, OW)
    scale : (float, float)
    """
    N, C, H, W = gx.shape
    _, _, OH, OW = gy.shape
    for n in range(N):
        for c in range(C):
            for ih in range(H):
                for iw in range(W):
                    gx[n, c, ih, iw] = 0
            for oh in range(OH):
                for ow in range(OW):
                    ih = nearest_index(oh, H, OH, scale[0])
                    iw = nearest_index(ow, W, OW, scale[1])
                    gx[n, c, ih, iw] += gy[n, c, oh, ow]


upsample_nearest2d_input_grad = jit(_upsample_nearest2d_input_grad)


def _bilinear_taps(o, H, OH, step, align_corners):
    """The two input rows that output row o lies between, and the weight of the second.

    The centre of row o in the input, in rows: ``(o + 0.5)*step - 0.5``, not below 0, since pixels
    have an extent; or, with `align_corners`, ``o*(H - 1)/(OH - 1)``, the first and last pixels
    upon each other.

    Returns
    -------
    first, second : int
        Equal at the last row.
    t : float
        The value is ``(1 - t)*x[first] + t*x[second]``.
    """
    if OH == H:
        return o, o, 0.0
    if align_corners:
        place = o * ((H - 1) / (OH - 1)) if OH > 1 else 0.0
    else:
        place = max((o + 0.5) * step - 0.5, 0.0)
    first = min(math.floor(place), H - 1)
    second = min(first + 1, H - 1)
    return first, second, min(place - first, 1.0)


bilinear_taps = jit(_bilinear_taps)


def _upsample_bilinear2d(y, x, scale, align_corners):
    """Interpolate between the four nearest pixels, along the width and then along the height.

    ``y[n,c,oh,ow] = (1 - s)*((1 - t)*x[top,left] + t*x[top,right])
    + s*((1 - t)*x[bottom,left] + t*x[bottom,right])``, see `bilinear_taps`.

    Parameters
    ----------
    y : (N, C, OH, OW), written
    x : (N, C, H, W)
    scale : (float, float)
        Not looked at if `align_corners` is set.
    align_corners : bool
    """
    N, C, H, W = x.shape
    _, _, OH, OW = y.shape
    for n in range(N):
        for c in range(C):
            for oh in range(OH):
                top, bottom, s = bilinear_taps(oh, H, OH, scale[0], align_corners)
                for ow in range(OW):
                    left, right, t = bilinear_taps(ow, W, OW, scale[1], align_corners)
                    upper = (1 - t) * x[n, c, top, left] + t * x[n, c, top, right]
                    lower = (1 - t) * x[n, c, bottom, left] + t * x[n, c, bottom, right]
                    y[n, c, oh, ow] = (1 - s) * upper + s * lower


upsample_bilinear2d = jit(_upsample_bilinear2d)


def _upsample_bilinear2d_input_grad(gx, gy, scale, align_corners):
    """Gradient of `upsample_bilinear2d`: each output hands its four pixels their weights.

    Parameters
    ----------
    gx : (N, C, H, W), written
    gy : (N, C, OH, OW)
    scale, align_corners
        As in `upsample_bilinear2d`.
    """
    N, C, H, W = gx.shape
    _, _, OH, OW = gy.shape
    for n in range(N):
        for c in range(C):
            for ih in range(H):
                for iw in range(W):
                    gx[n, c, ih, iw] = 0
            for oh in range(OH):
                top, bottom, s = bilinear_taps(oh, H, OH, scale[0], align_corners)
                for ow in range(OW):
                    left, right, t = bilinear_taps(ow, W, OW, scale[1], align_corners)
                    gx[n, c, top, left] += (1 - s) * (1 - t) * gy[n, c, oh, ow]
                    gx[n, c, top, right] += (1 - s) * t * gy[n, c, oh, ow]
                    gx[n, c, bottom, left] += s * (1 - t) * gy[n, c, oh, ow]
                    gx[n, c, bottom, right] += s * t * gy[n, c, oh, ow]


upsample_bilinear2d_input_grad = jit(_upsample_bilinear2d_input_grad)


def _unfold(columns, x, geometry):
    """im2col: each window becomes a column, so that convolution becomes a matrix product.

    ``columns[n, (c*KH + kh)*KW + kw, oh*OW + ow] = x[n,c,ih,iw]``, 0 outside the picture, with
    ``ih = oh*SH + kh*DH - PH`` and OW windows in a row of the picture.

    Parameters
    ----------
    columns : (N, C*KH*KW, L), written
    x : (N, C, H, W)
    geometry : PoolGeometry
    """
    (KH, KW), (SH, SW), (PH, PW), (DH, DW) = geometry
    N, C, H, W = x.shape
    _, _, L = columns.shape
    OW = (W + 2 * PW - DW * (KW - 1) - 1) // SW + 1
    for n in range(N):
        for c in range(C):
            for kh in range(KH):
                for kw in range(KW):
                    row = (c * KH + kh) * KW + kw
                    for l in range(L):
                        ih = (l // OW) * SH + kh * DH - PH
                        iw = (l % OW) * SW + kw * DW - PW
                        if 0 <= ih < H and 0 <= iw < W:
                            columns[n, row, l] = x[n, c, ih, iw]
                        else:
                            columns[n, row, l] = 0


unfold = jit(_unfold)


def _fold(x, columns, geometry):
    """col2im, the adjoint of `unfold`: each column is added to the window it came from.

    ``x[n,c,ih,iw] += columns[n, (c*KH + kh)*KW + kw, oh*OW + ow]``; windows that overlap add up.

    Parameters
    ----------
    x : (N, C, H, W), written
    columns : (N, C*KH*KW, L)
    geometry : PoolGeometry
    """
    (KH, KW), (SH, SW), (PH, PW), (DH, DW) = geometry
    N, C, H, W = x.shape
    _, _, L = columns.shape
    OW = (W + 2 * PW - DW * (KW - 1) - 1) // SW + 1
    for n in range(N):
        for c in range(C):
            for h in range(H):
                for w in range(W):
                    x[n, c, h, w] = 0
            for kh in range(KH):
                for kw in range(KW):
                    row = (c * KH + kh) * KW + kw
                    for l in range(L):
                        ih = (l // OW) * SH + kh * DH - PH
                        iw = (l % OW) * SW + kw * DW - PW
                        if 0 <= ih < H and 0 <= iw < W:
                            x[n, c, ih, iw] += columns[n, row, l]


fold = jit(_fold)
