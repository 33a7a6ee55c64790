"""What programs written for PyTorch rely on without thinking: names, defaults, small print.

Expected values are worked out by hand or by loops.
"""

import math
import sys

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.nn import functional as F

pytestmark = pytest.mark.unit


def array(*shape):
    return np.arange(math.prod(shape), dtype=np.float64).reshape(shape)


# Names


AT_THE_TOP = [
    "batch_norm",
    "conv1d",
    "conv2d",
    "conv_transpose2d",
    "dropout",
    "embedding",
    "flatten",
    "group_norm",
    "layer_norm",
    "log_softmax",
    "max_pool2d",
    "pixel_shuffle",
    "prelu",
    "relu",
    "relu_",
    "selu",
    "sigmoid",
    "softmax",
    "tanh",
]


@pytest.mark.parametrize("name", AT_THE_TOP)
def test_functions_at_the_top(name):
    assert callable(getattr(minigrad, name))


def test_submodules_have_one_copy_under_every_name():
    sys.modules["another_name"] = minigrad
    try:
        from another_name.nn.modules.batchnorm import BatchNorm2d
        from another_name.nn.utils import spectral_norm
        from another_name.optim import lr_scheduler
    finally:
        for name in [n for n in sys.modules if n.split(".")[0] == "another_name"]:
            del sys.modules[name]
    assert BatchNorm2d is nn.BatchNorm2d
    assert lr_scheduler is minigrad.optim.lr_scheduler
    assert callable(spectral_norm)
    assert callable(nn.utils.spectral_norm)
    assert nn.__spec__.name == "minigrad.nn"


def test_typed_tensors():
    x = minigrad.FloatTensor(2, 3).fill_(0.5)
    assert x.dtype == minigrad.float32
    assert isinstance(x, minigrad.FloatTensor)
    assert not isinstance(x, minigrad.LongTensor)
    assert x.type(minigrad.LongTensor).dtype == minigrad.int64
    assert x.type("torch.DoubleTensor").dtype == minigrad.float64
    with pytest.raises(TypeError, match="cuda"):
        x.type("torch.cuda.FloatTensor")


def test_a_dtype_is_not_none():
    assert minigrad.float64 != None  # noqa: E711
    assert minigrad.finfo(minigrad.float32).eps == 2.0**-23
    assert minigrad.iinfo(minigrad.int16).max == 32767


def test_grad_takes_only_inputs():
    x = minigrad.tensor([3.0], requires_grad=True)
    (g,) = minigrad.autograd.grad(
        outputs=x * x, inputs=x, grad_outputs=minigrad.ones(1), create_graph=True, only_inputs=True
    )
    assert g.item() == 6


# Indices


def test_an_integer_beside_index_arrays_is_taken_first():
    x = array(3, 2, 4, 5)
    found = minigrad.tensor(x)[:2, [1, 0, 1], 1:3, 2]
    expected = np.array([[[x[i, j, k, 2] for k in (1, 2)] for j in (1, 0, 1)] for i in (0, 1)])
    assert found.shape == (2, 3, 2)
    np.testing.assert_array_equal(found.array, expected)


def test_assignment_by_integer_and_index_arrays():
    x = minigrad.zeros(2, 3, 4, requires_grad=True)
    y = x * 1
    y[1, :, [0, 2]] = minigrad.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    expected = np.zeros((2, 3, 4))
    expected[1, :, 0], expected[1, :, 2] = [1, 3, 5], [2, 4, 6]
    np.testing.assert_array_equal(y.detach().array, expected)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.array, expected == 0)


@pytest.mark.parametrize(
    ("index", "error"),
    [
        (slice(None, None, -1), ValueError),
        (5, IndexError),
        ("a", IndexError),
        ((0, 0, 0), IndexError),
    ],
)
def test_indices_that_do_not_exist(index, error):
    with pytest.raises(error, match="index"):
        minigrad.zeros(2, 3)[index]


def test_a_value_of_another_dtype_behind_a_mask():
    x = minigrad.zeros(3)
    with pytest.raises(TypeError, match="convert"):
        x[minigrad.tensor([True, False, True])] = minigrad.ones(2, dtype=minigrad.float64)
    with pytest.raises(ValueError, match="fit"):
        minigrad.zeros(2, dtype=minigrad.int8)[0] = 300


# Arithmetic


def test_signs_of_nan_and_booleans():
    assert minigrad.tensor([float("nan"), -2.0, 0.0]).sign().tolist() == [0, -1, 0]
    for operation in ("neg", "abs", "floor"):
        with pytest.raises(TypeError, match="boolean"):
            getattr(minigrad.tensor([True]), operation)()
    with pytest.raises(TypeError, match="boolean"):
        1 - minigrad.tensor([True])


def test_integers_to_negative_powers():
    x = minigrad.tensor([2, 1, -1, -1, 3])
    assert (x ** minigrad.tensor([-1, -3, -3, -2, 2])).tolist() == [0, 1, -1, 1, 9]


def test_division_of_integers_by_zero():
    for operation in ("floor_divide", "remainder", "fmod"):
        with pytest.raises(RuntimeError, match=operation):
            getattr(minigrad.tensor([1]), operation)(minigrad.tensor([0]))


def test_floor_division_has_no_derivative_but_rounded_division_has():
    x = minigrad.tensor([5.0, -5.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="no derivative"):
        (x // 2).sum().backward()
    y = x.div(2, rounding_mode="trunc")
    y.sum().backward()
    assert y.tolist() == [2, -2]
    assert x.grad.tolist() == [0, 0]


@pytest.mark.parametrize("name", ["tan", "erfc", "log2", "log10"])
def test_functions_of_several_steps_in_place(name):
    x = minigrad.tensor([0.3, 0.7], dtype=minigrad.float64, requires_grad=True)
    y = x * 1
    getattr(y, name + "_")().sum().backward()
    h = 1e-6
    for i in range(2):
        up, down = (
            getattr(minigrad.tensor(x.tolist()[i] + s * h, dtype=minigrad.float64), name)()
            for s in (1, -1)
        )
        assert abs(x.grad[i].item() - (up.item() - down.item()) / (2 * h)) < 1e-6


def test_a_comparison_in_place_takes_the_gradient_away():
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.gt_(4)
    assert y.tolist() == [0, 1]
    y.sum().backward()
    assert x.grad.tolist() == [0, 0]


# Reductions


def test_numpys_names_of_axes():
    x = minigrad.tensor(array(2, 3))
    assert x.sum(axis=1, keepdims=True).tolist() == [[3], [12]]
    assert minigrad.cat([x, x], axis=1).shape == (2, 6)
    with pytest.raises(TypeError, match="keepdim"):
        x.sum(1, keepdim=2)


def test_deviation_of_constants_has_gradient_zero():
    x = minigrad.ones(4, requires_grad=True)
    x.std().backward()
    assert x.grad.tolist() == [0] * 4


def test_median_is_the_lower_one_and_nan_wins():
    assert minigrad.tensor([4.0, 1.0, 3.0, 2.0]).median().item() == 2
    values, indices = minigrad.tensor([[1.0, float("nan"), 0.0], [3.0, 1.0, 2.0]]).median(1)
    assert math.isnan(values[0].item())
    assert (values[1].item(), indices.tolist()) == (2, [1, 2])


def test_cumulative_product_through_a_zero():
    x = minigrad.tensor([2.0, 0.0, 3.0], dtype=minigrad.float64, requires_grad=True)
    y = x.cumprod(0)
    y.sum().backward()
    assert y.tolist() == [2, 0, 0]
    # y = (a, a b, a b c): d/da = 1 + b + b c, d/db = a + a c, d/dc = a b
    assert x.grad.tolist() == [1, 8, 0]


# Shapes


def test_keywords_of_shapes():
    x = minigrad.tensor(array(2, 3))
    assert minigrad.flip(x, dims=[1])[0].tolist() == [2, 1, 0]
    assert x.permute(dims=(1, 0)).shape == x.view(size=(3, 2)).shape == (3, 2)
    assert minigrad.zeros(size=(1, 2)).shape == (1, 2)
    assert x.repeat_interleave(minigrad.tensor([2, 1]), dim=0).tolist() == [
        [0, 1, 2],
        [0, 1, 2],
        [3, 4, 5],
    ]


def test_grids_of_coordinates_by_columns():
    u, v = minigrad.meshgrid(minigrad.arange(3), minigrad.arange(2), indexing="xy")
    assert u.tolist() == [[0, 1, 2], [0, 1, 2]]
    assert v.tolist() == [[0, 0, 0], [1, 1, 1]]


@pytest.mark.parametrize(
    "equation", ["bij,bjk->bik", "bij,bjk", "...ij,...jk->...ik", "b i j, b j k -> k"]
)
def test_sums_of_products(equation):
    x, y = array(2, 3, 4), array(2, 4, 5)
    found = minigrad.einsum(equation, minigrad.tensor(x), minigrad.tensor(y))
    np.testing.assert_allclose(found.array, np.einsum(equation.replace(" ", ""), x, y))


def test_sum_of_a_diagonal():
    assert minigrad.einsum("ii", minigrad.tensor(array(3, 3))).item() == 0 + 4 + 8


def test_convolution_of_sequences():
    x, w = array(1, 2, 6), array(3, 1, 2)[:2]
    found = F.conv1d(minigrad.tensor(x), minigrad.tensor(w), stride=2, padding=1, groups=2)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1)))
    expected = [
        [sum(padded[0, c, 2 * i + k] * w[c, 0, k] for k in range(2)) for i in range(4)]
        for c in range(2)
    ]
    np.testing.assert_array_equal(found.array, [expected])
    with pytest.raises(ValueError, match="stride"):
        F.conv1d(minigrad.tensor(x), minigrad.tensor(w), stride=(1, 2), groups=2)


def test_a_number_has_no_axis_of_a_size():
    with pytest.raises(IndexError, match="size"):
        minigrad.tensor(1.0).size(0)
