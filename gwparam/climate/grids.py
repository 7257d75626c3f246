"""Zonal means on latitudes and levels: rows of columns, places between them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ContractError

# Of a coordinate in single precision, relative to its steps or to itself.
_ROUNDING = 1e-3
WHOLE = 0.9
"""Share of its values that a mean needs."""

_GAP = 2.5  # of the mean step between longitudes, or of the width of a band
_QUARTER = 90.0
# Widths of bands, of which a whole number lies between the poles.
_WIDTHS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9.0, 10.0, 12.0, 15.0)

Array = NDArray[np.float64]


class Rows:
    """Columns around the globe, from south to north.

    Those of one latitude are a row. Where they do not go around the globe, as on
    unstructured and curvilinear grids, rows are bands of latitude twice as wide as
    columns are apart.

    Parameters
    ----------
    latitude : ndarray, shape (ncol,)
        Of the columns [degrees_north].
    longitude : ndarray, shape (ncol,), optional
        Of the columns [degrees_east]; zonal means have none, or one for all.

    Raises
    ------
    ContractError
        If the columns of a band leave a part of the globe out.

    Attributes
    ----------
    latitude : ndarray, shape (nlat,)
        Of the rows.
    """

    def __init__(
        self, latitude: NDArray[Any], longitude: NDArray[Any] | None = None
    ) -> None:
        # Single precision keeps four digits after the point.
        north = np.round(latitude.astype(np.float64).ravel(), 4)
        # Zonal means are circles already: one column, all around.
        east = np.zeros(north.size)
        if longitude is not None:
            east = np.mod(np.round(longitude.astype(np.float64).ravel(), 4), 360.0)
        if np.unique(east).size > 1 and not _are_circles(north, east):
            north = _bands(north, east)
        self._order = np.lexsort((east, north))
        self.latitude, self._first = np.unique(north[self._order], return_index=True)
        rows = np.split(east[self._order], self._first[1:])
        self._share = np.concatenate([_shares(row) for row in rows])[:, None]

    def mean(self, field: NDArray[Any]) -> Array:
        """Mean over the columns of each row that have a value, by longitude.

        Parameters
        ----------
        field : ndarray, shape (ncol, nlev)
            NaN where there is none.

        Returns
        -------
        ndarray, shape (nlev, nlat)
            NaN where those of less than `WHOLE` of a circle have one.
        """
        values = field.astype(np.float64, copy=False)[self._order]
        known = np.isfinite(values)
        parts = np.add.reduceat(known * self._share, self._first)
        values = np.where(known, values, 0.0) * self._share
        return mean_of_known(np.add.reduceat(values, self._first), parts, WHOLE).T


def mean_of_known(total: Array, counts: NDArray[Any], least: float) -> Array:
    """Divide sums by counts; NaN where there are fewer than `least`, or none."""
    mean = np.full(total.shape, np.nan)
    # A count may be off by the rounding of what it is compared with.
    np.divide(total, counts, out=mean, where=(counts > 0) & (counts >= least - 1e-9))
    return mean


class Place(NamedTuple):
    """A place between two numbers of a coordinate.

    Attributes
    ----------
    first, second : int
        The numbers beside it.
    share : float
        Of the second: 0 to 1.
    """

    first: int
    second: int
    share: float

    def of(self, values: Array) -> Array:
        """Values there, along the first axis, by a straight line."""
        if self.share in (0.0, 1.0):  # what is missing beside it does not matter
            return np.asarray(values[self.second if self.share else self.first])
        between = (1.0 - self.share) * values[self.first] + self.share * values[
            self.second
        ]
        return np.asarray(between)


def find_place(coordinate: Array, wanted: float) -> Place | None:
    """Find a place on an increasing coordinate; None beyond its ends."""
    size = coordinate.size
    step = np.diff(coordinate).min(initial=np.inf) if size > 1 else abs(wanted)
    nearest = int(np.abs(coordinate - wanted).argmin())
    if abs(coordinate[nearest] - wanted) <= _ROUNDING * step:
        return Place(nearest, nearest, 0.0)
    if not coordinate[0] < wanted < coordinate[-1]:
        return None
    after = int(np.searchsorted(coordinate, wanted))
    width = coordinate[after] - coordinate[after - 1]
    return Place(after - 1, after, float((wanted - coordinate[after - 1]) / width))


def interpolate(
    field: Array, given: tuple[Array, Array], wanted: tuple[Array, Array]
) -> Array:
    """Bring zonal means to other levels and latitudes.

    Parameters
    ----------
    field : ndarray, shape (..., nlev, nlat)
        Zonal means.
    given, wanted : pair of ndarray
        Pressures [Pa], top first, and latitudes, from south to north, as they are and
        as they shall be.

    Returns
    -------
    ndarray, shape (..., nlev, nlat)
        Linear in the logarithm of pressure and in latitude; NaN beyond the ends.
    """
    axes = [(np.log(given[0]), np.log(wanted[0]), -2), (given[1], wanted[1], -1)]
    for old, new, axis in axes:
        moved = np.moveaxis(field, axis, 0)
        found = np.full((new.size, *moved.shape[1:]), np.nan)
        for number, value in enumerate(new):
            place = find_place(old, float(value))
            if place is not None:
                found[number] = place.of(moved)
        field = np.moveaxis(found, 0, axis)
    return field


def _shares(east: Array) -> Array:
    """Share of a circle that each of its columns stands for, from west to east."""
    if np.ptp(east) == 0.0:
        return np.full(east.size, 1.0 / east.size)
    steps = np.diff(np.append(east, east[0] + 360.0))
    return (steps + np.roll(steps, 1)) / 720.0


def _gap(east: Array) -> float:
    """Largest step between longitudes around the globe [degrees]."""
    around = np.unique(east)
    return float(np.diff(np.append(around, around[0] + 360.0)).max())


def _by_row(north: Array, east: Array) -> Iterator[tuple[float, Array]]:
    """Latitude and longitudes of each row."""
    order = np.argsort(north, kind="stable")
    rows, first = np.unique(north[order], return_index=True)
    return zip(rows.tolist(), np.split(east[order], first[1:]), strict=True)


def _are_circles(north: Array, east: Array) -> bool:
    """Whether the columns of each latitude go around the globe, about evenly.

    At a pole one column is a circle.
    """
    return all(
        _gap(row) <= _GAP * 360.0 / np.unique(row).size
        and _gap(row) * np.cos(np.deg2rad(lat)) <= _QUARTER
        for lat, row in _by_row(north, east)
    )


def _bands(north: Array, east: Array) -> Array:
    """Middle of the band of latitude of each column."""
    height = np.rad2deg(np.ptp(np.sin(np.deg2rad(north))))
    apart = np.sqrt(360.0 * height / north.size)
    width = next((w for w in _WIDTHS if w >= 2.0 * apart), _WIDTHS[-1])
    number = np.minimum(np.floor((north + 90.0) / width), 180.0 / width - 1.0)
    middle = (number + 0.5) * width - 90.0
    for lat, row in _by_row(middle, east):
        if _gap(row) * np.cos(np.deg2rad(lat)) > _GAP * width:
            raise ContractError(
                f"columns from {lat - width / 2.0:g} to {lat + width / 2.0:g} degrees "
                f"north have a gap of {_gap(row):g} degrees of longitude, expected "
                "columns all around the globe for a zonal mean"
            )
    return middle
