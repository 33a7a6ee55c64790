"""One-cycle schedules of very few steps."""

import math

import pytest

import minigrad
from minigrad import optim
from minigrad.optim import lr_scheduler as schedules

pytestmark = pytest.mark.unit


def made_with(total, **settings):
    """The rates with which each step was made, the largest being 1."""
    optimizer = optim.SGD([minigrad.zeros(2, requires_grad=True)], lr=0.5, momentum=0.9)
    schedule = schedules.OneCycleLR(optimizer, 1.0, total_steps=total, **settings)
    made = []
    for _ in range(total):
        made.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return made


@pytest.mark.parametrize(("total", "pct_start"), [(1, 1.0), (2, 0.5), (4, 0.25)])
@pytest.mark.parametrize("three_phase", [False, True])
def test_a_cycle_without_a_step_to_rise_in_begins_at_the_top(total, pct_start, three_phase):
    made = made_with(total, pct_start=pct_start, three_phase=three_phase)
    assert made[0] == 1.0
    if not three_phase:
        down = [(1 + math.cos(math.pi * t / max(total - 1, 1))) / 2 for t in range(total)]
        assert made == pytest.approx([4e-6 + (1 - 4e-6) * part for part in down])


@pytest.mark.parametrize("total", [1, 2, 3, 5])
def test_short_cycles_are_pytorchs(total):
    wanted = {
        1: [4e-6],
        2: [0.811745653, 4e-6],
        3: [0.994415, 0.462637, 4e-6],
        5: [0.04, 0.950485, 0.611262, 0.188258, 4e-6],
    }
    assert made_with(total) == pytest.approx(wanted[total], abs=1e-5)
