import numpy as np
import pytest

from gwparam.errors import ArgumentError
from gwparam.evaluate.ladder import (
    RESOLUTION,
    Magnitudes,
    quantile_ladder,
    variance_ratio,
    variance_ratio_of,
)
from gwparam.evaluate.metrics import Moments

REFERENCE = np.random.default_rng(20261130).laplace(0.0, 1e-5, (40, 50, 73))


def streamed(*parts, weights=None):
    found = Magnitudes()
    for part in parts:
        found.add(part, weights)
    return found


def test_quantiles_are_those_of_the_closed_form():
    # |x| of a Laplace distribution of scale b has the quantile -b ln(1 - q).
    expected = -1e-5 * np.log1p(-np.array([0.90, 0.99]))

    found = streamed(REFERENCE).quantiles((0.90, 0.99))

    np.testing.assert_allclose(found, expected, rtol=0.02)


def test_a_distribution_beside_itself_has_ratios_of_one():
    np.testing.assert_array_equal(quantile_ladder(REFERENCE, REFERENCE), np.ones(3))
    assert variance_ratio(REFERENCE, REFERENCE) == 1.0


def test_a_tail_that_was_cut_off_shows_in_the_last_rungs_alone():
    highest = np.quantile(np.abs(REFERENCE), 0.99)

    found = quantile_ladder(np.clip(REFERENCE, -highest, highest), REFERENCE)

    np.testing.assert_allclose(found[:2], 1.0, rtol=1e-4)
    assert found[2] < 0.7


def test_half_the_amplitude_is_a_quarter_of_the_variance():
    np.testing.assert_allclose(quantile_ladder(0.5 * REFERENCE, REFERENCE), 0.5)
    assert variance_ratio(0.5 * REFERENCE, REFERENCE) == pytest.approx(0.25)


def test_a_mean_is_no_variance():
    assert variance_ratio(REFERENCE + 1.0, REFERENCE) == pytest.approx(1.0)


def test_quantiles_of_fields_that_pass_by_are_those_of_the_whole():
    exact = np.quantile(np.abs(REFERENCE), (0.90, 0.99, 0.999))

    found = streamed(*REFERENCE).quantiles()

    np.testing.assert_allclose(found, exact, rtol=RESOLUTION)


def test_the_ladder_of_fields_that_pass_by_is_that_of_the_whole():
    found = streamed(*(0.7 * REFERENCE)).ladder(streamed(*REFERENCE))

    np.testing.assert_allclose(found, 0.7, rtol=RESOLUTION)


def test_histograms_together_are_that_of_all_samples():
    parts = [streamed(REFERENCE[:7]), streamed(REFERENCE[7:])]

    together = Magnitudes.together(parts)

    np.testing.assert_array_equal(together.counts, streamed(REFERENCE).counts)


def test_moments_have_the_variance_ratio_of_the_samples():
    given = 0.5 * REFERENCE + 3e-6
    flat = Moments.of(given.reshape(-1, 1), REFERENCE.reshape(-1, 1))

    assert variance_ratio_of(flat)[0] == pytest.approx(variance_ratio(given, REFERENCE))


def test_a_sample_of_weight_two_counts_as_two_samples():
    values = np.array([1.0, 2.0, 4.0])

    weighted = streamed(values, weights=np.array([2, 1, 0]))

    repeated = streamed(np.array([1.0, 1.0, 2.0]))
    np.testing.assert_array_equal(weighted.counts, repeated.counts)


def test_zeros_have_a_quantile_of_zero_and_a_ratio_over_them_is_undefined():
    zeros = np.zeros(1000)

    np.testing.assert_array_equal(streamed(zeros).quantiles(), np.zeros(3))
    assert np.isnan(quantile_ladder(REFERENCE, zeros)).all()
    assert np.isnan(variance_ratio(REFERENCE, zeros))
    np.testing.assert_array_equal(quantile_ladder(zeros, REFERENCE), np.zeros(3))


def test_no_samples_yet_have_no_quantiles():
    assert np.isnan(Magnitudes().quantiles()).all()


def test_what_lies_beyond_the_bins_is_in_the_last_one():
    assert streamed(np.array([1e30])).quantiles((0.5,))[0] == pytest.approx(
        1e10, rel=0.01
    )
    assert 0.0 < streamed(np.array([1e-40])).quantiles((0.5,))[0] < 1e-29


def test_samples_that_are_not_finite_are_refused():
    values = np.array([1.0, np.nan])

    with pytest.raises(ArgumentError, match="reference has values that are not finite"):
        quantile_ladder(np.ones(2), values)
    with pytest.raises(ArgumentError, match="values has values that are not finite"):
        streamed(values)
    with pytest.raises(ArgumentError, match="given has no samples"):
        variance_ratio(np.empty(0), values)
