"""Rows of normalisations and of distances between vectors."""

import numpy as np

from minigrad.errors import RangeError
from operations.row import Call, Row, normal, refused

__all__ = ["ROWS"]

X = np.arange(24.0).reshape(2, 3, 4)
THREE, FOUR = np.ones(3), np.ones(4)


def per_channel(values, x):
    return values.reshape(-1, *(1,) * (x.ndim - 2))


def standardized(x, axes, eps):
    mean = x.mean(axes, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(axes, keepdims=True) + eps)


def scaled(y, weight, bias):
    if weight is not None:
        y = y * per_channel(weight, y)
    return y if bias is None else y + per_channel(bias, y)


def batch_norm(x, mean, var, weight=None, bias=None, training=False, eps=1e-5):
    if training:
        y = standardized(x, (0, *range(2, x.ndim)), eps)
    else:
        y = (x - per_channel(mean, x)) / np.sqrt(per_channel(var, x) + eps)
    return scaled(y, weight, bias)


def instance_norm(x, weight=None, bias=None, eps=1e-5):
    return scaled(standardized(x, tuple(range(2, x.ndim)), eps), weight, bias)


def group_norm(x, groups, weight=None, bias=None, eps=1e-5):
    grouped = x.reshape(len(x), groups, -1)
    return scaled(standardized(grouped, (2,), eps).reshape(x.shape), weight, bias)


def layer_norm(x, shape, weight=None, bias=None, eps=1e-5):
    y = standardized(x, tuple(range(x.ndim - len(shape), x.ndim)), eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def of_batches(rng):
    x, mean, var = normal(rng, 2, 3, 1, 2), normal(rng, 3), rng.uniform(0.5, 2, 3)
    yield Call(x, mean, var, normal(rng, 3), normal(rng, 3), eps=0.1).keeping(1, 2)
    yield Call(x, mean, var).keeping(1, 2)
    yield Call(x, None, None, normal(rng, 3), normal(rng, 3), True, eps=0.1)
    yield Call(normal(rng, 4, 3), None, None, None, None, True)


def of_pictures(rng):
    yield Call(normal(rng, 2, 3, 1, 2), weight=normal(rng, 3), bias=normal(rng, 3))
    yield Call(normal(rng, 2, 2, 4), eps=0.5)


def of_groups(rng):
    yield Call(normal(rng, 2, 4, 1, 3), 2, normal(rng, 4), normal(rng, 4))
    yield Call(normal(rng, 3, 6), 3, eps=0.5)


def of_layers(rng):
    yield Call(normal(rng, 2, 3, 2), (3, 2), normal(rng, 3, 2), normal(rng, 3, 2))
    yield Call(normal(rng, 2, 4), (4,), eps=0.5)


def of_axes(rng):
    for axes in (None, (0, 2), (1,), (0, 1)):
        yield Call(normal(rng, 2, 3, 2), axes, 0.1)


def local_response_norm(x, size, alpha=1e-4, beta=0.75, k=1.0):
    y = np.empty(x.shape)
    C = x.shape[1]
    for c in range(C):
        around = x[:, max(0, c - size // 2) : min(C, c + (size - 1) // 2 + 1)]
        y[:, c] = x[:, c] / (k + alpha / size * (around**2).sum(1)) ** beta
    return y


def normalize(x, p=2.0, dim=1, eps=1e-12):
    length = (abs(x) ** p).sum(dim, keepdims=True) ** (1 / p)
    return x / np.maximum(length, eps)


def cosine_similarity(x, y, dim=1):
    x, y = np.broadcast_arrays(x, y)
    return (x * y).sum(dim) / np.sqrt((x * x).sum(dim) * (y * y).sum(dim))


def pairwise_distance(x, y, p=2.0, eps=1e-6, keepdim=False):
    return (abs(x - y + eps) ** p).sum(-1, keepdims=keepdim) ** (1 / p)


CHANNELS = [
    refused(ValueError, "weight 3", X, None, None, FOUR, None, True),
    refused(ValueError, "bias 3", X, None, None, None, FOUR, True),
    refused(ValueError, "running_mean 3", X, FOUR, THREE),
    refused(ValueError, "running_mean running_var", X, THREE, None),
    refused(TypeError, "weight float32", X, None, None, THREE.astype(np.float32), None, True),
    refused(TypeError, "input int64", X.astype(int), None, None, None, None, True),
    refused(TypeError, "input", "text", None, None, None, None, True),
    refused(RangeError, "eps", X, None, None, None, None, True, 0.1, -1.0),
]

ROWS = [
    Row("F.batch_norm", batch_norm, of_batches,
        refusals=[*CHANNELS, refused(ValueError, "running_mean", X, None, None),
                  refused(ValueError, "one value", X[:1, :, :1], None, None, None, None, True)]),
    Row("F.instance_norm", instance_norm, of_pictures, batch=(0,),
        refusals=[*CHANNELS[:-1], refused(ValueError, "one pixel", X[:, :, :1])]),
    Row("F.group_norm", group_norm, of_groups, batch=(0,),
        refusals=[refused(ValueError, "num_groups 2 3", X, 2), refused(ValueError, "0", X, 0),
                  refused(ValueError, "weight", X, 3, FOUR),
                  refused(TypeError, "input", "text", 3)]),
    Row("F.layer_norm", layer_norm, of_layers, batch=(0,),
        refusals=[refused(ValueError, "normalized_shape (3,)", X, (3,)),
                  refused(TypeError, "normalized_shape", X, 4),
                  refused(ValueError, "weight", X, (4,), THREE)]),
    Row("F.standardize", standardized, lambda rng: [
            Call(c.args[0], c.args[1], c.args[2]) for c in of_axes(rng)],
        refusals=[refused(IndexError, "3", X, (3,)), refused(ValueError, "(1, 1) twice", X, (1, 1)),
                  refused(RangeError, "eps", X, 0, -1.0)]),
    Row("F.local_response_norm", local_response_norm,
        lambda rng: [Call(normal(rng, 2, 4, 3), 3, 0.5, 0.75, 2.0),
                     Call(normal(rng, 1, 5, 1, 2), 2)],
        batch=(0,), refusals=[refused(ValueError, "size 0", X, 0),
                              refused(ValueError, "3 dimensions", X[0], 2)]),
    Row("F.normalize", normalize,
        lambda rng: [Call(normal(rng, 2, 3)), Call(normal(rng, 2, 3, 2), 3.0, 2)], batch=(0,),
        refusals=[refused(IndexError, "3", X, 2.0, 3), refused(TypeError, "int64", X.astype(int))]),
    Row("F.cosine_similarity", cosine_similarity,
        lambda rng: [Call(normal(rng, 2, 3), normal(rng, 2, 3)),
                     Call(normal(rng, 2, 3, 2), normal(rng, 3, 1), 1)],
        refusals=[refused(ValueError, "(2, 3, 4)", X, X[:, :2]), refused(IndexError, "3", X, X, 3),
                  refused(TypeError, "x2", X, "text")]),
    Row("F.pairwise_distance", pairwise_distance,
        lambda rng: [Call(normal(rng, 2, 3), normal(rng, 2, 3)),
                     Call(normal(rng, 2, 3), normal(rng, 3), 3.0, 1e-6, True)],
        refusals=[refused(ValueError, "(2, 3, 4)", X, X[:, :2]),
                  refused(TypeError, "x2", X, "text")]),
]  # fmt: skip
