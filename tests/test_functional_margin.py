"""Losses with a margin: values by loops, gradients, what is refused."""

import numpy as np
import pytest
from operation_checks import check_operation, smooth
from tolerances import FAST_FLOAT64

import minigrad
import minigrad.functional as F

pytestmark = pytest.mark.unit

REDUCTIONS = {"none": np.asarray, "sum": np.sum, "mean": np.mean}


def check(name, arguments, losses, **kwargs):
    tensors = [minigrad.tensor(a) for a in arguments]
    for reduction, reduce in REDUCTIONS.items():
        y = getattr(F, name)(*tensors, **kwargs, reduction=reduction)
        np.testing.assert_allclose(y.array, reduce(losses), rtol=FAST_FLOAT64, atol=1e-15)
    constants = [t for t in tensors[1:] if not t.is_floating_point()]
    floating = [a for a in arguments if np.asarray(a).dtype.kind == "f"]
    check_operation(lambda *xs: getattr(F, name)(*xs, *constants, **kwargs), *floating)


def test_hinge_embedding():
    x = np.array([0.5, 0.5, 3.0, -2.0])
    check("hinge_embedding_loss", [x, [1, -1, -1, -1]], [0.5, 1.0, 0.0, 3.5], margin=1.5)


def test_margin_ranking():
    a, b = np.array([1.0, 1.0, 2.0]), np.array([0.2, 3.0, 1.0])
    losses = [0.0, 2.5, 1.5]
    check("margin_ranking_loss", [a, b, [1, 1, -1]], losses, margin=0.5)


@pytest.mark.parametrize("swap", [False, True])
def test_triplet_margin(swap):
    a, p, n = (smooth(4, 3, seed=i) for i in range(3))

    def distance(x, y):
        return np.sqrt(((x - y + 1e-6) ** 2).sum(-1))

    far = np.minimum(distance(a, n), distance(p, n)) if swap else distance(a, n)
    losses = np.maximum(distance(a, p) - far + 1.5, 0)
    assert losses.max() > 0
    check("triplet_margin_loss", [a, p, n], losses, margin=1.5, swap=swap)


def test_cosine_embedding():
    a, b = smooth(4, 3), smooth(4, 3, seed=1)
    lengths = ((a * a).sum(1) + 1e-12) * ((b * b).sum(1) + 1e-12)  # PyTorch's guard against 0
    cosine = (a * b).sum(1) / np.sqrt(lengths)
    losses = np.where([True, False, True, False], 1 - cosine, np.maximum(cosine - 0.1, 0))
    check("cosine_embedding_loss", [a, b, [1, -1, 1, -1]], losses, margin=0.1)
    single = F.cosine_embedding_loss(*(minigrad.tensor(v) for v in (a[0], b[0], 1)))
    assert single.item() == pytest.approx(1 - cosine[0], rel=1e-12)


def test_multilabel_soft_margin():
    x, t = smooth(4, 3), np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]])
    s = 1 / (1 + np.exp(-x))
    losses = -(t * np.log(s) + (1 - t) * np.log(1 - s))
    check("multilabel_soft_margin_loss", [x, t], losses.mean(1))
    w = np.array([1.0, 2.0, 0.5])
    y = F.multilabel_soft_margin_loss(*(minigrad.tensor(v) for v in (x, t, w)), reduction="none")
    np.testing.assert_allclose(y.array, (losses * w).mean(1), rtol=FAST_FLOAT64)


@pytest.mark.parametrize("p", [1, 2])
def test_multi_margin(p):
    x, labels, w = smooth(4, 3), [2, 0, 1, 1], np.array([1.0, 2.0, 0.5])
    losses = [
        sum(max(0.7 - x[n, l] + x[n, c], 0) ** p for c in range(3) if c != l) / 3
        for n, l in enumerate(labels)
    ]
    check("multi_margin_loss", [x, labels], losses, p=p, margin=0.7)
    y = F.multi_margin_loss(
        *(minigrad.tensor(v) for v in (x, labels)), p, 0.7, minigrad.tensor(w), reduction="none"
    )
    np.testing.assert_allclose(y.array, w[labels] * np.array(losses), rtol=FAST_FLOAT64)


ones = minigrad.ones


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.margin_ranking_loss(ones(2), ones(2, 1), ones(2)), ValueError, "dimensions"),
        (lambda: F.triplet_margin_loss(ones(2), ones(2), ones(2), 0.0), ValueError, "positive"),
        (lambda: F.triplet_margin_loss(ones(2), ones(2), ones(1, 2)), ValueError, "dimensions"),
        (
            lambda: F.cosine_embedding_loss(ones(2, 3), ones(2, 3), ones(2, 1)),
            ValueError,
            "expected inputs",
        ),
        (lambda: F.multi_margin_loss(ones(2, 3), ones(2).long(), 3), ValueError, "1 or 2"),
        (lambda: F.multi_margin_loss(ones(2, 3), ones(3).long()), ValueError, "expected input"),
        (lambda: F.multi_margin_loss(ones(2, 3), ones(2)), TypeError, "labels"),
        (lambda: F.multi_margin_loss(ones(2, 1), ones(2).long()), IndexError, "1"),
        (lambda: F.soft_margin_loss(ones(2).long(), ones(2)), TypeError, "only floating"),
        (lambda: F.hinge_embedding_loss(ones(2), [1, 1]), TypeError, "must be a Tensor"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
