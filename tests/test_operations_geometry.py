"""Operations on windows and pictures for any geometry: loops, backends, adjoints, memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from operations import ROWS
from operations.checks import arrays_of, check_adjoint, expected, gradients, leaves_of, near, run
from operations.drawn import GEOMETRIES
from tolerances import FAST_FLOAT64

from minigrad import kernels


@pytest.mark.property
@pytest.mark.parametrize("name", GEOMETRIES)
@given(data=st.data())
def test_any_geometry(name, data):
    """The value of the plain loops, from both backends, whose gradients agree."""
    row, call = ROWS[name], data.draw(GEOMETRIES[name])
    kept, found = [a.copy() for a in call.arrays], []
    for backend in kernels.backends():
        with kernels.use(backend):
            leaves = leaves_of(row, call)
            results = run(row, call, leaves)
            found.append(gradients(leaves, results))
        for y, want in zip(arrays_of(results), expected(row, call), strict=True):
            near(y, want, FAST_FLOAT64)
    for fast, textbook in zip(*found, strict=True):
        near(fast, textbook, FAST_FLOAT64)
    for array, copy in zip(call.arrays, kept, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.property
@pytest.mark.parametrize("name", [name for name in GEOMETRIES if ROWS[name].linear])
@given(data=st.data())
def test_adjoint_of_any_geometry(name, data):
    row, call = ROWS[name], data.draw(GEOMETRIES[name])
    for i in row.linear:
        check_adjoint(row, call, i)
