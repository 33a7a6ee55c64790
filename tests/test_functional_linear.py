"""Linear maps, embedding, distances, attention: values by loops, gradients, what is refused."""

import math

import numpy as np
import pytest
from operation_checks import check_operation, smooth
from tolerances import FAST_FLOAT64

import minigrad
import minigrad.functional as F

pytestmark = pytest.mark.unit


def close(tensor, expected):
    np.testing.assert_allclose(tensor.array, expected, rtol=FAST_FLOAT64, atol=FAST_FLOAT64)


# Linear


@pytest.mark.parametrize("lead", [(), (3,), (2, 3), (2, 1, 3), (0,), (2, 0)])
def test_linear(lead):
    x, w, b = smooth(*lead, 4), smooth(5, 4), smooth(5)
    expected = np.empty((*lead, 5))
    for place in np.ndindex(*lead, 5):
        row = x[place[:-1]]
        expected[place] = math.fsum(row * w[place[-1]]) + b[place[-1]]
    t = [minigrad.tensor(a) for a in (x, w, b)]
    close(F.linear(*t), expected)
    close(F.linear(t[0], t[1]), expected - b)
    if lead and 0 not in lead:
        check_operation(F.linear, x, w, b)


def test_linear_with_a_vector_for_a_weight():
    x, w = smooth(2, 3, 4), smooth(4)
    close(F.linear(minigrad.tensor(x), minigrad.tensor(w)), x @ w)
    check_operation(F.linear, x, w)


def test_linear_of_no_features_is_the_bias():
    y = F.linear(minigrad.ones(2, 0), minigrad.ones(3, 0), minigrad.tensor([1.0, 2.0, 3.0]))
    assert y.tolist() == [[1.0, 2.0, 3.0]] * 2


def test_integers_are_exact():
    x, w = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]]), minigrad.tensor([[1.0, -1.0], [0.0, 2.0]])
    assert F.linear(x, w, minigrad.tensor([10.0, 20.0])).tolist() == [[9.0, 24.0], [9.0, 28.0]]


@pytest.mark.parametrize(
    ("x", "w", "b", "message"),
    [
        ((2, 3), (5, 4), None, r"must have the 4 features that weight \(5, 4\) takes"),
        ((), (5, 4), None, "must have the 4 features"),
        ((2, 4), (5, 4), (4,), r"bias must have shape \(5,\)"),
        ((2, 4), (1, 5, 4), None, "weight must be"),
    ],
)
def test_linear_refuses_sizes(x, w, b, message):
    with pytest.raises(ValueError, match=message):
        F.linear(minigrad.ones(x), minigrad.ones(w), b and minigrad.ones(b))


def test_linear_refuses_mixed_and_integer_dtypes():
    x = minigrad.ones(2, 4)
    with pytest.raises(TypeError, match=r"weight is minigrad\.float64"):
        F.linear(x, x.double())
    with pytest.raises(TypeError, match="only floating"):
        F.linear(x.long(), x.long())


def test_bilinear():
    x1, x2, w, b = smooth(2, 3, 4), smooth(2, 3, 5), smooth(6, 4, 5), smooth(6)
    expected = np.einsum("nli,oij,nlj->nlo", x1, w, x2) + b
    close(F.bilinear(*(minigrad.tensor(a) for a in (x1, x2, w, b))), expected)
    check_operation(F.bilinear, x1[0, :2], x2[0, :2], w[:2], b[:2])


@pytest.mark.parametrize(
    "shapes", [((2, 4), (3, 5), (6, 4, 5)), ((2, 4), (2, 5), (6, 5, 4)), ((2, 4), (2, 5), (4, 5))]
)
def test_bilinear_refuses_sizes(shapes):
    with pytest.raises(ValueError, match="bilinear"):
        F.bilinear(*(minigrad.ones(s) for s in shapes))


# Embedding and one-hot


def test_embedding_reads_rows_and_adds_up_gradients():
    w = minigrad.tensor(smooth(4, 3), requires_grad=True)
    index = minigrad.tensor([[0, 2], [2, 2]])
    y = F.embedding(index, w)
    np.testing.assert_array_equal(y.array, w.array[[[0, 2], [2, 2]]])
    y.sum().backward()
    assert w.grad.tolist() == [[1.0] * 3, [0.0] * 3, [3.0] * 3, [0.0] * 3]
    check_operation(lambda w: F.embedding(index, w), smooth(4, 3))


def test_padding_gets_no_gradient_and_frequency_divides():
    index = minigrad.tensor([0, 2, 2, 3, 3, 3])
    for padding_idx in (3, -1):
        w = minigrad.tensor(smooth(4, 1), requires_grad=True)
        F.embedding(index, w, padding_idx).sum().backward()
        assert w.grad.tolist() == [[1.0], [0.0], [2.0], [0.0]]
    w = minigrad.tensor(smooth(4, 1), requires_grad=True)
    F.embedding(index, w, scale_grad_by_freq=True).sum().backward()
    np.testing.assert_allclose(w.grad.array, [[1.0], [0.0], [1.0], [1.0]], rtol=1e-15)


def test_max_norm_shortens_only_the_rows_in_use():
    w = minigrad.tensor([[3.0, 4.0], [6.0, 8.0], [0.1, 0.0]], requires_grad=True)
    y = F.embedding(minigrad.tensor([0, 2]), w, max_norm=1.0)
    np.testing.assert_allclose(y.array, [[0.6, 0.8], [0.1, 0.0]], rtol=1e-6)
    assert w.tolist()[1] == [6.0, 8.0]


@pytest.mark.parametrize(
    ("index", "options", "error", "message"),
    [
        ([0, 4], {}, IndexError, "index 4, but weight has 4 rows"),
        ([-1], {}, IndexError, "index -1"),
        ([0.5], {}, TypeError, r"\.long\(\)"),
        ([0], {"padding_idx": 4}, ValueError, "padding_idx"),
    ],
)
def test_embedding_refuses(index, options, error, message):
    with pytest.raises(error, match=message):
        F.embedding(minigrad.tensor(index), minigrad.ones(4, 3), **options)
    with pytest.raises(ValueError, match=r"\(V, D\)"):
        F.embedding(minigrad.tensor([0]), minigrad.ones(4))


def test_one_hot():
    assert F.one_hot(minigrad.tensor([[0], [2]])).tolist() == [[[1, 0, 0]], [[0, 0, 1]]]
    assert F.one_hot(minigrad.tensor(1), 3).tolist() == [0, 1, 0]
    assert F.one_hot(minigrad.zeros(0, 2).long(), 3).shape == (0, 2, 3)
    assert F.one_hot(minigrad.tensor([1])).dtype == minigrad.int64


@pytest.mark.parametrize(
    ("index", "classes", "error", "message"),
    [
        ([0, 3], 3, ValueError, r"index 3 does not fit num_classes \(=3\)"),
        ([-1], -1, ValueError, "negative"),
        ([], -1, TypeError, "int64"),
        ([0.0], -1, TypeError, "int64"),
    ],
)
def test_one_hot_refuses(index, classes, error, message):
    with pytest.raises(error, match=message):
        F.one_hot(minigrad.tensor(index), classes)
    with pytest.raises(ValueError, match="pass num_classes="):
        F.one_hot(minigrad.zeros(0).long())


# Distances


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_cosine_similarity(axis):
    a, b = smooth(3, 4, 2), smooth(3, 4, 2, seed=1)
    lengths = np.sqrt((a * a).sum(axis) * (b * b).sum(axis))
    y = F.cosine_similarity(minigrad.tensor(a), minigrad.tensor(b), axis)
    close(y, (a * b).sum(axis) / lengths)
    check_operation(lambda a, b: F.cosine_similarity(a, b, axis), a, b)


def test_cosine_similarity_broadcasts_and_survives_zeros():
    y = F.cosine_similarity(
        minigrad.tensor([[3.0, 4.0]]), minigrad.tensor([[0.0, 0.0], [4.0, 3.0]])
    )
    np.testing.assert_allclose(y.array, [0.0, 0.96], rtol=1e-6)


@pytest.mark.parametrize(("p", "expected"), [(1.0, 7.0), (2.0, 5.0), (math.inf, 4.0)])
def test_pairwise_distance(p, expected):
    a, b = minigrad.tensor([[3.0, 0.0]]).double(), minigrad.tensor([[0.0, 4.0]]).double()
    y = F.pairwise_distance(a, b, p, eps=0.0)
    assert y.tolist() == pytest.approx([expected], rel=1e-14)
    assert F.pairwise_distance(a, b, p, keepdim=True).shape == (1, 1)
    check_operation(lambda a, b: F.pairwise_distance(a, b, p), smooth(3, 4), smooth(3, 4, seed=1))


# Attention


def attention(q, k, v, allowed):
    y = np.zeros((*q.shape[:-1], v.shape[-1]))
    for l in range(len(q)):
        scores = [
            math.exp(q[l] @ k[j] / math.sqrt(q.shape[1])) * allowed[l, j] for j in range(len(k))
        ]
        if sum(scores):
            y[l] = sum(w * row for w, row in zip(scores, v, strict=True)) / sum(scores)
    return y


def test_attention():
    q, k, v = smooth(3, 4), smooth(5, 4), smooth(5, 2)
    t = [minigrad.tensor(a) for a in (q, k, v)]
    close(F.scaled_dot_product_attention(*t), attention(q, k, v, np.ones((3, 5))))
    causal = F.scaled_dot_product_attention(*t, is_causal=True)
    close(causal, attention(q, k, v, np.tri(3, 5)))
    mask = np.array([[1, 0, 1, 0, 1], [0, 0, 0, 0, 0], [0, 1, 1, 1, 1]], bool)
    masked = F.scaled_dot_product_attention(*t, attn_mask=minigrad.tensor(mask))
    close(masked, attention(q, k, v, mask))
    check_operation(lambda *t: F.scaled_dot_product_attention(*t, is_causal=True), q, k, v)


def test_attention_shares_keys_between_heads():
    q, k, v = smooth(1, 4, 3, 2), smooth(1, 2, 5, 2), smooth(1, 2, 5, 2, seed=1)
    t = [minigrad.tensor(a) for a in (q, k, v)]
    y = F.scaled_dot_product_attention(*t, enable_gqa=True)
    for head in range(4):
        close(y[0, head], attention(q[0, head], k[0, head // 2], v[0, head // 2], np.ones((3, 5))))
    with pytest.raises(ValueError, match="exclude each other"):
        F.scaled_dot_product_attention(*t, minigrad.ones(3, 5), is_causal=True)
