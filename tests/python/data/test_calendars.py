import pytest
import xarray as xr

from gwparam.data.calendars import has_dates, read_calendar

DAYS = "days since 0001-01-01 00:00:00"


def times(**attrs):
    return xr.DataArray([0.0], dims="time", attrs=attrs)


@pytest.mark.parametrize(
    ("attrs", "expected"),
    [
        ({"calendar": "360"}, "360_day"),
        ({"calendar": "THIRTY_DAY_MONTHS"}, "360_day"),
        ({"calendar_type": "THIRTY_DAY_MONTHS"}, "360_day"),
        ({"calendar_type": "THIRTY_DAY_MONTHS", "calendar": "360_DAY"}, "360_day"),
        ({"calendar_type": "NOLEAP", "calendar": "NOLEAP"}, "noleap"),
        ({"calendar": "NO_LEAP"}, "noleap"),
        ({"calendar": "365"}, "365_day"),
        ({"calendar": "JULIAN"}, "julian"),
        ({"calendar": "Gregorian"}, "gregorian"),
        ({"calendar": "NO_CALENDAR"}, "no_calendar"),
        ({}, "standard"),
    ],
)
def test_calendars_of_models_have_the_name_of_cf(attrs, expected):
    calendar = read_calendar(times(units=DAYS, **attrs))

    assert calendar == (DAYS, expected)
    assert has_dates(calendar) == (expected != "no_calendar")


@pytest.mark.parametrize(
    ("units", "calendar", "expected"),
    [
        ("months since 2000-01-01", "standard", False),
        ("months since 2000-01-01", "360_day", True),
        ("years since 2000-01-01", "noleap", False),
        ("days since 0000-01-01", "standard", False),
        ("days since 0-1-1", "julian", False),
        ("days since 0000-01-01", "noleap", True),
        ("days since 0000-00-00 00:00:00", "360_day", False),
        ("days since 2000-00-01", "noleap", False),
        ("days since 2000-01-00", "noleap", False),
        ("days since 2000-10-10", "noleap", True),
        ("hourly timestep of the month", "standard", False),
        ("days", "standard", False),
        # Meant to be dates: whoever reads them refuses them.
        ("days since yesterday", "standard", True),
        ("days since 2000-01-01", "of the maya", True),
    ],
)
def test_times_that_no_calendar_has_are_numbers(units, calendar, expected):
    assert has_dates((units, calendar)) is expected
