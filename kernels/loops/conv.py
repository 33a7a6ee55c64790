"""Convolution and transposed convolution, and the gradient of the weight they share.

The letters, for the height (``KH``; read ``KW`` for the width):

    N   batch                   KH  kernel size       SH  stride
    C   input channels          H   input size        PH  padding at the top
    O   output channels         OH  output size       DH  dilation
    I   input channels of a transposed convolution
    G   groups; group g reads its own C/G channels and writes its own O/G

One relation serves all three kernels: tap kh of window oh lies on pixel ::

    ih = oh*SH + kh*DH - PH

Convolution gathers along it; transposed convolution scatters along it, with the names ih and oh
exchanged; the weight gradient collects the products of its two ends. Every function is linear in
each of its arrays, and each is the gradient of another: see the docstrings.

The sources are Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016),
and the definitions in PyTorch's documentation of Conv2d and ConvTranspose2d.
"""

from .._jit import jit

__all__ = ["conv2d", "conv2d_weight_grad", "conv_transpose2d"]


def _conv2d(y, x, w, b, geometry):
    """Convolution (cross-correlation): every output pixel gathers the window it looks at.

    ``y[n,o,oh,ow] = b[o] + sum over c, kh, kw of x[n,c,ih,iw] * w[o,c,kh,kw]``

    with ``ih = oh*SH + kh*DH - PH`` and c running over the channels of o's group; taps outside the
    picture meet zeros and are left out. The kernel is not turned round, as everywhere in deep
    learning.

    Parameters
    ----------
    y : (N, O, OH, OW), written
    x : (N, C, H, W)
    w : (O, C/G, KH, KW)
    b : (O,)
    geometry : Conv2dGeometry

    Notes
    -----
    It is also the input gradient of `conv_transpose2d`: ``conv2d(gx, gy, w, zeros, geometry)``.
    """
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    N, C, H, W = x.shape
    O, CG, KH, KW = w.shape
    _, _, OH, OW = y.shape
    for n in range(N):
        for o in range(O):
            g = o // (O // G)
            for oh in range(OH):
                for ow in range(OW):
                    y[n, o, oh, ow] = b[o]
                    for c in range(CG):
                        for kh in range(KH):
                            for kw in range(KW):
                                ih = oh * SH + kh * DH - PH
                                iw = ow * SW + kw * DW - PW
                                if 0 <= ih < H and 0 <= iw < W:
                                    y[n, o, oh, ow] += x[n, g * CG + c, ih, iw] * w[o, c, kh, kw]


conv2d = jit(_conv2d)


def _conv_transpose2d(y, x, w, b, geometry):
    """Transposed convolution: every input pixel scatters its kernel into the output.

    ``y[n,o,oh,ow] = b[o] + sum over i, ih, iw, kh, kw of x[n,i,ih,iw] * w[i,o,kh,kw]``

    over all with ``oh = ih*SH + kh*DH - PH`` and ``ow = iw*SW + kw*DW - PW``; i runs over the input
    channels of o's group. Windows that overlap add up; taps that fall outside y are cropped, so
    padding takes rows away. Output padding is not a setting here: it is the size of y, and uncrops
    rows at the bottom.

    Parameters
    ----------
    y : (N, O, OH, OW), written
    x : (N, I, H, W)
    w : (I, O/G, KH, KW)
    b : (O,)
    geometry : Conv2dGeometry

    Notes
    -----
    It is also the input gradient of `conv2d`: ``conv_transpose2d(gx, gy, w, zeros, geometry)``,
    where I counts conv2d's output channels.
    """
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    N, I, H, W = x.shape
    _, OG, KH, KW = w.shape
    _, O, OH, OW = y.shape
    for n in range(N):
        for o in range(O):
            for oh in range(OH):
                for ow in range(OW):
                    y[n, o, oh, ow] = b[o]
    for n in range(N):
        for i in range(I):
            g = i // (I // G)
            for ih in range(H):
                for iw in range(W):
                    for o in range(OG):
                        for kh in range(KH):
                            for kw in range(KW):
                                oh = ih * SH + kh * DH - PH
                                ow = iw * SW + kw * DW - PW
                                if 0 <= oh < OH and 0 <= ow < OW:
                                    y[n, g * OG + o, oh, ow] += x[n, i, ih, iw] * w[i, o, kh, kw]


conv_transpose2d = jit(_conv_transpose2d)


def _conv2d_weight_grad(gw, x, gy, geometry):
    """Gradient of `conv2d` with respect to its weight: each tap sums what it multiplied.

    ``gw[o,c,kh,kw] = sum over n, oh, ow of x[n,c,ih,iw] * gy[n,o,oh,ow]``

    with ``ih = oh*SH + kh*DH - PH``. Rows of x that no window reached (where the stride does not
    divide evenly) take no part; the sizes of gw are the weight's, whatever x's.

    Parameters
    ----------
    gw : (O, C/G, KH, KW), written
    x : (N, C, H, W)
    gy : (N, O, OH, OW)
    geometry : Conv2dGeometry

    Notes
    -----
    The weight gradient of `conv_transpose2d` is the same sum with the roles exchanged:
    ``conv2d_weight_grad(gw, gy, x, geometry)``.
    """
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    N, C, H, W = x.shape
    O, CG, KH, KW = gw.shape
    _, _, OH, OW = gy.shape
    for o in range(O):
        g = o // (O // G)
        for c in range(CG):
            for kh in range(KH):
                for kw in range(KW):
                    gw[o, c, kh, kw] = 0
                    for n in range(N):
                        for oh in range(OH):
                            for ow in range(OW):
                                ih = oh * SH + kh * DH - PH
                                iw = ow * SW + kw * DW - PW
                                if 0 <= ih < H and 0 <= iw < W:
                                    gw[o, c, kh, kw] += x[n, g * CG + c, ih, iw] * gy[n, o, oh, ow]


conv2d_weight_grad = jit(_conv2d_weight_grad)
