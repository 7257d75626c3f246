"""Units and calendar of a time coordinate, as CF has them and as models write them."""

import re
from functools import lru_cache

import cftime  # type: ignore[import-untyped]  # it ships no stubs
import xarray as xr

Calendar = tuple[str, str]
"""Units such as ``days since 2000-01-01``, and the calendar."""

# FMS writes the names of its constants, and earlier 360; NO_CALENDAR counts days alone.
_NAMES = {
    "360": "360_day",
    "thirty_day_months": "360_day",
    "365": "365_day",
    "no_leap": "noleap",
    "366": "366_day",
}
_NONE = ("no_calendar", "none")
_UNEQUAL = re.compile(r"\s*(month|year)s?\b", re.IGNORECASE)
_ZERO = re.compile(r" since\s+(0+-|\d+-0+-|\d+-\d+-0+\b)")


def read_calendar(times: xr.DataArray) -> Calendar:
    """Read units and calendar, under the name that CF has for it.

    FMS has ``calendar_type`` too; it counts where ``calendar`` is absent.
    """
    attrs = times.attrs
    name = str(attrs.get("calendar", attrs.get("calendar_type", "standard")))
    name = name.strip().lower()
    return str(attrs.get("units", "")), _NAMES.get(name, name)


@lru_cache(maxsize=256)
def has_dates(calendar: Calendar) -> bool:
    """Whether numbers in these units are meant to be dates.

    They are not without a calendar, in months or years of different lengths, and since
    a year, month or day 0 that the calendar does not have: then they are numbers.
    """
    units, name = calendar
    if " since " not in units or name in _NONE:
        return False
    if not (_UNEQUAL.match(units) or _ZERO.search(units)):
        return True
    try:
        cftime.num2date(0.0, units, calendar=name)
    except ValueError:
        return False
    return True
