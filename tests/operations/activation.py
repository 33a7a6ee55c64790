"""Rows of activations, softmaxes, linear maps, embeddings, attention and dropout."""

import math

import numpy as np

import minigrad
import minigrad.functional as F
from minigrad.errors import RangeError
from operations.elementwise import erf
from operations.row import Call, Row, away, normal, refused

__all__ = ["ROWS"]

X = np.array([[0.5, -1.5, 2.5], [3.5, -0.25, 0.75]])
WHOLE = np.arange(3)
INTEGERS = refused(TypeError, "int64", WHOLE)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x, beta=1.0, threshold=20.0):
    return np.where(x * beta > threshold, x, np.log(1 + np.exp(np.minimum(x * beta, 700))) / beta)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def celu(x, alpha=1.0):
    return np.maximum(x, 0) + np.minimum(0, alpha * (np.exp(x / alpha) - 1))


def selu(x):
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return scale * elu(x, alpha)


def gelu(x, approximate="none"):
    if approximate == "none":
        return x * (1 + erf(x / math.sqrt(2))) / 2
    return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def hardtanh(x, low=-1.0, high=1.0):
    return np.minimum(np.maximum(x, low), high)


def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, slope * x)


def prelu(x, weight):
    w = weight.reshape(-1, *(1,) * (x.ndim - 2)) if weight.size > 1 else weight.reshape(())
    return np.where(x > 0, x, w * x)


def threshold(x, threshold, value):
    return np.where(x > threshold, x, value)


# name, reference, kinks, further settings, other names, refusals of its own

CURVES = [
    ("relu", lambda x: np.maximum(x, 0), (0,), (), "Tensor.relu", ()),
    ("relu6", lambda x: hardtanh(x, 0, 6), (0, 6), (), "", ()),
    ("leaky_relu", leaky_relu, (0,), ((0.2,), (-0.5,)), "", (INTEGERS,)),
    ("elu", elu, (0,), ((0.5,),), "", (INTEGERS,)),
    ("celu", celu, (0,), ((0.5,),), "", (INTEGERS, refused(RangeError, "alpha 0", X, 0.0))),
    ("selu", selu, (0,), (), "", (INTEGERS,)),
    ("gelu", gelu, (), (("tanh",),), "",
     (INTEGERS, refused(RangeError, "approximate 'sin'", X, "sin"))),
    ("silu", lambda x: x * sigmoid(x), (), (), "", (INTEGERS,)),
    ("mish", lambda x: x * np.tanh(softplus(x)), (), (), "", (INTEGERS,)),
    ("softplus", softplus, (), ((2.0, 3.0), (0.5,)), "", (INTEGERS,)),
    ("softsign", lambda x: x / (1 + abs(x)), (0,), (), "", ()),
    ("logsigmoid", lambda x: np.log(sigmoid(x)), (), (), "", (INTEGERS,)),
    ("tanhshrink", lambda x: x - np.tanh(x), (), (), "", ()),
    ("hardshrink", lambda x, c=0.5: np.where(abs(x) > c, x, 0), (0.5, -0.5, 1, -1), ((1.0,),),
     "Tensor.hardshrink", (INTEGERS,)),
    ("softshrink", lambda x, c=0.5: np.sign(x) * np.maximum(abs(x) - c, 0), (0.5, -0.5, 1, -1),
     ((1.0,),), "", (INTEGERS, refused(RangeError, "lambd -1", X, -1.0))),
    ("hardtanh", hardtanh, (1, -1, 2), ((-1.0, 2.0),), "",
     (refused(ValueError, "min_val max_val", X, 2.0, 1.0),)),
    ("hardsigmoid", lambda x: hardtanh(x + 3, 0, 6) / 6, (-3, 3), (), "", (INTEGERS,)),
    ("hardswish", lambda x: x * hardtanh(x + 3, 0, 6) / 6, (-3, 3), (), "", (INTEGERS,)),
    ("threshold", threshold, (0.5,), (), "", ()),
    ("rrelu", lambda x, a=1 / 8, b=1 / 3: leaky_relu(x, (a + b) / 2), (0,), ((0.1, 0.5),), "",
     (INTEGERS, refused(RangeError, "lower 2 upper 1", X, 2.0, 1.0))),
]  # fmt: skip


def curve(name, reference, kinks, settings, also, refusals):
    def samples(rng):
        given = [(0.5, -1.5)] if name == "threshold" else [(), *settings]
        for setting in given:
            yield Call(away(rng, (2, 3), *kinks, low=-4, high=8), *setting)

    text = refused(TypeError, "input Tensor", "text", *(1, 1)[: 2 * (name == "threshold")])
    return Row(f"F.{name}", reference, samples, also=also, batch=(0,), refusals=(text, *refusals))


# Along an axis


def along(rng):
    yield Call(normal(rng, 2, 3), 1)
    yield Call(normal(rng, 2, 3, 2), -3)


def softmax(x, dim):
    return np.exp(x) / np.exp(x).sum(dim, keepdims=True)


def glu(x, dim=-1):
    a, b = np.split(x, 2, dim)
    return a * sigmoid(b)


def slopes(rng):
    yield Call(away(rng, (2, 3, 2), 0), normal(rng, 3))
    yield Call(away(rng, (2, 3), 0), normal(rng, 1))
    yield Call(away(rng, (4,), 0), normal(rng))


NO_AXIS = refused(IndexError, "2", X, 2)


# Linear maps


def maps(rng):
    yield Call(normal(rng, 2, 4, 3), normal(rng, 5, 3), normal(rng, 5))
    yield Call(normal(rng, 2, 3), normal(rng, 5, 3))
    yield Call(normal(rng, 3), normal(rng, 3))


def linear(x, w, b=0.0):
    return x @ w.T + b


def bilinear_maps(rng):
    yield Call(normal(rng, 2, 3), normal(rng, 2, 4), normal(rng, 2, 3, 4), normal(rng, 2))


def lookups(rng):
    yield Call(rng.integers(0, 4, (2, 3)), normal(rng, 4, 2))


def attentions(rng):
    q, k, v = normal(rng, 2, 3, 2), normal(rng, 2, 4, 2), normal(rng, 2, 4, 3)
    yield Call(q, k, v)
    yield Call(q, k, v, normal(rng, 3, 4), scale=0.7)
    yield Call(q, k, v, is_causal=True)
    yield Call(q, k, v, np.array([[1, 0, 1, 1], [0, 1, 0, 0], [1, 1, 1, 0]], bool))


def attention(q, k, v, attn_mask=None, is_causal=False, scale=None):
    scores = q @ k.swapaxes(-1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        attn_mask = np.tril(np.ones(scores.shape[-2:], bool))
    if attn_mask is not None:
        masked = attn_mask.dtype == bool
        scores = np.where(attn_mask, scores, -np.inf) if masked else scores + attn_mask
    return softmax(scores, -1) @ v


def codes(rng):
    yield Call(rng.integers(0, 4, (2, 3)), 5)
    yield Call(np.array([3, 0, 1]))


def one_hot(index, num_classes=-1):
    return (index[..., None] == np.arange(index.max() + 1 if num_classes < 0 else num_classes)) * 1


# Dropout: with its own draw, which must be of zeros and 1 / (1 - p) alone


def drops(rng, *shapes):
    for shape in shapes:
        yield Call(normal(rng, *shape), 0.4, True)
    yield Call(normal(rng, *shapes[0]), 0.4, False)


def dropped(name):
    """The input times the mask that the operation draws for ones."""

    def reference(x, p, training):
        if not training:
            return x
        minigrad.manual_seed(5)
        mask = getattr(F, name)(minigrad.ones(*x.shape).double(), p, True).array
        near = np.isclose(mask, 0) | np.isclose(mask, 1 / (1 - p))
        assert near.all()
        assert 0 < (mask == 0).mean() < 1
        if name != "dropout":  # whole channels
            assert (mask == mask[:, :, *(slice(1),) * (x.ndim - 2)]).all()
        return x * mask

    return reference


def alpha_dropped(x, p, training):
    """a x + b where kept and a s + b where dropped, of mean 0 and variance 1 for selu's inputs."""
    if not training:
        return x
    minigrad.manual_seed(5)
    s = -1.7580993408473766
    a = ((1 - p) * (1 + p * s * s)) ** -0.5
    kept = F.alpha_dropout(minigrad.full(x.shape, 99.0).double(), p, True).array > 9
    assert kept.any()
    assert not kept.all()
    return a * np.where(kept, x, s) - a * p * s


def dropout(name, *shapes):
    return Row(
        f"F.{name}", alpha_dropped if name == "alpha_dropout" else dropped(name),
        lambda rng: drops(rng, *shapes), random=True,
        linear=() if name == "alpha_dropout" else (0,),
        refusals=[refused(ValueError, "p 1.5 [0, 1]", np.ones(shapes[0]), 1.5, True),
                  refused(ValueError, "p -0.1 [0, 1]", np.ones(shapes[0]), -0.1, True),
                  refused(TypeError, "input", "text", 0.5, True),
                  refused(TypeError, "int64", np.ones(shapes[0], int), 0.5, True)],
    )  # fmt: skip


THREE = np.ones((2, 3, 2))

ROWS = [
    *(curve(*row) for row in CURVES),
    Row("F.prelu", prelu, slopes, also="Tensor.prelu",
        refusals=[refused(ValueError, "weight 3 2", X, np.ones(2)),
                  refused(ValueError, "weight (1, 3)", X, np.ones((1, 3))),
                  refused(TypeError, "weight int64", X, WHOLE)]),
    Row("F.softmax", softmax, along, also="Tensor.softmax", refusals=[NO_AXIS]),
    Row("F.log_softmax", lambda x, dim: np.log(softmax(x, dim)), along,
        also="Tensor.log_softmax", refusals=[NO_AXIS]),
    Row("F.softmin", lambda x, dim: softmax(-x, dim), along, refusals=[NO_AXIS]),
    Row("F.glu", glu, lambda rng: [Call(normal(rng, 2, 4)), Call(normal(rng, 2, 3), 0)],
        refusals=[NO_AXIS, refused(ValueError, "even 3", X)]),
    Row("F.linear", linear, maps, linear=(0, 1),
        refusals=[refused(ValueError, "weight 3 4", X, np.ones((5, 4))),
                  refused(ValueError, "bias 5 2", X, np.ones((5, 3)), np.ones(2)),
                  refused(TypeError, "weight float32", X, np.ones((5, 3), np.float32)),
                  refused(TypeError, "input", "text", X)]),
    Row("F.bilinear",
        lambda x, y, w, b: np.einsum("ni,oij,nj->no", x, w, y) + b, bilinear_maps,
        linear=(0, 1, 2, 3), batch=(0, 1),
        refusals=[refused(ValueError, "weight", X, X, np.ones((2, 3, 4))),
                  refused(ValueError, "input", X, X[:1], np.ones((2, 3, 3)))]),
    Row("F.embedding", lambda index, w: w[index], lookups, linear=(1,), batch=(0,),
        refusals=[refused(IndexError, "3 3", np.array([3]), np.ones((3, 2))),
                  refused(IndexError, "-1", np.array([-1]), np.ones((3, 2))),
                  refused(TypeError, "float64", np.ones(3), np.ones((3, 2))),
                  refused(ValueError, "weight (3,)", WHOLE, np.ones(3))]),
    Row("F.one_hot", one_hot, codes, gradient=False,
        refusals=[refused(RangeError, "3 num_classes 2", np.array([0, 3]), 2),
                  refused(RangeError, "negative -1", np.array([-1])),
                  refused(TypeError, "float64", np.ones(3))]),
    Row("F.scaled_dot_product_attention", attention, attentions, linear=(2,), batch=(0, 1, 2),
        refusals=[refused(ValueError, "is_causal attn_mask", THREE, THREE, THREE,
                          np.ones((3, 3), bool), is_causal=True),
                  refused(ValueError, "key", THREE, np.ones((2, 3, 4)), THREE),
                  refused(TypeError, "float32", THREE, THREE.astype(np.float32), THREE)]),
    dropout("dropout", (4, 5), (3, 2, 4)),
    dropout("dropout1d", (4, 5, 2)),
    dropout("dropout2d", (3, 5, 2, 3)),
    dropout("dropout3d", (3, 5, 1, 2, 3)),
    dropout("alpha_dropout", (4, 5)),
]  # fmt: skip
