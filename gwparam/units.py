"""Units of what never passes through the library as a field, by the library's table.

Level coordinates, reference tendencies and eager runs need conversions too.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gwparam.errors import ContractError
from gwparam.library import unit_conversion


class Conversion(NamedTuple):
    """``value = scale * given + offset``."""

    scale: float = 1.0
    offset: float = 0.0

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        """Convert values; the same array where nothing changes."""
        if self.scale == 1.0 and self.offset == 0.0:
            return values
        return self.scale * values.astype(np.float64, copy=False) + self.offset


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
    try:
        return Conversion(*unit_conversion(given, wanted))
    except ContractError:
        raise ContractError(
            f'{what} has units "{given}", expected "{wanted}" '
            "or others of that dimension"
        ) from None


def is_pressure(units: str) -> bool:
    """Whether units are those of a pressure."""
    try:
        unit_conversion(units, "Pa")
    except ContractError:
        return False
    return True
