"""States of a host with the native drag, as rows for a network of single columns.

A row holds what the network sees for one component of the wind: that wind, then the
other fields in the order of the network's inputs. The rows of the eastward wind come
first.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from gwparam.constants import NOMINAL_TOLERANCE
from gwparam.contract import Field, Vertical
from gwparam.data import States, nonorographic, open_states
from gwparam.data.matching import name_variable
from gwparam.data.pressure import read_half_levels
from gwparam.errors import ContractError
from gwparam.training.data import Data
from gwparam.training.samples import Pair, Samples

Array = NDArray[Any]
_WINDS = 2
_SURFACES = (1.0e5, 0.9e5)  # Pa


class DragSamples(Samples):
    """Rows of wind and drag, one component after the other.

    Parameters
    ----------
    states : States
        With inputs and drag bound.
    inputs, outputs : sequence of Field
        The network's: both winds first, and the drag on each.

    Attributes
    ----------
    mean, standard_deviation : Tensor, shape (nlev,)
        Targets are the drag less the mean over the standard deviation; 0 and 1, and the
        targets m s-2, until `standardise` is called.
    """

    def __init__(
        self, states: States, inputs: Sequence[Field], outputs: Sequence[Field]
    ) -> None:
        self._states, self._inputs, self._outputs = states, inputs, outputs
        self.rows = _WINDS * states.columns
        nlev = len(states.levels.pressure)
        self.mean = torch.zeros(nlev, dtype=torch.float64)
        self.standard_deviation = torch.ones(nlev, dtype=torch.float64)
        width = nlev + sum(
            nlev if field.levels == "full" else 1 for field in inputs[_WINDS:]
        )
        self.nbytes = 4 * self.rows * (width + nlev)

    def standardise(self, mean: torch.Tensor, standard_deviation: torch.Tensor) -> None:
        """Set mean and standard deviation of the drag [m s-2], of shape (nlev,)."""
        self.mean, self.standard_deviation = mean, standard_deviation

    def __len__(self) -> int:
        return len(self._states)

    def read(self, time: int) -> Pair:
        """Rows of one time.

        Returns
        -------
        features : Tensor, shape (2 * columns, nfeature)
            In the units of the network's inputs, float32.
        targets : Tensor, shape (2 * columns, nlev)
            Standardised drag, top first, float32; 0 where the deviation is 0.
        """
        given = self._states.read(time)
        winds = [self._columns(given, field) for field in self._inputs[:_WINDS]]
        rest = [self._columns(given, field) for field in self._inputs[_WINDS:]]
        features = np.concatenate([np.hstack([wind, *rest]) for wind in winds])
        drag = np.concatenate([self._columns(given, f) for f in self._outputs])
        scaled = torch.from_numpy(drag) - self.mean
        known = self.standard_deviation > 0.0
        deviation = torch.where(known, self.standard_deviation, torch.inf)
        return torch.from_numpy(features).float(), (scaled / deviation).float()

    def _columns(self, given: Mapping[str, Array], field: Field) -> Array:
        """Values in the field's units, (columns, nlev or 1), top first."""
        columns = given[field.name].reshape(self._states.columns, -1)
        if field.levels == "full" and self._states.levels.order == "bottom_up":
            columns = columns[:, ::-1]
        return columns.astype(np.float64)


class DragData(Data):
    """State files with drag.

    Parameters
    ----------
    paths : sequence of str
        netCDF files in any order.
    inputs, outputs : sequence of Field
        The network's.
    vertical : Vertical or None
        The levels that a pre-trained network expects; any if None.

    Attributes
    ----------
    vertical : Vertical
        The levels of the files.

    Raises
    ------
    GwparamError
        As `gwparam.data.open_states`.
    ContractError
        If the files have no drag, or other levels than expected.
    """

    def __init__(
        self,
        paths: Sequence[str],
        inputs: Sequence[Field],
        outputs: Sequence[Field],
        vertical: Vertical | None,
    ) -> None:
        states = open_states(paths, inputs, vertical, by_name=True)
        self.dates = states.dates
        try:
            for field in outputs:
                also = nonorographic(field.name)
                path = states.first_path
                name = name_variable(states.dataset, path, field.name, also=also)
                states.bind(field, name)
            pressure = np.asarray(states.levels.pressure)
            if states.levels.order == "bottom_up":
                pressure = pressure[::-1]
            if vertical is not None:
                check_levels(
                    vertical, pressure, states.first_path, "the pre-trained network"
                )
        except BaseException:
            states.close()
            raise
        self.vertical = vertical or Vertical(
            "host",
            "top_down",
            pressure.size,
            tuple(pressure.tolist()),
            NOMINAL_TOLERANCE,
        )
        self._states = states
        self._drag = [states.sources[field.name].variable for field in outputs]
        self.samples: DragSamples = DragSamples(states, inputs, outputs)

    def close(self) -> None:
        """Close the files."""
        self._states.close()

    def coefficients(self) -> tuple[Array, Array]:
        """Coefficients of the full levels, ``a + b * surface pressure``, top first.

        Returns
        -------
        a, b : ndarray, shape (nlev,)
            Pa and 1. Exact on sigma levels; on others between 900 and 1000 hPa.

        Raises
        ------
        ContractError
            If the files have no coefficients of their half levels.
        """
        states = self._states
        half = read_half_levels(states.dataset, states.levels, self.dates.paths[0])
        thick, thin = _SURFACES
        high, low = half.full_pressure(half.pressure(np.array(_SURFACES)))
        b = (high - low) / (thick - thin)
        down = slice(None, None, 1 if half.top_down else -1)
        return (high - b * thick)[down], b[down]

    def fingerprint(self, time: int) -> str:
        """Digest of the features of one time."""
        features, _ = self.samples.read(time)
        return hashlib.sha256(features.numpy().tobytes()).hexdigest()

    def check_alike(self, other: Self) -> None:
        """Check that other files are on the same levels."""
        pressure = np.asarray(other.vertical.nominal_pressure)
        if pressure.size != self.vertical.nlev:
            raise ContractError(
                f"{other.dates.paths[0]} has {pressure.size} levels, expected "
                f"{self.vertical.nlev} as {self.dates.paths[0]}"
            )
        check_levels(self.vertical, pressure, other.dates.paths[0], self.dates.paths[0])

    def report(self) -> list[tuple[str, str]]:
        """Say what was found."""
        states = self._states
        count = len(self.dates.paths)
        pressure = self.vertical.nominal_pressure or ()
        levels = f"{len(states.levels.pressure)}"
        if pressure:
            levels += f", {pressure[0] / 100:.2f} to {pressure[-1] / 100:.1f} hPa"
        return [
            (
                "files",
                f"{count}, in the order of their times"
                if count > 1
                else self.dates.paths[0],
            ),
            ("times", f"{len(self.samples)} of {states.columns} columns"),
            ("levels", levels),
            ("drag", " and ".join(self._drag)),
        ]


def check_levels(vertical: Vertical, pressure: Array, path: str, whose: str) -> None:
    """Compare the levels of files, top first, with those that are expected.

    Raises
    ------
    ContractError
        If they are beyond the tolerance; the message names a level.
    """
    nominal = vertical.nominal_pressure
    if nominal is None:
        return
    expected = np.asarray(nominal)
    relative = np.abs(pressure / expected - 1.0)
    if relative.max() > (vertical.nominal_tolerance or 0.0):
        level = int(relative.argmax())
        raise ContractError(
            f"level {level} of {path} is at {pressure[level]:.5g} Pa, expected "
            f"{expected[level]:.5g} Pa as {whose} (from 0, the top)"
        )
