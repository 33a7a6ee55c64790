"""Optimizers: trajectories against formulas in plain NumPy, groups, saving, and what is refused."""

import copy
import math

import numpy as np
import pytest

import minigrad
from minigrad import optim
from minigrad.optim.optimizer import Optimizer, required

pytestmark = pytest.mark.unit

SHAPES = [(3, 4), (5,), (), (2, 3, 2)]
STEPS = 20


# The formulas, one scalar at a time: state is a dict that starts empty.


def sgd(
    p, g, s, t, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, maximize=False
):
    g = (-g if maximize else g) + weight_decay * p
    if momentum == 0:
        return p - lr * g
    s["b"] = momentum * s["b"] + (1 - dampening) * g if "b" in s else g
    return p - lr * (g + momentum * s["b"] if nesterov else s["b"])


def adam(
    p, g, s, t, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False,
    maximize=False, decoupled=False,
):  # fmt: skip
    g = -g if maximize else g
    if decoupled:
        p = p - lr * weight_decay * p
    else:
        g = g + weight_decay * p
    s["m"] = betas[0] * s.get("m", 0.0) + (1 - betas[0]) * g
    s["v"] = betas[1] * s.get("v", 0.0) + (1 - betas[1]) * g**2
    s["top"] = max(s.get("top", 0.0), s["v"])
    v = s["top"] if amsgrad else s["v"]
    m_hat, v_hat = s["m"] / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
    return p - lr * m_hat / (math.sqrt(v_hat) + eps)


def adamw(p, g, s, t, weight_decay=1e-2, **settings):
    return adam(p, g, s, t, weight_decay=weight_decay, decoupled=True, **settings)


def rmsprop(
    p, g, s, t, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False,
    maximize=False,
):  # fmt: skip
    g = (-g if maximize else g) + weight_decay * p
    s["v"] = alpha * s.get("v", 0.0) + (1 - alpha) * g**2
    s["mean"] = alpha * s.get("mean", 0.0) + (1 - alpha) * g
    step = g / (math.sqrt(s["v"] - s["mean"] ** 2 if centered else s["v"]) + eps)
    s["b"] = momentum * s.get("b", 0.0) + step
    return p - lr * s["b"]


def adagrad(
    p, g, s, t, lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10,
    maximize=False,
):  # fmt: skip
    g = (-g if maximize else g) + weight_decay * p
    s["sum"] = s.get("sum", initial_accumulator_value) + g**2
    return p - lr / (1 + (t - 1) * lr_decay) * g / (math.sqrt(s["sum"]) + eps)


def adadelta(p, g, s, t, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, maximize=False):
    g = (-g if maximize else g) + weight_decay * p
    s["v"] = rho * s.get("v", 0.0) + (1 - rho) * g**2
    step = math.sqrt(s.get("u", 0.0) + eps) / math.sqrt(s["v"] + eps) * g
    s["u"] = rho * s.get("u", 0.0) + (1 - rho) * step**2
    return p - lr * step


CASES = [
    (optim.SGD, sgd, {"lr": 0.1}),
    (optim.SGD, sgd, {"lr": 0.1, "momentum": 0.9}),
    (optim.SGD, sgd, {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    (optim.SGD, sgd, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    (optim.SGD, sgd, {"lr": 0.1, "momentum": 0.5, "maximize": True, "weight_decay": 0.1}),
    (optim.Adam, adam, {}),
    (optim.Adam, adam, {"lr": 0.1, "betas": (0.5, 0.8), "eps": 0.01, "weight_decay": 0.1}),
    (optim.Adam, adam, {"lr": 0.1, "betas": (0.5, 0.8), "amsgrad": True, "maximize": True}),
    (optim.AdamW, adamw, {"lr": 0.1}),
    (optim.AdamW, adamw, {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True, "maximize": True}),
    (optim.RMSprop, rmsprop, {}),
    (optim.RMSprop, rmsprop, {"momentum": 0.9, "alpha": 0.7, "weight_decay": 0.1, "eps": 0.01}),
    (optim.RMSprop, rmsprop, {"centered": True, "alpha": 0.7, "maximize": True}),
    (optim.Adagrad, adagrad, {"lr": 0.1}),
    (
        optim.Adagrad,
        adagrad,
        {"lr_decay": 0.2, "weight_decay": 0.1, "initial_accumulator_value": 2},
    ),
    (optim.Adadelta, adadelta, {}),
    (optim.Adadelta, adadelta, {"lr": 0.5, "rho": 0.7, "weight_decay": 0.1, "maximize": True}),
]
NAMES = [f"{case[0].__name__}-{i}" for i, case in enumerate(CASES)]
KINDS = [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad, optim.Adadelta]


def gradient(t, i, shape, dtype=np.float64):
    return np.asarray(np.random.default_rng([t, i]).standard_normal(shape), dtype)


def starts(dtype=np.float64):
    return [gradient(1000, i, shape, dtype) for i, shape in enumerate(SHAPES)]


def in_c(x):
    return x.copy()


def in_fortran(x):
    return np.array(x, order="F")


def backwards(x):
    return np.ascontiguousarray(x[::-1])[::-1] if x.ndim else x.copy()


def follow(optimizer, parameters, first=0, steps=STEPS):
    """Step with gradients that are missing now and then, a different one for each parameter."""
    for t in range(first, first + steps):
        for i, p in enumerate(parameters):
            missing = (t + i) % 5 == 2
            p.grad = None if missing else minigrad.tensor(gradient(t, i, p.shape, p.dtype))
        optimizer.step()


@pytest.mark.parametrize("layout", [in_c, in_fortran, backwards])
@pytest.mark.parametrize(("kind", "formula", "settings"), CASES, ids=NAMES)
def test_trajectory_is_the_formulas(kind, formula, settings, layout):
    parameters = [minigrad.from_numpy(layout(x)).requires_grad_() for x in starts()]
    memory = [p.array for p in parameters]
    optimizer = kind(
        [{"params": parameters[:2]}, {"params": parameters[2:], "lr": 0.05}], **settings
    )
    follow(optimizer, parameters)
    for i, (p, start) in enumerate(zip(parameters, starts(), strict=True)):
        expected = np.empty(start.shape)
        for place in np.ndindex(start.shape):
            value, state, count = start[place], {}, 0
            for t in range(STEPS):
                if (t + i) % 5 != 2:
                    count += 1
                    g = gradient(t, i, start.shape)[place]
                    group = settings if i < 2 else {**settings, "lr": 0.05}
                    value = formula(value, g, state, count, **group)
            expected[place] = value
        np.testing.assert_allclose(p.numpy(force=True), expected, rtol=1e-10, atol=1e-12)
        assert p.array is memory[i], "updated in place"


@pytest.mark.parametrize("kind", KINDS)
def test_dtype_is_kept(kind):
    exact = [minigrad.tensor(x, requires_grad=True) for x in starts()]
    single = [minigrad.tensor(x, requires_grad=True) for x in starts(np.float32)]
    for parameters in (exact, single):
        follow(kind(parameters, lr=0.1), parameters)
    for p, q in zip(exact, single, strict=True):
        assert q.dtype == minigrad.float32
        np.testing.assert_allclose(q.detach().numpy(), p.detach().numpy(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_descends(kind):
    x = minigrad.tensor([3.0, -2.0], requires_grad=True)
    optimizer = kind([x], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    with minigrad.no_grad():
        losses = [optimizer.step(closure).item() for _ in range(50)]
    assert losses[0] == 13.0
    assert losses[-1] < losses[0] - 0.01


def test_without_gradients_nothing_changes():
    x = minigrad.tensor([3.0], requires_grad=True)
    optimizer = optim.Adam([x])
    assert optimizer.step() is None
    assert x.item() == 3.0
    assert optimizer.state_dict()["state"] == {}


def test_a_step_is_noticed_by_the_graph():
    x = minigrad.tensor([3.0], requires_grad=True)
    y = (x * x).sum()
    x.grad = minigrad.ones(1)
    optim.SGD([x], lr=0.1).step()
    with pytest.raises(RuntimeError, match=r"Mul.*in-place"):
        y.backward()


def test_zero_grad():
    x, y = (minigrad.tensor([3.0], requires_grad=True) for _ in range(2))
    (x * x).sum().backward(create_graph=True)
    optimizer, grad = optim.SGD([x, y]), x.grad
    optimizer.zero_grad(set_to_none=False)
    assert x.grad is grad
    assert grad.item() == 0.0
    assert not grad.requires_grad
    assert y.grad is None
    optimizer.zero_grad()
    assert x.grad is None


# Groups


def test_groups():
    x, y, z = (minigrad.zeros(2, requires_grad=True) for _ in range(3))
    optimizer = optim.SGD([{"params": x, "lr": 1}, {"params": iter([y]), "name": "y"}], lr=0.5)
    optimizer.add_param_group({"params": [z], "lr": 0.25})
    assert [group["lr"] for group in optimizer.param_groups] == [1, 0.5, 0.25]
    assert optimizer.param_groups[1]["name"] == "y"
    for p in (x, y, z):
        p.grad = minigrad.ones(2)
    optimizer.step()
    optimizer.param_groups[2]["lr"] = 10
    optimizer.step()
    assert [p[0].item() for p in (x, y, z)] == [-2.0, -1.0, -10.25]


def test_named_parameters():
    x, y = (minigrad.zeros(2, requires_grad=True) for _ in range(2))
    optimizer = optim.Adam([("weight", x), ("bias", y)])
    assert optimizer.param_groups[0]["params"][1] is y
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


DEFAULTS = {
    optim.SGD: {"lr": 1e-3, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False},
    optim.Adam: {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0},
    optim.AdamW: {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 1e-2},
    optim.RMSprop: {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "momentum": 0, "centered": False},
    optim.Adagrad: {"lr": 1e-2, "lr_decay": 0, "initial_accumulator_value": 0, "eps": 1e-10},
    optim.Adadelta: {"lr": 1.0, "rho": 0.9, "eps": 1e-6, "weight_decay": 0},
}


@pytest.mark.parametrize("kind", DEFAULTS)
def test_defaults_are_pytorchs(kind):
    group = kind([minigrad.zeros(1)]).param_groups[0]
    assert {name: group[name] for name in DEFAULTS[kind]} == DEFAULTS[kind]
    assert group["maximize"] is False


def test_repr():
    optimizer = optim.SGD([{"params": minigrad.zeros(1)}, {"params": minigrad.ones(1)}], lr=0.5)
    lines = repr(optimizer).splitlines()
    assert lines[:3] == ["SGD (", "Parameter Group 0", "    dampening: 0"]
    assert lines[-2:] == ["    weight_decay: 0", ")"]
    assert lines.count("    lr: 0.5") == 2


def test_an_optimizer_of_ones_own():
    class Signs(Optimizer):
        def __init__(self, params, lr=required):
            super().__init__(params, {"lr": lr})

        def update(self, p, g, state, group):
            state.count()
            p -= group["lr"] * np.sign(g)

    x = minigrad.tensor([3.0, 3.0], requires_grad=True)
    with pytest.raises(ValueError, match="Signs: group 0 does not give lr"):
        Signs([x])
    optimizer = Signs([x], lr=0.5)
    x.grad = minigrad.tensor([7.0, -1.0])
    optimizer.step()
    assert x.tolist() == [2.5, 3.5]
    assert optimizer.state[x]["step"].item() == 1.0


@pytest.mark.parametrize(("kind", "formula", "settings"), CASES, ids=NAMES)
def test_resumed_run_is_the_uninterrupted_one(kind, formula, settings):
    parameters = [minigrad.tensor(x, requires_grad=True) for x in starts(np.float32)]
    optimizer = kind(parameters, **settings)
    follow(optimizer, parameters)
    saved = copy.deepcopy(optimizer.state_dict())
    again = [p.detach().clone().requires_grad_() for p in parameters]
    resumed = kind(again, **{**settings, "lr": 7.0})
    resumed.load_state_dict(saved)
    for run, ps in ((optimizer, parameters), (resumed, again)):
        follow(run, ps, first=STEPS)
    for p, q in zip(parameters, again, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), q.detach().numpy())
    assert repr(resumed) == repr(optimizer)
