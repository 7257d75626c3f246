"""What an artefact's archive holds beside the network: its contract and its probe."""

import math
import zipfile
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gwparam.contract.document import Contract
from gwparam.contract.fields import Field
from gwparam.errors import ContractError, ModelFileError
from gwparam.file_kinds import check_readable

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
        (columns, nlev), or (columns,) at the surface; as `Contract.input_shape` and
        `Contract.output_shape` say in other geometries.

    Raises
    ------
    ModelFileError
        As `read_contract`.
    ContractError
        As `read_contract`, or if the probe has another size than the contract says.
    """
    contract = read_contract(path)
    data = read_extra(path, PROBE_FILE)
    columns = contract.probe.columns
    groups: tuple[Arrays, Arrays] = ({}, {})
    offset = 0
    shaped: tuple[list[tuple[Field, tuple[int, ...]]], ...] = (
        [(f, contract.input_shape(f, columns)) for f in contract.inputs],
        [(f, contract.output_shape(f, columns)) for f in contract.outputs],
    )
    for group, shapes in zip(groups, shaped, strict=True):
        for member, shape in shapes:
            dtype = np.dtype(member.dtype)
            count = math.prod(shape)
            raw = data[offset : offset + count * dtype.itemsize]
            offset += count * dtype.itemsize
            if len(raw) == count * dtype.itemsize:
                values = np.frombuffer(raw, dtype.newbyteorder("<"))
                group[member.name] = values.reshape(shape).astype(dtype)
    if len(data) != offset:
        raise ContractError(
            f"{PROBE_FILE} has {len(data)} bytes, the contract asks for {offset}"
        )
    return groups


def pack_probe(inputs: Arrays, outputs: Arrays) -> bytes:
    """Bytes of a probe file; both in the contract's order and dtypes."""
    arrays = [*inputs.values(), *outputs.values()]
    return b"".join(a.astype(a.dtype.newbyteorder("<")).tobytes() for a in arrays)


def read_extra(path: str | PathLike[str], name: str) -> bytes:
    """Read a file that an artefact's archive holds beside the network.

    Raises
    ------
    ModelFileError, ContractError
        As `read_contract`.
    """
    check_readable(path)
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            for member in archive.namelist():
                # The first folder is named as the file was when it was written.
                if member.split("/", 1)[-1] == f"extra/{name}":
                    return archive.read(member)
    except OSError as error:
        reason = error.strerror or error
        raise ModelFileError(f"cannot read {path}: {reason}") from None
    except Exception as error:  # a damaged archive raises anything
        reason = str(error) or type(error).__name__
        raise ModelFileError(f"{path} is not a complete archive: {reason}") from None
    raise ContractError(f"{path} holds no {name}: it was not written by gwparam export")
