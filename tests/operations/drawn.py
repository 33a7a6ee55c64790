"""Hypothesis strategies for the settings of operations on windows and pictures, never square."""

import numpy as np
from geometries import unequal
from hypothesis import strategies as st

from operations.row import Call

__all__ = ["GEOMETRIES"]

generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def size_for(spans, spare):
    """Sizes of a picture in which windows of the given spans fit, with something left over."""
    H, W = (max(1, span + more) for span, more in zip(spans, spare, strict=True))
    return H, W + (H == W)


@st.composite
def convolutions(draw):
    kernel, stride, dilation = draw(unequal(1, 4)), draw(unequal(1, 4)), draw(unequal(1, 3))
    padding = draw(unequal(0, 3))
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    if draw(st.integers(0, 4)) == 0:
        settings.update(stride=1, padding=draw(st.sampled_from(["same", "valid"])))
        padding = (0, 0)
    G, CG, OG = (draw(st.integers(1, 3)) for _ in range(3))
    spans = [D * (K - 1) + 1 - 2 * P for K, P, D in zip(kernel, padding, dilation, strict=True)]
    lead = draw(st.sampled_from([(), (0,), (1,), (2,)]))
    rng = draw(generators)
    x = rng.standard_normal((*lead, G * CG, *size_for(spans, draw(unequal(0, 4)))))
    w = rng.standard_normal((G * OG, CG, *kernel))
    b = rng.standard_normal(G * OG) if draw(st.booleans()) else None
    return Call(x, w, b, groups=G, **settings)


@st.composite
def transposed_convolutions(draw):
    kernel, stride, dilation = draw(unequal(1, 4)), draw(unequal(1, 4)), draw(unequal(1, 3))
    sizes, G, IG, OG = draw(unequal(1, 4)), *(draw(st.integers(1, 2)) for _ in range(3))
    more = [draw(st.integers(0, max(S, D) - 1)) for S, D in zip(stride, dilation, strict=True)]
    padding = [
        draw(st.integers(0, min(4, ((H - 1) * S + D * (K - 1) + E) // 2)))
        for H, K, S, D, E in zip(sizes, kernel, stride, dilation, more, strict=True)
    ]
    rng = draw(generators)
    x = rng.standard_normal((draw(st.integers(0, 2)), G * IG, *sizes))
    w = rng.standard_normal((G * IG, OG, *kernel))
    b = rng.standard_normal(G * OG) if draw(st.booleans()) else None
    settings = {"stride": stride, "padding": tuple(padding), "output_padding": tuple(more)}
    return Call(x, w, b, groups=G, dilation=dilation, **settings)


def distinct(rng, shape):
    """Different numbers, so that no maximum is a tie."""
    return rng.permutation(int(np.prod(shape))).reshape(shape) * 0.1


@st.composite
def poolings(draw, largest):
    kernel, stride = draw(unequal(1, 4)), draw(unequal(1, 4))
    dilation = draw(unequal(1, 3)) if largest else (1, 1)
    padding = tuple(draw(st.integers(0, K // 2)) for K in kernel)
    spans = [
        max(D, D * (K - 1) + 1 - 2 * P) for K, P, D in zip(kernel, padding, dilation, strict=True)
    ]  # a step of the dilation does not leap over the picture
    shape = (*draw(st.sampled_from([(2,), (1, 2), (2, 1)])), *size_for(spans, draw(unequal(0, 4))))
    x = distinct(draw(generators), shape)
    if largest:
        return Call(x, kernel, stride, padding, dilation, draw(st.booleans()))
    divisor = draw(st.sampled_from([None, None, 3]))
    return Call(x, kernel, stride, padding, draw(st.booleans()), draw(st.booleans()), divisor)


@st.composite
def unfoldings(draw):
    kernel, stride, dilation = draw(unequal(1, 3)), draw(unequal(1, 3)), draw(unequal(1, 3))
    padding = draw(unequal(0, 2))
    spans = [D * (K - 1) + 1 - 2 * P for K, P, D in zip(kernel, padding, dilation, strict=True)]
    size = size_for(spans, draw(unequal(0, 4)))
    x = draw(generators).standard_normal((draw(st.integers(1, 2)), 2, *size))
    return Call(x, kernel, dilation, padding, stride)


@st.composite
def foldings(draw):
    """The columns of an unfolding, of random numbers."""
    x, kernel, dilation, padding, stride = draw(unfoldings()).args
    counts = [
        (n + 2 * P - D * (K - 1) - 1) // S + 1
        for n, K, D, P, S in zip(x.shape[2:], kernel, dilation, padding, stride, strict=True)
    ]
    shape = (len(x), 2 * kernel[0] * kernel[1], counts[0] * counts[1])
    columns = draw(generators).standard_normal(shape)
    return Call(columns, x.shape[2:], kernel, dilation, padding, stride)


@st.composite
def adaptive_sizes(draw):
    x = distinct(draw(generators), (1, 2, *draw(unequal(1, 6))))
    return Call(x, draw(unequal(1, 7)))


@st.composite
def paddings(draw):
    mode = draw(st.sampled_from(["constant", "reflect", "replicate", "circular"]))
    H, W = draw(unequal(3, 6))
    most = {"constant": 4, "reflect": 2, "replicate": 4, "circular": 2}[mode]
    margins = [draw(st.integers(-1, most)) for _ in range(4)]
    x = draw(generators).standard_normal((2, 1, H, W))
    return Call(x, tuple(margins), mode, *([1.5] if mode == "constant" else []))


@st.composite
def resizings(draw):
    mode = draw(st.sampled_from(["nearest", "nearest-exact", "bilinear", "bicubic"]))
    x = draw(generators).standard_normal((1, 2, *draw(unequal(1, 6))))
    linear = mode in ("bilinear", "bicubic")
    align = draw(st.sampled_from([None, True, False])) if linear else None
    return Call(x, draw(unequal(1, 9)), None, mode, align)


GEOMETRIES = {
    "F.conv2d": convolutions(),
    "F.conv_transpose2d": transposed_convolutions(),
    "F.max_pool2d": poolings(True),
    "F.max_pool2d_with_indices": poolings(True),
    "F.avg_pool2d": poolings(False),
    "F.unfold": unfoldings(),
    "F.fold": foldings(),
    "F.adaptive_avg_pool2d": adaptive_sizes(),
    "F.adaptive_max_pool2d": adaptive_sizes(),
    "F.pad": paddings(),
    "F.interpolate": resizings(),
}
