"""An artefact in the compiled library, as a subject."""

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.subject import State, Subject
from gwparam.contract import Contract
from gwparam.library import load_scheme

Array = NDArray[np.float64]


class Artefact(Subject):
    """An artefact in the compiled library.

    Parameters
    ----------
    path : path-like
        The artefact.
    contract : Contract
        Its contract.
    pressure : ndarray, shape (nlev,)
        Reference pressure of the levels of the states, top first [Pa].
    places : tuple of ndarray, optional
        Latitude and longitude of the columns [degrees], for a network that sees more
        than one.
    threads, device, members, member
        As `gwparam.library.load_scheme`.

    Raises
    ------
    GwparamError
        As `gwparam.library.load_scheme` and `gwparam.scheme.Scheme.set_levels`.

    Notes
    -----
    Guards count the columns that are beyond the limits or unlike the training, and let
    them through: what is measured is the network's own.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        contract: Contract,
        pressure: Array,
        places: tuple[Array, Array] | None = None,
        *,
        threads: int = 1,
        device: str = "cpu",
        members: str = "mean",
        member: int = 0,
    ) -> None:
        self.name, self.contract = contract.name, contract
        self.kind, self.inputs = contract.geometry.kind, contract.inputs
        self._scheme = load_scheme(
            path,
            threads=threads,
            device=device,
            on_limit="count",
            on_range="count",
            members=members,
            member=member,
        )
        self._scheme.set_levels(pressure, "top_down")
        if places is not None and self.kind != "column":
            self._scheme.set_columns(*places)

    def answer(self, state: State) -> Mapping[str, NDArray[Any]]:
        """Give all outputs of a state."""
        return self._scheme.predict(
            {name: np.ascontiguousarray(values) for name, values in state.items()}
        )

    def caught(self) -> dict[str, int]:
        """Say how many columns each guard caught so far, by its name."""
        return {guard.name: guard.columns for guard in self._scheme.guards()}
