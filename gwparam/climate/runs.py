"""The zonal means of a long run: its files read once, and months and days kept."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import cftime  # type: ignore[import-untyped]  # it ships no stubs
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.climate.grids import WHOLE, Place, Rows, find_place, mean_of_known
from gwparam.climate.vortex import Days
from gwparam.contract import Field
from gwparam.data import StateFiles, open_states
from gwparam.data.calendars import read_calendar
from gwparam.data.dates import time_value
from gwparam.errors import ContractError

WIND = Field("eastward_wind", "m s-1", "full", "float64")
TEMPERATURE = Field("air_temperature", "K", "full", "float64")
VORTEX = (1e3, 60.0)
"""Pressure [Pa] and latitude of the wind that tells of the polar vortex."""

DAILY = 1.01
"""Days between two times of which daily means can be had."""
_DAYS_SINCE = "days since 0001-01-01"

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Run:
    """Zonal means of a run.

    Attributes
    ----------
    label : str
        The first file, for messages.
    pressure : ndarray, shape (level,)
        Nominal pressure, top first [Pa].
    latitude : ndarray, shape (row,)
        From south to north [degrees_north].
    times : int
        How many were read.
    step : float
        Days between two of them, the median; NaN of one.
    span : str
        From when to when.
    month : ndarray of int, shape (month,)
        Months since that of the year 0, those of which the times are all there.
    fields : dict of str to ndarray, shape (month, level, row)
        Monthly means: the eastward wind [m s-1], and temperature [K] where the files
        have it. NaN where less than `WHOLE` of the columns or days have a value.
    days : Days or None
        Dates of `vortex`; None where the times are further apart.
    vortex : ndarray, shape (day,)
        Daily mean of the wind at `VORTEX`, NaN where less than `WHOLE` of its values
        are known; empty where that lies beyond the grid.
    """

    label: str
    pressure: Array
    latitude: Array
    times: int
    step: float
    span: str
    month: NDArray[np.int64]
    fields: dict[str, Array]
    days: Days | None
    vortex: Array

    @property
    def grid(self) -> tuple[Array, Array]:
        """Pressures and latitudes."""
        return self.pressure, self.latitude


def open_run(
    paths: Sequence[str | PathLike[str]], variables: Mapping[str, str] | None = None
) -> StateFiles:
    """Open the files of a run for their wind, and for temperature if they have it.

    Parameters
    ----------
    paths : sequence of path-like
        At least one.
    variables : mapping of str to str, optional
        As `gwparam.data.open_states`.

    Raises
    ------
    ContractError
        If they have no wind, no latitude, no dates, or a part of the longitudes.
    GwparamError
        As `gwparam.data.open_states`.
    """
    chosen = dict(variables or {})
    given = [WIND, *([TEMPERATURE] if TEMPERATURE.name in chosen else [])]
    states = open_states(paths, given, variables=chosen, leave_out=True)
    try:
        if states.find(TEMPERATURE.name) is not None:
            states.bind(TEMPERATURE, chosen.get(TEMPERATURE.name))
        label = states.files.paths[0]
        _rows(states)
        if states.dates.intervals is None:
            raise ContractError(
                f"the times of {label} are no dates, expected dates in a calendar, "
                "which months and winters need"
            )
    except BaseException:
        states.close()
        raise
    return states


def read_run(
    states: StateFiles,
    times: range | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Run:
    """Read a run, one time after the other.

    Parameters
    ----------
    states : StateFiles
        Of `open_run`.
    times : range, optional
        Numbers of the times that count; all by default.
    advance : callable, optional
        Called after each time.

    Raises
    ------
    GwparamError
        As `gwparam.data.states.States.read`.
    """
    rows = _rows(states)
    down = 1 if states.levels.order == "top_down" else -1
    # A level at 0 has no logarithm.
    pressure = np.maximum(np.asarray(states.levels.pressure)[::down], 1e-6)
    times = range(len(states)) if times is None else times
    kept = slice(times.start, times.stop)
    dates, numbers, calendar = _dates(states)
    dates, numbers = dates[kept], numbers[kept]
    step = float(np.median(np.diff(numbers))) if numbers.size > 1 else np.nan
    places = (
        find_place(np.log(pressure), float(np.log(VORTEX[0]))),
        find_place(rows.latitude, VORTEX[1]),
    )
    sums = {name: dict[int, _Mean]() for name in states.sources}
    winds: list[float] = []
    for index, date in zip(times, dates, strict=True):
        state = states.read(index)
        for name, by_month in sums.items():
            values = state[name]
            mean = rows.mean(values.reshape(-1, values.shape[-1]))[::down]
            by_month.setdefault(12 * date.year + date.month - 1, _Mean()).add(mean)
            if name == WIND.name and None not in places:
                winds.append(_at(mean, places))
        advance()
    least = _least_times(dates, step)
    counts = Counter(12 * date.year + date.month - 1 for date in dates)
    month = sorted(m for m, n in counts.items() if n >= least[m])
    days, vortex = _daily(numbers, calendar, step, np.array(winds))
    shape = (0, pressure.size, rows.latitude.size)
    return Run(
        states.files.paths[0],
        pressure,
        rows.latitude,
        len(dates),
        step,
        f"{dates[0].strftime('%Y-%m-%d')} to {dates[-1].strftime('%Y-%m-%d')}",
        np.array(month, np.int64),
        {
            name: np.stack([by_month[m].mean(least[m]) for m in month])
            if month
            else np.zeros(shape)
            for name, by_month in sums.items()
        },
        days,
        vortex,
    )


class _Mean:
    """Mean of what is known of fields that pass by."""

    def __init__(self) -> None:
        self._total: Any = 0.0
        self._count: Any = 0

    def add(self, values: Array) -> None:
        known = np.isfinite(values)
        self._total = self._total + np.where(known, values, 0.0)
        self._count = self._count + known

    def mean(self, least: float) -> Array:
        return mean_of_known(self._total, self._count, least)


def _rows(states: StateFiles) -> Rows:
    """Rows of the columns, which go around the globe."""
    label = states.files.paths[0]
    latitude, longitude = states.coordinates(0)
    if latitude is None:
        raise ContractError(f"{label} has no latitude of its columns, expected one")
    try:
        return Rows(latitude, longitude)
    except ContractError as error:
        raise ContractError(f"{label}: {error}") from None


def _at(mean: Array, places: tuple[Place | None, Place | None]) -> float:
    level, row = places
    assert level is not None
    assert row is not None
    return float(row.of(level.of(mean)))


def _dates(states: StateFiles) -> tuple[list[Any], Array, str]:
    """Dates of all times, days since a day of their calendar, and that."""
    name = states.time_dimension
    like = states.dataset[name]
    values = []
    for path in states.files.paths:
        dataset = states.files.datasets[path]
        times = _middles(dataset, str(name))
        values += [time_value(times, k, like, path) for k in range(times.size)]
    units, calendar = read_calendar(like)
    dates = list(cftime.num2date(values, units, calendar=calendar))
    numbers = cftime.date2num(dates, _DAYS_SINCE, calendar=calendar)
    return dates, np.asarray(numbers, np.float64), calendar


def _middles(dataset: xr.Dataset, name: str) -> xr.DataArray:
    """Middles of the intervals that times stand for: some stand at their ends."""
    times = dataset[name]
    bounds = times.attrs.get("bounds")
    if bounds is None or bounds not in dataset.variables:
        return times
    ends = dataset[bounds].values
    if ends.shape != (times.size, 2) or not np.isfinite(ends).all():
        return times
    return times.copy(data=ends.astype(np.float64).mean(axis=1))


def _least_times(dates: Sequence[Any], step: float) -> dict[int, float]:
    """How many times each month needs: monthly ones are unevenly apart."""
    return {
        12 * date.year + date.month - 1: WHOLE * date.daysinmonth / step
        for date in dates
    }


def _daily(
    numbers: Array, calendar: str, step: float, wind: Array
) -> tuple[Days | None, Array]:
    """Daily means of a wind at all times; no days where these are further apart."""
    if not step <= DAILY:
        return None, np.zeros(0)
    # From midnight, which may be off by a rounding, to midnight.
    day = np.floor(numbers + 1e-6).astype(np.int64)
    found, place = np.unique(day, return_inverse=True)
    dates = cftime.num2date(found, _DAYS_SINCE, calendar=calendar)
    parts = np.array([(date.year, date.month, date.day) for date in dates])
    days = Days(parts[:, 0], parts[:, 1], parts[:, 2], found)
    if not wind.size:
        return days, wind
    known = np.isfinite(wind)
    total = np.bincount(place[known], wind[known], found.size).astype(np.float64)
    counts = np.bincount(place[known], minlength=found.size)
    return days, mean_of_known(total, counts, WHOLE * round(1.0 / step))
