"""Scores as tables on the console."""

import math

import xarray as xr
from rich.console import Console
from rich.table import Table

from gwparam.evaluate.metrics import Score

SCORE_HEADINGS = ("R2", "correlation", "rms error", "bias", "rms reference")
"""Of the cells that `score_cells` gives."""

_COLUMNS = {
    "R2": "r2_all_levels",
    "correlation": "correlation_all_levels",
    "rms error": "rmse_all_levels",
    "bias": "bias_all_levels",
    "Hellinger": "hellinger",
}


def print_table(console: Console, data: xr.Dataset) -> None:
    """Print the scores of every model and component, all levels together.

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
    console.print(
        "Hellinger distance sqrt(1 - sum(sqrt(p q))); "
        + str(data.bin_edge.attrs["comment"]),
        soft_wrap=True,
    )


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
