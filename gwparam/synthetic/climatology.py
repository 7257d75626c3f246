"""Plausible columns of the atmosphere, from formulas, in any number."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gwparam.constants import GAS_CONSTANT, MIMA_GRAVITY
from gwparam.grids import (
    full_levels,
    gaussian_latitudes,
    latitude_edges,
    uneven_sigma,
)
from gwparam.synthetic.columns import NLEV, Columns
from gwparam.synthetic.mean_state import draw_mean_states, log_pressure_height
from gwparam.synthetic.standard_atmosphere import pressure_at
from gwparam.synthetic.waves import draw_waves, vertical_noise

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_COLUMNS_OF_A_STATE = 32
_TOPOGRAPHY_HEIGHT = 3000.0  # m


def draw_columns(generator: np.random.Generator, nlat: int, nlon: int) -> Columns:
    """Draw columns from all seasons at the cells of a Gaussian grid.

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    nlat, nlon : int
        Rows of the Gaussian grid, and columns in each, the first at 0 E.

    Returns
    -------
    Columns
        nlat * nlon columns on MiMA's 40 levels, longitude fastest, south to north; 32
        of them, anywhere, belong to one state of the atmosphere. Few columns hold many
        states in this way, but neighbours are strangers.
    """
    state = generator.permutation(nlat * nlon) // _COLUMNS_OF_A_STATE
    day = generator.uniform(0.0, 365.0, state.max() + 1)
    return _columns(generator, day, state, *_cells(nlat, nlon))


def draw_globe(
    generator: np.random.Generator, day: float, nlat: int, nlon: int
) -> Columns:
    """Draw one state of the atmosphere on a Gaussian grid.

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    day : float
        Day of a year of 365 days.
    nlat, nlon : int
        Rows of the Gaussian grid, and columns in each, the first at 0 E.

    Returns
    -------
    Columns
        nlat * nlon columns on MiMA's 40 levels, longitude fastest, south to north.
    """
    edges = latitude_edges(nlat)
    state = np.zeros(nlat * nlon, dtype=np.intp)
    columns = _columns(generator, np.array([day]), state, *_cells(nlat, nlon))
    middle = np.repeat(0.5 * (edges[1:] + edges[:-1]), nlon)
    return replace(columns, setup_latitude=middle)


def topography(latitude: Array, longitude: Array) -> Array:
    """Height of an ideal surface: two ranges in the north, a dome in the south.

    Parameters
    ----------
    latitude, longitude : ndarray, shape (ncol,)
        Latitude [degrees_north] and longitude [degrees_east].

    Returns
    -------
    ndarray, shape (ncol,)
        Surface height [m], from 0 to 3000.

    Notes
    -----
    The ranges are the positive half of wavenumber 2 between 25 and 65 N, as in Gerber
    and Polvani (2009), J. Clim. 22, 1920-1933, section 2. The dome has the place and
    about the height of Antarctica.
    """
    inside = np.clip((latitude - 25.0) / 40.0, 0.0, 1.0)
    ridges = np.maximum(np.cos(2 * np.deg2rad(longitude)), 0.0)
    dome = np.exp(-(((latitude + 90.0) / 18.0) ** 2))
    result: Array = _TOPOGRAPHY_HEIGHT * (np.sin(np.pi * inside) ** 2 * ridges + dome)
    return result


def hydrostatic_height(
    surface_height: Array, half_pressure: Array, temperature: Array
) -> Array:
    """Geopotential height of full levels.

    Parameters
    ----------
    surface_height : ndarray, shape (ncol,)
        Height of the surface [m].
    half_pressure : ndarray, shape (ncol, nlev + 1)
        Pressure at half levels [Pa], top first; the first is 0.
    temperature : ndarray, shape (ncol, nlev)
        Air temperature [K].

    Returns
    -------
    ndarray, shape (ncol, nlev)
        Height [m].

    Notes
    -----
    Source: Simmons and Burridge (1981), Mon. Weather Rev. 109, 758-766, eqs. 3.19 to
    3.21, on the full levels of grids.full_levels().
    """
    layers = np.log(half_pressure[:, 2:] / half_pressure[:, 1:-1])
    thickness = GAS_CONSTANT / MIMA_GRAVITY * temperature
    below = np.zeros_like(temperature)
    below[:, :-1] = np.cumsum((thickness[:, 1:] * layers)[:, ::-1], axis=1)[:, ::-1]
    within = np.log(half_pressure[:, 1:] / _full_pressure(half_pressure))
    result: Array = surface_height[:, None] + below + thickness * within
    return result


def _cells(nlat: int, nlon: int) -> tuple[Array, Array]:
    """Latitude and longitude of the cells of a Gaussian grid."""
    around = 360.0 / nlon * np.arange(nlon)
    return np.repeat(gaussian_latitudes(nlat), nlon), np.tile(around, nlat)


def _full_pressure(half_pressure: Array) -> Array:
    sigma = full_levels(half_pressure[0] / half_pressure[0, -1])
    result: Array = sigma * half_pressure[:, -1:]
    return result


def _columns(
    generator: np.random.Generator,
    day: Array,
    state: Index,
    latitude: Array,
    longitude: Array,
) -> Columns:
    mean_states = draw_mean_states(generator, day)
    waves = draw_waves(generator, day)
    surface_height = topography(latitude, longitude)
    # 1 % is the spread of surface pressure by weather in the storm tracks.
    weather = 1 + 0.01 * generator.standard_normal(len(state))
    surface_pressure = pressure_at(surface_height) * weather
    half_pressure = uneven_sigma(NLEV) * surface_pressure[:, None]
    pressure = _full_pressure(half_pressure)
    height = log_pressure_height(pressure)

    eastward, northward, warmth = waves.fields(state, latitude, longitude, height)
    eastward += mean_states.eastward_wind(state, latitude, height)
    eastward += vertical_noise(generator, height, deviation=1.7, growth=40e3)
    northward += vertical_noise(generator, height, deviation=1.7, growth=40e3)
    temperature = mean_states.temperature(state, latitude, height, pressure) + warmth
    temperature += vertical_noise(generator, height, deviation=0.5, growth=45e3)
    return Columns(
        latitude=latitude,
        setup_latitude=latitude,
        surface_pressure=surface_pressure,
        pressure=pressure,
        height=hydrostatic_height(surface_height, half_pressure, temperature),
        temperature=temperature,
        eastward_wind=eastward,
        northward_wind=northward,
    )
