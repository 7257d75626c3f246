import numpy as np
import pytest
from audit_subjects import EAST, NORTH, pair, shear_zones, trial

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


@pytest.mark.parametrize(
    ("reference", "said"),
    [(None, "no reference"), (np.zeros_like(TRUTH), "0 everywhere, and not compared")],
)
def test_without_a_reference_nothing_is_compared(reference, said):
    for found in distribution(trial(lambda u: u, reference=reference)):
        assert found.verdict == "not applicable"
        assert said in found.said


def test_a_reference_that_does_not_vary_has_a_tail_and_no_variance():
    tail, variance = distribution(trial(lambda u: u, reference=np.ones_like(TRUTH)))

    assert (tail.verdict, variance.verdict) == ("not good", "not applicable")
    assert "does not vary" in variance.said


@pytest.mark.parametrize(
    ("size", "verdict"), [(0.0, "good"), (1e-12, "good"), (0.1, "not good")]
)
def test_where_the_reference_of_a_component_is_0_the_answer_has_to_be(size, verdict):
    references = {EAST: TRUTH, NORTH: np.zeros_like(TRUTH)}
    on = pair({EAST: TRUTH, NORTH: size * TRUTH}, references=references)

    for found in distribution(on):
        assert found.verdict == verdict
        assert "northward" in found.said
        share = found.numbers["share_where_the_reference_is_0"]
        assert share == {NORTH: pytest.approx(size)}


def sparse(share):
    """Drag in so few of all places."""
    return np.where(np.abs(TRUTH) > np.quantile(np.abs(TRUTH), 1.0 - share), TRUTH, 0.0)


@pytest.mark.parametrize(("share", "rungs"), [(0.05, 2), (0.005, 1)])
def test_quantiles_that_are_0_in_the_reference_are_left_out(share, rungs):
    truth = sparse(share)
    tail, variance = distribution(trial(lambda u: truth, reference=truth))
    half, _ = distribution(trial(lambda u: 0.5 * truth, reference=truth))

    assert (tail.verdict, variance.verdict) == ("good", "good")
    assert tail.value == 1.0
    assert np.isfinite(tail.numbers["ratios"][EAST]).sum() == rungs
    assert tail.said.count("none (0 in the reference)") == 3 - rungs
    assert half.verdict == "not good"


def test_a_reference_without_any_quantile_has_no_tail():
    truth = np.zeros_like(TRUTH)
    truth[3, 4] = 1e-6

    tail, variance = distribution(trial(lambda u: truth, reference=truth))

    assert (tail.verdict, variance.verdict) == ("not applicable", "good")
