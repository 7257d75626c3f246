"""The page of a calibration."""

from collections.abc import Sequence
from pathlib import Path

from gwparam.calibrate import figures
from gwparam.calibrate.check import HEIGHTS, Check
from gwparam.calibrate.run import Result
from gwparam.calibrate.target import Wanted
from gwparam.pages.numbers import number
from gwparam.pages.picture import Section
from gwparam.pages.template import render
from gwparam.qbo.statistics import statistic_names
from gwparam.qbo.testbed import Testbed
from gwparam.whole_files import write_text

RUN_HEADINGS = (
    "source",
    *(f"period at {km} km [months]" for km in HEIGHTS),
    *(f"amplitude at {km} km [m s-1]" for km in HEIGHTS),
)


def run_rows(name: str, check: Check) -> list[tuple[str, ...]]:
    """Say what each long run is like, as `RUN_HEADINGS`."""
    return [
        (
            f"{name}, seed {run.seed}" + ("" if run.stable else ": unstable"),
            *map(number, (*run.period, *run.amplitude)),
        )
        for run in check.runs
    ]


def write_page(
    page: Path,
    title: str,
    facts: Sequence[tuple[str, str]],
    result: Result,
    wanted: Wanted,
    checks: tuple[Check, Check],
    testbed: Testbed,
) -> None:
    """Write one HTML page that needs nothing else.

    Parameters
    ----------
    page : Path
        Where it goes.
    title : str
        Of the page.
    facts : sequence of (str, str)
        What was done.
    result : Result
        Of the calibration.
    wanted : Wanted
        What it aimed at.
    checks : tuple of Check
        Long runs before and after.
    testbed : Testbed
        Where the levels are.

    Raises
    ------
    ModelFileError
        If it cannot be written.
    """
    before, after = checks
    pictures = [("before", before.wind), ("after", after.wind)]
    parts = [
        ("winds", "The wind", Section((figures.winds(pictures, testbed),))),
        ("misfit", "Misfit", Section((figures.misfit_by_iteration(result),))),
        (
            "members",
            "Members",
            Section((figures.members_by_iteration(result, wanted),)),
        ),
    ]
    names = statistic_names()
    rows = [
        (
            name,
            number(float(value)),
            *(number(float(c.statistics[names.index(name)])) for c in checks),
        )
        for name, value in zip(wanted.names, wanted.target.values, strict=True)
    ]
    text = render(
        "calibrate/page.html.jinja",
        title=title,
        facts=facts,
        run_headings=RUN_HEADINGS,
        runs=[*run_rows("before", before), *run_rows("after", after)],
        headings=("statistic", "wanted", "before", "after"),
        rows=rows,
        parts=parts,
    )
    write_text(page, text)
