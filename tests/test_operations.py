"""The generic tests of the op table: values, backends, gradients of both orders, adjoints."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from operations import ROWS, Call, listed
from operations.checks import (
    arrays_of,
    check_adjoint,
    expected,
    floating,
    gradients,
    leaves_of,
    near,
    run,
    weights,
)
from tolerances import FAST_FLOAT32, FAST_FLOAT64

import minigrad
from minigrad import autograd, kernels
from minigrad.gradcheck import gradcheck, gradgradcheck

every_row = pytest.mark.parametrize("row", ROWS.values(), ids=repr)
with_gradient = pytest.mark.parametrize("row", [r for r in ROWS.values() if r.gradient], ids=repr)
of_functional = pytest.mark.parametrize(
    "row", [r for r in ROWS.values() if r.name.startswith("F.")], ids=repr
)
linear = pytest.mark.parametrize("row", [r for r in ROWS.values() if r.linear], ids=repr)


# Values


@pytest.mark.unit
@every_row
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_are_the_references(row, dtype):
    tolerance = FAST_FLOAT64 if dtype == np.float64 else FAST_FLOAT32
    for call in row.calls():
        narrow = call.to(dtype)
        results = run(row, narrow, leaves_of(row, narrow))
        wanted = expected(row, narrow.to(np.float64))
        for y, want in zip(arrays_of(results), wanted, strict=True):
            near(y, want, 10 * tolerance)
            assert y.dtype.kind == want.dtype.kind


@pytest.mark.unit
@every_row
def test_the_dtype_is_kept(row):
    for call in row.calls():
        narrow = call.to(np.float32)
        leaves = leaves_of(row, narrow)
        given = {a.dtype for a in narrow.arrays if a.dtype.kind == "f"}
        results = floating(run(row, narrow, leaves))
        assert {y.array.dtype for y in results} <= given
        wanted = [leaf for leaf in leaves if leaf.requires_grad]
        if results and wanted:
            grads = autograd.grad(results, wanted, weights(results), allow_unused=True)
            assert {g.array.dtype for g in grads if g is not None} == {np.dtype(np.float32)}


@pytest.mark.unit
@every_row
def test_every_name_is_the_same_operation(row):
    for name in row.names[1:]:
        for call in row.calls():
            if name.startswith("Tensor.__") and call.kwargs:
                continue  # operators take no settings
            leaves = leaves_of(row, call)
            results = list(listed(call.holding(leaves)(row.named(name))))
            for y, want in zip(arrays_of(results), arrays_of(run(row, call, leaves)), strict=True):
                np.testing.assert_array_equal(y, want)


@pytest.mark.property
@of_functional
@given(seed=st.integers(0, 2**32 - 1))
def test_values_of_any_numbers(row, seed):
    for call in row.calls(seed):
        for y, want in zip(
            arrays_of(run(row, call, leaves_of(row, call))), expected(row, call), strict=True
        ):
            near(y, want, 100 * FAST_FLOAT64)


# Backends


@pytest.mark.unit
@of_functional
def test_the_backends_agree(row):
    """Both kernels, forward and backward."""
    for call in row.calls():
        found = []
        for backend in kernels.backends():
            with kernels.use(backend):
                leaves = leaves_of(row, call)
                results = run(row, call, leaves)
                found.append(arrays_of(results) + gradients(leaves, results))
        for fast, textbook in zip(*found, strict=True):
            near(fast, textbook, FAST_FLOAT64)


# Gradients


@pytest.mark.unit
@with_gradient
def test_gradients(row):
    for call in row.calls():
        leaves = leaves_of(row, call)
        assert all(y.requires_grad for y in floating(run(row, call, leaves)))
        assert gradcheck(lambda *xs, call=call: tuple(floating(run(row, call, xs))), leaves)


@pytest.mark.unit
@with_gradient
def test_second_gradients(row):
    for call in row.calls():
        leaves = leaves_of(row, call)
        assert gradgradcheck(lambda *xs, call=call: tuple(floating(run(row, call, xs))), leaves)


@pytest.mark.unit
@pytest.mark.parametrize("row", [r for r in ROWS.values() if not r.gradient], ids=repr)
def test_no_gradient_where_none_is_claimed(row):
    """The result requires none, or backward says that the operation has none (as PyTorch's)."""
    for call in row.calls():
        leaves = [minigrad.tensor(a) for a in call.arrays]
        for leaf in leaves:
            leaf.requires_grad_(leaf.is_floating_point())
        for y in floating(run(row, call, leaves)):
            if y.requires_grad:
                with pytest.raises(RuntimeError, match="has no derivative"):
                    y.sum().backward()


@pytest.mark.unit
@every_row
def test_nothing_is_recorded_without_need(row):
    for call in row.calls():
        constants = [minigrad.tensor(a) for a in call.arrays]
        assert not any(y.requires_grad for y in floating(run(row, call, constants)))
        with minigrad.no_grad():
            results = run(row, call, leaves_of(row, call))
        leaves = {id(leaf) for leaf in leaves_of(row, call)}
        assert not any(y.node for y in floating(results) if id(y) not in leaves)


# Linear operations


@pytest.mark.unit
@linear
def test_linear_operations_and_their_adjoints(row):
    """<A x, y> = <x, A' y>, where A' y is the gradient, and A x the result without its constant."""
    for call in row.calls():
        for i in row.linear:
            if i < len(call.arrays) and i not in call.constants:
                check_adjoint(row, call, i)


# In place


def in_place(name):
    """The name of the in-place form: ``add_`` and ``__iadd__``."""
    return name.replace("__", "__i", 1) if name.startswith("__") else name + "_"


IN_PLACE = [
    (row, name)
    for row in ROWS.values()
    for name in sorted({in_place(n.partition(".")[2]) for n in row.names})
    if hasattr(minigrad.Tensor, name) or hasattr(minigrad.functional, name)
]


# These look at the same memory in another way, and change nothing in it.
RESHAPING = {"squeeze_", "swapaxes_", "swapdims_", "t_", "transpose_", "unsqueeze_"}


@pytest.mark.unit
@pytest.mark.parametrize(("row", "name"), IN_PLACE, ids=[name for _, name in IN_PLACE])
def test_in_place(row, name):
    """The same values and gradients, in the tensor itself, which counts the change."""
    home = minigrad.Tensor if hasattr(minigrad.Tensor, name) else minigrad.functional
    reshapes = name in RESHAPING
    tried = 0
    for call in row.calls():
        plain, changed = leaves_of(row, call), leaves_of(row, call)
        (wanted,) = run(row, call, plain)
        if not isinstance(call.args[0], np.ndarray) or (name.startswith("__") and call.kwargs):
            continue
        if wanted.shape != plain[0].shape and not reshapes:
            continue
        tried += 1
        target = changed[0].clone()
        before = target.storage.version
        result = Call.holding(call, [target, *changed[1:]])(getattr(home, name))
        assert result is target
        assert reshapes or target.storage.version > before
        near(target.array, wanted.array, FAST_FLOAT64)
        for one, other in zip(
            gradients(plain, [wanted]), gradients(changed, [target]), strict=True
        ):
            near(other, one, FAST_FLOAT64)
    assert tried
