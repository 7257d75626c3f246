"""What is said of a run: period, amplitude, phases and descent, for each member."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gwparam.climate.oscillation import (
    Oscillation,
    descent_rates,
    fourier_bin,
    oscillation,
)
from gwparam.qbo.runs import Run
from gwparam.qbo.testbed import DAYS_A_MONTH, DAYS_A_YEAR, SPINUP_YEARS

Array = NDArray[np.float64]

HEIGHTS = (20, 25, 30)
"""Where the oscillation is described [km]."""
_STEP = 1.0 / DAYS_A_MONTH  # months a day


@dataclass(frozen=True)
class Published:
    """Numbers that stand beside those of a run, at 25 km or 10 hPa.

    Attributes
    ----------
    name : str
        Of what.
    period, period_spread : float
        [months].
    amplitude, amplitude_spread : float
        Standard deviation of the wind [m s-1].
    """

    name: str
    period: float
    period_spread: float
    amplitude: float
    amplitude_spread: float


PUBLISHED = (
    # The published script, run as it is: docs/qbo/testbed.md.
    Published("control case, as its script runs", 25.9, np.nan, 33.8, np.nan),
    # Pahlavan et al. (2024), GRL 51, e2023GL106324.
    Published("control case, as the paper states it", 28.0, 0.7, 21.0, 0.3),
    # Freie Universitaet Berlin, 1953 to 2021, at 10 hPa.
    Published("observed, FU Berlin at 10 hPa", 27.92, 0.87, 22.90, 0.53),
)

PUBLISHED_OF_MODELS = (
    # 20 years at T42 with the native scheme.
    Published("MiMA with AD99, 20 years at T42", 28.53, 2.40, 29.49, 3.18),
    PUBLISHED[-1],
)
"""What stands beside a whole column."""


def published(run: Run) -> tuple[Published, ...]:
    """Give what stands beside a run."""
    return PUBLISHED if run.column.has_own_waves else PUBLISHED_OF_MODELS


@dataclass(frozen=True)
class Member:
    """What one member does.

    Attributes
    ----------
    unstable : int, optional
        Day from which on there is no wind; then there are no numbers.
    at : dict of int to Oscillation
        By height [km].
    descent : dict of str to float
        ``easterly`` and ``westerly``, from 30 to 20 km [km month-1].
    """

    unstable: int | None
    at: dict[int, Oscillation]
    descent: dict[str, float]


def spinup_days(days: int) -> int:
    """Days left out before statistics: 12 years, of less than 36 years a third."""
    return min(SPINUP_YEARS * DAYS_A_YEAR, days // 3)


def spinup_years(days: int) -> str:
    """Years left out of so many days, in words: to a tenth."""
    return f"{round(spinup_days(days) / DAYS_A_YEAR, 1):g}"


def wind_at(run: Run, member: int, height: float) -> Array:
    """Wind of each day at a height [km], between two levels by a straight line."""
    levels = run.column.height / 1e3
    above = int(np.clip(np.searchsorted(levels, height), 1, len(levels) - 1))
    share = (height - levels[above - 1]) / (levels[above] - levels[above - 1])
    wind = run.wind[:, member, above - 1 : above + 1].astype(np.float64)
    found: Array = wind @ np.array([1.0 - share, share])
    return found


def summarise(run: Run) -> tuple[Member, ...]:
    """Describe each member of a run."""
    return tuple(_member(run, number) for number in range(len(run.unstable)))


def _member(run: Run, number: int) -> Member:
    if run.unstable[number] >= 0:
        return Member(run.unstable[number], {}, {})
    start = spinup_days(len(run.wind))
    series = {height: wind_at(run, number, height)[start:] for height in HEIGHTS}
    low, *_, high = HEIGHTS
    return Member(
        None,
        {height: oscillation(wind, _STEP) for height, wind in series.items()},
        descent_rates(series[high], series[low], float(high - low), _STEP),
    )


Number = Callable[[Member], float]
"""Finds a number of a member that lasted."""


def spread(members: Sequence[Member], number: Number) -> Array:
    """Mean and standard deviation of a number over the members that have it.

    Shape (2,); NaN where there is none, and for the deviation of one.
    """
    known = np.array([number(each) for each in members if each.unstable is None])
    known = known[np.isfinite(known)]
    mean = known.mean() if known.size else np.nan
    return np.array([mean, known.std(ddof=1) if known.size > 1 else np.nan])


def quantities() -> Iterator[tuple[str, str, Number]]:
    """Name, units and number of all that is said of a member, in its order."""
    for height in HEIGHTS:
        yield f"period {height} km", "months", _of(height, "period")
    for height in HEIGHTS:
        name = f"period by transitions {height} km"
        yield name, "months", _of(height, "transition_period")
    for height in HEIGHTS:
        yield f"amplitude {height} km", "m s-1", _of(height, "amplitude")
    yield "easterly phase 25 km", "months", lambda m: m.at[25].easterly.length
    yield "westerly phase 25 km", "months", lambda m: m.at[25].westerly.length
    yield "strongest easterly 25 km", "m s-1", lambda m: m.at[25].easterly.strength
    yield "strongest westerly 25 km", "m s-1", lambda m: m.at[25].westerly.strength
    yield "descent of easterlies", "km month-1", lambda m: m.descent["easterly"]
    yield "descent of westerlies", "km month-1", lambda m: m.descent["westerly"]


def _of(height: int, name: str) -> Number:
    """Find a number of the oscillation at a height."""
    return lambda member: float(getattr(member.at[height], name))


def resolution(run: Run, period: float) -> float:
    """How far the Fourier periods beside one are from it [months]."""
    days = len(run.wind) - spinup_days(len(run.wind))
    return fourier_bin(days, _STEP, period)
