"""The op table of a tensor's operators and methods: one row an operation.

A row is a function of tensors, the same in NumPy, and the arrays to try it on.  Values lie away
from kinks, poles and ties, so that every row can be held against finite differences.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from operation_checks import distinct, smooth

import minigrad

__all__ = ["ROWS", "Row"]


class Row(NamedTuple):
    """An operation, its twin in NumPy, and inputs (float64)."""

    function: Any
    numpy: Any
    inputs: tuple[np.ndarray, ...]


def positive(*shape):
    """Between 0.5 and 2, without two that are equal."""
    return 0.5 + 1.5 * np.linspace(0, 1, math.prod(shape) + 1)[1:].reshape(shape)


def inside(*shape):
    """Between -1 and 1, and not near an end or 0."""
    x = np.linspace(0.1, 0.9, math.prod(shape)).reshape(shape)
    return x * np.where(np.arange(math.prod(shape)).reshape(shape) % 2, 1, -1)


def apart(*shape):
    """At least 0.2 from every integer and half."""
    return np.floor(3 * smooth(*shape)) + 0.25


X, V, S = smooth(3, 4), smooth(4, seed=1), np.array(0.7)
Y = smooth(3, 4, seed=2)
D = distinct(3, 4)
BATCH = smooth(2, 3, 4)
MASK = np.array([[True, False, True, False]] * 3)
PLACES = np.array([[2, 0, 1, 1], [0, 0, 2, 1]])
T = minigrad.tensor


def same(f, *inputs):
    """A row whose function works on tensors and on arrays alike."""
    return Row(f, f, inputs)


def unary(name, numpy, x=X):
    return Row(lambda a: getattr(a, name)(), numpy, (x,))


def softmax(a):
    return np.exp(a) / np.exp(a).sum(1, keepdims=True)


def scattered(a, b):
    result = a.copy()
    for i, j in np.ndindex(PLACES.shape):
        result[PLACES[i, j], j] += b[i, j]
    return result


ELEMENTWISE = {
    "+": same(lambda a, b: a + b, X, V),
    "+ of numbers": same(lambda a: 1 + a + 2.5, X),
    "-": same(lambda a, b: a - b, X, V),
    "- of a number": same(lambda a: 1 - a - 2, X),
    "*": same(lambda a, b: a * b, X, V),
    "* of a number": same(lambda a: 3 * a * 0.5, X),
    "/": same(lambda a, b: a / b, X, positive(4)),
    "/ of a number": same(lambda a: 2 / a / 3, positive(3, 4)),
    "-x": same(lambda a: -a, X),
    "**": same(lambda a, b: a**b, positive(3, 4), V),
    "** 2": same(lambda a: a**2, X),
    "** 3": same(lambda a: a**3, X),
    "** 0": same(lambda a: a**0, X),
    "** -1.5": same(lambda a: a**-1.5, positive(3, 4)),
    "2 ** x": same(lambda a: 2**a, X),
    "%": same(lambda a, b: a % b, apart(3, 4), np.array([1.0, -1.0, 2.0, 0.5])),
    "with a 0-dimensional tensor": same(lambda a, b: a * b + b, X, S),
    "both broadcast": same(lambda a, b: a * b, smooth(3, 1), smooth(1, 4)),
    "alpha": Row(
        lambda a, b: a.add(b, alpha=2).sub(b, alpha=0.5), lambda a, b: a + 1.5 * b, (X, V)
    ),
    "/ rounded": Row(
        lambda a: a.div(0.5, rounding_mode="floor") + (2 * a).div(a * 0 + 2, rounding_mode="trunc"),
        lambda a: np.floor(a / 0.5) + np.trunc(a),
        (apart(3, 4) + 0.1,),
    ),
    "fmod": Row(lambda a: a.fmod(1.0), lambda a: np.fmod(a, 1.0), (apart(3, 4),)),
    "exp": unary("exp", np.exp),
    "exp2": unary("exp2", np.exp2),
    "expm1": unary("expm1", np.expm1),
    "log": unary("log", np.log, positive(3, 4)),
    "log1p": unary("log1p", np.log1p, positive(3, 4)),
    "log2": unary("log2", np.log2, positive(3, 4)),
    "log10": unary("log10", np.log10, positive(3, 4)),
    "sqrt": unary("sqrt", np.sqrt, positive(3, 4)),
    "rsqrt": unary("rsqrt", lambda a: a**-0.5, positive(3, 4)),
    "square": unary("square", np.square),
    "reciprocal": unary("reciprocal", lambda a: 1 / a, positive(3, 4)),
    "abs": unary("abs", np.abs),
    "sin": unary("sin", np.sin),
    "cos": unary("cos", np.cos),
    "tan": unary("tan", np.tan, inside(3, 4)),
    "asin": unary("asin", np.arcsin, inside(3, 4)),
    "acos": unary("acos", np.arccos, inside(3, 4)),
    "atan": unary("atan", np.arctan),
    "atan2": Row(lambda a, b: a.atan2(b), np.arctan2, (X, positive(4))),
    "sinh": unary("sinh", np.sinh),
    "cosh": unary("cosh", np.cosh),
    "tanh": unary("tanh", np.tanh),
    "asinh": unary("asinh", np.arcsinh),
    "acosh": unary("acosh", np.arccosh, 1 + positive(3, 4)),
    "atanh": unary("atanh", np.arctanh, inside(3, 4)),
    "sigmoid": unary("sigmoid", lambda a: 1 / (1 + np.exp(-a))),
    "logit": unary("logit", lambda a: np.log(a / (1 - a)), positive(3, 4) / 3),
    "erf": unary("erf", np.vectorize(math.erf)),
    "erfc": unary("erfc", np.vectorize(math.erfc)),
    "erfinv of erf": Row(lambda a: a.erf().erfinv(), lambda a: a, (inside(3, 4),)),
    "lgamma": unary("lgamma", np.vectorize(math.lgamma), positive(3, 4)),
    "sign": unary("sign", np.sign),
    "floor": unary("floor", np.floor, apart(3, 4)),
    "ceil": unary("ceil", np.ceil, apart(3, 4)),
    "trunc": unary("trunc", np.trunc, apart(3, 4)),
    "round": unary("round", np.round, apart(3, 4)),
    "frac": unary("frac", lambda a: a - np.trunc(a), apart(3, 4)),
    "clamp": Row(lambda a: a.clamp(-0.3, 0.8), lambda a: np.clip(a, -0.3, 0.8), (X,)),
    "clamp from below": Row(lambda a: a.clamp(min=0.1), lambda a: np.maximum(a, 0.1), (X,)),
    "clamp by tensors": Row(
        lambda a, b, c: a.clamp(b, c), lambda a, b, c: np.clip(a, b, c), (X, V - 0.5, V + 0.5)
    ),
    "maximum": Row(lambda a, b: a.maximum(b), np.maximum, (X, V)),
    "minimum": Row(lambda a, b: a.minimum(b), np.minimum, (X, V)),
    "where": Row(
        lambda a, b: minigrad.where(T(MASK), a, b), lambda a, b: np.where(MASK, a, b), (X, V)
    ),
    "masked_fill": Row(
        lambda a: a.masked_fill(T(MASK), 2.0), lambda a: np.where(MASK, 2.0, a), (X,)
    ),
    "lerp": Row(lambda a, b: a.lerp(b, 0.25), lambda a, b: 0.75 * a + 0.25 * b, (X, V)),
    "addcmul": Row(lambda a, b: a.addcmul(b, b, value=3), lambda a, b: a + 3 * b * b, (X, V)),
    "addcdiv": Row(lambda a, b: a.addcdiv(a, b), lambda a, b: a + a / b, (X, positive(4))),
    "nan_to_num": unary("nan_to_num", np.nan_to_num),
    "clone": unary("clone", np.copy),
    "relu": unary("relu", lambda a: np.maximum(a, 0)),
}

PRODUCTS = {
    "matrix @ matrix": same(lambda a, b: a @ b, X, smooth(4, 2)),
    "matrix @ vector": same(lambda a, b: a @ b, X, V),
    "vector @ matrix": same(lambda a, b: a @ b, smooth(3), X),
    "vector @ vector": same(lambda a, b: a @ b, V, smooth(4, seed=3)),
    "batches @ matrix": same(lambda a, b: a @ b, BATCH, smooth(4, 2)),
    "batches broadcast": same(lambda a, b: a @ b, smooth(2, 1, 3, 4), smooth(5, 4, 2)),
    "batch @ vector": same(lambda a, b: a @ b, BATCH, V),
    "bmm": Row(lambda a, b: a.bmm(b), np.matmul, (BATCH, smooth(2, 4, 5))),
    "addmm": Row(
        lambda a, b, c: a.addmm(b, c, beta=0.5, alpha=2),
        lambda a, b, c: 0.5 * a + 2 * (b @ c),
        (smooth(2), smooth(3, 4), smooth(4, 2)),
    ),
    "outer": Row(lambda a, b: a.outer(b), np.outer, (smooth(3), V)),
    "einsum": Row(
        lambda a, b: minigrad.einsum("bij,kj->bki", a, b),
        lambda a, b: np.einsum("bij,kj->bki", a, b),
        (BATCH, smooth(5, 4)),
    ),
    "einsum's trace": Row(lambda a: minigrad.einsum("ii", a), np.trace, (smooth(4, 4),)),
}

REDUCTIONS = {
    "sum": same(lambda a: a.sum(), X),
    "sum of an axis": same(lambda a: a.sum(1), X),
    "sum of two": Row(lambda a: a.sum((0, -1)), lambda a: a.sum((0, 2)), (BATCH,)),
    "sum kept": Row(lambda a: a.sum(0, keepdim=True), lambda a: a.sum(0, keepdims=True), (X,)),
    "mean": same(lambda a: a.mean(), X),
    "mean of an axis": same(lambda a: a.mean(-1), BATCH),
    "var": Row(lambda a: a.var(), lambda a: a.var(ddof=1), (X,)),
    "var of an axis": Row(lambda a: a.var(1, unbiased=False), lambda a: a.var(1), (X,)),
    "std": Row(lambda a: a.std(0), lambda a: a.std(0, ddof=1), (X,)),
    "prod": same(lambda a: a.prod(), X),
    "prod of an axis": same(lambda a: a.prod(0), X),
    "prod with zeros": same(lambda a: a.prod(1), X * (np.arange(12).reshape(3, 4) % 5 > 0)),
    "amax": Row(lambda a: a.amax((0, 2)), lambda a: a.max((0, 2)), (distinct(2, 3, 4),)),
    "amin": Row(lambda a: a.amin(1, keepdim=True), lambda a: a.min(1, keepdims=True), (D,)),
    "max": Row(lambda a: a.max(), np.max, (D,)),
    "max of an axis": Row(lambda a: a.max(1).values, lambda a: a.max(1), (D,)),
    "min of an axis": Row(lambda a: a.min(0)[0], lambda a: a.min(0), (D,)),
    "median": Row(lambda a: a.median(), np.median, (distinct(3, 5),)),
    "logsumexp": Row(lambda a: a.logsumexp(1), lambda a: np.log(np.exp(a).sum(1)), (X,)),
    "softmax": Row(lambda a: a.softmax(1), softmax, (X,)),
    "norm": Row(lambda a: a.norm(), np.linalg.norm, (X,)),
    "norm of rows": Row(lambda a: a.norm(dim=1), lambda a: np.linalg.norm(a, axis=1), (X,)),
    "1-norm": Row(lambda a: a.norm(1, 0), lambda a: np.abs(a).sum(0), (X,)),
    "3-norm": Row(lambda a: a.norm(3, 0), lambda a: (np.abs(a) ** 3).sum(0) ** (1 / 3), (X,)),
    "largest norm": Row(lambda a: a.norm(math.inf, 0), lambda a: np.abs(a).max(0), (D + 0.01,)),
    "cumsum": Row(lambda a: a.cumsum(1), lambda a: a.cumsum(1), (X,)),
    "cumprod": Row(lambda a: a.cumprod(1), lambda a: a.cumprod(1), (X,)),
    "sort": Row(lambda a: a.sort(1)[0], lambda a: np.sort(a, 1), (D,)),
    "sort down": Row(lambda a: a.sort(0, descending=True).values, lambda a: -np.sort(-a, 0), (D,)),
    "topk": Row(lambda a: a.topk(2, 1)[0], lambda a: -np.sort(-a, 1)[:, :2], (D,)),
}

LAYOUT = {
    "reshape": same(lambda a: a.reshape(2, -1), X),
    "view": Row(lambda a: a.contiguous().view(6, 2), lambda a: a.reshape(6, 2), (X,)),
    "flatten": Row(lambda a: a.flatten(1), lambda a: a.reshape(2, 12), (BATCH,)),
    "unflatten": Row(lambda a: a.unflatten(1, (2, -1)), lambda a: a.reshape(3, 2, 2), (X,)),
    "squeeze": Row(lambda a: a.squeeze(1), lambda a: a[:, 0], (smooth(3, 1, 2),)),
    "unsqueeze": Row(lambda a: a.unsqueeze(-1), lambda a: a[..., None], (X,)),
    "permute": Row(lambda a: a.permute(2, 0, 1), lambda a: a.transpose(2, 0, 1), (BATCH,)),
    "transpose": Row(lambda a: a.transpose(0, -1), lambda a: a.swapaxes(0, 2), (BATCH,)),
    "T": same(lambda a: a.T, X),
    "movedim": Row(lambda a: a.movedim(0, -1), lambda a: np.moveaxis(a, 0, -1), (BATCH,)),
    "expand": Row(lambda a: a.expand(2, 3, -1), lambda a: np.stack([[a[0]] * 3] * 2), (X[:1],)),
    "repeat": Row(lambda a: a.repeat(2, 1, 3), lambda a: np.tile(a, (2, 1, 3)), (X,)),
    "repeat_interleave": Row(
        lambda a: a.repeat_interleave(2, 1), lambda a: np.repeat(a, 2, 1), (X,)
    ),
    "flip": Row(lambda a: a.flip(0, 1), lambda a: a[::-1, ::-1], (X,)),
    "roll": Row(lambda a: a.roll((1, -2), (0, 1)), lambda a: np.roll(a, (1, -2), (0, 1)), (X,)),
    "roll flat": Row(lambda a: a.roll(2), lambda a: np.roll(a, 2), (X,)),
    "cat": Row(
        lambda a, b: minigrad.cat([a, b, a], 1), lambda a, b: np.concatenate([a, b, a], 1), (X, Y)
    ),
    "stack": Row(lambda a, b: minigrad.stack([a, b], 1), lambda a, b: np.stack([a, b], 1), (X, Y)),
    "split": Row(lambda a: a.split([1, 3], 1)[1], lambda a: a[:, 1:], (X,)),
    "chunk": Row(lambda a: a.chunk(2, 1)[0], lambda a: a[:, :2], (X,)),
    "unbind": Row(lambda a: a.unbind(1)[2], lambda a: a[:, 2], (X,)),
    "tril": Row(lambda a: a.tril(-1), lambda a: np.tril(a, -1), (X,)),
    "triu": Row(lambda a: a.triu(1), lambda a: np.triu(a, 1), (BATCH,)),
    "diagonal": Row(lambda a: a.diagonal(1, 2, 0), lambda a: a.diagonal(1, 2, 0), (BATCH,)),
    "diag": Row(lambda a: a.diag(-1), lambda a: np.diag(a, -1), (V,)),
    "meshgrid": Row(
        lambda a, b: minigrad.cat(minigrad.meshgrid(a, b, indexing="xy")),
        lambda a, b: np.concatenate(np.meshgrid(a, b)),
        (V, smooth(3)),
    ),
}

INDEXING = {
    "integer": same(lambda a: a[1], X),
    "slices": same(lambda a: a[1:, ::2], X),
    "ellipsis and None": same(lambda a: a[..., None, 1], BATCH),
    "list": same(lambda a: a[[2, 0, 0]], X),
    "index tensor": Row(lambda a: a[:, T([3, 1, 1])], lambda a: a[:, [3, 1, 1]], (X,)),
    "two index tensors": Row(
        lambda a: a[T([[0], [2]]), T([3, 1, 3])], lambda a: a[[[0], [2]], [3, 1, 3]], (X,)
    ),
    "index tensors apart": Row(
        lambda a: a[T([1, 0]), :, T([3, 2])], lambda a: a[[1, 0], :, [3, 2]], (BATCH,)
    ),
    "integer and index tensor": Row(
        lambda a: a[1, :, T([3, 2])], lambda a: a[1][:, [3, 2]], (BATCH,)
    ),
    "mask": Row(lambda a: a[T(MASK)], lambda a: a[MASK], (X,)),
    "masked_select": Row(lambda a: a.masked_select(T(MASK)), lambda a: a[MASK], (X,)),
    "index_select": Row(lambda a: a.index_select(1, T([2, 0])), lambda a: a[:, [2, 0]], (X,)),
    "gather": Row(
        lambda a: a.gather(0, T(PLACES)), lambda a: np.take_along_axis(a, PLACES, 0), (X,)
    ),
    "scatter_add": Row(lambda a, b: a.scatter_add(0, T(PLACES), b), scattered, (X, smooth(2, 4))),
    "index_add": Row(
        lambda a, b: a.index_add(0, T([2, 2]), b, alpha=2),
        lambda a, b: a + 2 * np.stack([0 * b[0], 0 * b[0], b[0] + b[1]]),
        (X, smooth(2, 4)),
    ),
    "narrow": Row(lambda a: a.narrow(1, 1, 2), lambda a: a[:, 1:3], (X,)),
    "select": Row(lambda a: a.select(1, -1), lambda a: a[:, -1], (X,)),
}

ROWS: dict[str, Row] = {**ELEMENTWISE, **PRODUCTS, **REDUCTIONS, **LAYOUT, **INDEXING}
