"""The generic tests that walk the op table of a tensor's operators and methods."""

import numpy as np
import pytest
from method_table import ROWS
from tolerances import FAST_FLOAT32, FAST_FLOAT64

import minigrad
from minigrad import primitives
from minigrad.autograd import Function
from minigrad.gradcheck import gradcheck, gradgradcheck

pytestmark = pytest.mark.unit

# Without a gradient (//), and applied by copy_ and its like only.
ELSEWHERE = {"FloorDivide", "Overwrite"}


@pytest.fixture(params=ROWS.values(), ids=ROWS)
def row(request):
    return request.param


def tensors(arrays, requires_grad=True):
    return [minigrad.from_numpy(a).requires_grad_(requires_grad) for a in arrays]


def close(actual, expected, tolerance):
    scale = np.abs(expected).max(initial=1e-30)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * scale)


def test_values_are_numpys(row):
    for dtype, tolerance in ((np.float64, FAST_FLOAT64), (np.float32, FAST_FLOAT32)):
        arrays = [a.astype(dtype) for a in row.inputs]
        result = row.function(*tensors(arrays))
        assert result.array.dtype == dtype
        expected = row.numpy(*row.inputs)
        assert result.shape == expected.shape
        close(result.detach().numpy(), expected, 100 * tolerance)


def test_gradients(row):
    leaves = [minigrad.tensor(a, requires_grad=True) for a in row.inputs]
    assert gradcheck(row.function, leaves)


def test_second_gradients(row):
    leaves = [minigrad.tensor(a, requires_grad=True) for a in row.inputs]
    assert gradgradcheck(row.function, leaves)


def test_gradients_keep_the_dtype(row):
    leaves = tensors([a.astype(np.float32) for a in row.inputs])
    row.function(*leaves).sum().backward()
    assert {str(leaf.grad.dtype) for leaf in leaves} == {"minigrad.float32"}


def fortran(a):
    return np.array(a, order="F")


def backwards(a):
    return np.array(a[..., ::-1])[..., ::-1] if a.ndim else a.copy()


def gaps(a):
    return np.repeat(a, 2, -1)[..., ::2] if a.ndim else a.copy()


def locked(a):
    result = a.copy()
    result.flags.writeable = False
    return result


@pytest.mark.parametrize("layout", [fortran, backwards, gaps, locked])
def test_layouts(row, layout):
    """The same result and the same gradients, and the inputs are as they were."""
    plain = tensors([a.copy() for a in row.inputs])
    strange = tensors([layout(a) for a in row.inputs])
    results = [row.function(*leaves) for leaves in (plain, strange)]
    for result in results:
        result.backward(minigrad.tensor(np.cos(np.arange(result.numel())).reshape(result.shape)))
    close(results[1].detach().numpy(), results[0].detach().numpy(), FAST_FLOAT64)
    for p, s, a in zip(plain, strange, row.inputs, strict=True):
        close(s.grad.numpy(), p.grad.numpy(), FAST_FLOAT64)
        np.testing.assert_array_equal(s.detach().numpy(), a)


def test_broadcast_memory(row):
    """An input that has no memory of its own for every element (strides of 0)."""
    thin = [np.broadcast_to(a.flat[0], a.shape) for a in row.inputs]
    full = [np.array(a) for a in thin]
    one, two = (row.function(*tensors(arrays)).detach().numpy() for arrays in (thin, full))
    close(one, two, FAST_FLOAT64)


def test_nothing_is_recorded_without_need(row):
    arrays = [a.copy() for a in row.inputs]
    assert not row.function(*tensors(arrays, False)).requires_grad
    with minigrad.no_grad():
        assert not row.function(*tensors(arrays)).requires_grad


def test_every_primitive_has_a_row(monkeypatch):
    known = {
        name
        for module in primitives.__all__
        for name in getattr(primitives, module).__all__
        if isinstance(getattr(getattr(primitives, module), name), type)
    }
    used, apply = set(), Function.apply.__func__

    def watched(cls, *args):
        used.add(cls.__name__)
        return apply(cls, *args)

    monkeypatch.setattr(Function, "apply", classmethod(watched))
    for entry in ROWS.values():
        leaves = tensors(entry.inputs)
        result = entry.function(*leaves)
        minigrad.autograd.grad(result.sum(), leaves, create_graph=True)
    assert known - used == ELSEWHERE
