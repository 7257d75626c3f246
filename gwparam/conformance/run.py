"""Run states through the compiled library and through PyTorch, and compare."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gwparam.conformance.predictors import Predictor
from gwparam.conformance.result import OutputResult, Replay
from gwparam.contract import Contract
from gwparam.data import HALF_PRESSURE, PRESSURE, StateFiles, needs_pressure
from gwparam.data.host_levels import host_levels
from gwparam.data.missing import Mask, State, spread
from gwparam.data.training_range import InputRange
from gwparam.errors import ContractError, NonFiniteError, ShapeError
from gwparam.evaluate.accumulate import ZonalMean
from gwparam.evaluate.outputs import given_levels, level_pressure, scored_fields
from gwparam.evaluate.scores import Scores, globe_and_bands
from gwparam.scheme import Scheme

Array = NDArray[Any]


class Sink(Protocol):
    """What takes predicted fields as they come."""

    def write(self, step: int, index: int, fields: Mapping[str, Array]) -> None:
        """Take the fields of one time."""


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
    ShapeError
        If the files have no column.
    ContractError
        If the network sees neighbours and the files have no latitude and longitude.
    NonFiniteError
        If the files declare every column of a time, or a reference everywhere, as
        missing.
    GwparamError
        What the library, PyTorch or the files raise.
    """
    if not states.columns:
        raise ShapeError("the states have no column, expected at least one")
    inputs = {field.name: None for field in contract.inputs}
    if needs_pressure(contract):
        inputs |= {PRESSURE.name: None, HALF_PRESSURE: None}
    latitude, longitude = states.coordinates(times[0])
    levels = states.levels
    told = host_levels(contract.vertical, levels)
    for predictor in (library, eager):
        predictor.set_levels(told.pressure, levels.order)
        if contract.geometry.kind == "column":
            continue
        if latitude is None or longitude is None:
            raise ContractError(
                f"the network is of kind {contract.geometry.kind}, "
                "expected latitude and longitude in the states"
            )
        predictor.set_columns(latitude, longitude)
    result = Replay(
        times,
        states.columns,
        levels.pressure,
        contract.probe.tolerance,
        _outputs(contract, states, references, latitude),
        has_latitude=latitude is not None,
        level_note=told.note,
    )
    seen = InputRange(contract, states)
    for step, index in enumerate(times):
        state = states.read(index)
        lacking = {n: m for n, m in state.missing.items() if n not in references}
        present = result.left_out.add(lacking, states.horizontal, f"time {index}")
        given = state.select(inputs, present)
        seen.add(given)
        start = time.perf_counter()
        predicted = spread(library.predict(given), present)
        middle = time.perf_counter()
        expected = spread(eager.predict(given), present)
        result.library_seconds += middle - start
        result.eager_seconds += time.perf_counter() - middle
        for output in result.outputs:
            _add(output, predicted, expected, state, present)
        if sink is not None:
            sink.write(step, index, predicted)
        advance()
    _check_counted(result)
    result.differences = seen.differences()
    if isinstance(library, Scheme):
        result.guards = library.guards()
    return result


def _outputs(
    contract: Contract,
    states: StateFiles,
    references: Mapping[str, str],
    latitude: Array | None,
) -> list[OutputResult]:
    """Results of every output, before anything is known."""
    limits = {limit.name: limit.maximum_magnitude for limit in contract.limits}
    north = None if latitude is None else latitude.reshape(-1)
    regions = globe_and_bands(north)
    rows = np.zeros(states.columns) if north is None else north
    outputs = []
    for field in scored_fields(contract, states):
        levels = given_levels(contract, states, field.name)
        pressure = level_pressure(contract, states, field.name)[levels]
        nlev, reference = max(len(pressure), 1), references.get(field.name)
        names = ("reference", "network") if reference else ("network",)
        outputs.append(
            OutputResult(
                field=field,
                pressure=pressure,
                levels=levels,
                difference=Scores(regions, nlev),
                reference=reference,
                scores=Scores(regions, nlev) if reference else None,
                zonal_means={name: ZonalMean(rows, nlev) for name in names},
                maximum_magnitude=limits.get(field.name),
            )
        )
    return outputs


def _add(
    output: OutputResult,
    predicted: Mapping[str, Array],
    expected: Mapping[str, Array],
    state: State,
    present: Mask,
) -> None:
    """Take in one time of an output, of the columns that are present."""
    name, there = output.field.name, present.ravel()
    network = _columns(predicted[name], output)
    output.difference.add(network, _columns(expected[name], output), there)
    if output.maximum_magnitude is not None:
        beyond = np.abs(network) > output.maximum_magnitude
        output.columns_beyond += int(beyond.any(axis=1).sum())
    if output.scores is not None:
        reference = _columns(state[name], output)
        if name in state.missing:
            there = there & ~state.missing[name].ravel()
            output.without_reference += int(present.sum() - there.sum())
        output.scores.add(network, reference, there)
        output.zonal_means["reference"].add(reference, there)
    # Of the same columns as the reference, for the difference of both.
    output.zonal_means["network"].add(network, there)


def _check_counted(result: Replay) -> None:
    """Check that every reference was there somewhere."""
    for output in result.outputs:
        if output.scores is not None and not output.scores.pooled[0].count:
            raise NonFiniteError(
                f"{output.reference} is missing in every column that the network ran "
                "in, by what the files declare, expected values to compare with",
                settings=("reference",),
            )


def _columns(field: Array, output: OutputResult) -> Array:
    """View a field as (column, level), on the levels that are compared."""
    if output.field.levels == "surface":
        return field.reshape(-1, 1)
    return field.reshape(-1, field.shape[-1])[:, output.levels]
