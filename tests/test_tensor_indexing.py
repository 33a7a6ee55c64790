"""Reading and writing by index: NumPy's answers, where PyTorch's rule is the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad
from minigrad import tensor

A = np.arange(2 * 3 * 4).reshape(2, 3, 4)
T = minigrad.from_numpy(A.copy())


def arrays(index):
    """The index with arrays for tensors."""
    if isinstance(index, tuple):
        return tuple(arrays(i) for i in index)
    return index.numpy() if isinstance(index, minigrad.Tensor) else index


INDICES = [
    0,
    -1,
    (1, 2, 3),
    slice(None),
    slice(1, None),
    (slice(None), slice(None, None, 2)),
    ...,
    (..., 0),
    (0, ..., None),
    None,
    (None, 1, None),
    (),
    tensor(1),
    (tensor(1), 2),
    [1, 0, 1],
    tensor([1, 0, 1]),
    tensor([[1, 0], [-1, 0]]),
    (slice(None), tensor([2, 0])),
    (tensor([1, 0]), tensor([2, 0])),
    (tensor([[1], [0]]), tensor([2, 0])),
    (slice(None), tensor([2, 0]), tensor([3, 1])),
    (tensor([1, 0]), slice(None), tensor([3, 1])),
    (..., tensor([1, 1])),
    (tensor([1, 0]), None, tensor([2, 1])),
    tensor([True, False]),
    (slice(None), tensor([True, False, True])),
    tensor(A % 2 == 0),
    (0, tensor(A[0] % 2 == 0)),
    (tensor(A[..., 0] > 3), slice(1, 3)),
    tensor([], dtype=minigrad.int64),
    np.array([1, 0]),
    True,
    tensor([0, 1], dtype=minigrad.int32),
]


@pytest.mark.unit
@pytest.mark.parametrize("index", INDICES, ids=str)
def test_reading(index):
    expected = A[arrays(index)]
    result = T[index]
    assert result.shape == expected.shape
    np.testing.assert_array_equal(result.numpy(), expected)


@pytest.mark.unit
@pytest.mark.parametrize("index", INDICES, ids=str)
@pytest.mark.parametrize("number", [7, "tensor"])
def test_writing(index, number):
    """A number, and a tensor that broadcasts to the last axis."""
    expected, x = A.copy(), minigrad.from_numpy(A.copy())
    place = expected[arrays(index)]
    if number == "tensor":
        value = np.arange(place.shape[-1] if place.ndim else 1).reshape((-1,) if place.ndim else ())
        expected[arrays(index)] = value
        x[index] = tensor(value)
    else:
        expected[arrays(index)] = number
        x[index] = number
    np.testing.assert_array_equal(x.numpy(), expected)


@pytest.mark.unit
def test_an_integer_beside_an_index_tensor_is_taken_first():
    """PyTorch's rule: x[0, :, t] is x[0][:, t], where NumPy would put the axis of t first."""
    i = tensor([3, 1])
    assert T[0, :, i].tolist() == A[0][:, [3, 1]].tolist()
    assert T[i % 2, :, 0].tolist() == A[:, :, 0][[1, 1]].tolist()
    x = minigrad.zeros(2, 3, 4)
    x[1, :, i] = tensor([[1.0, 2.0]] * 3)
    assert x[1].tolist() == [[0, 2, 0, 1]] * 3


@pytest.mark.unit
def test_basic_indices_make_views():
    x = minigrad.zeros(3, 4)
    for view in (
        x[1],
        x[:, 1:3],
        x[..., None],
        x[1, 2],
        x[:],
        x.T[0],
        x.narrow(1, 0, 2),
        x.diagonal(),
    ):
        view += 1
    copies = (x[[0]], x[tensor([True] * 3)], x[tensor([0])])
    before = x.tolist()
    for copied in copies:
        copied += 100
    assert x.tolist() == before
    assert x[1].tolist() == [5, 6, 5, 3]


@pytest.mark.unit
def test_a_place_that_is_written_twice_gets_the_last_value_and_no_other_gradient():
    x = minigrad.zeros(3, dtype=minigrad.float64)
    v = tensor([1.0, 2.0], dtype=minigrad.float64, requires_grad=True)
    y = x.clone()
    y[[0, 2]] = v * 3
    y.sum().backward()
    assert v.grad.tolist() == [3, 3]
    z = tensor([1.0, 2.0, 3.0], requires_grad=True)
    z[tensor([0, 0, 2])].sum().backward()
    assert z.grad.tolist() == [2, 0, 1]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("read", "error"),
    [
        (lambda x: x[2], IndexError),
        (lambda x: x[0, 0, 0, 0], IndexError),
        (lambda x: x[:, tensor([3])], IndexError),
        (lambda x: x[tensor([-3])], IndexError),
        (lambda x: x[tensor([0, 1]), tensor([0, 1, 2])], (IndexError, ValueError)),
        (lambda x: x[tensor([True, False, True])], IndexError),
        (lambda x: x[tensor([1.0])], IndexError),
        (lambda x: x[1.5], (IndexError, TypeError)),
        (lambda x: x["a"], (IndexError, TypeError)),
        (lambda x: x[..., ...], IndexError),
        (lambda x: x.gather(1, tensor([[[3]]])), IndexError),
        (lambda x: x.gather(0, tensor([0])), (ValueError, RuntimeError)),
        (lambda x: x.gather(0, tensor([[[0.0]]])), TypeError),
        (lambda x: x.index_select(0, tensor([2])), IndexError),
        (lambda x: x.index_select(3, tensor([0])), IndexError),
        (lambda x: x.scatter(1, tensor([[[3]]]), 1), IndexError),
        (lambda x: x.scatter_add(0, tensor([[[2]]]), x), IndexError),
        (lambda x: x.narrow(0, 1, 2), (IndexError, ValueError)),
        (lambda x: x.select(0, 2), IndexError),
        (lambda x: x.split(-1), ValueError),
        (lambda x: x.split([1, 2]), ValueError),
        (lambda x: x.chunk(0), ValueError),
        (lambda x: x.masked_fill(tensor([1, 0]), 0), TypeError),
        (lambda x: x.masked_select(x), TypeError),
        (lambda x: x.topk(5), (IndexError, ValueError)),
        (lambda x: x.view(5, 5), ValueError),
        (lambda x: x.reshape(-1, -1), ValueError),
        (lambda x: x.expand(3, 3, 4), ValueError),
        (lambda x: x.permute(0, 1), ValueError),
        (lambda x: x.permute(0, 1, 1), ValueError),
        (lambda x: x.transpose(0, 3), IndexError),
        (lambda x: x.sum(3), IndexError),
        (lambda x: x.sum((0, 0)), ValueError),
        (lambda x: x.squeeze(-4), IndexError),
        (lambda x: x.unsqueeze(4), IndexError),
        (lambda x: x.flatten(2, 1), ValueError),
        (lambda x: x @ x, ValueError),
        (lambda x: x.mm(x), ValueError),
        (lambda x: x + minigrad.ones(5), ValueError),
        (lambda x: x + "a", TypeError),
        (lambda x: minigrad.exp("a"), TypeError),
    ],
)
def test_what_is_refused(read, error):
    """By an error that is no bare traceback of NumPy's: it names the operation."""
    with pytest.raises(error, match=r"^\w+_?(\(\))?:? ?|index"):
        read(T)
    assert np.array_equal(T.numpy(), A)


@pytest.mark.unit
def test_empty_tensors():
    x = minigrad.zeros(0, 3)
    assert x.sum(0).tolist() == [0, 0, 0]
    assert x.mean(1).shape == (0,)
    assert np.isnan(x.mean(0).numpy()).all()
    assert x.prod(0).tolist() == [1, 1, 1]
    assert (x @ minigrad.zeros(3, 2)).shape == (0, 2)
    assert (minigrad.zeros(2, 0) @ minigrad.zeros(0, 2)).tolist() == [[0, 0], [0, 0]]
    assert minigrad.cat([x, minigrad.ones(1, 3)]).tolist() == [[1, 1, 1]]
    assert x[tensor([], dtype=minigrad.int64)].shape == (0, 3)
    assert x.amax(1).shape == (0,)
    for largest in (lambda: x.amax(0), lambda: x.max(0), lambda: x.argmax(0), lambda: x.max()):
        with pytest.raises((IndexError, RuntimeError), match="empty"):
            largest()


# Any index


@st.composite
def indices(draw):
    """Up to one index an axis: integers, slices, None, an Ellipsis, and up to one index tensor."""
    parts, has_tensor = [], False
    for n in A.shape:
        kind = draw(st.sampled_from(["slice", "integer", "tensor", "none", "stop"]))
        if kind == "stop":
            break
        if kind == "none":
            parts.append(None)
        if kind == "integer":
            parts.append(draw(st.integers(-n, n - 1)))
        elif kind == "tensor" and not has_tensor:
            has_tensor = True
            parts.append(tensor(draw(st.lists(st.integers(-n, n - 1), min_size=1, max_size=5))))
        else:
            start, stop = (draw(st.none() | st.integers(-n - 1, n + 1)) for _ in range(2))
            parts.append(slice(start, stop, draw(st.none() | st.integers(1, 3))))
    return tuple(parts)


def by_steps(array, index):
    """The index applied one axis after the other, which is PyTorch's rule for one index tensor."""
    axis = 0
    for part in index:
        before = (slice(None),) * axis
        array = array[(*before, None)] if part is None else array[(*before, arrays(part))]
        axis += not isinstance(part, int)
    return array


@pytest.mark.property
@given(indices())
def test_any_index(index):
    expected = by_steps(A, index)
    np.testing.assert_array_equal(T[index].numpy(), expected)
    x, written = minigrad.zeros(*A.shape).double().requires_grad_(), minigrad.zeros(*A.shape)
    (x[index] * minigrad.from_numpy(expected)).sum().backward()
    counts = np.zeros(A.size)
    np.add.at(counts, expected.ravel(), expected.ravel().astype(float))
    np.testing.assert_array_equal(x.grad.numpy().ravel(), counts)
    written[index] = 1
    np.testing.assert_array_equal(written.numpy().ravel() > 0, np.isin(A.ravel(), expected))
