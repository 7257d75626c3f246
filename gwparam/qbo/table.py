"""Numbers of runs as rows of a table, for the console and the page."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gwparam.qbo.runs import Run
from gwparam.qbo.summary import Member, Published, quantities, spread
from gwparam.qbo.testbed import LARGEST_WIND

Array = NDArray[np.float64]
Summaries = Sequence[Sequence[Member]]

UNDEFINED = "–"


def member_rows(summaries: Summaries) -> list[tuple[str, ...]]:
    """Say how many members each scheme has, where one has several."""
    counts = [len(members) for members in summaries]
    return [("members", *map(str, counts))] if max(counts) > 1 else []


def rows(summaries: Summaries) -> list[tuple[str, ...]]:
    """Say all of each scheme: what, then a cell for each."""
    return [
        (
            f"{name} [{units}]",
            *(_mean_and_spread(spread(members, find)) for members in summaries),
        )
        for name, units, find in quantities()
    ]


def _mean_and_spread(found: Array) -> str:
    mean, deviation = found
    if not np.isfinite(mean):
        return UNDEFINED
    digits = 1 if abs(mean) >= 10 and np.isnan(deviation) else 2
    text = f"{mean:.{digits}f}".replace("-", "−")
    return text if np.isnan(deviation) else f"{text} ± {deviation:.{digits}f}"


def published_rows(
    numbers: Sequence[Published], summaries: Summaries
) -> list[tuple[str, ...]]:
    """Say what was published, and how far each scheme is from it."""
    return [
        (
            each.name,
            _given(each.period, each.period_spread),
            _given(each.amplitude, each.amplitude_spread),
            *(_difference(members, each) for members in summaries),
        )
        for each in numbers
    ]


def _given(value: float, deviation: float) -> str:
    return f"{value:g}" if np.isnan(deviation) else f"{value:g} ± {deviation:g}"


def differences(members: Sequence[Member], published: Published) -> tuple[float, float]:
    """How far period and amplitude at 25 km are from the published ones."""
    period, amplitude = (
        spread(members, find)[0]
        for find in (lambda m: m.at[25].period, lambda m: m.at[25].amplitude)
    )
    return float(period) - published.period, float(amplitude) - published.amplitude


def _difference(members: Sequence[Member], published: Published) -> str:
    found = differences(members, published)
    if not np.isfinite(found).all():
        return UNDEFINED
    # What rounds to nothing has no sign.
    months, speed = (round(value, 1) + 0.0 for value in found)
    return f"{months:+.1f} months, {speed:+.1f} m s⁻¹".replace("-", "−")


def unstable_lines(runs: Sequence[Run]) -> list[str]:
    """Say which members did not last, and until when."""
    said = []
    for run in runs:
        ended = [day for day in run.unstable if day >= 0]
        if not ended:
            continue
        who = (
            f"{run.name} is"
            if len(run.unstable) == 1
            else f"{len(ended)} of {len(run.unstable)} members of {run.name} are"
        )
        days = f"day {min(ended) + 1}"
        if max(ended) > min(ended):
            days += f" to {max(ended) + 1}"
        why = dict.fromkeys(
            failure or f"the wind passed {LARGEST_WIND:g} m s-1 or was not finite"
            for day, failure in zip(run.unstable, run.failures, strict=True)
            if day >= 0
        )
        said.append(f"{who} unstable: {days}, {'; '.join(why)}")
    return said
