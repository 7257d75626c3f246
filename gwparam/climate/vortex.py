"""The northern polar vortex and its sudden warmings, from the wind at 10 hPa and 60 N.

Charlton and Polvani (2007, J. Climate 20, 449-469, doi:10.1175/JCLI3996.1, with the
corrigendum 24, 5951): a sudden warming is the first day from November to March on which
the daily mean of the zonal-mean zonal wind is easterly. The next one of the winter
needs 20 consecutive days of westerlies in between. What is not followed by 10
consecutive days of westerlies before 30 April is the final warming of spring, and is
left out. An easterly wind on 1 November that was no westerly the day before is no
reversal.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ShapeError

APART = 20
"""Consecutive days of westerlies between two warmings."""
RETURN = 10
"""Consecutive days of westerlies that follow a warming, unless it is the final one."""

_FIRST, _LAST = (11, 1), (4, 30)  # month and day
_CORE = (11, 12, 1, 2, 3)
_SEASON = (*_CORE, 4)

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Days:
    """Days of a series, one after the other.

    Attributes
    ----------
    year, month, day : ndarray of int, shape (time,)
        Dates, in any calendar.
    number : ndarray of int, shape (time,)
        Days since some day in that calendar: 1 more from one day to the next.
    """

    year: Whole
    month: Whole
    day: Whole
    number: Whole


@dataclass(frozen=True)
class Winter:
    """A winter of a series.

    Attributes
    ----------
    name : str
        Years of its November and of its March: ``1978/79``.
    whole : bool
        Every day from 1 November to 30 April is there. Others have no warmings.
    warmings : tuple of int
        Places of their first days in the series.
    final : int or None
        Place of the first day of a final warming before April, which does not count.
    wind : float
        Mean from November to March [units of the wind]; NaN where it is not whole.
    """

    name: str
    whole: bool
    warmings: tuple[int, ...] = ()
    final: int | None = None
    wind: float = np.nan


@dataclass(frozen=True)
class Rate:
    """How often warmings come.

    Attributes
    ----------
    warmings, winters : int
        How many in how many whole winters.
    per_decade, standard_error : float
        In ten winters; the error is that of the mean over winters, NaN of one alone.
    """

    warmings: int
    winters: int
    per_decade: float
    standard_error: float


def find_winters(wind: Array, days: Days) -> list[Winter]:
    """Find the winters of a series, and the sudden warmings of those that are whole.

    Parameters
    ----------
    wind : ndarray, shape (time,)
        Daily mean of the zonal-mean zonal wind at 10 hPa and 60 degrees north.
    days : Days
        Their dates, which increase.

    Returns
    -------
    list of Winter
        In the order of their years.

    Raises
    ------
    ShapeError
        If there are not as many days as winds.
    """
    if wind.shape != days.number.shape:
        raise ShapeError(f"wind has shape {wind.shape}, expected {days.number.shape}")
    # The year of the November that a day of the first half of a year belongs to.
    year = days.year - (days.month < 7)
    season = np.isin(days.month, _SEASON)
    return [
        _winter(wind, days, np.flatnonzero(season & (year == first)), int(first))
        for first in np.unique(year[season])
    ]


def rate(winters: list[Winter]) -> Rate:
    """Count the warmings of the winters that are whole, of which there is one."""
    counts = np.array([len(winter.warmings) for winter in winters if winter.whole])
    if not counts.size:
        return Rate(0, 0, np.nan, np.nan)
    error = counts.std(ddof=1) / np.sqrt(counts.size) if counts.size > 1 else np.nan
    return Rate(
        int(counts.sum()), counts.size, 10.0 * float(counts.mean()), 10.0 * float(error)
    )


def _winter(wind: Array, days: Days, at: NDArray[Any], year: int) -> Winter:
    name = f"{year:04d}/{(year + 1) % 100:02d}"
    ends = [(int(days.month[k]), int(days.day[k])) for k in (at[0], at[-1])]
    steps = np.diff(days.number[at])
    known = np.isfinite(wind[at]).all() and (steps == 1).all()
    if ends != [_FIRST, _LAST] or not known:
        return Winter(name, whole=False)
    core = np.isin(days.month[at], _CORE)
    found = _reversals(wind[at][core], _is_westerly_before(wind, days, int(at[0])))
    final = None
    if found and _longest_spell(wind[at][found[-1] :] >= 0.0) < RETURN:
        final = int(at[found.pop()])
    places = tuple(int(at[day]) for day in found)
    return Winter(name, True, places, final, float(wind[at][core].mean()))


def _is_westerly_before(wind: Array, days: Days, first: int) -> bool:
    """Whether the day before the winter is there and had westerlies."""
    if first == 0 or days.number[first - 1] != days.number[first] - 1:
        return False
    return bool(wind[first - 1] >= 0.0)


def _reversals(wind: Array, westerly_before: bool) -> list[int]:
    """First days of easterlies, with enough westerlies before each of them."""
    found: list[int] = []
    run = longest = int(westerly_before)
    for day, speed in enumerate(wind):
        if speed >= 0.0:
            run += 1
            longest = max(longest, run)
            continue
        if longest >= (APART if found else 1):
            found.append(day)
            longest = 0
        run = 0
    return found


def _longest_spell(westerly: NDArray[np.bool_]) -> int:
    """Count the days of the longest spell of westerlies."""
    edges = np.flatnonzero(np.diff(np.r_[False, westerly, False].astype(np.int8)))
    runs = edges[1::2] - edges[::2]
    return int(runs.max(initial=0))
