"""Losses of regression, of yes and no, and with margins: values by hand, gradients, refusals."""

import math

import numpy as np
import pytest
from operation_checks import check_operation, smooth
from tolerances import FAST_FLOAT64

import minigrad
import minigrad.functional as F

pytestmark = pytest.mark.unit


def logistic(x):
    return 1 / (1 + math.exp(-x))


def huber(d, delta):
    return d * d / 2 if abs(d) <= delta else delta * (abs(d) - delta / 2)


# name, arguments, the loss of one pair of numbers, whether targets are probabilities
ROWS = [
    ("mse_loss", {}, lambda x, t: (x - t) ** 2),
    ("l1_loss", {}, lambda x, t: abs(x - t)),
    ("smooth_l1_loss", {}, lambda x, t: huber(x - t, 1)),
    ("smooth_l1_loss", {"beta": 0.4}, lambda x, t: huber(x - t, 0.4) / 0.4),
    ("smooth_l1_loss", {"beta": 0.0}, lambda x, t: abs(x - t)),
    ("huber_loss", {"delta": 0.4}, lambda x, t: huber(x - t, 0.4)),
    ("poisson_nll_loss", {}, lambda x, t: math.exp(x) - t * x),
    ("soft_margin_loss", {}, lambda x, t: math.log1p(math.exp(-t * x))),
    (
        "binary_cross_entropy_with_logits",
        {},
        lambda x, t: -t * math.log(logistic(x)) - (1 - t) * math.log(1 - logistic(x)),
    ),
]
IDS = [f"{name}-{'-'.join(map(str, kwargs.values()))}" for name, kwargs, _ in ROWS]


def tensors(*arrays):
    return [minigrad.tensor(np.asarray(a)) for a in arrays]


def reductions(losses):
    return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}


def check_reductions(function, losses):
    for reduction, expected in reductions(np.asarray(losses)).items():
        y = function(reduction=reduction)
        assert y.shape == expected.shape
        np.testing.assert_allclose(y.array, expected, rtol=FAST_FLOAT64)


@pytest.mark.parametrize(("name", "kwargs", "formula"), ROWS, ids=IDS)
def test_values_and_reductions(name, kwargs, formula):
    x, t = smooth(3, 5), smooth(3, 5, seed=1)
    losses = np.vectorize(formula)(x, t)
    function = getattr(F, name)
    check_reductions(lambda **how: function(*tensors(x, t), **kwargs, **how), losses)


@pytest.mark.parametrize(("name", "kwargs", "formula"), ROWS, ids=IDS)
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_gradients_layouts_and_dtypes(name, kwargs, formula, reduction):
    function = getattr(F, name)
    check_operation(
        lambda x, t: function(x, t, reduction=reduction, **kwargs),
        smooth(3, 5),
        smooth(3, 5, seed=1),
    )


@pytest.mark.parametrize(("name", "kwargs", "formula"), ROWS, ids=IDS)
def test_nothing_has_a_sum_but_no_mean(name, kwargs, formula):
    x, t = tensors(np.zeros((0, 3)), np.zeros((0, 3)))
    assert np.isnan(getattr(F, name)(x, t, **kwargs).item())
    assert getattr(F, name)(x, t, reduction="sum", **kwargs).item() == 0


@pytest.mark.parametrize(("name", "kwargs", "formula"), ROWS, ids=IDS)
def test_reductions_are_checked(name, kwargs, formula):
    with pytest.raises(ValueError, match=rf"{name}: reduction \(='average'\)"):
        getattr(F, name)(minigrad.ones(2), minigrad.ones(2), reduction="average", **kwargs)


@pytest.mark.parametrize(
    ("size_average", "reduce", "expected"),
    [
        (True, None, 5.0),
        (None, True, 5.0),
        (False, None, 10.0),
        (None, False, [1, 9]),
        (True, False, [1, 9]),
    ],
)
def test_old_names_of_the_reduction(size_average, reduce, expected):
    x, t = tensors([1.0, 3.0], [0.0, 0.0])
    with pytest.warns(UserWarning, match="size_average and reduce are deprecated"):
        assert F.mse_loss(x, t, size_average, reduce).tolist() == expected


# A target of another shape


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_a_broadcast_target_is_computed_and_warned_of(name):
    x, t = smooth(3, 1), smooth(3)
    function = getattr(F, name)
    with pytest.warns(UserWarning, match=rf"{name}: target has shape \(3,\), input \(3, 1\)"):
        y = function(*tensors(x, t), reduction="none")
    whole = tensors(*(np.ascontiguousarray(a) for a in np.broadcast_arrays(x, t)))
    np.testing.assert_array_equal(y.array, function(*whole, reduction="none").array)
    with (
        pytest.warns(UserWarning, match="same shape"),
        pytest.raises(ValueError, match=r"shapes \(3, 1\) and \(2, 2\) do not broadcast"),
    ):
        function(minigrad.ones(3, 1), minigrad.ones(2, 2))


@pytest.mark.filterwarnings("ignore:mse_loss")
def test_a_broadcast_target_gets_its_gradient():
    check_operation(F.mse_loss, smooth(3, 1), smooth(4))


def test_dtypes_are_promoted_and_integers_alone_refused():
    x, t = minigrad.ones(2), minigrad.zeros(2, dtype=minigrad.float64)
    assert F.mse_loss(x, t).dtype == minigrad.float64
    assert F.l1_loss(x, t.long()).dtype == minigrad.float32
    assert F.huber_loss(x, t).dtype == minigrad.float32
    with pytest.raises(TypeError, match="one must be floating"):
        F.mse_loss(x.long(), t.long())
    with pytest.raises(TypeError, match="target must be a Tensor"):
        F.mse_loss(x, np.ones(2))


@pytest.mark.parametrize(
    ("name", "divisor"), [("mse_loss", "w"), ("l1_loss", "w"), ("huber_loss", "n")]
)
def test_weights(name, divisor):
    x, t, w = smooth(2, 3), smooth(2, 3, seed=1), np.arange(1.0, 7.0).reshape(2, 3)
    function = getattr(F, name)
    losses = function(*tensors(x, t), reduction="none").array * w
    (weight,) = tensors(w)
    given = {
        r: function(*tensors(x, t), reduction=r, weight=weight) for r in ("none", "sum", "mean")
    }
    np.testing.assert_allclose(given["none"].array, losses, rtol=1e-14)
    np.testing.assert_allclose(given["sum"].item(), losses.sum(), rtol=1e-14)
    np.testing.assert_allclose(given["mean"].item(), losses.sum() / (21 if divisor == "w" else 6))
    with pytest.raises(ValueError, match="weight must have the shape"):
        function(*tensors(x, t), weight=minigrad.ones(3))


@pytest.mark.parametrize(
    ("name", "kwargs", "differences", "slopes"),
    [
        ("l1_loss", {}, [0.0], [0.0]),
        ("smooth_l1_loss", {"beta": 0.5}, [0.5, -0.5], [1.0, -1.0]),
        ("huber_loss", {"delta": 0.5}, [0.5, -0.5], [0.5, -0.5]),
    ],
)
def test_gradient_at_a_kink(name, kwargs, differences, slopes):
    x = minigrad.tensor(differences, requires_grad=True)
    getattr(F, name)(x, minigrad.zeros(len(slopes)), reduction="sum", **kwargs).backward()
    assert x.grad.tolist() == slopes


# Binary cross entropy


def test_bce_of_probabilities():
    x, t = np.array([[0.1, 0.5], [0.9, 0.3]]), np.array([[0.0, 1.0], [0.25, 0.6]])
    losses = -t * np.log(x) - (1 - t) * np.log(1 - x)
    check_reductions(lambda **how: F.binary_cross_entropy(*tensors(x, t), **how), losses)
    w = np.array([2.0, 3.0])
    y = F.binary_cross_entropy(*tensors(x, t), weight=minigrad.tensor(w), reduction="none")
    np.testing.assert_allclose(y.array, losses * w, rtol=FAST_FLOAT64)
    check_operation(F.binary_cross_entropy, x, np.array([[0.2, 0.9], [0.25, 0.6]]))


def test_bce_of_certainty_is_100_at_most():
    x = minigrad.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    y = F.binary_cross_entropy(x, minigrad.tensor([0.0, 1.0, 1.0, 0.0]), reduction="none")
    assert y.tolist() == [0.0, 0.0, 100.0, 100.0]
    y.sum().backward()
    assert np.isfinite(x.grad.array).all()


@pytest.mark.parametrize("logit", [1e3, 1e4, -1e3, -1e4])
@pytest.mark.parametrize("positive", [0.5, 1.0, 3.0])
def test_bce_of_large_logits_is_finite(logit, positive):
    for target in (0.0, 1.0, 0.25):
        x = minigrad.tensor([logit], requires_grad=True)
        y = F.binary_cross_entropy_with_logits(
            x, minigrad.tensor([target]), pos_weight=minigrad.tensor([positive])
        )
        y.backward()
        p = 1.0 if logit > 0 else 0.0
        wanted = positive * target * (1 - p) + (1 - target) * p
        assert y.item() == pytest.approx(abs(logit) * wanted, rel=1e-6)
        assert x.grad.item() == pytest.approx((1 - target) * p - positive * target * (1 - p))


def test_bce_with_logits_keeps_the_digits_of_small_gradients():
    x = minigrad.tensor([-30.0, 30.0], requires_grad=True)
    F.binary_cross_entropy_with_logits(x, minigrad.tensor([0.0, 1.0]), reduction="sum").backward()
    np.testing.assert_allclose(x.grad.array, [math.exp(-30), -math.exp(-30)], rtol=1e-6)


def test_bce_weights():
    x, t = smooth(3, 4), np.random.default_rng(0).random((3, 4))
    w, p = np.arange(1.0, 5.0), np.array([[0.5], [1.0], [3.0]])
    s = 1 / (1 + np.exp(-x))
    losses = w * (-p * t * np.log(s) - (1 - t) * np.log(1 - s))
    weights = dict(zip(("weight", "pos_weight"), tensors(w, p), strict=True))
    loss = F.binary_cross_entropy_with_logits
    check_reductions(lambda **how: loss(*tensors(x, t), **weights, **how), losses)
    check_operation(lambda x, t, w, p: loss(x, t, w, pos_weight=p), x, t, np.ones((3, 4)), p)


@pytest.mark.parametrize("name", ["binary_cross_entropy", "binary_cross_entropy_with_logits"])
def test_bce_broadcasts_nothing(name):
    function = getattr(F, name)
    with pytest.raises(ValueError, match=r"target must have the shape \(3, 1\)"):
        function(minigrad.ones(3, 1), minigrad.ones(3))
    with pytest.raises(ValueError, match=r"weight of shape \(2, 3, 4\) does not broadcast"):
        function(minigrad.ones(3, 4), minigrad.ones(3, 4), minigrad.ones(2, 3, 4))
    with pytest.raises(TypeError, match="only floating"):
        function(minigrad.ones(3), minigrad.ones(3).long())


def test_bce_refuses_what_is_no_probability():
    for x, t, name in (([1.5], [0.0], "input holds 1.5"), ([0.5], [-1.0], r"target holds -1\.0")):
        with pytest.raises(ValueError, match=name):
            F.binary_cross_entropy(minigrad.tensor(x), minigrad.tensor(t))
    with pytest.raises(TypeError, match=r"minigrad\.float64"):
        F.binary_cross_entropy(minigrad.ones(1), minigrad.ones(1).double())


# Divergence


@pytest.mark.filterwarnings("ignore:kl_div")
def test_kl_div():
    x, t = np.log([[0.2, 0.8], [0.5, 0.5]]), np.array([[0.3, 0.7], [0.0, 1.0]])
    losses = np.array([[v * math.log(v) if v else 0.0 for v in row] for row in t]) - t * x
    check_reductions(lambda **how: F.kl_div(*tensors(x, t), **how), losses)
    y = F.kl_div(*tensors(x, t), reduction="batchmean")
    assert y.item() == pytest.approx(losses.sum() / 2)
    t = np.array([[0.3, 0.7], [0.1, 0.9]])
    y = F.kl_div(*tensors(x, np.log(t)), reduction="sum", log_target=True)
    assert y.item() == pytest.approx((t * (np.log(t) - x)).sum())
    check_operation(lambda x, t: F.kl_div(x, t, reduction="batchmean"), x, t)
    check_operation(lambda x, t: F.kl_div(x, t, reduction="sum", log_target=True), x, np.log(t))


def test_kl_div_warns_of_its_mean():
    with pytest.warns(UserWarning, match="batchmean"):
        F.kl_div(minigrad.zeros(2), minigrad.ones(2))
    with pytest.raises(TypeError, match="floating"):
        F.kl_div(minigrad.zeros(2), minigrad.ones(2).long(), reduction="sum")


# Normal and Poisson likelihoods


def test_gaussian_nll():
    x, t = smooth(3, 4), smooth(3, 4, seed=1)
    v = np.random.default_rng(0).random((3, 4)) + 0.1
    losses = (np.log(v) + (x - t) ** 2 / v) / 2
    check_reductions(lambda **how: F.gaussian_nll_loss(*tensors(x, t, v), **how), losses)
    full = F.gaussian_nll_loss(*tensors(x, t, v), full=True, reduction="none")
    np.testing.assert_allclose(full.array, losses + math.log(2 * math.pi) / 2, rtol=FAST_FLOAT64)
    check_operation(F.gaussian_nll_loss, x, t, v)
    for shape in ((3,), (3, 1), (1, 4)):
        given = np.broadcast_to(v[0, 0], shape).copy()
        y = F.gaussian_nll_loss(*tensors(x, t, given), reduction="none")
        np.testing.assert_allclose(
            y.array, (np.log(v[0, 0]) + (x - t) ** 2 / v[0, 0]) / 2, rtol=FAST_FLOAT64
        )
    tiny = F.gaussian_nll_loss(*tensors([1.0], [1.0]), 0.0, eps=0.01)
    assert tiny.item() == pytest.approx(math.log(0.01) / 2)


def test_gaussian_nll_refuses():
    x = minigrad.ones(3, 4)
    for var, message in ((minigrad.ones(2), "does not fit"), (-x, "negative"), (-1.0, "negative")):
        with pytest.raises(ValueError, match=message):
            F.gaussian_nll_loss(x, x, var)


def test_poisson_nll():
    x, t = np.array([0.5, 2.0, 3.0]), np.array([0.0, 1.0, 4.0])
    y = F.poisson_nll_loss(*tensors(x, t), log_input=False, eps=0.0, reduction="none")
    np.testing.assert_allclose(y.array, x - t * np.log(x), rtol=FAST_FLOAT64)
    full = F.poisson_nll_loss(*tensors(x, t), log_input=False, full=True, eps=0.0, reduction="none")
    stirling = 4 * math.log(4) - 4 + math.log(2 * math.pi * 4) / 2
    np.testing.assert_allclose((full - y).array, [0.0, 0.0, stirling], rtol=FAST_FLOAT64)


def test_soft_margin_of_large_numbers_is_finite():
    x = minigrad.tensor([-1e4, 1e4], requires_grad=True)
    y = F.soft_margin_loss(x, minigrad.tensor([1, 1]), reduction="none")
    assert y.tolist() == [1e4, 0.0]
    assert y.dtype == minigrad.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: F.smooth_l1_loss(x, x, beta=-1.0), "must not be negative"),
        (lambda x: F.huber_loss(x, x, delta=0.0), "must be positive"),
    ],
)
def test_settings_out_of_range(call, message):
    with pytest.raises(ValueError, match=message):
        call(minigrad.ones(2))
