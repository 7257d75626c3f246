"""Open files for a network: states of a host, or the training files of a network."""

from collections.abc import Mapping, Sequence
from os import PathLike

from gwparam.contract import Contract, Field, Vertical
from gwparam.data.levels import find_level_dimension, read_levels
from gwparam.data.matching import name_variable
from gwparam.data.netcdf import OpenFiles
from gwparam.data.pressure import PRESSURE, needs_pressure
from gwparam.data.state_files import StateFiles
from gwparam.data.states import COLUMN, States
from gwparam.data.training_files import is_training_file
from gwparam.data.training_states import TrainingStates
from gwparam.errors import ArgumentError, ContractError, ShapeError
from gwparam.networks.scaling_recipe import Recipe

Paths = Sequence[str | PathLike[str]]


def open_inputs(
    paths: Paths,
    contract: Contract,
    variables: Mapping[str, str] | None = None,
    recipe: Recipe | None = None,
) -> StateFiles:
    """Open files with the inputs of a network, of either kind.

    Parameters
    ----------
    paths : sequence of path-like
        netCDF files; at least one.
    contract : Contract
        The network's.
    variables : mapping of str to str, optional
        As `open_states`.
    recipe : Recipe, optional
        How training files were normalised.

    Returns
    -------
    StateFiles
        With all inputs bound.

    Raises
    ------
    ArgumentError
        If training files come without a recipe.
    GwparamError
        As `open_states` and `TrainingStates`.
    """
    if not is_training_file(paths[0]):
        pressures = needs_pressure(contract)
        return open_states(
            paths, contract.inputs, contract.vertical, variables, pressures
        )
    if recipe is None:
        raise ArgumentError(
            f"the numbers in {paths[0]} are normalised, expected a scaling recipe"
        )
    return TrainingStates(paths, contract, recipe)


def open_states(
    paths: Paths,
    inputs: Sequence[Field],
    vertical: Vertical | None = None,
    variables: Mapping[str, str] | None = None,
    pressures: bool = False,
    by_name: bool = False,
) -> States:
    """Open state files and match their variables to the inputs of a network.

    Parameters
    ----------
    paths : sequence of path-like
        netCDF files; at least one.
    inputs : sequence of Field
        The fields that the network needs.
    vertical : Vertical, optional
        The network's levels; any number of them if absent.
    variables : mapping of str to str, optional
        Variable of a field, where neither standard name nor name tells.
    pressures : bool
        Whether the pressures at full and half levels are needed too; see
        `States.bind_pressures`.
    by_name : bool
        As `gwparam.data.netcdf.OpenFiles`.

    Returns
    -------
    States
        With all inputs bound.

    Raises
    ------
    ArgumentError, ModelFileError
        As `gwparam.data.netcdf.OpenFiles`.
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
    states = States(OpenFiles(paths, by_name=by_name))
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
    vertical: Vertical | None,
    variables: Mapping[str, str],
) -> None:
    """Take dimensions and levels from the first field on full levels."""
    fields = [field for field in inputs if field.levels == "full"]
    # Pressure may be none of the file's variables.
    field = next((f for f in fields if f.name != PRESSURE.name), fields[0])
    for path, dataset in states.files.datasets.items():
        name = name_variable(dataset, path, field.name, variables.get(field.name))
        what = f"{field.name} ({name} in {path})"
        dimension = find_level_dimension(dataset, name, what)
        nlev = vertical.nlev if vertical and vertical.kind == "host" else None
        if nlev not in (None, dataset.sizes[dimension]):
            raise ShapeError(
                f"{what} has {dataset.sizes[dimension]} levels, expected {nlev}"
            )
        levels = read_levels(dataset, dimension, path)
        rest = {
            str(dim): n
            for dim, n in dataset[name].sizes.items()
            if dim not in (dimension, states.time_dimension)
        }
        if dataset is states.dataset:
            states.levels = levels
            column = {} if rest else {COLUMN: 1}
            states.layout = (*map(str, dataset[name].dims), *column)
            rest |= column
            states.dimensions, states.horizontal = tuple(rest), tuple(rest.values())
        elif not levels.is_close(states.levels):
            raise ContractError(f"{path} has other levels than {states.first_path}")
