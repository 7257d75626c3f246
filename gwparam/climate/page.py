"""The page of a climate: numbers, and figures to look at."""

from collections.abc import Sequence
from pathlib import Path

from gwparam.climate import figures
from gwparam.climate.observed import QBO
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
from gwparam.pages.template import render
from gwparam.whole_files import write_text

_Table = tuple[str, Row, Sequence[Row]]


def write_page(climate: Climate, path: Path) -> None:
    """Write one HTML page that needs nothing else.

    Parameters
    ----------
    climate : Climate
        What was found.
    path : Path
        Where the page goes.

    Raises
    ------
    ModelFileError
        If the page cannot be written.
    """
    names = [side.name for side in climate.sides]
    text = render(
        "climate/page.html.jinja",
        title=f"Climate of {names[0]}",
        lead="Quasi-biennial oscillation, polar vortex and sudden warmings"
        + (f", beside {names[1]}." if len(names) > 1 else "."),
        facts=_facts(climate),
        notes=notes(climate),
        tables=_tables(climate),
        observed=QBO,
        parts=[
            ("qbo", "QBO", figures.oscillation_section(climate)),
            ("vortex", "Polar vortex", figures.vortex_section(climate)),
            ("differences", "Differences", figures.difference_section(climate)),
        ],
        test=is_tested(climate),
    )
    write_text(path, text)


def _facts(climate: Climate) -> list[tuple[str, str]]:
    return [
        (
            side.name,
            f"{side.run.span}, {side.run.times} times; {side.run.latitude.size} "
            f"latitudes; {side.run.pressure.size} levels, "
            f"{side.run.pressure[0] / 100.0:.3g} to "
            f"{side.run.pressure[-1] / 100.0:.3g} hPa; {side.run.label}",
        )
        for side in climate.sides
    ]


def _tables(climate: Climate) -> list[_Table]:
    found: list[_Table] = [
        ("QBO", qbo_headings(climate), qbo_rows(climate)),
        ("Polar vortex", vortex_headings(climate), vortex_rows(climate)),
    ]
    found += [
        (f"Sudden warmings of {side.name}", WINTER_HEADINGS, rows)
        for side in climate.sides
        if (rows := winter_rows(side))
    ]
    if rows := difference_rows(climate):
        names = " minus ".join(side.name for side in climate.sides)
        found.append((names, DIFFERENCE_HEADINGS, rows))
    return found
