"""Running a fast kernel beside its textbook twin."""

import numpy as np
from tolerances import FAST_FLOAT32, FAST_FLOAT64

from minigrad.kernels import loops, simd

__all__ = ["CHANNELS", "close", "compare", "numbers"]

CHANNELS = [(2, 3, 35), (3, 1, 7), (1, 9, 1), (2, 2, 130), (0, 4, 6)]


def compare(name, outputs, *arguments, exact=True):
    """Run both twins on fresh outputs of the given shapes and dtypes."""
    results = []
    for backend in (simd, loops):
        made = [np.full(shape, 99, dtype) for shape, dtype in outputs]
        getattr(backend, name)(*made, *arguments)
        results.append(made)
    narrow = any(array.dtype == np.float32 for array in results[0])
    for fast, textbook in zip(*results, strict=True):
        if exact:
            np.testing.assert_array_equal(fast, textbook)
        else:
            close(fast, textbook, FAST_FLOAT32 if narrow else FAST_FLOAT64)


def close(fast, textbook, tolerance):
    """Within the tolerance of the largest magnitude; infinities and NaN in the same places."""
    finite = np.isfinite(textbook)
    np.testing.assert_array_equal(np.isfinite(fast), finite)
    largest = abs(textbook[finite]).max(initial=1)
    np.testing.assert_allclose(fast, textbook, rtol=0, atol=tolerance * largest)


def numbers(shape, dtype=np.float64, seed=0):
    """Normal random numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)
