"""States of a host model in netCDF files, one time after the other.

Variables are matched to the fields of a contract by their ``standard_name``, then by
their name; units, levels and their order come from the file. Nothing is read before it
is asked for, and then one time of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from gwparam.contract import Field, Vertical
from gwparam.data.levels import Levels, find_level_dimension, read_levels
from gwparam.data.matching import absent, find_variable
from gwparam.data.pressure import (
    HALF_PRESSURE,
    PRESSURE,
    SURFACE_PRESSURE,
    HalfLevels,
    read_half_levels,
)
from gwparam.data.times import find_time_dimension, time_value
from gwparam.errors import ContractError, ModelFileError, NonFiniteError, ShapeError
from gwparam.units import conversion

# Fields that a file may give along one horizontal dimension, as CF coordinates do.
COORDINATES = ("latitude", "longitude")
_PLACES = (
    Field("latitude", "degrees_north", "surface", "float64"),
    Field("longitude", "degrees_east", "surface", "float64"),
)

Array = NDArray[Any]


@dataclass(frozen=True)
class Source:
    """The variable that a field is read from.

    Attributes
    ----------
    field : str
        Name of the field.
    variable, units : str
        Name in the file, and units there.
    levels : str
        ``full``, ``half`` or ``surface``.
    """

    field: str
    variable: str
    units: str
    levels: Literal["full", "half", "surface"]


class StateFiles(ABC):
    """States in one or several files of any layout; a context manager.

    Attributes
    ----------
    dataset : xarray.Dataset
        Coordinates and attributes of the first file.
    sources : dict of str to Source
        The fields that `read` returns.
    levels : Levels
        Reference pressures and order of the files' levels.
    dimensions : tuple of str
        Horizontal dimensions of every field, in the order of the first one.
    horizontal : tuple of int
        Their extents.
    layout : tuple of str
        Dimensions of the first field on levels, in the file's order.
    time_dimension : str or None
        None where the files hold one state without a time.
    knows_half_levels : bool
        Whether drag can be had from fluxes, for which half levels must be known.
    """

    knows_half_levels = True

    def __init__(self, paths: Sequence[str | PathLike[str]]) -> None:
        self._datasets: list[xr.Dataset] = []
        self._paths = [str(path) for path in paths]
        self.sources: dict[str, Source] = {}
        try:
            for path in self._paths:
                self._datasets.append(open_dataset(path))
        except ModelFileError:
            self.close()
            raise
        self.dataset = self._datasets[0]
        self.time_dimension = find_time_dimension(self.dataset)
        self.levels: Levels
        self.dimensions: tuple[str, ...]
        self.horizontal: tuple[int, ...]
        self.layout: tuple[str, ...]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        for dataset in self._datasets:
            dataset.close()

    def __len__(self) -> int:
        """Count the times in all files together."""
        return sum(self._lengths())

    @property
    def columns(self) -> int:
        """Columns of one time."""
        return int(np.prod(self.horizontal))

    @property
    def units(self) -> dict[str, str]:
        """Units of the fields that `read` returns, by field."""
        return {name: source.units for name, source in self.sources.items()}

    @abstractmethod
    def find(self, field: str, also: Sequence[str] = ()) -> str | None:
        """Find the variable of a field in the first file; None if there is none."""

    @abstractmethod
    def bind(self, field: Field, variable: str | None = None) -> Source:
        """Find the variable of a field and add it to what `read` returns."""

    @abstractmethod
    def read(self, index: int, names: Sequence[str] | None = None) -> dict[str, Array]:
        """Fields of one time, shape (`horizontal`..., nlev) or `horizontal`."""

    @abstractmethod
    def places(self, index: int) -> tuple[Array | None, Array | None]:
        """Latitude and longitude of every column [degrees]; None if not there."""

    def time(self, index: int) -> float | None:
        """Value of the time coordinate, in the units of the first file."""
        if self.time_dimension is None or self.time_dimension not in self.dataset:
            return None
        dataset, _, at = self._locate(index)
        return time_value(dataset, self.dataset, self.time_dimension, at)

    def _lengths(self) -> list[int]:
        dim = self.time_dimension
        return [1 if dim is None else d.sizes.get(dim, 1) for d in self._datasets]

    def _locate(self, index: int) -> tuple[xr.Dataset, str, int]:
        """File of a time, and the number of the time in it."""
        at = index
        for dataset, path, length in zip(
            self._datasets, self._paths, self._lengths(), strict=True
        ):
            if 0 <= at < length:
                return dataset, path, at
            at -= length
        raise IndexError(f"time {index} of {len(self)}")


class States(StateFiles):
    """States of a host model, one variable a field; made by `open_states`."""

    def __init__(self, paths: Sequence[str | PathLike[str]]) -> None:
        super().__init__(paths)
        self._half_levels: HalfLevels | None = None

    def find(self, field: str, also: Sequence[str] = ()) -> str | None:
        """Find the variable of a field in the first file; see `find_variable`."""
        return find_variable(self.dataset, self._paths[0], field, also)

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
        for path, dataset in zip(self._paths, self._datasets, strict=True):
            name = _variable(dataset, path, field, variable)
            units = dataset[name].attrs.get("units")
            what = f"{field.name} ({name} in {path})"
            if not isinstance(units, str):
                raise ContractError(f'{what} has no units, expected "{field.units}"')
            conversion(units, field.units, what)
            sources.append(Source(field.name, name, units, field.levels))
            if sources[-1] != sources[0]:
                raise ContractError(
                    f"{what} in {units} is {sources[0].variable} "
                    f"in {sources[0].units} in {self._paths[0]}"
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
        half_levels = read_half_levels(self.dataset, self.levels, self._paths[0])
        for path, dataset in zip(self._paths[1:], self._datasets[1:], strict=True):
            if read_half_levels(dataset, self.levels, path) != half_levels:
                raise ContractError(f"{path} has other levels than {self._paths[0]}")
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

    def places(self, index: int) -> tuple[Array | None, Array | None]:
        """Latitude and longitude of every column [degrees]; None if not there."""
        found: list[Array | None] = []
        for field in _PLACES:
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
        dataset, path, at = self._locate(index)
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
        try:
            values = np.asarray(variable.values)
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelFileError(
                f"cannot read {source.variable} in {path}: {error}"
            ) from None
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
        elif source.field in COORDINATES:
            expected = {d: n for d, n in expected.items() if d in sizes}
        if sizes != expected:
            raise ShapeError(
                f"{source.field} ({source.variable} in {path}) has dimensions "
                f"{_spell(sizes)}, expected {_spell(expected)}"
            )


def open_states(
    paths: Sequence[str | PathLike[str]],
    inputs: Sequence[Field],
    vertical: Vertical,
    variables: Mapping[str, str] | None = None,
    pressures: bool = False,
) -> States:
    """Open state files and match their variables to the inputs of a network.

    Parameters
    ----------
    paths : sequence of path-like
        netCDF files, in the order of their times; at least one.
    inputs : sequence of Field
        The fields that the network needs.
    vertical : Vertical
        The network's levels.
    variables : mapping of str to str, optional
        Variable of a field, where neither standard name nor name tells.
    pressures : bool
        Whether the pressures at full and half levels are needed too; see
        `States.bind_pressures`.

    Returns
    -------
    States
        With all inputs bound.

    Raises
    ------
    ModelFileError
        If a file is absent, or is no netCDF file that can be read.
    ContractError
        If a field has no variable, the wrong units, or levels whose pressures or order
        are unknown or contradict each other.
    ShapeError
        If a variable's dimensions or its number of levels do not fit.
    """
    chosen = variables or {}
    unknown = set(chosen) - {field.name for field in inputs}
    if unknown:
        raise ContractError(
            f"the network has no input {', '.join(sorted(unknown))}; "
            f"it has {', '.join(field.name for field in inputs)}"
        )
    states = States(paths)
    try:
        _set_frame(states, inputs, vertical, chosen)
        for field in inputs:
            name = chosen.get(field.name)
            if pressures and field.name == PRESSURE.name and name is None:
                continue
            states.bind(field, name)
        if pressures:
            states.bind_pressures()
    except BaseException:
        states.close()
        raise
    return states


def _set_frame(
    states: States,
    inputs: Sequence[Field],
    vertical: Vertical,
    variables: Mapping[str, str],
) -> None:
    """Take dimensions and levels from the first field on full levels."""
    fields = [field for field in inputs if field.levels == "full"]
    # Pressure may be none of the file's variables.
    field = next((f for f in fields if f.name != PRESSURE.name), fields[0])
    for path, dataset in zip(states._paths, states._datasets, strict=True):
        name = _variable(dataset, path, field, variables.get(field.name))
        what = f"{field.name} ({name} in {path})"
        dimension = find_level_dimension(dataset, name, what)
        host = vertical.kind == "host"
        if host and dataset.sizes[dimension] != vertical.nlev:
            raise ShapeError(
                f"{what} has {dataset.sizes[dimension]} levels, "
                f"expected {vertical.nlev}"
            )
        levels = read_levels(dataset, dimension, path)
        rest = {
            str(dim): n
            for dim, n in dataset[name].sizes.items()
            if dim not in (dimension, states.time_dimension)
        }
        if dataset is states.dataset:
            states.levels = levels
            states.layout = tuple(str(dim) for dim in dataset[name].dims)
            states.dimensions, states.horizontal = tuple(rest), tuple(rest.values())
        elif levels != states.levels:
            raise ContractError(f"{path} has other levels than {states._paths[0]}")


def open_dataset(path: str) -> xr.Dataset:
    """Open a netCDF file, times not decoded and nothing read.

    Raises
    ------
    ModelFileError
        If it is absent, or is no netCDF file that can be read.
    """
    try:
        return xr.open_dataset(path, engine="netcdf4", decode_times=False, cache=False)
    except FileNotFoundError:
        raise ModelFileError(f"cannot read {path}: no such file") from None
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelFileError(f"cannot read {path} as netCDF: {error}") from None


def _variable(dataset: xr.Dataset, path: str, field: Field, chosen: str | None) -> str:
    """Name of a field's variable, which must be there."""
    name = chosen or find_variable(dataset, path, field.name)
    if name is None:
        raise absent(dataset, path, field.name)
    if name not in dataset.variables:
        raise ContractError(
            f"{path} has no variable {name} for {field.name}; "
            f"it has {', '.join(map(str, dataset.variables))}"
        )
    return name


def check_finite(values: Array, dims: Sequence[str], what: str) -> None:
    """Check that values are neither NaN nor Inf.

    Raises
    ------
    NonFiniteError
        If one is; the message names its place by `dims`, after `what`.
    """
    bad = ~np.isfinite(values)
    if bad.any():
        index = np.unravel_index(int(bad.argmax()), values.shape)
        place = ", ".join(f"{d} {i}" for d, i in zip(dims, index, strict=True))
        raise NonFiniteError(f"{what} is {values[index]} at {place} (from 0)")


def _spell(sizes: Mapping[str, int]) -> str:
    return "(" + ", ".join(f"{dim} {n}" for dim, n in sizes.items()) + ")"
