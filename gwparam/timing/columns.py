"""Columns that are timed: those of states, or what an artefact holds itself."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.contract import Contract, read_probe
from gwparam.data import open_inputs
from gwparam.data.host_levels import host_levels
from gwparam.data.missing import present_columns
from gwparam.data.pressure import HALF_PRESSURE, PRESSURE, needs_pressure
from gwparam.errors import ContractError, GwparamError
from gwparam.synthetic.climatology import draw_columns
from gwparam.synthetic.columns import Columns, read_columns
from gwparam.synthetic.states import NLAT, NLON

Array = NDArray[Any]


@dataclass(frozen=True)
class Inputs:
    """Inputs of a network.

    Attributes
    ----------
    fields : mapping of str to ndarray
        Shape (ncol, nlev) or (ncol,), in the contract's units, in `order`.
    pressure : sequence of float
        Reference pressure of the host's levels [Pa].
    order : str
        ``top_down`` or ``bottom_up``.
    """

    fields: Mapping[str, Array]
    pressure: Sequence[float]
    order: Any

    def __len__(self) -> int:
        return len(next(iter(self.fields.values())))

    def repeated(self, count: int) -> "Inputs":
        """Take the first `count` columns, over and over if there are fewer."""
        at = np.arange(count) % len(self)
        fields = {name: values[at] for name, values in self.fields.items()}
        return Inputs(fields, self.pressure, self.order)

    def share(self, rank: int, ranks: int) -> "Inputs":
        """Take the columns of one rank of several."""
        at = np.array_split(np.arange(len(self)), ranks)[rank]
        fields = {name: values[at] for name, values in self.fields.items()}
        return Inputs(fields, self.pressure, self.order)


def inputs_of_states(path: Path, contract: Contract) -> Inputs:
    """Read the inputs of a network at the first time of a file of states.

    Raises
    ------
    GwparamError
        As `gwparam.data.open_inputs` and its reading.
    """
    names = [field.name for field in contract.inputs]
    if needs_pressure(contract):
        names += [name for name in (PRESSURE.name, HALF_PRESSURE) if name not in names]
    with open_inputs([path], contract, {}, None) as states:
        given = states.read(0)
        present = present_columns(given.missing, states.horizontal, f"{path}")
        fields = {name: given[name][present] for name in names}
        told = host_levels(contract.vertical, states.levels)
        return Inputs(fields, told.pressure, states.levels.order)


def inputs_of_probe(path: Path, contract: Contract) -> Inputs:
    """Take the inputs that an artefact keeps for its check at load.

    Raises
    ------
    ContractError
        If the network has levels of its own, which need those of a host.
    """
    vertical = contract.vertical
    if vertical.kind != "host":
        raise ContractError(
            f"{contract.name} has levels of its own, expected STATES on a host's levels"
        )
    pressure = vertical.nominal_pressure
    if pressure is None:
        ascending = np.linspace(1e3, 9.9e4, vertical.nlev)
        top_down = vertical.order == "top_down"
        pressure = tuple(ascending if top_down else ascending[::-1])
    fields, _ = read_probe(path)
    return Inputs(dict(fields), pressure, vertical.order)


def native_columns(path: Path | None) -> tuple[Columns, str]:
    """Find columns for the native scheme, and say what they are.

    Parameters
    ----------
    path : Path or None
        States; where they have not all that the scheme needs, or without any, the
        columns are those of a climatology.
    """
    if path is not None:
        with suppress(GwparamError):
            return next(iter(read_columns([path]))), f"states of {path.name}"
    drawn = [draw_columns(np.random.default_rng(i), NLAT, NLON) for i in range(3)]
    joined = {
        name: np.concatenate([getattr(columns, name) for columns in drawn])
        for name in drawn[0].__dataclass_fields__
    }
    return Columns(**joined), "columns of a climatology"
