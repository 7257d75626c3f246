"""Predicted fields as a CF netCDF file, written one time after the other."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from gwparam import constants
from gwparam.contract import Contract
from gwparam.data import StateFiles
from gwparam.evaluate.outputs import level_pressure, scored_fields
from gwparam.whole_files import replacement, writing

NETWORK_LEVELS = "network_level"
HALF_LEVELS = "half_level"


class PredictionFile:
    """A netCDF file of predicted fields; a context manager.

    The fields have the contract's names, and the dimensions and coordinates of the
    first input on levels. What is NaN, as in columns that are left out, is missing by
    ``_FillValue``. Where the network has levels of its own, its outputs are on
    those; its fluxes are on the half levels of the states too. The file appears under
    its name when the block ends without an error; until then, an older file of that
    name stays as it was.

    Parameters
    ----------
    path : path-like
        The file.
    states : StateFiles
        Where the inputs come from.
    contract : Contract
        The artefact's.

    Raises
    ------
    ModelFileError
        If the file cannot be written.
    """

    def __init__(
        self, path: str | PathLike[str], states: StateFiles, contract: Contract
    ) -> None:
        self._path = Path(path)
        self._states = states
        self._levels: dict[str, str] = {}
        with writing(path), ExitStack() as stack:
            partial = stack.enter_context(replacement(path))
            self._file = stack.enter_context(netCDF4.Dataset(partial, "w"))
            self._write_header(contract)
            self._closing = stack.pop_all()

    def __enter__(self) -> "PredictionFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            with writing(self._path):
                self._closing.close()
        else:
            self._closing.__exit__(kind, error, trace)

    def write(self, step: int, index: int, fields: Mapping[str, NDArray[Any]]) -> None:
        """Write the fields of one time.

        Parameters
        ----------
        step : int
            Number of the time in this file, from 0.
        index : int
            Number of the time in the states.
        fields : mapping of str to ndarray, shape (horizontal..., nlev)
            The fields by name, in the contract's units; those that are not in the
            file are left out.

        Raises
        ------
        ModelFileError
            If the file cannot be written, as when the disk is full.
        """
        with writing(self._path):
            self._write(step, index, fields)

    def _write(self, step: int, index: int, fields: Mapping[str, NDArray[Any]]) -> None:
        states = self._states
        for name, values in fields.items():
            if name not in self._levels:
                continue
            level = self._levels[name]
            order = [*states.dimensions, *([level] if level else ())]
            variable = self._file[name]
            dims = [dim for dim in variable.dimensions if dim in order]
            turned = values.transpose([order.index(dim) for dim in dims])
            if np.isnan(turned).any():
                turned = np.ma.masked_invalid(turned)
            if states.time_dimension in variable.dimensions:
                # Fields may have time anywhere, not only in front.
                at = tuple(
                    step if dim == states.time_dimension else slice(None)
                    for dim in variable.dimensions
                )
                variable[at] = turned
            else:
                variable[:] = turned
        time = states.time(index)
        if time is not None and states.time_dimension is not None:
            self._file[states.time_dimension][step] = time

    def _write_header(self, contract: Contract) -> None:
        states, file = self._states, self._file
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        file.setncatts(
            {
                "Conventions": "CF-1.8",
                "title": f"Gravity-wave drag by the network {contract.name}",
                "source": f"gwparam replay, network {contract.name} from "
                f"{contract.source.checkpoint} (SHA-256 {contract.source.sha256})",
                "references": contract.citation,
                "history": f"{now} written by gwparam replay",
            }
        )
        dims = states.layout
        for dim in dims:
            unlimited = dim == states.time_dimension
            # A single column has a dimension that its file lacks.
            size = None if unlimited else states.dataset.sizes.get(dim, 1)
            file.createDimension(dim, size)
        auxiliary = self._copy_coordinates(dims)
        for name, units, dtype, level in self._fields(contract):
            own = tuple(level if d == states.levels.dimension else d for d in dims)
            own = tuple(d for d in own if d)  # none of levels at the surface
            kind = np.dtype(dtype)
            fill = netCDF4.default_fillvals[kind.str[1:]]
            variable = file.createVariable(name, kind, own, fill_value=fill)
            long_name = f"{name.replace('_', ' ')}, by {contract.name}"
            variable.setncatts({"long_name": long_name, "units": units})
            if name != constants.EXPECTED_ERROR:
                variable.standard_name = name
            if auxiliary:
                variable.coordinates = " ".join(auxiliary)

    def _fields(self, contract: Contract) -> Iterator[tuple[str, str, str, str]]:
        """Name, units, dtype and dimension of the levels, if any, of every variable."""
        states, host = self._states, self._states.levels.dimension
        fluxes = {flux.name for flux in contract.flux}
        for field in scored_fields(contract, states):
            level = host
            own = level_pressure(contract, states, field.name)
            if field.levels == "surface":
                level = ""
            elif own != states.levels.pressure:
                level = NETWORK_LEVELS
                self._create_network_levels(own)
            self._levels[field.name] = level
            yield field.name, field.units, field.dtype, level
            if field.name in fluxes and states.knows_half_levels:
                if HALF_LEVELS not in self._file.dimensions:
                    self._file.createDimension(
                        HALF_LEVELS, states.dataset.sizes[host] + 1
                    )
                name = field.name + constants.HALF_LEVELS
                self._levels[name] = HALF_LEVELS
                yield name, field.units, "float64", HALF_LEVELS

    def _create_network_levels(self, pressure: tuple[float, ...]) -> None:
        if NETWORK_LEVELS in self._file.dimensions:
            return
        self._file.createDimension(NETWORK_LEVELS, len(pressure))
        variable = self._file.createVariable(NETWORK_LEVELS, "f8", (NETWORK_LEVELS,))
        variable.setncatts(
            {
                "long_name": "pressure of the network's levels over 1000 hPa",
                "units": "Pa",
                "positive": "down",
                "axis": "Z",
            }
        )
        variable[:] = pressure

    def _copy_coordinates(self, dims: tuple[str, ...]) -> list[str]:
        """Copy numeric coordinates; return those that are no dimension's own."""
        auxiliary = []
        states = self._states
        latitude = states.sources.get("latitude")
        for key, variable in states.dataset.variables.items():
            name = str(key)
            used = key in states.dataset.coords or (
                latitude is not None and name == latitude.variable
            )
            if not used or not set(variable.dims) <= set(dims):
                continue
            if variable.dtype.kind not in "fiu":
                continue
            moving = states.time_dimension in variable.dims
            if moving and name != states.time_dimension:
                continue
            own = tuple(str(dim) for dim in variable.dims)
            dtype = variable.dtype.newbyteorder("=")
            copy = self._file.createVariable(name, dtype, own)
            copy.setncatts(variable.attrs)
            if not moving:
                copy[...] = variable.values
            if own != (name,):
                auxiliary.append(name)
        return auxiliary
