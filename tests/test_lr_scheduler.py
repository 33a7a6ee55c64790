"""Schedules of the learning rate against closed formulas: t is the number of steps so far."""

import json
import math
import warnings

import pytest

import minigrad
from minigrad import optim
from minigrad.optim import lr_scheduler as schedules

pytestmark = pytest.mark.unit

START = (0.5, 0.02)  # the rates of the two groups
STEPS = 60


def make(kind=optim.SGD):
    """An optimizer with two groups."""
    x, y = (minigrad.zeros(2, requires_grad=True) for _ in range(2))
    settings = {"momentum": 0.9} if kind is optim.SGD else {}
    return kind([{"params": x}, {"params": y, "lr": START[1]}], lr=START[0], **settings)


def rates(optimizer):
    return [group["lr"] for group in optimizer.param_groups]


def run(optimizer, schedule, steps=STEPS):
    """The rates with which each step was made."""
    made = []
    for _ in range(steps):
        made.append(rates(optimizer))
        optimizer.step()
        schedule.step()
    return made


def ramp(t, first, last, T):
    return first + (last - first) * min(t, T) / T


def cosine(t, start, T, low):
    return low + (start - low) * (1 + math.cos(math.pi * t / T)) / 2


def restarts(t, start, T, times, low):
    while t >= T:
        t, T = t - T, T * times
    return cosine(t, start, T, low)


def triangle(t, low, high, up, down, height=lambda cycle, t: 1.0):
    cycle, place = divmod(t, up + down)
    part = place / up if place <= up else (up + down - place) / down
    return low + (high - low) * part * height(cycle, t)


def one_cycle(t, start, high, low, rise, total):
    if t <= rise:
        return cosine(t, start, rise, high)
    return cosine(t - rise, high, total - 1 - rise, low)


# name: how it is made, and the rate of a group after t steps, from its rate r at the start
CASES = {
    "StepLR": (lambda o: schedules.StepLR(o, 7, 0.5), lambda t, r: r * 0.5 ** (t // 7)),
    "MultiStepLR": (
        lambda o: schedules.MultiStepLR(o, [3, 9, 9, 30], 0.3),
        lambda t, r: r * 0.3 ** sum(t >= m for m in (3, 9, 9, 30)),
    ),
    "ConstantLR": (
        lambda o: schedules.ConstantLR(o, 0.25, 6),
        lambda t, r: r * (0.25 if t < 6 else 1),
    ),
    "ConstantLR of 0": (
        lambda o: schedules.ConstantLR(o, 0, 6),
        lambda t, r: r * (0 if t < 6 else 1),
    ),
    "LinearLR": (
        lambda o: schedules.LinearLR(o, 0.1, 0.9, 12),
        lambda t, r: r * ramp(t, 0.1, 0.9, 12),
    ),
    "ExponentialLR": (lambda o: schedules.ExponentialLR(o, 0.9), lambda t, r: r * 0.9**t),
    "PolynomialLR": (
        lambda o: schedules.PolynomialLR(o, 20, 1.5),
        lambda t, r: r * (1 - min(t, 20) / 20) ** 1.5,
    ),
    "CosineAnnealingLR": (
        lambda o: schedules.CosineAnnealingLR(o, 13, 0.001),
        lambda t, r: cosine(t, r, 13, 0.001),
    ),
    "CosineAnnealingWarmRestarts": (
        lambda o: schedules.CosineAnnealingWarmRestarts(o, 4, 3, 0.001),
        lambda t, r: restarts(t, r, 4, 3, 0.001),
    ),
    "LambdaLR": (
        lambda o: schedules.LambdaLR(o, [lambda t: 0.9**t, lambda t: 1 / (1 + t)]),
        lambda t, r: r * (0.9**t if r == START[0] else 1 / (1 + t)),
    ),
    "MultiplicativeLR": (
        lambda o: schedules.MultiplicativeLR(o, lambda t: t / (t + 1)),
        lambda t, r: r / (t + 1),
    ),
    "CyclicLR": (
        lambda o: schedules.CyclicLR(o, [0.1, 0.2], 1.0, 7, 11),
        lambda t, r: triangle(t, 0.1 if r == START[0] else 0.2, 1.0, 7, 11),
    ),
    "CyclicLR triangular2": (
        lambda o: schedules.CyclicLR(o, 0.1, 1.0, 7, mode="triangular2"),
        lambda t, r: triangle(t, 0.1, 1.0, 7, 7, lambda cycle, t: 0.5**cycle),
    ),
    "CyclicLR exp_range": (
        lambda o: schedules.CyclicLR(o, 0.1, 1.0, 7, mode="exp_range", gamma=0.9),
        lambda t, r: triangle(t, 0.1, 1.0, 7, 7, lambda cycle, t: 0.9**t),
    ),
    "OneCycleLR": (
        lambda o: schedules.OneCycleLR(o, [1.0, 0.1], total_steps=STEPS, pct_start=0.25),
        lambda t, r: one_cycle(
            t, *((0.04, 1, 4e-6) if r == START[0] else (4e-3, 0.1, 4e-7)), 14, STEPS
        ),
    ),
    "OneCycleLR in three phases": (
        lambda o: schedules.OneCycleLR(
            o, 1.0, epochs=6, steps_per_epoch=10, pct_start=0.25, anneal_strategy="linear",
            div_factor=10, final_div_factor=100, three_phase=True,
        ),
        lambda t, r: ramp(t, 0.1, 1, 14) if t <= 14
        else ramp(t - 14, 1, 0.1, 14) if t <= 28 else ramp(t - 28, 0.1, 0.001, 31),
    ),
    "SequentialLR": (
        lambda o: schedules.SequentialLR(
            o, [schedules.LinearLR(o, 0.1, 1.0, 5), schedules.CosineAnnealingLR(o, 20),
                schedules.ExponentialLR(o, 0.9)], [5, 25],
        ),
        lambda t, r: r * ramp(t, 0.1, 1.0, 5) if t < 5
        else cosine(t - 5, r, 20, 0) if t < 25 else r * 0.9 ** (t - 25),
    ),
    "ChainedScheduler": (
        lambda o: schedules.ChainedScheduler(
            [schedules.ConstantLR(o, 0.1, 3), schedules.ExponentialLR(o, 0.9)]
        ),
        lambda t, r: r * 0.9**t * (0.1 if t < 3 else 1),
    ),
}  # fmt: skip


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    return request.param


def test_rates_are_the_formulas(case):
    make_schedule, formula = case
    optimizer = make()
    schedule = make_schedule(optimizer)
    for t, made in enumerate(run(optimizer, schedule)):
        expected = [formula(t, start) for start in START]
        assert made == pytest.approx(expected, rel=1e-10, abs=1e-15), f"step {t}"
    assert schedule.get_last_lr() == rates(optimizer)


def test_resumed_schedule_is_the_uninterrupted_one(case):
    """From any step, through JSON, to the last bit, momenta included."""
    make_schedule, _ = case
    for stop in (0, 1, 5, 25):
        optimizer = make(optim.Adam)
        schedule = make_schedule(optimizer)
        run(optimizer, schedule, stop)
        saved = json.loads(json.dumps([optimizer.state_dict(), schedule.state_dict()]))
        again = make(optim.Adam)
        resumed = make_schedule(again)
        again.load_state_dict(saved[0])
        resumed.load_state_dict(saved[1])
        assert run(again, resumed, 30) == run(optimizer, schedule, 30)
        assert repr(again) == repr(optimizer)


def test_a_state_is_a_copy():
    optimizer = make()
    schedule = schedules.StepLR(optimizer, 2)
    saved = schedule.state_dict()
    saved["base_lrs"][0] = 7.0
    assert schedule.base_lrs == list(START)
    schedule.load_state_dict(saved)
    saved["base_lrs"][0] = 8.0
    assert schedule.base_lrs == [7.0, START[1]]


@pytest.mark.filterwarnings("ignore:.*step.epoch. is deprecated")
@pytest.mark.parametrize(
    "name",
    [
        "StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR", "PolynomialLR",
        "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "LambdaLR",
    ],
)  # fmt: skip
def test_a_jump(name):
    make_schedule, formula = CASES[name]
    optimizer = make()
    schedule = make_schedule(optimizer)
    optimizer.step()
    for t in (17, 3, 0, 44):
        schedule.step(t)
        assert rates(optimizer) == pytest.approx([formula(t, r) for r in START], rel=1e-12)


def test_a_point_between_two_steps():
    optimizer = make()
    schedule = schedules.CosineAnnealingWarmRestarts(optimizer, 4)
    schedule.step(5.5)
    assert rates(optimizer) == pytest.approx([cosine(1.5, r, 4, 0) for r in START])


def test_going_on_from_last_epoch():
    """With initial_lr in the groups, as they stand in a saved optimizer."""
    optimizer = make()
    for group in optimizer.param_groups:
        group["initial_lr"] = group["lr"]
    schedule = schedules.LambdaLR(optimizer, lambda t: 0.5**t, last_epoch=3)
    assert rates(optimizer) == [0.5**4 * r for r in START]
    warm = schedules.CosineAnnealingWarmRestarts(optimizer, 4, 3, last_epoch=16)
    assert warm.get_last_lr() == pytest.approx([restarts(17, r, 4, 3, 0) for r in START])
    assert schedule.base_lrs == list(START)
    with pytest.raises(KeyError, match="group 0 has no 'initial_lr'"):
        schedules.StepLR(make(), 2, last_epoch=3)


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam])
def test_momentum_moves_against_the_rate(kind):
    optimizer = make(kind)
    schedule = schedules.OneCycleLR(optimizer, 1.0, total_steps=STEPS, pct_start=0.25)
    for t in range(STEPS):
        group = optimizer.param_groups[1]
        momentum = group["momentum"] if kind is optim.SGD else group["betas"][0]
        assert momentum == pytest.approx(one_cycle(t, 0.95, 0.85, 0.95, 14, STEPS))
        optimizer.step()
        schedule.step()
    cyclic = schedules.CyclicLR(optimizer, 0.1, 1.0, 5)
    for t in range(25):
        momentum = group["momentum"] if kind is optim.SGD else group["betas"][0]
        assert momentum == pytest.approx(triangle(t, 0.9, 0.8, 5, 5))
        cyclic.step()
    assert len(group.get("betas", (0, 0))) == 2


# ReduceLROnPlateau


def test_plateau():
    """Patience 2: the third step without a better value reduces."""
    optimizer = make()
    schedule = schedules.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=2, threshold=0.1, cooldown=1, min_lr=[0.1, 0.0]
    )
    metrics = [10, 9.5, 9.2, 8.9, 8.9, 8.9, 8.9, 8.9, 8.9, 8.9, 8.9, 8.9, 8.9, 8.9, 8.9]
    halvings = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3]
    for metric, n in zip(metrics, halvings, strict=True):
        schedule.step(minigrad.tensor(metric))
        assert schedule.get_last_lr() == [max(0.5 * 0.5**n, 0.1), 0.02 * 0.5**n]


@pytest.mark.parametrize(
    ("mode", "threshold_mode", "better", "worse"),
    [
        ("min", "rel", 7.9, 8.1),
        ("max", "rel", 12.1, 11.9),
        ("min", "abs", 9.7, 9.9),
        ("max", "abs", 10.3, 10.1),
    ],
)
def test_plateau_thresholds(mode, threshold_mode, better, worse):
    for metric, count in ((better, 0), (worse, 1), (float("nan"), 1)):
        schedule = schedules.ReduceLROnPlateau(
            make(), mode, threshold=0.2, threshold_mode=threshold_mode
        )
        schedule.step(10.0)
        schedule.step(metric)
        assert schedule.num_bad_epochs == count


def test_plateau_with_a_group_that_came_later():
    optimizer = make()
    one, each = (schedules.ReduceLROnPlateau(optimizer, patience=0, min_lr=m) for m in (0, [0, 0]))
    optimizer.add_param_group({"params": [minigrad.zeros(1)], "lr": 1.0})
    for metric in (3.0, 4.0):
        one.step(metric)
    assert rates(optimizer) == pytest.approx([0.05, 0.002, 0.1])
    each.step(3.0)
    with pytest.raises(ValueError, match="min_lr has 2 entries, the optimizer has 3"):
        each.step(4.0)


def test_plateau_resumes():
    optimizer = make()
    schedule = schedules.ReduceLROnPlateau(optimizer, patience=3)
    for metric in (3.0, 4.0, 4.0):
        schedule.step(metric)
    again = make()
    resumed = schedules.ReduceLROnPlateau(again)
    resumed.load_state_dict(json.loads(json.dumps(schedule.state_dict())))
    for s in (schedule, resumed):
        s.step(4.0)
        s.step(4.0)
    assert rates(again) == rates(optimizer) == pytest.approx([0.05, 0.002])


# The order of steps


def test_a_schedule_before_the_optimizer_warns():
    optimizer = make()
    schedule = schedules.StepLR(optimizer, 2)
    with pytest.warns(UserWarning, match=r"StepLR.step\(\) was called before optimizer.step\(\)"):
        schedule.step()
    schedule.step()


def test_an_optimizer_with_a_step_of_its_own_is_seen():
    class Still(optim.Optimizer):
        def step(self, closure=None):
            return closure

    optimizer = Still([minigrad.zeros(2)], {"lr": 1.0})
    schedule = schedules.StepLR(optimizer, 1)
    assert optimizer.step(3) == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schedule.step()
    assert rates(optimizer) == [0.1]


def test_verbose_is_taken_and_ignored():
    with pytest.warns(UserWarning, match="verbose is deprecated"):
        schedules.StepLR(make(), 2, verbose=True)
    with pytest.warns(UserWarning, match="verbose is deprecated"):
        schedules.ReduceLROnPlateau(make(), verbose=False)


def test_a_schedule_of_ones_own():
    class Halving(schedules._LRScheduler):
        def get_lr(self):
            return [rate / 2**self.last_epoch for rate in self.base_lrs]

    optimizer = make()
    assert run(optimizer, Halving(optimizer), 3)[2] == [r / 4 for r in START]
