"""Several networks in one artefact: what they agree in, and their mean."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from gwparam.contract import (
    Arrays,
    Contract,
    TrainingDates,
    TrainingRange,
    Values,
    Weights,
)
from gwparam.contract.reserved import MAX_MEMBERS
from gwparam.errors import ArgumentError, ContractError
from gwparam.networks.written import written_forward

_SAME = (
    *("geometry", "inputs", "outputs", "compute_dtype", "vertical", "flux", "limits"),
    *("mask", "lead_time", "probe"),
)
"""Keys of a contract that are one for all members."""


class Mean(nn.Module):
    """Networks that take and give the same fields, and their mean.

    Its forward is written by `mean_network`.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        for number, network in enumerate(networks, start=1):
            self.add_module(f"member_{number}", network)


def mean_network(networks: Sequence[nn.Module], inputs: int, outputs: int) -> Mean:
    """Join networks to their mean, as the library computes it.

    Summed in float64, in their order. The class has a forward with all names written
    out, as TorchScript has to have it.

    Parameters
    ----------
    networks : sequence of Module
        Each gives a tuple.
    inputs, outputs : int
        How many fields each takes and gives.
    """
    fields = [f"field_{i}" for i in range(inputs)]
    numbers = range(1, len(networks) + 1)
    body = [f"given_{n} = self.member_{n}({', '.join(fields)})" for n in numbers]
    for i in range(outputs):
        body.append(f"sum_{i} = given_1[{i}].double()")
        body += [f"sum_{i} = sum_{i} + given_{n}[{i}].double()" for n in numbers[1:]]
    means = [
        f"(sum_{i} / {float(len(networks))}).to(given_1[{i}].dtype)"
        for i in range(outputs)
    ]
    body.append(f"return ({', '.join(means)},)")
    kind = type("MeanOfMembers", (Mean,), {"forward": written_forward(fields, body)})
    mean: Mean = kind(networks)
    return mean


def mean_answers(answers: Sequence[Arrays]) -> Arrays:
    """Give the mean of what members answered to a probe, of the same bits."""

    def mean(values: Sequence[NDArray[Any]]) -> NDArray[Any]:
        total = values[0].astype(np.float64)
        for other in values[1:]:
            total = total + other
        return (total / len(values)).astype(values[0].dtype)

    return {name: mean([its[name] for its in answers]) for name in answers[0]}


def check_count(checkpoints: Sequence[Any]) -> None:
    """Check that there are as many members as an artefact can have.

    Raises
    ------
    ArgumentError
        If there are none, or more.
    """
    if not 1 <= len(checkpoints) <= MAX_MEMBERS:
        raise ArgumentError(
            f"there are {len(checkpoints)} checkpoints, expected 1 to {MAX_MEMBERS}",
            settings=("checkpoint",),
        )


def joined(contracts: Sequence[Contract]) -> Contract:
    """Make the contract of all members of the contracts of each.

    Ranges of training are those of all: the least minimum, the largest maximum, mean
    and deviation of as many states of each, and what one of them does not know, none
    does. Dates are the union of theirs. The expected error is not that of the mean: it
    stays only if they have the same.

    Raises
    ------
    ContractError
        If they differ in what a host depends on, or two have the same weights; the
        message names the checkpoint, the key, and what was expected.
    """
    first = contracts[0]
    seen: dict[str, str] = {}
    for contract in contracts:
        source = contract.source
        _expect_same(first, contract)
        if source.sha256 in seen:
            raise ContractError(
                f"{source.checkpoint} is {seen[source.sha256]} again, expected other "
                "weights for each member"
            )
        seen[source.sha256] = source.checkpoint
    further = tuple(Weights(c.source.checkpoint, c.source.sha256) for c in contracts)
    errors = {c.expected_error for c in contracts}
    return replace(
        first,
        source=replace(first.source, further=further[1:]),
        training_range=tuple(_ranges([c.training_range for c in contracts])),
        training_dates=_dates([c.training_dates for c in contracts]),
        expected_error=first.expected_error if len(errors) == 1 else None,
        members=len(contracts),
    )


def _expect_same(first: Contract, other: Contract) -> None:
    wanted, found = (json.loads(c.to_json()) for c in (first, other))
    pairs = [(key, wanted.get(key), found.get(key)) for key in _SAME]
    pairs.append(
        ("source.architecture", first.source.architecture, other.source.architecture)
    )
    for key, expected, given in pairs:
        for where, one, another in _differences(key, expected, given):
            raise ContractError(
                f"{other.source.checkpoint}: {where} is {another}, expected {one} as "
                f"in {first.source.checkpoint}"
            )


def _differences(key: str, expected: Any, given: Any) -> Iterator[tuple[str, Any, Any]]:
    """Find where two values of JSON differ: key, and what is there."""
    if isinstance(expected, dict) and isinstance(given, dict):
        for name in expected | given:
            at = f"{key}.{name}"
            yield from _differences(at, expected.get(name), given.get(name))
    elif isinstance(expected, list) and isinstance(given, list):
        if len(expected) != len(given):
            yield f"{key}", f"{len(expected)} values", f"{len(given)} values"
        for i, (one, another) in enumerate(zip(expected, given, strict=False)):
            yield from _differences(f"{key}[{i}]", one, another)
    elif expected != given:
        yield key, expected, given


def _ranges(all_known: Sequence[Iterable[TrainingRange]]) -> Iterator[TrainingRange]:
    """Pool what the members know of each input that all of them know."""
    by_name = [{known.name: known for known in its} for its in all_known]
    for name in by_name[0]:
        if not all(name in its for its in by_name):
            continue
        known = [its[name] for its in by_name]
        mean, deviation = _pooled(
            [its.mean for its in known], [its.standard_deviation for its in known]
        )
        yield TrainingRange(
            name,
            mean,
            deviation,
            _extreme(np.min, [its.minimum for its in known]),
            _extreme(np.max, [its.maximum for its in known]),
        )


def _pooled(means: list[Values], deviations: list[Values]) -> tuple[Values, Values]:
    """Mean and deviation of the states of all, as many of each."""
    if len(set(means)) == 1 and len(set(deviations)) == 1:
        return means[0], deviations[0]
    if None in means:
        return None, None
    centres = np.array(means, np.float64)
    mean = tuple(centres.mean(axis=0).tolist())
    if None in deviations:
        return mean, None
    within = np.square(np.array(deviations, np.float64)).mean(axis=0)
    return mean, tuple(np.sqrt(within + centres.var(axis=0)).tolist())


def _extreme(of: Any, values: list[Values]) -> Values:
    if any(its is None for its in values):
        return None
    return tuple(of(values, axis=0).tolist())


def _dates(
    all_known: Sequence[tuple[TrainingDates, ...] | None],
) -> tuple[TrainingDates, ...] | None:
    """Give the periods of all, each once; what one does not know is not known."""
    if not all(all_known):
        return None
    return tuple(dict.fromkeys(dates for its in all_known for dates in its or ()))
