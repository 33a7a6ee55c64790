"""What optimizers refuse, and that nothing has changed when they do."""

import numpy as np
import pytest

import minigrad
from minigrad import optim

pytestmark = pytest.mark.unit


def parameter(*shape):
    return minigrad.ones(*shape, requires_grad=True)


def stepped(kind, *shapes, **settings):
    """An optimizer of fresh parameters that has stepped once."""
    parameters = [parameter(*shape) for shape in shapes]
    optimizer = kind(parameters, **settings)
    for p in parameters:
        p.grad = minigrad.ones_like(p)
    optimizer.step()
    return optimizer


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([], ValueError, "params is empty"),
        (parameter(2), TypeError, r"got a Tensor; use \[tensor\]"),
        ([np.ones(2)], TypeError, "parameter 0 of group 0 must be a Tensor, got ndarray"),
        ([{"lr": 0.1}], ValueError, "needs 'params'"),
        ([{"params": [parameter(2)]}, [parameter(2)]], TypeError, "must be a dict, got list"),
        ([{"params": {parameter(2)}}], TypeError, "is a set"),
        ([parameter(2) * 2], ValueError, "not a leaf.*Scale"),
        ([("x", parameter(2)), parameter(2)], ValueError, "some params of a group have names"),
    ],
)
def test_parameters(params, error, message):
    with pytest.raises(error, match=f"SGD: .*{message}"):
        optim.SGD(params, lr=0.1)


def test_a_parameter_twice():
    """It would be stepped twice."""
    x, y = parameter(2, 3), parameter(4)
    with pytest.raises(
        ValueError, match=r"parameter 2 of group 0, of shape \(2, 3\), is parameter 0"
    ):
        optim.Adam([x, y, x])
    with pytest.raises(ValueError, match=r"parameter 1 of group 1.*is parameter 0 of group 0"):
        optim.Adam([{"params": [x]}, {"params": [y, x]}])
    optimizer = optim.Adam([x])
    with pytest.raises(ValueError, match="updated twice"):
        optimizer.add_param_group({"params": x})
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (optim.SGD, {"lr": -0.1}, r"lr \(=-0.1\) must be at least 0"),
        (optim.SGD, {"lr": float("nan")}, "lr"),
        (optim.SGD, {"momentum": -1}, "momentum"),
        (optim.SGD, {"weight_decay": -1}, "weight_decay"),
        (optim.SGD, {"nesterov": True}, "nesterov needs a momentum"),
        (optim.SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "no dampening"),
        (optim.Adam, {"lr": -1}, "lr"),
        (optim.Adam, {"eps": -1}, "eps"),
        (optim.Adam, {"betas": (1.0, 0.9)}, r"betas \(=\(1.0, 0.9\)\).*below 1"),
        (optim.Adam, {"betas": (0.9, -0.1)}, "betas"),
        (optim.Adam, {"betas": 0.9}, "pair"),
        (optim.AdamW, {"weight_decay": -1}, "weight_decay"),
        (optim.RMSprop, {"alpha": -1}, "alpha"),
        (optim.RMSprop, {"momentum": -1}, "momentum"),
        (optim.Adagrad, {"lr_decay": -1}, "lr_decay"),
        (optim.Adadelta, {"rho": 1.5}, "rho"),
    ],
)
def test_settings(kind, settings, message):
    with pytest.raises(ValueError, match=f"{kind.__name__}: .*{message}"):
        kind([parameter(2)], **settings)


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop])
def test_a_recorded_step(kind):
    with pytest.raises(NotImplementedError, match="differentiable"):
        kind([parameter(2)], differentiable=True)


def test_settings_of_a_group():
    with pytest.raises(ValueError, match="lr"):
        optim.SGD([{"params": parameter(2), "lr": -1}])


@pytest.mark.parametrize(
    ("grad", "error", "message"),
    [
        (minigrad.ones(3, 2), ValueError, r"of parameter 1 of group 0 has shape \(3, 2\)"),
        (minigrad.ones(2, 3).double(), TypeError, "float64"),
        (np.ones((2, 3)), TypeError, "must be a Tensor, got ndarray"),
    ],
)
def test_a_gradient_that_does_not_fit(grad, error, message):
    x, y = parameter(2), parameter(2, 3)
    optimizer = optim.SGD([x, y], lr=0.1)
    x.grad, y.grad = minigrad.ones(2), grad
    with pytest.raises(error, match=message):
        optimizer.step()
    assert x.tolist() == [1.0, 1.0], "the first parameter has not been stepped either"


def test_read_only_memory():
    values = np.ones(3)
    values.flags.writeable = False
    x = minigrad.from_numpy(values).requires_grad_()
    x.grad = minigrad.ones(3).double()
    with pytest.raises(ValueError, match="read-only"):
        optim.SGD([x], lr=0.1).step()
    assert values.tolist() == [1.0, 1.0, 1.0]


def test_a_parameter_that_changed_its_shape():
    optimizer = stepped(optim.Adam, (4,))
    (x,) = optimizer.param_groups[0]["params"]
    x.data, x.grad = minigrad.ones(9), minigrad.ones(9)
    with pytest.raises(ValueError, match=r"'exp_avg' has shape \(4,\), its parameter \(9,\)"):
        optimizer.step()


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (optim.Adam([parameter(1, 3), parameter(2)]), "group 0 has 2 parameters.*has 1"),
        (
            optim.Adam([{"params": parameter(1, 3)}, {"params": parameter(2)}]),
            "it has 2 parameter groups, the optimizer has 1",
        ),
        (stepped(optim.Adam, (1, 3)), r"exp_avg of parameter 0 has shape \(1, 3\), the.*\(2, 3\)"),
    ],
)
def test_a_state_that_does_not_fit(other, message):
    """A state of one row must not broadcast into two."""
    optimizer = stepped(optim.Adam, (2, 3))
    before = repr(optimizer.state_dict())
    with pytest.raises(ValueError, match=f"Adam: the state does not fit: .*{message}"):
        optimizer.load_state_dict(other.state_dict())
    assert repr(optimizer.state_dict()) == before


def test_all_that_does_not_fit_is_listed_at_once():
    optimizer, other = stepped(optim.Adam, (2, 3), (4,)), stepped(optim.Adam, (1, 3), (4,))
    saved = other.state_dict()
    saved["state"][7] = {}
    with pytest.raises(ValueError, match=r"exp_avg of .*; exp_avg_sq of .*no parameter 7"):
        optimizer.load_state_dict(saved)


@pytest.mark.parametrize("saved", [{}, [], {"state": {}}])
def test_what_is_no_state(saved):
    with pytest.raises(ValueError, match="'state' and 'param_groups'"):
        optim.SGD([parameter(2)]).load_state_dict(saved)


def test_saved_settings_out_of_bounds():
    optimizer = optim.SGD([parameter(2)], lr=0.5)
    saved = optimizer.state_dict()
    saved["param_groups"][0]["lr"] = -1
    with pytest.raises(ValueError, match="lr"):
        optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["lr"] == 0.5
