"""Axes of latitude and pressure, and the regions' boxes."""

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from gwparam.evaluate.report.comparison import Array, Comparison
from gwparam.pages.geography import name_latitude
from gwparam.pages.picture import pressure_axis


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
