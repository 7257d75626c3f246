"""Figures of runs of the testbed: time-height pictures, series, profiles, members."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from gwparam.pages.colours import colour_of, style_of
from gwparam.pages.picture import Panel, Picture, draw_panel
from gwparam.qbo.runs import Run
from gwparam.qbo.summary import Member, spinup_days, spinup_years
from gwparam.qbo.testbed import DAYS_A_YEAR

Array = NDArray[np.float64]

SHOWN_YEARS = 15
"""Years of a time-height picture, the first after the spin-up."""
_MEAN_DAYS = 10  # of a column of pixels
_LONG, _LINES = (10.0, 2.5), (10.0, 2.5)
_UNSTABLE = "unstable"

_HEIGHT_CAPTION = (
    "Wind of the equator in {first}, {days}-day means: red is westerly, blue easterly; "
    "the line is no wind. {member}"
)
_SERIES_CAPTION = "Wind at 25 km over the same years, {days}-day means."
_PROFILE_CAPTION = (
    "Standard deviation of the wind by height, after the first {spinup} years. Thin "
    "lines are the members."
)
_MEMBER_CAPTION = (
    "Each point is a member: period of the largest Fourier mode and standard deviation "
    "of the wind, both at 25 km."
)


def time_height(runs: Sequence[Run]) -> Picture:
    """Draw the wind of the first member of each run by time and height."""
    lasting = [run for run in runs if _lasts(run)] or list(runs)
    largest = max(_largest(run) for run in lasting)
    limit = max(10.0, float(np.ceil(largest / 10.0) * 10.0))
    panels = tuple(_time_height(run, limit) for run in runs)
    first = _years(runs[0])
    members = max(len(run.unstable) for run in runs)
    caption = _HEIGHT_CAPTION.format(
        first=f"years {first[0] + 1} to {first[1]}",
        days=_MEAN_DAYS,
        member="The first member of each." if members > 1 else "",
    )
    return Picture(panels, caption.strip(), "Wind by time and height", full=True)


def _years(run: Run) -> tuple[int, int]:
    """First and last year of what is shown."""
    first = spinup_days(len(run.wind)) // DAYS_A_YEAR
    return first, min(first + SHOWN_YEARS, max(first + 1, len(run.wind) // DAYS_A_YEAR))


def _shown(run: Run, member: int = 0) -> tuple[Array, Array]:
    """Years, and the wind averaged over some days: (time,), (time, nlev)."""
    first, last = (year * DAYS_A_YEAR for year in _years(run))
    step = _MEAN_DAYS
    if not _lasts(run, member):
        # As far as it went.
        last = run.unstable[member]
        first = min(first, max(0, last - SHOWN_YEARS * DAYS_A_YEAR))
        step = _MEAN_DAYS if last - first > 2 * DAYS_A_YEAR else 1
    wind = run.wind[first:last, member].astype(np.float64)
    whole = len(wind) // step * step
    means = wind[:whole].reshape(-1, step, wind.shape[-1]).mean(axis=1)
    return (first + (np.arange(len(means)) + 0.5) * step) / DAYS_A_YEAR, means


def _lasts(run: Run, member: int = 0) -> bool:
    """Whether there is wind in all years that are shown."""
    return not 0 <= run.unstable[member] < _years(run)[1] * DAYS_A_YEAR


def _largest(run: Run) -> float:
    """Largest wind that is shown."""
    wind = np.abs(_shown(run)[1])
    return float(np.nanpercentile(wind, 99.5)) if np.isfinite(wind).any() else 0.0


def _time_height(run: Run, limit: float) -> Panel:
    years, wind = _shown(run)
    # The wind that stays is no part of the picture, but for its upper end.
    free = slice(run.column.lowest - 1, None)
    wind, height = wind[:, free], run.column.height[free] / 1e3

    def draw(axis: Axes) -> None:
        axis.set_title(run.name)
        mesh = axis.pcolormesh(
            years,
            height,
            wind.T,
            cmap="RdBu_r",
            vmin=-limit,
            vmax=limit,
            shading="nearest",
            rasterized=True,
        )
        if len(years) > 1 and wind.min() < 0.0 < wind.max():
            axis.contour(years, height, wind.T, [0.0], colors="black", linewidths=0.5)
        axis.set_facecolor("#dddddd")
        axis.set(xlabel="year", ylabel="height [km]")
        axis.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        if run.unstable[0] >= 0:
            axis.text(
                0.98,
                0.9,
                f"{_UNSTABLE} on day {run.unstable[0] + 1}",
                transform=axis.transAxes,
                ha="right",
                color="#b3261e",
                weight="bold",
            )
        bar = axis.figure.colorbar(mesh, ax=axis, aspect=16, pad=0.01, extend="both")
        bar.set_label("[m s⁻¹]")
        bar.outline.set_linewidth(0.4)
        bar.ax.yaxis.set_major_locator(MaxNLocator(5))

    alt = f"Wind with {run.name} by time and height."
    return draw_panel(alt, draw, _LONG, raster=True)


def series(runs: Sequence[Run]) -> Picture | None:
    """Draw the wind at 25 km of the runs that have one; None without any."""
    if not any(map(_lasts, runs)):
        return None

    def draw(axis: Axes) -> None:
        for number, run in enumerate(runs):
            if not _lasts(run):
                continue
            years, wind = _shown(run)
            height = run.column.height / 1e3
            line = [np.interp(25.0, height, each) for each in wind]
            axis.plot(years, line, **_line(number), label=run.name, linewidth=1.1)
        axis.axhline(0.0, color="#555555", linewidth=0.6)
        axis.grid(True)
        axis.margins(x=0.0)
        axis.set(xlabel="year", ylabel="wind at 25 km [m s⁻¹]")

    panel = draw_panel("Wind at 25 km by time.", draw, _LINES)
    caption = _SERIES_CAPTION.format(days=_MEAN_DAYS)
    return Picture((panel,), caption, "Wind at 25 km", full=True)


def _line(number: int) -> dict[str, Any]:
    return {"color": colour_of(number), "linestyle": style_of(number)}


def statistics(
    runs: Sequence[Run], summaries: Sequence[Sequence[Member]]
) -> Picture | None:
    """Draw amplitude by height and, of several members, what they differ in."""
    if all(day >= 0 for run in runs for day in run.unstable):
        return None
    caption = _PROFILE_CAPTION.format(spinup=spinup_years(len(runs[0].wind)))
    panels = [draw_panel("Amplitude by height.", lambda axis: _profiles(axis, runs))]
    if max(len(run.unstable) for run in runs) > 1:
        panels.append(
            draw_panel(
                "Period and amplitude of members.",
                lambda axis: _members(axis, runs, summaries),
            )
        )
        caption += " " + _MEMBER_CAPTION
    return Picture(tuple(panels), caption, "Amplitude")


def _profiles(axis: Axes, runs: Sequence[Run]) -> None:
    for number, run in enumerate(runs):
        start = spinup_days(len(run.wind))
        stable = [m for m, day in enumerate(run.unstable) if day < 0]
        if not stable:
            continue
        each = run.wind[start:, stable].std(axis=0, dtype=np.float64)
        height = run.column.height / 1e3
        for profile in each if len(stable) > 1 else ():
            axis.plot(profile, height, color=colour_of(number), linewidth=0.4)
        axis.plot(each.mean(axis=0), height, **_line(number), linewidth=1.6)
    axis.grid(True)
    axis.set(xlabel="standard deviation [m s⁻¹]", ylabel="height [km]", xlim=(0, None))
    axis.set_title("Amplitude")


def _members(
    axis: Axes, runs: Sequence[Run], summaries: Sequence[Sequence[Member]]
) -> None:
    for number, members in enumerate(summaries):
        stable = [each for each in members if each.unstable is None]
        points = [(m.at[25].period, m.at[25].amplitude) for m in stable]
        if points:
            period, amplitude = zip(*points, strict=True)
            axis.scatter(period, amplitude, s=14, color=colour_of(number))
    axis.grid(True)
    axis.set(xlabel="period [months]", ylabel="amplitude [m s⁻¹]")
    axis.set_title(f"Members of {len(runs)} schemes" if len(runs) > 1 else "Members")


def names_and_colours(runs: Sequence[Run]) -> list[tuple[str, str]]:
    """Say which colour is whose."""
    return [(run.name, colour_of(number)) for number, run in enumerate(runs)]
