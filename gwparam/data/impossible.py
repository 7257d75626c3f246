"""Values that no atmosphere has: other units than those stated, or fill values."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.contract import Field
from gwparam.errors import RangeError
from gwparam.units import conversion

# There is no upper bound: the thermosphere is hot.
_LOWEST = {
    "surface_air_pressure": (1000.0, "Pa"),
    "air_temperature": (50.0, "K"),
    "latitude": (-90.001, "degrees_north"),
}
_HIGHEST = {"latitude": (90.001, "degrees_north")}
# What stands for a missing value in files that do not say so, as below the ground.
_FILL = (-999.0, -9999.0, -99999.0, -999999.0)
_HUGE = 1e15


def check_possible(
    values: NDArray[Any], dims: Sequence[str], what: str, field: Field
) -> None:
    """Check that a field has values that an atmosphere may have.

    Parameters
    ----------
    values : ndarray
        In the units of `field`, finite.
    dims : sequence of str
        Names of its dimensions.
    what : str
        What it is, for the message.
    field : Field
        The field.

    Raises
    ------
    RangeError
        If not; the message names the place of the first such value.
    """
    if not values.size:
        return
    if values.min() <= _FILL[0] or values.max() >= _HUGE:
        bad = np.isin(values, np.asarray(_FILL, values.dtype)) | (abs(values) >= _HUGE)
        _refuse(values, bad, dims, what, "which stands for a missing value")
    for bounds, sign, word in ((_LOWEST, 1.0, "at least"), (_HIGHEST, -1.0, "at most")):
        if field.name in bounds:
            bound, units = bounds[field.name]
            convert = conversion(units, field.units, field.name)
            limit = convert(np.asarray(bound)).item()
            expected = f"expected {word} {limit:g} {field.units}"
            _refuse(values, sign * values < sign * limit, dims, what, expected)


def _refuse(
    values: NDArray[Any],
    bad: NDArray[np.bool_],
    dims: Sequence[str],
    what: str,
    expected: str,
) -> None:
    if bad.any():
        index = np.unravel_index(int(bad.argmax()), bad.shape)
        where = ", ".join(f"{d} {i}" for d, i in zip(dims, index, strict=True))
        place = f" at {where} (from 0)" if where else ""
        raise RangeError(f"{what} is {values[index]:g}{place}, {expected}")
