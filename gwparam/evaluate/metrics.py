"""Scores of a predicted field, accumulated piece by piece.

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
not vary, the score is undefined and NaN.
"""

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ArgumentError, ShapeError

Array = NDArray[np.float64]

# Edges of the latitude bands [degrees from the equator]; an edge belongs to the band on
# its equatorial side, so that the tropics are |latitude| <= 15.
BAND_EDGES = (15.0, 60.0)
BANDS = ("90S-60S", "60S-15S", "15S-15N", "15N-60N", "60N-90N")


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

    def __getitem__(self, index: int) -> "Moments":
        """Moments of one region, or of one row of regions."""
        return Moments(*(getattr(self, f.name)[index] for f in fields(Moments)))

    @property
    def bias(self) -> Array:
        """Mean of prediction minus reference."""
        return _ratio(
            self.count * (self.prediction_mean - self.reference_mean), self.count
        )

    @property
    def rms_error(self) -> Array:
        """Root mean square of prediction minus reference."""
        return np.sqrt(_ratio(self.error_squares, self.count))

    @property
    def rms_reference(self) -> Array:
        """Root mean square of the reference."""
        return np.sqrt(
            self.reference_mean**2 + _ratio(self.reference_squares, self.count)
        )

    @property
    def r2(self) -> Array:
        """Coefficient of determination."""
        return 1.0 - _ratio(self.error_squares, self.reference_squares)

    @property
    def correlation(self) -> Array:
        """Pearson's correlation of prediction and reference."""
        spread = np.sqrt(self.prediction_squares) * np.sqrt(self.reference_squares)
        return np.clip(_ratio(self.products, spread), -1.0, 1.0)


class Scores:
    """Moments of a field on levels: by latitude band, by level, and over the globe.

    Parameters
    ----------
    nlev : int
        Number of levels.
    """

    def __init__(self, nlev: int) -> None:
        empty = np.zeros((0, len(BANDS), nlev))
        self._moments = Moments.of(empty, empty)

    def add(
        self,
        prediction: NDArray[Any],
        reference: NDArray[Any],
        latitude: NDArray[Any],
    ) -> None:
        """Take in columns.

        Parameters
        ----------
        prediction, reference : ndarray, shape (ncol, nlev)
            The field, in the same units.
        latitude : ndarray, shape (ncol,)
            Latitude of the columns [degrees_north].

        Raises
        ------
        ShapeError
            If the shapes differ.
        ArgumentError
            If a latitude is not in -90 to 90.
        """
        nlev = self._moments.count.shape[-1]
        expected = (len(latitude), nlev)
        for name, field in (("prediction", prediction), ("reference", reference)):
            if field.shape != expected:
                raise ShapeError(f"{name} has shape {field.shape}, expected {expected}")
        band = latitude_band(latitude)
        new = Moments.stack(
            [
                Moments.of(prediction[band == i], reference[band == i])
                for i in range(len(BANDS))
            ]
        )
        self._moments = self._moments.merge(new)

    @property
    def globe(self) -> Moments:
        """Over all columns and levels."""
        return self._moments.pool()

    @property
    def bands(self) -> Moments:
        """Over all levels, one region a band, in the order of `BANDS`."""
        return self._moments.pool(axis=1)

    @property
    def levels(self) -> Moments:
        """Over all columns, one region a level."""
        return self._moments.pool(axis=0)


class ZonalMean:
    """Mean over time and longitude of a field on levels.

    Parameters
    ----------
    latitude : ndarray, shape (ncol,)
        Latitude of the columns [degrees_north], the same at every time. Columns of one
        latitude make a row; columns that are scattered over more than `MAX_ROWS`
        latitudes are put in rows of one degree.
    nlev : int
        Number of levels.
    """

    MAX_ROWS = 256

    def __init__(self, latitude: NDArray[Any], nlev: int) -> None:
        rows = np.unique(latitude)
        if rows.size > self.MAX_ROWS:
            latitude = np.round(latitude)
            rows = np.unique(latitude)
        self.latitude: Array = rows.astype(np.float64)
        self._row = np.searchsorted(rows, latitude)
        self._sum = np.zeros((rows.size, nlev))
        self._times = 0

    def add(self, field: NDArray[Any]) -> None:
        """Take in one time; shape (ncol, nlev)."""
        np.add.at(self._sum, self._row, field.astype(np.float64, copy=False))
        self._times += 1

    @property
    def mean(self) -> Array:
        """The mean so far, shape (nlev, nlat)."""
        columns = self._times * np.bincount(self._row, minlength=self.latitude.size)
        return _ratio(self._sum, columns[:, np.newaxis].astype(np.float64)).T


class Score(NamedTuple):
    """Numbers of one region, as plain floats; NaN where undefined."""

    samples: int
    bias: float
    rms_error: float
    largest_error: float
    rms_reference: float
    r2: float
    correlation: float


def score(moments: Moments) -> Score:
    """Numbers of one region.

    Parameters
    ----------
    moments : Moments
        Of one region, with arrays of shape ().
    """
    names = ("bias", "rms_error", "largest_error", "rms_reference", "r2", "correlation")
    return Score(int(moments.count), *(float(getattr(moments, name)) for name in names))


def latitude_band(latitude: NDArray[Any]) -> NDArray[np.intp]:
    """Band of each latitude.

    Parameters
    ----------
    latitude : ndarray
        Latitude [degrees_north].

    Returns
    -------
    ndarray, same shape
        Index into `BANDS`.

    Raises
    ------
    ArgumentError
        If a latitude is not in -90 to 90.
    """
    distance = np.abs(latitude)
    # A pole that was single precision radians is a little beyond 90 degrees.
    inside = distance <= 90.0 + 1e-4
    if not inside.all():
        raise ArgumentError(f"latitude is {latitude[~inside][0]}, expected -90 to 90")
    steps = np.digitize(distance, BAND_EDGES, right=True)
    band: NDArray[np.intp] = np.where(latitude < 0.0, -steps, steps) + len(BANDS) // 2
    return band


def _ratio(numerator: Array, denominator: Array) -> Array:
    """Quotient, NaN where the denominator is 0."""
    out = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    np.divide(numerator, denominator, out=out, where=denominator > 0.0)
    return out
