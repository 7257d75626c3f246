"""What runs a network: the compiled library, through C or Fortran, or PyTorch."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Protocol

from numpy.typing import NDArray

from gwparam.contract import Contract
from gwparam.data import Order
from gwparam.library import load_scheme

Array = NDArray[Any]


class Predictor(Protocol):
    """What runs a network: a scheme of the library, or PyTorch."""

    def set_levels(self, pressure: Sequence[float], order: Order = ...) -> None:
        """State reference pressures [Pa] and order of the levels."""

    def set_columns(self, latitude: Array, longitude: Array) -> None:
        """State where the columns are [degrees]."""

    def predict(self, fields: Mapping[str, Array]) -> dict[str, Array]:
        """Give the outputs for the inputs, in the contract's units; level last."""


class FortranColumns:
    """The Fortran interface, for fields with any number of horizontal dimensions.

    Parameters
    ----------
    scheme : Predictor
        Takes and gives arrays of shape (ncol, nlev) and (ncol,).
    contract : Contract
        The artefact's.
    """

    def __init__(self, scheme: Predictor, contract: Contract) -> None:
        self._scheme = scheme
        self._surface = {f.name for f in contract.inputs if f.levels == "surface"}

    def set_levels(self, pressure: Sequence[float], order: Order = "top_down") -> None:
        """State reference pressures [Pa] and order of the levels."""
        self._scheme.set_levels(pressure, order)

    def set_columns(self, latitude: Array, longitude: Array) -> None:
        """State where the columns are [degrees]."""
        self._scheme.set_columns(latitude.reshape(-1), longitude.reshape(-1))

    def predict(self, fields: Mapping[str, Array]) -> dict[str, Array]:
        """Give the outputs for the inputs, in the contract's units; level last."""
        horizontal: tuple[int, ...] = ()
        columns: dict[str, Array] = {}
        for name, values in fields.items():
            if name in self._surface:
                horizontal = values.shape
                columns[name] = values.reshape(-1)
            else:
                horizontal = values.shape[:-1]
                columns[name] = values.reshape(-1, values.shape[-1])
        outputs = self._scheme.predict(columns)
        return {
            name: values.reshape((*horizontal, *values.shape[1:]))
            for name, values in outputs.items()
        }


def load_library(
    path: str | PathLike[str],
    contract: Contract,
    *,
    through: str = "c",
    threads: int = 0,
    device: str = "cpu",
    range_sigmas: float = 10.0,
    members: str = "mean",
    member: int = 0,
) -> Predictor:
    """Load an artefact into the compiled library.

    Parameters
    ----------
    path : path-like
        The artefact.
    contract : Contract
        Its contract.
    through : str
        ``c`` for the C interface, ``fortran`` for the Fortran one on top of it.
    threads, device
        As `gwparam.library.load_scheme`; the Fortran interface runs on the CPU here.
    range_sigmas : float
        What is unlike the training, as there; through C alone.
    members, member
        Which networks of an artefact with several, as there; through C alone.

    Raises
    ------
    GwparamError
        As `gwparam.library.load_scheme`.

    Notes
    -----
    Through C, guards of inputs unlike the training and of results beyond the limits
    count columns and let them through, so that the scores are the network's own.
    """
    if through == "fortran":
        # Imported here: the compiled extension is not needed for anything else.
        from gwparam.native import FortranScheme

        return FortranColumns(FortranScheme(path, threads=threads), contract)
    return load_scheme(
        path,
        threads=threads,
        device=device,
        on_limit="count",
        on_range="count",
        range_sigmas=range_sigmas,
        members=members,
        member=member,
    )
