"""Faults 15 to 26: memory, byte orders, dtypes, NaN, indices and threads."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from operations import ROWS
from operations.checks import arrays_of, floating, leaves_of, run

import minigrad
import minigrad.functional as F
from faults.listing import Listing, double, refuses
from minigrad import kernels

__all__ = ["FAULTS"]

FAULTS = fault = Listing()

RNG = np.random.default_rng(15)
PICTURE = RNG.standard_normal((1, 2, 4, 5))
WEIGHT = RNG.standard_normal((3, 2, 3, 2))


def convolved(x):
    return F.conv2d(x, double(WEIGHT), padding=(1, 0))


@fault(15)
def negative_strides():
    """Also along an axis of length 1, which NumPy calls contiguous; nothing is kept alive."""
    want = convolved(double(PICTURE)).array
    back = PICTURE[::-1, ::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1, ::-1]
    assert min(back.strides) < 0
    np.testing.assert_allclose(convolved(minigrad.from_numpy(back)).array, want, atol=1e-13)
    one = np.ones((1, 2, 4, 5))[::-1]
    assert convolved(minigrad.from_numpy(one)).shape == want.shape


@fault(16)
def layouts_compile_nothing_new():
    """One machine code for all layouts, and the same result to the last bit."""
    layouts = [
        np.asfortranarray(PICTURE),
        np.repeat(PICTURE, 2, -1)[..., ::2],
        np.broadcast_to(PICTURE, (3, 2, 4, 5)),
        PICTURE[:, :, ::-1].copy()[:, :, ::-1],
    ]
    plain = convolved(double(PICTURE)).array  # compiles, if need be
    compiled = []
    previous = kernels.on_compile(compiled.append)
    try:
        for x in layouts:
            y = convolved(minigrad.from_numpy(x)).array
            np.testing.assert_array_equal(y, np.broadcast_to(plain, y.shape))
    finally:
        kernels.on_compile(previous)
    assert compiled == []


@fault(17)
def read_only_arrays():
    x = np.frombuffer(PICTURE.tobytes()).reshape(PICTURE.shape)
    assert not x.flags.writeable
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        leaf = minigrad.from_numpy(x).requires_grad_()
        convolved(leaf).sum().backward()
    np.testing.assert_array_equal(x, PICTURE)
    assert leaf.grad.shape == x.shape


@fault(18)
def big_endian():
    for make in (minigrad.from_numpy, minigrad.tensor, minigrad.as_tensor):
        y = make(PICTURE.astype(">f8"))
        assert y.array.dtype.isnative
        np.testing.assert_array_equal(convolved(y).array, convolved(double(PICTURE)).array)
    assert minigrad.from_numpy(np.array([1, 2], ">i4")).tolist() == [1, 2]


@fault(19)
def float16():
    for make in (minigrad.from_numpy, minigrad.tensor):
        refuses(lambda m=make: m(np.ones(2, np.float16)), "float16", "float32", "float64",
                error=TypeError)  # fmt: skip
    refuses(lambda: minigrad.ones(2, dtype=np.float16), "float16", error=TypeError)


@fault(20)
def other_dtypes():
    for value in (np.array([None, 1]), np.ones(2, complex), np.ones(2, np.longdouble)):
        if value.dtype != np.float64:
            refuses(lambda v=value: minigrad.tensor(v), error=TypeError)
    for dtype in (minigrad.int64, minigrad.bool):
        refuses(lambda d=dtype: minigrad.ones(2, dtype=d).requires_grad_(), "floating")
    whole = minigrad.arange(40).reshape(1, 2, 4, 5)
    refuses(lambda: F.conv2d(whole, double(WEIGHT)), "input", error=TypeError)
    refuses(lambda: F.batch_norm(whole, None, None, training=True), error=TypeError)
    logits, labels = double(np.zeros((2, 3))), minigrad.tensor([0, 2])
    assert F.cross_entropy(logits, labels).item() == pytest.approx(np.log(3))
    refuses(lambda: F.cross_entropy(logits, labels.double()), error=TypeError)


@fault(21)
def mixed_precision():
    """Refused where kernels run; promoted in arithmetic; numbers never widen a tensor."""
    x, w = minigrad.tensor(PICTURE.astype(np.float32)), double(WEIGHT)
    refuses(lambda: F.conv2d(x, w), "float32", "float64", error=TypeError)
    refuses(lambda: F.linear(x, double(np.ones((3, 5)))), "float32", "float64", error=TypeError)
    refuses(lambda: x[0, 0] @ double(np.ones((5, 2))), "float32", "float64", error=TypeError)
    assert (x + double([1.0])).dtype == minigrad.float64
    for y in (x + 1.5, x * np.float64(2.0), 3 - x, x**2, x.clamp(0.1), x.mean(), x / 3):
        assert y.dtype == minigrad.float32


@fault(22)
def not_a_number():
    """NaN in, NaN out; windows of minus infinity keep their value and a valid index."""
    for row in ROWS.values():
        drawn = row.random or row.name in NAN_HAS_A_PLACE
        if row.name.startswith("F.") and row.gradient and not drawn:
            check_nan_comes_out(row)
    low = double(np.full((1, 1, 4, 5), -np.inf), True)
    y, index = F.max_pool2d(low, (2, 3), return_indices=True)
    assert (y.array == -np.inf).all()
    assert ((index.array >= 0) & (index.array < 20)).all()
    y.sum().backward()
    assert low.grad.array.sum() == y.numel()


def check_nan_comes_out(row):
    """An input that is NaN everywhere, gradients and targets left as they are."""
    call = row.calls()[0]
    arrays = call.arrays
    place = next(i for i, a in enumerate(arrays) if a.dtype.kind == "f")
    arrays[place] = np.full_like(arrays[place], np.nan)
    results = floating(run(row, call, leaves_of(row, call.holding(arrays))))
    assert any(np.isnan(y).any() for y in arrays_of(results)), row.name


# A place that is NaN counts as -1, as PyTorch documents.
NAN_HAS_A_PLACE = {"F.grid_sample"}


@fault(23)
def no_fastmath():
    """No compiler flag that lets NaN vanish, and kernels that see NaN."""
    for path in Path(kernels.__file__).parent.rglob("*.py"):
        code = [line for line in path.read_text().splitlines() if "fastmath=" in line]
        assert not code, path.name
    for backend in kernels.backends():
        with kernels.use(backend):
            x = double(np.where(PICTURE > 1, np.nan, PICTURE))
            for y in (F.relu(x), F.leaky_relu(x), F.softmax(x, 1), x.isnan().double() * x):
                np.testing.assert_array_equal(
                    np.isnan(y.array).any((0, 1)), np.isnan(x.array).any((0, 1))
                )


@fault(24)
def indices_out_of_bounds():
    """Every operation that is given indices looks at them first."""
    far, low = minigrad.tensor([[0, 3]]), minigrad.tensor([[0, -4]])
    x, w = double(np.zeros((2, 3))), double(np.zeros((3, 2)))
    for index in (far, low):
        bad = int(index.array[0, 1])
        refuses(lambda i=index: F.embedding(i, w), bad, error=IndexError)
        refuses(lambda i=index: x.gather(1, i), bad, error=IndexError)
        refuses(lambda i=index: x.scatter_add(1, i, x), bad, error=IndexError)
        refuses(lambda i=index: x.index_select(1, i[0]), bad, error=IndexError)
        refuses(lambda i=index: F.nll_loss(x, i[0]), bad, error=IndexError)
        refuses(lambda i=index: x[:, i[0]], bad, error=IndexError)
        refuses(lambda i=index: F.max_unpool2d(x[None, :1, :2], i[None] * 9, 1), bad * 9)
    refuses(lambda: F.one_hot(far, 3), 3)


@fault(25)
def no_race():
    """Sums that many threads share come out the same for any number of threads."""
    x = double(np.random.default_rng(25).standard_normal((4, 3, 33, 21)))
    w = double(np.random.default_rng(26).standard_normal((5, 3, 3, 2)))
    before, found = kernels.get_num_threads(), []
    try:
        for threads in (1, 2, 2):
            kernels.set_num_threads(threads)
            leaves = [x.clone().requires_grad_(), w.clone().requires_grad_()]
            y = F.batch_norm(F.conv2d(*leaves, padding=(1, 0)), None, None, training=True)
            (F.max_pool2d(y, (3, 2), (1, 2)) ** 2).sum().backward()
            found.append([y.array, *(leaf.grad.array for leaf in leaves)])
    finally:
        kernels.set_num_threads(before)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


@fault(26)
def target_of_another_shape():
    """The broadcast result, with a warning that names both shapes."""
    x, t = double(np.arange(3.0)), double(np.arange(3.0).reshape(3, 1))
    for loss in (F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss):
        with pytest.warns(UserWarning, match=r"\(3, 1\).*\(3,\)|\(3,\).*\(3, 1\)"):
            y = loss(x, t, reduction="none")
        assert y.shape == (3, 3)
    refuses(lambda: F.binary_cross_entropy_with_logits(x, t), "target")
