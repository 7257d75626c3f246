"""A climate as rows of text, for the console and the page."""

import math

from gwparam.climate.differences import LEAST_YEARS
from gwparam.climate.equator import Equator
from gwparam.climate.observed import DESCENT, QBO, WARMINGS_PER_DECADE, Known
from gwparam.climate.summary import TEST, Climate, Side
from gwparam.climate.warmings import Vortex, day_of

UNDEFINED = "–"

Row = tuple[str, ...]


def qbo_headings(climate: Climate) -> Row:
    """Give the headings of `qbo_rows`."""
    return ("QBO at 10 hPa, 5S to 5N", *_names(climate), *(known.name for known in QBO))


def qbo_rows(climate: Climate) -> list[Row]:
    """Give what is known of the oscillation, a column for a side and for others."""
    sides = [None if isinstance(s.qbo, str) else s.qbo for s in climate.sides]
    known = [_known(other) for other in QBO]
    cells = [_qbo(side) for side in sides]
    return [
        (label, *(column.get(label, UNDEFINED) for column in (*cells, *known)))
        for label in _QBO
    ]


_PERIOD = "period by transitions [months]"
_AMPLITUDE = "amplitude, half the range of a cycle [m s-1]"
_DESCENT = "descent 10 to 50 hPa, easterly, westerly [km month-1]"
_QBO = (
    _PERIOD,
    "cycles",
    "period by Fourier [months]",
    _AMPLITUDE,
    "standard deviation [m s-1]",
    "easterly phase [months], strongest [m s-1]",
    "westerly phase [months], strongest [m s-1]",
    _DESCENT,
)


def _qbo(found: Equator | None) -> dict[str, str]:
    if found is None:
        return {}
    numbers = found.numbers
    values = (
        with_error(numbers.transition_period, found.period_error),
        str(numbers.cycles),
        fixed(numbers.period, 1),
        with_error(found.amplitude, found.amplitude_error),
        fixed(numbers.amplitude, 1),
        f"{fixed(numbers.easterly.length, 1)}, {fixed(numbers.easterly.strength, 1)}",
        f"{fixed(numbers.westerly.length, 1)}, {fixed(numbers.westerly.strength, 1)}",
        f"{fixed(found.descent['easterly'], 2)}, {fixed(found.descent['westerly'], 2)}",
    )
    return dict(zip(_QBO, values, strict=True))


def _known(other: Known) -> dict[str, str]:
    found = {
        _PERIOD: with_error(other.period, other.period_error),
        _AMPLITUDE: with_error(other.amplitude, other.amplitude_error),
    }
    return found | ({_DESCENT: f"about {DESCENT:g}"} if other is QBO[0] else {})


def vortex_headings(climate: Climate) -> Row:
    """Give the headings of `vortex_rows`."""
    return ("Vortex at 10 hPa, 60N", *_names(climate), "observed")


def vortex_rows(climate: Climate) -> list[Row]:
    """Give what is known of the polar vortex, a column for a side."""
    sides = [None if isinstance(s.vortex, str) else s.vortex for s in climate.sides]
    rows = (
        (
            "warmings per decade",
            [
                with_error(s.rate.per_decade, s.rate.standard_error) if s else ""
                for s in sides
            ],
            f"about {WARMINGS_PER_DECADE:g}",
        ),
        ("warmings", [str(s.rate.warmings) if s else "" for s in sides], ""),
        ("whole winters", [str(s.rate.winters) if s else "" for s in sides], ""),
        (
            "mean wind, November to March [m s-1]",
            [fixed(s.wind, 1) if s else "" for s in sides],
            "",
        ),
    )
    return [
        (label, *(cell or UNDEFINED for cell in (*cells, other)))
        for label, cells, other in rows
    ]


def winter_rows(side: Side) -> list[Row]:
    """Give each whole winter of a side that has a warming: dates, mean wind."""
    if not isinstance(side.vortex, Vortex):
        return []
    return [
        (
            winter.name,
            ", ".join(day_of(side.run, place) for place in winter.warmings) or "none",
            UNDEFINED if winter.final is None else day_of(side.run, winter.final),
            fixed(winter.wind, 1),
        )
        for winter in side.vortex.winters
        if winter.whole and (winter.warmings or winter.final is not None)
    ]


WINTER_HEADINGS = ("winter", "warmings", "final, left out", "mean wind [m s-1]")
DIFFERENCE_HEADINGS = ("difference", "season", "years", "rms", "largest", "significant")


def difference_rows(climate: Climate) -> list[Row]:
    """Give the differences by field and season."""
    rows: list[Row] = []
    for field, found in climate.differences.items():
        if isinstance(found, str):
            continue
        for season, one in found.items():
            few = min(one.years) < LEAST_YEARS
            rows.append(
                (
                    field.replace("_", " "),
                    season,
                    f"{one.years[0]}, {one.years[1]}",
                    fixed(one.root_mean_square, 2),
                    fixed(one.largest, 1),
                    "too few years" if few else f"{one.discovered} of {one.tests}",
                )
            )
    return rows


def notes(climate: Climate) -> list[str]:
    """Say what is not known, and why."""
    found = []
    for side in climate.sides:
        if isinstance(side.qbo, str):
            found.append(f"No QBO of {side.name}: {side.qbo}.")
        elif side.qbo.absent:
            found.append(f"No oscillation of {side.name}: {side.qbo.absent}.")
        if isinstance(side.vortex, str):
            found.append(f"No warmings of {side.name}: {side.vortex}.")
        elif partly := [w.name for w in side.vortex.winters if not w.whole]:
            found.append(
                f"Winters of {side.name} that are not whole and do not count: "
                f"{', '.join(partly)}."
            )
    for field, difference in climate.differences.items():
        if isinstance(difference, str):
            name = field.replace("_", " ")
            found.append(f"No difference of {name}: {difference}.")
    return found


def is_tested(climate: Climate) -> str:
    """Say which test there was; empty without differences."""
    return f"{TEST}." if difference_rows(climate) else ""


def with_error(value: float, error: float) -> str:
    """Write a number with its standard error, as far as both are known."""
    if math.isnan(value):
        return UNDEFINED
    return f"{value:.2f}" if math.isnan(error) else f"{value:.2f} ± {error:.2f}"


def fixed(value: float, digits: int) -> str:
    """Write a number with so many digits; a dash where it is undefined."""
    return UNDEFINED if math.isnan(value) else f"{value:.{digits}f}"


def _names(climate: Climate) -> list[str]:
    return [side.name for side in climate.sides]
