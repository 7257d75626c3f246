"""Momentum fluxes that depend on far columns: the labels of the miniature.

The native scheme says how much momentum the waves of a column leave at every level.
Here they do not leave it in their column: on their way up the wind carries them off,
and they spread. README.md has the formulas.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwparam.constants import EARTH_RADIUS
from gwparam.grids import (
    full_levels,
    gaussian_latitudes,
    latitude_edges,
    uneven_sigma,
)
from gwparam.synthetic.climatology import topography
from gwparam.synthetic.columns import NLEV, Columns
from gwparam.synthetic.mean_state import SCALE_HEIGHT
from gwparam.synthetic.teacher import Drag, alexander_dunkerton

Array = NDArray[np.float64]

LEVELS = [1, 4, 7, 10, 13, 16, 19, 22, 25, 29]
"""Levels of MiMA that the networks see, from 0.56 to 273 hPa."""
SIGMA = full_levels(uneven_sigma(NLEV))
"""Pressure of MiMA's levels over surface pressure [1]."""
SOURCE = 30
"""Level where waves set out (321 hPa), the native scheme's at most low latitudes."""
GROUP_SPEED = 0.5
"""Upward, of the waves [m s-1]."""
WIDTH, WIDENING = 500.0e3, 10.0
"""Width of a packet of waves at the source [m], and its growth per metre risen [1]."""
MOUNTAIN = 1000.0
"""Surface height that doubles the source [m]."""


@dataclass(frozen=True)
class Globe:
    """A Gaussian grid as columns, longitude fastest, south to north.

    Parameters
    ----------
    nlat, nlon : int
        Rows, and columns in each, the first at 0 E.
    """

    nlat: int
    nlon: int

    @property
    def latitude(self) -> Array:
        """Latitude of every column [degrees_north]."""
        return np.repeat(gaussian_latitudes(self.nlat), self.nlon)

    @property
    def longitude(self) -> Array:
        """Longitude of every column [degrees_east]."""
        return np.tile(360.0 / self.nlon * np.arange(self.nlon), self.nlat)

    @property
    def area(self) -> Array:
        """Share of every column in the sphere [1]."""
        rows = np.diff(np.sin(np.deg2rad(latitude_edges(self.nlat)))) / 2.0
        return np.repeat(rows / self.nlon, self.nlon)

    @property
    def surface_height(self) -> Array:
        """Height of the surface [m]."""
        return topography(self.latitude, self.longitude)

    def directions(self) -> tuple[Array, Array, Array]:
        """Give unit vectors up, east and north at every column, each (ncol, 3)."""
        phi, lam = np.deg2rad(self.latitude), np.deg2rad(self.longitude)
        zero = np.zeros_like(phi)
        up = (np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi))
        north = (-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi))
        east = (-np.sin(lam), np.cos(lam), zero)
        return np.stack(up, 1), np.stack(east, 1), np.stack(north, 1)


def momentum_fluxes(columns: Columns, globe: Globe) -> Drag:
    """Vertical fluxes of horizontal momentum by waves that travel sideways.

    Parameters
    ----------
    columns : Columns
        One state of the globe, as `gwparam.synthetic.climatology.draw_globe` gives it.
    globe : Globe
        Its grid.

    Returns
    -------
    Drag
        u'omega' and v'omega' [Pa m s-2], each of shape (ncol, nlev) on `LEVELS`, top
        first. The tendency of the wind is minus their derivative by pressure.
    """
    eastward, northward = displacement(columns)
    launched = np.stack([deposits(columns, globe, d) for d in local_drag(columns)], -1)
    arrived = np.empty_like(launched)
    for k, width in enumerate(widths()):
        share = spreading(globe, eastward[:, k], northward[:, k], width)
        arrived[:, k] = share @ launched[:, k]
    flux = -np.cumsum(arrived, axis=1)
    return Drag(flux[..., 0], flux[..., 1])


def local_drag(columns: Columns) -> Drag:
    """Drag of the native scheme, (ncol, 40) [m s-2]: waves stay in their column."""
    return alexander_dunkerton(columns)


def deposits(columns: Columns, globe: Globe, drag: Array) -> Array:
    """Momentum that the waves launched in a column lose between levels.

    Parameters
    ----------
    columns, globe
        As for `momentum_fluxes`.
    drag : ndarray, shape (ncol, 40)
        Of the native scheme [m s-2].

    Returns
    -------
    ndarray, shape (ncol, nlev)
        Integral of the drag over pressure down to each of `LEVELS` from the one above,
        the first from the top of the atmosphere, times the strength of the source
        [Pa m s-2].

    Notes
    -----
    The native drag is proportional to the stress at its source.
    """
    half = uneven_sigma(NLEV)
    down_to_level = np.cumsum(drag * np.diff(half), axis=1) - drag * (half[1:] - SIGMA)
    between = np.diff(down_to_level[:, LEVELS], axis=1, prepend=0.0)
    strength = 1.0 + globe.surface_height / MOUNTAIN
    result: Array = between * (strength * columns.surface_pressure)[:, None]
    return result


def displacement(columns: Columns) -> tuple[Array, Array]:
    """How far the wind has carried the waves when they reach a level.

    Parameters
    ----------
    columns : Columns
        Where they set out; the wind there stands for that on their way.

    Returns
    -------
    eastward, northward : ndarray, shape (ncol, nlev)
        Integral of wind over height from the source up, over `GROUP_SPEED` [m].
    """
    rise = columns.height[:, :SOURCE] - columns.height[:, 1 : SOURCE + 1]
    ways = []
    for wind in (columns.eastward_wind, columns.northward_wind):
        step = 0.5 * (wind[:, :SOURCE] + wind[:, 1 : SOURCE + 1]) * rise / GROUP_SPEED
        ways.append(np.cumsum(step[:, ::-1], axis=1)[:, ::-1][:, LEVELS])
    return ways[0], ways[1]


def widths() -> Array:
    """Width of a packet of waves at every level of `LEVELS` [m]."""
    risen = SCALE_HEIGHT * np.log(SIGMA[SOURCE] / SIGMA[LEVELS])
    result: Array = WIDTH + WIDENING * risen
    return result


def spreading(
    globe: Globe, eastward: Array, northward: Array, width: float
) -> NDArray[np.float32]:
    """Weights that carry what columns launch to where it arrives.

    Parameters
    ----------
    globe : Globe
        The grid.
    eastward, northward : ndarray, shape (ncol,)
        The way along the great circle in that direction [m].
    width : float
        Standard deviation of the packet around its centre [m].

    Returns
    -------
    ndarray, shape (ncol, ncol)
        Row: where it arrives, column: where it was launched [1]. Global integrals are
        conserved: the mean of each column of weights by area is the area launched from.
    """
    up, east, north = globe.directions()
    way = (eastward[:, None] * east + northward[:, None] * north) / EARTH_RADIUS
    angle = np.linalg.norm(way, axis=1, keepdims=True)
    centre = np.cos(angle) * up + np.sinc(angle / np.pi) * way
    # Fisher's distribution: the Gaussian of the sphere, without poles or a date line.
    sharpness = (EARTH_RADIUS / width) ** 2
    packet = (sharpness * up).astype(np.float32) @ centre.astype(np.float32).T
    packet -= np.float32(sharpness)
    np.exp(packet, out=packet)
    area = globe.area.astype(np.float32)
    packet *= area / (area @ packet)
    return packet
