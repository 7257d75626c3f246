"""Maps: axes of latitude and longitude, with coastlines."""

import json
from functools import cache
from importlib import resources

import numpy as np
from matplotlib.axes import Axes

from gwparam.pages.picture import Array


def name_latitude(latitude: float) -> str:
    """Write a latitude [degrees_north] as on a map."""
    side = "" if latitude == 0 else "N" if latitude > 0 else "S"
    return f"{abs(latitude):g}°{side}"


def name_longitude(longitude: float) -> str:
    """Write a longitude [degrees_east] as on a map."""
    east = (longitude + 180.0) % 360.0 - 180.0
    side = "" if east in (0.0, -180.0) else "E" if east > 0 else "W"
    return f"{abs(east):g}°{side}"


@cache
def coastlines() -> Array:
    """Read the outline of land that the package ships.

    Returns
    -------
    ndarray, shape (point, 2)
        Longitude, from -180 [degrees_east], and latitude [degrees_north]; NaN between
        two lines.

    Notes
    -----
    Source: Natural Earth, in the public domain; `tools/make_coastlines.py` made it.
    """
    text = resources.files(__package__).joinpath("coastlines.json").read_text("utf-8")
    gap = [np.full((1, 2), np.nan)]
    lines = [[*gap, np.reshape(line, (-1, 2))] for line in json.loads(text)["lines"]]
    return np.concatenate([part for line in lines for part in line])


def as_map(axis: Axes, longitude_edges: Array) -> None:
    """Give axes a graticule and the coastlines."""
    west, east = float(longitude_edges.min()), float(longitude_edges.max())
    axis.set_xlim(west, east)
    axis.set_ylim(-90.0, 90.0)
    ticks = np.arange(np.ceil(west / 60.0), np.floor(east / 60.0) + 1.0) * 60.0
    axis.set_xticks(ticks, [name_longitude(tick) for tick in ticks])
    latitudes = np.arange(-60.0, 61.0, 30.0)
    axis.set_yticks(latitudes, [name_latitude(tick) for tick in latitudes])
    axis.grid(color="#777777", linewidth=0.4, alpha=0.6)
    axis.set_axisbelow(False)
    axis.spines[:].set_visible(True)
    longitude, latitude = coastlines().T
    for turn in (0.0, 360.0):  # a map may begin anywhere
        axis.plot(longitude + turn, latitude, color="#222222", linewidth=0.6)
