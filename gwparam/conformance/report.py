"""What a replay found, as tables for people and as JSON for programs."""

import math
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from gwparam.conformance.result import Replay, VariableScores
from gwparam.evaluate.metrics import BANDS, Moments, score

DEFINITIONS = (
    "every time, column and level counts the same; bias, rms error, R2 and correlation "
    "of network against reference over the pooled samples of a region; R2 = 1 - sum of "
    "squared errors / sum of squared deviations of the reference from its mean"
)

Region = tuple[str, Moments, Moments | None]


def as_dict(result: Replay) -> dict[str, Any]:
    """Turn a replay into what `json.dumps` takes; undefined scores are None.

    Returns
    -------
    dict
        ``times``, ``columns`` (of one time), ``definitions``, ``agrees``,
        ``tolerance``, ``seconds`` and ``variables``. A variable has ``globe``,
        ``bands`` and ``levels``: regions with ``samples``, ``eager`` (``max`` and
        ``rms`` difference) and ``reference`` (``bias``, ``rms_error``, ``max_error``,
        ``rms_reference``, ``r2``, ``correlation``), in the variable's units.
    """
    return {
        "times": len(result.times),
        "columns": result.columns,
        "definitions": DEFINITIONS,
        "agrees": result.agrees,
        "tolerance": result.tolerance,
        "seconds": {
            "library": result.library_seconds,
            "eager": result.eager_seconds,
        },
        "variables": [_variable(result, variable) for variable in result.variables],
    }


def print_tables(console: Console, result: Replay, *, levels: bool) -> None:
    """Print a table for each variable.

    Parameters
    ----------
    console : Console
        Where to.
    result : Replay
        What to print.
    levels : bool
        Print a row for each level too.
    """
    for variable in result.variables:
        reference = variable.reference
        against = f", reference {reference}" if reference else ""
        # Not the table's title, which would be wrapped to the width of the table.
        console.print(
            f"\n{variable.field.name} [{variable.field.units}]{against}", markup=False
        )
        console.print(_table(result, variable, levels))
        if variable.columns_beyond:
            total = result.columns * len(result.times)
            console.print(
                f"{variable.columns_beyond} of {total} columns exceed "
                f"{variable.maximum_magnitude:g} {variable.field.units}, the largest "
                "credible value by the contract; online, the guard catches them"
            )


def _variable(result: Replay, variable: VariableScores) -> dict[str, Any]:
    globe, bands, levels = _regions(result, variable)
    pressures = variable.pressure
    return {
        "name": variable.field.name,
        "units": variable.field.units,
        "reference": variable.reference,
        "relative_difference": _finite(variable.relative_difference),
        "maximum_magnitude": variable.maximum_magnitude,
        "columns_beyond": variable.columns_beyond,
        "globe": _region(globe),
        "bands": {region[0]: _region(region) for region in bands},
        "levels": [
            {"pressure": pressure} | _region(region)
            for pressure, region in zip(pressures, levels, strict=True)
        ],
    }


def _regions(
    result: Replay, variable: VariableScores
) -> tuple[Region, list[Region], list[Region]]:
    """Regions with their moments: the globe, the bands with samples, the levels."""
    eager, reference = variable.eager_scores, variable.reference_scores
    globe = ("globe", eager.globe, reference.globe if reference else None)
    bands: list[Region] = []
    if result.has_latitude:
        # From north to south, as on a map.
        for i in reversed(range(len(BANDS))):
            if eager.bands[i].count > 0:
                other = reference.bands[i] if reference else None
                bands.append((BANDS[i], eager.bands[i], other))
    levels: list[Region] = []
    for i, pressure in enumerate(variable.pressure):
        other = reference.levels[i] if reference else None
        levels.append((f"{pressure / 100.0:.4g} hPa", eager.levels[i], other))
    return globe, bands, levels


def _region(region: Region) -> dict[str, Any]:
    _, eager, reference = region
    difference = score(eager)
    record: dict[str, Any] = {
        "samples": difference.samples,
        "eager": {
            "max": _finite(difference.largest_error),
            "rms": _finite(difference.rms_error),
        },
        "reference": None,
    }
    if reference is not None:
        numbers = score(reference)
        record["reference"] = {
            "bias": _finite(numbers.bias),
            "rms_error": _finite(numbers.rms_error),
            "max_error": _finite(numbers.largest_error),
            "rms_reference": _finite(numbers.rms_reference),
            "r2": _finite(numbers.r2),
            "correlation": _finite(numbers.correlation),
        }
    return record


def _table(result: Replay, variable: VariableScores, levels: bool) -> Table:
    table = Table()
    table.add_column("region")
    columns = ["max to eager", "rms to eager"]
    if variable.reference:
        columns += ["R2", "correlation", "rms error", "bias", "rms reference"]
    for column in columns:
        table.add_column(column, justify="right")
    globe, bands, per_level = _regions(result, variable)
    sections = [[globe], bands, per_level if levels else []]
    for section in sections:
        for row in _rows(section):
            table.add_row(*row)
        table.add_section()
    return table


def _rows(regions: list[Region]) -> Iterator[list[str]]:
    for name, eager, reference in regions:
        difference = score(eager)
        row = [name, f"{difference.largest_error:.1e}", f"{difference.rms_error:.1e}"]
        if reference is not None:
            numbers = score(reference)
            row += [_fixed(numbers.r2), _fixed(numbers.correlation)]
            row += [f"{numbers.rms_error:.2e}", f"{numbers.bias:.1e}"]
            row += [f"{numbers.rms_reference:.2e}"]
        yield row


def _fixed(value: float) -> str:
    """Score with three decimals, as far as it fits."""
    if math.isnan(value):
        return "-"
    return f"{value:.3f}" if abs(value) < 1000.0 else f"{value:.1e}"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
