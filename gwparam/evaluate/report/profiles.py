"""Profiles of the scores: rms error, correlation and bias by level."""

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from gwparam.evaluate.report.comparison import Comparison, finite_largest
from gwparam.evaluate.report.geography import as_pressure_axis
from gwparam.evaluate.report.picture import (
    Picture,
    Section,
    add_legend,
    drawing,
    embed,
    logarithmic,
)

NEEDED = ("rmse", "correlation", "bias", "level_pressure")

_COLUMNS = 4

_GLOBE_CAPTION = (
    "Scores over the globe by level. Root-mean-square error (small is good; "
    "logarithmic axis), correlation with the truth in space and time (1 is good) and "
    "bias (model minus truth; 0 is good; logarithmic on both sides of zero). Look for "
    "the height where a model loses the truth."
)
_WORDS = {"rmse": "Rms error", "correlation": "Correlation", "bias": "Bias"}


def profiles_section(comparison: Comparison) -> Section:
    """Draw the scores by level: the globe at once, the hot spots to unfold."""
    if len(comparison.pressure) < 2:
        return Section(absent="the results have one level only.")
    pictures = (_globe(comparison),)
    folded = tuple(
        _regions(comparison, score, component)
        for score in _WORDS
        for component in range(len(comparison.components))
        if comparison.hot_spots
    )
    return Section(pictures, folded)


def _globe(comparison: Comparison) -> Picture:
    components = comparison.components
    with drawing(0.8 + 3.2 * len(components)) as figure:
        axes = figure.subplots(len(components), 3, sharey=True, squeeze=False)
        for component, row in enumerate(axes):
            for axis, score in zip(row, _WORDS, strict=True):
                _draw(axis, comparison, score, component, 0)
                axis.set_title(f"{components[component]}: {_WORDS[score].lower()}")
                axis.set_xlabel(_label(comparison, score))
            row[0].set_ylabel("pressure [hPa]")
        add_legend(figure, axes[0, 0], comparison)
        source = embed(figure)
    return Picture(
        source,
        f"Profiles of rms error, correlation and bias of the {comparison.quantity}, "
        f"{comparison.regions[0]}.",
        _GLOBE_CAPTION,
    )


def _regions(comparison: Comparison, score: str, component: int) -> Picture:
    nrow = -(-len(comparison.hot_spots) // _COLUMNS)
    name = comparison.components[component]
    with drawing(0.8 + 2.9 * nrow) as figure:
        axes = figure.subplots(nrow, _COLUMNS, sharey=True, squeeze=False)
        for axis in axes.flat[len(comparison.hot_spots) :]:
            axis.set_axis_off()
        for region, axis in zip(comparison.hot_spots, axes.flat, strict=False):
            _draw(axis, comparison, score, component, region)
            axis.set_title(comparison.regions[region])
        for axis in axes[:, 0]:
            axis.set_ylabel("pressure [hPa]")
        for axis in axes[-1]:
            axis.set_xlabel(_label(comparison, score))
        add_legend(figure, axes[0, 0], comparison)
        source = embed(figure)
    what = f"{_WORDS[score]} of the {name} {comparison.quantity}"
    return Picture(
        source,
        f"Profiles by region: {what}.",
        f"{what} by level over each hot spot. A model that does well on the globe and "
        "poorly here has learned the background and not the sources.",
    )


def _label(comparison: Comparison, score: str) -> str:
    return "correlation" if score == "correlation" else f"{score} [{comparison.units}]"


def _draw(
    axis: Axes, comparison: Comparison, score: str, component: int, region: int
) -> None:
    """Draw the profiles of one score in one region."""
    factor = 1.0 if score == "correlation" else comparison.factor
    at = {"component": component, "region": region}
    profiles = factor * comparison.array(score, "model", "level", **at)
    for model, profile in enumerate(profiles):
        axis.plot(
            profile, comparison.pressure, marker=".", ms=4, **comparison.line(model)
        )
    as_pressure_axis(axis, comparison.pressure)
    axis.grid(True)
    if score == "correlation":
        axis.set_xlim(min(0.0, float(profiles.min(initial=0.0, where=profiles < 0))), 1)
    elif score == "rmse":
        logarithmic(axis, "x", profiles)
    else:
        largest = finite_largest(profiles)
        axis.set_xscale("symlog", linthresh=largest / 100.0)
        axis.set_xlim(-2.0 * largest, 2.0 * largest)
        axis.axvline(0.0, color="black", linewidth=0.8)
    axis.xaxis.set_minor_locator(NullLocator())
