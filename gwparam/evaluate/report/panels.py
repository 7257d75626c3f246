"""Fields of the truth and of every model, side by side with their differences."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, SymLogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from gwparam.evaluate.report.comparison import Array, Comparison, finite_largest

# Two diverging scales that people with any colour vision can read, so that a field and
# a difference are not mixed up.
FIELD_COLOURS = "RdBu_r"
DIFFERENCE_COLOURS = "PuOr_r"

# Colours end at this share of the magnitudes: one cell must not blank a map.
_PERCENTILE = 99.5

# Paint(axes, field, {"norm": ..., "cmap": ...})
Paint = Callable[[Axes, Array, dict[str, Any]], ScalarMappable]


def row_height(comparison: Comparison, height: float) -> float:
    """Give the height [inch] of a figure with a row of `height` for every source."""
    return 1.0 + height * (len(comparison.models) + 1)


def resolution(comparison: Comparison) -> float:
    """Give the resolution [1/inch] that keeps the page small with many models."""
    return 130.0 if len(comparison.models) <= 4 else 90.0


def draw_against_truth(
    figure: Figure,
    comparison: Comparison,
    truth: Array,
    models: Array,
    paint: Paint,
    *,
    decades: int = 0,
) -> Axes:
    """Draw a row for the truth and for each model: the field, and what it has too much.

    Parameters
    ----------
    figure : Figure
        Empty figure.
    comparison : Comparison
        What is drawn.
    truth : ndarray, shape (ny, nx)
        Field of the truth, in the page's units.
    models : ndarray, shape (model, ny, nx)
        The same of each model.
    paint : callable
        Draws a field into axes and gives what its colours mean.
    decades : int
        Make the colours logarithmic over this many decades below the largest
        magnitude; 0 for linear colours.

    Returns
    -------
    Axes
        The free panel beside the truth, without frame.
    """
    differences = models - truth
    fields = {"norm": _norm(decades, truth, models), "cmap": FIELD_COLOURS}
    errors = {"norm": _norm(decades, differences), "cmap": DIFFERENCE_COLOURS}
    axes = figure.subplots(len(models) + 1, 2, sharex="col", sharey=True, squeeze=False)
    axes[0, 1].set_axis_off()
    drawn = paint(axes[0, 0], truth, fields)
    axes[0, 0].set_title("truth", loc="left", fontweight="bold")
    drawn_error: ScalarMappable | None = None
    for model, (left, right) in enumerate(axes[1:]):
        paint(left, models[model], fields)
        drawn_error = paint(right, differences[model], errors)
        colour = comparison.line(model)["color"]
        name = comparison.models[model]
        left.set_title(name, loc="left", fontweight="bold", color=colour)
        right.set_title(f"{name} − truth", loc="left", color=colour)
    _colour_bar(figure, drawn, list(axes[:, 0]), comparison.units, decades)
    if drawn_error is not None:
        label = f"difference [{comparison.units}]"
        _colour_bar(figure, drawn_error, list(axes[1:, 1]), label, decades)
    free: Axes = axes[0, 1]
    return free


def write_beside(axis: Axes, title: str, lines: list[str]) -> None:
    """Write the figure's title and some lines into the free panel."""
    words: dict[str, Any] = {"va": "top", "transform": axis.transAxes}
    title = title[:1].upper() + title[1:]
    axis.text(0.04, 0.97, title, fontsize=12, fontweight="bold", **words)
    axis.text(0.04, 0.82, "\n".join(lines), fontsize=9, linespacing=1.35, **words)


def _norm(decades: int, *fields: Array) -> Normalize:
    """Make a scale about zero that all of some fields share."""
    if not decades:
        largest = finite_largest(*fields, percentile=_PERCENTILE)
        return Normalize(-largest, largest)
    largest = finite_largest(*fields)
    threshold = 10.0 ** (np.floor(np.log10(largest)) - decades)
    return SymLogNorm(threshold, vmin=-largest, vmax=largest)


def _colour_bar(
    figure: Figure, drawn: ScalarMappable, axes: list[Axes], label: str, decades: int
) -> None:
    bar = figure.colorbar(
        drawn,
        ax=axes,
        location="bottom",
        shrink=0.9,
        aspect=45,
        pad=0.015,
        extend="neither" if decades else "both",
    )
    bar.set_label(label)
    bar.outline.set_linewidth(0.4)
    norm = drawn.norm
    if isinstance(norm, SymLogNorm):
        steps = norm.linthresh * 10.0 ** np.arange(decades + 1)
        ticks = [*-steps[::-1], 0.0, *steps]
        bar.set_ticks(ticks, labels=[f"{tick:g}".replace("-", "−") for tick in ticks])
        bar.ax.xaxis.set_minor_locator(NullLocator())
