"""The generic tests of the op table: every layout of memory, and empty batches."""

import numpy as np
import pytest
from operations import ROWS
from operations.checks import arrays_of, floating, leaves_of, near, run, weights
from tolerances import FAST_FLOAT64

import minigrad
from minigrad import autograd

every_row = pytest.mark.parametrize("row", ROWS.values(), ids=repr)


def fortran(a):
    return np.array(a, order="F")


def backwards(a):
    """Negative strides along every axis."""
    back = (slice(None, None, -1),) * a.ndim
    return a[back].copy()[(*back, ...)]


def gaps(a):
    """Every second place of a larger array, whose other places hold NaN or 99."""
    wide = np.full([2 * n for n in a.shape], np.nan if a.dtype.kind == "f" else 99, a.dtype)
    every_second = (slice(None, None, 2),) * a.ndim
    wide[every_second] = a
    return wide[(*every_second, ...)]


def offset(a):
    """A part of a larger array, which begins at no multiple of 16 bytes."""
    wide = np.zeros(a.size + 3, a.dtype)
    wide[3:] = a.reshape(-1)
    return wide[3:].reshape(a.shape)


def locked(a):
    copy = a.copy()
    copy.flags.writeable = False
    return copy


LAYOUTS = [fortran, backwards, gaps, offset, locked]


def broadcast(a):
    """All along the first axis the same memory (strides of 0): its first places."""
    return np.broadcast_to(a[:1], a.shape) if a.ndim else a


def outcome(row, call, arrays):
    """Results and gradients for arrays whose memory is used as it is."""
    leaves = leaves_of(row, call.holding(arrays), minigrad.from_numpy)
    results = run(row, call, leaves)
    outputs = [y for y in floating(results) if y.requires_grad]
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    found = arrays_of(results)
    if outputs and wanted:
        grads = autograd.grad(outputs, wanted, weights(outputs), materialize_grads=True)
        assert [g.shape for g in grads] == [leaf.shape for leaf in wanted]
        found += arrays_of(grads)
    return found


@pytest.mark.unit
@every_row
def test_layouts(row):
    """The same result and the same gradients; the inputs stay as they were."""
    for call in row.calls():
        plain = [a.copy() for a in call.arrays]
        wanted = outcome(row, call, plain)
        for layout in LAYOUTS:
            strange = [layout(a) for a in call.arrays]
            for one, other in zip(outcome(row, call, strange), wanted, strict=True):
                near(one, other, FAST_FLOAT64)
            for array, given in zip([*strange, *plain], 2 * call.arrays, strict=True):
                np.testing.assert_array_equal(array, given, layout.__name__)


# Where samples that repeat along an axis would be no samples: ties, zeros or labels decide.
NOT_REPEATED = {
    "Tensor.scatter": "one place is written twice, and either may win",
    "Tensor.index_copy": "one place is written twice, and either may win",
    "F.triplet_margin_loss": "equal distances are a kink",
    "F.max_unpool2d": "one place is written twice, and either may win",
}


@pytest.mark.unit
@pytest.mark.parametrize("row", [r for r in ROWS.values() if r.name not in NOT_REPEATED], ids=repr)
def test_memory_of_broadcast_views(row):
    for call in row.calls():
        thin = [broadcast(a) for a in call.arrays]
        full = [np.array(a) for a in thin]
        for one, other in zip(outcome(row, call, thin), outcome(row, call, full), strict=True):
            near(one, other, FAST_FLOAT64)


@pytest.mark.unit
@pytest.mark.parametrize("row", [r for r in ROWS.values() if r.batch], ids=repr)
def test_an_empty_batch(row):
    """The shapes that the reference has for one example less; gradients of zeros."""
    tried = 0
    for call in row.calls():
        arrays = call.arrays
        if any(i >= len(arrays) or not arrays[i].ndim for i in row.batch):
            continue
        tried += 1
        full = arrays_of(run(row, call, leaves_of(row, call)))
        empty = [a[:0] if i in row.batch else a for i, a in enumerate(arrays)]
        leaves = leaves_of(row, call.holding(empty))
        results = run(row, call, leaves)
        for y, whole in zip(results, full, strict=True):
            assert y.shape == (0, *whole.shape[1:])
        outputs = [y for y in floating(results) if y.requires_grad]
        wanted = [leaf for leaf in leaves if leaf.requires_grad]
        if outputs and wanted:
            for grad, leaf in zip(
                autograd.grad(outputs, wanted, weights(outputs), materialize_grads=True), wanted,
                strict=True,
            ):  # fmt: skip
                assert grad.shape == leaf.shape
                assert not grad.array.any()
    assert tried
