"""A run on the console."""

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gwparam.console import printable
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
    stage_rows,
)

_BAR = 24  # characters of the longest bar


def show_runs(runs: Iterable[Run], notes: Iterable[str]) -> RenderableType:
    """Lay out runs, one below the other, and what is to be said of the logs."""
    parts: list[RenderableType] = [show_run(run) for run in runs]
    return Group(*parts, *(Text(note, style="red") for note in notes))


def show_run(run: Run) -> RenderableType:
    """Lay out one run."""
    told = Table.grid(padding=(0, 2))
    for name, text in facts(run):
        told.add_row(Text(name, style="dim"), Text(text))
    parts: list[RenderableType] = [Text(heading(run), style="bold"), told]
    report = run.latest
    if report is not None:
        stages = _table(
            "time a recomputation, slowest rank of each stage", ("stage", "ms", "")
        )
        for name, ms, part in stage_rows(report):
            stages.add_row(name, f"{ms:.3g}", "█" * round(_BAR * part))
        guards = _table("guards since the start", GUARD_HEADINGS)
        for guard in report.guards:
            style = "yellow" if guard.columns else ""
            guards.add_row(*_cells(guard_row(guard, report)), style=style)
        drags = _table("drag since the start", DRAG_HEADINGS)
        for row in drag_rows(report):
            drags.add_row(*_cells(row))
        where = _table("worst and largest since the start", PLACE_HEADINGS)
        for row in place_rows(report):
            where.add_row(*_cells(row))
        parts += [table for table in (stages, guards, drags, where) if table.row_count]
    return Group(*parts, Text())


def _cells(row: Iterable[str]) -> list[Text]:
    """Texts as they are: a name in brackets is no markup."""
    return [Text(printable(text)) for text in row]


def _table(title: str, headings: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for text in headings:
        table.add_column(text, overflow="fold")
    return table
