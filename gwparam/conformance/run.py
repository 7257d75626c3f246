"""Run states through the compiled library and score what comes out."""

import time
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gwparam.conformance.result import Replay, VariableScores
from gwparam.contract import Contract, Field
from gwparam.data import (
    HALF_PRESSURE,
    PRESSURE,
    Order,
    StateFiles,
    needs_pressure,
    nonorographic,
)
from gwparam.errors import ArgumentError, ContractError
from gwparam.evaluate.metrics import Scores, ZonalMean
from gwparam.library import load_scheme
from gwparam.networks.vertical import reference_pressure
from gwparam.units import conversion

Array = NDArray[Any]


class Predictor(Protocol):
    """What runs a network: a scheme of the library, or PyTorch."""

    def set_levels(self, pressure: Sequence[float], order: Order = ...) -> None:
        """State reference pressures [Pa] and order of the levels."""

    def set_columns(self, latitude: Array, longitude: Array) -> None:
        """State where the columns are [degrees]."""

    def predict(
        self, fields: Mapping[str, Array], units: Mapping[str, str]
    ) -> dict[str, Array]:
        """Give the outputs for the inputs; level is the last axis."""


class Sink(Protocol):
    """What takes predicted fields as they come."""

    def write(self, step: int, index: int, fields: Mapping[str, Array]) -> None:
        """Take the fields of one time."""


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

    def predict(
        self, fields: Mapping[str, Array], units: Mapping[str, str]
    ) -> dict[str, Array]:
        """Give the outputs for the inputs; level is the last axis."""
        horizontal: tuple[int, ...] = ()
        columns = {}
        for name, values in fields.items():
            if name in self._surface:
                horizontal = values.shape
                columns[name] = values.reshape(-1)
            else:
                horizontal = values.shape[:-1]
                columns[name] = _columns(values)
        outputs = self._scheme.predict(columns, units)
        return {
            name: values.reshape((*horizontal, values.shape[-1]))
            for name, values in outputs.items()
        }


def load_library(
    path: str | PathLike[str],
    contract: Contract,
    *,
    through: str = "c",
    threads: int = 0,
    device: str = "cpu",
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

    Raises
    ------
    GwparamError
        As `gwparam.library.load_scheme`.

    Notes
    -----
    Through C, columns beyond the limits of the contract are let through, so that the
    scores are the network's own; `replay` counts them.
    """
    if through == "fortran":
        # Imported here: the compiled extension is not needed for anything else.
        from gwparam.native import FortranScheme

        return FortranColumns(FortranScheme(path, threads=threads), contract)
    return load_scheme(path, threads=threads, device=device, on_limit="ignore")


def scored_fields(contract: Contract, states: StateFiles) -> tuple[Field, ...]:
    """List what is scored: outputs, and the drag of fluxes as far as it can be had."""
    if not states.knows_half_levels:
        return contract.outputs
    drag = (Field(flux.tendency, "m s-2", "full", "float64") for flux in contract.flux)
    return (*contract.outputs, *drag)


def comparable_fields(contract: Contract, states: StateFiles) -> tuple[Field, ...]:
    """List what is scored and may have a reference: it is on the files' levels."""
    own = contract.vertical.kind != "host" and states.knows_half_levels
    return tuple(
        field
        for field in scored_fields(contract, states)
        if not own or field.name in contract.tendencies
    )


def bind_references(
    states: StateFiles, outputs: Sequence[Field], names: Sequence[str] | None
) -> dict[str, str]:
    """Add the references to what `states` reads.

    Parameters
    ----------
    states : StateFiles
        The files.
    outputs : sequence of Field
        What `comparable_fields` gives.
    names : sequence of str or None
        Variables, in the order of `outputs`. None to look for them by the standard
        name of the output, or that of the drag of non-orographic waves, or usual names.

    Returns
    -------
    dict of str to str
        Variable of an output, for those that have one.

    Raises
    ------
    ArgumentError
        If there are not as many names as outputs.
    ContractError, ShapeError
        As `States.bind`.
    """
    found: dict[str, str] = {}
    if names is not None and len(names) != len(outputs):
        raise ArgumentError(
            f"{len(names)} reference variables ({', '.join(names)}), expected "
            f"{len(outputs)}: {', '.join(field.name for field in outputs)}"
        )
    for i, field in enumerate(outputs):
        also = nonorographic(field.name)
        name = states.find(field.name, also) if names is None else names[i]
        if name is not None:
            found[field.name] = states.bind(field, name).variable
    return found


def replay(
    library: Predictor,
    eager: Predictor,
    contract: Contract,
    states: StateFiles,
    references: Mapping[str, str],
    times: range,
    sink: Sink | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Replay:
    """Run states through the library and through PyTorch, one time after the other.

    Parameters
    ----------
    library, eager : Predictor
        The compiled library, and PyTorch.
    contract : Contract
        The artefact's.
    states : StateFiles
        With the network's inputs and the references bound.
    references : mapping of str to str
        Variable of an output's reference; see `bind_references`.
    times : range
        Numbers of the times to run.
    sink : Sink, optional
        Takes the library's fields.
    advance : callable, optional
        Called after each time.

    Raises
    ------
    ContractError
        If an output is not on full levels, or the network sees neighbours and the
        files have no places of their columns.
    GwparamError
        What the library, PyTorch or the files raise.
    """
    for field in contract.outputs:
        if field.levels != "full":
            raise ContractError(f"{field.name} is at the surface, expected full levels")
    inputs = {field.name: None for field in contract.inputs}
    if needs_pressure(contract):
        inputs |= {PRESSURE.name: None, HALF_PRESSURE: None}
    north, east = states.coordinates(times[0])
    latitude = np.zeros(states.columns) if north is None else north.reshape(-1)
    levels = states.levels
    for predictor in (library, eager):
        predictor.set_levels(levels.pressure, levels.order)
        if contract.geometry.kind == "column":
            continue
        if north is None or east is None:
            raise ContractError(
                f"the network is of kind {contract.geometry.kind}, "
                "expected latitude and longitude in the states"
            )
        predictor.set_columns(north, east)
    units = {name: states.units[name] for name in inputs}
    variables = _empty_scores(contract, states, references, latitude)
    result = Replay(
        times,
        states.columns,
        levels.pressure,
        contract.probe.tolerance,
        variables,
        0.0,
        0.0,
        north is not None,
    )
    for step, index in enumerate(times):
        fields = states.read(index)
        given = {name: fields[name] for name in inputs}
        start = time.perf_counter()
        predicted = library.predict(given, units)
        middle = time.perf_counter()
        expected = eager.predict(given, units)
        result.library_seconds += middle - start
        result.eager_seconds += time.perf_counter() - middle
        for variable in variables:
            _score(variable, predicted, expected, fields, states.units, latitude)
        if sink is not None:
            sink.write(step, index, predicted)
        advance()
    return result


def _empty_scores(
    contract: Contract,
    states: StateFiles,
    references: Mapping[str, str],
    latitude: Array,
) -> list[VariableScores]:
    limits = {limit.name: limit.maximum_magnitude for limit in contract.limits}
    top_down = states.levels.order == "top_down"
    variables = []
    for field in scored_fields(contract, states):
        levels = _given_levels(contract, field.name, top_down)
        pressure = level_pressure(contract, states, field.name)[levels]
        nlev = len(pressure)
        referenced = field.name in references
        names = ("reference", "network") if referenced else ("network",)
        variables.append(
            VariableScores(
                field=field,
                reference=references.get(field.name),
                eager_scores=Scores(nlev),
                reference_scores=Scores(nlev) if referenced else None,
                maximum_magnitude=limits.get(field.name),
                columns_beyond=0,
                zonal_means={name: ZonalMean(latitude, nlev) for name in names},
                pressure=pressure,
                levels=levels,
            )
        )
    return variables


def level_pressure(
    contract: Contract, states: StateFiles, name: str
) -> tuple[float, ...]:
    """Give the reference pressure of an output's levels, in the files' order [Pa]."""
    vertical = contract.vertical
    if name in contract.tendencies or vertical.kind == "host":
        return states.levels.pressure
    pressure = reference_pressure(vertical)
    return pressure if states.levels.order == vertical.order else pressure[::-1]


def _given_levels(contract: Contract, name: str, top_down: bool) -> slice:
    """Levels of an output that the network gives, in the files' order."""
    vertical = contract.vertical
    for flux in contract.flux:
        if flux.name == name and flux.given_levels is not None:
            first, end = flux.given_levels
            if top_down != (vertical.order == "top_down"):
                first, end = vertical.nlev - end, vertical.nlev - first
            return slice(first, end)
    return slice(None)


def _score(
    variable: VariableScores,
    predicted: Mapping[str, Array],
    expected: Mapping[str, Array],
    fields: Mapping[str, Array],
    units: Mapping[str, str],
    latitude: Array,
) -> None:
    """Add one time to the scores of an output."""
    name = variable.field.name
    levels = variable.levels
    network = _columns(predicted[name])[:, levels]
    variable.eager_scores.add(network, _columns(expected[name])[:, levels], latitude)
    variable.zonal_means["network"].add(network)
    if variable.maximum_magnitude is not None:
        beyond = np.abs(network) > variable.maximum_magnitude
        variable.columns_beyond += int(beyond.any(axis=1).sum())
    if variable.reference_scores is not None:
        convert = conversion(units[name], variable.field.units, name)
        reference = convert(_columns(fields[name]))[:, levels]
        variable.reference_scores.add(network, reference, latitude)
        variable.zonal_means["reference"].add(reference)


def _columns(field: Array) -> Array:
    """View a field as (column, level)."""
    return field.reshape(-1, field.shape[-1])
