"""Every fact of the seed documents that operations and layers can show, exact.

The kernels themselves are held against the same facts in tests/test_loops*.py, the calculation of
sizes in tests/test_geometry.py; here they are seen from `minigrad.functional` and `minigrad.nn`.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from seed_facts import BY_ID, FACTS, cases, facts

import minigrad
import minigrad.functional as F
from minigrad import nn

pytestmark = pytest.mark.unit

# Kinds that wait for what they are about, and how many facts each has.
LATER = {
    "symbolic_layer": 7, "symbolic_sum": 7, "symbolic_instance": 8,  # cost formulas
    "measured_counts": 7, "counted_ops": 5, "count_rules": 5,  # multiply-adds, counted
    "formula_text": 6, "text": 11, "hyper": 1,  # what a document says, for teaching
}  # fmt: skip


def test_all_other_kinds_are_here():
    here = Counter(fact["kind"] for fact in FACTS)
    assert not set(here) & set(LATER)
    assert here.total() + sum(LATER.values()) == 283
    assert len(BY_ID) == len(FACTS)


def test_every_kind_has_a_test():
    """Named by its kind, or by one of its facts."""
    files = ("test_seed_facts.py", "test_seed_layers.py", "test_geometry.py")
    text = "".join((Path(__file__).parent / name).read_text() for name in files)
    named = {f["kind"] for f in FACTS if f'"{f["kind"]}"' in text or f'"{f["id"]}"' in text}
    assert {fact["kind"] for fact in FACTS} == named


def picture(matrix, requires_grad=False):
    """A matrix as a batch of one picture of one channel, or as one filter, in float64."""
    array = np.array(matrix, float)[None, None]
    return minigrad.tensor(array, requires_grad=requires_grad)


def settings(inputs, *names):
    return {name: inputs[name] for name in names if name in inputs}


def equal(tensor, matrix):
    """The one channel of one picture is a matrix of whole numbers."""
    np.testing.assert_array_equal(tensor.detach().array[0, 0], matrix)


# Matrices


def convolved(inputs, x, w):
    return F.conv2d(x, w, **settings(inputs, "stride", "padding", "dilation"))


def transposed(inputs, x, w):
    given = settings(inputs, "stride", "padding", "output_padding", "dilation")
    return F.conv_transpose2d(x, w, **given)


@pytest.mark.parametrize(("inputs", "expected"), cases("conv2d"))
def test_convolution(inputs, expected):
    equal(convolved(inputs, picture(inputs["x"]), picture(inputs["w"])), expected)


@pytest.mark.parametrize(("inputs", "expected"), cases("conv_transpose2d"))
def test_transposed_convolution(inputs, expected):
    equal(transposed(inputs, picture(inputs["x"]), picture(inputs["w"])), expected)


@pytest.mark.parametrize(("inputs", "expected"), cases("conv2d_grad", "conv_transpose2d_grad"))
def test_gradients_of_convolutions(inputs, expected):
    x, w = picture(inputs["x"], True), picture(inputs["w"], True)
    b = minigrad.zeros(1, dtype=minigrad.float64, requires_grad=True)
    operation = transposed if "output_padding" in inputs else convolved
    y = operation(inputs, x, w) + b.reshape(1, 1, 1)
    y.backward(picture(inputs["dy"]))
    equal(x.grad, expected["grad_x"])
    equal(w.grad, expected["grad_w"])
    assert b.grad.item() == expected["grad_bias"]


def test_both_convolutions_are_adjoint():
    fact = BY_ID["s002.p3.3.adjoint"]
    inputs, expected = fact["inputs"], fact["expected"]
    x, y, w = (picture(inputs[name]) for name in "xyw")
    image = convolved(inputs, x, w)
    equal(image, expected["conv_x"])
    assert (image * y).sum().item() == expected["inner_product"]
    assert (x * transposed(inputs, y, w)).sum().item() == expected["inner_product"]


def test_a_flipped_kernel():
    (fact,) = facts("conv2d_flip")
    inputs = fact["inputs"]
    equal(F.conv2d(picture(inputs["x"]), picture(inputs["w"]).flip(2, 3)), fact["expected"])


@pytest.mark.parametrize("fact", facts("conv2d_step"), ids=lambda fact: fact["id"])
def test_products_of_one_window(fact):
    inputs, expected = fact["inputs"], fact["expected"]
    window = minigrad.tensor(inputs["window"])
    products = window * minigrad.tensor(inputs.get("k") or inputs["w_dilated"])
    if "products" in expected:
        assert products.tolist() == expected["products"]
    else:  # those that are not 0
        assert products[products != 0].tolist() == expected["terms"]
    assert products.sum().item() == expected["sum"]


def scattered(inputs, count):
    """The transposed convolution of the first pixels alone, the others 0."""
    x = np.array(inputs["x"], float)
    x.reshape(-1)[count:] = 0
    return transposed(inputs, picture(x), picture(inputs["w"]))


@pytest.mark.parametrize("fact", facts("conv_transpose2d_step"), ids=lambda fact: fact["id"])
def test_scatter_steps(fact):
    inputs = fact["inputs"]
    y = scattered({**inputs, "padding": 0}, inputs["step"])
    equal(y, fact["expected"])


def test_all_scatter_steps():
    (fact,) = facts("conv_transpose2d_trace")
    for count, state in enumerate(fact["expected"], 1):
        equal(scattered(fact["inputs"], count), state["accumulated"])
    (fact,) = facts("conv_transpose2d_products")
    x, w = np.array(fact["inputs"]["x"]), picture(fact["inputs"]["w"])
    for pixel, product in zip(x.reshape(-1), fact["expected"], strict=True):
        equal(F.conv_transpose2d(picture([[pixel]]), w), product)


def test_a_dilated_kernel():
    """What one pixel becomes."""
    (fact,) = facts("dilate")
    w, D = picture(fact["inputs"]["w"]), fact["inputs"]["dilation"]
    equal(F.conv_transpose2d(picture([[1]]), w, dilation=D), fact["expected"])


def test_convolution_as_a_matrix():
    (fact,) = facts("toeplitz")
    inputs, expected = fact["inputs"], fact["expected"]
    x, w = picture(inputs["x"]), picture(inputs["w"])
    units = minigrad.eye(16, dtype=minigrad.float64).reshape(16, 1, 4, 4)
    matrix = F.conv2d(units, w).reshape(16, 4).T
    assert matrix.tolist() == expected["matrix"]
    y = matrix @ x.reshape(16)
    assert y.tolist() == expected["conv"]
    assert (matrix.T @ y).reshape(4, 4).tolist() == expected["transpose_of_conv_result"]


def test_what_was_reconstructed():
    kernel, picture_ = facts("reconstruct")
    step = minigrad.tensor(kernel["inputs"]["first_step"])
    assert (step // kernel["inputs"]["i00"]).tolist() == kernel["expected"]
    inputs = picture_["inputs"]
    y, w = picture(inputs["o_transposed"]), picture(inputs["k"])
    equal(F.conv_transpose2d(picture(picture_["expected"]), w), inputs["o_transposed"])
    units = minigrad.eye(16, dtype=minigrad.float64).reshape(16, 1, 4, 4)
    matrix = F.conv_transpose2d(units, w).reshape(16, 36).array
    assert np.linalg.matrix_rank(matrix) == 16
    found = np.linalg.lstsq(matrix.T, y.array.reshape(-1), rcond=None)[0]
    np.testing.assert_allclose(found.reshape(4, 4), picture_["expected"], atol=1e-12)


def test_output_padding_uncovers_what_was_cropped():
    fact = BY_ID["s002.p3.3.output_padding_meaning"]
    inputs, expected = fact["inputs"], fact["expected"]
    x, w = picture(inputs["x"]), picture(inputs["w"])
    equal(F.conv_transpose2d(x, w, stride=2), inputs["full"])
    y = transposed(inputs, x, w)
    equal(y, expected["y"])
    rows, columns = (slice(*ends) for ends in expected["slice"])
    equal(F.conv_transpose2d(x, w, stride=2)[:, :, rows, columns], expected["y"])


def test_upsampling_and_convolution_as_four_small_convolutions():
    fact = BY_ID["s003.subpixel"]
    inputs, expected = fact["inputs"], fact["expected"]
    x, w = picture(inputs["x"]), picture(inputs["w"])
    y = F.conv2d(F.interpolate(x, scale_factor=2.0), w, padding=1)
    equal(y, expected["y"])
    parts = []
    for i, row in enumerate(expected["phase_kernels"]):
        for j, kernel in enumerate(row):
            padded = F.pad(x, (1 - j, j, 1 - i, i))
            parts.append(F.conv2d(padded, picture(kernel)))
    equal(F.pixel_shuffle(minigrad.cat(parts, 1), 2), expected["y"])


# Normalisation


@pytest.mark.parametrize("fact", facts("batchnorm"), ids=lambda fact: fact["id"])
def test_four_normalisations(fact):
    inputs, expected = fact["inputs"], fact["expected"]
    x = minigrad.tensor(np.array(inputs["x"], float))
    y = F.standardize(x, inputs["axes"], inputs["eps"])
    np.testing.assert_allclose(y.array, expected["x_hat"], rtol=0, atol=fact["tol"])
    if inputs["axes"] == [0, 2, 3]:
        layer = nn.BatchNorm2d(2, inputs["eps"], dtype=minigrad.float64)
        np.testing.assert_allclose(layer(x).detach().array, y.array, atol=1e-14)


def test_normalisation_with_weights():
    (fact,) = facts("batchnorm_affine")
    inputs = fact["inputs"]
    layer = nn.BatchNorm2d(2, inputs["eps"], dtype=minigrad.float64)
    layer.load_state_dict({
        **layer.state_dict(),
        "weight": minigrad.tensor(inputs["gamma"]), "bias": minigrad.tensor(inputs["beta"]),
    })  # fmt: skip
    y = layer(minigrad.tensor(np.array(inputs["x"], float)))
    np.testing.assert_allclose(y.detach().array, fact["expected"], rtol=0, atol=fact["tol"])


# The XOR networks


@pytest.mark.parametrize("fact", facts("mlp_xor"), ids=lambda fact: fact["id"])
def test_xor_networks(fact):
    inputs = fact["inputs"]
    first, second = nn.Linear(2, 2), nn.Linear(2, 1)
    tensors = {name: minigrad.tensor(inputs[name]).float() for name in ("w1", "b1", "w2", "b2")}
    first.load_state_dict({"weight": tensors["w1"], "bias": tensors["b1"]})
    second.load_state_dict({"weight": tensors["w2"], "bias": tensors["b2"].reshape(1)})
    activation = {"abs": minigrad.abs, "relu": nn.ReLU()}[inputs["activation"]]
    labels = BY_ID[fact["id"].replace("cases", "table")]
    for case, label in zip(fact["expected"], labels["expected"], strict=True):
        pre = first(minigrad.tensor(case["x"]).float())
        hidden = activation(pre)
        assert (pre.tolist(), hidden.tolist()) == (case["pre"], case["hidden"])
        assert second(hidden).item() == case["y"] == label


@pytest.mark.parametrize(("inputs", "expected"), cases("mlp_xor_table"))
def test_xor_labels(inputs, expected):
    x = minigrad.tensor(inputs["x"])
    assert (x[:, 0] ^ x[:, 1]).tolist() == expected


# What one number sees


def test_receptive_field():
    """The pixels that have a gradient from one number of a stack of convolutions."""
    (fact,) = facts("receptive_field")
    layers = fact["inputs"]["layers_k_s"]
    x = minigrad.zeros(1, 1, 99, 100, requires_grad=True)
    y = x
    for k, s in layers:
        y = F.conv2d(y, minigrad.ones(1, 1, k, k), stride=s)
    y[0, 0, 1, 2].backward()
    rows, columns = np.nonzero(x.grad.array[0, 0])
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == fact["expected"]
