"""Reference pressures and vertical order of the levels in a netCDF file."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.constants import REFERENCE_SURFACE_PRESSURE
from gwparam.errors import ContractError
from gwparam.units import conversion, is_pressure

_STANDARD_NAMES = (
    "air_pressure",
    "atmosphere_hybrid_sigma_pressure_coordinate",
    "atmosphere_sigma_coordinate",
    "model_level_number",
)
_USUAL_NAMES = ("lev", "level", "plev", "pfull")
_SIGMA = "atmosphere_sigma_coordinate"

Array = NDArray[np.float64]
Order = Literal["top_down", "bottom_up"]


@dataclass(frozen=True)
class Levels:
    """Levels of a file.

    Attributes
    ----------
    dimension : str
        Name of their dimension.
    pressure : tuple of float
        Reference pressure [Pa], in the file's order.
    order : str
        ``top_down`` if index 0 is the top, else ``bottom_up``.
    """

    dimension: str
    pressure: tuple[float, ...]
    order: Order


def find_level_dimension(dataset: xr.Dataset, variable: str, what: str) -> str:
    """Dimension of the levels of a variable.

    Parameters
    ----------
    dataset : Dataset
        The file.
    variable : str
        A variable on levels.
    what : str
        What it is, for the message.

    Raises
    ------
    ContractError
        If no dimension, or more than one, is marked as vertical.
    """
    dims = [str(dim) for dim in dataset[variable].dims]
    found = [dim for dim in dims if _is_vertical(dataset, dim)]
    found = found or [dim for dim in dims if dim in _USUAL_NAMES]
    if len(found) != 1:
        raise ContractError(
            f"{what} has dimensions ({', '.join(dims)}), expected one of them to be "
            'vertical: a coordinate with axis "Z", "positive" or units of pressure'
        )
    return found[0]


def read_levels(dataset: xr.Dataset, dimension: str, path: str) -> Levels:
    """Read the reference pressures and the order of the levels.

    Parameters
    ----------
    dataset : Dataset
        The file.
    dimension : str
        The dimension of the levels.
    path : str
        Name of the file, for messages.

    Raises
    ------
    ContractError
        If the file tells no pressures, they are not monotonic, or they contradict the
        order that the coordinate declares.

    Notes
    -----
    Pressures are the level coordinate if it has units of pressure; else sigma times
    1000 hPa; else another variable on this dimension alone with units of pressure. A
    coordinate declares an order by ``positive``: the direction in which its values
    grow.
    """
    pressure, name = _pressure(dataset, dimension, path)
    steps = np.diff(pressure)
    if not ((steps > 0.0).all() or (steps < 0.0).all()) or not (pressure >= 0.0).all():
        raise ContractError(
            f"{name} in {path} is not monotonic, expected the pressures of levels"
        )
    order: Order = "bottom_up" if (steps < 0.0).any() else "top_down"
    declared = _declared_order(dataset, dimension)
    if declared not in (None, order):
        raise ContractError(
            f"levels of {path} are {declared} by {dimension}:positive, "
            f"but {order} by the pressures in {name}"
        )
    return Levels(dimension, tuple(pressure.tolist()), order)


def _is_vertical(dataset: xr.Dataset, dim: str) -> bool:
    if dim not in dataset.variables:
        return False
    attrs = dataset[dim].attrs
    return (
        attrs.get("axis") == "Z"
        or "positive" in attrs
        or attrs.get("standard_name") in _STANDARD_NAMES
        or is_pressure(str(attrs.get("units", "")))
    )


def _pressure(dataset: xr.Dataset, dimension: str, path: str) -> tuple[Array, str]:
    """Read the reference pressures [Pa], and say from which variable."""
    along = [
        str(name)
        for name, variable in dataset.variables.items()
        if variable.dims == (dimension,)
    ]
    # The coordinate first, then the others in the file's order.
    along.sort(key=lambda name: name != dimension)
    pressures = [n for n in along if is_pressure(str(dataset[n].attrs.get("units")))]
    if dimension in pressures:
        return _in_pascal(dataset, dimension), dimension
    for name in along:
        if dataset[name].attrs.get("standard_name") == _SIGMA or name == "sigma_full":
            sigma = dataset[name].values.astype(np.float64)
            return sigma * REFERENCE_SURFACE_PRESSURE, name
    if pressures:
        return _in_pascal(dataset, pressures[0]), pressures[0]
    raise ContractError(
        f"{path} has no pressures of its levels: looked along {dimension} for units of "
        f"pressure, standard_name {_SIGMA} and name sigma_full; "
        f"it has {', '.join(along) or 'none'}"
    )


def _in_pascal(dataset: xr.Dataset, name: str) -> Array:
    units = str(dataset[name].attrs["units"])
    values = dataset[name].values.astype(np.float64)
    return np.asarray(conversion(units, "Pa", name)(values))


def _declared_order(dataset: xr.Dataset, dimension: str) -> Order | None:
    """Order by the coordinate's values and ``positive``, if it has them."""
    if dimension not in dataset.variables:
        return None
    positive = str(dataset[dimension].attrs.get("positive", "")).lower()
    steps = np.diff(dataset[dimension].values.astype(np.float64))
    if positive not in ("up", "down") or not steps.size:
        return None
    if not ((steps > 0.0).all() or (steps < 0.0).all()):
        return None
    grows_down = bool(steps[0] > 0.0) == (positive == "down")
    return "top_down" if grows_down else "bottom_up"
