"""The network as torch.export writes it, beside the TorchScript graph.

TorchScript is deprecated upstream. The exported program is its successor's format, and
needs no class of gwparam. It takes the weights as its first argument, so that the
archive holds them once: a table says where, in plain bytes that need no TorchScript.
"""

import gzip
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gwparam.contract import (
    ExportedProgram,
    Geometry,
    check_contents,
    read_contract,
    read_extra,
    read_probe,
)
from gwparam.errors import ContractError
from gwparam.export.torch_export import exporting, reason
from gwparam.export.verify import Promise, run_probe

_MAX_BYTES = 64 << 20  # it shares the weights
_PLAIN = tuple(f"data/{x}/model_{x}_config.json" for x in ("weights", "constants"))
_NUMBERS = ("data/weights/weight_", "data/constants/tensor_")  # unless their table
# says that they are pickled
PLACES = ExportedProgram("exported_program.pt2.gz", "exported_weights.json")


@dataclass(frozen=True)
class Exported:
    """What became of a network.

    Attributes
    ----------
    program : bytes
        The file of `torch.export.save`, gzipped; empty without one.
    weights : mapping of str to Tensor
        What it is called with.
    absent : str
        Why there is none; empty where there is one.
    """

    program: bytes = b""
    weights: Mapping[str, Tensor] | None = None
    absent: str = ""

    @property
    def places(self) -> ExportedProgram | None:
        """What the contract says of it."""
        return PLACES if self.program else None


class _Called(nn.Module):
    """A network whose weights are its first argument."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.networks = [network]  # in a list its weights are not this module's

    def forward(self, weights: dict[str, Tensor], *fields: Tensor) -> Any:
        return torch.func.functional_call(self.networks[0], weights, fields)


class Program(nn.Module):
    """An exported program with its weights; called as the network of the artefact."""

    def __init__(self, program: nn.Module, weights: dict[str, Tensor]) -> None:
        super().__init__()
        self.program = program
        self.weights = weights

    def forward(self, *fields: Tensor) -> tuple[Tensor, ...]:
        """Give the outputs of the contract for its inputs."""
        outputs: tuple[Tensor, ...] = self.program(self.weights, *fields)
        return outputs


def make_exported(
    network: nn.Module,
    scripted: nn.Module,
    chunk: Sequence[Tensor],
    geometry: Geometry,
    tolerance: float,
) -> Exported:
    """Export a network, and hold what is read back against the TorchScript graph.

    Parameters
    ----------
    network, scripted : Module
        The network in the precision of the artefact, and its graph: the same weights.
    chunk : sequence of Tensor
        Inputs in that precision.
    geometry : Geometry
        Of columns and stencils, any number can be called with.
    tolerance : float
        Largest difference, relative to the largest output.
    """
    weights = {name: value.detach() for name, value in network.state_dict().items()}
    image = geometry.kind == "global"
    axes = tuple(None if image else {0: torch.export.Dim.DYNAMIC} for _ in chunk)
    fields = [field if image else field[:8] for field in chunk]
    buffer = io.BytesIO()
    try:
        with exporting():
            program = torch.export.export(
                _Called(network),
                (weights, *fields),
                dynamic_shapes={"weights": dict.fromkeys(weights), "fields": axes},
                strict=False,
            )
        program.example_inputs = None  # they hold the weights
        for node in program.graph.nodes:
            node.meta.pop("stack_trace", None)  # it holds paths of this machine
        torch.export.save(program, buffer)
        again = Program(torch.export.load(buffer).module(), weights)
        with torch.inference_mode():
            results, expected = again(*chunk), scripted(*chunk)
    except Exception as error:  # torch raises what it likes
        return Exported(absent=f"torch.export: {reason(error)}")
    pairs = zip(results, expected, strict=True)
    off = _largest((a - b).abs().max() / b.abs().max() for a, b in pairs)
    if not off <= tolerance:
        return Exported(absent=f"it differs by {off:.1e} of the largest output")
    # Not as it is: a reader of a truncated archive would take its end, which is that
    # of a zip file too, for the archive's.
    return Exported(gzip.compress(buffer.getvalue(), mtime=0), weights)


def weight_table(path: str | PathLike[str], weights: Mapping[str, Tensor]) -> str:
    """Say where in an artefact's archive the weights of its program lie, as JSON.

    Parameters
    ----------
    path : path-like
        The TorchScript archive with these weights.
    weights : mapping of str to Tensor
        By name.

    Raises
    ------
    ContractError
        If one is not in the archive, bit for bit.
    """
    with zipfile.ZipFile(path) as archive:
        members = [m for m in archive.namelist() if "/extra/" not in m]
        found = {_digest(archive.read(m)): m.split("/", 1)[-1] for m in members}
    digests: dict[int, str] = {}
    table = {}
    for name, value in weights.items():
        storage = value.untyped_storage()
        at = storage.data_ptr()
        if at not in digests:
            data = torch.empty(0, dtype=torch.uint8).set_(storage)
            digests[at] = _digest(data.numpy())
        if digests[at] not in found:
            raise ContractError(f"{path} does not hold the weight {name}")
        table[name] = {
            "file": found[digests[at]],
            "dtype": str(value.dtype).removeprefix("torch."),
            "shape": list(value.shape),
            "stride": list(value.stride()),
            "offset": value.storage_offset(),
        }
    return json.dumps(table)


def _digest(data: Any) -> str:
    return hashlib.sha256(data).hexdigest()


def read_exported(path: str | PathLike[str]) -> Program:
    """Read the exported program of an artefact, without TorchScript.

    Parameters
    ----------
    path : path-like
        An artefact whose contract names one.

    Raises
    ------
    ModelFileError
        As `gwparam.contract.read_contract`.
    ContractError
        If it has none.
    """
    places = read_contract(path).exported_program
    if places is None:
        raise ContractError(f"{path} has no exported program")
    check_contents(path)
    with gzip.open(io.BytesIO(read_extra(path, places.file))) as packed:
        data = packed.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise ContractError(f"{places.file} has more than {_MAX_BYTES} bytes")
    _refuse_pickles(data)
    program = torch.export.load(io.BytesIO(data))
    table = json.loads(read_extra(path, places.weights))
    with zipfile.ZipFile(path) as archive:
        members = {m.split("/", 1)[-1]: m for m in archive.namelist()}
        weights = {}
        for name, place in table.items():
            numbers = bytearray(archive.read(members[place["file"]]))
            flat = torch.frombuffer(numbers, dtype=getattr(torch, place["dtype"]))
            weights[name] = flat.as_strided(
                place["shape"], place["stride"], place["offset"]
            )
    return Program(program.module(), weights)


def _refuse_pickles(data: bytes) -> None:
    """Check that nothing in the file of torch.export would be unpickled.

    Raises
    ------
    ContractError
        If something would.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            name = entry.filename.split("/", 1)[-1]
            plain = name in _PLAIN or name.startswith(_NUMBERS)
            if (name.startswith("data/") and not plain and entry.file_size) or (
                name.endswith("_config.json")
                and re.search(rb'"use_pickle"\s*:\s*true', archive.read(entry))
            ):
                raise ContractError(f"{PLACES.file} holds {name}, which may be code")


def check_exported_reload(path: str | PathLike[str]) -> Promise:
    """Assert that the exported program in an artefact, read back, gives the probe."""
    contract = read_contract(path)
    inputs, recorded = read_probe(path)
    answered = run_probe(read_exported(path), inputs, recorded, contract.geometry)
    off = _largest(
        abs(answered[name] - values).max() / (abs(values).max() or 1.0)
        for name, values in recorded.items()
    )
    return Promise(
        "exported program gives the probe",
        off <= contract.probe.tolerance,
        f"off by {off:.1e} of the largest output",
    )


def _largest(values: Iterable[Any]) -> float:
    return float(np.max([float(value) for value in values]))  # NaN stays NaN
