"""Max pooling that remembers which tap of each window won, in a byte instead of an index.

Letters as in `pool`: tap (kh, kw) of a window has the number ``kh*KW + kw`` and lies on pixel
``ih = oh*SH + kh*DH - PH``, ``iw = ow*SW + kw*DW - PW``.
"""

from .._jit import jit

__all__ = [
    "max_pool2d_index",
    "max_pool2d_taps",
    "max_pool2d_taps_gather",
    "max_pool2d_taps_input_grad",
]


def _max_pool2d_taps(y, taps, x, geometry):
    """Largest value of each window, and the number of its tap.

    Ties, NaN and -inf are as in `max_pool2d`.

    Parameters
    ----------
    y : (N, C, OH, OW), written
    taps : (N, C, OH, OW) of an unsigned integer dtype that counts to KH*KW - 1, written
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
                    first = True
                    for kh in range(KH):
                        for kw in range(KW):
                            ih = oh * SH + kh * DH - PH
                            iw = ow * SW + kw * DW - PW
                            if 0 <= ih < H and 0 <= iw < W:
                                value = x[n, c, ih, iw]
                                isnan = value != value
                                if first or value > y[n, c, oh, ow] or isnan:
                                    y[n, c, oh, ow] = value
                                    taps[n, c, oh, ow] = kh * KW + kw
                                first = False


max_pool2d_taps = jit(_max_pool2d_taps)


def _max_pool2d_index(index, taps, W, geometry):
    """The place in the plane, ``ih*W + iw``, of each tap that won: `max_pool2d`'s index.

    Parameters
    ----------
    index : (N, C, OH, OW) int64, written
    taps : (N, C, OH, OW)
    W : int
        Width of the picture.
    geometry : PoolGeometry
    """
    (_, KW), (SH, SW), (PH, PW), (DH, DW) = geometry
    N, C, OH, OW = taps.shape
    for n in range(N):
        for c in range(C):
            for oh in range(OH):
                for ow in range(OW):
                    kh, kw = divmod(int(taps[n, c, oh, ow]), KW)
                    ih = oh * SH + kh * DH - PH
                    iw = ow * SW + kw * DW - PW
                    index[n, c, oh, ow] = ih * W + iw


max_pool2d_index = jit(_max_pool2d_index)


def _max_pool2d_taps_input_grad(gx, gy, taps, geometry):
    """Gradient of max pooling: each window hands its gradient to the tap that won.

    ``gx[n,c,ih,iw] += gy[n,c,oh,ow]`` at the pixel of tap ``taps[n,c,oh,ow]``.

    Parameters
    ----------
    gx : (N, C, H, W), written
    gy : (N, C, OH, OW)
    taps : (N, C, OH, OW)
    geometry : PoolGeometry
    """
    (_, KW), (SH, SW), (PH, PW), (DH, DW) = geometry
    N, C, H, W = gx.shape
    _, _, OH, OW = gy.shape
    for n in range(N):
        for c in range(C):
            for h in range(H):
                for w in range(W):
                    gx[n, c, h, w] = 0
            for oh in range(OH):
                for ow in range(OW):
                    kh, kw = divmod(int(taps[n, c, oh, ow]), KW)
                    ih = oh * SH + kh * DH - PH
                    iw = ow * SW + kw * DW - PW
                    gx[n, c, ih, iw] += gy[n, c, oh, ow]


max_pool2d_taps_input_grad = jit(_max_pool2d_taps_input_grad)


def _max_pool2d_taps_gather(gy, gx, taps, geometry):
    """Adjoint of `max_pool2d_taps_input_grad`: each window reads the pixel that won.

    ``gy[n,c,oh,ow] = gx[n,c,ih,iw]`` at the pixel of tap ``taps[n,c,oh,ow]``.

    Parameters
    ----------
    gy : (N, C, OH, OW), written
    gx : (N, C, H, W)
    taps : (N, C, OH, OW)
    geometry : PoolGeometry
    """
    (_, KW), (SH, SW), (PH, PW), (DH, DW) = geometry
    N, C, OH, OW = gy.shape
    for n in range(N):
        for c in range(C):
            for oh in range(OH):
                for ow in range(OW):
                    kh, kw = divmod(int(taps[n, c, oh, ow]), KW)
                    ih = oh * SH + kh * DH - PH
                    iw = ow * SW + kw * DW - PW
                    gy[n, c, oh, ow] = gx[n, c, ih, iw]


max_pool2d_taps_gather = jit(_max_pool2d_taps_gather)
