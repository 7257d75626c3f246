"""Differences of two climates, and which of them are more than chance.

Years are the samples: what days and months remember of each other is in their mean, and
years are taken as independent. Welch's test allows for other variances in both. A map
has thousands of tests, of which some come out by chance; the false discovery rate is
held instead of the level of each (Wilks 2016, Bull. Amer. Meteor. Soc. 97, 2263-2273,
doi:10.1175/BAMS-D-15-00267.1).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwparam.climate.student import two_sided
from gwparam.errors import ShapeError

RATE = 0.10
"""False discovery rate; of a map of correlated tests about twice the global level."""

LEAST_YEARS = 5
"""Years that each side needs for a test."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """A run minus a reference.

    Attributes
    ----------
    mean : ndarray, shape (...)
        Difference of the means; NaN where a side has no value.
    probability : ndarray, shape (...)
        Of such a difference by chance, by Welch's test; NaN where there is no test.
    significant : ndarray of bool, shape (...)
        Where the test discovers one.
    years : tuple of int
        Of the run and of the reference.
    """

    mean: Array
    probability: Array
    significant: NDArray[np.bool_]
    years: tuple[int, int]

    @property
    def known(self) -> Array:
        """Differences where both sides have a value, shape (cell,)."""
        return self.mean[np.isfinite(self.mean)]

    @property
    def root_mean_square(self) -> float:
        """Of the cells that are known; NaN without any."""
        return float(np.sqrt(np.mean(self.known**2))) if self.known.size else np.nan

    @property
    def largest(self) -> float:
        """Largest magnitude; NaN without any."""
        return float(np.abs(self.known).max()) if self.known.size else np.nan

    @property
    def tests(self) -> int:
        """How many tests there are."""
        return int(np.isfinite(self.probability).sum())

    @property
    def discovered(self) -> int:
        """How many of them are significant."""
        return int(self.significant.sum())


def compare_years(run: Array, reference: Array, rate: float = RATE) -> Difference:
    """Compare yearly means.

    Parameters
    ----------
    run, reference : ndarray, shape (year, ...)
        Means of at least one year each, on the same grid.
    rate : float
        False discovery rate.

    Raises
    ------
    ShapeError
        If the grids differ, or a side has no year.
    """
    years = (len(run), len(reference))
    if run.shape[1:] != reference.shape[1:] or 0 in years:
        raise ShapeError(
            f"yearly means have shapes {run.shape} and {reference.shape}, expected "
            "some years each on one grid"
        )
    mean = run.mean(axis=0) - reference.mean(axis=0)
    probability = (
        welch(run, reference)
        if min(years) >= LEAST_YEARS
        else np.full(mean.shape, np.nan)
    )
    return Difference(mean, probability, discoveries(probability, rate), years)


def welch(one: Array, other: Array) -> Array:
    """Probability of a difference of means as large by chance, two-sided.

    Parameters
    ----------
    one, other : ndarray, shape (sample, ...)
        At least two independent samples each; variances may differ.

    Returns
    -------
    ndarray, shape (...)
        0 where neither side varies and the means differ, NaN where they do not.

    Notes
    -----
    Source: Welch (1947), Biometrika 34, 28-35, with the degrees of freedom of
    Satterthwaite (1946).
    """
    parts = [side.var(axis=0, ddof=1) / len(side) for side in (one, other)]
    difference = one.mean(axis=0) - other.mean(axis=0)
    variance = parts[0] + parts[1]
    below = sum(
        part**2 / (len(side) - 1)
        for part, side in zip(parts, (one, other), strict=True)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        t = difference / np.sqrt(variance)
        freedom = np.where(variance > 0.0, variance**2 / below, 1.0)
        return two_sided(np.asarray(t), np.asarray(freedom))


def discoveries(probability: Array, rate: float = RATE) -> NDArray[np.bool_]:
    """Find the tests that a false discovery rate lets stand.

    Parameters
    ----------
    probability : ndarray
        Of every test, in any shape; NaN where there is none.
    rate : float
        Share of the discoveries that may be false.

    Returns
    -------
    ndarray of bool, same shape
        Those up to the largest p(i) <= rate i / n of the n sorted probabilities.

    Notes
    -----
    Source: Benjamini and Hochberg (1995), J. Roy. Stat. Soc. B 57, 289-300.
    """
    known = np.sort(probability[np.isfinite(probability)])
    below = known <= rate * np.arange(1, known.size + 1) / max(known.size, 1)
    if not below.any():
        return np.zeros(probability.shape, bool)
    highest = known[np.flatnonzero(below)[-1]]
    return np.asarray(probability <= highest)
