"""States of a host model in netCDF files, one time after the other.

Variables are matched to the fields of a contract by their ``standard_name``, then by
their name; levels and their order come from the file. Nothing is read before it is
asked for, and then one time of it, in the units of the contract.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.contract import Field
from gwparam.data.assembled import rename
from gwparam.data.hybrid import Hybrid, read_full
from gwparam.data.levels import HalfLevels
from gwparam.data.matching import (
    LOGARITHMS,
    find_variable,
    is_logarithm,
    name_variable,
)
from gwparam.data.missing import Mask, State
from gwparam.data.netcdf import OpenFiles, check_finite, read_values
from gwparam.data.possible import BOUNDS, EXPONENTIAL, check_possible
from gwparam.data.pressure import (
    HALF_PRESSURE,
    PRESSURE,
    SURFACE_PRESSURE,
    read_half_levels,
)
from gwparam.data.state_files import Source, StateFiles
from gwparam.data.stored import is_missing
from gwparam.errors import ContractError, ShapeError
from gwparam.units import Conversion, conversion, is_number

# Fields that a file may give along one horizontal dimension, as CF coordinates do.
COORDINATES = (
    Field("latitude", "degrees_north", "surface", "float64"),
    Field("longitude", "degrees_east", "surface", "float64"),
)

COLUMN = "column"
"""Name of the horizontal dimension of a file of a single column, which has none."""

Array = NDArray[Any]


class States(StateFiles):
    """States of a host model, one variable a field; made by `open_states`.

    Parameters
    ----------
    files : OpenFiles
        The files, which are closed with the states.
    leave_out : bool
        Let columns through that lack values, as the file declares; see `State`.
        Otherwise they are refused.
    """

    def __init__(self, files: OpenFiles, *, leave_out: bool = False) -> None:
        super().__init__(files)
        self._leave_out = leave_out
        self._half_levels: HalfLevels | None = None
        self._full_levels: Hybrid | None = None
        self._fields: dict[str, Field] = {}

    @property
    def first_path(self) -> str:
        """The first file, which messages name."""
        return self.files.paths[0]

    def find(self, field: str, also: Sequence[str] = ()) -> str | None:
        """Find the variable of a field in the first file; see `find_variable`."""
        return find_variable(self.dataset, self.first_path, field, also)

    def bind(self, field: Field, variable: str | None = None) -> Source:
        """Find the variable of a field and add it to what `read` returns.

        Parameters
        ----------
        field : Field
            What is looked for: its name is the standard name.
        variable : str, optional
            Name of the variable, where the caller knows it.

        Raises
        ------
        ContractError
            If a file has no such variable, or several, or it has no units or units of
            another dimension.
        ShapeError
            If its dimensions or its number of levels do not fit.
        """
        self.sources[field.name] = self._source(field, variable)
        return self.sources[field.name]

    def _source(self, field: Field, variable: str | None) -> Source:
        """Find the variable of a field; named as in the first file."""
        first: str | None = None
        for path, dataset in list(self.files.datasets.items()):
            name = name_variable(dataset, path, field.name, variable)
            what = f"{field.name} ({name} in {path})"
            first = first or name
            if is_logarithm(dataset, name, field.name):
                # It stays one under the name that it has in the first file.
                dataset[name].attrs["standard_name"] = LOGARITHMS[field.name][0]
            if name != first:
                dataset = rename(dataset, {name: first}, path, self.first_path)
                self.files.datasets[path] = dataset
                name = first
            _converter(dataset, name, field, what)
            self._check_dimensions(dataset[name], field, what)
        assert first is not None
        self._fields[field.name] = field
        return Source(field.name, first, field.units, field.levels)

    def bind_pressures(self) -> None:
        """Add the pressures at full and half levels to what `read` returns.

        Those at full levels are a variable of the file, if it has one, or those of its
        own coefficients; else they follow from the half levels.

        Raises
        ------
        ContractError, ShapeError
            If the file has no coefficients of its half levels, or no surface pressure.
        """
        first, dimension = self.first_path, self.levels.dimension
        half_levels = read_half_levels(self.dataset, self.levels, first)
        full_levels = read_full(self.dataset, dimension, first)
        for path, dataset in self.files.datasets.items():
            half = read_half_levels(dataset, self.levels, path)
            full = read_full(dataset, dimension, path)
            same = half.hybrid.is_close(half_levels.hybrid)
            if full is None or full_levels is None:
                same = same and full is full_levels
            else:
                same = same and full.is_close(full_levels)
            if not same:
                raise ContractError(f"{path} has other levels than {first}")
        self._half_levels, self._full_levels = half_levels, full_levels
        # Not bound, for it may be no field that anyone asks for.
        self._surface = self._source(SURFACE_PRESSURE, None)
        name = half_levels.names
        self.sources[HALF_PRESSURE] = Source(HALF_PRESSURE, name, "Pa", "half")
        if PRESSURE.name in self.sources:
            return
        if self.find(PRESSURE.name) is not None:
            self.bind(PRESSURE)
        else:
            self.sources[PRESSURE.name] = Source(PRESSURE.name, name, "Pa", "full")

    def coordinates(self, index: int) -> tuple[Array | None, Array | None]:
        """Latitude and longitude of every column [degrees]; None if not there."""
        found: list[Array | None] = []
        for field in COORDINATES:
            if field.name not in self.sources and self.find(field.name) is None:
                found.append(None)
                continue
            source = self._source(field, self._chosen(field.name))
            found.append(self._read_field(field, source, index))
        return found[0], found[1]

    def _chosen(self, field: str) -> str | None:
        return self.sources[field].variable if field in self.sources else None

    def read(self, index: int, names: Sequence[str] | None = None) -> State:
        """Fields of one time.

        Parameters
        ----------
        index : int
            Number of the time, from 0, counted through all files.
        names : sequence of str, optional
            Fields to read; all by default.

        Returns
        -------
        State
            In the units of `sources` and the file's vertical order; shape
            (`horizontal`..., nlev), or `horizontal` at the surface. In the file's dtype
            where it has these units, else float64. These are views with the strides of
            the file's own order of dimensions; a coordinate has stride 0 along the
            dimensions that it does not depend on.

        Raises
        ------
        ModelFileError
            If the file cannot be read.
        NonFiniteError
            If a value is NaN or Inf, or missing and columns are not left out.
        RangeError
            If physics knows no such value; see `check_possible`.
        ShapeError
            If the values are not floating point.
        """
        fields: dict[str, Array] = {}
        missing: dict[str, Mask] | None = {} if self._leave_out else None
        for name in self.sources if names is None else names:
            source = self.sources[name]
            if self._half_levels and source.variable == self._half_levels.names:
                fields[name] = self._pressure(source, index, missing)
            else:
                field = self._fields[name]
                fields[name] = self._read_field(field, source, index, missing)
        if "longitude" in fields:
            fields["longitude"] = _eastward(fields["longitude"])
        return State(fields, missing)

    def _pressure(
        self, source: Source, index: int, missing: dict[str, Mask] | None
    ) -> Array:
        """Pressure at full or half levels, from that at the surface [Pa]."""
        assert self._half_levels is not None
        surface = self._read_field(SURFACE_PRESSURE, self._surface, index, missing)
        if source.levels == "full" and self._full_levels is not None:
            return self._full_levels.pressure(surface)
        half = self._half_levels.pressure(surface)
        return (
            half if source.levels == "half" else self._half_levels.full_pressure(half)
        )

    def _read_field(
        self,
        field: Field,
        source: Source,
        index: int,
        missing: dict[str, Mask] | None = None,
    ) -> Array:
        """Read a field; `missing` takes the columns that lack it, or none may."""
        dataset, path, at = self.files.locate(index)
        variable = dataset[source.variable].variable
        what = f"{source.field} ({source.variable} in {path})"
        convert = _converter(dataset, source.variable, field, what)
        logarithm = is_logarithm(dataset, source.variable, field.name)
        if self.time_dimension in variable.dims:
            variable = variable.isel({self.time_dimension: at})
        sizes = self._sizes(field)
        variable = variable.isel({dim: 0 for dim in variable.dims if dim not in sizes})
        values = read_values(variable, source.variable, path)
        if values.dtype.kind != "f" or values.dtype.itemsize not in (4, 8):
            raise ShapeError(
                f"{what} has dtype {values.dtype}, expected float32 or float64"
            )
        # Old netCDF formats are big-endian, which no consumer of the arrays expects.
        values = values.astype(values.dtype.newbyteorder("="), copy=False)
        dims = [str(dim) for dim in variable.dims]
        what = f"{what} at time {index}"
        absent: Mask | None = None
        # Where a column is has to be known.
        if missing is not None and field not in COORDINATES:
            absent = is_missing(values)
            if absent.any():
                values = np.where(absent, values.flat[int(absent.argmin())], values)
            else:
                absent = None
        if absent is None or not absent.all():
            check_finite(values, dims, what, variable)
            values = convert(values)
            bounds = EXPONENTIAL if logarithm else BOUNDS
            check_possible(field.name, values, field.units, dims, what, bounds)
        if absent is not None:
            values = np.where(absent, values.dtype.type(np.nan), values)
        values = values.transpose([dims.index(dim) for dim in sizes if dim in dims])
        shape = [n if dim in dims else 1 for dim, n in sizes.items()]
        values = np.broadcast_to(values.reshape(shape), tuple(sizes.values()))
        if missing is not None and absent is not None:
            where = np.isnan(values)
            on_levels = field.levels == "full"
            missing[field.name] = np.any(where, axis=-1) if on_levels else where
        return values

    def _sizes(self, field: Field) -> dict[str, int]:
        """Dimensions of a field as it is read, and their extents."""
        sizes = dict(zip(self.dimensions, self.horizontal, strict=True))
        if field.levels == "full":
            sizes[self.levels.dimension] = len(self.levels.pressure)
        return sizes

    def _check_dimensions(self, array: xr.DataArray, field: Field, what: str) -> None:
        """Check dimensions against those of the other fields; extents of 1 are free."""
        found = {str(d): n for d, n in array.sizes.items() if d != self.time_dimension}
        expected = self._sizes(field)
        if field.name in {axis.name for axis in COORDINATES}:
            expected = {d: n for d, n in expected.items() if d in found}
        if _extended(found) != _extended(expected):
            raise ShapeError(
                f"{what} has dimensions {_spell(found)}, expected {_spell(expected)}"
            )


# Of the pressure in a logarithm, which is Pa by convention, files say nothing.
_OF_LOGARITHMS = ("", "~", "Numeric", "numeric")


def _converter(
    dataset: xr.Dataset, name: str, field: Field, what: str
) -> Conversion | Callable[[Array], Array]:
    """How a variable becomes a field."""
    units = dataset[name].attrs.get("units")
    if is_logarithm(dataset, name, field.name):
        given = str(units or "").strip()
        if given not in _OF_LOGARITHMS and not is_number(given):
            raise ContractError(
                f'{what} is a logarithm and has units "{given}", expected "1"'
            )
        return _exponential
    if not isinstance(units, str):
        raise ContractError(f'{what} has no units, expected "{field.units}"')
    return conversion(units, field.units, what)


def _exponential(values: Array) -> Array:
    with np.errstate(over="ignore"):  # which is found out as impossible
        return np.exp(values.astype(np.float64))


def _eastward(longitude: Array) -> Array:
    """Count from 0 to 360 degrees, as networks do: docs/contract.md."""
    if np.all((longitude >= 0.0) & (longitude < 360.0)):
        return longitude
    turned: Array = np.mod(longitude, longitude.dtype.type(360.0))
    turned[turned >= 360.0] = 0.0  # a little less than 0, rounded up to a turn
    return turned


def _extended(sizes: Mapping[str, int]) -> dict[str, int]:
    return {dim: n for dim, n in sizes.items() if n != 1}


def _spell(sizes: Mapping[str, int]) -> str:
    return "(" + ", ".join(f"{dim} {n}" for dim, n in sizes.items()) + ")"
