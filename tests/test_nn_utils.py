"""Clipping, vectors of parameters, computed weights, with values worked by hand."""

import copy

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.nn import utils
from minigrad.nn.modules.utils import _pair, consume_prefix_in_state_dict_if_present

pytestmark = pytest.mark.unit


def with_gradients(*gradients):
    parameters = []
    for g in gradients:
        parameters.append(nn.Parameter(minigrad.zeros(len(g))))
        parameters[-1].grad = minigrad.tensor(g)
    return [*parameters, nn.Parameter(minigrad.zeros(2))]  # the last one has no gradient


# -- clipping ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("norm_type", "norm", "factor"),
    [(2.0, 13.0, 1 / 13), (1.0, 19.0, 1 / 19), (float("inf"), 12.0, 1 / 12)],
)
def test_clip_grad_norm(norm_type, norm, factor):
    parameters = with_gradients([3.0, 4.0], [-12.0])
    total = utils.clip_grad_norm_(parameters, 1.0, norm_type)
    assert total.item() == pytest.approx(norm)
    assert parameters[0].grad.tolist() == pytest.approx([3 * factor, 4 * factor], rel=1e-5)
    assert parameters[1].grad.tolist() == pytest.approx([-12 * factor], rel=1e-5)


def test_clipping_leaves_small_gradients_exactly_alone():
    parameters = with_gradients([0.3, 0.4])
    assert utils.clip_grad_norm_(iter(parameters), 1.0).item() == pytest.approx(0.5)
    assert parameters[0].grad.tolist() == minigrad.tensor([0.3, 0.4]).tolist()
    assert utils.clip_grad_norm_([], 1.0).item() == 0


def test_clipping_what_is_not_finite():
    parameters = with_gradients([float("nan"), 1.0])
    with pytest.raises(RuntimeError, match="nan"):
        utils.clip_grad_norm_(parameters, 1.0, error_if_nonfinite=True)
    assert parameters[0].grad[1].item() == 1
    utils.clip_grad_norm_(parameters, 1.0)
    assert np.isnan(parameters[0].grad.array).all()


def test_clip_grad_value():
    (p, _) = with_gradients([-3.0, 0.5, 3.0])
    utils.clip_grad_value_(p, 1.0)
    assert p.grad.tolist() == [-1.0, 0.5, 1.0]


def test_total_norm_and_the_old_name():
    assert utils.get_total_norm([minigrad.tensor([3.0]), minigrad.tensor([[4.0]])]).item() == 5
    with pytest.warns(FutureWarning, match="clip_grad_norm_"):
        assert utils.clip_grad_norm(with_gradients([3.0, 4.0]), 1.0).item() == 5


# -- vectors -------------------------------------------------------------------------------------


def test_parameters_as_a_vector_and_back():
    layer = nn.Linear(2, 1)
    vector = minigrad.tensor([1.0, 2.0, 3.0])
    utils.vector_to_parameters(vector, layer.parameters())
    assert (layer.weight.tolist(), layer.bias.tolist()) == ([[1.0, 2.0]], [3.0])
    assert utils.parameters_to_vector(layer.parameters()).tolist() == vector.tolist()
    vector.zero_()
    assert layer.bias.tolist() == [3.0]
    for wrong in (minigrad.ones(2), minigrad.ones(4), minigrad.ones(3, 1)):
        with pytest.raises(ValueError, match="vec must have the shape"):
            utils.vector_to_parameters(wrong, layer.parameters())


def test_small_helpers():
    assert (_pair(3), _pair((1, 2))) == ((3, 3), (1, 2))
    state = nn.DataParallel(nn.Linear(1, 1)).state_dict()
    consume_prefix_in_state_dict_if_present(state, "module.")
    assert list(state) == ["weight", "bias"]
    nn.Linear(1, 1).load_state_dict(state)


# -- spectral normalisation ----------------------------------------------------------------------


def test_spectral_norm_divides_by_the_largest_singular_value():
    layer = nn.Linear(3, 4, bias=False).double()
    weight = layer.weight.numpy(force=True).copy()
    assert utils.spectral_norm(layer, n_power_iterations=200) is layer
    assert list(layer.state_dict()) == ["weight_orig", "weight_u", "weight_v"]
    layer(minigrad.ones(1, 3).double())
    sigma = np.linalg.svd(weight, compute_uv=False)[0]
    assert np.allclose(layer.weight.array, weight / sigma, rtol=1e-12)


def test_spectral_norm_one_step_by_hand():
    layer = utils.spectral_norm(nn.Linear(2, 2, bias=False))
    layer.load_state_dict(
        {name: np.array([0.6, 0.8]) for name in ("weight_u", "weight_v")}
        | {"weight_orig": np.diag([3.0, 4.0])}
    )  # fmt: skip
    layer.eval()(minigrad.ones(1, 2))  # sigma = u W v = 0.36 * 3 + 0.64 * 4 = 3.64
    assert np.allclose(layer.weight.array, np.diag([3.0, 4.0]) / 3.64, atol=1e-6)
    assert layer.weight_u.tolist() == pytest.approx([0.6, 0.8])
    layer.train()(minigrad.ones(1, 2))
    v = np.array([1.8, 3.2]) / np.hypot(1.8, 3.2)  # W' u
    u = np.array([3, 4]) * v / np.linalg.norm(np.array([3, 4]) * v)  # W v
    assert layer.weight_v.tolist() == pytest.approx(v.tolist())
    assert layer.weight_u.tolist() == pytest.approx(u.tolist())


def test_spectral_norm_trains_the_original_weight():
    layer = utils.spectral_norm(nn.Conv2d(2, 3, (2, 1)))
    y = layer(minigrad.ones(1, 2, 4, 5))
    layer(minigrad.ones(1, 2, 4, 5))  # moves u and v before the backward of the first
    y.sum().backward()
    assert layer.weight_orig.grad.shape == layer.weight_orig.shape
    assert [n for n, _ in layer.named_parameters()] == ["bias", "weight_orig"]


@pytest.mark.parametrize(
    ("layer", "sizes"),
    [(nn.Conv2d(2, 3, (2, 1)), (3, 4)), (nn.ConvTranspose2d(2, 3, (2, 1)), (3, 4))],
)
def test_spectral_norm_has_output_channels_as_rows(layer, sizes):
    utils.spectral_norm(layer)
    assert (len(layer.weight_u), len(layer.weight_v)) == sizes


def test_removing_spectral_norm_keeps_the_weight():
    layer = utils.spectral_norm(nn.Linear(3, 2))
    layer(minigrad.ones(1, 3))
    weight = layer.weight.tolist()
    utils.remove_spectral_norm(layer)
    assert sorted(layer.state_dict()) == ["bias", "weight"]
    assert layer.weight.tolist() == pytest.approx(np.array(weight), abs=1e-6)
    assert layer.training
    with pytest.raises(ValueError, match="no such hook"):
        utils.remove_spectral_norm(layer)


# -- weight normalisation ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dim", "lengths"),
    [(0, [[5.0], [13.0]]), (1, [[np.sqrt(34), np.sqrt(160)]]), (None, np.sqrt(194))],
)
def test_weight_norm_starts_as_the_weight(dim, lengths):
    layer = nn.Linear(2, 2)
    layer.load_state_dict({"weight": np.array([[3, 4], [5, 12]]), "bias": np.zeros(2)})
    utils.weight_norm(layer, dim=dim)
    assert list(layer.state_dict()) == ["bias", "weight_g", "weight_v"]
    assert np.allclose(layer.weight_g.array, lengths)
    assert layer(minigrad.ones(1, 2)).tolist() == pytest.approx(np.array([[7.0, 17.0]]))


def test_weight_norm_follows_its_parts_and_can_be_removed():
    layer = utils.weight_norm(nn.Linear(2, 1, bias=False))
    layer.load_state_dict({"weight_g": np.array([[10.0]]), "weight_v": np.array([[3.0, 4.0]])})
    y = layer(minigrad.tensor([[1.0, 1.0]]))
    assert y.item() == pytest.approx(14)
    y.sum().backward()
    # d y / d g = v (1, 1) / |v| = 7/5; d y / d v = g/|v| (x - v (v x)/|v|^2) = 2 (0.16, -0.12)
    assert layer.weight_g.grad.item() == pytest.approx(1.4)
    assert layer.weight_v.grad.tolist() == pytest.approx(np.array([[0.32, -0.24]]), abs=1e-6)
    utils.remove_weight_norm(layer)
    assert list(layer.state_dict()) == ["weight"]
    assert layer.weight.tolist() == pytest.approx(np.array([[6.0, 8.0]]))


def test_refusals_of_computed_weights():
    with pytest.raises(ValueError, match="no parameter 'bias'"):
        utils.spectral_norm(nn.Linear(2, 2, bias=False), "bias")
    with pytest.raises(RuntimeError, match="already"):
        utils.weight_norm(utils.weight_norm(nn.Linear(2, 2)))
    with pytest.raises(ValueError, match="n_power_iterations"):
        utils.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)


def test_a_copy_of_a_normalised_layer_is_independent():
    layer = utils.spectral_norm(nn.Linear(2, 2))
    twin = copy.deepcopy(layer)
    before = layer.weight_u.numpy().copy()
    twin(minigrad.ones(1, 2))
    assert np.array_equal(layer.weight_u.array, before)
