"""Making tensors, and their dtypes: what is made of what, and what is refused."""

import copy

import numpy as np
import pytest

import minigrad
from minigrad import Tensor, tensor

pytestmark = pytest.mark.unit

f32, f64, boolean = minigrad.float32, minigrad.float64, minigrad.bool
i32, i64 = minigrad.int32, minigrad.int64


@pytest.mark.parametrize(
    ("data", "dtype", "values"),
    [
        (3, i64, 3),
        (3.0, f32, 3.0),
        (True, boolean, True),
        ([1, 2.5], f32, [1, 2.5]),
        ([True, 2], i64, [1, 2]),
        ([[1, 2], [3, 4]], i64, [[1, 2], [3, 4]]),
        ((1.0, 2.0), f32, [1, 2]),
        (range(3), i64, [0, 1, 2]),
        ([], f32, []),
        ([[], []], f32, [[], []]),
        (2**40, i64, 2**40),
        (np.float32(2), f32, 2),
        (np.float64(2), f64, 2),
        ([np.float64(1), 2], f64, [1, 2]),
        ([np.arange(2.0), np.ones(2)], f64, [[0, 1], [1, 1]]),
        (np.arange(3, dtype=np.int16), minigrad.int16, [0, 1, 2]),
        (np.array([1, 2], ">i4"), i32, [1, 2]),
        ([minigrad.ones(2), minigrad.zeros(2)], f32, [[1, 1], [0, 0]]),
        (minigrad.ones(2, dtype=i32), i32, [1, 1]),
    ],
)
def test_tensor(data, dtype, values):
    x = tensor(data)
    assert x.dtype == dtype
    assert x.tolist() == values
    assert x.is_leaf
    assert not x.requires_grad


def test_a_given_dtype():
    assert tensor([1.7, -1.7], dtype=i64).tolist() == [1, -1]
    assert tensor([0, 2], dtype=boolean).tolist() == [False, True]
    assert tensor([1, 2], dtype=float).dtype == f64
    assert tensor([1, 2], dtype=np.float64).dtype == f64
    assert tensor([1, 2], dtype="float64").dtype == f64
    assert tensor(0.1, dtype=f64).item() == 0.1, "not by way of float32"


def test_tensor_copies():
    array = np.zeros(3)
    x = tensor(array)
    y = tensor(x)
    array[0] = 1
    x[1] = 2
    assert (x.tolist(), y.tolist()) == ([0, 2, 0], [0, 0, 0])


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([[1, 2], [3]], ValueError, "not rectangular"),
        ("text", TypeError, "no numbers|not supported"),
        ([1, None], TypeError, "no numbers|not supported"),
        (1 + 2j, TypeError, "complex128 is not supported; use float32 or float64"),
        (np.ones(2, np.float16), TypeError, "float16 is not supported"),
        (np.array(["a"]), TypeError, "not supported"),
        (2**70, (TypeError, ValueError), "not supported|does not fit"),
    ],
)
def test_what_is_no_data(data, error, message):
    with pytest.raises(error, match=message):
        tensor(data)


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "rand", "randn"])
def test_sizes(name):
    make = getattr(minigrad, name)
    for sizes in ((2, 3), ((2, 3),), ([2, 3],), (minigrad.Size([2, 3]),), (np.int64(2), tensor(3))):
        assert make(*sizes).shape == (2, 3)
    assert make(()).shape == ()
    assert make(0).shape == (0,)
    assert make(2, dtype=f64, requires_grad=True).requires_grad
    assert make(2).dtype == f32
    with pytest.raises((ValueError, RuntimeError), match=r"-1"):
        make(2, -1)
    with pytest.raises(TypeError, match="must be integers"):
        make(2.5)
    with pytest.raises(TypeError, match="float16"):
        make(2, dtype=np.float16)
    with pytest.raises(RuntimeError, match="CPU"):
        make(2, device="cuda")


@pytest.mark.parametrize(
    ("made", "dtype", "values"),
    [
        (minigrad.zeros(2, dtype=i32), i32, [0, 0]),
        (minigrad.ones(2, dtype=boolean), boolean, [True, True]),
        (minigrad.full((2,), 3), i64, [3, 3]),
        (minigrad.full((2,), 3.5), f32, [3.5, 3.5]),
        (minigrad.full((2,), True), boolean, [True, True]),
        (minigrad.full([1], 1, dtype=f64), f64, [1.0]),
        (minigrad.full((), tensor(2.5)), f32, 2.5),
        (minigrad.arange(4), i64, [0, 1, 2, 3]),
        (minigrad.arange(1, 4), i64, [1, 2, 3]),
        (minigrad.arange(end=2), i64, [0, 1]),
        (minigrad.arange(5, 1, -2), i64, [5, 3]),
        (minigrad.arange(1, 2.5, 0.5), f32, [1, 1.5, 2]),
        (minigrad.arange(3, dtype=f32), f32, [0, 1, 2]),
        (minigrad.arange(tensor(2)), i64, [0, 1]),
        (minigrad.arange(0), i64, []),
        (minigrad.arange(2**31, 2**31 + 1), i64, [2**31]),
        (minigrad.linspace(0, 1, 5), f32, [0, 0.25, 0.5, 0.75, 1]),
        (minigrad.linspace(3, 1, steps=2, dtype=f64), f64, [3, 1]),
        (minigrad.linspace(2, 9, 1), f32, [2]),
        (minigrad.logspace(0, 3, 4, base=2), f32, [1, 2, 4, 8]),
        (minigrad.eye(2), f32, [[1, 0], [0, 1]]),
        (minigrad.eye(1, 2, dtype=i64), i64, [[1, 0]]),
        (minigrad.zeros_like(minigrad.ones(2, dtype=i64)), i64, [0, 0]),
        (minigrad.ones_like(minigrad.zeros(2), dtype=f64), f64, [1, 1]),
        (minigrad.full_like(minigrad.zeros(2), 7), f32, [7, 7]),
        (minigrad.as_tensor([1.5]), f32, [1.5]),
        (minigrad.ones(1).new_zeros(2), f32, [0, 0]),
        (minigrad.ones(1, dtype=f64).new_ones((2,)), f64, [1, 1]),
        (minigrad.ones(1).new_full((2,), 3), f32, [3, 3]),
        (minigrad.ones(1).new_tensor([1, 2]), f32, [1, 2]),
        (Tensor([1, 2]), f32, [1, 2]),
        (Tensor(np.ones(1)), f32, [1]),
        (Tensor(), f32, []),
        (minigrad.cat([minigrad.ones(1, dtype=i64), minigrad.zeros(1)]), f32, [1, 0]),
        (minigrad.stack([tensor(1), tensor(2)]), i64, [1, 2]),
        (minigrad.tril_indices(2, 2), i64, [[0, 1, 1], [0, 0, 1]]),
    ],
)
def test_made_tensors(made, dtype, values):
    assert made.dtype == dtype
    assert made.tolist() == values


def test_numpys_like():
    assert minigrad.empty_like(minigrad.ones(2, 3)).shape == (2, 3)
    assert minigrad.rand_like(minigrad.ones(2, 3, dtype=f64)).dtype == f64
    assert Tensor(2, 3).shape == (2, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: minigrad.arange(0, 5, 0), "step"),
        (lambda: minigrad.arange(5, 0), "does not lead from 5 to 0"),
        (lambda: minigrad.arange(float("inf")), "finite"),
        (lambda: minigrad.linspace(0, 1, -1), "steps"),
        (lambda: minigrad.eye(-1), "-1"),
        (lambda: minigrad.randint(5, 5, (2,)), "low"),
        (lambda: minigrad.randperm(-1), "n"),
        (lambda: minigrad.normal(0.0, -1.0, (2,)), "std"),
        (lambda: minigrad.bernoulli(tensor([2.0])), "p"),
        (lambda: minigrad.cat([]), "empty"),
        (lambda: minigrad.stack([]), "empty"),
        (lambda: minigrad.cat([minigrad.ones(2, 3), minigrad.ones(2, 4)]), "cat"),
        (lambda: minigrad.stack([minigrad.ones(2), minigrad.ones(3)]), "stack"),
    ],
)
def test_what_cannot_be_made(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_default_dtype():
    minigrad.set_default_dtype(f64)
    try:
        assert {x.dtype for x in (tensor(1.0), minigrad.zeros(1), tensor([1]) / 2)} == {f64}
        assert tensor(1).dtype == i64
    finally:
        minigrad.set_default_dtype(f32)
    with pytest.raises(TypeError, match="must be a floating type"):
        minigrad.set_default_dtype(i64)


# From NumPy, and to it


def test_from_numpy_shares_memory():
    array = np.zeros((2, 3), np.float32)
    x = minigrad.from_numpy(array[:, ::2])
    array[0, 2] = 5
    x[1, 0] = 7
    assert x.tolist() == [[0, 5], [7, 0]]
    assert array[1, 0] == 7
    with pytest.raises(TypeError, match=r"expected a numpy.ndarray, got list"):
        minigrad.from_numpy([1])


def test_from_numpy_of_another_byte_order():
    array = np.arange(3, dtype=">f4")
    x = minigrad.from_numpy(array)
    assert x.tolist() == [0, 1, 2]
    assert x.array.dtype.isnative
    with pytest.raises(TypeError, match="float16 is not supported"):
        minigrad.from_numpy(np.ones(1, np.float16))


def test_to_numpy():
    x = minigrad.ones(2, 3).T
    array = x.numpy()
    array[0, 0] = 5
    assert x[0, 0].item() == 5.0
    assert array.strides == x.array.strides
    with pytest.raises(RuntimeError, match=r"requires grad.*detach\(\)"):
        minigrad.ones(1, requires_grad=True).numpy()
    assert minigrad.ones(1, requires_grad=True).numpy(force=True).tolist() == [1]


def test_numpy_functions_take_tensors():
    x = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert np.asarray(x).dtype == np.float32
    assert np.asarray(x, dtype=np.float64).dtype == np.float64
    assert np.array(x) is not np.asarray(x)
    assert np.sum(np.asarray(x)) == 10
    assert np.allclose(x, [[1, 2], [3, 4]])
    for result in (
        np.ones((2, 2), np.float32) + x,
        x + np.ones((2, 2), np.float32),
        np.float32(1) + x,
    ):
        assert isinstance(result, Tensor)
        assert result.tolist() == [[2, 3], [4, 5]]
        assert result.dtype == f32


def test_dlpack():
    array = np.arange(6.0).reshape(2, 3)
    x = minigrad.from_dlpack(array)
    x[0, 0] = 9
    assert array[0, 0] == 9
    back = np.from_dlpack(minigrad.arange(3))
    assert back.tolist() == [0, 1, 2]
    with pytest.raises(RuntimeError, match="requires grad"):
        np.from_dlpack(minigrad.ones(1, requires_grad=True))


def test_python_numbers():
    x = tensor([2.75])
    assert (x.item(), float(x), int(x), bool(x)) == (2.75, 2.75, 2, True)
    assert type(tensor(3).item()) is int
    assert [10, 20, 30][tensor(1)] == 20
    assert f"{tensor(1.234):.2f} {tensor(7):03d}" == "1.23 007"
    assert 2.75 in x
    assert list(range(tensor(2))) == [0, 1]
    with pytest.raises(ValueError, match=r"item: .*\(2,\)"):
        minigrad.ones(2).item()
    with pytest.raises(ValueError, match="ambiguous"):
        bool(minigrad.ones(2))
    with pytest.raises(TypeError, match="integer"):
        [1, 2][tensor(1.0)]
    with pytest.raises(TypeError, match="0-dimensional"):
        len(tensor(1))
    with pytest.raises(TypeError, match="0-dimensional"):
        iter(tensor(1))


def test_copies():
    x = minigrad.arange(4.0).reshape(2, 2).T.requires_grad_()
    for y in (x.clone(), copy.deepcopy(x), copy.copy(x).clone()):
        assert y.tolist() == x.tolist()
        assert not np.may_share_memory(y.array, x.array)
        assert y.requires_grad
    assert x.contiguous().is_contiguous()
    assert not x.is_contiguous()
    z = copy.deepcopy([x, x])
    assert z[0] is z[1]
    with pytest.raises(RuntimeError, match="only leaves"):
        copy.deepcopy(x * 2)
