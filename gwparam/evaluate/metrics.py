"""Scores of a predicted field: what they are, and the sums that they are made of.

Every sample (time, column, level) counts the same: no weight by area or by mass. Scores
pool the samples of a region and then take one mean and one variance; they are never
averages of scores. For a reference ``r`` and a prediction ``p`` over n samples::

    bias         mean(p - r)
    rms error    sqrt(mean((p - r)**2))
    R2           1 - mean((p - r)**2) / mean((r - mean(r))**2)
    correlation  Pearson's, between p and r

R2 is the coefficient of determination (the Nash-Sutcliffe efficiency), negative where
the mean of the reference would have been the better prediction; it is not the square of
the correlation. Where the reference (or, for the correlation, either of the two) does
not vary, the score is undefined and NaN. A score of several levels is that of all their
samples together, in which the levels with the largest values decide.
"""

import math
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ShapeError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """What the scores of one or many regions need of the samples seen so far.

    Attributes
    ----------
    count, prediction_mean, reference_mean : ndarray
        Number of samples and means, one a region; 0 where there is no sample.
    prediction_squares, reference_squares, products : ndarray
        Sums of squares and of products of the deviations from those means.
    error_squares, largest_error, largest_reference : ndarray
        Sum of ``(p - r)**2``, largest ``|p - r|``, largest ``|r|``.

    Notes
    -----
    Sums are of deviations from the mean and are combined as such, because a difference
    of two sums of squares loses all digits when the mean is large. Source: Chan, Golub
    and LeVeque (1983), The American Statistician 37, 242-247.
    """

    count: Array
    prediction_mean: Array
    reference_mean: Array
    prediction_squares: Array
    reference_squares: Array
    products: Array
    error_squares: Array
    largest_error: Array
    largest_reference: Array

    @staticmethod
    def of(prediction: NDArray[Any], reference: NDArray[Any]) -> "Moments":
        """Moments over the first axis of two arrays of the same shape.

        Raises
        ------
        ShapeError
            If the two shapes differ.
        """
        if prediction.shape != reference.shape:
            raise ShapeError(
                f"prediction has shape {prediction.shape}, "
                f"expected {reference.shape} as the reference"
            )
        p = prediction.astype(np.float64, copy=False)
        r = reference.astype(np.float64, copy=False)
        count = p.shape[0]
        p_mean = p.sum(axis=0) / max(count, 1)
        r_mean = r.sum(axis=0) / max(count, 1)
        p_deviation, r_deviation, error = p - p_mean, r - r_mean, p - r
        return Moments(
            np.full(p.shape[1:], float(count)),
            p_mean,
            r_mean,
            (p_deviation**2).sum(axis=0),
            (r_deviation**2).sum(axis=0),
            (p_deviation * r_deviation).sum(axis=0),
            (error**2).sum(axis=0),
            np.abs(error).max(axis=0, initial=0.0),
            np.abs(r).max(axis=0, initial=0.0),
        )

    @staticmethod
    def stack(parts: "list[Moments]") -> "Moments":
        """Several moments as one, along a new first axis."""
        return Moments(
            *(np.stack([getattr(m, f.name) for m in parts]) for f in fields(Moments))
        )

    def pool(self, axis: int | None = None) -> "Moments":
        """Moments of the union of the regions along an axis, or of all of them."""
        count = self.count.sum(axis=axis, keepdims=True)
        some = np.maximum(count, 1.0)
        p_mean = (self.count * self.prediction_mean).sum(axis, keepdims=True) / some
        r_mean = (self.count * self.reference_mean).sum(axis, keepdims=True) / some
        p_shift, r_shift = self.prediction_mean - p_mean, self.reference_mean - r_mean
        p_squares = self.prediction_squares + self.count * p_shift**2
        r_squares = self.reference_squares + self.count * r_shift**2
        return Moments(
            count.squeeze(axis),
            p_mean.squeeze(axis),
            r_mean.squeeze(axis),
            p_squares.sum(axis),
            r_squares.sum(axis),
            (self.products + self.count * p_shift * r_shift).sum(axis),
            self.error_squares.sum(axis),
            self.largest_error.max(axis),
            self.largest_reference.max(axis),
        )

    def merge(self, other: "Moments") -> "Moments":
        """Moments of these samples and of others, region by region."""
        return Moments.stack([self, other]).pool(axis=0)

    def along_last(self, places: NDArray[np.intp]) -> "Moments":
        """Moments of some of the regions along the last axis."""
        return Moments(*(getattr(self, f.name)[..., places] for f in fields(Moments)))

    def __getitem__(self, index: int) -> "Moments":
        """Moments of one region, or of one row of regions."""
        return Moments(*(getattr(self, f.name)[index] for f in fields(Moments)))

    @property
    def bias(self) -> Array:
        """Mean of prediction minus reference."""
        return ratio(
            self.count * (self.prediction_mean - self.reference_mean), self.count
        )

    @property
    def rms_error(self) -> Array:
        """Root mean square of prediction minus reference."""
        return np.sqrt(ratio(self.error_squares, self.count))

    @property
    def rms_reference(self) -> Array:
        """Root mean square of the reference."""
        return np.sqrt(
            self.reference_mean**2 + ratio(self.reference_squares, self.count)
        )

    @property
    def r2(self) -> Array:
        """Coefficient of determination."""
        return 1.0 - ratio(self.error_squares, self.reference_squares)

    @property
    def correlation(self) -> Array:
        """Pearson's correlation of prediction and reference."""
        spread = np.sqrt(self.prediction_squares) * np.sqrt(self.reference_squares)
        return np.clip(ratio(self.products, spread), -1.0, 1.0)


class Score(NamedTuple):
    """Numbers of one region, as plain floats; NaN where undefined."""

    samples: int
    bias: float
    rms_error: float
    largest_error: float
    rms_reference: float
    r2: float
    correlation: float

    def as_dict(self) -> dict[str, float | None]:
        """Numbers as JSON has them: None where undefined; without the samples."""
        return {
            "bias": finite(self.bias),
            "rms_error": finite(self.rms_error),
            "max_error": finite(self.largest_error),
            "rms_reference": finite(self.rms_reference),
            "r2": finite(self.r2),
            "correlation": finite(self.correlation),
        }


def score(moments: Moments) -> Score:
    """Numbers of one region.

    Parameters
    ----------
    moments : Moments
        Of one region, with arrays of shape ().
    """
    names = ("bias", "rms_error", "largest_error", "rms_reference", "r2", "correlation")
    found = Score(
        int(moments.count), *(float(getattr(moments, name)) for name in names)
    )
    # The largest of no error is 0 in the moments, which would read as agreement.
    return found if found.samples else found._replace(largest_error=math.nan)


def finite(value: float) -> float | None:
    """Turn a number into what JSON holds: None where it is not finite."""
    return value if math.isfinite(value) else None


def ratio(numerator: Array, denominator: Array) -> Array:
    """Quotient, NaN where the denominator is 0."""
    out = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    np.divide(numerator, denominator, out=out, where=denominator > 0.0)
    return out
