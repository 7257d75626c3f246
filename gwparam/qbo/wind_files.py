"""Wind of a run as netCDF, and the sources of each day from it."""

from os import PathLike
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from gwparam.data.netcdf_file import open_netcdf
from gwparam.errors import ModelFileError, ShapeError
from gwparam.qbo.forcing import Forcing
from gwparam.qbo.runs import Run
from gwparam.version import package_version
from gwparam.whole_files import replacement

_SOURCES = {"source_flux": "Pa", "spectral_width": "m s-1"}


def write_wind(path: Path, run: Run) -> None:
    """Write the wind of each day and the sources it had, CF names and units.

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
        for name, units in _SOURCES.items():
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


def read_forcing(path: str | PathLike[str], days: int) -> Forcing:
    """Read the source of each day: ``source_flux`` and ``spectral_width``.

    Of several members the first.

    Raises
    ------
    ModelFileError
        If the file cannot be read, or lacks one, or has a value that no source has.
    ShapeError
        If it has less days, or a variable that is not one of days.
    """
    found = {}
    with open_netcdf(str(path)) as dataset:
        for name, units in _SOURCES.items():
            if name not in dataset:
                raise ModelFileError(f"{path} holds no {name}, expected that of a day")
            variable = dataset[name]
            if variable.attrs.get("units") != units:
                raise ModelFileError(
                    f"{path} has {name} in {variable.attrs.get('units')}, "
                    f"expected {units}"
                )
            if variable.dims[:1] != ("time",) or variable.ndim > 2:
                raise ShapeError(
                    f"{path} has {name} on {variable.dims}, expected (time,) or "
                    "(time, member)"
                )
            values = np.asarray(variable.values, np.float64).reshape(
                variable.sizes["time"], -1
            )[:, 0]
            if len(values) < days:
                raise ShapeError(
                    f"{path} has {len(values)} days, expected at least {days}"
                )
            if not (np.isfinite(values) & (values > 0.0)).all():
                raise ModelFileError(
                    f"{path} has a {name} that is not above 0, expected all to be"
                )
            found[name] = values[:days]
    return Forcing(**found)
