"""Fields of the truth and of every model, side by side with their differences."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, SymLogNorm
from matplotlib.ticker import MaxNLocator, NullLocator

from gwparam.evaluate.report.comparison import Array, Comparison, finite_largest
from gwparam.pages.colours import TRUTH_COLOUR
from gwparam.pages.numbers import tick
from gwparam.pages.picture import WIDE, Panel, draw_panel

# Two diverging scales that people with any colour vision can read, so that a field and
# a difference are not mixed up.
FIELD_COLOURS = "RdBu_r"
DIFFERENCE_COLOURS = "PuOr_r"

# Colours end at this share of the magnitudes: one cell must not blank a map.
_PERCENTILE = 99.5

# Paint(axes, field, {"norm": ..., "cmap": ...})
Paint = Callable[[Axes, Array, dict[str, Any]], ScalarMappable]


def panels_against_truth(
    comparison: Comparison,
    truth: Array,
    models: Array,
    paint: Paint,
    what: str,
    *,
    decades: int = 0,
) -> tuple[Panel, ...]:
    """Draw the truth, then of each model the field, and what it has too much.

    Parameters
    ----------
    comparison : Comparison
        What is drawn.
    truth : ndarray, shape (ny, nx)
        Field of the truth, in the page's units.
    models : ndarray, shape (model, ny, nx)
        The same of each model.
    paint : callable
        Draws a field into axes and gives what its colours mean.
    what : str
        What is shown, such as ``Map of the eastward drag``.
    decades : int
        Make the colours logarithmic over this many decades below the largest
        magnitude; 0 for linear colours.
    """
    differences = models - truth
    fields = {"norm": _norm(decades, truth, models), "cmap": FIELD_COLOURS}
    errors = {"norm": _norm(decades, differences), "cmap": DIFFERENCE_COLOURS}

    def panel(
        name: str, field: Array, colours: dict[str, Any], colour: str, alone: bool
    ) -> Panel:
        def draw(axis: Axes) -> None:
            drawn = paint(axis, field, colours)
            axis.set_title(name, color=colour)
            _colour_bar(axis, drawn, comparison.units, decades)

        alt = f"{what}: {name}."
        return draw_panel(alt, draw, WIDE, raster=True, alone=alone)

    panels = [panel("truth", truth, fields, TRUTH_COLOUR, alone=True)]
    for model, name in enumerate(comparison.models):
        colour = comparison.line(model)["color"]
        panels += [
            panel(name, models[model], fields, colour, alone=False),
            panel(f"{name} − truth", differences[model], errors, colour, alone=False),
        ]
    return tuple(panels)


def _norm(decades: int, *fields: Array) -> Normalize:
    """Make a scale about zero that all of some fields share."""
    if not decades:
        largest = finite_largest(*fields, percentile=_PERCENTILE)
        return Normalize(-largest, largest)
    largest = finite_largest(*fields)
    threshold = 10.0 ** (np.floor(np.log10(largest)) - decades)
    return SymLogNorm(threshold, vmin=-largest, vmax=largest)


def _colour_bar(axis: Axes, drawn: ScalarMappable, units: str, decades: int) -> None:
    figure = axis.figure
    bar = figure.colorbar(
        drawn, ax=axis, aspect=22, pad=0.02, extend="neither" if decades else "both"
    )
    bar.set_label(f"[{units}]")
    bar.outline.set_linewidth(0.4)
    norm = drawn.norm
    if isinstance(norm, SymLogNorm):
        steps = norm.linthresh * 10.0 ** np.arange(decades + 1)
        ticks = [*-steps[::-1], 0.0, *steps]
        bar.set_ticks(ticks, labels=[tick(at) for at in ticks])
        bar.ax.yaxis.set_minor_locator(NullLocator())
    else:
        bar.ax.yaxis.set_major_locator(MaxNLocator(5))
