"""Scores as tables on the console."""

import math

import xarray as xr
from rich.console import Console
from rich.table import Table

from gwparam.evaluate.layers import ALL_LEVELS
from gwparam.evaluate.metrics import Score
from gwparam.evaluate.score_variables import LAYER, quantile_name

SCORE_HEADINGS = ("R2", "correlation", "rms error", "bias", "rms reference")
"""Of the cells that `score_cells` gives."""

_COLUMNS = {
    "R2": "r2_all_levels",
    "correlation": "correlation_all_levels",
    "rms error": "rmse_all_levels",
    "bias": "bias_all_levels",
    "Hellinger": "hellinger",
}
_BY_LAYER = ("r2", "correlation", "variance_ratio", "quantile_ratio")


def print_table(console: Console, data: xr.Dataset) -> None:
    """Print the scores of every model and component, and by vertical region.

    Parameters
    ----------
    console : Console
        Where to, without markup.
    data : Dataset
        Of `gwparam.evaluate.results.as_dataset`.
    """
    kind = str(data.attrs["quantity"]).replace("_", " ").capitalize()
    table = Table(
        title=f"{kind} over the globe, {data.sizes['level']} levels together, "
        f"{data.sizes['time']} samples",
        title_justify="left",
    )
    table.add_column("model", overflow="fold")
    table.add_column("component")
    for heading, name in _COLUMNS.items():
        units = data[name].attrs["units"]
        text = heading if units == "1" else f"{heading} [{units}]"
        table.add_column(text, justify="right")
    for model in data.model.values:
        for component in data.component.values:
            at = data.sel(model=model, component=component, region="globe")
            cells = [
                cell(float(at[name]), ".4f" if data[name].units == "1" else ".3e")
                for name in _COLUMNS.values()
            ]
            table.add_row(str(model), str(component), *cells)
    console.print(table)
    console.print(_layer_table(data))
    console.print(
        "Hellinger distance sqrt(1 - sum(sqrt(p q))); "
        + str(data.bin_edge.attrs["comment"]),
        soft_wrap=True,
    )


def _layer_table(data: xr.Dataset) -> Table:
    """Make the table of what a mean over all levels, and a histogram, do not show."""
    names = [quantile_name(q) for q in data["quantile"].values]
    table = Table(
        title="By height over the globe; variance, and quantiles of the magnitude: "
        "model / truth",
        title_justify="left",
    )
    for heading in ("model", "component", "levels"):
        table.add_column(heading, overflow="fold")
    for heading in ("R2", "correlation", "Hellinger", "variance", *names):
        table.add_column(heading, justify="right")
    for model in data.model.values:
        for component in data.component.values:
            at = data.sel(model=model, component=component, region="globe")
            for layer in (ALL_LEVELS, *data["layer"].values):
                table.add_row(
                    str(model), str(component), str(layer), *_cells(at, layer)
                )
            table.add_section()
    return table


def _cells(at: xr.Dataset, layer: str) -> list[str]:
    """Scores of one model and component in a vertical region, or of all levels."""
    names = {name: f"{name}_all_levels" for name in _BY_LAYER} | {
        "hellinger": "hellinger"
    }
    if layer != ALL_LEVELS:
        at = at.sel(layer=layer)
        names = {name: f"{LAYER}{name}" for name in names}
    numbers = [at[names[n]].values for n in ("r2", "correlation", "hellinger")]
    ratios = [at[names["variance_ratio"]].values, *at[names["quantile_ratio"]].values]
    return [
        *(cell(float(number), ".4f") for number in numbers),
        *(_fixed(float(number)) for number in ratios),
    ]


def score_cells(numbers: Score) -> list[str]:
    """Scores of one region as text, a cell for each of `SCORE_HEADINGS`."""
    return [
        _fixed(numbers.r2),
        _fixed(numbers.correlation),
        cell(numbers.rms_error, ".2e"),
        cell(numbers.bias, ".1e"),
        cell(numbers.rms_reference, ".2e"),
    ]


def cell(value: float, form: str) -> str:
    """Format a number; a dash where it is undefined."""
    return "-" if math.isnan(value) else f"{value:{form}}"


def _fixed(value: float) -> str:
    """Score with three decimals, as far as it fits."""
    return cell(value, ".1e" if abs(value) >= 1000.0 else ".3f")
