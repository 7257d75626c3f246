"""Figures of networks of the globe: a roll in longitude, and the seam."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gwparam.audit import longitude
from gwparam.audit.finding import Finding
from gwparam.audit.trial import Trial
from gwparam.pages.colours import colour_of
from gwparam.pages.picture import WIDE, Panel, draw_panel

_BLUE, _RED = (colour_of(i) for i in range(2))


def draw_roll(trial: Trial, finding: Finding) -> tuple[list[Panel], str]:
    """Draw the answer as it is and rolled, and a map of what differs."""
    variance, change = finding.curves["variance"], finding.curves["map"]

    def lines(axis: Axes) -> None:
        styles = (("black", "-"), (_RED, "--"))
        for (label, rms), (colour, dashes) in zip(
            variance.items(), styles, strict=True
        ):
            degrees = np.arange(rms.size) * 360.0 / rms.size
            axis.plot(degrees, rms, color=colour, ls=dashes, label=label)
        axis.set_xlabel("longitude [°E]")
        axis.set_ylabel(f"rms [{trial.answers[0].units}]")
        axis.set_ylim(bottom=0.0)
        axis.set_title("Size by longitude")
        axis.legend(frameon=False)

    def field(axis: Axes) -> None:
        rows = trial.sample.places
        north = np.arange(change.shape[0]) if rows is None else rows[0][:, 0]
        degrees = np.arange(change.shape[1]) * 360.0 / change.shape[1]
        drawn = axis.pcolormesh(
            degrees, north, change, cmap="magma_r", shading="nearest"
        )
        axis.figure.colorbar(drawn, ax=axis, label="change / rms of the answer")
        axis.set_xlabel("longitude [°E]")
        axis.set_ylabel("latitude [°N]")
        axis.set_title("Rolled by half and back, less as it is")

    return [
        draw_panel("Size of the answer by longitude.", lines, WIDE),
        draw_panel("What a roll changes, on a map.", field, WIDE, raster=True),
    ], (
        "The globe turned by half a circle under the network, and its answer turned "
        "back. Both lines have to be one, and the map empty: the waves do not know "
        "where longitudes begin."
    )


def draw_seam(trial: Trial, finding: Finding) -> tuple[list[Panel], str]:
    """Draw how jumps change by their distance from the seam."""
    change = finding.curves["change"]

    def line(axis: Axes) -> None:
        degrees = degrees_from_seam(change.size)
        order = np.argsort(degrees)
        axis.plot(degrees[order], change[order], color=_BLUE)
        axis.axvline(0.0, color="black", lw=0.8)
        axis.axhline(longitude.MOST_JUMP, color=_RED, ls="--", lw=1.0)
        axis.set_ylim(bottom=0.0)
        axis.set_xlabel("degrees from the seam")
        axis.set_ylabel("change of the jump")
        axis.set_title("Jumps at the same places")

    return [draw_panel("Change of jumps by the distance from the seam.", line)], (
        "Jumps from a meridian to the next, against those at the same places of the "
        "world when a roll has them elsewhere in the image. A spike in the middle is a "
        "seam that is not closed."
    )


def degrees_from_seam(count: int) -> NDArray[np.float64]:
    """Say how far east of the seam the jumps of a row are; the last is the seam."""
    cells = np.arange(1, count + 1)
    half = count // 2
    return np.asarray(((cells + half - 1) % count + 1 - half) * 360.0 / count)
