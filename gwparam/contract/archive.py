"""What an artefact's archive holds beside the network: its contract and its probe."""

import math
import zipfile
from itertools import chain
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.contract.checksums import MAX_JSON_BYTES, inner_name, opened
from gwparam.contract.document import Contract
from gwparam.contract.fields import Field
from gwparam.errors import ContractError, ModelFileError

CONTRACT_FILE = "gwparam_contract.json"
PROBE_FILE = "gwparam_probe.bin"

Arrays = dict[str, NDArray[Any]]


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
    return Contract.from_json(read_extra(path, CONTRACT_FILE))


def member_file(member: int, name: str) -> str:
    """Name such a file of one of several members, from 1; 0: there is but one."""
    return f"member_{member}/{name}" if member else name


def read_probe(path: str | PathLike[str], member: int = 0) -> tuple[Arrays, Arrays]:
    """Read the probe of an artefact, without loading the network.

    Parameters
    ----------
    path : path-like
        A TorchScript archive written by ``gwparam export``.
    member : int
        Of which of several members, from 1; 0: of their mean, or of the one network.

    Returns
    -------
    inputs, outputs : dict of str to ndarray
        By the contract's names and in its order, units and dtype; shape
        (columns, nlev), or (columns,) at the surface; as `Contract.input_shape` and
        `Contract.output_shape` say in other geometries.

    Raises
    ------
    ModelFileError
        As `read_contract`.
    ContractError
        As `read_contract`, or if the probe has another size than the contract says, or
        holds what is not finite.
    """
    contract = read_contract(path)
    file = member_file(member, PROBE_FILE)
    data = read_extra(path, file)
    columns = contract.probe.columns
    groups: tuple[Arrays, Arrays] = ({}, {})
    shaped: tuple[list[tuple[Field, tuple[int, ...]]], ...] = (
        [(f, contract.input_shape(f, columns)) for f in contract.inputs],
        [(f, contract.output_shape(f, columns)) for f in contract.outputs],
    )
    size = sum(
        math.prod(shape) * np.dtype(field.dtype).itemsize
        for field, shape in chain(*shaped)
    )
    if len(data) != size:
        raise ContractError(
            f"{file} has {len(data)} bytes, the contract asks for {size}"
        )
    offset = 0
    for group, shapes in zip(groups, shaped, strict=True):
        for field, shape in shapes:
            stored = np.dtype(field.dtype).newbyteorder("<")
            values = np.frombuffer(data, stored, math.prod(shape), offset)
            offset += values.nbytes
            if not np.isfinite(values).all():
                place = int(np.argmin(np.isfinite(values)))
                raise ContractError(
                    f"{file} holds {values[place]} in {field.name} (value "
                    f"{place}), expected finite numbers"
                )
            group[field.name] = values.reshape(shape).astype(field.dtype)
    return groups


def pack_probe(inputs: Arrays, outputs: Arrays) -> bytes:
    """Bytes of a probe file; both in the contract's order and dtypes."""
    arrays = [*inputs.values(), *outputs.values()]
    return b"".join(a.astype(a.dtype.newbyteorder("<")).tobytes() for a in arrays)


def read_extra(path: str | PathLike[str], name: str) -> bytes:
    """Read a file that an artefact's archive holds beside the network.

    Raises
    ------
    ModelFileError
        As `read_contract`, or if the file is compressed or a text that is too large.
    ContractError
        As `read_contract`.
    """
    with opened(path) as archive:
        for entry in archive.infolist():
            # The first folder is named as the file was when it was written.
            if inner_name(entry) == f"extra/{name}":
                _check_size(path, name, entry)
                return archive.read(entry)
    raise ContractError(f"{path} holds no {name}: it was not written by gwparam export")


def _check_size(path: str | PathLike[str], name: str, entry: zipfile.ZipInfo) -> None:
    """Check before it is read that it is as large as the file says."""
    if entry.compress_type != zipfile.ZIP_STORED:
        raise ModelFileError(
            f"{path} is not a complete archive: {name} is compressed, expected it as "
            "it is"
        )
    if name.endswith(".json") and entry.file_size > MAX_JSON_BYTES:
        raise ModelFileError(
            f"{path}: {name} has {entry.file_size} bytes, expected at most "
            f"{MAX_JSON_BYTES}"
        )
