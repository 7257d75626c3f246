from itertools import permutations

import numpy as np
import pytest
import xarray as xr

from gwparam.data.dates import (
    count_times,
    read_dates,
    spell_date,
    time_value,
)
from gwparam.data.times import find_time_dimension
from gwparam.errors import ArgumentError

HOURS = "hours since 2000-01-01"
MONTH = "hourly timestep of the month"
ROUNDING = 1e-9
"""Hours: cftime counts whole microseconds, 3e-10 of an hour."""


def times(values, units=HOURS, calendar=None, dimension="time"):
    attrs = {"units": units} | ({"calendar": calendar} if calendar else {})
    values = np.asarray(values, dtype=float)
    return xr.Dataset(coords={dimension: (dimension, values, attrs)})


@pytest.fixture
def dates():
    """Three files, of 2, 3 and 1 times."""
    return read_dates(
        {
            "c.nc": times([0, 6]),
            "a.nc": times([12, 18, 24]),
            "b.nc": times([48]),
        }
    )


@pytest.mark.parametrize("order", [*permutations("abc")])
def test_dated_files_are_sorted_by_time_whatever_order_they_come_in(order):
    first = {"a": 30.0, "b": 10.0, "c": 20.0}

    found = read_dates({name: times([first[name], first[name] + 1]) for name in order})

    assert found.paths == ("b", "c", "a")
    assert found.intervals == ((10.0, 11.0), (20.0, 21.0), (30.0, 31.0))


def test_counts_follow_their_files(dates):
    assert dates.paths == ("c.nc", "a.nc", "b.nc")
    assert dates.counts == (2, 3, 1)
    assert len(dates) == 6


@pytest.mark.parametrize("order", [*permutations("abc")])
def test_files_without_dates_are_sorted_by_name(order):
    start = {"a": 30.0, "b": 10.0, "c": 20.0}

    found = read_dates({name: times([start[name]], MONTH) for name in order})

    assert found.paths == ("a", "b", "c")
    assert found.intervals is None


def test_numbers_in_names_count_as_numbers():
    names = ["month10.nc", "month2.nc", "month1.nc"]

    found = read_dates({name: times([0], MONTH) for name in names})

    assert found.paths == ("month1.nc", "month2.nc", "month10.nc")


def test_numbers_that_are_no_dates_may_be_the_same_in_two_files():
    found = read_dates({name: times([0, 1], MONTH) for name in "ab"})

    assert found.counts == (2, 2)


def test_file_without_time_counts_as_one_time():
    found = read_dates({"a": xr.Dataset({"u": ("lat", [1.0, 2.0])})})

    assert found.counts == (1,)
    assert found.intervals is None


def test_times_without_coordinate_are_no_dates():
    found = read_dates({"a": xr.Dataset({"u": ("time", [1.0, 2.0, 3.0])})})

    assert found.counts == (3,)
    assert found.intervals is None


def test_files_with_and_without_dates_are_refused():
    files = {"a.nc": times([0]), "b.nc": times([5], MONTH)}

    with pytest.raises(
        ArgumentError, match=r"time in a.nc is a date and in b.nc it is not, expected"
    ):
        read_dates(files)


@pytest.mark.parametrize("other", [[6, 7], [3, 4], [-5, 9], [-1, 0]])
def test_files_that_overlap_are_refused(other):
    files = {"a.nc": times([0, 6]), "b.nc": times(other)}

    with pytest.raises(ArgumentError, match=r"the times of \w.nc and \w.nc overlap"):
        read_dates(files)


@pytest.mark.parametrize(
    ("other", "units", "time"),
    [
        ([6, 12], HOURS, "2000-01-01 06:00:00"),
        # The same to rounding in other units.
        ([0.25 + 1e-7, 3.0], "days since 2000-01-01", "2000-01-01 06:00:00"),
        ([0.1, 0.2], "days since 2000-01-01", "2000-01-01 02:24:00"),
    ],
)
def test_time_that_comes_twice_is_named_with_both_files(other, units, time):
    files = {"a.nc": times([0, 6]), "b.nc": times(other, units)}

    with pytest.raises(
        ArgumentError, match=f"of a.nc and b.nc overlap at {time}, expected every time"
    ):
        read_dates(files)


def test_time_that_comes_twice_in_a_file_is_named():
    with pytest.raises(
        ArgumentError, match="2000-01-01 06:00:00 at 2 comes after 2000-01-01 06:00:00"
    ):
        read_dates({"a.nc": times([0, 6, 6, 12])})


def test_numbers_that_are_no_dates_may_begin_again_but_not_come_twice():
    assert len(read_dates({"a.nc": times([0, 1, 0, 1], MONTH)})) == 4
    with pytest.raises(ArgumentError, match=r"time 1 in a.nc comes twice, at 2 and 3"):
        read_dates({"a.nc": times([0, 0.5, 1, 1], MONTH)})


def test_files_without_dates_may_stay_as_they_are():
    files = {name: times([0], MONTH) for name in ("b", "a10", "a2")}

    assert read_dates(files, by_name=False).paths == ("b", "a10", "a2")
    assert read_dates(files).paths == ("a2", "a10", "b")


@pytest.mark.parametrize("values", [[0, 1, 1], [2, 1], [0, 5, 3, 9], [0, np.nan]])
def test_times_that_do_not_increase_are_refused(values):
    with pytest.raises(ArgumentError, match=r"the times in a.nc do not increase"):
        read_dates({"a.nc": times(values)})


def test_file_without_any_time_is_refused():
    with pytest.raises(ArgumentError, match=r"b.nc has no time, expected at least"):
        read_dates({"a.nc": times([0]), "b.nc": times([])})


@pytest.mark.parametrize(
    ("units", "calendar", "value"),
    [
        ("fortnights since 2000-01-01", None, 0.0),
        ("days since yesterday", None, 0.0),
        (HOURS, "of the Maya", 0.0),
        (HOURS, None, np.nan),
    ],
)
def test_times_that_cannot_be_read_are_refused(units, calendar, value):
    with pytest.raises(ArgumentError, match=r"in a.nc is no date in"):
        read_dates({"a.nc": times([value], units, calendar)})


def test_units_may_differ_between_files():
    files = {"a": times([48, 72]), "b": times([0.25, 1.5], "days since 2000-01-01")}

    found = read_dates(files)

    assert found.paths == ("b", "a")
    assert (found.units, found.calendar) == (HOURS, "standard")
    np.testing.assert_allclose(found.intervals, [(6, 36), (48, 72)], atol=ROUNDING)


def test_calendars_may_differ_between_files():
    # 1 March is day 60 of the leap year 2000, and day 59 of one without a leap day.
    files = {
        "a": times([0.0], "days since 2000-01-01"),
        "b": times([59.0], "days since 2000-01-01", "noleap"),
    }

    found = read_dates(files)

    np.testing.assert_allclose(found.intervals[1], (60, 60), atol=ROUNDING)


def test_date_that_another_calendar_lacks_is_refused():
    files = {
        "a": times([0.0], "days since 2000-01-01"),
        "b": times([59.0], "days since 2000-01-01", "360_day"),
    }

    with pytest.raises(ArgumentError, match=r"\(360_day\) in b is no date in .*stand"):
        read_dates(files)


def test_dimension_of_time_may_have_another_name_in_another_file():
    found = read_dates({"a": times([9]), "b": times([2, 3], dimension="t")})

    assert found.paths == ("b", "a")
    assert found.counts == (2, 1)


@pytest.mark.parametrize(
    ("index", "place"),
    [
        (0, ("c.nc", 0)),
        (1, ("c.nc", 1)),
        (2, ("a.nc", 0)),
        (4, ("a.nc", 2)),
        (5, ("b.nc", 0)),
    ],
)
def test_locate_counts_through_all_files(dates, index, place):
    assert dates.locate(index) == place


@pytest.mark.parametrize("index", [-1, 6])
def test_locate_knows_no_times_beyond_the_files(dates, index):
    with pytest.raises(IndexError, match=f"time {index} of 6"):
        dates.locate(index)


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (0, 5, "2000-01-01 00:00 to 2000-01-03 00:00"),
        (1, 3, "2000-01-01 06:00 to 2000-01-01 18:00"),
        (5, 5, "2000-01-03 00:00 to 2000-01-03 00:00"),
    ],
)
def test_dates_are_spelled(dates, first, last, text):
    assert dates.spell(first, last) == text


def test_what_is_no_date_is_not_spelled():
    assert read_dates({"a": times([0, 1], MONTH)}).spell(0, 1) == ""


def test_intervals_can_be_had_in_other_units(dates):
    found = dates.in_units("days since 1999-12-31", "noleap")

    expected = [(1, 1.25), (1.5, 2), (3, 3)]
    np.testing.assert_allclose(found.intervals, expected, atol=ROUNDING)
    assert (found.units, found.calendar) == ("days since 1999-12-31", "noleap")
    assert (found.paths, found.counts) == (dates.paths, dates.counts)


def test_interval_that_another_calendar_lacks_is_refused():
    leap_day = read_dates({"a.nc": times([59 * 24.0])})

    with pytest.raises(ArgumentError, match=r"in a.nc is no date in .*noleap"):
        leap_day.in_units(HOURS, "noleap")


@pytest.mark.parametrize(
    ("attrs", "name"),
    [
        ({"axis": "T"}, "t"),
        ({"standard_name": "time"}, "t"),
        ({"units": "days since 2000-01-01"}, "t"),
        ({}, "time"),
    ],
)
def test_dimension_of_time_is_found_by_attribute_or_name(attrs, name):
    dataset = xr.Dataset(coords={"x": [1.0], name: (name, [1.0, 2.0], attrs)})

    assert find_time_dimension(dataset) == name
    assert count_times(dataset) == 2
    assert find_time_dimension(dataset[["x"]]) is None
    assert count_times(dataset[["x"]]) == 1


def test_time_is_given_in_the_units_of_another_file():
    days, hours = times([3.0], "days since 2000-01-01"), times([0.0])

    assert time_value(days.time, 0, days.time, "a.nc") == 3.0
    assert time_value(days.time, 0, hours.time, "a.nc") == pytest.approx(
        72.0, abs=ROUNDING
    )


def test_number_that_is_no_date_has_no_value_in_other_units():
    with pytest.raises(ArgumentError, match=r"time 3 .*month.* in a.nc is no date in"):
        time_value(times([3.0], MONTH).time, 0, times([0.0]).time, "a.nc")


def test_date_is_spelled_to_the_second():
    assert spell_date(1.5, times([0.0]).time) == "2000-01-01 01:30:00"
    assert spell_date(1.5, times([0.0], MONTH).time) is None
