"""The saved form of optimizers: PyTorch's, with copies on the way in."""

import json

import pytest

import minigrad
from minigrad import optim

pytestmark = pytest.mark.unit


def test_saved_form_is_pytorchs():
    x, y, z = (minigrad.ones(2, 3, requires_grad=True) for _ in range(3))
    optimizer = optim.Adam([{"params": [x]}, {"params": [y, z]}], amsgrad=True)
    z.grad = minigrad.ones(2, 3)
    optimizer.step()
    saved = optimizer.state_dict()
    assert [group["params"] for group in saved["param_groups"]] == [[0], [1, 2]]
    assert saved["param_groups"][0]["betas"] == (0.9, 0.999)
    assert set(saved["state"]) == {2}
    shapes = {name: tuple(value.shape) for name, value in saved["state"][2].items()}
    moments = dict.fromkeys(["exp_avg", "exp_avg_sq", "max_exp_avg_sq"], (2, 3))
    assert shapes == {"step": (), **moments}
    assert set(optim.SGD([x], momentum=0.9).state_dict()) == {"state", "param_groups"}


def test_what_is_not_used_is_not_kept():
    x = minigrad.ones(2, requires_grad=True)
    x.grad = minigrad.ones(2)
    kept = {}
    for optimizer in (optim.SGD([x]), optim.SGD([x], momentum=0.5), optim.RMSprop([x])):
        optimizer.step()
        kept[repr(optimizer)[:7], optimizer.defaults["momentum"]] = set(optimizer.state[x])
    assert list(kept.values()) == [set(), {"momentum_buffer"}, {"step", "square_avg"}]


def test_loading_takes_copies_and_keeps_parameters():
    x = minigrad.ones(2, requires_grad=True)
    first, second = (optim.SGD([x], lr=1.0, momentum=0.5) for _ in range(2))
    x.grad = minigrad.ones(2)
    first.step()
    saved = first.state_dict()
    second.load_state_dict(saved)
    second.step()
    assert first.state[x]["momentum_buffer"].tolist() == [1.0, 1.0]
    assert second.state[x]["momentum_buffer"].tolist() == [1.5, 1.5]
    assert second.param_groups[0]["params"][0] is x
    assert saved["param_groups"][0]["params"] == [0]


def test_loaded_state_gets_the_parameters_dtype():
    x = minigrad.ones(2, requires_grad=True)
    y = x.detach().double().requires_grad_()
    first, second = optim.Adam([x]), optim.Adam([y])
    x.grad = minigrad.ones(2)
    first.step()
    second.load_state_dict(first.state_dict())
    assert second.state[y]["exp_avg"].dtype == minigrad.float64
    assert second.state[y]["step"].dtype == minigrad.float32


def test_settings_survive_json():
    optimizer = optim.Adam([minigrad.ones(2, requires_grad=True)], betas=(0.5, 0.6))
    saved = json.loads(json.dumps(optimizer.state_dict()))
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["betas"] == (0.5, 0.6)
