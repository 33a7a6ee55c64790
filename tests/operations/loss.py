"""Rows of losses: the formula of one element, and PyTorch's three reductions of it."""

import math

import numpy as np

from minigrad.errors import RangeError
from operations.activation import sigmoid, softmax
from operations.row import Call, Row, away, normal, refused

__all__ = ["ROWS"]

X = np.array([[0.2, 0.7, 0.4], [0.6, 0.1, 0.9]])
SUM = refused(ValueError, "reduction 'add'", X, X, reduction="add")
TEXT = refused(TypeError, "target", X, "text")


def reduced(losses, reduction, total=None):
    if reduction == "none":
        return losses
    return losses.sum() / ((losses.size if total is None else total) if reduction == "mean" else 1)


def loss(element):
    """A loss on arrays from the loss of one element."""

    def reference(*arrays, reduction="mean", weight=None, **settings):
        losses = element(*arrays, **settings)
        return reduced(losses if weight is None else losses * weight, reduction)

    return reference


def over_reductions(*draws, **settings):
    """The three reductions of inputs drawn one after the other."""

    def samples(rng):
        for reduction in ("mean", "sum", "none"):
            yield Call(*(draw(rng) for draw in draws), reduction=reduction)
        for name, values in settings.items():
            for value in values:
                yield Call(*(draw(rng) for draw in draws), **{name: value})

    return samples


def apart(rng):
    """Targets at 0; inputs away from 0, 0.5, 1 and 1.5."""
    d = away(rng, (2, 3), 0, 0.5, -0.5, 1, -1, 1.5, -1.5)
    t = normal(rng, 2, 3)
    return d + t, t


def differences(*settings, weights=False):
    def samples(rng):
        for reduction in ("mean", "sum", "none"):
            yield Call(*apart(rng), reduction=reduction)
        if weights:
            yield Call(*apart(rng), weight=rng.uniform(0.5, 2, (2, 3)))
        for setting in settings:
            yield Call(*apart(rng), **setting)

    return samples


def weighted_mean(element):
    def reference(x, t, reduction="mean", weight=None):
        w = 1.0 if weight is None else weight
        total = None if weight is None else weight.sum()
        return reduced(element(x - t) * w, reduction, total)

    return reference


def smooth_l1(x, t, beta=1.0):
    d = abs(x - t)
    return np.where(d < beta, d * d / 2 / max(beta, 1e-9), d - beta / 2)


def huber(x, t, delta=1.0):
    d = abs(x - t)
    return np.where(d <= delta, d * d / 2, delta * (d - delta / 2))


def poisson(x, t, log_input=True, full=False, eps=1e-8):
    y = np.exp(x) - t * x if log_input else x - t * np.log(x + eps)
    stirling = t * np.log(t) - t + np.log(2 * math.pi * t) / 2
    return y + np.where(t > 1, stirling, 0) if full else y


def gaussian(x, t, v, full=False):
    return (np.log(v) + (x - t) ** 2 / v) / 2 + (math.log(2 * math.pi) / 2 if full else 0)


def bce(x, t):
    return -t * np.log(x) - (1 - t) * np.log(1 - x)


def bce_with_logits(x, t, pos_weight=1.0):
    return -pos_weight * t * np.log(sigmoid(x)) - (1 - t) * np.log(sigmoid(-x))


def kl(x, t, log_target=False):
    return np.exp(t) * (t - x) if log_target else t * (np.log(t) - x)


def kl_div(x, t, reduction="mean", log_target=False):
    losses = kl(x, t, log_target)
    return losses.sum() / len(x) if reduction == "batchmean" else reduced(losses, reduction)


def real(rng):
    return normal(rng, 2, 3)


def unit(rng):
    return rng.uniform(0.1, 0.9, (2, 3))


def rates(rng):
    """Above 1 and below, but not at 1."""
    return away(rng, (2, 3), 1, low=0.3, high=4)


def logits(rng):
    yield from over_reductions(real, unit)(rng)
    yield Call(real(rng), unit(rng), weight=rng.uniform(0.5, 2, 3))
    yield Call(real(rng), unit(rng), pos_weight=rng.uniform(0.5, 2, (2, 1)))


def divergences(rng):
    for reduction in ("batchmean", "sum", "none"):
        yield Call(real(rng), unit(rng), reduction=reduction)
    yield Call(real(rng), real(rng), reduction="sum", log_target=True)


# Labels


def one_of(n, *shape):
    return lambda rng: rng.integers(0, n, shape)


def signs(rng, *shape):
    return rng.choice([-1, 1], shape)


def classes(rng):
    for reduction in ("mean", "sum", "none"):
        yield Call(normal(rng, 3, 4, 2), rng.integers(0, 4, (3, 2)), reduction=reduction)
    t = rng.integers(0, 4, (3, 2))
    t[0, 0] = 9
    w = rng.uniform(0.5, 2, 4)
    yield Call(normal(rng, 3, 4, 2), t, weight=w, ignore_index=9).keeping(2)
    yield Call(normal(rng, 4), np.array(2))


def smoothed(rng):
    yield from classes(rng)
    w = rng.uniform(0.5, 2, 4)
    t = np.array([0, 3, 1])
    yield Call(normal(rng, 3, 4), t, label_smoothing=0.2)
    yield Call(normal(rng, 3, 4), t, weight=w, label_smoothing=0.2).keeping(2)
    yield Call(normal(rng, 3, 4), softmax(normal(rng, 3, 4), 1))
    yield Call(normal(rng, 3, 4), softmax(normal(rng, 3, 4), 1), weight=w, reduction="sum").keeping(
        2
    )


def nll_loss(x, t, weight=None, ignore_index=-100, reduction="mean"):
    if x.ndim == 1:
        return nll_loss(x[None], t[None], weight, ignore_index, reduction)
    w = np.ones(x.shape[1]) if weight is None else weight
    losses, total = np.zeros(t.shape), 0.0
    for n, *place in np.ndindex(t.shape):
        label = t[(n, *place)]
        if label != ignore_index:
            losses[(n, *place)] = -w[label] * x[(n, label, *place)]
            total += w[label]
    return reduced(losses, reduction, total)


def cross_entropy(x, t, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    if x.ndim == 1:
        return cross_entropy(x[None], t[None], weight, ignore_index, reduction, label_smoothing)
    logp, w = np.log(softmax(x, 1)), np.ones(x.shape[1]) if weight is None else weight
    shaped = w.reshape(-1, *(1,) * (x.ndim - 2))
    if t.dtype.kind == "f":
        losses = -(t * logp * shaped).sum(1)
        return reduced(losses, reduction)
    hard = nll_loss(logp, t, weight, ignore_index, "none")
    kept = t != ignore_index
    total = w[np.where(kept, t, 0)][kept].sum()
    even = np.where(kept, -(logp * shaped).mean(1), 0)
    return reduced((1 - label_smoothing) * hard + label_smoothing * even, reduction, total)


def margins(rng):
    """Scores that are 0.05 and more away from where the margin begins."""
    t = rng.integers(0, 4, 3)
    x = away(rng, (3, 4), low=-2, high=2)
    own = x[range(3), t][:, None]
    near = abs(1 - own + x) < 0.05
    x = np.where(near & (np.arange(4) != t[:, None]), x + 0.2, x)
    yield Call(x, t)
    yield Call(x, t, 2, weight=rng.uniform(0.5, 2, 4), reduction="sum").keeping(2)


def multi_margin(x, t, p=1, margin=1.0, weight=None, reduction="mean"):
    losses = np.zeros(len(x))
    for n, label in enumerate(t):
        for c in range(x.shape[1]):
            if c != label:
                part = max(margin - x[n, label] + x[n, c], 0) ** p / x.shape[1]
                losses[n] += part * (1 if weight is None else weight[label])
    return reduced(losses, reduction)


def rankings(rng):
    d = away(rng, (2, 3), 0, 0.5, -0.5)
    x = normal(rng, 2, 3)
    yield Call(x + d, x, signs(rng, 2, 3) * 1.0).keeping(2)
    yield Call(x + d, x, signs(rng, 2, 3) * 1.0, margin=0.5, reduction="none").keeping(2)


def hinges(rng):
    for reduction in ("mean", "none"):
        yield Call(away(rng, (2, 3), 1), signs(rng, 2, 3), reduction=reduction)


def triplet(a, p, n, margin=1.0, swap=False):
    def distance(x, y):
        return np.sqrt(((x - y + 1e-6) ** 2).sum(-1))

    far = distance(a, n)
    far = np.minimum(far, distance(p, n)) if swap else far
    return np.maximum(distance(a, p) - far + margin, 0)


def triplets(rng):
    a, p, n = normal(rng, 3, 2, 4)
    yield Call(a, p, n, margin=5.0)
    yield Call(a, p, n + 1, margin=6.0, swap=True, reduction="sum")


def cosine(x, y, t, margin=0.0):
    c = (x * y).sum(-1) / np.sqrt(((x * x).sum(-1) + 1e-12) * ((y * y).sum(-1) + 1e-12))
    return np.where(t == 1, 1 - c, np.maximum(c - margin, 0))


def cosines(rng):
    x = normal(rng, 4, 3)
    yield Call(x, x + 0.3 * normal(rng, 4, 3), np.array([1, -1, -1, 1]))
    yield Call(
        x, 0.3 * normal(rng, 4, 3) - x, np.array([1, -1, -1, 1]), margin=-0.5, reduction="sum"
    )


def multilabel(x, t, weight=1.0):
    return (bce_with_logits(x, t) * weight).mean(-1)


FAR = refused(IndexError, "3 3", X, np.array([0, 3]))
LABELS = [
    FAR, refused(IndexError, "-1", X, np.array([0, -1])),
    refused(ValueError, "target (3,)", X, np.array([0, 1, 2])),
    refused(ValueError, "weight 3", X, np.array([0, 1]), np.ones(2)),
    refused(ValueError, "reduction 'add'", X, np.array([0, 1]), reduction="add"),
    refused(TypeError, "input", "text", np.array([0, 1])),
]  # fmt: skip
TARGET = refused(ValueError, "(2, 3) (3, 2)", X, X.T)


def row(name, reference, samples, *refusals, **more):
    return Row(f"F.{name}", reference, samples, refusals=refusals, **more)


ROWS = [
    row("mse_loss", weighted_mean(lambda d: d * d), differences(weights=True), SUM, TEXT,
        refused(ValueError, "weight", X, X, weight=X[0])),
    row("l1_loss", weighted_mean(abs), differences(weights=True), SUM, TEXT),
    row("smooth_l1_loss", loss(smooth_l1), differences({"beta": 0.5}, {"beta": 0.0}), SUM, TEXT,
        refused(RangeError, "beta -1", X, X, beta=-1.0)),
    row("huber_loss", loss(huber), differences({"delta": 0.5}, weights=True), SUM, TEXT,
        refused(RangeError, "delta 0", X, X, delta=0.0)),
    row("poisson_nll_loss", loss(poisson), over_reductions(rates, rates, log_input=[False],
        full=[True]), SUM),
    row("gaussian_nll_loss", loss(gaussian), over_reductions(real, real, rates, full=[True]),
        refused(ValueError, "reduction 'add'", X, X, X, reduction="add"),
        refused(ValueError, "var negative", X, X, -X), refused(ValueError, "var", X, X, X[:, :2])),
    row("binary_cross_entropy", loss(bce), over_reductions(unit, unit, weight=[np.ones(3) / 3]),
        SUM, TEXT, TARGET, refused(RangeError, "input 2.0 [0, 1]", X * 0 + 2, X),
        refused(RangeError, "target 2.0 [0, 1]", X, X * 0 + 2),
        refused(TypeError, "target float32", X, X.astype(np.float32))),
    row("binary_cross_entropy_with_logits", loss(bce_with_logits), logits, SUM, TEXT, TARGET,
        refused(ValueError, "pos_weight (2,)", X, X, pos_weight=np.ones(2))),
    row("kl_div", kl_div, divergences, refused(TypeError, "target", X, "text", reduction="sum"),
        refused(ValueError, "reduction 'add'", X, X, reduction="add"),
        refused(TypeError, "target int64", X, np.ones((2, 3), int), reduction="sum")),
    row("nll_loss", nll_loss, classes, *LABELS, linear=(0,)),
    row("cross_entropy", cross_entropy, smoothed, *LABELS,
        refused(RangeError, "label_smoothing 1.5", X, np.array([0, 1]), label_smoothing=1.5)),
    row("multi_margin_loss", multi_margin, margins, FAR,
        refused(ValueError, "p 3", X, np.array([0, 1]), 3)),
    row("multilabel_soft_margin_loss", loss(multilabel), over_reductions(real, unit), SUM, TARGET),
    row("soft_margin_loss", loss(lambda x, t: np.log(1 + np.exp(-t * x))),
        over_reductions(real, lambda rng: signs(rng, 2, 3)), SUM, TEXT),
    row("hinge_embedding_loss", loss(lambda x, t: np.where(t == 1, x, np.maximum(1 - x, 0))),
        hinges, SUM, TEXT),
    row("margin_ranking_loss", loss(lambda x, y, t, margin=0.0: np.maximum(
        -t * (x - y) + margin, 0)), rankings, refused(ValueError, "target (3,)", X, X, X[0])),
    row("triplet_margin_loss", loss(triplet), triplets,
        refused(ValueError, "margin 0", X, X, X, margin=0.0),
        refused(ValueError, "negative (3,)", X, X, X[0])),
    row("cosine_embedding_loss", loss(cosine), cosines, refused(ValueError, "target", X, X, X)),
]  # fmt: skip
