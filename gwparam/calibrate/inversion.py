"""Ensemble Kalman inversion: parameters from what a model makes of them.

Source: Iglesias, Law and Stuart (2013), Inverse Problems 29, 045001, with perturbed
observations. The step is that of Iglesias and Yang (2021), Inverse Problems 37, 025008,
but for its end: here it never exceeds 1, and iterations go on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ArgumentError

Array = NDArray[np.float64]

LEAST = 3
"""Members that have to give something: a covariance of fewer says nothing."""


@dataclass(frozen=True)
class Target:
    """What a model should give.

    Attributes
    ----------
    values : ndarray, shape (statistic,)
        Observed.
    covariance : ndarray, shape (statistic, statistic)
        Of their noise, that of the model's own sampling among it.
    """

    values: Array
    covariance: Array

    def whiten(self, given: Array) -> Array:
        """Give departures from the target in units of its noise.

        Parameters
        ----------
        given : ndarray, shape (..., statistic)
            Of the model.

        Returns
        -------
        ndarray, shape (..., statistic)
            Their covariance is 1 where the model is right.
        """
        root = np.linalg.cholesky(self.covariance)
        departure = given - self.values
        found: Array = np.linalg.solve(root, departure[..., np.newaxis])[..., 0]
        return found

    def misfit(self, given: Array) -> Array:
        """Mean square departure in units of the noise: about 1 where all is right.

        Parameters
        ----------
        given : ndarray, shape (..., statistic)
            Of the model; the misfit of what is not finite is infinite.
        """
        finite = _all_finite(given)
        known = np.where(finite[..., np.newaxis], given, self.values)
        square = np.square(self.whiten(known)).mean(axis=-1)
        found: Array = np.where(finite, square, np.inf)
        return found


@dataclass(frozen=True)
class Update:
    """One step of an ensemble.

    Attributes
    ----------
    parameters : ndarray, shape (member, parameter)
        After it.
    step : float
        How much of the data it took in: 1 is all of it, once.
    redrawn : int
        Members that had failed, and are drawn anew from what the others became.
    """

    parameters: Array
    step: float
    redrawn: int


def step_length(departures: Array) -> float:
    """Length of a step that does not throw an ensemble onto one point.

    Parameters
    ----------
    departures : ndarray, shape (member, statistic)
        In units of the noise.

    Returns
    -------
    float
        More than 0, at most 1.
    """
    count = departures.shape[1]
    halves = 0.5 * np.square(departures).sum(axis=1)
    mean, spread = halves.mean(), halves.var()
    if mean <= 0.0 or spread <= 0.0:
        return 1.0
    return float(min(1.0, max(0.5 * count / mean, np.sqrt(0.5 * count / spread))))


def update(
    parameters: Array,
    given: Array,
    target: Target,
    generator: np.random.Generator,
    step: float | None = None,
) -> Update:
    """Move an ensemble towards its target.

    Parameters
    ----------
    parameters : ndarray, shape (member, parameter)
        Of each member.
    given : ndarray, shape (member, statistic)
        What the model makes of them. Members with a value that is not finite have
        failed: they take no part, and are drawn anew from a normal distribution of
        those that did.
    target : Target
        What it should give.
    generator : Generator
        Of the perturbations, and of what is drawn anew.
    step : float, optional
        Default: `step_length`.

    Raises
    ------
    ArgumentError
        If fewer than `LEAST` members give something.
    """
    works = _all_finite(given)
    count = int(works.sum())
    if count < LEAST:
        raise ArgumentError(
            f"{count} of {len(given)} members give finite statistics, expected at "
            f"least {LEAST}: members differ too much, or all are unstable",
            settings=("spread",),
        )
    departures = target.whiten(given[works])
    if step is None:
        step = step_length(departures)
    noise = generator.standard_normal(departures.shape) / np.sqrt(step)
    own = _anomalies(parameters[works])
    seen = _anomalies(departures)
    innovation = noise - departures
    inner = seen.T @ seen + np.eye(seen.shape[1]) / step
    gain = np.linalg.solve(inner, seen.T @ own)
    moved = np.empty_like(parameters)
    moved[works] = parameters[works] + innovation @ gain
    if count < len(works):
        moved[~works] = _draw(moved[works], len(works) - count, generator)
    return Update(moved, step, len(works) - count)


def _all_finite(values: Array) -> NDArray[np.bool_]:
    """Say which rows are finite."""
    return np.asarray(np.isfinite(values).all(axis=-1))


def _anomalies(values: Array) -> Array:
    """Departures from the mean, whose product is the covariance."""
    found: Array = (values - values.mean(axis=0)) / np.sqrt(len(values) - 1)
    return found


def _draw(members: Array, count: int, generator: np.random.Generator) -> Array:
    """Draw from the normal distribution with mean and covariance of members."""
    weights = generator.standard_normal((count, len(members)))
    found: Array = members.mean(axis=0) + weights @ _anomalies(members)
    return found
