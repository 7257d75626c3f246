"""A checkpoint to an artefact: TorchScript, contract and probe in one archive."""

import copy
import os
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Literal

import torch
from torch import nn

import gwparam
from gwparam.checkpoints import Checkpoint, read_checkpoint
from gwparam.contract import (
    CONTRACT_FILE,
    CONTRACT_VERSION,
    PROBE_FILE,
    Contract,
    Field,
    Limit,
    Probe,
    Source,
    pack_probe,
)
from gwparam.errors import ArgumentError, InferenceError, ModelFileError
from gwparam.export.fuse import fuse
from gwparam.export.probe import draw_columns
from gwparam.export.verify import (
    CHUNK_COLUMNS,
    TOLERANCE,
    Promise,
    check_batch_mates,
    check_equals_eager,
    check_eval_mode,
    check_parameters,
    check_reload,
    check_repeatable,
    run_probe,
)
from gwparam.networks import from_checkpoint
from gwparam.networks.base import PhysicalNetwork

DType = Literal["float32", "float64"]
PROBE_COLUMNS = 16
_PROBE_SEED, _CHECK_SEED = 20240917, 20240918


@dataclass(frozen=True)
class Export:
    """An artefact that was written: its contract, and the promises it keeps."""

    path: Path
    contract: Contract
    promises: tuple[Promise, ...]


def export_model(
    checkpoint: str | PathLike[str],
    artefact: str | PathLike[str],
    *,
    architecture: str | None = None,
    dtype: DType = "float32",
    allow_pickle: bool = False,
    max_tendency: float | None = None,
    name: str | None = None,
) -> Export:
    """Export a checkpoint to an artefact that the library runs.

    Parameters
    ----------
    checkpoint, artefact : path-like
        File to read, and file to write; the latter appears only if every promise is
        kept, and then replaces an older one at once.
    architecture : str, optional
        A key of `gwparam.networks.NETWORKS`; recognised from the checkpoint if absent.
    dtype : {"float32", "float64"}
        Precision of the artefact's inputs, weights and outputs. Half as fast, float64
        gives the digits of the published network: about 1e-15 of the largest output
        instead of 1e-6.
    allow_pickle : bool
        Read a checkpoint that can run code; only for files that are trusted.
    max_tendency : float, optional
        Largest credible absolute value of every output [the output's units].
    name : str, optional
        What people call this network.

    Returns
    -------
    Export
        The contract, and every promise with what was measured.

    Raises
    ------
    ModelFileError
        If the checkpoint cannot be read, or the artefact cannot be written.
    ShapeError, NonFiniteError, ContractError
        If the checkpoint is not one of the architecture; the message names the key.
    ArgumentError
        If an option is out of range.
    InferenceError
        If a promise is broken.
    """
    if dtype not in TOLERANCE:
        raise ArgumentError(f"dtype is {dtype}, expected {' or '.join(TOLERANCE)}")
    if max_tendency is not None and not 0.0 < max_tendency < float("inf"):
        raise ArgumentError(f"max_tendency is {max_tendency}, expected more than 0")
    read = read_checkpoint(checkpoint, allow_pickle=allow_pickle)
    published = from_checkpoint(read, architecture)
    description = published.description
    if max_tendency is not None:
        limits = tuple(Limit(field.name, max_tendency) for field in published.outputs)
        description = replace(description, limits=limits)
    published.description = replace(description, name=name or description.name)
    scripted = torch.jit.script(
        copy.deepcopy(fuse(published)).to(getattr(torch, dtype))
    )
    promises = _verify(published, scripted, dtype)
    _refuse_broken(promises)
    contract = _contract(published, read, dtype)
    reload = _write(Path(artefact), scripted, contract, published)
    return Export(Path(artefact), contract, (*promises, reload))


def _verify(
    published: PhysicalNetwork, scripted: nn.Module, dtype: DType
) -> list[Promise]:
    drawn = draw_columns(published, CHUNK_COLUMNS, _CHECK_SEED)
    chunk = [field.to(getattr(torch, dtype)) for field in drawn]
    return [
        check_eval_mode(scripted),
        check_repeatable(scripted, chunk),
        check_batch_mates(scripted, chunk),
        check_equals_eager(scripted, published, chunk, TOLERANCE[dtype]),
        check_parameters(published, drawn),
    ]


def _refuse_broken(promises: list[Promise]) -> None:
    for promise in promises:
        if not promise.kept:
            raise InferenceError(f"broken: {promise.what} ({promise.measured})")


def _contract(
    network: PhysicalNetwork, checkpoint: Checkpoint, dtype: DType
) -> Contract:
    description = network.description

    def stored(fields: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple(replace(field, dtype=dtype) for field in fields)

    return Contract(
        contract_version=CONTRACT_VERSION,
        name=description.name,
        gwparam_version=gwparam.__version__,
        torch_version=torch.__version__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        source=Source(network.architecture, checkpoint.path.name, checkpoint.sha256),
        citation=description.citation,
        geometry=network.geometry,
        inputs=stored(network.inputs),
        outputs=stored(network.outputs),
        vertical=description.vertical,
        training_range=description.training_range,
        limits=description.limits,
        probe=Probe(PROBE_COLUMNS, TOLERANCE[dtype]),
    )


def _write(
    path: Path,
    scripted: torch.jit.ScriptModule,
    contract: Contract,
    network: PhysicalNetwork,
) -> Promise:
    """Write the archive beside its place, read it back, and move it there if good."""
    drawn = draw_columns(network, PROBE_COLUMNS, _PROBE_SEED)
    inputs = {
        field.name: values.numpy().astype(field.dtype)
        for field, values in zip(contract.inputs, drawn, strict=True)
    }
    outputs = run_probe(scripted, inputs, [field.name for field in contract.outputs])
    extra: dict[str, str | bytes] = {
        CONTRACT_FILE: contract.to_json(),
        PROBE_FILE: pack_probe(inputs, outputs),
    }
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".gwparam-") as folder:
            written = Path(folder, path.name)
            _save(scripted, written, extra)
            promise = check_reload(written)
            _refuse_broken([promise])
            os.replace(written, path)
    except OSError as error:
        raise ModelFileError(f"cannot write {path}: {error.strerror}") from None
    return promise


def _save(
    scripted: torch.jit.ScriptModule, path: Path, extra: dict[str, str | bytes]
) -> None:
    try:
        torch.jit.save(scripted, os.fspath(path), _extra_files=extra)
    except RuntimeError as error:  # how torch reports a full disk
        raise ModelFileError(f"cannot write {path.name}: {error}") from None
