import numpy as np
import pytest

from gwparam.grids import half_way


@pytest.mark.parametrize(
    ("full", "half"),
    [
        ([100.0, 200.0, 300.0], [50.0, 150.0, 250.0, 350.0]),
        ([10.0, 100.0], [0.0, 55.0, 145.0]),
        ([500.0], [450.0, 550.0]),
    ],
    ids=["even", "not above 0", "single"],
)
def test_half_levels_lie_half_way_and_as_far_out_as_in(full, half):
    np.testing.assert_allclose(half_way(np.array(full)), half)


def test_half_levels_of_many_columns_are_those_of_each():
    full = np.array([[100.0, 200.0, 300.0], [10.0, 100.0, 500.0]])

    np.testing.assert_array_equal(half_way(full), [half_way(row) for row in full])
