"""The table of scores."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from gwparam.evaluate.ladder import QUANTILES
from gwparam.evaluate.report.comparison import Comparison
from gwparam.evaluate.score_variables import LAYER, quantile_name
from gwparam.pages.numbers import number, ratio


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
    quantile : int or None
        Which of the quantiles, where the variable has them.
    """

    variable: str
    heading: str
    hint: str
    lost: Callable[[float], float]
    scaled: bool = False
    quantile: int | None = None


def _from_one(value: float) -> float:
    """How far a ratio is from 1, half and twice alike."""
    return abs(math.log(value)) if value > 0.0 else math.inf


TAILS = ("variance_ratio_all_levels", "quantile_ratio_all_levels")
"""Variables of what a Hellinger distance hardly shows."""

COLUMNS = (
    Column("r2_all_levels", "R²", "1 is good", lambda x: -x),
    Column("correlation_all_levels", "correlation", "1 is good", lambda x: -x),
    Column("rmse_all_levels", "rms error", "small is good", abs, True),
    Column("bias_all_levels", "bias", "0 is good", abs, True),
    Column("hellinger", "H", "√(1 − Σ√(pq)), small is good", float),
    Column("hellinger_printed", "H printed", "1 − Σ√(pq), small is good", float),
    Column(TAILS[0], "variance", "model / truth", _from_one),
    *(
        Column(
            TAILS[1],
            quantile_name(quantile),
            "model / truth",
            _from_one,
            quantile=k,
        )
        for k, quantile in enumerate(QUANTILES)
    ),
)
"""Of all levels together, as on the console; the profiles have them one by one."""


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
    """The scores of one region or layer: rows of every model, by component."""

    region: str
    groups: tuple[tuple[str, tuple[Row, ...]], ...]


@dataclass(frozen=True)
class Headline:
    """A model's R2 over the globe, all levels together, for each component."""

    model: str
    colour: str
    values: tuple[tuple[str, str], ...]


def headlines(comparison: Comparison) -> list[Headline]:
    """Give the number that says most: the one of the console, first on the page."""
    if comparison.missing("r2_all_levels"):
        return []
    r2 = COLUMNS[0]
    values = [
        score(comparison, r2, component, 0)
        for component in range(len(comparison.components))
    ]
    return [
        Headline(
            name,
            comparison.line(model)["color"],
            tuple(
                (label, ratio(found[model]))
                for label, found in zip(comparison.components, values, strict=True)
            ),
        )
        for model, name in enumerate(comparison.models)
    ]


def columns(comparison: Comparison, *, layered: bool = False) -> list[Column]:
    """Give the columns that the results have, of all levels or by vertical region."""
    return [c for c in COLUMNS if not comparison.missing(_variable(c, layered))]


def tables(comparison: Comparison) -> list[Table]:
    """Make a table for every region, the globe first."""
    return [
        _table(comparison, name, region)
        for region, name in enumerate(comparison.regions)
    ]


def layer_tables(comparison: Comparison) -> list[Table]:
    """Make a table for every vertical region, over the globe."""
    if comparison.missing("layer", "layer_bounds"):
        return []
    bounds = comparison.array("layer_bounds", "layer", "end")
    names = map(str, comparison.results["layer"].values)
    return [
        _table(comparison, f"{name}, {_span(top, bottom)}", 0, layer)
        for layer, (name, (top, bottom)) in enumerate(zip(names, bounds, strict=True))
    ]


def _span(top: float, bottom: float) -> str:
    if math.isinf(bottom):
        return f"below {top:g} hPa"
    return f"{top:g} to {bottom:g} hPa" if top > 0.0 else f"above {bottom:g} hPa"


def _table(
    comparison: Comparison, name: str, region: int, layer: int | None = None
) -> Table:
    groups = [
        (label, _rows(comparison, component, region, layer))
        for component, label in enumerate(comparison.fields)
    ]
    return Table(name, tuple(groups))


def _variable(column: Column, layered: bool) -> str:
    if not layered:
        return column.variable
    return LAYER + column.variable.removesuffix("_all_levels")


def score(
    comparison: Comparison,
    column: Column,
    component: int,
    region: int,
    layer: int | None = None,
) -> list[float]:
    """Give one score of every model, in the page's units; NaN where undefined."""
    at = {"component": component, "region": region}
    if column.quantile is not None:
        at["quantile"] = column.quantile
    if layer is not None:
        at["layer"] = layer
    factor = comparison.factor if column.scaled else 1.0
    variable = _variable(column, layer is not None)
    values = factor * comparison.array(variable, "model", **at)
    return [float(value) if math.isfinite(value) else math.nan for value in values]


def _rows(
    comparison: Comparison, component: int, region: int, layer: int | None
) -> tuple[Row, ...]:
    cells: list[list[Cell]] = [[] for _ in comparison.models]
    for column in columns(comparison, layered=layer is not None):
        values = score(comparison, column, component, region, layer)
        losses = [column.lost(value) for value in values if math.isfinite(value)]
        for model, value in enumerate(values):
            best = len(values) > 1 and bool(losses)
            best = best and column.lost(value) == min(losses)
            text = number(value) if column.scaled else ratio(value)
            cells[model].append(Cell(text, best))
    return tuple(
        Row(name, comparison.line(model)["color"], tuple(cells[model]))
        for model, name in enumerate(comparison.models)
    )
