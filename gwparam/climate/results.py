"""The series and fields of a climate, as a file."""

from os import PathLike
from typing import Any

import numpy as np
import xarray as xr

from gwparam.climate.differences import Difference
from gwparam.climate.summary import TEST, Climate, Side, month_name
from gwparam.climate.warmings import day_of
from gwparam.whole_files import replacement, writing


def as_dataset(climate: Climate, version: str) -> xr.Dataset:
    """Assemble what figures show; names end in the name of their side.

    Parameters
    ----------
    climate : Climate
        What was found.
    version : str
        Of gwparam.
    """
    run = climate.sides[0].run
    data = xr.Dataset(
        coords={
            "pressure": ("pressure", run.pressure / 100.0, {"units": "hPa"}),
            "latitude": ("latitude", run.latitude, {"units": "degrees_north"}),
        },
        attrs={
            "title": "Climate of " + " and ".join(s.name for s in climate.sides),
            "gwparam_version": version,
            "Conventions": "CF-1.8",
        },
    )
    for number, side in enumerate(climate.sides):
        _add_side(data, side, "" if number == 0 else "_reference")
    for field, found in climate.differences.items():
        if not isinstance(found, str):
            _add_differences(data, field, found)
    return data


def write_netcdf(path: str | PathLike[str], data: xr.Dataset) -> None:
    """Write the Dataset; an older file stays as it was until the new one is whole.

    Raises
    ------
    ModelFileError
        If it cannot be written.
    """
    with writing(path), replacement(path) as partial:
        data.to_netcdf(partial)


def _add_side(data: xr.Dataset, side: Side, end: str) -> None:
    winds = {"units": "m s-1", "standard_name": "eastward_wind"}
    if not isinstance(side.qbo, str):
        month, level = f"month{end}", f"pressure{end}"
        data[month] = (month, [month_name(int(m)) for m in side.qbo.month])
        data[level] = (level, side.run.pressure / 100.0, {"units": "hPa"})
        told = {"long_name": "zonal mean from 5S to 5N, monthly"}
        data[f"equatorial_wind{end}"] = ((month, level), side.qbo.wind, winds | told)
    if not isinstance(side.vortex, str):
        day = f"day{end}"
        data[day] = (day, [day_of(side.run, k) for k in range(side.run.vortex.size)])
        told = {"long_name": "zonal mean at 10 hPa and 60N, daily"}
        data[f"vortex_wind{end}"] = (day, side.run.vortex, winds | told)


def _add_differences(
    data: xr.Dataset, field: str, found: dict[str, Difference]
) -> None:
    units = {"eastward_wind": "m s-1", "air_temperature": "K"}[field]
    dims = ("season", "pressure", "latitude")
    data["season"] = list(found)

    def stack(part: str) -> Any:
        values = np.stack([getattr(one, part) for one in found.values()])
        return values.astype(np.int8) if values.dtype == bool else values

    told: dict[str, tuple[str, dict[str, str]]] = {
        "difference": ("mean", {"units": units, "long_name": "run minus reference"}),
        "probability": ("probability", {"units": "1", "comment": TEST}),
        "significant": ("significant", {"units": "1", "comment": TEST}),
    }
    for name, (part, attrs) in told.items():
        data[f"{field}_{name}"] = (dims, stack(part), attrs)
