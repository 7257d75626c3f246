"""States of a host model in netCDF files, one time after the other.

Variables are matched to the fields of a contract by their ``standard_name``, then by
their name; units, levels and their order come from the file. Nothing is read before it
is asked for, and then one time of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.contract import Field
from gwparam.data.matching import find_variable, name_variable
from gwparam.data.netcdf import OpenFiles, check_finite, read_values
from gwparam.data.pressure import (
    HALF_PRESSURE,
    PRESSURE,
    SURFACE_PRESSURE,
    HalfLevels,
    read_half_levels,
)
from gwparam.data.state_files import Source, StateFiles
from gwparam.errors import ContractError, ShapeError
from gwparam.units import conversion

# Fields that a file may give along one horizontal dimension, as CF coordinates do.
COORDINATES = (
    Field("latitude", "degrees_north", "surface", "float64"),
    Field("longitude", "degrees_east", "surface", "float64"),
)

Array = NDArray[Any]


class States(StateFiles):
    """States of a host model, one variable a field; made by `open_states`."""

    def __init__(self, files: OpenFiles) -> None:
        super().__init__(files)
        self._half_levels: HalfLevels | None = None

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
        """Find the variable of a field, the same in all files."""
        sources: list[Source] = []
        for path, dataset in self.files.datasets.items():
            name = name_variable(dataset, path, field.name, variable)
            units = dataset[name].attrs.get("units")
            what = f"{field.name} ({name} in {path})"
            if not isinstance(units, str):
                raise ContractError(f'{what} has no units, expected "{field.units}"')
            conversion(units, field.units, what)
            sources.append(Source(field.name, name, units, field.levels))
            if sources[-1] != sources[0]:
                raise ContractError(
                    f"{what} in {units} is {sources[0].variable} "
                    f"in {sources[0].units} in {self.first_path}"
                )
            self._check_dimensions(dataset[name], sources[0], path)
        return sources[0]

    def bind_pressures(self) -> None:
        """Add the pressures at full and half levels to what `read` returns.

        Those at full levels are a variable of the file, if it has one.

        Raises
        ------
        ContractError, ShapeError
            If the file has no coefficients of its half levels, or no surface pressure.
        """
        half_levels = read_half_levels(self.dataset, self.levels, self.first_path)
        for path, dataset in self.files.datasets.items():
            if read_half_levels(dataset, self.levels, path) != half_levels:
                raise ContractError(f"{path} has other levels than {self.first_path}")
        self._half_levels = half_levels
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
            source = self.bind(field, self._chosen(field.name))
            values = self.read(index, [field.name])[field.name]
            convert = conversion(source.units, field.units, field.name)
            found.append(convert(values))
        return found[0], found[1]

    def _chosen(self, field: str) -> str | None:
        return self.sources[field].variable if field in self.sources else None

    def read(self, index: int, names: Sequence[str] | None = None) -> dict[str, Array]:
        """Fields of one time.

        Parameters
        ----------
        index : int
            Number of the time, from 0, counted through all files.
        names : sequence of str, optional
            Fields to read; all by default.

        Returns
        -------
        dict of str to ndarray
            In the file's units, dtype and vertical order; shape
            (`horizontal`..., nlev), or `horizontal` at the surface. These are views
            with the strides of the file's own order of dimensions; a coordinate has
            stride 0 along the dimensions that it does not depend on.

        Raises
        ------
        ModelFileError
            If the file cannot be read.
        NonFiniteError
            If a value is NaN, Inf or missing.
        ShapeError
            If the values are not floating point.
        """
        dataset, path, at = self.files.locate(index)
        fields = {}
        for name in self.sources if names is None else names:
            source = self.sources[name]
            if self._half_levels and source.variable == self._half_levels.names:
                fields[name] = self._pressure(source, dataset, path, at, index)
            else:
                fields[name] = self._read_field(dataset, path, source, at, index)
        return fields

    def _pressure(
        self, source: Source, dataset: xr.Dataset, path: str, at: int, index: int
    ) -> Array:
        """Pressure at full or half levels, from that at the surface [Pa]."""
        levels, surface = self._half_levels, self._surface
        assert levels is not None
        given = self._read_field(dataset, path, surface, at, index)
        half = levels.pressure(conversion(surface.units, "Pa", surface.field)(given))
        return half if source.levels == "half" else levels.full_pressure(half)

    def _read_field(
        self, dataset: xr.Dataset, path: str, source: Source, at: int, index: int
    ) -> Array:
        variable = dataset[source.variable].variable
        if self.time_dimension in variable.dims:
            variable = variable.isel({self.time_dimension: at})
        values = read_values(variable, source.variable, path)
        what = f"{source.field} ({source.variable} in {path})"
        if values.dtype.kind != "f" or values.dtype.itemsize not in (4, 8):
            raise ShapeError(
                f"{what} has dtype {values.dtype}, expected float32 or float64"
            )
        # Old netCDF formats are big-endian, which no consumer of the arrays expects.
        values = values.astype(values.dtype.newbyteorder("="), copy=False)
        dims = [str(dim) for dim in variable.dims]
        check_finite(values, dims, f"{what} at time {index}")
        if source.levels == "full":
            order = [*self.dimensions, self.levels.dimension]
            return values.transpose([dims.index(dim) for dim in order])
        present = [dim for dim in self.dimensions if dim in dims]
        values = values.transpose([dims.index(dim) for dim in present])
        shape = [
            n if dim in dims else 1
            for dim, n in zip(self.dimensions, self.horizontal, strict=True)
        ]
        return np.broadcast_to(values.reshape(shape), self.horizontal)

    def _check_dimensions(self, array: xr.DataArray, source: Source, path: str) -> None:
        """Check dimensions and extents against those of the other fields."""
        sizes = {str(d): n for d, n in array.sizes.items() if d != self.time_dimension}
        expected = dict(zip(self.dimensions, self.horizontal, strict=True))
        if source.levels == "full":
            expected[self.levels.dimension] = len(self.levels.pressure)
        elif source.field in {field.name for field in COORDINATES}:
            expected = {d: n for d, n in expected.items() if d in sizes}
        if sizes != expected:
            raise ShapeError(
                f"{source.field} ({source.variable} in {path}) has dimensions "
                f"{_spell(sizes)}, expected {_spell(expected)}"
            )


def _spell(sizes: Mapping[str, int]) -> str:
    return "(" + ", ".join(f"{dim} {n}" for dim, n in sizes.items()) + ")"
