"""Profiles of the scores by level: R2, correlation, errors, variance and tail."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from gwparam.evaluate.ladder import QUANTILES
from gwparam.evaluate.report.comparison import Array, Comparison, finite_largest
from gwparam.evaluate.score_variables import quantile_name
from gwparam.pages.picture import (
    Panel,
    Picture,
    Section,
    draw_panel,
    logarithmic,
    pressure_axis,
    symmetric,
)

NEEDED = ("rmse", "correlation", "bias", "level_pressure")
R2_NEEDED = ("r2", "level_pressure")

# Below it, a score of R2 says only that it is bad.
_LEAST_R2 = -1.0

_R2_CAPTION = (
    "R² over the globe by level: 1 is good, 0 is no better than the mean of the truth, "
    "and on the left edge it is −1 or less. In the numbers of all levels together, the "
    "levels with the largest {quantity} decide."
)
_GLOBE_CAPTION = (
    "Scores over the globe by level. Correlation with the truth in space and time (1 "
    "is good), root-mean-square error (small is good; logarithmic axis) and bias "
    "(model minus truth; 0 is good; logarithmic on both sides of zero), and variance "
    "and P99 of the magnitude, divided by those of the truth (1 is good; logarithmic). "
    "Look for the height where a model loses the truth."
)
_SAME_CAPTION = "The same scores of the other component."
_WORDS = {
    "r2": "R²",
    "correlation": "Correlation",
    "rmse": "Rms error",
    "bias": "Bias",
    "variance_ratio": "Variance ratio",
}
_LADDER = "quantile_ratio"
_TAIL = QUANTILES.index(0.99)
_OF_TAIL = f"{quantile_name(QUANTILES[_TAIL])} ratio"
_RATIOS = ("variance_ratio", _LADDER)
_DIMENSIONLESS = ("r2", "correlation", *_RATIOS)


def r2_picture(comparison: Comparison) -> Picture | None:
    """Draw R2 over the globe by level; None where there is but one level."""
    if comparison.missing(*R2_NEEDED) or len(comparison.pressure) < 2:
        return None
    components = range(len(comparison.components))
    panels = tuple(_panel(comparison, "r2", component, 0) for component in components)
    return Picture(panels, _R2_CAPTION.format(quantity=comparison.quantity))


def profiles_section(comparison: Comparison) -> Section:
    """Draw the scores by level: the globe at once, the hot spots to unfold."""
    if len(comparison.pressure) < 2:
        return Section(absent="the results have one level only.")
    scores = [score for score in _WORDS if not comparison.missing(score)]
    components = range(len(comparison.components))
    on_globe = [*scores, *([] if comparison.missing(_LADDER) else [_LADDER])]
    globe = tuple(
        Picture(
            tuple(
                _panel(comparison, score, component, 0)
                for score in on_globe
                if score != "r2"
            ),
            _GLOBE_CAPTION if component == 0 else _SAME_CAPTION,
            f"{comparison.fields[component]}, by level",
        )
        for component in components
    )
    folded = tuple(
        _regions(comparison, score, component)
        for score in scores
        for component in components
        if comparison.hot_spots
    )
    return Section(globe, folded)


def _regions(comparison: Comparison, score: str, component: int) -> Picture:
    what = (
        f"{_WORDS[score]} of the {comparison.components[component]} "
        f"{comparison.quantity}"
    )
    return Picture(
        tuple(
            _panel(comparison, score, component, region)
            for region in comparison.hot_spots
        ),
        f"{what} by level over each hot spot. A model that does well on the globe and "
        "poorly here has learned the background and not the sources.",
        f"{what} by level",
    )


def _panel(comparison: Comparison, score: str, component: int, region: int) -> Panel:
    """Draw the profiles of one score in one region."""
    name, place = comparison.components[component], comparison.regions[region]
    words = _WORDS.get(score, _OF_TAIL)

    def draw(axis: Axes) -> None:
        factor = 1.0 if score in _DIMENSIONLESS else comparison.factor
        at = {"component": component}
        at |= {"quantile": _TAIL} if score == _LADDER else {"region": region}
        profiles = factor * comparison.array(score, "model", "level", **at)
        if score == "r2":
            profiles = np.maximum(profiles, _LEAST_R2)  # NaN stays
        for model, profile in enumerate(profiles):
            axis.plot(
                profile, comparison.pressure, marker=".", ms=4, **comparison.line(model)
            )
        pressure_axis(axis, comparison.pressure)
        axis.grid(True)
        _scale(axis, score, profiles)
        axis.set_title(f"{words}, {name}" if region == 0 else place)
        axis.set_ylabel("pressure [hPa]")
        axis.set_xlabel(_label(comparison, score))

    alt = f"Profiles of {words} of the {name} {comparison.quantity}, {place}."
    return draw_panel(alt, draw, (3.6, 3.0))


def _label(comparison: Comparison, score: str) -> str:
    words = _WORDS.get(score, _OF_TAIL)
    words = words if score in ("r2", _LADDER) else words.lower()
    return words if score in _DIMENSIONLESS else f"{words} [{comparison.units}]"


def _scale(axis: Axes, score: str, profiles: Array) -> None:
    """Make the horizontal axis that of a score."""
    if score == "r2":
        axis.set_xlim(_LEAST_R2 - 0.02, 1.02)
        axis.axvline(0.0, color="black", linewidth=0.8)
    elif score == "correlation":
        least = float(profiles.min(initial=0.0, where=profiles < 0.0))
        axis.set_xlim(least, 1.0)
    elif score == "rmse":
        logarithmic(axis, "x", profiles)
    elif score in _RATIOS:
        _ratios(axis, profiles)
    else:
        largest = finite_largest(profiles)
        symmetric(axis, largest)
        axis.set_xlim(-2.0 * largest, 2.0 * largest)
        axis.axvline(0.0, color="black", linewidth=0.8)
    axis.xaxis.set_minor_locator(NullLocator())


def _ratios(axis: Axes, profiles: Array) -> None:
    """Make the horizontal axis one of ratios: half and twice are as far from 1."""
    known = profiles[np.isfinite(profiles) & (profiles > 0.0)]
    least = min(-1, int(np.floor(np.log2(known.min(initial=1.0)))))
    most = max(1, int(np.ceil(np.log2(known.max(initial=1.0)))))
    axis.set_xscale("log", base=2)
    axis.set_xlim(2.0**least, 2.0**most)
    # Labels of more than five would touch.
    step = -(-(most - least) // 4)
    powers = range(-(-least // step) * step, most + 1, step)
    axis.set_xticks([2.0**k for k in powers], [f"{2.0**k:.3g}" for k in powers])
    axis.axvline(1.0, color="black", linewidth=0.8)
