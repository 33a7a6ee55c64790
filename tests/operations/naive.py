"""The operations on windows and pictures as plain loops, for samples of a few hundred numbers."""

import itertools
import math

import numpy as np

__all__ = [
    "adaptive_pool",
    "affine_grid",
    "conv2d",
    "conv_transpose2d",
    "fold",
    "grid_sample",
    "pad",
    "pool",
    "resize",
    "unfold",
]


def both(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _batched(x):
    return x if x.ndim == 4 else x[None]


def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """y[n, o, oh, ow] = b[o] + sum of x[n, c, oh*SH + kh*DH - PH, ...] * w[o, c, kh, kw]."""
    if x.ndim == 3:
        return conv2d(x[None], w, b, stride, padding, dilation, groups)[0]
    (SH, SW), (DH, DW) = both(stride), both(dilation)
    O, CG, KH, KW = w.shape
    if padding == "same":
        total = (DH * (KH - 1), DW * (KW - 1))
        before = (total[0] // 2, total[1] // 2)
    else:
        before = (0, 0) if padding == "valid" else both(padding)
        total = (2 * before[0], 2 * before[1])
    N, _, H, W = x.shape
    OH = (H + total[0] - DH * (KH - 1) - 1) // SH + 1
    OW = (W + total[1] - DW * (KW - 1) - 1) // SW + 1
    y = np.zeros((N, O, OH, OW))
    for n, o, oh, ow in np.ndindex(y.shape):
        first = o // (O // groups) * CG
        for c, kh, kw in np.ndindex(CG, KH, KW):
            h, v = oh * SH + kh * DH - before[0], ow * SW + kw * DW - before[1]
            if 0 <= h < H and 0 <= v < W:
                y[n, o, oh, ow] += x[n, first + c, h, v] * w[o, c, kh, kw]
    return y if b is None else y + b.reshape(-1, 1, 1)


def conv_transpose2d(x, w, b=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Each x[n, i, h, w] adds its multiple of the kernel at (h*SH - PH, w*SW - PW)."""
    if x.ndim == 3:
        return conv_transpose2d(x[None], w, b, stride, padding, output_padding, groups, dilation)[0]
    (SH, SW), (PH, PW), (DH, DW) = both(stride), both(padding), both(dilation)
    EH, EW = both(output_padding)
    N, I, H, W = x.shape
    OG, KH, KW = w.shape[1:]
    OH = (H - 1) * SH - 2 * PH + DH * (KH - 1) + EH + 1
    OW = (W - 1) * SW - 2 * PW + DW * (KW - 1) + EW + 1
    y = np.zeros((N, OG * groups, OH, OW))
    for n, i, h, v, o, kh, kw in np.ndindex(N, I, H, W, OG, KH, KW):
        oh, ow = h * SH + kh * DH - PH, v * SW + kw * DW - PW
        if 0 <= oh < OH and 0 <= ow < OW:
            y[n, i // (I // groups) * OG + o, oh, ow] += x[n, i, h, v] * w[i, o, kh, kw]
    return y if b is None else y + b.reshape(-1, 1, 1)


def _windows(H, K, S, P, D, ceil_mode=False):
    """The first place of each window along one axis of H places, P more on either side."""
    room = H + 2 * P - D * (K - 1) - 1
    count = (math.ceil if ceil_mode else math.floor)(room / S) + 1
    if ceil_mode and (count - 1) * S >= H + P:
        count -= 1
    return [i * S - P for i in range(count)]


def pool(x, reduce, kernel, stride=None, padding=0, dilation=1, ceil_mode=False):
    """``reduce(window, overhang)`` of each window: its values by place (h, w) -> x, which are
    inside, and the number of its places inside the padded picture."""
    if x.ndim == 3:
        y = pool(x[None], reduce, kernel, stride, padding, dilation, ceil_mode)
        return tuple(part[0] for part in y) if isinstance(y, tuple) else y[0]
    K, D, P = both(kernel), both(dilation), both(padding)
    S = K if stride is None else both(stride)
    N, C, *size = x.shape
    starts = [_windows(*axis, ceil_mode) for axis in zip(size, K, S, P, D, strict=True)]
    found = np.empty((N, C, len(starts[0]), len(starts[1])), object)
    for n, c, oh, ow in np.ndindex(found.shape):
        rows, columns = (
            [start + k * d for k in range(length)]
            for start, length, d in zip((starts[0][oh], starts[1][ow]), K, D, strict=True)
        )
        reach = [
            sum(place < n_ + p for place in places)
            for places, n_, p in zip((rows, columns), size, P, strict=True)
        ]
        window = {
            (h, w): x[n, c, h, w]
            for h in rows for w in columns if 0 <= h < size[0] and 0 <= w < size[1]
        }  # fmt: skip
        found[n, c, oh, ow] = reduce(window, reach[0] * reach[1])
    first = found.flat[0]
    if not isinstance(first, tuple):
        return found.astype(float)
    kinds = (float, np.int64)
    return tuple(np.vectorize(lambda pair, i=i: pair[i])(found).astype(kinds[i]) for i in (0, 1))


def adaptive_pool(x, reduce, output_size):
    """Window i of n covers the places floor(i*H/n) to ceil((i + 1)*H/n)."""
    *lead, H, W = x.shape
    OH, OW = (n if n is not None else m for n, m in zip(both(output_size), (H, W), strict=True))
    parts = np.empty((*lead, OH, OW), object)
    for *place, oh, ow in np.ndindex(parts.shape):
        rows = range(oh * H // OH, -(-(oh + 1) * H // OH))
        columns = range(ow * W // OW, -(-(ow + 1) * W // OW))
        window = {(h, w): x[(*place, h, w)] for h in rows for w in columns}
        parts[(*place, oh, ow)] = reduce(window, len(window))
    if not isinstance(parts.flat[0], tuple):
        return parts.astype(float)
    return tuple(
        np.vectorize(lambda p, i=i: p[i])(parts).astype((float, np.int64)[i]) for i in (0, 1)
    )


def unfold(x, kernel, dilation=1, padding=0, stride=1):
    """Columns (N, C*KH*KW, L): one for each window, row by row."""
    if x.ndim == 3:
        return unfold(x[None], kernel, dilation, padding, stride)[0]
    K, D, P, S = both(kernel), both(dilation), both(padding), both(stride)
    N, C, H, W = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (P[0],) * 2, (P[1],) * 2))
    rows, columns = (
        [start + p for start in _windows(*axis)]
        for axis, p in zip(zip((H, W), K, S, P, D, strict=True), P, strict=True)
    )
    y = [
        padded[:, c, h + kh * D[0], w + kw * D[1]]
        for c, kh, kw in np.ndindex(C, *K)
        for h, w in itertools.product(rows, columns)
    ]
    return np.stack(y, 1).reshape(N, C * K[0] * K[1], len(rows) * len(columns))


def fold(columns, output_size, kernel, dilation=1, padding=0, stride=1):
    """The transpose of `unfold`: its matrix from unit pictures."""
    if columns.ndim == 2:
        return fold(columns[None], output_size, kernel, dilation, padding, stride)[0]
    KH, KW = both(kernel)
    C, (H, W) = columns.shape[1] // (KH * KW), both(output_size)
    units = np.eye(C * H * W).reshape(-1, C, H, W)
    matrix = unfold(units, kernel, dilation, padding, stride).reshape(C * H * W, -1)
    return (columns.reshape(len(columns), -1) @ matrix.T).reshape(-1, C, H, W)


def pad(x, margins, mode="constant", value=None):
    """Margins for the last axis first; negative ones crop, after all others have read x.

    Only circular margins read what is left after the crop.
    """
    pairs = [(margins[i], margins[i + 1]) for i in range(0, len(margins), 2)]
    pairs = [(0, 0)] * (x.ndim - len(pairs)) + pairs[::-1]
    if mode == "circular":
        x = _cropped(x, pairs)
    names = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    settings = {"constant_values": value or 0} if mode == "constant" else {}
    wider = [tuple(max(m, 0) for m in pair) for pair in pairs]
    y = np.pad(x, wider, names[mode], **settings)
    return y if mode == "circular" else _cropped(y, pairs)


def _cropped(x, pairs):
    """Without as many places at the ends of each axis as its pair says, in negative numbers."""
    ends = [slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape, pairs, strict=True)]
    return x[tuple(ends)]


# Resizing and reading at places


def _taps(mode, x, n):
    """Pixels and weights that a place x along an axis of n pixels reads."""
    i = math.floor(x)
    if mode == "bilinear":
        taps = [(i, 1 - (x - i)), (i + 1, x - i)]
    elif mode == "bicubic":
        taps = [(i + k, _cubic(x - i - k)) for k in (-1, 0, 1, 2)]
    else:
        taps = [(i, 1.0)]
    return [(min(max(j, 0), n - 1), weight) for j, weight in taps]


def _cubic(d):
    """Keys' kernel with a = -0.75."""
    a, d = -0.75, abs(d)
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a


def resize(x, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """Each pixel of the output reads the input around its own place."""
    *lead, H, W = x.shape
    factors = None if scale_factor is None else both(scale_factor)
    if size is None:
        size = [math.floor(n * f) for n, f in zip((H, W), factors, strict=True)]
    size = both(size)
    axes = []
    for axis, (n, m) in enumerate(zip((H, W), size, strict=True)):
        step = n / m if factors is None else 1 / factors[axis]
        taps = []
        for o in range(m):
            if mode == "nearest":
                place = o * step
            elif mode == "nearest-exact":
                place = (o + 0.5) * step
            elif align_corners:
                place = o * (n - 1) / (m - 1) if m > 1 else 0.0
            else:
                place = (o + 0.5) * step - 0.5
                place = max(place, 0.0) if mode == "bilinear" else place
            taps.append(_taps(mode, place, n))
        axes.append(taps)
    y = np.zeros((*lead, *size))
    for oh, ow in np.ndindex(*size):
        for (h, a), (w, b) in itertools.product(axes[0][oh], axes[1][ow]):
            y[..., oh, ow] += a * b * x[..., h, w]
    return y


def affine_grid(theta, size, align_corners=None):
    N, _, H, W = size

    def centre(i, n):
        if align_corners:
            return -1 + 2 * i / (n - 1) if n > 1 else 0.0
        return -1 + (2 * i + 1) / n

    grid = np.empty((N, H, W, 2))
    for n, h, w in np.ndindex(N, H, W):
        grid[n, h, w] = theta[n] @ (centre(w, W), centre(h, H), 1)
    return grid


def _outside(i, n, padding, align):
    if padding == "reflection":
        low, high = (0, n - 1) if align else (-0.5, n - 0.5)
        while not low <= i <= high:
            i = 2 * low - i if i < low else 2 * high - i
    return i if padding == "zeros" else min(max(i, 0.0), n - 1.0)


def grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    N, C, H, W = x.shape
    y = np.zeros((N, C, *grid.shape[1:3]))
    for n, oh, ow in np.ndindex(N, *grid.shape[1:3]):
        w, h = (
            _outside((g + 1) / 2 * (size - 1) if align_corners else ((g + 1) * size - 1) / 2,
                     size, padding_mode, align_corners)
            for g, size in zip(grid[n, oh, ow], (W, H), strict=True)
        )  # fmt: skip
        corners = itertools.product(
            (math.floor(h), math.floor(h) + 1), (math.floor(w), math.floor(w) + 1)
        )
        if mode == "nearest":
            corners = [(round(h), round(w))]
        for i, j in corners:
            weight = 1.0 if mode == "nearest" else (1 - abs(h - i)) * (1 - abs(w - j))
            if 0 <= i < H and 0 <= j < W:
                y[n, :, oh, ow] += weight * x[n, :, i, j]
    return y
