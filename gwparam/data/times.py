"""The dimension of time of a file, and its coordinate, however the file has them."""

import re
from typing import Any

import cftime  # type: ignore[import-untyped]  # it ships no stubs
import numpy as np
import xarray as xr

from gwparam.data.calendars import read_calendar
from gwparam.errors import ArgumentError

# In lower case. The time that a forecast is of comes before the one that it is from.
_NAMES = ("valid_time", "time", "times", "t")
_UNITS = "seconds since 1970-01-01"
_DATE = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T _](\d\d)(?::?(\d\d)(?::?(\d\d)(?:\.0*)?)?)?)?Z?"
)


def find_time_dimension(dataset: xr.Dataset) -> str | None:
    """Find the dimension of time, which files mark in several ways.

    Returns
    -------
    str or None
        By its coordinate, by another coordinate along it, or by its name; None if there
        is none.
    """
    dims = [str(dim) for dim in dataset.dims]
    own = [d for d in dims if d in dataset.variables and is_time(dataset, d)]
    beside = [d for d in dims if _beside(dataset, d) is not None]
    named = [d for name in _NAMES for d in dims if d.lower() == name]
    return next(iter([*own, *beside, *named]), None)


def name_time(dataset: xr.Dataset, path: str) -> xr.Dataset:
    """Give the dimension of time a coordinate of its name, which is numbers.

    Parameters
    ----------
    dataset : Dataset
        Times not decoded.
    path : str
        Its file, for messages.

    Returns
    -------
    Dataset
        A time that is one number for the whole file is a dimension of 1. A coordinate
        along the dimension of time has its name, whatever it was. Texts are numbers.

    Raises
    ------
    ArgumentError
        If times are texts that are no dates.
    """
    dimension = find_time_dimension(dataset)
    if dimension is None:
        name = dimension = _best(dataset, ())
    elif dimension in dataset.variables and is_time(dataset, dimension):
        name = dimension
    else:
        name = _beside(dataset, dimension)
    if name is None or dimension is None:
        return dataset
    variable = dataset[name].variable
    numeric = variable.dtype.kind in "iuf"
    if numeric and variable.dims == (name,):
        return dataset
    values, attrs = np.atleast_1d(variable.values), dict(variable.attrs)
    if not numeric:
        units, calendar = _UNITS, read_calendar(dataset[name])[1]
        what = f"{name} in {path}"
        values = np.array([_number(text, calendar, what) for text in values])
        attrs |= {"units": units, "calendar": calendar}
    attrs["standard_name"] = "time"
    rest = dataset.drop_vars({name, dimension} & set(dataset.variables))
    return rest.assign_coords({dimension: (dimension, values, attrs)})


def is_time(dataset: xr.Dataset, name: str) -> bool:
    """Whether a variable along one dimension at most is a coordinate of time."""
    variable = dataset[name]
    marks, standard_name = variable.attrs, variable.attrs.get("standard_name", "time")
    if variable.ndim > 1 or standard_name != "time":
        return False
    return (
        "standard_name" in marks
        or marks.get("axis") == "T"
        or " since " in str(marks.get("units", "")).lower()
        # A single t may be a temperature.
        or name.lower() in (_NAMES if variable.dims == (name,) else _NAMES[:-1])
    )


def _beside(dataset: xr.Dataset, dimension: str) -> str | None:
    """Find another coordinate of time along a dimension, if its places are not there.

    Places with a time each are columns.
    """
    along = [v for v in dataset.variables.values() if v.dims == (dimension,)]
    if any(str(v.attrs.get("units", "")).startswith("degree") for v in along):
        return None
    return _best(dataset, (dimension,))


def _best(dataset: xr.Dataset, dims: tuple[str, ...]) -> str | None:
    """Find the coordinate of time with these dimensions, of several by name."""
    found = [
        str(name)
        for name, variable in dataset.variables.items()
        if variable.dims == dims and is_time(dataset, str(name))
    ]

    def rank(name: str) -> int:
        return _NAMES.index(name.lower()) if name.lower() in _NAMES else len(_NAMES)

    return min(found, key=rank, default=None)


def _number(text: Any, calendar: str, what: str) -> float:
    """Make a number of a date that is a text."""
    word = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    found = _DATE.fullmatch(word.strip())
    if found is None:
        raise ArgumentError(
            f'{what} is the text "{word}", expected a number, or a date such as '
            "2000-01-31T12:00:00"
        )
    parts = [int(part or 0) for part in found.groups()]
    try:
        date = cftime.datetime(*parts, calendar=calendar)
        return float(cftime.date2num(date, _UNITS, calendar=calendar))
    except ValueError as error:
        raise ArgumentError(f'{what} is "{word}", which is no date: {error}') from None
