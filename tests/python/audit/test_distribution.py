import numpy as np
import pytest
from audit_subjects import EAST, shear_zones, trial

from gwparam.audit.distribution import distribution

TRUTH = 1e-6 * shear_zones()


def judged(function):
    return distribution(trial(function, reference=TRUTH))


def test_the_reference_itself_is_good():
    tail, variance = judged(lambda u: 1e-6 * u)

    assert (tail.verdict, variance.verdict) == ("good", "good")
    assert (tail.value, variance.value) == (1.0, 1.0)
    assert variance.numbers["hellinger"] == {EAST: 0.0}


def test_half_the_amplitude_loses_tail_and_variance():
    tail, variance = judged(lambda u: 0.5e-6 * u)

    assert (tail.verdict, variance.verdict) == ("not good", "not good")
    np.testing.assert_allclose(tail.numbers["ratios"][EAST], 0.5)
    assert variance.value == pytest.approx(0.25)


def test_a_tail_that_is_cut_off_is_found_where_variance_and_hellinger_are_fooled():
    highest = 1e-6 * np.quantile(np.abs(shear_zones()), 0.985)
    tail, variance = judged(
        lambda u: np.clip(1e-6 * u, -0.65 * highest, 0.65 * highest)
    )

    assert tail.verdict == "not good"
    assert variance.numbers["hellinger"][EAST] < 0.3


def test_the_sign_does_not_show_in_a_distribution():
    tail, variance = judged(lambda u: -1e-6 * u)

    assert (tail.verdict, variance.verdict) == ("good", "good")


@pytest.mark.parametrize("reference", [None, np.zeros_like(TRUTH), np.ones_like(TRUTH)])
def test_without_a_reference_nothing_is_compared(reference):
    found = distribution(trial(lambda u: u, reference=reference))

    assert [f.verdict for f in found] == ["not applicable"] * 2
