"""Open what is audited, and the states for it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from gwparam.audit.artefact import Artefact
from gwparam.audit.made import make_sample
from gwparam.audit.native import OUTPUTS, SETUP_LATITUDE, Native
from gwparam.audit.sample import Sample, read_sample
from gwparam.audit.subject import WINDS, Answer, answers_of
from gwparam.audit.trial import Trial
from gwparam.constants import REFERENCE_SURFACE_PRESSURE
from gwparam.contract import Contract, Field
from gwparam.data import (
    HALF_PRESSURE,
    PRESSURE,
    needs_pressure,
    open_inputs,
    open_states,
)
from gwparam.data.host_levels import host_levels
from gwparam.evaluate.outputs import bind_references, comparable_fields
from gwparam.grids import uneven_sigma
from gwparam.synthetic.climatology import draw_columns
from gwparam.synthetic.columns import NLEV, VERTICAL, setup_latitude

if TYPE_CHECKING:
    from gwparam.networks.scaling_recipe import Recipe

Paths = Sequence[str | PathLike[str]]
Times = Callable[[int], range]


@dataclass(frozen=True)
class StateFilesOptions:
    """How state files are read.

    Attributes
    ----------
    paths : sequence of path-like
        The files; none for states by formulas.
    variables : mapping of str to str
        Variable of an input, where its name does not tell.
    references : sequence of str or None
        Variables of the references, where their names do not tell; empty for none.
    recipe : Recipe or None
        How training files were normalised.
    times : callable
        Gives the numbers of the times to read, of so many.
    """

    paths: Paths = ()
    variables: Mapping[str, str] | None = None
    references: Sequence[str] | None = None
    recipe: "Recipe | None" = None
    times: Times = range


def open_artefact(
    path: str | PathLike[str],
    contract: Contract,
    files: StateFilesOptions,
    **machine: Any,
) -> Trial:
    """Put an artefact on trial.

    Parameters
    ----------
    path, contract
        The artefact.
    files : StateFilesOptions
        The states.
    **machine
        Keywords of `gwparam.audit.artefact.Artefact`.

    Raises
    ------
    GwparamError
        As `gwparam.data.open_inputs`, `gwparam.audit.sample.read_sample` and
        `gwparam.library.load_scheme`.
    """
    if not files.paths:
        sample, drag = make_sample(contract), True
    else:
        sample, drag = _read(contract, files)
    subject = Artefact(path, contract, sample.pressure, sample.places, **machine)
    return Trial(subject, sample, answers_of(contract, drag=drag))


def _read(contract: Contract, files: StateFilesOptions) -> tuple[Sample, bool]:
    """Read the states of an artefact, and whether drag is to be had of it."""
    with ExitStack() as stack:
        states = stack.enter_context(
            open_inputs(files.paths, contract, files.variables, files.recipe)
        )
        references: dict[str, str] = {}
        if files.references != []:
            fields = comparable_fields(contract, states)
            references = bind_references(states, fields, files.references)
        names = [field.name for field in contract.inputs]
        if needs_pressure(contract):
            names += [PRESSURE.name, HALF_PRESSURE]
        told = host_levels(contract.vertical, states.levels)
        sample = read_sample(
            states,
            list(dict.fromkeys(names)),
            references,
            contract.geometry.kind,
            files.times(len(states)),
            told.pressure,
        )
        return sample, states.knows_half_levels


def open_native(name: str, files: StateFilesOptions) -> Trial:
    """Put a native scheme on trial, on MiMA's levels.

    Parameters
    ----------
    name : str
        Its name.
    files : StateFilesOptions
        The states.

    Raises
    ------
    GwparamError
        As `gwparam.data.open_states` and `gwparam.audit.sample.read_sample`.
    """
    subject = Native(name)
    sample = _read_native(files) if files.paths else _drawn()
    answers = [
        Answer(*pair) for pair in zip(OUTPUTS, ("m s-2",) * 2, WINDS, strict=True)
    ]
    return Trial(subject, sample, answers)


def _read_native(files: StateFilesOptions) -> Sample:
    inputs = Native.inputs
    with open_states(files.paths, inputs, VERTICAL, files.variables) as states:
        references: dict[str, str] = {}
        if files.references != []:
            fields = [Field(name, "m s-2", "full", "float64") for name in OUTPUTS]
            references = bind_references(states, fields, files.references)
        latitude = states.coordinates(0)[0]
        sample = read_sample(
            states,
            [field.name for field in inputs],
            references,
            "column",
            files.times(len(states)),
            states.levels.pressure,
        )
        own = setup_latitude(states, np.asarray(latitude, np.float64).reshape(-1))
        rows = dict(zip(np.asarray(latitude).reshape(-1).tolist(), own, strict=True))
        (state,) = sample.states
        own_rows = np.array([rows[value] for value in state["latitude"].tolist()])
        return replace(sample, states=[{**state, SETUP_LATITUDE: own_rows}])


def _drawn() -> Sample:
    """Draw columns on MiMA's levels."""
    columns = draw_columns(np.random.default_rng(20240917), 32, 16)
    state = {
        "eastward_wind": columns.eastward_wind,
        "northward_wind": columns.northward_wind,
        "air_temperature": columns.temperature,
        "geopotential_height": columns.height,
        "surface_air_pressure": columns.surface_pressure,
        "latitude": columns.latitude,
        SETUP_LATITUDE: columns.setup_latitude,
    }
    pressure = np.asarray(VERTICAL.reference_pressure)
    half = REFERENCE_SURFACE_PRESSURE * uneven_sigma(NLEV)
    return Sample("states by formulas", [state], [{}], pressure, half_levels=half)
