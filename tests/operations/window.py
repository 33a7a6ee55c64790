"""Rows of convolution, pooling, padding, folding, resizing and reading pictures."""

import numpy as np

from minigrad.errors import RangeError
from operations import naive
from operations.row import Call, Row, distinct, normal, refused

__all__ = ["ROWS"]

X = np.arange(40.0).reshape(1, 2, 4, 5)
W = np.ones((3, 2, 3, 2))
SINGLE = np.float32


def refusals_of_windows(*operands, settings=("stride", "dilation", "padding"), low=None):
    """Settings that no window operation takes: zeros, negatives, fractions, words, triples."""
    found = []
    for name in settings:
        lowest = 0 if name == "padding" else 1
        found += [
            refused(ValueError, f"{name} {lowest - 1}", *operands, **{name: lowest - 1}),
            refused(ValueError, f"{name}", *operands, **{name: (1, 1, 1)}),
            refused(TypeError, f"{name} 1.5", *operands, **{name: (1, 1.5)}),
            refused(TypeError, f"{name} 'wide'", *operands, **{name: ("wide", 1)}),
            refused(ValueError, f"{name}", *operands, **{name: 2**70}),
        ]
    return found


# Convolution


def convolutions(rng):
    yield Call(normal(rng, 2, 2, 4, 3), normal(rng, 3, 2, 2, 3), normal(rng, 3), (2, 1), (1, 2))
    yield Call(normal(rng, 1, 4, 5, 4), normal(rng, 4, 2, 2, 1), None, 1, (0, 1), (2, 3), 2)
    yield Call(normal(rng, 2, 3, 4), normal(rng, 2, 2, 3, 2), normal(rng, 2), padding="same")
    yield Call(normal(rng, 1, 1, 2, 3), normal(rng, 1, 1, 1, 2), None, (3, 2), (2, 3))


def transposed(rng):
    yield Call(
        normal(rng, 2, 2, 2, 3), normal(rng, 2, 3, 3, 2), normal(rng, 3), (2, 3), (1, 0), (1, 2)
    )
    yield Call(normal(rng, 1, 4, 2, 3), normal(rng, 4, 1, 2, 2), None, 1, (0, 1), (1, 0), 2, (2, 1))
    yield Call(normal(rng, 2, 3, 2), normal(rng, 2, 1, 1, 2), normal(rng, 1), stride=(1, 2))


def conv1d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    padding = padding if isinstance(padding, str) else (0, padding)
    y = naive.conv2d(
        x[..., None, :], w[..., None, :], b, (1, stride), padding, (1, dilation), groups
    )
    return y[..., 0, :]


def conv_transpose1d(x, w, b=None, stride=1, padding=0, more=0, groups=1, dilation=1):
    y = naive.conv_transpose2d(
        x[..., None, :], w[..., None, :], b, (1, stride), (0, padding), (0, more), groups,
        (1, dilation),
    )  # fmt: skip
    return y[..., 0, :]


def of_sequences(rng):
    yield Call(normal(rng, 2, 2, 7), normal(rng, 3, 2, 3), normal(rng, 3), 2, 1, 2)
    yield Call(normal(rng, 4, 5), normal(rng, 2, 2, 2), None, padding="same", groups=2)


def transposed_sequences(rng):
    yield Call(normal(rng, 2, 2, 3), normal(rng, 2, 3, 3), normal(rng, 3), 3, 1, 2)
    yield Call(normal(rng, 4, 3), normal(rng, 4, 1, 2), None, 2, 0, 1, 2, 2)


CONV = [
    *refusals_of_windows(X, W),
    refused(ValueError, "groups 0", X, W, groups=0),
    refused(ValueError, "groups", X, W, groups=-(2**63)),
    refused(ValueError, "in_channels 2 groups 3", X, W, groups=3),
    refused(ValueError, "out_channels 3 groups 2", X, W[:, :1], groups=2),
    refused(ValueError, "channels 3 2", X, np.ones((3, 3, 3, 2))),
    refused(ValueError, "kernel 7 height 4", X, np.ones((3, 2, 7, 2))),
    refused(ValueError, "same stride", X, W, stride=2, padding="same"),
    refused(ValueError, "padding 'full'", X, W, padding="full"),
    refused(ValueError, "bias 3", X, W, np.ones(2)),
    refused(ValueError, "dimensions", X[0, 0], W),
    refused(ValueError, "no pixels", X[:, :, :0], W),
    refused(ValueError, "weight", X, W[0]),
    refused(TypeError, "weight float32", X, W.astype(SINGLE)),
    refused(TypeError, "input int64", X.astype(int), W),
    refused(TypeError, "input Tensor", "text", W),
]
CONVT = [
    *refusals_of_windows(X, np.ones((2, 3, 3, 2)), settings=("stride", "dilation", "padding")),
    refused(ValueError, "output_padding 1", X, np.ones((2, 3, 3, 2)), output_padding=1),
    refused(ValueError, "output_padding -1", X, np.ones((2, 3, 3, 2)), output_padding=-1),
    refused(ValueError, "groups 0", X, np.ones((2, 3, 3, 2)), groups=0),
    refused(ValueError, "in_channels 2 groups 3", X, np.ones((2, 3, 3, 2)), groups=3),
    refused(ValueError, "2 3", X, np.ones((3, 2, 3, 2))),
    refused(ValueError, "padding", X, np.ones((2, 3, 1, 1)), padding=3),
    refused(ValueError, "bias", X, np.ones((2, 3, 3, 2)), np.ones(2)),
    refused(TypeError, "weight float32", X, np.ones((2, 3, 3, 2), SINGLE)),
]

# Pooling


def max_pool2d(x, kernel, stride=None, padding=0, dilation=1, ceil_mode=False, indices=False):
    def reduce(window, _):
        place = max(window, key=lambda at: window[at])
        return window[place], place[0] * x.shape[-1] + place[1]

    y, index = naive.pool(x, reduce, kernel, stride, padding, dilation, ceil_mode)
    return (y, index) if indices else y


def avg_pool2d(
    x, kernel, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
    divisor_override=None,
):  # fmt: skip
    def reduce(window, reach):
        n = divisor_override or (reach if count_include_pad else len(window))
        return sum(window.values()) / n

    return naive.pool(x, reduce, kernel, stride, padding, 1, ceil_mode)


def lp_pool2d(x, p, kernel, stride=None, ceil_mode=False):
    """(sum x**p)**(1/p); a window cut off by the edge counts as whole, of the mean there."""

    def reduce(window, reach):
        K = naive.both(kernel)
        return (sum(v**p for v in window.values()) * K[0] * K[1] / reach) ** (1 / p)

    return naive.pool(x, reduce, kernel, stride, 0, 1, ceil_mode)


def maxima(rng):
    yield Call(distinct(rng, 1, 2, 4, 5), (2, 3))
    yield Call(distinct(rng, 2, 1, 5, 4), (3, 2), (2, 1), (1, 0), (1, 2), True)
    yield Call(distinct(rng, 2, 4, 5), (2, 3), (1, 2))


def means(rng):
    yield Call(normal(rng, 1, 2, 4, 5), (2, 3))
    yield Call(normal(rng, 2, 1, 5, 4), (3, 2), (2, 3), (1, 1), True)
    yield Call(normal(rng, 1, 1, 5, 4), (3, 2), (2, 3), (1, 1), True, False)
    yield Call(normal(rng, 2, 4, 5), (2, 3), (1, 2), 0, False, True, 4)


def rows(rng):
    yield Call(distinct(rng, 2, 2, 5), 2)
    yield Call(distinct(rng, 2, 6), 3, 2, 1)


def max_pool1d(x, kernel, stride=None, padding=0, dilation=1):
    S = kernel if stride is None else stride
    return max_pool2d(x[..., None, :], (1, kernel), (1, S), (0, padding), (1, dilation))[..., 0, :]


def avg_pool1d(x, kernel, stride=None, padding=0):
    S = kernel if stride is None else stride
    return avg_pool2d(x[..., None, :], (1, kernel), (1, S), (0, padding))[..., 0, :]


def unpoolings(rng):
    y, index = max_pool2d(distinct(rng, 2, 2, 4, 9), (2, 3), indices=True)
    yield Call(y, index, (2, 3))
    y, index = max_pool2d(distinct(rng, 1, 1, 5, 9), (2, 3), indices=True)
    yield Call(y, index, (2, 3), None, 0, (5, 9))


def max_unpool2d(x, index, kernel, stride=None, padding=0, output_size=None):
    N, C, OH, OW = x.shape
    H, W = output_size or (OH * kernel[0], OW * kernel[1])
    y = np.zeros((N, C, H * W))
    for n, c, h, w in np.ndindex(x.shape):
        y[n, c, index[n, c, h, w]] = x[n, c, h, w]
    return y.reshape(N, C, H, W)


def adaptive(*sizes, rank=4):
    def samples(rng):
        for size in sizes:
            yield Call(distinct(rng, *(1, 2, 4, 5)[4 - rank :]), size)

    return samples


def adaptive_max(x, size, indices=False):
    def reduce(window, _):
        place = max(window, key=lambda at: window[at])
        return window[place], place[0] * x.shape[-1] + place[1]

    y, index = naive.adaptive_pool(x, reduce, size)
    return (y, index) if indices else y


def adaptive_avg(x, size):
    return naive.adaptive_pool(x, lambda window, n: sum(window.values()) / n, size)


POOL = [
    *refusals_of_windows(X, 2, settings=("stride", "padding")),
    refused(ValueError, "kernel_size 0", X, 0),
    refused(TypeError, "kernel_size", X, 1.5),
    refused(ValueError, "padding 2 half", X, 3, padding=2),
    refused(ValueError, "kernel 7", X, 7),
    refused(ValueError, "dimensions", X[0, 0], 2),
    refused(ValueError, "no pixels", X[:, :, :0], 2),
    refused(TypeError, "input Tensor", "text", 2),
]
POOL1 = [
    refused(ValueError, "stride 0", X[0], 2, 0),
    refused(ValueError, "kernel_size 0", X[0], 0),
    refused(ValueError, "dimensions", X, 2),
    refused(ValueError, "padding 2 half", X[0], 3, 1, 2),
]
ADAPTIVE = [
    refused(ValueError, "output_size -1", X, -1),
    refused(TypeError, "output_size", X, (1.5, 2)),
    refused(ValueError, "output_size", X, (1, 2, 3)),
    refused(ValueError, "dimensions", X[0, 0], 2),
]

ROWS = [
    Row("F.conv2d", naive.conv2d, convolutions, linear=(0, 1),
        refusals=CONV),
    Row("F.conv_transpose2d", naive.conv_transpose2d, transposed, linear=(0, 1),
        refusals=CONVT),
    Row("F.conv1d", conv1d, of_sequences, linear=(0, 1),
        refusals=[refused(ValueError, "stride 0", X[0], W[:, :, 0], stride=0),
                  refused(ValueError, "stride (1, 1)", X[0], W[:, :, 0], stride=(1, 1)),
                  refused(ValueError, "(1, 2, 4, 5)", X, W[:, :, 0]),
                  refused(TypeError, "weight Tensor", X[0], "text")]),
    Row("F.conv_transpose1d", conv_transpose1d, transposed_sequences, linear=(0, 1),
        refusals=[refused(ValueError, "stride 0", X[0, :, 0], W[:2, :, 0], stride=0),
                  refused(ValueError, "(1, 2, 4, 5)", X, W[:2, :, 0]),
                  refused(ValueError, "output_padding 1", X[0, :, :2], W[:2, :, 0],
                          output_padding=1)]),
    Row("F.max_pool2d", max_pool2d, maxima,
        refusals=[*POOL, refused(ValueError, "dilation 0", X, 2, dilation=0)]),
    Row("F.max_pool2d_with_indices", lambda *a: max_pool2d(*a, indices=True), maxima,
        refusals=POOL),
    Row("F.avg_pool2d", avg_pool2d, means, linear=(0,),
        refusals=[*POOL, refused(RangeError, "divisor_override 0", X, 2, divisor_override=0)]),
    Row("F.lp_pool2d", lp_pool2d,
        lambda rng: [Call(abs(distinct(rng, 1, 2, 4, 5)), 2.0, (2, 3)),
                     Call(abs(distinct(rng, 1, 2, 4, 5)), 3.0, (3, 2), (2, 3), True)],
        batch=(0,), refusals=[refused(ValueError, "kernel_size 0", X, 2.0, 0)]),
    Row("F.max_pool1d", max_pool1d, rows, refusals=POOL1),
    Row("F.avg_pool1d", avg_pool1d, rows, linear=(0,), refusals=POOL1),
    Row("F.max_unpool2d", max_unpool2d, unpoolings, linear=(0,), batch=(0, 1),
        refusals=[refused(ValueError, "indices", X, np.zeros((1, 2, 4, 4), int), 2),
                  refused(RangeError, "index 99", X, np.full(X.shape, 99), 2, output_size=(8, 10)),
                  refused(TypeError, "indices float64", X, X, 2),
                  refused(ValueError, "output_size", X, np.zeros(X.shape, int), 2,
                          output_size=(3, 3))]),
    Row("F.adaptive_avg_pool2d", adaptive_avg, adaptive((3, 2), (6, 3), 1, (None, 2)),
        linear=(0,), batch=(0,), also="Tensor.adaptive_avg_pool2d", refusals=ADAPTIVE),
    Row("F.adaptive_max_pool2d", adaptive_max, adaptive((3, 2), (6, 3), 1), batch=(0,),
        refusals=ADAPTIVE),
    Row("F.adaptive_max_pool2d_with_indices", lambda *a: adaptive_max(*a, indices=True),
        adaptive((3, 2)), batch=(0,), refusals=ADAPTIVE),
    Row("F.adaptive_avg_pool1d", lambda x, n: adaptive_avg(x[..., None, :], (1, n))[..., 0, :],
        adaptive(3, 7, rank=3), linear=(0,),
        refusals=[refused(ValueError, "output_size -1", X[0], -1)]),
    Row("F.adaptive_max_pool1d", lambda x, n: adaptive_max(x[..., None, :], (1, n))[..., 0, :],
        adaptive(3, rank=3), refusals=[refused(ValueError, "output_size -1", X[0], -1)]),
    Row("F.unfold", naive.unfold,
        lambda rng: [Call(normal(rng, 2, 2, 4, 5), (2, 3), (2, 1), (1, 0), (1, 2)),
                     Call(normal(rng, 2, 3, 4), (2, 1))], linear=(0,),
        refusals=[*refusals_of_windows(X, 2), refused(ValueError, "kernel_size 0", X, 0),
                  refused(ValueError, "kernel 7", X, 7)]),
    Row("F.fold", naive.fold,
        lambda rng: [Call(normal(rng, 2, 12, 8), (4, 5), (2, 3), (2, 1), (1, 0), (1, 2)),
                     Call(normal(rng, 4, 6), (3, 4), 2)], linear=(0,),
        refusals=[*refusals_of_windows(np.ones((1, 4, 6)), (3, 4), 2),
                  refused(ValueError, "6 5", np.ones((1, 4, 5)), (3, 4), 2),
                  refused(ValueError, "3", np.ones((1, 3, 6)), (3, 4), 2)]),
]  # fmt: skip
