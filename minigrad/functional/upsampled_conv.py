"""Nearest up-sampling followed by a convolution, as one transposed convolution.

Up-sampling by a whole factor S repeats each pixel S times: it is a transposed convolution of stride
S whose kernel is S ones.  A convolution of stride 1 comes after it, and the two kernels combine
into one, along each axis of size K + S - 1::

    w                    a b c              taps of the convolution, K = 3
    turned round         c b a              as a transposed convolution counts them
    repeated, S = 2      c b a              once for each copy of a pixel
                         . c b a
    summed               c c+b b+a a        taps of the transposed convolution

Nothing is multiplied twice for two copies of one pixel any more: (K + S - 1)**2 products for each
small pixel and pair of channels instead of (S*K)**2, which for S = 2 and K = 3 is 16 for 36.  And
the large picture is never made.

Source: the identity is that of Odena, Dumoulin and Olah, "Deconvolution and checkerboard artifacts"
(2016), read backwards.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from minigrad.functional.conv import conv_transpose2d
from minigrad.tensor import Tensor

__all__ = ["combine_kernels", "fits_upsampled_conv2d", "upsampled_conv2d"]

Pair = tuple[int, int]


@cache
def _combining_matrix(kernel: Pair, scale: Pair, dtype: np.dtype) -> np.ndarray:
    """M[k, u] = 1 where tap k of the convolution is part of tap u, both axes flattened."""
    along = []
    for K, S in zip(kernel, scale, strict=True):
        u, k = np.arange(K + S - 1), np.arange(K)[:, None]
        first = K - 1 - k
        along.append((first <= u) & (u < first + S))
    return np.kron(*along).astype(dtype)


def combine_kernels(weight: Tensor, scale: Pair, groups: int = 1) -> Tensor:
    """The weight of the transposed convolution that up-samples and convolves.

    Parameters
    ----------
    weight : Tensor
        (O, C // groups, KH, KW), of the convolution.
    scale : pair of int
        SH and SW.

    Returns
    -------
    Tensor
        (C, O // groups, KH + SH - 1, KW + SW - 1).

    Examples
    --------
    >>> import minigrad
    >>> w = minigrad.tensor([[[[1.0, 10.0, 100.0]]]])
    >>> combine_kernels(w, (1, 2)).tolist()
    [[[[100.0, 110.0, 11.0, 1.0]]]]
    """
    (O, C, *kernel), (SH, SW) = weight.shape, scale
    KH, KW = kernel
    matrix = weight.wrap(_combining_matrix((KH, KW), scale, weight.array.dtype))
    taps = weight.reshape(O * C, KH * KW).matmul(matrix)
    taps = taps.reshape(groups, O // groups, C, KH + SH - 1, KW + SW - 1).transpose(1, 2)
    return taps.reshape(groups * C, O // groups, KH + SH - 1, KW + SW - 1)


def fits_upsampled_conv2d(kernel: Pair, padding: Pair) -> bool:
    """Whether a convolution of stride and dilation 1 combines with up-sampling, to any gain."""
    return all(P < K for K, P in zip(kernel, padding, strict=True)) and kernel != (1, 1)


def upsampled_conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None, scale: Pair, padding: Pair, groups: int = 1
) -> Tensor:
    """``conv2d(interpolate(input, scale_factor=scale), weight, bias, 1, padding, 1, groups)``.

    Parameters
    ----------
    input : Tensor
        (N, C, H, W).
    weight : Tensor
        (O, C // groups, KH, KW).
    bias : Tensor, optional
        (O,).
    scale : pair of int
        How often each pixel is repeated, down and across.
    padding : pair of int
        Of the convolution, less than the kernel: see `fits_upsampled_conv2d`.

    Returns
    -------
    Tensor
        (N, O, SH*H + 2*PH - KH + 1, SW*W + 2*PW - KW + 1).

    Raises
    ------
    ValueError, TypeError
        As `conv_transpose2d`.

    Notes
    -----
    Sums are formed in another order than by the two operations, so results differ by rounding.
    """
    (KH, KW), (PH, PW) = weight.shape[2:], padding
    return conv_transpose2d(
        input,
        combine_kernels(weight, scale, groups),
        bias,
        stride=scale,
        padding=(KH - 1 - PH, KW - 1 - PW),
        groups=groups,
    )
