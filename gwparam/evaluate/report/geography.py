"""Axes of latitude, longitude and pressure, and the regions' boxes."""

import json
from functools import cache
from importlib import resources

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from gwparam.evaluate.report.comparison import Array, Comparison
from gwparam.pages.picture import pressure_axis


def name_latitude(latitude: float) -> str:
    """Write a latitude [degrees_north] as on a map."""
    side = "" if latitude == 0 else "N" if latitude > 0 else "S"
    return f"{abs(latitude):g}°{side}"


def name_longitude(longitude: float) -> str:
    """Write a longitude [degrees_east] as on a map."""
    east = (longitude + 180.0) % 360.0 - 180.0
    side = "" if east in (0.0, -180.0) else "E" if east > 0 else "W"
    return f"{abs(east):g}°{side}"


def cell_edges(centres: Array) -> Array:
    """Find the edges of cells, half way between their centres.

    Parameters
    ----------
    centres : ndarray, shape (n,)
        In either order; any units.

    Returns
    -------
    ndarray, shape (n + 1,)
        The outermost cells are as wide outwards as inwards.
    """
    if len(centres) == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    middle = 0.5 * (centres[1:] + centres[:-1])
    first, last = 2.0 * centres[0] - middle[0], 2.0 * centres[-1] - middle[-1]
    return np.concatenate([[first], middle, [last]])


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


def as_section(axis: Axes, pressure: Array) -> None:
    """Make axes a section of latitude and log pressure, the ground at the bottom."""
    pressure_axis(axis, pressure)
    axis.set_xlim(-90.0, 90.0)
    latitudes = np.arange(-60.0, 61.0, 30.0)
    axis.set_xticks(latitudes, [name_latitude(tick) for tick in latitudes])


def boxes(comparison: Comparison) -> dict[str, list[tuple[float, float, float, float]]]:
    """Find the hot spots' boxes on the map.

    Returns
    -------
    dict of str to list of tuple
        West, south, width and height of the box [degrees]; two boxes for a region that
        the map's edge cuts; none where the results do not say.
    """
    if comparison.missing("region_box", "latitude", "longitude"):
        return {}
    latitude = cell_edges(comparison.array("latitude", "latitude"))
    longitude = cell_edges(comparison.array("longitude", "longitude"))
    bounds = np.asarray(comparison.results["region_box"].values).reshape(-1, 4)
    found = {}
    for region in comparison.hot_spots:
        south, north, west, east = (int(bound) for bound in bounds[region])
        parts = [(west, east)]
        if west < 0 or east <= west:
            # Columns count on west of the prime meridian, or past the last.
            parts = [(west % (len(longitude) - 1), len(longitude) - 1), (0, east)]
        found[comparison.regions[region]] = [
            (
                float(longitude[first]),
                float(min(latitude[south], latitude[north])),
                float(longitude[last] - longitude[first]),
                float(abs(latitude[north] - latitude[south])),
            )
            for first, last in parts
            if last > first
        ]
    return found


def draw_boxes(axis: Axes, comparison: Comparison) -> None:
    """Draw the hot spots' boxes with their numbers."""
    halo = [patheffects.withStroke(linewidth=2.0, foreground="white")]
    for number, parts in enumerate(boxes(comparison).values(), start=1):
        for west, south, width, height in parts:
            box = Rectangle((west, south), width, height, fill=False, linewidth=0.9)
            axis.add_patch(box)
            axis.text(
                west + 1.5,
                south + height - 1.5,
                str(number),
                fontsize=8,
                va="top",
                path_effects=halo,
            )
