"""Values that no atmosphere has: wrong units, missing values that nobody marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import RangeError
from gwparam.units import conversion

Array = NDArray[Any]


@dataclass(frozen=True)
class Bounds:
    """Values that a field can have, in some units."""

    units: str
    lowest: float
    highest: float = np.inf


# As the guard of the library. No upper bound: the thermosphere is hot.
_COLD = Bounds("K", 50.0)
_WIND = Bounds("m s-1", -1000.0, 1000.0)
BOUNDS = {
    "latitude": Bounds("degrees_north", -90.001, 90.001),
    "surface_air_pressure": Bounds("Pa", 1000.0),
    "air_pressure": Bounds("Pa", 0.0),
    "air_temperature": _COLD,
    "air_potential_temperature": _COLD,
    "eastward_wind": _WIND,
    "northward_wind": _WIND,
    "upward_air_velocity": _WIND,
}

# What models write where there is nothing, as below the ground, and 1e20 and more.
_MISSING = (-999.0, -9999.0, -99999.0, -32767.0, -32768.0)
# Of a temperature or a pressure, a value like others.
_OF_WINDS = (*_MISSING, 999.0)
_HUGE = 1e15
# Of these, -999 is a value like others.
_HEIGHTS = ("geopotential_height", "surface_altitude", "surface_geopotential")


EXPONENTIAL = {
    # Of a logarithm of hPa it is 1085 at most.
    "surface_air_pressure": Bounds("Pa", 1100.0, 1e7),
}
"""Bounds of fields that files hold as logarithms, which do not tell their units."""


def check_possible(
    field: str,
    values: Array,
    units: str,
    dims: Sequence[str],
    what: str,
    bounds: Mapping[str, Bounds] = BOUNDS,
) -> None:
    """Check that physics knows such values.

    Parameters
    ----------
    field : str
        Name of the field.
    values : ndarray
        Finite.
    units : str
        Of the values.
    dims : sequence of str
        Names of the axes.
    what : str
        The field, its file and its time, for the message.
    bounds : mapping of str to Bounds
        By the name of the field.

    Raises
    ------
    RangeError
        If a value is impossible; the message names its indices along `dims`.
    """
    if not values.size:
        return
    known = bounds.get(field)
    if known is not None:
        convert = conversion(units, known.units, what)
        for number in (int(values.argmin()), int(values.argmax())):
            value = float(convert(values.flat[number]))
            if not known.lowest <= value <= known.highest:
                bound = (
                    f"at least {known.lowest:g}"
                    if value < known.lowest
                    else f"at most {known.highest:g}"
                )
                # Beyond all winds there are marks alone.
                mark = f", or {_MARK}" if known is _WIND else ""
                expected = f"{bound} {known.units}{mark}"
                _refuse(values, number, units, dims, what, expected)
    if field in _HEIGHTS:
        return
    low, high = float(values.min()), float(values.max())
    if max(high, -low) >= _HUGE:
        number = int((np.abs(values) >= _HUGE).argmax())
        _refuse(values, number, units, dims, what, _MARKED)
    marks = _OF_WINDS if known is _WIND else _MISSING
    if low <= max(_MISSING) or high >= max(_OF_WINDS):
        missing = np.isin(values, marks)
        if missing.any():
            _refuse(values, int(missing.argmax()), units, dims, what, _MARKED)


_MARK = "_FillValue to say that there is none"
_MARKED = f"a value of the atmosphere, or {_MARK}"


def _refuse(
    values: Array,
    number: int,
    units: str,
    dims: Sequence[str],
    what: str,
    expected: str,
) -> None:
    index = np.unravel_index(number, values.shape)
    where = ", ".join(f"{d} {i}" for d, i in zip(dims, index, strict=True))
    raise RangeError(
        f"{what} is {values[index]:g} {units} at {where or 'its one place'} (from 0), "
        f"expected {expected}"
    )
