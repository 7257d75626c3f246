"""Run states through the compiled library and score what comes out."""

import time
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gwparam.contract import Contract, Field
from gwparam.errors import ArgumentError, ContractError
from gwparam.evaluate.metrics import Scores, ZonalMean
from gwparam.library import load_scheme
from gwparam.replay.result import Replay, VariableScores
from gwparam.states import Order, States
from gwparam.units import conversion

Array = NDArray[Any]

LATITUDE = Field("latitude", "degrees_north", "surface", "float64")


class Predictor(Protocol):
    """What runs a network: a scheme of the library, or PyTorch."""

    def set_levels(self, pressure: Sequence[float], order: Order = ...) -> None:
        """State reference pressures [Pa] and order of the levels."""

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


def bind_references(
    states: States, outputs: Sequence[Field], names: Sequence[str] | None
) -> dict[str, str]:
    """Add the reference tendencies to what `states` reads.

    Parameters
    ----------
    states : States
        The files.
    outputs : sequence of Field
        The network's outputs.
    names : sequence of str or None
        Variables, in the order of the outputs. None to look for them by the standard
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
        also = field.name.replace("_gravity_", "_nonorographic_gravity_")
        name = states.find(field.name, (also,)) if names is None else names[i]
        if name is not None:
            found[field.name] = states.bind(field, name).variable
    return found


def replay(
    library: Predictor,
    eager: Predictor,
    contract: Contract,
    states: States,
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
    states : States
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
        If an output is not on full levels.
    GwparamError
        What the library, PyTorch or the files raise.
    """
    for field in contract.outputs:
        if field.levels != "full":
            raise ContractError(f"{field.name} is at the surface, expected full levels")
    inputs = [field.name for field in contract.inputs]
    if LATITUDE.name not in states.sources and states.find(LATITUDE.name) is not None:
        states.bind(LATITUDE)
    has_latitude = LATITUDE.name in states.sources
    latitude = _latitude(states, times[0]) if has_latitude else np.zeros(states.columns)
    units = {name: states.units[name] for name in inputs}
    levels = states.levels
    for predictor in (library, eager):
        predictor.set_levels(levels.pressure, levels.order)
    nlev = len(levels.pressure)
    limits = {limit.name: limit.maximum_magnitude for limit in contract.limits}
    variables = [
        VariableScores(
            field=field,
            reference=references.get(field.name),
            eager_scores=Scores(nlev),
            reference_scores=Scores(nlev) if field.name in references else None,
            maximum_magnitude=limits.get(field.name),
            columns_beyond=0,
            zonal_means={
                name: ZonalMean(latitude, nlev)
                for name in ("reference", "network")
                if name == "network" or field.name in references
            },
        )
        for field in contract.outputs
    ]
    result = Replay(
        times,
        states.columns,
        levels.pressure,
        contract.probe.tolerance,
        variables,
        0.0,
        0.0,
        has_latitude,
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
    network = _columns(predicted[name])
    variable.eager_scores.add(network, _columns(expected[name]), latitude)
    variable.zonal_means["network"].add(network)
    if variable.maximum_magnitude is not None:
        beyond = np.abs(network) > variable.maximum_magnitude
        variable.columns_beyond += int(beyond.any(axis=1).sum())
    if variable.reference_scores is not None:
        convert = conversion(units[name], variable.field.units, name)
        reference = convert(_columns(fields[name]))
        variable.reference_scores.add(network, reference, latitude)
        variable.zonal_means["reference"].add(reference)


def _latitude(states: States, index: int) -> Array:
    """Latitude of each column [degrees_north]."""
    values = states.read(index, [LATITUDE.name])[LATITUDE.name]
    given = states.units[LATITUDE.name]
    convert = conversion(given, LATITUDE.units, LATITUDE.name)
    return convert(values).reshape(-1)


def _columns(field: Array) -> Array:
    """View a field as (column, level)."""
    return field.reshape(-1, field.shape[-1])
