"""The table of scores."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from gwparam.evaluate.report.comparison import Comparison

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Column:
    """A score of the table.

    Attributes
    ----------
    variable, heading, hint : str
        Name in the results; name and meaning on the page.
    lost : callable
        What is smallest for the best model.
    scaled : bool
        Has the units of the quantity.
    """

    variable: str
    heading: str
    hint: str
    lost: Callable[[float], float]
    scaled: bool = False


_TOGETHER = "all levels together"
COLUMNS = (
    Column("hellinger", "H", "√(1 − Σ√(pq)), small is good", float),
    Column("hellinger_printed", "H printed", "1 − Σ√(pq), small is good", float),
    Column(
        "correlation_all_levels",
        "correlation",
        f"{_TOGETHER}, 1 is good",
        lambda x: -x,
    ),
    Column("r2_all_levels", "R²", f"{_TOGETHER}, 1 is good", lambda x: -x),
    Column("rmse_all_levels", "rmse", f"{_TOGETHER}, small is good", abs, True),
    Column("bias_all_levels", "bias", f"{_TOGETHER}, 0 is good", abs, True),
)
"""As on the console; the profiles have the levels one by one."""


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
    at = {"component": component, "region": region}
    factor = comparison.factor if column.scaled else 1.0
    values = factor * comparison.array(column.variable, "model", **at)
    return [float(value) if math.isfinite(value) else math.nan for value in values]


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
