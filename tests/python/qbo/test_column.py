"""The testbed's column as the Fortran host takes it."""

import numpy as np

from gwparam.qbo.column import column_of
from gwparam.qbo.testbed import Testbed


def test_the_testbed_as_a_column():
    testbed = Testbed(upwelling=2e-4, diffusivity=0.5, semiannual=1.0)
    column = column_of(testbed)
    np.testing.assert_array_equal(column.height, testbed.height)
    np.testing.assert_array_equal(column.wind, testbed.initial_wind)
    assert set(column.upwelling) == {2e-4}
    assert set(column.diffusivity) == {0.5}
    assert set(column.relaxation) == {0.0}
    assert column.semiannual == 1.0
    assert column.half_pressure is None  # no network may take it for the surface
    assert column.steps_a_day == 1
    assert column.leaps
    assert column.has_own_waves
