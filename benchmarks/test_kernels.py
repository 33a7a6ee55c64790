"""Single kernels, timed by pytest-benchmark: ``pytest benchmarks``.

The row ``control`` runs the same NumPy work whatever the kernels do: when it moves between two runs
that are compared, so has the machine, and the other rows mean that much less.  To compare:
``pytest benchmarks --benchmark-autosave``, then ``pytest benchmarks --benchmark-compare``.
"""

import numpy as np
import pytest
from minigrad.kernels.geometry import PoolGeometry, conv2d_geometry

from minigrad import kernels

CONVOLUTIONS = {  # x, w, stride, padding, groups
    "first": ((8, 1, 80, 80), (64, 1, 3, 3), 1, 1, 1),
    "same": ((8, 64, 40, 40), (64, 64, 3, 3), 1, 1, 1),
    "down": ((8, 64, 80, 80), (64, 64, 3, 3), 2, 1, 1),
    "down 4x4": ((4, 64, 64, 64), (128, 64, 4, 4), 2, 1, 1),
    "deep": ((4, 512, 8, 8), (512, 512, 4, 4), 2, 1, 1),
    "grouped": ((8, 128, 28, 28), (128, 4, 3, 3), 1, 1, 32),
    "depthwise": ((4, 64, 56, 56), (64, 1, 3, 3), 1, 1, 64),
    "pointwise": ((8, 64, 28, 28), (256, 64, 1, 1), 1, 0, 1),
    "last": ((8, 16, 80, 80), (2, 16, 3, 3), 1, 1, 1),
}
MAP = (4, 64, 64, 64)
rng = np.random.default_rng(0)


def normal(shape):
    return rng.standard_normal(shape, np.float32)


def timed(benchmark, kernel, *arguments):
    """One call compiles; the others count."""
    kernel(*arguments)
    benchmark(kernel, *arguments)


def test_control(benchmark):
    a, b = normal((2, 1 << 18))

    def control(c):
        np.multiply(a, b, out=c)
        np.exp(c, out=c)

    timed(benchmark, control, np.empty_like(a))


@pytest.mark.parametrize("name", CONVOLUTIONS)
@pytest.mark.parametrize("kernel", ["conv2d", "conv_transpose2d", "conv2d_weight_grad"])
def test_convolution(benchmark, kernel, name):
    x_shape, w_shape, stride, padding, groups = CONVOLUTIONS[name]
    geometry, y_shape = conv2d_geometry(x_shape, w_shape, stride, padding, 1, groups)
    x, w, gy = normal(x_shape), normal(w_shape), normal(y_shape)
    if kernel == "conv2d":
        arguments = np.empty(y_shape, np.float32), x, w, np.zeros(w_shape[0], np.float32)
    elif kernel == "conv_transpose2d":
        arguments = np.empty(x_shape, np.float32), gy, w, np.zeros(x_shape[1], np.float32)
    else:
        arguments = np.empty(w_shape, np.float32), x, gy
    timed(benchmark, getattr(kernels, kernel), *arguments, geometry)


@pytest.mark.parametrize("kernel", ["relu", "leaky_relu", "dropout_mask"])
def test_elementwise(benchmark, kernel):
    x = normal(MAP).reshape(-1)
    settings = {"relu": (x,), "leaky_relu": (x, 0.2), "dropout_mask": (1, 0.5)}
    timed(benchmark, getattr(kernels, kernel), np.empty_like(x), *settings[kernel])


def test_batch_norm(benchmark):
    x = normal((4, 64, 64 * 64))
    mean, var, rstd = np.empty((3, 64))
    weight, bias = np.ones(64, np.float32), np.zeros(64, np.float32)
    arguments = np.empty_like(x), mean, var, rstd, x, weight, bias
    timed(benchmark, kernels.batch_norm, *arguments, 1e-5, 0.0)


def test_batch_norm_grad(benchmark):
    x, gy = normal((4, 64, 64 * 64)), normal((4, 64, 64 * 64))
    mean, rstd, weight = np.zeros(64), np.ones(64), np.ones(64, np.float32)
    gx, gweight, gbias = np.empty_like(x), np.empty_like(weight), np.empty_like(weight)
    arguments = gx, gweight, gbias, gy, x, mean, rstd, weight, np.zeros_like(weight)
    timed(benchmark, kernels.batch_norm_grad, *arguments, 0.0, True)


def test_max_pool2d(benchmark):
    x, shape = normal(MAP), (4, 64, 32, 32)
    geometry = PoolGeometry((2, 2), (2, 2), (0, 0), (1, 1))
    y, taps = np.empty(shape, np.float32), np.empty(shape, np.uint8)
    timed(benchmark, kernels.max_pool2d_taps, y, taps, x, geometry)


@pytest.mark.parametrize("kernel", ["softmax", "log_softmax"])
def test_softmax(benchmark, kernel):
    x = normal((100, 24, 1024))
    timed(benchmark, getattr(kernels, kernel), np.empty_like(x), x)


def test_upsample_nearest2d(benchmark):
    x = normal(MAP)
    timed(benchmark, kernels.upsample_nearest2d, normal((4, 64, 128, 128)), x, (0.5, 0.5))


def test_adam(benchmark):
    p, g, m, v = normal((4, 1 << 18))
    settings = 1e-3, 0.9, 0.999, 1e-8, 0.0, False, False, False, 1
    timed(benchmark, kernels.adam, p, g, m, abs(v), v[:0], *settings)
