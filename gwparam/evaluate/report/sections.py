"""Sections of the zonal mean: latitude by log pressure."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable

from gwparam.evaluate.report.comparison import Array, Comparison
from gwparam.evaluate.report.geography import as_section
from gwparam.evaluate.report.panels import (
    draw_against_truth,
    resolution,
    row_height,
    write_beside,
)
from gwparam.evaluate.report.picture import Picture, Section, drawing, embed

NEEDED = ("mean_truth", "mean", "level_pressure", "latitude")

# Drag grows and fluxes fade with height by orders of magnitude: on linear colours most
# levels are blank.
_DECADES = 2

_CAPTION = (
    "Time and zonal mean of the {component} {quantity} [{units}] by latitude and "
    "pressure. Colours are logarithmic over two decades on either side of zero and "
    "linear between. Look for the layers of opposite sign, their latitudes and "
    "heights; on the right, colour is error, and its sign says too strong or too weak."
)


def sections_section(comparison: Comparison) -> Section:
    """Draw the zonal means of truth, models and differences for each component."""
    if len(comparison.pressure) < 2:
        return Section(absent="the results have one level only.")
    components = range(len(comparison.components))
    return Section(tuple(_picture(comparison, component) for component in components))


def _picture(comparison: Comparison, component: int) -> Picture:
    plane = ("level", "latitude", "longitude")
    truth = comparison.array("mean_truth", *plane, component=component)
    models = comparison.array("mean", "model", *plane, component=component)
    latitude = comparison.array("latitude", "latitude")
    pressure = comparison.pressure

    def paint(axis: Axes, values: Array, colours: dict[str, Any]) -> ScalarMappable:
        mesh = axis.pcolormesh(
            latitude, pressure, values, shading="nearest", rasterized=True, **colours
        )
        as_section(axis, pressure)
        return mesh

    words = {
        "component": comparison.components[component],
        "quantity": comparison.quantity,
        "units": comparison.units,
    }
    with drawing(row_height(comparison, 2.4)) as figure:
        free = draw_against_truth(
            figure,
            comparison,
            comparison.factor * truth.mean(axis=-1),
            comparison.factor * models.mean(axis=-1),
            paint,
            decades=_DECADES,
        )
        for axis in figure.axes[: 2 * len(models) + 2 : 2]:
            axis.set_ylabel("pressure [hPa]")
        write_beside(free, "{component} {quantity}, zonal mean".format(**words), [])
        source = embed(figure, raster=True, dpi=resolution(comparison))
    alt = "Latitude-pressure sections of the zonal-mean {component} {quantity}".format(
        **words
    )
    return Picture(
        source,
        f"{alt}: the truth, each model, and each model minus the truth.",
        _CAPTION.format(**words),
    )
