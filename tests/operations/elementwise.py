"""Rows of the methods that work element by element."""

import math
from statistics import NormalDist

import numpy as np

from operations.row import Call, Row, away, normal, refused

__all__ = ["ROWS"]

# Functions that NumPy lacks, from the standard library or from their series

erf, lgamma = (np.vectorize(f, otypes=[float]) for f in (math.erf, math.lgamma))
erfc = np.vectorize(math.erfc, otypes=[float])
erfinv = np.vectorize(lambda x: NormalDist().inv_cdf((x + 1) / 2) / math.sqrt(2), otypes=[float])


def _digamma(x):
    """psi(x) = psi(x + 1) - 1/x, down from the asymptotic series at x >= 20."""
    total = 0.0
    while x < 20:
        total -= 1 / x
        x += 1
    u = 1 / (x * x)
    return total + math.log(x) - 0.5 / x - u * (1 / 12 - u * (1 / 120 - u * (1 / 252 - u / 240)))


digamma = np.vectorize(_digamma, otypes=[float])


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    largest = np.finfo(x.dtype).max
    y = np.where(np.isnan(x), nan, x)
    y = np.where(y == np.inf, largest if posinf is None else posinf, y)
    return np.where(y == -np.inf, -largest if neginf is None else neginf, y)


def logit(x, eps=None):
    x = x if eps is None else np.minimum(np.maximum(x, eps), 1 - eps)
    return np.log(x / (1 - x))


def clamp(x, min=None, max=None):
    x = x if min is None else np.maximum(x, min)
    return x if max is None else np.minimum(x, max)


# One argument: name, reference, kinks, range, other names

UNARY = [
    ("abs", abs, (0,), (-3, 3), "Tensor.absolute Tensor.__abs__"),
    ("acos", np.arccos, (), (-0.9, 0.9), "Tensor.arccos"),
    ("acosh", np.arccosh, (), (1.2, 3), "Tensor.arccosh"),
    ("asin", np.arcsin, (), (-0.9, 0.9), "Tensor.arcsin"),
    ("asinh", np.arcsinh, (), (-3, 3), "Tensor.arcsinh"),
    ("atan", np.arctan, (), (-3, 3), "Tensor.arctan"),
    ("atanh", np.arctanh, (), (-0.9, 0.9), "Tensor.arctanh"),
    ("ceil", np.ceil, range(-3, 4), (-3, 3), ""),
    ("cos", np.cos, (), (-3, 3), ""),
    ("cosh", np.cosh, (), (-3, 3), ""),
    ("digamma", digamma, (), (0.5, 4), ""),
    ("erf", erf, (), (-2, 2), ""),
    ("erfc", erfc, (), (-2, 2), ""),
    ("erfinv", erfinv, (), (-0.8, 0.8), ""),
    ("exp", np.exp, (), (-3, 3), ""),
    ("exp2", np.exp2, (), (-3, 3), ""),
    ("expm1", np.expm1, (), (-3, 3), ""),
    ("floor", np.floor, range(-3, 4), (-3, 3), ""),
    ("frac", lambda x: x - np.trunc(x), range(-3, 4), (-3, 3), ""),
    ("lgamma", lgamma, (), (0.5, 4), ""),
    ("log", np.log, (), (0.3, 4), ""),
    ("log10", np.log10, (), (0.3, 4), ""),
    ("log1p", np.log1p, (), (-0.6, 4), ""),
    ("log2", np.log2, (), (0.3, 4), ""),
    ("neg", lambda x: -x, (), (-3, 3), "Tensor.negative Tensor.__neg__"),
    ("positive", lambda x: x, (), (-3, 3), "Tensor.__pos__"),
    ("reciprocal", lambda x: 1 / x, (), (0.4, 3), ""),
    ("rsqrt", lambda x: x**-0.5, (), (0.4, 3), ""),
    ("sigmoid", lambda x: 1 / (1 + np.exp(-x)), (), (-3, 3), "F.sigmoid"),
    ("sign", np.sign, (0,), (-3, 3), "Tensor.sgn"),
    ("sin", np.sin, (), (-3, 3), ""),
    ("sinh", np.sinh, (), (-3, 3), ""),
    ("sqrt", np.sqrt, (), (0.4, 3), ""),
    ("square", lambda x: x * x, (), (-3, 3), ""),
    ("tan", np.tan, (), (-1, 1), ""),
    ("tanh", np.tanh, (), (-3, 3), "F.tanh"),
    ("trunc", np.trunc, range(-3, 4), (-3, 3), "Tensor.fix"),
]


def unary(name, reference, kinks, between, also):
    low, high = between

    def samples(rng):
        yield Call(away(rng, (2, 3), *kinks, low=low, high=high))
        yield Call(away(rng, (), *kinks, low=low, high=high))

    linear = (0,) if name in ("neg", "positive") else ()
    return Row(f"Tensor.{name}", reference, samples, also=also, batch=(0,), linear=linear)


def rounds(rng):
    yield Call(away(rng, (2, 3), *np.arange(-3, 4) + 0.5))
    yield Call(away(rng, (2, 3), *np.arange(-30, 31) / 10 + 0.05) + 1e-3, decimals=1)


SPECIAL = np.array([[np.nan, np.inf, -np.inf], [0.0, -1.5, 2.0]])


def special(rng):
    yield Call(SPECIAL[:, rng.permutation(3)])


def nans(rng):
    yield Call(away(rng, (2, 3)))
    yield Call(SPECIAL.copy(), 0.5, 3.0, -4.0)
    yield Call(SPECIAL.copy(), nan=0.5, neginf=-4.0, posinf=7.0)


def logits(rng):
    yield Call(rng.uniform(0.1, 0.9, (2, 3)))
    yield Call(away(rng, (2, 3), 0.25, 0.75, low=0.0, high=1.0), 0.25)


def clamps(rng):
    yield Call(away(rng, (2, 3), -1, 0.5), -1, 0.5)
    yield Call(away(rng, (2, 3), 0.5), max=0.5)
    low = away(rng, (3,), low=-1, high=0)
    x = low + away(rng, (2, 3), 0, 1.5, low=-2, high=3)
    yield Call(x, low, low + 1.5)


def bounds(rng):
    yield Call(away(rng, (2, 3), 0.5), 0.5)


def masks(rng):
    yield Call(normal(rng, 2, 3), rng.random((2, 3)) < 0.5, -1.5)
    yield Call(normal(rng, 2, 3), rng.random(3) < 0.5, normal(rng))


def chosen(rng):
    yield Call(normal(rng, 2, 3), rng.random((2, 3)) < 0.5, normal(rng, 2, 3))
    yield Call(normal(rng, 2, 1), rng.random(3) < 0.5, normal(rng))


X = np.array([[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]])

ROWS = [
    *(unary(*row) for row in UNARY),
    Row("Tensor.round", lambda x, decimals=0: np.round(x, decimals), rounds, batch=(0,),
        refusals=[refused(TypeError, "decimals 1.5", X, decimals=1.5)]),
    *(
        Row(f"Tensor.{name}", getattr(np, name), special, gradient=False, batch=(0,))
        for name in ("isfinite", "isinf", "isnan")
    ),
    Row("Tensor.nan_to_num", nan_to_num, nans, batch=(0,),
        refusals=[refused(TypeError, "str", X, "zero")]),
    Row("Tensor.logit", logit, logits, batch=(0,),
        refusals=[refused(TypeError, "eps 'x'", X, "x")]),
    Row(
        "Tensor.clamp", clamp, clamps, also="Tensor.clip",
        refusals=[refused(ValueError, "min max", X), refused(ValueError, "shape", X, X.T)],
    ),
    Row("Tensor.clamp_min", np.maximum, bounds, batch=(0,),
        refusals=[refused(TypeError, "min 'x'", X, "x"), refused(ValueError, "(2, 3)", X, X.T)]),
    Row("Tensor.clamp_max", np.minimum, bounds, batch=(0,),
        refusals=[refused(TypeError, "max 'x'", X, "x"), refused(ValueError, "(2, 3)", X, X.T)]),
    Row(
        "Tensor.masked_fill", lambda x, mask, value: np.where(mask, value, x), masks, linear=(0,),
        refusals=[
            refused(TypeError, "mask bool", X, X, 1.0),
            refused(ValueError, "shape", X, np.ones((3, 2), bool), 1.0),
            refused(ValueError, "value", X, X > 1, X),
        ],
    ),
    Row(
        "Tensor.where", lambda x, condition, other: np.where(condition, x, other), chosen,
        linear=(0, 2),
        refusals=[
            refused(TypeError, "condition bool", X, X, X),
            refused(ValueError, "shape", X, X > 1, X.T),
        ],
    ),
]  # fmt: skip
