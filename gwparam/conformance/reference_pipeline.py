"""What the library does around a network, written a second time, in numpy.

It makes replay a comparison of two implementations: neighbours of a column, remapping
to another grid, interpolation to other levels, the divergence of fluxes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.contract import Flux, Geometry, Vertical
from gwparam.evaluate.grid import LatLonGrid

_DIGITS = 4  # of coordinates in degrees: single precision keeps more

Array = NDArray[Any]


def neighbours(grid: LatLonGrid, radius: int) -> NDArray[np.intp]:
    """Columns around every column, shape (ncol, s, s): south to north, eastward.

    Rows at the poles are repeated.
    """
    nlat, nlon = grid.shape
    steps = np.arange(-radius, radius + 1)
    rows = np.clip(np.arange(nlat)[:, None] + steps, 0, nlat - 1)
    around_the_globe = (np.arange(nlon)[:, None] + steps) % nlon
    around = grid.column[rows[:, None, :, None], around_the_globe[None, :, None, :]]
    result = np.empty((nlat * nlon, steps.size, steps.size), dtype=np.intp)
    result[grid.column] = around
    return result


class Remapping:
    """Remapping between the grid of a host and that of a global network, and back.

    Parameters
    ----------
    host : LatLonGrid
        The host's columns.
    geometry : Geometry
        The network's grid.

    Notes
    -----
    To the network: linear in latitude and longitude. Back: means over the overlaps of
    cells, which conserve the integral over the sphere. Equal grids are not remapped.
    """

    def __init__(self, host: LatLonGrid, geometry: Geometry) -> None:
        latitude = np.asarray(geometry.latitude)
        longitude = np.asarray(geometry.longitude)
        self._shape = (latitude.size, longitude.size)
        network = LatLonGrid(*np.meshgrid(latitude, longitude, indexing="ij"))
        self._host, self._network = host, network
        self._same = host.is_same(network)
        if not self._same:
            self._lat = _linear(host.latitude, network.latitude, 0.0)
            self._lon = _linear(host.longitude, network.longitude, 360.0)
            self._lat_back = _overlap(
                _sine_edges(network.latitude), _sine_edges(host.latitude), 0.0
            )
            self._lon_back = _overlap(
                _round_edges(network.longitude), _round_edges(host.longitude), 360.0
            )

    def to_network(self, columns: Array) -> Array:
        """Remap columns (ncol, ...) of the host to fields (..., nlat, nlon)."""
        cells = self._host.cells(columns)
        if not self._same:
            cells = self._lat @ cells @ self._lon.T
        fields = np.empty((*cells.shape[:-2], self._shape[0] * self._shape[1]))
        fields[..., self._network.column] = cells
        return fields.reshape(*cells.shape[:-2], *self._shape)

    def to_host(self, fields: Array) -> Array:
        """Remap fields (..., nlat, nlon) to columns (ncol, ...) of the host."""
        flat = fields.reshape(*fields.shape[:-2], -1)
        cells = flat[..., self._network.column]
        if not self._same:
            cells = self._lat_back @ cells @ self._lon_back.T
        result = np.empty((self._host.column.size, *fields.shape[:-2]), cells.dtype)
        result[self._host.column] = np.moveaxis(cells, (-2, -1), (0, 1))
        return result


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


def interpolate_state(values: Array, given: Array, wanted: Array) -> Array:
    """Interpolate a state to other levels: linear in log p, constant beyond the ends.

    Parameters
    ----------
    values, given : ndarray, shape (ncol, n)
        The state, and the pressure at its levels, top first.
    wanted : ndarray, shape (ncol, m)
        Pressure at the other levels.
    """
    return _by_column(np.interp, np.log(wanted), np.log(given), values)


def interpolate_flux(
    flux: Array, given: Array, half: Array, outside: str | None
) -> Array:
    """Interpolate a flux to half levels: linear in p, never extrapolated.

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


def divergence(flux: Flux, at_half: Array, half: Array) -> Array:
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
