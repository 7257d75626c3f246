"""What a replay found, as tables for people and as JSON for programs."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from gwparam.conformance.result import OutputResult, Replay
from gwparam.data.training_range import describe
from gwparam.evaluate.metrics import Moments, finite, score
from gwparam.evaluate.table import SCORE_HEADINGS, cell, score_cells
from gwparam.guard_reports import GuardedValue, GuardReport

DEFINITIONS = (
    "every time, column and level counts the same; bias, rms error, R2 and correlation "
    "of network against reference over the pooled samples of a region; R2 = 1 - sum of "
    "squared errors / sum of squared deviations of the reference from its mean"
)

Row = tuple[str, Moments, Moments | None]
"""Region or level, the moments of the difference, and those against the reference."""


def as_dict(result: Replay) -> dict[str, Any]:
    """Turn a replay into what `json.dumps` takes; undefined scores are None.

    Returns
    -------
    dict
        ``times``, ``columns`` (of one time), ``definitions``, ``agrees``,
        ``tolerance``, ``seconds``, ``left_out`` (``columns``, ``of`` how many, and in
        how many by ``fields`` that lack values), ``training_range`` (as
        `gwparam.data.training_range.describe`), ``guards`` (of the library: ``name``,
        ``policy``, ``columns`` that each caught, values on ``levels`` from the top,
        and the ``worst`` one) and ``variables``. A variable has ``globe``, ``bands``
        and ``levels``: regions with ``samples``, ``eager`` (``max`` and ``rms``
        difference) and ``reference`` (``bias``, ``rms_error``, ``max_error``,
        ``rms_reference``, ``r2``, ``correlation``), in its units.
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
        "left_out": result.left_out.as_dict(),
        "training_range": describe(result.differences),
        "guards": [_guard(guard) for guard in result.guards],
        "variables": [_variable(output) for output in result.outputs],
    }


def print_tables(console: Console, result: Replay, *, levels: bool) -> None:
    """Print a table for each output.

    Parameters
    ----------
    console : Console
        Where to, without markup.
    result : Replay
        What to print.
    levels : bool
        Print a row for each level too.
    """
    for output in result.outputs:
        against = (
            f"reference {output.reference}" if output.reference else "no reference"
        )
        # Not the table's title, which would be wrapped to the width of the table.
        console.print(
            f"\n{output.field.name} [{output.field.units}], {against}", markup=False
        )
        console.print(_table(output, levels))
        if output.without_reference:
            console.print(
                f"{output.without_reference} columns without {output.reference}, which "
                "the files declare as missing, do not count in its scores",
                markup=False,
            )
        if output.columns_beyond:
            total = result.columns * len(result.times) - result.left_out.columns
            console.print(
                f"{output.columns_beyond} of {total} columns exceed "
                f"{output.maximum_magnitude:g} {output.field.units}, the largest "
                "credible value by the contract; online, the guard catches them"
            )


def print_guards(console: Console, result: Replay) -> None:
    """Print a line for each guard that caught a column."""
    total = result.columns * len(result.times) - result.left_out.columns
    for guard in result.guards:
        if guard.columns:
            worst = guard.worst
            text = "" if worst is None else f"; the worst: {_worst(worst)}"
            console.print(
                f"{guard.name} = {guard.policy}: {guard.columns} of {total} columns"
                f"{text}"
            )


def _worst(its: GuardedValue) -> str:
    level = f" at level {its.level} from the top" if its.level else ""
    latitude = "" if np.isnan(its.latitude) else f", latitude {its.latitude:.4g}"
    return (
        f"{its.field} {its.value:.4g} {its.units}{level}{latitude}, "
        f"{its.excess:.3g} times the bound"
    )


def _guard(guard: GuardReport) -> dict[str, Any]:
    worst = guard.worst
    return {
        "name": guard.name,
        "policy": guard.policy,
        "columns": guard.columns,
        "levels": guard.levels.tolist(),
        "worst": None
        if worst is None
        else {
            name: value
            for name, value in worst._asdict().items()
            if name not in ("run", "date")
        },
    }


def _variable(output: OutputResult) -> dict[str, Any]:
    globe, *bands = _regions(output)
    return {
        "name": output.field.name,
        "units": output.field.units,
        "reference": output.reference,
        "relative_difference": finite(output.relative_difference),
        "maximum_magnitude": output.maximum_magnitude,
        "columns_beyond": output.columns_beyond,
        "without_reference": output.without_reference,
        "globe": _record(globe),
        "bands": {band[0]: _record(band) for band in bands},
        "levels": [
            {"pressure": pressure} | _record(level)
            for pressure, level in zip(output.pressure, _levels(output), strict=True)
        ],
    }


def _regions(output: OutputResult) -> Iterator[Row]:
    """Give the globe and the bands, all levels together."""
    difference, scores = output.difference.pooled, output.scores
    for i, name in enumerate(output.difference.regions):
        yield name, difference[i], scores.pooled[i] if scores else None


def _levels(output: OutputResult) -> Iterator[Row]:
    """Give the levels, over the globe."""
    difference, scores = output.difference.levels[0], output.scores
    for i, pressure in enumerate(output.pressure):
        name = f"{pressure / 100.0:.4g} hPa"
        yield name, difference[i], scores.levels[0][i] if scores else None


def _record(row: Row) -> dict[str, Any]:
    difference = score(row[1])
    return {
        "samples": difference.samples,
        "eager": {
            "max": finite(difference.largest_error),
            "rms": finite(difference.rms_error),
        },
        "reference": score(row[2]).as_dict() if row[2] is not None else None,
    }


def _table(output: OutputResult, levels: bool) -> Table:
    table = Table()
    table.add_column("region")
    headings = ["max to eager", "rms to eager"]
    for heading in headings + list(SCORE_HEADINGS if output.reference else ()):
        table.add_column(heading, justify="right")
    globe, *bands = _regions(output)
    for section in ([globe], bands, _levels(output) if levels else []):
        for name, moments, scores in section:
            difference = score(moments)
            row = [
                cell(difference.largest_error, ".1e"),
                cell(difference.rms_error, ".1e"),
                *([] if scores is None else score_cells(score(scores))),
            ]
            table.add_row(name, *row)
        table.add_section()
    return table
