"""Spectra by zonal wavenumber."""

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes

from gwparam.evaluate.report.comparison import Array, Comparison
from gwparam.pages.picture import (
    Panel,
    Picture,
    Section,
    draw_panel,
    listed,
    logarithmic,
)

NEEDED = ("spectrum_truth", "spectrum", "level_pressure")

_LEVELS = 3

# Slopes that atmospheric spectra are read against (Nastrom and Gage 1985).
_SLOPES = ((-5.0 / 3.0, "−5/3"), (-3.0, "−3"))

_CAPTION = (
    "Power of the {quantity} by zonal wavenumber at {levels}, mean over time and "
    "latitude; both axes are logarithmic, wavenumber 0 is left out. Black is the "
    "truth; grey lines have slopes −5/3 and −3. A model that falls below black on the "
    "right has lost the small scales; one that flattens above it makes noise."
)


def spectra_section(comparison: Comparison) -> Section:
    """Draw the spectra, a row for a component, a column for a level."""
    if comparison.results.sizes["wavenumber"] < 3:
        return Section(absent="there are too few wavenumbers.")
    levels = sorted(
        comparison.chosen_levels(_LEVELS), key=lambda level: comparison.pressure[level]
    )
    panels = tuple(
        _panel(comparison, component, level)
        for component in range(len(comparison.components))
        for level in levels
    )
    names = listed([comparison.level_name(level) for level in levels])
    caption = _CAPTION.format(quantity=comparison.quantity, levels=names)
    return Section((Picture(panels, caption),))


def _panel(comparison: Comparison, component: int, level: int) -> Panel:
    name, at = comparison.components[component], comparison.level_name(level)

    def draw(axis: Axes) -> None:
        _draw(axis, comparison, component, level)
        axis.set_title(f"{name}, {at}")
        axis.set_ylabel(f"power [({comparison.units})²]")
        axis.set_xlabel("zonal wavenumber")

    alt = f"Zonal-wavenumber spectra of the {name} {comparison.quantity} at {at}."
    return draw_panel(alt, draw)


def _draw(axis: Axes, comparison: Comparison, component: int, level: int) -> None:
    """Draw the spectra of one component at one level."""
    at = {"component": component, "level": level}
    factor = comparison.factor**2
    truth = factor * comparison.array("spectrum_truth", "wavenumber", **at)
    models = factor * comparison.array("spectrum", "model", "wavenumber", **at)
    wavenumber = _wavenumbers(comparison)
    shown = wavenumber > 0
    axis.plot(wavenumber[shown], _positive(truth[shown]), **comparison.truth_line())
    for model, power in enumerate(models):
        axis.plot(wavenumber[shown], _positive(power[shown]), **comparison.line(model))
    logarithmic(axis, "x", wavenumber[shown])
    logarithmic(axis, "y", truth[shown], models[:, shown])
    axis.grid(True, linewidth=0.4)
    _draw_slopes(axis, wavenumber[shown], _positive(truth[shown]))


def _draw_slopes(axis: Axes, wavenumber: Array, power: Array) -> None:
    """Draw the guides above the truth's middle, without changing the axis."""
    middle = int(np.argmin(np.abs(np.log(wavenumber**2 / wavenumber.max()))))
    if not np.isfinite(power[middle]):
        return
    limits = axis.get_ylim()
    along = wavenumber[middle:]
    for slope, name in _SLOPES:
        guide = 6.0 * power[middle] * (along / along[0]) ** slope
        axis.plot(along, guide, color="#888888", linewidth=0.9, linestyle=(0, (4, 2)))
        middle = len(along) // 2
        axis.annotate(
            name,
            (along[middle], guide[middle]),
            fontsize=8,
            color="#444444",
            ha="center",
            va="center",
            path_effects=[patheffects.withStroke(linewidth=3.0, foreground="white")],
        )
    axis.set_ylim(limits)


def _wavenumbers(comparison: Comparison) -> Array:
    if comparison.missing("wavenumber"):
        return np.arange(comparison.results.sizes["wavenumber"], dtype=np.float64)
    return comparison.array("wavenumber", "wavenumber")


def _positive(power: Array) -> Array:
    """Blank what a logarithmic axis cannot show."""
    return np.where(np.isfinite(power) & (power > 0.0), power, np.nan)
