"""Maps of the time mean."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable

from gwparam.evaluate.report.comparison import Array, Comparison
from gwparam.evaluate.report.geography import as_map, boxes, cell_edges, draw_boxes
from gwparam.evaluate.report.panels import (
    draw_against_truth,
    resolution,
    row_height,
    write_beside,
)
from gwparam.evaluate.report.picture import Picture, Section, drawing, embed

NEEDED = ("mean_truth", "mean", "level_pressure", "latitude", "longitude")

# Levels that have maps; the others are in the zonal means.
_LEVELS = 2

_CAPTION = (
    "Time mean of the {component} {quantity} at {level} [{units}]. Left: the truth and "
    "each model on one colour scale; right: model minus truth on another, so that "
    "colour on the right is error. A good model repeats the hot spots in place and "
    "strength and leaves the right side pale. Boxes are the numbered hot spots."
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
    with drawing(row_height(comparison, 2.55)) as figure:
        free = draw_against_truth(figure, comparison, truth, models, paint)
        write_beside(
            free,
            "{component} {quantity}, {level}".format(**words),
            [f"{n}  {name}" for n, name in enumerate(boxes(comparison), 1)],
        )
        source = embed(figure, raster=True, dpi=resolution(comparison))
    alt = "Maps of the time-mean {component} {quantity} at {level}".format(**words)
    return Picture(
        source,
        f"{alt}: the truth, each model, and each model minus the truth.",
        _CAPTION.format(**words),
    )
