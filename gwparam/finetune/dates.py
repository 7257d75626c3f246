"""When the samples of many files are, and in which order they come.

Some published files count ``hourly timestep of the month`` without saying which month:
numbers, not dates. Then the order is that of the files' names, and two files cannot be
compared by their times.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import cftime  # type: ignore[import-untyped]  # it ships no stubs
import xarray as xr

from gwparam.errors import ArgumentError
from gwparam.states.times import find_time_dimension, time_value

Interval = tuple[float, float]


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
    intervals: tuple[Interval, ...] | None
    units: str
    calendar: str

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
        """Express the intervals in other units."""

        def convert(value: float) -> float:
            date = cftime.num2date(value, self.units, calendar=self.calendar)
            return float(cftime.date2num(date, units, calendar=calendar))

        intervals = tuple((convert(a), convert(b)) for a, b in self.intervals or ())
        return replace(self, intervals=intervals, units=units, calendar=calendar)

    def spell(self, first: int, last: int) -> str:
        """Say from when to when some times are, for people; empty if not known."""
        if self.intervals is None:
            return ""
        ends = []
        for index in (first, last):
            path, at = self.locate(index)
            begin, end = self.intervals[self.paths.index(path)]
            count = self.counts[self.paths.index(path)]
            value = begin + (end - begin) * at / max(count - 1, 1)
            date = cftime.num2date(value, self.units, calendar=self.calendar)
            ends.append(date.strftime("%Y-%m-%d %H:%M"))
        return " to ".join(ends)


def read_dates(files: Mapping[str, xr.Dataset]) -> Dates:
    """Read the times of files and put the files in order.

    Parameters
    ----------
    files : mapping of str to Dataset
        By their names; times not decoded.

    Returns
    -------
    Dates
        Sorted by first date; by name where times are no dates.

    Raises
    ------
    ArgumentError
        If some files have dates and others not, if times in a file do not increase, or
        if those of two files overlap.
    """
    names = sorted(files)
    dimensions = {name: find_time_dimension(files[name]) for name in names}
    counts = {name: _count(files[name], dimensions[name]) for name in names}
    dated = [name for name in names if _is_dated(files[name], dimensions[name])]
    if not dated:
        return Dates(tuple(names), tuple(counts[n] for n in names), None, "", "")
    if len(dated) < len(names):
        other = next(name for name in names if name not in dated)
        raise ArgumentError(
            f"time in {dated[0]} is a date and in {other} it is not, expected the same "
            "in all files"
        )
    first = files[names[0]]
    attrs = first[dimensions[names[0]]].attrs
    intervals = {
        name: _interval(files[name], first, str(dimensions[name]), name)
        for name in names
    }
    names.sort(key=lambda name: intervals[name])
    for one, other in pairwise(names):
        if intervals[other][0] <= intervals[one][1]:
            raise ArgumentError(
                f"the times of {one} and {other} overlap, expected one after the other"
            )
    return Dates(
        tuple(names),
        tuple(counts[name] for name in names),
        tuple(intervals[name] for name in names),
        str(attrs["units"]),
        str(attrs.get("calendar", "standard")),
    )


def _count(dataset: xr.Dataset, dimension: str | None) -> int:
    return 1 if dimension is None else dataset.sizes[dimension]


def _is_dated(dataset: xr.Dataset, dimension: str | None) -> bool:
    if dimension is None or dimension not in dataset.variables:
        return False
    return " since " in str(dataset[dimension].attrs.get("units", ""))


def _interval(
    dataset: xr.Dataset, first: xr.Dataset, dimension: str, name: str
) -> Interval:
    values = dataset[dimension].values
    if any(later <= earlier for earlier, later in pairwise(values)):
        raise ArgumentError(f"the times in {name} do not increase")
    last = len(values) - 1
    ends = [time_value(dataset, first, dimension, index) for index in (0, last)]
    return ends[0], ends[1]
