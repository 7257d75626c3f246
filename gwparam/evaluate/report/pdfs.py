"""Distributions of the quantity over the globe and the hot spots."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from gwparam.evaluate.report.comparison import Array, Comparison
from gwparam.pages.numbers import tick
from gwparam.pages.picture import Panel, Picture, Section, draw_panel, logarithmic

NEEDED = ("bin_edge", "histogram_truth", "histogram")

# Bins that grow by more than this want an axis that is logarithmic on both sides.
_UNEQUAL = 5.0

# Of those axes, this many decades below the largest value; the middle is linear.
_DECADES = 2

_CAPTION = (
    "Probability density of the {component} {quantity}, all levels and times pooled, "
    "over the globe and each hot spot; the vertical axis [1/({units})] is logarithmic. "
    "Black is the truth. Look at the tails: a network that averages falls below black "
    "there, and the strong events, which matter most, are lost. Numbers are Hellinger "
    "distances, H = √(1 − Σ√(pq)): 0 is the same distribution, 1 has nothing in common."
)


def pdfs_section(comparison: Comparison) -> Section:
    """Draw the densities for each component, a panel for a region."""
    components = range(len(comparison.components))
    return Section(tuple(_picture(comparison, component) for component in components))


def density(probability: Array, edges: Array) -> Array:
    """Turn probabilities of bins into a density.

    Parameters
    ----------
    probability : ndarray, shape (bin,)
        Probability of each bin [1].
    edges : ndarray, shape (bin + 1,)
        Edges of the bins, increasing.

    Returns
    -------
    ndarray, shape (bin,)
        Density [1/units of the edges]; NaN in empty bins, which a logarithmic axis
        cannot show, and in bins without end.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        values = probability / np.diff(edges)
    usable = np.isfinite(values) & (values > 0.0)
    return np.where(usable, values, np.nan)


def _picture(comparison: Comparison, component: int) -> Picture:
    edges = comparison.factor * comparison.array(
        "bin_edge", "edge", component=component
    )
    name = comparison.components[component]

    def panel(region: int) -> Panel:
        alt = (
            f"Probability density of the {name} {comparison.quantity}, truth and "
            f"models, {comparison.regions[region]}."
        )
        return draw_panel(
            alt, lambda axis: _draw(axis, comparison, component, region, edges)
        )

    return Picture(
        tuple(panel(region) for region in range(len(comparison.regions))),
        _CAPTION.format(
            component=name, quantity=comparison.quantity, units=comparison.units
        ),
        f"Distribution of the {name} {comparison.quantity}",
    )


def _draw(
    axis: Axes, comparison: Comparison, component: int, region: int, edges: Array
) -> None:
    """Draw the densities of one region, with the models' distances."""
    at = {"component": component, "region": region}
    centres = 0.5 * (edges[1:] + edges[:-1])
    truth = comparison.array("histogram_truth", "bin", **at)
    models = comparison.array("histogram", "model", "bin", **at)
    axis.plot(centres, density(truth, edges), **comparison.truth_line())
    for model, probability in enumerate(models):
        axis.plot(centres, density(probability, edges), **comparison.line(model))
    name = comparison.components[component]
    axis.set_title(comparison.regions[region])
    axis.set_ylabel("density")
    axis.set_xlabel(f"{name} {comparison.quantity} [{comparison.units}]")
    logarithmic(axis, "y", truth, models)
    axis.grid(True)
    _scale(axis, edges)
    if not comparison.missing("hellinger"):
        distances = comparison.array("hellinger", "model", **at)
        for model, distance in enumerate(distances[:6]):
            axis.text(
                0.5,
                0.04 + 0.1 * (len(distances[:6]) - 1 - model),
                f"H {distance:.3f}" if np.isfinite(distance) else "H –",
                transform=axis.transAxes,
                ha="center",
                va="bottom",
                fontsize=8.5,
                color=comparison.line(model)["color"],
            )


def _scale(axis: Axes, edges: Array) -> None:
    """Make the axis linear for equal bins, and logarithmic in the tails for others."""
    ends = edges[np.isfinite(edges)]
    widths = np.diff(ends)
    if not widths.size or widths.max() <= _UNEQUAL * widths.min():
        return
    largest = int(np.floor(np.log10(np.abs(ends).max())))
    decades = range(largest - _DECADES, largest + 1)
    axis.set_xscale("symlog", linthresh=10.0 ** decades[0])
    powers = [10.0**n for n in decades]
    ticks = [*(-power for power in reversed(powers)), 0.0, *powers]
    # Labels of neighbouring decades would touch.
    named = {0.0, *(sign * power for power in powers[::2] for sign in (-1.0, 1.0))}
    axis.set_xticks(ticks, [tick(at) if at in named else "" for at in ticks])
    axis.xaxis.set_minor_locator(NullLocator())
