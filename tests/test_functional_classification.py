"""Cross entropy: values by loops over every label, gradients, settings, what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from operation_checks import check_operation, smooth
from tolerances import FAST_FLOAT64

import minigrad
import minigrad.functional as F
from minigrad import kernels


def log_softmax(row):
    largest = max(row)
    return [v - largest - math.log(math.fsum(math.exp(u - largest) for u in row)) for v in row]


def cross_entropy(x, labels, w, ignored, smoothing):
    """The losses of every label, and the sum of the labels' weights, by loops."""
    C = x.shape[1]
    losses, total = np.zeros(labels.shape), 0.0
    for place in np.ndindex(labels.shape):
        if (label := labels[place]) == ignored:
            continue
        logs = log_softmax([x[(place[0], c, *place[1:])] for c in range(C)])
        even = -sum(w[c] * logs[c] for c in range(C)) / C
        losses[place] = -(1 - smoothing) * w[label] * logs[label] + smoothing * even
        total += w[label]
    return losses, total


@st.composite
def cases(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    N, C, *places = draw(st.lists(st.integers(1, 4), min_size=2, max_size=5))
    labels = rng.integers(0, C, (N, *places))
    ignored = draw(st.sampled_from([-100, 0, -1]))
    labels[rng.random(labels.shape) < draw(st.sampled_from([0.0, 0.3]))] = ignored
    w = rng.random(C) + 0.1 if draw(st.booleans()) else None
    return rng.normal(size=(N, C, *places)) * 3, labels, w, ignored


@pytest.mark.property
@given(cases(), st.sampled_from([0.0, 0.2, 1.0]), st.sampled_from(kernels.backends()))
def test_against_loops(case, smoothing, backend):
    x, labels, w, ignored = case
    weights = np.ones(x.shape[1]) if w is None else w
    losses, total = cross_entropy(x, labels, weights, ignored, smoothing)
    options = {
        "weight": None if w is None else minigrad.tensor(w),
        "ignore_index": ignored,
        "label_smoothing": smoothing,
    }
    expected = {"none": losses, "sum": losses.sum()}
    if total:
        expected["mean"] = losses.sum() / total
    for reduction, value in expected.items():
        with kernels.use(backend):
            y = F.cross_entropy(*map(minigrad.tensor, (x, labels)), **options, reduction=reduction)
        np.testing.assert_allclose(y.array, value, rtol=FAST_FLOAT64 * 10, atol=1e-14)


@pytest.mark.unit
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradients(reduction, smoothing, weighted):
    labels = minigrad.tensor([[0, 3], [-100, 2]])
    w = np.array([0.5, 1.0, 2.0, 0.25])

    def loss(x):
        weight = minigrad.tensor(w).to(x.dtype) if weighted else None
        return F.cross_entropy(x, labels, weight, reduction=reduction, label_smoothing=smoothing)

    check_operation(loss, smooth(2, 4, 2))


@pytest.mark.unit
def test_it_is_nll_of_log_softmax():
    x, labels = smooth(3, 4, 5), np.random.default_rng(0).integers(0, 4, (3, 5))
    leaves = [minigrad.tensor(x, requires_grad=True) for _ in range(2)]
    (t,), w = map(minigrad.tensor, (labels,)), minigrad.tensor([1.0, 2.0, 3.0, 0.5]).double()
    fused = F.cross_entropy(leaves[0], t, w)
    apart = F.nll_loss(F.log_softmax(leaves[1], 1), t, w)
    np.testing.assert_allclose(fused.item(), apart.item(), rtol=1e-14)
    fused.backward()
    apart.backward()
    np.testing.assert_allclose(leaves[0].grad.array, leaves[1].grad.array, rtol=0, atol=1e-15)


@pytest.mark.unit
@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 2), (2, 4, 3, 2), (2, 4, 1, 3, 2)])
def test_nll(shape):
    x = smooth(*shape)
    labels = np.random.default_rng(0).integers(0, 4, (shape[0], *shape[2:]))
    expected = np.empty(labels.shape)
    for place in np.ndindex(labels.shape):
        expected[place] = -x[(place[0], labels[place], *place[1:])]
    (t,) = map(minigrad.tensor, (labels,))
    y = F.nll_loss(minigrad.tensor(x), t, reduction="none")
    np.testing.assert_array_equal(y.array, expected)
    check_operation(lambda x: F.nll_loss(x, t), x)


@pytest.mark.unit
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_targets_that_are_distributions(smoothing):
    x, t = smooth(2, 4, 3), np.random.default_rng(0).random((2, 4, 3))
    w = np.array([0.5, 1.0, 2.0, 0.25])
    logs = np.apply_along_axis(log_softmax, 1, x)
    mixed = t * (1 - smoothing) + smoothing / 4
    losses = -(logs * mixed * w[:, None]).sum(1)
    tensors = [minigrad.tensor(a) for a in (x, t, w)]
    expected = {"none": losses, "sum": losses.sum(), "mean": losses.mean()}
    for reduction, value in expected.items():
        y = F.cross_entropy(*tensors, reduction=reduction, label_smoothing=smoothing)
        np.testing.assert_allclose(y.array, value, rtol=FAST_FLOAT64 * 10)
    check_operation(lambda x, t: F.cross_entropy(x, t, label_smoothing=smoothing), x, t)


@pytest.mark.unit
def test_a_distribution_on_one_class_is_its_label():
    x, labels = minigrad.tensor(smooth(5, 4)), minigrad.tensor([0, 3, 1, 1, 2])
    hot = F.one_hot(labels, 4).double()
    np.testing.assert_allclose(
        F.cross_entropy(x, hot).item(), F.cross_entropy(x, labels).item(), rtol=1e-14
    )


@pytest.mark.unit
def test_a_single_example():
    x = smooth(4)
    for target in (minigrad.tensor(2), minigrad.tensor([2])):
        for reduction in ("none", "sum", "mean"):
            y = F.cross_entropy(minigrad.tensor(x), target, reduction=reduction)
            assert y.shape == ()
            assert y.item() == pytest.approx(-log_softmax(x.tolist())[2], rel=1e-14)
    y = F.cross_entropy(minigrad.tensor(x), minigrad.ones(4).double(), reduction="none")
    assert y.shape == ()
    assert F.nll_loss(minigrad.tensor(x), minigrad.tensor(2)).item() == -x[2]


@pytest.mark.unit
def test_large_logits():
    x = minigrad.tensor([[1e4, 0.0, -1e4]] * 3, requires_grad=True)
    y = F.cross_entropy(x, minigrad.tensor([0, 1, 2]), reduction="none")
    assert y.tolist() == [0.0, 1e4, 2e4]
    y.sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0, 0.0], [1.0, -1.0, 0.0], [1.0, 0.0, -1.0]]


@pytest.mark.unit
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_no_label_at_all(name):
    function = getattr(F, name)
    for labels in ([-100, -100], []):
        x = minigrad.zeros(len(labels), 3, requires_grad=True)
        t = minigrad.tensor(labels, dtype=minigrad.int64)
        y = function(x, t)
        assert np.isnan(y.item())
        y.backward()
        assert not x.grad.array.any()
        assert function(x, t, reduction="sum").item() == 0
        assert function(x, t, reduction="none").tolist() == [0.0] * len(labels)


@pytest.mark.unit
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
@pytest.mark.parametrize(
    ("x", "target", "options", "error", "message"),
    [
        (
            (2, 3),
            [0, 3],
            {},
            IndexError,
            "label 3, but there are 3 classes: labels must lie in 0 to 2",
        ),
        ((2, 3), [0, -1], {}, IndexError, "label -1, but there are 3 classes"),
        ((2, 3), [0, 300], {"ignore_index": 0}, IndexError, "label 300"),
        ((2, 3), [0], {}, ValueError, r"target must have the shape of input \(2, 3\)"),
        ((2, 3, 4), [[0, 1], [0, 1]], {}, ValueError, "without axis 1"),
        ((2, 3), [0.0, 1.0], {}, TypeError, "must be int64 or uint8"),
        ((2, 3), [True, False], {}, TypeError, "must be int64 or uint8"),
        ((2, 0), [0, 0], {}, ValueError, "no classes"),
        ((3,), [0, 1], {}, ValueError, "a single example"),
        ((), 0, {}, ValueError, "a single number"),
        ((2, 3), [0, 1], {"weight": minigrad.ones(2)}, ValueError, "each of the 3 classes"),
        ((2, 3), [0, 1], {"weight": minigrad.ones(3).double()}, TypeError, "weight is"),
        ((2, 3), [0, 1], {"weight": minigrad.ones(3, requires_grad=True)}, RuntimeError, "detach"),
        ((2, 3), [0, 1], {"reduction": "average"}, ValueError, "reduction"),
    ],
)
def test_bad_arguments(name, x, target, options, error, message):
    with pytest.raises(error, match=message):
        getattr(F, name)(minigrad.ones(x), minigrad.tensor(target), **options)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("target", "options", "error", "message"),
    [
        ([0, 1], {"label_smoothing": 1.5}, ValueError, r"label_smoothing \(=1.5\)"),
        ([0, 1], {"label_smoothing": -0.1}, ValueError, "label_smoothing"),
        ([[1, 0, 0], [0, 1, 0]], {}, TypeError, "distributions, floating"),
        ([[1.0, 0, 0], [0, 1, 0]], {"ignore_index": 1}, ValueError, "ignore_index"),
        ([[1.0, 0], [0, 1]], {}, TypeError, "labels"),
    ],
)
def test_bad_arguments_of_cross_entropy(target, options, error, message):
    with pytest.raises(error, match=message):
        F.cross_entropy(minigrad.ones(2, 3), minigrad.tensor(target), **options)


@pytest.mark.unit
def test_integer_logits_and_arrays_are_refused():
    with pytest.raises(TypeError, match="input is minigrad"):
        F.cross_entropy(minigrad.ones(2, 3).long(), minigrad.tensor([0, 1]))
    with pytest.raises(TypeError, match="target must be a Tensor"):
        F.cross_entropy(minigrad.ones(2, 3), np.array([0, 1]))


@pytest.mark.unit
def test_bytes_are_labels():
    labels = minigrad.tensor([2, 0]).byte()
    assert F.nll_loss(minigrad.eye(2, 3), labels, reduction="none").tolist() == [0.0, 0.0]
