"""Reference pressures and vertical order of the levels in a netCDF file."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import cf_xarray  # noqa: F401  # adds Dataset.cf
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.constants import PRESSURE, REFERENCE_SURFACE_PRESSURE
from gwparam.data.hybrid import (
    Hybrid,
    formula_terms,
    is_coefficient,
    read_full,
    read_half,
    read_numbers,
    read_pressure,
)
from gwparam.data.matching import find_variable
from gwparam.data.netcdf import read_values
from gwparam.data.times import find_time_dimension
from gwparam.errors import ContractError
from gwparam.units import conversion, is_pressure

_USUAL_NAMES = ("lev", "level", "plev", "pfull", "mlev", "hybrid", "isobaricInhPa")
_SIGMA = "atmosphere_sigma_coordinate"
# What CF has for coordinates without units, beside 1.
_NO_UNITS = ("", "level", "layer", "sigma_level")
# Share of 1000 hPa by which the nominal pressures of levels may be off: some models
# have them over a surface at 1013 hPa.
_NOMINAL = 0.05
# What single precision, and the weather, change of the pressures of the same levels.
_SINGLE = 1e-6
_COLUMNS = 0.1

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
    formula : str or None
        What the pressures are worked out from, over a surface at 1000 hPa or the
        columns of the file; None where the file states them.
    of_columns : bool
        Whether the pressures are those of columns, which change with these.
    coordinate : tuple of float or None
        What the file calls such levels, as their heights or numbers, if it does.
    """

    dimension: str
    pressure: tuple[float, ...]
    order: Order
    formula: str | None = None
    of_columns: bool = False
    coordinate: tuple[float, ...] | None = None

    @property
    def turned(self) -> "Levels":
        """The same levels upside down."""
        order: Order = "top_down" if self.order == "bottom_up" else "bottom_up"
        coordinate = None if self.coordinate is None else self.coordinate[::-1]
        return replace(
            self, pressure=self.pressure[::-1], order=order, coordinate=coordinate
        )

    def is_close(self, other: "Levels") -> bool:
        """Whether another file has the same levels, but for single precision."""
        if (self.order, len(self.pressure)) != (other.order, len(other.pressure)):
            return False
        tolerance = _COLUMNS if self.of_columns or other.of_columns else _SINGLE
        if not np.allclose(self.pressure, other.pressure, rtol=tolerance, atol=0.0):
            return False
        mine, its = self.coordinate, other.coordinate
        return mine is None or its is None or np.allclose(mine, its, _SINGLE, 0.0)


@dataclass(frozen=True)
class HalfLevels:
    """Half levels in the order of the full levels.

    Attributes
    ----------
    hybrid : Hybrid
        Their coefficients.
    top_down : bool
        Whether index 0 is the top.
    """

    hybrid: Hybrid
    top_down: bool

    @property
    def names(self) -> str:
        """The variables, for people."""
        return self.hybrid.names

    def pressure(self, surface: NDArray[Any]) -> Array:
        """Pressure at the half levels, (..., nlev + 1), of (...) at the surface."""
        return self.hybrid.pressure(surface)

    def full_pressure(self, half: Array) -> Array:
        """Pressure at the full levels between half levels, both in the file's order.

        The mean of ln p over the layer. Source: Simmons and Burridge (1981), Mon.
        Weather Rev. 109, 758-766.
        """
        down = half if self.top_down else half[..., ::-1]
        p_ln_p = down * np.log(np.where(down > 0.0, down, 1.0))
        full = np.exp(np.diff(p_ln_p) / np.diff(down) - 1.0)
        return full if self.top_down else full[..., ::-1]


def half_levels(hybrid: Hybrid) -> HalfLevels:
    """Half levels of coefficients, in the order that these have."""
    reference = hybrid.reference
    return HalfLevels(hybrid, bool(reference[0] < reference[-1]))


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
    1000 hPa; else another variable on this dimension alone with units of pressure; else
    the median of the field air_pressure over the columns at the first time that has
    any. A
    coordinate declares an order by ``positive``: the direction in which its values
    grow.
    """
    try:
        pressure, name, is_formula = _pressure(dataset, dimension, path)
        of_columns, coordinate = False, None
    except _UnknownPressureError:
        # As on hybrid heights.
        field = find_variable(dataset, path, PRESSURE)
        if field is None or dimension not in dataset[field].dims:
            raise
        pressure = _median(dataset, dimension, field, path)
        name, is_formula = f"the median of {field}", True
        of_columns, coordinate = True, _coordinate(dataset, dimension)
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
    formula = name if is_formula else None
    return Levels(
        dimension, tuple(pressure.tolist()), order, formula, of_columns, coordinate
    )


class _UnknownPressureError(ContractError):
    """A file has no pressures of its levels alone."""


def _coordinate(dataset: xr.Dataset, dimension: str) -> tuple[float, ...] | None:
    """Numbers of the levels in the file; None where it has none."""
    if dimension not in dataset.variables or dataset[dimension].dtype.kind not in "iuf":
        return None
    return tuple(dataset[dimension].values.astype(np.float64).tolist())


def _median(dataset: xr.Dataset, dimension: str, name: str, path: str) -> Array:
    """Median pressure of each level over the columns at a time that has any [Pa]."""
    variable = dataset[name].variable
    time = find_time_dimension(dataset)
    count = variable.sizes[time] if time in variable.dims else 1
    for index in range(count):
        one = variable.isel({time: index}) if time in variable.dims else variable
        columns = [dim for dim in one.dims if dim != dimension]
        values = read_values(one.transpose(dimension, *columns), name, path)
        rows = values.reshape(values.shape[0], -1).astype(np.float64)
        known = rows[:, np.isfinite(rows).all(axis=0)]
        if known.size:
            units = str(dataset[name].attrs.get("units", ""))
            pascal = conversion(units, "Pa", f"{name} in {path}")(known)
            return np.asarray(np.median(pascal, axis=1))
    raise _UnknownPressureError(
        f"{name} in {path} has no column with values at all levels, expected some"
    )


def _is_vertical(dataset: xr.Dataset, dim: str) -> bool:
    if dim not in dataset.variables:
        return False
    return dim in _marked_vertical(dataset) or is_pressure(
        str(dataset[dim].attrs.get("units", ""))
    )


def _marked_vertical(dataset: xr.Dataset) -> set[str]:
    """Coordinates that say they are vertical, in one of the ways of CF and of FMS."""
    found = dataset.cf.axes.get("Z", []) + dataset.cf.coordinates.get("vertical", [])
    return {str(name) for name in found}


def _pressure(
    dataset: xr.Dataset, dimension: str, path: str
) -> tuple[Array, str, bool]:
    """Read the reference pressures [Pa]; from what, and whether that is a formula."""
    along = [
        str(name)
        for name, variable in dataset.variables.items()
        if variable.dims == (dimension,) and not is_coefficient(dataset, str(name))
    ]
    pressures = [n for n in along if is_pressure(str(dataset[n].attrs.get("units")))]
    full = read_full(dataset, dimension, path)
    if dimension in pressures:
        nominal = _in_pascal(dataset, dimension, path)
        if full is not None:
            _check_nominal(nominal, full, dimension, path)
        return nominal, dimension, False
    # The coordinate first, then the others in the file's order.
    for name in sorted(along, key=lambda name: name != dimension):
        if dataset[name].attrs.get("standard_name") == _SIGMA or name == "sigma_full":
            return _of_sigma(dataset, name, path), name, True
    if full is not None:
        return full.reference, full.names, True
    if pressures:
        return _in_pascal(dataset, pressures[0], path), pressures[0], False
    half = read_half(dataset, dimension, dataset.sizes[dimension], path)
    if half is not None:
        return half_levels(half).full_pressure(half.reference), half.names, True
    raise _UnknownPressureError(
        f"{path} has no pressures of its levels: looked along {dimension} for units of "
        f"pressure, standard_name {_SIGMA}, name sigma_full, and for coefficients of "
        f"hybrid levels (formula_terms, hyam and hybm, ap and b, pk and bk); "
        f"along it there is {', '.join(along) or 'none'}; and for the field {PRESSURE}"
    )


def _in_pascal(dataset: xr.Dataset, name: str, path: str) -> Array:
    values, units = read_numbers(dataset, name, path)
    return np.asarray(conversion(units, "Pa", f"{name} in {path}")(values))


def _of_sigma(dataset: xr.Dataset, name: str, path: str) -> Array:
    """Pressure of sigma levels over a surface at 1000 hPa [Pa]."""
    values, units = read_numbers(dataset, name, path)
    what = f"{name} in {path}"
    if units not in _NO_UNITS:
        values = conversion(units, "1", what)(values)
    if (values > 1.0 + _NOMINAL).any():
        raise ContractError(
            f"{what} is sigma and reaches {values.max():g}, expected at most 1"
        )
    ptop = formula_terms(dataset)[name].get("ptop")
    top = 0.0 if ptop is None else read_pressure(dataset, ptop, path)
    return top + values * (REFERENCE_SURFACE_PRESSURE - top)


def _check_nominal(nominal: Array, full: Hybrid, dimension: str, path: str) -> None:
    """Check the pressures of a coordinate against those of coefficients."""
    expected = full.reference
    off = np.abs(nominal - expected)
    at = int(off.argmax())
    if off[at] > _NOMINAL * REFERENCE_SURFACE_PRESSURE:
        raise ContractError(
            f"{dimension} in {path} is {nominal[at]:g} Pa at level {at} (from 0) and "
            f"{full.names} {expected[at]:g} Pa over a surface at 1000 hPa, expected "
            "the same"
        )


def _declared_order(dataset: xr.Dataset, dimension: str) -> Order | None:
    """Order by the coordinate's values and ``positive``, if it has them."""
    if dimension not in dataset.variables:
        return None
    coordinate = dataset[dimension]
    positive = str(coordinate.attrs.get("positive", "")).lower()
    if positive not in ("up", "down") or coordinate.dtype.kind not in "iuf":
        return None
    values = coordinate.values.astype(np.float64)
    # Numbers from the top that carry a sign, as heights do.
    if positive == "down" and (values < 0.0).all():
        values = -values
    steps = np.diff(values)
    if not steps.size or not ((steps > 0.0).all() or (steps < 0.0).all()):
        return None
    grows_down = bool(steps[0] > 0.0) == (positive == "down")
    return "top_down" if grows_down else "bottom_up"
