"""Losses of pairs: fast kernels against their textbook twins."""

import numpy as np
import pytest
from tolerances import FAST_FLOAT32, FAST_FLOAT64
from twins import close, numbers

from minigrad import kernels
from minigrad.kernels import loops, simd

PARAMETERS = {"smooth": (0.7,), "huber": (1.3,)}
SIZES = [0, 1, 17, 70_003, 200_000]
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 0.5, 1.3, 1e-30, -200.0])

both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
every_loss = pytest.mark.parametrize("name", sorted(loops.loss.LOSSES))
pytestmark = pytest.mark.unit


def run(backend, name, x, t):
    """The sum of the losses, and the gradient for an incoming one of 0.3."""
    total, gx = np.empty(1), np.empty_like(x)
    backend.loss_sum(total, x, t, name, *PARAMETERS.get(name, ()))
    backend.loss_grad(gx, 0.3, x, t, name, *PARAMETERS.get(name, ()))
    return total, gx


def pairs(name, size, dtype):
    if name == "binary":
        return np.random.default_rng(0).random((2, size)).astype(dtype)
    return numbers((2, size), dtype) * dtype(3)


@both_dtypes
@every_loss
@pytest.mark.parametrize("size", SIZES)
def test_twins(name, size, dtype):
    x, t = pairs(name, size, dtype)
    for fast, textbook in zip(run(simd, name, x, t), run(loops, name, x, t), strict=True):
        close(fast, textbook, FAST_FLOAT32 if dtype == np.float32 else FAST_FLOAT64)


@both_dtypes
@every_loss
def test_twins_at_the_ends_and_kinks(name, dtype):
    """Pair by pair: what is no number in one twin is none in the other."""
    values = SPECIAL[(SPECIAL >= 0) & (SPECIAL <= 1)] if name == "binary" else SPECIAL
    for x in values.astype(dtype):
        for t in values.astype(dtype):
            found = [run(backend, name, np.array([x]), np.array([t])) for backend in (simd, loops)]
            for fast, textbook in zip(*found, strict=True):
                np.testing.assert_allclose(fast, textbook, rtol=1e-5, atol=1e-37)


def test_small_losses_keep_their_digits():
    """Where the prediction is right and sure, the loss is the small probability of the other."""
    for name, x, loss in (("logits", -30.0, np.exp(-30.0)), ("binary", 1e-12, 1e-12)):
        for backend in (simd, loops):
            total, _ = run(backend, name, np.full(3, x, np.float32), np.zeros(3, np.float32))
            np.testing.assert_allclose(total, 3 * loss, rtol=1e-6)


def test_whole_numbers_are_exact():
    x, t = np.random.default_rng(0).integers(-9, 10, (2, 100_000)).astype(np.float32)
    for name in ("squared", "absolute"):
        for fast, textbook in zip(run(simd, name, x, t), run(loops, name, x, t), strict=True):
            np.testing.assert_array_equal(fast, textbook)


@every_loss
def test_bits_do_not_depend_on_the_number_of_threads(name):
    x, t = pairs(name, 300_000, np.float32)
    before = kernels.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 3):
            kernels.set_num_threads(threads)
            found.append(run(simd, name, x, t))
    finally:
        kernels.set_num_threads(before)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
