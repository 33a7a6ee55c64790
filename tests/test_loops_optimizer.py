"""The textbook optimizers: two steps by hand, and the properties that a slip would break.

The start is 1, the gradients are 2 and then -1, and the settings are such that numbers stay short.
"""

import math

import numpy as np
import pytest

from minigrad.kernels import loops

pytestmark = pytest.mark.unit

START, GRADIENTS = 1.0, (2.0, -1.0)


def trajectory(step):
    p, found = np.array([START]), []
    for t, g in enumerate(GRADIENTS, 1):
        step(p, np.array([g]), t)
        found.append(p[0])
    return found


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ((0.5, 0.0, 0.0, 0.0, False, False), [0, 0.5]),
        ((0.5, 0.0, 0.0, 0.0, False, True), [2, 1.5]),
        ((0.5, 0.0, 0.0, 1.0, False, False), [-0.5, 0.25]),  # g + p: 3, -1.5
        ((0.5, 0.5, 0.0, 0.0, False, False), [0, 0]),  # buf: 2, 0
        ((0.5, 0.5, 0.5, 0.0, False, False), [0, -0.25]),  # buf: 2 (not damped), 0.5
        ((0.5, 0.5, 0.0, 0.0, True, False), [-0.5, 0]),  # g + buf/2: 3, -1
    ],
)
def test_sgd(settings, expected):
    buf = np.full(1, math.nan)
    assert trajectory(lambda p, g, t: loops.sgd(p, g, buf, *settings, t == 1)) == expected


@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize(("decay", "decoupled"), [(0.0, False), (0.25, False), (0.25, True)])
def test_adam(maximize, amsgrad, decay, decoupled):
    """The formulas as the papers write them, one number at a time."""
    lr, beta1, beta2, eps = 0.5, 0.75, 0.5, 0.125
    m, v, vmax = np.zeros(1), np.zeros(1), np.zeros(int(amsgrad))
    found = trajectory(
        lambda p, g, t: loops.adam(
            p, g, m, v, vmax, lr, beta1, beta2, eps, decay, decoupled, amsgrad, maximize, t
        )
    )
    theta, mean, square, largest, expected = START, 0.0, 0.0, 0.0, []
    for t, g in enumerate(GRADIENTS, 1):
        g = -g if maximize else g
        if decoupled:
            theta -= lr * decay * theta
        else:
            g += decay * theta
        mean = beta1 * mean + (1 - beta1) * g
        square = beta2 * square + (1 - beta2) * g**2
        largest = max(largest, square) if amsgrad else square
        mean_hat, square_hat = mean / (1 - beta1**t), largest / (1 - beta2**t)
        theta -= lr * mean_hat / (math.sqrt(square_hat) + eps)
        expected.append(theta)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_first_step_of_adam_is_lr_whatever_the_gradient():
    for g in (1e-3, 5.0, -1e4):
        p, m, v = np.zeros(1), np.zeros(1), np.zeros(1)
        empty = np.empty(0)
        g = np.array([g])
        loops.adam(p, g, m, v, empty, 0.1, 0.9, 0.999, 0.0, 0.0, False, False, False, 1)
        np.testing.assert_allclose(p, -0.1 * np.sign(g), rtol=1e-12)


@pytest.mark.parametrize(
    ("momentum", "centered", "expected"),
    [
        # v: 2, 1.5; g/(sqrt(v) + eps) with eps 0.5
        (0.0, False, [2 / (2**0.5 + 0.5), -1 / (1.5**0.5 + 0.5)]),
        # gmean: 1, 0; v - gmean**2: 1, 1.5
        (0.0, True, [2 / 1.5, -1 / (1.5**0.5 + 0.5)]),
        (0.5, True, [2 / 1.5, 1 / 1.5 - 1 / (1.5**0.5 + 0.5)]),
    ],
)
def test_rmsprop(momentum, centered, expected):
    v, gmean, buf = np.zeros(1), np.zeros(1), np.zeros(1)
    settings = (0.25, 0.5, 0.5, 0.0, momentum, centered, False)
    found = trajectory(lambda p, g, t: loops.rmsprop(p, g, v, gmean, buf, *settings))
    steps = np.cumsum(expected)
    np.testing.assert_allclose(found, START - 0.25 * steps, rtol=1e-14)


def test_centered_rmsprop_survives_a_variance_rounded_below_0():
    """A constant gradient: v - gmean**2 is nothing but rounding in the end."""
    p, g, v, gmean = np.zeros(1), np.array([3.3]), np.zeros(1), np.zeros(1)
    for _ in range(500):
        loops.rmsprop(p, g, v, gmean, p[:0], 1e-3, 0.9, 1e-8, 0.0, 0.0, True, False)
    assert np.isfinite(p).all()


def test_optimizers_keep_float32_and_leave_the_gradient():
    p, g, s = (np.full(3, value, np.float32) for value in (1, 0.5, 0))
    g.flags.writeable = False
    loops.sgd(p, g, s, 0.1, 0.9, 0.0, 0.1, True, False, True)
    assert p.dtype == np.float32
    assert (g == 0.5).all()
    assert (s == np.float32(0.6)).all()
