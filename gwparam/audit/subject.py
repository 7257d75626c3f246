"""What can be audited: something that answers a state of the atmosphere with drag."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gwparam.constants import HALF_PRESSURE, PRESSURE
from gwparam.contract import Contract, Field
from gwparam.errors import ContractError

Array = NDArray[np.float64]
Kind = Literal["column", "stencil", "global"]
State = Mapping[str, Array]
"""Fields by name, level last and top first, in the units of the contract."""

WINDS = ("eastward_wind", "northward_wind")
PLACES = ("latitude", "longitude", "surface_altitude")
"""Where a column is: no weather, and no noise on it."""
COORDINATES = (*PLACES, PRESSURE, HALF_PRESSURE, "geopotential_height")


@dataclass(frozen=True)
class Answer:
    """One component of what is audited.

    Attributes
    ----------
    name, units : str
        Name and units of the output.
    wind : str or None
        The input whose component it is; None where the network does not see it.
    """

    name: str
    units: str
    wind: str | None


class Subject(ABC):
    """What is audited.

    Attributes
    ----------
    name : str
        What people call it.
    kind : str
        ``column``, ``stencil`` or ``global``.
    inputs : tuple of Field
        What it is given.
    contract : Contract or None
        None for a scheme that is no artefact.
    """

    name: str
    kind: Kind
    inputs: tuple[Field, ...]
    contract: Contract | None = None

    @abstractmethod
    def answer(self, state: State) -> Mapping[str, NDArray[Any]]:
        """Give all outputs of a state, level last and top first."""

    def caught(self) -> dict[str, int]:
        """Say how many columns each guard caught so far, by its name."""
        return {}


def answers_of(contract: Contract, *, drag: bool) -> tuple[Answer, ...]:
    """Find what is audited of a network: the drag, or its fluxes where there is none.

    Parameters
    ----------
    contract : Contract
        The network's.
    drag : bool
        Whether the tendencies of fluxes can be had.

    Raises
    ------
    ContractError
        If it gives neither.
    """
    if drag or not contract.flux:
        found = [(name, "m s-2") for name in contract.tendencies]
    else:
        fluxes = {flux.name for flux in contract.flux}
        found = [(o.name, o.units) for o in contract.outputs if o.name in fluxes]
    seen = [field.name for field in contract.inputs]
    answers = tuple(Answer(name, u, _wind_of(name, seen)) for name, u in found)
    if not any("eastward" in a.name or "northward" in a.name for a in answers):
        outputs = ", ".join(field.name for field in contract.outputs)
        raise ContractError(
            f"the network {contract.name} gives {outputs}, expected a tendency or a "
            "momentum flux of the eastward or northward wind, which alone is audited"
        )
    return answers


def _wind_of(name: str, inputs: Sequence[str]) -> str | None:
    component = next((w for w in WINDS if w.split("_")[0] in name), None)
    return component if component in inputs else None


def component(name: str) -> str:
    """Give the short name of an output for people."""
    return next((w.split("_")[0] for w in WINDS if w.split("_")[0] in name), name)
