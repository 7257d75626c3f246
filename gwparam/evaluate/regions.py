"""The globe and the eight hot spots of gravity waves, on any grid."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gwparam.evaluate.grid import SAME_PLACE, LatLonGrid
from gwparam.evaluate.scores import GLOBE
from gwparam.grids import gaussian_latitudes

BOX_GRID = (64, 128)
"""Latitudes and longitudes of the Gaussian grid that the boxes are written for."""

# Indices of latitudes from south to north and of longitudes from 0 degrees east, half
# open.
HOT_SPOTS: dict[str, tuple[int, int, int, int]] = {
    "Andes": (3, 21, 96, 113),
    "Scandinavia": (45, 58, 0, 12),
    "Himalaya": (41, 54, 26, 44),
    "Newfoundland": (47, 58, 103, 119),
    "Southern Ocean": (8, 17, 10, 25),
    "South-East Asia": (33, 42, 32, 49),
    "North Atlantic": (31, 44, 112, 124),
    "North Pacific": (27, 47, 67, 87),
}


class Region(NamedTuple):
    """A box of a grid.

    Attributes
    ----------
    name : str
        For people.
    lat, lon : ndarray of int
        Indices of its latitudes, from south to north, and longitudes, eastward.
    """

    name: str
    lat: NDArray[np.intp]
    lon: NDArray[np.intp]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """First latitude and the one after the last, the same of the longitudes.

        The first longitude is negative where the box crosses the prime meridian; all
        are 0 where the grid has no cell in the box.
        """
        if not self.lat.size or not self.lon.size:
            return 0, 0, 0, 0
        first, last = int(self.lon[0]), int(self.lon[-1])
        if first > last:
            first = last + 1 - self.lon.size
        return int(self.lat[0]), int(self.lat[-1]) + 1, first, last + 1

    def columns(self, grid: LatLonGrid) -> NDArray[np.intp]:
        """Numbers of its cells in a field (lat, lon) that was made flat."""
        numbers: NDArray[np.intp] = self.lat[:, None] * grid.shape[1] + self.lon
        return numbers.ravel()

    def of(self, field: NDArray[Any]) -> NDArray[Any]:
        """Cells of the region, (..., nlat, nlon), of a field (..., lat, lon)."""
        return field[..., self.lat[:, None], self.lon]


def regions(grid: LatLonGrid) -> tuple[Region, ...]:
    """Find the globe and the hot spots on a grid.

    Parameters
    ----------
    grid : LatLonGrid
        The grid.

    Returns
    -------
    tuple of Region
        The globe first. A hot spot has the cells whose middle lies between the outer
        edges of its box on the grid of `BOX_GRID`: there, exactly those of the box.
    """
    nlat, nlon = grid.shape
    found = [Region(GLOBE, np.arange(nlat), np.arange(nlon))]
    middle = gaussian_latitudes(BOX_GRID[0])
    # Half way between the rows: the row itself is inside whatever its rounding.
    edges = np.concatenate([[-90.0], 0.5 * (middle[1:] + middle[:-1]), [90.0]])
    step = 360.0 / BOX_GRID[1]
    for name, (south, north, west, east) in HOT_SPOTS.items():
        inside = (edges[south] <= grid.latitude) & (grid.latitude < edges[north])
        # A cell on an edge belongs to the east of it, whatever its rounding.
        eastward = np.mod(grid.longitude - (west - 0.5) * step + SAME_PLACE, 360.0)
        (lon,) = np.nonzero(eastward < (east - west) * step)
        ordered = lon[np.argsort(eastward[lon])]
        found.append(Region(name, np.nonzero(inside)[0], ordered))
    return tuple(found)
