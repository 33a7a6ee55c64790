"""The dtype of a result: PyTorch's documented rules, worked out here category by category."""

import itertools
import operator

import numpy as np
import pytest

import minigrad
from minigrad import tensor

pytestmark = pytest.mark.unit

NAMES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64"]
CATEGORY = {name: 0 if name == "bool" else 2 if name.startswith("float") else 1 for name in NAMES}
SIZES = {"uint8": 8, "int8": 8, "int16": 16, "int32": 32, "int64": 64, "float32": 32, "float64": 64}


def wider(a, b):
    """The wider of two dtypes of one category; an unsigned and a signed byte need 16 bits."""
    if a == b:
        return a
    if {a, b} == {"uint8", "int8"}:
        return "int16"
    return max(a, b, key=SIZES.__getitem__)


def promoted(a, a_ndim, b, b_ndim):
    """The documented rule: the higher category wins; within one, tensors with dimensions do."""
    if CATEGORY[a] != CATEGORY[b]:
        high, low = (a, b) if CATEGORY[a] > CATEGORY[b] else (b, a)
        return high
    if bool(a_ndim) != bool(b_ndim):
        return a if a_ndim else b
    return wider(a, b)


def make(name, ndim):
    return minigrad.ones((2,) * ndim, dtype=getattr(minigrad, name))


PAIRS = list(itertools.product(NAMES, (0, 1), NAMES, (0, 1)))


@pytest.mark.parametrize("operation", [operator.add, operator.mul, minigrad.maximum])
def test_two_tensors(operation):
    for a, m, b, n in PAIRS:
        result = operation(make(a, m), make(b, n))
        assert result.dtype.name == promoted(a, m, b, n), (a, m, b, n)


def test_result_type_and_cat():
    for a, m, b, n in PAIRS:
        x, y = make(a, m), make(b, n)
        assert minigrad.result_type(x, y).name == promoted(a, m, b, n)
        assert minigrad.cat([make(a, 1), make(b, 1)]).dtype.name == promoted(a, 1, b, 1)
        assert minigrad.promote_types(x.dtype, y.dtype).name == promoted(a, 1, b, 1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ndim", [0, 1])
@pytest.mark.parametrize("number", [True, 2, 2.5])
def test_a_number_never_widens(name, ndim, number):
    """It raises the category only, to the default dtype of that category."""
    x = make(name, ndim)
    category = {bool: 0, int: 1, float: 2}[type(number)]
    default = ["bool", "int64", "float32"][category]
    expected = name if CATEGORY[name] >= category else default
    for result in (x + number, number + x, x * number, number * x):
        assert result.dtype.name == expected
    for result in (x / number, number / x):
        assert result.dtype.name == (name if CATEGORY[name] == 2 else "float32")
    for result in (x == number, x < number, x != number):
        assert result.dtype == minigrad.bool


@pytest.mark.parametrize("name", NAMES)
def test_functions_of_integers(name):
    """Those with fractional results give floats; sums and products gather in int64."""
    x = make(name, 1)
    floats = name if CATEGORY[name] == 2 else "float32"
    for function in ("exp", "log", "sqrt", "sin", "tanh", "sigmoid", "atan", "rsqrt", "erf"):
        assert getattr(x, function)().dtype.name == floats, function
    gathered = name if CATEGORY[name] == 2 else "int64"
    for result in (x.sum(), x.prod(), x.cumsum(0)):
        assert result.dtype.name == gathered
    for result in (x.amax(), x.max(), x.sort()[0], x.flip(0), x.reshape(2, 1)):
        assert result.dtype.name == name
    for result in (x.argmax() if name != "bool" else x.nonzero(), x.argsort()):
        assert result.dtype == minigrad.int64
    if CATEGORY[name] == 2:
        assert x.mean().dtype.name == name
    else:
        with pytest.raises(TypeError, match=f"mean: needs a floating tensor, got minigrad.{name}"):
            x.mean()
    assert x.sum(dtype=minigrad.float64).dtype == minigrad.float64


def test_what_mixed_dtypes_are_refused():
    x, y = minigrad.ones(2, 2), minigrad.ones(2, 2, dtype=minigrad.float64)
    for product in (lambda: x @ y, lambda: x.mm(y), lambda: x @ y.long()):
        with pytest.raises(RuntimeError, match=r"dtypes .* differ"):
            product()
    for minus in (lambda: x.bool() - x.bool(), lambda: x - True, lambda: -x.bool()):
        with pytest.raises(TypeError, match="bool"):
            minus()
    with pytest.raises(TypeError, match="booleans or integers"):
        x & x


def test_gradients_have_the_dtype_of_their_tensor():
    x = minigrad.ones(2, requires_grad=True)
    y = minigrad.ones(2, dtype=minigrad.float64, requires_grad=True)
    z = x * y + y.float() + x.to(minigrad.float64)
    assert z.dtype == minigrad.float64
    z.sum().backward()
    assert (x.grad.dtype, y.grad.dtype) == (minigrad.float32, minigrad.float64)
    assert x.grad.tolist() == [2, 2]


@pytest.mark.parametrize("name", NAMES)
def test_conversions(name):
    x = tensor([0.0, 1.75, 3.0])
    converted = x.to(getattr(minigrad, name))
    expected = [0.0, 1.75, 3.0] if CATEGORY[name] == 2 else [0, 1, 3]
    assert converted.tolist() == (expected if name != "bool" else [False, True, True])
    assert converted.dtype == getattr(np, name if name != "bool" else "bool_")
    assert x.to(converted).dtype == x.type_as(converted).dtype == converted.dtype
    assert x.to("cpu", converted.dtype).dtype == converted.dtype


def test_conversion_copies_only_if_it_must():
    x = minigrad.ones(2)
    assert x.to(minigrad.float32) is x
    assert x.float() is x
    assert x.cpu() is x
    assert x.to(minigrad.float32, copy=True) is not x
    with pytest.raises(RuntimeError, match="CPU"):
        x.to("cuda")
    with pytest.raises(TypeError, match="float16"):
        x.half()


def test_dtypes_are_numpys_too():
    assert minigrad.float32 == np.float32
    assert np.zeros(1, minigrad.int16).dtype == np.int16
    assert np.dtype(minigrad.float64) == np.float64
    assert repr(minigrad.float32) == "minigrad.float32"
    assert {minigrad.float32: 1}[minigrad.float] == 1
    assert minigrad.float32.is_floating_point
    assert not minigrad.int64.is_floating_point
    assert minigrad.zeros(1, dtype=np.float64).dtype == minigrad.float64


# What a tensor looks like


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (tensor(1.5), "tensor(1.5)"),
        (tensor([1.0, 2.0]), "tensor([1., 2.])"),
        (tensor([[1, 2], [3, -4]]), "tensor([[ 1,  2],\n        [ 3, -4]])"),
        (tensor([True, False]), "tensor([ True, False])"),
        (tensor([0.5], dtype=minigrad.float64), "tensor([0.5], dtype=minigrad.float64)"),
        (tensor([1], dtype=minigrad.uint8), "tensor([1], dtype=minigrad.uint8)"),
        (tensor([]), "tensor([])"),
        (minigrad.zeros(2, 0), "tensor([], size=(2, 0))"),
        (minigrad.ones(1, requires_grad=True), "tensor([1.], requires_grad=True)"),
        (minigrad.ones(1, requires_grad=True).exp(), "tensor([2.7183], grad_fn=<ExpBackward>)"),
        (minigrad.arange(2000), "tensor([   0,    1,    2, ..., 1997, 1998, 1999])"),
        (tensor([float("nan"), float("inf")]), "tensor([nan, inf])"),
    ],
)
def test_repr(x, text):
    assert repr(x) == str(x) == text
    assert repr(minigrad.ones(2, 3).shape) == "minigrad.Size([2, 3])"
