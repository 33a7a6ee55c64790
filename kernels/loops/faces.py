"""The other faces of convolution: the same numbers by six other roads.

Each function takes the arguments of its direct twin in `conv` and gives the same result, for every
stride, padding, dilation, number of groups and output padding (but for Winograd's, which is for 3 x
3 kernels of stride 1); on whole numbers it is the same to the last bit. They are for reading,
teaching and testing, on small pictures.

The letters are those of `conv`:

    N   batch                   KH  kernel size       SH  stride
    C   input channels          H   input size        PH  padding at the top
    O   output channels         OH  output size       DH  dilation
    G   groups
"""

import math

import numpy as np

from .conv import conv2d

__all__ = [
    "conv2d_im2col",
    "conv2d_toeplitz",
    "conv2d_winograd",
    "conv_transpose2d_gradient",
    "conv_transpose2d_phases",
    "conv_transpose2d_toeplitz",
    "conv_transpose2d_zero_insertion",
    "toeplitz_matrix",
]


def conv2d_im2col(y, x, w, b, geometry):
    """Convolution as one matrix product: the windows laid out as columns (im2col).

    A window is a column of ``C*KH*KW`` numbers, a filter a row of as many; their product is the sum
    over c, kh and kw that defines the output pixel. Every input pixel is written out as often as
    windows see it: memory paid for the speed of the matrix product.

    Parameters
    ----------
    y, x, w, b, geometry
        As in `conv2d`.

    References
    ----------
    Chellapilla, Puri and Simard, "High performance convolutional neural networks for document
    processing" (2006).
    """
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    N, C, H, W = x.shape
    O, CG, KH, KW = w.shape
    _, _, OH, OW = y.shape
    bottom, right = (
        max((OH - 1) * SH + DH * (KH - 1) + 1 - PH - H, 0),
        max((OW - 1) * SW + DW * (KW - 1) + 1 - PW - W, 0),
    )
    padded = np.pad(x, ((0, 0), (0, 0), (PH, bottom), (PW, right)))
    columns = np.empty((N, C, KH, KW, OH, OW), x.dtype)
    for kh in range(KH):
        for kw in range(KW):
            rows = slice(kh * DH, kh * DH + (OH - 1) * SH + 1, SH)
            cols = slice(kw * DW, kw * DW + (OW - 1) * SW + 1, SW)
            columns[:, :, kh, kw] = padded[:, :, rows, cols]
    columns = columns.reshape(N, G, CG * KH * KW, OH * OW)
    filters = w.reshape(G, O // G, CG * KH * KW)
    y[...] = (filters @ columns).reshape(y.shape) + b.reshape(O, 1, 1)


def toeplitz_matrix(w, x_shape, y_shape, geometry):
    """The matrix T of a convolution: ``y.flatten() = T @ x.flatten()`` for one picture.

    Row (o, oh, ow) holds the filter of channel o, spread over the pixels (c, ih, iw) that its
    window looks at; everything else is 0. The rows of one channel repeat the same numbers along
    their diagonals, which is what makes the matrix a (block) Toeplitz matrix.

    Parameters
    ----------
    w : (O, C/G, KH, KW)
    x_shape : (N, C, H, W)
    y_shape : (N, O, OH, OW)
        The batch is not looked at.
    geometry : Conv2dGeometry

    Returns
    -------
    T : (O*OH*OW, C*H*W)
    """
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    _, C, H, W = x_shape
    O, CG, KH, KW = w.shape
    _, _, OH, OW = y_shape
    T = np.zeros((O, OH, OW, C, H, W), w.dtype)
    for o, c, kh, kw in np.ndindex(w.shape):
        channel = o // (O // G) * CG + c
        for oh in range(OH):
            for ow in range(OW):
                ih, iw = oh * SH + kh * DH - PH, ow * SW + kw * DW - PW
                if 0 <= ih < H and 0 <= iw < W:
                    T[o, oh, ow, channel, ih, iw] = w[o, c, kh, kw]
    return T.reshape(O * OH * OW, C * H * W)


def conv2d_toeplitz(y, x, w, b, geometry):
    """Convolution as a matrix: it is linear in x, so there is one; see `toeplitz_matrix`.

    ``y[n] = T @ x[n] + b``

    Parameters
    ----------
    y, x, w, b, geometry
        As in `conv2d`.
    """
    T = toeplitz_matrix(w, x.shape, y.shape, geometry)
    N, O = y.shape[:2]
    y[...] = (x.reshape(N, T.shape[1]) @ T.T).reshape(y.shape) + b.reshape(O, 1, 1)


_PIXELS = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]])
_WEIGHTS = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2
_OUTPUTS = np.array([[1, 1, 1, 0], [0, 1, -1, 1]])


def conv2d_winograd(y, x, w, b, geometry):
    """Convolution by Winograd's F(2 x 2, 3 x 3): 16 multiplications do the work of 36.

    Two neighbouring outputs ``y0 = d0*g0 + d1*g1 + d2*g2`` and ``y1 = d1*g0 + d2*g1 + d3*g2`` need
    only four products::

        m0 = (d0 - d2) *  g0                    y0 = m0 + m1 + m2
        m1 = (d1 + d2) * (g0 + g1 + g2)/2       y1 = m1 - m2 + m3
        m2 = (d2 - d1) * (g0 - g1 + g2)/2
        m3 = (d3 - d1) *  g2

    In matrices, ``y = A @ ((G @ g) * (B @ d))``; and for 2 x 2 outputs, which look at 4 x 4 pixels,
    the same from both sides: ``y = A @ ((G @ g @ G.T) * (B @ d @ B.T)) @ A.T``. As this is linear,
    the sum over channels is taken before the way back.

    Parameters
    ----------
    y, x, w, b, geometry
        As in `conv2d`, for 3 x 3 kernels of stride 1 and dilation 1.

    Raises
    ------
    ValueError
        For any other kernel, stride or dilation.

    References
    ----------
    Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016).
    """
    strides, (PH, PW), dilations, G = geometry
    if (*w.shape[2:], *strides, *dilations) != (3, 3, 1, 1, 1, 1):
        raise ValueError(
            f"conv2d_winograd is for 3 x 3 kernels of stride 1 and dilation 1, got a kernel of "
            f"{w.shape[2:]}, stride {strides}, dilation {dilations}; use conv2d"
        )
    to_v, to_u, to_y = (matrix.astype(x.dtype) for matrix in (_PIXELS, _WEIGHTS, _OUTPUTS))
    N, C, H, W = x.shape
    O, CG, _, _ = w.shape
    _, _, OH, OW = y.shape
    bottom, right = max(OH + 3 - PH - H, 0), max(OW + 3 - PW - W, 0)  # the last tile may hang over
    padded = np.pad(x, ((0, 0), (0, 0), (PH, bottom), (PW, right)))
    u = (to_u @ w @ to_u.T).reshape(G, O // G, CG, 4, 4)
    for top in range(0, OH, 2):
        for left in range(0, OW, 2):
            d = padded[:, :, top : top + 4, left : left + 4]
            v = (to_v @ d @ to_v.T).reshape(N, G, CG, 4, 4)
            m = np.einsum("gocij,ngcij->ngoij", u, v).reshape(N, O, 4, 4)
            tile = to_y @ m @ to_y.T + b.reshape(O, 1, 1)
            y[:, :, top : top + 2, left : left + 2] = tile[:, :, : OH - top, : OW - left]


def conv_transpose2d_toeplitz(y, x, w, b, geometry):
    """Transposed convolution as the transposed matrix; hence the name.

    T is the matrix of the convolution that goes the other way, from pictures like y to pictures
    like x, with the same weight and settings. ``y[n] = T.T @ x[n] + b``. It goes back to the shape
    of y, not to its values: T.T is not the inverse of T.

    Parameters
    ----------
    y, x, w, b, geometry
        As in `conv_transpose2d`.
    """
    T = toeplitz_matrix(w, y.shape, x.shape, geometry)
    N, O = y.shape[:2]
    y[...] = (x.reshape(N, T.shape[0]) @ T).reshape(y.shape) + b.reshape(O, 1, 1)


def conv_transpose2d_gradient(y, x, w, b, geometry):
    """Transposed convolution as the gradient of a convolution.

    Let z be a picture like y, and ``E(z) = sum of x * conv2d(z)``. Then ``y = dE/dz + b``. E is
    linear in z, so its derivative with respect to one pixel is E of the picture that is 1 there and
    0 elsewhere.

    Parameters
    ----------
    y, x, w, b, geometry
        As in `conv_transpose2d`.
    """
    N, O, OH, OW = y.shape
    pixels = O * OH * OW
    units = np.eye(pixels, dtype=x.dtype).reshape(pixels, O, OH, OW)
    seen = np.empty((pixels, *x.shape[1:]), x.dtype)
    conv2d(seen, units, w, np.zeros(x.shape[1], x.dtype), geometry)
    gradient = np.tensordot(x, seen, axes=((1, 2, 3), (1, 2, 3)))
    y[...] = gradient.reshape(N, O, OH, OW) + b.reshape(O, 1, 1)


def _turned(w, G):
    """The kernel of a transposed convolution for the convolution that replaces it.

    Turned by 180 degrees, and the channels of each group exchanged: (I, O/G, KH, KW) becomes
    (O, I/G, KH, KW).
    """
    I, OG, KH, KW = w.shape
    grouped = w[:, :, ::-1, ::-1].reshape(G, I // G, OG, KH, KW)
    return np.ascontiguousarray(grouped.transpose(0, 2, 1, 3, 4)).reshape(G * OG, I // G, KH, KW)


def conv_transpose2d_zero_insertion(y, x, w, b, geometry):
    """Transposed convolution as a convolution of the picture with zeros inserted.

    Between neighbouring pixels of x come S - 1 zeros: pixel ih now lies at ``ih*SH``. Output row oh
    gets tap kh of the pixel at ``oh + PH - kh*DH``: the taps run backwards, so the kernel is turned
    by 180 degrees, and the convolution has stride 1 and padding ``DH*(KH - 1) - PH`` (negative:
    cropping). Output padding is more rows at the bottom, beyond the zeros.

    Most of its multiplications are by inserted zeros: right, but S*S times the work.

    Parameters
    ----------
    y, x, w, b, geometry
        As in `conv_transpose2d`.
    """
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    N, I, H, W = x.shape
    _, _, KH, KW = w.shape
    spread = np.zeros((N, I, (H - 1) * SH + 1, (W - 1) * SW + 1), x.dtype)
    spread[:, :, ::SH, ::SW] = x
    padding = (DH * (KH - 1) - PH, DW * (KW - 1) - PW)
    conv2d(y, spread, _turned(w, G), b, ((1, 1), padding, (DH, DW), G))


def _phase(first, K, S, P, D):
    """The convolution along one axis that makes the outputs first, first + S, first + 2*S, ...

    Tap k reaches output o from the pixel ``(o + P - k*D) / S``, if that is whole. Within a phase
    the same taps do, every ``S / gcd(S, D)``-th, and their pixels lie ``D / gcd(S, D)`` apart.

    Returns
    -------
    taps : list of int
        Empty if no tap reaches the phase.
    padding, dilation : int
        Of the phase's convolution, whose stride is 1; the taps run backwards.
    """
    taps = [k for k in range(K) if (first + P - k * D) % S == 0]
    padding = (taps[-1] * D - first - P) // S if taps else 0
    return taps, padding, D // math.gcd(S, D)


def conv_transpose2d_phases(y, x, w, b, geometry):
    """Transposed convolution as S x S convolutions of stride 1, one for each phase of the output.

    Output rows oh, oh + SH, oh + 2*SH, ... use the same taps of the kernel, and only those: a small
    kernel of its own, without a multiplication by zero. A kernel of 4 with stride 2 falls into four
    2 x 2 kernels; one of 3 with stride 2 into 2 x 2, 2 x 1, 1 x 2 and 1 x 1. A phase without taps
    is the bias alone.

    Parameters
    ----------
    y, x, w, b, geometry
        As in `conv_transpose2d`.

    References
    ----------
    Shi et al., "Is the deconvolution layer the same as a convolutional layer?" (2016).
    """
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    _, _, KH, KW = w.shape
    _, _, OH, OW = y.shape
    for top in range(min(SH, OH)):
        rows, above, apart = _phase(top, KH, SH, PH, DH)
        for left in range(min(SW, OW)):
            columns, before, beside = _phase(left, KW, SW, PW, DW)
            kernel = _turned(w[:, :, rows][:, :, :, columns], G)
            part = np.empty_like(y[:, :, top::SH, left::SW], order="C")
            conv2d(part, x, kernel, b, ((1, 1), (above, before), (apart, beside), G))
            y[:, :, top::SH, left::SW] = part
