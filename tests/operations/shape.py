"""Rows of what moves, copies, picks and places elements."""

import numpy as np

from operations.row import Call, Row, normal, refused

__all__ = ["ROWS"]

X = np.arange(6.0).reshape(2, 3)
INDEX = np.array([0, 2, 0])


def calls(shape, *settings):
    """Samples of one shape, one for each tuple of plain arguments (a dict last has names)."""

    def samples(rng):
        for setting in settings:
            given = setting if isinstance(setting, tuple) else (setting,)
            named = given[-1] if given and isinstance(given[-1], dict) else {}
            plain = given[:-1] if named else given
            yield Call(normal(rng, *shape), *plain, **named)

    return samples


def view(name, reference, samples, refusals=(), also="", **more):
    """An operation that moves elements: it is linear."""
    return Row(
        f"Tensor.{name}", reference, samples, refusals=refusals, also=also, linear=(0,), **more
    )


def flat_sizes(reference):
    return lambda x, *sizes: reference(x, sizes[0] if isinstance(sizes[0], tuple) else sizes)


def flatten(x, start_dim=0, end_dim=-1):
    start, end = start_dim % max(x.ndim, 1), end_dim % max(x.ndim, 1)
    return x.reshape(*x.shape[:start], -1, *x.shape[end + 1 :])


def squeeze(x, dim=None):
    axes = range(x.ndim) if dim is None else dim if isinstance(dim, tuple) else (dim,)
    return np.squeeze(x, tuple(axis for axis in axes if x.shape[axis] == 1))


def narrow(x, dim, start, length):
    return np.take(x, range(start, start + length), dim)


def split(x, size, dim=0):
    n = x.shape[dim]
    marks = range(size, n, size) if isinstance(size, int) else np.cumsum(size)[:-1]
    return np.split(x, list(marks), dim)


def chunk(x, chunks, dim=0):
    return split(x, -(-x.shape[dim] // chunks), dim)


def unfold(x, dimension, size, step):
    starts = range(0, x.shape[dimension] - size + 1, step)
    axis = dimension % x.ndim
    windows = [np.moveaxis(narrow(x, axis, s, size), axis, -1) for s in starts]
    return np.stack(windows, axis)


def diag_embed(x, offset=0, dim1=-2, dim2=-1):
    n = x.shape[-1] + abs(offset)
    y = np.zeros((*x.shape[:-1], n, n))
    for i in range(x.shape[-1]):
        y[..., i + max(-offset, 0), i + max(offset, 0)] = x[..., i]
    return np.moveaxis(y, (-2, -1), (dim1, dim2))


def repeat(x, *sizes):
    return np.tile(x, sizes[0] if isinstance(sizes[0], tuple) else sizes)


def resized(x, *sizes):
    return x.reshape(sizes[0] if isinstance(sizes[0], tuple) else sizes)


RESHAPES = calls((2, 3, 2), ((4, -1),), (12,), (3, 2, 2))
BAD_SIZES = [refused(ValueError, "6 (4,)", X, 4), refused(ValueError, "-1", X, -1, -1)]
NO_AXIS = refused(IndexError, "2", X, 2)

LIKE = [refused(ValueError, "shape", X, np.zeros((3, 3)))]


def alike(rng, shape=(3, 2)):
    yield Call(normal(rng, 2, 3), normal(rng, *shape))


MOVES = [
    view("reshape", resized, RESHAPES, BAD_SIZES),
    view("view", resized, RESHAPES, BAD_SIZES),
    Row("Tensor.reshape_as", lambda x, y: x.reshape(y.shape), alike, refusals=LIKE, linear=(0,)),
    Row("Tensor.view_as", lambda x, y: x.reshape(y.shape), alike, refusals=LIKE, linear=(0,)),
    view("ravel", np.ravel, calls((2, 3), ())),
    view("flatten", flatten, calls((2, 3, 2), (), 1, (0, 1)), [NO_AXIS]),
    view("unflatten", lambda x, d, s: x.reshape(*x.shape[:d], *s, *x.shape[d + 1 :]),
         calls((2, 6), (1, (2, 3))), [refused(ValueError, "4", X, 1, (4,))]),
    view("squeeze", squeeze, calls((2, 1, 3, 1), (), 1, -1, 0, ((1, 3),)), [NO_AXIS]),
    view("unsqueeze", np.expand_dims, calls((2, 3), 0, 1, -1), [refused(IndexError, "3", X, 3)]),
    view("permute", flat_sizes(np.transpose), calls((2, 3, 4), (2, 0, 1), ((0, -1, 1),)),
         [refused(ValueError, "permute", X, 0), refused(ValueError, "permute", X, 0, 0)]),
    view("transpose", np.swapaxes, calls((2, 3, 4), (0, 2), (-1, -2)),
         [refused(IndexError, "2", X, 0, 2)], "Tensor.swapaxes Tensor.swapdims"),
    view("movedim", np.moveaxis, calls((2, 3, 4), (0, 2), ((0, 1), (1, 2))),
         [refused(IndexError, "2", X, 0, 2)], "Tensor.moveaxis"),
    view("t", np.transpose, calls((2, 3), ()), [refused(ValueError, "2", np.zeros((2, 3, 4)))]),
    view("adjoint", lambda x: np.swapaxes(x, -1, -2), calls((2, 3, 4), ()), also="Tensor.mT"),
    view("T", np.transpose, calls((2, 3), ()), also="Tensor.H"),
    view("expand", lambda x, *s: np.broadcast_to(
            x, [x.shape[i - len(s)] if n == -1 else n for i, n in enumerate(s)]),
         calls((2, 1), (2, 4), (3, -1, 2)), [refused(ValueError, "(2, 3) 4", X, 2, 4)]),
    view("broadcast_to", np.broadcast_to, calls((2, 1), ((3, 2, 4),)),
         [refused(ValueError, "4", X, (2, 4))]),
    Row("Tensor.expand_as", lambda x, y: np.broadcast_to(x, y.shape),
        lambda rng: [Call(normal(rng, 2, 1), normal(rng, 3, 2, 4))], refusals=LIKE, linear=(0,)),
    view("narrow", narrow, calls((2, 4), (1, 1, 2), (-2, 1, 1)),
         [refused(ValueError, "narrow 2 3", X, 1, 2, 3), refused(IndexError, "2", X, 2, 0, 1)]),
    view("select", lambda x, dim, index: np.take(x, index, dim), calls((2, 4), (1, -1), (0, 1)),
         [refused(IndexError, "3", X, 1, 3)]),
    view("split", split, calls((5, 3), 2, ([1, 2], 1)),
         [refused(ValueError, "[1, 1] 3", X, [1, 1], 1), refused(ValueError, "0", X, 0)]),
    view("split_with_sizes", split, calls((2, 3), ([1, 2], 1)),
         [refused(ValueError, "[1, 1] 3", X, [1, 1], 1)]),
    view("chunk", chunk, calls((5, 3), 2, (2, 1)), [refused(ValueError, "chunks 0", X, 0)]),
    view("tensor_split", np.array_split, calls((5, 3), 2, ((1, 4),), (2, 1)),
         [refused(ValueError, "0", X, 0)]),
    view("unbind", lambda x, dim=0: [np.take(x, i, dim) for i in range(x.shape[dim])],
         calls((2, 3), (), 1), [NO_AXIS]),
    view("unfold", unfold, calls((2, 5), (1, 3, 2), (-2, 1, 1)),
         [refused(ValueError, "4 3", X, 1, 4, 1), refused(ValueError, "0", X, 1, 2, 0)]),
    view("diag", np.diag, calls((3,), (), 1, -1), [refused(ValueError, "2", np.zeros((1, 2, 3)))]),
    view("diagonal", np.diagonal, calls((3, 2, 4), (), (1, 0, 2), (-1, 2, 1)),
         [refused(IndexError, "2", X, 0, 0, 2), refused(ValueError, "", X, 0, 1, -1)]),
    view("diag_embed", diag_embed, calls((2, 3), (), (1, 0, 2), -2),
         [refused(ValueError, "dim1 0 dim2 0", X, 0, 0, 0), refused(IndexError, "5", X, 0, 0, 5),
          refused(TypeError, "offset 'x'", X, "x")]),
    view("flip", lambda x, *axes: np.flip(x, axes[0] if isinstance(axes[0], tuple) else axes),
         calls((2, 3, 2), 1, ((0, -1),)), [NO_AXIS]),
    view("fliplr", np.fliplr, calls((2, 3), ()), [refused(ValueError, "2", np.zeros(3))]),
    view("flipud", np.flipud, calls((2, 3), ()), [refused(ValueError, "1", np.zeros(()))]),
    view("repeat", repeat, calls((2, 3), (2, 1), (3, 1, 2), ((1, 2),)),
         [refused(ValueError, "repeat", X, 2), refused(ValueError, "-1", X, 2, -1)]),
    view("tile", repeat, calls((2, 3), 2, (2, 1, 2)),
         [refused(ValueError, "-1", X, -1)]),
    view("repeat_interleave", lambda x, n, dim=None: np.repeat(x, n, dim),
         calls((2, 3), 2, (3, 1), (np.array([2, 0, 1]), 1)),
         [refused(ValueError, "-1", X, -1)]),
    view("roll", lambda x, shifts, dims=None: np.roll(x, shifts, dims),
         calls((2, 3), 1, (1, 0), ((1, -2), (0, 1))), [refused(IndexError, "2", X, 1, 2)]),
    view("rot90", lambda x, k=1, dims=(0, 1): np.rot90(x, k, dims),
         calls((2, 3, 4), (), 2, (-1, (1, 2))),
         [refused(ValueError, "(0, 0)", X, 1, (0, 0)), refused(IndexError, "2", X, 1, (0, 2))]),
    view("trace", np.trace, calls((2, 3), ()), [refused(ValueError, "(3,)", np.zeros(3))]),
    view("tril", np.tril, calls((2, 3, 4), (), 1), [refused(ValueError, "2", np.zeros(3))]),
    view("triu", np.triu, calls((2, 3, 4), (), -1), [refused(ValueError, "2", np.zeros(3))]),
    view("clone", np.copy, calls((2, 3), ())),
    view("contiguous", np.copy, calls((2, 3), ())),
]  # fmt: skip


# Picking and placing


def picks(rng):
    yield Call(normal(rng, 2, 4), 1, rng.integers(0, 4, 3))
    yield Call(normal(rng, 3, 2), 0, rng.integers(0, 3, 5))


def gathers(rng):
    yield Call(normal(rng, 2, 4), 1, rng.integers(0, 4, (2, 3)))
    yield Call(normal(rng, 3, 4), 0, rng.integers(0, 3, (5, 2)))


def gather(x, dim, index):
    y = np.empty(index.shape, x.dtype)
    for place in np.ndindex(index.shape):
        source = list(place)
        source[dim] = index[place]
        y[place] = x[tuple(source)]
    return y


def placed(x, dim, index, src, add):
    y = x.copy()
    for place in np.ndindex(index.shape):
        target = list(place)
        target[dim] = index[place]
        y[tuple(target)] = src[place] + (y[tuple(target)] if add else 0)
    return y


def scatters(rng):
    """Each place once, for a result that the order does not decide."""
    yield Call(normal(rng, 2, 4), 1, np.array([[3, 0], [1, 2]]), normal(rng, 2, 3))
    yield Call(normal(rng, 4, 2), 0, np.array([[3, 0], [1, 2]]), normal(rng, 2, 2))


def scatter_adds(rng):
    """Places hit several times."""
    yield Call(normal(rng, 2, 4), 1, np.array([[3, 0, 3], [1, 1, 1]]), normal(rng, 2, 3))
    yield Call(normal(rng, 4, 2), 0, rng.integers(0, 4, (5, 2)), normal(rng, 5, 2))


def adds(rng):
    yield Call(normal(rng, 2, 4), 1, np.array([3, 0, 3]), normal(rng, 2, 3))
    yield Call(normal(rng, 4, 2), 0, np.array([1, 1]), normal(rng, 2, 2), alpha=-1.5)


def index_add(x, dim, index, source, alpha=1):
    y = np.moveaxis(x.copy(), dim, 0)
    for i, j in enumerate(index):
        y[j] = y[j] + alpha * np.take(source, i, dim)
    return np.moveaxis(y, 0, dim)


def copies(rng):
    yield Call(normal(rng, 2, 4), 1, np.array([3, 0]), normal(rng, 2, 2))


def index_copy(x, dim, index, source):
    y = np.moveaxis(x.copy(), dim, 0)
    y[index] = np.moveaxis(source, dim, 0)
    return np.moveaxis(y, 0, dim)


def fills(rng):
    yield Call(normal(rng, 2, 4), 1, np.array([3, 0]), 1.5)
    yield Call(normal(rng, 2, 4), 1, np.array([3, 0]), normal(rng))


def masked(rng):
    yield Call(normal(rng, 2, 4), rng.random((2, 4)) < 0.5)
    yield Call(normal(rng, 2, 4), rng.random(4) < 0.5)


def masked_scatters(rng):
    yield Call(normal(rng, 2, 4), rng.random((2, 4)) < 0.5, normal(rng, 3, 3))


def masked_scatter(x, mask, source):
    y = x.copy()
    y[mask] = source.reshape(-1)[: mask.sum()]
    return y


def takes(rng):
    yield Call(normal(rng, 2, 4), rng.integers(-8, 8, (3, 2)))


def alongs(rng):
    yield Call(normal(rng, 2, 4), rng.integers(0, 4, (2, 3)), 1)
    yield Call(normal(rng, 2, 4), rng.integers(0, 8, 5))


def along(x, index, dim=None):
    return x.reshape(-1)[index] if dim is None else np.take_along_axis(x, index, dim)


def slices(rng):
    for index in (
        1, (slice(None), -1), (slice(None, None, 2), slice(1, 3)), (..., None, 2), (0, 1),
        (slice(None), [2, 0, 2]), ([1, 0], [3, 1]), np.array([[1, 0], [1, 1]]), None,
    ):  # fmt: skip
        yield Call(normal(rng, 2, 4), index)
    yield Call(normal(rng, 2, 4), rng.random((2, 4)) < 0.5)
    yield Call(normal(rng, 2, 4), (slice(None), rng.integers(0, 4, (2, 3))))
    yield Call(normal(rng, 2, 3, 4), ([1, 0], slice(None), np.array([3, 2])))
    yield Call(normal(rng, 2, 3, 4), (1, slice(None), np.array([3, 2])))
    yield Call(normal(rng, 2, 3, 4), (slice(None), np.array([[0], [2]]), np.array([3, 1, 3])))


def picked(x, index):
    """NumPy's indexing, but that an integer before others is no index array (as in PyTorch)."""
    if isinstance(index, tuple) and isinstance(index[0], int):
        return x[index[0]][index[1:]]
    return x[index]


def places(rng):
    yield Call(rng.integers(0, 2, (2, 4)) * 1.5)


FLOATS = np.array([[0.0, 2.0], [1.0, 0.0]])
FAR = np.array([[0, 3], [1, 0]])
NEAR = np.array([[0, 2], [1, 0]])

PLACES = [
    Row("Tensor.__getitem__", picked, slices, linear=(0,),
        refusals=[refused(IndexError, "2", X, 2), refused(IndexError, "3", X, (0, 0, 0)),
                  refused(IndexError, "3", X, (slice(None), np.array([0, 3]))),
                  refused(IndexError, "", X, np.array([0.0, 1.0])),
                  refused(IndexError, "(2, 3)", X, np.array([True, False, True]))]),
    Row("Tensor.index_select", lambda x, dim, index: np.take(x, index, dim), picks, linear=(0,),
        refusals=[refused(IndexError, "3", X, 1, np.array([3])),
                  refused(TypeError, "index float64", X, 1, np.array([1.0]))]),
    Row("Tensor.gather", gather, gathers, linear=(0,),
        refusals=[refused(IndexError, "3", X, 1, FAR), refused(TypeError, "index", X, 1, FLOATS),
                  refused(ValueError, "index", X, 1, INDEX)]),
    Row("Tensor.scatter", lambda *args: placed(*args, add=False), scatters, linear=(0, 2),
        refusals=[refused(IndexError, "3", X, 1, FAR, X),
                  refused(ValueError, "src", X, 1, NEAR, X[:1])]),
    Row("Tensor.scatter_add", lambda *args: placed(*args, add=True), scatter_adds, linear=(0, 2),
        refusals=[refused(IndexError, "3", X, 1, FAR, X),
                  refused(ValueError, "src", X, 1, NEAR, X[:1])]),
    Row("Tensor.index_add", index_add, adds, linear=(0, 2),
        refusals=[refused(IndexError, "3", X, 1, np.array([3]), X[:, :1]),
                  refused(ValueError, "source", X, 1, INDEX, X[:, :1])]),
    Row("Tensor.index_copy", index_copy, copies, linear=(0, 2),
        refusals=[refused(IndexError, "3", X, 1, np.array([3]), X[:, :1]),
                  refused(ValueError, "source", X, 1, INDEX, X[:, :1])]),
    Row("Tensor.index_fill", lambda x, dim, index, value: index_copy(
            x, dim, index, np.broadcast_to(value, (x.shape[0], len(index)))), fills, linear=(0,),
        refusals=[refused(IndexError, "3", X, 1, np.array([3]), 0.0)]),
    Row("Tensor.masked_select", lambda x, mask: x[np.broadcast_to(mask, x.shape)], masked,
        linear=(0,), refusals=[refused(TypeError, "mask bool", X, X),
                               refused(ValueError, "shape", X, X.T > 1)]),
    Row("Tensor.masked_scatter", masked_scatter, masked_scatters, linear=(0, 2),
        refusals=[refused(ValueError, "source", X, X > -1, X[0])]),
    Row("Tensor.take", lambda x, index: x.reshape(-1)[index], takes, linear=(0,),
        refusals=[refused(IndexError, "6", X, np.array([6]))]),
    Row("Tensor.take_along_dim", along, alongs, linear=(0,),
        refusals=[refused(IndexError, "3", X, FAR, 1)]),
    Row("Tensor.nonzero", lambda x: np.argwhere(x), places, gradient=False,
        also="Tensor.argwhere"),
]  # fmt: skip

ROWS = [*MOVES, *PLACES]
