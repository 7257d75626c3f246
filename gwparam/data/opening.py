"""Open files for a network: states of a host, or the training files of a network."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING

from gwparam.contract import Contract, Field, Vertical
from gwparam.data.assembled import rename
from gwparam.data.levels import find_level_dimension, read_levels
from gwparam.data.matching import name_variable
from gwparam.data.netcdf import OpenFiles
from gwparam.data.places import horizontal_dimensions
from gwparam.data.pressure import PRESSURE, needs_pressure
from gwparam.data.state_files import StateFiles
from gwparam.data.states import COLUMN, States
from gwparam.data.training_files import is_training_file
from gwparam.data.training_states import TrainingStates
from gwparam.errors import ArgumentError, ContractError, ShapeError

if TYPE_CHECKING:
    from gwparam.networks.scaling_recipe import Recipe

Paths = Sequence[str | PathLike[str]]


def open_inputs(
    paths: Paths,
    contract: Contract,
    variables: Mapping[str, str] | None = None,
    recipe: "Recipe | None" = None,
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
        With all inputs bound. Those of a host let columns through that lack values, if
        the network is one of single columns.

    Raises
    ------
    ArgumentError
        If training files come without a recipe.
    GwparamError
        As `open_states` and `TrainingStates`.
    """
    if not is_training_file(paths[0]):
        return open_states(
            paths,
            contract.inputs,
            contract.vertical,
            variables,
            pressures=needs_pressure(contract),
            # Neighbours would see the hole.
            leave_out=contract.geometry.kind == "column",
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
    leave_out: bool = False,
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
    leave_out : bool
        As `States`.

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
    states = States(OpenFiles(paths, by_name=by_name), leave_out=leave_out)
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
    for path, dataset in list(states.files.datasets.items()):
        name = name_variable(dataset, path, field.name, variables.get(field.name))
        what = f"{field.name} ({name} in {path})"
        dimension = find_level_dimension(dataset, name, what)
        nlev = vertical.nlev if vertical and vertical.kind == "host" else None
        if nlev not in (None, dataset.sizes[dimension]):
            raise ShapeError(
                f"{what} has {dataset.sizes[dimension]} levels, expected {nlev}"
            )
        levels = read_levels(dataset, dimension, path)
        if dataset is states.dataset:
            states.levels = levels
            rest = _horizontal(states, name, dimension, what)
            column = {} if rest else {COLUMN: 1}
            time = states.time_dimension
            layout = [d for d in dataset[name].dims if d in (time, dimension, *rest)]
            if time is not None and time not in layout:  # one state, of one time
                layout.insert(0, time)
            states.layout = (*map(str, layout), *column)
            rest |= column
            states.dimensions, states.horizontal = tuple(rest), tuple(rest.values())
            continue
        if levels.turned.is_close(states.levels):
            dataset = dataset.isel({dimension: slice(None, None, -1)})
        elif not levels.is_close(states.levels):
            raise ContractError(f"{path} has other levels than {states.first_path}")
        wanted = {dimension: states.levels.dimension}
        states.files.datasets[path] = rename(dataset, wanted, path, states.first_path)


def _horizontal(states: States, name: str, levels: str, what: str) -> dict[str, int]:
    """Find the horizontal dimensions of a variable, and their extents.

    Raises
    ------
    ShapeError
        If there are other dimensions, as of members of an ensemble.
    """
    axes = states.files.read_axes(states.dataset, states.first_path)
    known = horizontal_dimensions(states.dataset, axes)
    rest = {
        str(dim): n
        for dim, n in states.dataset[name].sizes.items()
        if dim not in (levels, states.time_dimension)
    }
    for dim, n in rest.items():
        if dim not in known and n > 1:
            raise ShapeError(
                f"{what} has a dimension {dim} of {n}, which is no time, no levels and "
                "no latitude or longitude, expected one of these or an extent of 1"
            )
    return {dim: n for dim, n in rest.items() if dim in known}
