"""Wind of a run as netCDF, and the sources of each day from it."""

from os import PathLike
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.data.netcdf import open_dataset, read_values
from gwparam.errors import ModelFileError, ShapeError
from gwparam.qbo.forcing import Forcing
from gwparam.qbo.runs import Run
from gwparam.units import conversion
from gwparam.version import package_version
from gwparam.whole_files import replacement

Array = NDArray[np.float64]

_SOURCES = {"source_flux": "Pa", "spectral_width": "m s-1"}
_DAY_TOLERANCE = 1e-3  # of times in single precision


def write_wind(path: Path, run: Run) -> None:
    """Write the wind of each day and the sources it had, CF names and units.

    A whole column has no sources of the day.

    Raises
    ------
    ModelFileError
        If the file cannot be written.
    """
    column = run.column
    with replacement(path) as partial, netCDF4.Dataset(partial, "w") as file:
        file.title = f"Wind of the equator with the drag of {run.name}"
        file.source = f"gwparam qbo {package_version()}"
        file.Conventions = "CF-1.11"
        days, members, _ = run.wind.shape
        for name, size in (("time", days), ("member", members), ("z", None)):
            file.createDimension(name, len(column.height) if size is None else size)
        _put(file, "time", np.arange(days), "days since 0001-01-01")
        file["time"].calendar = "360_day"
        _put(file, "z", column.height, "m", standard_name="altitude", positive="up")
        pressure = {"standard_name": "air_pressure"}
        _put(file, "pressure", column.pressure, "Pa", ("z",), **pressure)
        _put(
            file,
            "u",
            run.wind,
            "m s-1",
            ("time", "member", "z"),
            standard_name="eastward_wind",
        )
        for name, units in _SOURCES.items() if column.has_own_waves else ():
            values = np.stack([getattr(each, name) for each in run.forcings], axis=1)
            _put(file, name, values, units, ("time", "member"))


def _put(
    file: Any,
    name: str,
    values: Any,
    units: str,
    dimensions: tuple[str, ...] = (),
    **attributes: str,
) -> None:
    kind = "f4" if values.dtype == np.float32 else "f8"
    packed = {"zlib": True, "complevel": 1} if values.ndim > 2 else {}
    variable = file.createVariable(name, kind, dimensions or (name,), **packed)
    variable.setncatts({"units": units} | attributes)
    variable[:] = values


def read_forcings(path: str | PathLike[str], days: int) -> list[Forcing]:
    """Read the source of each day: ``source_flux`` and ``spectral_width``.

    Parameters
    ----------
    path : path-like
        A netCDF file: variables of (time,), or with a second dimension of members.
        Where it has times, these are a day apart.
    days : int
        How many are read, the first ones.

    Returns
    -------
    list of Forcing
        Of each member, in the file's order.

    Raises
    ------
    ModelFileError
        If the file cannot be read, or lacks one, or has a value that no source has, or
        times that are not a day apart.
    ContractError
        If units are not of the dimension that is expected.
    ShapeError
        If it has less days, or a variable that is not one of days, or both variables
        have not the same members.
    """
    with open_dataset(str(path)) as dataset:
        flux, width = (
            _read_source(dataset, name, units, path) for name, units in _SOURCES.items()
        )
        _check_times(dataset, path)
    if flux.shape != width.shape:
        raise ShapeError(
            f"{path} has source_flux of {flux.shape[1]} members and spectral_width of "
            f"{width.shape[1]}, expected the same"
        )
    if len(flux) < days:
        raise ShapeError(f"{path} has {len(flux)} days, expected at least {days}")
    return [Forcing(*each) for each in zip(flux[:days].T, width[:days].T, strict=True)]


def _read_source(
    dataset: xr.Dataset, name: str, units: str, path: str | PathLike[str]
) -> Array:
    """Read a variable in the wanted units, shape (time, member)."""
    if name not in dataset:
        raise ModelFileError(f"{path} holds no {name}, expected that of a day")
    variable = dataset[name]
    if variable.dims[:1] != ("time",) or variable.ndim > 2:
        raise ShapeError(
            f"{path} has {name} on {variable.dims}, expected (time,) or (time, member)"
        )
    convert = conversion(
        str(variable.attrs.get("units", "")), units, f"{name} in {path}"
    )
    values = read_values(variable.variable, name, str(path)).astype(np.float64)
    found = convert(values).reshape(variable.sizes["time"], -1)
    if not (np.isfinite(found) & (found > 0.0)).all():
        raise ModelFileError(
            f"{path} has a {name} that is not above 0, expected all to be"
        )
    return found


def _check_times(dataset: xr.Dataset, path: str | PathLike[str]) -> None:
    """Check that times, where there are any, are a day apart."""
    if "time" not in dataset.variables:
        return
    time = dataset["time"]
    unit = str(time.attrs.get("units", "")).partition(" since ")[0]
    steps = np.diff(time.values.astype(np.float64))
    steps = steps * conversion(unit, "days", f"time in {path}").scale
    wrong = np.flatnonzero(~(np.abs(steps - 1.0) < _DAY_TOLERANCE))
    if wrong.size:
        raise ModelFileError(
            f"{path} has a step of {steps[wrong[0]]:g} days after time {wrong[0]}, "
            "counted from 0, expected 1 day"
        )
