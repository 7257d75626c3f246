"""A climate as tables on the console."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from gwparam.climate.summary import Climate
from gwparam.climate.words import (
    DIFFERENCE_HEADINGS,
    WINTER_HEADINGS,
    Row,
    difference_rows,
    is_tested,
    notes,
    qbo_headings,
    qbo_rows,
    vortex_headings,
    vortex_rows,
    winter_rows,
)


def print_tables(console: Console, climate: Climate) -> None:
    """Print everything but the fields, and what is not known.

    Parameters
    ----------
    console : Console
        Where to, without markup.
    climate : Climate
        What was found.
    """
    if any(not isinstance(side.qbo, str) for side in climate.sides):
        console.print(_table(qbo_headings(climate), qbo_rows(climate)))
    if any(not isinstance(side.vortex, str) for side in climate.sides):
        console.print(_table(vortex_headings(climate), vortex_rows(climate)))
    for side in climate.sides:
        if rows := winter_rows(side):
            title = f"Sudden warmings of {side.name}"
            console.print(_table(WINTER_HEADINGS, rows, title))
    if rows := difference_rows(climate):
        names = " minus ".join(side.name for side in climate.sides)
        console.print(_table(DIFFERENCE_HEADINGS, rows, names))
        console.print(is_tested(climate), soft_wrap=True)
    for line in notes(climate):
        console.print(line, soft_wrap=True)


def _table(headings: Row, rows: Sequence[Row], title: str | None = None) -> Table:
    table = Table(title=title, title_justify="left")
    first, *others = headings
    table.add_column(first, overflow="fold")
    for heading in others:
        table.add_column(heading, justify="right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
