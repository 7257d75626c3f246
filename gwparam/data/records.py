"""Calls of a network that a host recorded: files of the coupling's item ``record``."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike, fspath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.data.netcdf_file import open_netcdf
from gwparam.data.record_checks import NATIVE, check_record
from gwparam.errors import ArgumentError, GwparamError, ModelFileError

Array = NDArray[Any]
FORMAT = 1
_SUM = "sum_"
_SAME = ("artefact_sha256", "call", "model_days", "ranks", "mode", "source", "member")


@dataclass(frozen=True)
class Record:
    """One call, in the columns of all files.

    Attributes
    ----------
    paths : sequence of str
        Files, in the order of their ranks.
    attributes : mapping
        Of the first file: ``artefact``, ``artefact_sha256``, ``model_days``,
        ``model_date``, ``call``, ``ranks``, ``failure``, and settings by their names in
        the namelist.
    ranks : array (column)
        The rank of each column, from 0.
    latitude, longitude : array (column)
        [degrees]
    pressure : array (level)
        What the host said of its full levels, from the top [Pa].
    inputs, native, outputs : mapping of str to array (column, level) or (column)
        By the contract's names, level 1 at the top; `native` is the drag of the native
        scheme where it ran in all columns, and `outputs` is empty for a call that
        failed.
    units : mapping of str to str
        Of inputs and outputs.
    sums : mapping of str to array (column)
        Of each stage, as `gwparam.scheme.Scheme.trace` gives them.
    """

    paths: Sequence[str]
    attributes: dict[str, Any]
    ranks: Array
    latitude: Array
    longitude: Array
    pressure: Array
    inputs: dict[str, Array]
    native: dict[str, Array]
    outputs: dict[str, Array]
    units: dict[str, str]
    sums: dict[str, Array]

    @property
    def failure(self) -> str:
        """Why the call failed; empty if it did not."""
        return str(self.attributes["failure"])

    @property
    def guarded(self) -> Array:
        """Columns that a guard gave up or changed, from 0."""
        if not self.sums:
            return np.zeros(0, int)
        return np.flatnonzero(self.sums["outputs"] != self.sums["guarded"])

    @property
    def missing_ranks(self) -> list[int]:
        """Ranks of the run of which there is no file."""
        there = set(map(int, self.ranks)) | set(self.attributes["ranks_there"])
        return [r for r in range(int(self.attributes["ranks"])) if r not in there]

    def place(self, column: int) -> str:
        """Say which column that is, and of which rank."""
        return (
            f"column {column + 1} (latitude {self.latitude[column]:.4g}, longitude "
            f"{self.longitude[column]:.4g}, rank {self.ranks[column]})"
        )


def is_record(path: str | PathLike[str]) -> bool:
    """Tell a record from other files; what cannot be read is none."""
    if not fspath(path).endswith(".nc"):
        return False
    try:
        with open_netcdf(fspath(path)) as dataset:
            return "gwparam_record" in dataset.attrs
    except GwparamError:
        return False


def read_record(paths: Sequence[str | PathLike[str]]) -> Record:
    """Read the files of one call, one a rank and in any order.

    Raises
    ------
    ModelFileError
        If one cannot be read, is no record, is of a later format, or lacks a part.
    ArgumentError
        If they are not of one call, or a rank has two.
    """
    with ExitStack() as stack:
        opened = [
            (fspath(path), stack.enter_context(open_netcdf(fspath(path))))
            for path in paths
        ]
        for path, dataset in opened:
            _check(path, dataset)
        opened.sort(key=lambda one: int(one[1].attrs["rank"]))
        _check_together(opened)
        parts = [_read(dataset) for _, dataset in opened]
        attributes = {k: _plain(v) for k, v in opened[0][1].attrs.items()}
        attributes["failure"] = next(
            filter(None, (_plain(d.attrs["failure"]) for _, d in opened)), ""
        )
        attributes["ranks_there"] = [int(d.attrs["rank"]) for _, d in opened]
        ranks = [
            np.full(d.sizes.get("column", 0), int(d.attrs["rank"])) for _, d in opened
        ]
        with_columns = [part for part in parts if part["latitude"][""].size] or parts[
            :1
        ]
        joined = {
            kind: _joined([part[kind] for part in with_columns], kind)
            for kind in with_columns[0]
        }
        units = {
            str(name): str(variable.attrs["units"]).strip()
            for _, dataset in opened
            for name, variable in dataset.variables.items()
            if "units" in variable.attrs
        }
        return Record(
            paths=[path for path, _ in opened],
            attributes=attributes,
            ranks=np.concatenate(ranks),
            latitude=joined["latitude"][""],
            longitude=joined["longitude"][""],
            pressure=np.atleast_1d(opened[0][1].attrs["reference_pressure"]),
            inputs=joined["inputs"],
            native=joined["native"],
            outputs=joined["outputs"],
            units=units,
            sums=joined["sums"],
        )


def _plain(value: Any) -> Any:
    """Make an attribute a Python value: texts end in blanks, numbers are real."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, np.floating) and value == np.rint(value):
        return int(value)
    return value.item() if isinstance(value, np.generic) else value


def _check(path: str, dataset: Any) -> None:
    """Check that a file is a record that this version knows."""
    found = dataset.attrs.get("gwparam_record")
    if found is None:
        raise ModelFileError(
            f"{path} is no record: it has no attribute gwparam_record, expected a file "
            "that a host wrote with the item record"
        )
    if found != FORMAT:
        raise ModelFileError(
            f"{path} is a record of format {_plain(found)}, expected {FORMAT}"
        )
    check_record(path, dataset)


def _check_together(opened: Sequence[tuple[str, Any]]) -> None:
    """Check that files are of one call, and of different ranks."""
    first_path, first = opened[0]
    for (before, one), (path, other) in pairwise(opened):
        for name in _SAME:
            expected, found = (_plain(d.attrs.get(name)) for d in (first, other))
            if expected != found:
                raise ArgumentError(
                    f"{path} is of another call: {name} is {found}, expected "
                    f"{expected} as in {first_path}"
                )
        if int(one.attrs["rank"]) == int(other.attrs["rank"]):
            raise ArgumentError(
                f"{before} and {path} are both of rank {int(one.attrs['rank'])}, "
                "expected one file a rank"
            )


def _read(dataset: Any) -> dict[str, dict[str, Array]]:
    """Sort the variables of a file, with columns first."""
    found: dict[str, dict[str, Array]] = {
        kind: {}
        for kind in ("latitude", "longitude", "inputs", "native", "outputs", "sums")
    }
    for name, variable in dataset.variables.items():
        values = np.ascontiguousarray(variable.values.T)
        if name in ("lat", "lon"):
            kind, key = {"lat": "latitude", "lon": "longitude"}[name], ""
        elif name.startswith(_SUM):
            kind, key = "sums", name.removeprefix(_SUM)
            values = values.view(np.uint64)
        elif name.endswith(NATIVE):
            kind, key = "native", name.removesuffix(NATIVE)
        elif name.startswith("tendency_of_"):
            kind, key = "outputs", name
        else:
            kind, key = "inputs", name
        found[kind][key] = values
    return found


def _joined(parts: Sequence[dict[str, Array]], kind: str) -> dict[str, Array]:
    """Put the columns of files one after the other."""
    names = list(parts[0])
    if any(list(part) != names for part in parts):
        raise ModelFileError(f"the files of a record differ in their {kind}")
    return {name: np.concatenate([part[name] for part in parts]) for name in names}
