"""Figures of a climate: time by height, the vortex in winter, differences."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from gwparam.climate.differences import Difference
from gwparam.climate.equator import Equator
from gwparam.climate.oscillation import SMOOTHING, crossings, smooth
from gwparam.climate.summary import Climate, Side
from gwparam.climate.vortex import Days
from gwparam.climate.warmings import Vortex
from gwparam.pages.geography import name_latitude
from gwparam.pages.picture import (
    WIDE,
    Panel,
    Picture,
    Section,
    draw_panel,
    pressure_axis,
)

_WIND, _OTHER = "RdBu_r", "PuOr_r"
_UNITS = {"eastward_wind": "m s⁻¹", "air_temperature": "K"}
_WORDS = {"eastward_wind": "zonal-mean wind", "air_temperature": "temperature"}
# Years of one panel, in which a phase is still wide enough to be seen.
_YEARS, _WINTERS = 20, 10
_HEIGHTS = (0.5, 150.0)  # hPa, of the figures of the QBO
_STEPS = 21  # of colours about zero
# Beyond this share of the magnitudes one colour is enough.
_PERCENTILE = 99.0

_OSCILLATION = (
    "Monthly zonal-mean eastward wind from 5S to 5N by time and pressure, and at 10 "
    "hPa without its trend and annual cycle (thin: monthly; thick: mean over "
    f"{SMOOTHING:g} months; points: from easterlies to westerlies, between which a "
    "period is counted). Look for phases of both signs that come down to 70 hPa and "
    "take about 28 months together."
)
_VORTEX = (
    "Daily zonal-mean eastward wind at 10 hPa and 60N. Red points are sudden warmings, "
    "crosses are final warmings before April, which are left out (Charlton and Polvani "
    "2007)."
)
_DIFFERENCE = "{what} of {run} minus that of {reference} [{units}]. {hatched}"

Array = NDArray[Any]


def oscillation_section(climate: Climate) -> Section:
    """Draw the wind at the equator of each side."""
    pictures = [
        Picture(_oscillation(side, side.qbo), _OSCILLATION, f"QBO of {side.name}", True)
        for side in climate.sides
        if isinstance(side.qbo, Equator)
    ]
    return _section(pictures, {side.name: side.qbo for side in climate.sides})


def vortex_section(climate: Climate) -> Section:
    """Draw the vortex of each side."""
    pictures = [
        Picture(_vortex(side, side.vortex), _VORTEX, f"Vortex of {side.name}", True)
        for side in climate.sides
        if isinstance(side.vortex, Vortex)
    ]
    return _section(pictures, {side.name: side.vortex for side in climate.sides})


def difference_section(climate: Climate) -> Section:
    """Draw the differences to a reference."""
    if not climate.differences:
        return Section(absent="there is no reference.")
    pictures = [
        _difference(climate, field, found)
        for field, found in climate.differences.items()
        if not isinstance(found, str)
    ]
    return _section(pictures, climate.differences)


def _section(pictures: list[Picture], found: Mapping[str, object]) -> Section:
    absent = [
        f"{name.replace('_', ' ')}, {why}"
        for name, why in found.items()
        if isinstance(why, str)
    ]
    return Section(tuple(pictures), absent="; ".join(absent))


def _oscillation(side: Side, found: Equator) -> tuple[Panel, ...]:
    pressure = side.run.pressure / 100.0
    shown = (pressure >= _HEIGHTS[0]) & (pressure <= _HEIGHTS[1])
    time = (found.month + 0.5) / 12.0
    panels = []
    for part, span in _spans(time, _YEARS):
        height = _time_height(time[part], pressure[shown], found.wind[part][:, shown])
        what = (
            f"Eastward wind at the equator of {side.name} by time and pressure, {span}."
        )
        if shown.sum() > 1:
            panels.append(draw_panel(what, height, WIDE, raster=True))
        what = f"Eastward wind at the equator and 10 hPa of {side.name}, {span}."
        panels.append(draw_panel(what, _series(time, found, part), WIDE))
    return tuple(panels)


def _spans(time: Array, years: int) -> Iterator[tuple[slice, str]]:
    """Cut a series into even parts of at most so many years."""
    begin, length = int(time[0]), int(time[-1]) + 1 - int(time[0])
    each = -(-length // -(-length // years))
    for first in range(begin, begin + length, each):
        start, end = np.searchsorted(time, [first, first + each])
        if end > start:
            names = (int(time[start]), int(time[end - 1]))
            yield slice(start, end), " to ".join(map(str, dict.fromkeys(names)))


def _time_height(time: Array, pressure: Array, wind: Array) -> Callable[[Axes], None]:
    def draw(axis: Axes) -> None:
        largest = np.percentile(np.abs(wind[np.isfinite(wind)]), _PERCENTILE)
        levels = _levels(largest)
        filled = axis.contourf(
            time, pressure, wind.T, levels, cmap=_WIND, extend="both"
        )
        if wind.min() < 0.0 < wind.max():
            axis.contour(time, pressure, wind.T, [0.0], colors="black", linewidths=0.6)
        pressure_axis(axis, pressure)
        axis.set_ylabel("pressure [hPa]")
        _years(axis)
        _bar(axis, filled, levels, _UNITS["eastward_wind"])

    return draw


def _series(time: Array, found: Equator, part: slice) -> Callable[[Axes], None]:
    def draw(axis: Axes) -> None:
        wind = found.series
        smoothed = smooth(wind, 1.0)
        beside = (wind.size - smoothed.size) // 2
        middle = time[beside : beside + smoothed.size]
        changes = time[0] + crossings(wind, 1.0) / 12.0
        if found.absent:  # between these no period is counted
            changes = changes[:0]
        axis.axhline(0.0, color="#888888", linewidth=0.7)
        axis.plot(time, wind, color="#0072B2", linewidth=0.5)
        axis.plot(middle, smoothed, color="#0072B2", linewidth=1.6)
        axis.plot(changes, np.zeros(changes.size), "o", color="black", markersize=4)
        axis.set_xlim(time[part][0], time[part][-1])
        axis.set_ylabel("[m s⁻¹]")
        axis.set_title("10 hPa")
        axis.grid(True)
        _years(axis)

    return draw


def _vortex(side: Side, found: Vortex) -> tuple[Panel, ...]:
    days, wind = side.run.days, side.run.vortex
    assert days is not None
    time = _decimal_years(days)
    warm = [place for winter in found.winters for place in winter.warmings]
    final = [w.final for w in found.winters if w.final is not None]
    panels = []
    for part, span in _spans(time, _WINTERS):

        def draw(axis: Axes, part: slice = part) -> None:
            axis.axhline(0.0, color="#888888", linewidth=0.7)
            axis.plot(time[part], wind[part], color="#0072B2", linewidth=0.7)
            axis.plot(time[warm], wind[warm], "o", color="#D55E00", markersize=4.5)
            axis.plot(time[final], wind[final], "x", color="black", markersize=4.5)
            axis.set_xlim(time[part][0], time[part][-1])
            axis.set_ylabel("[m s⁻¹]")
            axis.grid(True)
            _years(axis)

        what = f"Wind at 10 hPa and 60N of {side.name} with warmings, {span}."
        panels.append(draw_panel(what, draw, WIDE))
    return tuple(panels)


def _decimal_years(days: Days) -> Array:
    return np.asarray(days.year + (days.month - 1 + (days.day - 1) / 31.0) / 12.0)


def _difference(climate: Climate, field: str, found: dict[str, Difference]) -> Picture:
    run, reference = climate.sides
    pressure, latitude = run.run.pressure / 100.0, run.run.latitude
    sizes = [np.abs(one.mean[np.isfinite(one.mean)]) for one in found.values()]
    pooled = np.concatenate([*sizes, np.zeros(1)])
    levels = _levels(float(np.percentile(pooled, _PERCENTILE)))
    tested = any(np.isfinite(one.probability).any() for one in found.values())
    words = {
        "what": _WORDS[field].capitalize(),
        "run": run.name,
        "reference": reference.name,
        "units": _UNITS[field],
        "hatched": "Hatched: significant (see below)."
        if tested
        else "No test: too few years.",
    }

    def panel(season: str, one: Difference) -> Panel:
        def draw(axis: Axes) -> None:
            with mpl.rc_context({"hatch.linewidth": 0.5}):
                _section_of(axis, latitude, pressure, one, levels, field)
            axis.set_title(season)

        what = f"Difference of the {_WORDS[field]} of {run.name}, {season}."
        return draw_panel(what, draw, WIDE, raster=True)

    panels = tuple(panel(season, one) for season, one in found.items())
    title = f"Difference of the {_WORDS[field]}"
    return Picture(panels, _DIFFERENCE.format(**words), title, True)


def _section_of(
    axis: Axes,
    latitude: Array,
    pressure: Array,
    found: Difference,
    levels: Array,
    field: str,
) -> None:
    colours = _WIND if field == "eastward_wind" else _OTHER
    filled = axis.contourf(
        latitude, pressure, found.mean, levels, cmap=colours, extend="both"
    )
    if found.significant.any():
        mask = found.significant.astype(np.float64)
        axis.contourf(
            latitude, pressure, mask, [0.5, 1.5], colors="none", hatches=["////"]
        )
    pressure_axis(axis, pressure)
    axis.set_ylabel("pressure [hPa]")
    axis.set_xlim(max(-90.0, latitude[0]), min(90.0, latitude[-1]))
    ticks = np.arange(-60.0, 61.0, 30.0)
    axis.set_xticks(ticks, [name_latitude(tick) for tick in ticks])
    axis.set_xlim(max(-90.0, latitude[0]), min(90.0, latitude[-1]))
    _bar(axis, filled, levels, _UNITS[field])


def _levels(largest: float) -> Array:
    """Give steps of colours about zero, of round numbers."""
    ticks = MaxNLocator(_STEPS).tick_values(-(largest or 1.0), largest or 1.0)
    return np.asarray(ticks)


def _bar(axis: Axes, filled: Any, levels: Array, units: str) -> None:
    bar = axis.figure.colorbar(filled, ax=axis, aspect=22, pad=0.02)
    bar.set_label(f"[{units}]")
    bar.outline.set_linewidth(0.4)
    # Some of the steps, and zero: the ends of a bar have no room for two.
    every = max(1, levels.size // 6)
    bar.set_ticks(levels[int(np.abs(levels).argmin()) % every :: every].tolist())


def _years(axis: Axes) -> None:
    axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axis.set_xlabel("year")
