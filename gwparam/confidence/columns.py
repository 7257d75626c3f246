"""Columns of states: what a network sees and gives there, and how wrong it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gwparam.conformance.eager import EagerNetwork
from gwparam.constants import EXPECTED_ERROR
from gwparam.contract import Contract
from gwparam.data import HALF_PRESSURE, PRESSURE, StateFiles, needs_pressure
from gwparam.data.host_levels import host_levels
from gwparam.data.missing import present_columns
from gwparam.errors import ArgumentError, ContractError

Array = NDArray[Any]


@dataclass(frozen=True)
class Columns:
    """Columns of some times.

    Attributes
    ----------
    features : ndarray, shape (ncol, nfeature)
        Inputs and outputs of the network on its own levels, in their units, float32.
    error : ndarray, shape (ncol, nvalue)
        Drag of the network less the true one, tendency by tendency, on the levels of
        the states [m s-2], float32.
    truth : ndarray, shape (ncol, nvalue)
        The true drag, likewise.
    """

    features: Array
    error: Array
    truth: Array

    def __len__(self) -> int:
        return len(self.features)

    @classmethod
    def of_all(cls, parts: Sequence[Self]) -> Self:
        """Join columns of several times."""
        named = cls.__dataclass_fields__
        return cls(*(np.concatenate([getattr(p, n) for p in parts]) for n in named))

    def normalised(self, deviation: Array) -> Array:
        """Give the error of each column over the deviation of the truth.

        Parameters
        ----------
        deviation : ndarray, shape (nvalue,)
            Of the true drag, at each level [m s-2]; where it is 0, nothing counts.

        Returns
        -------
        ndarray, shape (ncol,)
            Root mean square over tendencies and levels [1].
        """
        known = deviation > 0.0
        ratio = self.error[:, known] / deviation[known]
        found: Array = np.sqrt(np.mean(np.square(ratio, dtype=np.float64), axis=1))
        return found


class _Watched(nn.Module):
    """A network that keeps what goes through it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.seen: list[Array] = []

    def forward(self, *fields: Tensor) -> tuple[Tensor, ...]:
        outputs: tuple[Tensor, ...] = self.network(*fields)
        rows = [values.reshape(len(values), -1) for values in (*fields, *outputs)]
        self.seen.append(torch.cat(rows, dim=1).float().numpy())
        return outputs

    def take(self) -> Array:
        """Give what was kept, (ncol, nfeature), and forget it."""
        seen = np.concatenate(self.seen)
        self.seen.clear()
        return seen


def check_network(contract: Contract) -> None:
    """Check that a network can be told how wrong it is.

    Raises
    ------
    ContractError
        If it sees more than its own column, is told already, or is several.
    """
    if contract.geometry.kind != "column":
        raise ContractError(
            f"{contract.name} is of kind {contract.geometry.kind}, expected a network "
            "of single columns"
        )
    if (contract.members or 1) > 1:
        raise ContractError(
            f"{contract.name} has {contract.members} members, expected the artefact of "
            "one network"
        )
    if any(output.name == EXPECTED_ERROR for output in contract.outputs):
        raise ContractError(
            f"{contract.name} gives {EXPECTED_ERROR} already, expected the artefact "
            "without it"
        )


def collect(
    artefact: str | PathLike[str],
    contract: Contract,
    states: StateFiles,
    references: Mapping[str, str],
    times: range,
    *,
    columns: int,
    seed: int = 0,
    threads: int = 1,
    advance: Callable[[], None] = lambda: None,
) -> list[Columns]:
    """Run a network on states, and hold its drag against theirs.

    Parameters
    ----------
    artefact : path-like
        Its graph runs, in PyTorch.
    contract : Contract
        The artefact's.
    states : StateFiles
        With the network's inputs and the references bound.
    references : mapping of str to str
        Variable of the true drag, for every tendency of the contract.
    times : range
        Numbers of the times.
    columns : int
        At most so many in all, but at least one a time; drawn anew at each.
    seed : int
        Of the draw.
    threads : int
        Threads of a forward pass.
    advance : callable, optional
        Called after each time.

    Returns
    -------
    list of Columns
        One a time.

    Raises
    ------
    ArgumentError
        If a tendency has no reference.
    ContractError
        As `check_network`.
    GwparamError
        What the files or PyTorch raise.
    """
    check_network(contract)
    for name in contract.tendencies:
        if name not in references:
            raise ArgumentError(
                f"the states have no {name}, expected the true drag to compare with",
                settings=("reference",),
            )
    eager = EagerNetwork.from_artefact(artefact, contract)
    watched = _Watched(eager.network)
    eager.network, eager.threads = watched, threads
    levels = states.levels
    told = host_levels(contract.vertical, levels)
    eager.set_levels(told.pressure, levels.order)
    names = [field.name for field in contract.inputs]
    if needs_pressure(contract):
        names += [name for name in (PRESSURE.name, HALF_PRESSURE) if name not in names]
    inputs = dict.fromkeys(names)
    generator = np.random.default_rng(seed)
    share = max(columns // len(times), 1)
    found = []
    for index in times:
        state = states.read(index)
        present = present_columns(state.missing, states.horizontal, f"time {index}")
        there = np.flatnonzero(present)
        if len(there) > share:
            there = np.sort(generator.choice(there, share, replace=False))
        chosen = np.isin(np.arange(present.size), there).reshape(present.shape)
        predicted = eager.predict(state.select(inputs, chosen))
        features = watched.take()
        drag = [_rows(predicted[name]) for name in contract.tendencies]
        true = [_rows(state[name][chosen]) for name in contract.tendencies]
        truth = np.concatenate(true, axis=1)
        error = np.concatenate(drag, axis=1) - truth
        found.append(
            Columns(features, error.astype(np.float32), truth.astype(np.float32))
        )
        advance()
    return found


def _rows(field: Array) -> Array:
    """View a field as (column, level)."""
    return field.reshape(-1, field.shape[-1])
