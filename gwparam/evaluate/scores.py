"""Scores by region and level, accumulated time by time."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ArgumentError, ShapeError
from gwparam.evaluate.metrics import Moments

GLOBE = "globe"

# Edges of the latitude bands [degrees from the equator]; an edge belongs to the band on
# its equatorial side, so that the tropics are |latitude| <= 15.
BAND_EDGES = (15.0, 60.0)
BANDS = ("90S-60S", "60S-15S", "15S-15N", "15N-60N", "60N-90N")

Columns = slice | NDArray[np.intp]
"""Which columns a region has; they may have others in common."""


class Scores:
    """Moments of a field on levels, by region and level.

    Parameters
    ----------
    regions : mapping of str to slice or ndarray of int
        Columns of every region.
    n_levels : int
        Number of levels.

    Attributes
    ----------
    regions : tuple of str
        Names of the regions.
    levels : Moments
        Of shape (region, level).
    """

    def __init__(self, regions: Mapping[str, Columns], n_levels: int) -> None:
        self.regions = tuple(regions)
        self._columns = tuple(regions.values())
        empty = np.zeros((0, len(regions), n_levels))
        self.levels = Moments.of(empty, empty)

    def add(
        self,
        prediction: NDArray[Any],
        reference: NDArray[Any],
        present: NDArray[np.bool_] | None = None,
    ) -> None:
        """Take in one time.

        Parameters
        ----------
        prediction, reference : ndarray, shape (ncol, nlev)
            The field, in the same units.
        present : ndarray of bool, shape (ncol,), optional
            The columns that count; all by default.

        Raises
        ------
        ShapeError
            If the shapes differ, or the levels are not as many.
        """
        n_levels = self.levels.count.shape[-1]
        if prediction.shape[1:] != (n_levels,):
            raise ShapeError(
                f"prediction has shape {prediction.shape}, expected {n_levels} levels"
            )
        if reference.shape != prediction.shape:
            raise ShapeError(
                f"reference has shape {reference.shape}, expected {prediction.shape} "
                "as the prediction"
            )
        if present is None or present.all():
            chosen = self._columns
        else:
            every = np.arange(present.size)
            chosen = tuple(every[c][present[c]] for c in self._columns)
        parts = [Moments.of(prediction[c], reference[c]) for c in chosen]
        self.levels = self.levels.merge(Moments.stack(parts))

    @property
    def pooled(self) -> Moments:
        """Over all levels, of shape (region,)."""
        return self.levels.pool(axis=-1)


def globe_and_bands(latitude: NDArray[Any] | None) -> dict[str, Columns]:
    """Columns of the globe and of the latitude bands, from north to south.

    Parameters
    ----------
    latitude : ndarray, shape (ncol,), or None
        Of the columns [degrees_north]; where it is not known, there are no bands.

    Returns
    -------
    dict of str to slice or ndarray of int
        Without the bands that have no column.

    Raises
    ------
    ArgumentError
        If a latitude is not in -90 to 90.
    """
    found: dict[str, Columns] = {GLOBE: slice(None)}
    if latitude is None:
        return found
    band = latitude_band(latitude)
    for i in reversed(range(len(BANDS))):
        columns = np.flatnonzero(band == i)
        if columns.size:
            found[BANDS[i]] = columns
    return found


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
