"""Time series: area means over the hot spots, and the globe's momentum."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from gwparam.evaluate.report.comparison import Array, Comparison
from gwparam.evaluate.report.picture import (
    Picture,
    Section,
    add_legend,
    drawing,
    embed,
)

SERIES_NEEDED = ("series_truth", "series", "level_pressure")
MOMENTUM_NEEDED = ("momentum_truth", "momentum")

_COLUMNS = 2
_ONE_TIME = "the results have one time only."
_NO_INTEGRAL = "fewer than two times are without cells that are left out."

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
    components = comparison.components
    units = str(comparison.results["momentum_truth"].attrs.get("units", ""))
    with drawing(0.6 + 2.3 * len(components)) as figure:
        axes = figure.subplots(len(components), 1, sharex=True, squeeze=False)[:, 0]
        for component, axis in enumerate(axes):
            truth = comparison.array("momentum_truth", "time", component=component)
            models = comparison.array("momentum", "model", "time", component=component)
            _draw(axis, comparison, truth, models)
            axis.set_title(components[component])
            axis.set_ylabel(f"integral [{units}]" if units else "integral")
        axes[-1].set_xlabel(_time_label(comparison))
        add_legend(figure, axes[0], comparison)
        source = embed(figure)
    said = comparison.results["momentum_truth"].attrs.get("long_name", "")
    what = f" ({said})" if said else ""
    alt = f"Global integral of the {comparison.quantity} in time, truth and models."
    return Section((Picture(source, alt, _MOMENTUM_CAPTION.format(what=what)),))


def _hot_spots(comparison: Comparison, component: int) -> Picture:
    level = comparison.chosen_levels(1)[0]
    nrow = -(-len(comparison.hot_spots) // _COLUMNS)
    words = {
        "component": comparison.components[component],
        "quantity": comparison.quantity,
        "level": comparison.level_name(level),
        "units": comparison.units,
    }
    with drawing(0.8 + 1.75 * nrow) as figure:
        axes = figure.subplots(nrow, _COLUMNS, sharex=True, squeeze=False)
        for axis in axes.flat[len(comparison.hot_spots) :]:
            axis.set_axis_off()
        for region, axis in zip(comparison.hot_spots, axes.flat, strict=False):
            at = {"component": component, "region": region, "level": level}
            truth = comparison.array("series_truth", "time", **at)
            models = comparison.array("series", "model", "time", **at)
            factor = comparison.factor
            _draw(axis, comparison, factor * truth, factor * models)
            axis.set_title(comparison.regions[region])
        for axis in axes[:, 0]:
            axis.set_ylabel(f"[{comparison.units}]")
        for axis in axes[-1]:
            axis.set_xlabel(_time_label(comparison))
        add_legend(figure, axes[0, 0], comparison)
        source = embed(figure)
    alt = "Time series of the {component} {quantity} at {level} over the hot spots"
    return Picture(source, f"{alt.format(**words)}.", _SERIES_CAPTION.format(**words))


def _draw(axis: Axes, comparison: Comparison, truth: Array, models: Array) -> None:
    """Draw truth and models against time."""
    time = comparison.results["time"].values
    axis.plot(time, truth, **comparison.truth_line())
    for model, values in enumerate(models):
        axis.plot(time, values, **comparison.line(model))
    axis.axhline(0.0, color="#888888", linewidth=0.7)
    axis.grid(True)
    if _has_dates(comparison):
        locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        axis.xaxis.set_major_locator(locator)
        formatter = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
        axis.xaxis.set_major_formatter(formatter)


def _has_dates(comparison: Comparison) -> bool:
    return bool(comparison.results["time"].dtype.kind == "M")


def _time_label(comparison: Comparison) -> str:
    return "" if _has_dates(comparison) else "number of the sample"
