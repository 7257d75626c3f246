import numpy as np
import pytest

from gwparam.calibrate.inversion import Target, step_length, update
from gwparam.errors import ArgumentError

MAP = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])
PRIOR_MEAN = np.array([0.3, -0.2, 0.1])
PRIOR = np.array([[1.0, 0.3, 0.0], [0.3, 0.5, 0.1], [0.0, 0.1, 0.8]])
TARGET = Target(np.array([2.0, -1.5]), np.array([[0.2, 0.05], [0.05, 0.1]]))
MEMBERS = 20_000
SAMPLING = 0.02
"""A few standard errors of means of so many members, of deviations near 1."""


def members(count=MEMBERS):
    return np.random.default_rng(0).multivariate_normal(PRIOR_MEAN, PRIOR, count)


def bayes(weight=1.0):
    """Mean and covariance of the closed form."""
    noise = TARGET.covariance / weight
    gain = PRIOR @ MAP.T @ np.linalg.inv(MAP @ PRIOR @ MAP.T + noise)
    mean = PRIOR_MEAN + gain @ (TARGET.values - MAP @ PRIOR_MEAN)
    return mean, PRIOR - gain @ MAP @ PRIOR


@pytest.mark.parametrize("steps", [[1.0], [0.25, 0.25, 0.5], [1.0, 1.0, 1.0]])
def test_a_linear_map_and_a_normal_prior_give_the_closed_form(steps) -> None:
    ensemble = members()
    generator = np.random.default_rng(1)
    for step in steps:
        moved = update(ensemble, ensemble @ MAP.T, TARGET, generator, step)
        assert (moved.step, moved.redrawn) == (step, 0)
        ensemble = moved.parameters
    mean, covariance = bayes(sum(steps))
    np.testing.assert_allclose(ensemble.mean(axis=0), mean, atol=SAMPLING)
    np.testing.assert_allclose(np.cov(ensemble.T), covariance, atol=SAMPLING)


def test_failed_members_take_no_part_and_are_redrawn() -> None:
    ensemble = members(6000)
    given = ensemble @ MAP.T
    failed = np.arange(len(ensemble)) % 4 == 1
    ensemble[failed] += 100.0  # what failed says nothing
    given[failed, 1] = np.nan
    moved = update(ensemble, given, TARGET, np.random.default_rng(2), 1.0)
    assert moved.redrawn == failed.sum()
    assert np.isfinite(moved.parameters).all()
    mean, covariance = bayes()
    for part in (failed, ~failed):
        its = moved.parameters[part]
        np.testing.assert_allclose(its.mean(axis=0), mean, atol=4 * SAMPLING)
        np.testing.assert_allclose(np.cov(its.T), covariance, atol=4 * SAMPLING)


def test_too_few_that_work_are_refused() -> None:
    given = np.full((5, 2), np.nan)
    given[:2] = 1.0
    with pytest.raises(ArgumentError, match=r"2 of 5 members .* expected at least 3"):
        update(members(5), given, TARGET, np.random.default_rng(0))


def test_more_parameters_than_members_stay_in_their_span() -> None:
    generator = np.random.default_rng(3)
    ensemble = generator.standard_normal((6, 50))
    given = ensemble[:, :2] * 3.0
    moved = update(ensemble, given, TARGET, generator).parameters
    span = ensemble - ensemble.mean(axis=0)
    left = moved - ensemble.mean(axis=0)
    residual = left - left @ np.linalg.pinv(span) @ span
    assert np.abs(residual).max() < 1e-12


def test_steps_are_short_far_away_and_whole_near() -> None:
    generator = np.random.default_rng(4)
    near = generator.standard_normal((50, 10)) * 0.1
    assert step_length(near) == 1.0
    assert step_length(near + 100.0) < 0.1
    assert step_length(np.zeros((4, 3))) == 1.0
    moved = update(members(50), members(50) @ MAP.T + 90.0, TARGET, generator)
    assert 0.0 < moved.step < 0.1


def test_misfit_is_in_units_of_the_noise() -> None:
    root = np.linalg.cholesky(TARGET.covariance)
    noise = np.random.default_rng(5).standard_normal((MEMBERS, 2)) @ root.T
    misfit = TARGET.misfit(TARGET.values + noise)
    assert misfit.mean() == pytest.approx(1.0, abs=SAMPLING)
    np.testing.assert_allclose(
        np.cov(TARGET.whiten(TARGET.values + noise).T), np.eye(2), atol=SAMPLING
    )
    assert TARGET.misfit(np.array([np.nan, 1.0])) == np.inf
    assert TARGET.misfit(TARGET.values) == 0.0
