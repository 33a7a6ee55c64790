"""Hypothesis strategies for the settings of convolution and pooling, never square.

Sizes, kernels, strides, paddings and dilations differ between height and width, so that no test can
miss two of them exchanged. Arrays hold small whole numbers: every sum of products is exact in
float64 and the order of a sum does not show.
"""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from minigrad.kernels import geometry as G

__all__ = [
    "Case",
    "conv_cases",
    "fours_cases",
    "generators",
    "pool_cases",
    "transposed_cases",
    "transposed_fours_cases",
    "whole",
    "winograd_cases",
]


class Case(NamedTuple):
    """Arguments of a convolution kernel, and the shape of its output."""

    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    geometry: G.Conv2dGeometry
    y_shape: tuple[int, int, int, int]


def whole(rng, shape, dtype=np.float64):
    """Whole numbers from -4 to 4, without a 0 to hide behind."""
    return rng.choice([-4, -3, -2, -1, 1, 2, 3, 4], shape).astype(dtype)


def unequal(low, high):
    """Two different numbers from `low` to `high`."""
    return st.permutations(range(low, high + 1)).map(lambda numbers: tuple(numbers[:2]))


generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@st.composite
def conv_cases(draw):
    """Any convolution: rows that no window reaches, padding wider than the kernel, groups."""
    kernel, stride, dilation = draw(unequal(1, 4)), draw(unequal(1, 4)), draw(unequal(1, 3))
    padding, G_ = draw(unequal(0, 4)), draw(st.integers(1, 3))
    N, CG, OG = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    spare = draw(unequal(0, 6))
    sizes = [
        max(1, D * (K - 1) + 1 - 2 * P + more)
        for K, D, P, more in zip(kernel, dilation, padding, spare, strict=True)
    ]
    sizes[1] += sizes[0] == sizes[1]
    rng = draw(generators)
    x, w = whole(rng, (N, G_ * CG, *sizes)), whole(rng, (G_ * OG, CG, *kernel))
    geometry, y_shape = G.conv2d_geometry(x.shape, w.shape, stride, padding, dilation, G_)
    return Case(x, w, whole(rng, G_ * OG), geometry, y_shape)


@st.composite
def winograd_cases(draw):
    """A 3 x 3 convolution of stride 1: any size and padding, the batch may be 0, groups."""
    return _tiled_case(draw, 3, 1)


@st.composite
def fours_cases(draw):
    """The same of 4 x 4, stride 1 or 2."""
    return _tiled_case(draw, 4, draw(st.integers(1, 2)))


def _tiled_case(draw, K, stride):
    padding, spare = draw(unequal(0, 4)), draw(unequal(0, 20))
    N, G_ = draw(st.integers(0, 3)), draw(st.integers(1, 2))
    CG, OG = draw(st.integers(1, 5)), draw(st.integers(1, 20))
    sizes = [max(1, K - 2 * P) + more for P, more in zip(padding, spare, strict=True)]
    rng = draw(generators)
    x, w = whole(rng, (N, G_ * CG, *sizes)), whole(rng, (G_ * OG, CG, K, K))
    geometry, y_shape = G.conv2d_geometry(x.shape, w.shape, stride, padding, 1, G_)
    return Case(x, w, whole(rng, G_ * OG), geometry, y_shape)


@st.composite
def transposed_fours_cases(draw):
    """A transposed convolution of 4 x 4, stride 1 or 2."""
    stride = draw(st.integers(1, 2))
    return _transposed_case(draw, (4, 4), (stride, stride), (1, 1))


@st.composite
def transposed_cases(draw):
    """Any transposed convolution, with output padding, also wider than the padding."""
    kernel, stride, dilation = draw(unequal(1, 4)), draw(unequal(1, 4)), draw(unequal(1, 3))
    return _transposed_case(draw, kernel, stride, dilation)


def _transposed_case(draw, kernel, stride, dilation):
    G_, N = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    IG, OG = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    sizes = draw(unequal(1, 4))
    extra = tuple(
        draw(st.integers(0, max(S, D) - 1)) for S, D in zip(stride, dilation, strict=True)
    )
    padding = tuple(
        draw(st.integers(0, min(4, ((H - 1) * S + D * (K - 1) + OP) // 2)))
        for H, K, S, D, OP in zip(sizes, kernel, stride, dilation, extra, strict=True)
    )
    rng = draw(generators)
    x, w = whole(rng, (N, G_ * IG, *sizes)), whole(rng, (G_ * IG, OG, *kernel))
    geometry, y_shape = G.conv_transpose2d_geometry(
        x.shape, w.shape, stride, padding, extra, G_, dilation
    )
    return Case(x, w, whole(rng, G_ * OG), geometry, y_shape)


@st.composite
def pool_cases(draw, dilated=False):
    """x, geometry and y_shape of a pooling, in floor or ceil mode; x has many equal values."""
    kernel, stride = draw(unequal(1, 4)), draw(unequal(1, 4))
    dilation = draw(unequal(1, 3)) if dilated else (1, 1)
    padding = tuple(draw(st.integers(0, K // 2)) for K in kernel)
    spare = draw(unequal(0, 5))
    sizes = [
        max(D, D * (K - 1) + 1 - 2 * P + more)
        for K, D, P, more in zip(kernel, dilation, padding, spare, strict=True)
    ]
    sizes[1] += sizes[0] == sizes[1]
    x = whole(draw(generators), (draw(st.integers(1, 2)), draw(st.integers(1, 2)), *sizes))
    geometry, y_shape = G.pool2d_geometry(
        x.shape, kernel, stride, padding, dilation, draw(st.booleans())
    )
    return x, geometry, y_shape
