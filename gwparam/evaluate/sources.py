"""Where the fields of an evaluation come from: files, or an artefact in the library."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gwparam.contract import Contract
from gwparam.data import HALF_PRESSURE, PRESSURE, StateFiles, needs_pressure
from gwparam.data.host_levels import host_levels
from gwparam.data.missing import Mask, State, present_columns, spread
from gwparam.data.training_range import InputRange
from gwparam.errors import ArgumentError, ContractError
from gwparam.evaluate.grid import LatLonGrid
from gwparam.evaluate.outputs import comparable_fields, given_levels
from gwparam.evaluate.quantity import Quantity
from gwparam.library import load_scheme

Array = NDArray[np.float64]


class FieldSource(ABC):
    """Both components of a quantity, one time after the other; a context manager.

    Attributes
    ----------
    label : str
        What this is, for messages.
    states : StateFiles
        The files.
    quantity : Quantity
        What it gives.
    grid : LatLonGrid
        Where.
    pressure : ndarray, shape (nlev,)
        Reference pressure of the levels, top first [Pa].
    given_levels : tuple of int
        First level that this really gives and the one after the last, top first.
    missing : dict of str to ndarray of bool, shape (latitude, longitude)
        Cells that are left out of the time that was read or looked at last, since the
        files declare a field as missing; by its name.
    """

    def __init__(self, label: str, states: StateFiles, quantity: Quantity) -> None:
        self.label, self.states, self.quantity = label, states, quantity
        latitude, longitude = states.coordinates(0)
        if latitude is None or longitude is None:
            raise ContractError(f"{label} has no latitude and longitude of its columns")
        self._coordinates = latitude, longitude
        try:
            self.grid = LatLonGrid(latitude, longitude)
        except ArgumentError as error:
            raise ArgumentError(f"{label}: {error}") from None
        self._bottom_up = states.levels.order == "bottom_up"
        pressure = np.asarray(states.levels.pressure)
        self.pressure = pressure[::-1] if self._bottom_up else pressure
        self.given_levels = (0, self.pressure.size)
        self.missing: dict[str, Mask] = {}
        self._wanted: Sequence[str] = quantity.names

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.states.close()

    def __len__(self) -> int:
        """Count the times."""
        return len(self.states)

    @abstractmethod
    def read(self, index: int) -> Array:
        """Fields of one time, shape (component, level, latitude, longitude).

        Levels are top first, rows from south to north; in the units of the quantity.
        NaN in the cells of `missing`.
        """

    def look(self, index: int) -> None:
        """Find what is `missing` at a time, without the work of `read`."""
        self._read(index)

    def file(self, index: int) -> str:
        """Path of the file with a time, in which `missing` is so declared."""
        return self.states.files.locate(index)[1]

    def _read(self, index: int) -> State:
        """Read what is wanted of the files, and see what is missing."""
        state = self.states.read(index, self._wanted)
        self.missing = {
            name: self.grid.cells(where.ravel())
            for name, where in state.missing.items()
        }
        return state

    def _on_grid(self, fields: Mapping[str, NDArray[Any]]) -> Array:
        """Put fields (horizontal..., level) by name on the grid."""
        found = []
        for field in self.quantity.fields:
            values = fields[field.name]
            columns = values.reshape(-1, values.shape[-1])
            found.append(self.grid.cells(columns)[:: -1 if self._bottom_up else 1])
        return np.stack(found).astype(np.float64, copy=False)


class FileFields(FieldSource):
    """Fields that files hold: the truth, or predictions.

    Parameters
    ----------
    label, states, quantity
        As `FieldSource`; the fields of the quantity are bound.
    """

    def read(self, index: int) -> Array:
        """Fields of one time."""
        return self._on_grid(self._read(index))


class ArtefactFields(FieldSource):
    """What an artefact gives for the states in files, by the compiled library.

    Parameters
    ----------
    path : path-like
        The artefact.
    contract : Contract
        Its contract.
    states : StateFiles
        With the network's inputs bound.
    quantity : Quantity
        What is wanted of it.
    threads, device
        As `gwparam.library.load_scheme`.

    Attributes
    ----------
    level_note : str
        What is to be said of the levels; see `gwparam.data.host_levels`.
    input_range : InputRange
        Mean and spread of the inputs that were read, beside those of training.

    Raises
    ------
    ContractError
        If the network does not give the quantity on the levels of the files.
    GwparamError
        As `gwparam.library.load_scheme`.

    Notes
    -----
    Columns beyond the limits of the contract are let through: the scores are the
    network's own.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        contract: Contract,
        states: StateFiles,
        quantity: Quantity,
        *,
        threads: int = 1,
        device: str = "cpu",
    ) -> None:
        super().__init__(str(path), states, quantity)
        names = {field.name for field in comparable_fields(contract, states)}
        if not set(quantity.names) <= names:
            raise ContractError(
                f"{path} gives {', '.join(sorted(names))}, "
                f"expected {' and '.join(quantity.names)} as the truth"
            )
        for name in quantity.names:
            levels = np.arange(self.pressure.size)[given_levels(contract, states, name)]
            self.given_levels = (int(levels[0]), int(levels[-1]) + 1)
        inputs = [field.name for field in contract.inputs]
        if needs_pressure(contract):
            inputs += [PRESSURE.name, HALF_PRESSURE]
        self._wanted = list(dict.fromkeys(inputs))
        self._scheme = load_scheme(
            path, threads=threads, device=device, on_limit="ignore"
        )
        told = host_levels(contract.vertical, states.levels)
        self.level_note = told.note
        self._scheme.set_levels(told.pressure, states.levels.order)
        if contract.geometry.kind != "column":
            self._scheme.set_columns(*self._coordinates)
        self.input_range = InputRange(contract, states)

    def read(self, index: int) -> Array:
        """Fields of one time."""
        state = self._read(index)
        what = f"time {index} of {self.states.files.paths[0]}"
        present = present_columns(state.missing, self.states.horizontal, what)
        given = state.select(self._wanted, present)
        self.input_range.add(given)
        return self._on_grid(spread(self._scheme.predict(given), present))
