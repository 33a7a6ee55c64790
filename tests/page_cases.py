"""Geometries whose pages are tested, and what the fast kernels make of them."""

import numpy as np

from minigrad import functional as F
from minigrad.teach.explain import explain
from minigrad.tensor import Tensor

RNG = np.random.default_rng(11)


def whole(*shape):
    return RNG.integers(-4, 5, shape).astype(float)


X, W, B = whole(1, 2, 5, 6), whole(2, 2, 3, 2), whole(2)
GEOMETRIES = {
    "plain": ("conv2d", (X, W, B), {}),
    "strided": ("conv2d", (whole(2, 4, 6, 7), whole(2, 2, 2, 3)),
                {"stride": (2, 1), "padding": (1, 2), "dilation": (2, 1), "groups": 2}),
    "transposed": ("conv_transpose2d", (whole(1, 2, 3, 4), whole(2, 1, 3, 2), whole(1)),
                   {"stride": (2, 3), "padding": (1, 0), "output_padding": (1, 0)}),
    "transposed groups": ("conv_transpose2d", (whole(1, 4, 3, 2), whole(4, 1, 2, 3)),
                          {"stride": 2, "padding": 1, "dilation": (1, 2), "groups": 2}),
    "max pool": ("max_pool2d", (whole(1, 2, 6, 7),),
                 {"kernel_size": (2, 3), "stride": (2, 1), "padding": (1, 1)}),
    "mean pool": ("avg_pool2d", (whole(1, 1, 5, 6),), {"kernel_size": (3, 2), "padding": (1, 0)}),
    "batch norm": ("batch_norm", (whole(2, 2, 2, 3), None), {}),
    "linear": ("linear", (whole(3, 4), whole(2, 4), whole(2)), {}),
    "upsample": ("upsample", (whole(1, 1, 2, 3),), {"scale_factor": 2.0, "mode": "bilinear"}),
}  # fmt: skip


def fast(operation, arrays, settings):
    """The same from the engine's fast kernels."""
    given = [Tensor.wrap(array) for array in arrays if array is not None]
    if operation == "upsample":
        return F.interpolate(*given, **settings, align_corners=False).numpy()
    if operation == "batch_norm":
        return F.batch_norm(*given, None, None, training=True).numpy()
    return getattr(F, operation)(*given, **settings).numpy()


def written_pages(folder):
    """A page of every geometry, with all of its views: (file, explanation)."""
    found = {}
    for name, (operation, arrays, settings) in GEOMETRIES.items():
        explanation = explain(operation, *arrays, **settings).completed()
        path = folder / f"{name.replace(' ', '_')}.html"
        path.write_text(explanation.to_page("minigrad explain"), encoding="utf-8")
        found[name] = path, explanation
    return found
