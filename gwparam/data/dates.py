"""The time coordinate of netCDF files: when samples are, and in which order they come.

Some published files count ``hourly timestep of the month`` without saying which month,
and some models have no calendar: numbers, not dates. Then the order is that of the
files' names, and two files cannot be compared by their times.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import cftime  # type: ignore[import-untyped]  # it ships no stubs
import numpy as np
import xarray as xr

from gwparam.data.calendars import Calendar, has_dates, read_calendar
from gwparam.data.times import find_time_dimension
from gwparam.errors import ArgumentError

Interval = tuple[float, float]
_SAME_TIME = timedelta(seconds=1)


@dataclass(frozen=True)
class Dates:
    """Times of files, file after file.

    Attributes
    ----------
    paths : tuple of str
        The files in order.
    counts : tuple of int
        Number of times in each.
    intervals : tuple of pair of float, or None
        First and last time of each, in `units`; None where times are no dates.
    units, calendar : str
        Of the intervals.
    """

    paths: tuple[str, ...]
    counts: tuple[int, ...]
    intervals: tuple[Interval, ...] | None = None
    units: str = ""
    calendar: str = ""

    def __len__(self) -> int:
        return sum(self.counts)

    def locate(self, index: int) -> tuple[str, int]:
        """File of a time, and the number of the time in it."""
        at = index
        for path, count in zip(self.paths, self.counts, strict=True):
            if 0 <= at < count:
                return path, at
            at -= count
        raise IndexError(f"time {index} of {len(self)}")

    def in_units(self, units: str, calendar: str) -> "Dates":
        """Express the intervals in other units.

        Raises
        ------
        ArgumentError
            If a date is none in the other calendar.
        """
        given, wanted = (self.units, self.calendar), (units, calendar)
        intervals = tuple(
            (_convert(a, given, wanted, path), _convert(b, given, wanted, path))
            for path, (a, b) in zip(self.paths, self.intervals or (), strict=True)
        )
        return replace(self, intervals=intervals, units=units, calendar=calendar)

    def date(self, index: int) -> Any:
        """Date of a time, of files whose times are dates; between those of a file even.

        Returns
        -------
        cftime.datetime
            In the calendar of the files.
        """
        assert self.intervals is not None
        path, at = self.locate(index)
        begin, end = self.intervals[self.paths.index(path)]
        count = self.counts[self.paths.index(path)]
        value = begin + (end - begin) * at / max(count - 1, 1)
        return cftime.num2date(value, self.units, calendar=self.calendar)

    def spell(self, first: int, last: int) -> str:
        """Say from when to when some times are, for people; empty if not known."""
        if self.intervals is None:
            return ""
        ends = [f"{self.date(i).strftime('%Y-%m-%d %H:%M')}" for i in (first, last)]
        return " to ".join(ends)


def count_times(dataset: xr.Dataset) -> int:
    """Count the times in a file; 1 where it has no dimension of time."""
    dimension = find_time_dimension(dataset)
    return 1 if dimension is None else dataset.sizes[dimension]


def time_value(times: xr.DataArray, index: int, like: xr.DataArray, path: str) -> float:
    """Value of a time coordinate, in the units of another.

    Parameters
    ----------
    times, like : DataArray
        The coordinate, not decoded, and the one whose units and calendar are wanted.
    index : int
        Number of the time in `times`.
    path : str
        File of `times`, for the message.

    Raises
    ------
    ArgumentError
        If the units differ and the time is no date in both.
    """
    value, given, wanted = (
        float(times.values[index]),
        read_calendar(times),
        read_calendar(like),
    )
    return value if given == wanted else _convert(value, given, wanted, path)


def spell_date(value: float, times: xr.DataArray) -> str | None:
    """Say when a value of a time coordinate is; None if it is a number.

    Raises
    ------
    ArgumentError
        If it should be a date and is none.
    """
    calendar = read_calendar(times)
    if not has_dates(calendar):
        return None
    return _spell(_date(value, calendar, str(times.name)))


def read_dates(files: Mapping[str, xr.Dataset], *, by_name: bool = True) -> Dates:
    """Read the times of files and put the files in order: every time comes once.

    Parameters
    ----------
    files : mapping of str to Dataset
        By their names; times not decoded.
    by_name : bool
        Whether files whose times are no dates are sorted by name, 2 before 10; they
        stay as given otherwise.

    Returns
    -------
    Dates
        Sorted by first date, where times are dates.

    Raises
    ------
    ArgumentError
        If a file has no time, if some files have dates and others not, if times in a
        file are not to be read, do not increase or come twice, or if those of two files
        overlap; the message names the files and a time.
    """
    names = sorted(files, key=_natural) if by_name else list(files)
    dimensions = {name: find_time_dimension(files[name]) for name in names}
    counts = {name: count_times(files[name]) for name in names}
    for name in names:
        if not counts[name]:
            raise ArgumentError(f"{name} has no time, expected at least one")
    dated = [name for name in names if _is_dated(files[name], dimensions[name])]
    if not dated:
        for name in names:
            _check_numbers(files[name], dimensions[name], name)
        return Dates(tuple(names), tuple(counts[n] for n in names))
    if len(dated) < len(names):
        other = next(name for name in names if name not in dated)
        raise ArgumentError(
            f"time in {dated[0]} is a date and in {other} it is not, expected the same "
            "in all files"
        )
    times = {name: files[name][dimensions[name]] for name in names}
    units, calendar = read_calendar(times[names[0]])
    intervals = {
        name: _interval(times[name], (units, calendar), name) for name in names
    }
    names.sort(key=lambda name: intervals[name])
    for one, other in pairwise(names):
        end, begin = (
            cftime.num2date(value, units, calendar=calendar)
            for value in (intervals[one][1], intervals[other][0])
        )
        # Times in other units are the same to rounding.
        if begin - end < _SAME_TIME:
            raise ArgumentError(
                f"the times of {one} and {other} overlap at {_spell(begin)}, expected "
                "every time once, and one file after the other"
            )
    return Dates(
        tuple(names),
        tuple(counts[name] for name in names),
        tuple(intervals[name] for name in names),
        units,
        calendar,
    )


def _natural(name: str) -> list[tuple[int, str]]:
    """Key of a name in which numbers count as such."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def _is_dated(dataset: xr.Dataset, dimension: str | None) -> bool:
    if dimension is None or dimension not in dataset.variables:
        return False
    return has_dates(read_calendar(dataset[dimension]))


def _interval(times: xr.DataArray, wanted: Calendar, name: str) -> Interval:
    """First and last time of a file, in the wanted units."""
    given, values = read_calendar(times), times.values
    for at, (earlier, later) in enumerate(pairwise(values)):
        if not later > earlier:
            one, other = (
                spell_date(float(value), times) if np.isfinite(value) else str(value)
                for value in (earlier, later)
            )
            raise ArgumentError(
                f"the times in {name} do not increase: {other} at {at + 1} comes after "
                f"{one} (from 0), expected every time once"
            )
    begin, end = (_convert(float(values[at]), given, wanted, name) for at in (0, -1))
    return begin, end


def _check_numbers(dataset: xr.Dataset, dimension: str | None, name: str) -> None:
    """Check that times which are no dates do not come twice, one after the other.

    They may begin again: files put together may count in every month from 0.
    """
    if dimension is None or dimension not in dataset.variables:
        return
    for at, (earlier, later) in enumerate(pairwise(dataset[dimension].values)):
        if later == earlier:
            raise ArgumentError(
                f"time {later:g} in {name} comes twice, at {at} and {at + 1} (from 0), "
                "expected every time once"
            )


def _spell(date: Any) -> str:
    return str(date.isoformat(sep=" ", timespec="seconds"))


def _convert(value: float, given: Calendar, wanted: Calendar, name: str) -> float:
    """Express a time in other units and another calendar."""
    date = _date(value, given, name)
    # What is as it should be keeps its digits.
    if given == wanted:
        return value
    try:
        return float(cftime.date2num(date, wanted[0], calendar=wanted[1]))
    except (ValueError, OverflowError) as error:
        raise _no_date(value, given, name, wanted, error) from None


def _date(value: float, calendar: Calendar, name: str) -> Any:
    """Make a date of a time."""
    try:
        return cftime.num2date(value, calendar[0], calendar=calendar[1])
    # Of a missing value, cftime 1.6 raises AttributeError.
    except (ValueError, OverflowError, AttributeError) as error:
        raise _no_date(value, calendar, name, calendar, error) from None


def _no_date(
    value: float, given: Calendar, name: str, wanted: Calendar, error: Exception
) -> ArgumentError:
    return ArgumentError(
        f"time {value:g} {given[0]} ({given[1]}) in {name} is no date in "
        f"{wanted[0]} ({wanted[1]}): {error}"
    )
