"""Figures of a calibration: misfit, members, and the wind before and after."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gwparam.calibrate.run import SHOWN, Result
from gwparam.calibrate.target import Wanted
from gwparam.pages.colours import TRUTH_COLOUR, colour_of
from gwparam.pages.picture import WIDE, Panel, Picture, draw_panel, logarithmic
from gwparam.qbo.testbed import Testbed

Array = NDArray[np.float64]

_MEMBERS, _MEAN = colour_of(0), colour_of(1)
_YEARS_SHOWN = 24
_LARGEST = 60.0  # m s-1, of the colours
_TITLES = {
    "period_at_25_km": "Period at 25 km [months]",
    "standard_deviation_at_20_km": "Amplitude at 20 km [m s-1]",
    "standard_deviation_at_25_km": "Amplitude at 25 km [m s-1]",
    "standard_deviation_at_30_km": "Amplitude at 30 km [m s-1]",
}


def misfit_by_iteration(result: Result) -> Picture:
    """Draw the misfit of members and of their mean."""
    state = result.state
    count = np.arange(1, len(state.misfit) + 1)
    chosen = np.array(result.misfits)

    def draw(axis: Axes) -> None:
        members, mean = np.array(state.misfit), np.array(state.misfit_of_mean)
        axis.plot(count, members, color=_MEMBERS, marker="o", label="median member")
        axis.plot(count, mean, color=_MEAN, marker=".", lw=0.8, label="mean member")
        axis.plot(
            np.arange(1, len(chosen) + 1),
            chosen,
            color=TRUTH_COLOUR,
            marker="s",
            label="mean, long run",
        )
        axis.axvline(result.iteration + 1, color=TRUTH_COLOUR, lw=0.8, ls=":")
        logarithmic(axis, "y", members, chosen)
        axis.set(title="Misfit", xlabel="iteration")
        axis.legend(frameon=False, fontsize=8)

    def unstable(axis: Axes) -> None:
        axis.bar(count, state.failed, color=_MEMBERS)
        axis.set(title="Unstable members, drawn anew", xlabel="iteration")

    return Picture(
        (
            draw_panel("Misfit of members and of their mean by iteration.", draw),
            draw_panel("Unstable members by iteration.", unstable),
        ),
        "Mean square departure from the wanted statistics in units of their noise: 1 "
        "is as good as it can be told. The dotted line marks the mean that was taken.",
    )


def members_by_iteration(result: Result, wanted: Wanted) -> Picture:
    """Draw period and amplitudes of all members."""
    shown = result.state.shown
    panels = tuple(
        _members(name, [its[:, i] for its in shown], wanted.value(name))
        for i, name in enumerate(SHOWN)
    )
    return Picture(panels, "Each point is a member; the line is what is wanted.")


def _members(name: str, values: Sequence[Array], aim: float | None) -> Panel:
    def draw(axis: Axes) -> None:
        for iteration, its in enumerate(values, start=1):
            place = iteration + np.linspace(-0.3, 0.3, len(its))
            axis.plot(place, its, ".", ms=2, color=_MEMBERS, alpha=0.5)
        if aim is not None:
            axis.axhline(aim, color=TRUTH_COLOUR, lw=1.2)
        axis.set(title=_TITLES[name], xlabel="iteration")

    return draw_panel(f"{_TITLES[name]} of all members.", draw, raster=True)


def winds(runs: Sequence[tuple[str, Array]], testbed: Testbed) -> Picture:
    """Draw time-height sections of monthly winds, the last years of each run.

    Parameters
    ----------
    runs : sequence of (str, ndarray)
        Title, and wind of shape (month, nlev) [m s-1].
    testbed : Testbed
        Where the levels are.
    """
    return Picture(
        tuple(_wind(title, wind, testbed) for title, wind in runs),
        f"Eastward wind, the last {_YEARS_SHOWN} years: easterlies blue, westerlies "
        f"red, between -{_LARGEST:.0f} and {_LARGEST:.0f} m s-1. White is where a run "
        "had become unstable.",
        wide=True,
    )


def _wind(title: str, wind: Array, testbed: Testbed) -> Panel:
    last = wind[-12 * _YEARS_SHOWN :]
    years = (len(wind) - len(last) + np.arange(len(last)) + 0.5) / 12.0

    def draw(axis: Axes) -> None:
        axis.pcolormesh(
            years,
            testbed.height / 1e3,
            last.T,
            cmap="RdBu_r",
            vmin=-_LARGEST,
            vmax=_LARGEST,
            rasterized=True,
        )
        axis.set(title=title, xlabel="year", ylabel="height [km]")

    return draw_panel(f"{title}: wind by height and time.", draw, WIDE, raster=True)
