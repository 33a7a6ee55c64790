"""Rows of padding, shuffling, resizing and reading pictures."""

import numpy as np

from operations import naive
from operations.row import Call, Row, normal, refused

__all__ = ["ROWS"]

X = np.arange(40.0).reshape(1, 2, 4, 5)
G = np.zeros((1, 3, 2, 2))


def paddings(rng):
    yield Call(normal(rng, 2, 3), (1, 2))
    yield Call(normal(rng, 2, 3, 4), (-1, 2, 0, -1), "constant", 1.5)
    yield Call(normal(rng, 1, 2, 3, 4), (1, 0, 2, 1), "reflect")
    yield Call(normal(rng, 2, 3, 4), (1, 5), "replicate")
    yield Call(normal(rng, 1, 2, 3, 4), (2, 1, 0, 3), "circular")
    yield Call(normal(rng, 1, 2, 3, 4), (-1, 2, 1, -1), "replicate")
    yield Call(normal(rng, 1, 2, 3, 4), (-1, 2, 2, -1), "circular")
    yield Call(normal(rng, 1, 2, 3, 4), (-1, 2, 2, -1), "reflect")


def pixel_shuffle(x, r):
    *lead, C, H, W = x.shape
    y = np.empty((*lead, C // (r * r), H * r, W * r))
    for c, h, w in np.ndindex(y.shape[-3:]):
        y[..., c, h, w] = x[..., c * r * r + h % r * r + w % r, h // r, w // r]
    return y


def pixel_unshuffle(x, r):
    *lead, C, H, W = x.shape
    y = np.empty((*lead, C * r * r, H // r, W // r))
    for c, h, w in np.ndindex(x.shape[-3:]):
        y[..., c * r * r + h % r * r + w % r, h // r, w // r] = x[..., c, h, w]
    return y


def channel_shuffle(x, groups):
    """Channel g*n + i goes to i*groups + g."""
    n = x.shape[1] // groups
    return np.stack([x[:, (c % groups) * n + c // groups] for c in range(x.shape[1])], 1)


def resizings(rng):
    for mode in ("nearest", "nearest-exact", "bilinear", "bicubic", "area"):
        yield Call(normal(rng, 1, 2, 3, 4), (5, 2), mode=mode)
        if mode != "area":
            yield Call(normal(rng, 1, 1, 3, 4), None, (1.7, 0.6), mode)
    for mode in ("bilinear", "bicubic"):
        yield Call(normal(rng, 2, 1, 3, 4), (5, 2), None, mode, True)


def resize(x, size=None, scale_factor=None, mode="nearest", align_corners=None):
    if mode == "area":
        return naive.adaptive_pool(x, lambda window, n: sum(window.values()) / n, size)
    return naive.resize(x, size, scale_factor, mode, align_corners)


def doublings(rng):
    yield Call(normal(rng, 1, 2, 3, 4), (5, 2))
    yield Call(normal(rng, 2, 1, 2, 3), None, 2)


def readings(rng):
    """Places that keep a twentieth of a pixel from every edge between pixels."""
    for mode in ("bilinear", "nearest"):
        for padding in ("zeros", "border", "reflection"):
            for align in (False, True):
                yield Call(normal(rng, 1, 1, 3, 4), places(rng, 3, 4, align), mode, padding, align)


def places(rng, H, W, align):
    pixels = rng.integers(-2, (W + 1, H + 1), (1, 1, 2, 2)) + rng.uniform(0.1, 0.4, (1, 1, 2, 2))
    size = np.array([W, H])
    return pixels / (size - 1) * 2 - 1 if align else (2 * pixels + 1) / size - 1


def affine(rng):
    yield Call(normal(rng, 2, 2, 3), (2, 1, 3, 4))
    yield Call(normal(rng, 1, 2, 3), (1, 2, 1, 3), True)


RESIZE = [
    refused(ValueError, "size scale_factor", X),
    refused(ValueError, "size scale_factor", X, 2, 2.0),
    refused(ValueError, "size 0", X, 0),
    refused(ValueError, "size", X, (1, 2, 3)),
    refused(ValueError, "scale_factor", X, None, -1.0),
]

ROWS = [
    Row("F.pad", naive.pad, paddings, linear=(0,),
        refusals=[refused(ValueError, "pad", X, (1, 2, 3)), refused(TypeError, "pad", X, (1.5, 2)),
                  refused(ValueError, "-3 -3", X, (-3, -3)),
                  refused(NotImplementedError, "mode 'mirror'", X, (1, 1), "mirror"),
                  refused(ValueError, "reflect 5", X, (5, 0, 1, 1), "reflect"),
                  refused(ValueError, "circular 6", X, (6, 0, 1, 1), "circular"),
                  refused(TypeError, "value", X, (1, 1), "constant", "zero"),
                  refused(TypeError, "input", "text", (1, 1))]),
    Row("F.pixel_shuffle", pixel_shuffle,
        lambda rng: [Call(normal(rng, 2, 4, 2, 3), 2), Call(normal(rng, 9, 1, 2), 3)],
        linear=(0,), refusals=[refused(ValueError, "2 upscale_factor 4", X, 2),
                               refused(ValueError, "upscale_factor 0", X, 0),
                               refused(ValueError, "3 dimensions", X[0, 0], 2)]),
    Row("F.pixel_unshuffle", pixel_unshuffle,
        lambda rng: [Call(normal(rng, 2, 1, 4, 6), 2), Call(normal(rng, 1, 3, 6), 3)],
        linear=(0,), refusals=[refused(ValueError, "4 5 downscale_factor 2", X, 2),
                               refused(ValueError, "downscale_factor 0", X, 0)]),
    Row("F.channel_shuffle", channel_shuffle,
        lambda rng: [Call(normal(rng, 2, 6, 1, 2), 3), Call(normal(rng, 1, 4, 3), 2)],
        linear=(0,), batch=(0,), refusals=[refused(ValueError, "groups 3 2", X, 3),
                                           refused(ValueError, "groups 0", X, 0)]),
    Row("F.interpolate", resize, resizings, linear=(0,), batch=(0,),
        refusals=[*RESIZE, refused(NotImplementedError, "mode 'cubic'", X, 2, None, "cubic"),
                  refused(ValueError, "align_corners 'nearest'", X, 2, None, "nearest", True),
                  refused(NotImplementedError, "linear", X, 2, None, "linear"),
                  refused(ValueError, "no pixels", X[:, :, :0], 2)]),
    Row("F.upsample", resize, doublings, linear=(0,), batch=(0,), refusals=RESIZE),
    Row("F.upsample_nearest", resize, doublings, linear=(0,), batch=(0,), refusals=RESIZE),
    Row("F.upsample_bilinear", lambda x, size=None, scale_factor=None: naive.resize(
            x, size, scale_factor, "bilinear", True), doublings, linear=(0,), batch=(0,),
        refusals=RESIZE),
    Row("F.grid_sample", naive.grid_sample, readings, linear=(0,), batch=(0, 1),
        refusals=[refused(ValueError, "mode 'cubic'", X, G, "cubic"),
                  refused(ValueError, "padding_mode 'wrap'", X, G, "bilinear", "wrap"),
                  refused(ValueError, "grid", X, G[..., :1]),
                  refused(ValueError, "grid", X, np.zeros((2, 3, 2, 2))),
                  refused(TypeError, "float32", X, G.astype(np.float32))]),
    Row("F.affine_grid", naive.affine_grid, affine, linear=(0,),
        refusals=[refused(ValueError, "theta", np.zeros((1, 3, 2)), (1, 1, 3, 4)),
                  refused(ValueError, "size 0", np.zeros((1, 2, 3)), (1, 1, 0, 4)),
                  refused(NotImplementedError, "5", np.zeros((1, 2, 3)), (1, 1, 3, 4, 5))]),
]  # fmt: skip
