"""The grid that a global network was trained on."""

import json
import re
from pathlib import Path

import numpy as np
from netCDF4 import Dataset

from gwparam.contract import Geometry, check_geometry, typed_json
from gwparam.errors import ModelFileError, wrong_setting
from gwparam.grids import gaussian_latitudes
from gwparam.networks.base import Option

_AXES = {"latitude": ("latitude", "lat"), "longitude": ("longitude", "lon")}
# Of the largest models; the latitudes of more would take minutes.
_MOST_ROWS = 8192
_FULL = {"latitude": 90.0, "longitude": 360.0}


def read_grid(text: str) -> Geometry:
    """Read the grid of a global network.

    Parameters
    ----------
    text : str
        ``64x128``: Gaussian latitudes, south to north, and as many equal steps of
        longitude from 0 degrees; or a netCDF file with ``lat`` and ``lon``, or
        ``latitude`` and ``longitude``, in degrees, or divided by 90 and by 360 as in
        the training files of the Attention U-Net; or JSON text with ``latitude`` and
        ``longitude`` in degrees.

    Raises
    ------
    ArgumentError, ModelFileError, ContractError
        If it is neither.
    """
    if typed_json.is_json(text):
        given = typed_json.load(text, "the grid") | {"kind": "global"}
        geometry = typed_json.parse(Geometry, given)
        check_geometry(geometry)
        return geometry
    size = re.fullmatch(r"(\d+)x(\d+)", text)
    if size:
        nlat, nlon = (int(number[:6]) for number in size.groups())
        if not 0 < nlat <= _MOST_ROWS or not 0 < nlon <= _MOST_ROWS:
            expected = f"rows x columns, 1 to {_MOST_ROWS} of each"
            raise wrong_setting("grid", text[:40], expected)
        latitude = gaussian_latitudes(nlat)
        longitude = np.arange(nlon) * (360.0 / nlon)
    else:
        latitude, longitude = _read(Path(text))
    geometry = Geometry(
        "global",
        latitude=tuple(latitude.tolist()),
        longitude=tuple(longitude.tolist()),
    )
    check_geometry(geometry)
    return geometry


def write_grid(geometry: Geometry) -> str:
    """Write a grid as the JSON text that `read_grid` takes."""
    axes = {"latitude": geometry.latitude, "longitude": geometry.longitude}
    return json.dumps(axes)


def _read(path: Path) -> list[np.ndarray]:
    """Latitude and longitude of a netCDF file, in degrees."""
    axes = []
    try:
        with Dataset(path) as data:
            for names in _AXES.values():
                there = [data[name][:] for name in names if name in data.variables]
                axes += [np.ma.getdata(values).astype(float) for values in there[:1]]
    except OSError as error:
        raise ModelFileError(
            f"cannot read {path}: {error.strerror}, expected netCDF or 64x128"
        ) from None
    if len(axes) != len(_AXES):
        expected = " and ".join(" or ".join(names) for names in _AXES.values())
        raise ModelFileError(f"{path} has no grid, expected {expected}")
    # No image of the globe lies within one degree: these are shares of 90 and 360.
    if all(np.abs(values).max(initial=0.0) <= 1.0 for values in axes):
        axes = [v * full for v, full in zip(axes, _FULL.values(), strict=True)]
    return axes


GRID = Option(
    "grid",
    "grid that a global network was trained on: 64x128 for Gaussian latitudes, south "
    "to north, and longitudes from 0, or a netCDF file with lat and lon. Never guessed",
    metavar="NLATxNLON|FILE.nc",
    parse=read_grid,
    write=write_grid,
)
