"""What the library does around a network, written down a second time, in numpy.

It makes replay a comparison of two implementations: neighbours and images, host levels
to network levels, fluxes to half levels and drag.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.contract import Flux, Geometry, Vertical
from gwparam.errors import ArgumentError

_DIGITS = 4  # of coordinates in degrees: single precision keeps more

Array = NDArray[Any]


class Grid:
    """Columns that are the cells of one global latitude-longitude grid.

    Parameters
    ----------
    latitude, longitude : ndarray, shape (ncol,)
        Of every column [degrees].

    Raises
    ------
    ArgumentError
        If a cell is missing or there twice.

    Attributes
    ----------
    latitude, longitude : ndarray
        Rows from south to north, and columns from 0 to 360 degrees.
    column : ndarray of int, shape (nlat, nlon)
        Column of a cell.
    """

    def __init__(self, latitude: Array, longitude: Array) -> None:
        rows, row = _distinct(latitude.astype(np.float64))
        east = np.mod(longitude.astype(np.float64), 360.0)
        places, place = _distinct(np.where(np.round(east, _DIGITS) < 360.0, east, 0.0))
        self.latitude, self.longitude = rows, places
        self.column = np.full((rows.size, places.size), -1)
        self.column[row, place] = np.arange(latitude.size)
        if latitude.size != self.column.size or (self.column < 0).any():
            raise ArgumentError(
                f"{latitude.size} columns are not the cells of one "
                f"{rows.size} x {places.size} grid"
            )

    def neighbours(self, radius: int) -> Array:
        """Columns around every column, shape (ncol, s, s): south to north, eastward."""
        nlat, nlon = self.column.shape
        steps = np.arange(-radius, radius + 1)
        rows = np.clip(np.arange(nlat)[:, None] + steps, 0, nlat - 1)
        places = (np.arange(nlon)[:, None] + steps) % nlon
        around = self.column[rows[:, None, :, None], places[None, :, None, :]]
        result = np.empty((self.column.size, steps.size, steps.size), dtype=int)
        result[self.column] = around
        return result


class Image:
    """The image of a global network, and the columns of a host.

    Parameters
    ----------
    host : Grid
        The columns.
    geometry : Geometry
        The network's.
    """

    def __init__(self, host: Grid, geometry: Geometry) -> None:
        latitude = np.asarray(geometry.latitude)
        longitude = np.asarray(geometry.longitude)
        nlat, nlon = latitude.size, longitude.size
        wide = np.meshgrid(latitude, longitude, indexing="ij")
        trained = Grid(wide[0].ravel(), wide[1].ravel())
        self._host, self._trained, self._shape = host, trained, (nlat, nlon)
        axes = ((host.latitude, trained.latitude), (host.longitude, trained.longitude))
        self._same = all(
            a.shape == b.shape and np.allclose(a, b, rtol=0.0, atol=2e-4)
            for a, b in axes
        )
        if not self._same:
            self._rows = _linear(host.latitude, trained.latitude, 0.0)
            self._places = _linear(host.longitude, trained.longitude, 360.0)
            self._rows_back = _overlap(
                _sine_edges(trained.latitude), _sine_edges(host.latitude), 0.0
            )
            self._places_back = _overlap(
                _round_edges(trained.longitude), _round_edges(host.longitude), 360.0
            )

    def of(self, columns: Array) -> Array:
        """Image (..., nlat, nlon) of values of columns (ncol, ...)."""
        cells = np.moveaxis(columns[self._host.column], (0, 1), (-2, -1))
        if not self._same:
            cells = self._rows @ cells @ self._places.T
        image = np.empty((*cells.shape[:-2], self._shape[0] * self._shape[1]))
        image[..., self._trained.column] = cells
        return image.reshape(*cells.shape[:-2], *self._shape)

    def columns(self, image: Array) -> Array:
        """Columns (ncol, ...) of an image (..., nlat, nlon)."""
        flat = image.reshape(*image.shape[:-2], -1)
        cells = flat[..., self._trained.column]
        if not self._same:
            cells = self._rows_back @ cells @ self._places_back.T
        result = np.empty((self._host.column.size, *image.shape[:-2]), cells.dtype)
        result[self._host.column] = np.moveaxis(cells, (-2, -1), (0, 1))
        return result


def _distinct(values: Array) -> tuple[Array, Array]:
    """Distinct values, ascending, and which of them each value is."""
    rounded = np.round(values, _DIGITS)
    _, first, which = np.unique(rounded, return_index=True, return_inverse=True)
    return values[first], which


def network_pressure(vertical: Vertical, full: Array, surface: Array) -> Array:
    """Pressure at a network's levels, (ncol, nlev), top first [Pa].

    Parameters
    ----------
    vertical : Vertical
        The network's levels.
    full : ndarray, shape (ncol, host levels)
        Pressure at the host's full levels, top first [Pa].
    surface : ndarray, shape (ncol,)
        Surface pressure [Pa].
    """
    if vertical.kind == "host":
        return full
    turn = 1 if vertical.order == "top_down" else -1
    if vertical.pressure is not None:
        known = np.asarray(vertical.pressure)[::turn]
        return np.broadcast_to(known, (len(surface), vertical.nlev))
    a, b = np.asarray(vertical.a)[::turn], np.asarray(vertical.b)[::turn]
    return np.asarray(a + b * surface[:, np.newaxis])


def to_levels(values: Array, given: Array, wanted: Array) -> Array:
    """State at other levels: linear in log p, constant beyond the ends.

    Parameters
    ----------
    values, given : ndarray, shape (ncol, n)
        The state, and the pressure at its levels, top first.
    wanted : ndarray, shape (ncol, m)
        Pressure at the other levels.
    """
    return _by_column(np.interp, np.log(wanted), np.log(given), values)


def to_half_levels(
    flux: Array, given: Array, half: Array, outside: str | None
) -> Array:
    """Flux at half levels of a host: linear in p, never extrapolated.

    Parameters
    ----------
    flux, given : ndarray, shape (ncol, nlev)
        The flux, and the pressure at the network's levels, top first.
    half : ndarray, shape (ncol, n)
        Pressure at the host's half levels.
    outside : str or None
        What levels above the network's get: ``taper``, or as the topmost.
    """
    found = _by_column(np.interp, half, given, flux)
    if outside == "taper":
        top = half[:, :1]
        depth = given[:, :1] - top
        share = (half - top) / np.where(depth > 0.0, depth, 1.0)
        found = np.where(half < given[:, :1], share * flux[:, :1], found)
    return found


def drag(flux: Flux, at_half: Array, half: Array) -> Array:
    """Tendency of the wind from a flux at half levels, (ncol, nlev) [m s-2]."""
    slope = np.diff(at_half, axis=1) / np.diff(half, axis=1)
    return np.asarray(flux.factor * slope)


def _by_column(
    function: Callable[..., Array], wanted: Array, given: Array, values: Array
) -> Array:
    rows = zip(wanted, given, values.astype(np.float64), strict=True)
    return np.stack([function(*row) for row in rows])


def _linear(given: Array, wanted: Array, period: float) -> Array:
    """Matrix that interpolates along one axis; constant beyond ends without period."""
    known = np.arange(given.size)
    if period:
        given = np.concatenate([given[-1:] - period, given, given[:1] + period])
        known = np.concatenate([known[-1:], known, known[:1]])
    matrix = np.zeros((wanted.size, known.max() + 1))
    for i, at in enumerate(wanted):
        above = int(np.clip(np.searchsorted(given, at, "right"), 1, given.size - 1))
        step = given[above] - given[above - 1]
        weight = float(np.clip((at - given[above - 1]) / step, 0.0, 1.0))
        matrix[i, known[above - 1]] += 1.0 - weight
        matrix[i, known[above]] += weight
    return matrix


def _overlap(given: Array, wanted: Array, period: float) -> Array:
    """Matrix of the share of each given cell in each wanted one, between edges."""
    shares = np.zeros((wanted.size - 1, given.size - 1))
    for shift in (-period, 0.0, period) if period else (0.0,):
        upper = np.minimum(wanted[1:, None], given[None, 1:] + shift)
        lower = np.maximum(wanted[:-1, None], given[None, :-1] + shift)
        shares += np.maximum(upper - lower, 0.0)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _sine_edges(latitude: Array) -> Array:
    inner = 0.5 * (latitude[1:] + latitude[:-1])
    edges: Array = np.sin(np.deg2rad(np.concatenate([[-90.0], inner, [90.0]])))
    return edges


def _round_edges(longitude: Array) -> Array:
    west = 0.5 * (longitude[-1] - 360.0 + longitude[0])
    inner = 0.5 * (longitude[1:] + longitude[:-1])
    return np.concatenate([[west], inner, [west + 360.0]])
