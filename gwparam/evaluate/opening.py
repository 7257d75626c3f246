"""Open truth, predictions and artefacts for an evaluation."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, TypeVar

from gwparam.contract import Contract
from gwparam.data import (
    StateFiles,
    States,
    TrainingStates,
    nonorographic,
    open_inputs,
    open_states,
)
from gwparam.data.netcdf import OpenFiles
from gwparam.errors import ArgumentError, ContractError
from gwparam.evaluate.quantity import Quantity, known_by
from gwparam.evaluate.sources import ArtefactFields, FileFields
from gwparam.units import conversion

if TYPE_CHECKING:
    from gwparam.networks.scaling_recipe import Recipe

Paths = Sequence[str | PathLike[str]]
_Made = TypeVar("_Made")


def open_fields(
    paths: Paths, quantity: Quantity | None = None, names: Sequence[str] | None = None
) -> FileFields:
    """Open files that hold drag or fluxes under their own units.

    Parameters
    ----------
    paths : sequence of path-like
        netCDF files, in the order of their times; at least one.
    quantity : Quantity, optional
        What is wanted of them; what they have if absent, drag before fluxes.
    names : sequence of str, optional
        Their variables, eastward first, where neither standard name nor name tells.

    Raises
    ------
    ArgumentError
        If there are not two names.
    ContractError, ShapeError, ModelFileError
        If the files lack the quantity, or as `gwparam.data.open_states`.
    """
    label = str(paths[0])
    if names is not None and len(names) != 2:
        raise ArgumentError(
            f"{len(names)} variables ({', '.join(names)}), expected 2: eastward and "
            "northward"
        )
    with States(OpenFiles(paths)) as found:

        def variables(wanted: Quantity) -> list[str | None]:
            return [found.find(name, nonorographic(name)) for name in wanted.names]

        if names is not None and quantity is None:
            quantity = _by_units(found, names, label)
        elif quantity is None:
            quantity = known_by(lambda q: None not in variables(q), label)
        chosen = list(names) if names is not None else variables(quantity)
        if None in chosen:
            raise ContractError(
                f"{label} has no {' and '.join(quantity.names)}; "
                f"it has {', '.join(map(str, found.dataset.data_vars))}"
            )
    bound = {
        name: str(variable)
        for name, variable in zip(quantity.names, chosen, strict=True)
    }
    states = open_states(paths, quantity.fields, variables=bound, leave_out=True)
    return _closing(states, lambda: FileFields(label, states, quantity))


def _by_units(states: States, names: Sequence[str], label: str) -> Quantity:
    """Find what variables are from their units."""

    def fits(quantity: Quantity) -> bool:
        try:
            units = [str(states.dataset[name].attrs.get("units", "")) for name in names]
            for given in units:
                conversion(given, quantity.units, label)
        except (ContractError, KeyError):
            return False
        return True

    return known_by(fits, f"{label} ({', '.join(names)})")


def _closing(states: StateFiles, make: Callable[[], _Made]) -> _Made:
    """Make something of files, which are closed if it fails."""
    try:
        return make()
    except BaseException:
        states.close()
        raise


def open_fluxes(
    paths: Paths, contract: Contract, quantity: Quantity, recipe: "Recipe"
) -> FileFields:
    """Open training files, on the levels of a network, for their fluxes.

    Parameters
    ----------
    paths, contract, recipe
        As `gwparam.data.TrainingStates`.
    quantity : Quantity
        The fluxes.

    Raises
    ------
    GwparamError
        As `gwparam.data.TrainingStates`.
    """
    states = TrainingStates(paths, contract, recipe)

    def make() -> FileFields:
        for field in quantity.fields:
            states.bind(field)
        return FileFields(str(paths[0]), states, quantity)

    return _closing(states, make)


def open_artefact(
    path: str | PathLike[str],
    contract: Contract,
    paths: Paths,
    quantity: Quantity,
    *,
    recipe: "Recipe | None" = None,
    variables: Mapping[str, str] | None = None,
    threads: int = 1,
    device: str = "cpu",
) -> ArtefactFields:
    """Open an artefact and the files with its inputs.

    Parameters
    ----------
    path, contract, quantity, threads, device
        As `ArtefactFields`.
    paths : sequence of path-like
        Files of states, or training files.
    recipe, variables
        As `gwparam.data.open_inputs`.

    Raises
    ------
    GwparamError
        As `ArtefactFields` and `gwparam.data.open_inputs`.
    """
    states = open_inputs(paths, contract, variables, recipe)
    return _closing(
        states,
        lambda: ArtefactFields(
            path, contract, states, quantity, threads=threads, device=device
        ),
    )
