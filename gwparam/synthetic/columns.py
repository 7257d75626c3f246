"""Columns of the atmosphere that a teacher and its pupil are shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.constants import NOMINAL_TOLERANCE, REFERENCE_SURFACE_PRESSURE
from gwparam.contract import Field, Vertical
from gwparam.data import States, open_states
from gwparam.errors import ArgumentError, ContractError
from gwparam.grids import full_levels, uneven_sigma

Array = NDArray[np.float64]

NLEV = 40
"""Levels of MiMA."""

VERTICAL = Vertical(
    kind="host",
    order="top_down",
    nlev=NLEV,
    nominal_pressure=tuple(
        (REFERENCE_SURFACE_PRESSURE * full_levels(uneven_sigma(NLEV))).tolist()
    ),
    nominal_tolerance=NOMINAL_TOLERANCE,
)
"""MiMA's levels, at a surface pressure of 1000 hPa."""

_FIELDS = {
    "surface_pressure": Field("surface_air_pressure", "Pa", "surface", "float64"),
    "latitude": Field("latitude", "degrees_north", "surface", "float64"),
    "height": Field("geopotential_height", "m", "full", "float64"),
    "temperature": Field("air_temperature", "K", "full", "float64"),
    "eastward_wind": Field("eastward_wind", "m s-1", "full", "float64"),
    "northward_wind": Field("northward_wind", "m s-1", "full", "float64"),
}
_SIGMA = "sigma_full"
_SETUP_LATITUDE = "lat_cg_init"


@dataclass(frozen=True)
class Columns:
    """Columns of the atmosphere; level 0 is the model top.

    Attributes
    ----------
    latitude : ndarray, shape (ncol,)
        Latitude [degrees_north].
    setup_latitude : ndarray, shape (ncol,)
        Latitude for which the native scheme sets up its source [degrees_north]: in MiMA
        the middle between the edges of the row.
    surface_pressure : ndarray, shape (ncol,)
        Surface air pressure [Pa].
    pressure, height, temperature : ndarray, shape (ncol, nlev)
        Pressure [Pa], geopotential height [m] and air temperature [K] at full levels.
    eastward_wind, northward_wind : ndarray, shape (ncol, nlev)
        Wind at full levels [m s-1].
    """

    latitude: Array
    setup_latitude: Array
    surface_pressure: Array
    pressure: Array
    height: Array
    temperature: Array
    eastward_wind: Array
    northward_wind: Array

    def __len__(self) -> int:
        return len(self.latitude)


def count_times(paths: Sequence[str | PathLike[str]]) -> int:
    """Count the times in state files; arguments and errors as `read_columns`."""
    return sum(len(states) for states, _ in _opened(paths))


def read_columns(paths: Sequence[str | PathLike[str]]) -> Iterator[Columns]:
    """Read the columns of state files on MiMA's levels, one time after the other.

    Parameters
    ----------
    paths : sequence of path-like
        netCDF files with wind, temperature, geopotential height, surface pressure and
        latitude on 40 sigma levels, and the variable ``sigma_full`` (pressure over
        surface pressure). ``lat_cg_init``, if there, is the set-up latitude of a row.

    Yields
    ------
    Columns
        Those of one time.

    Raises
    ------
    ModelFileError, ContractError, ShapeError, NonFiniteError
        As `gwparam.data.open_states` and `gwparam.data.States.read`, and
        ContractError if a file has no ``sigma_full``.
    ArgumentError
        If there is no file.
    """
    for states, sigma in _opened(paths):
        for index in range(len(states)):
            yield _read_time(states, index, sigma)


def _opened(paths: Sequence[str | PathLike[str]]) -> Iterator[tuple[States, Array]]:
    """Open one file after the other; the states and sigma of the full levels."""
    if not paths:
        raise ArgumentError("no state files given, expected at least one")
    for path in paths:
        with open_states([path], tuple(_FIELDS.values()), VERTICAL) as states:
            yield states, _sigma(states, str(path))


def _sigma(states: States, path: str) -> Array:
    if _SIGMA not in states.dataset.variables:
        raise ContractError(f"{path} has no {_SIGMA}, expected sigma levels")
    sigma = states.dataset[_SIGMA].values.astype(np.float64)
    return sigma if states.levels.order == "top_down" else sigma[::-1]


def _read_time(states: States, index: int, sigma: Array) -> Columns:
    given = states.read(index)
    values: dict[str, Array] = {}
    for name, field in _FIELDS.items():
        array = given[field.name].astype(np.float64)
        if field.levels == "full":
            array = array.reshape(-1, array.shape[-1])
            values[name] = (
                array if states.levels.order == "top_down" else array[:, ::-1]
            )
        else:
            values[name] = array.reshape(-1)
    return Columns(
        setup_latitude=setup_latitude(states, values["latitude"]),
        pressure=sigma * values["surface_pressure"][:, None],
        **values,
    )


def setup_latitude(states: States, latitude: Array) -> Array:
    """Spread the file's set-up latitude over its columns; without it, take theirs.

    Parameters
    ----------
    states : States
        The files.
    latitude : ndarray, shape (ncol,)
        Of the columns [degrees_north].

    Returns
    -------
    ndarray, shape (ncol,)
        Where a native scheme sets up its source [degrees_north].
    """
    dataset: xr.Dataset = states.dataset
    if _SETUP_LATITUDE not in dataset.variables:
        return latitude
    rows = dataset[_SETUP_LATITUDE]
    shape = [n if d in rows.dims else 1 for d, n in _horizontal(states)]
    spread = np.broadcast_to(
        rows.values.astype(np.float64).reshape(shape), states.horizontal
    )
    return spread.reshape(-1)


def _horizontal(states: States) -> list[tuple[str, int]]:
    return list(zip(states.dimensions, states.horizontal, strict=True))
