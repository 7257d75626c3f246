"""Time series: area means over the hot spots, and the globe's momentum."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gwparam.evaluate.report.comparison import Array, Comparison
from gwparam.pages.picture import Panel, Picture, Section, draw_panel

SERIES_NEEDED = ("series_truth", "series", "level_pressure")
MOMENTUM_NEEDED = ("momentum_truth", "momentum")

# Samples that are few are seen one by one.
_FEW = 40

_ONE_TIME = "the results have one time only."
_NO_INTEGRAL = "fewer than two times have all cells of the globe."

_SERIES_CAPTION = (
    "Area mean of the {component} {quantity} at {level} over each hot spot in time "
    "[{units}]; every panel has its own scale. Black is the truth. Look whether a "
    "model rises and falls with it: events at the right time matter more than the mean."
)
_MOMENTUM_CAPTION = (
    "Integral over the globe in time{what}. Black is the truth. What the models put in "
    "too much or too little here accelerates the mean flow of a long run. Times at "
    "which cells are left out have no integral and are skipped."
)


def series_section(comparison: Comparison) -> Section:
    """Draw the area means over the hot spots at one level, for each component."""
    if comparison.results.sizes["time"] < 2:
        return Section(absent=_ONE_TIME)
    if not comparison.hot_spots:
        return Section(absent="the results have no region but the globe.")
    components = range(len(comparison.components))
    return Section(tuple(_hot_spots(comparison, component) for component in components))


def momentum_section(comparison: Comparison) -> Section:
    """Draw the global integral of each component."""
    if comparison.results.sizes["time"] < 2:
        return Section(absent=_ONE_TIME)
    # A line ends at a NaN, and a time between two of them would not be seen.
    results = comparison.results
    whole = np.isfinite(results["momentum_truth"].transpose("time", ...).values)
    comparison = Comparison(results.isel(time=whole.all(axis=1)))
    if comparison.results.sizes["time"] < 2:
        return Section(absent=_NO_INTEGRAL)
    panels = tuple(_momentum(comparison, c) for c in range(len(comparison.components)))
    said = comparison.results["momentum_truth"].attrs.get("long_name", "")
    what = f" ({said})" if said else ""
    return Section((Picture(panels, _MOMENTUM_CAPTION.format(what=what), wide=True),))


def _momentum(comparison: Comparison, component: int) -> Panel:
    units = str(comparison.results["momentum_truth"].attrs.get("units", ""))
    name = comparison.components[component]

    def draw(axis: Axes) -> None:
        truth = comparison.array("momentum_truth", "time", component=component)
        models = comparison.array("momentum", "model", "time", component=component)
        _draw(axis, comparison, truth, models)
        axis.set_title(name)
        axis.set_ylabel(f"integral [{units}]" if units else "integral")

    alt = f"Global integral of the {name} {comparison.quantity} in time, with models."
    return draw_panel(alt, draw, (5.4, 2.6))


def _hot_spots(comparison: Comparison, component: int) -> Picture:
    level = comparison.chosen_levels(1)[0]
    words = {
        "component": comparison.components[component],
        "quantity": comparison.quantity,
        "level": comparison.level_name(level),
        "units": comparison.units,
    }

    def panel(region: int) -> Panel:
        def draw(axis: Axes) -> None:
            at = {"component": component, "region": region, "level": level}
            truth = comparison.array("series_truth", "time", **at)
            models = comparison.array("series", "model", "time", **at)
            factor = comparison.factor
            _draw(axis, comparison, factor * truth, factor * models)
            axis.set_title(comparison.regions[region])
            axis.set_ylabel(f"[{comparison.units}]")

        what = "Time series of the {component} {quantity} at {level}".format(**words)
        return draw_panel(f"{what}, {comparison.regions[region]}.", draw, (3.6, 2.3))

    panels = tuple(panel(region) for region in comparison.hot_spots)
    title = "Area-mean {component} {quantity} at {level}".format(**words)
    return Picture(panels, _SERIES_CAPTION.format(**words), title)


def _draw(axis: Axes, comparison: Comparison, truth: Array, models: Array) -> None:
    """Draw truth and models against time."""
    times = comparison.times
    few = len(times.at) <= _FEW
    marks: dict[str, Any] = {"marker": "o", "markersize": 2.5} if few else {}
    axis.axhline(0.0, color="#888888", linewidth=0.7, zorder=1)
    axis.plot(times.at, truth, **comparison.truth_line(), **marks)
    for model, values in enumerate(models):
        axis.plot(times.at, values, **comparison.line(model), **marks)
    axis.grid(True)
    times.draw(axis)
