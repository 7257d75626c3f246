"""Latitude-longitude grids: columns in any order onto rows of cells, with areas."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.constants import EARTH_RADIUS
from gwparam.errors import ArgumentError
from gwparam.grids import gaussian_latitudes, latitude_edges

# Coordinates in single precision keep four digits after the point.
SAME_PLACE = 2e-4
_DIGITS = 4
_GAP = 1.5  # of the usual step between longitudes

Array = NDArray[np.float64]


class LatLonGrid:
    """A latitude-longitude grid of the globe, or of a part of it.

    Parameters
    ----------
    latitude, longitude : ndarray
        Of every column [degrees], in any shape and order.

    Raises
    ------
    ArgumentError
        If the columns are not the cells of one grid, each of them once.

    Attributes
    ----------
    latitude : ndarray, shape (nlat,)
        Rows from south to north [degrees_north].
    longitude : ndarray, shape (nlon,)
        From 0 to 360 [degrees_east].
    row_edges : ndarray, shape (nlat + 1,)
        Latitudes between the rows, and of both ends [degrees_north].
    column : ndarray of int, shape (nlat, nlon)
        Column of each cell.
    weights : ndarray, shape (nlat, nlon)
        Share of each cell in the sphere [1].
    is_circle, is_global : bool
        Whether rows go around the globe, and whether these are all rows, too.

    Notes
    -----
    A Gaussian grid has the Gaussian weights as areas. Rows of any other grid meet half
    way; the first and the last reach to the pole where there is no place for another
    row, and as far beyond their middle as on the other side elsewhere. All cells of a
    row have the same area.
    """

    def __init__(self, latitude: NDArray[Any], longitude: NDArray[Any]) -> None:
        if not latitude.size:
            raise ArgumentError("the files have no column, expected at least one")
        north = np.round(latitude.astype(np.float64).ravel(), _DIGITS)
        around = np.mod(longitude.astype(np.float64).ravel(), 360.0)
        around[np.round(around, _DIGITS) >= 360.0] = 0.0
        _, first, lat = np.unique(north, return_index=True, return_inverse=True)
        self.latitude: Array = latitude.astype(np.float64).ravel()[first]
        _, first, lon = np.unique(
            np.round(around, _DIGITS), return_index=True, return_inverse=True
        )
        self.longitude: Array = around[first]
        self.shape = (self.latitude.size, self.longitude.size)
        self.column = np.full(self.shape, -1)
        self.column[lat, lon] = np.arange(north.size)
        if self.column.size != north.size or (self.column < 0).any():
            raise ArgumentError(
                f"{north.size} columns are not the cells of one "
                f"{self.shape[0]} x {self.shape[1]} grid of latitudes and longitudes"
            )
        self.row_edges = _row_edges(self.latitude)
        rows = np.diff(np.sin(np.deg2rad(self.row_edges))) / 2.0
        steps = np.diff(np.append(self.longitude, self.longitude[0] + 360.0))
        width = float(np.sort(steps)[(steps.size - 1) // 2])
        self.is_circle = bool(steps.max() <= _GAP * width)
        if self.is_circle:
            width = 360.0 / self.shape[1]
        self.is_global = self.is_circle and np.ptp(self.row_edges) == 180.0
        self.weights: Array = np.repeat(
            rows[:, None] * width / 360.0, self.shape[1], axis=1
        )

    @property
    def areas(self) -> Array:
        """Area of each cell [m2]."""
        area: Array = 4.0 * np.pi * EARTH_RADIUS**2 * self.weights
        return area

    def cells(self, columns: NDArray[Any]) -> NDArray[Any]:
        """Put columns (ncol, ...) on the grid: (..., nlat, nlon)."""
        return np.moveaxis(columns[self.column], (0, 1), (-2, -1))

    def is_same(self, other: "LatLonGrid") -> bool:
        """Whether two grids have the same cells."""
        return self.shape == other.shape and all(
            np.allclose(a, b, rtol=0.0, atol=SAME_PLACE)
            for a, b in (
                (self.latitude, other.latitude),
                (self.longitude, other.longitude),
            )
        )


def _row_edges(latitude: Array) -> Array:
    nlat = latitude.size
    if nlat == 1:
        # A row alone is no globe; how wide it is makes no difference to means.
        alone: Array = np.clip(latitude[0] + np.array([-0.5, 0.5]), -90.0, 90.0)
        return alone
    if np.allclose(latitude, gaussian_latitudes(nlat), rtol=0.0, atol=1e-3):
        return latitude_edges(nlat)
    steps = np.diff(latitude)
    south, north = latitude[0] - steps[0] / 2.0, latitude[-1] + steps[-1] / 2.0
    if latitude[0] - steps[0] <= -90.0:
        south = -90.0
    if latitude[-1] + steps[-1] >= 90.0:
        north = 90.0
    between = latitude[:-1] + steps / 2.0
    return np.concatenate([[south], between, [north]])
