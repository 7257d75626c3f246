"""Conversion between units in the spelling of UDUNITS, as columns of air need them.

The library converts what a host hands over; this is the same table for what never
passes through the library: reference tendencies, level coordinates, eager runs.
"""

import math
import re
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ContractError

# Exponents of metre, kilogram, second, kelvin, radian. The radian is a dimension of its
# own, unlike in UDUNITS, so that a latitude cannot be taken for a pure number.
_Dimension = tuple[int, int, int, int, int]


class _Unit(NamedTuple):
    dimension: _Dimension
    scale: float
    offset: float = 0.0


class Conversion(NamedTuple):
    """``value = scale * given + offset``."""

    scale: float = 1.0
    offset: float = 0.0

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        """Convert values; the same array where nothing changes."""
        if self.scale == 1.0 and self.offset == 0.0:
            return values
        return self.scale * values.astype(np.float64, copy=False) + self.offset


_NUMBER, _LENGTH, _MASS = (0, 0, 0, 0, 0), (1, 0, 0, 0, 0), (0, 1, 0, 0, 0)
_TIME, _HEAT, _ANGLE = (0, 0, 1, 0, 0), (0, 0, 0, 1, 0), (0, 0, 0, 0, 1)
_FORCE, _PRESSURE = (1, 1, -2, 0, 0), (-1, 1, -2, 0, 0)
_DEGREE = math.pi / 180.0

_TABLE: tuple[tuple[str, _Unit], ...] = (
    ("1", _Unit(_NUMBER, 1.0)),
    ("m meter meters metre metres gpm", _Unit(_LENGTH, 1.0)),
    ("km", _Unit(_LENGTH, 1e3)),
    ("cm", _Unit(_LENGTH, 1e-2)),
    ("kg", _Unit(_MASS, 1.0)),
    ("g", _Unit(_MASS, 1e-3)),
    ("s sec second seconds", _Unit(_TIME, 1.0)),
    ("min", _Unit(_TIME, 60.0)),
    ("h hr hour", _Unit(_TIME, 3600.0)),
    ("d day", _Unit(_TIME, 86400.0)),
    ("K kelvin", _Unit(_HEAT, 1.0)),
    ("degC celsius", _Unit(_HEAT, 1.0, 273.15)),
    ("Pa pascal", _Unit(_PRESSURE, 1.0)),
    ("hPa mbar mb millibar", _Unit(_PRESSURE, 1e2)),
    ("kPa", _Unit(_PRESSURE, 1e3)),
    ("bar", _Unit(_PRESSURE, 1e5)),
    ("N", _Unit(_FORCE, 1.0)),
    ("rad radian radians", _Unit(_ANGLE, 1.0)),
    ("degree degrees", _Unit(_ANGLE, _DEGREE)),
    ("degrees_north degree_north degrees_N", _Unit(_ANGLE, _DEGREE)),
    ("degrees_east degree_east degrees_E", _Unit(_ANGLE, _DEGREE)),
)
_UNITS = {name: unit for names, unit in _TABLE for name in names.split()}

_FACTOR = re.compile(
    r"(?P<before>[ .*/]*)(?P<name>1|[A-Za-z_]+)(?:\*\*|\^)?(?P<exponent>[+-]?\d+)?"
)


def conversion(given: str, wanted: str, what: str) -> Conversion:
    """Conversion from one unit to another.

    Parameters
    ----------
    given, wanted : str
        Units such as ``m s-1``, ``m/s``, ``hPa``, ``degrees_north``.
    what : str
        What has these units, for the message.

    Returns
    -------
    Conversion
        Called with values in the given units, it returns them in the wanted units.

    Raises
    ------
    ContractError
        If a unit is unknown, or the two are of different dimensions.
    """
    if given == wanted:
        return Conversion()
    source, target = _parse(given), _parse(wanted)
    if source is None or target is None or source.dimension != target.dimension:
        raise ContractError(
            f'{what} has units "{given}", expected "{wanted}" '
            "or others of that dimension"
        )
    if source[1:] == target[1:]:
        return Conversion()
    return Conversion(
        source.scale / target.scale, (source.offset - target.offset) / target.scale
    )


def is_pressure(units: str) -> bool:
    """Whether units are those of a pressure."""
    unit = _parse(units)
    return unit is not None and unit.dimension == _PRESSURE


def _parse(text: str) -> _Unit | None:
    """Read a product such as ``m s-1``, ``m/s``, ``m s^-1`` or ``m.s**-1``."""
    dimension = [0] * len(_NUMBER)
    scale, offset = 1.0, 0.0
    text, position = text.strip(), 0
    while position < len(text):
        factor = _FACTOR.match(text, position)
        unit = _UNITS.get(factor["name"]) if factor else None
        if factor is None or unit is None:
            return None
        exponent = int(factor["exponent"] or 1) * (-1 if "/" in factor["before"] else 1)
        dimension = [
            d + exponent * u for d, u in zip(dimension, unit.dimension, strict=True)
        ]
        scale *= unit.scale**exponent
        # An offset makes sense for a temperature that stands alone.
        offset = unit.offset if position == 0 and exponent == 1 else 0.0
        position = factor.end()
    a, b, c, d, e = dimension
    return _Unit((a, b, c, d, e), scale, offset) if text else None
