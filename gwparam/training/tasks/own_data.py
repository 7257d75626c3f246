"""States with what a network of one's own takes and gives, as rows of all its values.

A row holds the inputs of a column side by side, in the order of the contract and of the
module; the targets likewise, but with every field on levels top first, as losses count
levels.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gwparam.contract import Field
from gwparam.data import States, nonorographic, open_states
from gwparam.data.matching import name_variable
from gwparam.errors import ContractError
from gwparam.networks.own import OwnContract
from gwparam.training.data import Data
from gwparam.training.samples import Pair, Samples
from gwparam.training.tasks.drag_data import check_levels

Array = NDArray[Any]


class OwnSamples(Samples):
    """Rows of inputs and outputs.

    Parameters
    ----------
    states : States
        With all fields bound.
    contract : OwnContract
        Which fields, and the order of levels.

    Attributes
    ----------
    mean, standard_deviation : Tensor, shape (all values of the outputs,)
        Targets are the outputs less the mean over the standard deviation; 0 and 1 until
        `standardise` is called.
    """

    def __init__(self, states: States, contract: OwnContract) -> None:
        self._states, self._contract = states, contract
        self.rows = states.columns
        wanted = sum(map(contract.nlev, contract.outputs))
        self.mean = torch.zeros(wanted, dtype=torch.float64)
        self.standard_deviation = torch.ones(wanted, dtype=torch.float64)
        width = sum(map(contract.nlev, contract.inputs)) + wanted
        self.nbytes = 4 * self.rows * width

    def standardise(self, mean: Tensor, standard_deviation: Tensor) -> None:
        """Set mean and standard deviation of the outputs."""
        self.mean, self.standard_deviation = mean, standard_deviation

    def __len__(self) -> int:
        return len(self._states)

    def read(self, time: int) -> Pair:
        """Rows of one time.

        Returns
        -------
        features : Tensor, shape (columns, all values of the inputs)
            In the units of the contract, float32.
        targets : Tensor, shape (columns, all values of the outputs)
            Standardised, float32.
        """
        outputs = self._rows(time, self._contract.outputs, "top_down")
        targets = (outputs - self.mean) / self.standard_deviation
        return self.inputs(time), targets.float()

    def inputs(self, time: int) -> Tensor:
        """Read the features of one time alone."""
        order = self._contract.description.vertical.order
        return self._rows(time, self._contract.inputs, order).float()

    def _rows(self, time: int, fields: Sequence[Field], order: str) -> Tensor:
        """Fields side by side, with their levels in some order, float64."""
        given = self._states.read(time, [field.name for field in fields])
        turned = self._states.levels.order != order
        parts = []
        for field in fields:
            columns = given[field.name].reshape(self.rows, -1).astype(np.float64)
            parts.append(columns[:, ::-1] if turned else columns)
        return torch.from_numpy(np.hstack(parts))


class OwnData(Data):
    """State files with the fields of a contract.

    Parameters
    ----------
    paths : sequence of str
        netCDF files in any order.
    contract : OwnContract
        Of a network of columns on the levels of its host.

    Raises
    ------
    GwparamError
        As `gwparam.data.open_states`.
    ContractError
        If the files lack a field, or have other levels than the contract.
    """

    def __init__(self, paths: Sequence[str], contract: OwnContract) -> None:
        vertical = contract.description.vertical
        states = open_states(paths, contract.inputs, vertical, by_name=True)
        self.dates = states.dates
        try:
            for field in contract.outputs:
                path, also = states.first_path, nonorographic(field.name)
                states.bind(
                    field, name_variable(states.dataset, path, field.name, also=also)
                )
            pressure = _top_first(states.levels.pressure, states.levels.order)
            if vertical.nominal_pressure is not None:
                nominal = _top_first(vertical.nominal_pressure, vertical.order)
                expected = replace(vertical, nominal_pressure=tuple(nominal.tolist()))
                check_levels(expected, pressure, states.first_path, "the contract")
        except BaseException:
            states.close()
            raise
        self._states, self._contract = states, contract
        self.pressure: tuple[float, ...] = tuple(pressure.tolist())
        self.samples: OwnSamples = OwnSamples(states, contract)

    def close(self) -> None:
        """Close the files."""
        self._states.close()

    def fingerprint(self, time: int) -> str:
        """Digest of the features of one time."""
        features = self.samples.inputs(time)
        return hashlib.sha256(features.numpy().tobytes()).hexdigest()

    def check_alike(self, other: Self) -> None:
        """Check that other files are on the same levels."""
        mine, its = self._states.levels, other._states.levels
        if not (its if its.order == mine.order else its.turned).is_close(mine):
            raise ContractError(
                f"{other._states.first_path} has other levels than "
                f"{self._states.first_path}"
            )

    def report(self) -> list[tuple[str, str]]:
        """Say what was found."""
        states = self._states
        count = len(self.dates.paths)
        names = [
            f"{field.name} ({states.sources[field.name].variable})"
            for field in self._contract.outputs
        ]
        return [
            (
                "files",
                f"{count}, in the order of their times"
                if count > 1
                else self.dates.paths[0],
            ),
            ("times", f"{len(self.samples)} of {states.columns} columns"),
            (
                "levels",
                f"{len(self.pressure)}, {self.pressure[0] / 100:.2f} to "
                f"{self.pressure[-1] / 100:.1f} hPa",
            ),
            ("learns", ", ".join(names)),
        ]


def _top_first(pressure: Sequence[float], order: str) -> Array:
    values = np.asarray(pressure)
    return values[::-1] if order == "bottom_up" else values
