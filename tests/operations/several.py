"""Rows of products of matrices, and of functions that take several tensors."""

import numpy as np

from operations.row import Call, Row, normal, refused

__all__ = ["ROWS"]

X, Y = np.arange(6.0).reshape(2, 3), np.arange(8.0).reshape(2, 4)


def of(*shapes, draw=normal, **settings):
    """Samples of several tensors, one `Call` a tuple of shapes."""

    def samples(rng):
        for given in shapes:
            yield Call(*(draw(rng, *shape) for shape in given), **settings)

    return samples


def lists(*shapes, extra=((),)):
    """Samples of one sequence of tensors and plain arguments."""

    def samples(rng):
        for given in shapes:
            for more in extra:
                yield Call([normal(rng, *shape) for shape in given], *more)

    return samples


def product(name, reference, samples, words="", also="", scale=(0, 1)):
    refusals = [refused(ValueError, words or "(2, 3) (2, 4)", X, Y)]
    return Row(f"Tensor.{name}", reference, samples, also=also, linear=scale, refusals=refusals)


def added(multiply):
    return lambda x, a, b, beta=1, alpha=1: beta * x + alpha * multiply(a, b)


def added_samples(x, a, b):
    def samples(rng):
        yield Call(normal(rng, *x), normal(rng, *a), normal(rng, *b))
        yield Call(normal(rng, *x[-1:]), normal(rng, *a), normal(rng, *b), beta=0.5, alpha=-2)

    return samples


def combined(name, multiply, x, a, b):
    wrong = [np.zeros(shape) for shape in (x, a, (*b[:-2], b[-2] + 1, b[-1]) if b[1:] else (9,))]
    return Row(
        f"Tensor.{name}", added(multiply), added_samples(x, a, b), linear=(0, 1, 2),
        refusals=[refused(ValueError, "", *wrong)],
    )  # fmt: skip


PRODUCTS = [
    product("matmul", np.matmul, of(((2, 3), (3, 4)), ((3,), (3, 2)), ((2, 3), (3,)), ((4,), (4,)),
            ((2, 1, 3, 2), (3, 2, 4))), also="Tensor.__matmul__"),
    Row("Tensor.__rmatmul__", lambda x, y: y @ x, of(((3, 4), (2, 3))), linear=(0, 1),
        refusals=[refused(ValueError, "(2, 4) (2, 3)", X, Y)]),
    product("mm", np.matmul, of(((2, 3), (3, 4)))),
    Row("Tensor.bmm", np.matmul, of(((2, 3, 2), (2, 2, 4))), linear=(0, 1), batch=(0, 1),
        refusals=[refused(ValueError, "", np.zeros((2, 3, 2)), np.zeros((3, 2, 4)))]),
    Row("Tensor.mv", np.matmul, of(((2, 3), (3,))), linear=(0, 1),
        refusals=[refused(ValueError, "(2, 3) (2,)", X, np.zeros(2))]),
    Row("Tensor.dot", np.dot, of(((3,), (3,))), linear=(0, 1),
        refusals=[refused(ValueError, "1", X, X), refused(ValueError, "3 2", X[0], X[:, 0])]),
    Row("Tensor.outer", np.outer, of(((3,), (2,))), linear=(0, 1), also="Tensor.ger",
        refusals=[refused(ValueError, "vectors", X, X)]),
    product("inner", np.inner, of(((2, 3), (4, 3)), ((3,), (3,))), "(3,) (4,)"),
    Row("Tensor.tensordot", lambda x, y, dims=2: np.tensordot(x, y, dims),
        lambda rng: [Call(normal(rng, 2, 3, 4), normal(rng, 3, 4, 2)),
                     Call(normal(rng, 2, 3, 4), normal(rng, 4, 2), ([0, 2], [1, 0]))],
        linear=(0, 1), refusals=[refused(ValueError, "", X, Y, 1)]),
    combined("addmm", np.matmul, (2, 4), (2, 3), (3, 4)),
    combined("addmv", np.matmul, (2,), (2, 3), (3,)),
    combined("baddbmm", np.matmul, (2, 3, 4), (2, 3, 2), (2, 2, 4)),
    combined("addbmm", lambda a, b: np.matmul(a, b).sum(0), (3, 4), (2, 3, 2), (2, 2, 4)),
]  # fmt: skip


# Functions of several tensors


def stacked(name, reference, shapes, words="", also="", extra=((),)):
    return Row(
        f"minigrad.{name}", reference, lists(*shapes, extra=extra), also=also, linear=(0,),
        refusals=[refused(ValueError, words or "tensors[1] (3, 3, 1)", [X, np.zeros((3, 3, 1))]),
                  refused(ValueError, "empty", []), refused(TypeError, "tensors", [X, "3"]),
                  refused(TypeError, "tensors", X)],
    )  # fmt: skip


def atleast(n):
    return Row(f"minigrad.atleast_{n}d", getattr(np, f"atleast_{n}d"),
               of(((3,),), ((2, 3),), ((2, 3, 2),), ((),)), linear=(0,))  # fmt: skip


def block_diag(*xs):
    y = np.zeros((sum(len(x) for x in xs), sum(x.shape[1] for x in xs)))
    row = column = 0
    for x in xs:
        y[row : row + len(x), column : column + x.shape[1]] = x
        row, column = row + len(x), column + x.shape[1]
    return y


def choices(rng):
    yield Call(rng.random((2, 3)) < 0.5, normal(rng, 2, 3), normal(rng, 3))
    yield Call(rng.random((2, 3)) < 0.5, normal(rng, 2, 3), 1.5)
    yield Call(rng.random((2, 3)) < 0.5, 1.5, normal(rng, 2, 1))


def equations(rng):
    yield Call("ij,jk->ik", normal(rng, 2, 3), normal(rng, 3, 4))
    yield Call("bij,kj->bki", normal(rng, 2, 3, 2), normal(rng, 4, 2))
    yield Call("...i,i", normal(rng, 2, 3), normal(rng, 3))
    yield Call("ab,bc,c", normal(rng, 2, 3), normal(rng, 3, 4), normal(rng, 4))
    yield Call("ii->i", normal(rng, 3, 3))
    yield Call("ii", normal(rng, 3, 3))
    yield Call("ba", normal(rng, 2, 3))


def cdist(x, y, p=2.0):
    d = abs(x[..., :, None, :] - y[..., None, :, :])
    return (d**p).sum(-1) ** (1 / p)


def meshgrid(*xs, indexing="ij"):
    return np.meshgrid(*xs, indexing=indexing)


def cartesian_prod(*xs):
    return np.array([[*point] for point in np.ndindex(*map(len, xs))]) if not xs else np.array(
        [[x[i] for x, i in zip(xs, place, strict=True)] for place in np.ndindex(*map(len, xs))]
    )  # fmt: skip


FUNCTIONS = [
    stacked("cat", lambda xs, dim=0: np.concatenate(xs, dim), [((2, 3), (2, 3), (2, 3))],
            also="minigrad.concat minigrad.concatenate", extra=((), (1,), (-2,))),
    stacked("stack", lambda xs, dim=0: np.stack(xs, dim), [((2, 3), (2, 3))],
            extra=((), (1,), (-1,))),
    stacked("hstack", np.hstack, [((2, 3), (2, 1)), ((3,), (2,))]),
    stacked("vstack", np.vstack, [((2, 3), (1, 3)), ((3,), (3,))], also="minigrad.row_stack"),
    stacked("dstack", np.dstack, [((2, 3), (2, 3)), ((3,), (3,))]),
    stacked("column_stack", np.column_stack, [((2, 3), (2,)), ((3,), (3,))]),
    atleast(1), atleast(2), atleast(3),
    Row("minigrad.block_diag", block_diag, of(((2, 3), (1, 2), (2, 1))), linear=(0, 1),
        refusals=[refused(ValueError, "2", np.zeros((2, 3, 1)))]),
    Row("minigrad.broadcast_tensors", lambda *xs: np.broadcast_arrays(*xs),
        of(((2, 1), (3,), (4, 1, 1))), linear=(0, 1, 2),
        refusals=[refused(ValueError, "(2, 3)", X, Y)]),
    Row("minigrad.cartesian_prod", cartesian_prod, of(((2,), (3,)), ((2,), (1,), (3,))),
        linear=(0, 1), refusals=[refused(ValueError, "vectors", X, X)]),
    Row("minigrad.meshgrid", meshgrid,
        lambda rng: [Call(normal(rng, 2), normal(rng, 3), indexing="ij"),
                     Call(normal(rng, 2), normal(rng, 3), normal(rng, 4), indexing="xy")],
        linear=(0, 1), refusals=[refused(ValueError, "indexing", X[0], X[0], indexing="yx"),
                                 refused(ValueError, "vectors", X, X)]),
    Row("minigrad.where", np.where, choices,
        refusals=[refused(TypeError, "condition", X, X, X),
                  refused(ValueError, "(3, 2)", X > 1, X, X.T)]),
    Row("minigrad.einsum", np.einsum, equations, linear=(0, 1),
        refusals=[refused(ValueError, "j 3 2", "ij,jk", X, X),
                  refused(ValueError, "", "ijk", X), refused(ValueError, "z", "ij->z", X),
                  refused(ValueError, "", "ij", X, X)]),
    Row("minigrad.isin", np.isin,
        lambda rng: [Call(rng.integers(0, 9, (2, 3)), rng.integers(0, 9, 4))],
        gradient=False),
    Row("minigrad.dist", lambda x, y, p=2: (abs(x - y) ** p).sum() ** (1 / p),
        of(((2, 3), (2, 3)), ((2, 1), (3,))), refusals=[refused(ValueError, "(2, 3)", X, Y)]),
    Row("minigrad.cdist", cdist,
        lambda rng: [Call(normal(rng, 2, 3), normal(rng, 4, 3)),
                     Call(normal(rng, 2, 2, 3), normal(rng, 2, 1, 3), 3.0)],
        refusals=[refused(ValueError, "(2, 3) (2, 4)", X, Y)]),
]  # fmt: skip

ROWS = [*PRODUCTS, *FUNCTIONS]
