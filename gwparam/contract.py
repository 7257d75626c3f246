"""The artefact's contract: what a network needs and gives, as JSON in its archive.

``docs/contract.md`` describes the keys. The attributes of the classes below carry the
names of the keys, so the classes are the definition that the reader checks against.
"""

import math
import zipfile
from dataclasses import dataclass
from os import PathLike
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gwparam import typed_json
from gwparam.errors import ContractError, ModelFileError

CONTRACT_VERSION = 1
CONTRACT_FILE = "gwparam_contract.json"
PROBE_FILE = "gwparam_probe.bin"

Values = tuple[float, ...] | None
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Source:
    """Where the weights come from."""

    architecture: str
    checkpoint: str
    sha256: str


@dataclass(frozen=True)
class Geometry:
    """What one result depends on: ``column`` means its own column only."""

    kind: Literal["column"]


@dataclass(frozen=True)
class Field:
    """One input or output."""

    name: str
    units: str
    levels: Literal["full", "surface"]
    dtype: Literal["float32", "float64"]


@dataclass(frozen=True)
class Vertical:
    """The network's levels; `nominal_pressure` is in Pa, in the order of `order`."""

    kind: Literal["host"]
    order: Literal["top_down", "bottom_up"]
    nlev: int
    nominal_pressure: Values
    nominal_tolerance: float


@dataclass(frozen=True)
class TrainingRange:
    """What one input looked like in training, per level, in the input's units."""

    name: str
    mean: Values
    standard_deviation: Values
    minimum: Values
    maximum: Values


@dataclass(frozen=True)
class Limit:
    """Largest credible absolute value of one output, in its units."""

    name: str
    maximum_magnitude: float


@dataclass(frozen=True)
class Probe:
    """Size of the recorded example, and how closely it must be reproduced.

    `tolerance` is the largest absolute difference, relative to the largest absolute
    value of that output in the probe.
    """

    columns: int
    tolerance: float


@dataclass(frozen=True)
class Description:
    """What a trained network says of itself; its checkpoint may carry it."""

    name: str
    citation: str
    vertical: Vertical
    training_range: tuple[TrainingRange, ...]
    limits: tuple[Limit, ...]


@dataclass(frozen=True)
class Contract:
    """What a network needs and gives.

    Raises
    ------
    ContractError
        If the parts contradict each other; the message names the key.
    """

    contract_version: int
    name: str
    gwparam_version: str
    torch_version: str
    created: str
    source: Source
    citation: str
    geometry: Geometry
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    vertical: Vertical
    training_range: tuple[TrainingRange, ...]
    limits: tuple[Limit, ...]
    probe: Probe

    def __post_init__(self) -> None:
        _check(self)

    def nlev(self, field: Field) -> int:
        """Values of a field in one column: 1 at the surface."""
        return self.vertical.nlev if field.levels == "full" else 1

    def shape(self, field: Field, columns: int) -> tuple[int, ...]:
        """Shape of a field's tensor for a number of columns."""
        full = field.levels == "full"
        return (columns, self.vertical.nlev) if full else (columns,)

    def to_json(self) -> str:
        """Write the contract as the JSON text that the archive holds."""
        return typed_json.dump(self)

    @staticmethod
    def from_json(text: str | bytes) -> "Contract":
        """Read the JSON text of a contract.

        Raises
        ------
        ContractError
            If it is no JSON, of a newer version, or a key is absent, of another type,
            or contradicts another; the message names the key.
        """
        value = typed_json.load(text, "contract")
        version = value.get("contract_version")
        if isinstance(version, int) and version > CONTRACT_VERSION:
            raise ContractError(
                f"contract_version is {version}, expected at most {CONTRACT_VERSION}"
            )
        return typed_json.parse(Contract, value)


def read_contract(path: str | PathLike[str]) -> Contract:
    """Read the contract of an artefact, without loading the network.

    Parameters
    ----------
    path : path-like
        A TorchScript archive written by ``gwparam export``.

    Raises
    ------
    ModelFileError
        If the file is absent, truncated, or not an archive.
    ContractError
        If the archive holds no contract, or one that cannot be used.
    """
    return Contract.from_json(_read_extra(path, CONTRACT_FILE))


def read_probe(path: str | PathLike[str]) -> tuple[Arrays, Arrays]:
    """Read the probe of an artefact, without loading the network.

    Parameters
    ----------
    path : path-like
        A TorchScript archive written by ``gwparam export``.

    Returns
    -------
    inputs, outputs : dict of str to ndarray
        By the contract's names and in its order, units and dtype; shape
        (columns, nlev), or (columns,) at the surface.

    Raises
    ------
    ModelFileError
        As `read_contract`.
    ContractError
        As `read_contract`, or if the probe has another size than the contract says.
    """
    contract = read_contract(path)
    data = _read_extra(path, PROBE_FILE)
    columns = contract.probe.columns
    groups: tuple[Arrays, Arrays] = ({}, {})
    offset = 0
    for group, members in zip(groups, (contract.inputs, contract.outputs), strict=True):
        for field in members:
            shape = contract.shape(field, columns)
            dtype = np.dtype(field.dtype)
            count = math.prod(shape)
            raw = data[offset : offset + count * dtype.itemsize]
            offset += count * dtype.itemsize
            if len(raw) == count * dtype.itemsize:
                values = np.frombuffer(raw, dtype.newbyteorder("<"))
                group[field.name] = values.reshape(shape).astype(dtype)
    if len(data) != offset:
        raise ContractError(
            f"{PROBE_FILE} has {len(data)} bytes, the contract asks for {offset}"
        )
    return groups


def pack_probe(inputs: Arrays, outputs: Arrays) -> bytes:
    """Bytes of a probe file; both in the contract's order and dtypes."""
    arrays = [*inputs.values(), *outputs.values()]
    return b"".join(a.astype(a.dtype.newbyteorder("<")).tobytes() for a in arrays)


def _read_extra(path: str | PathLike[str], name: str) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                # The first folder is named as the file was when it was written.
                if member.split("/", 1)[-1] == f"extra/{name}":
                    return archive.read(member)
    except zipfile.BadZipFile as error:
        raise ModelFileError(f"{path} is not a complete archive: {error}") from None
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}") from None
    raise ContractError(f"{path} holds no {name}: it was not written by gwparam export")


def _check(contract: Contract) -> None:
    """Check that the parts of a contract fit together."""
    for key in ("inputs", "outputs"):
        names = [field.name for field in getattr(contract, key)]
        if not names or len(set(names)) != len(names):
            raise ContractError(f"{key} has names {names}, expected distinct ones")
    if contract.contract_version < 1:
        raise ContractError(
            f"contract_version is {contract.contract_version}, expected at least 1"
        )
    vertical = contract.vertical
    if vertical.nlev < 1:
        raise ContractError(f"vertical.nlev is {vertical.nlev}, expected at least 1")
    if vertical.nominal_pressure is not None:
        _check_pressure(vertical)
    if contract.probe.columns < 1:
        raise ContractError(
            f"probe.columns is {contract.probe.columns}, expected at least 1"
        )
    if not contract.probe.tolerance >= 0.0:
        raise ContractError(
            f"probe.tolerance is {contract.probe.tolerance}, expected at least 0"
        )
    inputs = {field.name: field for field in contract.inputs}
    for i, seen in enumerate(contract.training_range):
        key = f"training_range[{i}]"
        if seen.name not in inputs:
            raise ContractError(f"{key}.name is {seen.name}, expected an input")
        nlev = contract.nlev(inputs[seen.name])
        for part in ("mean", "standard_deviation", "minimum", "maximum"):
            values = getattr(seen, part)
            if values is not None and len(values) != nlev:
                raise ContractError(
                    f"{key}.{part} has {len(values)} values, expected {nlev}"
                )
    outputs = [field.name for field in contract.outputs]
    limited = [limit.name for limit in contract.limits]
    for name in outputs:
        if limited.count(name) != 1:
            raise ContractError(
                f"limits has {limited.count(name)} entries for {name}, expected 1"
            )
    for i, limit in enumerate(contract.limits):
        if limit.name not in outputs:
            raise ContractError(f"limits[{i}].name is {limit.name}, expected an output")
        if not limit.maximum_magnitude > 0.0:
            raise ContractError(
                f"limits[{i}].maximum_magnitude is {limit.maximum_magnitude}, "
                "expected more than 0"
            )


def _check_pressure(vertical: Vertical) -> None:
    pressure = np.asarray(vertical.nominal_pressure)
    if pressure.shape != (vertical.nlev,):
        raise ContractError(
            f"vertical.nominal_pressure has {pressure.size} values, "
            f"expected {vertical.nlev}"
        )
    steps = np.diff(pressure) * (1.0 if vertical.order == "top_down" else -1.0)
    if not (pressure > 0.0).all() or not (steps > 0.0).all():
        raise ContractError(
            f"vertical.nominal_pressure is not positive and monotonic, {vertical.order}"
        )
