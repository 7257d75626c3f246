"""The page of runs of the testbed."""

from collections.abc import Sequence
from math import isnan
from pathlib import Path

from gwparam.pages.template import render
from gwparam.qbo import figures, table
from gwparam.qbo.runs import Run
from gwparam.qbo.summary import (
    Member,
    published,
    resolution,
    spinup_years,
    spread,
)
from gwparam.whole_files import write_text

_PERIOD = 26.0  # months, where there is none
_EXPLANATION = (
    "The period is that of the largest Fourier mode, next to which there are others "
    "{resolution:.1f} months away; there is none if the time that counts has not two "
    "of it. By transitions it is the mean time from one change to westerlies to the "
    "next, of the wind smoothed over five months, cycles of 10 to 45 months alone. The "
    "amplitude is the standard deviation of the wind. Descent is from 30 to 20 km. The "
    "first {spinup} years are left out."
)


def write_page(
    page: Path,
    runs: Sequence[Run],
    summaries: Sequence[Sequence[Member]],
    how: Sequence[tuple[str, str]],
    lead: str,
) -> None:
    """Write runs side by side as one HTML page that needs nothing else.

    Parameters
    ----------
    page : Path
        Where it goes.
    runs : sequence of Run
        In their order.
    summaries : sequence of sequence of Member
        What `gwparam.qbo.summary.summarise` says of each.
    how : sequence of (str, str)
        Settings: name and value.
    lead : str
        What was run, in a sentence.

    Raises
    ------
    ModelFileError
        If it cannot be written.
    """
    pictures = [
        figures.time_height(runs),
        figures.series(runs),
        figures.statistics(runs, summaries),
    ]
    days = len(runs[0].wind)
    period = float(spread(summaries[0], lambda m: m.at[25].period)[0])
    text = render(
        "qbo/page.html.jinja",
        title="The quasi-biennial oscillation in one column",
        lead=lead,
        facts=(),
        key=figures.names_and_colours(runs),
        unstable=table.unstable_lines(runs),
        wind=[picture for picture in pictures if picture is not None],
        members=max(len(run.unstable) for run in runs),
        explanation=_EXPLANATION.format(
            resolution=resolution(runs[0], _PERIOD if isnan(period) else period),
            spinup=spinup_years(days),
        ),
        names=[run.name for run in runs],
        rows=[*table.member_rows(summaries), *table.rows(summaries)],
        published=table.published_rows(published(runs[0]), summaries),
        how=how,
    )
    write_text(page, text)
