"""State files with the drag of a native scheme, of columns that are drawn or given."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from types import MappingProxyType
from typing import NamedTuple

import netCDF4
import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ArgumentError
from gwparam.grids import full_levels, gaussian_latitudes, uneven_sigma
from gwparam.synthetic.climatology import draw_columns
from gwparam.synthetic.columns import NLEV, Columns
from gwparam.synthetic.teacher import Teacher
from gwparam.whole_files import replacement, writing

Array = NDArray[np.float64]
Attributes = Mapping[str, str]

NLAT, NLON = 50, 16
CELLS = NLAT * NLON
"""Rows of the Gaussian grid of drawn columns, columns in a row, and all."""


class Grid(NamedTuple):
    """Latitudes of rows [degrees_north], and longitudes in a row [degrees_east]."""

    latitude: Array
    longitude: Array


GRID = Grid(gaussian_latitudes(NLAT), np.linspace(0.0, 360.0, NLON, endpoint=False))
"""Where drawn columns are: all commands read such files, `gwparam evaluate` as well."""

_ON_GRID, _SCATTERED = ("lat", "lon"), ("column",)
_COORDINATES = {
    "time": {
        "units": "days since 0001-01-01 00:00:00",
        "calendar": "noleap",
        "standard_name": "time",
        "axis": "T",
    },
    "lev": {
        "long_name": "nominal pressure of full levels (1000 hPa * sigma), top first",
        "units": "hPa",
        "positive": "down",
        "axis": "Z",
    },
    "lat": {"standard_name": "latitude", "units": "degrees_north"},
    "lon": {"standard_name": "longitude", "units": "degrees_east"},
    "lat_cg_init": {
        "long_name": "latitude at which the native scheme sets up its source",
        "units": "degrees_north",
    },
    "pk": {"long_name": "p_half = pk + bk * ps: pk", "units": "Pa"},
    "bk": {"long_name": "p_half = pk + bk * ps: bk (pure sigma)", "units": "1"},
    "sigma_full": {"long_name": "pressure of full levels over ps", "units": "1"},
}
# Name, whether on levels, units and standard name, as in output of MiMA.
_FIELDS = {
    "surface_pressure": ("ps", False, "Pa", "surface_air_pressure"),
    "eastward_wind": ("u", True, "m s-1", "eastward_wind"),
    "northward_wind": ("v", True, "m s-1", "northward_wind"),
    "temperature": ("temp", True, "K", "air_temperature"),
    "height": ("zfull", True, "m", "geopotential_height"),
}
_DRAG = {
    wind: (
        f"gwfcng_{axis}",
        True,
        "m s-2",
        f"tendency_of_{wind}_wind_due_to_nonorographic_gravity_wave_drag",
    )
    for axis, wind in (("x", "eastward"), ("y", "northward"))
}


def count_states(ncol: int) -> int:
    """Count the states of `draw_states` that hold so many columns."""
    return -(-ncol // CELLS)


def draw_states(ncol: int, seed: int) -> Iterator[Columns]:
    """Draw columns of the climatology on `GRID`, all cells of it at a time.

    Parameters
    ----------
    ncol : int
        Number of columns, rounded up to full grids.
    seed : int
        Of the columns.
    """
    for own in np.random.SeedSequence(seed).spawn(count_states(ncol)):
        yield draw_columns(np.random.default_rng(own), NLAT, NLON)


def write_states(
    path: str | PathLike[str],
    states: Iterable[Columns],
    teacher: Teacher,
    *,
    grid: Grid | None = None,
    days: Sequence[float] | None = None,
    attributes: Attributes = MappingProxyType({}),
) -> int:
    """Write columns with the drag of a native scheme, one time after the other.

    Parameters
    ----------
    path : path-like
        The netCDF file; replaced when the new one is whole.
    states : iterable of Columns
        As many columns at every time, at the same latitudes, on MiMA's levels.
    teacher : callable
        The native scheme.
    grid : Grid, optional
        Where the columns are, longitude fastest; without it they have the dimension
        ``column`` and no longitude.
    days : sequence of float, optional
        Days of the times since the year 1; without it times are numbers.
    attributes : mapping of str to str, optional
        Of the file.

    Returns
    -------
    int
        Number of columns in the file.

    Raises
    ------
    ArgumentError
        If there is no column, or the columns are at other places than before.
    ModelFileError
        If the file cannot be written.
    """
    with (
        writing(path),
        replacement(path) as partial,
        netCDF4.Dataset(partial, "w") as dataset,
    ):
        dataset.setncatts({"Conventions": "CF-1.8", **attributes})
        return _write(dataset, states, teacher, grid, days)


def _write(
    dataset: netCDF4.Dataset,
    states: Iterable[Columns],
    teacher: Teacher,
    grid: Grid | None,
    days: Sequence[float] | None,
) -> int:
    first: Columns | None = None
    time = -1
    for time, given in enumerate(states):
        columns = _as_stored(given)
        if first is None:
            first = columns
            _define(dataset, columns, grid, days)
        elif not np.array_equal(columns.latitude, first.latitude):
            raise ArgumentError(
                f"the columns of time {time} are at other latitudes than those before, "
                "expected the same"
            )
        drag = teacher(columns)
        for fields, source in ((_FIELDS, columns), (_DRAG, drag)):
            for attribute, (name, *_) in fields.items():
                variable = dataset[name]
                values = getattr(source, attribute).T
                variable[time] = values.reshape(variable.shape[1:])
    if first is None or not len(first):
        raise ArgumentError("no column given, expected at least one")
    return (time + 1) * len(first)


def _as_stored(columns: Columns) -> Columns:
    """Round values as the file does: the drag is that of what can be read there."""
    stored = {
        name: getattr(columns, name).astype(np.float32).astype(np.float64)
        for name in _FIELDS
    }
    sigma = columns.pressure / columns.surface_pressure[:, np.newaxis]
    pressure = sigma * stored["surface_pressure"][:, np.newaxis]
    return replace(columns, pressure=pressure, **stored)


def _define(
    dataset: netCDF4.Dataset,
    columns: Columns,
    grid: Grid | None,
    days: Sequence[float] | None,
) -> None:
    """Write coordinates, and define the fields."""
    horizontal = _SCATTERED if grid is None else _ON_GRID
    shape = (len(columns),) if grid is None else tuple(map(len, grid))
    sizes = {"time": None, "lev": NLEV, "ilev": NLEV + 1}
    for name, size in (sizes | dict(zip(horizontal, shape, strict=True))).items():
        dataset.createDimension(name, size)
    row, first_of_row = horizontal[0], slice(None, None, len(columns) // shape[0])
    half = uneven_sigma(NLEV)
    values = {
        "lev": ("lev", 1000.0 * full_levels(half)),
        "lat": (row, columns.latitude[first_of_row]),
        "lat_cg_init": (row, columns.setup_latitude[first_of_row]),
        "pk": ("ilev", np.zeros(NLEV + 1)),
        "bk": ("ilev", half),
        "sigma_full": ("lev", full_levels(half)),
    }
    if grid is not None:
        values["lon"] = ("lon", grid.longitude)
    if days is not None:
        values["time"] = ("time", np.array(days))
    for name, (dim, coordinate) in values.items():
        variable = dataset.createVariable(name, "f8", (dim,))
        variable.setncatts(_COORDINATES[name])
        variable[:] = coordinate
    for name, on_levels, units, standard_name in (*_FIELDS.values(), *_DRAG.values()):
        dims = (*(("lev",) if on_levels else ()), *horizontal)
        variable = dataset.createVariable(
            name,
            "f4",
            ("time", *dims),
            zlib=True,
            shuffle=True,
            # Whoever reads the file reads one time after the other.
            chunksizes=[1, *(len(dataset.dimensions[dim]) for dim in dims)],
            chunk_cache=1,  # byte: whole chunks are written, none needs to wait
        )
        variable.setncatts({"units": units, "standard_name": standard_name})
