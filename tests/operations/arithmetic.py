"""Rows of operators and comparisons: two tensors, or a tensor and a number, with broadcasting."""

import operator

import numpy as np

from operations.row import Call, Row, away, distinct, normal, refused

__all__ = ["ROWS"]

X, Y = np.array([[1.5, -2.5, 0.5]]), np.array([[1.0, 2.0], [3.0, 4.0]])
SHAPES = refused(ValueError, "(1, 3) (2, 2) broadcast", X, Y)
TEXT = refused(TypeError, "str", X, "3")


def pairs(rng, draw=normal):
    """Two tensors of one shape, broadcast both ways, and a tensor with a number."""
    yield Call(draw(rng, 2, 3), draw(rng, 2, 3))
    yield Call(draw(rng, 2, 1), draw(rng, 4, 1, 3))
    yield Call(draw(rng, 3), 1.5)
    yield Call(draw(rng), draw(rng, 2, 2))


def scaled(rng):
    yield from pairs(rng)
    yield Call(normal(rng, 2, 3), normal(rng, 3), alpha=2.5)


def safe(rng, *shape):
    """Numbers well away from 0, of both signs."""
    return np.asarray(away(rng, shape, low=0.5, high=3.0) * rng.choice([-1.0, 1.0], shape))


def quotients(rng):
    yield from pairs(rng, safe)
    whole = rng.integers(-3, 4, (2, 3)) + rng.uniform(0.2, 0.8, (2, 3))
    for mode in ("trunc", "floor"):
        yield Call(whole * 1.5, np.full((2, 3), 1.5), rounding_mode=mode)


def div(x, y, rounding_mode=None):
    rounded = {None: lambda q: q, "trunc": np.trunc, "floor": np.floor}[rounding_mode]
    return rounded(x / y)


def whole_quotients(rng):
    """Dividends a fifth or more away from the jumps."""
    y = safe(rng, 2, 3)
    yield Call((rng.integers(-3, 4, (2, 3)) + rng.uniform(0.2, 0.8, (2, 3))) * y, y)
    yield Call((rng.integers(-3, 4, 3) + rng.uniform(0.2, 0.8, 3)) * 1.5, 1.5)


def powers(rng):
    yield Call(away(rng, (2, 3), low=0.5), normal(rng, 2, 3))
    yield Call(away(rng, (2, 1), low=0.5), normal(rng, 3))
    for exponent in (0, 1, 2, 3, -1, 0.5, 1.7, -1.5):
        yield Call(away(rng, (2, 3), low=0.5), exponent)
    yield Call(safe(rng, 3), 3.0)


def reversed_powers(rng):
    yield Call(normal(rng, 2, 3), 1.5)


def apart(rng):
    """Pairs whose order no step changes."""
    values = distinct(rng, 2, 2, 3)
    yield Call(values[0], values[1])
    yield Call(values[0, :, :1], values[1, 0])


def angles(rng):
    yield Call(safe(rng, 2, 3), safe(rng, 2, 3))
    yield Call(safe(rng, 2, 1), safe(rng, 4, 1, 3))


def blends(rng):
    yield Call(normal(rng, 2, 3), normal(rng, 2, 3), 0.3)
    yield Call(normal(rng, 2, 3), normal(rng, 3), normal(rng, 2, 1))


def products(rng):
    yield Call(normal(rng, 2, 3), normal(rng, 2, 3), safe(rng, 3))
    yield Call(normal(rng, 3), normal(rng, 2, 1), safe(rng, 2, 3), value=-1.5)


def numbers(rng):
    yield Call(normal(rng, 2, 3), 1.5)


def nonzero_numbers(rng):
    yield Call(safe(rng, 2, 3), 1.5)


def jumping_numbers(rng):
    yield Call(1.5 / (rng.integers(1, 4, 3) + rng.uniform(0.2, 0.8, 3)), 1.5)


def equal_pairs(rng):
    x = normal(rng, 2, 3)
    yield Call(x, np.where(rng.random((2, 3)) < 0.5, x, normal(rng, 2, 3)))
    yield Call(x, x[:, 1:2])
    yield Call(rng.integers(0, 3, (2, 3)), 1)


def whole_pairs(rng):
    yield Call(rng.integers(-9, 9, (2, 3)), rng.integers(-9, 9, 3))
    yield Call(rng.random((2, 3)) < 0.5, rng.random((2, 3)) < 0.5)


def close(rng):
    x = normal(rng, 2, 3)
    yield Call(x, x + rng.choice([0, 1e-9, 1e-3], (2, 3)))
    yield Call(x, x * 1.01, rtol=0.1)
    yield Call(x * np.nan, x * np.nan, equal_nan=True)


def truths(rng):
    yield Call(rng.integers(0, 2, (2, 3)) * 1.5, rng.random(3) < 0.5)


def truth(rng):
    yield Call(rng.integers(0, 2, (2, 3)) * 1.5)
    yield Call(rng.random((2, 3)) < 0.5)


def whole(rng):
    yield Call(rng.integers(-9, 9, (2, 3)))
    yield Call(rng.random((2, 3)) < 0.5)


def row(name, reference, samples, refusals=(SHAPES, TEXT), **more):
    return Row(f"Tensor.{name}", reference, samples, refusals=refusals, **more)


def reflected(name, samples, linear=(), refusals=(TEXT,), batch=(0,)):
    """The operator with the tensor on the right, ``number + tensor``."""
    plain = getattr(operator, name)
    method = f"Tensor.__r{name.strip('_')}__"
    return Row(
        method, lambda x, y: plain(y, x), samples, linear=linear, batch=batch, refusals=refusals
    )


COMPARISONS = {
    "eq": "", "ne": "Tensor.not_equal", "lt": "Tensor.less", "le": "Tensor.less_equal",
    "gt": "Tensor.greater", "ge": "Tensor.greater_equal",
}  # fmt: skip

ROWS = [
    row("add", lambda x, y, alpha=1: x + alpha * y, scaled, also="Tensor.__add__", linear=(0, 1)),
    row("sub", lambda x, y, alpha=1: x - alpha * y, scaled,
        also="Tensor.subtract Tensor.__sub__", linear=(0, 1)),
    row("mul", lambda x, y: x * y, pairs, also="Tensor.multiply Tensor.__mul__", linear=(0, 1)),
    row("div", div, quotients, also="Tensor.divide Tensor.true_divide Tensor.__truediv__",
        refusals=[SHAPES, TEXT, refused(ValueError, "rounding_mode up", X, X, rounding_mode="up")]),
    row("floor_divide", lambda x, y: np.floor(x / y), whole_quotients,
        also="Tensor.__floordiv__", gradient=False),
    row("remainder", np.mod, whole_quotients, also="Tensor.__mod__"),
    row("fmod", np.fmod, whole_quotients),
    row("pow", lambda x, y: x**y, powers, also="Tensor.__pow__",
        refusals=[SHAPES, TEXT, refused(ValueError, "negative", np.array([2, 3]), -1)]),
    row("maximum", np.maximum, apart),
    row("minimum", np.minimum, apart),
    row("atan2", np.arctan2, angles, also="Tensor.arctan2"),
    row("lerp", lambda x, y, w: x + w * (y - x), blends, linear=(0, 1),
        refusals=[refused(ValueError, "broadcast", X, Y, 0.5)]),
    row("addcmul", lambda x, y, z, value=1: x + value * y * z, products, linear=(0, 1, 2),
        refusals=[refused(ValueError, "broadcast", X, X, Y)]),
    row("addcdiv", lambda x, y, z, value=1: x + value * y / z, products, linear=(0, 1),
        refusals=[refused(ValueError, "broadcast", X, X, Y)]),
    reflected("__add__", numbers, (0,)),
    reflected("__sub__", numbers, (0,)),
    reflected("__mul__", numbers, (0,)),
    reflected("__truediv__", nonzero_numbers),
    reflected("__pow__", reversed_powers),
    reflected("__mod__", jumping_numbers),
    Row("Tensor.__rfloordiv__", lambda x, y: y // x, jumping_numbers, gradient=False,
        refusals=[TEXT]),
    *(
        row(name, getattr(operator, name), equal_pairs, gradient=False, also=also)
        for name, also in COMPARISONS.items()
    ),
    row("isclose", np.isclose, close, gradient=False, refusals=[SHAPES]),
    row("allclose", np.allclose, close, gradient=False, refusals=[SHAPES]),
    row("equal", np.array_equal, lambda rng: list(equal_pairs(rng))[:2], gradient=False,
        refusals=[TEXT]),
    *(
        row(f"logical_{name}", getattr(np, f"logical_{name}"), truths, gradient=False)
        for name in ("and", "or", "xor")
    ),
    row("logical_not", np.logical_not, truth, gradient=False, refusals=[]),
    *(
        row(f"bitwise_{name}", getattr(np, f"bitwise_{name}"), whole_pairs, gradient=False,
            also=f"Tensor.__{name}__ Tensor.__r{name}__",
            refusals=[refused(TypeError, "float64", X, X),
                      refused(ValueError, "broadcast", X > 0, Y > 0)])
        for name in ("and", "or", "xor")
    ),
    row("bitwise_not", np.invert, whole, gradient=False, also="Tensor.__invert__",
        refusals=[refused(TypeError, "float64", X)]),
]  # fmt: skip
