"""Distributions of the quantity over the globe and the hot spots."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from gwparam.evaluate.report.comparison import Array, Comparison
from gwparam.evaluate.report.picture import (
    Picture,
    Section,
    add_legend,
    drawing,
    embed,
    logarithmic,
)

NEEDED = ("bin_edge", "histogram_truth", "histogram")

_COLUMNS = 3

# Bins that grow by more than this want an axis that is logarithmic on both sides.
_UNEQUAL = 5.0

# Of those axes, this many decades below the largest value; the middle is linear.
_DECADES = 2

_CAPTION = (
    "Probability density of the {component} {quantity}, all levels and times pooled, "
    "over the globe and each hot spot; the vertical axis is logarithmic. Black is the "
    "truth. Look at the tails: a network that averages falls below black there, and "
    "the strong events, which matter most, are lost. Numbers are Hellinger distances, "
    "H = √(1 − Σ√(pq)): 0 is the same distribution, 1 has nothing in common."
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
    nrow = -(-len(comparison.regions) // _COLUMNS)
    name = comparison.components[component]
    with drawing(0.8 + 2.5 * nrow) as figure:
        axes = figure.subplots(nrow, _COLUMNS, sharex=True, sharey=True, squeeze=False)
        for axis in axes.flat[len(comparison.regions) :]:
            axis.set_axis_off()
        for region, axis in enumerate(axes.flat[: len(comparison.regions)]):
            _draw(axis, comparison, component, region, edges)
        for axis in axes[:, 0]:
            axis.set_ylabel(f"density [1/({comparison.units})]")
        for axis in axes[-1]:
            axis.set_xlabel(f"{name} {comparison.quantity} [{comparison.units}]")
        add_legend(figure, axes[0, 0], comparison)
        source = embed(figure)
    return Picture(
        source,
        f"Probability density of the {name} {comparison.quantity}, truth and models, "
        f"in {len(comparison.regions)} regions.",
        _CAPTION.format(component=name, quantity=comparison.quantity),
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
    axis.set_title(comparison.regions[region])
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
    # Labels of neighbouring decades would touch.
    powers = {n: f"10^{{{n}}}" if n in decades[::2] else "" for n in decades}
    below = {-(10.0**n): f"$-{p}$" * bool(p) for n, p in powers.items()}
    above = {10.0**n: f"${p}$" * bool(p) for n, p in powers.items()}
    labels = below | {0.0: "0"} | above
    axis.set_xticks(list(labels), list(labels.values()))
    axis.xaxis.set_minor_locator(NullLocator())
