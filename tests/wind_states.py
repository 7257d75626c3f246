"""A small state file of winds, in which no two cells hold the same value."""

import numpy as np
import xarray as xr

from gwparam.contract import Field, Vertical
from gwparam.data import open_states

NTIME, NLEV, NLAT, NLON = 3, 5, 4, 6
PRESSURE = np.array([1.0, 10.0, 100.0, 500.0, 900.0])
VERTICAL = Vertical("host", "top_down", NLEV, None, 0.1)
INPUTS = (
    Field("eastward_wind", "m s-1", "full", "float64"),
    Field("northward_wind", "m s-1", "full", "float64"),
    Field("surface_air_pressure", "Pa", "surface", "float64"),
    Field("latitude", "degrees_north", "surface", "float64"),
)
WIND_DIMS = ("time", "lev", "lat", "lon")


def wind(offset):
    """A distinct value in every cell."""
    shape = (NTIME, NLEV, NLAT, NLON)
    return (offset + np.arange(np.prod(shape)).reshape(shape)).astype(np.float32)


def wind_states():
    """A complete file, which the tests damage."""
    pressure = 9e4 + np.arange(NTIME * NLAT * NLON).reshape(NTIME, NLAT, NLON)
    return xr.Dataset(
        {
            "u": (
                WIND_DIMS,
                wind(0),
                {"standard_name": "eastward_wind", "units": "m s-1"},
            ),
            "v": (
                WIND_DIMS,
                wind(500),
                {"standard_name": "northward_wind", "units": "m/s"},
            ),
            "ps": (
                ("time", "lat", "lon"),
                pressure,
                {"standard_name": "surface_air_pressure", "units": "Pa"},
            ),
        },
        {
            "time": (
                "time",
                [0.5, 1.5, 2.5],
                {"units": "days since 2000-01-01", "axis": "T"},
            ),
            "lev": (
                "lev",
                PRESSURE,
                {"units": "hPa", "positive": "down", "axis": "Z"},
            ),
            "lat": (
                "lat",
                [-60.0, -20.0, 20.0, 60.0],
                {"standard_name": "latitude", "units": "degrees_north"},
            ),
            "lon": ("lon", np.arange(6) * 60.0, {"units": "degrees_east"}),
        },
    )


def open_file(*paths, **options):
    """Open files for a network of both winds."""
    return open_states(paths, INPUTS, VERTICAL, **options)
