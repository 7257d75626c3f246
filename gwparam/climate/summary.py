"""The climate of a run, beside that of a reference: all diagnostics at once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gwparam.climate.differences import LEAST_YEARS, RATE, Difference
from gwparam.climate.equator import Equator, find_qbo
from gwparam.climate.observed import DESCENT, QBO, WARMINGS_PER_DECADE
from gwparam.climate.runs import TEMPERATURE, WIND, Run
from gwparam.climate.seasons import find_differences
from gwparam.climate.warmings import Vortex, day_of, find_vortex

FIELDS = (WIND.name, TEMPERATURE.name)

TEST = (
    f"Welch's test of yearly means, two-sided, at least {LEAST_YEARS} years each; "
    f"false discovery rate {RATE:g} over the map (Wilks 2016)"
)

Differences = dict[str, dict[str, Difference] | str]


@dataclass(frozen=True)
class Side:
    """A run, and what is found in it.

    Attributes
    ----------
    name : str
        For people.
    run : Run
        Its zonal means.
    qbo : Equator or str
        The oscillation; why it is not known.
    vortex : Vortex or str
        The polar vortex; why it is not known.
    """

    name: str
    run: Run
    qbo: Equator | str
    vortex: Vortex | str


@dataclass(frozen=True)
class Climate:
    """Everything that is found.

    Attributes
    ----------
    sides : list of Side
        The run, then the reference if there is one.
    differences : dict of str to (dict of str to Difference) or str
        Run minus reference by field, then by season; why they are not known. Empty
        without a reference.
    """

    sides: list[Side]
    differences: Differences


def summarise(runs: Sequence[tuple[str, Run]]) -> Climate:
    """Find everything in a run, and in a reference if it is the second one."""
    sides = [Side(name, run, find_qbo(run), find_vortex(run)) for name, run in runs]
    differences: Differences = {}
    if len(sides) > 1:
        ours, theirs = (side.run for side in sides)
        differences = {field: find_differences(ours, theirs, field) for field in FIELDS}
    return Climate(sides, differences)


def as_dict(climate: Climate) -> dict[str, Any]:
    """Everything but the fields, as what JSON holds.

    A diagnostic that is not known is ``{"absent": why}``; an undefined number is NaN.
    """
    return {
        "runs": {side.name: _run(side.run) for side in climate.sides},
        "qbo": {
            side.name: {"absent": side.qbo}
            if isinstance(side.qbo, str)
            else _qbo(side.qbo)
            for side in climate.sides
        },
        "warmings": {
            side.name: {"absent": side.vortex}
            if isinstance(side.vortex, str)
            else _vortex(side.run, side.vortex)
            for side in climate.sides
        },
        "differences": {
            field: {"absent": found}
            if isinstance(found, str)
            else {season: _difference(one) for season, one in found.items()}
            for field, found in climate.differences.items()
        },
        "test": TEST,
        "known": {
            "qbo": [asdict(known) for known in QBO],
            "descent_km_per_month": DESCENT,
            "warmings_per_decade": WARMINGS_PER_DECADE,
        },
    }


def month_name(month: int) -> str:
    """Write a month since that of the year 0 as ``1978-01``."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def _run(run: Run) -> dict[str, Any]:
    return {
        "first_file": run.label,
        "span": run.span,
        "times": run.times,
        "days_between_times": run.step,
        "whole_months": int(run.month.size),
        "latitudes": run.latitude.tolist(),
        "pressure_hPa": (run.pressure / 100.0).tolist(),
    }


def _qbo(found: Equator) -> dict[str, Any]:
    numbers = found.numbers
    return {
        "months": [month_name(int(found.month[k])) for k in (0, -1)],
        **({"no_oscillation": found.absent} if found.absent else {}),
        "period_by_transitions": numbers.transition_period,
        "period_standard_error": found.period_error,
        "period_spread": numbers.transition_spread,
        "cycles": numbers.cycles,
        "period_by_fourier": numbers.period,
        "amplitude": found.amplitude,
        "amplitude_standard_error": found.amplitude_error,
        "standard_deviation": numbers.amplitude,
        "easterly": asdict(numbers.easterly),
        "westerly": asdict(numbers.westerly),
        "descent_km_per_month": found.descent,
    }


def _vortex(run: Run, found: Vortex) -> dict[str, Any]:
    return {
        "winters": [
            {
                "winter": winter.name,
                "warmings": [day_of(run, place) for place in winter.warmings],
                "final_warming": None
                if winter.final is None
                else day_of(run, winter.final),
                "mean_wind": winter.wind,
            }
            for winter in found.winters
            if winter.whole
        ],
        "not_whole": [winter.name for winter in found.winters if not winter.whole],
        "warmings": found.rate.warmings,
        "per_decade": found.rate.per_decade,
        "per_decade_standard_error": found.rate.standard_error,
        "mean_wind": found.wind,
    }


def _difference(found: Difference) -> dict[str, Any]:
    return {
        "years": list(found.years),
        "root_mean_square": found.root_mean_square,
        "largest": found.largest,
        "tests": found.tests,
        "significant": found.discovered,
    }
