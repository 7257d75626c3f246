import numpy as np
import pytest
from audit_subjects import NLEV, globe, shear_zones, trial

from gwparam.audit.receptive_field import receptive_field


def banded(width):
    """Sum of the wind over so many levels to either side."""
    near = np.abs(np.subtract.outer(range(NLEV), range(NLEV))) <= width
    return lambda u: u @ near.T.astype(float)


def test_a_sum_over_the_column_sees_all_of_it():
    found = receptive_field(trial(banded(NLEV)))

    assert (found.verdict, found.value) == ("good", 1.0)
    # The lowest, where the wind is calm, is not moved.
    assert found.numbers["levels_seen_median"] == NLEV - 1


def test_a_window_of_five_levels_is_found_and_counted():
    found = receptive_field(trial(banded(2)))

    assert found.verdict == "not good"
    assert found.numbers["levels_seen_median"] == 5
    # The upper half above the source are levels 0 to 4, which see three levels each of
    # the 11 to 7 from themselves up to where the wind is calm.
    expected = np.mean([3 / n for n in (11, 10, 9, 8, 7)])
    assert found.value == pytest.approx(expected)


def test_what_lies_above_is_not_asked_for():
    # Waves that come from below see the levels from the source up to them.
    upward = np.triu(np.ones((NLEV, NLEV)))

    found = receptive_field(trial(lambda u: u @ upward.T))

    assert (found.verdict, found.value) == ("good", 1.0)


def test_the_response_is_the_slope():
    found = receptive_field(trial(lambda u: 3e-6 * u))

    slope = 3e-6 * np.eye(NLEV)[:, :-1]
    np.testing.assert_allclose(found.curves["response"], slope, atol=1e-18)


def test_calm_everywhere_shows_nothing():
    calm = np.zeros_like(shear_zones())

    found = receptive_field(trial(lambda u: u, wind=calm))

    assert (found.verdict, found.said) == ("not applicable", "its winds do not vary")


def test_no_answer_aloft_cannot_be_judged():
    low = np.where(np.arange(NLEV) > 8, 1.0, 0.0)

    found = receptive_field(trial(lambda u: low * u))

    assert found.verdict == "not applicable"


def test_images_are_moved_at_some_levels_and_all_their_cells():
    found = receptive_field(globe(lambda u: u.mean(axis=-1, keepdims=True) + 0 * u))

    assert (found.verdict, found.value) == ("good", 1.0)
