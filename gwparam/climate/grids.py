"""Zonal means on latitudes and levels: rows of columns, places between them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ContractError

# Of a coordinate in single precision, relative to its steps or to itself.
_ROUNDING = 1e-3
# Columns that are scattered over more latitudes are put in rows of one degree.
_MOST_ROWS = 2048
_GAP = 2.5  # of the mean step between longitudes

Array = NDArray[np.float64]


class Rows:
    """Columns of one latitude, from south to north.

    Parameters
    ----------
    latitude : ndarray, shape (ncol,)
        Of the columns [degrees_north].

    Attributes
    ----------
    latitude : ndarray, shape (nlat,)
        Of the rows.
    """

    def __init__(self, latitude: NDArray[Any]) -> None:
        # Single precision keeps four digits after the point.
        north = np.round(latitude.astype(np.float64).ravel(), 4)
        if np.unique(north).size > _MOST_ROWS:
            north = np.round(north)
        self._order = np.argsort(north, kind="stable")
        self.latitude, self._first = np.unique(north[self._order], return_index=True)

    def mean(self, field: NDArray[Any]) -> Array:
        """Mean over the columns of each row that have a value.

        Parameters
        ----------
        field : ndarray, shape (ncol, nlev)
            NaN where there is none.

        Returns
        -------
        ndarray, shape (nlev, nlat)
            NaN where no column of a row has one.
        """
        values = field.astype(np.float64, copy=False)[self._order]
        known = np.isfinite(values)
        if known.all():
            counts = np.diff(np.append(self._first, len(values)))[:, None] * 1.0
        else:
            values = np.where(known, values, 0.0)
            counts = np.add.reduceat(known.astype(np.float64), self._first)
        total = np.add.reduceat(values, self._first)
        mean = np.full(total.shape, np.nan)
        np.divide(total, counts, out=mean, where=counts > 0.0)
        return mean.T


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


def check_circle(longitude: NDArray[Any] | None, label: str) -> None:
    """Check that columns go around the globe, of which a zonal mean is taken.

    Raises
    ------
    ContractError
        If they leave a part of it out.
    """
    if longitude is None:
        return
    around = np.unique(np.round(np.mod(longitude.astype(np.float64), 360.0), 4))
    if around.size < 2:
        return
    gap = np.diff(np.append(around, around[0] + 360.0)).max()
    if gap > _GAP * 360.0 / around.size:
        raise ContractError(
            f"{label} has longitudes {around[0]:g} to {around[-1]:g} with a gap of "
            f"{gap:g} degrees, expected all around the globe for a zonal mean"
        )
