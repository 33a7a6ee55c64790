"""Known faults of tensor libraries, by number: each is met as the list of them demands.

The cases are in tests/faults; the numbers from 45 on are about files, pictures and processes, and
have tests beside those (tests/test_train_*.py, tests/test_data_*.py, tests/test_kernels_*.py).
"""

import pytest
from faults import FAULTS


@pytest.mark.unit
@pytest.mark.parametrize(
    "check", FAULTS.values(), ids=[f"{n:02}-{check.__name__}" for n, check in FAULTS.items()]
)
def test_fault(check):
    check()


@pytest.mark.unit
def test_no_number_is_left_out():
    assert list(FAULTS) == list(range(1, 45))
