"""The tail of a distribution, and its spread: what a Hellinger distance can miss.

With ``Q(q, x)`` the quantile q of ``|x|`` over all samples::

    quantile ladder   Q(q, given) / Q(q, reference)   at q = 0.90, 0.99, 0.999
    variance ratio    var(given) / var(reference)

Both are 1 for equal distributions. A rung below 1 is a tail that was lost: the strong
waves, which drive the circulation, come out too weak. A histogram of 100 bins hides
this, for hardly any sample lies out there. The ladder compares distributions, not
samples: the two sides need not have as many. A ratio over a reference of 0 is NaN.

`quantile_ladder` and `variance_ratio` take whole arrays. For fields that pass by one
after the other, `Magnitudes` keeps a histogram of ``|x|`` whose quantiles are right to
`RESOLUTION`, and `metrics.Moments` keep the variances.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gwparam.errors import ArgumentError
from gwparam.evaluate.metrics import Moments, ratio

Array = NDArray[np.float64]

QUANTILES = (0.90, 0.99, 0.999)
# Quotient of the two edges of a bin of `Magnitudes`, less 1.
RESOLUTION = 0.005
# Range of the bins: a momentum flux is below 1e2 Pa, and a drag that matters is above
# 1e-20 m s-2. What lies beyond goes into the bins at the ends.
_LEAST, _MOST = 1e-30, 1e10
_STEP = np.log1p(RESOLUTION)
_NUMBER = int(np.ceil(np.log(_MOST / _LEAST) / _STEP))


def quantile_ladder(
    given: ArrayLike, reference: ArrayLike, quantiles: Sequence[float] = QUANTILES
) -> Array:
    """Ratios of the quantiles of the magnitudes of two sets of samples.

    Parameters
    ----------
    given, reference : array_like
        Samples of any shape, pooled; both in the same units.
    quantiles : sequence of float
        0 to 1.

    Returns
    -------
    ndarray, shape (len(quantiles),)
        Quantile of ``|given|`` over that of ``|reference|``; NaN where the latter is 0.

    Raises
    ------
    ArgumentError
        If there is no sample, or one that is not finite.
    """
    above, below = (
        np.quantile(np.abs(_samples(x, name)), quantiles)
        for x, name in ((given, "given"), (reference, "reference"))
    )
    return ratio(above, below)


def variance_ratio(given: ArrayLike, reference: ArrayLike) -> float:
    """Ratio of the variances of two sets of samples.

    Parameters and errors as `quantile_ladder`. NaN where the reference does not vary.
    """
    above, below = (
        np.var(_samples(x, name))
        for x, name in ((given, "given"), (reference, "reference"))
    )
    return float(ratio(np.asarray(above), np.asarray(below)))


def variance_ratio_of(moments: Moments) -> Array:
    """Ratio of the variances of prediction and reference, region by region.

    Parameters
    ----------
    moments : Moments
        Of the samples seen so far.

    Returns
    -------
    ndarray
        As the arrays of the moments; NaN where the reference does not vary.
    """
    return ratio(moments.prediction_squares, moments.reference_squares)


class Magnitudes:
    """Histogram of ``|x|`` of samples that pass by, fine enough for its quantiles.

    Bins are even in the logarithm, `RESOLUTION` wide; 0 has a bin of its own. A
    quantile is right to half a bin, where samples are many enough for one to be well
    defined at all.

    Attributes
    ----------
    counts : ndarray, shape (nbin,)
        Sum of the weights in every bin; the first is that of 0.
    """

    def __init__(self) -> None:
        self.counts: Array = np.zeros(_NUMBER + 1)

    def add(self, values: NDArray[Any], weights: NDArray[Any] | None = None) -> None:
        """Take in samples.

        Parameters
        ----------
        values : ndarray
            Samples of any shape.
        weights : ndarray, optional
            Of the samples, not negative; broadcast to the shape of `values`. 1 by
            default.

        Raises
        ------
        ArgumentError
            If a sample is not finite.
        """
        magnitude = np.abs(_samples(values, "values", least=0))
        some = magnitude > 0.0
        place = np.zeros(magnitude.size, np.int64)
        steps = np.log(magnitude[some] / _LEAST) / _STEP
        place[some] = 1 + np.clip(steps, 0, _NUMBER - 1).astype(np.int64)
        spread = (
            None if weights is None else np.broadcast_to(weights, values.shape).ravel()
        )
        self.counts += np.bincount(place, spread, minlength=self.counts.size)

    @staticmethod
    def together(parts: "Sequence[Magnitudes]") -> "Magnitudes":
        """Histogram of the samples of several."""
        found = Magnitudes()
        for part in parts:
            found.counts += part.counts
        return found

    def quantiles(self, quantiles: Sequence[float] = QUANTILES) -> Array:
        """Quantiles of ``|x|`` so far, each the geometric middle of its bin.

        NaN where there was no sample yet, or none with a weight.
        """
        total = self.counts.cumsum()
        if not total[-1] > 0.0:
            return np.full(len(quantiles), np.nan)
        place = np.searchsorted(total, np.asarray(quantiles) * total[-1])
        # The last bins are empty more often than not, and rounding must not end there.
        place = np.minimum(place, np.flatnonzero(self.counts)[-1])
        return np.where(place > 0, _LEAST * np.exp((place - 0.5) * _STEP), 0.0)

    def ladder(
        self, reference: "Magnitudes", quantiles: Sequence[float] = QUANTILES
    ) -> Array:
        """Ratios of the quantiles to those of a reference, as `quantile_ladder`."""
        return ratio(self.quantiles(quantiles), reference.quantiles(quantiles))


def _samples(values: ArrayLike, name: str, least: int = 1) -> Array:
    flat = np.asarray(values, np.float64).ravel()
    if flat.size < least:
        raise ArgumentError(f"{name} has no samples, expected some")
    if not np.isfinite(flat).all():
        raise ArgumentError(f"{name} has values that are not finite")
    return flat
