"""Figures of an audit, one a check."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from gwparam.audit import (
    amplitude,
    critical_levels,
    distribution,
    longitude,
    momentum,
    noise,
    receptive_field,
    reversal,
)
from gwparam.audit.finding import Finding
from gwparam.audit.globe_figures import draw_roll, draw_seam
from gwparam.audit.subject import component
from gwparam.audit.trial import Trial
from gwparam.pages.colours import TRUTH_COLOUR, colour_of
from gwparam.pages.numbers import tick, words
from gwparam.pages.picture import (
    Panel,
    Picture,
    draw_panel,
    logarithmic,
    pressure_axis,
)

Array = NDArray[np.float64]

_TALL = (3.6, 3.2)
_SQUARE = (4.4, 3.8)
_BLUE, _RED, _GREEN = (colour_of(i) for i in range(3))


def draw(trial: Trial, finding: Finding) -> Picture | None:
    """Draw what a check found; None where there is nothing to see."""
    if not finding.curves:
        return None
    panels, caption = _DRAWN[finding.check](trial, finding)
    return Picture(tuple(panels), caption, wide=finding.check in _WIDE)


def _reversal(trial: Trial, finding: Finding) -> tuple[list[Panel], str]:
    even, odd = finding.curves["even"], finding.curves["odd"]

    def lines(axis: Axes) -> None:
        heights = _heights(trial)
        axis.plot(odd, heights, color=_BLUE, label="reverses")
        axis.plot(even, heights, color=_RED, label="does not")
        logarithmic(axis, "x", odd, even)
        axis.set_xlabel(f"rms [{trial.answers[0].units}]")
        _dress(axis, trial, "Parts of the answer")

    return (
        [draw_panel("Reversing and other part of the answer by level.", lines, _TALL)],
        "The answer with the winds as they are and turned round, split into the half "
        "of the difference, which reverses, and the half of the sum, which does not. "
        "Where the lines come near each other, the network pushes one way whatever the "
        "wind.",
    )


def _critical(trial: Trial, finding: Finding) -> tuple[list[Panel], str]:
    alignment, judged = finding.curves["alignment"], finding.curves["judged"]

    def profile(axis: Axes) -> None:
        heights = _heights(trial)
        axis.plot(alignment, heights, color=_BLUE, alpha=0.35)
        axis.plot(np.where(judged, alignment, np.nan), heights, color=_BLUE, lw=2.2)
        axis.axvline(0.0, color="black", lw=0.8)
        axis.axvline(critical_levels.LEAST, color=_GREEN, ls="--", lw=1.0)
        axis.set_xlim(-1.05, 1.05)
        axis.set_xlabel("alignment")
        _dress(axis, trial, "Alignment by level", key=False)

    wind, met, drag = finding.curves["example"]

    def column(axis: Axes) -> None:
        heights = _heights(trial)
        axis.plot(wind, heights, color="black", lw=1.2, label="wind [m s⁻¹]")
        scale = np.abs(wind).max() / max(np.abs(drag).max(), 1e-300)
        axis.fill_betweenx(
            heights, 0.0, drag * scale, color=_RED, alpha=0.5, lw=0, label="drag"
        )
        at = np.abs(met) > 0.0
        axis.plot(wind[at], heights[at], "o", ms=4, color=_BLUE, label="new speeds")
        axis.axvline(0.0, color="black", lw=0.8)
        axis.set_xlabel("[m s⁻¹]")
        _dress(axis, trial, "A column")

    return (
        [
            draw_panel("Alignment of drag and new speeds by level.", profile, _TALL),
            draw_panel("Wind and drag of one column.", column, _TALL),
        ],
        "Left: 1 where all drag is on the side of the waves whose phase speed the wind "
        "meets there first, −1 where it is on the other side; bold where it is judged. "
        "Aloft, where waves break for want of air, the drag is against the wind, and "
        "the line may go to the left. Right: one column with much shear, its drag "
        "relative to that level's usual one; dots where the wind is beyond all that it "
        "was from the source up.",
    )


def _momentum(trial: Trial, finding: Finding) -> tuple[list[Panel], str]:
    panels = []
    for name, net in finding.curves["net"].items():

        def histogram(axis: Axes, name: str = name, net: Array = net) -> None:
            values = 1e3 * net
            # Some columns are far out, and would leave one bar of all others.
            low, high = np.quantile(values, [0.005, 0.995]).tolist()
            axis.hist(values, bins=40, range=(low, high), color=_BLUE, alpha=0.6)
            axis.axvline(0.0, color="black", lw=0.8)
            axis.axvline(values.mean(), color=_RED, lw=1.4, label="mean")
            axis.set_xlabel("net momentum of a column [mPa]")
            axis.set_ylabel("columns")
            axis.set_title(_component(name))
            axis.legend(frameon=False)

        panels.append(draw_panel(f"Net momentum of columns, {name}.", histogram))
    return panels, (
        "The drag of each column, summed over the mass of its layers. Waves of a "
        "symmetric source carry none in sum: what is far from 0 is made or lost by the "
        "network, or leaves at the source."
    )


def _amplitude(trial: Trial, finding: Finding) -> tuple[list[Panel], str]:
    factor, size = finding.curves["factor"], finding.curves["size"]

    def line(axis: Axes) -> None:
        axis.plot(factor, factor, color="black", ls="--", lw=1.0, label="linear waves")
        axis.plot(factor, size, color=_BLUE, marker="o", label=trial.subject.name)
        axis.set_xlabel("amplitude of the source, times")
        axis.set_ylabel("rms of the answer, times")
        axis.grid(True)
        axis.legend(frameon=False)

    return [draw_panel("Size of the answer by the amplitude.", line)], (
        "How the size of the answer follows the amplitude of the source, all else the "
        "same. A level line is a network that does not look at its source."
    )


def _receptive(trial: Trial, finding: Finding) -> tuple[list[Panel], str]:
    response, levels = finding.curves["response"], finding.curves["levels"]
    largest = response.max(axis=1, keepdims=True)
    share = np.divide(response, largest, out=np.zeros_like(response), where=largest > 0)
    numbers = np.arange(response.shape[0])

    def field(axis: Axes) -> None:
        norm = LogNorm(receptive_field.THRESHOLD, 1.0)
        shown = np.maximum(share, 1e-12)
        drawn = axis.pcolormesh(
            levels, numbers, shown, norm=norm, cmap="viridis", shading="nearest"
        )
        axis.figure.colorbar(
            drawn,
            ax=axis,
            label="response / largest",
            extend="min",
            format=FuncFormatter(lambda value, _: tick(value)),
        ).ax.minorticks_off()
        source = finding.curves["source"]
        axis.axvline(source, color="white", lw=1.0, ls="--")
        axis.axhline(source, color="white", lw=1.0, ls="--")
        ticks = np.unique(np.linspace(0, numbers[-1], 6).round().astype(int))
        pressure = trial.sample.pressure / 100.0
        labels = [f"{pressure[i]:.3g}" for i in ticks]
        axis.set_xticks(ticks, labels)
        axis.set_yticks(ticks, labels)
        axis.invert_yaxis()
        axis.invert_xaxis()
        axis.set_xlabel("level that is moved [hPa]")
        axis.set_ylabel("level that answers [hPa]")
        axis.set_title("What each level sees")

    return [draw_panel("Response of levels to levels.", field, _SQUARE, raster=True)], (
        "Each row is a level of the answer: how much it changes where the wind is "
        "moved at the level below. The ground is on the left and at the bottom, the "
        "source at the dashed lines. Waves come from below, so that a level has to see "
        "all from the source up to itself: left of the diagonal the row must not be "
        "dark. A narrow band is a network that sees its neighbours alone."
    )


def _noise(trial: Trial, finding: Finding) -> tuple[list[Panel], str]:
    size = finding.curves["size"]
    matters = np.any([trial.matters(a) for a in trial.answers], axis=0)

    def lines(axis: Axes) -> None:
        heights = _heights(trial)
        for colour, (share, change) in zip(
            (_BLUE, _RED), finding.curves["change"].items(), strict=True
        ):
            relative = np.divide(
                change, size, out=np.full(size.shape, np.nan), where=matters
            )
            axis.plot(relative, heights, color=colour, label=f"{share:.0%} noise")
        logarithmic(axis, "x", *finding.curves["change"].values())
        axis.set_xlabel("change / answer (rms)")
        _dress(axis, trial, "Change by level")

    return [draw_panel("Change of the answer with noise by level.", lines, _TALL)], (
        "How far the answer moves where every input has noise of so much of its "
        "standard deviation, by level, relative to the answer there."
    )


def _tail(trial: Trial, finding: Finding) -> tuple[list[Panel], str]:
    panels = []
    for name, (share, given, truth) in finding.curves["pairs"].items():

        def lines(
            axis: Axes,
            name: str = name,
            share: Array = share,
            given: Array = given,
            truth: Array = truth,
        ) -> None:
            axis.plot(truth, share, color=TRUTH_COLOUR, label="reference")
            axis.plot(given, share, color=_BLUE, label=trial.subject.name)
            logarithmic(axis, "x", truth, given)
            logarithmic(axis, "y", share)
            largest = max(truth.max(), given.max())
            if largest > 0.0:
                axis.set_xlim(1e-4 * largest, 1.5 * largest)
            for rung in finding.numbers["quantiles"]:
                axis.axhline(1.0 - rung, color="#888888", lw=0.6, ls=":")
            axis.set_xlabel(f"magnitude [{trial.answers[0].units}]")
            axis.set_ylabel("share of samples beyond")
            axis.set_title(_component(name))
            axis.legend(frameon=False, loc="lower left")

        panels.append(draw_panel(f"Share of samples beyond, {name}.", lines))
    return panels, (
        "The share of all samples whose magnitude is beyond a value; dotted where the "
        "ladder has its rungs: P90, P99, P99.9. A line that falls off before the black "
        "one has lost its tail, which hardly shows in a Hellinger distance."
    )


Drawn = Callable[[Trial, Finding], tuple[list[Panel], str]]
_DRAWN: dict[str, Drawn] = {
    reversal.KEY: _reversal,
    critical_levels.KEY: _critical,
    momentum.KEY: _momentum,
    amplitude.KEY: _amplitude,
    receptive_field.KEY: _receptive,
    noise.KEY: _noise,
    longitude.ROLL: draw_roll,
    longitude.SEAM: draw_seam,
    distribution.TAIL: _tail,
}
_WIDE = {longitude.ROLL, receptive_field.KEY}


def _heights(trial: Trial) -> Array:
    return trial.sample.pressure / 100.0


def _dress(axis: Axes, trial: Trial, title: str, *, key: bool = True) -> None:
    """Give a panel its title and its pressure axis."""
    pressure_axis(axis, _heights(trial))
    axis.set_ylabel("pressure [hPa]")
    axis.set_title(title)
    axis.grid(True)
    if key:
        axis.legend(frameon=False, fontsize=8)


def _component(name: str) -> str:
    short = component(name)
    return words(name) if short == name else short.capitalize()
