"""A recorded call, run again: the same bits, or where they part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.data.records import Record
from gwparam.errors import ArgumentError, GwparamError, wrong_setting
from gwparam.library import load_scheme
from gwparam.scheme import Scheme

Array = NDArray[Any]

STAGES = {
    "put": "inputs, as the host put them",
    "network_inputs": "inputs on the network's levels",
    "network_outputs": "what the network gave",
    "outputs": "the same on the host's levels",
    "guarded": "past the guards",
}
"""Of a step, in their order."""
# The host's native scheme is not here: its drag is taken from the record.
_POLICIES = {"native": "keep"}


@dataclass(frozen=True)
class Difference:
    """Where a call first parts from its record.

    Attributes
    ----------
    column : int
        From 0.
    stage : str
        A key of `STAGES`.
    level : int, optional
        From 1 at the top; None if the results are the same nevertheless.
    name : str
        The output that differs at that level; empty if none does.
    recorded, found : float
        Its values.
    """

    column: int
    stage: str
    level: int | None = None
    name: str = ""
    recorded: float = np.nan
    found: float = np.nan


@dataclass(frozen=True)
class Rerun:
    """What came of it.

    Attributes
    ----------
    failure : str
        Why it failed now; empty if it did not.
    guarded : array
        Columns that guards changed now, from 0.
    differing : mapping of str to int
        Columns that differ at each stage.
    first : Difference, optional
        None if all bits are the same.
    """

    failure: str = ""
    guarded: Array = field(default_factory=lambda: np.zeros(0, int))
    differing: Mapping[str, int] = field(default_factory=dict)
    first: Difference | None = None

    def agrees_with(self, record: Record) -> bool:
        """Whether all is as it was: the same bits, or the same failure."""
        return self.first is None and bool(self.failure) == bool(record.failure)


def rerun(
    record: Record,
    artefact: str | PathLike[str],
    *,
    threads: int | None = None,
    device: str = "cpu",
) -> Rerun:
    """Run a recorded call again through the compiled library, and compare all bits.

    Parameters
    ----------
    record : Record
        Of all ranks, for a network that sees more than single columns.
    artefact : path-like
        The artefact that it was recorded with; any other is refused.
    threads : int, optional
        Default: as many as were recorded, for the last bits of a global network depend
        on them.
    device : str
        As `gwparam.library.load_scheme`.

    Raises
    ------
    ArgumentError
        If the artefact is another one, or ranks are missing that it needs.
    GwparamError
        As `gwparam.library.load_scheme`.
    """
    its = record.attributes
    # Whatever chose it then: it ran, if it was not the mean of several.
    member = int(its.get("member", 0))
    which: Any = {"members": "one", "member": member} if member else {}
    policies: Any = {name: _policy(its[name]) for name in its if name[:3] == "on_"}
    with load_scheme(
        artefact,
        threads=int(its["threads"]) if threads is None else threads,
        device=device,
        chunk_columns=int(its["chunk_columns"]),
        precision=its["precision"],
        trace=True,
        range_sigmas=float(its["range_sigmas"]),
        momentum_limit=float(its.get("momentum_limit", 0.0)),
        taper_top=tuple(its.get("taper_top", (0.0, 0.0))),
        taper_surface=tuple(its.get("taper_surface", (0.0, 0.0))),
        **which,
        **policies,
    ) as scheme:
        _check(record, scheme)
        try:
            outputs = _run(record, scheme)
        except GwparamError as error:
            return Rerun(failure=str(error))
        if record.failure:
            return Rerun()
        sums = scheme.trace(record.latitude.size)
    return Rerun(
        guarded=np.flatnonzero(sums["outputs"] != sums["guarded"]),
        differing={s: int((sums[s] != record.sums[s]).sum()) for s in STAGES},
        first=_first_difference(record, outputs, sums),
    )


def _policy(word: str) -> str:
    return _POLICIES.get(word, word)


def _check(record: Record, scheme: Scheme) -> None:
    """Check that it is the artefact of the record, with all the columns it needs."""
    expected, found = record.attributes["artefact_sha256"], scheme.sha256()
    if found != expected:
        raise wrong_setting("artefact", f"SHA-256 {found}", f"{expected}, as recorded")
    missing = record.missing_ranks
    if missing and scheme.geometry() != "column":
        raise ArgumentError(
            f"there is no file of rank {', '.join(map(str, missing))} of "
            f"{int(record.attributes['ranks'])}, and the network sees more than single "
            "columns: expected the files of all ranks"
        )


def _run(record: Record, scheme: Scheme) -> dict[str, Array]:
    """Do what the coupling did."""
    scheme.set_levels(record.pressure, "top_down")
    if scheme.geometry() != "column":
        scheme.set_columns(record.latitude, record.longitude)
    for name, values in record.inputs.items():
        scheme.put(name, values, record.units[name])
    scheme.run()
    found = {}
    for name, recorded in record.outputs.items():
        # Columns that are left to the native scheme, or keep what they had, stay.
        found[name] = scheme.get(name, recorded.copy(), units=record.units[name])
    return found


def _first_difference(
    record: Record, outputs: Mapping[str, Array], sums: Mapping[str, Array]
) -> Difference | None:
    """Find the first column that differs, its first stage, and its first level."""
    differs = np.zeros(record.latitude.size, bool)
    for stage in STAGES:
        differs |= sums[stage] != record.sums[stage]
    bits = {
        name: values.view(np.uint64) != record.outputs[name].view(np.uint64)
        for name, values in outputs.items()
    }
    for other in bits.values():
        differs |= other.any(axis=1)
    if not differs.any():
        return None
    column = int(np.argmax(differs))
    stage = next(
        (s for s in STAGES if sums[s][column] != record.sums[s][column]), "guarded"
    )
    levels = {n: int(np.argmax(b[column])) for n, b in bits.items() if b[column].any()}
    if not levels:
        return Difference(column, stage)
    name = min(levels, key=lambda n: levels[n])
    level = levels[name]
    return Difference(
        column,
        stage,
        level + 1,
        name,
        float(record.outputs[name][column, level]),
        float(outputs[name][column, level]),
    )
