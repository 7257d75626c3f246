"""Maps of the time mean."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable

from gwparam.evaluate.report.comparison import Array, Comparison
from gwparam.evaluate.report.geography import boxes, cell_edges, draw_boxes
from gwparam.evaluate.report.panels import panels_against_truth
from gwparam.pages.geography import as_map
from gwparam.pages.picture import Picture, Section, listed

NEEDED = ("mean_truth", "mean", "level_pressure", "latitude", "longitude")

# Levels that have maps; the others are in the zonal means.
_LEVELS = 2

_CAPTION = (
    "Time mean of the {component} {quantity} at {level} [{units}]: the truth and each "
    "model on one colour scale, then model minus truth on another, so that colour "
    "there is error. A good model repeats the hot spots in place and strength and "
    "leaves the differences pale.{boxes}"
)


def maps_section(comparison: Comparison) -> Section:
    """Draw the time mean at a few levels, truth, models and differences."""
    return Section(
        tuple(
            _picture(comparison, component, level)
            for level in comparison.chosen_levels(_LEVELS)
            for component in range(len(comparison.components))
        )
    )


def _picture(comparison: Comparison, component: int, level: int) -> Picture:
    at = {"component": component, "level": level}
    grid = ("latitude", "longitude")
    truth = comparison.factor * comparison.array("mean_truth", *grid, **at)
    models = comparison.factor * comparison.array("mean", "model", *grid, **at)
    latitude = cell_edges(comparison.array("latitude", "latitude"))
    longitude = cell_edges(comparison.array("longitude", "longitude"))

    def paint(axis: Axes, values: Array, colours: dict[str, Any]) -> ScalarMappable:
        mesh = axis.pcolormesh(longitude, latitude, values, rasterized=True, **colours)
        as_map(axis, longitude)
        draw_boxes(axis, comparison)
        return mesh

    words = {
        "component": comparison.components[component],
        "quantity": comparison.quantity,
        "level": comparison.level_name(level),
        "units": comparison.units,
    }
    what = "Map of the time-mean {component} {quantity} at {level}".format(**words)
    numbered = [f"{n} {name}" for n, name in enumerate(boxes(comparison), 1)]
    told = f" Boxes are the hot spots: {listed(numbered)}." if numbered else ""
    return Picture(
        panels_against_truth(comparison, truth, models, paint, what),
        _CAPTION.format(**words, boxes=told),
        "Time-mean {component} {quantity} at {level}".format(**words),
        wide=True,
    )
