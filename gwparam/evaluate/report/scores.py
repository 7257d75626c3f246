"""The table of scores."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gwparam.evaluate.report.comparison import Array, Comparison

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _mean(values: Array) -> float:
    return float(np.mean(values))


def _median(values: Array) -> float:
    return float(np.median(values))


def _root_mean_square(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))


@dataclass(frozen=True)
class Column:
    """A score of the table.

    Attributes
    ----------
    variable, heading, hint : str
        Name in the results; name and meaning on the page.
    pooled : callable
        Makes one number of the levels'.
    lost : callable
        What is smallest for the best model.
    scaled : bool
        Has the units of the quantity.
    """

    variable: str
    heading: str
    hint: str
    pooled: Callable[[Array], float]
    lost: Callable[[float], float]
    scaled: bool = False


# R2 and correlation take the median: a level at which the truth hardly varies gives an
# R2 of minus thousands, which a mean would not survive.
COLUMNS = (
    Column("hellinger", "H", "√(1 − Σ√(pq)), small is good", _mean, float),
    Column("hellinger_printed", "H printed", "1 − Σ√(pq), small is good", _mean, float),
    Column(
        "correlation",
        "correlation",
        "median of levels, 1 is good",
        _median,
        lambda x: -x,
    ),
    Column("r2", "R²", "median of levels, 1 is good", _median, lambda x: -x),
    Column(
        "rmse", "rmse", "rms of levels, small is good", _root_mean_square, abs, True
    ),
    Column("bias", "bias", "mean of levels, 0 is good", _mean, abs, True),
)


@dataclass(frozen=True)
class Cell:
    """A number of the table, and whether no other model is better."""

    text: str
    best: bool


@dataclass(frozen=True)
class Row:
    """A model's scores for one component."""

    model: str
    colour: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """The scores of one region: rows of every model, by component."""

    region: str
    groups: tuple[tuple[str, tuple[Row, ...]], ...]


def columns(comparison: Comparison) -> list[Column]:
    """Give the columns that the results have."""
    return [column for column in COLUMNS if not comparison.missing(column.variable)]


def tables(comparison: Comparison) -> list[Table]:
    """Make a table for every region, the globe first."""
    return [
        Table(
            name,
            tuple(
                (label, _rows(comparison, component, region))
                for component, label in enumerate(comparison.components)
            ),
        )
        for region, name in enumerate(comparison.regions)
    ]


def number(value: float) -> str:
    """Write a score with three digits, and a dash where it is undefined."""
    if not math.isfinite(value):
        return "–"
    digits, _, exponent = f"{value:#.3g}".partition("e")
    digits = digits.rstrip(".").replace("-", "−")
    if not exponent:
        return digits
    return f"{digits}·10{str(int(exponent)).translate(_RAISED)}"


def score(
    comparison: Comparison, column: Column, component: int, region: int
) -> list[float]:
    """Give one score of every model, in the page's units; NaN where undefined."""
    place = {"component": component, "region": region}
    has_levels = "level" in comparison.results[column.variable].dims
    dimensions = ("model", "level") if has_levels else ("model",)
    values = comparison.array(column.variable, *dimensions, **place)
    factor = comparison.factor if column.scaled else 1.0
    found = []
    for model in values.reshape(len(values), -1):
        defined = model[np.isfinite(model)]
        found.append(factor * column.pooled(defined) if defined.size else math.nan)
    return found


def _rows(comparison: Comparison, component: int, region: int) -> tuple[Row, ...]:
    cells: list[list[Cell]] = [[] for _ in comparison.models]
    for column in columns(comparison):
        values = score(comparison, column, component, region)
        losses = [column.lost(value) for value in values if math.isfinite(value)]
        for model, value in enumerate(values):
            best = len(values) > 1 and bool(losses)
            best = best and column.lost(value) == min(losses)
            cells[model].append(Cell(number(value), best))
    return tuple(
        Row(name, comparison.line(model)["color"], tuple(cells[model]))
        for model, name in enumerate(comparison.models)
    )
