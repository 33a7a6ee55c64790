"""Pooling: each window of each plane becomes one number.

The letters, for the height (``KH``; read ``KW`` for the width):

    N   batch          H   input size      KH  kernel size     PH  padding at the top
    C   channels       OH  output size     SH  stride          DH  dilation

Tap kh of window oh lies on pixel ``ih = oh*SH + kh*DH - PH``; taps outside the picture are left
out. An index is ``ih*W + iw``, the place in the plane.

The sources are the definitions in PyTorch's documentation of MaxPool2d, AvgPool2d and
AdaptiveAvgPool2d, and its CPU kernels for what they leave open.
"""

from .._jit import jit

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_input_grad",
    "adaptive_max_pool2d",
    "avg_pool2d",
    "avg_pool2d_input_grad",
    "max_pool2d",
    "max_pool2d_gather",
    "max_pool2d_input_grad",
    "share",
]


def _max_pool2d(y, index, x, geometry):
    """Largest value of each window, and where it was.

    ``y[n,c,oh,ow] = max over kh, kw of x[n,c,ih,iw]``

    Of equal values the first in reading order counts. A NaN beats every number, and a later NaN an
    earlier one. A window that is all -inf gives -inf and the index of its first pixel.

    Parameters
    ----------
    y : (N, C, OH, OW), written
    index : (N, C, OH, OW) int64, written
    x : (N, C, H, W)
    geometry : PoolGeometry
        Every window meets at least one pixel.
    """
    (KH, KW), (SH, SW), (PH, PW), (DH, DW) = geometry
    N, C, H, W = x.shape
    _, _, OH, OW = y.shape
    for n in range(N):
        for c in range(C):
            for oh in range(OH):
                for ow in range(OW):
                    index[n, c, oh, ow] = -1
                    for kh in range(KH):
                        for kw in range(KW):
                            ih = oh * SH + kh * DH - PH
                            iw = ow * SW + kw * DW - PW
                            if 0 <= ih < H and 0 <= iw < W:
                                value = x[n, c, ih, iw]
                                first = index[n, c, oh, ow] < 0
                                isnan = value != value
                                if first or value > y[n, c, oh, ow] or isnan:
                                    y[n, c, oh, ow] = value
                                    index[n, c, oh, ow] = ih * W + iw


max_pool2d = jit(_max_pool2d)


def _adaptive_max_pool2d(y, index, x):
    """Largest value of each of OH x OW cells, and where it was; see `adaptive_avg_pool2d`.

    Ties, NaN and -inf are as in `max_pool2d`, and so is the gradient.

    Parameters
    ----------
    y : (N, C, OH, OW), written
    index : (N, C, OH, OW) int64, written
    x : (N, C, H, W)
    """
    N, C, H, W = x.shape
    _, _, OH, OW = y.shape
    for n in range(N):
        for c in range(C):
            for oh in range(OH):
                for ow in range(OW):
                    index[n, c, oh, ow] = -1
                    for ih in range(oh * H // OH, -(-(oh + 1) * H // OH)):
                        for iw in range(ow * W // OW, -(-(ow + 1) * W // OW)):
                            value = x[n, c, ih, iw]
                            first = index[n, c, oh, ow] < 0
                            isnan = value != value
                            if first or value > y[n, c, oh, ow] or isnan:
                                y[n, c, oh, ow] = value
                                index[n, c, oh, ow] = ih * W + iw


adaptive_max_pool2d = jit(_adaptive_max_pool2d)


def _max_pool2d_input_grad(gx, gy, index):
    """Gradient of max pooling: each window hands its gradient to the pixel that won.

    ``gx[n,c,index[n,c,oh,ow]] += gy[n,c,oh,ow]``, where a pixel may have won several windows.

    Parameters
    ----------
    gx : (N, C, H, W), written
    gy : (N, C, OH, OW)
    index : (N, C, OH, OW) int64
    """
    N, C, H, W = gx.shape
    _, _, OH, OW = gy.shape
    for n in range(N):
        for c in range(C):
            for h in range(H):
                for w in range(W):
                    gx[n, c, h, w] = 0
            for oh in range(OH):
                for ow in range(OW):
                    h = index[n, c, oh, ow] // W
                    w = index[n, c, oh, ow] % W
                    gx[n, c, h, w] += gy[n, c, oh, ow]


max_pool2d_input_grad = jit(_max_pool2d_input_grad)


def _max_pool2d_gather(gy, gx, index):
    """Adjoint of `max_pool2d_input_grad`: each window reads the pixel that won.

    ``gy[n,c,oh,ow] = gx[n,c,index[n,c,oh,ow]]``

    Parameters
    ----------
    gy : (N, C, OH, OW), written
    gx : (N, C, H, W)
    index : (N, C, OH, OW) int64
    """
    _, _, _, W = gx.shape
    N, C, OH, OW = gy.shape
    for n in range(N):
        for c in range(C):
            for oh in range(OH):
                for ow in range(OW):
                    h = index[n, c, oh, ow] // W
                    w = index[n, c, oh, ow] % W
                    gy[n, c, oh, ow] = gx[n, c, h, w]


max_pool2d_gather = jit(_max_pool2d_gather)


def _share(start, K, H, P, count_include_pad):
    """How many rows of a window that begins at pixel `start` count in its average.

    Rows of the padding count if `count_include_pad` is set; rows beyond the padding, which a window
    of ceil mode may reach, never do.
    """
    stop = min(start + K, H + P)
    if not count_include_pad:
        start, stop = max(start, 0), min(stop, H)
    return stop - start


share = jit(_share)


def _avg_pool2d(y, x, geometry, count_include_pad, divisor):
    """Mean of each window.

    ``y[n,c,oh,ow] = sum over kh, kw of x[n,c,ih,iw] / area``

    The area is `divisor` if that is not 0, else the number of the window's pixels, with those of
    the padding if `count_include_pad` is set. The sum is kept in float64.

    Parameters
    ----------
    y : (N, C, OH, OW), written
    x : (N, C, H, W)
    geometry : PoolGeometry
        Its dilation is 1.
    count_include_pad : bool
    divisor : int
        0 for none.
    """
    (KH, KW), (SH, SW), (PH, PW), _ = geometry
    N, C, H, W = x.shape
    _, _, OH, OW = y.shape
    for n in range(N):
        for c in range(C):
            for oh in range(OH):
                for ow in range(OW):
                    rows = share(oh * SH - PH, KH, H, PH, count_include_pad)
                    columns = share(ow * SW - PW, KW, W, PW, count_include_pad)
                    area = divisor if divisor != 0 else rows * columns
                    total = 0.0
                    for kh in range(KH):
                        for kw in range(KW):
                            ih = oh * SH + kh - PH
                            iw = ow * SW + kw - PW
                            if 0 <= ih < H and 0 <= iw < W:
                                total += x[n, c, ih, iw]
                    y[n, c, oh, ow] = total / area


avg_pool2d = jit(_avg_pool2d)


def _avg_pool2d_input_grad(gx, gy, geometry, count_include_pad, divisor):
    """Gradient of average pooling: each window hands every pixel an equal share.

    ``gx[n,c,ih,iw] += gy[n,c,oh,ow] / area`` over all windows and their taps.

    Parameters
    ----------
    gx : (N, C, H, W), written
    gy : (N, C, OH, OW)
    geometry, count_include_pad, divisor
        As in `avg_pool2d`.
    """
    (KH, KW), (SH, SW), (PH, PW), _ = geometry
    N, C, H, W = gx.shape
    _, _, OH, OW = gy.shape
    for n in range(N):
        for c in range(C):
            for h in range(H):
                for w in range(W):
                    gx[n, c, h, w] = 0
            for oh in range(OH):
                for ow in range(OW):
                    rows = share(oh * SH - PH, KH, H, PH, count_include_pad)
                    columns = share(ow * SW - PW, KW, W, PW, count_include_pad)
                    area = divisor if divisor != 0 else rows * columns
                    for kh in range(KH):
                        for kw in range(KW):
                            ih = oh * SH + kh - PH
                            iw = ow * SW + kw - PW
                            if 0 <= ih < H and 0 <= iw < W:
                                gx[n, c, ih, iw] += gy[n, c, oh, ow] / area


avg_pool2d_input_grad = jit(_avg_pool2d_input_grad)


def _adaptive_avg_pool2d(y, x):
    """Mean of each of OH x OW cells that cover the picture.

    Cell oh holds the rows ``floor(oh*H/OH)`` to ``ceil((oh + 1)*H/OH) - 1``; neighbours share a row
    where H is not a multiple of OH. The sum is kept in float64.

    Parameters
    ----------
    y : (N, C, OH, OW), written
    x : (N, C, H, W)
    """
    N, C, H, W = x.shape
    _, _, OH, OW = y.shape
    for n in range(N):
        for c in range(C):
            for oh in range(OH):
                for ow in range(OW):
                    top, bottom = oh * H // OH, -(-(oh + 1) * H // OH)
                    left, right = ow * W // OW, -(-(ow + 1) * W // OW)
                    total = 0.0
                    for ih in range(top, bottom):
                        for iw in range(left, right):
                            total += x[n, c, ih, iw]
                    y[n, c, oh, ow] = total / ((bottom - top) * (right - left))


adaptive_avg_pool2d = jit(_adaptive_avg_pool2d)


def _adaptive_avg_pool2d_input_grad(gx, gy):
    """Gradient of `adaptive_avg_pool2d`: each cell hands every pixel an equal share.

    Parameters
    ----------
    gx : (N, C, H, W), written
    gy : (N, C, OH, OW)
    """
    N, C, H, W = gx.shape
    _, _, OH, OW = gy.shape
    for n in range(N):
        for c in range(C):
            for h in range(H):
                for w in range(W):
                    gx[n, c, h, w] = 0
            for oh in range(OH):
                for ow in range(OW):
                    top, bottom = oh * H // OH, -(-(oh + 1) * H // OH)
                    left, right = ow * W // OW, -(-(ow + 1) * W // OW)
                    area = (bottom - top) * (right - left)
                    for ih in range(top, bottom):
                        for iw in range(left, right):
                            gx[n, c, ih, iw] += gy[n, c, oh, ow] / area


adaptive_avg_pool2d_input_grad = jit(_adaptive_avg_pool2d_input_grad)
