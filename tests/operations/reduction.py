"""Rows of sums, products, extremes, orders and statistics."""

import numpy as np

from operations.row import Call, Row, away, distinct, normal, refused

__all__ = ["ROWS"]

X = np.arange(6.0).reshape(2, 3)
NO_AXIS = refused(IndexError, "dim 2", X, 2)
NAME = refused(TypeError, "dim", X, "rows")
TWICE = refused(ValueError, "dim", X, (0, -2))
EMPTY = refused(ValueError, "", np.zeros((0, 3)), 0)


def folds(rng, draw=normal):
    """One axis, several, all; negative; kept."""
    yield Call(draw(rng, 2, 3, 2))
    yield Call(draw(rng, 2, 3, 2), 1)
    yield Call(draw(rng, 2, 3, 2), (0, -1), keepdim=True)
    yield Call(draw(rng))


def one_axis(rng, draw=distinct):
    yield Call(draw(rng, 2, 3, 2), 1)
    yield Call(draw(rng, 2, 3), -1, keepdim=True)
    yield Call(draw(rng, 4), 0)


def extremes(rng):
    yield Call(distinct(rng, 2, 3))
    yield from one_axis(rng)
    values = distinct(rng, 2, 2, 3)
    yield Call(values[0], values[1])


def folded(f):
    return lambda x, dim=None, keepdim=False: f(x, axis=dim, keepdims=keepdim)


def extreme(largest):
    both, value, place = (
        (np.maximum, np.max, np.argmax) if largest else (np.minimum, np.min, np.argmin)
    )

    def reference(x, dim=None, keepdim=False):
        if isinstance(dim, np.ndarray):
            return both(x, dim)
        if dim is None:
            return value(x)
        return value(x, axis=dim, keepdims=keepdim), place(x, axis=dim, keepdims=keepdim)

    return reference


def positive(rng, *shape):
    return away(rng, shape, low=0.5, high=2.0)


def spreads(rng):
    yield from list(folds(rng))[:3]
    yield Call(normal(rng, 2, 3), 1, False)
    yield Call(normal(rng, 2, 3), dim=0, correction=0)


def of_spread(f):
    def reference(x, dim=None, unbiased=None, keepdim=False, correction=None):
        freedom = correction if correction is not None else int(unbiased is not False)
        return f(x, axis=dim, ddof=freedom, keepdims=keepdim)

    return reference


def and_mean(f):
    spread = of_spread(f)

    def reference(x, dim=None, unbiased=None, keepdim=False, correction=None):
        mean = np.mean(x, axis=dim, keepdims=keepdim)
        return spread(x, dim, unbiased, keepdim, correction), mean

    return reference


def norms(rng):
    yield Call(normal(rng, 2, 3))
    for p in (1, 2, 3, 0.5, np.inf, -np.inf):
        yield Call(distinct(rng, 2, 3) + 0.01, p, 1)
    yield Call(normal(rng, 2, 3, 2), 2, (0, 2), True)


def norm(x, p=2, dim=None, keepdim=False):
    if np.isinf(p):
        return (np.max if p > 0 else np.min)(abs(x), axis=dim, keepdims=keepdim)
    return (abs(x) ** p).sum(dim, keepdims=keepdim) ** (1 / p)


def runs(rng):
    yield Call(normal(rng, 2, 3), 1)
    yield Call(normal(rng, 2, 3, 2), -3)


def products_along(rng):
    yield Call(normal(rng, 2, 3), 1)
    yield Call(normal(rng, 2, 3) * [[0, 1, 1], [1, 0, 0]], 1)
    yield Call(normal(rng, 3), 0)


def running(larger):
    def reference(x, dim):
        values = (np.maximum if larger else np.minimum).accumulate(x, axis=dim)
        places = np.expand_dims(np.arange(x.shape[dim]), tuple(range(1, x.ndim - dim % x.ndim)))
        return values, np.maximum.accumulate(np.where(x == values, places, 0), axis=dim)

    return reference


def orders(rng):
    yield Call(distinct(rng, 2, 3))
    yield Call(distinct(rng, 4, 3), 0, True)
    yield Call(distinct(rng, 2, 3, 2), -2, descending=True)


def argsort(x, dim=-1, descending=False):
    return np.argsort(-x if descending else x, axis=dim, kind="stable")


def sort(x, dim=-1, descending=False):
    order = argsort(x, dim, descending)
    return np.take_along_axis(x, order, dim), order


def tops(rng):
    yield Call(distinct(rng, 2, 4), 2)
    yield Call(distinct(rng, 4, 3), 3, 0, False)


def topk(x, k, dim=-1, largest=True):
    return tuple(np.take(part, range(k), dim) for part in sort(x, dim, largest))


def ranks(rng):
    yield Call(distinct(rng, 2, 4), 2)
    yield Call(distinct(rng, 4, 3), 1, 0, True)


def kthvalue(x, k, dim=-1, keepdim=False):
    parts = (np.take(part, k - 1, dim) for part in sort(x, dim))
    return tuple(np.expand_dims(part, dim) if keepdim else part for part in parts)


def medians(rng):
    yield Call(distinct(rng, 2, 4))
    yield Call(distinct(rng, 2, 4), 1)
    yield Call(distinct(rng, 3, 2), 0, True)


def median(x, dim=None, keepdim=False):
    """The lower of the two in the middle."""
    if dim is None:
        return np.sort(x.reshape(-1))[(x.size - 1) // 2]
    return kthvalue(x, (x.shape[dim] + 1) // 2, dim, keepdim)


def quantiles(rng):
    yield Call(distinct(rng, 2, 3), 0.3)
    yield Call(distinct(rng, 2, 4), np.array([0.0, 0.25, 0.9]), 1).keeping(1)
    for mode in ("lower", "higher", "nearest", "midpoint"):
        yield Call(distinct(rng, 3, 2), 0.35, 0, True, interpolation=mode)


def quantile(x, q, dim=None, keepdim=False, interpolation="linear"):
    return np.quantile(x, q, axis=dim, keepdims=keepdim, method=interpolation)


def with_nans(rng):
    x = normal(rng, 2, 3)
    yield Call(np.where(rng.random((2, 3)) < 0.3, np.nan, x) * [[1, 1, 1]])
    yield Call(np.concatenate([x, x * np.nan]), 0)


def differences(rng):
    yield Call(normal(rng, 2, 4))
    yield Call(normal(rng, 4, 3), 2, 0)


def tosses(rng):
    yield from folds(rng, lambda rng, *shape: rng.integers(0, 2, shape).astype(float))
    yield Call(rng.random((2, 3)) < 0.3, 0)


def counts(rng):
    yield Call(rng.integers(0, 2, (2, 3)) * 1.5)
    yield Call(rng.integers(0, 2, (2, 3, 2)), 1)


def bins(rng):
    yield Call(rng.integers(0, 5, 7))
    yield Call(rng.integers(0, 5, 7), normal(rng, 7), 9)


def repeated(rng):
    yield Call(rng.integers(0, 4, (2, 5)) * 0.5)


def row(name, reference, samples, refusals=(NO_AXIS, NAME), **more):
    return Row(f"Tensor.{name}", reference, samples, refusals=refusals, **more)


ROWS = [
    row("sum", folded(np.sum), folds, [NO_AXIS, NAME, TWICE], linear=(0,)),
    row("mean", folded(np.mean), folds, linear=(0,),
        refusals=[NO_AXIS, NAME, TWICE, refused(RuntimeError, "int64 float", np.arange(3))]),
    row("prod", folded(np.prod), lambda rng: list(folds(rng))[:2] + list(products_along(rng))),
    row("amax", folded(np.max), lambda rng: folds(rng, distinct), [NO_AXIS, NAME, EMPTY]),
    row("amin", folded(np.min), lambda rng: folds(rng, distinct), [NO_AXIS, NAME, EMPTY]),
    row("max", extreme(True), extremes, [NO_AXIS, refused(ValueError, "", np.zeros(0))]),
    row("min", extreme(False), extremes, [NO_AXIS, refused(ValueError, "", np.zeros(0))]),
    row("aminmax", lambda x, dim=None, keepdim=False: (
            np.min(x, axis=dim, keepdims=keepdim), np.max(x, axis=dim, keepdims=keepdim)),
        lambda rng: [Call(distinct(rng, 2, 3)), Call(distinct(rng, 2, 3), dim=1, keepdim=True)],
        [refused(IndexError, "dim 2", X, dim=2)]),
    row("argmax", folded(np.argmax), one_axis, gradient=False,
        refusals=[NO_AXIS, refused(ValueError, "", np.zeros(0))]),
    row("argmin", folded(np.argmin), one_axis, gradient=False,
        refusals=[NO_AXIS, refused(ValueError, "", np.zeros(0))]),
    row("all", folded(np.all), tosses, gradient=False),
    row("any", folded(np.any), tosses, gradient=False),
    row("count_nonzero", lambda x, dim=None: np.count_nonzero(x, axis=dim), counts,
        gradient=False),
    row("var", of_spread(np.var), spreads),
    row("std", of_spread(np.std), spreads),
    row("var_mean", and_mean(np.var), spreads),
    row("std_mean", and_mean(np.std), spreads),
    row("logsumexp", folded(lambda x, **axes: np.log(np.exp(x).sum(**axes))),
        lambda rng: list(folds(rng))[1:3]),
    row("norm", norm, norms, [refused(IndexError, "dim 2", X, 2, 2)]),
    row("cumsum", lambda x, dim: np.cumsum(x, axis=dim), runs, linear=(0,)),
    row("cumprod", lambda x, dim: np.cumprod(x, axis=dim), products_along),
    row("cummax", running(True), one_axis_only := lambda rng: [
        Call(distinct(rng, 2, 3), 1), Call(distinct(rng, 4), 0)]),
    row("cummin", running(False), one_axis_only),
    row("argsort", argsort, orders, gradient=False),
    row("sort", sort, orders),
    row("topk", topk, tops,
        [refused(ValueError, "k 4 3", X, 4), refused(IndexError, "dim", X, 1, 2)]),
    row("kthvalue", kthvalue, ranks,
        [refused(ValueError, "k 0", X, 0), refused(ValueError, "k 4 3", X, 4)]),
    row("median", median, medians),
    row("quantile", quantile, quantiles,
        [refused(ValueError, "q 1.5", X, 1.5),
         refused(ValueError, "interpolation cubic", X, 0.5, interpolation="cubic")]),
    row("nansum", folded(np.nansum), with_nans),
    row("nanmean", folded(lambda x, axis, keepdims: np.nansum(x, axis=axis, keepdims=keepdims)
            / np.maximum((~np.isnan(x)).sum(axis=axis, keepdims=keepdims), 0)),
        lambda rng: [Call(np.where([[1, 0, 0], [0, 1, 0]], np.nan, normal(rng, 2, 3)), d)
                     for d in (None, 1)]),
    row("diff", lambda x, n=1, dim=-1: np.diff(x, n, dim), differences, linear=(0,),
        refusals=[refused(ValueError, "n -1", X, -1)]),
    row("bincount", lambda x, weights=None, minlength=0: np.bincount(x, weights, minlength), bins,
        gradient=False,
        refusals=[refused(ValueError, "negative", np.array([1, -1])),
                  refused(ValueError, "integers", np.ones(3)),
                  refused(ValueError, "vector", np.ones((2, 3), int))]),
    row("unique", lambda x: np.unique(x), repeated, gradient=False, refusals=[]),
]  # fmt: skip
