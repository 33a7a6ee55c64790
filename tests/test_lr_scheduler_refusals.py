"""What schedules refuse."""

import pytest

import minigrad
from minigrad import optim
from minigrad.optim import lr_scheduler as schedules

pytestmark = pytest.mark.unit


def make():
    """An optimizer with two groups."""
    x, y = (minigrad.zeros(2, requires_grad=True) for _ in range(2))
    return optim.SGD([{"params": x}, {"params": y, "lr": 0.02}], lr=0.5, momentum=0.9)


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (lambda o: schedules.StepLR(o, 0), r"step_size \(=0\)"),
        (lambda o: schedules.ConstantLR(o, 1.5), "factor"),
        (lambda o: schedules.LinearLR(o, 0.0), "start_factor"),
        (lambda o: schedules.LinearLR(o, 0.5, 1.5), "end_factor"),
        (lambda o: schedules.PolynomialLR(o, 0), "total_iters"),
        (lambda o: schedules.CosineAnnealingLR(o, 0), "T_max"),
        (lambda o: schedules.CosineAnnealingWarmRestarts(o, 0), "T_0"),
        (lambda o: schedules.CosineAnnealingWarmRestarts(o, 4, 0), "T_mult"),
        (lambda o: schedules.CosineAnnealingWarmRestarts(o, 4).step(-1), "epoch"),
        (lambda o: schedules.LambdaLR(o, [abs]), "lr_lambda has 1 entries.*2 parameter groups"),
        (lambda o: schedules.OneCycleLR(o, 1.0), "give total_steps"),
        (lambda o: schedules.OneCycleLR(o, 1.0, epochs=3), "give total_steps"),
        (lambda o: schedules.OneCycleLR(o, 1.0, total_steps=0), "total_steps"),
        (lambda o: schedules.OneCycleLR(o, [1.0], total_steps=9), "max_lr has 1 entries"),
        (lambda o: schedules.OneCycleLR(o, 1.0, total_steps=9, pct_start=1.5), "pct_start"),
        (lambda o: schedules.OneCycleLR(o, 1.0, total_steps=9, anneal_strategy="x"), "anneal"),
        (lambda o: schedules.CyclicLR(o, 0.1, 1.0, mode="x"), "mode"),
        (lambda o: schedules.ReduceLROnPlateau(o, factor=1.0), "factor"),
        (lambda o: schedules.ReduceLROnPlateau(o, "x"), "mode"),
        (lambda o: schedules.ReduceLROnPlateau(o, threshold_mode="x"), "threshold_mode"),
        (lambda o: schedules.ReduceLROnPlateau(o, min_lr=[0.0]), "min_lr"),
        (lambda o: schedules.ChainedScheduler([]), "empty"),
        (lambda o: schedules.ChainedScheduler([schedules.ReduceLROnPlateau(o)]), "metric"),
        (lambda o: schedules.SequentialLR(o, [schedules.StepLR(make(), 2)], []), "another"),
        (lambda o: schedules.SequentialLR(o, [schedules.StepLR(o, 2)], [3]), "0 milestones"),
    ],
)  # fmt: skip
def test_settings_are_checked(refused, message):
    with pytest.raises(ValueError, match=message):
        refused(make())


def test_what_is_no_optimizer_or_function_is_refused():
    with pytest.raises(TypeError, match="StepLR: optimizer must be an Optimizer, got list"):
        schedules.StepLR([], 2)
    with pytest.raises(TypeError, match="lr_lambda must be a function"):
        schedules.MultiplicativeLR(make(), 0.5)
    with pytest.raises(ValueError, match=r"cycle_momentum needs .* Adagrad has neither"):
        schedules.OneCycleLR(optim.Adagrad([minigrad.zeros(1)]), 1.0, total_steps=9)


def test_one_cycle_ends():
    optimizer = make()
    schedule = schedules.OneCycleLR(optimizer, 1.0, total_steps=2)
    for _ in range(2):
        optimizer.step()
        schedule.step()
    with pytest.raises(ValueError, match=r"step 3 is past the cycle's total_steps \(=2\)"):
        schedule.step()


def test_the_state_of_another_schedule_is_refused():
    optimizer = make()
    schedule = schedules.CosineAnnealingLR(optimizer, 9)
    with pytest.raises(ValueError, match=r"lacks \['T_max', 'eta_min'\]"):
        schedule.load_state_dict(schedules.StepLR(optimizer, 2).state_dict())
