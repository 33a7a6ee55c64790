"""The fast matrix product against the textbook's: any shape, either way round in memory."""

import numpy as np
import pytest
from geometries import whole
from hypothesis import given
from hypothesis import strategies as st
from tolerances import FAST_FLOAT32, FAST_FLOAT64

from minigrad import kernels
from minigrad.kernels import loops, simd

dtypes = st.sampled_from([np.float32, np.float64])
flags = st.booleans()
sizes = st.integers(0, 70)

# B, M, K, N: what the random cases are too small for.
LARGE = {
    "packed": (1, 101, 130, 117),
    "several stretches of k in a tile": (1, 49, 1000, 53),
    "batch, packed": (3, 61, 150, 129),
    "few rows": (1, 5, 1700, 211),
    "a row": (1, 1, 2000, 601),
    "batch of few rows": (2, 7, 700, 301),
    "few columns": (1, 350, 900, 4),
    "a column": (1, 1500, 801, 1),
    "long sums": (2, 35, 3000, 41),
    "short sums": (1, 700, 3, 611),
    "NumPy's": (5, 19, 23, 29),
}


def operands(B, M, K, N, turned, dtype, draw=whole):
    rng = np.random.default_rng(3)
    x = draw(rng, (B, K, M) if turned[0] else (B, M, K)).astype(dtype)
    y = draw(rng, (B, N, K) if turned[1] else (B, K, N)).astype(dtype)
    return x, y, draw(rng, N).astype(dtype)


def product(backend, x, y, bias, turned):
    M, N = x.shape[2 if turned[0] else 1], y.shape[1 if turned[1] else 2]
    z = np.full((len(x), M, N), np.nan, x.dtype)
    backend.matrix_product(z, x, y, bias, turned)
    return z


def compare(x, y, bias, turned):
    for b in (bias, bias[:0]):
        np.testing.assert_array_equal(
            product(simd, x, y, b, turned), product(loops, x, y, b, turned)
        )


@pytest.mark.property
@given(st.integers(0, 3), sizes, sizes, sizes, st.tuples(flags, flags), dtypes)
def test_product_of_any_shape(B, M, K, N, turned, dtype):
    compare(*operands(B, M, K, N, turned, dtype), turned)


@pytest.mark.property
@given(st.integers(0, 3), sizes, sizes, sizes, st.tuples(flags, flags), dtypes)
def test_own_product_of_any_shape(B, M, K, N, turned, dtype):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simd.product, "_SMALL", 0)
        compare(*operands(B, M, K, N, turned, dtype), turned)


@pytest.mark.unit
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", LARGE.values(), ids=LARGE)
def test_large_products(shape, dtype):
    for turned in ((False, False), (True, False), (False, True), (True, True)):
        compare(*operands(*shape, turned, dtype), turned)


@pytest.mark.unit
def test_packed_in_stretches(monkeypatch):
    monkeypatch.setattr(simd.product, "_ROOM", 10_000)
    for turned in ((False, True), (True, False)):
        compare(*operands(2, 45, 170, 190, turned, np.float32), turned)


@pytest.mark.unit
@pytest.mark.parametrize("shape", LARGE.values(), ids=LARGE)
def test_any_numbers(shape):
    for dtype, tolerance in ((np.float64, FAST_FLOAT64), (np.float32, FAST_FLOAT32)):
        turned = (False, True)
        arguments = operands(*shape, turned, dtype, np.random.Generator.standard_normal)
        fast, textbook = (product(backend, *arguments, turned) for backend in (simd, loops))
        assert abs(fast - textbook).max() <= tolerance * abs(textbook).max()


@pytest.mark.unit
@pytest.mark.parametrize("shape", LARGE.values(), ids=LARGE)
def test_bits_do_not_depend_on_the_number_of_threads(shape):
    before = kernels.get_num_threads()
    try:
        for turned in ((False, True), (True, False)):
            arguments = operands(*shape, turned, np.float32, np.random.Generator.standard_normal)
            results = []
            for threads in (1, 2, 3):
                kernels.set_num_threads(threads)
                results.append(product(simd, *arguments, turned))
            for other in results[1:]:
                np.testing.assert_array_equal(results[0], other)
    finally:
        kernels.set_num_threads(before)


@pytest.mark.unit
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("shape", LARGE.values(), ids=LARGE)
def test_nan_and_inf_reach_their_row_and_column_alone(shape, value):
    for turned in ((False, True), (True, False)):
        x, y, bias = operands(*shape, turned, np.float32)
        x[0].flat[-1], y[0].flat[1] = value, value
        compare(abs(x), abs(y), bias, turned)
