import numpy as np
import pytest

from gwparam.climate.differences import (
    LEAST_YEARS,
    compare_years,
    discoveries,
    welch,
)
from gwparam.errors import ShapeError

YEARS, SHAPE = 20, (30, 40)


def climate(seed, years=YEARS, offset=0.0):
    noise = np.random.default_rng(seed).normal(0.0, 2.0, (years, *SHAPE))
    return noise + np.broadcast_to(offset, SHAPE)


@pytest.fixture
def bump():
    """A difference in a corner, five of its standard deviations."""
    offset = np.zeros(SHAPE)
    offset[:10, :10] = 10.0
    return offset


def test_a_planted_difference_is_found_where_it_is(bump):
    found = compare_years(climate(1, offset=bump), climate(2, years=30))

    assert found.years == (YEARS, 30)
    assert found.significant[:10, :10].all()
    # Of 1100 tests of nothing, at most a tenth of the discoveries, and luck.
    assert found.significant.sum() - 100 < 25
    np.testing.assert_allclose(found.mean[:10, :10], 10.0, atol=2.5)


def test_two_runs_of_one_climate_have_no_difference():
    found = compare_years(climate(3), climate(4))

    assert (found.probability < 0.05).mean() == pytest.approx(0.05, abs=0.02)
    assert not found.significant.any()


def test_probability_is_that_of_a_worked_example():
    # Two sides of 15 samples, with other variances.
    one = np.array(
        [
            *(27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1),
            *(21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4),
        ]
    )
    other = np.array(
        [
            *(27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0),
            *(24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4),
        ]
    )

    found = welch(one[:, None], other[:, None])

    np.testing.assert_allclose(found, 0.021378001462867, rtol=1e-9)


def test_the_false_discovery_rate_is_the_step_up_rule():
    # Thresholds 0.02, 0.04, 0.06, 0.08, 0.10: the fourth is met, so the third stands.
    probability = np.array([0.9, 0.001, 0.079, 0.065, 0.03])

    found = discoveries(probability, 0.10)

    assert found.tolist() == [False, True, True, True, True]


def test_tests_that_are_none_count_nowhere():
    probability = np.array([0.001, np.nan, np.nan, 0.09])

    assert discoveries(probability, 0.10).tolist() == [True, False, False, True]
    assert not discoveries(np.full(3, np.nan)).any()


def test_sides_that_do_not_vary_differ_or_do_not():
    one = np.zeros((6, 2))
    other = one + np.array([0.0, 1.0])

    np.testing.assert_array_equal(welch(one, other), [np.nan, 0.0])


def test_few_years_have_a_difference_and_no_test(bump):
    found = compare_years(climate(1, LEAST_YEARS - 1, bump), climate(2))

    assert np.isnan(found.probability).all()
    assert not found.significant.any()
    assert found.mean[:10, :10].mean() == pytest.approx(10.0, abs=1.0)


def test_a_cell_without_values_has_no_test():
    one = climate(1)
    one[:, 0, 0] = np.nan

    found = compare_years(one, climate(2))

    assert np.isnan(found.mean[0, 0])
    assert not found.significant[0, 0]
    assert np.isfinite(found.probability).sum() == found.probability.size - 1


def test_other_grids_are_refused():
    with pytest.raises(ShapeError, match="on one grid"):
        compare_years(climate(1), climate(2)[:, 1:])
