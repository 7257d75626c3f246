"""The page after a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gwparam.pages.picture import Picture
from gwparam.pages.template import render
from gwparam.run_log import figures
from gwparam.run_log.runs import Run
from gwparam.run_log.words import (
    DRAG_HEADINGS,
    GUARD_HEADINGS,
    PLACE_HEADINGS,
    drag_rows,
    facts,
    guard_row,
    heading,
    place_rows,
)
from gwparam.whole_files import write_text

MOST = 8
"""Runs that have figures, the last ones; the others are in the table."""

_TIMES = (
    "Milliseconds are those of the slowest rank in each stage. Stages do not add up: "
    "one rank waits while another computes, and with lag = 1 the network runs beside "
    "the model."
)
_TABLE = ("run", "state", "model days", "recomputations", "native columns")


@dataclass(frozen=True)
class _Part:
    """What the page shows of a run."""

    key: str
    heading: str
    facts: list[tuple[str, str]]
    pictures: list[Picture]
    guards: list[tuple[str, ...]]
    drags: list[tuple[str, ...]]
    places: list[tuple[str, ...]]


def write_page(path: Path, runs: Sequence[Run], notes: Sequence[str]) -> None:
    """Write one HTML page of what runs did, that needs nothing else.

    Parameters
    ----------
    path : Path
        Where the page goes.
    runs : sequence of Run
        The runs.
    notes : sequence of str
        What is to be said of their logs.

    Raises
    ------
    ModelFileError
        If the page cannot be written.
    """
    first = max(len(runs) - MOST, 0)
    shown = [_part(number, runs[number]) for number in range(first, len(runs))]
    text = render(
        "run_log/page.html.jinja",
        title="Run" if len(runs) == 1 else f"{len(runs)} runs",
        key=figures.KEY,
        notes=notes,
        headings=_TABLE,
        rows=[_row(run) for run in runs],
        parts=shown[::-1],
        left_out=first,
        guard_headings=GUARD_HEADINGS,
        drag_headings=DRAG_HEADINGS,
        place_headings=("", *PLACE_HEADINGS),
    )
    write_text(path, text)


def _row(run: Run) -> tuple[str, ...]:
    report = run.latest
    if report is None:
        return (heading(run), run.state, "0", "0", "–")
    share = "–" if report.native_share is None else f"{report.native_share:.2%}"
    return (
        heading(run),
        run.state,
        f"{report.model_days:.2f}",
        str(report.recomputations),
        share,
    )


def _part(number: int, run: Run) -> _Part:
    report = run.latest
    if report is None:
        return _Part(f"run-{number}", heading(run), facts(run), [], [], [], [])
    caught = figures.levels(run, report)
    told = "Counts are of values on each level." if caught else "Guards caught nothing."
    pictures = [
        Picture((figures.stages(report), *caught), f"{_TIMES} {told}"),
        figures.curves(run),
        figures.where(report),
    ]
    numbered = [(str(k), *row) for k, row in enumerate(place_rows(report), 1)]
    return _Part(
        f"run-{number}",
        heading(run),
        facts(run),
        [picture for picture in pictures if picture is not None],
        [guard_row(guard, report) for guard in report.guards],
        drag_rows(report),
        numbered,
    )
