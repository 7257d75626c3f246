"""Sections of the zonal mean: latitude by log pressure."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable

from gwparam.evaluate.report.comparison import Array, Comparison
from gwparam.evaluate.report.geography import as_section
from gwparam.evaluate.report.panels import panels_against_truth
from gwparam.pages.picture import Picture, Section

NEEDED = ("mean_truth", "mean", "level_pressure", "latitude")

# Drag grows and fluxes fade with height by orders of magnitude: on linear colours most
# levels are blank.
_DECADES = 2

_CAPTION = (
    "Time and zonal mean of the {component} {quantity} [{units}] by latitude and "
    "pressure. Colours are logarithmic over two decades on either side of zero and "
    "linear between. Look for the layers of opposite sign, their latitudes and "
    "heights; in the differences, colour is error."
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
        axis.set_ylabel("pressure [hPa]")
        return mesh

    words = {
        "component": comparison.components[component],
        "quantity": comparison.quantity,
        "units": comparison.units,
    }
    what = "Section of the zonal-mean {component} {quantity}".format(**words)
    panels = panels_against_truth(
        comparison,
        comparison.factor * truth.mean(axis=-1),
        comparison.factor * models.mean(axis=-1),
        paint,
        what,
        decades=_DECADES,
    )
    title = "Zonal-mean {component} {quantity}".format(**words)
    return Picture(panels, _CAPTION.format(**words), title, wide=True)
